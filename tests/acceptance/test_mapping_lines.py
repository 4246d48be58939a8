"""The campaign that takes lines out of the mappings: it lists every line, and a slice of it runs here."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path
from types import SimpleNamespace

import mapping_lines
import mapping_tests
import pytest
from mapping_changes import READ_ONLY, Change, changes, texts
from mapping_excuses import EXCUSED

from syncrules.language import spec

SCRIPT = Path(mapping_lines.__file__)
SLICES = {"tribe-eboekhouden": (3, 20), "tribe-winbooks": (2, 1), "tribe-yuki": (2, 1), "winbooks-silverfin": (2, 1)}
"""Mapping → so many changes are tried with every run of the tests, chosen by this seed; the whole campaign is a command of its own."""


@pytest.mark.requirement("G-06")
@pytest.mark.parametrize("name", mapping_tests.TESTS)
def test_every_line_of_a_mapping_is_changed_or_only_read(name: str) -> None:
    lines = spec.find(name).read_text(encoding="utf-8").splitlines()
    looked_at = {each.line for each in changes(name)} | {line for line, _ in texts(name)}
    in_a_text = False
    left_out = []
    for number, line in enumerate(lines, 1):
        word = line.strip().partition(":")[0]
        in_a_text = (in_a_text and line.startswith(" ")) or word in READ_ONLY
        if line.strip() and not line.strip().startswith("#") and number not in looked_at and not in_a_text:
            left_out.append(f"{number}: {line}")

    assert left_out == []


@pytest.mark.parametrize("name", mapping_tests.TESTS)
def test_no_two_changes_bear_the_same_label(name: str) -> None:
    labels = [each.label for each in changes(name)]

    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("name", mapping_tests.TESTS)
def test_every_excuse_is_for_a_change_that_exists(name: str) -> None:
    labels = [each.label for each in changes(name)]
    stale = [each for each in EXCUSED[name] if not any(fnmatchcase(label, each) for label in labels)]

    assert stale == []


def test_tests_hang_when_none_has_come_to_its_end_for_too_long_however_long_they_take_together(tmp_path: Path) -> None:
    told = tmp_path / "told"
    alive = mapping_tests.alive_beside(told)
    alive.touch()
    busy = mapping_tests.hangs(told)
    long_ago = time.time() - 2 * mapping_tests.LONGEST
    os.utime(alive, (long_ago, long_ago))

    assert (busy, mapping_tests.hangs(told)) == (False, True)


def test_every_test_that_ends_shows_that_the_tests_go_on(tmp_path: Path) -> None:
    told = tmp_path / "told"
    alive = mapping_tests.alive_beside(told)
    alive.touch()
    long_ago = time.time() - 2 * mapping_tests.LONGEST
    os.utime(alive, (long_ago, long_ago))
    mapping_tests.Watcher(Change(("title",), "title: removed", 1, {}), alive, None).pytest_runtest_logreport(
        SimpleNamespace(failed=False)
    )

    assert not mapping_tests.hangs(told)


@pytest.mark.requirement("G-06")
@pytest.mark.parametrize(
    "name",
    [each if each == "tribe-eboekhouden" else pytest.param(each, marks=pytest.mark.thorough) for each in SLICES],
)
def test_a_slice_of_the_changes_is_noticed(name: str) -> None:
    count, seed = map(str, SLICES[name])
    given = ["--mapping", name, "--count", count, "--seed", seed, "--near", "--jobs", "1"]
    command = [sys.executable, str(SCRIPT), *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
