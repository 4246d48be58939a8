"""A plain record of each side of an entity: it may come in, lacks nothing, and says something in every row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from syncrules.check.known import Known
from syncrules.check.spots import record, spots
from syncrules.journey.lines import constant_of
from syncrules.journey.rules import EntityRules
from syncrules.manifest import Active, Field, Manifest
from syncrules.records import Record, filled, put, reader

DAY = "2026-03-15"


def blank(manifest: Manifest, fields: Mapping[str, Field]) -> Record:
    """Make a record in which nothing is unknown and nothing is filled; a thing of which it is a role is there, and empty."""
    made: Record = {}
    for name, each in fields.items():
        inside = manifest.types[each.of] if each.of and each.type != "array" else None
        there = inside is not None and (each.shared or each.read_only)
        made[name] = blank(manifest, inside.fields) if inside is not None and there else [] if each.type == "array" else None  # fmt: skip
    return made


def plain(known: Known, rules: EntityRules, side: str) -> Record:
    """Make a plain record of a side."""
    manifest, resource = known.spec.manifests[side], rules.resource(side)
    made = blank(manifest, resource.fields)
    for row in rules.rows:
        found = list(spots(known, row, side, resource, rooms=()))
        made = record(made, found, {each.path: each.pool.plain for each in found})
    for name in resource.id:
        made[name] = known.called(side, resource.name, "" if name == resource.id[0] else name, 7)
    if isinstance(resource.active, Active):
        put(made, resource.active.field, _other_than(resource.active.inactive))
    for path, value in _wanted(known, rules, side):
        if manifest.field_at(resource.name, path) is not None:
            put(made, path, value)
    for need in rules.entity.needs:
        path = need.path.partition(" || ")[0]
        if need.side == side and need.plain and not path.startswith("!") and not filled(reader(path, absent=None)(made)):  # fmt: skip
            put(made, path, constant_of(need.equals, known.settings) if need.equals is not None else "K7")
    return made


def _wanted(known: Known, rules: EntityRules, side: str) -> Iterator[tuple[str, Any]]:
    """List what a record must say to be one of these, to come in, and to be sent."""
    source = rules.source(side)
    for condition in (source.where_any[0] if source.where_any else {}, source.where, source.is_):
        for path, test in condition.items():
            yield path, _passing(test, known.settings)
    for path, constant in source.set.items():
        yield path, constant_of(constant, known.settings)
    for need in rules.entity.needs:
        if need.side != side or not need.plain:
            continue
        path = need.path.partition(" || ")[0]
        if path.startswith("!"):
            yield path[1:], None
        elif need.equals is not None:
            yield path, constant_of(need.equals, known.settings)


def _passing(test: Any, settings: Mapping[str, Any]) -> Any:
    """Give a value that passes a test."""
    match test:
        case list():
            return test[0] if test else None
        case {"not": bool(denied)}:
            return not denied
        case {"not": denied}:
            return 1 if denied in (0, [0]) else 0 if isinstance(denied, int | Decimal) else "other"
        case {"filled": filled}:
            return "filled" if filled else None
        case {"starts_with": beginning}:
            return settings.get(beginning["setting"]) if isinstance(beginning, Mapping) else beginning
        case {"longer_than": length}:
            return "x" * (int(length) + 1)
        case {"from": bound}:
            found = settings.get(bound["setting"]) if isinstance(bound, Mapping) else bound
            return DAY if found is None else found
        case {"setting": name}:
            return settings.get(name)
        case _:
            return test


def _other_than(inactive: object) -> Any:
    return not inactive if isinstance(inactive, bool) else None
