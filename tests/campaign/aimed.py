"""Schedules in which one kind of fault is aimed at one point of a run: what chance seldom brings about is played often enough, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

from syncrules.simulator.door import CALLS, MISHAPS, WRITES
from syncrules.simulator.schedule import COMMIT_MISHAPS, HARMLESS, Event, Mishap, Schedule

ONLY_AT: Mapping[str, Sequence[str]] = {
    "half a list": ("read",),
    "told twice": ("read",),
    "another order": ("read",),
    "refused": WRITES,
}
"""Kind of fault → the calls that it says something about; the others may befall every call."""


def can_befall(point: str, kind: str) -> bool:
    """Tell whether a kind of fault means anything at a point.

    >>> can_befall("read", "half a list"), can_befall("login", "half a list"), can_befall("commit in _run_one", "429")
    (True, False, False)
    """
    if point.startswith("commit"):
        return kind in COMMIT_MISHAPS
    return kind in MISHAPS and point in ONLY_AT.get(kind, CALLS)


def aims(struck: Mapping[tuple[str, str], int], enough: int) -> Iterable[tuple[str, str]]:
    """List points and kinds that were hit less often than is enough, the rarest first."""
    points = sorted({point for point, _ in struck})
    every = [(point, kind) for point in points for kind in (*MISHAPS, *COMMIT_MISHAPS[2:]) if can_befall(point, kind)]
    return sorted((each for each in every if struck.get(each, 0) < enough), key=lambda each: struck.get(each, 0))


def aimed(schedule: Schedule, point: str, kind: str) -> Schedule:
    """Let a fault befall a point in every run of a schedule, once each; which time around is decided by its seed."""
    chance = Random(f"{schedule.seed} {point} {kind}")

    def struck(event: Event) -> Event:
        if not event.is_run:
            return event
        mishap = Mishap(point, chance.choice((0, 0, 0, 1, 2)), kind)
        return replace(event, shown=False, mishaps=(mishap, *event.mishaps))

    return replace(
        schedule,
        events=tuple(struck(each) for each in schedule.events),
        calm=schedule.calm and (kind in HARMLESS or kind in COMMIT_MISHAPS),
    )
