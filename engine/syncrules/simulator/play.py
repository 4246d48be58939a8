"""Play a schedule: the real engine, one thread, time that we turn, a state store that dies when we say so.

What the engine did is seen in the twins; what it says of it is read from its state store, as its users would.
"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import Any

from syncrules import connection
from syncrules.connection import Connection
from syncrules.errors import StateError, SyncRulesError
from syncrules.http import Http, StillClock
from syncrules.journey.action import Action
from syncrules.journey.allowed import allow, is_shown
from syncrules.journey.permit import Permit
from syncrules.journey.rules import Rules, compile_rules
from syncrules.language import scoped
from syncrules.language.model import Spec
from syncrules.limits import Limits
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.memory.upgrade import migrate
from syncrules.simulator import deciding, lists
from syncrules.simulator.door import Crash, TwinProvider, TwinWire
from syncrules.simulator.people import Doing, People
from syncrules.simulator.schedule import DAY, HOUR, Event, Schedule, Tally
from syncrules.simulator.twin import Habits, Twin, Write
from syncrules.simulator.workers import Workers

NAME = "simulated"
BEGINNING = 1_780_000_000.0
"""The moment at which every schedule begins: a day in the summer of 2026."""
A_SECOND = 1.0
"""Seconds after which another process may be started: calls within a second are counted by each process for itself."""
A_WHILE = 10.0
"""Seconds after which a system shows everything that was written."""
PATIENCE = (2 * HOUR, 8 * DAY, DAY, DAY, 2 * DAY, DAY, DAY)
"""Seconds that pass before each of the last runs, when nobody does anything any more."""


class Script:
    """Fate as the schedule has it; a process that has died stays dead."""

    def __init__(self, people: Callable[[], People], tally: Tally) -> None:
        self._people = people
        self._tally = tally
        self._event = Event()
        self._counts: dict[str, int] = {}
        self.dead = False
        self.struck: list[str] = []
        """What befell this run."""

    def begin(self, event: Event) -> None:
        self._event, self._counts, self.dead, self.struck = event, {}, False, []

    def befalls(self, point: str, where: str = "") -> str | None:
        """Name what happens at this point."""
        if self.dead:
            raise Crash
        if point != "commit":
            self._meddle()
        nth = self._counted(point)
        here = self._counted(where) if where else nth
        for each in self._event.mishaps:
            if (each.point, each.nth) in ((point, nth), (where, here)):
                self._tally.add(where or point, each.kind)
                self.struck.append(each.kind)
                self.dead = each.kind.startswith("crash")
                return each.kind
        return None

    def _meddle(self) -> None:
        nth = self._counted("")
        for each in self._event.meddling:
            if each.nth == nth:
                self._people().do(each.doing)

    def _counted(self, point: str) -> int:
        self._counts[point] = self._counts.get(point, -1) + 1
        return self._counts[point]


class SimulatedStore(Store):
    """The state store in memory; it may be killed, or find the disk full, at every commit and within a transaction."""

    fate: Script | None = None

    _left = -1
    """Statements until the process is killed; -1: it is not."""

    def empty(self) -> None:
        """Forget everything, as if it had just been made."""
        self.replace(_empty())

    def count(self) -> None:
        """Count a statement; at the last one the process is killed."""
        self._left = max(-1, self._left - 1)
        if self._left == 0:
            raise StateError("the process is killed")  # SQLAlchemy gives a connection up that sees a `Crash`

    @contextmanager
    def transaction(self) -> Iterator[None]:
        mishap = self.fate.befalls("commit", f"commit in {_caller()}") if self.fate is not None else None
        with super().transaction():
            self._left = 3 if mishap == "crash within" else -1
            try:
                yield
            finally:
                self._left = -1
            if mishap in ("crash before", "crash within"):
                raise Crash
            if mishap == "disk full":
                raise StateError("the disk is full", cure="Make room.")
        if mishap == "crash after":
            raise Crash


def _caller() -> str:
    """Name the step that commits: for the table of where mishaps befell."""
    frame = sys._getframe(3)
    return frame.f_code.co_qualname if hasattr(frame.f_code, "co_qualname") else frame.f_code.co_name


@cache
def _empty() -> bytes:
    with Store.in_memory() as store:
        migrate(store)
        return store.content()


@cache
def _store() -> SimulatedStore:
    """The one store of this process; each schedule empties it."""
    store = SimulatedStore.in_memory()
    store.before_each(store.count)
    return store


@dataclass(slots=True)
class Ran:
    """One run, as it was seen from outside."""

    number: int
    began: float
    ended: float = 0.0
    crashed: bool = False
    error: str = ""
    writes: list[tuple[str, Write]] = field(default_factory=list)
    """Side and write, in order, of what the engine wrote."""
    effects: list[tuple[str, str, str, str, Mapping[str, Any]]] = field(default_factory=list)
    """Side, operation, resource, id and what was sent, of every call that changed something."""
    asked: list[tuple[str, str, str, str, Mapping[str, Any]]] = field(default_factory=list)
    """The same of every call that was to change something, also of those that were lost or refused."""
    planned: list[Mapping[str, Any]] | None = None
    """The plan that was shown before, where one was."""
    applied: Permit | None = None
    """What alone it might write, where a plan was applied; its actions stand in `shown`."""
    shown: list[Mapping[str, Any]] = field(default_factory=list)
    left: set[tuple[str, str, str]] = field(default_factory=set)
    """Entity, side and id of what waited, had failed or was left out, with its reason, after a run that had been shown."""
    notices: list[tuple[str, str, str]] = field(default_factory=list)
    """Entity, record and sentence."""
    mishaps: list[str] = field(default_factory=list)
    called_gone: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Entity and side → how many records that are there it called deleted."""
    replaced: set[tuple[str, str]] = field(default_factory=set)
    """Side and resource of each whole list that was sent."""
    emptied: set[tuple[str, str]] = field(default_factory=set)
    """Side and resource of the lists that showed nothing, because of a mishap."""
    broken: str = ""
    """An error that no engine may show: a traceback."""


