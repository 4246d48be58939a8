"""One run, start to end: read this file first.

    recover → read → settle → match → plan → brake → write → remember

Only this file knows the order. `syncrules plan` is the same journey, ended before *write*.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Any, cast

from syncrules import brakes, match, plan, read, recover, schedule
from syncrules.action import Action
from syncrules.around import Around
from syncrules.http import Clock
from syncrules.model import Happening
from syncrules.provider import Provider
from syncrules.records import filled, laid_over, normal, reader
from syncrules.rules import EntityRules, Late, Rules, View
from syncrules.state import Known, Memory
from syncrules.write import Done, Writer

log = logging.getLogger("syncrules.run")

SETTLED = 2**62
"""A state that is settled is no longer looked for among those that are missing."""


@dataclass(frozen=True, slots=True)
class Event:
    """Progress, for whoever watches."""

    step: str
    """recover, read, match, plan, write."""
    what: str = ""
    count: int = 0
    total: int | None = None


@dataclass(slots=True)
class Result:
    """What a run did."""

    counts: dict[str, int] = field(default_factory=dict)
    """created, updated, deactivated, reactivated, linked, failed, unknown, waiting."""
    read: dict[str, int] = field(default_factory=dict)
    """`side: resource` → records read."""
    stopped: list[str] = field(default_factory=list)
    """What a brake held back."""
    first: list[str] = field(default_factory=list)
    """Entities whose first import this was."""

    @property
    def writes(self) -> int:
        """How many records were written in the two systems."""
        return sum(self.counts.get(each, 0) for each in ("created", "updated", "deactivated", "reactivated"))


class Journey:
    """One run of one connection.

    Args:
        rules: the compiled mapping.
        memory: what we knew last time.
        providers: side → the system there.
        accounts: side → whose books they are.
        pool: where calls run side by side.
        told: called with progress.
        due_only: carry only what the mapping's rhythm says is due.
        zone: the time zone of the connection.
        brief: the digest the rules had last time; destructive changes under new rules wait for a person.
    """

    def __init__(
        self,
        rules: Rules,
        memory: Memory,
        providers: Mapping[str, Provider],
        accounts: Mapping[str, str],
        settings: Mapping[str, Any],
        clock: Clock,
        pool: Executor,
        *,
        told: Callable[[Event], None] = lambda _: None,
        due_only: bool = False,
        zone: tzinfo = UTC,
        brief: str = "",
        whole: bool = False,
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.providers = providers
        self.accounts = accounts
        self.settings = settings
        self.clock = clock
        self.pool = pool
        self.told = told
        self.zone = zone
        self.started = clock.now()
        self.brief = brief
        self.whole = whole
        self.around = Around(rules, memory, settings)
        self.result = Result()
        self.numbers: dict[tuple[str, str, str, str], str] = {}
        """Side, resource, field and value of the unique numbers that this plan gives away → to whom."""
        carried = memory.last_carried()
        self.first = {name for name in rules.entities if (name, "", "import") not in carried}
        self.open: dict[str, set[tuple[str, Happening]]] = {
            name: schedule.due(each.entity, carried if due_only else {}, self.started, zone)
            for name, each in rules.entities.items()
        }
        self.names = [name for name in rules.entities if self.open[name]]

    # The order ----------------------------------------------------------------------------------------------------

    def make_plan(self, run: int) -> None:
        """Read both sides and decide what is to be done; nothing is written but our own memory."""
        self.run = run
        self._read()
        self._settle_missing()
        self._decide()
        self._brake()

    def carry_out(self) -> None:
        """Write what was planned, entity after entity."""
        writer = Writer(
            self.rules, self.memory, self.providers, self.around, self.clock, self.run, self.pool, self.external_id, self._written
        )  # fmt: skip
        total = sum(count for (_, verb), count in self.memory.planned().items() if verb not in ("link", "remember"))
        self.told(Event("write", total=total))
        try:
            for name in self.names:
                writer.carry_out(name)
        finally:
            for what, count in writer.counts.items():
                self.result.counts[what] = self.result.counts.get(what, 0) + count

    def recover(self, run: int) -> None:
        """Find out how the writes went whose answer we never saw."""
        self.run = run
        writer = Writer(
            self.rules, self.memory, self.providers, self.around, self.clock, run, self.pool, self.external_id
        )
        recover.settle_open(writer, lambda what: self.told(Event("recover", what)))
        for what, count in writer.counts.items():
            self.result.counts[what] = self.result.counts.get(what, 0) + count

    def finish(self) -> None:
        """Note what has been carried, so that the rhythm goes on from here."""
        with self.memory.store.transaction():
            for name in self.names:
                if name in self.first:
                    self.memory.carried(name, "", "import", self.started)
                    self.result.first.append(name)
                for side, happening in self.open[name]:
                    self.memory.carried(name, side, happening, self.started)
            self._close_follow_ups()

    # Read ---------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        for side, resource in sorted(self.rules.choices):
            self.around.choices[side, resource] = list(self.everything(side, resource))
        whole = self.whole or any(name in self.first for name in self.names)
        for reading in read.readings(self.rules, self.memory, self.names, self.started, whole=whole):
            self._read_one(reading)
        self._read_candidates()

    def everything(self, side: str, resource: str) -> Iterator[dict[str, Any]]:
        """Read all records of a small resource: from the manifest where they stand there, else from the system."""
        rows = self.rules.spec.manifests[side].resources[resource].rows
        if rows is not None:
            yield from (dict(each) for each in rows)
            return
        for page in self.providers[side].read(resource):
            yield from page

    def _read_one(self, reading: read.Reading) -> None:
        side, resource = reading.side, reading.resource
        label = f"{side}: {resource.name}"
        count, stamp, began = 0, None, self.clock.now()
        if reading.since is not None:
            stamp = self.memory.cursor(side, resource.name)[0]
        for page in self.providers[side].read(resource.name, reading.since):
            stamp = read.newest(resource, page, stamp)
            with self.memory.store.transaction():
                read.take_in(self.rules, self.memory, reading, page, self.run, self.settings, self.started)
            count += len(page)
            self.told(Event("read", label, count))
        self.result.read[label] = count
        self._close_reading(reading, count, stamp, began)

    def _close_reading(self, reading: read.Reading, count: int, stamp: str | None, began: float) -> None:
        """Conclude from a read that came to its end: the cursor, and what is no longer there."""
        side, resource, memory = reading.side, reading.resource, self.memory
        with memory.store.transaction():
            if reading.since is None:
                for name, each in self.rules.entities.items():
                    source = each.entity.sources.get(side)
                    if (
                        source is None
                        or source.resource != resource.name
                        or each.entity.for_each
                        or not read.wanted(self.rules, name, side)
                    ):
                        continue
                    linked = memory.count_linked(name, side)
                    if count == 0 and linked and resource.missing == "deleted":
                        self._stop(
                            name,
                            f"empty {side}",
                            f"{self.title(side)} gave no {resource.title} at all, but {linked} are linked",
                            linked,
                        )
                        continue
                    self._missing(name, side)
            _, full_at, _ = memory.cursor(side, resource.name)
            # A record that changed while we were reading may have been read before: the next read starts no later than this one did.
            start = datetime.fromtimestamp(began, UTC).isoformat()
            stamp = min(stamp, start) if stamp is not None else None
            memory.move_cursor(
                side, resource.name, stamp, began if reading.since is None else full_at, self.rules.digest
            )

    def _missing(self, name: str, side: str) -> None:
        memory = self.memory
        while page := memory.unseen(name, side, self.run):
            for known in page:
                link = memory.link(known.link) if known.link is not None else None
                if link is not None:
                    link.gone[side] = True
                    memory.remember(link)
                    if self.rules.entities[name].entity.events[side]["deleted"].then == "unlink":
                        memory.unlink(link.id)
                        continue
                memory.judge(
                    name,
                    side,
                    known.id,
                    "excluded",
                    reason=f"deleted in {self.title(side)}; a deletion does not travel",
                )
        memory.drop_unseen_unlinked(name, side, self.run)

    def _read_candidates(self) -> None:
        """Where a record may get a role of something that exists, learn what exists."""
        for name in self.names:
            rules = self.rules.entities[name]
            if rules.entity.without_role != "add" or not rules.entity.tiers:
                continue
            for side in rules.entity.sources:
                within = rules.resource(side).within
                if within is None or rules.entity.to not in ("both", side):
                    continue
                self._read_within(rules, side, *within)

    def _read_within(self, rules: EntityRules, side: str, resource: str, at: str) -> None:
        place = f"{resource} for {rules.entity.name}"
        stamp, full_at, digest = self.memory.cursor(side, place)
        wider = self.rules.spec.manifests[side].resources[resource]
        since = read.since(wider.changes, stamp, full_at, self.started) if digest == self.rules.digest else None
        began = self.clock.now()
        for page in self.providers[side].read(resource, since):
            stamp = read.newest(wider, page, stamp)
            rows = []
            for record in page:
                view = rules.view(side, {**dict.fromkeys(rules.resource(side).id, ""), at: record}, self.settings)
                id_ = wider.key_of(record)
                rows += [
                    (f"{side} without role", id_, *key) for key in rules.keys(side, view) if not key[0].startswith("@")
                ]
            with self.memory.store.transaction():
                self.memory.know_by(rules.entity.name, rows)
            self.told(Event("read", f"{side}: {resource}", len(page)))
        with self.memory.store.transaction():
            start = datetime.fromtimestamp(began, UTC).isoformat()
            self.memory.move_cursor(
                side,
                place,
                min(stamp, start) if stamp else None,
                began if since is None else full_at,
                self.rules.digest,
            )

    # States that left a complete list -------------------------------------------------------------------------------

    def _settle_missing(self) -> None:
        for name in self.names:
            rules = self.rules.entities[name]
            if not rules.entity.for_each:
                continue
            side = self.rules.spec.other(rules.entity.to)
            resource = rules.resource(side)
            if resource.missing != "settled" or f"{side}: {resource.name}" not in self.result.read:
                continue
            settled = self._settled(rules, side)
            open_before = len(settled) + self.memory.count_seen(name, side, self.run)
            answer = self.memory.decision(name, "brake", "settlements")
            if (
                brakes.too_many_settled(
                    len(settled),
                    open_before,
                    self.result.read[f"{side}: {resource.name}"],
                    rules.entity.brakes.get("settlements"),
                )
                and not answer
            ):
                self._stop(
                    name,
                    "settlements",
                    f"{len(settled)} of {open_before} open {resource.title} are gone from {self.title(side)} at once; they would count as settled",
                    len(settled),
                )
                continue
            with self.memory.store.transaction():
                self.memory.keep(name, settled, self.started)
                self._released(name, "settlements")

    def _settled(self, rules: EntityRules, side: str) -> list[Known]:
        resource = rules.resource(side)
        result = []
        for known in self.memory.left_out(rules.entity.name, side, self.run):
            if known.record is None:
                continue
            record = laid_over(known.record, read.becomes(resource.settled, known.record))
            view = rules.view(side, record, self.settings)
            state = "pending" if view.digest != known.digest else known.state
            result.append(
                Known(
                    side,
                    known.id,
                    known.name,
                    state,
                    view.digest,
                    SETTLED,
                    record=record,
                    link=known.link,
                    reason=known.reason,
                    cure=known.cure,
                )
            )
        return result

    # Match and plan -------------------------------------------------------------------------------------------------

    def _decide(self) -> None:
        memory = self.memory
        self.told(Event("match"))
        matches = match.find(self.rules, memory, self._decided)
        self._by_external_id(matches)
        self.matches = matches
        self.around.paired = matches.pairs
        with memory.store.transaction():
            memory.clear_plan()
        for name in self.names:
            after = ("", "")
            count = 0
            while page := memory.undone(name, after):
                after = (page[-1].side, page[-1].id)
                with memory.store.transaction():
                    for known in page:
                        self._decide_one(self.rules.entities[name], known)
                count += len(page)
                self.told(Event("plan", name, count))

    def _decided(self, entity: str, side: str, id_: str) -> str:
        answer = self.memory.decision(entity, side, id_) or {}
        return str(answer.get("link") or ("none" if answer.get("create") or answer.get("ignore") else ""))

    def _by_external_id(self, matches: match.Matches) -> None:
        """Tie again what carries the other side's id: our memory was lost, or somebody else's was not."""
        for name in self.names:
            rules = self.rules.entities[name]
            side = rules.entity.link_kept_in
            if not side or rules.entity.for_each or not rules.resource(side).external_id:
                continue
            after = ("", "")
            while page := self.memory.undone(name, after):
                after = (page[-1].side, page[-1].id)
                for known in page:
                    if known.side == side and known.link is None and known.record is not None:
                        self._tie_again(rules, side, known, matches)

    def _tie_again(self, rules: EntityRules, side: str, known: Known, matches: match.Matches) -> None:
        view = rules.view(side, cast("dict[str, Any]", known.record), self.settings)
        prefix = self.external_id(side, "").rpartition(":")[0] + ":"
        if not view.external_id.startswith(prefix):
            return
        other = self.rules.spec.other(side)
        id_ = view.external_id.removeprefix(prefix).rstrip(";")
        name = rules.entity.name
        there = self.memory.record(name, other, id_)
        if there is None and read.wanted(self.rules, name, other):
            return
        if there is not None and there.link is not None:
            return
        left, right = (known.id, id_) if side == self.rules.spec.sides[0] else (id_, known.id)
        for who in ((name, side, known.id), (name, other, id_)):
            matches.asked.pop(who, None)
        matches.pair(self.rules, name, left, right)

    def _decide_one(self, rules: EntityRules, known: Known) -> None:
        if known.record is None or self._refused_lately(known):
            return
        view = rules.view(known.side, known.record, self.settings)
        if rules.entity.for_each:
            self._decide_state(rules, known, replace(view, id=known.id))
            return
        link = (
            self.memory.link(known.link)
            if known.link is not None
            else self.memory.link_of(rules.entity.name, known.side, known.id)
        )
        if link is not None:
            self._decide_linked(rules, known, view, link)
        else:
            self._decide_unlinked(rules, known, view)

    def _refused_lately(self, known: Known) -> bool:
        """A write that was refused is not sent again at once, unless the record or the mapping changed."""
        detail = known.detail if isinstance(known.detail, dict) else {}
        return (
            known.state != "pending"
            and detail.get("again", 0) > self.started
            and detail.get("under") == self.rules.digest
        )

    def _decide_linked(self, rules: EntityRules, known: Known, view: View, link: Any) -> None:
        other = self.rules.spec.other(known.side)
        there = self.memory.record(rules.entity.name, other, link.ids[other]) if link.ids[other] is not None else None
        has_content = there is not None and there.record is not None and there.state != "excluded"
        if has_content and known.side == self.rules.spec.sides[1]:
            return  # decided when its counterpart's turn came
        views: dict[str, View | None] = {known.side: view, other: None}
        if has_content and there is not None and there.record is not None:
            views[other] = rules.view(other, there.record, self.settings)
        self._take(
            rules,
            plan.decide_pair(rules, link, views, self._circumstances(rules)),
            {known.side: known.id, other: there.id if there else None},
        )

    def _decide_unlinked(self, rules: EntityRules, known: Known, view: View) -> None:
        name, side, other = rules.entity.name, known.side, self.rules.spec.other(known.side)
        who = (name, side, known.id)
        if who in self.matches.pairs:
            partner = self.memory.record(name, other, self.matches.pairs[who])
            if partner is not None and partner.record is not None and side == self.rules.spec.sides[1]:
                return
            views: dict[str, View | None] = {side: view, other: None}
            if partner is not None and partner.record is not None:
                views[other] = rules.view(other, partner.record, self.settings)
            now = self._circumstances(rules)
            decision = plan.decide_pair(rules, None, views, now, other_id=self.matches.pairs[who])
            if partner is None and rules.resource(other).makes and decision.actions:
                decision.actions[0].changes = plan.as_sent(rules, side, view, now)
            self._take(rules, decision, {side: known.id, other: self.matches.pairs[who]})
            return
        asked = self.matches.asked.get(who)
        if asked is not None:
            self._ask(rules, known, asked)
            return
        elsewhere = next((each for each in rules.family if (each, side, known.id) in self.matches.asked), "")
        if elsewhere:
            self.memory.judge(
                name, side, known.id, "excluded", reason=f"waits for a decision as {elsewhere}", forget=False
            )
            return
        if self._belongs_elsewhere(rules, known):
            return
        attach = self._role_of(rules, known, view)
        if isinstance(attach, list):
            self._ask(rules, known, attach)
            return
        decision = plan.decide_single(rules, side, view, self._circumstances(rules), attach)
        for action in decision.actions:
            held = self._held_key(rules, action) if action.verb == "create" and not attach else None
            if held is not None:
                decision = plan.Decision(judgements={side: held})
            elif action.verb == "create":
                self.around.planned.add(who)
        self._take(rules, decision, {side: known.id})

    def _held_key(self, rules: EntityRules, action: Action) -> plan.Judgement | None:
        """Say who has the number already that a new record would get, where the other system allows it once."""
        resource = rules.resource(action.side)
        for field_name in resource.keys:
            value = reader(field_name, absent=None)(action.changes)
            if not filled(value) or isinstance(value, Late):
                continue
            held = (action.side, resource.name, field_name, str(normal(value)))
            title = resource.fields[field_name].title or field_name
            holder = self._holder(*held)
            if holder is None and held in self.numbers:
                holder = Known(action.side, "", self.numbers[held], "pending", b"", 0)
            if holder is not None:
                candidates = [holder.id] if holder.id and holder.link is None else []
                return plan.Judgement(
                    "waiting",
                    f"{title} '{value}' already belongs to '{holder.name}' in {self.title(action.side)}",
                    "Give one of them another number, or decide that they are the same (link).",
                    {"decide": "match", "candidates": candidates},
                )
            self.numbers[held] = action.name
        return None

    def _holder(self, side: str, resource: str, field_name: str, value: str) -> Known | None:
        for name, each in self.rules.entities.items():
            source = each.entity.sources.get(side)
            if source is not None and source.resource == resource and not each.entity.for_each:
                id_ = self.memory.key_owner(name, side, f"@{field_name}", value)
                known = self.memory.record(name, side, id_) if id_ is not None else None
                if known is not None:
                    return known
        return None

    def _ask(self, rules: EntityRules, known: Known, candidates: list[str]) -> None:
        other = self.rules.spec.other(known.side)
        names = [f"'{self._name_of(rules, other, id_)}'" for id_ in candidates]
        reason = (
            f"{len(names)} candidates in {self.title(other)}: {', '.join(names)}"
            if len(names) > 1
            else "more than one record wants the same counterpart"
        )
        self.memory.judge(
            rules.entity.name, known.side, known.id, "waiting", reason=reason, cure="Decide which of them it is, or that it is none of them; or correct the numbers.",
            detail={"decide": "match", "candidates": candidates}, forget=False,
        )  # fmt: skip

    def _name_of(self, rules: EntityRules, side: str, id_: str) -> str:
        known = next(
            (found for each in rules.family if (found := self.memory.record(each, side, id_)) is not None), None
        )
        if known is not None:
            return known.name
        within = rules.resource(side).within
        there = self.providers[side].fetch(within[0], id_) if within is not None else None
        return (
            self.rules.spec.manifests[side].resources[within[0]].name_of(there)
            if there is not None and within is not None
            else id_
        )

    def _belongs_elsewhere(self, rules: EntityRules, known: Known) -> bool:
        """A record belongs to one entity: leave it to the one that has it, or that found it."""
        source = rules.source(known.side)
        rivals = [
            each for each in rules.family
            if each != rules.entity.name and each not in source.shared_with and self.rules.entities[each].source(known.side).resource == source.resource
        ]  # fmt: skip
        if not rivals:
            return False
        owner = self.memory.linked_elsewhere(rivals, known.side, known.id) or self.matches.claimed.get(
            (known.side, source.resource, known.id), ""
        )
        if not owner or owner == rules.entity.name:
            return False
        self.memory.judge(
            rules.entity.name, known.side, known.id, "excluded", reason=f"belongs to {owner}", forget=False
        )
        return True

    def _role_of(self, rules: EntityRules, known: Known, view: View) -> str | list[str]:
        """Find the record without this role that the counterpart would be; a list if there are several."""
        target = self.rules.spec.other(known.side)
        if rules.entity.without_role != "add" or rules.resource(target).within is None:
            return ""
        answer = self.memory.decision(rules.entity.name, known.side, known.id) or {}
        if answer.get("create"):
            return ""
        for number, tier in enumerate(rules.entity.tiers):
            keys = {
                name: compared
                for name, _, compared in rules.keys(known.side, view)
                if name.startswith(f"tier {number}")
            }
            found = {
                id_
                for name, compared in keys.items()
                for ids in self.memory.found_by(rules.entity.name, f"{target} without role", name, [compared]).values()
                for id_ in ids
            }
            free = sorted(id_ for id_ in found if not self._has_role(rules, target, id_))
            if len(free) > 1:
                return free
            if free:
                return free[0]
            del tier
        return ""

    def _has_role(self, rules: EntityRules, side: str, id_: str) -> bool:
        """Tell whether the thing has this role already; then the role's own record is the one that matches."""
        within = rules.resource(side).within
        assert within is not None
        return self.memory.key_owner(rules.entity.name, side, f"@{within[1]}", id_) is not None

    def _decide_state(self, rules: EntityRules, known: Known, view: View) -> None:
        name, side, target = rules.entity.name, known.side, rules.entity.to
        link = self.memory.link_of(name, side, known.id)
        parent = self.memory.link(int(known.id))
        if parent is None:
            return
        if (
            link is None
            and rules.source(target).resource == self.rules.entities[rules.entity.for_each[0]].source(target).resource
        ):
            record = self.providers[target].fetch(rules.resource(target).name, str(parent.ids[target]))
            if record is None:
                self.memory.judge(
                    name, side, known.id, "excluded", reason=f"deleted in {self.title(target)}", forget=False
                )
                return
            views: dict[str, View | None] = {side: view, target: rules.view(target, record, self.settings)}
            self._take(
                rules,
                plan.decide_pair(rules, None, views, self._circumstances(rules)),
                {side: known.id, target: parent.ids[target]},
            )
        elif link is None:
            self._take(rules, plan.decide_single(rules, side, view, self._circumstances(rules)), {side: known.id})
        else:
            self._take(
                rules,
                plan.decide_pair(rules, link, {side: view, target: None}, self._circumstances(rules)),
                {side: known.id, target: link.ids[target]},
            )

    def _circumstances(self, rules: EntityRules) -> plan.Circumstances:
        name = rules.entity.name
        first = name in self.first
        origin = rules.entity.imports_from

        def is_open(side: str, happening: Happening) -> bool:
            if first and not rules.entity.for_each and side != origin:
                return False
            return (side, happening) in self.open[name]

        return plan.Circumstances(
            self.around, is_open, first, self.external_id, lambda side, id_: self.memory.decision(name, side, id_)
        )

    def external_id(self, side: str, id_: str) -> str:
        """The text that we leave on a side: whose books, which record. It ends with a mark, so that none is the beginning of another."""
        other = self.rules.spec.other(side)
        return f"syncrules:{other}:{self.accounts.get(other, '')}:{id_};"

    def _take(self, rules: EntityRules, decision: plan.Decision, ids: Mapping[str, str | None]) -> None:
        name = rules.entity.name
        for side, judged in decision.judgements.items():
            id_ = ids.get(side)
            if id_ is not None:
                if judged.detail == {"before": True}:
                    self.memory.decide(name, side, id_, judged.detail, self.started)
                keeps = judged.state in ("waiting", "failed") or rules.entity.for_each != ()
                self.memory.judge(
                    name,
                    side,
                    id_,
                    judged.state,
                    reason=judged.reason,
                    cure=judged.cure,
                    detail=judged.detail,
                    forget=not keeps,
                )
        self.memory.add_actions([(name, action.verb, action.to_json()) for action in decision.actions])

    # Brakes -------------------------------------------------------------------------------------------------------

    def _brake(self) -> None:
        changed_rules = bool(self.brief) and self.brief != self.rules.digest
        planned = self.memory.planned()
        for name in self.names:
            count = planned.get((name, "deactivate"), 0)
            links = self.memory.count_linked(name, self.rules.spec.sides[0])
            limit = self.rules.entities[name].entity.brakes.get("deactivations")
            reason = brakes.too_many_deactivated(count, links, limit, changed_rules)
            if reason and not self.memory.decision(name, "brake", "deactivations"):
                self._stop(name, "deactivations", reason, count)
                with self.memory.store.transaction():
                    self.memory.drop_actions(name, "deactivate")
            elif count:
                with self.memory.store.transaction():
                    self._released(name, "deactivations")

    def _stop(self, entity: str, name: str, reason: str, count: int) -> None:
        self.memory.brake(entity, name, reason, count, self.started)
        self.result.stopped.append(f"{entity}: {reason}")

    def _released(self, entity: str, name: str) -> None:
        self.memory.release(entity, name)
        self.memory.undecide(entity, "brake", name)

    # Odds and ends ------------------------------------------------------------------------------------------------

    def title(self, side: str) -> str:
        return self.rules.spec.manifests[side].title

    def _written(self, done: Done) -> None:
        self.told(Event("write", done.action.name, 1))

    def _close_follow_ups(self) -> None:
        """Strike off what a person has done, as far as a read can see it."""
        for todo, entity, link_id, text, _ in self.memory.to_dos():
            rules = self.rules.entities.get(entity)
            follow = (
                next((each for each in rules.entity.follow_ups if each.name == text), None)
                if rules is not None
                else None
            )
            link = self.memory.link(link_id)
            if rules is None or follow is None or link is None or not follow.done_path:
                continue
            record = self.providers[follow.done_side].fetch(
                rules.resource(follow.done_side).name, str(link.ids[follow.done_side])
            )
            if record is not None and record.get(follow.done_path):
                self.memory.done(todo)
