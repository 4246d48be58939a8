"""Carry out a plan, one action at a time.

A write is journalled before and after. Calls run side by side up to what the system allows; everything that is remembered is
written in one thread, page by page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from typing import Any

from syncrules.errors import HalfDone, OutcomeUnknown, ProviderError, RecordGone, RecordRefused
from syncrules.http import Clock
from syncrules.journey.action import Action
from syncrules.journey.calls import Calls, Done
from syncrules.journey.remember import Keeper
from syncrules.journey.rules import Rules
from syncrules.journey.surroundings import Late, Surroundings, Waits
from syncrules.memory.memory import Memory
from syncrules.provider import Provider

ABOUT_A_RECORD = (RecordRefused, RecordGone, HalfDone, OutcomeUnknown)
"""What says something of one record and nothing of the system."""
BATCH = 16
"""Intents that are journalled in one transaction."""


class Writer:
    """Carries out the actions of one run.

    Args:
        external_id: the text that we leave on a side for an id of the other.
        told: called after each action, for progress.
    """

    def __init__(
        self,
        rules: Rules,
        memory: Memory,
        providers: Mapping[str, Provider],
        around: Surroundings,
        clock: Clock,
        run: int,
        pool: Executor,
        external_id: Callable[[str, str], str],
        told: Callable[[Done], None] = lambda _: None,
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.providers = providers
        self.around = around
        self.clock = clock
        self.run = run
        self.pool = pool
        self.told = told
        self.calls = Calls(rules, providers, around.settings)
        self.keeper = Keeper(rules, memory, around, clock, run, external_id)

    def carry_out(self, entity: str) -> None:
        """Carry out the planned actions of one entity, in order.

        Raises:
            ProviderError: a system refused us as a whole or could not be reached; what was done is remembered.
        """
        after = 0
        while page := self.memory.actions(entity, after):
            after = page[-1][0]
            local: list[Action] = []
            remote: list[Action] = []
            for _, data in page:
                action = Action.from_json(data)
                (remote if action.writes else local).append(action)
            with self.memory.store.transaction():
                for action in local:
                    self.keeper.pair(action)
            for batch in _batches(remote):
                self._write(batch)

    def _write(self, batch: list[Action]) -> None:
        ready: list[tuple[int, Action]] = []
        with self.memory.store.transaction():
            for action in batch:
                try:
                    action.changes = self._resolved(action.changes)
                except Waits as error:
                    self.keeper.wait(action, str(error))
                    continue
                entry = self.memory.intend(
                    self.run,
                    action.entity,
                    action.side,
                    action.verb,
                    action.key,
                    action.source_id,
                    action.link,
                    action.name,
                    action.to_json(),
                    self.clock.now(),
                )
                ready.append((entry, action))
        fatal: ProviderError | None = None
        follow: list[tuple[int, Action]] = []
        futures: list[tuple[int, Future[Done]]] = [
            (entry, self.pool.submit(self.calls.make, action)) for entry, action in ready
        ]
        outcomes = [(entry, future.result()) for entry, future in futures]
        with self.memory.store.transaction():
            for entry, done in outcomes:
                self.memory.settle(entry, self.keeper.became(done), self.clock.now(), done.reason)
                follow += self.keeper.after(done)
                if done.error is not None and not isinstance(done.error, ABOUT_A_RECORD):
                    fatal = done.error
        for _, done in outcomes:
            self.told(done)
        if fatal is not None:
            raise fatal
        self.write_back(follow)

    def write_back(self, follow: list[tuple[int, Action]]) -> None:
        """Leave the new ids where the mapping keeps them."""
        if not follow:
            return
        futures = [(entry, self.pool.submit(self.calls.make, action)) for entry, action in follow]
        outcomes = [(entry, future.result()) for entry, future in futures]
        with self.memory.store.transaction():
            for entry, done in outcomes:
                self.memory.settle(entry, "done" if done.state == "done" else "unknown", self.clock.now(), done.reason)
                if done.state not in ("done", "unknown"):
                    self.memory.notice(
                        self.run,
                        done.action.entity,
                        done.action.name,
                        f"the id could not be left in {self.rules.spec.manifests[done.action.side].title}: {done.reason}",
                    )

    def _resolved(self, value: Any) -> Any:
        """Put the ids of records that were created meanwhile in their places.

        Raises:
            Waits: one of them was not created after all.
        """
        match value:
            case Late():
                found = self.around.across([value.entity], value.side, value.id, value.field)
                if isinstance(found, Late):
                    raise Waits(f"the {value.entity} it belongs to could not be written")
                return int(found) if value.whole else found
            case Mapping():
                return {name: self._resolved(each) for name, each in value.items()}
            case list():
                return [self._resolved(each) for each in value]
            case _:
                return value


def _batches(actions: list[Action]) -> Iterator[list[Action]]:
    """Cut into batches in which no record is written twice."""
    batch: list[Action] = []
    touched: set[tuple[str, str | None]] = set()
    for action in actions:
        who = (action.side, action.key)
        if len(batch) >= BATCH or (action.key is not None and who in touched):
            yield batch
            batch, touched = [], set()
        batch.append(action)
        touched.add(who)
    if batch:
        yield batch
