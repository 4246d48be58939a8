"""Put the brakes on a plan: what is too much at once is taken out of it, and waits for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from syncrules.journey import brakes
from syncrules.journey.action import Action
from syncrules.journey.rules import Rules
from syncrules.memory.agenda import Place
from syncrules.memory.memory import Memory

BRAKES = (
    ("deactivate", "deactivations", brakes.too_many_deactivated),
    ("delete", "deletions", brakes.too_many_deleted),
)
"""Verb, name of its brake, and what puts it on."""
EMPTIED = "emptied"
"""Name of the brake on values that are taken away."""


class Braking:
    """The brakes of one run.

    Args:
        brief: the digest the rules had last time; destructive changes under new rules wait for a person.
        stopped: what a brake held back is told there.
    """

    def __init__(
        self, rules: Rules, memory: Memory, started: float, brief: str, *, due_only: bool, stopped: list[str]
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.started = started
        self.brief = brief
        self.due_only = due_only
        self.stopped = stopped
        self.held: set[str] = set()
        """Entities of which something was held back."""
        self.released: set[tuple[str, str]] = set()
        """Entity and name of the brakes that hold nothing back any more, once this run has come to its end."""

    def stop(self, entity: str, name: str, reason: str, count: int) -> None:
        """Put a brake on, and tell."""
        self.memory.brake(entity, name, reason, count, self.started)
        self.stopped.append(f"{entity}: {reason}")
        self.held.add(entity)

    def brake(self, names: Iterable[str]) -> None:
        """Look at the plan of these entities, and take out of it what is too much."""
        changed_rules = bool(self.brief) and self.brief != self.rules.digest
        planned = self.memory.planned()
        for name in names:
            some = any(entity == name for entity, _ in planned)
            # Who is gone on one side was one of them, and is what the deletions come from.
            links = max(self.memory.count_linked(name, side) for side in self.rules.spec.sides) if some else 0
            limits = self.rules.entities[name].entity.brakes
            for verb, brake, too_many in BRAKES:
                count = planned.get((name, verb), 0)
                reason = too_many(count, links, limits.get(brake), changed_rules)
                if reason and not self.memory.decision(name, "brake", brake):
                    self.stop(name, brake, reason, count)
                    self._hold_back(name, partial(_is, verb))
                elif count or (brake == "deletions" and name not in self.held):
                    self.released.add((name, brake))
            if planned.get((name, "update")):
                self._brake_emptied(name, links, limits.get(EMPTIED))
            elif not self.due_only or not self.memory.decision(name, "brake", EMPTIED):
                self.released.add((name, EMPTIED))

    def _brake_emptied(self, name: str, links: int, limit: int | None) -> None:
        """Hold back what would take away the values of a row in too many records; with it goes the rest of those updates."""
        counts = Counter(row for _, action in self._planned(name) for row in action.empties)
        reason = brakes.too_many_emptied(counts, links, limit)
        if reason and not self.memory.decision(name, "brake", EMPTIED):
            self.stop(name, EMPTIED, reason, sum(counts.values()))
            rows = {row for row, count in counts.items() if brakes.too_many_emptied({row: count}, links, limit)}
            self._hold_back(name, lambda action: not rows.isdisjoint(action.empties))
        elif counts or not self.due_only or not self.memory.decision(name, "brake", EMPTIED):
            self.released.add((name, EMPTIED))

    def _planned(self, name: str) -> Iterator[tuple[Place, Action]]:
        """Go through what is planned for an entity, with where each action stands in the plan."""
        after = None
        while page := self.memory.actions(name, after):
            after = page[-1][0]
            yield from ((place, Action.from_json(data)) for place, data in page)

    def _hold_back(self, name: str, is_held: Callable[[Action], bool]) -> None:
        """Take actions out of the plan, and what is sent together with them; their pairs stay undone."""
        held = [(action.link, action.together) for _, action in self._planned(name) if is_held(action)]
        links, groups = {link for link, _ in held}, {group for _, group in held if group}
        with self.memory.store.transaction():
            for place, action in self._planned(name):
                if is_held(action) or action.together in groups:
                    self.memory.drop_action(place)
                elif action.closes and action.link in links:
                    action.closes = False
                    self.memory.change_action(place, action.to_json())


def _is(verb: str, action: Action) -> bool:
    return action.verb == verb
