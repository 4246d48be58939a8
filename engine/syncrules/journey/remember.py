"""Remember how each action went: links, what both sides look like now, in which state each record is left.

Everything here is written in one thread, within a transaction of the caller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from syncrules.http import Clock
from syncrules.journey.action import Action
from syncrules.journey.calls import Done
from syncrules.journey.rules import EntityRules, Rules, View
from syncrules.journey.states import States
from syncrules.journey.surroundings import Surroundings
from syncrules.journey.unwritten import Unwritten
from syncrules.memory.kept import Known, Link, State
from syncrules.memory.memory import Memory
from syncrules.records import Record, filled

LOST = "the answer to the last write was lost; it is looked up before anything is repeated"


class Keeper:
    """Keeps our memory in step with what is done in one run.

    Args:
        external_id: the text that we leave on a side for an id of the other.
    """

    def __init__(
        self,
        rules: Rules,
        memory: Memory,
        around: Surroundings,
        clock: Clock,
        run: int,
        external_id: Callable[[str, str], str],
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.around = around
        self.clock = clock
        self.run = run
        self.external_id = external_id
        self.states = States(rules, memory, around, clock, run)
        self.counts: Counter[str] = Counter()
        self.unwritten = Unwritten(rules, memory, clock, self.counts)

    # Without a write ----------------------------------------------------------------------------------------------

    def pair(self, action: Action) -> None:
        """Make a link, or refresh what we know of one; nothing is written to either side."""
        memory, entity = self.memory, action.entity
        left, right = self.rules.spec.sides
        ids = {left: action.key, right: action.source_id}
        if action.verb == "link":
            number = memory.make_link(entity, ids, action.base, action.active)
            self.counts["linked"] += 1
            self.states.prepare(self.rules.entities[entity], number, action.changes or None)
            self._follow_up(self.rules.entities[entity], number, ids)
        else:
            assert action.link is not None
            number = action.link
            link = memory.link(number)
            if link is None:
                return
            link.learn(action.base)
            link.active |= action.active
            link.gone = dict.fromkeys(link.gone, False)
            memory.remember(link)
        for text in action.notices:
            memory.notice(self.run, entity, action.name, text, ids)
        if action.settles:
            for side, id_ in ids.items():
                memory.undecide(entity, side, id_ or "", only=("keep", "link"))
        for side, id_ in ids.items():
            if id_ is not None:
                # Until the last write of the pair has been done its content is kept: who is cut off here goes on from it.
                state: State = "waiting" if action.held else "pending"
                reason, cure = action.held or ("", "")
                memory.judge(entity, side, id_, state, reason=reason, cure=cure, link=number)
        self._close(action)

    def _follow_up(self, rules: EntityRules, number: int, ids: Mapping[str, str | None]) -> None:
        """Ask a person for the rest also where a record was found that lacks it: who made it, and when, makes no difference."""
        for each in rules.entity.follow_ups:
            id_ = ids.get(each.done_side) if each.done_path else None
            known = self.memory.record(rules.entity.name, each.done_side, id_) if id_ is not None else None
            done = known and self.memory.key_of(rules.entity.name, each.done_side, known.id, f"@{each.done_path}")
            if known is not None and not done:
                self.memory.to_do(rules.entity.name, number, each.name, each.because)

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

    # After a write --------------------------------------------------------------------------------------------------

    def after(self, done: Done) -> list[tuple[int, Action]]:
        """Remember how a write went; give the write-backs that follow from it, journalled."""
        action = done.action
        match done.state:
            case "done" if action.verb == "create":
                return self.adopt(action, done.record or {})
            case "done" | "gone" if action.verb == "delete":
                self.deleted(action)
                self.counts["deleted"] += 1
            case "done":
                self.updated(action, done.record or {}, done.seen)
                self.counts[
                    {"update": "updated", "deactivate": "deactivated", "reactivate": "reactivated"}[action.verb]
                ] += 1
            case "stale":
                self._reconsider(action, done.record)
                self.unwritten.wait(action, done.reason)
                self.counts["waiting"] += 1
            case "gone":
                self._gone(action, done.reason)
            case "half":
                self.unwritten.half_done(action, done)
            case "unknown":
                self.unwritten.wait(action, LOST, detail={"because": "unknown"})
                self.counts["unknown"] += 1
            case _:
                self.unwritten.refused(action, done)
        return []

    def adopt(self, action: Action, record: Record, *, found: bool = False) -> list[tuple[int, Action]]:
        """Link a record that was created with the one it was made from.

        Args:
            found: it was looked up after its answer was lost; what differs from what was sent, somebody has edited since.
        """
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
        # Of what was not sent nobody knows whether it came with the record or was typed since: it was never agreed on.
        unsent = {
            row.name
            for row in rules.rows
            if found
            and not rules.entity.for_each
            and row.name not in sent
            and filled(row.key(action.side, view.values.get(row.name)))
        }
        there = {row: value for row, value in view.values.items() if row not in unsent}
        attached = rules.is_attached(action.side, action.changes)
        if attached:
            unseen = self._unlike(rules, action, view)
            there = {row: value for row, value in there.items() if row not in unseen}
            differs -= unseen
        number = memory.make_link(
            action.entity,
            {source: action.source_id, action.side: view.id},
            {
                side: {row: value for row, value in rows.items() if row not in unsent}
                for side, rows in _known_of_both(
                    rules, action, there, {row: sent[row] for row in differs}, found
                ).items()
            },
            {
                source: action.active.get(source),
                action.side: view.active if view.active is not None else action.active.get(action.side),
            },
            parent,
        )
        memory.judge(action.entity, source, action.source_id, "synced", link=number, forget=False)
        # What was looked up a run later may have another content at its source by now: it is compared once more.
        state: State = "pending" if differs or unsent or (found and self._has_content(action, source)) else "synced"
        made = Known(action.side, view.id, view.name, "synced", view.digest, self.run, link=number)
        if (differs or unsent) and not rules.entity.for_each:
            made.state, made.record = "pending", view.record
        memory.keep(action.entity, [made], self.clock.now())
        if attached:
            memory.forget_digest(action.entity, action.side, view.id)
        memory.know_by(action.entity, [(action.side, view.id, *each) for each in rules.keys(action.side, view)])
        self.states.prepare(rules, number, record)
        memory.judge(action.entity, source, action.source_id, state, link=number, forget=not rules.entity.for_each)
        for each in rules.entity.follow_ups:
            if each.after_created_in == action.side:
                memory.to_do(action.entity, number, each.name, each.because)
        for text in action.notices:
            memory.notice(self.run, action.entity, action.name, text, {source: action.source_id, action.side: view.id})
        self.counts["created"] += 1
        return self._id_to_leave(rules, action, source, view)

    def _unlike(self, rules: EntityRules, action: Action, view: View) -> set[str]:
        """List the rows in which what a record is a role of may say otherwise than the source: they are compared when it is read."""
        source = self.rules.spec.other(action.side)
        written = {row for row, _, _ in action.fields}
        known = {source: action.base.get(source, {}), action.side: view.values}
        left, right = (known[side] for side in self.rules.spec.sides)
        return {
            row.name
            for row in rules.rows
            if rules.is_of_the_thing(row, action.side)
            and row.name not in written
            and not (row.name in left and row.name in right and row.same(left[row.name], right[row.name], self.around))
        }

    def _has_content(self, action: Action, side: str) -> bool:
        known = self.memory.record(action.entity, side, action.source_id or "")
        return known is not None and known.record is not None

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

    def updated(self, action: Action, record: Record, seen: Record | None = None) -> None:
        """Remember that a record was changed (or found to have been), and what both sides are now.

        Args:
            seen: the record as it was just before.
        """
        rules, memory = self.rules.entities[action.entity], self.memory
        link = self.link_of(action)
        if link is None:
            return
        view = rules.view(action.side, record, self.around.settings)
        link.learn(action.base)
        link.learn({action.side: {row: view.values[row] for row, _, _ in action.fields if row in view.values}})
        if action.verb != "update":
            link.active |= action.active
        memory.remember(link)
        source = self.rules.spec.other(action.side)
        if link.gone[source]:
            reason = f"deleted in {self._title(source)}, and taken out of use in {self._title(action.side)}"
            memory.judge(action.entity, source, str(link.ids[source]), "excluded", reason=reason)
        self._close(action)
        self._keep_content(action, view, seen)
        memory.know_by(action.entity, [(action.side, view.id, *each) for each in rules.keys(action.side, view)])

    def adopt_unseen(self, action: Action) -> None:
        """Link a record whose creation may have been carried out, and that cannot be read back: it is sent again, or taken away."""
        rules, memory = self.rules.entities[action.entity], self.memory
        source, resource = self.rules.spec.other(action.side), rules.resource(action.side)
        assert action.source_id is not None
        number = memory.make_link(
            action.entity, {source: action.source_id, action.side: resource.key_of(action.changes)}, {}, action.active
        )
        if memory.record(action.entity, source, action.source_id) is None:
            # It went in the meantime; the next complete read does not show it, and then its counterpart goes too.
            gone = Known(source, action.source_id, action.name, "pending", b"", 0, link=number)
            memory.keep(action.entity, [gone], self.clock.now())
        memory.judge(action.entity, source, action.source_id, "pending", link=number)

    def deleted(self, action: Action) -> None:
        """Take two records apart of which one was deleted because of the other; who has left and is still there stays out."""
        memory, name = self.memory, action.entity
        link = self.link_of(action)
        if link is None:
            return
        source = self.rules.spec.other(action.side)
        memory.unlink(link.id)
        memory.drop(name, action.side, [str(link.ids[action.side])])
        if link.gone[source]:
            memory.drop(name, source, [str(link.ids[source])])
        else:
            reason = f"it may no longer come in, and was deleted in {self._title(action.side)}"
            memory.judge(name, source, str(link.ids[source]), "excluded", reason=reason)

    def _keep_content(self, action: Action, view: View, seen: Record | None) -> None:
        """Note what a record looks like after our write, so that it does not come back as a change; an edit that the plan did not know of does."""
        rules, memory = self.rules.entities[action.entity], self.memory
        known = memory.record(action.entity, action.side, view.id)
        if known is None or rules.entity.for_each:
            return
        edited = seen is not None and self._edited(rules, action, known, seen, view)
        if known.state == "synced" and not edited:
            memory.keep_digest(action.entity, action.side, view.id, view.digest)
        elif known.state in ("synced", "pending"):
            state: State = "waiting" if edited else "pending"
            reason = (
                f"it was edited in {self._title(action.side)} meanwhile; it is looked at in the next run"
                if edited
                else ""
            )
            content = Known(
                action.side,
                view.id,
                view.name,
                state,
                view.digest,
                self.run,
                reason,
                record=view.record,
                link=known.link,
            )
            memory.keep(action.entity, [content], self.clock.now())

    def _edited(self, rules: EntityRules, action: Action, known: Known, seen: Record, view: View) -> bool:
        """Tell whether somebody edited a record after it was read: before we looked at it once more, or between that and our write."""
        before = rules.view(action.side, seen, self.around.settings)
        if before.digest != known.digest:
            return True
        written = {row for row, _, _ in action.fields}
        return any(
            row.key(action.side, before.values[row.name]) != row.key(action.side, view.values.get(row.name))
            for row in rules.rows
            if row.name in before.values and row.name not in written
        )

    def link_of(self, action: Action) -> Link | None:
        """Find the link of an action, also of a pair that the same plan linked."""
        if action.link is not None:
            return self.memory.link(action.link)
        return self.memory.link_of(action.entity, action.side, action.key or "")

    def _gone(self, action: Action, reason: str) -> None:
        link = self.link_of(action)
        if link is not None:
            link.gone[action.side] = True
            self.memory.remember(link)
        said = f"{reason}; a deletion does not travel, and neither do later changes"
        self.unwritten.judge(action, "excluded", said)
        if action.key is not None:
            # Nobody reads it again, so whatever it waited for is over; if it comes back after all, it is looked at anew.
            self.memory.judge(action.entity, action.side, action.key, "excluded", reason=said)
            self.memory.forget_digest(action.entity, action.side, action.key)
        self.counts["excluded"] += 1

    # What somebody did in between -------------------------------------------------------------------------------------

    def _reconsider(self, action: Action, record: Record | None) -> None:
        """Put what was found in between aside, to be decided about in the next run."""
        if record is None or action.key is None:
            return
        rules = self.rules.entities[action.entity]
        view = rules.view(action.side, record, self.around.settings)
        link = self.link_of(action)
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

    def _title(self, side: str) -> str:
        return self.rules.spec.manifests[side].title


def _known_of_both(
    rules: EntityRules, action: Action, there: dict[str, Any], differs: dict[str, Any], found: bool
) -> dict[str, dict[str, Any]]:
    """Tell what both sides were last time, now that one was made from the other.

    Args:
        there: what was made, as it is there, row by row.
        differs: what was sent and is not there, row by row.
        found: it was looked up after its answer was lost.
    """
    target = action.side
    if found and not rules.entity.for_each:
        # It was made as it was sent, and somebody has edited it since.
        return {**action.base, target: there | differs}
    agreed = {
        side: {row: value for row, value in rows.items() if row not in differs}
        for side, rows in {**action.base, target: there}.items()
    }
    # Where nobody reads what was written, what is there must be known for the difference to be seen.
    return agreed | {target: there} if rules.entity.for_each else agreed
