"""Schedules in which one kind of fault is aimed at one point of a run: what chance seldom brings about is played often enough, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from syncrules.simulator.door import CALLS, MISHAPS, WRITES
from syncrules.simulator.people import Doing
from syncrules.simulator.schedule import COMMIT_MISHAPS, DAY, HARMLESS, Event, Mishap, Schedule

ONLY_AT: Mapping[str, Sequence[str]] = {
    "half a list": ("read",),
    "told twice": ("read",),
    "another order": ("read",),
    "refused": WRITES,
}
"""Kind of fault → the calls that it says something about; the others may befall every call."""


@dataclass(frozen=True)
class Way:
    """How a point is met that a run seldom comes to: what people do, what goes wrong then, and what they do before the next run."""

    deeds: Sequence[str]
    wrong: Sequence[tuple[str, str]]
    """Points and kinds, one of which goes wrong in the run after that; none: nothing has to."""
    after: Sequence[str] = ()
    wait: int = 0
    """Seconds before the next run."""
    applied: bool = False
    """Whether what they do after stands between a saved plan and its run."""


LOST = (("create", "lost after"), ("create", "crash after"), ("create", "garbage"))
UNSENT = (("create", "lost before"), ("create", "crash before"), ("create", "no connection"))
UNLEFT = (("commit in Writer.write_back", "crash before"), ("commit in Writer.write_back", "crash within"))
CHANGED = ("edit", "edit", "edit")
WAYS: Mapping[str, Way] = {
    "commit in _settle_create": Way(("create",), LOST),
    "commit in _not_known": Way(("create",), UNSENT),
    "commit in _ask": Way(("create",), LOST, after=CHANGED),
    "commit in _settle_update": Way(
        CHANGED, (("update", "lost after"), ("update", "lost before"), ("update", "crash after"))
    ),
    "commit in _settle_write_back": Way(("create",), UNLEFT),
    "commit in _keep_digest": Way((), (), after=CHANGED),
    "commit in Decider._decide_departed": Way(("create",) * 3, (), after=("delete",) * 4, wait=8 * DAY),
    "commit in Permit._drop": Way(("create", "edit"), (), after=CHANGED, applied=True),
    "find": Way(("create",), LOST),
}
"""Point that chance alone seldom meets → a way that leads there."""
ROUNDS = 3
"""So many times that way is gone in a schedule, after everything else."""


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
    """Let a fault befall a point in every run of a schedule, once each, and in some more that lead to it; which time around is decided by its seed."""
    chance = Random(f"{schedule.seed} {point} {kind}")

    def mishap() -> Mishap:
        return Mishap(point, chance.choice((0, 0, 0, 1, 2)), kind)

    def struck(event: Event) -> Event:
        return replace(event, shown=False, mishaps=(mishap(), *event.mishaps)) if event.is_run else event

    events = [struck(each) for each in schedule.events]
    if point in WAYS:
        events += _led(WAYS[point], schedule, mishap, chance)
    return replace(
        schedule,
        events=tuple(events),
        calm=schedule.calm and (kind in HARMLESS or kind in COMMIT_MISHAPS) and point not in WAYS,
    )


def _led(way: Way, schedule: Schedule, mishap: Callable[[], Mishap], chance: Random) -> Iterator[Event]:
    """Go a way that leads to a point, with the kinds of records that this schedule begins with."""
    made = [each.doing for each in schedule.events if each.doing is not None and each.doing.what.startswith("create")]

    def done(deeds: Sequence[str], by: int) -> Iterator[Doing]:
        for number, what in enumerate(deeds):
            doing = chance.choice(made)
            yield replace(
                doing, what=what, pick=chance.randrange(8), row=chance.randrange(40), mark=doing.mark + by + 50 * number
            )

    for number in range(1, ROUNDS + 1):
        yield from (Event(doing=each) for each in done(way.deeds, 2000 * number))
        after = tuple(done(way.after, 2000 * number + 1000))
        if way.applied:
            yield Event(between=after, mishaps=(mishap(),))
            continue
        yield Event(
            mishaps=tuple(Mishap(where, 0, what) for where, what in chance.sample(way.wrong, min(1, len(way.wrong))))
        )
        yield from (Event(doing=each) for each in after)
        if way.wait:
            yield Event(wait=way.wait)
        yield Event(mishaps=(mishap(),))
