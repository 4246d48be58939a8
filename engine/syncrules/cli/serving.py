"""Serving: connections are run by themselves, until somebody asks to stop."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from typing import TYPE_CHECKING, Any

from syncrules import circuit, connection, hinted
from syncrules.activation.calls import HERE, origin_of
from syncrules.cli import report, summary
from syncrules.cli.command import told as told_error
from syncrules.cli.desk import Busy, Desk
from syncrules.cli.screen import Screen
from syncrules.errors import StateError, SyncRulesError, UsageError
from syncrules.journey.event import Event
from syncrules.language import spec
from syncrules.language.model import Spec
from syncrules.memory import circuits, server
from syncrules.memory.address import file_of, url_of
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store, open_store
from syncrules.patience import pause
from syncrules.secrets import Keys
from syncrules.serving import ticking
from syncrules.serving.jobs import CutOff, Job, Jobs, Missing, Priority
from syncrules.serving.posts import Posts
from syncrules.serving.receiving import Receiver
from syncrules.serving.watching import Nobody, Watched, Watcher, wanted

if TYPE_CHECKING:
    from syncrules.serving.web.entrance import Entrance

MOST_WORKERS = 64
"""So many processes may share a database; a file has one."""
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
SWEEP = 10.0
"""Every how many seconds it is looked whether another worker died."""
NEEDED = {"dbos": "DBOS", "jinja2": "Jinja2", "litestar": "Litestar", "uvicorn": "uvicorn"}
"""Package → what it is called: what comes with the extra."""
DAYS = 7.0
"""So long jobs are kept that came to their end."""
OLD = 3600.0
"""Every how many seconds older ones are forgotten."""


class Stopped(BaseException):
    """A run is asked to stop, as by Ctrl-C: what is in hand is done and remembered, the rest is left for the next."""


def serve(desk: Desk, *, host: str, port: int, outside: str = "", every: float, slots: int, file: str) -> int:
    """Carry out what is due until somebody asks to stop. Gives the exit code.

    Raises:
        UsageError: nobody could come at the address that was given as `outside`.
        Missing: what carries out jobs, or what answers, is not installed.
        Taken: another serves this state store.
        StateError: the state store cannot be used now; one that is lost later is waited for.
    """
    missing = [title for package, title in NEEDED.items() if find_spec(package) is None]
    if missing:
        raise Missing(missing)
    outside = origin_of(outside) if outside else ""
    if host not in HERE:
        desk.screen.warn(
            f"Who can reach {host} can read along: what comes from elsewhere belongs behind a reverse proxy that speaks TLS."
        )
    with _waited_for(desk) as locks:  # a store of its own: what holds its locks does nothing else
        state = file_of(desk.state)
        jobs = _jobs(locks, desk, Posts(locks, MOST_WORKERS if state is None else 1), slots)
        watcher = _watcher(desk.screen)
        try:
            return Serving(desk, jobs, every=every, slots=slots, watcher=watcher).until_stopped(
                host, port, outside, file
            )
        finally:
            watcher.close()


@contextmanager
def _waited_for(desk: Desk) -> Iterator[Store]:
    """Open the state store; a database that is away is waited for: it may be on its way up, as this is.

    Raises:
        StateError: it stayed away, or it is there and refuses us.
    """
    began, times = time.monotonic(), 0
    with ExitStack() as stack:
        while True:
            try:
                store = stack.enter_context(desk.store())
                break
            except StateError as error:
                gave_up = time.monotonic() - began > GIVE_UP
                if file_of(desk.state) is not None or gave_up or not server.comes_back(error.message):
                    raise
                if not times:
                    desk.screen.warn(
                        f"{_now()} {error.message}. It is waited for, {GIVE_UP / 60:.0f} minutes at the most."
                    )
                times += 1
                time.sleep(pause(times, LOST, LONGEST))
        yield store


def _watcher(screen: Screen) -> Watcher:
    """Give whoever looks on, if somebody asked for it and it is installed."""
    if not wanted(os.environ):
        return Nobody()
    if find_spec("opentelemetry") is None:
        screen.warn(
            "What is measured is handed to nobody: it needs OpenTelemetry. Install it: pip install 'syncrules[telemetry]'."
        )
        return Nobody()
    from syncrules.serving.telemetry import exporting

    said: list[str] = []

    def trouble() -> None:
        if not said:
            said.append("What is measured cannot be handed over at OTEL_EXPORTER_OTLP_ENDPOINT; runs go on.")
            screen.warn(said[0])

    return exporting(trouble)


def _jobs(locks: Store, desk: Desk, posts: Posts, slots: int) -> Jobs:
    from syncrules.serving.durable import Durable, beside

    url = beside(locks.path) if locks.path is not None else url_of(desk.state).render_as_string(hide_password=False)
    return Durable(url, posts, slots=slots)


class Serving:
    """One worker, and what it says."""

    def __init__(self, desk: Desk, jobs: Jobs, *, every: float, slots: int, watcher: Watcher | None = None) -> None:
        self.desk, self.jobs, self.every = desk, jobs, every
        self.watcher = watcher if watcher is not None else Nobody()
        self.stop = Flag()
        self.began = time.monotonic()
        self.ticked = time.monotonic()
        self.not_ours = 0
        """How many times in a row our post was not ours when it was looked at."""
        self.trouble = ""
        """Why the state store is waited for."""
        self.lost_at = 0.0
        """Since when it is waited for."""
        self.leaving = False
        """Whether runs are to stop because another has our post."""
        self.away: Counter[str] = Counter()
        """Connection → how many times in a row the state store was out of reach for a run of it."""
        self.told: dict[str, str] = {}
        """Connection → what was last said to be wrong with it: it is not said every minute."""
        self.progress: dict[str, Event] = {}
        """Connection → how far the run of it is that is under way."""
        self.wrong: dict[str, Mapping[str, str]] = {}
        """Connection → why it could not be run the last time, and what helps."""
        self.address = ""
        """Under which browsers come."""
        self._talking = Lock()
        self.load = self._loaded()
        self.receiver = Receiver(self._store, self._keys, self.load, jobs, desk.clock, self._forged)
        look = ticking.looking(self._store, self.load, every)
        self.ticking = ticking.Ticking(jobs, look, WAITING * slots, desk.clock.now())

    # From its beginning to its end ------------------------------------------------------------------------------------

    def until_stopped(self, host: str, port: int, outside: str, file: str) -> int:
        """Work until somebody asks to stop."""
        from syncrules.cli.page import Pages
        from syncrules.serving.web.entrance import Entrance
        from syncrules.serving.web.site import site
        from syncrules.serving.web.surface import surface

        answers = {"/health": self._alive, "/ready": self._ready}
        entrance = Entrance(host, lambda: self._say_link(entrance), outside=outside)
        desk = Desk(self.desk.screen, self.desk.state, self.desk.key_file, self.load)
        pages = Pages(desk, self._store, self.progress.get, self.wrong.get)
        app = surface(
            answers,
            deliver=self._delivered,
            broke=self._broke,
            pages=site(pages.all, pages.style, entrance, refused=pages.refused, left=pages.left),
        )
        with _asked_to_stop(self.stop):
            self.jobs.start(self._carry_out)
            try:
                with _answering(app, port, host) as address:
                    self.address = outside or address
                    if file:
                        Path(file).write_text(f"{address}\n", encoding="utf-8")
                    self._say(
                        "ready", f"Ready. How it is: {address}/health and /ready. Ctrl-C stops it.", address=address
                    )
                    self._say_link(entrance)
                    self._work_at_any_post()
                self._say("stopping", "Stopping: what is in hand comes to its end.")
            finally:
                self.stop.set()
                self.receiver.close()
                ended = self.jobs.drain(PATIENCE)
        left = "" if ended else " What was still under way is looked up by the next run."
        self._say("stopped", f"Stopped; nothing is lost.{left}", ended=ended)
        return 0

    def _work_at_any_post(self) -> None:
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
                self._lost(error)
                self.leaving = True
                self.jobs.drain(PATIENCE)
                self.leaving = False
                self._start_again()

    def _start_again(self) -> None:
        """Take a post, as soon as the state store lets us."""
        times = 0
        while not self.stop.wait(pause(times, LOST, LONGEST) if times else 0):
            times += 1
            self.ticked = time.monotonic()
            try:
                self.jobs.start(self._carry_out)
            except StateError as error:
                self._lost(error)
                self._give_up()
            else:
                self.not_ours = 0
                self._back()
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
                if times or self.not_ours:
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
                # Jobs that cannot be kept, a full disk: whatever it is, it is said, and tried again.
                said = f"the jobs cannot be kept now ({type(error).__name__})"
                self._lost(error if isinstance(error, StateError) else StateError(said))
                self._give_up()
                times += 1
                self.stop.wait(min(pause(times, LOST, LONGEST), self.every))
            else:
                times = 0
                self._back()
            self.ticked = time.monotonic()

    def _still_there(self) -> None:
        """Make sure that nobody else is at our post.

        Raises:
            CutOff: somebody is.
        """
        self.not_ours = 0 if self.jobs.health().well else self.not_ours + 1
        if self.not_ours >= NOT_OURS:
            raise CutOff

    def _say_link(self, entrance: Entrance) -> None:
        link = f"{self.address}{entrance.link}"
        self._say("page", f"To look at it in a browser, once: {link}", link=link)

    # One job ----------------------------------------------------------------------------------------------------------

    def _carry_out(self, job: Job) -> float | None:
        """Run a connection, as `run --due` does; gives in how many seconds it is wished again, if it could not be run now."""
        screen = Screen(json=self.desk.screen.json)  # each run hides its own credentials
        desk = Desk(screen, self.desk.state, self.desk.key_file)
        try:
            with self._store() as store:
                row = store.connection(job.connection)
                if row is None or row.paused:
                    return None
                # One that is left alone is wished anew when that is over, by whoever looks what is due.
                if circuit.rest(Memory(store, job.connection, ("", "")), self.desk.clock.now()):
                    return None
                again = self._run(desk, store, job, row)
                self.away.pop(job.connection, None)
                return again
        except Stopped:
            return 1.0
        except Busy:
            return IN_HAND
        except StateError as error:
            self._lost(error)
            self.away[job.connection] += 1
            return pause(self.away[job.connection], LOST, LONGEST)
        except SyncRulesError as error:
            self._went_wrong(screen, job.connection, error)
        except Exception as error:  # a mistake of the program with one connection must not stop all others
            said = f"this should not have happened ({type(error).__name__})"
            self._went_wrong(
                screen, job.connection, SyncRulesError(said, cure="Please report it. It is tried again when it is due.")
            )
        finally:
            self.progress.pop(job.connection, None)
        return None

    def _run(self, desk: Desk, store: Store, job: Job, row: ConnectionRow) -> float | None:
        began = time.monotonic()
        # Whatever wished it, a run that is a first import spends the calls of one.
        new = ticking.is_new(store, row, self.load(row.mapping))
        lane = (Priority.BACKFILL if new else job.priority).name.lower()
        opened = desk.opened(store, job.connection, lane)
        with opened as conn, self.watcher.run(conn.row.name, conn.row.mapping) as watched:
            for each in conn.lines.values():
                each.http.watch = partial(watched.call, each.http.system)
            with circuit.noted(conn.memory, conn.spec, self.desk.clock):
                result = connection.run(
                    conn,
                    told=partial(self._watch, job.connection, watched),
                    due_only=True,
                    only=job.entities,
                    turn=ticking.turn(job.connection),
                )
            data = summary.run(conn, result, time.monotonic() - began)
            watched.done(data)
            lags = {side: one.lag.total_seconds() for side, one in conn.spec.manifests.items()}
            again = hinted.unripe(Memory(store, job.connection, conn.spec.sides), lags, self.desk.clock.now())
        self.wrong.pop(job.connection, None)
        self._went(desk.screen, data)
        self._back()
        return again

    def _watch(self, name: str, watched: Watched, event: Event) -> None:
        self.progress[name] = event
        watched.told(event)
        if self.stop.is_set() or self.leaving:
            raise Stopped

    def _delivered(self, name: str, side: str, key: str, headers: Mapping[str, str], body: bytes) -> int:
        status = self.receiver.deliver(name, side, key, headers, body)
        self.watcher.delivered(status)
        return status

    # What is said -----------------------------------------------------------------------------------------------------

    def _went(self, screen: Screen, data: dict[str, Any]) -> None:
        """Say what a run did; to a person only what is new."""
        name = data["connection"]
        stands = report.stands(data)
        news = data["writes"] or stands != self.told.get(name, "")
        self.told[name] = stands
        with self._talking:
            screen.data(
                {"command": "serve", "event": "run", "at": _now(), "run": {"command": "run", **data}}, line=True
            )
            if news:
                screen.say(
                    f"{_now()} {name}: {report.counted(data['writes'], 'record')} written in {data['seconds']} s; {stands}."
                )

    def _went_wrong(self, screen: Screen, name: str, error: SyncRulesError) -> None:
        says = told_error(error)
        self.wrong[name] = {each: screen.masked(str(says[each])) for each in ("message", "cure")}
        with self._talking:
            screen.data(
                {"command": "serve", "event": "failed", "at": _now(), "connection": name, "error": {**says, "exit_code": error.exit_code}},
                line=True,
            )  # fmt: skip
            if self.told.get(name) != error.message and not screen.json:
                screen.warn(f"{_now()} {name}: {error.message}. {error.cure}")
        self.told[name] = error.message

    def _broke(self, asked: str, error: Exception) -> None:
        """Say once that somebody could not be answered: they may ask every few seconds."""
        what = f"this should not have happened ({type(error).__name__})"
        with self._talking:
            if self.told.get(asked) != what:
                self._write("unanswered", f"{asked}: {what}. Please report it.", asked=asked, message=what)
            self.told[asked] = what

    def _forged(self, name: str, side: str) -> None:
        """Say once that somebody calls who is not the system; `status` counts how often."""
        what = f"a delivery for {side} was not signed as it must be"
        with self._talking:
            if self.told.get(f"{name}\n{side}") != what:
                self._write("forged", f"{name}: {what}. Nothing came of it.", connection=name, side=side)
            self.told[f"{name}\n{side}"] = what

    def _lost(self, error: StateError) -> None:
        """Say once that the state store is waited for."""
        with self._talking:
            if not self.trouble:
                self.lost_at = time.monotonic()
                self._write("lost", f"{error.message}. It is waited for; nothing is lost.", message=error.message)
            self.trouble = error.message

    def _give_up(self) -> None:
        """Wait for a database no longer than that.

        Raises:
            StateError: it was waited for long enough.
        """
        if file_of(self.desk.state) is None and time.monotonic() - self.lost_at > GIVE_UP:
            raise StateError(
                f"{self.trouble}; it was waited for {GIVE_UP / 60:.0f} minutes",
                cure="Nothing was lost. Check the database, and start this again.",
            )

    def _back(self) -> None:
        with self._talking:
            if self.trouble:
                self._write("back", "The state store is back, and work goes on.")
            self.trouble = ""

    def _say(self, event: str, text: str, **more: Any) -> None:
        with self._talking:
            self._write(event, text, **more)

    def _write(self, event: str, text: str, **more: Any) -> None:
        self.desk.screen.data({"command": "serve", "event": event, "at": _now(), **more}, line=True)
        self.desk.screen.say(f"{_now()} {text}")

    # Whoever asks -----------------------------------------------------------------------------------------------------

    def _alive(self) -> tuple[bool, Mapping[str, Any]]:
        """It lives as long as it looks what is due; a state store that is away for a while is no reason to start it again."""
        quiet = time.monotonic() - self.ticked
        return quiet < 2 * PATIENCE + 2 * self.every, {
            "alive": True,
            "since": round(time.monotonic() - self.began),
            "trouble": self.trouble,
        }

    def _ready(self) -> tuple[bool, Mapping[str, Any]]:
        waiting, running, trouble, down = 0, 0, self.trouble, []
        if not trouble:
            try:
                health = self.jobs.health()
                down = self._down()
            except Exception as error:  # whoever asks is told so, whatever it is
                trouble = f"the jobs cannot be looked at ({type(error).__name__})"
            else:
                waiting, running, trouble = health.waiting, health.running, health.trouble
        ready = not trouble and not self.stop.is_set()
        return ready, {
            "ready": ready,
            "trouble": trouble,
            "waiting": waiting,
            "running": running,
            "circuits": down,
        }

    def _down(self) -> list[Mapping[str, Any]]:
        """Count the connections that cannot use a system now, by system; who asks is told no name of a connection."""
        with self._store() as store:
            found = circuits.counted(store, self.desk.clock.now())
        return [
            {"system": system, "open": states["open"], "trying": states["trying"]} for system, states in found.items()
        ]

    # Odds and ends ----------------------------------------------------------------------------------------------------

    def _store(self) -> Store:
        """Open the state store anew: it may have been away. One that is gone is not made again, empty as it would be."""
        file = file_of(self.desk.state)
        if file is not None and not file.exists():
            raise StateError(f"there is no state file '{self.desk.state}'", cure="Put it back where it was.")
        return open_store(self.desk.state)

    def _keys(self, store: Store) -> Keys:
        return Desk(Screen(json=True), self.desk.state, self.desk.key_file).keys(store)

    def _loaded(self) -> Callable[[str], Spec]:
        """Read a mapping again once a minute at most: it may have been edited, and there are thousands of connections."""
        kept: dict[str, tuple[float, Spec]] = {}

        def load(name: str) -> Spec:
            at, found = kept.get(name, (0.0, None))
            if found is None or time.monotonic() - at > 60:
                kept[name] = time.monotonic(), (found := spec.load(name))
            return found

        return load


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


@contextmanager
def _answering(app: Any, port: int, host: str) -> Iterator[str]:
    from syncrules.serving.web.server import answering

    try:
        server = answering(app, port, host)
        address = server.__enter__()
    except OSError as error:
        raise UsageError(
            f"nobody can be answered at port {port} of {host}: {error.strerror}",
            cure="Give another port with --port (0 is any), or an address of this machine with --host.",
        ) from error
    try:
        yield address
    finally:
        server.__exit__(None, None, None)


@contextmanager
def _asked_to_stop(stop: Flag) -> Iterator[None]:
    """Take Ctrl-C, and the way in which a service manager asks, for the wish to stop; a second one is not waited for."""

    def ask(number: int, _: Any) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {each: signal.signal(each, ask) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            with suppress(ValueError):
                signal.signal(each, handler)
