"""Fixes that are carried out: each alone, and only if less is wrong afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from syncrules.errors import Fix, Problem

MOST = 200
"""So many fixes are tried in one file."""


class Looked(Protocol):
    """A file that was looked at."""

    @property
    def found(self) -> Sequence[Problem]: ...


def fix(name: str, look: Callable[[str], Looked]) -> list[str]:
    """Carry out the fixes of a file, one after the other, and tell each; a fix that makes nothing better is taken back.

    Only serious problems are fixed, and only in the file itself: what it extends stays as it is.
    """
    path = Path(name)
    told: list[str] = []
    refused: set[Fix] = set()
    for _ in range(MOST):
        if not path.is_file():
            break
        before = [each for each in look(name).found if each.serious]
        chosen = next((each for each in before if _may(each, name) and each.fix not in refused), None)
        if chosen is None or chosen.fix is None:
            break
        text = path.read_bytes().decode("utf-8")
        _write(path, carried_out(text, chosen.fix))
        after = [each for each in look(name).found if each.serious]
        if _better(before, after, chosen):
            told.append(f"{chosen.place}: {chosen.code} {chosen.message}; {_says(chosen)}")
        else:
            refused.add(chosen.fix)
            _write(path, text)
    return told


def _may(each: Problem, name: str) -> bool:
    return each.fix is not None and each.fix.place.file == name


def _better(before: Sequence[Problem], after: Sequence[Problem], chosen: Problem) -> bool:
    """Tell whether the problem is gone; one that hid all others may show them now."""
    gone = all((each.code, each.place) != (chosen.code, chosen.place) for each in after)
    return gone and (len(after) < len(before) or chosen.code < "SR010")


def _says(each: Problem) -> str:
    return f"wrote '{each.fix.text}'" if each.fix is not None and each.fix.text.strip() else "put right"


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))


def carried_out(text: str, fix: Fix) -> str:
    """Change a text as a fix says."""
    lines = text.splitlines(keepends=True)
    start, end = _offset(lines, fix.place.line, fix.place.column), _offset(lines, fix.end.line, fix.end.column)
    return text[:start] + fix.text + text[end:]


def _offset(lines: Sequence[str], line: int, column: int) -> int:
    return sum(len(each) for each in lines[: line - 1]) + column - 1
