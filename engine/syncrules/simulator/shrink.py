"""Make a schedule that breaks a promise as short as it can be, and still break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from syncrules.simulator.schedule import Event, Schedule

Fails = Callable[[Schedule], bool]


def shortest(schedule: Schedule, fails: Fails, most: int = 600) -> Schedule:
    """Leave out of a schedule whatever is not needed for it to fail.

    Args:
        fails: plays a schedule and tells whether it breaks the same promise.
        most: how many schedules may be played at the most.
    """
    left = most
    shorter = True
    while shorter and left > 0:
        shorter = False
        for candidate in _candidates(schedule):
            left -= 1
            if left <= 0:
                break
            if fails(candidate):
                schedule, shorter = candidate, True
                break
    return schedule


def _candidates(schedule: Schedule) -> Iterator[Schedule]:
    """Offer simpler schedules, the boldest first."""
    events = schedule.events
    size = len(events) // 2
    while size:
        for start in range(0, len(events), size):
            yield replace(schedule, events=events[:start] + events[start + size :])
        size //= 2
    for at, event in enumerate(events):
        for simpler in _simpler(event):
            yield replace(schedule, events=(*events[:at], simpler, *events[at + 1 :]))
    plain = (
        replace(schedule, entities=()),
        replace(schedule, pages=(9, 9)),
        replace(schedule, lags=(0.0, 0.0)),
        replace(schedule, skews=(0.0, 0.0)),
    )
    yield from (each for each in plain if each != schedule)


def _simpler(event: Event) -> Iterator[Event]:
    for at in range(len(event.mishaps)):
        yield replace(event, mishaps=event.mishaps[:at] + event.mishaps[at + 1 :])
    for at in range(len(event.meddling)):
        yield replace(event, meddling=event.meddling[:at] + event.meddling[at + 1 :])
    for at in range(len(event.between or ())):
        between = event.between or ()
        yield replace(event, between=between[:at] + between[at + 1 :])
    simpler = [replace(event, due_only=False), replace(event, shown=False), replace(event, between=None)]
    if event.doing is not None:
        simpler += [
            replace(event, doing=replace(event.doing, pick=0)),
            replace(event, doing=replace(event.doing, row=0)),
        ]
    yield from (each for each in simpler if each != event)
