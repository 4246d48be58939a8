"""The field tables: which rows stand in the main table of an entity, which under 'Also synchronised', and what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncrules.article import happenings
from syncrules.article.model import Fact
from syncrules.language.model import Entity, Row, Spec

Address = tuple[str, ...]
"""A row by its name, or one inside the lines of a document by the way there: row, template, row."""
APART = " / "
"""Between the names of an address where it is written as one text."""

Say = Callable[..., Fact]
Labels = Mapping[str, str]
"""Side → what the field is called there."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How an article is laid out; without it every row stands in the main table, by the names of the mapping."""

    kinds: Mapping[str, str]
    """Entity → what many of its records are called."""
    tables: Mapping[str, Mapping[str, tuple[Labels, ...]]]
    """Entity → row of its main table → its lines in the table, with what the systems call the field."""
    left_out: frozenset[str]
    """Notes of the manifests that are of no use to the reader."""


NOTHING = Layout({}, {}, frozenset())


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a field table: what both sides call it (empty: they have no such field), and what there is to say of it."""

    labels: Labels
    facts: tuple[Fact, ...]
    """The first says which row it is and which way it goes; each of the others is a remark."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The lines of one table; those of the lines of a document have the name of their list and of their template."""

    of: str
    template: str
    lines: tuple[Field, ...]


def main(spec: Spec, entity: Entity, layout: Layout) -> list[Fields]:
    """Give the tables of an entity, and of its document's lines, that are laid out to stand in front."""
    if not layout.tables:
        return _tables(spec, entity, layout, list(addresses(entity)))
    known = {APART.join(each): each for each in addresses(entity)}
    return _tables(spec, entity, layout, [known[each] for each in layout.tables.get(entity.name, ()) if each in known])


def also(spec: Spec, entity: Entity, layout: Layout) -> list[Fields]:
    """Give the tables of everything else."""
    told = layout.tables.get(entity.name, {})
    rest = [each for each in addresses(entity) if APART.join(each) not in told] if layout.tables else []
    return _tables(spec, entity, layout, rest)


def twin(spec: Spec, entity: Entity, layout: Layout) -> str:
    """Name the entity before this one that has just the same rows, unless this one is laid out; empty if there is none."""
    names = list(spec.entities)
    before = names[: names.index(entity.name)] if entity.name not in layout.tables else []
    return next((each for each in before if spec.entities[each].rows == entity.rows), "")


def addresses(entity: Entity) -> Iterator[Address]:
    """Give every row of an entity, those inside the lines of its document right after them."""
    for row in entity.rows:
        yield (row.name,)
        for template in row.lines:
            yield from ((row.name, template.name, each.name) for each in template.rows)


def _tables(spec: Spec, entity: Entity, layout: Layout, wanted: list[Address]) -> list[Fields]:
    found: dict[tuple[str, str], list[Field]] = {}
    for address in wanted:
        at = (address[0], address[1]) if len(address) > 1 else ("", "")
        found.setdefault(at, []).extend(_lines(spec, entity, layout, address))
    return [Fields(*at, tuple(lines)) for at, lines in sorted(found.items(), key=lambda each: each[0] != ("", ""))]


def row_at(entity: Entity, address: Address) -> Row:
    """Find a row by its address."""
    row = next(each for each in entity.rows if each.name == address[0])
    if len(address) == 1:
        return row
    template = next(each for each in row.lines if each.name == address[1])
    return next(each for each in template.rows if each.name == address[2])


def _lines(spec: Spec, entity: Entity, layout: Layout, address: Address) -> Iterator[Field]:
    row = row_at(entity, address)
    stated = (
        Fact("row", (entity.name,), {"row": list(address), "to": row.to, "sides": list(row.sides)}),
        *_remarks(spec, entity, address, row),
    )
    there = {side: _elsewhere(spec, layout, row, side) or row.name for side in spec.sides if side in row.sides}
    for number, labels in enumerate(layout.tables.get(entity.name, {}).get(APART.join(address)) or ({},)):
        yield Field({**there, **labels}, stated if number == 0 else stated[:1])


def _elsewhere(spec: Spec, layout: Layout, row: Row, side: str) -> str:
    """Take over what a field is called in the table of another entity that has it too."""
    for entity, told in layout.tables.items():
        lines = told.get(row.name, ())
        same = entity in spec.entities and any(
            (each.name, each.sides.get(side)) == (row.name, row.sides[side]) for each in spec.entities[entity].rows
        )
        if same and len(lines) == 1 and side in lines[0]:
            return lines[0][side]
    return ""


# What there is to say of a row --------------------------------------------------------------------------------------


def _remarks(spec: Spec, entity: Entity, address: Address, row: Row) -> Iterator[Fact]:
    def fact(says: str, **slots: Any) -> Fact:
        return Fact(f"row.{says}", (entity.name,), {"row": list(address), **slots})

    if row.to == "neither":
        yield fact("neither")
        return
    if row.to == "match" and len(address) > 1:
        yield fact("same")
        return
    if row.to == "match":
        compared = {name for tier in entity.tiers for name, _ in tier.rows}
        yield fact("match" if row.name in compared else "idle")
        return
    if row.to != entity.to and row.to in spec.sides:
        yield fact("to", side=row.to)
    if row.once:
        yield fact("once")
    if row.numbered_by:
        yield fact("numbered", side=row.numbered_by)
    if len(address) == 1:
        yield from _contested(spec, entity, row, fact)
    if row.take is not None:
        yield fact("taken", of=row.take["of"])
    if row.lines:
        yield fact("lines")
    yield from _translated(row, fact)
    if row.too_long == "cut":
        yield fact("cut")
    if row.unfit == "leave_out":
        yield fact("unfit")
    if row.lossy:
        yield fact("lossy", because=row.lossy)


def _contested(spec: Spec, entity: Entity, row: Row, fact: Say) -> Iterator[Fact]:
    """Say where a row differs from most of its entity when it is changed where it arrives, or on both sides."""
    if not happenings.comes_again(row):
        return
    leading, edited = happenings.usual_leading(spec, entity), happenings.usual_edited(spec, entity)
    if leading and row.to == "both" and row.leading != leading:
        yield fact("ask") if row.leading == "ask" else fact("leading", side=row.leading)
    if row.to in spec.sides and row.edited != edited and (edited or entity.to == "both"):
        yield fact(row.edited, side=row.to)


def _translated(row: Row, fact: Say) -> Iterator[Fact]:
    """Say what stands for a value, or instead of one."""
    for each in row.values:
        if "setting" in each:
            yield fact("linked", setting=each["setting"])
    if isinstance(row.empty, Mapping) and row.empty == row.unknown:
        yield fact(f"either_{next(iter(row.empty))}", **row.empty)
        return
    if isinstance(row.empty, Mapping):
        yield fact(f"empty_{next(iter(row.empty))}", **row.empty)
    elif row.empty == "wait":
        yield fact("wait")
    if isinstance(row.unknown, Mapping):
        yield fact(f"unknown_{next(iter(row.unknown))}", **row.unknown)
    elif row.unknown == "empty":
        yield fact("unknown_empty")
