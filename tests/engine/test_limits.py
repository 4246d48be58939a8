"""Call limits are kept: short windows by waiting, long ones by refusing, and never by a real clock."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pair_world import BOX, manifest_of

from syncrules.errors import LimitReached
from syncrules.limits import Limits

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


def limits(*declared: str, clock: Clock | None = None, counts: Counter[tuple[str, str]] | None = None) -> Limits:
    """Make the limits of a system that declares these."""
    kept: Counter[tuple[str, str]] = Counter() if counts is None else counts

    def count(scope: str, window: str) -> int:
        kept[scope, window] += 1
        return kept[scope, window]

    text = BOX + "limits:\n" + "".join(f"  - {each}\n" for each in declared) if declared else BOX
    return Limits(manifest_of(text), "box/acme", clock or Clock(), count)


def test_without_a_limit_nobody_waits() -> None:
    clock = Clock()
    taken = limits(clock=clock)
    for _ in range(1000):
        taken.take("things")

    assert clock.slept == []


def test_a_full_window_is_waited_for_and_no_longer_than_needed() -> None:
    clock = Clock()
    taken = limits("{calls: 3, per: second}", clock=clock)
    for pause in (0.0, 0.25, 0.25):
        clock.time += pause
        taken.take("things")

    taken.take("things")

    assert clock.slept == [0.5]
    assert clock.time == START + 1.0


def test_whoever_is_slow_enough_never_waits() -> None:
    clock = Clock()
    taken = limits("{calls: 2, per: minute}", clock=clock)
    for _ in range(10):
        taken.take("things")
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
        taken.take("things")
        moments.append(clock.time)

    too_close = [later - earlier for earlier, later in zip(moments, moments[calls:], strict=False)]
    assert all(each >= window[1] * (1 - 1e-9) for each in too_close)
    assert all(later >= earlier for earlier, later in pairwise(moments))


def test_several_limits_hold_at_once() -> None:
    clock = Clock()
    taken = limits("{calls: 2, per: second}", "{calls: 3, per: minute}", clock=clock)
    for _ in range(4):
        taken.take("things")

    assert clock.time == START + 60


def test_a_limit_of_certain_calls_counts_no_others() -> None:
    clock = Clock()
    taken = limits("{calls: 1, per: minute, of: [things, groups]}", clock=clock)
    for what in ("things", "orders", "orders", "orders"):
        taken.take(what)

    assert clock.slept == []

    taken.take("groups")

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
    clock, counts = Clock(), Counter[tuple[str, str]]()
    limits(f"{{calls: 2, per: {per}}}", clock=clock, counts=counts).take("things")
    again = limits(f"{{calls: 2, per: {per}}}", clock=clock, counts=counts)
    again.take("things")

    with pytest.raises(LimitReached) as caught:
        again.take("things")

    assert clock.slept == []
    assert counts == {("box/acme/all", window): 3}
    assert str(caught.value) == f"The Box: the 2 calls of all kinds that are allowed in a {per} are used up"
    assert caught.value.cure == f"It goes on by itself in the next {per}; nothing was lost."

    clock.time = next_one.timestamp()
    again.take("things")


def test_a_long_limit_of_certain_calls_refuses_those_alone() -> None:
    counts = Counter[tuple[str, str]]()
    taken = limits("{calls: 1, per: month, of: [things]}", counts=counts)
    taken.take("things")
    taken.take("orders")

    with pytest.raises(LimitReached, match="the 1 calls of things that are allowed in a month"):
        taken.take("things")
    assert set(counts) == {("box/acme/things", "2026-05")}


def test_calls_from_several_threads_share_one_window() -> None:
    clock, moments = Clock(0.0), []
    taken = limits("{calls: 2, per: second}", clock=clock)

    def call() -> None:
        taken.take("things")
        moments.append(clock.time)

    threads = [Thread(target=call) for _ in range(9)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert clock.time == 4.0
    assert sum(clock.slept) == 4.0
