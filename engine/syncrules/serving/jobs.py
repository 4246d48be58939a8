"""Jobs: what is to be run, in which order, and never twice at once. The port; `durable` keeps them on a disk.

A job is a wish to run a connection, and a run carries whatever was wished before it began: three wishes before a run are one run,
and a wish during a run is one more run afterwards. A run is as urgent as the most urgent wish that it carries. A job is carried out at least once, whoever is killed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, Protocol

from syncrules.errors import StateError, SyncRulesError


class Priority(IntEnum):
    """Which job is begun first when there is room for one more."""

    PUSH = 1
    """Somebody changed something and expects to see it on the other side."""
    PERIODIC = 2
    """The rhythm of the mapping says so."""
    BACKFILL = 3
    """A first import: it takes long, and nobody waits for its last record."""


@dataclass(frozen=True, slots=True)
class Job:
    """A wish to run a connection."""

    connection: str
    priority: Priority = Priority.PERIODIC
    entities: tuple[str, ...] = ()
    """Only what is due of these; empty: everything that is due."""

    def covers(self, other: Job) -> bool:
        """Tell whether a run of this one carries what another wishes."""
        return self.connection == other.connection and (
            not self.entities or (bool(other.entities) and set(other.entities) <= set(self.entities))
        )

    def outdoes(self, other: Job, *, gives_way: bool = False) -> bool:
        """Tell whether another need not be kept beside this one, which is begun later and gives way or not."""
        return self.covers(other) and (self.priority < other.priority if gives_way else self.priority <= other.priority)


@dataclass(frozen=True, slots=True)
class Listed:
    """A job, and how it stands."""

    job: Job
    state: Literal["waiting", "running", "done", "failed"]
    worker: str = ""
    """Which worker has it in hand, or had."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the worker is."""

    well: bool
    trouble: str = ""
    waiting: int = 0
    running: int = 0
    in_line: int = 0
    """How many jobs no worker has fetched that may begin now."""


Work = Callable[[Job], float | None]
"""Carries out a job. What it gives is in how many seconds the same is wished again; None: it is done."""


class Jobs(Protocol):
    """Where jobs are kept and carried out."""

    def start(self, work: Work) -> None:
        """Begin to carry out jobs, those first that a worker of this post left behind.

        Raises:
            Taken: there is no post for one more worker.
        """
        ...

    def submit(self, job: Job, *, after: float = 0.0, gives_way: bool = False) -> bool:
        """Keep a job, to be begun in so many seconds at the earliest; gives False if one that waits carries it anyway.

        Args:
            gives_way: whether what is wished before then, and matters as much, does not wait for it. The run that begins sooner
                carries it, and wishes it again if it is still to be.
        """
        ...

    def ticks(self) -> bool:
        """Tell whether it is this worker that looks what is due; of all that share the jobs it is one."""
        ...

    def resume(self) -> int:
        """Let the jobs of workers that died be begun anew, and give how many they were."""
        ...

    def list(self) -> Sequence[Listed]:
        """List the jobs that are kept, the oldest first."""
        ...

    def prune(self, days: float) -> int:
        """Forget what came to its end so long ago, and give how many jobs that were."""
        ...

    def drain(self, seconds: float) -> bool:
        """Begin nothing more, and wait so long for what is in hand; gives whether all of it came to its end.

        What was not begun is kept for whoever starts next.
        """
        ...

    def health(self) -> Health:
        """Tell how this worker is."""
        ...


class Taken(SyncRulesError):
    """Others carry out the jobs of this state store already; this one steps aside."""

    exit_code = 1

    def __init__(self, most: int) -> None:
        who = "another 'syncrules serve' is" if most == 1 else f"{most} times 'syncrules serve' are"
        super().__init__(
            f"{who} at work on this state store",
            cure="Nothing was done here. End that one first, if this one is meant.",
        )


class Missing(SyncRulesError):
    """What carries out jobs, or what answers, is not installed."""

    def __init__(self, packages: Sequence[str]) -> None:
        are = "is" if len(packages) == 1 else "are"
        super().__init__(
            f"'syncrules serve' needs {' and '.join(packages)}, which {are} not installed here",
            cure="Install it beside syncrules: pip install 'syncrules[serve]'.",
        )


class CutOff(StateError):
    """This worker lost the lock that shows others that it is alive: another may have its jobs by now."""

    def __init__(self) -> None:
        super().__init__(
            "the state store was out of reach, and the post of this worker may be another's by now",
            cure="It takes a post again by itself.",
        )
