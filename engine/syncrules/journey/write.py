"""Carry out a plan, one action at a time, and remember how each went.

A write is journalled before and after. Calls run side by side up to what the system allows; everything that is remembered is
written here, in one thread, page by page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from typing import Any

from syncrules.errors import Nonsense, OutcomeUnknown, ProviderError, RecordGone, RecordRefused
from syncrules.http import Clock
from syncrules.journey.action import Action
from syncrules.journey.read import becomes
from syncrules.journey.rules import EntityRules, Rules, View
from syncrules.journey.surroundings import Late, Surroundings, Waits
from syncrules.manifest import Refusal
from syncrules.memory.kept import Known, Link, State
from syncrules.memory.memory import Memory
from syncrules.provider import Provider
from syncrules.records import Record, failing, filled, laid_over, normal, reader

BATCH = 16
"""Intents that are journalled in one transaction."""

LOST = "the answer to the last write was lost; it is looked up before anything is repeated"


@dataclass(slots=True)
class Done:
    """How one action went."""

    action: Action
    state: str
    """done, failed, unknown, stale, gone or waiting."""
    reason: str = ""
    record: Record | None = None
    error: ProviderError | None = None


class Writer:
    """Carries out the actions of one run.

    Args:
        external_id: the text that we leave on a side for an id of the other.
        told: called after each action, for progress.
    """

    def __init__(
        self,
        rules: Rules,
        memory: Memory,
        providers: Mapping[str, Provider],
        around: Surroundings,
        clock: Clock,
        run: int,
        pool: Executor,
        external_id: Callable[[str, str], str],
        told: Callable[[Done], None] = lambda _: None,
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.providers = providers
        self.around = around
        self.clock = clock
        self.run = run
        self.pool = pool
        self.external_id = external_id
        self.told = told
        self.counts: dict[str, int] = {}

    def carry_out(self, entity: str) -> None:
        """Carry out the planned actions of one entity, in order.

        Raises:
            ProviderError: a system refused us as a whole or could not be reached; what was done is remembered.
        """
        after = 0
        while page := self.memory.actions(entity, after):
            after = page[-1][0]
            local: list[Action] = []
            remote: list[Action] = []
            for _, data in page:
                action = Action.from_json(data)
                (remote if action.writes else local).append(action)
            with self.memory.store.transaction():
                for action in local:
                    self._remember_pair(action)
            for batch in _batches(remote):
                self._write(batch)

    # Our own memory -----------------------------------------------------------------------------------------------

    def _remember_pair(self, action: Action) -> None:
        """Make a link, or refresh what we know of one; nothing is written to either side."""
        memory, entity = self.memory, action.entity
        left, right = self.rules.spec.sides
        ids = {left: action.key, right: action.source_id}
        if action.verb == "link":
            number = memory.make_link(entity, ids, action.base, action.active)
            self._count("linked")
            self._know_children(self.rules.entities[entity], number, action.changes or None)
        else:
            assert action.link is not None
            number = action.link
            link = memory.link(number)
            if link is None:
                return
            for side, rows in action.base.items():
                link.base[side] |= rows
            link.active |= action.active
            link.gone = dict.fromkeys(link.gone, False)
            memory.remember(link)
        for text in action.notices:
            memory.notice(self.run, entity, action.name, text)
        if action.settles:
            for side, id_ in ids.items():
                memory.undecide(entity, side, id_ or "", only=("keep", "link"))
        for side, id_ in ids.items():
            if id_ is not None:
                # Until the last write of the pair has been done its content is kept: who is cut off here goes on from it.
                memory.judge(entity, side, id_, "pending", link=number)
        self._close(action)

    def _close(self, action: Action) -> None:
        """Let the records of a pair be in sync, if this was the last of its actions and none before it failed."""
        if not action.closes or action.unfinished:
            return
        for side in self.rules.spec.sides:
            id_ = action.key if side == action.side else action.source_id
            if id_ is not None:
                self.memory.close(
                    action.entity, side, id_, forget=not self.rules.entities[action.entity].entity.for_each
                )

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    # Writing ------------------------------------------------------------------------------------------------------

    def _write(self, batch: list[Action]) -> None:
        ready: list[tuple[int, Action]] = []
        with self.memory.store.transaction():
            for action in batch:
                try:
                    action.changes = self._resolved(action.changes)
                except Waits as error:
                    self._wait(action, str(error))
                    continue
                entry = self.memory.intend(
                    self.run,
                    action.entity,
                    action.side,
                    action.verb,
                    action.key,
                    action.source_id,
                    action.link,
                    action.name,
                    action.to_json(),
                    self.clock.now(),
                )
                ready.append((entry, action))
        fatal: ProviderError | None = None
        follow: list[tuple[int, Action]] = []
        futures: list[tuple[int, Future[Done]]] = [
            (entry, self.pool.submit(self._perform, action)) for entry, action in ready
        ]
        outcomes = [(entry, future.result()) for entry, future in futures]
        with self.memory.store.transaction():
            for entry, done in outcomes:
                self.memory.settle(
                    entry,
                    "done" if done.state == "done" else "unknown" if self._may_be_there(done) else "failed",
                    self.clock.now(),
                    done.reason,
                )
                follow += self._after(done)
                if done.error is not None and not isinstance(done.error, RecordRefused | RecordGone | OutcomeUnknown):
                    fatal = done.error
        for _, done in outcomes:
            self.told(done)
        if fatal is not None:
            raise fatal
        self.write_back(follow)

    def _may_be_there(self, done: Done) -> bool:
        """Tell whether it must be looked up what became of a write: also what is there already may be ours."""
        rules = self.rules.entities[done.action.entity]
        found_by_keys = bool(rules.entity.tiers)
        return done.state == "unknown" or (self._is_there_already(done) and not found_by_keys)

    def _is_there_already(self, done: Done) -> bool:
        known = self._refusal(done)
        return done.action.verb == "create" and known is not None and known.means == "already_there"

    def _refusal(self, done: Done) -> Refusal | None:
        """Find what the manifest says about a refusal."""
        if done.state != "failed" or done.error is None:
            return None
        resource = self.rules.entities[done.action.entity].resource(done.action.side)
        return next((each for each in resource.refusals if each.fits(done.error.code, done.reason)), None)

    def write_back(self, follow: list[tuple[int, Action]]) -> None:
        """Leave the new ids where the mapping keeps them."""
        if not follow:
            return
        futures = [(entry, self.pool.submit(self._perform, action)) for entry, action in follow]
        outcomes = [(entry, future.result()) for entry, future in futures]
        with self.memory.store.transaction():
            for entry, done in outcomes:
                self.memory.settle(entry, "done" if done.state == "done" else "unknown", self.clock.now(), done.reason)
                if done.state not in ("done", "unknown"):
                    self.memory.notice(
                        self.run,
                        done.action.entity,
                        done.action.name,
                        f"the id could not be left in {self._title(done.action.side)}: {done.reason}",
                    )

    def _resolved(self, value: Any) -> Any:
        """Put the ids of records that were created meanwhile in their places.

        Raises:
            Waits: one of them was not created after all.
        """
        match value:
            case Late():
                found = self.around.across([value.entity], value.side, value.id, value.field)
                if isinstance(found, Late):
                    raise Waits(f"the {value.entity} it belongs to could not be written")
                return found
            case Mapping():
                return {name: self._resolved(each) for name, each in value.items()}
            case list():
                return [self._resolved(each) for each in value]
            case _:
                return value

    def _perform(self, action: Action) -> Done:
        """Make the calls of one action. Runs in the pool: touches the provider and nothing else."""
        provider = self.providers[action.side]
        rules = self.rules.entities[action.entity]
        resource = rules.resource(action.side)
        try:
            if action.verb == "create":
                there = self._already_made(provider, rules, action)
                if there is not None:
                    return Done(action, "done", record=laid_over(action.changes, there))
                answer = provider.create(resource.name, action.changes)
                return Done(action, "done", record=laid_over(action.changes, answer))
            assert action.key is not None
            seen = provider.fetch(resource.name, action.key)
            if seen is None:
                return Done(action, "gone", f"it is no longer in {self._title(action.side)}")
            reason = self._in_between(rules, action, seen)
            if reason:
                return Done(action, "stale", reason, seen)
            return Done(
                action,
                "done",
                record=laid_over(
                    laid_over(seen, action.changes), provider.update(resource.name, action.key, action.changes, seen)
                ),
            )
        except RecordGone as error:
            return Done(action, "gone", error.says, error=error)
        except RecordRefused as error:
            return Done(action, "failed", error.says, error=error)
        except (OutcomeUnknown, Nonsense) as error:
            return Done(action, "unknown", error.says, error=error)
        except ProviderError as error:
            return Done(action, "failed", error.says, error=error)

    def _already_made(self, provider: Provider, rules: EntityRules, action: Action) -> Record | None:
        """Find a state that was made before our memory was lost: it has no id of the other side to be known by."""
        resource = rules.resource(action.side)
        value = reader(resource.look_up, absent=None)(action.changes) if resource.look_up else None
        if not rules.entity.for_each or not filled(value):
            return None
        found = [
            each
            for each in provider.find(resource.name, resource.look_up, str(value))
            if self._same_parent(rules, action, each)
        ]
        return found[0] if len(found) == 1 else None

    def _same_parent(self, rules: EntityRules, action: Action, found: Record) -> bool:
        rows = [row for row in rules.rows if set(row.row.sides) == {action.side} and row.row.refers_to]
        return all(
            normal(row.read(action.side, found)) == normal(row.read(action.side, action.changes)) for row in rows
        )

    def _in_between(self, rules: EntityRules, action: Action, seen: Record) -> str:
        """Say what has changed since the plan was made; empty if nothing that matters has."""
        view = rules.view(action.side, seen, self.around.settings)
        for row, key in action.expects.items():
            if row in view.values and rules.row(row).key(action.side, view.values[row]) != normal(key):
                return f"{row} was changed in {self._title(action.side)} in the meantime; it is looked at again in the next run"
        resource = rules.resource(action.side)
        if resource.frozen and not failing(resource.frozen, seen, self.around.settings):
            touched = [name for name in action.changes if name not in resource.frozen_except]
            if touched:
                return f"it can no longer be changed in {self._title(action.side)} ({', '.join(touched)})"
        return ""

    def _title(self, side: str) -> str:
        return self.rules.spec.manifests[side].title

    # After a write --------------------------------------------------------------------------------------------------

    def _after(self, done: Done) -> list[tuple[int, Action]]:
        """Remember how a write went; give the write-backs that follow from it, journalled."""
        action = done.action
        match done.state:
            case "done" if action.verb == "create":
                return self.adopt(action, done.record or {})
            case "done":
                self.updated(action, done.record or {})
                self._count(
                    {"update": "updated", "deactivate": "deactivated", "reactivate": "reactivated"}[action.verb]
                )
            case "stale":
                self._reconsider(action, done.record)
                self._wait(action, done.reason)
                self._count("waiting")
            case "gone":
                self._gone(action, done.reason)
            case "unknown":
                self._wait(action, LOST, detail={"because": "unknown"})
                self._count("unknown")
            case _:
                self._refused(action, done)
        return []

    def adopt(self, action: Action, record: Record) -> list[tuple[int, Action]]:
        """Link a record that was created (or found to have been) with the one it was made from."""
        rules, memory = self.rules.entities[action.entity], self.memory
        source = self.rules.spec.other(action.side)
        view = rules.view(action.side, record, self.around.settings)
        assert action.source_id is not None
        parent = int(action.source_id) if rules.entity.for_each else None
        sent = rules.view(
            action.side,
            {**dict.fromkeys(rules.resource(action.side).id, ""), **action.changes},
            self.around.settings,
        ).values
        differs = {
            row.name
            for row in rules.rows
            if row.name in sent
            and row.key(action.side, sent[row.name]) != row.key(action.side, view.values.get(row.name))
        }
        base = {**action.base, action.side: dict(view.values)}
        number = memory.make_link(
            action.entity,
            {source: action.source_id, action.side: view.id},
            {side: {row: value for row, value in rows.items() if row not in differs} for side, rows in base.items()},
            {
                source: action.active.get(source),
                action.side: view.active if view.active is not None else action.active.get(action.side),
            },
            parent,
        )
        memory.judge(action.entity, source, action.source_id, "synced", link=number, forget=False)
        memory.keep(
            action.entity,
            [Known(action.side, view.id, view.name, "synced", view.digest, self.run, link=number)],
            self.clock.now(),
        )
        memory.know_by(action.entity, [(action.side, view.id, *each) for each in rules.keys(action.side, view)])
        self._know_children(rules, number, record)
        state: State = "pending" if differs else "synced"
        memory.judge(action.entity, source, action.source_id, state, link=number, forget=not rules.entity.for_each)
        for each in rules.entity.follow_ups:
            if each.after_created_in == action.side:
                memory.to_do(action.entity, number, each.name, each.because)
        self._count("created")
        return self._id_to_leave(rules, action, source, view)

    def _id_to_leave(self, rules: EntityRules, action: Action, source: str, view: View) -> list[tuple[int, Action]]:
        field = rules.resource(source).external_id
        if rules.entity.link_kept_in != source or not field or rules.entity.for_each:
            return []
        back = Action(
            entity=action.entity, verb="update", side=source, name=action.name, key=action.source_id, source_id=view.id, changes={field: self.external_id(source, view.id)}
        )  # fmt: skip
        entry = self.memory.intend(
            self.run,
            back.entity,
            back.side,
            "write back",
            back.key,
            back.source_id,
            None,
            back.name,
            back.to_json(),
            self.clock.now(),
        )
        return [(entry, back)]

    def _know_children(self, rules: EntityRules, number: int, record: Record | None = None) -> None:
        """Prepare the states beside a linked record: how they find it, and what its making made."""
        link = self.memory.link(number)
        assert link is not None
        for child in self.rules.entities.values():
            if rules.entity.name not in child.entity.for_each:
                continue
            side = self.rules.spec.other(child.entity.to)
            text = self._belongs(rules, child, side, link)
            if text:
                self.memory.know_by(
                    rules.entity.name, [("#", f"{number}", child.entity.name, "", text)], only=child.entity.name
                )
            shape = rules.resource(side).makes.get(child.resource(side).name)
            if shape is not None and record is not None:
                self._begin_state(rules, child, side, link, becomes(shape, record))

    def _belongs(self, rules: EntityRules, child: EntityRules, side: str, link: Link) -> str:
        other = self.rules.spec.other(side)
        parts = []
        for name in child.source(side).belongs_to.values():
            row = rules.row(name)
            value = link.base[side].get(name, link.base[other].get(name))
            if row.row.refers_to:
                here = link.base[other].get(name)
                try:
                    value = self.around.across(row.row.refers_to, other, str(here), "") if here is not None else None
                except Waits:
                    value = None
            if not filled(value) or isinstance(value, Late):
                return ""
            parts.append(str(normal(value)))
        return " & ".join(parts)

    def _begin_state(self, rules: EntityRules, child: EntityRules, side: str, link: Link, record: Record) -> None:
        """Note what the state was when its parent was made, so that what follows is a change."""
        view = replace(child.view(side, record, self.around.settings), id=str(link.id))
        number = None
        target = child.entity.to
        if child.source(target).resource == rules.source(target).resource:
            parent_id = link.ids[target]
            known = self.memory.record(rules.entity.name, target, parent_id or "")
            values = (
                child.view(target, known.record, self.around.settings).values
                if known is not None and known.record is not None
                else {}
            )
            number = self.memory.make_link(
                child.entity.name,
                {target: parent_id, side: view.id},
                {target: dict(values), side: dict(view.values)},
                {},
                link.id,
            )
        self.memory.keep(
            child.entity.name,
            [Known(side, view.id, view.name, "synced", view.digest, self.run, record=record, link=number)],
            self.clock.now(),
        )

    def updated(self, action: Action, record: Record) -> None:
        """Remember that a record was changed (or found to have been), and what both sides are now."""
        rules, memory = self.rules.entities[action.entity], self.memory
        link = self._link_of(action)
        if link is None:
            return
        view = rules.view(action.side, record, self.around.settings)
        for side, rows in action.base.items():
            link.base[side] |= rows
        for row, _, _ in action.fields:
            if row in view.values:
                link.base[action.side][row] = view.values[row]
        if action.verb != "update":
            link.active |= action.active
        memory.remember(link)
        self._close(action)
        memory.keep_digest(action.entity, action.side, view.id, view.digest)
        memory.know_by(action.entity, [(action.side, view.id, *each) for each in rules.keys(action.side, view)])

    def _link_of(self, action: Action) -> Link | None:
        if action.link is not None:
            return self.memory.link(action.link)
        return self.memory.link_of(action.entity, action.side, action.key or "")

    def _gone(self, action: Action, reason: str) -> None:
        link = self._link_of(action)
        if link is not None:
            link.gone[action.side] = True
            self.memory.remember(link)
        self._judge_source(action, "excluded", reason + "; a deletion does not travel, and neither do later changes")
        self._count("excluded")

    def _refused(self, action: Action, done: Done) -> None:
        if not isinstance(done.error, RecordRefused):
            # The system as a whole could not be used: nothing is wrong with this record, and the next run goes on with it.
            self._wait(action, done.reason)
            return
        known = self._refusal(done)
        said = f"{self._title(action.side)} refused it: {done.reason}"
        if self._is_there_already(done):
            self._wait(
                action, f"{self._title(action.side)} says that it is already there", detail={"because": "already there"}
            )
            self._count("waiting")
            return
        cure = (
            (known.cure if known is not None else "")
            or done.error.cure
            or "Correct it; what stays refused is tried ever more rarely, or at once with retry."
        )
        reason = known.because if known is not None and known.because else ""
        again = self._again(action)
        self._judge_source(
            action,
            "waiting" if known is not None and known.means == "waits" else "failed",
            f"{said} ({reason})" if reason else said,
            cure,
            again,
        )
        self._count("failed")

    def _again(self, action: Action) -> dict[str, Any]:
        """When a refused write is tried again without anything having changed: after an hour, then ever more rarely."""
        source = self.rules.spec.other(action.side)
        before = self.memory.record(action.entity, source, action.source_id) if action.source_id is not None else None
        detail = before.detail if before is not None and isinstance(before.detail, dict) else {}
        tries = int(detail.get("tries", 0)) + 1
        return {
            "tries": tries,
            "again": int(self.clock.now() + min(24, 2 ** (tries - 1)) * 3600),
            "under": self.rules.digest,
        }

    def _wait(self, action: Action, reason: str, *, detail: Any = None) -> None:
        self._judge_source(action, "waiting", reason, "It is tried again by itself.", detail)

    def _judge_source(self, action: Action, state: Any, reason: str, cure: str = "", detail: Any = None) -> None:
        source = self.rules.spec.other(action.side)
        for side, id_ in ((source, action.source_id), (action.side, action.key)):
            known = self.memory.record(action.entity, side, id_) if id_ is not None else None
            if known is not None and (side == source or known.record is not None):
                self.memory.judge(
                    action.entity, side, known.id, state, reason=reason, cure=cure, detail=detail, forget=False
                )

    def _reconsider(self, action: Action, record: Record | None) -> None:
        """Put what was found in between aside, to be decided about in the next run."""
        if record is None or action.key is None:
            return
        rules = self.rules.entities[action.entity]
        view = rules.view(action.side, record, self.around.settings)
        link = self._link_of(action)
        if rules.entity.for_each:
            self._base_on(action, view, link)
            return
        self.memory.keep(
            action.entity,
            [
                Known(
                    action.side,
                    view.id,
                    view.name,
                    "pending",
                    view.digest,
                    self.run,
                    record=record,
                    link=link.id if link else None,
                )
            ],
            self.clock.now(),
        )

    def _base_on(self, action: Action, view: View, link: Link | None) -> None:
        """Take what was found as what is there: a state beside a record only travels this way, and nobody reads it here."""
        found = {row: view.values[row] for row in action.expects if row in view.values}
        if link is None or not found:
            return
        link.base[action.side] |= found
        self.memory.remember(link)
        self.memory.notice(
            self.run,
            action.entity,
            action.name,
            f"{' and '.join(found)} was edited in {self._title(action.side)}; the next run replaces it, because {self._title(self.rules.spec.other(action.side))} changed too",
        )


def _batches(actions: list[Action]) -> Iterator[list[Action]]:
    """Cut into batches in which no record is written twice."""
    batch: list[Action] = []
    touched: set[tuple[str, str | None]] = set()
    for action in actions:
        who = (action.side, action.key)
        if len(batch) >= BATCH or (action.key is not None and who in touched):
            yield batch
            batch, touched = [], set()
        batch.append(action)
        touched.add(who)
    if batch:
        yield batch
