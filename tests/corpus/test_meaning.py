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
EVERY = 6
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


def test_the_command_goes_on_where_it_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--only", "eb-no-match", "--seeds", "1", "--results", str(tmp_path / "results.jsonl")]

    assert meaning.main([*options, "--minutes", "0.000001"]) == 0
    assert "1 are still to be tried" in capsys.readouterr().out
    (tmp_path / "results.jsonl").write_text(
        '{"id": "eb-no-match", "base": "tribe-eboekhouden", "mark": "%s", "caught": {"check": "x"}, "pointed": {"check": true}}\n'
        % meaning.Bench(1, 1).mark(next(each for each in CASES if each.id == "eb-no-match")),
        encoding="utf-8",
    )
    assert meaning.main([*options, "--minutes", "0.000001"]) == 0
    assert "1 faults, 1 caught" in capsys.readouterr().out
