"""Jobs on a disk: DBOS carries them out, from an SQLite file of its own or from the database of the state store.

What DBOS calls a workflow is a job, an executor is a worker at its post, and a partition is a connection. Its own words end here.

Of a queue that is cut into partitions it begins in any order; the gate puts that in order. It recovers what its own executor left
behind; what others left behind is resumed here, under the lock of their post.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, suppress
from contextvars import Context
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID

from syncrules.memory.address import file_of
from syncrules.memory.trouble import state_error, told_of
from syncrules.serving.gate import Gate
from syncrules.serving.jobs import Health, Job, Listed, Priority, Work
from syncrules.serving.posts import Posts

NAME = "syncrules"
VERSION = "1"
"""Of what a job says; by itself DBOS would take the code's, and leave behind every job that an older program kept."""
QUEUE = "runs"
RUN = "run"
SEATS = 8
"""For each run that may be under way so many jobs are fetched, and put in order by the gate."""
WAITING, LATER, FETCHED = ("ENQUEUED", "DELAYED"), "DELAYED", "PENDING"
GIVES_WAY = "gives way "
"""Begins what stands behind the connection in the id of a job that gives way until its time has come."""
DAMAGED = (
    "Stop 'syncrules serve', delete that file (with what is called like it and ends with -wal or -shm), and start it again: "
    "what is to be run is found anew from the state store."
)
"""What helps where the file of the jobs is."""
STATES = {"ENQUEUED": "waiting", "DELAYED": "waiting", "PENDING": "running", "SUCCESS": "done", "CANCELLED": "done"}
"""What stands for how a job is; whatever else there may be has failed."""


