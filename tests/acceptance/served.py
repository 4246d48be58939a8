"""A `syncrules serve` at work between two systems, which may be killed or asked to stop."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from terminal import Running, Told
from town import NAME, Town

DURABLE = "syncrules.serving.durable"
"""What `serve` needs beside what all commands need."""
EVERY = "0.3"
"""Seconds after which a connection is looked at again."""
LONGEST = 240.0
"""Seconds in which something must have come to pass, on a machine that has much else to do."""


@dataclass
class Served:
    """A `serve` at work."""

    running: Running
    out: Path
    thread: Thread
    told: list[Told]

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it has said so far; a line that is half written is not there yet."""
        text = self.out.read_text(encoding="utf-8") if self.out.exists() else ""
        return [json.loads(each) for each in text.splitlines(keepends=True) if each.endswith("\n")]

    @property
    def runs(self) -> list[int]:
        """How many records each run wrote, the oldest first."""
        return [each["run"]["writes"] for each in self.events if each["event"] == "run"]

    def kill(self) -> None:
        self.running.kill()
        self.thread.join()

    def stop(self, number: int = signal.SIGTERM) -> Told:
        """Ask it to stop, as a service manager does, and give what came of it."""
        os.kill(self.running.pid, number)
        self.thread.join(LONGEST)
        return self.told[0]


def serving(here: Town, *more: str, watch: Callable[[Running], object] = lambda _: None) -> Served:
    """Start `serve`, and come back when it runs."""
    began: list[Running] = []
    told: list[Told] = []

    def began_now(running: Running) -> None:
        watch(running)
        began.append(running)

    def type_it() -> None:
        told.append(here.terminal.type("serve", "--json", "--port", "0", "--every", EVERY, *more, watch=began_now))

    thread = Thread(target=type_it)
    thread.start()
    until(lambda: began or not thread.is_alive())
    return Served(began[0], here.terminal.out, thread, told)


def until(true: Callable[[], object], seconds: float = LONGEST) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def connect(here: Town) -> None:
    """Make the connection, and leave the first import to whoever serves."""
    words = [each for each in here.connecting if each not in ("--yes", "--json")]
    told = here.terminal.type(*words, answer="n\n" * 20)
    assert told.code == 0, told.out + told.err

    told = here.terminal.type("resume", NAME)

    assert told.code == 0, told.out + told.err


def jobs(here: Town) -> list[tuple[str, str]]:
    """List the jobs that are kept: of which connection, and how they stand."""
    path = here.folder / ".syncrules" / "state.db.jobs"
    if not path.exists():
        return []
    db = sqlite3.connect(path)
    try:
        return db.execute("select queue_partition_key, status from workflow_status").fetchall()
    finally:
        db.close()
