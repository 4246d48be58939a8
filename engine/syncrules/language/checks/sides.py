"""The two systems of a mapping, and secrets, which never stand in one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from syncrules.language.checks.book import Book
from syncrules.language.checks.conditions import follow
from syncrules.yaml import Path

_SECRET_NAME = re.compile(
    r".*(password|passwd|secret|token|api[ _-]?key|private[ _-]?key|access[ _-]?key)s?", re.IGNORECASE
)
_SECRET_VALUE = re.compile(
    r"Bearer \S{8,}.*|[0-9a-fA-F]{32,}|(?=\S*[0-9])(?=\S*[a-z])(?=\S*[A-Z])[A-Za-z0-9+/_-]{40,}={0,2}"
)


def check_sides(book: Book) -> None:
    """Check which records stand for a set of books."""
    scope = book.part("scope")
    for side in [each for each in book.sides if each in scope]:
        at, says = ("scope", side), scope[side]
        if book.has_resource((*at, "resource"), side, says.get("resource")):
            follow(book, (*at, "key"), side, says.get("resource"), says.get("key", ""))


def secrets(data: Any, path: Path = ()) -> Iterator[Path]:
    """Find what looks like a secret: by the name of its key, or by what it looks like."""
    if isinstance(data, str) and _SECRET_VALUE.fullmatch(data.strip()):
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
