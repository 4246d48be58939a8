"""A `syncrules serve` at work between two systems, which may be killed or asked to stop."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

from kill import LEADS_TO, OF_AN_IMPORT, WHENS, Point, Script
from people import People
from terminal import Running, Terminal, Told
from town import NAME, Town

from syncrules.memory.memory import Memory
from syncrules.memory.store import open_store

BESIDE = ("syncrules.serving.durable", "syncrules.serving.web.server", "syncrules.serving.web.surface")
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


STARTED: list[Served] = []


class Place(Protocol):
    """Where commands are typed."""

    @property
    def terminal(self) -> Terminal: ...


def serving(here: Place, *more: str, watch: Callable[[Running], object] = lambda _: None) -> Served:
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
    STARTED.append(Served(began[0], here.terminal.out, thread, told))
    return STARTED[-1]


def kill_all() -> None:
    """Let nothing go on that was started here, whatever went wrong."""
    while STARTED:
        each = STARTED.pop()
        if not each.running.over.is_set():
            each.kill()


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

    # As after a machine that went down when the first import had been confirmed, and nothing of it had been done.
    with open_store(here.state) as store, store.transaction():
        store.change(NAME, paused=False)
        Memory(store, NAME, ("tribe", "eboekhouden")).carried([("", "", "begun")], time.time())


def jobs(here: Town) -> list[tuple[str, str]]:
    """List the jobs that are kept: of which connection, and how they stand."""
    path = here.folder / ".syncrules" / "state.db.jobs"
    if not path.exists():
        return []
    db = sqlite3.connect(path)
    try:
        if not db.execute("select 1 from sqlite_master where name = 'workflow_status'").fetchall():
            return []  # killed before there were any tables
        return db.execute("select queue_partition_key, status from workflow_status").fetchall()
    finally:
        db.close()


# Killed, again and again --------------------------------------------------------------------------------------------

AT_ONCE = (
    "log in",
    "read",
    "create in the books",
    "update in the books",
    "id left in the CRM",
    "invoice in the books",
    "any moment",
)
"""What comes after the first import; what the books bring is due once a day."""
REST = 3
"""So many runs in a row must have had nothing to write."""


@dataclass
class Tally:
    """What has been killed so far, and what came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    wrong: int = 0
    rerun: int = 0
    """Jobs that were in hand when a process was killed, and were begun anew."""

    @property
    def total(self) -> int:
        return self.kills.total()


class Trial:
    """One pair of systems, from its first import on: a connection that was made, and never run."""

    def __init__(self, here: Town, people: People, seed: str, tally: Tally, *, patience: float = 8.0) -> None:
        self.here, self.people, self.tally, self.seed = here, people, tally, seed
        self.patience = patience
        """Seconds for which the moment is waited for at which it is to be killed; then it is any moment."""
        self.chance = random.Random(seed)
        self.said: list[str] = []

    def play(self, kills: int) -> list[str]:
        """Kill so often, then let one finish; give what is wrong."""
        for number in range(kills):
            self._killed(number)
        return list(self._finished())

    def _killed(self, number: int) -> None:
        what = self.chance.choice(OF_AN_IMPORT if number == 0 else AT_ONCE)
        what = "any moment" if what == "commit" else what
        point = Point(what, self.chance.choice(WHENS), self.chance.randint(1, 4) if what == "read" else 1)
        seconds = self.chance.uniform(0.0, 4.0)
        for place in range(self.chance.randint(1, 2) if number else 0):
            self.people.do(
                self.chance.choice([*LEADS_TO[what], "edit in the CRM", "invoice"]), f"{self.seed}:{number}:{place}"
            )

        def watch(running: Running) -> None:
            script = Script(point, 0.0, random.Random(f"{self.seed}:{number}"))
            for where, proxy in self.here.proxies.items():
                proxy.kill, proxy.script = running.kill, script.of(where)

        served = serving(self.here, watch=watch)
        # What people do while it works comes in between.
        self.people.do(
            self.chance.choice(["edit in the CRM", "customer in the CRM", "edit in the books"]),
            f"{self.seed}:{number}:during",
        )
        if not served.running.over.wait(seconds if what == "any moment" else seconds + self.patience):
            self.tally.missed += what != "any moment"
            what = "any moment"
            served.kill()
        served.thread.join()
        assert served.told[0].killed, served.told[0].out + served.told[0].err
        self.tally.kills[what] += 1
        self.tally.rerun += sum(state == "PENDING" for _, state in jobs(self.here))
        self.said.append(served.told[0].out)
        self.here.calm()

    def _finished(self) -> Iterator[str]:
        served = serving(self.here)
        try:
            until(lambda: served.runs[-REST:] == [0] * REST or not served.thread.is_alive())
        finally:
            told = served.stop()
        self.said.append(told.out)
        if told.code != 0:
            yield f"serve ended with {told.code}: {told.out} {told.err}"
        left = [each for each in jobs(self.here) if each[1] not in ("SUCCESS", "CANCELLED", "ENQUEUED", "DELAYED")]
        if left:
            yield f"jobs that did not come to their end: {left}"
        # What the books bring is due once a day; nobody waits for that here.
        self.said += [self.here.run().out for _ in range(2)]
        yield from self.people.wrong("\n".join(self.said))
        status, waiting = self.here.status(), self.here.waiting()
        names = {each["name"] for each in waiting["items"]}
        if names != self.people.waiting:
            yield f"waiting: {sorted(names)} instead of {sorted(self.people.waiting)}"
        for each in status["entities"]:
            wanted = self.people.linked.get(each["entity"])
            if wanted is not None and each["in_sync"] != wanted:
                yield f"{each['in_sync']} of {each['entity']} are linked instead of {wanted}"
        if both := twice(self.here):
            yield f"runs that went on at the same time: {both}"


def twice(here: Town) -> list[tuple[int, int]]:
    """List runs of the connection of which one began before the other had ended."""
    db = sqlite3.connect(here.folder / ".syncrules" / "state.db")
    try:
        rows = db.execute(
            "select id, started_at, ended_at from runs where connection = ? and ended_at is not null order by id",
            (NAME,),
        ).fetchall()
    finally:
        db.close()
    return [(a[0], b[0]) for a, b in pairwise(rows) if b[1] < a[2]]
