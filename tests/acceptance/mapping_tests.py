"""Does a test notice a changed mapping, and which row of the requirements does it name? The cheapest are asked first.

That is: what `statements.yaml` says of the mapping; the examples beside it, which need no system; then the tests that look at the
mapping or run it, those in front that speak of what was changed. A test that fails and names no row is remembered, and the search
goes on.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from math import log
from pathlib import Path
from typing import Any
from unittest.mock import patch

import world
from mapping_changes import Change
from mapping_examples import noticed

from syncrules import yaml as exact
from syncrules.examples import load
from syncrules.examples.model import Examples
from syncrules.language import spec
from syncrules.language.model import Spec

HERE = Path(__file__).parent
LOOKING = tuple(f"../mappings/test_{each}.py" for each in ("documents", "mappings"))
"""The tests that look at the mappings, and run nothing; statements and examples are asked apart."""
EBOEKHOUDEN = ("test_eb_*.py", "test_x_*.py")
TESTS = {
    "tribe-eboekhouden": (*LOOKING, *EBOEKHOUDEN),
    "tribe-eboekhouden-rest": (*LOOKING, "../mappings/test_over_rest.py", *EBOEKHOUDEN),
    "tribe-winbooks": (*LOOKING, "test_wb_*.py"),
    "tribe-yuki": (*LOOKING, "test_yu_*.py"),
    "winbooks-silverfin": (*LOOKING, "test_sf_*.py"),
}
"""Mapping → the tests that look at it or run it."""
MAPPINGS = HERE.parent / "mappings"
NEAR = 25
"""So many tests are asked where only those that are most likely to notice are wanted."""
LONGEST = 300.0
"""Seconds in which no test came to its end, after which they hang and count as having noticed."""
BROKEN = "the tests themselves are broken"


@cache
def examples(name: str) -> Examples:
    """Give the examples that a mapping ships with."""
    return load.load(spec.load(str(files("syncrules_mappings") / f"{name}.yaml")))


class Watcher:
    """Puts the tests that speak of a change in front, stops at the first failure that names a row, and shows that it goes on."""

    def __init__(self, change: Change, alive: Path, most: int | None) -> None:
        self.words, self.alive, self.most = spoken(change.label), alive, most
        self.name = self.unnamed = ""
        self.rows: list[str] = []
        self.session: Any = None

    def pytest_sessionstart(self, session: Any) -> None:
        self.session = session

    def pytest_collection_finish(self, session: Any) -> None:
        session.items[:] = ordered(session.items, self.words)[: self.most]

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.alive.touch()
        if not report.failed or self.name:
            return
        test = str(report.nodeid).rpartition("::")[2]
        self.rows = sorted({str(row) for mark, row in report.user_properties if mark in ("requirement", "declares")})
        self.name, self.unnamed = (test, "") if self.rows else ("", self.unnamed or test)
        if self.name:
            self.session.shouldstop = "noticed"

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.name:
            self.name = f"{BROKEN}: {report.nodeid} could not be collected"


def spoken(text: str) -> set[str]:
    """List the words of a text, as they are compared: `fields/Payment term` speaks of `payment` and `term`."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    return {each.lower() for each in re.findall(r"[^\W\d_]{3,}", apart)}


def ordered(items: Sequence[Any], words: set[str]) -> list[Any]:
    """Put those tests in front whose names, parameters and lines speak of these words, a rare word counting for more."""
    texts = {item: spoken(f"{item.nodeid} {_lines(item.function)}") & words for item in items}
    often = Counter(word for each in texts.values() for word in each)
    rare = {word: log(1 + len(items) / count) for word, count in often.items()}
    return sorted(items, key=lambda item: -sum(rare[each] for each in texts[item]))


@cache
def _lines(function: Any) -> str:
    code = function.__code__
    lines = _file(code.co_filename)[code.co_firstlineno - 1 :]
    end = next((at for at, line in enumerate(lines[1:], 1) if line.startswith(("def ", "@", "class "))), len(lines))
    return "".join(lines[:end])


@cache
def _file(name: str) -> list[str]:
    return Path(name).read_text(encoding="utf-8").splitlines(keepends=True)


def alive_beside(told: Path) -> Path:
    """Name the file that is touched whenever a test has come to its end."""
    return told.with_suffix(".alive")


def hangs(told: Path) -> bool:
    """Tell whether no test has come to its end for too long: all of them together may take as long as they need."""
    return time.time() - alive_beside(told).stat().st_mtime > LONGEST


def contradicted(name: str, changed: Spec) -> tuple[str, list[str]]:
    """Give the first heading of `statements.yaml` under which something else stands, and the rows that it shows."""
    if str(MAPPINGS) not in sys.path:
        sys.path.append(str(MAPPINGS))
    import statement

    stated = exact.load((MAPPINGS / "statements.yaml").read_text(encoding="utf-8"), "statements.yaml").data
    says = dict(statement.said(changed))
    for heading, each in stated[name].items():
        if says.get(heading) != each["says"]:
            return f"what is said of {heading}", list(each["shows"])
    return "", []


def ask(name: str, change: Change, changed: Path, told: Path, *, how: str) -> None:
    """Look for a test that notices a change, in this process, which is one of its own; leave what was found in a file.

    Args:
        how: `cheap` asks the statements and the examples alone, `near` also the tests that are most likely to notice,
            anything else asks all.
    """
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    loaded = spec.load(str(changed))
    kind, (by, rows) = "statement", contradicted(name, loaded)
    if not rows:
        kind, (by, rows) = "example", noticed(loaded, examples(name), change.entity)
    if not rows and how != "cheap":
        kind = "test"
        found = _tests(name, change, changed, told, NEAR if how == "near" else None)
        by, rows = (found.name or by or found.unnamed), found.rows
    told.write_text(json.dumps({"by": by, "rows": rows, "kind": kind}), encoding="utf-8")
    os._exit(0)


def _tests(name: str, change: Change, changed: Path, told: Path, most: int | None) -> Watcher:
    import pytest

    installed = spec.find
    patch.object(spec, "find", lambda wanted: installed(str(changed) if wanted == name else wanted)).start()
    world.only(str(changed))
    world._load.cache_clear()
    watcher = Watcher(change, alive_beside(told), most)
    options = [
        "-q",
        "--thorough",
        "--assert=plain",
        "-oaddopts=",  # without xdist nobody knows how tests are shared out
        f"-k{_about(name)}",
        *(f"-pno:{each}" for each in ("cacheprovider", "xdist", "hypothesispytest")),
    ]
    paths = [str(each.resolve()) for pattern in TESTS[name] for each in sorted(HERE.glob(pattern))]
    code = pytest.main([*options, *paths], plugins=[watcher])
    if not watcher.name and not watcher.unnamed and code != 0:
        watcher.name = f"{BROKEN}: pytest ended with {code}"
    return watcher


def _about(name: str) -> str:
    """Leave out the tests that are about another mapping, as their names say."""
    others = [each for each in spec.names() if each != name and each not in name]
    return f"{name} or not ({' or '.join(others)})" if others else name
