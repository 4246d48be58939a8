"""One run, start to end: read this file first.

    recover → look for marks → read → settle → match → plan → brake → write → remember

Only this file knows the order. `syncrules plan` is the same journey, ended before *write*.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

from syncrules.http import Clock
from syncrules.journey import declared, marks, read, recover, schedule
from syncrules.journey.around import Around
from syncrules.journey.braking import Braking
from syncrules.journey.calls import Done
from syncrules.journey.decide import Decider
from syncrules.journey.event import Event
from syncrules.journey.follow_ups import FollowUps
from syncrules.journey.intake import Intake
from syncrules.journey.permit import Permit
from syncrules.journey.rules import Rules
from syncrules.journey.states import States
from syncrules.journey.write import Writer
from syncrules.language.model import Happening
from syncrules.memory.memory import Memory
from syncrules.provider import Provider


@dataclass(slots=True)
class Result:
    """What a run did."""

    counts: dict[str, int] = field(default_factory=dict)
    """created, updated, deactivated, reactivated, deleted, linked, failed, unknown, waiting."""
    read: dict[str, int] = field(default_factory=dict)
    """`side: resource` → records read."""
    stopped: list[str] = field(default_factory=list)
    """What a brake held back."""
    first: list[str] = field(default_factory=list)
    """Entities whose first import this was."""

    @property
    def writes(self) -> int:
        """How many records were written in the two systems."""
        return sum(self.counts.get(each, 0) for each in ("created", "updated", "deactivated", "reactivated", "deleted"))


class Journey:
    """One run of one connection.

    Args:
        rules: the compiled mapping.
        memory: what we knew last time.
        providers: side → the system there.
        accounts: side → whose books they are.
        pool: where calls run side by side.
        told: called with progress.
        due_only: carry only what the mapping's rhythm says is due.
        zone: the time zone of the connection.
        brief: the digest the rules had last time; destructive changes under new rules wait for a person.
        permit: what alone may be written, where a saved plan says so.
        only: of what is due, what is due of these entities; empty: of all.
        turn: where this connection stands among others that begin at the same time, from 0 to 1.
        asking: sides that want to be brought up to date.
    """

    def __init__(
        self,
        rules: Rules,
        memory: Memory,
        providers: Mapping[str, Provider],
        accounts: Mapping[str, str],
        settings: Mapping[str, Any],
        clock: Clock,
        pool: Executor,
        *,
        told: Callable[[Event], None] = lambda _: None,
        due_only: bool = False,
        zone: tzinfo = UTC,
        brief: str = "",
        whole: bool = False,
        permit: Permit | None = None,
        only: Collection[str] = (),
        turn: float = 0.0,
        asking: Collection[str] = (),
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.providers = providers
        self.accounts = accounts
        self.settings = settings
        self.clock = clock
        self.pool = pool
        self.told = told
        self.zone = zone
        self.started = clock.now()
        self.brief = brief
        self.whole = whole
        self.permit = permit
        self.due_only = due_only
        self.around = Around(rules, memory, settings)
        self.seen: set[tuple[str, str]] = set()
        """Entities, each with a side of it that this run read."""
        self.written: set[str] = set()
        """Sides that the plan writes to."""
        self.result = Result()
        self.carried = carried = memory.last_carried()
        self.first = {name for name in rules.entities if (name, "", "import") not in carried}
        self.untouched = {name for name in self.first if (name, "", "before") not in carried}
        self.open: dict[str, set[tuple[str, Happening]]] = schedule.all_due(
            (each.entity for each in rules.entities.values()),
            carried if due_only else {},
            self.started,
            zone,
            turn,
            asking,
        )
        if only:
            self.open = {name: due if name in only else set() for name, due in self.open.items()}
        self.names = [name for name in rules.entities if self.open[name]]
        self.renewed: dict[str, set[str]] = {}
        """Entity → rows that are carried out by other rules than last time."""
        self.again: set[str] = set()
        """Entities that are sent again from the beginning, after the other side has been emptied."""
        self.braking = Braking(rules, memory, self.started, brief, due_only=due_only, stopped=self.result.stopped)

    # The order ----------------------------------------------------------------------------------------------------

    def make_plan(self, run: int) -> None:
        """Read what is due and decide what is to be done; nothing is written but our own memory.

        A side of which nothing is due is read all the same before anything is made, tied or given a number there: somebody
        else may have been first.
        """
        self.run = run
        self.renewed = declared.renewed(self.rules, self.memory, self.settings)
        self._begin_again(marks.look(self.rules, self.memory, self.providers, run, self.names))
        whole = self.whole or bool(self.again) or any(name in self.first for name in self.names)
        torn = self._read_and_decide(whole=whole)
        if torn and not whole:
            # Changes are blind to deletions: what is left of a document does not add up until all of it has been read.
            self._read_and_decide(whole=True)
        self.braking.brake(self.names)
        if self.permit is not None:
            self.permit.hold(self.rules, self.memory, self.around, self.braking.held)
            self.braking.held |= self.permit.left

    def _begin_again(self, names: set[str]) -> None:
        """Let entities be sent from the beginning, whether they are due or not."""
        self.again = names
        for name in names:
            every = schedule.due(self.rules.entities[name].entity, {}, self.started, self.zone)
            self.open[name] = every
        self.names = [name for name in self.rules.entities if self.open[name]]

    def _read_and_decide(self, *, whole: bool) -> bool:
        """Tell whether something that belongs together was read in part only."""
        intake = Intake(
            self.rules, self.memory, self.providers, self.settings, self.clock, self.run, self.braking.stop, self.told
        )
        self.result.read = intake.counts
        choices = intake.choices()
        if self.brief != self.rules.digest:
            self.around.choices = choices
            with self.memory.store.transaction():
                States(self.rules, self.memory, self.around, self.clock, self.run).renew()
        intake.take(self._wanted(whole), whole=whole)
        FollowUps(self.rules, self.memory, self.providers, self.settings, self.run, self.started).strike_off(
            intake.taken, by_hand=not self.due_only
        )
        decider = self._decide(choices)
        while missing := decider.plan.reaches - intake.taken:
            intake.take(missing)
            decider = self._decide(choices)
        self.seen |= intake.taken
        return decider.plan.groups.torn

    def _wanted(self, whole: bool) -> set[tuple[str, str]]:
        """List of which entities which sides are read: both, but where only what is due is asked for.

        Then it is those of which something is due, and those that nobody has looked at for a day.
        """
        every = {(name, side) for name in self.names for side in self.rules.entities[name].entity.sources}
        if whole or not self.due_only or read.is_new(self.rules, self.memory, every):
            return every
        due = {(name, side) for name in self.names for side, _ in self.open[name]}
        return due | {each for each in every if schedule.unseen(self.carried, *each, self.started, self.zone)}

    def _decide(self, choices: dict[tuple[str, str], list[dict[str, Any]]]) -> Decider:
        self.around = Around(self.rules, self.memory, self.settings)
        self.around.choices = choices
        decider = Decider(
            self.rules,
            self.memory,
            self.providers,
            self.around,
            self.open,
            self.first,
            self.untouched,
            self.external_id,
            self.started,
            self.told,
            self.renewed,
        )
        decider.decide_all()
        self.written = decider.plan.written
        return decider

    def carry_out(self) -> None:
        """Write what was planned, entity after entity."""
        for side in sorted(self.written):
            self.providers[side].account()
        self.around.renamed = {}  # from here on a record is called what it was last seen to be called
        with self.memory.store.transaction():
            # From here on the plan holds: who is decided about later, or again, is so by the rules of today.
            declared.take_over(self.rules, self.memory, self.settings, self.run)
        writer = Writer(
            self.rules, self.memory, self.providers, self.around, self.clock, self.run, self.pool, self.external_id, self._written
        )  # fmt: skip
        planned = self.memory.planned()
        total = sum(count for (_, verb), count in planned.items() if verb not in ("link", "remember"))
        self.told(Event("write", total=total))
        # Where the other side is emptied first, a brake on one of them holds all of them: else what it holds would be lost there.
        held = self.again if self.again & self.braking.held else set()
        try:
            for name in self.names:
                if name not in held and any(entity == name for entity, _ in planned):
                    writer.carry_out(name)
        finally:
            for what, count in writer.keeper.counts.items():
                self.result.counts[what] = self.result.counts.get(what, 0) + count

    def recover(self, run: int, *, only_look: bool = False) -> None:
        """Find out how the writes went whose answer we never saw."""
        self.run = run
        writer = Writer(
            self.rules, self.memory, self.providers, self.around, self.clock, run, self.pool, self.external_id
        )
        recover.settle_open(
            writer, lambda what: self.told(Event("recover", what)), by_hand=not self.due_only, only_look=only_look
        )
        for what, count in writer.keeper.counts.items():
            self.result.counts[what] = self.result.counts.get(what, 0) + count

    def finish(self) -> None:
        """Note what has been carried, so that the rhythm goes on from here; what a permit left is still to be carried."""
        if self.permit is not None:
            self.permit.settle(self.rules, self.memory)
        left = self.permit.left if self.permit is not None else set()
        names = [name for name in self.names if name not in left]
        with self.memory.store.transaction():
            self.result.first = [name for name in names if name in self.first]
            carried = {(name, "", "import") for name in self.result.first}
            carried |= {(name, side, happening) for name in names for side, happening in self.open[name]}
            carried |= {(*each, schedule.READ) for each in self.seen}
            self.memory.carried(carried, self.started)
            for entity, brake in sorted(each for each in self.braking.released if each[0] not in left):
                # What a person accepted holds for this one time.
                self.memory.release(entity, brake)
                self.memory.undecide(entity, "brake", brake)

    def external_id(self, side: str, id_: str) -> str:
        """The text that we leave on a side: whose books, which record.

        It ends with a mark, so that none is the beginning of another.
        """
        other = self.rules.spec.other(side)
        return f"syncrules:{other}:{self.accounts.get(other, '')}:{id_};"

    # Odds and ends ------------------------------------------------------------------------------------------------

    def _written(self, done: Done) -> None:
        if self.permit is not None:
            self.permit.wrote(done)
        self.told(Event("write", done.action.name, 1))
