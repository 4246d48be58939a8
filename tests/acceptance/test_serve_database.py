"""`syncrules serve` on a PostgreSQL that is stopped and started anew: it waits, says so, and goes on, at its post or at another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import postgres
import pytest
from served import until
from stores import NO_SERVER

from syncrules.memory.store import open_store
from syncrules.serving.posts import MOST_WORKERS, Posts


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """A server that may be stopped: nobody else works with it."""
    where = postgres.programs()
    if where is None:
        pytest.skip(NO_SERVER)
    with postgres.server(where) as running:
        yield running


class Worker:
    """One process."""

    def __init__(self, folder: Path, url: str) -> None:
        self.ready, self.out, self.err = folder / "ready", folder / "out", folder / "err"
        words = [sys.executable, "-m", "syncrules", "serve", "--json", "--port", "0", "--every", "1"]
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [*words, "--once-ready", str(self.ready)],
                stdout=out,
                stderr=err,
                cwd=folder,
                env={**os.environ, "SYNCRULES_STATE": url},
            )

    @property
    def events(self) -> list[str]:
        return [
            json.loads(each)["event"] for each in self.out.read_text().splitlines(keepends=True) if each[-1] == "\n"
        ]

    def is_ready(self) -> bool:
        return self._status("/ready") == 200

    def lives(self) -> bool:
        return self.process.poll() is None and self._status("/health") == 200

    def _status(self, path: str) -> int:
        assert self.process.poll() is None, self.err.read_text()
        if not self.ready.exists() or not self.ready.read_text().endswith("\n"):
            return 0
        try:
            with urllib.request.urlopen(f"{self.ready.read_text().strip()}{path}", timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[str], Worker]]:
    """Starts a worker; none is left."""
    workers: list[Worker] = []

    def start(url: str) -> Worker:
        workers.append(Worker(tmp_path, url))
        return workers[-1]

    yield start
    for each in workers:
        each.process.kill()
        each.process.wait()


@pytest.mark.requirement("X-03")
def test_a_database_that_is_started_anew_is_waited_for_and_whose_post_was_taken_takes_another(
    server: postgres.Server, started: Callable[[str], Worker]
) -> None:
    url = server.database()
    with open_store(url):
        pass
    worker = started(url)
    until(worker.is_ready)
    server.stop()
    until(lambda: "lost" in worker.events)

    assert not worker.is_ready()
    assert worker.lives()

    server.restart()
    until(lambda: "back" in worker.events)
    until(worker.is_ready)
    with open_store(url) as store, Held(store) as others, ExitStack() as stack:
        assert not others.is_free(1)

        # Before it comes to its senses, its post is somebody else's.
        worker.process.send_signal(signal.SIGSTOP)
        server.restart(signal.SIGQUIT)
        until(lambda: others.takes(stack, 1))
        worker.process.send_signal(signal.SIGCONT)
        # Whoever looks whether a post is free holds it meanwhile: then the worker takes the one after it.
        until(lambda: worker.events.count("back") == 2 or not (others.is_free(2) and others.is_free(3)))
        until(worker.is_ready)

        assert not (others.is_free(2) and others.is_free(3))

    assert worker.stop() == 0
    assert worker.events[-2:] == ["stopping", "stopped"]
    assert "Traceback" not in worker.err.read_text()


class Held:
    """Posts as others see them."""

    def __init__(self, store: Any) -> None:
        self.posts = Posts(store, MOST_WORKERS)

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        self.posts.leave()

    def is_free(self, number: int) -> bool:
        with self.posts.empty(number) as free:
            return free

    def takes(self, stack: ExitStack, number: int) -> bool:
        """Take a post and keep it."""
        try:
            return stack.enter_context(self.posts.empty(number))
        except Exception:  # the connection broke with the server; the next one is new
            return False


@pytest.mark.requirement("X-03")
def test_who_is_started_before_its_database_waits_for_it(
    server: postgres.Server, started: Callable[[str], Worker]
) -> None:
    url = server.database()
    with open_store(url):
        pass
    server.stop()
    worker = started(url)
    until(lambda: "is waited for" in worker.err.read_text())

    assert worker.process.poll() is None

    server.restart()
    until(worker.is_ready)

    assert worker.stop() == 0
