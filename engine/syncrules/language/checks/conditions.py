"""Paths, conditions and constants, wherever they stand in a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from syncrules.language import grammar
from syncrules.language.checks.book import Book, Data
from syncrules.language.checks.paths import Lead, lead
from syncrules.manifest import Field
from syncrules.meant import Meant
from syncrules.yaml import Path


def follow(
    book: Book, at: Path, side: str, resource: object, path: str, *, prefix: str = "", at_key: bool = False
) -> Lead | None:
    """Follow a path in the manifest; complain if it leads nowhere, and give None if nothing can be said of it."""
    found = follow_or_guess(book, at, side, resource, path, prefix=prefix, at_key=at_key)
    return None if found is None or found.guessed else found


def follow_or_guess(
    book: Book, at: Path, side: str, resource: object, path: str, *, prefix: str = "", at_key: bool = False
) -> Lead | None:
    """Follow a path in the manifest; where it leads nowhere, complain, and follow the one that was probably meant."""
    if book.resource_named(side, resource) is None:
        return None
    found = lead(book.manifests[side], str(resource), path, prefix)
    if not found.wrong:
        return found
    book.say(found.code, at, found.wrong, found.suggestion, at_key=at_key)
    if not isinstance(found.suggestion, Meant):
        return None
    guess = lead(book.manifests[side], str(resource), found.suggestion.new, prefix)
    return None if guess.wrong else replace(guess, guessed=True)


def check_condition(book: Book, at: Path, side: str, resource: object, condition: Data, *, prefix: str = "") -> None:
    """Check the paths of a condition, and that what is tested can be there at all."""
    for path, test in condition.items():
        found = follow(book, (*at, path), side, resource, path, prefix=prefix, at_key=True)
        if found is not None and found.field is not None:
            denied = test.get("not", []) if isinstance(test, Mapping) else test
            check_constants(book, (*at, path), found.field, denied)


def check_constants(book: Book, at: Path, field: Field, constants: Any) -> None:
    """Check that a field can hold a constant, or each of several."""
    for each in constants if isinstance(constants, list) else [constants]:
        if isinstance(each, Mapping):
            continue
        if field.enum and each not in field.enum:
            allowed = f"It takes {grammar.one_of(field.enum)}."
            book.say(
                "SR128",
                at,
                f"'{field.name}' is never '{grammar.shown(each)}'",
                grammar.nearest(each, map(str, field.enum)) or allowed,
            )
        elif field.type == "boolean" and not isinstance(each, bool):
            book.say(
                "SR128", at, f"'{field.name}' is true or false, never '{grammar.shown(each)}'", "Write true or false."
            )


def check_set(book: Book, at: Path, side: str, resource: object, constants: Data, *, prefix: str = "") -> None:
    """Check the constants that are written when a record is created."""
    for path, value in constants.items():
        found = follow(book, (*at, path), side, resource, path, prefix=prefix, at_key=True)
        if found is None:
            continue
        if found.unwritable():
            book.say("SR112", (*at, path), found.unwritable(), "Take it out of set:.", at_key=True)
        elif found.field is not None:
            check_constants(book, (*at, path), found.field, value)
