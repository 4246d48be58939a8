"""The campaign of schedules: its record says what was played, and the next portion goes on from there."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schedules
from aimed import aimed, aims
from schedules import Portion, following, home, keep, record, struck, table

from syncrules.language import spec
from syncrules.simulator.play import Stage
from syncrules.simulator.schedule import Tally, generate
from syncrules.simulator.trial import play


def portion(mapping: str, first: int, played: int, **more: object) -> Portion:
    given: dict[str, Any] = {"failed": {}, **more}
    return Portion("c0", mapping, first, played, runs=5 * played, writes=played, calm=0, **given)


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

    (first,) = record(file)
    assert (first.commit, first.mapping, first.first, first.played) == ("c1", "tribe-eboekhouden", 1, 4)
    assert first.runs >= 4


def test_what_goes_on_where_another_portion_ended_is_joined_to_it(tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    keep(portion("one", 1, 50, struck=[("read", "429", 3)], failed={"7": ["once"]}), file)
    keep(portion("two", 1, 10), file)
    keep(portion("one", 51, 50, struck=[("read", "429", 2), ("read", "500", 1)], failed={"90": ["twice"]}), file)
    keep(portion("one", 201, 50), file)
    keep(portion("one", 101, 50, aim=("read", "429")), file)
    keep(replace(portion("one", 101, 50), commit="c1"), file)

    told = [(each.commit, each.mapping, each.first, each.played) for each in record(file)]
    first = record(file)[0]

    assert told == [("c0", "one", 1, 100), ("c0", "two", 1, 10), ("c0", "one", 201, 50), ("c0", "one", 101, 50), ("c1", "one", 101, 50)]  # fmt: skip
    assert (first.runs, first.writes, first.failed) == (500, 100, {"7": ["once"], "90": ["twice"]})
    assert struck([first]) == {("read", "429"): 5, ("read", "500"): 1}
    assert not list(tmp_path.glob("*.new"))


def test_the_table_adds_portions_up(tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    keep(portion("one", 1, 50, struck=[("read", "429", 3)]), file)
    keep(portion("one", 51, 1_000, struck=[("read", "429", 4), ("create", "500", 1)]), file)
    keep(replace(portion("two", 1, 70, failed={"8": ["once"], "9": ["twice"]}), commit="c1"), file)

    told = table(record(file))

    assert "| one | 1,050 | 5,250 | 1,050 | 0 |" in told
    assert "| two | 70 | 350 | 70 | 2 |" in told
    assert "| `c0` | 1,050 | – |\n| `c1` | 70 | two 8, two 9 |" in told
    assert "| 429 | 0 | 7 |" in told
    assert "| 500 | 1 | 0 |" in told


def test_a_fault_that_means_nothing_at_a_point_has_no_number(tmp_path: Path) -> None:
    hit = [("create", "half a list", 9), ("read", "half a list", 3)]

    assert "| half a list | – | 3 |" in table([portion("one", 1, 50, struck=hit)])


def test_what_was_hit_least_is_aimed_at_first_where_it_is_met() -> None:
    portions = [
        portion("one", 1, 50, struck=[("read", "429", 3), ("find", "500", 5)]),
        portion("two", 1, 50, struck=[("read", "429", 4), ("find", "500", 1)]),
    ]
    wanted = list(aims(struck(portions), 7))

    assert wanted[-1] == ("find", "500")
    assert {("read", "half a list"), ("find", "429")} <= set(wanted)
    assert ("read", "429") not in wanted
    assert ("find", "half a list") not in wanted
    assert (home(portions, ["one", "two"], "find"), home(portions, ["one", "two"], "read")) == ("one", "two")


def test_an_aimed_fault_strikes_its_point_far_more_often_than_by_chance() -> None:
    stage = Stage(spec.load("tribe-eboekhouden"))
    by_chance, on_purpose = Tally(), Tally()
    for seed in range(1, 13):
        schedule = generate(stage.spec, seed)
        play(stage, schedule, by_chance)
        verdict = play(stage, aimed(schedule, "commit in Intents.settle", "disk full"), on_purpose)
        assert verdict.broken == set()
    where = ("commit in Intents.settle", "disk full")

    assert on_purpose.counts.get(where, 0) >= 5 > by_chance.counts.get(where, 0)


def test_the_record_goes_on_with_aimed_schedules_and_plays_them_again_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "record.jsonl"
    name = "tribe-eboekhouden"
    monkeypatch.setattr(schedules, "AIMED", 2)
    monkeypatch.setattr(schedules, "commit", lambda: "c1")
    keep(portion(name, 1, 50, struck=[("read", "429", 3)], aim=None), file)

    assert schedules.play_aimed(0.02, 1, [name], file, 1) == 0

    later = record(file)[1:]
    assert later
    assert all(each.aim and each.first >= schedules.AIMED_FROM for each in later)
    ends = [schedules.AIMED_FROM, *(each.first + each.played for each in later)]
    assert [each.first for each in later] == ends[:-1]
    seed = str(schedules.AIMED_FROM + 1)
    keep(portion(name, 9, 1, aim=later[0].aim, failed={seed: ["once"]}), tmp_path / "again.jsonl")
    capsys.readouterr()
    assert schedules.play_again([name], tmp_path / "again.jsonl") == 0
    assert f"seed {seed}: every promise is kept" in capsys.readouterr().out
