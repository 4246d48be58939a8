"""What is recorded of Yuki, item by item, and which test shows which item.

An item is a bullet, a numbered line, a row of a table or a paragraph of a numbered section of the record; its key is the
section and its place in it, `2.2/15`. The record is not ours to give away: it lies beside this repository, or not at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

RECORD = Path(__file__).parents[3] / "shared" / "apis" / "yuki.md"
needs_record = pytest.mark.skipif(not RECORD.exists(), reason=f"the record of Yuki does not lie at {RECORD}")

LEFT_OUT = ("5", "9")
"""The exchanges, which are replayed, and the sources."""

Test = TypeVar("Test", bound=Callable[..., None])

SHOWN: dict[str, list[str]] = {}
"""Which tests show an item."""


def shows(*items: str) -> Callable[[Test], Test]:
    """Say which items of the record a test shows: `"2.2/15"`, or several of a section, `"2.2/15-18"`."""

    def note(test: Test) -> Test:
        for each in items:
            for key in spread(each):
                SHOWN.setdefault(key, []).append(test.__name__)
        return test

    return note


def spread(items: str) -> Iterator[str]:
    section, _, places = items.partition("/")
    first, _, last = places.partition("-")
    for place in range(int(first), int(last or first) + 1):
        yield f"{section}/{place}"


def recorded() -> Counter[str]:
    """Count the items of each section."""
    counted: Counter[str] = Counter()
    section, before = "", ""
    for line in _outside_code(RECORD.read_text(encoding="utf-8")):
        if heading := re.match(r"#+ (\d+(?:\.\d+)?)?", line):
            section = heading[1] or ""
        kind = _kind(line)
        if section.partition(".")[0] not in ("", *LEFT_OUT) and _is_item(line, kind, before):
            counted[section] += 1
        before = kind
    return counted


def _outside_code(text: str) -> Iterator[str]:
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("```"):
            inside = not inside
        yield "" if inside or line.startswith("```") or line == "---" else line


def _kind(line: str) -> str:
    for kind, begins in {"none": r"$|#", "row": r"\|", "bullet": r"(\*|\d+\.) "}.items():
        if re.match(begins, line):
            return kind
    return "text"


def _is_item(line: str, kind: str, before: str) -> bool:
    """Say whether an item begins here: not the head of a table, a ruler, a heading, nor what only announces a list."""
    match kind:
        case "bullet":
            return True
        case "row":
            return before == "row" and not re.fullmatch(r"[| -]+", line) and not re.fullmatch(r"\|[^|]*(\|\s*)+", line)
        case "text":
            return before == "none" and not line.endswith(":")
    return False
