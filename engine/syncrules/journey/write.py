"""Carry out a plan, one action at a time.

A write is journalled before and after. Calls run side by side up to what the system allows, or carry many records at once;
everything that is remembered is written in one thread, page by page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future

from syncrules.errors import RecordRefused
from syncrules.http import Clock
from syncrules.journey.action import Action
from syncrules.journey.calls import Calls, Done
from syncrules.journey.deliver import Delivery
from syncrules.journey.intents import Intents
from syncrules.journey.remember import Keeper
from syncrules.journey.rules import Rules
from syncrules.journey.surroundings import Surroundings
from syncrules.memory.memory import Memory
from syncrules.provider import Provider

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
        self.calls = Calls(rules, providers, around.settings)
        self.keeper = Keeper(rules, memory, around, clock, run, external_id)
        self.intents = Intents(memory, around, self.keeper, clock, run, told)
        self.delivery = Delivery(rules, memory, providers, around, self.intents, pool)

    def carry_out(self, entity: str) -> None:
        """Carry out the planned actions of one entity, in order.

        Raises:
            ProviderError: a system refused us as a whole or could not be reached; what was done is remembered.
        """
        after = None
        gathered: list[Action] = []
        while page := self.memory.actions(entity, after):
            after = page[-1][0]
            actions = [Action.from_json(data) for _, data in page]
            with self.memory.store.transaction():
                for action in actions:
                    if not action.writes:
                        self.keeper.pair(action)
            remote = [each for each in actions if each.writes]
            for batch in _batches([each for each in remote if not self.delivery.takes(each)]):
                self._write(batch)
            gathered += [each for each in remote if self.delivery.takes(each)]
            gathered = self.delivery.send(gathered, last=False)
        self.delivery.send(gathered, last=True)

    def _write(self, batch: list[Action]) -> None:
        futures: list[tuple[int, Future[Done]]] = [
            (entry, self.pool.submit(self.calls.make, action)) for entry, action in self.intents.note(batch)
        ]
        follow = self.intents.settle([(entry, future.result()) for entry, future in futures])
        self.write_back(follow)

    def write_back(self, follow: list[tuple[int, Action]]) -> None:
        """Leave the new ids where the mapping keeps them."""
        if not follow:
            return
        futures = [(entry, self.pool.submit(self.calls.make, action)) for entry, action in follow]
        outcomes = [(entry, future.result()) for entry, future in futures]
        with self.memory.store.transaction():
            for entry, done in outcomes:
                refused = isinstance(done.error, RecordRefused)
                state = "done" if done.state == "done" else "refused" if refused else "unknown"
                self.memory.settle(entry, state, self.clock.now(), done.reason)
                if done.state not in ("done", "unknown"):
                    self.memory.notice(
                        self.run,
                        done.action.entity,
                        done.action.name,
                        f"the id could not be left in {self.rules.spec.manifests[done.action.side].title}: {done.reason}",
                    )


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
