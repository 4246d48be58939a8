"""Plain records put before the functions that decide, alone or in pairs, as a run would put them there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from syncrules.check.known import Known
from syncrules.check.lines import with_lines
from syncrules.check.plain import plain
from syncrules.check.spots import KEEP, record, spots
from syncrules.journey import making, pair, single
from syncrules.journey.decision import Circumstances, Decision
from syncrules.journey.making import Made
from syncrules.journey.rows import RowRules
from syncrules.journey.rules import EntityRules, View
from syncrules.language.model import Happening
from syncrules.memory.kept import Link
from syncrules.records import Record, laid_over
from syncrules.vocabulary.values import CannotCarry


@dataclass(slots=True)
class Pairs:
    """Two plain records of one entity that belong together, and the questions that can be asked about them."""

    known: Known
    rules: EntityRules
    records: dict[str, Record]
    """Side → a plain record."""
    first: str
    """The side that the counterpart was made from."""

    # What is looked at ----------------------------------------------------------------------------------------------

    def view(self, side: str, changed: Record | None = None, *, tied: bool = True, **more: Any) -> View:
        """See a record as a run does; what is said besides stands instead of what is seen.

        Args:
            tied: whether the id of the other one was left on it.
        """
        of = laid_over(self.records[side], changed or {})
        external, other = self.rules.resource(side).external_id, self.known.spec.other(side)
        if external and tied and self.rules.entity.link_kept_in == side:
            of[external] = _ours(side, self.rules.resource(other).key_of(self.records[other]))
        seen = replace(self.rules.view(side, of, self.known.settings), is_kind=True, admitted="", may_match=True)
        return replace(seen, **more) if more else seen

    def now(self, **more: Any) -> Circumstances:
        """Give circumstances in which everything is due and nobody has decided anything."""
        given: dict[str, Any] = {
            "around": self.known, "is_open": _always, "first": False, "external_id": _ours, "answer": lambda *_: None,
        }  # fmt: skip  # one line for each group
        return Circumstances(**{**given, **more})

    def link(self, gone: Mapping[str, bool] | None = None, was: Mapping[str, bool | None] | None = None) -> Link:
        """Give the link of the two, as it was made when they were as they are."""
        views = {side: self.view(side) for side in self.known.spec.sides}
        active = {side: each.active for side, each in views.items()}
        return Link(
            1,
            self.rules.entity.name,
            {side: each.id for side, each in views.items()},
            {side: dict(each.values) for side, each in views.items()},
            {**active, **(was or {})},
            dict(gone or {}),
        )

    # What is decided ------------------------------------------------------------------------------------------------

    def alone(self, side: str, changed: Record | None = None, *, first: bool = False, **more: Any) -> Decision:
        """Decide about a record that has no counterpart."""
        return single.decide(self.rules, side, self.view(side, changed, tied=False, **more), self.now(first=first))

    def both(
        self,
        changed: Mapping[str, Record] | None = None,
        seen: Mapping[str, Mapping[str, Any]] | None = None,
        link: Link | None = None,
    ) -> Decision:
        """Decide about the two; what cannot be read back is not looked at."""
        views: dict[str, View | None] = {
            side: self.view(side, (changed or {}).get(side), tied=link is not None, **(seen or {}).get(side, {}))
            if self.rules.resource(side).readable
            else None
            for side in self.known.spec.sides
        }
        return pair.decide(self.rules, link, views, self.now())

    def changes(self, side: str, nth: int = 0) -> list[tuple[RowRules, Record]]:
        """Say, row by row, what another value of it would be on a side: a value that the engine takes for another."""
        found = []
        for row in self.rules.rows:
            if side in row.sides and len(row.sides) == 2 and row.row.to != "match":
                others = list(islice(self._other_values(row, side), nth + 1))
                if others:
                    found.append((row, others[-1]))
        return found

    def _other_values(self, row: RowRules, side: str) -> Iterator[Record]:
        places = spots(self.known, row, side, self.rules.resource(side))
        now = row.key(side, row.read(side, self.records[side]))
        plain_: dict[str, Any] = {each.path: each.pool.plain for each in places}
        for spot in places:
            for value in spot.pool.fixed[1:9]:
                changed = record({}, places, {**plain_, spot.path: value})
                if value is not KEEP and row.key(side, row.read(side, laid_over(self.records[side], changed))) != now:
                    yield changed


def pairs(known: Known, name: str) -> Pairs:
    """Make a plain pair: a plain record, and its counterpart as the engine makes it."""
    rules = known.rules.entities[name]
    sides = known.spec.sides
    first = sides[1] if rules.entity.to == sides[0] else sides[0]
    other = known.spec.other(first)
    records = {first: with_lines(known, rules, plain(known, rules, first)), other: plain(known, rules, other)}
    found = Pairs(known, rules, records, first)
    made = making.made(rules, first, rules.view(first, records[first], known.settings), known)
    changes = made.changes if isinstance(made, Made) else _row_by_row(found)
    records[other] = laid_over(records[other], changes)
    return found


def _row_by_row(of: Pairs) -> Record:
    """Make what can be made of a counterpart that is never made whole."""
    target, changes = of.known.spec.other(of.first), Record()
    for row in of.rules.rows:
        if len(row.sides) == 2 and row.row.to in ("both", target):
            try:
                value = row.carry(of.first, row.read(of.first, of.records[of.first]), None, of.known)
                row.write(target, changes, value, of.known)
            except CannotCarry:
                continue
    return changes


def _always(side: str, happening: Happening) -> bool:
    return True


def _ours(side: str, id: str) -> str:
    return f"ours:{id};"
