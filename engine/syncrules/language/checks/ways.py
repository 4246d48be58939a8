"""Which way things go in an entity: questions that several checks ask."""

from __future__ import annotations

from collections.abc import Mapping

from syncrules.language.build import NEUTRAL, listed
from syncrules.language.checks.book import Book, Data


def targets(book: Book, data: Data) -> list[str]:
    """List the sides that something is written to."""
    to = data.get("to")
    return list(book.sides) if to == "both" else [to] if to in book.sides else []


def sources(book: Book, data: Data) -> list[str]:
    """List the sides whose records travel."""
    return [each for each in book.sides if book.other(each) in targets(book, data)]


def speaks(book: Book, data: Data, side: str) -> bool:
    """Tell whether anything travels from a side: its records, or a row that goes another way than they do."""
    rows = data.get("fields", {}).values()
    return side in sources(book, data) or any(each.get("to") in ("both", book.other(side)) for each in rows)


def reaction(data: Data, side: str, happening: str) -> str:
    """Tell what the other side gets when this happens on a side."""
    found = data.get("events", {}).get(side, {}).get(happening, NEUTRAL[happening])
    return str(found["then"]) if isinstance(found, Mapping) else str(found)


def writes_existing(book: Book, data: Data, side: str) -> bool:
    """Tell whether what is written there is part of a record that an entity before this one has made or found; of an entity that is not there nobody can tell."""
    resource, entities = data.get(side, {}).get("resource"), book.part("entities")
    return any(
        each not in entities or entities[each].get(side, {}).get("resource") == resource
        for each in listed(data.get("for_each", ()))
    )
