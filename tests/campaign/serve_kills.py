"""Kill `syncrules serve` with `kill -9`, again and again, while it imports and pushes, and see whether the next one finishes the work.

    python tests/campaign/serve_kills.py --times 50 --minutes 60 --seed 1

Nobody types `run`: the first import and everything after it is done by `serve`. People work on both sides meanwhile. What is right
is told by both systems, by `status` and `waiting`, and by the jobs that are left.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "acceptance"))

from kill import LEADS_TO, OF_AN_IMPORT, WHENS, Point, Script
from people import People
from served import DURABLE, connect, jobs, serving, until
from terminal import Running
from town import NAME, Town, town

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
    """One pair of systems, from its first import on."""

    def __init__(self, here: Town, seed: str, tally: Tally) -> None:
        self.here, self.tally, self.seed = here, tally, seed
        self.chance = random.Random(seed)
        self.people = People(here)
        self.people.begin()
        self.said: list[str] = []
        connect(here)

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
        if not served.running.over.wait(seconds if what == "any moment" else seconds + 8):
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50, help="how many processes are killed")
    parser.add_argument("--minutes", type=float, default=None, help="begin no other trial after so long")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tally, began, number = Tally(), time.monotonic(), 0
    while tally.total < given.times and (given.minutes is None or time.monotonic() < began + given.minutes * 60):
        seed = f"{given.seed}/{number}"
        with town(besides=(DURABLE,)) as here:
            trial = Trial(here, seed, tally)
            found = trial.play(min(5, given.times - tally.total))
        if found:
            tally.wrong += 1
            print("\n  ".join([f"WRONG trial {seed}", *trial.people.did, *found]), flush=True)
        else:
            print(f"{tally.total:4}  trial {seed}: right", flush=True)
        number += 1
    for what, times in sorted(tally.kills.items()):
        print(f"{what:24}{times:>5}")
    print(
        f"seed {given.seed}: serve was killed {tally.total} times in {time.monotonic() - began:.0f} s, {tally.rerun} jobs in hand "
        f"were begun anew, {tally.missed} moments did not come; {tally.wrong} times something was wrong"
    )
    sys.exit(1 if tally.wrong else 0)


if __name__ == "__main__":
    main()