class Durable:
    """Jobs that outlive whoever carries them out. There is one in a process.

    Args:
        url: where they are kept.
        posts: who else works there.
        slots: how many runs may be under way here at once.
        poll: every how many seconds it is looked what is to be begun.
    """

    def __init__(self, url: str, posts: Posts, *, slots: int = 4, poll: float = 0.25) -> None:
        self.url, self.posts, self.slots, self.poll = url, posts, slots, poll
        self.gate = Gate(slots)
        self.post = 0
        self._file = file_of(url)
        self._as_begun = (0, 0)
        """Which file it was when it began."""
        self._submitting = threading.Lock()
        self._begun: dict[str, str] = {}
        """Connection → the last of its jobs that was begun here."""
        self._ended: set[str] = set()
        """The jobs that came to their end here, and of which that may not have been noted."""
        self._missed: set[str] = set()
        """Those of which it had not been when it was looked the last time."""

    def start(self, work: Work) -> None:
        """Take a post, and begin to carry out jobs.

        Raises:
            Taken: there is no post for one more worker.
            StateError: the jobs are out of reach; nothing was begun.
        """
        self.gate, self._begun, self._ended, self._missed = Gate(self.slots), {}, set(), set()
        self.post = self.posts.claim()
        try:
            self._launch(work)
        except Exception as error:
            DBOS.destroy(destroy_registry=True)
            self.posts.leave()
            raise state_error("the jobs", self.url, error, damaged=DAMAGED) from error

    def _launch(self, work: Work) -> None:
        if self._file is not None:
            self._as_begun = _made(self._file)
        config: DBOSConfig = {
            "name": NAME,
            "system_database_url": self.url,
            "dbos_system_schema": f"{NAME}_jobs",
            "application_version": VERSION,
            "executor_id": _worker(self.post),
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "CRITICAL",  # what is told of a job is told by whoever carries it out
            "enable_otlp": False,
        }
        DBOS(config=config)
        # A recovered job may have been killed a hundred times for no fault of its own.
        self._run = DBOS.workflow(name=RUN, max_recovery_attempts=None)(_in_no_workflow(partial(self._carry_out, work)))
        DBOS.launch()
        # One of a partition at a time, and no limit beside it: only that is fetched in one go.
        DBOS.register_queue(
            QUEUE, partition_concurrency=1, worker_concurrency=SEATS * self.slots, polling_interval_sec=self.poll,
            on_conflict="always_update",
        )  # fmt: skip

    def _carry_out(self, work: Work, id: str, kept: Job) -> None:
        try:
            self._carry(work, id, kept)
        finally:
            self._ended.add(id)

    def _carry(self, work: Work, id: str, kept: Job) -> None:
        # What was kept since it was fetched stands behind it.
        for each in self._kept(kept.connection, WAITING[:1]):
            self.gate.hurry(kept.connection, _job(each).priority)
        job = self.gate.enter(kept, lambda: self._begun.update({kept.connection: id}))
        if job is None:
            self._keep(kept, after=1.0)
            return
        try:
            job = self._take_over(job)
            again = work(job)
            if again is not None:
                self.submit(job, after=again)
        finally:
            self.gate.leave(job)

    def _take_over(self, job: Job) -> Job:
        """Forget the jobs that wait and are carried by this one, which begins now and is as urgent as any of them."""
        taken = [each for each in self._kept(job.connection, WAITING) if job.covers(_job(each))]
        if taken:
            DBOS.cancel_workflows([each.workflow_id for each in taken])
        return replace(job, priority=min(each.priority for each in (job, *map(_job, taken))))

    def submit(self, job: Job, *, after: float = 0.0, gives_way: bool = False) -> bool:
        """Keep a job, unless one that waits carries it."""
        with self._submitting, _told(self.url):
            if self.gate.takes_along(job):
                return False
            if not after and any(self._is_carried_by(each, job) for each in self._not_begun(job.connection)):
                return False
            self._keep(job, after, gives_way=gives_way)
            if not after and any(each.status == FETCHED for each in self._not_begun(job.connection)):
                # It was fetched while this one was kept, which stands behind it now.
                self.gate.hurry(job.connection, job.priority)
            return True

    def _keep(self, job: Job, after: float, *, gives_way: bool = False) -> None:
        options = SetEnqueueOptions(
            priority=int(job.priority), queue_partition_key=job.connection, delay_seconds=after or None
        )
        mark = GIVES_WAY if gives_way else ""
        with SetWorkflowID(f"{_prefix(job.connection)}{mark}{uuid4()}"), options:
            DBOS.enqueue_workflow(QUEUE, self._run, job.connection, int(job.priority), list(job.entities))

    def _is_carried_by(self, kept: Any, job: Job) -> bool:
        if kept.status == FETCHED and _job(kept).covers(job):
            return self.gate.takes_along(job, expected=True)
        marked = kept.workflow_id.startswith(f"{_prefix(job.connection)}{GIVES_WAY}")
        return _job(kept).outdoes(job, gives_way=marked and kept.status == LATER)

    def _not_begun(self, connection: str) -> Iterator[Any]:
        """Give the jobs of a connection that are still to be begun, those among them that were just fetched."""
        for each in self._kept(connection, (*WAITING, FETCHED)):
            mine = each.executor_id == _worker(self.post)
            if each.status != FETCHED or (mine and each.workflow_id != self._begun.get(connection)):
                yield each

    def _kept(self, connection: str, states: Sequence[str]) -> list[Any]:
        return DBOS.list_workflows(
            status=list(states), queue_name=QUEUE, workflow_id_prefix=_prefix(connection), load_output=False
        )

    def ticks(self) -> bool:
        """Tell whether it is this worker that looks what is due."""
        return self.posts.ticks()

    def resume(self) -> int:
        """Let the jobs of posts where nobody is any more be begun anew, and ours whose end nobody noted."""
        with _told(self.url):
            return self._noted() + self._left_behind()

    def _noted(self) -> int:
        """Let jobs be begun anew whose end could not be noted, as on a full disk: their connection would wait for that for ever."""
        ended = set(self._ended)
        missed = ended & {str(each.workflow_id) for each in _fetched(_worker(self.post))}
        # What is missed for the first time may be about to be noted.
        again, self._missed = missed & self._missed, missed
        if again:
            DBOS.resume_workflows(list(again), queue_name=QUEUE)
        self._ended -= ended - missed | again
        return len(again)

    def _left_behind(self) -> int:
        count = 0
        for worker in {str(each.executor_id) for each in _fetched()} - {_worker(self.post)}:
            with self.posts.empty(int(worker.rpartition(" ")[2])) as gone:
                # Nobody can take that post while we hold its lock, and whoever was there is dead.
                left = [each.workflow_id for each in _fetched(worker)] if gone else []
                if left:
                    DBOS.resume_workflows(left, queue_name=QUEUE)
                    count += len(left)
        return count

    def list(self) -> list[Listed]:
        """List the jobs that are kept, the oldest first."""
        return [
            Listed(_job(each), STATES.get(each.status, "failed"), each.executor_id or "")  # type: ignore[arg-type]  # one of the words
            for each in DBOS.list_workflows(name=RUN, load_output=False)
        ]

    def prune(self, days: float) -> int:
        """Forget what came to its end so long ago."""
        with _told(self.url):
            return self._prune(days)

    def _prune(self, days: float) -> int:
        before = datetime.fromtimestamp(time.time() - days * 86_400, UTC).isoformat()
        old = DBOS.list_workflows(name=RUN, completed_before=before, load_input=False, load_output=False)
        if old:
            DBOS.delete_workflows([each.workflow_id for each in old])
        return len(old)

    def drain(self, seconds: float) -> bool:
        """Begin nothing more, and wait so long for what is in hand."""
        self.gate.close()
        ended = self.gate.emptied(seconds)
        # How the last ones ended is noted by then.
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=5 if ended else 0)
        self.posts.leave()
        return ended

    def health(self) -> Health:
        """Tell how this worker is."""
        waiting, running = self.gate.counts
        if not self.posts.are_mine():
            return Health(False, "the lock of this worker is gone", waiting, running)
        if self._file is not None and _which(self._file) != self._as_begun:
            # With the folder its locks are gone, and what is written goes into a file that nobody else sees.
            return Health(False, f"the file of the jobs '{self._file}' is gone, or another", waiting, running)
        with _told(self.url):
            kept = DBOS.list_workflows(status=list(WAITING), queue_name=QUEUE, load_input=False, load_output=False)
        in_line = sum(each.status == WAITING[0] for each in kept)
        return Health(True, "", waiting + len(kept), running, in_line)


