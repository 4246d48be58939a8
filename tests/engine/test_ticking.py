"""Whose turn it is: by a clock that is turned, with ten thousand connections, after a night without anybody, when clocks change."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from jobs_in_memory import InMemory
from pair_world import NOTE, mapping

from syncrules.errors import StateError
from syncrules.journey import schedule
from syncrules.language.model import Happening, Spec
from syncrules.memory.hints import Said
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store, open_store
from syncrules.memory.upgrade import migrate
from syncrules.serving.jobs import Health, Job, Priority
from syncrules.serving.ticking import Ticking, is_up, looking, turn, wished

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=AMSTERDAM)
NIGHT = datetime(2026, 5, 5, 1, 0, tzinfo=AMSTERDAM)
HOUR = 3600.0
MANY = [f"office {number}" for number in range(10_000)]
HAPPENINGS: tuple[Happening, ...] = get_args(Happening)


@cache
def rhythm(when: str) -> Spec:
    """A mapping whose left side has this rhythm."""
    return mapping(NOTE, to="right", when=when)


def world(name: str, when: str, last: datetime | None, *, paused: bool = False) -> tuple[Store, ConnectionRow, Spec]:
    """A connection that was last run at a moment, and whose left side has this rhythm."""
    spec, store = rhythm(when), Store.in_memory()
    migrate(store)
    row = ConnectionRow(name, "pairs", {}, {}, {"": {"time zone": "Europe/Amsterdam"}}, paused=paused)
    if last is not None:
        carried = {("thing", "left", each) for each in HAPPENINGS} | {("thing", "", "import")}
        with store.transaction():
            Memory(store, name, spec.sides).carried(carried, last.timestamp())
    return store, row, spec


def is_wished(name: str, when: str, last: datetime | None, now: datetime, *, paused: bool = False) -> Job | None:
    store, row, spec = world(name, when, last, paused=paused)
    with store:
        return wished(store, row, spec, now.timestamp())


def begun(name: str, when: str, last: datetime, minutes: int, hours: int) -> list[datetime]:
    """Look every so many minutes for so many hours, run whatever is due, and tell when that was."""
    (one,) = rhythm(when).entities.values()
    begin, at, result = last.timestamp(), last.timestamp(), []
    for number in range(hours * 60 // minutes):
        now = begin + number * minutes * 60
        carried: dict[tuple[str, str, str], float] = {("thing", "left", each): at for each in HAPPENINGS}
        if any(schedule.all_due([one], carried, now, AMSTERDAM, turn(name)).values()):
            result.append(datetime.fromtimestamp(now, AMSTERDAM))
            at = now
    return result


# Whose turn it is -----------------------------------------------------------------------------------------------------


def test_each_is_up_once_in_a_while_however_often_somebody_looks() -> None:
    times = Counter[str]()
    moments = [1_000_000.0 + number * 0.7 for number in range(int(300 / 0.7) + 2)]
    for since, until in pairwise(moments):
        times.update(each for each in MANY[:200] if is_up(each, 60, since, until))

    assert set(times.values()) <= {5, 6}
    assert len(times) == 200


def test_ten_thousand_do_not_begin_at_the_same_moment() -> None:
    a_second = Counter(int(turn(each) * 60) for each in MANY)

    assert len(a_second) == 60
    assert max(a_second.values()) < 250
    assert turn("office 1") == turn("office 1")


def test_whoever_was_away_for_a_night_is_looked_at_once() -> None:
    assert is_up("office 1", 60, 0.0, 12 * HOUR)
    assert not is_up("office 1", 60, 12 * HOUR, 12 * HOUR)


# What is due ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-18")
def test_who_rests_is_left_out_and_a_first_import_comes_after_everything_else() -> None:
    assert is_wished("c", "at_once", NOON, NOON) == Job("c", Priority.PERIODIC)
    assert is_wished("c", "at_once", None, NOON) == Job("c", Priority.BACKFILL)
    assert is_wished("c", "at_once", NOON, NOON, paused=True) is None
    assert is_wished("c", "by_hand", NOON, NOON + timedelta(days=9)) is None


@pytest.mark.requirement("X-18")
def test_every_so_many_hours_is_never_later_than_that_and_only_a_little_earlier() -> None:
    for name in MANY[:6]:
        moments = begun(name, "{every: {hours: 24}}", NOON, 3, 72)
        gaps = [
            (later - earlier) / timedelta(hours=1) for earlier, later in zip([NOON, *moments], moments, strict=False)
        ]

        assert len(gaps) in (2, 3)
        assert all(23.0 <= each <= 24.0 for each in gaps)


@pytest.mark.requirement("X-18")
def test_at_a_time_of_day_each_begins_a_little_later_than_the_one_before() -> None:
    moments = [begun(name, "{daily: '02:00'}", NIGHT, 1, 2) for name in MANY[:40]]
    minutes = {(each.hour, each.minute) for (each,) in moments}

    assert {hour for hour, _ in minutes} == {2}
    assert all(minute <= 30 for _, minute in minutes)
    assert len(minutes) > 8


@pytest.mark.requirement("X-18")
@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 27, 12, tzinfo=AMSTERDAM), datetime(2026, 10, 23, 12, tzinfo=AMSTERDAM)]
)
def test_once_a_night_is_once_a_night_when_the_clocks_change(day: datetime) -> None:
    nights = begun("office 3", "{daily: '02:30'}", day, 10, 96)

    assert [(each.date() - day.date()).days for each in nights] == [1, 2, 3, 4]


@pytest.mark.requirement("X-18")
def test_a_run_for_its_own_turn_and_a_look_agree_on_what_is_due() -> None:
    """Else it would be wished for ever, and run for nothing."""
    for name in MANY[:3]:
        (moment,) = begun(name, "{daily: '02:00'}", NIGHT, 1, 2)
        store, row, spec = world(name, "{daily: '02:00'}", NIGHT)
        with store:
            assert wished(store, row, spec, moment.timestamp() - 60) is None
            assert wished(store, row, spec, moment.timestamp()) is not None


def test_what_a_system_said_and_nobody_looked_at_is_wished_once_more_however_seldom_somebody_looks(
    tmp_path: Path,
) -> None:
    """Whoever took it in was killed before a run was wished."""
    spec, names = rhythm("{every: {hours: 24}}"), MANY[:3]
    with open_store(tmp_path / "state.db") as store, store.transaction():
        for name in names:
            store.save(ConnectionRow(name, "pairs", {}, {}, {"": {"time zone": "Europe/Amsterdam"}}))
            carried = {("thing", "left", each) for each in HAPPENINGS} | {("thing", "", "import")}
            Memory(store, name, spec.sides).carried(carried, NOON.timestamp())
    now, look = NOON.timestamp(), looking(lambda: open_store(tmp_path / "state.db"), lambda _: spec, 1e9)

    def says(name: str, at: float, what: str = "changed") -> None:
        with open_store(tmp_path / "state.db") as store, store.transaction():
            Memory(store, name, spec.sides).hint([Said("left", "things", "1" * (what == "deleted"), what, at)])

    def found(seconds: int) -> list[tuple[int, Job]]:
        nonlocal now
        wishes = []
        for number in range(1, seconds + 1):
            wishes += [(number, job) for job in look(now, now + 1)]
            now += 1
        return wishes

    says(names[0], now - 500)

    # Said before this one began to look.
    assert found(30) == [(1, Job(names[0], Priority.PUSH))]

    says(names[1], now)
    says(names[2], now, "deleted")

    assert found(60) == [(10, Job(names[1], Priority.PUSH))]


def test_what_was_said_just_now_is_with_whoever_took_it_in_however_often_somebody_looks() -> None:
    store, row, mapping = world("c", "{every: {hours: 24}}", NOON)
    now = NOON.timestamp()
    with store:
        with store.transaction():
            Memory(store, "c", mapping.sides).hint([Said("left", "things", "", "changed", now)])
        found = [wished(store, row, mapping, now + seconds) for seconds in (0.0, 9.9, 10.0)]

    assert found == [None, None, Job("c", Priority.PUSH)]


# How many at once -----------------------------------------------------------------------------------------------------


class Idle(InMemory):
    """Jobs that nobody carries out, until a test says so."""

    def carry_out(self, count: int) -> list[str]:
        done = self.kept[:count]
        self.kept = self.kept[count:]
        return [each.job.connection for each in done]


def test_after_a_night_all_are_run_a_few_at_a_time_and_nobody_is_forgotten() -> None:
    jobs = Idle(4)

    def look(_: float, __: float) -> Iterable[Job]:
        return (Job(each) for each in MANY[:300])

    ticking, now = Ticking(jobs, look, 32, 0.0), 0.0
    done: list[str] = []
    while len(done) < 600:
        now += 1
        ticking.tick(now)

        assert len(jobs.kept) <= 32

        done += jobs.carry_out(20)

    assert sorted(done[:300]) == sorted(MANY[:300])
    assert max(Counter(done).values()) <= 3


class Fleet(Idle):
    """Workers that fetch what stands in line, eight times as many jobs as each runs at once."""

    def __init__(self, workers: int, slots: int) -> None:
        super().__init__(slots)
        self.fetched: list[list[str]] = [[] for _ in range(workers)]
        self.later = 0
        """How many jobs are to be begun later."""

    def pass_a_second(self, runs: int) -> list[str]:
        """Let each worker fetch what it has room for, and carry out so many."""
        done = []
        for mine in self.fetched:
            mine.extend(self.carry_out(8 * self.slots - len(mine)))
            done += mine[:runs]
            del mine[:runs]
        return done

    def health(self) -> Health:
        waiting = len(self.fetched[0]) + len(self.kept) + self.later
        return Health(True, "", waiting, 0, len(self.kept))


@pytest.mark.parametrize("workers", [1, 2, 4, 16])
def test_every_worker_of_a_fleet_has_its_hands_full_and_never_too_many_stand_in_line(workers: int) -> None:
    slots, runs, due = 4, 20, 400 * workers
    jobs = Fleet(workers, slots)
    jobs.later = 5_000  # the systems of so many are down, and they are tried again later
    ticking = Ticking(jobs, lambda since, _: (Job(each) for each in MANY[:due]) if since == 0.0 else (), 8 * slots, 0.0)
    done: list[str] = []
    seconds = 0
    while len(done) < due and seconds < 1_000:
        seconds += 1
        ticking.tick(float(seconds))

        assert len(jobs.kept) <= 2 * 8 * slots * workers

        done += jobs.pass_a_second(runs)

    assert sorted(done) == sorted(MANY[:due])
    # As fast as all of them together can, and a few seconds until it is found out how fast that is.
    assert seconds <= due / (runs * workers) + 8


def test_where_fewer_workers_are_left_fewer_jobs_stand_in_line() -> None:
    jobs = Fleet(16, 4)
    ticking = Ticking(jobs, lambda since, _: (Job(each) for each in MANY) if since == 0.0 else (), 32, 0.0)
    longest = 0
    for second in range(1, 11):
        ticking.tick(float(second))
        longest = max(longest, len(jobs.kept))
        jobs.pass_a_second(20)
    del jobs.fetched[1:]
    for second in range(11, 200):
        ticking.tick(float(second))
        jobs.pass_a_second(20)

    assert longest > 128
    assert len(jobs.kept) <= 64
    assert ticking.behind


def test_a_push_that_is_found_again_waits_for_no_room_and_raises_what_waits_already() -> None:
    class Full(Idle):
        def health(self) -> Health:
            return Health(True, "", 0, 0, 32)

    looks = iter([[Job(each) for each in MANY[:100]], [Job(MANY[5], Priority.PUSH), Job("new", Priority.PUSH)], []])
    jobs = Full(4)
    ticking = Ticking(jobs, lambda _, __: next(looks), 32, 0.0)

    assert [ticking.tick(1.0), ticking.tick(2.0)] == [0, 2]
    assert [each.job for each in jobs.kept] == [Job(MANY[5], Priority.PUSH), Job("new", Priority.PUSH)]
    assert list(ticking.behind) == [*MANY[:5], *MANY[6:100]]


def test_after_an_outage_pushes_are_put_in_line_a_few_at_a_time_too() -> None:
    jobs = Idle(4)
    ticking = Ticking(jobs, lambda since, _: (Job(each, Priority.PUSH) for each in MANY[:100] if not since), 32, 0.0)
    ticking.tick(1.0)

    assert len(jobs.kept) == 32


def test_a_state_store_that_is_away_makes_nobody_miss_a_turn() -> None:
    jobs, asked = Idle(1), []

    def look(since: float, until: float) -> Iterable[Job]:
        asked.append((since, until))
        if until < 3:
            raise StateError("it is away")
        return [Job("c")]

    ticking = Ticking(jobs, look, 8, 0.0)
    for now in (1.0, 2.0):
        with pytest.raises(StateError, match="away"):
            ticking.tick(now)

    assert ticking.tick(3.0) == 1
    assert ticking.tick(4.0) == 0
    assert asked[-2:] == [(0.0, 3.0), (3.0, 4.0)]


def test_a_job_that_could_not_be_kept_is_kept_at_the_next_look() -> None:
    class Full(Idle):
        times = 0

        def submit(self, job: Job, *, after: float = 0.0, gives_way: bool = False) -> bool:
            self.times += 1
            if self.times == 2:
                raise StateError("the disk is full")
            return super().submit(job, after=after, gives_way=gives_way)

    ticking = Ticking(Full(1), lambda since, _: [] if since else [Job("a"), Job("b")], 8, 0.0)
    with pytest.raises(StateError, match="full"):
        ticking.tick(1.0)

    assert list(ticking.behind) == ["b"]
    assert ticking.tick(2.0) == 1
    assert ticking.behind == {}


def test_only_one_of_many_workers_looks() -> None:
    class Other(Idle):
        def ticks(self) -> bool:
            return False

    def look(_: float, __: float) -> Iterable[Job]:
        raise AssertionError("it is not its turn")

    assert Ticking(Other(1), look, 8, 0.0).tick(time.time()) == 0
