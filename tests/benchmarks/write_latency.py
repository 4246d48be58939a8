"""Measure how long a change takes from one system to the write that the other accepts, while `serve` imports a large office beside it.

    python tests/benchmarks/write_latency.py
    python tests/benchmarks/write_latency.py --size 20000 --changes 100 --latency 0.05

A small connection is in step, and its CRM calls when something changes there. First nothing else happens; then the first import of
a large connection is under way in the same `serve`. Systems answer after `--latency` seconds; those of the large connection are a
process of their own. Measured is from the moment in which somebody has changed something until the books have accepted the write.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__)
sys.path.insert(0, str(HERE.parents[1] / "acceptance"))

KEY = "key-of-the-benchmark"
SMALL, LARGE = "small", "large"
ORGANISATIONS = "Relation_Organization"
SIDES = ("tribe", "eboekhouden")
LONGEST = 120.0
"""Seconds after which a change counts as lost."""


def systems(size: int, latency: float) -> None:
    """Be the two systems of the large connection, until nobody listens any more; tell how they are reached."""
    from world import world

    from syncrules_providers.sandboxes.story import tell

    with world(tell(size)) as here:
        told = {"answers": here.answers(), "settings": here.settings}
        here.crm.latency = here.books.latency = latency
        print(json.dumps(told), flush=True)
        for _ in sys.stdin:
            print(json.dumps({"customers": len(here.crm.rows("Relationship"))}), flush=True)


class Large:
    """The two systems of the large connection."""

    def __init__(self, size: int, latency: float) -> None:
        words = [sys.executable, str(HERE), "--systems", str(size), "--latency", str(latency)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.reached: Mapping[str, Any] = json.loads(self.process.stdout.readline())

    @property
    def customers(self) -> int:
        """How many relationships are in the CRM by now."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(json.loads(self.process.stdout.readline())["customers"])

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def serving(state: Path, runs: int) -> Iterator[str]:
    """Let `serve` work, which looks by itself once an hour; gives its address."""
    ready = state.with_name("ready")
    words = [sys.executable, "-m", "syncrules", "serve", "--state", str(state), "--port", "0", "--every", "3600"]
    with state.with_name("out").open("wb") as out:
        process = subprocess.Popen(
            [*words, "--runs", str(runs), "--json", "--once-ready", str(ready)], stdout=out, stderr=out, env=os.environ
        )
        try:
            while not (ready.exists() and ready.read_text().endswith("\n")):
                assert process.poll() is None, state.with_name("out").read_text()
                time.sleep(0.05)
            yield ready.read_text().strip()
        finally:
            process.terminate()
            process.wait()


