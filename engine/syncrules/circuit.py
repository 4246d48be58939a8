"""A system that is down is left alone, ever longer, and tried by one run at a time until it can be used again.

What is noted belongs to one system of one connection: others go on. Whoever runs it by hand tries it at once.
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


def rest(memory: Memory, now: float) -> float:
    """Say for how many seconds a connection is to be left alone yet; 0 if it may be run."""
    return max((each.until - now for each in memory.circuits() if each.state(now) == "open"), default=0.0)


@contextmanager
def noted(memory: Memory, mapping: Spec, clock: Clock, chance: Callable[[], float] = random.random) -> Iterator[None]:
    """Note whether both systems could be used by the run that is carried out inside.

    A limit that is used up is none of its business: it is kept before any call is made, and for one lane longer than for another.
    """
    try:
        yield
    except LimitReached:
        raise
    except ProviderError as error:
        _failed(memory, mapping, error, clock.now(), chance)
        raise
    if memory.circuits():
        with memory.store.transaction():
            memory.close_circuits()


def _failed(memory: Memory, mapping: Spec, error: ProviderError, now: float, chance: Callable[[], float]) -> None:
    side = next((each for each, one in mapping.manifests.items() if one.title == error.system), "")
    before = next((each for each in memory.circuits() if each.side == side), None)
    failed, since = (before.failed + 1, before.since) if before is not None else (1, now)
    longest = UNKNOWN if isinstance(error, LoginRefused) else LONGEST
    until = now + pause(failed, FIRST, longest, chance)
    with memory.store.transaction():
        memory.open_circuit(Circuit(side, error.system, failed, since, until, error.says))


def refuse(memory: Memory, now: float, moment: Callable[[float], str]) -> None:
    """Let no run begin by itself as long as a system is left alone.

    Raises:
        LeftAlone: one is.
    """
    for each in memory.circuits():
        if each.state(now) == "open":
            raise LeftAlone(each, memory.connection, moment(each.until))


class LeftAlone(ProviderError):
    """The other system could not be used a while ago, and it is too soon to try again."""

    def __init__(self, circuit: Circuit, connection: str, until: str) -> None:
        super().__init__(
            circuit.system,
            f"it is left alone until {until}, because it could not be used ({circuit.why})",
            cure=f"It is tried again by itself then; 'syncrules run {connection}' tries it now.",
        )
