"""Jobs that live as long as this process: the port of `syncrules.serving.jobs` once more, in the plainest way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from syncrules.serving.jobs import Health, Job, Listed, Work


@dataclass(eq=False)
class Kept:
    """A job, and how it stands."""

    job: Job
    after: float = 0.0
    gives_way: bool = False
    state: str = "waiting"
    ended: float = field(default=0.0)
    kept: float = field(default_factory=time.time)

    @property
    def may_begin(self) -> bool:
        return self.kept + self.after <= time.time()


class InMemory:
    """Jobs in a list; a thread for each run."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.kept: list[Kept] = []
        self._stopped = False
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def start(self, work: Work) -> None:
        self.work = work
        self._begin(self._look)

    def _begin(self, what: object, *given: object) -> None:
        thread = threading.Thread(target=what, args=given)  # type: ignore[arg-type]  # it is called with what it takes
        self._threads.append(thread)
        thread.start()

    def _look(self) -> None:
        with self._changed:
            while not self._stopped:
                chosen = self._next()
                if chosen is None:
                    self._changed.wait(0.02)
                    continue
                chosen.state = "running"
                for each in self.kept:
                    if each.state == "waiting" and chosen.job.covers(each.job):
                        each.state, each.ended = "done", time.time()
                        chosen.job = replace(chosen.job, priority=min(chosen.job.priority, each.job.priority))
                self._begin(self._carry_out, chosen)

    def _next(self) -> Kept | None:
        running = {each.job.connection for each in self.kept if each.state == "running"}
        able = [
            each
            for each in self.kept
            if each.state == "waiting" and each.job.connection not in running and each.may_begin
        ]
        return min(able, key=lambda each: each.job.priority, default=None) if len(running) < self.slots else None

    def _carry_out(self, kept: Kept) -> None:
        try:
            again, state = self.work(kept.job), "done"
        except Exception:
            again, state = None, "failed"
        with self._changed:
            kept.state, kept.ended = state, time.time()
            if again is not None:
                self.kept.append(Kept(kept.job, again))
            self._changed.notify_all()

    def submit(self, job: Job, *, after: float = 0.0, gives_way: bool = False) -> bool:
        with self._changed:
            for each in self.kept:
                later = each.gives_way and not each.may_begin
                if each.state == "waiting" and not after and each.job.outdoes(job, gives_way=later):
                    return False
            self.kept.append(Kept(job, after, gives_way))
            self._changed.notify_all()
        return True

    def ticks(self) -> bool:
        return True

    def resume(self) -> int:
        return 0

    def list(self) -> list[Listed]:
        with self._changed:
            return [Listed(each.job, each.state) for each in self.kept]  # type: ignore[arg-type]  # one of the words

    def prune(self, days: float) -> int:
        with self._changed:
            before = len(self.kept)
            limit = time.time() - days * 86_400
            self.kept = [each for each in self.kept if each.state in ("waiting", "running") or each.ended > limit]
            return before - len(self.kept)

    def drain(self, seconds: float) -> bool:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        end = time.monotonic() + seconds
        for each in self._threads:
            each.join(max(0.0, end - time.monotonic()))
        return not any(each.is_alive() for each in self._threads)

    def health(self) -> Health:
        with self._changed:
            states = [each.state for each in self.kept]
            in_line = sum(each.state == "waiting" and each.may_begin for each in self.kept)
        return Health(True, "", states.count("waiting"), states.count("running"), in_line)


@contextmanager
def in_memory(slots: int) -> Iterator[InMemory]:
    """Give jobs in memory, and let whatever is under way come to its end."""
    jobs = InMemory(slots)
    yield jobs
    jobs.drain(10)
