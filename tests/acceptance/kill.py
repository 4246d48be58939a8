"""Kill `syncrules run` with `kill -9`, again and again, and see whether the next run puts everything right.

    python tests/acceptance/kill.py --times 500 --minutes 60 --seed 1

Each process stands behind a proxy for each system, which kills it before a request arrives, while its answer arrives or
after the request was carried out; it is also killed before, during and after its own commits, and at any moment.
In between people work on both sides, and in half of the trials the network is bad. What is right is told by both systems and
by `syncrules status` and `waiting`.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import stores
from fault_proxy import DEADLY, FAULTS, Exchange, Fault
from people import ACTS, People
from terminal import Running, Told
from town import Town, town

When = Literal["before", "during", "after"]
WHENS: tuple[When, ...] = get_args(When)
LEADS_TO: Mapping[str, Sequence[str]] = {
    "log in": (),
    "read": (),
    "create in the CRM": ("customer in the books", "person in the books", "article"),
    "create in the books": ("customer in the CRM", "number comes"),
    "update in the CRM": ("edit in the books", "price", "person edited", "edit on both sides", "out of use"),
    "update in the books": ("edit in the CRM", "edit on both sides"),
    "id left in the CRM": ("customer in the CRM", "invoice"),
    "invoice in the books": ("invoice",),
    "payment in the CRM": ("a part is paid", "the rest is paid"),
    "paid status in the CRM": ("the rest is paid",),
    "commit": (),
    "any moment": (),
}
"""At what a process is killed, and what people do so that it comes to that."""
OF_AN_IMPORT = ("log in", "read", "create in the CRM", "commit", "any moment")
BAD_NETWORK: tuple[Fault, ...] = tuple(each for each in FAULTS if each not in DEADLY)
USUAL = {"log in": 1, "read": 12, "commit": 30}
"""About how many of them there are in a run; of everything else there are one to three."""
MOST_RUNS = 5
"""So many runs in a row may write something after the last kill."""


@dataclass(frozen=True, slots=True)
class Point:
    """When a process is killed."""

    what: str
    when: When
    number: int = 1
    """At the how-manieth of these."""
    part: float = 0.0
    """At any moment: which part of the time that a run takes has gone by."""

    def __str__(self) -> str:
        if self.what == "any moment":
            return f"after {self.part:.0%} of the time"
        return f"{self.when} {self.what} {self.number}"


@dataclass(frozen=True, slots=True)
class Step:
    """What people do, and then a run that is killed."""

    acts: tuple[str, ...]
    point: Point
    afresh: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """Kills in a row, after which everything must be put right."""

    steps: tuple[Step, ...]
    last: tuple[str, ...]
    """What people do after the last kill."""
    bad: float
    """Which part of all requests goes wrong on the way while it lasts."""


def schedule(seed: str) -> list[Stretch]:
    """Choose what happens in one trial: nothing here depends on what comes of it."""
    chance = random.Random(seed)
    acts = [each for each in ACTS if each not in ("customer without a number", "invoice without a term")]
    stretches = []
    for number in range(4):
        kinds = list(OF_AN_IMPORT if number == 0 else LEADS_TO)
        steps = []
        for _ in range(chance.randint(2, 3) if number == 0 else chance.randint(3, 6)):
            what = chance.choice(kinds)
            point = Point(what, chance.choice(WHENS), chance.randint(1, USUAL.get(what, 2)), chance.random())
            aimed = [chance.choice(LEADS_TO[what]) for _ in range(point.number + 1)] if LEADS_TO[what] else []
            others = chance.choices(acts, k=chance.randint(1, 3)) if number else []
            # A commit is told from within; that needs a process of ours.
            afresh = chance.random() < 0.15 and (what != "commit" or point.when == "during")
            steps.append(Step((*aimed, *others) if number else (), point, afresh))
        last = chance.choices(list(ACTS), k=chance.randint(0, 4))
        stretches.append(Stretch(tuple(steps), tuple(last), chance.choice((0, 0, 0.03, 0.08))))
    return stretches


# When exactly ---------------------------------------------------------------------------------------------------------


def about(where: str, exchange: Exchange) -> str:
    """Say what a request is, in the words of `LEADS_TO`; empty for what nobody asks about."""
    if where == "the books":
        called = exchange.headers.get("soapaction", "").strip('"').rpartition("/")[2]
        known = {
            "OpenSession": "log in",
            "CloseSession": "",
            "AddRelatie": "create in the books",
            "UpdateRelatie": "update in the books",
            "AddMutatie": "invoice in the books",
        }
        return known.get(called, "read")
    if exchange.path.startswith("/oauth2/"):
        return "log in"
    if exchange.method == "GET":
        return "read"
    if "/Payment" in exchange.path:
        return "payment in the CRM"
    if exchange.method == "PUT" and b'"Phase"' in exchange.body:
        return "paid status in the CRM"
    if exchange.method == "PUT" and b'"ImportId"' in exchange.body:
        return "id left in the CRM"
    return "create in the CRM" if exchange.method == "POST" else "update in the CRM"


@dataclass
class Script:
    """What happens on the way to both systems during one run: a kill at its moment, and a bad network."""

    point: Point | None
    bad: float
    chance: random.Random
    _count: int = 0

    def of(self, where: str) -> Callable[[Exchange], Fault | None]:
        return lambda exchange: self._befalls(about(where, exchange))

    def _befalls(self, what: str) -> Fault | None:
        wrong: Fault | None = self.chance.choice(BAD_NETWORK) if self.chance.random() < self.bad else None
        if self.point is None or what != self.point.what:
            return wrong
        self._count += 1
        return _deadly(self.point.when) if self._count == self.point.number else wrong


def _deadly(when: When) -> Fault:
    return {"before": DEADLY[0], "during": DEADLY[1], "after": DEADLY[2]}[when]


def at_any_moment(seconds: float) -> Callable[[Running], None]:
    def watch(running: Running) -> None:
        if not running.over.wait(seconds):
            running.kill()

    return watch


def during_a_commit(here: Town, number: int) -> Callable[[Running], None]:
    """Kill as soon as the so-manieth change of the log appears in which the database writes what is committed."""
    state = here.state

    def watch(running: Running) -> None:
        with stores.log(state) as size:
            changes, before = 0, size()
            while changes < number:
                if running.over.wait(0.0004):
                    return
                now = size()
                changes, before = changes + (now != before), now
        running.kill()

    return watch


# One trial ------------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What has been killed so far, and what came of it."""

    kills: Counter[tuple[str, When]] = field(default_factory=Counter)
    in_recovery: Counter[str] = field(default_factory=Counter)
    """Of these, the run before had been killed, too."""
    wrong: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    """Runs that came to their end before the moment came."""
    afresh: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    runs: Counter[int] = field(default_factory=Counter)
    """How many runs there were, after the last kill of a stretch, until one had nothing to write."""
    stretches: int = 0

    @property
    def total(self) -> int:
        return self.kills.total()


