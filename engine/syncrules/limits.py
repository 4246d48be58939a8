"""Keep the call limits that a system declares: wait for a short window, refuse in a long one.

Short windows (a second, a minute) are kept in memory; long ones are counted in the state store, because a scheduled run is a new
process every time.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime

from syncrules.errors import LimitReached
from syncrules.http import Clock
from syncrules.manifest import Limit, Manifest

SHORT = {"second": 1.0, "minute": 60.0}
WINDOWS = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}


def scope(manifest: Manifest, whose: str) -> str:
    """Say whose limits are spent: those of an account with a system."""
    return f"{manifest.provider}/{whose}"


def window(scope: str, limit: Limit, now: float) -> tuple[str, str] | None:
    """Say where the calls of a long window are counted: whose, and when; None for a short one."""
    if limit.per in SHORT:
        return None
    moment = datetime.fromtimestamp(now, UTC).strftime(WINDOWS[limit.per])
    return f"{scope}/{','.join(limit.of) or 'all'}", moment


class Limits:
    """The limits of one system under one account.

    Args:
        scope: whose limit it is: the system and the account.
        count: counts a call in a window and gives the number so far.
    """

    def __init__(self, manifest: Manifest, scope: str, clock: Clock, count: Callable[[str, str], int]) -> None:
        self._manifest = manifest
        self.scope = scope
        self._clock = clock
        self._count = count
        self._lock = threading.Lock()
        self._recent: dict[Limit, deque[float]] = {}
        self.taken: Counter[str] = Counter()
        """The system's word for a call → how many were made since this was opened."""

    def take(self, what: str) -> None:
        """Take one call, waiting where that helps.

        Raises:
            LimitReached: none are left in this hour, day or month.
        """
        for limit in self._manifest.limits:
            if limit.of and what not in limit.of:
                continue
            if limit.per in SHORT:
                self._wait(limit)
            else:
                self._spend(limit, what)
        with self._lock:
            self.taken[what] += 1

    def window(self, limit: Limit) -> tuple[str, str] | None:
        """Say where the calls of a long window are counted: whose, and when; None for a short one."""
        return window(self.scope, limit, self._clock.now())

    def _wait(self, limit: Limit) -> None:
        with self._lock:
            recent = self._recent.setdefault(limit, deque(maxlen=limit.calls))
            if len(recent) == limit.calls:
                rest = recent[0] + SHORT[limit.per] - self._clock.now()
                if rest > 0:
                    self._clock.sleep(rest)
            recent.append(self._clock.now())

    def _spend(self, limit: Limit, what: str) -> None:
        counted = self.window(limit)
        assert counted is not None
        if self._count(*counted) > limit.calls:
            raise LimitReached(
                self._manifest.title,
                f"the {limit.calls} calls of {what if limit.of else 'all kinds'} that are allowed in a {limit.per} are used up",
                cure=f"It goes on by itself in the next {limit.per}; nothing was lost.",
            )
