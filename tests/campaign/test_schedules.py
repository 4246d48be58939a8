"""The campaign of schedules: its record says what was played, and the next portion goes on from there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import schedules
from schedules import Portion, following, keep, record, table


def portion(mapping: str, first: int, played: int, **more: object) -> Portion:
    return Portion("c0", mapping, first, played, runs=5 * played, writes=played, calm=0, failed={}, **more)  # type: ignore[arg-type]


def test_the_mapping_of_which_least_was_played_comes_next() -> None:
    names = ["one", "two"]

    assert following([], names) == ("one", 1)
    assert following([portion("one", 1, 50)], names) == ("two", 1)
    assert following([portion("one", 1, 50), portion("two", 1, 60)], names) == ("one", 51)
    assert following([portion("one", 1, 50), portion("gone", 1, 9)], ["one"]) == ("one", 51)


def test_what_was_played_is_kept_and_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "record.jsonl"
    monkeypatch.setattr(schedules, "PORTION", 2)
    monkeypatch.setattr(schedules, "commit", lambda: "c1")
    turns = iter((0.0, 1.0, 2.0, 3.0, 99.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(turns, 99.0))

    assert schedules.play(1, 1, ["tribe-eboekhouden"], file) == 0

    (first, second) = record(file)
    assert (first.commit, first.mapping, first.first, first.played) == ("c1", "tribe-eboekhouden", 1, 2)
    assert second.first == 3
    assert first.runs >= 2


def test_the_table_adds_portions_up(tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    keep(portion("one", 1, 50, struck=[("read", "429", 3)]), file)
    keep(portion("one", 51, 1_000, struck=[("read", "429", 4), ("create", "500", 1)]), file)

    told = table(record(file))

    assert "| one | 1,050 | 5,250 | 1,050 | 0 |" in told
    assert "| 429 | 0 | 7 |" in told
    assert "| 500 | 1 | 0 |" in told
