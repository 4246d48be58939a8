"""What changed since last time: two sides and what we knew of each in, a list of differences out.

Nothing here may touch the network, a file or the clock. The two tables are the whole of it; a test counts their rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from syncrules.journey.rows import RowRules
from syncrules.journey.rules import EntityRules, View
from syncrules.journey.surroundings import Surroundings
from syncrules.records import MISSING


class What(Enum):
    """What happened to one row since last time."""

    SAME = "nothing changed"
    LEFT = "changed on the left"
    RIGHT = "changed on the right"
    BOTH = "changed on both sides"
    FIRST = "seen for the first time"


ROWS: Mapping[tuple[bool, bool, bool], What] = {
    # (known from last time, changed on the left, changed on the right)
    (True, False, False): What.SAME,
    (True, True, False): What.LEFT,
    (True, False, True): What.RIGHT,
    (True, True, True): What.BOTH,
    (False, False, False): What.FIRST,
    (False, True, False): What.FIRST,
    (False, False, True): What.FIRST,
    (False, True, True): What.FIRST,
}


class Happened(Enum):
    """What happened to one record of a linked pair since last time."""

    NOTHING = "changed"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"


ACTIVITY: Mapping[tuple[bool | None, bool | None], Happened] = {
    # (in use last time, in use now); None: nobody can see it
    (True, True): Happened.NOTHING,
    (True, False): Happened.DEACTIVATED,
    (True, None): Happened.NOTHING,
    (False, True): Happened.REACTIVATED,
    (False, False): Happened.NOTHING,
    (False, None): Happened.NOTHING,
    (None, True): Happened.NOTHING,
    (None, False): Happened.NOTHING,
    (None, None): Happened.NOTHING,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of a pair, and what became of it; `agree` if the two sides say the same, each in its own words."""

    row: RowRules
    what: What
    values: Mapping[str, Any]
    """Side → value now; MISSING where it is not known."""
    agree: bool


def compare(
    rules: EntityRules,
    views: Mapping[str, View | None],
    base: Mapping[str, Mapping[str, Any]],
    around: Surroundings,
) -> list[Difference]:
    """Compare a pair, row by row, with what it looked like last time.

    A side that was not read is as it was; a row that an answer did not tell is as it was. Where a side cannot be read back, what
    we do not know to be there counts as empty.
    """
    left, right = rules.spec.sides
    differences = []
    for row in rules.rows:
        if row.row.to == "match" or row.row.once or len(row.sides) < 2:
            continue
        known = all(row.name in base.get(side, {}) for side in (left, right))
        values = {side: _now(rules, row, side, views[side], base) for side in (left, right)}
        changed = {
            side: known and values[side] is not MISSING and _changed(row, side, values[side], base)
            for side in (left, right)
        }
        what = ROWS[known, changed[left], changed[right]]
        if what is What.SAME:
            continue
        told = all(values[side] is not MISSING for side in (left, right))
        differences.append(Difference(row, what, values, told and row.same(values[left], values[right], around)))
    return differences


def _now(rules: EntityRules, row: RowRules, side: str, view: View | None, base: Mapping[str, Mapping[str, Any]]) -> Any:
    if view is not None and row.name in view.values:
        return view.values[row.name]
    return base.get(side, {}).get(row.name, MISSING if rules.resource(side).readable else None)


def _changed(row: RowRules, side: str, value: Any, base: Mapping[str, Mapping[str, Any]]) -> bool:
    return bool(row.key(side, value) != row.key(side, base[side][row.name]))
