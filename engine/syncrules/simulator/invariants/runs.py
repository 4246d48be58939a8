"""Every run ends with a sentence, and in the end nothing is written any more."""

from __future__ import annotations

from collections.abc import Iterator

from syncrules.simulator.invariants.outcome import Outcome
from syncrules.simulator.invariants.registry import invariant


@invariant
def no_traceback(outcome: Outcome) -> Iterator[str]:
    """Whatever happens, a run ends with a result or with a sentence, never with an error of the program."""
    for ran in outcome.world.runs:
        if ran.broken:
            yield f"run {ran.number + 1} broke: {ran.broken}"


@invariant
def quiescence(outcome: Outcome) -> Iterator[str]:
    """When people and faults stop, a bounded number of runs reaches a state in which the next run writes nothing."""
    if outcome.rounds < 0:
        last = outcome.world.runs[-1]
        yield f"after {len(outcome.world.runs)} runs the last one still made {len(last.writes)} writes {last.error}"


@invariant
def call_limits_are_kept(outcome: Outcome) -> Iterator[str]:
    """No call is made beyond what a system allows, as that system counts."""
    for side, wire in outcome.world.wires.items():
        yield from (f"{side}: {each}" for each in wire.broken_limits[:1])
