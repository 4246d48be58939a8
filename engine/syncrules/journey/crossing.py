"""Two roles of one thing that would be written against each other: the second waits until the first has been written.

Else each run would carry a value there for one role and back for the other, and never come to rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncrules.journey.action import Action
from syncrules.journey.decision import Decision, Judgement
from syncrules.journey.rules import EntityRules, View
from syncrules.memory.memory import Memory

Place = tuple[str, str, str, str]
"""Side, resource, id and path: where a value stands, whichever entity looks at it."""


class Crossing:
    """What the plan that is being made writes, place by place."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.written: dict[Place, str] = {}
        """Place → the entity for which it is written."""

    def unless_crossed(self, rules: EntityRules, views: Mapping[str, View | None], decision: Decision) -> Decision:
        """Let a pair wait of which a value comes from where this plan writes another one, for another role of the same thing."""
        if not any(self._is_crossed(rules, views, each) for each in decision.actions):
            return decision
        reason = "it is changed in another of its roles; it is looked at in the next run"
        return Decision(
            judgements={side: Judgement("waiting", reason) for side, each in views.items() if each is not None}
        )

    def _is_crossed(self, rules: EntityRules, views: Mapping[str, View | None], action: Action) -> bool:
        """Tell whether an update would carry a value that this plan writes over for another entity; if not, it is written now."""
        if action.verb != "update":
            return False
        name, source = rules.entity.name, rules.spec.other(action.side)
        read = views[source]
        if read is not None and any(
            self.written.get(place, name) != name for place in self._places(rules, source, read.id, action)
        ):
            return True
        # The side that is written to need not have been read: what changed may be on the other one alone.
        for place in self._places(rules, action.side, str(action.key), action):
            self.written[place] = name
        return False

    def _places(self, rules: EntityRules, side: str, id: str, action: Action) -> Iterator[Place]:
        """List where the rows that an action changes stand on a side."""
        resource, within = rules.resource(side), rules.resource(side).within
        thing = self.memory.key_of(rules.entity.name, side, id, f"@{within[1]}") if within is not None else None
        for row in (rules.row(name) for name, _, _ in action.fields):
            parts = row.row.sides.get(side, ())
            paths = [parts] if isinstance(parts, str) else list(parts.values()) if isinstance(parts, Mapping) else []
            for path in paths:
                if within is not None and path.startswith(f"{within[1]}."):
                    if thing is not None:
                        yield side, within[0], thing, path.removeprefix(f"{within[1]}.")
                else:
                    yield side, resource.name, id, path
