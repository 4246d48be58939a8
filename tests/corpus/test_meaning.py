"""The corpus of mappings that mean the wrong thing is what it says it is; `meaning.py` asks what catches them."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
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


SLICE = (
    "eb-vat-not-asked-for",
    "yu-in-once-a-month",
    "sf-paired-by-name",
    "wb-brake-raised",
    "eb-website-left-out",
    "sf-receivable-and-payable-swapped",
    "sf-references-for-each-pair",
    "eb-supplier-role-given",
    "eb-deactivation-travels",
    "wb-revenue-debited",
    "wb-one-vat-line-per-percentage",
    "wb-without-a-number-too",
    "sf-bookings-before-the-start",
    "sf-simulations-only",
    "eb-role-left",
    "eb-phone-as-written",
    "yu-yuki-leads",
    "eb-name-of-the-group",
)
"""One fault of each kind that is caught otherwise, or pointed at in another way.

A question, a rhythm, a pairing, a brake, a row that is gone, a table; what never happens; what stands behind a check, how many lines
there are, the field of a need, a filter, a filter of those who point to a record, a role, one row of many that changed, who leads,
and what a system needs.
"""


@pytest.mark.parametrize("fault", [each for each in CASES if each.id in SLICE], ids=lambda each: each.id)
def test_some_faults_are_caught_where_they_stand(fault: edits.Edit) -> None:
    found = meaning.Bench(20, 1).try_out(fault)

    assert found.caught
    assert found.right, found.at


def test_a_good_mapping_is_no_fault() -> None:
    good = edits.file_of("winbooks-silverfin").read_text(encoding="utf-8")
    comment = edits.Edit("nothing", "winbooks-silverfin", "A comment.", text="\nscope:", replacement="\n# here\nscope:")

    assert comment.edited(good) != good
    assert meaning.Bench(20, 1).try_out(comment).caught == {}


def test_what_does_not_come_to_its_end_or_breaks_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "PATIENCE", 1)

    def hangs(_: object) -> Iterator[meaning.Finding]:
        while time.process_time():
            pass
        yield meaning.Finding("")

    def breaks(_: object) -> Iterator[meaning.Finding]:
        raise KeyError("x")
        yield

    hung, broke = (meaning.first_of(each, None) for each in (hangs, breaks))  # type: ignore[arg-type]  # nobody looks

    assert hung is not None
    assert "end" in hung.said
    assert broke is not None
    assert "KeyError" in broke.said


def test_the_command_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def try_out(bench: meaning.Bench, edit: edits.Edit) -> meaning.Found:
        tried.append(edit.id)
        return meaning.Found(edit.id, edit.base, bench.mark(edit), {"check": "x"}, {"check": True}, {"check": [3]})

    monkeypatch.setattr(meaning.Bench, "try_out", try_out)
    options = ["--results", str(tmp_path / "results.jsonl")]

    assert meaning.main([*options, "--only", "eb-no-match"]) == 0
    assert meaning.main([*options, "--only", "eb-no-"]) == 0
    assert tried.count("eb-no-match") == 1
    assert len(tried) == sum("eb-no-" in each.id for each in CASES) > 1
    assert f"{len(tried)} faults, {len(tried)} caught" in capsys.readouterr().out


def test_a_fault_counts_as_pointed_at_by_the_first_that_tells_of_it() -> None:
    tried = [
        meaning.Found("a", "b", "", {"test": "x", "check": "y"}, {"test": False, "check": True}),
        meaning.Found("c", "b", "", {"check": "y"}, {"check": True}),
        meaning.Found("d", "b", ""),
    ]

    told = meaning.figures(tried)

    assert "3 faults, 2 caught (66.7 %); the first that tells of it points at the true line in 1 (50.0 %)" in told
    assert "check      caught    2, first in the true line    2" in told
