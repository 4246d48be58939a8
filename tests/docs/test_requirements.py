"""The list of covered requirements that a test run ends with."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
EXAMPLE = """
import pytest

@pytest.mark.requirement("A-01", "A-02")
def test_works(): pass

@pytest.mark.requirement("A-03")
def test_does_not(): assert False

@pytest.mark.declares("B-02", "A-01")
def test_only_says_so(): pass

@pytest.mark.requirement("B-99")
def test_shows_what_nobody_asked_for(): pass
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_tells_what_is_covered_what_failed_and_what_is_missing(tmp_path: Path, workers: str) -> None:
    (tmp_path / "tests").mkdir()
    table = "".join(f"| {each} | something |\n" for each in ("A-01", "A-02", "A-03", "A-04", "B-01", "B-02"))
    (tmp_path / "tests" / "README.md").write_text(table, encoding="utf-8")
    (tmp_path / "tests" / "conftest.py").write_text((TESTS / "conftest.py").read_text("utf-8"), encoding="utf-8")
    (tmp_path / "tests" / "test_example.py").write_text(EXAMPLE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\ntestpaths = tests\npythonpath = {TESTS / 'acceptance'}\nmarkers =\n  requirement\n  declares",
        encoding="utf-8",
    )

    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", workers], cwd=tmp_path, capture_output=True, text=True, check=False
    ).stdout

    assert "requirements: 2 of 6 covered" in told
    assert "A   01 02   FAILED: 03   not yet: 04" in told
    assert "B   declared, not run: 02   not yet: 01" in told
    assert "does not list the requirement B-99" in told


def test_every_requirement_has_an_id_of_its_own() -> None:
    ids = re.findall(r"^\| ([A-Z]+-\d+) \|", (TESTS / "README.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert len(ids) == len(set(ids)) == 74


CONNECTORS = ("EB", "YU", "WB", "SF")


def test_what_a_connector_promises_to_users_is_shown_in_a_world_and_not_by_looking_at_its_mapping() -> None:
    looking = [
        f"{file.name}: {test.name}"
        for file in sorted((TESTS / "acceptance").glob("test_*.py"))
        for test in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(test, ast.FunctionDef) and not _enters_a_world(test)
        if any(each.partition("-")[0] in CONNECTORS for each in _shown_by(test))
    ]

    assert looking == []


ABOUT_MAPPINGS = {"X-11", "X-13", "X-14"}
"""Rows that are about files, whatever systems they name."""


@pytest.mark.parametrize("files", ["test_[xe]*", "test_yu_*", "test_wb_*", "test_sf_*"])
def test_what_users_of_every_such_system_expect_is_shown_for_each(files: str) -> None:
    rows = set(re.findall(r"^\| (X-\d+) \|", (TESTS / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    shown = {
        each
        for file in (TESTS / "acceptance").glob(f"{files}.py")
        for test in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(test, ast.FunctionDef)
        for each in _shown_by(test)
    }

    assert rows - ABOUT_MAPPINGS - shown == set()


def _enters_a_world(test: ast.FunctionDef) -> bool:
    """Tell whether a test is given a world, or makes one: it then stays in it for as long as it looks."""
    return bool(test.args.args) or any(isinstance(each, ast.With) for each in ast.walk(test))


def _shown_by(test: ast.FunctionDef) -> Iterator[str]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.requirement":
            yield from (str(ast.literal_eval(each)) for each in mark.args)
