"""Some faults of `faults.yaml` every day, others tomorrow: whoever weakens what catches them hears of it.

The whole is a program that takes its time: `faults.py`.
"""

from __future__ import annotations

import ast
import datetime
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from faults import CAUGHT, ENGINE, MAPPINGS, Bench, Fault, caught_before, faults
from playing import aimed, stage
from told import BEGIN, README, every, filled_in

FAULTS = faults()
ENOUGH = 40
AT_ONCE = 3
"""Faults that are tried in one day."""
SEED = int(os.environ.get("SYNCRULES_FAULTS", datetime.date.today().toordinal()))
"""Which ones: by the day, or by this number."""


def quick() -> list[Fault]:
    """List the faults that the simulator caught the last time: each is tried with that schedule first."""
    known = caught_before()
    return [each for each in FAULTS if "mapping" in known.get(each.name, {})]


def today() -> list[Fault]:
    """Choose some faults: all of them have had their turn before one has it again."""
    order = quick()
    Random(1).shuffle(order)
    start = SEED * AT_ONCE % max(1, len(order))
    return (order + order)[start : start + AT_ONCE]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("faults"), seeds=10)
    yield made
    made.close()


def test_there_are_enough_faults_and_each_is_named_once() -> None:
    names = [each.name for each in FAULTS]

    assert len(names) >= ENOUGH
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.name)
def test_a_fault_stands_in_one_place_of_the_engine_and_leaves_a_program(fault: Fault) -> None:
    source = (ENGINE / fault.file).read_text(encoding="utf-8")

    assert source.count(fault.text) == 1
    assert ast.dump(ast.parse(fault.broken(source))) != ast.dump(ast.parse(source))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.name)
def test_the_tests_that_a_fault_names_are_there(fault: Fault) -> None:
    root = Path(__file__).parent.parent.parent

    assert all((root / each.partition("::")[0]).exists() for each in fault.tests)


def test_what_is_written_down_as_caught_is_about_faults_that_are_there() -> None:
    names = {each.name for each in FAULTS}

    assert [name for name in caught_before() if name not in names] == [], f"{CAUGHT.name} is older"


def test_the_report_names_every_fault_and_the_readme_has_its_summary() -> None:
    lines = every(FAULTS, caught_before()).splitlines()
    text = README.read_text(encoding="utf-8")

    assert len(lines) == len(FAULTS) + 2
    assert all(line.startswith(f"| {each.name} |") for each, line in zip(FAULTS, lines[2:], strict=True))
    assert filled_in(text) == text, "run: python tests/faults/told.py --write"
    assert BEGIN in text


@pytest.mark.parametrize("fault", today(), ids=lambda each: each.name)
def test_a_fault_of_today_breaks_a_promise(fault: Fault, bench: Bench) -> None:
    found = bench.try_out(fault, caught_before()[fault.name], tests=())

    assert found.by, f"no promise was broken in {found.schedules} schedules with: {fault.name}"


def test_the_sound_engine_keeps_its_promises_where_faults_break_them(bench: Bench) -> None:
    seen = [caught_before()[each.name] for each in today()]

    assert all(each["promise"] not in bench.sound(each["mapping"], each["seed"]) for each in seen)


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_every_mishap_is_aimed_at_records_of_one_side_and_at_those_of_both(mapping: str) -> None:
    aims: dict[object, set[object]] = {}
    for number in range(1, 400):
        schedule = aimed(stage(mapping).spec, number)
        (mishaps,) = {each.mishaps for each in schedule.events if each.mishaps}
        kind = (mishaps[0].kind, *(each.point for each in mishaps))
        aims.setdefault(kind, set()).add(schedule.calm)

    assert len(aims) > 20
    assert {kind: calm for kind, calm in aims.items() if calm != {True, False}} == {}