def _fetched(worker: str | None = None) -> list[Any]:
    return DBOS.list_workflows(
        status=FETCHED, queue_name=QUEUE, load_input=False, load_output=False, executor_id=worker
    )


def _in_no_workflow(carry_out: Callable[[str, Job], None]) -> Callable[[str, int, list[str]], None]:
    """Carry out a job outside of what DBOS notes of a workflow: a rerun must ask anew what waits, and keep anew what it keeps."""

    def run(connection: str, priority: int, entities: list[str]) -> None:
        job = Job(connection, Priority(priority), tuple(entities))
        Context().run(carry_out, str(DBOS.workflow_id), job)

    return run


def _worker(post: int) -> str:
    return f"worker {post}"


def _prefix(connection: str) -> str:
    return f"{connection}\x1f"


def _job(kept: Any) -> Job:
    connection, priority, entities = kept.input["args"]
    return Job(connection, Priority(priority), tuple(entities))


def beside(state: Path) -> str:
    """Give the URL of the file for the jobs that stands beside a state file."""
    return f"sqlite:///{state.with_name(f'{state.name}.jobs')}"


def _made(file: Path) -> tuple[int, int]:
    """Make the file for the jobs, unless it is there, and give what tells it from any other."""
    if not file.exists():
        file.touch(mode=0o600)
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA journal_mode=WAL")  # it stays so
    return _which(file)


def _which(file: Path) -> tuple[int, int]:
    """Tell a file from another that takes its place; one that is gone is none of them."""
    with suppress(FileNotFoundError):
        found = file.stat()
        return found.st_dev, found.st_ino
    return 0, 0


def _told(url: str) -> AbstractContextManager[None]:
    """Turn what goes wrong with the jobs into a sentence."""
    return told_of("the jobs", url, damaged=DAMAGED)
