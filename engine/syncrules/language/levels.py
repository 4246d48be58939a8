"""The change of the text that puts a key at the level where it belongs; it is read again before anybody is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from syncrules import yaml
from syncrules.errors import Fix, Place
from syncrules.language.inherit import value_at
from syncrules.yaml import Document, Path


def put_right(document: Document, path: Path, target: Path) -> Fix | None:
    """Let a key begin where those beside which it belongs begin; None if that alone does not put it there.

    Args:
        path: where it stands.
        target: where it belongs, its own name included.
    """
    wanted = _moved(document.data, path, target)
    if wanted is None:
        return None
    for fix in _ways(document, path, target[:-1]):
        lines = [*document.lines]
        lines[fix.place.line - 1 : fix.end.line - 1] = fix.text.splitlines()
        again = yaml.load("\n".join(lines) + "\n", document.file)
        if not again.problems and again.data == wanted:
            return fix
    return None


def _moved(data: Any, path: Path, target: Path) -> Any:
    """Give the data with the key where it belongs."""
    wanted = deepcopy(data)
    holder, home = value_at(wanted, path[:-1]), value_at(wanted, target[:-1])
    if not isinstance(holder, dict) or not isinstance(home, dict) or target[-1] in home:
        return None
    home[target[-1]] = holder.pop(path[-1])
    return wanted


def _ways(document: Document, path: Path, home: Path) -> Iterator[Fix]:
    """Give the changes that may do it: let it begin further out or in where it stands, or behind what it stands in."""
    first = document.places[path].line
    deep = _indent(document.lines[first - 1])
    beside = [
        document.places[(*home, each)]
        for each in value_at(document.data, home)
        if path[: len(home) + 1] != (*home, each)
    ]
    indents = {each.column - 1 for each in beside if _indent(document.lines[each.line - 1]) == each.column - 1}
    if document.places[path].column - 1 != deep or len(indents) != 1:
        return
    wanted, last = indents.pop(), _end(document, first, deep)
    block = [
        " " * (wanted - deep) + each if wanted > deep else each[deep - wanted :]
        for each in document.lines[first - 1 : last]
    ]
    yield _between(document, first, last, block)
    around = document.places.get(path[: len(home) + 1])
    if around is not None and wanted < deep:
        end = _end(document, around.line, wanted)
        yield _between(document, first, end, [*document.lines[last:end], *block])


def _end(document: Document, first: int, deep: int) -> int:
    """Find the last line of what begins in a line so deep."""
    last = first
    for number in range(first + 1, len(document.lines) + 1):
        text = document.lines[number - 1]
        if text.strip() and not text.lstrip().startswith("#"):
            if _indent(text) <= deep:
                break
            last = number
    return last


def _between(document: Document, first: int, last: int, lines: list[str]) -> Fix:
    text = "".join(f"{each}\n" for each in lines)
    return Fix(Place(document.file, first, 1), Place(document.file, last + 1, 1), text)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
