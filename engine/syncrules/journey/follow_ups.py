"""What people are to do by hand: struck off when it is seen to be done, and told to whatever waits for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from syncrules.journey import read
from syncrules.journey.rules import EntityRules, Rules
from syncrules.language.model import FollowUp
from syncrules.memory.memory import Memory
from syncrules.provider import Provider

A_DAY = 24 * 3600 - 60
"""Seconds after which is looked again; a scheduler never starts to the second."""
LOOKED = "follow up"
"""Stands in the schedule for when was last looked."""


@dataclass(frozen=True, slots=True)
class FollowUps:
    """The to-dos of one run.

    What was read in this run says for itself whether it has been done. To look at somebody who was not read costs calls: that
    is done once a day, and at once where somebody who may just have done it started the run and something waits for it.
    """

    rules: Rules
    memory: Memory
    providers: Mapping[str, Provider]
    settings: Mapping[str, Any]
    run: int
    started: float

    def strike_off(self, taken: Collection[tuple[str, str]], *, by_hand: bool) -> None:
        """Strike off what has been done.

        Args:
            taken: entities, each with a side of it that was read in this run.
            by_hand: whether a person started it.
        """
        carried = self.memory.last_carried()
        waited_for = self._waited_for() if by_hand else set()
        looked: set[tuple[str, str]] = set()
        for todo, entity, number, text, _ in self.memory.to_dos():
            rules = self.rules.entities.get(entity)
            follow = next((each for each in rules.entity.follow_ups if each.name == text), None) if rules else None
            if rules is None or follow is None or not follow.done_path:
                continue
            place = (entity, follow.done_side)
            last = carried.get((*place, LOOKED))
            due = last is not None and self.started - last >= A_DAY
            if due or last is None:
                looked.add(place)
            if self._is_done(rules, follow, number, look=place in taken and (due or number in waited_for)):
                with self.memory.store.transaction():
                    self.memory.done(todo)
        with self.memory.store.transaction():
            self.memory.carried([(*place, LOOKED) for place in looked], self.started)

    def _is_done(self, rules: EntityRules, follow: FollowUp, number: int, *, look: bool) -> bool:
        """Tell whether it has been done, or nobody is left for whom it could be."""
        name, side, link = rules.entity.name, follow.done_side, self.memory.link(number)
        id_ = link.ids[side] if link is not None else None
        if link is None or id_ is None or link.gone.get(side):
            return True
        known = self.memory.record(name, side, id_)
        if look and known is not None and known.seen < self.run and not self._shows(rules, follow, id_):
            self._look_at(rules, side, id_)
        return self._shows(rules, follow, id_)

    def _shows(self, rules: EntityRules, follow: FollowUp, id_: str) -> bool:
        name = rules.entity.name
        return self.memory.key_of(name, follow.done_side, id_, f"@{follow.done_path}") is not None

    def _look_at(self, rules: EntityRules, side: str, id_: str) -> None:
        """Look at one record as it is now, and take it in as if it had been read."""
        resource = rules.resource(side)
        record = self.providers[side].fetch(resource.name, id_)
        if record is not None:
            reading = read.Reading(side, resource, since="")
            with self.memory.store.transaction():
                read.take_in(self.rules, self.memory, reading, [record], self.run, self.settings, self.started)

    def _waited_for(self) -> set[int]:
        """List the links of which a record is needed by another one that waits for just that."""
        found: set[int] = set()
        for entity, waiting in self.memory.records(states=("waiting",)):
            rules = self.rules.entities.get(entity)
            needs = [each for each in rules.entity.needs if each.of and each.name == waiting.reason] if rules else []
            known = self.memory.record(entity, waiting.side, waiting.id) if needs else None
            if rules is None or known is None or known.record is None:
                continue
            values = rules.view(known.side, known.record, self.settings).values
            names = [each for each in rules.row(needs[0].of).row.refers_to if each in self.rules.entities]
            links = [self.memory.link_of(each, known.side, str(values.get(needs[0].of))) for each in names]
            found |= {each.id for each in links if each is not None}
        return found
