"""What an invariant is, and how a world is held against all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from syncrules.simulator.invariants.outcome import Outcome
from syncrules.simulator.play import World


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken."""

    invariant: str
    told: str


Invariant = Callable[["Outcome"], Iterator[str]]


INVARIANTS: dict[str, Invariant] = {}


def invariant(check: Invariant) -> Invariant:
    """Register a check; its name and its first sentence stand in the manual."""
    INVARIANTS[check.__name__.replace("_", " ")] = check
    return check


def sentence(check: Invariant) -> str:
    """Give the sentence that says what an invariant demands."""
    return inspect.cleandoc(check.__doc__ or "").partition("\n")[0]


def violations(world: World, rounds: int) -> list[Violation]:
    """Hold a world that has come to rest against every invariant."""
    outcome = Outcome(world, rounds)
    return [Violation(name, told) for name, check in INVARIANTS.items() for told in check(outcome)]
