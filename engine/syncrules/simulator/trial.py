"""One schedule, played and judged; and the story of one that broke a promise."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from syncrules.simulator.door import MISHAPS
from syncrules.simulator.invariants import Violation, violations
from syncrules.simulator.play import Ran, Stage, World
from syncrules.simulator.schedule import Schedule, Tally, generate
from syncrules.simulator.shape import leaves, to_wire
from syncrules.simulator.shrink import shortest


@dataclass(slots=True)
class Verdict:
    """What came of a schedule."""

    schedule: Schedule
    violations: list[Violation]
    world: World

    @property
    def broken(self) -> set[str]:
        return {each.invariant for each in self.violations}


def play(stage: Stage, schedule: Schedule, tally: Tally | None = None) -> Verdict:
    """Play a schedule to its end and beyond, until nothing is written any more, and judge it."""
    world = World(stage, schedule, tally)
    for event in schedule.events:
        world.happen(event)
    rounds = world.settle()
    return Verdict(schedule, violations(world, rounds), world)


def shrunk(stage: Stage, verdict: Verdict, most: int = 600) -> Verdict:
    """Find the shortest schedule that breaks one of the same promises."""
    first = min(verdict.broken)

    def fails(schedule: Schedule) -> bool:
        return first in play(stage, schedule).broken

    return play(stage, shortest(verdict.schedule, fails, most))


def trial(stage: Stage, seed: int, tally: Tally | None = None) -> Verdict:
    """Make up the schedule of a seed and play it."""
    return play(stage, generate(stage.spec, seed), tally)


# Told in words -----------------------------------------------------------------------------------------------------


def story(verdict: Verdict) -> str:
    """Tell what happened, in the order in which it happened, and which promise was broken."""
    return "\n".join(_lines(verdict))


def _lines(verdict: Verdict) -> Iterator[str]:
    world = verdict.world
    yield f"Seed {verdict.schedule.seed}."
    deeds, runs = iter(world.people.diary), iter(world.runs)
    told: list[tuple[float, int, str]] = []
    for number, deed in enumerate(deeds):
        told.append((deed.at, number, deed.story))
    for ran in runs:
        told.append((ran.began, 10_000 + ran.number, _told_run(world, ran)))
    yield from (f"  {number}. {text}" for number, (_, _, text) in enumerate(sorted(told), 1) if text)
    for each in verdict.violations:
        yield f"Broken: {each.invariant}: {each.told}"


def _told_run(world: World, ran: Ran) -> str:
    titles = {side: twin.manifest.title for side, twin in world.twins.items()}
    parts = [f"{write.verb} {write.resource} '{write.id}' in {titles[side]}" for side, write in ran.writes]
    ended = "is killed" if ran.crashed else f"stops ({ran.error})" if ran.error else "ends"
    befell = "; ".join(MISHAPS.get(each, each) for each in ran.mishaps)
    if not parts and not befell and not ran.error and not ran.notices:
        return ""
    said = f" It says: {'; '.join(text for _, _, text in ran.notices)}." if ran.notices else ""
    return f"A run {ended}{f', and {befell}' if befell else ''}: {', '.join(parts) or 'nothing is written'}.{said}"


def trace(verdict: Verdict) -> str:
    """Give a digest of everything that was seen of a schedule: the same seed gives the same one, byte for byte."""
    digest = hashlib.blake2b(digest_size=16)
    for side in verdict.world.spec.sides:
        for write in verdict.world.twins[side].log:
            digest.update(
                to_wire([write.at, write.who, write.verb, write.resource, write.id, list(leaves(write.after or {}))])
            )
    for ran in verdict.world.runs:
        digest.update(to_wire([ran.began, ran.ended, ran.crashed, ran.error, ran.effects, ran.notices]))
    return digest.hexdigest()
