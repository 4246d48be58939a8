"""The states beside a linked record: by what they find it, and what they were when it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from syncrules.http import Clock
from syncrules.journey.read import becomes
from syncrules.journey.rules import EntityRules, Rules
from syncrules.journey.surroundings import Late, Surroundings, Waits
from syncrules.memory.kept import Known, Link, State
from syncrules.memory.memory import Memory
from syncrules.records import Record, filled, normal


class States:
    """Prepares, in our memory, what stands beside the records that are linked in one run."""

    def __init__(self, rules: Rules, memory: Memory, around: Surroundings, clock: Clock, run: int) -> None:
        self.rules = rules
        self.memory = memory
        self.around = around
        self.clock = clock
        self.run = run

    def prepare(self, rules: EntityRules, number: int, record: Record | None = None) -> None:
        """Prepare the states beside a linked record: how they find it, and what its making made."""
        link = self.memory.link(number)
        assert link is not None
        for child in self.rules.entities.values():
            if rules.entity.name not in child.entity.for_each:
                continue
            side = self.rules.spec.other(child.entity.to)
            self._know(rules, child, side, link)
            shape = rules.resource(side).makes.get(child.resource(side).name)
            if shape is not None and record is not None:
                self._begin_state(rules, child, side, link, becomes(shape, record))

    def renew(self) -> None:
        """Say anew, under rules that have changed, by what each state finds the record that it stands beside."""
        for child in self.rules.entities.values():
            side = self.rules.spec.other(child.entity.to)
            for parent in child.entity.for_each:
                for link in self.memory.every_link(parent):
                    self._know(self.rules.entities[parent], child, side, link)

    def _know(self, rules: EntityRules, child: EntityRules, side: str, link: Link) -> None:
        text = self._belongs(rules, child, side, link)
        if text:
            self.memory.know_by(
                rules.entity.name, [("#", f"{link.id}", child.entity.name, "", text)], only=child.entity.name
            )

    def _belongs(self, rules: EntityRules, child: EntityRules, side: str, link: Link) -> str:
        other = self.rules.spec.other(side)
        parts = []
        for name in child.source(side).belongs_to.values():
            if not name:
                parts.append(str(link.ids[side] or ""))
                continue
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
        return " & ".join(parts) if all(parts) else ""

    def _begin_state(self, rules: EntityRules, child: EntityRules, side: str, link: Link, record: Record) -> None:
        """Note what the state was when its parent was made, so that what follows is a change."""
        view = replace(child.view(side, record, self.around.settings), id=str(link.id))
        number: int | None = None
        state: State = "synced"
        target = child.entity.to
        if child.source(target).resource == rules.source(target).resource:
            parent_id = link.ids[target]
            known = self.memory.record(rules.entity.name, target, parent_id or "")
            values = (
                child.view(target, known.record, self.around.settings).values
                if known is not None and known.record is not None
                else {}
            )
            differs = self._differing(child, side, view.values, values)
            number = self.memory.make_link(
                child.entity.name,
                {target: parent_id, side: view.id},
                {target: dict(values), side: {row: each for row, each in view.values.items() if row not in differs}},
                {},
                link.id,
            )
            # What is settled at once, such as an invoice of nothing, is a change at once.
            state = "pending" if differs else "synced"
        self.memory.keep(
            child.entity.name,
            [Known(side, view.id, view.name, state, view.digest, self.run, record=record, link=number)],
            self.clock.now(),
        )

    def _differing(self, child: EntityRules, side: str, here: Mapping[str, Any], there: Mapping[str, Any]) -> set[str]:
        """Name the rows that say something else on either side from the beginning; a word that has no counterpart is let be."""
        left, found = side == self.rules.spec.sides[0], set[str]()
        for row in child.rows:
            if row.name in here and row.name in there:
                one, other = here[row.name], there[row.name]
                words = [normal(each.get(child.entity.to)) for each in row.row.values]
                if words and normal(row.meant(other)) not in words:
                    continue
                if not (row.same(one, other, self.around) if left else row.same(other, one, self.around)):
                    found.add(row.name)
        return found
