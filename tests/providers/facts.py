"""What is recorded of the systems, item by item, and the tests that there are.

The record is not ours to give away: it lies beside this repository, or not at all.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
FACTS = HERE.parents[2] / "shared" / "apis"


@cache
def test_names() -> frozenset[str]:
    """List the tests beside this file, `file.py::test`, without running anything."""
    return frozenset(
        f"{file.name}::{node.name}"
        for file in HERE.glob("test_*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


test_names.__test__ = False  # type: ignore[attr-defined]  # its name is no test's


def spread(items: str) -> Iterator[str]:
    """Name every item of a list such as `1.2/3, 1.2/5-7, 6`: `1.2/3`, `1.2/5` and so on; a section alone stays as it is."""
    for each in items.split(","):
        section, _, places = each.strip().partition("/")
        first, _, last = places.partition("-")
        if not places:
            yield section
        for place in range(int(first or 0), int(last or first) + 1) if places else ():
            yield f"{section}/{place}"


def recorded(file: str) -> Counter[str]:
    """Count what is recorded in each section: bullets, numbered lines, rows of tables, paragraphs; not what is in code."""
    counted: Counter[str] = Counter()
    section, before = "", ""
    for line in _outside_code((FACTS / file).read_text(encoding="utf-8")):
        if heading := re.match(r"#+ (\d+(?:\.\d+)?)?", line):
            section = heading[1] or ""
        kind = _kind(line)
        if section and _is_item(line, kind, before):
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
    for kind, begins in {"none": r"$|#", "row": r"\|", "bullet": r"(\*|-|\d+\.) "}.items():
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
