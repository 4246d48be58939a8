"""Say at the end of a run which requirements were shown to work, and leave no thread behind."""

from __future__ import annotations

import gc
import os
import re
import shutil
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import sqlalchemy as sa
import stores
from hypothesis import settings

README = Path(__file__).parent / "README.md"
MARKS = ("requirement", "declares")
"""A test shows a requirement to work, or only that a mapping declares it."""

collect_ignore = ["campaign/fleet_site"]
"""Mappings of systems that only a trial of a fleet installs."""
IN_MEMORY = Path("/dev/shm")
"""Files of a system that has such a folder, kept in its memory."""
ENOUGH = 4 * 1024**3

# Nothing that a test writes is to outlive the machine; waiting for a disk at each commit takes a third of the time.
if "TMPDIR" not in os.environ and IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ENOUGH:
    os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)

# A slow machine is not a bug.
settings.register_profile("calm", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("calm")


def requirements() -> dict[str, str]:
    """Read id → title from the table in the README."""
    return dict(re.findall(r"^\| ([A-Z]+-\d+) \| (.+) \|$", README.read_text(encoding="utf-8"), re.MULTILINE))


KNOWN = requirements()


def ids_of(item: pytest.Item) -> list[tuple[str, str]]:
    """List what a test is about: mark, id."""
    return [(name, str(each)) for name in MARKS for mark in item.iter_markers(name) for each in mark.args]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough", action="store_true", help="Run also what repeats with other systems what is shown with one."
    )
    parser.addoption("--state", choices=stores.KINDS, default=stores.KINDS[0], help="Where the tests keep their state.")


def pytest_configure(config: pytest.Config) -> None:
    stores.use(config.getoption("state"))


def pytest_unconfigure() -> None:
    stores.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for a thorough run; write the ids into each report: so they also travel from the workers of a parallel run."""
    if not config.getoption("thorough"):
        left_out = [each for each in items if each.get_closest_marker("thorough")]
        items[:] = [each for each in items if not each.get_closest_marker("thorough")]
        config.hook.pytest_deselected(items=left_out)
    for item in items:
        item.user_properties += ids_of(item)


def pytest_collection_finish() -> None:
    """Set aside the thousands of tests that were collected: they stay, and need not be looked through for garbage."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    unknown = [each for _, each in ids_of(item) if each not in KNOWN]
    if unknown:
        pytest.fail(f"{README.name} does not list the requirement {' or '.join(unknown)}", pytrace=False)
    for mark in item.iter_markers("kept_in"):
        if stores.kind() not in mark.args:
            pytest.skip(f"not with --state {stores.kind()}: {mark.kwargs['because']}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    shown = _told(terminalreporter, "requirement", "passed")
    broken = _told(terminalreporter, "requirement", "failed", "error")
    covered = shown - broken
    declared = _told(terminalreporter, "declares", "passed") - shown - broken
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if not whole and not shown | broken | declared:
        return
    terminalreporter.section(f"requirements: {len(covered)} of {len(KNOWN)} covered", sep="-")
    for area, ids in _by_area(KNOWN).items():
        parts = {
            "": [each for each in ids if each in covered],
            "FAILED": [each for each in ids if each in broken],
            "declared, not run": [each for each in ids if each in declared],
            "not yet": [each for each in ids if whole and each not in shown | broken | declared],
        }
        told = [
            " ".join(filter(None, [f"{word}:" if word else "", *(each.partition("-")[2] for each in found)]))
            for word, found in parts.items()
            if found
        ]
        if told:
            terminalreporter.line(f"{area:<3} {'   '.join(told)}")


def _told(terminalreporter: pytest.TerminalReporter, mark: str, *outcomes: str) -> set[str]:
    return {
        str(id_)
        for outcome in outcomes
        for report in terminalreporter.stats.get(outcome, ())
        for name, id_ in getattr(report, "user_properties", ())
        if name == mark
    }


def _by_area(ids: dict[str, str]) -> dict[str, list[str]]:
    areas: dict[str, list[str]] = defaultdict(list)
    for each in ids:
        areas[each.partition("-")[0]].append(each)
    return areas


@pytest.fixture(scope="session", autouse=True)
def statements_are_compiled_once() -> Iterator[None]:
    """Thousands of tests open a state store of their own; SQLAlchemy would compile the same statements for each."""
    create = sa.create_engine
    first = create("sqlite://")
    first.connect().close()  # a dialect learns about its database from the first connection
    compiled: dict[object, object] = {}

    def create_engine(url: str | sa.URL, **more: Any) -> sa.Engine:
        if sa.make_url(url).get_backend_name() != "sqlite":
            return create(url, **more)
        engine = create(url, execution_options={"compiled_cache": compiled}, **more)
        engine.dialect = first.dialect
        return engine

    with patch("sqlalchemy.create_engine", create_engine):
        yield
    first.dispose()


@pytest.fixture(scope="session", autouse=True)
def simulated_where_it_was_asked_for() -> Iterator[None]:
    """Simulated worlds keep their state in memory, or in a database as all the others."""
    if stores.in_a_file():
        yield
        return
    from simulated_database import in_a_database

    with in_a_database():
        yield


@pytest.fixture(scope="session", autouse=True)
def every_thread_ends() -> Iterator[None]:
    """A thread that is left over belongs to a server that nobody stopped."""
    before = set(threading.enumerate())
    yield
    left = set(threading.enumerate()) - before
    for each in left:
        each.join(2)  # a request that is just being answered

    assert [each.name for each in left if each.is_alive()] == []
