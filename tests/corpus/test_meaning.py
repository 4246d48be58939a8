"""The corpus of mappings that mean the wrong thing is what it says it is; `meaning.py` asks what catches them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import broken
import edits
import meaning
import pytest

CASES = edits.read(meaning.FILE)
ENOUGH = 220
EVERY = 8
"""Every so many cases one is put before `validate`."""
REQUIREMENTS = Path(__file__).parent.parent / "README.md"


def test_there_are_enough_faults_each_is_named_once_and_they_are_of_all_the_mappings_of_the_product() -> None:
    twice = [name for name, times in Counter(each.id for each in CASES).items() if times > 1]
    bases = Counter(each.base for each in CASES)

    assert len(CASES) >= ENOUGH
    assert not twice
    assert set(bases) == {"tribe-eboekhouden", "tribe-winbooks", "tribe-yuki", "winbooks-silverfin"}
    assert min(bases.values()) >= 40


def test_every_fault_names_requirements_that_there_are() -> None:
    there = set(re.findall(r"^\| ([A-Z]+-\d+) \|", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE))

    assert all(each.against and set(each.against) <= there for each in CASES)


def test_every_fault_edits_a_good_mapping_in_one_place_and_points_into_what_comes_of_it() -> None:
    for case in CASES:
        good = edits.file_of(case.base).read_text(encoding="utf-8")
        edited = case.edited(good)

        assert edited != good, case.id
        assert case.lines(good) <= set(range(1, edited.count("\n") + 2)), case.id
        assert case.why or len(case.line) == 1, f"{case.id}: more than one line needs a reason"


def test_most_faults_are_mappings_that_validate_takes(tmp_path: Path) -> None:
    refused, some = [], CASES[::EVERY]
    for case in some:
        file = tmp_path / f"{case.base}.yaml"
        file.write_text(case.edited(edits.file_of(case.base).read_text(encoding="utf-8")), encoding="utf-8")
        answer = broken.validated(file)
        if answer.problems or answer.traceback:
            refused.append(case.id)

    assert len(refused) < 0.15 * len(some), refused


@pytest.mark.parametrize(
    ("said", "findings"),
    [
        ({"mappings": [{"problems": [{"message": "a", "file": "x.yaml", "line": 3}], "remarks": [{"message": "b", "line": 4}]}]}, [("a", 3)]),
        ({"problems": [{"text": "c", "file": "other.yaml", "line": 3}, {"text": "d", "line": None}]}, [("c", 0), ("d", 0)]),
        ({"examples": [{"passed": True, "say": "e"}]}, []),
    ],
)  # fmt: skip
def test_what_a_command_finds_is_read_from_its_answer_wherever_it_stands(
    said: object, findings: list[tuple[str, int]]
) -> None:
    found = [(each.said, each.line) for each in meaning._findings(said, Path("x.yaml"))]

    assert found == findings


def test_the_command_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def try_out(bench: meaning.Bench, edit: edits.Edit) -> meaning.Found:
        tried.append(edit.id)
        return meaning.Found(edit.id, edit.base, bench.mark(edit), {"check": "x"}, {"check": True}, ["test"])

    monkeypatch.setattr(meaning.Bench, "try_out", try_out)
    options = ["--results", str(tmp_path / "results.jsonl")]

    assert meaning.main([*options, "--only", "eb-no-match"]) == 0
    assert meaning.main([*options, "--only", "eb-no-"]) == 0
    assert tried.count("eb-no-match") == 1
    assert len(tried) == sum("eb-no-" in each.id for each in CASES) > 1
    assert f"{len(tried)} faults, {len(tried)} caught" in capsys.readouterr().out


def test_a_command_that_is_not_there_catches_nothing_and_is_said_not_to_be_there() -> None:
    lacking = [
        meaning.Found("a", "b", "", absent=["test"]),
        meaning.Found("c", "b", "", {"check": "x"}, {"check": False}, ["test"]),
    ]

    told = meaning.figures(lacking)

    assert "test       is not there yet" in told
    assert "check      caught    1, first in the true line    0" in told
