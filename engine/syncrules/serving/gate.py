"""Who may begin: so many runs at once, and among those that wait the one that matters most; now and then whoever waits longest.

A queue that keeps the connections apart does not order them; what it hands out is ordered here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from syncrules.serving.jobs import Job, Priority

PATIENT = 8
"""Of so many that enter, one is whoever has waited longest: pushes or a fast rhythm that fill all rooms hold up no import for ever."""


class Gate:
    """The door to so many rooms.

    Args:
        slots: how many may be inside at once.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._inside: set[str] = set()
        self._waiting: dict[str, tuple[Priority, int, Job]] = {}
        self._expected: dict[str, Priority] = {}
        """Those that are on their way here, and matter more than they know."""
        self._numbers = count()
        self._entered = 0
        self._open = True
        self._turn = threading.Condition()

    def enter(self, job: Job, begun: Callable[[], object] = lambda: None) -> Job | None:
        """Wait for the turn of a job; gives it as urgent as what is wished by then, or None if the door was closed meanwhile.

        Args:
            begun: called at the moment from which on it takes no other along.
        """
        with self._turn:
            priority = min(job.priority, self._expected.pop(job.connection, job.priority))
            self._waiting[job.connection] = (priority, next(self._numbers), job)
            while self._open and not self._is_next(job.connection):
                self._turn.wait()
            priority, *_ = self._waiting.pop(job.connection)
            if not self._open:
                self._turn.notify_all()
                return None
            self._inside.add(job.connection)
            self._entered += 1
            begun()
            self._turn.notify_all()
            return replace(job, priority=priority)

    def _is_next(self, connection: str) -> bool:
        return len(self._inside) < self.slots and min(self._waiting, key=self._place) == connection

    def _place(self, connection: str) -> tuple[int, int]:
        """Say where a connection stands among those that wait."""
        priority, number, _ = self._waiting[connection]
        return (0 if self._entered % PATIENT == PATIENT - 1 else priority), number

    def leave(self, job: Job) -> None:
        """Make room for the next."""
        with self._turn:
            self._inside.discard(job.connection)
            self._expected.pop(job.connection, None)
            self._turn.notify_all()

    def takes_along(self, job: Job, *, expected: bool = False) -> bool:
        """Let one that waits carry this job too, if it can; it waits no longer than this one would.

        Args:
            expected: one that can carry it is on its way here, and has not begun.
        """
        with self._turn:
            waits = self._waiting.get(job.connection)
            if (not waits and not expected) or (waits and not waits[2].covers(job)):
                return False
            self.hurry(job.connection, job.priority)
            return True

    def hurry(self, connection: str, priority: Priority) -> None:
        """Let what waits here for a connection, or is on its way here, wait no longer than something of this priority would."""
        with self._turn:
            if connection in self._waiting:
                own, number, job = self._waiting[connection]
                self._waiting[connection] = (min(own, priority), number, job)
                self._turn.notify_all()
            else:
                self._expected[connection] = min(priority, self._expected.get(connection, priority))

    def close(self) -> None:
        """Let nobody in any more."""
        with self._turn:
            self._open = False
            self._turn.notify_all()

    def emptied(self, seconds: float) -> bool:
        """Wait until all have left, or so long; gives whether they have."""
        with self._turn:
            return self._turn.wait_for(lambda: not self._inside and not self._waiting, seconds)

    @property
    def counts(self) -> tuple[int, int]:
        """How many wait, and how many are inside."""
        with self._turn:
            return len(self._waiting), len(self._inside)
