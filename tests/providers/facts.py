"""What is recorded of the systems, item by item, and the tests that there are.

The record is not ours to give away: it lies beside this repository, or not at all.
"""

from __future__ import annotations

import ast
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
