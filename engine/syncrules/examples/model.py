"""What the examples of a mapping say, once they have been read and checked; and what came of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncrules.errors import Place

Said = Mapping[str, Any]
"""A record as an example says it: path, or name of a row, → value."""
GONE = "gone"
"""Said instead of what changed: the record is not there any more."""
Outcome = str | dict[str, Any]
"""A word, or what happens → where and how, as an example says it, every field by its path."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that were in step before."""

    entity: str
    records: Mapping[str, Said]
    """Side → record."""


@dataclass(frozen=True, slots=True)
class Example:
    """One example."""

    says: str
    entity: str
    place: Place
    shows: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, Sequence[Said]]] = field(default_factory=dict)
    """Side → resource → records that are there besides."""
    first_import: bool = False
    records: Mapping[str, Sequence[Said]] = field(default_factory=dict)
    """Side → its records; the first of each were in step if something `then` changes."""
    then: Mapping[str, Said | str] = field(default_factory=dict)
    """Side → what changes in the first record there, or that it is gone."""
    gives: Any = "nothing"
    also: Mapping[str, Any] = field(default_factory=dict)
    """Another entity → what comes of these records there."""
    places: Mapping[tuple[str | int, ...], Place] = field(default_factory=dict)
    """Way to a part of the example → where it stands."""

    def at(self, *way: str | int) -> Place:
        """Tell where a part of the example stands, or the nearest thing around it."""
        return _nearest(self.places, way, self.place)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a mapping promises besides, and no plan shows."""

    says: str
    place: Place
    says_: Mapping[str, Any]
    """What it promises, word by word."""
    shows: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, Sequence[Said]]] = field(default_factory=dict)
    """Side → resource → all its records."""
    places: Mapping[tuple[str | int, ...], Place] = field(default_factory=dict)

    @property
    def entity(self) -> str:
        """Name the kinds of records that it is about; empty if it is about none."""
        return ", ".join(self.entities)

    @property
    def entities(self) -> Sequence[str]:
        """List the kinds of records that it is about."""
        said = self.says_.get("entity", ())
        return (said,) if isinstance(said, str) else tuple(said)

    def at(self, *way: str | int) -> Place:
        """Tell where a part of the promise stands, or the nearest thing around it."""
        return _nearest(self.places, way, self.place)


@dataclass(frozen=True, slots=True)
class Examples:
    """All examples of a mapping, and what they have in common."""

    examples: Sequence[Example]
    promises: Sequence[Promise] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, Sequence[Said]]] = field(default_factory=dict)
    linked: Sequence[Pair] = ()
    time_zone: str = "UTC"
    scope: Said = field(default_factory=dict)
    """The record that names the pair of books, where there are many."""
    files: Sequence[str] = ()
    """Where they stand, those of the mapping itself first."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came out otherwise than an example says."""

    what: str
    """In words: what, and in which field of which system."""
    expected: Any
    """None: nothing."""
    got: Any
    place: Place
    """Where the example says so."""
    rule: str
    """Where the rule stands that decided it: file:line:column."""
    certain: bool = True
    """False if that is only the nearest place, because nothing there is a rule of just this."""
    by_name: bool = False
    """The rule is named in what came of it, so that it is at least about that."""


@dataclass(frozen=True, slots=True)
class Tried:
    """An example that was carried out."""

    example: Example | Promise
    differences: Sequence[Difference]

    @property
    def passed(self) -> bool:
        return not self.differences


def _nearest(places: Mapping[tuple[str | int, ...], Place], way: tuple[str | int, ...], otherwise: Place) -> Place:
    while way and way not in places:
        way = way[:-1]
    return places.get(way, otherwise)
