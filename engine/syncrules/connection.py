"""A connection: one mapping, the credentials of two systems, and the answers of the people who use it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syncrules import hinted, many, provider, secrets
from syncrules.entered import Entered
from syncrules.errors import SyncRulesError, UsageError
from syncrules.http import Clock, Http
from syncrules.journey import reconcile
from syncrules.journey.event import Event
from syncrules.journey.permit import Permit
from syncrules.journey.rules import Rules, compile_rules
from syncrules.journey.run import Journey, Result
from syncrules.language import scoped, spec
from syncrules.language.model import Spec
from syncrules.limits import Limits, scope
from syncrules.manifest import Manifest
from syncrules.memory.kept import Books, ConnectionRow, within
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.provider import Account, Provider
from syncrules.secrets import Keys


class RealClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Line:
    """How one system is spoken to, and what is spent there."""

    limits: Limits
    http: Http


@dataclass(slots=True)
class Connection:
    """An open connection: its rules are compiled, its systems can be called."""

    row: ConnectionRow
    spec: Spec
    rules: Rules
    memory: Memory
    providers: Mapping[str, Provider]
    clock: Clock
    workers: Callable[[int], Executor] = ThreadPoolExecutor
    """Makes the pool in which so many calls run side by side."""
    books: Books | None = None
    """The pair of books that this is, inside a connection of many; None: the whole, or what happens once for all of them."""
    pairs: list[Connection] = field(default_factory=list)
    """The pairs of books that the last run or plan looked at, each as a connection of its own."""
    lines: Mapping[str, Line] = field(default_factory=dict)
    """Side → how it is spoken to."""

    @property
    def parts(self) -> list[Connection]:
        """This, and each of its pairs of books."""
        return [self, *self.pairs]

    @property
    def zone(self) -> tzinfo:
        return zone_of(self.row)

    def entered(self) -> dict[str, Any]:
        """Give the systems of one run: each makes sure, with its first call, that these are still the same books."""

        def same(side: str, account: Account) -> None:
            same_books(self.row, self.spec.manifests[side].title, side, account)

        return {side: Entered(each, partial(same, side)) for side, each in self.providers.items()}

    def journey(
        self,
        pool: Executor,
        systems: Mapping[str, Provider],
        *,
        told: Callable[[Event], None] = lambda _: None,
        due_only: bool = False,
        whole: bool = False,
        permit: Permit | None = None,
        only: Collection[str] = (),
        turn: float = 0.0,
        asking: Collection[str] = (),
    ) -> Journey:
        return Journey(
            self.rules, self.memory, systems, self.row.accounts, self.row.settings, self.clock, pool,
            told=told, due_only=due_only, zone=self.zone, brief=self.row.digest, whole=whole, permit=permit,
            only=only, turn=turn, asking=asking,
        )  # fmt: skip

    @property
    def in_flight(self) -> int:
        return max(each.in_flight for each in self.spec.manifests.values())


DAYS_OF_HISTORY = "days of history"
"""The answer that says for how long what happened to records is kept."""
NO_ZONE = (
    "It is not said in which time zone these books are kept, so days are those of UTC: what is dated around midnight may be "
    "booked a day early. Add a line such as `time zone: Europe/Amsterdam` to the answers, or connect again and answer it."
)


def zone_named(row: ConnectionRow) -> str:
    """Give the name of the time zone that was answered; empty if none was."""
    return str(row.answers.get("", {}).get("time zone") or "")


def zone_here() -> str:
    """Name the time zone that this machine is set to; empty where it names none, or that of no place."""
    link = Path("/etc/localtime")
    named = os.environ.get("TZ") or (str(link.resolve()).partition("zoneinfo/")[2] if link.is_symlink() else "")
    try:
        return named if "/" in named and not named.startswith("Etc/") and ZoneInfo(named) else ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""


def zone_of(row: ConnectionRow) -> tzinfo:
    """Give the time zone of a connection; without an answer, UTC."""
    name = row.answers.get("", {}).get("time zone")
    return ZoneInfo(str(name)) if name else UTC


def answers_for(
    manifest: Manifest, given: Mapping[str, Any], keys: Keys, name: str, side: str, *, besides: Collection[str] = ()
) -> dict[str, str]:
    """Open what is stored of the answers of one side: references are followed, seals opened, defaults filled in.

    What the system renewed by itself comes along, if anything was kept.

    Args:
        besides: questions whose answers are left out, because they are still to be chosen.

    Raises:
        UsageError: an answer is missing.
        StateError: a seal cannot be opened.
    """
    result: dict[str, str] = {}
    for ask in manifest.asks:
        if ask.name in besides:
            continue
        value = given.get(ask.name, ask.default)
        if value is None:
            raise UsageError(
                f"{manifest.title}: '{ask.name}' has not been answered",
                cure=f"{ask.title} Run 'syncrules connect {name}' again.",
            )
        text = str(value)
        if text.startswith(secrets.MARK):
            text = keys.open(text, name, f"{side}.{ask.name}")
        elif secrets.is_reference(text) and ask.secret:
            text = secrets.fetch(text)
        result[ask.name] = text
    for each in manifest.keeps:
        if each in given:
            result[each] = keys.open(str(given[each]), name, f"{side}.{each}")
    return result


@contextmanager
def providers_for(
    mapping: Spec,
    answers: Mapping[str, Mapping[str, str]],
    clock: Clock,
    store: Store,
    whose: Mapping[str, str],
    keep: Callable[[str, str, str], None],
    lines: dict[str, Line] | None = None,
    lane: str = "",
) -> Iterator[dict[str, Provider]]:
    """Make the providers of the sides whose answers are given, and log them out at the end.

    Args:
        whose: side → whose call limits are spent: the account, as far as it is known.
        keep: takes what a system has renewed: side, name, value.
        lines: side → how it is spoken to is put here.
        lane: in which the calls are spent, as `limits` has it.
    """
    made: dict[str, Provider] = {}
    clients: list[Http] = []
    try:
        for side in answers:
            manifest = mapping.manifests[side]
            limits = Limits(manifest, scope(manifest, whose[side]), clock, store, lane)
            http = Http(manifest.title, clock, limits.call)
            clients.append(http)
            if lines is not None:
                lines[side] = Line(limits, http)
            keeping = {"keep": partial(keep, side)} if manifest.keeps else {}
            made[side] = provider.find(manifest.provider).make(manifest, answers[side], http, **keeping)
        yield made
    finally:
        for each in made.values():
            each.close()
        for client in clients:
            client.close()


def row_of(store: Store, name: str) -> ConnectionRow:
    """Find a connection by name.

    Raises:
        UsageError: there is none of this name.
    """
    row = store.connection(name)
    if row is None:
        known = ", ".join(each.name for each in store.connections()) or "none"
        raise UsageError(
            f"there is no connection '{name}'",
            cure=f"Connections are: {known}. Make one with 'syncrules connect {name} --mapping MAPPING'.",
        )
    return row


def spender(row: ConnectionRow, side: str) -> str:
    """Say whose call limits a connection spends on a side: the account, as far as it is known."""
    return row.accounts.get(side) or row.name


@contextmanager
def opened(
    store: Store, name: str, keys: Keys, clock: Clock, lane: str = "", load: Callable[[str], Spec] = spec.load
) -> Iterator[Connection]:
    """Open a connection by name.

    Args:
        lane: in which its calls are spent; empty: all that are left may be.
        load: reads a mapping.

    Raises:
        UsageError: there is none of this name.
        SpecError: its mapping is no longer one.
    """
    row = row_of(store, name)
    mapping = load(row.mapping)
    answers = {
        side: answers_for(mapping.manifests[side], row.answers.get(side, {}), keys, name, side)
        for side in mapping.sides
    }
    whose = {side: spender(row, side) for side in mapping.sides}

    def keep(side: str, field: str, value: str) -> None:
        store.keep_answer(name, side, field, keys.seal(value, name, f"{side}.{field}"))

    lines: dict[str, Line] = {}
    with providers_for(mapping, answers, clock, store, whose, keep, lines, lane) as providers:
        rules = compile_rules(scoped.outside(mapping), row.settings, zone_of(row))
        yield Connection(row, mapping, rules, Memory(store, name, mapping.sides), providers, clock, lines=lines)


def remembered(store: Store, row: ConnectionRow, mapping: Spec) -> list[tuple[str, Spec, Memory]]:
    """Give what is remembered of a connection: of what happens once, then of each pair of its books, with its title."""
    found = [("", scoped.outside(mapping), Memory(store, row.name, mapping.sides))]
    for each in store.books(row.name):
        if each.records and each.state != "gone":
            own = scoped.inside(mapping, each.records[mapping.scope["named_by"]])
            found.append((each.title, own, Memory(store, within(row.name, each.key), mapping.sides)))
    return found


def log_in(connection: Connection) -> dict[str, Account]:
    """Log in on both sides, and make sure that these are still the same books.

    Raises:
        LoginRefused: a system does not know us.
        UsageError: the credentials open other books than those the links belong to.
    """
    return {side: each.account() for side, each in connection.entered().items()}


def same_books(row: ConnectionRow, title: str, side: str, account: Account) -> None:
    """Make sure that an account is the one that the links of a connection belong to.

    Raises:
        UsageError: it is another.
    """
    before = row.accounts.get(side)
    if before and before != account.id:
        raise UsageError(
            f"{title}: these credentials open other books ('{account.title}') than those this connection was made for",
            cure="Give the credentials of the same books, or make a connection of another name.",
        )


class Paused(SyncRulesError):
    """Somebody lets a connection rest while a run of it is under way."""

    exit_code = 1

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{name}' was paused meanwhile, so its run ended at the next record",
            cure=f"What was in hand is remembered, and nothing is lost. Let it go on: syncrules resume {name}.",
        )


LOOKED = 1.0
"""Seconds after which a run that is under way looks again whether somebody paused its connection."""


def until_paused(store: Store, name: str, told: Callable[[Event], None]) -> Callable[[Event], None]:
    """Hand on how far a run is, and end it at the next record once somebody lets its connection rest.

    Raises:
        Paused: somebody does; by what is given.
    """
    looked = -LOOKED

    def on(event: Event) -> None:
        nonlocal looked
        told(event)
        if time.monotonic() - looked >= LOOKED:
            if store.is_paused(name):
                raise Paused(name)
            looked = time.monotonic()

    return on


def run(
    connection: Connection,
    *,
    told: Callable[[Event], None] = lambda _: None,
    due_only: bool = False,
    whole: bool = False,
    permits: Mapping[str, Permit] | None = None,
    only: Collection[str] = (),
    turn: float = 0.0,
) -> Result:
    """Carry out one run, start to end; where there are many pairs of books, one after the other.

    What is only done as far as it is due enters a system no sooner than it has something to ask or to tell there.

    Args:
        permits: what alone may be written, by the key of the pair of books (empty: what happens once for all of them).
        only: of what is due, what is due of these entities; empty: of all.
        turn: where this connection stands among others that begin at the same time, from 0 to 1.

    Raises:
        ProviderError: a system cannot be used; what was done until then is remembered. What is wrong with one of many pairs of
            books is noted there, and the others go on.
    """
    systems, started = connection.entered(), connection.clock.now()
    for each in () if due_only else systems.values():
        each.account()
    how: dict[str, Any] = {
        "told": told,
        "due_only": due_only,
        "whole": whole,
        "permits": permits,
        "only": only,
        "turn": turn,
    }
    result = _run_one(connection, systems, **how)
    for pair in many.pairs(connection, systems):
        work = partial(run, **how)
        many.add(result, many.settled(connection, pair, work), pair)
    hinted.looked_at(connection, started)
    return result


def _run_one(
    connection: Connection,
    systems: Mapping[str, Provider],
    *,
    told: Callable[[Event], None],
    due_only: bool,
    whole: bool,
    permits: Mapping[str, Permit] | None,
    only: Collection[str],
    turn: float,
) -> Result:
    memory, clock = connection.memory, connection.clock
    key = connection.books.key if connection.books is not None else ""
    permit = None if permits is None else permits.get(key, Permit((), 0))
    with memory.store.transaction():
        number = memory.begin_run(clock.now())
    outcome = "cut off"

    def tells(event: Event) -> None:
        if event.step == "write":
            for line in connection.lines.values():
                line.limits.writes()
        told(event)

    with connection.workers(connection.in_flight) as pool:
        journey = connection.journey(
            pool, systems, told=tells, due_only=due_only, whole=whole, permit=permit, only=only, turn=turn,
            asking=hinted.asking(connection),
        )  # fmt: skip
        try:
            journey.recover(number)
            journey.make_plan(number)
            journey.carry_out()
            journey.recover(number)
            journey.finish()
            reconcile.look(
                connection.rules, memory, systems, journey.result.writes, clock.now(), connection.row.settings
            )
            outcome = "stopped by a brake" if journey.result.stopped else "done"
        except Paused:
            outcome = "paused"
            raise
        except Exception:
            outcome = "failed"
            raise
        finally:
            memory.days = int(connection.row.answers.get("", {}).get(DAYS_OF_HISTORY, memory.days))
            with memory.store.transaction():
                memory.end_run(
                    number, clock.now(), outcome, {**journey.result.counts, "read": sum(journey.result.read.values())}
                )
    left = permit is not None and permit.left
    if connection.row.digest != connection.rules.digest and not journey.result.stopped and not left:
        connection.row.digest = connection.rules.digest
        _keep_digest(connection)
    return journey.result


def _keep_digest(connection: Connection) -> None:
    """Note under which rules a run came to its end; only this: somebody may have paused the connection meanwhile."""
    if connection.books is not None:
        connection.books.digest = connection.row.digest  # stored with how the run went
        return
    with connection.memory.store.transaction():
        connection.memory.store.change(connection.row.name, digest=connection.row.digest)


def make_plan(connection: Connection, *, told: Callable[[Event], None] = lambda _: None) -> Result:
    """Do all of a run but the writing; the plan stands in the memory afterwards.

    Raises:
        ProviderError: a system cannot be used.
    """
    memory, clock, systems = connection.memory, connection.clock, connection.entered()
    for each in systems.values():
        each.account()
    with memory.store.transaction():
        number = memory.begin_run(clock.now())
    with connection.workers(1) as pool:
        journey = connection.journey(pool, systems, told=told)
        # What a run would find out first is found out here too; else the plan would not show what comes of it.
        journey.recover(number, only_look=True)
        journey.make_plan(number)
    with memory.store.transaction():
        memory.end_run(number, clock.now(), "planned", {})
    for pair in many.pairs(connection, systems):
        many.add(journey.result, many.settled(connection, pair, partial(make_plan, told=told)), pair)
    return journey.result
