"""Quiet hours of a system: nothing begins by itself, what is due is carried when they are over, and a person may run it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from cli_world import Shell, Systems
from jobs_in_memory import InMemory
from pair_world import BOX, manifest_of

from syncrules.cli.desk import Desk
from syncrules.cli.screen import Screen
from syncrules.cli.serving import Serving
from syncrules.errors import SpecError
from syncrules.language import spec
from syncrules.language.model import Spec
from syncrules.manifest import Manifest, QuietHours
from syncrules.memory.store import open_store
from syncrules.quiet import Quiet, left_in_peace
from syncrules.serving import ticking
from syncrules.serving.jobs import Job, Priority

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def box(*hours: tuple[str, str]) -> Manifest:
    """A box with these quiet hours."""
    said = [f"{{from: '{begin}', until: '{end}', time_zone: Europe/Amsterdam}}" for begin, end in hours]
    return manifest_of(f"{BOX}quiet_hours: [{', '.join(said)}]\n")


def at(day: str, clock: str, fold: int = 0) -> float:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=AMSTERDAM, fold=fold).timestamp()


@pytest.mark.parametrize(
    ("clock", "over"),
    [("00:59", ""), ("01:00", "03:30"), ("03:29", "03:30"), ("03:30", ""), ("13:00", "")],
)
def test_they_last_from_one_time_of_day_to_another(clock: str, over: str) -> None:
    found = left_in_peace([box(("01:00", "03:30"))], at("2026-05-04", clock))

    assert found == (Quiet("The Box", at("2026-05-04", over)) if over else None)


@pytest.mark.parametrize(
    ("day", "clock", "over"),
    [
        ("2026-05-04", "21:59", None),
        ("2026-05-04", "22:00", "2026-05-05"),
        ("2026-05-05", "05:59", "2026-05-05"),
        ("2026-05-05", "06:00", None),
    ],
)
def test_through_midnight_they_end_the_next_day(day: str, clock: str, over: str | None) -> None:
    found = left_in_peace([box(("22:00", "06:00"))], at(day, clock))

    assert found == (Quiet("The Box", at(over, "06:00")) if over else None)


def test_where_the_clocks_change_they_are_those_of_the_clock_on_the_wall() -> None:
    hours = box(("01:00", "03:30"))
    forward, back = at("2026-03-29", "01:00"), at("2026-10-25", "01:00")

    assert left_in_peace([hours], forward) == Quiet("The Box", forward + 1.5 * 3600)
    assert left_in_peace([hours], back) == Quiet("The Box", back + 3.5 * 3600)
    assert left_in_peace([hours], at("2026-10-25", "02:30", fold=1)) is not None
    assert left_in_peace([hours], forward + 1.5 * 3600) is None


def test_of_several_the_last_to_end_counts() -> None:
    one, other = box(("01:00", "03:00")), box(("02:00", "04:00"), ("12:00", "13:00"))

    assert left_in_peace([one, other], at("2026-05-04", "02:30")) == Quiet("The Box", at("2026-05-04", "04:00"))
    assert left_in_peace([one], at("2026-05-04", "12:30")) is None


@pytest.mark.parametrize("part", ["quiet_hours: [{from: '01:00', until: '03:30', ", "limits: [{calls: 9, per: day, "])
def test_a_time_zone_that_is_none_is_told_at_its_place(part: str) -> None:
    with pytest.raises(SpecError) as told:
        manifest_of(f"{BOX}{part}time_zone: Europe/Amsterdm}}]\n")

    (problem,) = told.value.problems
    assert (problem.code, problem.suggestion) == ("SR168", "did you mean 'Europe/Amsterdam'?")


# Whoever begins by himself --------------------------------------------------------------------------------------------


@pytest.fixture
def acme(shell: Shell, systems: Systems, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A connection in step, of which one system is left in peace all day."""
    shell.connect(systems.answers)
    shell.type("run", "acme")
    all_day = (QuietHours(time(0), time(0), "Europe/Amsterdam"),)
    load = spec.load

    def quiet(name: str) -> Spec:
        found = load(name)
        side = found.sides[1]
        return replace(found, manifests={**found.manifests, side: replace(found.manifests[side], quiet_hours=all_day)})

    monkeypatch.setattr(spec, "load", quiet)
    return shell


@pytest.mark.requirement("X-18")
def test_what_is_due_waits_until_they_are_over_and_a_person_may_run_it(acme: Shell, systems: Systems) -> None:
    for calls in (systems.crm.calls, systems.books.calls):
        calls.clear()
    told = acme.one("run", "acme", "--due")

    assert told == {"command": "run", "connection": "acme", "outcome": "quiet"}
    assert systems.crm.calls == systems.books.calls == []
    assert "e-Boekhouden is left in peace until" in acme.type("run", "acme", "--due").output
    assert "e-Boekhouden is left in peace until" in acme.type("status", "acme").output

    acme.type("run", "acme")

    assert systems.books.calls


@pytest.mark.requirement("X-18")
def test_a_worker_wishes_and_carries_out_nothing_until_they_are_over(acme: Shell, systems: Systems) -> None:
    systems.books.calls.clear()
    at_work = Serving(Desk(Screen(json=True), str(acme.state), str(acme.key)), InMemory(1), every=60, slots=1).worker
    try:
        with open_store(acme.state) as store:
            row = store.connection("acme")
            assert row is not None

            assert at_work.carry_out(Job("acme", Priority.PUSH)) is None
            assert ticking.wished(store, row, at_work.load(row.mapping), at_work.desk.clock.now() + 90_000) is None
    finally:
        at_work.receiver.close()

    assert systems.books.calls == []
