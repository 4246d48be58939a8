"""Call limits are kept: short windows by waiting, long ones by refusing, and never by a real clock."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from itertools import count, pairwise
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import stores
from hypothesis import given
from hypothesis import strategies as st
from pair_world import BOX, manifest_of

from syncrules.errors import LimitReached, StateError
from syncrules.limits import KEPT, Limits
from syncrules.memory import tables
from syncrules.memory.store import Store, open_store
from syncrules.simulator.door import _window_start
from syncrules.windows import window

START = datetime(2026, 5, 31, 23, 59, 30, tzinfo=UTC).timestamp()


class Clock:
    """A clock on which waiting takes no time."""

    def __init__(self, now: float = START) -> None:
        self.time = now
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.time += seconds


NUMBERS = count(1)


@pytest.fixture(scope="module", autouse=True)
def kept() -> Iterator[Store]:
    """One store for all limits of this module; each has an account of its own."""
    with Store.in_memory() as STORE.opened:
        tables.metadata.create_all(STORE.opened.engine)
        yield STORE.opened


class STORE:
    opened: Store


def limits(*declared: str, clock: Clock | None = None, whose: str = "", lane: str = "") -> Limits:
    """Make the limits of a system that declares these."""
    text = BOX + "limits:\n" + "".join(f"  - {each}\n" for each in declared) if declared else BOX
    return Limits(manifest_of(text), whose or f"box/{next(NUMBERS)}", clock or Clock(), STORE.opened, lane)


def call(taken: Limits, what: str) -> None:
    """Make a call that is answered at once."""
    with taken.call(what):
        pass


def spent(whose: str) -> dict[tuple[str, str], int]:
    """Read what was counted in long windows."""
    c = tables.calls.c
    rows = STORE.opened.db.execute(sa.select(tables.calls).where(c.scope.like(f"{whose}/%")))
    return {(row.scope, row.window): int(row._mapping["count"]) for row in rows}


def test_without_a_limit_nobody_waits() -> None:
    clock = Clock()
    taken = limits(clock=clock)
    for _ in range(1000):
        call(taken, "things")

    assert clock.slept == []


def test_a_full_window_is_waited_for_and_no_longer_than_needed() -> None:
    clock = Clock()
    taken = limits("{calls: 3, per: second}", clock=clock)
    for pause in (0.0, 0.25, 0.25):
        clock.time += pause
        call(taken, "things")

    call(taken, "things")

    assert clock.slept == [0.5]
    assert clock.time == START + 1.0


def test_whoever_is_slow_enough_never_waits() -> None:
    clock = Clock()
    taken = limits("{calls: 2, per: minute}", clock=clock)
    for _ in range(10):
        call(taken, "things")
        clock.time += 30

    assert clock.slept == []


@given(
    st.lists(st.floats(0, 20), min_size=1, max_size=60),
    st.integers(1, 5),
    st.sampled_from([("second", 1), ("minute", 60)]),
)
def test_no_window_ever_holds_more_calls_than_are_allowed(
    pauses: list[float], calls: int, window: tuple[str, int]
) -> None:
    clock, moments = Clock(0.0), []
    taken = limits(f"{{calls: {calls}, per: {window[0]}}}", clock=clock)
    for pause in pauses:
        clock.time += pause
        call(taken, "things")
        moments.append(clock.time)

    too_close = [later - earlier for earlier, later in zip(moments, moments[calls:], strict=False)]
    assert all(each >= window[1] * (1 - 1e-9) for each in too_close)
    assert all(later >= earlier for earlier, later in pairwise(moments))


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 3), st.floats(0, 1)), min_size=2, max_size=40),
    st.integers(1, 4),
)
def test_no_second_sees_more_calls_than_are_allowed_however_long_each_is_on_its_way(
    each: list[tuple[float, float, float]], allowed: int
) -> None:
    """Several processes begin calls that arrive at any moment before they are answered."""
    whose, arrived, on_their_way = f"box/{next(NUMBERS)}", list[float](), list[tuple[float, str]]()
    store, now = STORE.opened, 0.0

    def ends_until(moment: float) -> None:
        for answered, call in sorted(on_their_way):
            if answered <= moment:
                store.end_call(whose, "second", call, answered)
                on_their_way.remove((answered, call))

    for number, (pause, lasts, part) in enumerate(each):
        now += pause
        ends_until(now)
        while rest := store.begin_call(whose, "second", f"{number}", allowed, 1.0, now):
            now += rest
            ends_until(now)
        on_their_way.append((now + lasts, f"{number}"))
        arrived.append(now + lasts * part)

    arrived.sort()
    assert all(later - earlier >= 1 - 1e-9 for earlier, later in zip(arrived, arrived[allowed:], strict=False))


def test_a_call_whose_end_was_never_told_counts_as_if_it_had_arrived_ten_seconds_later() -> None:
    store, whose = STORE.opened, f"box/{next(NUMBERS)}"

    assert store.begin_call(whose, "second", "at 100.0", 1, 1.0, 100.0) == 0
    assert store.begin_call(whose, "second", "at 105.0", 1, 1.0, 105.0) == 1.0
    assert store.begin_call(whose, "second", "at 110.5", 1, 1.0, 110.5) == pytest.approx(0.5)
    assert store.begin_call(whose, "second", "at 111.0", 1, 1.0, 111.0) == 0


def test_the_connection_that_noted_an_end_waits_for_the_disk_again(tmp_path: Path) -> None:
    with open_store(tmp_path / "state.db") as store:
        store.begin_call("box", "second", "one", 1, 1.0, 100.0)
        store.end_call("box", "second", "one", 100.5)
        with store.engine.connect() as again:
            waits = again.exec_driver_sql("PRAGMA synchronous").scalar()
        rest = store.begin_call("box", "second", "two", 1, 1.0, 101.0)

    assert waits == 2  # FULL
    assert rest == 0.5


def test_an_answer_is_not_lost_because_its_end_cannot_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StateError("the disk is full")

    monkeypatch.setattr(STORE.opened, "end_call", full)

    call(limits("{calls: 1, per: second}"), "things")


def test_several_limits_hold_at_once() -> None:
    clock = Clock()
    taken = limits("{calls: 2, per: second}", "{calls: 3, per: minute}", clock=clock)
    for _ in range(4):
        call(taken, "things")

    assert clock.time == START + 60


def test_a_limit_of_certain_calls_counts_no_others() -> None:
    clock = Clock()
    taken = limits("{calls: 1, per: minute, of: [things, groups]}", clock=clock)
    for what in ("things", "orders", "orders", "orders"):
        call(taken, what)

    assert clock.slept == []

    call(taken, "groups")

    assert clock.slept == [60.0]


@pytest.mark.parametrize(
    ("per", "window", "next_one"),
    [
        ("hour", "2026-05-31T23", datetime(2026, 6, 1, 0, 0, tzinfo=UTC)),
        ("day", "2026-05-31", datetime(2026, 6, 1, tzinfo=UTC)),
        ("month", "2026-05", datetime(2026, 6, 1, tzinfo=UTC)),
    ],
)
def test_a_long_window_is_counted_where_it_outlives_the_run_and_then_refused(
    per: str, window: str, next_one: datetime
) -> None:
    clock, whose = Clock(), f"box/{per}"
    call(limits(f"{{calls: 2, per: {per}}}", clock=clock, whose=whose), "things")
    again = limits(f"{{calls: 2, per: {per}}}", clock=clock, whose=whose)
    call(again, "things")

    with pytest.raises(LimitReached) as caught:
        call(again, "things")

    assert clock.slept == []
    assert spent(whose) == {(f"{whose}/all", window): 3}
    assert str(caught.value) == f"The Box: the 2 calls of all kinds that are allowed in a {per} are used up"
    assert caught.value.cure == f"It goes on by itself in the next {per}; nothing was lost."

    clock.time = next_one.timestamp()
    call(again, "things")


def test_a_long_limit_of_certain_calls_refuses_those_alone() -> None:
    taken = limits("{calls: 1, per: month, of: [things]}", whose="box/certain")
    call(taken, "things")
    call(taken, "orders")

    with pytest.raises(LimitReached, match="the 1 calls of things that are allowed in a month"):
        call(taken, "things")
    assert set(spent("box/certain")) == {("box/certain/things", "2026-05")}


def test_calls_from_several_threads_share_one_window() -> None:
    clock, moments = Clock(0.0), []
    taken = limits("{calls: 2, per: second}", clock=clock)

    def spend() -> None:
        with taken.call("things"):
            moments.append(clock.time)

    threads = [Thread(target=spend) for _ in range(9)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    # This clock leaps for all of them, also for those that are on their way: then they count for longer.
    assert clock.time == sum(clock.slept) >= 4


# Where a day begins ---------------------------------------------------------------------------------------------------

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def test_a_day_of_the_system_never_sees_more_than_it_allows() -> None:
    made = []
    for moment in (datetime(2026, 7, 2, 0, 10), datetime(2026, 7, 2, 2, 10), datetime(2026, 7, 3, 0, 0)):
        clock = Clock(moment.replace(tzinfo=AMSTERDAM).timestamp())
        taken = limits("{calls: 10, per: day, time_zone: Europe/Amsterdam}", clock=clock, whose="box/amsterdam")
        made.append(0)
        with suppress(LimitReached):
            while True:
                call(taken, "things")
                made[-1] += 1

    assert made == [10, 0, 10]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 2), 24)])
def test_a_day_is_as_long_as_the_clocks_there_make_it(day: date, hours: int) -> None:
    begin = datetime.combine(day, clock_time(), AMSTERDAM)
    end = datetime.combine(day + timedelta(days=1), clock_time(), AMSTERDAM)
    names = {window("day", begin.timestamp() + each, "Europe/Amsterdam").name for each in range(0, hours * 3600, 600)}
    this = window("day", begin.timestamp(), "Europe/Amsterdam")

    assert names == {f"{day} Europe/Amsterdam"}
    assert (this.begin, this.end) == (begin.timestamp(), end.timestamp())
    assert this.end - this.begin == hours * 3600
    assert window("day", this.end, "Europe/Amsterdam").begin == this.end


@given(
    st.sampled_from(["hour", "day", "month"]),
    st.floats(1_770_000_000, 1_830_000_000),
    st.sampled_from(["UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Africa/Cairo"]),
)
def test_the_engine_and_a_twin_agree_on_when_a_window_begins_and_windows_follow_each_other(
    per: str, now: float, zone: str
) -> None:
    this = window(per, now, zone)
    after = window(per, this.end, zone)

    assert this.begin <= now < this.end
    assert _window_start(now, per, zone) == pytest.approx(this.begin, abs=1e-3)
    assert after.begin == this.end
    assert after.name != this.name


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=AMSTERDAM).timestamp()
    names = [window("hour", first + each, "Europe/Amsterdam").name for each in (0, 3600)]

    assert names == ["2026-10-25T02+0200 Europe/Amsterdam", "2026-10-25T02+0100 Europe/Amsterdam"]


@given(st.lists(st.tuples(st.floats(0, 30_000), st.integers(1, 6)), min_size=1, max_size=40))
def test_where_nobody_knows_the_zone_no_day_of_any_that_is_declared_sees_too_many(
    bursts: list[tuple[float, int]],
) -> None:
    zones = ("UTC", "Europe/Amsterdam", "America/New_York")
    clock, seen = Clock(MIDNIGHT), Counter[tuple[str, date]]()
    taken = limits(*(f"{{calls: 10, per: day, time_zone: {each}}}" for each in zones), clock=clock)
    for pause, times in bursts:
        clock.time += pause
        for _ in range(times):
            with suppress(LimitReached):
                call(taken, "things")
                seen.update((each, datetime.fromtimestamp(clock.time, ZoneInfo(each)).date()) for each in zones)

    assert all(count <= 10 for count in seen.values())


# Lanes --------------------------------------------------------------------------------------------------------------

MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
HUNDRED = "{calls: 100, per: day}"


def until_refused(lane: str, whose: str, clock: Clock) -> int:
    """Spend calls in a lane until there are none for it, and give how many there were."""
    taken = limits(HUNDRED, clock=clock, whose=whose, lane=lane)
    for made in range(1000):
        try:
            call(taken, "things")
        except LimitReached:
            return made
    pytest.fail("there is no end to it")


@pytest.mark.requirement("X-09")
def test_a_first_import_leaves_calls_for_the_rhythm_and_that_for_what_somebody_changed() -> None:
    clock = Clock(MIDNIGHT)
    made = [until_refused(each, "box/in order", clock) for each in ("backfill", "periodic", "push", "")]

    assert made == [55, 15, 30, 0]
    assert sum(made) == 100


@pytest.mark.requirement("X-09")
@pytest.mark.parametrize("greedy", KEPT)
def test_no_lane_leaves_another_without_any_calls(greedy: str) -> None:
    clock, whose = Clock(MIDNIGHT), f"box/greedy {greedy}"
    until_refused(greedy, whose, clock)
    others = [each for each in KEPT if each != greedy]

    assert [until_refused(each, whose, clock) for each in others] == [100 * KEPT[each] for each in others]


def test_what_is_kept_for_a_lane_and_not_asked_for_is_free_before_the_window_ends() -> None:
    clock, made = Clock(MIDNIGHT), []
    for hour in (0, 12, 18, 23.99):
        clock.time = MIDNIGHT + hour * 3600
        made.append(until_refused("backfill", "box/late", clock))

    assert made == [55, 23, 12, 10]


def test_what_is_kept_for_others_is_told_as_that() -> None:
    clock = Clock(MIDNIGHT)
    until_refused("backfill", "box/told", clock)

    with pytest.raises(LimitReached) as caught:
        call(limits(HUNDRED, clock=clock, whose="box/told", lane="backfill"), "things")

    assert str(caught.value) == (
        "The Box: what is left of the 100 calls of all kinds that are allowed in a day is kept for what is more urgent"
    )
    assert caught.value.cure == "It goes on by itself: the later in the day, the less is kept; nothing was lost."
    assert spent("box/told")["box/told/all", "2026-06-01"] == 55


def refused(taken: Limits) -> LimitReached:
    """Make calls until there are none, and give what is said then."""
    try:
        while True:
            call(taken, "things")
    except LimitReached as error:
        return error


@pytest.mark.parametrize(
    ("read", "hours"),
    [
        # Twice as many as were made before the first write: of 100 calls another 45 become free from midnight to midnight.
        (9, 9.6),
        (2, 2.1),
        # More than this day still has: of the next, which begins with 55, as many as are asked for.
        (25, 24.0),
        (35, 24 + 24 * 15 / 45),
        # More than any day may be counted on to have.
        (50, 24 + 24 * 25 / 45),
    ],
)
def test_whoever_is_refused_is_told_when_there_will_be_enough_to_get_further(read: int, hours: float) -> None:
    taken = limits(HUNDRED, clock=Clock(MIDNIGHT), lane="backfill")
    for _ in range(read):
        call(taken, "things")
    taken.writes()
    error = refused(taken)

    assert (error.until - MIDNIGHT) / 3600 == pytest.approx(hours, abs=1.1)
    assert error.lane == "backfill"


def test_whoever_was_refused_before_the_first_write_needs_twice_as_many() -> None:
    clock = Clock(MIDNIGHT)
    error = refused(limits(HUNDRED, clock=clock, whose="box/unwritten", lane="backfill"))

    assert (error.until - MIDNIGHT) / 3600 == pytest.approx(24 + 24 * 25 / 45, abs=1.1)


def test_where_all_calls_are_used_up_everybody_waits_for_the_next_day() -> None:
    error = refused(limits(HUNDRED, clock=Clock(MIDNIGHT + 3600), lane=""))

    assert (error.until, error.lane) == (MIDNIGHT + 86_400, "all")


@given(st.lists(st.tuples(st.sampled_from([*KEPT]), st.integers(0, 40)), max_size=12), st.integers(0, 86_399))
def test_a_lane_that_has_not_spent_its_own_is_never_refused(asked: list[tuple[str, int]], second: int) -> None:
    clock, whose, made = Clock(MIDNIGHT + second), f"box/{next(NUMBERS)}", dict.fromkeys(KEPT, 0)
    own = {lane: int(100 * part * window("day", clock.time).still_to_come(clock.time)) for lane, part in KEPT.items()}
    for lane, times in asked:
        taken = limits(HUNDRED, clock=clock, whose=whose, lane=lane)
        for _ in range(times):
            try:
                call(taken, "things")
            except LimitReached:
                assert made[lane] >= own[lane]
                break
            made[lane] += 1

    assert sum(made.values()) <= 100


@pytest.mark.parametrize(
    ("per", "moment", "rest"),
    [
        ("hour", datetime(2026, 5, 31, 23, 45, tzinfo=UTC), 0.25),
        ("day", datetime(2026, 5, 31, 6, tzinfo=UTC), 0.75),
        ("month", datetime(2026, 2, 15, tzinfo=UTC), 0.5),
        ("month", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), 1 / 31 / 86_400),
        ("month", datetime(2026, 5, 1, tzinfo=UTC), 1.0),
    ],
)
def test_how_much_of_a_window_is_still_to_come(per: str, moment: datetime, rest: float) -> None:
    now = moment.timestamp()

    assert window(per, now).still_to_come(now) == pytest.approx(rest)


# Several who spend the same ------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-09")
def test_a_short_window_goes_on_in_the_next_run() -> None:
    clock = Clock()
    for _ in range(3):
        call(limits("{calls: 1, per: second}", clock=clock, whose="box/again"), "things")

    assert clock.slept == [1.0] * 2


def test_another_account_has_a_window_of_its_own() -> None:
    clock = Clock()
    for whose in ("box/one", "box/two"):
        call(limits("{calls: 1, per: minute}", clock=clock, whose=whose), "things")

    assert clock.slept == []


def test_a_clock_that_is_put_back_keeps_nobody_waiting_for_longer_than_the_window() -> None:
    clock = Clock()
    call(limits("{calls: 1, per: minute}", clock=clock, whose="box/back"), "things")
    clock.time -= 3600
    call(limits("{calls: 1, per: minute}", clock=clock, whose="box/back"), "things")

    assert clock.slept == [60.0]


SPENDING = """
import sys, time
from pathlib import Path
from syncrules.connection import RealClock
from syncrules.limits import Limits
from syncrules.manifest_reading import load_manifest
from syncrules.memory.store import open_store
with open_store(sys.argv[1]) as store:
    limits = Limits(load_manifest(Path(sys.argv[2])), "box/shared", RealClock(), store)
    with limits.call(sys.argv[3]):
        pass
    print(time.time(), flush=True)
    until = float(sys.stdin.readline())
    while time.time() < until:
        with limits.call(sys.argv[3]):
            pass
        if time.time() < until:
            print(time.time(), flush=True)
