"""The rows of an entity, or of a template of its lines, while they are being checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncrules.language.checks.book import Book, Data
from syncrules.language.checks.conditions import follow_or_guess
from syncrules.language.checks.paths import Lead
from syncrules.language.checks.words import Words, words_of
from syncrules.manifest import Type
from syncrules.yaml import Path


@dataclass(slots=True)
class Table:
    """Rows that stand together, and what they write."""

    book: Book
    at: Path
    entity: str
    data: Data
    """The entity."""
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """Side → where in its record the paths begin, for lines."""
    document_side: str = ""
    """For lines: the side on which a path may begin with `document.`."""
    written: list[tuple[str, str, Path]] = field(default_factory=list)
    """Side, path and place of every value that is written."""
    guesses: list[tuple[str, str]] = field(default_factory=list)
    """Side and path of what was probably meant where a path leads nowhere."""

    def resource(self, side: str) -> Any:
        """Name the resource on a side."""
        return self.data.get(side, {}).get("resource")

    def follow(self, at: Path, side: str, path: str) -> Lead | None:
        """Follow a path of a row, or the one that was probably meant; None if it leads nowhere. What is wrong has been said."""
        prefix = self.prefixes.get(side, "")
        if side == self.document_side and path.startswith("document."):
            path, prefix = path.removeprefix("document."), ""
        return follow_or_guess(self.book, at, side, self.resource(side), path, prefix=prefix)

    def can_write(self, side: str) -> bool:
        """Tell whether the system takes such records at all."""
        found = self.book.resource(self.entity, side)
        return found is not None and (found.creatable or found.update != "none")

    def row(self, name: str, says: Data) -> Row:
        """Take up a row of this table."""
        at = (*self.at, name)
        return Row(self, at, says, words_of(self.book, at, says))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what it says, and where it leads."""

    table: Table
    at: Path
    says: Data
    words: Words | None
    """None if an operator does not exist, which has then been said."""
    leads: dict[str, Lead] = field(default_factory=dict)
    """Side → where its plain path leads."""
    guesses: dict[str, str] = field(default_factory=dict)
    """Side → the path that was probably meant, where it leads nowhere."""

    @property
    def book(self) -> Book:
        return self.table.book

    @property
    def name(self) -> str:
        return str(self.at[-1])

    @property
    def to(self) -> Any:
        """Where the value may go, as said here or for the whole entity."""
        return self.says.get("to", self.table.data.get("to"))

    @property
    def targets(self) -> list[str]:
        """List the sides to which the value may go."""
        return list(self.book.sides) if self.to == "both" else [self.to] if self.to in self.book.sides else []

    @property
    def travels(self) -> list[tuple[str, str]]:
        """List from which side to which the value may go."""
        return [(self.book.other(each), each) for each in self.targets]

    @property
    def present(self) -> list[str]:
        """List the sides on which this row names a field."""
        return [each for each in self.book.sides if each in self.says]

    def follow(self, at: Path, side: str, path: str) -> Lead | None:
        """Follow a path of this row; None if it leads nowhere, which has then been said."""
        found = self.table.follow(at, side, path)
        if found is not None and found.guessed:
            self.table.guesses.append((side, found.path))
            if at == (*self.at, side):
                self.guesses[side] = found.path
            return None
        return found

    def type_of(self, side: str) -> Type | None:
        """Find the type of the object that a side's path leads to, if it is one."""
        found = self.leads[side].field if side in self.leads else None
        return self.book.manifests[side].types.get(found.of) if found is not None and found.of else None

    def is_concept(self, side: str) -> bool:
        """Tell whether a side's object is the concept of this row, part by part."""
        kind, words = self.type_of(side), self.words
        return (
            kind is not None and words is not None and words.concept is not None and kind.concept == words.concept.name
        )


def covers(path: str, other: str) -> bool:
    """Tell whether writing one path writes the other, or a part of it."""
    return path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.")
