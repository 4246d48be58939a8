"""A system in which there is just what an example gives: records in memory, as their manifest describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from syncrules.journey.rules import EntityRules
from syncrules.journey.surroundings import Surroundings
from syncrules.manifest import Field, Manifest
from syncrules.provider import Account, Write
from syncrules.records import Record, laid_over, normal, put, reader

BOOKS = "books"
"""Whose records they are."""
MARK = "mark"
"""What the last call was called that arrived, where a system remembers that."""


class Given:
    """Move the records of an example; it serves to plan, and takes what a plan writes."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.tables: dict[str, dict[str, Record]] = {}
        """Resource → id → record."""

    def put(self, resource: str, record: Record) -> None:
        """Let a record be there, and with it what it is a role of."""
        spec = self.manifest.resources[resource]
        self.tables.setdefault(resource, {})[spec.key_of(record)] = record
        if spec.within is not None and isinstance(record.get(spec.within[1]), Mapping):
            self.put(spec.within[0], record[spec.within[1]])

    def account(self) -> Account:
        return Account(BOOKS, self.manifest.title)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        yield list(self.tables.get(resource, {}).values())

    def fetch(self, resource: str, key: str) -> Record | None:
        return self.tables.get(resource, {}).get(key)

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        at = reader(field, absent=None)
        return [each for each in self.tables.get(resource, {}).values() if str(normal(at(each)) or "") == value]

    def look_up(self, resource: str, question: str, record: Record) -> Any:
        """Answer with the first record that there is: nobody knows here what is asked, only of what."""
        says = self.manifest.resources[resource].look_ups[question]
        rows = list(self.tables.get(says["resource"], {}).values())
        return rows[0][says["gives"]] if rows else "1"

    def taken_for(self, resource: str, record: Record) -> list[Record]:
        alike = [(each, each.looks(record)) for each in self.manifest.resources[resource].overwrites]
        there = self.tables.get(resource, {}).values()
        return [one for each, looks in alike if looks for one in there if each.looks(one) == looks]

    def create(self, resource: str, record: Record) -> Record:
        spec = self.manifest.resources[resource]
        made = laid_over(blank(self.manifest, spec.fields), record)
        for each in spec.id:
            made[each] = made.get(each) or "new"
        self.put(resource, made)
        return made

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        changed = laid_over(self.tables[resource][key], changes)
        self.tables[resource][key] = changed
        return changed

    def delete(self, resource: str, key: str) -> None:
        self.tables.get(resource, {}).pop(key, None)

    def write_many(self, resource: str, writes: Sequence[Write], mark: str) -> None:
        for each in writes:
            if each.verb == "delete":
                self.delete(resource, each.key)
            else:
                self.create(resource, each.record)

    def replace_all(self, resource: str, records: Sequence[Record], beside: Record) -> None:
        self.tables[resource] = {}
        for each in records:
            self.create(resource, each)

    def mark(self) -> str | None:
        return MARK

    def empty(self) -> None:
        self.tables = {}

    def close(self) -> None:
        """Nothing stays open."""


def blank(manifest: Manifest, fields: Mapping[str, Field]) -> Record:
    """Make a record in which nothing is unknown and nothing is filled."""
    record: Record = {}
    for name, each in fields.items():
        inside = manifest.types[each.of] if each.of and each.type != "array" else None
        # An address is there or it is not; the company or person of whom a record is a role always is.
        record[name] = blank(manifest, inside.fields) if inside is not None and not inside.concept else None
    return record


def made(manifest: Manifest, resource: str, flat: Iterable[tuple[str, Any]], into: Record | None = None) -> Record:
    """Make a record of which everything is known and only this is filled; or lay this over one."""
    record = into if into is not None else blank(manifest, manifest.resources[resource].fields)
    for path, value in flat:
        steps = path.split(".")
        for number in range(1, len(steps)):
            above = ".".join(steps[:number])
            part = manifest.field_at(resource, above)
            if part is not None and part.of and _at(record, steps[:number]) is None:
                put(record, above, blank(manifest, manifest.types[part.of].fields))
        put(record, path, _whole(manifest, manifest.field_at(resource, path), value))
    return record


def _whole(manifest: Manifest, field: Field | None, value: Any) -> Any:
    """Copy a value, with all that its parts have and that is not said as empty; examples share the records that have a name."""
    match value:
        case Mapping() if field is not None and field.of:
            fields = manifest.types[field.of].fields
            said = {name: _whole(manifest, fields.get(name), each) for name, each in value.items()}
            return laid_over(blank(manifest, fields), said)
        case list():
            return [_whole(manifest, field, each) for each in value]
        case _:
            return copied(value)


def copied(value: Any) -> Any:
    """Copy a record with all that is in it."""
    match value:
        case Mapping():
            return {name: copied(each) for name, each in value.items()}
        case list():
            return [copied(each) for each in value]
        case _:
            return value


def _at(record: Any, steps: Iterable[str]) -> Any:
    for step in steps:
        record = record.get(step) if isinstance(record, Mapping) else None
    return record


def by_paths(rules: EntityRules, side: str, said: Mapping[str, Any], around: Surroundings) -> Iterator[tuple[str, Any]]:
    """Say a record, or a change of one, by paths alone: where no field is called so, a row stands for the fields that it writes.

    Raises:
        CannotCarry: the fields of a row cannot hold its value.
    """
    rows = {each.name: each for each in rules.rows if side in each.sides and each.sides[side].writable}
    lines = {each.name: str(each.row.sides[side]) for each in rules.lines if side in each.row.sides}
    fields = rules.resource(side).fields
    for key, value in said.items():
        if key in lines and key not in fields:
            yield lines[key], value
        elif key not in rows or key in fields:
            yield key, value
        else:
            row, places = rows[key], rows[key].sides[side]
            if not places.whole:
                parts = (
                    value if isinstance(value, Mapping) else {} if value is None else {next(iter(places.places)): value}
                )
                value = {**dict.fromkeys(places.places), **parts}  # noqa: PLW2901 — a part that is not said is empty
            changes: Record = {}
            row.write(side, changes, value, around)
            yield from leaves(changes)


def leaves(record: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """List the values of a record by their paths; a list is one value."""
    if isinstance(record, Mapping) and record:
        for name, value in record.items():
            yield from leaves(value, f"{path}.{name}" if path else str(name))
    else:
        yield path, record
