"""One trial of a fleet: what people do in the systems, what befalls the workers and their database, and what came of it."""

from __future__ import annotations

import random
import signal
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import postgres
from fleet_judge import at_once, beyond, doubled, lost, runs
from fleet_systems import SIDES, Systems, signed
from fleet_workers import KEY, Workers, connect, name_of

from syncrules.memory import tables as t
from syncrules.memory.store import open_store

MAPPING, QUIET = "pad-shelf", "pad-shelf-daily"
HOURS = (1, 1, 1, 1, 1, 1, 2, 4, 9, 12, 12, 11, 6, 10, 12, 11, 9, 6, 3, 2, 2, 2, 1, 1)
"""How much people work in each hour of a day."""
AT_FIRST = 3
"""Notes on each pad before anything is connected."""
PUSHED = 40
"""Connections that are pushed among the quiet ones."""


@dataclass
class Report:
    """What came of a trial."""

    connections: int
    seed: int
    imports: list[dict[str, float]] = field(default_factory=list)
    delays: list[dict[str, float]] = field(default_factory=list)
    changes: int = 0
    kills: int = 0
    restarts: int = 0
    day_seconds: float = 0.0
    arrived_after: float = 0.0
    """Seconds after the last change of the day until all of them were on both sides."""
    runs: int = 0
    calls: int = 0
    push: dict[str, float] = field(default_factory=dict)
    exits: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    """What workers said that went wrong, and how often."""
    read_on: int = 0
    """Runs that were cut off from the database and read on while the next one had begun; none of them wrote."""
    wrong: list[str] = field(default_factory=list)


