"""The words behind `as`: whether they exist, and go the way that a row goes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncrules.language import build
from syncrules.language.checks.book import Book, Data
from syncrules.manifest import Field
from syncrules.vocabulary.concepts import CONCEPTS, Concept
from syncrules.vocabulary.operators import OPERATORS, CannotCarry, Function, Operator, Value
from syncrules.yaml import Path


@dataclass(frozen=True, slots=True)
class Words:
    """What the `as` of one row says."""

    book: Book
    concept: Concept | None
    operators: tuple[tuple[Operator, Any, Path], ...]
    """Each with its argument and its place."""

    @property
    def copies(self) -> bool:
        """Tell whether the value arrives as it was written."""
        return self.concept is None and all(each.normalises for each, _, _ in self.operators)

    @property
    def sums(self) -> bool:
        """Tell whether a list of numbers is added up."""
        return any(each.name == "sum" for each, _, _ in self.operators)

    def check_ways(self, says: Data, travels: list[tuple[str, str]]) -> None:
        """Check that every operator goes the way of the row, and that loss is admitted."""
        left, right = self.book.sides
        for operator, argument, place in self.operators:
            if argument is not None and not operator.argument:
                self.book.say(
                    "SR119", place, f"'{operator.name}' takes nothing behind it", f"Write as: {operator.name}."
                )
            for source, target in travels:
                if (operator.forth if source == left else operator.back) is not None:
                    continue
                only = f"'{operator.name}' only goes from '{target}' to '{source}'"
                kind = "this is a two-way rule that cannot go back: " if len(travels) == 2 else ""
                self.book.say(
                    "SR118",
                    place,
                    f"{kind}{only}",
                    f"Write to: {source}." if len(travels) == 2 else f"This row goes to: {target}.",
                )
            if (
                len(travels) == 2
                and operator.lossy
                and operator.forth
                and operator.back
                and self.book.lacks(place[: place.index("as")], says, "lossy")
            ):
                said = f"'{operator.name}' may lose something on the way there and back, and it is not said what"
                self.book.say(
                    "SR120", place, said, f"Add lossy: with what is lost, or write to: {left} or to: {right}."
                )

    def check_arguments(self) -> None:
        """Check that every operator can do something with what stands behind it."""
        for operator, argument, place in self.operators:
            if operator.argument and not isinstance(argument, Mapping) and (why := _refused(operator, argument)):
                self.book.say("SR135", place, why, f"Behind it stands {operator.argument}.")

    def check_kind(self, source: str, field: Field, samples: Sequence[Value], what: str) -> None:
        """Check that the first operator on the way can do something with what a field holds."""
        if self.concept is not None or not self.operators or not samples:
            return
        operator, argument, place = self.operators[0 if source == self.book.sides[0] else -1]
        way = operator.forth if source == self.book.sides[0] else operator.back
        if operator.normalises or way is None or isinstance(argument, Mapping) or _refused(operator, argument):
            return
        if all(_cannot(way, each, argument) for each in samples):
            said = (
                f"'{operator.name}' can do nothing with {what}, and '{field.name}' of {self.book.title(source)} is that"
            )
            self.book.say("SR136", place, said, "Name another field, or another operator.")

    def check_concept_loss(self, at: Path, says: Data) -> None:
        """Check that it is admitted what a side with other parts may lose."""
        if self.concept is not None and self.concept.lossy and self.book.lacks(at, says, "lossy"):
            said = f"the two sides have other parts of '{self.concept.name}', and it is not said what may be lost"
            left, right = self.book.sides
            self.book.say(
                "SR120", (*at, "as"), said, f"Add lossy: with what is lost, or write to: {left} or to: {right}."
            )


def _refused(operator: Operator, argument: Any) -> str:
    """Say why an operator can do nothing with its argument; empty if it can."""
    way = operator.forth or operator.back
    if operator.wants and argument is not None:
        each = next((str(one) for one in listed(argument) if not re.fullmatch(operator.wants, str(one))), "")
        return f"'{each}' is nothing that '{operator.name}' knows" if each else ""
    return _cannot(way, operator.examples[0][0], argument) if way is not None and operator.argument else ""


def listed(argument: Any) -> list[Any]:
    """Take one for a list of one."""
    return argument if isinstance(argument, list) else [argument]


def _cannot(way: Function, value: Value, argument: Any) -> str:
    try:
        way(value, argument)
    except CannotCarry as error:
        return str(error)
    return ""


def words_of(book: Book, at: Path, says: Data) -> Words | None:
    """Look the words of a row up; None if one of them does not exist."""
    has_parts = any(isinstance(says.get(side), Mapping) for side in book.sides)
    concept: Concept | None = None
    operators: list[tuple[Operator, Any, Path]] = []
    sound = "as" not in says or not book.is_broken((*at, "as"))
    for index, (name, argument) in enumerate(build.operators(says.get("as", []))):
        place = (*at, "as", index) if isinstance(says["as"], list) else (*at, "as")
        if name in CONCEPTS and concept is None and (has_parts or name not in OPERATORS):
            concept = CONCEPTS[name]
        elif name in OPERATORS:
            operators.append((OPERATORS[name], argument, place))
        else:
            book.one_of("SR047", place, name, [*OPERATORS, *CONCEPTS], "an operator")
            sound = False
    return Words(book, concept, tuple(operators)) if sound else None
