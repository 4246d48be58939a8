"""Mistakes made by a machine: each can be made, and what may stay unnoticed is still there. The whole takes hours: `mutants.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray", reason="cosmic-ray is installed by: uv sync --group mutants")

import trying
from faults import ENGINE
from mutants import MODULES, SURVIVORS, justified, mutant, places  # it needs cosmic-ray


def test_mistakes_can_be_made_in_every_module() -> None:
    every = places()

    assert {each.file for each in every} == set(MODULES)
    assert len(every) > 500


def test_every_mistake_has_a_name_of_its_own() -> None:
    names = [made.name for place in places() if place.file == "journey/pair.py" and (made := mutant(place)) is not None]

    assert len(names) > 100
    assert sorted(set(names)) == sorted(names)


def test_a_mistake_is_made_where_the_tests_are_ready_and_caught_by_the_one_that_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "LEARNT", tmp_path / "known" / "tests.json")
    file = "journey/diff.py"
    code = (ENGINE / file).read_text(encoding="utf-8")
    lines = trying.Lines(tmp_path, [file], [], ["tests/engine/test_diff.py"], [], 0, 1)
    try:
        found = {
            text: lines.try_out(file, trying.function(code, broken), broken)
            for text, other in (
                ("if what is What.SAME:", "if what is not What.SAME:"),
                ("is not MISSING and _changed(", "is not MISSING and bool(_changed)("),
                ("return bool(row.key", "return not not (row.key"),
                ('BOTH = "changed on both sides"', 'BOTH = "changed"'),
            )
            if (broken := code.replace(text, other)) != code
        }
    finally:
        lines.close()

    caught = [said["by"].partition("::")[0] if said is not None else None for said in found.values()]
    assert caught == ["tests/engine/test_diff.py", "tests/engine/test_diff.py", "", None]


@pytest.mark.skipif(not SURVIVORS.exists(), reason="nothing may stay unnoticed yet")
def test_there_are_reasons_only_for_mistakes_that_can_still_be_made() -> None:
    files = {each.partition(":")[0] for each in justified()}
    made = {each.name for place in places() if place.file in files if (each := mutant(place)) is not None}

    assert set(justified()) <= made
    assert all(justified().values())