class Trial:
    """One database, one pair of systems for each connection, and a fleet that is at work."""

    def __init__(self, server: postgres.Server, systems: Systems, folder: Path, seed: int, runs: int = 4) -> None:
        self.server, self.systems, self.seed = server, systems, seed
        self.chance = random.Random(seed)
        self.url = server.database()
        open_store(self.url).close()
        self.workers = Workers(folder, self.url, 2.0, runs)
        self.typed: dict[int, dict[str, str]] = {}
        """Connection → what people wrote: number → text."""
        self.own: dict[tuple[int, str], list[str]] = {}
        self.pushed: list[tuple[int, float]] = []
        """Connection, and when its system began to say that something changed."""
        self.restarted: list[float] = []
        """When the database was started anew."""
        self.ended = False
        """Whether nobody calls any more: until then a system calls again as long as nobody took it in."""
        self.posting = ThreadPoolExecutor(8, thread_name_prefix="posting")

    # What people do ---------------------------------------------------------------------------------------------------

    def write(self, connection: int, side: str, *, anew: bool = True) -> None:
        """Write a note, a new one or another text; each note is only written on the side where it came from."""
        mine = self.own.setdefault((connection, side), [])
        known = self.typed.setdefault(connection, {})
        number = f"{side[0].upper()}{len(mine) + 1}" if anew or not mine else self.chance.choice(mine)
        if number not in mine:
            mine.append(number)
        known[number] = f"{number} of {connection}, {self.chance.randrange(10**6):06}"
        self.systems.type(side, connection, number, known[number])

    def change(self, connection: int) -> None:
        """Let somebody change something, and its system say so."""
        side = self.chance.choice(SIDES)
        self.write(connection, side, anew=self.chance.random() < 0.4)
        self.posting.submit(self._push, connection, side)

    def _push(self, connection: int, side: str) -> None:
        """Say to any of the workers that something changed; whoever does not answer is not the only one."""
        began, body = time.monotonic(), b"{}"
        while not self.ended:
            for worker in random.sample(self.workers.ready(), k=min(1, len(self.workers.ready()))):
                asked = urllib.request.Request(
                    f"{worker.address}/hooks/{name_of(connection)}/{side}/{KEY}",
                    data=body,
                    headers={"X-Signature": signed(body), "Content-Type": "application/json"},
                )
                try:
                    with urllib.request.urlopen(asked, timeout=20) as answer:
                        if answer.status == 202:
                            self.pushed.append((connection, began))
                            return
                except (OSError, urllib.error.URLError):
                    pass
            time.sleep(0.5)
            began = time.monotonic()

    # What the fleet does ----------------------------------------------------------------------------------------------

    def connect(self, connections: Sequence[int], mapping: str = MAPPING) -> None:
        """Make connections, with a few notes on each pad."""
        for each in connections:
            for _ in range(AT_FIRST):
                self.write(each, "pad")
        with open_store(self.url) as store:
            connect(store, self.systems, connections, mapping)

    def pause(self, connections: Iterable[int], paused: bool) -> None:
        with open_store(self.url) as store, store.transaction():
            for each in connections:
                store.change(name_of(each), paused=paused)

    def until(self, true: Callable[[], object], seconds: float, look: float = 0.1) -> bool:
        """Wait until something is so, or so long; whoever ends meanwhile is started again."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                return False
            self.workers.tend()
            time.sleep(look)
        return True

    def arrived(self, connections: Iterable[int]) -> bool:
        """Tell whether all that people wrote is on both sides."""
        return not any(lost(self.systems, {each: self.typed[each] for each in connections}))

    def imports(self, workers: int, connections: Sequence[int], seconds: float) -> dict[str, float]:
        """Let so many workers import connections, and give how fast they were."""
        self.workers.start(workers - len(self.workers.alive))
        ready = self.until(lambda: len(self.workers.ready()) == workers, 120)
        self.connect(connections)
        began, left = time.monotonic(), list(connections)

        def done() -> bool:
            came = [each for each in left if self.arrived([each])]
            self.pause(came, True)  # what is in step would be looked at again and again
            left[:] = [each for each in left if each not in came]
            return not left

        came = self.until(done, seconds, 0.5)
        took = time.monotonic() - began
        self.pause(left, True)
        done_of = len(connections) - len(left)
        return {
            "workers": workers,
            "connections": len(connections),
            "imported": done_of,
            "seconds": round(took, 1),
            "per_second": round(done_of / took, 2),
            "complete": ready and came,
        }

    def day(
        self, report: Report, connections: Sequence[int], minutes: float, changes: int, kills: int, restarts: int
    ) -> None:
        """Play a day in so many minutes: people change things, workers are killed, the database is started anew."""
        moments = sorted(
            (self._time_of_day() * minutes * 60, "change", self.chance.choice(connections)) for _ in range(changes)
        )
        inside = (minutes * 6, minutes * 54)
        moments += [(self.chance.uniform(*inside), "kill", 0) for _ in range(kills)]
        moments += [(self.chance.uniform(*inside), "restart", 0) for _ in range(restarts)]
        began = time.monotonic()
        for at, what, connection in sorted(moments):
            self.until(lambda at=at: time.monotonic() >= began + at, minutes * 60 + 60)  # type: ignore[misc]
            match what:
                case "change":
                    self.change(connection)
                case "kill":
                    self.workers.kill(self.chance)
                    report.kills += 1
                case "restart":
                    self.restarted.append(time.monotonic())
                    self.server.restart(self.chance.choice((signal.SIGINT, signal.SIGQUIT)))
                    report.restarts += 1
        report.changes += changes
        report.day_seconds = round(time.monotonic() - began, 1)

    def _time_of_day(self) -> float:
        (hour,) = self.chance.choices(range(24), HOURS)
        return (hour + self.chance.random()) / 24

    def settle(self, report: Report, seconds: float) -> None:
        """Wait until everything has arrived, and see that nothing is written any more."""
        began = time.monotonic()
        self.until(lambda: self.arrived(self.typed), seconds, 1.0)
        report.arrived_after = round(time.monotonic() - began, 1)
        before = sum(each.write for each in list(self.systems.calls))
        self.until(lambda: False, min(30.0, self.workers.every + 2))
        after = sum(each.write for each in list(self.systems.calls))
        if after != before:
            report.wrong.append(f"{after - before} times something was written when all had arrived")

    def end(self) -> None:
        """Stop everything, whatever went wrong."""
        self.ended = True
        self.posting.shutdown(cancel_futures=True)
        self.workers.stop()

    # What came of it --------------------------------------------------------------------------------------------------

    def waits(self, since: float = 0.0) -> dict[str, float]:
        """Say how long pushes waited: from the call of the system until the first call of the next run of that connection."""
        begun: dict[int, list[float]] = {}
        for each in runs(list(self.systems.calls)):
            begun.setdefault(each.connection, []).append(each.began)
        delays = []
        for connection, at in self.pushed:
            later = [each - at for each in begun.get(connection, ()) if each >= at]
            if at >= since and later:
                delays.append(min(later))
        delays.sort()
        if not delays:
            return {"pushes": 0}
        return {
            "pushes": len(delays),
            "median": round(median(delays), 2),
            "p95": round(delays[int(len(delays) * 0.95)], 2) if len(delays) > 1 else round(delays[0], 2),
            "longest": round(delays[-1], 2),
        }

    def judge(self, report: Report) -> None:
        """Stop everything, and hold what is there against what people did."""
        self.ended = True
        self.posting.shutdown()
        ends = self.workers.stop()
        calls = list(self.systems.calls)
        report.calls, report.runs, report.push = len(calls), self.workers.ran(), self.waits()
        report.exits = {str(code): count for code, count in sorted(self.workers.exits.items())}
        said = Counter(
            str(event.get("error", {}).get("message") or event.get("said") or event.get("message"))
            for each in self.workers.all
            for event in each.events()
            if event["event"] in ("failed", "lost", "unanswered", "")
        )
        report.failed = dict(said.most_common(12))
        report.wrong += [f"a worker that was asked to stop ended with {code}" for code in ends if code != 0]
        report.wrong += [*lost(self.systems, self.typed), *doubled(self.systems, self.typed), *beyond(calls)]
        report.wrong += self._uncounted()
        for one, other in at_once(runs(calls)):
            cut_off = any(one.began - 1 < each < other.began for each in self.restarted)
            if other.began > one.last_write and cut_off:
                report.read_on += 1
                continue
            report.wrong.append(
                f"connection {one.connection}: run {one.name} made calls until {other.began - one.ended:+.2f} s of the beginning "
                f"of run {other.name}"
            )

    def _uncounted(self) -> Iterator[str]:
        seen = len(self.systems.calls)
        ((counted,),) = self.server.rows(
            self.url, 'select coalesce(sum(count), 0) from calls where length("window") = 10'
        )
        if counted < seen:
            yield f"{seen} calls were made, and {counted} of them counted"

    # Many quiet connections -------------------------------------------------------------------------------------------

    def beside_quiet_ones(self, counts: Sequence[int], workers: int) -> Iterator[dict[str, float]]:
        """Push some connections among so many that are quiet, and say how long each push waits."""
        pushed = list(range(1, PUSHED + 1))
        self.workers.start(workers, every=60.0)
        self.until(lambda: len(self.workers.ready()) == workers, 120)
        self.connect([0], QUIET)
        self.connect(pushed)
        for each in [0, *pushed]:
            self.posting.submit(self._push, each, "pad")
        self.until(lambda: self.arrived([0, *pushed]), 180)
        there = PUSHED + 1
        for count in counts:
            self._quiet(range(there, count))
            there = count
            time.sleep(5)
            since = time.monotonic()
            for each in self.chance.sample(pushed, len(pushed)):
                self.change(each)
                self.until(lambda: False, 0.5)
            self.until(lambda: self.arrived(pushed), 120)
            yield {"connections": count, **self.waits(since)}

    def _quiet(self, connections: Sequence[int]) -> None:
        """Make connections on which everything was carried just now: they are due tomorrow."""
        with open_store(self.url) as store:
            with store.transaction():
                model = store.connection(name_of(0))
                assert model is not None
                row = dict(
                    store.db.execute(t.connections.select().where(t.connections.c.name == model.name)).mappings().one()
                )
                store.db.execute(t.connections.insert(), [{**row, "name": name_of(each)} for each in connections])
            with store.transaction():
                when = [
                    dict(each)
                    for each in store.db.execute(
                        t.schedule.select().where(t.schedule.c.connection == model.name)
                    ).mappings()
                ]
                store.db.execute(
                    t.schedule.insert(),
                    [{**each, "connection": name_of(number)} for number in connections for each in when],
                )
