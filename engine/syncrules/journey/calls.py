"""Make the calls of one action, and say how it went. Runs in the pool: touches a provider and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any, cast

from syncrules.errors import HalfDone, Nonsense, OutcomeUnknown, ProviderError, RecordGone, RecordRefused
from syncrules.journey.action import Action
from syncrules.journey.rules import EntityRules, Rules
from syncrules.provider import LooksUp, Provider, deleting, overwriting
from syncrules.records import Record, failing, filled, laid_over, normal, put, reader


@dataclass(slots=True)
class Done:
    """How one action went."""

    action: Action
    state: str
    """done, failed, unknown, half, stale or gone."""
    reason: str = ""
    record: Record | None = None
    """As it is now."""
    seen: Record | None = None
    """As it was just before we wrote to it."""
    error: ProviderError | None = None


class Calls:
    """The calls that the actions of one run need."""

    def __init__(self, rules: Rules, providers: Mapping[str, Provider], settings: Mapping[str, Any]) -> None:
        self.rules = rules
        self.providers = providers
        self.settings = settings
        # The pool has room for the side that allows most.
        self._room = {side: BoundedSemaphore(each.in_flight) for side, each in rules.spec.manifests.items()}

    def make(self, action: Action) -> Done:
        """Make the calls of one action, as soon as its system allows one more side by side."""
        with self._room[action.side]:
            return self._made(action)

    def _made(self, action: Action) -> Done:
        provider = self.providers[action.side]
        rules = self.rules.entities[action.entity]
        resource = rules.resource(action.side)
        try:
            if action.verb == "create":
                there = self._already_made(provider, rules, action)
                if there is not None:
                    return Done(action, "done", record=laid_over(action.changes, there))
                if self._stands_there(provider, rules, action):
                    return Done(action, "unknown", "there is one with this number already")
                sent = laid_over(action.changes, self._looked_up(provider, rules, action))
                reason = self._taken_for(provider, rules, action.side, sent)
                if reason:
                    return Done(action, "stale", reason)
                answer = provider.create(resource.name, sent)
                return Done(action, "done", record=laid_over(sent, answer))
            assert action.key is not None
            if action.verb == "delete":
                deleting(provider).delete(resource.name, action.key)
                return Done(action, "done")
            if not resource.readable:
                answer = provider.update(resource.name, action.key, action.changes, {})
                return Done(action, "done", record=laid_over(action.changes, answer))
            seen = provider.fetch(resource.name, action.key)
            if seen is None:
                return Done(action, "gone", f"it is no longer in {self._title(action.side)}")
            reason = self._in_between(rules, action, seen)
            if reason:
                return Done(action, "stale", reason, seen)
            answer = provider.update(resource.name, action.key, action.changes, seen)
            return Done(action, "done", record=laid_over(laid_over(seen, action.changes), answer), seen=seen)
        except RecordGone as error:
            return Done(action, "gone", error.says, error=error)
        except RecordRefused as error:
            return Done(action, "failed", error.says, error=error)
        except HalfDone as error:
            return Done(action, "half", error.says, error=error)
        except (OutcomeUnknown, Nonsense) as error:
            return Done(action, "unknown", error.says, error=error)
        except ProviderError as error:
            return Done(action, "failed", error.says, error=error)

    def _already_made(self, provider: Provider, rules: EntityRules, action: Action) -> Record | None:
        """Find a state that was made before our memory was lost: it has no id of the other side to be known by."""
        resource = rules.resource(action.side)
        value = reader(resource.look_up, absent=None)(action.changes) if resource.look_up else None
        if not rules.entity.for_each or not filled(value):
            return None
        found = [
            each
            for each in provider.find(resource.name, resource.look_up, str(value))
            if self._same_parent(rules, action, each)
        ]
        return found[0] if len(found) == 1 else None

    def _stands_there(self, provider: Provider, rules: EntityRules, action: Action) -> bool:
        """Tell whether a document with this number is there already, where the system itself would take a second one.

        Then it is looked up what it is, as after a lost answer; records that are matched by keys have been looked for.
        """
        resource = rules.resource(action.side)
        refuses = any(each.means == "already_there" for each in resource.refusals)
        if rules.entity.tiers or rules.entity.for_each or refuses or resource.look_up in ("", resource.external_id):
            return False
        value = reader(resource.look_up, absent=None)(action.changes)
        return filled(value) and bool(provider.find(resource.name, resource.look_up, str(value)))

    def _taken_for(self, provider: Provider, rules: EntityRules, side: str, sent: Record) -> str:
        """Say whom the system would write over; empty if nobody.

        What was read may be hours old, or a list may have ended early. What becomes a role of something is meant to be written to it.
        """
        resource = rules.resource(side)
        if not resource.overwrites or rules.is_attached(side, sent):
            return ""
        found = overwriting(provider).taken_for(resource.name, sent)
        if not found:
            return ""
        name = resource.name_of(found[0])
        return f"{self._title(side)} would take it for '{name}', which is there now, and write over that; it is looked at again in the next run"

    def _looked_up(self, provider: Provider, rules: EntityRules, action: Action) -> Record:
        """Ask what the checks of a new document want to know of the other system; rows that ask the same take the answer over.

        Raises:
            RecordRefused: a check does not hold.
        """
        found: Record = {}
        resource = rules.resource(action.side)
        for check in rules.entity.checks:
            if check.side != action.side or "look_up" not in check.says:
                continue
            question = check.says["look_up"]
            asked = laid_over(action.changes, {})
            put(asked, resource.look_ups[question]["of"], reader(check.says["value"], absent=None)(action.changes))
            try:
                answer = cast(LooksUp, provider).look_up(resource.name, question, asked)
            except RecordRefused as error:
                says = f"{check.name}: {error.says}"
                raise RecordRefused(error.system, says, cure=error.cure, code=error.code) from error
            for row in rules.rows:
                if row.row.look_up == question and row.row.sides.keys() == {action.side}:
                    put(found, str(row.row.sides[action.side]), answer)
        return found

    def _same_parent(self, rules: EntityRules, action: Action, found: Record) -> bool:
        rows = [row for row in rules.rows if set(row.row.sides) == {action.side} and row.row.refers_to]
        return all(
            normal(row.read(action.side, found)) == normal(row.read(action.side, action.changes)) for row in rows
        )

    def _in_between(self, rules: EntityRules, action: Action, seen: Record) -> str:
        """Say what has changed since the plan was made; empty if nothing that matters has."""
        view = rules.view(action.side, seen, self.settings)
        meant = rules.view(action.side, laid_over(seen, action.changes), self.settings).values
        for row, key in action.expects.items():
            if row not in view.values:
                continue
            here = rules.row(row).key(action.side, view.values[row])
            # What is as it is to be may have been written by us, through another role of the same thing.
            if here != normal(key) and here != rules.row(row).key(action.side, meant.get(row)):
                return f"{row} was changed in {self._title(action.side)} in the meantime; it is looked at again in the next run"
        resource = rules.resource(action.side)
        if resource.frozen and not failing(resource.frozen, seen, self.settings):
            touched = [name for name in action.changes if name not in resource.frozen_except]
            if touched:
                return f"it can no longer be changed in {self._title(action.side)} ({', '.join(touched)})"
        return ""

    def _title(self, side: str) -> str:
        return self.rules.spec.manifests[side].title
