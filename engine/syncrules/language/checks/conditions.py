"""Paths, conditions and constants, wherever they stand in a mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from syncrules.advice import fitting
from syncrules.advice.meant import abbreviated
from syncrules.advice.mend import Instead, Meant, Renamed, written
from syncrules.language import grammar
from syncrules.language.checks.book import Book, Data
from syncrules.language.checks.paths import Lead, lead
from syncrules.language.inherit import value_at
from syncrules.manifest import Field
from syncrules.yaml import Path


def follow(
    book: Book,
    at: Path,
    side: str,
    resource: object,
    path: str,
    *,
    prefix: str = "",
    at_key: bool = False,
    likely: str = "",
    concerns: Path = (),
) -> Lead | None:
    """Follow a path in the manifest; complain if it leads nowhere, and give None if nothing can be said of it.

    Args:
        likely: the path that is meant where nothing near it is known.
        concerns: the path of the rule that says whose field it is.
    """
    found = follow_or_guess(
        book, at, side, resource, path, prefix=prefix, at_key=at_key, likely=likely, concerns=concerns
    )
    return None if found is None or found.guessed else found


def follow_or_guess(
    book: Book,
    at: Path,
    side: str,
    resource: object,
    path: str,
    *,
    prefix: str = "",
    at_key: bool = False,
    likely: str = "",
    concerns: Path = (),
) -> Lead | None:
    """Follow a path in the manifest; where it leads nowhere, complain, and follow the one that was probably meant."""
    if book.resource_named(side, resource) is None:
        return None
    found = lead(book.manifests[side], str(resource), path, prefix)
    if not found.wrong:
        return found
    hint = found.suggestion
    if not isinstance(hint, Meant):
        hint = (
            Meant(f"did you mean '{likely}'?", path, likely) if likely else _of_other_side(book, at, side, path) or hint
        )
    book.say(found.code, at, found.wrong, hint, at_key=at_key, concerns=concerns)
    if not isinstance(found.suggestion, Meant):
        return None
    guess = lead(book.manifests[side], str(resource), found.suggestion.new, prefix)
    return None if guess.wrong else replace(guess, guessed=True)


def prefix_of_each(book: Book, at: Path, side: str, resource: object, says: Data) -> str | None:
    """Give what stands in front of paths that are said of each element of a list (of_each); None, and a complaint, if it is no list."""
    if "of_each" not in says:
        return ""
    found = follow(book, (*at, "of_each"), side, resource, says["of_each"])
    if found is not None and found.field is not None and found.field.type != "array":
        book.say("SR114", (*at, "of_each"), f"'{says['of_each']}' is not a list", "Name a list, or leave of_each: out.")
        return None
    return f"{says['of_each']}." if found is not None else None


def _of_other_side(book: Book, at: Path, side: str, path: str) -> str:
    """Suggest the other side in front of a field that only its records have; empty if it is named there already."""
    other = book.other(side)
    beside = value_at(book.data, at[:-1])
    if at[-1] != side or at[0] != "entities" or not isinstance(beside, Mapping) or other in beside:
        return ""
    resource = book.resource(str(at[1]), other)
    if resource is None or lead(book.manifests[other], resource.name, path).wrong:
        return ""
    return Renamed(f"That is a field of {book.title(other)}: did you mean '{other}: {path}'?", side, other)


def check_condition(book: Book, at: Path, side: str, resource: object, condition: Data, *, prefix: str = "") -> None:
    """Check the paths of a condition, and that what is tested can be there at all."""
    for path, test in condition.items():
        found = follow(book, (*at, path), side, resource, path, prefix=prefix, at_key=True)
        if found is not None and found.field is not None:
            denied = test.get("not", []) if isinstance(test, Mapping) else test
            check_constants(book, (*at, path), found.field, denied)
            _check_pattern(book, (*at, path), found.field, test)


def check_constants(book: Book, at: Path, field: Field, constants: Any) -> None:
    """Check that a field can hold a constant, or each of several."""
    many = isinstance(constants, list)
    for index, each in enumerate(constants if many else [constants]):
        if isinstance(each, Mapping):
            continue
        here = (*at, index) if many and (*at, index) in book.places else at
        if field.enum and each not in field.enum:
            said = f"'{field.name}' is never '{grammar.shown(each)}'"
            book.say("SR128", here, said, _one_of(each, field.enum) or f"It takes {grammar.one_of(field.enum)}.")
        elif field.type == "boolean" and not isinstance(each, bool):
            said = f"'{field.name}' is true or false, never '{grammar.shown(each)}'"
            book.say("SR128", here, said, fitting.yes_or_no(each) or _negated(each) or "Write true or false.")
        elif field.type == "string" and field.format != "decimal" and not field.enum and fitting.quoted(each):
            said = f"'{field.name}' is a text, never the number {each}"
            book.say("SR128", here, said, fitting.quoted(each))


def _one_of(given: object, known: Sequence[object]) -> str:
    """Suggest the one constant, of those that a field takes, that was meant."""
    same = [each for each in known if str(each) == str(given)]
    if same:
        how = "in quotes" if isinstance(same[0], str) else "without quotes"
        return Instead(f"Write it {how}.", written(same[0]) if not isinstance(same[0], str) else f'"{same[0]}"')
    near = grammar.nearest(given, map(str, known))
    short = abbreviated(given, map(str, known))
    return near or (Instead(f"did you mean '{short}'?", short) if short else _negated(given))


def _negated(given: object) -> str:
    found = re.fullmatch(r"(?:not |!=? *)(.+)", str(given), re.IGNORECASE)
    return Instead(f"Write {{not: {found[1]}}}.", f"{{not: {found[1]}}}") if found else ""


def _check_pattern(book: Book, at: Path, field: Field, test: Any) -> None:
    """Refuse a pattern of another language where a text is compared letter by letter."""
    found = re.fullmatch(r"([^*%?]+)[*%]", test) if isinstance(test, str) else None
    if found and field.type == "string" and not field.enum:
        begins = f'{{starts_with: "{found[1]}"}}'
        said = f"'{test}' is compared letter by letter: {test[-1]} stands for nothing else"
        cure = Instead(f'Write {begins}; or ["{test}"] if the sign is a part of the value.', begins)
        book.say("SR105", at, said, cure)


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