"""
"""A process that spends one call of an account, waits for the others, and then spends calls as fast as it may."""


@pytest.mark.requirement("X-09")
@pytest.mark.parametrize("where", ["a file", "a database"])
def test_two_processes_that_share_an_account_share_its_limits(where: str, tmp_path: Path) -> None:
    place = stores.database() if where == "a database" else str(tmp_path / "state.db")
    open_store(place).close()
    declared = "limits:\n  - {calls: 30, per: minute, of: [things]}\n  - {calls: 10, per: second, of: [orders]}\n"
    (tmp_path / "box.manifest.yaml").write_text(BOX + declared, encoding="utf-8")
    words = [sys.executable, "-c", SPENDING, place, str(tmp_path / "box.manifest.yaml")]
    them = [
        subprocess.Popen([*words, what], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for what in ("things", "things", "orders", "orders")
    ]
    made: list[int] = []
    began = time.time()
    try:
        for each in them:
            assert each.stdout is not None
            assert float(each.stdout.readline()) >= began
        until = time.time() + 4
        for each in them:
            assert each.stdin is not None
            each.stdin.write(f"{until}\n")
            each.stdin.flush()
        time.sleep(4.5)
    finally:
        for each in them:
            each.kill()
            told, _ = each.communicate()
            made.append(1 + len(told.splitlines()))
        if where == "a database":
            stores.give_back(place)

    assert made[0] + made[1] == 30
    # Alone, each of the two would make as many.
    assert 10 <= made[2] + made[3] <= 10 * (1 + int(until - began))


def test_the_machines_of_a_fleet_count_by_the_clock_of_their_database(monkeypatch: pytest.MonkeyPatch) -> None:
    url, now = stores.database(), time.time()
    try:
        with open_store(url) as store:
            assert store.begin_call("box/fleet", "minute", "one", 1, 60.0, now) == 0
        monkeypatch.setattr(time, "time", lambda: now - 20)
        with open_store(url) as store:
            rest = store.begin_call("box/fleet", "minute", "two", 1, 60.0, now - 20)
    finally:
        stores.give_back(url)

    assert rest == pytest.approx(60, abs=5)
