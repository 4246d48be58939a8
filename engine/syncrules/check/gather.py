"""The rules of a mapping, one for each row and direction, with what may stand around them."""

from __future__ import annotations

from collections.abc import Iterator

from syncrules.check.known import Known
from syncrules.check.plain import plain
from syncrules.check.rows import Rule
from syncrules.check.spots import Spot, room, spots
from syncrules.journey.lines import LineRules
from syncrules.journey.rows import RowRules
from syncrules.journey.rules import EntityRules
from syncrules.records import MISSING, PLAIN_PATH, Record, put, reader
from syncrules.yaml import Path


def gathered(known: Known, entity: str) -> Iterator[Rule]:
    """Give every rule of an entity; what is only written by look-ups, or taken over from other records, is none."""
    rules = known.rules.entities[entity]
    at: Path = ("entities", entity, "fields")
    base = {side: plain(known, rules, side) for side in known.spec.sides}
    for row in rules.rows:
        if len(row.sides) == 2 and not row.row.take and not row.row.look_up:
            yield from _both(known, rules, row, (*at, row.name), base)
    for lines in rules.lines:
        yield from _of_lines(known, rules, lines, (*at, lines.name, "lines"), base)


def _both(known: Known, rules: EntityRules, row: RowRules, at: Path, base: dict[str, Record]) -> Iterator[Rule]:
    found = {
        side: spots(known, row, side, rules.resource(side), rooms=room(row, known.spec.other(side)))
        for side in known.spec.sides
    }
    for side in known.spec.sides:
        other = known.spec.other(side)
        own = {each: _only(base[each], found[each], rules, each) for each in known.spec.sides}
        yield Rule(known, rules, row, at, side, other, found[side], found[other], own)


def _only(base: Record, places: tuple[Spot, ...], rules: EntityRules, side: str) -> Record:
    """Keep of a plain record what a row reads, and what must be there for anything to be sent: a small record is quickly copied."""
    asked = [need.path for need in rules.entity.needs if need.side == side and need.plain]
    needs = [path.partition(" || ")[0].lstrip("!") for path in asked]
    made: Record = {}
    # Of a longer expression nothing is kept: what must not be so is not so where nothing is there.
    for path in (*(each.path for each in places), *filter(PLAIN_PATH.fullmatch, needs)):
        value = reader(path)(base)
        if value is not MISSING and not isinstance(value, dict):
            put(made, path, value)
    return made


def _of_lines(known: Known, rules: EntityRules, lines: LineRules, at: Path, base: dict[str, Record]) -> Iterator[Rule]:
    source, target = lines.source_side, lines.target_side
    for template, rows in lines.templates:
        for row, from_document in rows:
            if len(row.sides) < 2:
                continue
            each = "" if from_document or template.for_each == "document" else f"{template.for_each}."
            prefix = {source: each, target: f"{lines.row.sides[target]}."}
            here = spots(known, row, source, rules.resource(source), prefix[source], room(row, target))
            there = spots(known, row, target, rules.resource(target), prefix[target], room(row, source))
            own = {source: base[source] if not each else {}, target: {}}
            yield Rule(known, rules, row, (*at, template.name, "fields", row.name), source, target, here, there, own, lines, prefix)  # fmt: skip