class Trial:
    """One pair of systems, from its first import on, with a schedule of its own."""

    def __init__(self, here: Town, seed: str, tally: Tally, say: Callable[[str], None] = lambda _: None) -> None:
        self.here, self.seed, self.tally, self.say = here, seed, tally, say
        self.people = People(here)
        self.people.begin()
        self.seconds = 1.0
        """What a run takes that nobody disturbs."""
        self.told: list[str] = []
        self.command = here.connecting
        self._killed = False

    def play(self, stretches: Sequence[Stretch]) -> list[str]:
        """Play one stretch after the other, the first import first; give what is wrong, and stop there."""
        for number, stretch in enumerate(stretches):
            kills = list(self._killed_at(stretch, f"{self.seed}:{number}"))
            for place, act in enumerate(stretch.last if number else ()):
                self.people.do(act, f"{self.seed}:{number}:last:{place}")
            found = list(self._put_right())
            self.tally.stretches += 1
            said = ", ".join(map(str, kills))
            if found:
                self.tally.wrong.update({each.what for each in kills})
                return [f"trial {self.seed}, stretch {number}: {said}", *self.people.did, *found]
            self.say(f"{self.tally.total:4}  trial {self.seed}, stretch {number}: {said}: right")
            self.people.in_step()
            self.command = ("run", self.command[1], "--json")
        return []

    def _killed_at(self, stretch: Stretch, seed: str) -> Iterator[Point]:
        """Let people work and kill a run, again and again; give where a run was killed."""
        self._killed = False
        for number, step in enumerate(stretch.steps):
            for place, act in enumerate(step.acts):
                self.people.do(act, f"{seed}:{number}:{place}")
            script = Script(step.point, stretch.bad, random.Random(f"{seed}:{number}"))
            told = self._disturbed(step, script)
            if not told.killed:
                self.tally.missed += 1
                self.told.append(told.out + told.err)
                self._killed = False
                assert told.code in (0, 1, 3), f"a run ended with {told.code}: {told.out} {told.err}"
                continue
            self.tally.kills[step.point.what, step.point.when] += 1
            self.tally.in_recovery[step.point.what] += self._killed
            self.tally.afresh += step.afresh
            self._killed = True
            yield step.point

    def _disturbed(self, step: Step, script: Script) -> Told:
        here, point = self.here, step.point

        def watch(running: Running) -> None:
            for where, proxy in here.proxies.items():
                proxy.kill, proxy.script = running.kill, script.of(where)
            if point.what == "any moment":
                at_any_moment(point.part * self.seconds)(running)
            elif point.what == "commit" and point.when == "during":
                during_a_commit(here, point.number)(running)

        commit = (point.when, point.number) if point.what == "commit" and point.when != "during" else ("", 0)
        told = here.terminal.type(*self.command, watch=watch, commit=commit, afresh=step.afresh)
        here.calm()
        for proxy in here.proxies.values():
            self.tally.faults.update(fault for fault, _ in proxy.befell if fault not in DEADLY)
            proxy.befell.clear()
        return told

    def _put_right(self) -> Iterator[str]:
        """Run until there is nothing to write; tell what is wrong then."""
        for number in range(MOST_RUNS):
            before = self.here.writes
            told = self.here.terminal.type(*self.command)
            self.told.append(told.out + told.err)
            if told.code not in (0, 1):
                yield f"run {number + 1} after the last kill ended with {told.code}: {told.out} {told.err}"
                return
            self.seconds = told.seconds
            self.command = ("run", self.command[1], "--json")
            if self.here.writes == before and number:
                self.tally.runs[number] += 1
                break
        else:
            yield f"not quiet after {MOST_RUNS} runs"
        yield from self.people.wrong("\n".join(self.told))
        yield from self._said()
        self.told.clear()

    def _said(self) -> Iterator[str]:
        """Tell what `status` and `waiting` say and should not."""
        status, waiting = self.here.status(), self.here.waiting()
        names = {each["name"] for each in waiting["items"]}
        if names != self.people.waiting or len(names) != len(waiting["items"]):
            yield f"waiting: {[(each['name'], each['reason']) for each in waiting['items']]} instead of {self.people.waiting}"
        if waiting["brakes"]:
            yield f"held back: {waiting['brakes']}"
        if status["last_run"]["outcome"] != "done":
            yield f"the last run: {status['last_run']['outcome']}"
        for each in status["entities"]:
            wanted = self.people.linked.get(each["entity"])
            if wanted is not None and each["in_sync"] != wanted:
                yield f"{each['in_sync']} of {each['entity']} are linked instead of {wanted}"
            if each["pending"]:
                yield f"{each['pending']} of {each['entity']} are pending"


