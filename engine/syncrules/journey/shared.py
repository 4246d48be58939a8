"""Records that two entities share: what the counterpart of one is a role of, the counterpart of the other is a role of too."""

from __future__ import annotations

from collections.abc import Iterator

from syncrules.journey.around import Around
from syncrules.journey.rules import Rules
from syncrules.journey.surroundings import Late
from syncrules.memory.memory import Memory


class Shared:
    """What is known of shared records in one run."""

    def __init__(self, rules: Rules, memory: Memory, around: Around) -> None:
        self.rules = rules
        self.memory = memory
        self.around = around

    def pairs(self, name: str) -> Iterator[tuple[str, str, str]]:
        """Find the unlinked records of an entity that belong to a role that exists: side, id, and id of the role."""
        for side in self.rules.spec.sides:
            target = self.rules.spec.other(side)
            if not any(self._sharing(name, side, target)):
                continue
            after = ("", "")
            while page := self.memory.undone(name, after):
                after = (page[-1].side, page[-1].id)
                for known in page:
                    role = self._role(name, side, known.id, target) if known.side == side and known.link is None else ""
                    if role and known.record is not None and self._takes_part(name, side, known.record):
                        yield side, known.id, role

    def thing(self, name: str, side: str, id: str) -> str | Late:
        """Give the id of the thing of which a record's counterpart is a role; empty if it is not shared, or not known there."""
        target = self.rules.spec.other(side)
        for other in self._sharing(name, side, target):
            at = self._at(other, target)
            link = self.memory.link_of(other, side, id)
            there = link.ids[target] if link is not None else self.around.paired.get((other, side, id))
            if there is not None:
                return self.memory.key_of(other, target, there, at) or ""
            if (other, side, id) in self.around.planned:
                return Late(other, side, id, at)
        return ""

    def _sharing(self, name: str, side: str, target: str) -> Iterator[str]:
        """Name the entities that share records of this side, and whose counterparts are roles of the same things."""
        within = self.rules.entities[name].resource(target).within
        for other in self.rules.entities[name].family:
            same = self.rules.entities[other].resource(target).within
            of_one_thing = within is not None and same is not None and within[0] == same[0]
            if other != name and of_one_thing and self.rules.share(name, other, side):
                yield other

    def _role(self, name: str, side: str, id: str, target: str) -> str:
        """Give the record of this entity that is a role of the thing already, unless it belongs to another one."""
        thing = self.thing(name, side, id)
        if not thing or isinstance(thing, Late):
            return ""
        role = self.memory.key_owner(name, target, self._at(name, target), thing)
        return role if role is not None and self.memory.link_of(name, target, role) is None else ""

    def _takes_part(self, name: str, side: str, record: dict[str, object]) -> bool:
        return self.rules.entities[name].view(side, record, self.around.settings).may_match

    def _at(self, name: str, side: str) -> str:
        within = self.rules.entities[name].resource(side).within
        return f"@{within[1]}" if within is not None else ""
