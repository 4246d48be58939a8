"""One session with a service for all threads: opened when it is first needed, and once for all when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock


class Session:
    """One session at a time, opened when it is first needed and again when it has ended.

    Args:
        log_in: opens one and gives its id.
        is_over: tells whether it is so old that it is not used any more, where the service says how long one lives.
    """

    def __init__(self, log_in: Callable[[], str], is_over: Callable[[], bool] = lambda: False) -> None:
        self._log_in = log_in
        self._is_over = is_over
        self._opening = Lock()
        self.id = ""

    def open(self, *, instead_of: str = "") -> str:
        """Give the session; of several threads that find one ended, the first opens another for all."""
        with self._opening:
            if self.id in ("", instead_of) or self._is_over():
                self.id = ""
                self.id = self._log_in()
            return self.id

    def forget(self) -> str:
        """Give the session for the last time; empty if there is none."""
        session, self.id = self.id, ""
        return session
