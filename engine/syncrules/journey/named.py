"""Records that a system itself calls deleted: exactly these are read again, one by one, and only one that is not there is gone.

What a system says is a hint: whether it is so, the record itself must show. Too many in a day are not believed even then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from syncrules.journey import brakes, leaving
from syncrules.journey.read import Reading, keepers
from syncrules.journey.rules import Rules
from syncrules.memory.hints import MOST, Said
from syncrules.memory.kept import Known
from syncrules.memory.memory import Memory
from syncrules.provider import Provider

DAY = 86_400.0
"""Seconds in which what is gone is counted together: a system tells of one record after the other."""


class Named:
    """The records of one run that are said to be deleted.

    Args:
        stop: called when too many are gone: entity, name of the brake, reason, how many.
        take_page: takes in records that are there.
        note_gone: notes that a record of an entity and a side is gone.
    """

    def __init__(
        self,
        rules: Rules,
        memory: Memory,
        providers: Mapping[str, Provider],
        stop: Callable[[str, str, str, int], None],
        take_page: Callable[[Reading, list[dict[str, Any]]], None],
        note_gone: Callable[[str, str, Known], None],
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.providers = providers
        self.stop = stop
        self.take_page = take_page
        self.note_gone = note_gone

    def whole_if_many(self, reading: Reading) -> Reading:
        """Let the whole list be read where more are named than are looked at one by one."""
        if reading.since is None:
            return reading
        self._take_over(reading)
        many = len(self.memory.named(reading.side, reading.resource.name)) > MOST
        return replace(reading, since=None) if many else reading

    def look(self, reading: Reading, began: float) -> None:
        """Look at the records that are named, now that what changed has been read.

        One that is there, although it was called deleted so long ago that it would not be shown any more, was called so by mistake.
        """
        side, resource, memory = reading.side, reading.resource, self.memory
        names, named = list(keepers(self.rules, side, resource)), memory.named(side, resource.name)
        lag = self.rules.spec.manifests[side].lag.total_seconds()
        ripe = [Said(side, resource.name, id_, "deleted", at) for id_, at in named.items() if at + lag <= began]
        if reading.since is None:
            self._leave_to_the_list(names, side, ripe)
            return
        if not named or any(self._is_held(name, side) for name in names):
            return
        found = {id_: self.providers[side].fetch(resource.name, id_) for id_ in named}
        there = [record for record in found.values() if record is not None]
        gone = [id_ for id_, record in found.items() if record is None]
        with memory.store.transaction():
            if there:
                self.take_page(reading, there)
            accepted = [name for name in names if memory.decision(name, "brake", self._brake(name, side))]
            believed = [self._conclude(name, reading, gone, began, name in accepted) for name in names]
            memory.looked_at([each for each in ripe if found[each.id] is not None])
            if all(believed):
                # What a person accepted is not counted again.
                memory.were_gone(side, resource.name, gone, began, began + 1 if accepted else began - DAY)

    def _leave_to_the_list(self, names: list[str], side: str, ripe: list[Said]) -> None:
        """A whole list shows by itself what is gone, and has a brake of its own."""
        held = {(entity, brake) for entity, brake, _, _ in self.memory.brakes()}
        with self.memory.store.transaction():
            self.memory.looked_at(ripe)
            for name in names:
                if (name, _said(side)) in held:
                    self.memory.release(name, _said(side))
                    self.memory.undecide(name, "brake", _said(side))

    def _take_over(self, reading: Reading) -> None:
        """Take what is said of the thing that our records are roles of for what it means: that those are deleted."""
        side, resource, memory = reading.side, reading.resource, self.memory
        things = memory.named(side, resource.within[0]) if resource.within is not None else {}
        if resource.within is None or not things:
            return
        roles = {
            role: things[thing]
            for name in keepers(self.rules, side, resource)
            for thing, ids in memory.found_by(name, side, f"@{resource.within[1]}", list(things)).items()
            for role in ids
        }
        with memory.store.transaction():
            memory.hint([Said(side, resource.name, role, "deleted", at) for role, at in roles.items()])

    def _conclude(self, name: str, reading: Reading, gone: list[str], now: float, accepted: bool) -> bool:
        """Note what is gone of an entity; gives False if it is too much to be believed."""
        side, resource, memory = reading.side, reading.resource, self.memory
        known = memory.known(name, side, gone)
        lost = [each for each in known.values() if each.link is not None and not self._is_gone(each.link, side)]
        if resource.missing == "unknown":
            lost = []
        brake, linked = self._brake(name, side), memory.count_linked(name, side) if lost else 0
        lately = memory.gone_since(side, resource.name, now - DAY) if lost else 0
        limit = self.rules.entities[name].entity.brakes.get("deletions")
        if brakes.too_many_gone(len(lost) + lately, linked + lately, 1, limit) and lost and not accepted:
            title = self.rules.spec.manifests[side].title
            before = f", {lately} more within a day" if lately else ""
            said = f"{title} says that {len(lost)} of {linked} that are linked were deleted{before}"
            self.stop(name, brake, said, len(lost))
            return False
        for each in lost:
            self.note_gone(name, side, each)
        memory.drop(name, side, [each.id for each in known.values() if each.link is None])
        if accepted and brake == _said(side):
            memory.release(name, brake)
            memory.undecide(name, "brake", brake)
        return True

    def _is_gone(self, link: int, side: str) -> bool:
        found = self.memory.link(link)
        return found is None or found.gone[side]

    def _brake(self, name: str, side: str) -> str:
        # Where a deletion travels, one answer is enough: it holds until the run has carried it out.
        return "deletions" if leaving.travels(self.rules.entities[name], side) else _said(side)

    def _is_held(self, name: str, side: str) -> bool:
        """Tell whether a person is still to say if all that can be meant: until then nothing is looked at again."""
        brake = self._brake(name, side)
        held = any(each[:2] == (name, brake) for each in self.memory.brakes())
        return held and not self.memory.decision(name, "brake", brake)


def _said(side: str) -> str:
    """Name the brake on what a system calls deleted, where nothing comes of it on the other side."""
    return f"deleted in {side}"
