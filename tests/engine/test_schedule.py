"""What is due: on time in every zone, once a day on the days that have 23 or 25 hours, and after a scheduler that slept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pair_world import NOTE, mapping

from syncrules.journey.schedule import due, rhythm, speaks
from syncrules.language.model import Entity, Happening, Reaction, Rhythm

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ALL = set(get_args(Happening))
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=AMSTERDAM)
SPRING = datetime(2026, 3, 29, tzinfo=AMSTERDAM)
"""The day on which 02:00 is 03:00."""
AUTUMN = datetime(2026, 10, 25, tzinfo=AMSTERDAM)
"""The day on which 03:00 is 02:00."""


def entity(when: str) -> Entity:
    """An entity whose left side has this rhythm."""
    spec = mapping(NOTE, to="right", when=when)
    return spec.entities["thing"]


def is_due(when: str, last: datetime | None, now: datetime) -> bool:
    """Tell whether what changed on the left is due."""
    one = entity(when)
    carried = {("thing", "left", each): last.timestamp() for each in ALL} if last is not None else {}
    return ("left", "changed") in due(one, carried, now.timestamp(), AMSTERDAM)


def ticks(start: datetime, minutes: int, count: int) -> Iterable[datetime]:
    """The moments at which a scheduler starts us: evenly, whatever the clock on the wall says."""
    for number in range(count):
        yield datetime.fromtimestamp(start.timestamp() + number * minutes * 60, AMSTERDAM)


def carried_at(when: str, last: datetime, moments: Iterable[datetime]) -> list[datetime]:
    """Run whenever it is due, and tell when that was."""
    result = []
    for moment in moments:
        if is_due(when, last, moment):
            last = moment
            result.append(moment)
    return result


def wall(moments: Iterable[datetime]) -> list[str]:
    return [each.strftime("%d %H:%M %Z") for each in moments]


# Which rhythm ---------------------------------------------------------------------------------------------------------


def test_a_happening_may_have_a_rhythm_of_its_own() -> None:
    one = entity("{every: {hours: 24}, deactivated: {every: {minutes: 15}}, created: at_once}")

    assert rhythm(one, "left", "deactivated") == Rhythm("every", every=timedelta(minutes=15))
    assert rhythm(one, "left", "created").kind == "at_once"
    assert rhythm(one, "left", "changed") == Rhythm("every", every=timedelta(hours=24))


def test_each_happening_is_due_by_its_own_rhythm() -> None:
    one = entity("{every: {hours: 24}, deactivated: {every: {minutes: 15}}, reactivated: by_hand, created: at_once}")
    carried = {("thing", "left", each): NOW.timestamp() for each in ALL}

    found = due(one, carried, (NOW + timedelta(minutes=20)).timestamp(), AMSTERDAM)

    assert {happening for side, happening in found if side == "left"} == {"deactivated", "created"}


def test_what_was_never_carried_is_due() -> None:
    one = entity("{every: {hours: 24}}")

    assert due(one, {}, NOW.timestamp(), AMSTERDAM) == {("left", each) for each in ALL}


def test_what_another_entity_carried_does_not_count() -> None:
    one = entity("{every: {hours: 24}}")
    carried = {("another", "left", each): NOW.timestamp() for each in ALL}

    assert ("left", "changed") in due(one, carried, NOW.timestamp(), AMSTERDAM)


@pytest.mark.parametrize(
    ("to", "rows", "speaking"),
    [
        ("both", (NOTE,), {"left", "right"}),
        ("right", (NOTE,), {"left"}),
        ("left", (NOTE,), {"right"}),
        ("right", (f"{NOTE[:-1]}, to: left}}",), {"left", "right"}),
        ("right", (f"{NOTE[:-1]}, to: both}}",), {"left", "right"}),
        ("right", (f"{NOTE[:-1]}, to: match}}",), {"left"}),
    ],
)
def test_only_a_side_from_which_something_travels_is_ever_due(
    to: str, rows: tuple[str, ...], speaking: set[str]
) -> None:
    """The other one has no rhythm, and would count as at once: so all would be read in every run."""
    one = mapping(*rows, to=to, when="{every: {hours: 24}}").entities["thing"]
    carried = {("thing", side, each): NOW.timestamp() for side in ("left", "right") for each in ALL}

    found = {side for side, _ in due(one, {}, NOW.timestamp(), AMSTERDAM)}

    assert found == {side for side in ("left", "right") if speaks(one, side)} == speaking
    assert {side for side, _ in due(one, carried, NOW.timestamp(), AMSTERDAM)} == speaking - set(one.rhythms)


def test_a_side_on_which_records_are_taken_out_of_use_speaks_too() -> None:
    one = mapping(NOTE, to="right").entities["thing"]
    told = {**one.events, "right": {**one.events["right"], "deactivated": Reaction("deactivate")}}

    assert speaks(replace(one, events=told), "right")


def test_where_nothing_travels_both_sides_are_read_whenever_somebody_may_refer_to_them() -> None:
    one = mapping(f"{NOTE[:-1]}, to: match}}", to="neither").entities["thing"]
    carried = {("thing", side, each): NOW.timestamp() for side in ("left", "right") for each in ALL}

    assert not any(speaks(one, side) for side in one.sources)
    assert due(one, carried, NOW.timestamp(), AMSTERDAM) == {(side, each) for side in one.sources for each in ALL}


def test_at_once_is_always_due_and_by_hand_never() -> None:
    assert is_due("at_once", NOW, NOW)
    assert not is_due("by_hand", NOW - timedelta(days=400), NOW)


# Every so often -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "passed", "expected"),
    [
        ("{every: {hours: 24}}", timedelta(hours=24), True),
        ("{every: {hours: 24}}", timedelta(hours=23, minutes=59, seconds=1), True),
        ("{every: {hours: 24}}", timedelta(hours=23, minutes=58), False),
        ("{every: {hours: 24}}", timedelta(days=9), True),
        ("{every: {minutes: 15}}", timedelta(minutes=14, seconds=20), True),
        ("{every: {minutes: 15}}", timedelta(minutes=14), False),
        ("{every: {minutes: 1}}", timedelta(seconds=57), True),
        ("{every: {minutes: 1}}", timedelta(seconds=56), False),
        ("{every: {days: 7}}", timedelta(days=7), True),
        ("{every: {days: 7}}", timedelta(days=6, hours=23), False),
    ],
)
def test_it_is_due_when_the_time_has_passed_or_all_but(when: str, passed: timedelta, expected: bool) -> None:
    assert is_due(when, NOW - passed, NOW) is expected


@pytest.mark.parametrize("change", [SPRING, AUTUMN], ids=["spring", "autumn"])
@pytest.mark.parametrize("when", ["{every: {hours: 24}}", "{every: {days: 1}}", "{daily: '07:00'}"])
def test_a_scheduler_that_starts_once_a_day_finds_it_due_every_day(when: str, change: datetime) -> None:
    """A day has 23 hours in spring and 25 in autumn: every 24 hours means every day to whoever starts it daily."""
    days = [(change + timedelta(days=number)).replace(hour=7, minute=0) for number in range(-3, 4)]

    found = carried_at(when, days[0] - timedelta(days=1), days)

    assert wall(found) == wall(days)


@pytest.mark.parametrize("change", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_hours_are_hours_also_when_the_clock_changes(change: datetime) -> None:
    found = carried_at("{every: {hours: 2}}", change, ticks(change, 15, 40))

    gaps = {later.timestamp() - earlier.timestamp() for earlier, later in pairwise(found)}
    assert gaps == {7200}


# Daily ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        ("2026-05-04 06:29", "2026-05-04 06:29", False),
        ("2026-05-04 06:29", "2026-05-04 06:30", True),
        ("2026-05-04 06:30", "2026-05-04 06:31", False),
        ("2026-05-03 06:30", "2026-05-04 06:29", False),
        ("2026-05-03 06:29", "2026-05-04 00:01", True),
        ("2026-05-03 12:00", "2026-05-04 23:59", True),
        ("2026-04-01 06:30", "2026-05-04 01:00", True),
    ],
)
def test_it_is_due_when_the_time_of_day_has_come_since(last: str, now: str, expected: bool) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)

    assert is_due("{daily: '06:30'}", at(last), at(now)) is expected


@pytest.mark.parametrize(
    ("change", "time", "expected"),
    [
        # In spring there is no 02:30: it is carried when the clock shows as much later, once.
        (SPRING, "02:30", ["28 02:30 CET", "29 03:30 CEST", "30 02:30 CEST"]),
        (SPRING, "02:00", ["28 02:00 CET", "29 03:00 CEST", "30 02:00 CEST"]),
        (SPRING, "03:00", ["28 03:00 CET", "29 03:00 CEST", "30 03:00 CEST"]),
        # In autumn there are two: the first counts.
        (AUTUMN, "02:30", ["24 02:30 CEST", "25 02:30 CEST", "26 02:30 CET"]),
        (AUTUMN, "03:00", ["24 03:00 CEST", "25 03:00 CET", "26 03:00 CET"]),
        (AUTUMN, "00:00", ["24 00:00 CEST", "25 00:00 CEST", "26 00:00 CET"]),
    ],
)
def test_it_is_carried_once_a_day_when_the_clock_changes(change: datetime, time: str, expected: list[str]) -> None:
    start = change - timedelta(days=1)

    found = carried_at(f"{{daily: '{time}'}}", start - timedelta(hours=1), ticks(start, 15, 3 * 24 * 4))

    assert wall(found) == expected


TIMES = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59))
STARTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20), timezones=st.just(AMSTERDAM))


@given(TIMES, STARTS, st.integers(5, 55))
def test_it_is_carried_exactly_once_for_each_day(time: str, start: datetime, minutes: int) -> None:
    """Whatever the time of day, the day of the year and how often the scheduler looks."""
    moments = list(ticks(start, minutes, 3 * 24 * 60 // minutes))
    hour, minute = map(int, time.split(":"))
    days = [(start + timedelta(days=number)).replace(hour=hour, minute=minute, second=0) for number in range(-1, 5)]
    times = [each.replace(microsecond=0, fold=0).timestamp() for each in days]

    found = carried_at(f"{{daily: '{time}'}}", moments[0], moments)

    firsts = [next((each for each in moments if each.timestamp() >= time), None) for time in times]
    expected = [each for each in firsts if each is not None and each > moments[0]]
    assert wall(found) == wall(expected)


@given(TIMES, STARTS, st.lists(st.integers(1, 5 * 24 * 60), min_size=1, max_size=6))
def test_a_scheduler_that_slept_catches_up_once(time: str, start: datetime, pauses: list[int]) -> None:
    """However long nobody looked, it is due at most once for all the times that were missed, and then not again."""
    when, last, now = f"{{daily: '{time}'}}", start, start
    for pause in pauses:
        now = datetime.fromtimestamp(now.timestamp() + pause * 60, AMSTERDAM)
        if is_due(when, last, now):
            last = now
        elif pause >= 25 * 60:
            raise AssertionError(f"{time} has come at least once in the {pause} minutes before {now}")

        assert not is_due(when, last, now)


def test_a_clock_that_was_put_back_carries_nothing_twice() -> None:
    assert not is_due("{daily: '06:30'}", NOW + timedelta(hours=1), NOW)
    assert not is_due("{every: {hours: 1}}", NOW + timedelta(hours=1), NOW)


@pytest.mark.parametrize(
    ("zone", "expected"), [("Europe/Amsterdam", True), ("America/New_York", False), ("Asia/Tokyo", True)]
)
def test_the_time_of_day_is_that_of_the_connection(zone: str, expected: bool) -> None:
    one, now = entity("{daily: '06:30'}"), datetime(2026, 5, 4, 7, 0, tzinfo=AMSTERDAM)
    last = (now - timedelta(hours=8)).timestamp()
    carried = {("thing", "left", each): last for each in ALL}

    found = due(one, carried, now.timestamp(), ZoneInfo(zone))

    assert (("left", "changed") in found) is expected
