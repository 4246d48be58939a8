"""The workers of a fleet: `syncrules serve` as processes on one database, killed at random and started again at once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fleet_systems import SECRET, SIDES, Systems, office

from syncrules.memory.hints import Hook, digest_of
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store

SITE = Path(__file__).parent / "fleet_site"
KEY = "key-of-the-trial"
"""What ends the address at which The Pad and The Shelf call."""
LEFT = 60.0
"""Seconds in which a worker that is asked to stop has stopped."""


def name_of(connection: int) -> str:
    return f"c{connection:05}"


def install(folder: Path) -> Path:
    """Write what an installer would write beside the package of the two systems; gives where it lies."""
    about = folder / "site" / "syncrules_pads-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: syncrules-pads\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(
        "[syncrules.providers]\npad = syncrules_pads:Pad\nshelf = syncrules_pads:Shelf\n"
        "[syncrules.mappings]\npads = syncrules_pads.mappings\n",
        encoding="utf-8",
    )
    return about.parent


def connect(store: Store, systems: Systems, connections: Sequence[int], mapping: str, *, paused: bool = False) -> None:
    """Make connections that were never run, as `connect` leaves them behind."""
    now = time.time()
    with store.transaction():
        for each in connections:
            answers = {side: {"url": f"{systems.url}/{side}/{each}", "secret": SECRET} for side in SIDES}
            accounts = dict.fromkeys(SIDES, office(each))
            store.save(ConnectionRow(name_of(each), mapping, {}, accounts, answers, paused=paused, created_at=now))
            memory = Memory(store, name_of(each), SIDES)
            for side in SIDES:
                memory.keep_hook(Hook(side, f"/hooks/{name_of(each)}/{side}/", digest_of(KEY), now))


class Worker:
    """One process."""

    def __init__(self, words: Sequence[str], folder: Path, number: int, environment: dict[str, str]) -> None:
        self.ready = folder / f"ready-{number}"
        self.out = folder / f"out-{number}"
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [*words, "--once-ready", str(self.ready)], stdout=out, stderr=out, cwd=folder, env=environment
            )
        self._address = ""

    @property
    def address(self) -> str:
        """Where it answers; empty until it does."""
        if not self._address and self.ready.exists():
            self._address = self.ready.read_text(encoding="utf-8").strip()
        return self._address

    def events(self) -> list[dict[str, Any]]:
        """What it has said; whoever is killed may be in the middle of a line."""
        found = []
        for line in self.out.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                said = line
            found.append({"event": "", **said} if isinstance(said, dict) else {"event": "", "said": line})
        return found


class Workers:
    """All of them. Whoever ends by itself is started again, as a service manager does."""

    def __init__(self, folder: Path, state: str, every: float, runs: int) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SYNCRULES_")}
        path = os.pathsep.join(filter(None, [str(install(folder)), str(SITE), clean.get("PYTHONPATH", "")]))
        self._environment = {**clean, "SYNCRULES_STATE": state, "PYTHONPATH": path}
        self.folder, self.every, self.runs = folder, every, runs
        self.alive: list[Worker] = []
        self.all: list[Worker] = []
        self.exits: Counter[int] = Counter()
        """How those ended that were not killed."""

    def start(self, count: int, *, every: float | None = None) -> None:
        """Start so many more."""
        self.every = every if every is not None else self.every
        for _ in range(count):
            self._start()

    def _start(self) -> None:
        words = [sys.executable, "-m", "syncrules", "serve", "--json", "--port", "0"]
        words += ["--every", str(self.every), "--runs", str(self.runs)]
        worker = Worker(words, self.folder, len(self.all), self._environment)
        self.alive.append(worker)
        self.all.append(worker)

    def ready(self) -> list[Worker]:
        """Give those that answer."""
        return [each for each in self.alive if each.address and each.process.poll() is None]

    def kill(self, chance: random.Random) -> None:
        """Kill one of them as `kill -9` does, and start another in its place."""
        worker = chance.choice(self.ready() or self.alive)
        self.alive.remove(worker)
        worker.process.kill()
        worker.process.wait()
        self._start()

    def tend(self) -> None:
        """Start again whoever ended."""
        for each in [each for each in self.alive if each.process.poll() is not None]:
            self.exits[each.process.returncode] += 1
            self.alive.remove(each)
            self._start()

    def stop(self) -> list[int]:
        """Ask all of them to stop, and give how they ended; whoever does not is killed."""
        for each in self.alive:
            each.process.send_signal(signal.SIGTERM)
        ends = []
        for each in self.alive:
            try:
                ends.append(each.process.wait(LEFT))
            except subprocess.TimeoutExpired:
                each.process.kill()
                ends.append(each.process.wait())
        self.alive = []
        return ends

    def ran(self) -> int:
        """Count the runs that came to their end, of all workers there ever were."""
        return sum(event["event"] == "run" for each in self.all for event in each.events())
