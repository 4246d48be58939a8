"""Journal what is meant before it is done, and how it went after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from syncrules.errors import HalfDone, OutcomeUnknown, ProviderError, RecordGone, RecordRefused
from syncrules.http import Clock
from syncrules.journey.action import Action
from syncrules.journey.calls import Done
from syncrules.journey.remember import Keeper
from syncrules.journey.surroundings import Late, Surroundings, Waits
from syncrules.memory.memory import Memory
from syncrules.records import normal

ABOUT_A_RECORD = (RecordRefused, RecordGone, HalfDone, OutcomeUnknown)
"""What says something of one record and nothing of the system."""
Intent = tuple[int, Action]
"""The number of a journal entry, and what was meant."""


class Intents:
    """The journal of one run.

    Args:
        told: called after each action, for progress.
    """

    def __init__(
        self,
        memory: Memory,
        around: Surroundings,
        keeper: Keeper,
        clock: Clock,
        run: int,
        told: Callable[[Done], None],
    ) -> None:
        self.memory = memory
        self.around = around
        self.keeper = keeper
        self.clock = clock
        self.run = run
        self.told = told

    def note(self, actions: Iterable[Action]) -> list[Intent]:
        """Note what will be done; what still waits for something else is left out, and says so."""
        ready: list[Intent] = []
        with self.memory.store.transaction():
            for action in actions:
                try:
                    self.complete(action)
                except Waits as error:
                    self.keeper.unwritten.wait(action, str(error))
                else:
                    ready.append((self.entry(action), action))
        return ready

    def entry(self, action: Action, verb: str = "") -> int:
        """Make one entry, within a transaction of the caller."""
        return self.memory.intend(
            self.run,
            action.entity,
            action.side,
            verb or action.verb,
            action.key,
            action.source_id,
            action.link,
            action.name,
            action.to_json(),
            self.clock.now(),
        )

    def settle(self, outcomes: Iterable[tuple[int, Done]]) -> list[Intent]:
        """Note how it went, and give what follows from it, journalled.

        Raises:
            ProviderError: a system refused us as a whole or could not be reached; how each action went is remembered.
        """
        outcomes, follow = list(outcomes), list[Intent]()
        fatal: ProviderError | None = None
        with self.memory.store.transaction():
            for entry, done in outcomes:
                self.memory.settle(entry, self.keeper.unwritten.became(done), self.clock.now(), done.reason)
                follow += self.keeper.after(done)
                if done.error is not None and not isinstance(done.error, ABOUT_A_RECORD):
                    fatal = done.error
        for _, done in outcomes:
            self.told(done)
        if fatal is not None:
            raise fatal
        return follow

    def complete(self, action: Action) -> None:
        """Put what records that were written meanwhile are called in their places.

        Raises:
            Waits: one of them was not written after all.
        """
        action.changes = self._completed(action.changes)

    def _completed(self, value: Any) -> Any:
        match value:
            case Late():
                found = self.around.across([value.entity], value.side, value.id, value.field)
                if isinstance(found, Late) or (value.renamed and str(normal(found)) != str(normal(value.planned))):
                    raise Waits(f"the {value.entity} it belongs to could not be written")
                return int(found) if value.whole else found
            case Mapping():
                return {name: self._completed(each) for name, each in value.items()}
            case list():
                return [self._completed(each) for each in value]
            case _:
                return value
