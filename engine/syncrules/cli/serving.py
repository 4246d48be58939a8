"""Serving: connections are run by themselves, until somebody asks to stop."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from syncrules.activation.calls import HERE, origin_of
from syncrules.cli.desk import Desk
from syncrules.cli.screen import Screen
from syncrules.cli.voice import Voice, now
from syncrules.cli.worker import ALIVE, GIVE_UP, LONGEST, LOST, Worker
from syncrules.errors import StateError, UsageError
from syncrules.memory import circuits, passes, server
from syncrules.memory.address import file_of, url_of
from syncrules.memory.store import Store
from syncrules.patience import pause
from syncrules.serving.jobs import Jobs, Missing
from syncrules.serving.posts import Posts, most_workers
from syncrules.serving.watching import Nobody, Watcher, wanted

if TYPE_CHECKING:
    from syncrules.serving.web.entrance import Entrance

USUAL = "http://127.0.0.1:8750"
"""Where browsers come unless somebody says otherwise."""
NEEDED = {"dbos": "DBOS", "jinja2": "Jinja2", "litestar": "Litestar", "uvicorn": "uvicorn"}
"""Package → what it is called: what comes with the extra."""


def serve(desk: Desk, *, host: str, port: int, outside: str = "", every: float, slots: int, file: str) -> int:
    """Carry out what is due until somebody asks to stop. Gives the exit code.

    Raises:
        UsageError: nobody could come at the address that was given as `outside`, `host` is empty, or `file` cannot be written.
        Missing: what carries out jobs, or what answers, is not installed.
        Taken: another serves this state store.
        StateError: the state store cannot be used now; one that is lost later is waited for.
    """
    if not host.strip():
        raise UsageError(
            "--host is empty, which would be every address of this machine",
            cure="Leave it out to answer on this machine alone, or say 0.0.0.0 if every address is meant.",
        )
    if file:
        _make_sure_of(Path(file))
    missing = [title for package, title in NEEDED.items() if find_spec(package) is None]
    if missing:
        raise Missing(missing)
    outside = origin_of(outside) if outside else ""
    if host not in HERE:
        desk.screen.warn(
            f"Who can reach {host} can read along: what comes from elsewhere belongs behind a reverse proxy that speaks TLS."
        )
    with _waited_for(desk) as locks:  # a store of its own: what holds its locks does nothing else
        jobs = _jobs(locks, desk, Posts(locks, most_workers(desk.state)), slots)
        watcher = _watcher(desk.screen)
        try:
            return Serving(desk, jobs, every=every, slots=slots, watcher=watcher).until_stopped(
                host, port, outside, file
            )
        finally:
            watcher.close()


def page_link(desk: Desk, outside: str) -> int:
    """Print a link that lets one browser look at the pages. Gives the exit code.

    Raises:
        UsageError: nobody could come at the address that was given.
        StateError: the state store cannot be used now.
    """
    # Where it answers without TLS it said so itself.
    address = outside.rstrip("/") if outside.startswith("http://") else origin_of(outside)
    with desk.store() as store:
        began = time.time()
        link = f"{address}{passes.invite(store, began)}"
    until = datetime.fromtimestamp(began + passes.OPENS).astimezone().isoformat(timespec="seconds")
    desk.screen.say(link)
    desk.screen.warn("It opens once, within ten minutes.")
    desk.screen.data({"command": "page-link", "link": link, "until": until})
    return 0


def _make_sure_of(file: Path) -> None:
    """Make sure, before anything is begun, that a file can be written; what stands in it stays until then.

    Raises:
        UsageError: it cannot.
    """
    with _written(file):
        there = file.exists()
        with file.open("a", encoding="utf-8"):
            pass
        if not there:
            file.unlink()


@contextmanager
def _written(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"the file of --once-ready, '{file}', cannot be written: {error.strerror}",
            cure="Give one in a folder that is there and can be written. No run was begun.",
        ) from error


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
                    cure = error.cure.removesuffix(error.AGAIN).strip()
                    desk.screen.warn(
                        f"{now()} {error.message}. {cure} It is waited for, {GIVE_UP / 60:.0f} minutes at the most."
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
    """A worker, and what it answers to whoever asks over HTTP."""

    def __init__(self, desk: Desk, jobs: Jobs, *, every: float, slots: int, watcher: Watcher | None = None) -> None:
        self.desk, self.jobs = desk, jobs
        self.voice = Voice(desk.screen)
        self.worker = Worker(desk, jobs, self.voice, watcher or Nobody(), every=every, slots=slots)
        self.began = time.monotonic()

    def until_stopped(self, host: str, port: int, outside: str, file: str) -> int:
        """Work until somebody asks to stop."""
        from syncrules.cli.page import Pages
        from syncrules.serving.web.entrance import Entrance
        from syncrules.serving.web.site import site
        from syncrules.serving.web.surface import surface

        answers = {"/health": self._alive, "/ready": self._ready}
        entrance = Entrance(host, self.worker.store, outside=outside)
        desk = Desk(self.desk.screen, self.desk.state, self.desk.key_file, self.worker.load)
        pages = Pages(desk, self.worker.store, self.worker.progress.get, self.voice.wrong.get)
        app = surface(
            answers,
            deliver=self.worker.deliver,
            known=self.worker.known,
            broke=self.voice.broke,
            pages=site(
                pages.all, pages.style, pages.script, entrance, refused=pages.refused, left=pages.left, away=pages.away
            ),
        )
        with _asked_to_stop(self.worker.stop):
            self.worker.start()
            try:
                with _answering(app, port, host) as address:
                    entrance.address = outside or address
                    try:
                        if file:
                            with _written(Path(file)):
                                Path(file).write_text(f"{address}\n", encoding="utf-8")
                        self.voice.say(
                            "ready", f"Ready. How it is: {address}/health and /ready. Ctrl-C stops it.", address=address
                        )
                        self._say_link(entrance)
                        self.worker.work_until_stopped()
                        self.voice.say("stopping", "Stopping: what is in hand comes to its end.")
                    finally:
                        # Whoever calls meanwhile is answered: what is said is kept for the next.
                        ended = self.worker.drain()
            finally:
                self.worker.close()
        left = "" if ended else " What was still under way is looked up by the next run."
        self.voice.say("stopped", f"Stopped; nothing is lost.{left}", ended=ended)
        return 0

    def _say_link(self, entrance: Entrance) -> None:
        """Say how to look at it in a browser: a link to a person who is there, and to a file or a log only what prints one."""
        words = "syncrules page-link"
        if entrance.address != USUAL:
            words = f"{words} --external-url {entrance.address}"
        text = f"To look at it in a browser: {words}"
        if self.desk.screen.terminal:
            with suppress(StateError):  # one that is away just now is told of by whoever works with it
                text = f"To look at it in a browser, once, within ten minutes: {entrance.link()} (another: {words})"
        self.voice.say("page", text, address=entrance.address, type=words)

    def _alive(self) -> tuple[bool, Mapping[str, Any]]:
        """It lives as long as it looks what is due, whatever `--every` is, and until it has stopped; a state store that is away for a
        while is no reason to start it again."""
        quiet = time.monotonic() - self.worker.ticked
        return quiet < ALIVE, {
            "alive": True,
            "since": round(time.monotonic() - self.began),
            "trouble": self.voice.trouble,
        }

    def _ready(self) -> tuple[bool, Mapping[str, Any]]:
        waiting, running, trouble, down = 0, 0, self.voice.trouble, []
        if not trouble:
            try:
                health = self.jobs.health()
                down = self._down()
            except Exception as error:  # whoever asks is told so, whatever it is
                trouble = f"the jobs cannot be looked at ({type(error).__name__})"
            else:
                waiting, running, trouble = health.waiting, health.running, health.trouble
        ready = not trouble and not self.worker.stop.is_set()
        return ready, {
            "ready": ready,
            "trouble": trouble,
            "waiting": waiting,
            "running": running,
            "circuits": down,
        }

    def _down(self) -> list[Mapping[str, Any]]:
        """Count the connections that cannot use a system now, by system; who asks is told no name of a connection."""
        with self.worker.store() as store:
            found = circuits.counted(store, self.desk.clock.now())
        return [
            {"system": system, "open": states["open"], "trying": states["trying"]} for system, states in found.items()
        ]


@contextmanager
def _answering(app: Any, port: int, host: str) -> Iterator[str]:
    from syncrules.serving.web.server import answering

    try:
        server = answering(app, port, host)
        address = server.__enter__()
    except OSError as error:
        raise UsageError(
            f"nobody can be answered at port {port} of {host}: {str(error.strerror).partition(' (while ')[0]}",
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
