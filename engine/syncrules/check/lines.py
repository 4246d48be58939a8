"""Lines of invented documents: amounts that fit each other as the checks of the mapping say, before somebody spoils one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncrules.check.known import Known
from syncrules.check.spots import Spot, record, spots
from syncrules.journey.lines import LineRules
from syncrules.journey.rules import EntityRules
from syncrules.language.model import Check
from syncrules.records import Record, put, reader

RATE = Decimal(21)
NET = Decimal("100.00")
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Line:
    """What is chosen for a line; everything else follows from it."""

    net: Decimal = NET
    rate: Decimal = RATE
    choice: int = 0
    """Which of the values that a place has is taken, where it is none of the amounts."""


def list_path(rules: EntityRules, lines: LineRules) -> str:
    """Name the list of the source from which the lines are made."""
    found = [each.for_each for each in lines.row.lines if each.for_each != "document"]
    return found[0] if found else str(lines.row.sides[lines.source_side])


def with_lines(known: Known, rules: EntityRules, of: Record, chosen: tuple[Line, ...] = (Line(),)) -> Record:
    """Give a document its lines, and the totals that follow from them."""
    made = dict(of)
    for lines in rules.lines:
        path = list_path(rules, lines)
        equations = list(_equations(rules, lines, path))
        elements = [_element(known, rules, lines, path, equations, each) for each in chosen]
        put(made, path, elements)
        for check in rules.entity.checks:
            wanted = check.says.get("equals")
            if "sum" in check.says and "of_each" not in check.says and check.side == lines.source_side and isinstance(wanted, str):  # fmt: skip
                total = sum((_at(each, inner.removeprefix(f"{path}.")) for each in elements for inner in check.says["sum"]), Decimal(0))  # fmt: skip
                put(made, wanted, total)
    return made


def _at(element: Mapping[str, Any], path: str) -> Decimal:
    value = reader(path, absent=None)(element)
    return Decimal(value) if isinstance(value, int | Decimal) else Decimal(0)


def _element(
    known: Known, rules: EntityRules, lines: LineRules, path: str, equations: list[Equation], chosen: Line
) -> Record:
    """Make one line: its choices, its net amounts and its rate, then what follows from them."""
    made: Record = {}
    for template, rows in lines.templates:
        prefix = "" if template.for_each == "document" else f"{template.for_each}."
        for row, from_document in rows:
            if from_document or not prefix or lines.source_side not in row.sides:
                continue
            places = spots(known, row, lines.source_side, rules.resource(lines.source_side), prefix)
            made = record(made, places, {each.path: _chosen(each, chosen, known_net=not equations) for each in places})
    solve(made, equations, chosen)
    return made


def _chosen(spot: Spot, chosen: Line, *, known_net: bool) -> Any:
    """Give what stands in a place: a number is the plain one, or, where no check says what follows from what, the net amount."""
    if isinstance(spot.pool.plain, Decimal):
        return chosen.net if known_net else spot.pool.plain
    return spot.pool.fixed[chosen.choice % _choosable(spot.pool.fixed)]


def _choosable(fixed: tuple[Any, ...]) -> int:
    """Count the values that are good ones: an unknown one, nothing and what is absent come last."""
    return max(1, min(3, len(fixed) - 3))


# What follows from what --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Equation:
    """One check of each line, in the paths of the source."""

    sum: tuple[str, ...] = ()
    percent: str = ""
    of: str = ""
    included_in: str = ""
    equals: str = ""


def _equations(rules: EntityRules, lines: LineRules, path: str) -> Iterator[Equation]:
    for check in rules.entity.checks:
        if "of_each" in check.says and isinstance(check.says.get("equals"), str):
            where = _in_source(lines, check, path)
            names = {word: where.get(check.says.get(word, ""), "") for word in ("percent", "of", "included_in", "equals")}  # fmt: skip
            yield Equation(tuple(where.get(each, "") for each in check.says.get("sum", ())), **names)


def _in_source(lines: LineRules, check: Check, path: str) -> Mapping[str, str]:
    """Say from which path of a source line each path of a check comes."""
    words = [each for each in (*check.says.get("sum", ()), *map(check.says.get, ("percent", "of", "included_in", "equals"))) if isinstance(each, str)]  # fmt: skip
    if check.side == lines.source_side:
        return {each: each for each in words}
    found: dict[str, str] = {}
    for _, rows in lines.templates:
        for row, from_document in rows:
            if not from_document and len(row.sides) == 2:
                there, here = (row.sides[side].whole for side in (lines.target_side, lines.source_side))
                found.setdefault(there, here)
    return found


def solve(line: Record, equations: list[Equation], chosen: Line) -> None:
    """Let the amounts of a line follow from its net amount and its rate."""
    results = {each.equals for each in equations}
    for path in {one for each in equations for one in (*each.sum, each.of) if one} - results:
        put(line, path, chosen.net)
    for each in equations:
        if each.percent and each.equals:
            put(line, each.percent, chosen.rate)
            put(line, each.equals, (chosen.net * chosen.rate / 100).quantize(CENT, ROUND_HALF_UP))
    for each in equations:
        if each.sum and each.equals and all(each.sum):
            put(line, each.equals, sum((_at(line, one) for one in each.sum), Decimal(0)))
