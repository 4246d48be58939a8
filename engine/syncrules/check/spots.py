"""The places that one row reads and writes on a side, each with what may stand there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncrules.check.known import Known
from syncrules.check.pools import ABSENT, Pool, closed, pool
from syncrules.journey.places import Place
from syncrules.journey.rows import RowRules
from syncrules.manifest import Field, Resource
from syncrules.records import Record, normal, put, reader

_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


class _Keep:
    def __repr__(self) -> str:
        return "KEEP"


KEEP = _Keep()
"""A group of fields is there, with what the other spots say of it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of a record, and what may stand in it."""

    path: str
    title: str
    pool: Pool
    listed: tuple[Any, ...] = ()
    """All that can stand there, where the schema closes the list."""


def record(base: Mapping[str, Any], spots: Iterable[Spot], values: Mapping[str, Any]) -> Record:
    """Put values into a record; a group that is not there comes last, and takes along what stands in it."""
    made: Record = _copied(base)
    for spot in spots:
        value = values[spot.path]
        if value is ABSENT:
            _take_away(made, spot.path)
        elif value is not KEEP:
            put(made, spot.path, value)
    return made


def _copied(value: Any) -> Any:
    return {name: _copied(each) for name, each in value.items()} if isinstance(value, dict) else value


def _take_away(record: Record, path: str) -> None:
    *parents, last = path.split(".")
    below: Any = record
    for step in parents:
        below = below.get(step) if isinstance(below, dict) else None
    if isinstance(below, dict):
        below.pop(last, None)


def spots(
    known: Known, rules: RowRules, side: str, resource: Resource, prefix: str = "", rooms: Iterable[int] = ()
) -> tuple[Spot, ...]:
    """List the places of a row on a side, groups that may be missing last.

    Args:
        prefix: path of the element, with a point at the end, where the row is one of a line.
        rooms: lengths at which something happens on the other side.
    """
    if side not in rules.sides:
        return ()
    found: dict[str, Spot] = {}
    groups: dict[str, Spot] = {}
    for part, place in rules.sides[side].places.items():
        for path in _PATH.findall(place.path):
            spot = _spot(known, rules, side, resource, prefix, part, path, place, (*rooms,))
            if spot is not None:
                found.setdefault(spot.path, spot)
                for group in _groups(known, side, resource, prefix, spot.path):
                    groups.setdefault(group.path, group)
    return (*found.values(), *groups.values())


def room(rules: RowRules, side: str) -> Iterator[int]:
    """List how many characters the places of a row take."""
    for place in rules.sides[side].places.values() if side in rules.sides else ():
        if place.field is not None and place.field.max_length is not None:
            yield place.field.max_length


def _spot(
    known: Known, rules: RowRules, side: str, resource: Resource, prefix: str, part: str, path: str, place: Place,
    rooms: tuple[int, ...],
) -> Spot | None:  # fmt: skip  # one line for what belongs together
    manifest = known.spec.manifests[side]
    field = manifest.field_at(resource.name, f"{prefix}{path}")
    if field is None or field.type == "array":
        return None
    absent = not manifest.absent_means_empty
    filled = field.min_length == 1
    title = field.title or field.name
    table = bool(rules.row.values) and "setting" in rules.row.values[0]
    if place.look_up is not None and path == place.path and not table:
        return _looked_up(known, side, resource, prefix, place, title, absent=absent)
    if field.reference or table:
        values = [_as_reference(known, side, field, each) for each in _choices(known, rules, side, field)]
        return Spot(path, title, closed(values, filled=filled, absent=absent))
    listed = [each[side] for each in rules.row.values] if not rules.concept else []
    hint = _hint(rules, part, path, field)
    every = field.enum or ((True, False) if field.type == "boolean" else ())
    found = pool(field, hint, rooms=rooms, known=listed, filled=filled, absent=absent)
    return Spot(path, title, found, tuple(every))


def _looked_up(
    known: Known, side: str, resource: Resource, prefix: str, place: Place, title: str, *, absent: bool
) -> Spot | None:
    """A path that goes on into a record that is chosen: what can stand there is what is in its list."""
    assert place.look_up is not None
    target, inner, head = place.look_up
    rows = known.choices.get((side, target), [])
    if known.spec.manifests[side].resources[target].rows:
        found = known.spec.manifests[side].field_at(resource.name, f"{prefix}{head}")
        by = found.by[0] if found is not None and found.by else known.spec.manifests[side].resources[target].id[0]
        every = [each[by] for each in rows]
        return Spot(head, title, closed(every, absent=absent), tuple(every))
    values = [value for each in rows if (value := reader(inner, absent=None)(each)) not in (None, "")]
    field = known.spec.manifests[side].field_at(resource.name, f"{prefix}{place.path}")
    if not values and field is not None:
        return Spot(place.path, title, pool(field, "text", absent=absent))
    return Spot(place.path, title, closed(values, absent=absent))


def _choices(known: Known, rules: RowRules, side: str, field: Field) -> list[Any]:
    """List what a reference, or a table of the settings, may hold; the last is unknown everywhere."""
    if rules.row.values and "setting" in rules.row.values[0]:
        first, last = rules.row.values[0]["setting"], rules.row.values[-1]["setting"]
        table = known.settings.get(first if side == rules.left else last) or {}
        listed = [*dict.fromkeys(table if side == rules.left else table.values())]
        return [*listed, 999 if field.type == "integer" else "Nergens"]
    if rules.row.refers_to:
        entity = next(each for each in rules.row.refers_to if each in known.spec.entities)
        resource = known.spec.entities[entity].sources[side].resource
        by = field.by[0] if field.by and field.type != "object" else ""
        return [known.called(side, resource, by, number) for number in (7, 1, 9, 99)]
    target = field.reference[0] if field.reference else ""
    by = field.by[0] if field.by and field.type != "object" else ""
    found = known.spec.manifests[side].resources[target]
    read = reader(by or found.id[0], absent=None)
    return [value for each in known.choices.get((side, target), []) if (value := read(each)) not in (None, "")]


def _as_reference(known: Known, side: str, field: Field, value: Any) -> Any:
    if field.type == "object" and field.reference:
        return {known.spec.manifests[side].resources[field.reference[0]].id[0]: value}
    return int(value) if field.type == "integer" and str(value).isdecimal() else value


def _groups(known: Known, side: str, resource: Resource, prefix: str, path: str) -> Iterator[Spot]:
    """List the groups around a place that a record may lack; what it is a role of is always there."""
    steps = path.split(".")
    manifest = known.spec.manifests[side]
    for length in range(len(steps) - 1, 0, -1):
        head = ".".join(steps[:length])
        field = manifest.field_at(resource.name, f"{prefix}{head}")
        if field is not None and (field.of or field.reference) and not field.shared and field.type != "array":
            absent = [] if manifest.absent_means_empty else [ABSENT]
            yield Spot(head, field.title or field.name, Pool(KEEP, (KEEP, None, *absent), None))


_PARTS: Mapping[tuple[str, str], str] = {
    ("address", "number"): "house_number",
    ("address", "line_2"): "extra",
    ("vat_number", "full"): "vat_number",
    ("vat_number", "digits"): "digits",
}
_MATCHED = "number"


def _hint(rules: RowRules, part: str, path: str, field: Field) -> str:
    """Say what kind of text stands in a place."""
    if rules.concept is not None and rules.concept.name in ("address", "person_name", "vat_number"):
        return _PARTS.get((rules.concept.name, part), part)
    names = [operator.name for operator, _ in rules.operators]
    kinds = [each for each in names if each not in ("text", "number", "decimals", "negated", "upper", "lower", "day")]
    if kinds:
        return kinds[0]
    if field.format in ("email", "iban", "digits"):
        return field.format
    if field.max_length == 3 and field.min_length == 3:
        return "currency"
    return _MATCHED if rules.is_matched_by or "Number" in path else "text"


def said(value: Any) -> Any:
    """Give a value in the form in which equal ones are equal."""
    return normal(value) if value is not ABSENT and value is not KEEP else repr(value)
