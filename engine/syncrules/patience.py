"""How long to wait before something is tried again: ever longer, and not at the same moment as everybody else."""

from __future__ import annotations

import random
from collections.abc import Callable


def pause(times: int, first: float, longest: float, chance: Callable[[], float] = random.random) -> float:
    """Say for how many seconds something is left alone that failed so many times in a row.

    Args:
        first: after the first time; each time twice as long as the time before.
        longest: beyond which that no longer grows.
        chance: gives numbers from 0 up to 1; a quarter more or less comes of them.
    """
    return min(longest, first * 2.0 ** min(times - 1, 32)) * (0.75 + chance() / 2)
