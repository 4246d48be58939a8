"""A worker: it looks what is due, carries out jobs, looks after those who died, and waits for a state store that is away."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event as Flag

from syncrules import circuit, connection, hinted
from syncrules.cli import summary
from syncrules.cli.command import Unexpected, ours
from syncrules.cli.desk import Busy, Desk
from syncrules.cli.screen import Screen
from syncrules.cli.voice import Voice
from syncrules.errors import Sealed, StateError, SyncRulesError
from syncrules.journey.event import Event
from syncrules.language import spec
from syncrules.language.model import Spec
from syncrules.memory.address import file_of
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store, open_store
from syncrules.patience import pause
from syncrules.quiet import left_in_peace
from syncrules.secrets import Keys
from syncrules.serving import ticking
from syncrules.serving.jobs import CutOff, Job, Jobs
from syncrules.serving.receiving import ACCEPTED, Receiver
from syncrules.serving.watching import Watched, Watcher

WAITING = 8
"""For each run that may be under way so many jobs may wait; what is due beyond that waits where it is."""
IN_HAND = 2.0
"""Seconds after which a connection is tried again that another process has in hand."""
LOST = 1.0
"""Seconds after which a state store is tried again that was out of reach; each time twice as long as the time before."""
LONGEST = 30.0
"""Seconds beyond which that no longer grows."""
GIVE_UP = 900.0
"""Seconds after which a database is waited for no longer: whoever started this is told by its end. A file is waited for as long as it takes."""
NOT_OURS = 3
"""So many times in a row a post must not be ours to be called lost: who looks after the dead holds the lock of each for a moment."""
PATIENCE = 60.0
"""Seconds for which a run is waited for that was asked to stop: its calls come to their end, or their limit."""
ALIVE = 2 * PATIENCE
"""Seconds without a sign of life after which a worker is to be started again; it gives one every second, and ends within `PATIENCE`."""
SWEEP = 10.0
"""Every how many seconds it is looked whether another worker died."""
DAYS = 7.0
"""So long jobs are kept that came to their end."""
OLD = 3600.0
"""Every how many seconds older ones are forgotten."""


class Stopped(BaseException):
    """A run is asked to stop, as by Ctrl-C: what is in hand is done and remembered, the rest is left for the next."""


class Worker:
    """Whoever does the work of `serve`, at one post among others."""

    def __init__(self, desk: Desk, jobs: Jobs, voice: Voice, watcher: Watcher, *, every: float, slots: int) -> None:
        self.desk, self.jobs, self.voice, self.watcher, self.every = desk, jobs, voice, watcher, every
        self.stop = Flag()
        self._ended: bool | None = None
        """Whether what was in hand came to its end, once it was asked to."""
        self.ticked = time.monotonic()
        """When a sign of life of it was last seen that looks what is due, however seldom anything is."""
        self.progress: dict[str, Event] = {}
        """Connection → how far the run of it is that is under way."""
        self._not_ours = 0
        """How many times in a row our post was not ours when it was looked at."""
        self._leaving = False
        """Whether runs are to stop because another has our post."""
        self._away: Counter[str] = Counter()
        """Connection → how many times in a row the state store was out of reach for a run of it."""
        self.load = _loaded()
        self.receiver = Receiver(self.store, self._keys, self.load, jobs, desk.clock, voice.forged)
        look = ticking.looking(self.store, self.load, every, self._looked_at)
        self.ticking = ticking.Ticking(jobs, look, WAITING * slots, desk.clock.now())

    def start(self) -> None:
        """Take a post, and begin to carry out jobs.

        Raises:
            Taken: there is no post for one more worker.
        """
        self.jobs.start(self.carry_out)

    def drain(self) -> bool:
        """Let what is in hand come to its end, and tell whether it did; what is called to say meanwhile is kept."""
        self.stop.set()
        if self._ended is None:
            self._ended = self.jobs.drain(PATIENCE)
        return self._ended

    def close(self) -> None:
        """Have done, once nobody can call any more."""
        self.drain()
        self.receiver.close()

    def work_until_stopped(self) -> None:
        """Work until somebody asks to stop; whose post was taken takes another.

        Raises:
            StateError: the database stayed away for too long.
            Taken: there is no post any more.
        """
        while True:
            try:
                self._work()
                return
            except CutOff as error:
                self.voice.lost(error)
                self._leaving = True
                self.jobs.drain(PATIENCE)
                self._leaving = False
                self._start_again()

    def _start_again(self) -> None:
        """Take a post, as soon as the state store lets us."""
        times = 0
        while not self.stop.wait(pause(times, LOST, LONGEST) if times else 0):
            times += 1
            self.ticked = time.monotonic()
            try:
                self.jobs.start(self.carry_out)
            except StateError as error:
                self.voice.lost(error)
                self._give_up()
            else:
                self._not_ours = 0
                self.voice.back()
                return

    def _work(self) -> None:
        """Look what is due, and after those who died, again and again.

        Raises:
            CutOff: another may have taken over.
            StateError: the database stayed away for too long.
        """
        swept = pruned = time.monotonic()
        times = 0
        while not self.stop.wait(min(1.0, self.every / 4)):
            now = time.monotonic()
            try:
                if self.voice.trouble or (now - swept > SWEEP and file_of(self.desk.state) is not None):
                    # On a full disk no job is fetched, and nobody says so.
                    with self.store() as store:
                        store.make_sure_of_writing()
                if times or self._not_ours:
                    # With the session of a database its locks are gone, and nothing can be locked before that is known. Nor is
                    # anybody to find our post empty.
                    self._still_there()
                self.receiver.settle()
                self.ticking.tick(self.desk.clock.now())
                if now - swept > SWEEP:
                    swept = now
                    self._still_there()
                    self.jobs.resume()
                if now - pruned > OLD:
                    pruned = now
                    self.jobs.prune(DAYS)
            except CutOff:
                raise
            except Exception as error:
                # Whatever it is, it is said, and tried again.
                said = f"this should not have happened ({type(error).__name__})"
                self.voice.lost(error if isinstance(error, StateError) else StateError(said, cure="Please report it."))
                self._give_up()
                times += 1
                self.stop.wait(min(pause(times, LOST, LONGEST), self.every))
            else:
                times = 0
                self.voice.back()
            self.ticked = time.monotonic()

    def _still_there(self) -> None:
        """Make sure that nobody else is at our post.

        Raises:
            CutOff: somebody is.
        """
        self._not_ours = 0 if self.jobs.health().well else self._not_ours + 1
        if self._not_ours >= NOT_OURS:
            raise CutOff

    def _give_up(self) -> None:
        """Wait for a database no longer than that.

        Raises:
            StateError: it was waited for long enough.
        """
        if file_of(self.desk.state) is None and time.monotonic() - self.voice.lost_at > GIVE_UP:
            raise StateError(
                f"{self.voice.trouble}; it was waited for {GIVE_UP / 60:.0f} minutes",
                cure="Nothing was lost. Check the database, and start this again.",
            )

    # One job ----------------------------------------------------------------------------------------------------------

    def carry_out(self, job: Job) -> float | None:
        """Run a connection, as `run --due` does; gives in how many seconds it is wished again, if it could not be run now."""
        screen = Screen(json=self.desk.screen.json)  # each run hides its own credentials
        desk = Desk(screen, self.desk.state, self.desk.key_file, self.load)
        try:
            with self.store() as store:
                row = store.connection(job.connection)
                if row is None or row.paused:
                    return None
                # One that is left alone is wished anew when that is over, by whoever looks what is due.
                now = self.desk.clock.now()
                mapping = self.load(row.mapping)
                quiet = left_in_peace(mapping.manifests.values(), now)
                lane = ticking.lane(store, row, mapping, job)
                if quiet or circuit.rest(Memory(store, job.connection, ("", "")), now, lane):
                    return None
                self._run(desk, store, job, lane)
                self._away.pop(job.connection, None)
                return None
        except Stopped:
            return 1.0
        except connection.Paused as error:  # what is left of it is due when it is resumed
            self.voice.paused(job.connection, error)
        except Busy:
            return IN_HAND
        except Sealed as error:  # the state store is there: others go on
            self.voice.went_wrong(screen, job.connection, error)
        except StateError as error:
            self.voice.lost(error)
            self._away[job.connection] += 1
            return pause(self._away[job.connection], LOST, LONGEST)
        except SyncRulesError as error:
            self.voice.went_wrong(screen, job.connection, error)
        except Exception as error:  # a mistake of the program with one connection must not stop all others
            self.voice.went_wrong(screen, job.connection, Unexpected(error))
        finally:
            self.progress.pop(job.connection, None)
        return None

    def _looked_at(self, name: str, error: Exception | None) -> None:
        self.ticked = time.monotonic()  # with thousands of them, one look takes long
        self.voice.looked_at(name, None if error is None else ours(error))

    def _run(self, desk: Desk, store: Store, job: Job, lane: str) -> None:
        began = time.monotonic()
        opened = desk.opened(store, job.connection, lane)
        with opened as conn, self.watcher.run(conn.row.name, conn.row.mapping) as watched:
            for each in conn.lines.values():
                each.http.watch = partial(watched.call, each.http.system)
            with circuit.noted(conn.memory, conn.spec, self.desk.clock):
                told = partial(self._watch, job.connection, watched)
                result = connection.run(
                    conn,
                    told=connection.until_paused(store, job.connection, told),
                    due_only=True,
                    only=job.entities,
                    turn=ticking.turn(job.connection),
                )
            data = summary.run(conn, result, time.monotonic() - began)
            watched.done(data)
            lags = {side: one.lag.total_seconds() for side, one in conn.spec.manifests.items()}
            again = hinted.unripe(Memory(store, job.connection, conn.spec.sides), lags, self.desk.clock.now())
        self.voice.went(desk.screen, data)
        if again is not None:
            # What a system may not have shown yet is looked at once more; whoever changes something meanwhile does not wait for that.
            self.jobs.submit(job, after=again, gives_way=True)

    def _watch(self, name: str, watched: Watched, event: Event) -> None:
        self.progress[name] = event
        watched.told(event)
        if self.stop.is_set() or self._leaving:
            raise Stopped

    def known(self, name: str, side: str, key: str) -> int:
        status = self.receiver.known(name, side, key)
        if status != ACCEPTED:
            self.watcher.delivered(status)
        return status

    def deliver(self, name: str, side: str, key: str, headers: Mapping[str, str], body: bytes) -> int:
        status = self.receiver.deliver(name, side, key, headers, body)
        self.watcher.delivered(status)
        return status

    def store(self) -> Store:
        """Open the state store anew: it may have been away. One that is gone is not made again, empty as it would be."""
        file = file_of(self.desk.state)
        if file is not None and not file.exists():
            raise StateError(f"there is no state file '{self.desk.state}'", cure="Put it back where it was.")
        return open_store(self.desk.state)

    def _keys(self, store: Store) -> Keys:
        return Desk(Screen(json=True), self.desk.state, self.desk.key_file).keys(store)


def _loaded() -> Callable[[str], Spec]:
    """Read a mapping again as soon as one of its files was edited, and after a minute in any case: it may lie in no file.

    There are thousands of connections, and a run reads little more than this.
    """
    kept: dict[str, tuple[float, list[tuple[int, int]], Spec]] = {}

    def load(name: str) -> Spec:
        if name in kept:
            at, as_read, found = kept[name]
            if time.monotonic() - at <= 60 and _as_it_stands(found) == as_read:
                return found
        found = spec.load(name)
        kept[name] = time.monotonic(), _as_it_stands(found), found
        return found

    return load


def _as_it_stands(mapping: Spec) -> list[tuple[int, int]]:
    """Tell two states of the files of a mapping apart, without reading them."""
    with suppress(OSError):  # one that is gone is told of by whoever reads it
        found = [each.stat() for each in mapping.files if isinstance(each, Path)]
        return [(each.st_mtime_ns, each.st_size) for each in found]
    return []
