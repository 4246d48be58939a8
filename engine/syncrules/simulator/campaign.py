"""Many schedules, in several processes: what was played, what broke, and how often each fault befell each point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from syncrules.language import spec
from syncrules.simulator.play import Stage
from syncrules.simulator.schedule import Schedule, Tally, generate
from syncrules.simulator.trial import play

CHUNK = 25
"""Schedules that a process plays before it reports."""

Change = Callable[[Schedule], Schedule]
"""Makes another schedule of one that chance made up."""


@dataclass(slots=True)
class Campaign:
    """What many schedules showed."""

    mapping: str
    first: int
    played: int = 0
    runs: int = 0
    writes: int = 0
    calm: int = 0
    """Schedules in which nothing quarrelled: all of their records had to end in sync."""
    failed: dict[int, list[str]] = field(default_factory=dict)
    """Seed → promises that it broke."""
    tally: Tally = field(default_factory=Tally)

    def add(self, other: Campaign) -> None:
        self.played += other.played
        self.runs += other.runs
        self.writes += other.writes
        self.calm += other.calm
        self.failed |= other.failed
        self.tally.merge(other.tally)

    @property
    def broken(self) -> Mapping[str, int]:
        """Promise → how many schedules broke it."""
        return Counter(each for broken in self.failed.values() for each in broken)


_STAGES: dict[str, Stage] = {}


def play_some(
    mapping: str, settings: Mapping[str, Any] | None, first: int, count: int, change: Change | None = None
) -> Campaign:
    """Play the schedules of some seeds, one after the other."""
    if mapping not in _STAGES:
        _STAGES[mapping] = Stage(spec.load(mapping), settings)
    stage, result = _STAGES[mapping], Campaign(mapping, first)
    for seed in range(first, first + count):
        schedule = generate(stage.spec, seed)
        verdict = play(stage, change(schedule) if change else schedule, result.tally)
        result.played += 1
        result.calm += verdict.schedule.calm
        result.runs += len(verdict.world.runs)
        result.writes += sum(len(ran.effects) for ran in verdict.world.runs)
        if verdict.violations:
            result.failed[seed] = sorted(verdict.broken)
    return result


def play_many(
    mapping: str,
    first: int,
    seeds: int,
    jobs: int,
    settings: Mapping[str, Any] | None = None,
    *,
    change: Change | None = None,
    goes_on: Callable[[Campaign], bool] = lambda _: True,
) -> Campaign:
    """Play the schedules of many seeds.

    Args:
        first: the first seed.
        jobs: processes; with one, everything happens in this one.
        change: is called with each schedule, and gives the one that is played.
        goes_on: asked after each part; no new part is begun when it says no.
    """
    result = Campaign(mapping, first)
    chunks = ((start, min(CHUNK, first + seeds - start)) for start in range(first, first + seeds, CHUNK))
    if jobs == 1:
        for start, count in chunks:
            result.add(play_some(mapping, settings, start, count, change))
            if not goes_on(result):
                break
        return result
    with ProcessPoolExecutor(jobs) as pool:
        running: set[Future[Campaign]] = set()
        more = True
        while more or running:
            for start, count in _taken(chunks, jobs + 1 - len(running)) if more else ():
                running.add(pool.submit(play_some, mapping, settings, start, count, change))
            if not running:
                break
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                result.add(each.result())
            more = more and goes_on(result)
    return result


def _taken(chunks: Iterator[tuple[int, int]], most: int) -> Iterator[tuple[int, int]]:
    for _ in range(most):
        chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk
