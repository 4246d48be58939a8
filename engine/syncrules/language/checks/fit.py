"""Whether a value of one side can be a value of the other: types, lengths, tables of values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from syncrules.advice.mend import Instead
from syncrules.language import grammar
from syncrules.language.checks.book import Book
from syncrules.language.checks.conditions import check_constants
from syncrules.language.checks.table import Row
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


def check_types(row: Row) -> None:
    """Check that the two fields of a row can hold the same value."""
    book, at, says = row.book, row.at, row.says
    fields = {side: found.field for side, found in row.leads.items() if found.field is not None}
    if len(fields) != 2 or row.words is None or not row.words.copies or row.to == "neither":
        return
    if {"values", "refers_to", "take", "look_up"} & says.keys() or book.is_broken(at):
        return
    left, right = (fields[side] for side in book.sides)
    kinds = {kind(left), kind(right)}
    if frozenset(kinds) in _APART:
        said = f"{_told(book, 0, left)}, {_told(book, 1, right)}: the two never meet"
        values = "true or false" in kinds
        book.say(
            "SR123",
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
            "SR125",
            (*at, book.sides[1]),
            f"{_told(book, 0, left)}, {_told(book, 1, right)}: the time of day is lost",
            "Add as: day.",
        )
    else:
        _check_lengths(row, fields)
        _check_decimals(row, fields)
        _check_choices(row, fields)


_SAMPLES = {
    "a number": (Decimal("1.5"), 20260315),
    "true or false": (True, False),
    "a day": ("2026-03-15",),
    "a moment": ("2026-03-15T10:00:00Z",),
}
"""Kind of value → some of that kind; of texts nobody knows what they hold."""


def check_operators(row: Row) -> None:
    """Check that the operators of a row can do something with what its source holds."""
    for source, _ in row.travels:
        field = row.leads[source].field if source in row.leads else None
        if field is not None and row.words is not None and not row.leads[source].through_list:
            what = kind(field)
            row.words.check_kind(source, field, _SAMPLES.get(what, ()), what)


def _told(book: Book, index: int, field: Field) -> str:
    return f"'{field.name}' of {book.title(book.sides[index])} is {kind(field)}"


def _only_an_id(book: Book, side: str, field: Field) -> bool:
    """Tell whether a reference travels as an id, which says nothing to the other side."""
    ids = [resource.id for name in field.reference if (resource := book.resource_named(side, name))]
    return bool(ids) and (not field.by or any(field.by[0] in each for each in ids))


def _say_reference(book: Book, at: Path, side: str, field: Field) -> None:
    said = f"'{field.name}' of {book.title(side)} points to another record, and it is not said what of it is meant"
    way = f"Name one of its fields, such as {field.name}.{field.by[-1]}, or add" if field.by else "Add"
    book.say("SR124", at, said, f"{way} refers_to: or values:.")


def _check_lengths(row: Row, fields: Mapping[str, Field]) -> None:
    for source, target in row.travels:
        room, most = fields[target].max_length, fields[source].max_length
        if room is not None and most is not None and most > room and "too_long" not in row.says:
            theirs, ours = row.book.title(source), row.book.title(target)
            said = f"a text of {theirs} may have {most} characters, and {ours} takes {room}"
            cure = "A longer one is reported and waits; add too_long: cut or too_long: report to say which is meant."
            row.book.remark("SR126", (*row.at, target), said, cure)


def _check_decimals(row: Row, fields: Mapping[str, Field]) -> None:
    rounded = row.words is not None and any(each.name == "decimals" for each, _, _ in row.words.operators)
    for source, target in row.travels:
        room, most = fields[target].decimals, fields[source].decimals
        if not rounded and room is not None and most is not None and most > room:
            theirs, ours = row.book.title(source), row.book.title(target)
            said = f"an amount of {theirs} may have {most} decimals, and {ours} keeps {room}"
            row.book.remark("SR127", (*row.at, target), said, f"Add as: {{decimals: {room}}}.")


def _check_choices(row: Row, fields: Mapping[str, Field]) -> None:
    """Remark on values that are copied as they are, and that the other side never takes."""
    for source, target in row.travels:
        given, taken = fields[source].enum, fields[target].enum
        lost = [each for each in given if each not in taken] if taken else []
        if lost:
            said = (
                f"{row.book.title(target)} never takes {grammar.one_of(lost)}, which {row.book.title(source)} may have"
            )
            row.book.remark("SR131", (*row.at, target), said, "Add values: with which stands for which.")


# Tables of values ---------------------------------------------------------------------------------------------------


def check_values(row: Row) -> None:
    """Check which value stands for which, and what stands in for none."""
    book, at = row.book, row.at
    values = row.says.get("values", [])
    pairs = (
        [(index, each) for index, each in enumerate(values) if "setting" not in each]
        if isinstance(values, list)
        else []
    )
    for index, pair in pairs:
        for side in book.sides:
            if side in pair:
                _check_constant(row, (*at, "values", index, side), side, pair[side])
            elif not book.is_broken((*at, "values")):
                book.say("SR129", (*at, "values", index), f"this pair has no value for '{side}'", f"Add {side}:.")
    for side in book.sides:
        if row.to != side:
            _check_ambiguous(row, side, [(index, pair[side]) for index, pair in pairs if side in pair])
    whole = all(side in pair for _, pair in pairs for side in book.sides)
    if (
        pairs
        and whole
        and len(pairs) == len(values)
        and "unknown" not in row.says
        and not book.is_broken((*at, "values"))
    ):
        _remark_missing(row, [pair for _, pair in pairs])
    for word in ("empty", "unknown"):
        given = row.says.get(word)
        if isinstance(given, Mapping) and "value" in given and len(row.targets) == 1:
            _check_constant(row, (*at, word, "value"), row.targets[0], given["value"])


def _remark_missing(row: Row, pairs: list[Mapping[str, Any]]) -> None:
    """Remark on values that a field may have and the table does not know."""
    for source, _ in row.travels:
        found = row.leads[source].field if source in row.leads else None
        truths = all(isinstance(pair[source], bool) for pair in pairs)
        if (found is None and not truths) or (row.words is not None and row.words.operators):
            continue
        every = [True, False] if found is None or found.type == "boolean" else list(found.enum)
        known = {grammar.shown(pair[source]) for pair in pairs if source in pair}
        lost = [each for each in every if grammar.shown(each) not in known]
        if lost:
            name = row.name if found is None else found.name
            said = f"'{name}' of {row.book.title(source)} may also be {grammar.one_of(lost)}, which waits for a person"
            cure = "Add a pair for it, or unknown: report to say that this is meant."
            row.book.remark("SR131", (*row.at, "values"), said, cure, at_key=True)


def _check_constant(row: Row, at: Path, side: str, value: Any) -> None:
    """Check a value of a table, unless an operator stands between it and the field."""
    speaks = row.words is not None and (side == row.book.sides[0] or row.words.copies)
    found = row.leads[side].field if side in row.leads else None
    if found is None and value in ("true", "false"):
        said = f"'{value}' in quotes is a text, and never true or false"
        row.book.say("SR128", at, said, Instead(f"Write {value}, without quotes.", str(value)))
    if speaks and found is not None and not found.reference:
        check_constants(row.book, at, found, value)


def _check_ambiguous(row: Row, side: str, values: list[tuple[int, Any]]) -> None:
    """Refuse two answers to one question: the same value twice on a side that values come from."""
    seen: set[str] = set()
    for index, value in values:
        if str(value) in seen:
            said = f"'{grammar.shown(value)}' of {row.book.title(side)} stands here twice, so it could be either"
            row.book.say("SR130", (*row.at, "values", index, side), said, f"Keep one of the two, or write to: {side}.")
        seen.add(str(value))
