"""Whether a value of one side can be a value of the other: types, lengths, tables of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncrules import grammar
from syncrules.checks.book import Book, Data
from syncrules.checks.conditions import check_constants
from syncrules.checks.paths import Lead
from syncrules.checks.words import Words
from syncrules.manifest import Field
from syncrules.yaml import Path

_APART = {
    frozenset({"a number", "a day"}),
    frozenset({"a number", "a moment"}),
    frozenset({"true or false", "a number"}),
    frozenset({"true or false", "a text"}),
    frozenset({"true or false", "a day"}),
    frozenset({"true or false", "a moment"}),
}
"""Kinds of values that can never be the same."""


def kind(field: Field) -> str:
    """Say in a word what a field holds."""
    if field.reference:
        return "another record"
    if field.type in ("number", "integer") or field.format == "decimal":
        return "a number"
    match field.type, field.format:
        case "boolean", _:
            return "true or false"
        case _, "date":
            return "a day"
        case _, "date-time":
            return "a moment"
        case "object" | "array", _:
            return "a group"
        case _:
            return "a text"


def check_types(
    book: Book, at: Path, says: Data, leads: Mapping[str, Lead], words: Words | None, travels: list[tuple[str, str]]
) -> None:
    """Check that the two fields of a row can hold the same value."""
    fields = {side: found.field for side, found in leads.items() if found.field is not None}
    if len(fields) != 2 or words is None or not words.copies or says.get("to") == "neither":
        return
    if {"values", "refers_to", "take", "look_up"} & says.keys():
        return
    left, right = (fields[side] for side in book.sides)
    kinds = {kind(left), kind(right)}
    if frozenset(kinds) in _APART:
        said = f"{_told(book, 0, left)}, {_told(book, 1, right)}: the two never meet"
        values = "true or false" in kinds
        book.say(
            (*at, book.sides[1]),
            said,
            "Add values: with which stands for which." if values else "Name another field, or an operator with as:.",
        )
    elif "another record" in kinds:
        for side, found in fields.items():
            if _only_an_id(book, side, found):
                _say_reference(book, (*at, side), side, found)
    elif kinds == {"a day", "a moment"}:
        book.remark(
            (*at, book.sides[1]),
            f"{_told(book, 0, left)}, {_told(book, 1, right)}: the time of day is lost",
            "Add as: day.",
        )
    else:
        _check_lengths(book, at, says, fields, travels)


def _told(book: Book, index: int, field: Field) -> str:
    return f"'{field.name}' of {book.title(book.sides[index])} is {kind(field)}"


def _only_an_id(book: Book, side: str, field: Field) -> bool:
    """Tell whether a reference travels as an id, which says nothing to the other side."""
    ids = [resource.id for name in field.reference if (resource := book.resource_named(side, name))]
    return bool(ids) and (not field.by or any(field.by[0] in each for each in ids))


def _say_reference(book: Book, at: Path, side: str, field: Field) -> None:
    said = f"'{field.name}' of {book.title(side)} points to another record, and it is not said what of it is meant"
    way = f"Name one of its fields, such as {field.name}.{field.by[-1]}, or add" if field.by else "Add"
    book.say(at, said, f"{way} refers_to: or values:.")


def _check_lengths(
    book: Book, at: Path, says: Data, fields: Mapping[str, Field], travels: list[tuple[str, str]]
) -> None:
    for source, target in travels:
        room, most = fields[target].max_length, fields[source].max_length
        if (
            room is not None
            and most is not None
            and most > room
            and "too_long" not in says
            and says.get("to") != "match"
        ):
            said = f"a text of {book.title(source)} may have {most} characters, and {book.title(target)} takes {room}"
            book.remark(
                (*at, target),
                said,
                "A longer one is reported and waits; add too_long: cut to cut it, or too_long: report to say that this is meant.",
            )


# Tables of values ---------------------------------------------------------------------------------------------------


def check_values(book: Book, at: Path, says: Data, leads: Mapping[str, Lead], words: Words | None) -> None:
    """Check which value stands for which, and what stands in for none."""
    values = says.get("values", [])
    pairs = (
        [(index, each) for index, each in enumerate(values) if "setting" not in each]
        if isinstance(values, list)
        else []
    )
    for index, pair in pairs:
        for side in book.sides:
            if side not in pair and not book.is_broken((*at, "values")):
                book.say((*at, "values", index), f"this pair has no value for '{side}'", f"Add {side}:.")
            elif _speaks(book, side, leads, words):
                _check_constant(book, (*at, "values", index, side), leads[side], pair.get(side))
    for side in book.sides:
        _check_ambiguous(book, at, side, [(index, pair.get(side)) for index, pair in pairs], says)
    for word in ("empty", "unknown"):
        given = says.get(word)
        if (
            isinstance(given, Mapping)
            and "value" in given
            and says.get("to") in book.sides
            and _speaks(book, says["to"], leads, words)
        ):
            _check_constant(book, (*at, word, "value"), leads[says["to"]], given["value"])


def _speaks(book: Book, side: str, leads: Mapping[str, Lead], words: Words | None) -> bool:
    """Tell whether a table names this side's values as they stand in its records: before any operator."""
    return side in leads and words is not None and (side == book.sides[0] or words.copies)


def _check_constant(book: Book, at: Path, found: Lead, value: Any) -> None:
    if found.field is not None and not found.field.reference and value is not None:
        check_constants(book, at, found.field, value)


def _check_ambiguous(book: Book, at: Path, side: str, values: list[tuple[int, Any]], says: Data) -> None:
    """Refuse two answers to one question: the same value twice on a side that values come from."""
    if says.get("to", "both") == side:
        return
    seen: set[str] = set()
    for index, value in values:
        if str(value) in seen:
            said = f"'{grammar.shown(value)}' of {book.title(side)} stands here twice, so it could be either"
            book.say((*at, "values", index, side), said, f"Keep one of the two, or write to: {side}.")
        seen.add(str(value))