class Stage:
    """What all schedules of a mapping share: its rules, and answers to its settings.

    Args:
        given: answers of a person; what is not given is made up.
    """

    def __init__(self, spec: Spec, given: Mapping[str, Any] | None = None) -> None:
        spec = scoped.alone(spec)  # of many pairs of books, one is played
        self.spec = spec
        twins = {side: Twin(spec.manifests[side], lambda: BEGINNING, Habits()) for side in spec.sides}
        lists.fill(spec, twins)
        self.settings = lists.answers(spec, twins, given)
        self._parts: dict[tuple[str, ...], Rules] = {}

    def rules(self, names: tuple[str, ...]) -> Rules:
        """Give the rules of these kinds of records; none named: of all."""
        if names not in self._parts:
            entities = {name: each for name, each in self.spec.entities.items() if not names or name in names}
            self._parts[names] = compile_rules(replace(self.spec, entities=entities), self.settings)
        return self._parts[names]


class World:
    """Two twins, the people in them, and an engine that keeps them in step.

    Args:
        tally: where it is counted what befell which point.
    """

    def __init__(self, stage: Stage, schedule: Schedule, tally: Tally | None = None) -> None:
        spec = stage.spec
        self.spec = spec
        self.calm = schedule.calm
        self.settings = stage.settings
        self.rules = stage.rules(schedule.entities)
        self.time = StillClock(BEGINNING)
        self.twins = {
            side: Twin(
                spec.manifests[side], self.time.now,
                Habits(schedule.pages[at], schedule.lags[at], schedule.skews[at]),
            )
            for at, side in enumerate(spec.sides)
        }  # fmt: skip
        lists.fill(spec, self.twins)
        self.people = People(spec, self.twins, self.settings)
        self.fate = Script(lambda: self.people, tally if tally is not None else Tally())
        self.wires = {
            side: TwinWire(twin, self.fate, self.time.now, self.time.sleep) for side, twin in self.twins.items()
        }
        self.chance = Random(schedule.seed)
        self.runs: list[Ran] = []
        self.store = _store()
        self.store.fate = None
        self.store.empty()
        accounts = {side: f"{twin.manifest.provider}-books" for side, twin in self.twins.items()}
        with self.store.transaction():
            self.store.save(ConnectionRow(NAME, spec.name, self.settings, accounts, {}, created_at=BEGINNING))

    @property
    def memory(self) -> Memory:
        return Memory(self.store, NAME, self.spec.sides)

    def happen(self, event: Event) -> None:
        """Let one event happen."""
        if event.doing is not None and event.doing.what in deciding.DECISIONS:
            deed = deciding.decide(self.store, self.memory, self.rules, event.doing, self.time.now())
            self.people.diary += [deed] if deed is not None else []
        elif event.doing is not None:
            self.people.do(event.doing)
        elif event.wait:
            self.time.sleep(event.wait)
        else:
            self.run(event)

    def run(self, event: Event) -> Ran:
        """Start the engine, as a new process would be started, and watch how it ends."""
        planned = self._shown() if event.shown and event.between is None else None
        shown, permit = self._saved(event.between) if event.between is not None else ([], None)
        ran = Ran(len(self.runs), self.time.now(), planned=planned, applied=permit, shown=shown)
        self.runs.append(ran)
        seen = {side: len(twin.log) for side, twin in self.twins.items()}
        heard = {side: len(wire.effects) for side, wire in self.wires.items()}
        called = {side: len(wire.asked) for side, wire in self.wires.items()}
        missed = {side: len(wire.emptied) for side, wire in self.wires.items()}
        sent = {side: len(wire.replaced) for side, wire in self.wires.items()}
        gone = self._called_gone()
        self.fate.begin(event)
        self.store.fate = self.fate
        try:
            permits = {"": permit} if permit is not None else None
            connection.run(self._connection(), due_only=event.due_only and permits is None, permits=permits)
        except Crash:
            ran.crashed = True
        except SyncRulesError as error:
            ran.error = f"{type(error).__name__}: {error}"
        except Exception as error:  # whatever it is, it is told as a violation
            import traceback

            ran.broken = f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
        finally:
            self.store.fate = None
            with contextlib.suppress(Exception):
                self.store.give_up()
        ran.ended = self.time.now()
        ran.mishaps = list(self.fate.struck)
        self.fate.begin(Event())
        ran.writes = [
            (side, write)
            for side, twin in self.twins.items()
            for write in twin.log[seen[side] :]
            if write.who == "engine"
        ]
        ran.effects = [(side, *each) for side, wire in self.wires.items() for each in wire.effects[heard[side] :]]
        ran.asked = [(side, *each) for side, wire in self.wires.items() for each in wire.asked[called[side] :]]
        if planned is not None or permit is not None:
            waiting = self.memory.records(states=("waiting", "failed", "excluded"))
            ran.left = {(entity, known.side, known.id) for entity, known in waiting}
        ran.replaced = {(side, each) for side, wire in self.wires.items() for each in wire.replaced[sent[side] :]}
        ran.emptied = {(side, each) for side, wire in self.wires.items() for each in wire.emptied[missed[side] :]}
        ran.called_gone = Counter(each[:2] for each in self._called_gone() - gone)
        last = self.memory.last_run()
        ran.notices = self.memory.notices(last["run"]) if last is not None else []
        self.time.sleep(A_SECOND)
        return ran

    def _called_gone(self) -> set[tuple[str, str, str]]:
        """List who is said to have been deleted and is there: entity, side, id."""
        excluded = self.memory.records(states=("excluded",))
        return {
            (name, known.side, known.id)
            for name, known in excluded
            if known.reason.startswith(f"deleted in {self.twins[known.side].manifest.title};")
            and self.twins[known.side].row(self.spec.entities[name].sources[known.side].resource, known.id) is not None
        }

    def _shown(self) -> list[Mapping[str, Any]]:
        """Show a plan, long enough after everything that happened for a search to know of it."""
        self.time.sleep(A_WHILE)
        self.fate.begin(Event())
        opened = self._connection()
        connection.make_plan(opened)
        self.time.sleep(A_SECOND)
        return [action for name in self.rules.entities for _, action in opened.memory.actions(name)]

    def _saved(self, between: Iterable[Doing]) -> tuple[list[Mapping[str, Any]], Permit]:
        """Save a plan, and let people go on before it is applied."""
        shown = self._shown()
        last = self.memory.last_run()
        permit = Permit(
            [allow(self.rules, self.memory, action) for each in shown if is_shown(action := Action.from_json(each))],
            last["run"] if last is not None else 0,
        )
        for each in between:
            self.people.do(each)
        return shown, permit

    def _connection(self) -> Connection:
        row = self.store.connection(NAME)
        assert row is not None
        providers: dict[str, Any] = {}  # a twin is no installed provider: it has no manifest file of its own
        for side, twin in self.twins.items():
            limits = Limits(twin.manifest, twin.manifest.provider, self.time, self.store)
            http = Http(twin.manifest.title, self.time, limits.call, wire=self.wires[side], chance=self.chance.random)
            providers[side] = TwinProvider(twin.manifest, http)
        return Connection(
            row, self.rules.spec, self.rules, self.memory, providers, self.time, lambda _: Workers(self.chance)
        )

    def settle(self) -> int:
        """Let runs follow until nothing is written any more; give how many it took, or -1 if there is no end to it.

        Meanwhile people do what they are asked to do.
        """
        quiet = 0
        for number, pause in enumerate(PATIENCE):
            self.time.sleep(pause)
            deciding.follow_up(self.spec.entities, self.twins)
            ran = self.run(Event())
            quiet = quiet + 1 if not ran.writes and not ran.error else 0
            if quiet >= 2 and number >= 2:
                return number
        return -1
