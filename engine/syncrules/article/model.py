"""A help article as plain values: sections of sentences, lists and tables, each with the facts that it states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a mapping or a manifest decides."""

    says: str
    """The key of the sentence that states it, the same in every language."""
    entities: tuple[str, ...] = ()
    """Whom it is about, by the names of the mapping; none: all of it."""
    slots: Mapping[str, Any] = field(default_factory=dict)
    """What fills the sentence: sides, entities, rows, rhythms, texts, all as the mapping has them."""


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence with the fact that it states, and what is listed below it."""

    text: str
    fact: Fact
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class List:
    """Sentences below each other; `ordered` if one is done after the other."""

    items: tuple[Item, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table, with the facts that it states."""

    cells: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Lines under headings; all have as many cells as there are headings."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]


Block = Item | List | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an article, with a heading; `key` is the same in every language."""

    key: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """A whole help article in one language."""

    title: str
    language: str
    summary: str
    sections: tuple[Section, ...]
    untranslated: tuple[str, ...] = ()
    """Texts of the mapping and the manifests that stand in it in English, because there is no translation of them."""

    def facts(self, *keys: str) -> Iterator[Fact]:
        """Give every fact that is stated, in order; only those of the sections with these keys where some are given."""
        for each in self.sections:
            yield from _of_section(each, not keys, keys)


def _of_section(section: Section, wanted: bool, keys: tuple[str, ...]) -> Iterator[Fact]:
    wanted = wanted or section.key in keys
    for each in section.blocks if wanted else ():
        match each:
            case Item():
                yield from _of_item(each)
            case List():
                for one in each.items:
                    yield from _of_item(one)
            case Table():
                for line in each.lines:
                    yield from line.facts
    for inner in section.sections:
        yield from _of_section(inner, wanted, keys)


def _of_item(item: Item) -> Iterator[Fact]:
    yield item.fact
    for each in item.items:
        yield from _of_item(each)
