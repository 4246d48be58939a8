"""A system that is down is left alone, ever longer, and tried by one run at a time until it can be used again.

What is noted belongs to one system of one connection: others go on. Whoever runs it by hand tries it at once. One that allows no
more calls is not down: whoever spends in the same lane, or in one that is less urgent, waits until there are enough of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncrules.errors import LimitReached, LoginRefused, ProviderError
from syncrules.http import Clock
from syncrules.language.model import Spec
from syncrules.memory.circuits import Circuit
from syncrules.memory.memory import Memory
from syncrules.patience import pause

FIRST = 30.0
"""Seconds for which it is left alone when it could not be used for the first time; each time twice as long as the time before."""
LONGEST = 900.0
"""Seconds beyond which that no longer grows: what somebody changed is not to wait for much longer than the system is down."""
UNKNOWN = 3600.0
"""The same where a system does not know us: trying again seldom helps, and some lock whoever tries too often."""


def rest(memory: Memory, now: float, lane: str = "all") -> float:
    """Say for how many seconds a connection is to be left alone yet by a run that spends in a lane; 0 if it may be run."""
    holding = (each for each in memory.circuits() if each.holds(lane))
    return max((each.until - now for each in holding if each.state(now) == "open"), default=0.0)


@contextmanager
def noted(memory: Memory, mapping: Spec, clock: Clock, chance: Callable[[], float] = random.random) -> Iterator[None]:
    """Note whether both systems could be used by the run that is carried out inside, and when there will be calls for it again."""
    try:
        yield
    except LimitReached as error:
        if error.until:
            _waits(memory, mapping, error, clock.now())
        raise
    except ProviderError as error:
        _failed(memory, mapping, error, clock.now(), chance)
        raise
    if memory.circuits():
        with memory.store.transaction():
            memory.close_circuits()


def _failed(memory: Memory, mapping: Spec, error: ProviderError, now: float, chance: Callable[[], float]) -> None:
    side = _side(mapping, error)
    before = next((each for each in memory.circuits() if each.side == side and not each.lane), None)
    failed, since = (before.failed + 1, before.since) if before is not None else (1, now)
    longest = UNKNOWN if isinstance(error, LoginRefused) else LONGEST
    until = now + pause(failed, FIRST, longest, chance)
    with memory.store.transaction():
        memory.open_circuit(Circuit(side, error.system, failed, since, until, error.says))


def _waits(memory: Memory, mapping: Spec, error: LimitReached, now: float) -> None:
    side = _side(mapping, error)
    with memory.store.transaction():
        memory.open_circuit(Circuit(side, error.system, 1, now, error.until, error.says, error.lane))


def _side(mapping: Spec, error: ProviderError) -> str:
    return next((each for each, one in mapping.manifests.items() if one.title == error.system), "")


def refuse(memory: Memory, now: float, moment: Callable[[float], str]) -> None:
    """Let no run that spends in no lane begin by itself as long as a system is left alone.

    Raises:
        LeftAlone: one is.
    """
    for each in memory.circuits():
        if each.state(now) == "open" and each.holds("all"):
            raise LeftAlone(each, memory.connection, moment(each.until))


class LeftAlone(ProviderError):
    """The other system could not be used a while ago, or has no calls left, and it is too soon to try again."""

    def __init__(self, circuit: Circuit, connection: str, until: str) -> None:
        because = circuit.why if circuit.lane else f"it could not be used ({circuit.why})"
        super().__init__(
            circuit.system,
            f"it is left alone until {until}, because {because}",
            cure=f"It is tried again by itself then; 'syncrules run {connection}' tries it now.",
        )
