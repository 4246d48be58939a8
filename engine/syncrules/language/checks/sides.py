"""The two systems of a mapping, and secrets, which never stand in one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from syncrules.language import grammar
from syncrules.language.checks.book import Book, Data
from syncrules.language.checks.conditions import follow
from syncrules.language.checks.ways import sources
from syncrules.yaml import Path

_SECRET_NAME = re.compile(
    r".*(password|passwd|pwd|wachtwoord|mot de passe|secret|token|(api|private|access)[ _-]?key|(security|access)[ _-]?code)s?[ _-]?[0-9]*",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"Bearer \S{8,}.*|[0-9a-fA-F]{32,}|(?=\S*[0-9])(?=\S*[a-z])(?=\S*[A-Z])[A-Za-z0-9+/_-]{32,}={0,2}"
    r"|.*\beyJ[\w-]+\.[\w-]+\..*"  # a JSON Web Token
    r"|.*://[^/\s:@]+:[^/\s@]+@.*",  # a password in an address
    re.DOTALL,
)


def check_sides(book: Book) -> None:
    """Check which records stand for a set of books."""
    scope = book.part("scope")
    for side in [each for each in book.sides if each in scope]:
        at, says = ("scope", side), scope[side]
        if book.has_resource((*at, "resource"), side, says.get("resource")):
            follow(book, (*at, "key"), side, says.get("resource"), says.get("key", ""))
    named_by = scope.get("named_by")
    if scope and not book.is_broken(("scope",)):
        for side in [each for each in book.sides if each not in scope]:
            said = f"it is not said which records of {book.title(side)} stand for a set of books"
            book.say("SR068", ("scope",), said, f"Add {side}: {{resource: …, key: …}}.", at_key=True)
        if named_by is None:
            cure = f"Add named_by: {grammar.one_of(book.sides)}."
            book.say("SR068", ("scope",), "it is not said on which side a person pairs the books", cure, at_key=True)
    if named_by is not None:
        book.side(("scope", "named_by"), named_by)
    if scope and book.part("preflight"):
        said = "questions to the data are not asked of many pairs of books"
        book.remark("SR070", ("preflight",), said, "Take them away.", at_key=True)
    for path, name in _scoped(book.part("entities"), ("entities",)):
        _check_scoped(book, path, name)
    for entity, data in book.entities():
        if "outside_scope" in data and not scope:
            said = "there is only one pair of books here, so nothing is outside of it"
            book.remark("SR070", ("entities", entity, "outside_scope"), said, "Take it away.", at_key=True)
        elif scope and not data.get("outside_scope"):
            _remark_paired(book, entity, data)


def _remark_paired(book: Book, entity: str, data: Data) -> None:
    """Remark on what is made of the records that pairs of books are made of: each pair would have all of them."""
    for side in sources(book, data):
        resource = book.part("scope").get(side, {}).get("resource")
        if resource is not None and data.get(side, {}).get("resource") == resource:
            said = f"pairs of books are made of these {resource}: here each pair brings all of them, and before there is a pair nobody does"
            book.remark("SR070", ("entities", entity), said, "Add outside_scope: true.", at_key=True)


def _check_scoped(book: Book, path: Path, name: str) -> None:
    """Check a value that is taken from the record that names the pair of books."""
    scope = book.part("scope")
    side = scope.get("named_by")
    if not scope:
        book.say(
            "SR069",
            (*path, "scope"),
            "there is only one pair of books here: no record names it",
            "Write the value itself.",
        )
    elif book.part("entities").get(str(path[1]), {}).get("outside_scope"):
        book.say(
            "SR069", (*path, "scope"), f"'{path[1]}' happens once for all pairs of books", "Write the value itself."
        )
    elif side in book.sides and side in scope:
        resource = scope[side].get("resource")
        follow(book, (*path, "scope"), side, resource, name, concerns=("scope", "named_by"))


def _scoped(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, dict):
        if isinstance(data.get("scope"), str):
            yield path, data["scope"]
        for key, each in data.items():
            yield from _scoped(each, (*path, key))
    elif isinstance(data, list):
        for index, each in enumerate(data):
            yield from _scoped(each, (*path, index))


def secrets(data: Any, path: Path = ()) -> Iterator[Path]:
    """Find what looks like a secret: by the name of its key, or by what it looks like."""
    if isinstance(data, str | int) and _SECRET_VALUE.fullmatch(str(data).strip()):
        yield path
    elif isinstance(data, dict):
        for key, each in data.items():
            if _SECRET_NAME.fullmatch(key):
                yield (*path, key)
            else:
                yield from secrets(each, (*path, key))
    elif isinstance(data, list):
        for index, each in enumerate(data):
            yield from secrets(each, (*path, index))