@dataclass
class Caller:
    """The CRM of the small connection: it calls when something changed."""

    address: str
    secret: str

    def call(self, connection: str) -> None:
        from syncrules_providers.sandboxes.tribe_webhooks import signature

        told = {"type": "RelationUpdateMutation", "entityType": ORGANISATIONS.replace("_", "."), "relationId": "1"}
        body = json.dumps({"webhookId": "1", "payload": told}).encode()
        asked = urllib.request.Request(
            f"{self.address}/hooks/{connection}/tribe/{KEY}",
            data=body,
            headers={"X-Tribe-Signature": signature(self.secret, body), "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=LONGEST) as answer:
            assert answer.status == 202, answer.status


def measured(here: Any, caller: Caller, changes: int, pause: float, first: int) -> list[float]:
    """Change telephone numbers, one after the other, and say how long each took to the books."""
    crm, books, found = here.crm, here.books, []
    there = {each["Code"] for each in books.relations()}
    rows = crm.rows("Relationship_Organization_CommercialRelationship_Customer")
    customers = [each for each in rows if each["Organization"]["DebtorNumber"] in there]
    for number in range(first, first + changes):
        one = customers[number % len(customers)]["Organization"]
        phone = f"030-{number:07}"
        crm.edit(ORGANISATIONS, one["ID"], PhoneNumber=phone)
        began = time.monotonic()
        caller.call(SMALL)
        while books.relation(Code=one["DebtorNumber"])["Telefoon"] != phone:
            assert time.monotonic() < began + LONGEST, f"the change of {one['DebtorNumber']} never arrived"
            time.sleep(0.02)
        found.append(time.monotonic() - began)
        time.sleep(pause)
    return found


def shown(what: str, found: list[float]) -> str:
    found = sorted(found)
    p95 = found[min(len(found) - 1, int(len(found) * 0.95))]
    return f"{what}: {len(found)} changes, median {median(found):.2f} s, p95 {p95:.2f} s, longest {found[-1]:.2f} s"


def play(given: argparse.Namespace) -> None:
    from people import People
    from world import world

    from syncrules.memory.hints import Hook, digest_of
    from syncrules.memory.kept import ConnectionRow
    from syncrules.memory.memory import Memory
    from syncrules.memory.store import open_store

    large = Large(given.size, given.latency)
    try:
        with world() as here, tempfile.TemporaryDirectory() as name:
            People(here).begin()
            state = Path(name) / "state.db"
            answers = here.answers()
            answers["tribe"]["webhook_secret"] = here.crm.webhook_secret
            with open_store(state) as store, store.transaction():
                now = time.time()
                store.save(ConnectionRow(SMALL, here.mapping, here.settings, {}, answers, created_at=now))
                reached = large.reached
                store.save(
                    ConnectionRow(
                        LARGE, here.mapping, reached["settings"], {}, reached["answers"], paused=True, created_at=now
                    )
                )
                Memory(store, SMALL, SIDES).keep_hook(Hook("tribe", f"/hooks/{SMALL}/tribe/", digest_of(KEY), now))
            with serving(state, given.runs) as address:
                caller = Caller(address, here.crm.webhook_secret)
                caller.call(SMALL)
                _wait_for(lambda: _in_step(state))
                here.crm.latency = here.books.latency = given.latency
                print(shown("alone", measured(here, caller, given.changes // 2, given.pause, 1)), flush=True)
                before = large.customers
                with open_store(state) as store, store.transaction():
                    store.change(LARGE, paused=False)
                _begin_import(state, caller)
                _wait_for(lambda: large.customers > before)
                began, at_first = time.monotonic(), large.customers
                found = measured(here, caller, given.changes, given.pause, 100_000)
                took, after = time.monotonic() - began, large.customers
                print(shown(f"during a first import of {given.size} relations", found), flush=True)
                print(
                    f"of which {after - at_first} were made meanwhile, in {took:.0f} s ({(after - at_first) / took:.1f} a second); "
                    f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; systems answer after {given.latency * 1000:.0f} ms"
                )
    finally:
        large.stop()


def _begin_import(state: Path, caller: Caller) -> None:
    """Let the CRM of the large connection call."""
    from syncrules.memory.hints import Hook, digest_of
    from syncrules.memory.memory import Memory
    from syncrules.memory.store import open_store

    with open_store(state) as store, store.transaction():
        Memory(store, LARGE, SIDES).keep_hook(Hook("tribe", f"/hooks/{LARGE}/tribe/", digest_of(KEY), time.time()))
        row = store.connection(LARGE)
        assert row is not None
        row.answers["tribe"]["webhook_secret"] = caller.secret
        store.save(row)
    caller.call(LARGE)


def _in_step(state: Path) -> bool:
    from syncrules.memory.memory import Memory
    from syncrules.memory.store import open_store

    with open_store(state) as store:
        memory = Memory(store, SMALL, SIDES)
        last = memory.last_run()
        return last is not None and last["outcome"] == "done" and memory.count_linked("organisation", "tribe") > 0


def _wait_for(true: Any, seconds: float = 1800.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=20_000, help="relations of the large connection")
    parser.add_argument("--changes", type=int, default=100, help="changes during the import; half as many before")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between a change that arrived and the next")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that a system takes to answer")
    parser.add_argument("--runs", type=int, default=4, help="runs that may be under way at once")
    parser.add_argument("--systems", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.systems is not None:
        systems(given.systems, given.latency)
    else:
        play(given)


if __name__ == "__main__":
    main()
