"""Play a mapping against faults, crashes and people, and tell what came of it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from pprint import pformat
from typing import Any

from syncrules.cli.answers import read_answers
from syncrules.cli.desk import Desk
from syncrules.cli.screen import Screen
from syncrules.journey.event import Event
from syncrules.language import spec
from syncrules.simulator.campaign import Campaign, play_many
from syncrules.simulator.door import CALLS, MISHAPS
from syncrules.simulator.play import Stage
from syncrules.simulator.schedule import COMMIT_MISHAPS, COMMITS, Tally
from syncrules.simulator.trial import Verdict, shrunk, story, trial

REGRESSION = '''"""A schedule that broke a promise: {promise}.

{story}
"""

from syncrules.language import spec
from syncrules.simulator.play import Stage
from syncrules.simulator.schedule import Event, Meddling, Mishap, Schedule
from syncrules.simulator.people import Doing
from syncrules.simulator.trial import play, story

SCHEDULE = {schedule}


def test_the_promise_is_kept() -> None:
    verdict = play(Stage(spec.load({mapping!r})), SCHEDULE)

    assert not verdict.violations, story(verdict)
'''


def read_settings(file: str) -> dict[str, Any]:
    """Read answers to the settings of a mapping.

    Raises:
        UsageError: the file cannot be read, or holds no answers.
    """
    return read_answers(file)


def simulate(
    desk: Desk,
    mapping: str,
    answers: Mapping[str, Any] | None,
    *,
    seeds: int,
    seed: int,
    minutes: float,
    jobs: int,
    write: str,
    table: bool = False,
) -> int:
    """Play many schedules of a mapping; a schedule that breaks a promise is made short and told.

    Args:
        table: whether it is told how often each kind of fault befell each point.
    """
    loaded = spec.load(mapping)
    until = time.monotonic() + minutes * 60 if minutes else float("inf")
    began = time.monotonic()
    screen = desk.screen

    with screen.progress() as told:

        def goes_on(so_far: Campaign) -> bool:
            told(Event("play", "schedules", so_far.played, seeds))
            return time.monotonic() < until and not so_far.failed

        result = play_many(mapping, seed, seeds, jobs or os.cpu_count() or 1, answers, goes_on=goes_on)
    found = None
    if result.failed:
        screen.say("A promise was broken; the schedule is made as short as it can be …")
        stage = Stage(loaded, answers)
        found = shrunk(stage, trial(stage, min(result.failed)))
    _tell(desk, result, found, time.monotonic() - began)
    if table:
        _show_table(desk.screen, result.tally)
    if found is not None:
        path = Path(write) / f"test_seed_{found.schedule.seed}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_regression(mapping, found), encoding="utf-8")
        screen.say(f"\nA test that plays it again: {path}")
    return 1 if result.failed else 0


def _tell(desk: Desk, result: Campaign, found: Verdict | None, seconds: float) -> None:
    screen = desk.screen
    screen.say(
        f"{result.played:,} schedules from seed {result.first} on were played in {seconds:.0f} s: {result.runs:,} runs, {result.writes:,} writes."
    )
    struck = sum(result.tally.counts.values())
    screen.say(
        f"{struck:,} times something went wrong on the way; {result.calm:,} schedules had to end with everything in sync."
    )
    screen.data(
        {
            "command": "simulate",
            "mapping": result.mapping,
            "first_seed": result.first,
            "schedules": result.played,
            "calm": result.calm,
            "runs": result.runs,
            "writes": result.writes,
            "seconds": round(seconds, 1),
            "faults": [
                {"point": point, "kind": kind, "count": count}
                for (point, kind), count in sorted(result.tally.counts.items())
            ],
            "broken": [{"seed": seed, "promises": promises} for seed, promises in sorted(result.failed.items())],
            "story": story(found) if found is not None else "",
        }
    )
    if found is None:
        screen.say("No promise was broken.")
        return
    screen.head("A promise was broken")
    screen.say(story(found))


def _show_table(screen: Screen, tally: Tally) -> None:
    """Show what was struck how often, and what never was: calls by kind of fault, then the steps that commit."""
    screen.head("What went wrong with which call")
    rows = [[kind, *(tally.counts.get((call, kind), 0) for call in CALLS)] for kind in MISHAPS]
    screen.table(["fault", *CALLS], rows)
    screen.head("What went wrong at which commit")
    steps = sorted(
        {point for point, _ in tally.counts if point not in CALLS} | {f"commit in {each}" for each in COMMITS}
    )
    screen.table(
        ["commit", *COMMIT_MISHAPS],
        [[step, *(tally.counts.get((step, kind), 0) for kind in COMMIT_MISHAPS)] for step in steps],
    )


def _regression(mapping: str, found: Verdict) -> str:
    told = story(found)
    return REGRESSION.format(
        promise=min(found.broken), story=told, schedule=pformat(found.schedule, width=100), mapping=mapping
    )
