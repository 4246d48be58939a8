"""Read both sides into the state store, and conclude from complete reads what is no longer there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from syncrules.http import Clock
from syncrules.journey import brakes, edited, leaving, read
from syncrules.journey.event import Event
from syncrules.journey.named import Named
from syncrules.journey.rules import EntityRules, Rules
from syncrules.journey.settlements import Settlements
from syncrules.manifest import Resource
from syncrules.memory.kept import Known, Link
from syncrules.memory.memory import Memory
from syncrules.provider import Provider
from syncrules.records import laid_over

SETTLED = 2**62
"""A state that is settled is no longer looked for among those that are missing."""

MOVED = "while the connection moved there from elsewhere"
REMOVED = "and what it stands for is not there any more, so that nobody paid it"
ELSEWHERE = "as one of this customer, and stands there as one of another"

Stop = Callable[[str, str, str, int], None]
"""Entity, name of the brake, reason, how many."""


class Intake:
    """The reading half of one run.

    Args:
        run: the number of the run.
        stop: called when something may not be believed.
        told: called with progress.
    """

    def __init__(
        self,
        rules: Rules,
        memory: Memory,
        providers: Mapping[str, Provider],
        settings: Mapping[str, Any],
        clock: Clock,
        run: int,
        stop: Stop,
        told: Callable[[Event], None],
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.providers = providers
        self.settings = settings
        self.clock = clock
        self.run = run
        self.stop = stop
        self.told = told
        self.started = clock.now()
        self.counts: dict[str, int] = {}
        """`side: resource` → records read."""
        self.taken: set[tuple[str, str]] = set()
        """Entities, each with a side of it that has been read."""
        self.settlements = Settlements(providers, settings)
        self.named = Named(rules, memory, providers, stop, self._take_page, self._note_gone)
        self.whole: dict[tuple[str, str], float] = {}
        """Side and resource of what has been read whole, to its end → a moment: what came about later need not be shown yet."""
        self.renewed: set[tuple[str, str]] = set()
        """Side and resource of what is read for the first time under these rules."""

    def take(self, wanted: read.Wanted, *, whole: bool = False) -> None:
        """Read these sides of these entities, as far as they have not been: everything, or what changed since last time.

        Raises:
            ProviderError: a side could not be read to the end; nothing was concluded from it.
        """
        fresh = {each for each in wanted if each not in self.taken}
        for reading in list(read.readings(self.rules, self.memory, fresh, self.started, whole=whole)):
            if f"{reading.side}: {reading.resource.name}" not in self.counts:
                self._read_one(self.named.whole_if_many(reading))
        self._read_candidates(fresh)
        self._settle_missing(fresh)
        self.taken |= fresh

    def choices(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        """Read the small look-ups that values are translated with."""
        return {
            (side, resource): list(self.everything(side, resource)) for side, resource in sorted(self.rules.choices)
        }

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
                self._take_page(reading, page)
            count += len(page)
            self.told(Event("read", label, count))
        self.counts[label] = count
        self.named.look(reading, began)
        self._close_reading(reading, count, stamp, began)

    def _take_page(self, reading: read.Reading, page: list[dict[str, Any]]) -> None:
        read.take_in(self.rules, self.memory, reading, page, self.run, self.settings, self.started)
        self.settlements.note(reading.side, reading.resource, page)
        edited.note(self.rules, self.memory, reading, page, self.run, self.settings)

    def _close_reading(self, reading: read.Reading, count: int, stamp: str | None, began: float) -> None:
        """Conclude from a read that came to its end: the cursor, and what is no longer there."""
        side, resource, memory = reading.side, reading.resource, self.memory
        with memory.store.transaction():
            if reading.since is None:
                self.whole[side, resource.name] = began - self.rules.spec.manifests[side].lag.total_seconds()
                for name in read.keepers(self.rules, side, resource):
                    self._missing(name, side, resource, count)
            _, full_at, digest = memory.cursor(side, resource.name)
            if digest != self.rules.digest:
                self.renewed.add((side, resource.name))
            # What changed while we were reading may have been read before: the next read starts no later than this one did.
            memory.move_cursor(
                side,
                resource.name,
                earlier(stamp, began),
                began if reading.since is None else full_at,
                self.rules.digest,
            )

    def _missing(self, name: str, side: str, resource: Resource, count: int) -> None:
        """Note which linked records a complete read did not show; not if there are suspiciously many.

        Where nobody knows what it means, nothing is concluded for a linked record: it is found out when it is written to.
        """
        memory = self.memory
        travels = leaving.travels(self.rules.entities[name], side)
        # Where a deletion does not travel, whoever is shown after all takes part again.
        before = self.whole[side, resource.name] if travels else self.clock.now()
        gone, unlinked = memory.count_unseen(name, side, self.run, before)
        linked = memory.count_linked(name, side) if gone else 0
        # Where a deletion travels, one answer is enough: it holds until the run has carried it out.
        brake = "deletions" if travels else f"missing in {side}"
        limit = self.rules.entities[name].entity.brakes.get("deletions")
        too_many = brakes.too_many_gone(gone, linked, count, limit)
        if resource.missing == "unknown":
            if count and unlinked and not too_many:
                memory.drop_unseen_unlinked(name, side, self.run)
            return
        if too_many and not memory.decision(name, "brake", brake):
            seen = f"{count} {resource.title}" if count else f"no {resource.title} at all"
            self.stop(
                name, brake, f"{self._title(side)} gave {seen}; {gone} of {linked} that are linked are missing", gone
            )
            return
        while gone and (page := memory.unseen(name, side, self.run, before)):
            for known in page:
                self._note_gone(name, side, known)
        if gone or unlinked:
            memory.drop_unseen_unlinked(name, side, self.run)
        if not travels:
            memory.release(name, brake)
            memory.undecide(name, "brake", brake)

    def _note_gone(self, name: str, side: str, known: Known) -> None:
        memory, rules = self.memory, self.rules.entities[name]
        link = memory.link(known.link) if known.link is not None else None
        if link is not None and leaving.travels(rules, side):
            link.gone[side] = True
            memory.remember(link)
            memory.judge(name, side, known.id, "pending", reason=f"deleted in {self._title(side)}")
            memory.forget_digest(name, side, known.id)
            return
        if link is not None:
            link.gone[side] = True
            memory.remember(link)
            self._leave_alone(name, side, link)
            if self.rules.entities[name].entity.events[side]["deleted"].then == "unlink":
                memory.unlink(link.id)
        reason = f"deleted in {self._title(side)}; a deletion does not travel"
        memory.judge(name, side, known.id, "excluded", reason=reason)
        memory.forget_digest(name, side, known.id)

    def _leave_alone(self, name: str, side: str, link: Link) -> None:
        """Say of the counterpart of a record that is gone that it is not kept in step any more; what it waits for stays said."""
        other = self.rules.spec.other(side)
        left = self.memory.record(name, other, link.ids[other] or "")
        if left is None or self.rules.entities[name].entity.for_each:
            return
        # One that waits for nothing but the turn of its counterpart would wait for ever.
        if left.state == "synced" or (left.state == "pending" and left.record is None):
            reason = f"its counterpart was deleted in {self._title(side)}; a deletion does not travel"
            self.memory.judge(name, other, left.id, "excluded", reason=reason)

    def _read_candidates(self, wanted: read.Wanted) -> None:
        """Where a record may get a role of something that exists, learn what exists."""
        for name, rules in self.rules.entities.items():
            if rules.entity.without_role != "add" or not rules.entity.tiers:
                continue
            for side in rules.entity.sources:
                within = rules.resource(side).within
                if (name, side) not in wanted or within is None or rules.entity.to not in ("both", side):
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
            self.memory.move_cursor(
                side, place, earlier(stamp, began), began if since is None else full_at, self.rules.digest
            )

    # States that left a complete list -------------------------------------------------------------------------------

    def _settle_missing(self, wanted: read.Wanted) -> None:
        for name, rules in self.rules.entities.items():
            side = self.rules.spec.other(rules.entity.to) if rules.entity.for_each else ""
            if (name, side) not in wanted:
                continue
            resource = rules.resource(side)
            if resource.missing != "settled" or (side, resource.name) not in self.whole:
                continue
            gone, foreign = self._gone_states(rules, side)
            accepted = bool(self.memory.decision(name, "brake", "settlements"))
            count = len(gone) + len(foreign)
            empty = not self.counts[f"{side}: {resource.name}"]
            # What is too much in any case is not looked up, one by one.
            reason = self._doubt(rules, side, count, proven=bool(resource.settled_look_up))
            if not reason or accepted:
                found = {each.id: self.settlements.of(rules, side, each.record or {}) for each in gone}
                proven = bool(found) and not foreign and all(each.proven for each in found.values() if each.there)
                reason = self._doubt(rules, side, count, proven=proven and empty)
            if reason and not accepted:
                self.stop(name, "settlements", f"{reason}; they would count as settled", count)
                continue
            doubtful = [(each, MOVED) for each in foreign]
            doubtful += [(each, REMOVED) for each in gone if not found[each.id].there]
            doubtful += [(each, ELSEWHERE) for each in gone if found[each.id].elsewhere]
            settled = [each for each in gone if found[each.id].there and not found[each.id].elsewhere]
            with self.memory.store.transaction():
                self.memory.keep(name, [self._settled(rules, side, each) for each in settled], self.started)
                for each, why in doubtful:
                    self._leave_to_a_person(rules, side, each, why)
                self.memory.release(name, "settlements")
                self.memory.undecide(name, "brake", "settlements")

    def _doubt(self, rules: EntityRules, side: str, gone: int, *, proven: bool) -> str:
        """Say why what left a list may not be believed to be settled; empty if it is."""
        if not gone:
            return ""
        name, resource = rules.entity.name, rules.resource(side)
        seen, answered = self.memory.count_seen(name, side, self.run), self.counts[f"{side}: {resource.name}"]
        if brakes.too_many_settled(gone, gone + seen, answered, rules.entity.brakes.get("settlements"), proven):
            return f"{gone} of {gone + seen} {resource.title} are gone from {self._title(side)} at once"
        held = any(each[:2] == (name, "settlements") for each in self.memory.brakes())
        unproven = not proven and (held or (side, resource.name) in self.renewed)
        if brakes.none_found_again(gone, seen, unproven):
            return f"the mapping or its settings changed, and none of the {gone} {resource.title} is found again in {self._title(side)}"
        return ""

    def _gone_states(self, rules: EntityRules, side: str) -> tuple[list[Known], list[Known]]:
        """List the states that left a list; apart those that were last seen in the words of another system or protocol."""
        before = self.whole[side, rules.resource(side).name]
        left_out = self.memory.left_out(rules.entity.name, side, self.run, before)
        left = [each for each in left_out if each.record is not None]
        known = [each for each in left if rules.resource(side).is_one(each.record or {})]
        return known, [each for each in left if each not in known]

    def _settled(self, rules: EntityRules, side: str, known: Known) -> Known:
        assert known.record is not None
        record = laid_over(known.record, read.becomes(rules.resource(side).settled, known.record))
        view = rules.view(side, record, self.settings)
        state = "pending" if view.digest != known.digest else known.state
        return Known(
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

    def _leave_to_a_person(self, rules: EntityRules, side: str, known: Known, why: str) -> None:
        """Say of a state that it left the list and nobody can tell what became of it; nothing is written for it."""
        name, title = rules.entity.name, rules.resource(side).title
        reason = f"it left the {title} of {self._title(side)} {why}"
        cure = "Look there what became of it, and enter that by hand."
        left = Known(side, known.id, known.name, "excluded", b"", SETTLED, link=known.link, reason=reason, cure=cure)
        self.memory.keep(name, [left], self.started)
        self.memory.notice(self.run, name, known.name, f"{reason}. {cure}")

    def _title(self, side: str) -> str:
        return self.rules.spec.manifests[side].title


def earlier(stamp: str | None, began: float) -> str | None:
    """Give the earlier of the newest stamp that was seen and the start of the read; None if no stamp was seen."""
    return None if stamp is None else min(stamp, datetime.fromtimestamp(began, UTC).isoformat())
