"""Deliver many records in one call: batch by batch, or a whole list; and begin again from nothing where that is asked for.

What belongs together stays together: it is in one batch, and where one of it is refused, all of it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import UTC, datetime
from typing import Any

from syncrules.errors import Nonsense, OutcomeUnknown, OutOfStep, ProviderError, RecordRefused
from syncrules.journey import making
from syncrules.journey.action import Action
from syncrules.journey.calls import Done
from syncrules.journey.intents import Intent, Intents
from syncrules.journey.lines import constant_of
from syncrules.journey.rules import EntityRules, Rules
from syncrules.journey.surroundings import Surroundings, Waits
from syncrules.manifest import Batch, Resource
from syncrules.memory.kept import Mark
from syncrules.memory.memory import Memory
from syncrules.provider import Provider, Write, batching
from syncrules.records import Record, filled, put
from syncrules.vocabulary.values import CannotCarry


class Delivery:
    """The calls of one run that carry many records."""

    def __init__(
        self,
        rules: Rules,
        memory: Memory,
        providers: Mapping[str, Provider],
        around: Surroundings,
        intents: Intents,
        pool: Executor,
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.providers = providers
        self.around = around
        self.intents = intents
        self.pool = pool

    def takes(self, action: Action) -> bool:
        """Tell whether an action travels together with others."""
        return self._resource(action).batch is not None

    def send(self, actions: list[Action], *, last: bool) -> list[Action]:
        """Send what fills a call, and at the end everything; give what is still to be sent.

        Raises:
            ProviderError: a system refused us as a whole or could not be reached; what was done is remembered.
        """
        if not actions:
            return []
        first, *_ = actions
        batch = self._resource(first).batch
        assert batch is not None
        if batch.whole_list:
            if last:
                self._replace(actions)
            return [] if last else actions
        while len(actions) > batch.size or (last and actions):
            size = _cut(actions, batch.size)
            self._submit(self._ready(actions[:size]), batch)
            actions = actions[size:]
        return actions

    def _resource(self, action: Action) -> Resource:
        return self.rules.entities[action.entity].resource(action.side)

    # Batches --------------------------------------------------------------------------------------------------------

    def _ready(self, actions: list[Action]) -> list[Intent]:
        """Note what can be sent; with one that waits, all that belongs to it waits."""
        waits: dict[str, str] = {}
        for action in actions:
            try:
                self.intents.complete(action)
            except Waits as error:
                waits.setdefault(_group(action), str(error))
        with self.memory.store.transaction():
            for action in actions:
                if _group(action) in waits:
                    self.intents.keeper.unwritten.wait(action, waits[_group(action)])
        return self.intents.note(each for each in actions if _group(each) not in waits)

    def _submit(self, ready: list[Intent], batch: Batch) -> None:
        """Send one batch; one that is refused is sent in halves, until it is known who is not wanted."""
        if not ready:
            return
        (_, first), *_ = ready
        resource, provider = self._resource(first), batching(self.providers[first.side])
        mark = self._marked(ready) if batch.mark else ""
        writes = [Write(_verb(each), _key(resource, each), each.changes) for _, each in ready]
        state, error = self._called(lambda: provider.write_many(resource.name, writes, mark))
        if batch.mark:
            self._after(first.side, mark, state, error)
        groups = _groups(ready)
        if isinstance(error, RecordRefused) and len(groups) > 1:
            for half in (groups[: len(groups) // 2], groups[len(groups) // 2 :]):
                self._submit([each for group in half for each in group], batch)
            return
        self.intents.settle((entry, _done(action, state, error)) for entry, action in ready)

    def _called(self, call: Callable[[], None]) -> tuple[str, ProviderError | None]:
        """Make a call in the pool, and say how it went."""
        try:
            self.pool.submit(call).result()
        except (OutcomeUnknown, Nonsense) as error:
            return "unknown", error
        except ProviderError as error:
            return "failed", error
        return "done", None

    # Marks ----------------------------------------------------------------------------------------------------------

    def _marked(self, ready: list[Intent]) -> str:
        """Give a call a name that no other has, and remember that it is meant; empty the other side before, if that is asked for."""
        (entry, action), *_ = ready
        kept = self.memory.mark(action.side) or Mark()
        if kept.again == "ready":
            kept = self._emptied(action)
        moment = datetime.fromtimestamp(self.intents.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        mark = f"{moment}#{entry}.{len(ready)}"
        kept.meant.append(mark)
        with self.memory.store.transaction():
            self.memory.keep_mark(action.side, kept)
        return mark

    def _after(self, side: str, mark: str, state: str, error: ProviderError | None) -> None:
        kept = self.memory.mark(side) or Mark()
        if state == "done":
            kept = Mark(mark)
        elif state == "failed":
            kept.meant.remove(mark)
            kept.again = "asked" if isinstance(error, OutOfStep) else kept.again
        with self.memory.store.transaction():
            self.memory.keep_mark(side, kept)

    def _emptied(self, action: Action) -> Mark:
        """Take away everything on the other side that was sent before.

        Raises:
            ProviderError: it could not be done; it is tried again before anything else is sent.
        """
        provider = batching(self.providers[action.side])
        resource = self._resource(action)
        meant = Action(entity=action.entity, verb="update", side=action.side, name=resource.title)
        with self.memory.store.transaction():
            entry = self.intents.entry(meant, "empty")
        state, error = self._called(provider.empty)
        with self.memory.store.transaction():
            self.memory.settle(entry, state, self.intents.clock.now(), error.says if error is not None else "")
        if error is not None:
            raise error
        kept = Mark(provider.mark())
        with self.memory.store.transaction():
            self.memory.keep_mark(action.side, kept)
        return kept

    # Whole lists ----------------------------------------------------------------------------------------------------

    def _replace(self, actions: list[Action]) -> None:
        """Send the complete list, as soon as one of it changed."""
        ready = self.intents.note(actions)
        if not ready:
            return
        (_, first), *_ = ready
        rules, resource = self.rules.entities[first.entity], self._resource(first)
        beside = self.beside(rules)
        try:
            records = self._all(rules, first.side, [action for _, action in ready])
        except CannotCarry as error:
            self.intents.settle((entry, Done(action, "failed", str(error))) for entry, action in ready)
            return
        travels: Record = {}
        for path, value in beside.items():
            put(travels, path, value)
        provider = batching(self.providers[first.side])
        state, trouble = self._called(lambda: provider.replace_all(resource.name, records, travels))
        if state == "done" and beside:
            with self.memory.store.transaction():
                self.memory.keep_beside(first.side, resource.name, beside)
        self.intents.settle((entry, _done(action, state, trouble)) for entry, action in ready)

    def _all(self, rules: EntityRules, side: str, actions: list[Action]) -> list[Record]:
        """Put together what the list holds: what is linked, as it was last sent or is to be sent now, and what is new.

        Raises:
            CannotCarry: nobody knows how something was last sent.
        """
        resource, source = rules.resource(side), self.rules.spec.other(side)
        changed = {each.key: each.changes for each in actions if each.verb == "update"}
        gone = {each.key for each in actions if each.verb == "delete"}
        records = [each.changes for each in actions if each.verb == "create"]
        for link in self.memory.every_link(rules.entity.name):
            key = link.ids[side]
            if key in gone:
                continue
            if key not in changed and not link.base[source]:
                # It may be there by a call whose answer was lost: a list without it would take it away.
                raise CannotCarry(
                    f"'{key}' may be there, and is not sent this time: a list without it would take it away"
                )
            record = changed.get(key) or making.from_rows(
                rules, source, link.base[source], str(link.ids[source]), self.around
            )
            if all(filled(record.get(each)) for each in resource.requires):
                records.append(record)
        return sorted(records, key=resource.key_of)

    def beside(self, rules: EntityRules) -> dict[str, Any]:
        """Give what travels beside a list: path → value."""
        return {path: constant_of(each, self.around.settings) for path, each in rules.entity.beside.items()}


def _done(action: Action, state: str, error: ProviderError | None) -> Done:
    record = action.changes if state == "done" else None
    return Done(action, state, error.says if error is not None else "", record, error=error)


def _verb(action: Action) -> Any:
    return action.verb if action.verb in ("create", "delete") else "update"


def _key(resource: Resource, action: Action) -> str:
    if action.key is not None:
        return action.key
    return resource.key_of(action.changes) if all(each in action.changes for each in resource.id) else ""


def _group(action: Action) -> str:
    """Name what an action belongs to; alone, it is named by its record."""
    return action.together or f"{action.source_id} / {action.key}"


def _groups(ready: list[Intent]) -> list[list[Intent]]:
    found: dict[str, list[Intent]] = {}
    for each in ready:
        found.setdefault(_group(each[1]), []).append(each)
    return list(found.values())


def _cut(actions: list[Action], size: int) -> int:
    """Tell how many of the first make a batch: as many as fit in without tearing apart what belongs together."""
    if len(actions) <= size:
        return len(actions)
    for end in range(size, 0, -1):
        if _group(actions[end - 1]) != _group(actions[end]):
            return end
    return size
