"""Keep the call limits that a system declares: wait for a short window, refuse in a long one.

All windows are counted in the state store: a scheduled run is a new process every time, and several processes or machines may spend
the calls of one account at once.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime
from typing import Protocol

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
    return _place(scope, limit), moment


def _place(scope: str, limit: Limit) -> str:
    return f"{scope}/{','.join(limit.of) or 'all'}"


class Counts(Protocol):
    """Where calls are counted, together with all others who spend them."""

    def count_call(self, scope: str, window: str) -> int:
        """Count one call in a window and give the number so far, this one included."""
        ...

    def begin_call(self, scope: str, window: str, calls: int, seconds: float, now: float) -> float:
        """Begin one call in a window that slides, and give 0; or give in how many seconds it may be tried again."""
        ...


class Limits:
    """The limits of one system under one account.

    Args:
        scope: whose limit it is: the system and the account.
        counts: where the calls are counted: the state store.
    """

    def __init__(self, manifest: Manifest, scope: str, clock: Clock, counts: Counts) -> None:
        self._manifest = manifest
        self.scope = scope
        self._clock = clock
        self._counts = counts
        self._lock = threading.Lock()
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
        seconds = SHORT[limit.per]
        with self._lock:
            while rest := self._counts.begin_call(
                _place(self.scope, limit), limit.per, limit.calls, seconds, self._clock.now()
            ):
                self._clock.sleep(rest)

    def _spend(self, limit: Limit, what: str) -> None:
        counted = self.window(limit)
        assert counted is not None
        if self._counts.count_call(*counted) > limit.calls:
            raise LimitReached(
                self._manifest.title,
                f"the {limit.calls} calls of {what if limit.of else 'all kinds'} that are allowed in a {limit.per} are used up",
                cure=f"It goes on by itself in the next {limit.per}; nothing was lost.",
            )
