"""What may be written where a run is held to a plan that was shown before: that, as it was shown, and nothing else.

A permit decides nothing: the run decides as always, and what it decides otherwise than the plan is taken out of it by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from syncrules.journey.action import Action
from syncrules.journey.allowed import Allowed, What, Who, is_as_planned, is_shown, what, who
from syncrules.journey.around import Around
from syncrules.journey.calls import Done
from syncrules.journey.rules import Rules
from syncrules.memory.kept import Known
from syncrules.memory.memory import Memory

FREED = "a number that it gets may not be free: '{0}', which was to give one up, is not as the plan saw it"
BESIDE = "it is sent together with '{0}', which is not as the plan saw it"
UNSAID = ("synced", "pending")
"""States of which a reason says nothing that holds now."""
UNFOUND = "its answer was lost, and nothing of it was found there"
BRAKED = "a brake holds it back now"


@dataclass(frozen=True, slots=True)
class Stale:
    """Something that was planned and not done, because it is not as the plan saw it."""

    entity: str
    verb: str
    side: str
    name: str
    reason: str


class Permit:
    """What one plan allows, and what became of it.

    Args:
        run: the run that made the plan.
    """

    def __init__(self, allowed: Iterable[Allowed], run: int) -> None:
        self.allowed: dict[What, Allowed] = {each.what: each for each in allowed}
        self.run = run
        self.left: set[str] = set()
        """Entities of which something that is to be done is left for later."""
        self.later: list[str] = []
        """What came up after the plan was made, and is left for the next one."""
        self.before: list[Allowed] = []
        """What had been written already, by a run that was cut off or by another one."""
        self.done: set[What] = set()
        self._stale: dict[What, str] = {}
        self._open: set[What] = set()
        """What is to be done, as planned."""
        self._tried: set[What] = set()
        self._before: set[What] = set()
        """What runs before this one tried since the plan was made."""

    @property
    def stale(self) -> list[Stale]:
        """What was planned and not done, in the order of the plan."""
        return [
            Stale(key[0], key[1], key[2], each.name, self._stale[key])
            for key, each in self.allowed.items()
            if key in self._stale
        ]

    @property
    def stale_keys(self) -> set[What]:
        return set(self._stale)

    def hold(self, rules: Rules, memory: Memory, around: Around, braked: set[str]) -> None:
        """Take out of the plan that stands in the memory what this permit does not allow."""
        self._before = set(memory.tried_since(self.run))
        for name in rules.entities:
            self._hold_entity(rules, memory, around, name, braked=name in braked)
        unknown = [each for key, each in self.allowed.items() if key[0] not in rules.entities]
        self._stale |= {each.what: "the mapping does not speak of it any more" for each in unknown}

    def _hold_entity(self, rules: Rules, memory: Memory, around: Around, name: str, *, braked: bool) -> None:
        bad: dict[Who, str] = {}
        groups: dict[str, str] = {}
        seen: set[What] = set()
        for action in _planned(memory, name):
            key = what(action)
            seen.add(key)
            if not is_shown(action):
                continue
            reason = self._otherwise(rules, memory, around, action)
            if reason:
                bad.setdefault(who(rules, action), reason)
                if action.together:
                    groups.setdefault(action.together, action.name)
        for key, each in self.allowed.items():
            if key[0] == name and key not in seen:
                self._not_decided(rules, memory, each, braked=braked)
        freed = self._not_freed(rules, name, bad)
        for action in list(_planned(memory, name)):
            whose = who(rules, action)
            if action.together in groups:
                bad.setdefault(whose, BESIDE.format(groups[action.together]))
            elif freed and is_shown(action) and _takes_a_number(rules, action):
                bad.setdefault(whose, FREED.format(freed))
        if bad:
            self.left.add(name)
        self._drop(rules, memory, name, bad)

    def _otherwise(self, rules: Rules, memory: Memory, around: Around, action: Action) -> str:
        """Say in what an action is not what was planned; empty if it is."""
        allowed = self.allowed.get(what(action))
        if allowed is None:
            rest = self._rest_of(rules, action) is not None
            return "" if rest else "more is to be done for it now than the plan says"
        if is_as_planned(rules, memory, around, allowed, action):
            return ""
        rows = [row for row, _, _ in action.fields]
        return (
            f"it was changed since the plan was made, and now this would be written: {', '.join(rows) or action.verb}"
        )

    def _rest_of(self, rules: Rules, action: Action) -> What | None:
        """Name the create that was cut off of which this is the rest: the two are tied, and the new id is left behind."""
        if action.verb != "link" and (action.verb != "update" or action.fields):
            return None
        entity, left_id, right_id = who(rules, action)
        left, right = rules.spec.sides
        made: list[What] = [(entity, "create", right, None, left_id), (entity, "create", left, None, right_id)]
        return next((each for each in made if each in self.allowed and each in self._before), None)

    def _not_decided(self, rules: Rules, memory: Memory, allowed: Allowed, *, braked: bool) -> None:
        """Say why something that was planned is not to be done any more."""
        entity, verb, side, key, source_id = allowed.what
        source = rules.spec.other(side)
        known = [memory.record(entity, at, id_) for at, id_ in ((source, source_id), (side, key)) if id_ is not None]
        said = next((each for each in known if each is not None and each.state not in UNSAID and each.reason), None)
        linked = memory.link_of(entity, side, key or "") if verb == "link" else None
        if said is None and (allowed.what in self._before or (linked and linked.ids[source] == source_id)):
            self.before.append(allowed)
        elif braked:
            self._stale[allowed.what] = BRAKED
        elif said is not None:
            word = "is left out" if said.state == "excluded" else said.state
            self._stale[allowed.what] = f"now it {word}: {said.reason}"
        else:
            self._stale[allowed.what] = "nothing of this is to be done any more"

    def _not_freed(self, rules: Rules, name: str, bad: Mapping[Who, str]) -> str:
        """Name a record that was to get another number and will not: who gets its old one must not be written either."""
        numbers = {row for tier in rules.entities[name].entity.tiers for row, _ in tier.rows}
        for key, each in self.allowed.items():
            if key[0] == name and key[1] == "update" and numbers & {*each.rows}:
                at_left = key[2] == rules.spec.sides[0]
                whose = (name, key[3], key[4]) if at_left else (name, key[4], key[3])
                if key in self._stale or whose in bad:
                    return each.name
        return ""

    def _drop(self, rules: Rules, memory: Memory, name: str, bad: Mapping[Who, str]) -> None:
        """Take pairs out of the plan, whole; they stay to be decided about."""
        after = None
        while page := memory.actions(name, after):
            after = page[-1][0]
            with memory.store.transaction():
                for place, data in page:
                    action = Action.from_json(data)
                    key, whose = what(action), who(rules, action)
                    if whose not in bad:
                        self._open |= {key} & self.allowed.keys()
                        continue
                    memory.drop_action(place)
                    if key in self.allowed:
                        self._stale[key] = bad[whose]
                    elif is_shown(action):
                        self.later.append(action.name)

    # What became of it ------------------------------------------------------------------------------------------------

    def wrote(self, done: Done) -> None:
        """Note how a write went."""
        key = what(done.action)
        self._tried.add(key)
        if done.state == "done":
            self.done.add(key)
        elif done.state in ("stale", "gone"):
            self._stale[key] = done.reason

    def settle(self, rules: Rules, memory: Memory) -> None:
        """Say of what was to be done and is not why it is not; an answer that was lost may have been looked up meanwhile."""
        states = memory.tried_since(self.run)
        for key in self._open - self.done - self._stale.keys():
            entity, verb, side, _, source_id = key
            known = memory.record(entity, rules.spec.other(side), source_id or "")
            reason = known.reason if known is not None else ""
            if verb == "link" or states.get(key) == "done" or (states.get(key) == "looked at" and not _waits(known)):
                self.done.add(key)
            elif key not in self._tried:
                self._stale[key] = reason or BRAKED
            elif not reason:
                self._stale[key] = UNFOUND

    def missed(self, reason: str) -> None:
        """Say of all of which nothing is known yet why it was not done."""
        known = self.done | self._tried | self._stale.keys() | {each.what for each in self.before}
        self._stale |= {key: reason for key in self.allowed if key not in known}


def _planned(memory: Memory, name: str) -> Iterator[Action]:
    after = None
    while page := memory.actions(name, after):
        after = page[-1][0]
        yield from (Action.from_json(data) for _, data in page)


def _waits(known: Known | None) -> bool:
    """Tell whether something is still to be done with a record."""
    return known is not None and known.state != "synced"


def _takes_a_number(rules: Rules, action: Action) -> bool:
    numbers = {row for tier in rules.entities[action.entity].entity.tiers for row, _ in tier.rows}
    return action.verb == "create" or (action.verb == "update" and bool(numbers & {row for row, _, _ in action.fields}))
