"""A good mapping with one edit in it, as a case file writes it down: where, what stands there, what takes its place.

A case file says mapping → cases. `at` is a place: keys one within the other as they are indented (`customer / fields / Website`);
one that does not begin with a word of the file begins with an entity. `text` stands exactly once in what begins there, and
`replacement` takes its place; without `text` everything that begins there goes. `line` says where the mistake is, if not in the
first line that the edit changed: so many lines further down, or a place of the broken file.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
CONNECTORS = HERE.parent / "mappings" / "connectors"
FOLDERS = (Path(str(importlib.resources.files("syncrules_mappings"))), CONNECTORS, HERE / "good")
TOP = ("syncrules", "title", "summary", "extends", "sides", "scope", "settings", "preflight", "entities",
       "not_synchronised", "examples")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody did to a good mapping."""

    id: str
    base: str
    did: str
    at: str = ""
    text: str | None = None
    replacement: str = ""
    line: tuple[int | str, ...] = (0,)
    why: str = ""
    """Why more than one line is right, or another than the first that was changed."""
    mends: bool = False
    """Undoing the edit is the one thing that a helpful compiler could offer."""
    remark: bool = False
    """It does no harm, so that a remark is enough."""
    against: tuple[str, ...] = ()
    """The requirements that the edited mapping no longer meets."""

    def edited(self, good: str) -> str:
        """Give the mapping with the edit in it."""
        start, end = block(good, self.at) if self.at else (0, len(good))
        if self.text is None:
            return good[:start] + self.replacement + good[end:]
        found = good.count(self.text, start, end)
        assert found == 1, f"{self.id}: the text stands {found} times in '{self.at or self.base}'"
        where = good.index(self.text, start, end)
        return good[:where] + self.replacement + good[where + len(self.text) :]

    def first_line(self, good: str) -> int:
        """Tell which line of the edited mapping is the first that is another one; lines count from 1."""
        pairs = zip(good.splitlines(), self.edited(good).splitlines(), strict=False)
        return 1 + next((at for at, (one, other) in enumerate(pairs) if one != other), good.count("\n"))

    def lines(self, good: str) -> frozenset[int]:
        """List the lines of the edited mapping at which it is right to point."""
        edited, first = self.edited(good), self.first_line(good)
        return frozenset(
            first + each if isinstance(each, int) else edited.count("\n", 0, block(edited, each)[0]) + 1
            for each in self.line
        )


def block(text: str, at: str) -> tuple[int, int]:
    """Find what begins at a place: from the start of its first line to the end of its last.

    Raises:
        AssertionError: there is no such place, or more than one.
    """
    names = at.split(" / ")
    if names[0] not in TOP:
        names = ["entities", *names]
    lines = text.splitlines(keepends=True)
    first, end = -1, len(lines)
    for name in names:
        inside = [each for each in range(first + 1, end) if said(lines[each])]
        here = min((indent(lines[each]) for each in inside), default=0)
        found = [
            each for each in inside if indent(lines[each]) == here and lines[each].strip().startswith((f"{name}:", f'"{name}":'))
        ]  # fmt: skip
        assert len(found) == 1, f"'{name}' of '{at}' stands there {len(found)} times"
        first = found[0]
        end = next((each for each in inside if each > first and indent(lines[each]) <= here), end)
    while not said(lines[end - 1]):
        end -= 1
    return len("".join(lines[:first])), len("".join(lines[:end]))


def said(line: str) -> bool:
    """Tell whether a line says something, and is no comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def indent(line: str) -> int:
    """Count the spaces in front of a line."""
    return len(line) - len(line.lstrip(" "))


def file_of(base: str) -> Path:
    """Find the file of a good mapping: one that is shipped, of a connector, or of a user."""
    return next(found for folder in FOLDERS if (found := folder / f"{base}.yaml").is_file())


def read(file: Path) -> list[Edit]:
    """Read a case file."""
    return list(_cases(yaml.safe_load(file.read_text(encoding="utf-8"))))


def _cases(document: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Edit]:
    for base, cases in document.items():
        for case in cases:
            many = {
                name: tuple(value) if isinstance(value, list) else (value,)
                for name in ("line", "against")
                if (value := case.get(name)) is not None
            }
            yield Edit(**{**case, **many, "base": base})
