"""Kill real runs with `kill -9`, again and again, and see whether the next run puts everything right.

    python tests/acceptance/kill.py --times 50 --seed 1

A run is killed at a random moment, right before or after one of its commits, or while a system carries out its write.
The two systems live on in this process; the run is a process of its own, started by a keeper that has imported
everything already.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

from scenes import (
    contents,
    differences,
    edit_customer,
    edit_in_books,
    in_books,
    in_crm,
    run_until_quiet,
    send_invoice,
    states,
)
from world import KEYS, Clock, World, world

from syncrules import connection
from syncrules.memory.store import Store, open_store
from syncrules_providers.sandboxes.server import Request

LATENCY = 0.003
"""Seconds that each answer takes, so that kills fall everywhere."""
MOST_KILLS = 3
"""So many runs in a row are killed before one may end."""


Kind = Literal["later", "before commit", "after commit", "write not done", "write done"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Moment:
    """When a run is killed."""

    kind: Kind
    number: float
    """Seconds after its start, or the how-manieth commit or write it is."""

    def __str__(self) -> str:
        return f"{self.kind} {self.number:.3g}"


# The process that is killed -----------------------------------------------------------------------------------------


def run_once(state: str, kind: str, number: int) -> None:
    """Carry out one run of the connection, as a command would; end in the middle if that is asked for."""
    commits = 0
    begin = Store.transaction

    @contextmanager
    def transaction(self: Store) -> Iterator[None]:
        nonlocal commits
        with begin(self):
            yield
            commits += 1
            if kind == "before commit" and commits == number:
                os.kill(os.getpid(), signal.SIGKILL)
        if kind == "after commit" and commits == number:
            os.kill(os.getpid(), signal.SIGKILL)

    Store.transaction = transaction  # type: ignore[method-assign]
    with open_store(state) as store, store.alone("c") as alone:
        assert alone, "the lock of a killed run is still held"
        with connection.opened(store, "c", KEYS, Clock()) as opened:
            connection.run(opened)
    os.write(1, f"commits {commits}\n".encode())


def keep() -> None:
    """Start runs on request: a line says the state file and when to end; the answers are the process id, then its status."""
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                run_once(order["state"], order["kind"], order["number"])
                status = 0
            except BaseException as error:
                print(f"error {error!r}", file=sys.stderr, flush=True)
            finally:
                os._exit(status)
        print(f"pid {pid}", flush=True)
        # The process stays a zombie until it is reaped, so that its number cannot be somebody else's when it is killed.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        print("ended", flush=True)
        sys.stdin.readline()
        print(f"status {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}", flush=True)


class Keeper:
    """The other end of `keep`."""

    def __init__(self) -> None:
        self.commits = 0
        """How many commits the last run made that came to its end."""
        self.pid = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--keep"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def _say(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode() + b"\n")
        self._process.stdin.flush()

    def _hear(self) -> list[str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode().split()
        assert line, "the keeper of the runs is gone"
        return line

    def run(self, here: World, moment: Moment | None = None) -> bool:
        """Run once, and kill it at this moment; tell whether it was killed."""
        kind, number = (moment.kind, moment.number) if moment is not None else ("", 0)
        with here_dies(here, self, moment):
            self._say(json.dumps({"state": str(here.folder / "state.db"), "kind": kind, "number": int(number)}))
            self.pid = int(self._hear()[1])
            if kind == "later":
                assert self._process.stdout is not None
                select.select([self._process.stdout], [], [], number)
                self.kill()
            while (line := self._hear()) != ["ended"]:
                self.commits = int(line[1])
        self._say("reap")
        status = int(self._hear()[1])
        assert status in (0, -signal.SIGKILL), f"a run ended with {status}"
        return status != 0

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


@contextmanager
def here_dies(here: World, keeper: Keeper, moment: Moment | None) -> Iterator[None]:
    """While inside, kill the run when one of the systems gets its so-manieth write, which is then carried out or not."""
    if moment is None or moment.kind not in ("write not done", "write done"):
        yield
        return
    seen = 0

    def is_it(request: Request, sandbox: Any) -> bool:
        nonlocal seen
        seen += sandbox.describe(request)[1]
        if seen < moment.number or not sandbox.describe(request)[1]:
            return False
        keeper.kill()
        return moment.kind == "write not done"

    # It is asked of every request, until one is answered with yes.
    for sandbox in (here.crm, here.books):
        sandbox.mishap("before", when=lambda request, sandbox=sandbox: is_it(request, sandbox))  # type: ignore[misc]
    try:
        yield
    finally:
        for sandbox in (here.crm, here.books):
            with sandbox.lock:
                sandbox._mishaps.clear()


# What the runs are about ----------------------------------------------------------------------------------------------


def first_import(here: World) -> None:
    """Nothing is known yet: books with customers and articles, and a CRM with customers and organisations of its own."""
    for number in range(16):
        name, code = f"Kwekerij {number}", str(20_000 + number)
        in_books(here, name, code, Telefoon=f"030-00010{number:02}", Adres=f"Molenweg {number + 1}", Plaats="Utrecht")
        if number % 6 == 2:
            here.crm.add("Relation_Organization", Name=name, DebtorNumber=code)
    for number in range(4):
        here.books.add_relation(Code=str(30_000 + number), Bedrijf=f"Anna Voorbeeld{number}", BP="P")
        in_crm(here, f"Bakkerij {number}", str(40_000 + number))
        here.books.add_article(
            ArtikelOmschrijving=f"Brood {number}", ArtikelCode=f"B{number}", Eenheid="stuk", BTWCode="HOOG_VERK_21",
            InkoopprijsExclBTW=Decimal("1.20"), VerkoopprijsExclBTW=Decimal("2.50"), Actief=True,
        )  # fmt: skip


def import_of_what_both_have(here: World) -> None:
    """Nothing is known yet, but the customers are in both systems, and each knows something that the other does not."""
    for number in range(9):
        name, code = f"Kwekerij {number}", str(20_000 + number)
        in_books(here, name, code, Telefoon=f"030-00010{number:02}")
        in_crm(here, name, code, Website=f"kwekerij{number}.example")


def with_customers(here: World) -> None:
    for number in range(9):
        in_books(here, f"Garage {number}", str(20_000 + number), Telefoon="030-0001000", Plaats="Utrecht")
    run_until_quiet(here)


def invoices(here: World) -> None:
    """Many invoices are sent, new customers among those who get one, and people edit on both sides."""
    with_customers(here)
    for number in range(4):
        in_crm(here, f"Slagerij {number}", str(30_000 + number))
        send_invoice(here, f"Slagerij {number}", "19.95", "80.05")
    for number in range(9):
        send_invoice(here, f"Garage {number}", "100.00", "12.34")
    for number in range(0, 9, 3):
        edit_customer(here, f"Garage {number}", PhoneNumber="030-0009999")
        edit_in_books(here, f"Garage {number}", Site="garage.example")


def payments(here: World) -> None:
    """Invoices are paid, some of them a second time, so that payments are made, changed, and invoices become paid."""
    with_customers(here)
    sent = [send_invoice(here, f"Garage {number}", "100.00") for number in range(9)]
    run_until_quiet(here)
    for number in sent[:5]:
        here.books.pay(number, "21.00")
    run_until_quiet(here)
    for place, number in enumerate(sent):
        here.books.pay(number, None if place % 3 == 0 else "50.00")


SCENES: dict[str, Callable[[World], None]] = {
    "first import": first_import,
    "import of what both have": import_of_what_both_have,
    "invoices": invoices,
    "payments": payments,
}


@contextmanager
def scene(name: str) -> Iterator[World]:
    with world() as here:
        SCENES[name](here)
        if here.store.connection("c") is None:
            here.connect()
        here.crm.latency = here.books.latency = LATENCY
        yield here


# Killing -------------------------------------------------------------------------------------------------------------


@dataclass
class Undisturbed:
    """How a scene goes when nobody is killed."""

    contents: dict[str, Any]
    states: dict[tuple[str, str], list[str]]
    seconds: float
    commits: int
    writes: int


@dataclass
class Killer:
    """Kill runs of all scenes, in turn."""

    keeper: Keeper
    chance: random.Random
    kills: dict[str, int] = field(default_factory=dict)
    _undisturbed: dict[str, Undisturbed] = field(default_factory=dict)

    def undisturbed(self, name: str) -> Undisturbed:
        if name not in self._undisturbed:
            with scene(name) as here:
                start = time.monotonic()
                writes = len(here.crm.writes) + len(here.books.writes)
                self.keeper.run(here)
                seconds = time.monotonic() - start
                writes = len(here.crm.writes) + len(here.books.writes) - writes
                run_until_quiet(here)
                self._undisturbed[name] = Undisturbed(
                    contents(here), states(here), seconds, self.keeper.commits, writes
                )
        return self._undisturbed[name]

    def moment(self, name: str) -> Moment:
        """Choose when to kill: anywhere in time, at a commit, or in a write."""
        usual = self.undisturbed(name)
        kind = self.chance.choice(KINDS)
        match kind:
            case "later":
                return Moment(kind, self.chance.uniform(0, usual.seconds))
            case "before commit" | "after commit":
                return Moment(kind, self.chance.randint(1, usual.commits))
            case _:
                return Moment(kind, self.chance.randint(1, usual.writes))

    def try_one(self, name: str, moments: list[Moment]) -> None:
        """Kill one run after the other at these moments, then let one end, and compare."""
        usual = self.undisturbed(name)
        with scene(name) as here:
            for moment in moments:
                if self.keeper.run(here, moment):
                    self.kills[moment.kind] = self.kills.get(moment.kind, 0) + 1
            assert not self.keeper.run(here)
            run_until_quiet(here, most=4)

            wrong = differences(contents(here), usual.contents)
            assert not wrong, "\n".join(wrong)
            assert states(here) == usual.states, f"{states(here)} instead of {usual.states}"
            assert here.run().writes == 0, "it is quiet, and then writes again"
            assert here.writes == 0, "it is quiet, and then calls again"

    @property
    def total(self) -> int:
        return sum(self.kills.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50, help="how many runs are killed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.keep:
        keep()
        return
    chance = random.Random(given.seed)
    failed = 0
    with Keeper() as keeper:
        killer = Killer(keeper, chance)
        while killer.total < given.times:
            name = chance.choice(list(SCENES))
            moments = [killer.moment(name) for _ in range(chance.randint(1, MOST_KILLS))]
            try:
                killer.try_one(name, moments)
                verdict = "right"
            except AssertionError as error:
                failed += 1
                verdict = f"WRONG: {str(error)[:2000]}"
            print(f"{killer.total:4} {name}: {', '.join(map(str, moments))}: {verdict}", flush=True)
    print(
        f"{killer.total} runs killed ({', '.join(f'{each}: {count}' for each, count in sorted(killer.kills.items()))})"
    )
    print(f"{failed} times something was wrong afterwards")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