# The campaign ---------------------------------------------------------------------------------------------------------


def table(tally: Tally) -> Iterator[str]:
    """Print what was killed where, and what came of it."""
    yield f"{'killed at':24}{'before':>8}{'during':>8}{'after':>8}{'kills':>8}{'in recovery':>13}{'wrong':>7}"
    for what in LEADS_TO:
        counts = [tally.kills[what, when] for when in WHENS]
        shown = ["", "", ""] if what == "any moment" else counts
        yield "".join(
            [f"{what:24}", *(f"{each:>8}" for each in shown), f"{sum(counts):>8}", f"{tally.in_recovery[what]:>13}", f"{tally.wrong[what]:>7}"]
        )  # fmt: skip
    yield f"{'all':48}{tally.total:>8}{tally.in_recovery.total():>13}"
    yield (
        f"{tally.stretches} times put right after the last kill; "
        f"runs until one had nothing to write: {', '.join(f'{runs}: {times} times' for runs, times in sorted(tally.runs.items()))}"
    )
    yield f"{tally.missed} runs ended before their moment came; {tally.afresh} of the killed were started afresh"
    yield f"on the way went wrong: {', '.join(f'{fault}: {times}' for fault, times in sorted(tally.faults.items())) or 'nothing'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50, help="how many processes are killed")
    parser.add_argument("--minutes", type=float, default=None, help="begin no other trial after so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trial", type=int, default=None, help="play this one trial only")
    given = parser.parse_args()
    tally, wrong, began, number = Tally(), 0, time.monotonic(), given.trial or 0
    last = began + given.minutes * 60 if given.minutes is not None else float("inf")
    while tally.total < given.times and time.monotonic() < last:
        with town() as here:
            seed = f"{given.seed}/{number}"
            found = Trial(here, seed, tally, lambda text: print(text, flush=True)).play(schedule(seed))
        if found:
            wrong += 1
            print("\n  ".join([f"WRONG {found[0]}", *found[1:]]), flush=True)
        number += 1
        if given.trial is not None:
            break
    print("\n".join(["", *table(tally)]))
    print(
        f"seed {given.seed}: {tally.total} processes killed in {time.monotonic() - began:.0f} s; {wrong} times something was wrong"
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
