"""Who belongs to whom among the records that are not linked yet. Two candidates: nobody guesses, a person decides.

All entities match, tier by tier, before any of them may create: a record that another entity finds in an earlier tier is no
longer there for a later one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from syncrules.journey.roles import role_on
from syncrules.journey.rules import Rules
from syncrules.memory.memory import Memory

Who = tuple[str, str, str]
"""Entity, side, id."""


@dataclass(slots=True)
class Matches:
    """What matching found."""

    pairs: dict[Who, str] = field(default_factory=dict)
    """Either of a pair → the id of the other."""
    asked: dict[Who, list[str]] = field(default_factory=dict)
    """Records with more than one candidate → what they are, told for a person."""
    claimed: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    """Side, resource, id → the entities that found it; more than one only where they share it."""

    def pair(self, rules: Rules, entity: str, left: str, right: str) -> None:
        """Note that two records belong together."""
        for side, id_, other in zip(rules.spec.sides, (left, right), (right, left), strict=True):
            self.pairs[entity, side, id_] = other
            self.claimed.setdefault((side, rules.entities[entity].source(side).resource, id_), []).append(entity)


def find(rules: Rules, memory: Memory, decided: Callable[[str, str, str], str], matches: Matches) -> None:
    """Match the unlinked records of all entities, adding to what is matched already.

    Args:
        decided: what a person decided for a record: entity, side, id → the id that it belongs to, `none`, or nothing.
    """
    deepest = max((len(each.entity.tiers) for each in rules.entities.values()), default=0)
    _decided_by_people(rules, memory, decided, matches)
    for tier in range(deepest):
        edges = {
            name: _edges(rules, memory, name, tier, matches, decided)
            for name, each in rules.entities.items()
            if len(each.entity.tiers) > tier
        }
        _settle(rules, edges, matches, partial(_told_apart, rules, memory, tier=tier))


def _decided_by_people(rules: Rules, memory: Memory, decided: Callable[[str, str, str], str], matches: Matches) -> None:
    for name in filter(memory.has_decisions, rules.entities):
        for _, known in memory.records(states=("waiting", "pending"), entity=name):
            named = decided(name, known.side, known.id) if known.link is None else ""
            if not named or named == "none" or (name, known.side, known.id) in matches.pairs:
                continue
            other = _record_of(rules, memory, name, rules.spec.other(known.side), named)
            if other is not None:
                left, right = (known.id, other) if known.side == rules.spec.sides[0] else (other, known.id)
                matches.pair(rules, name, left, right)


def _record_of(rules: Rules, memory: Memory, name: str, side: str, id_: str) -> str | None:
    """Give the record that a person named, or this role of the thing that was named; None if it is still to get the role."""
    if rules.entities[name].resource(side).within is None or memory.record(name, side, id_) is not None:
        return id_
    return role_on(rules.entities[name], memory, side, id_)


def _edges(
    rules: Rules, memory: Memory, name: str, tier: int, matches: Matches, decided: Callable[[str, str, str], str]
) -> dict[str, set[str]]:
    """Left id → right ids that agree with it in this tier, among those that are still free."""
    entity = rules.entities[name]
    left, right = rules.spec.sides
    keys = (
        [f"tier {tier}"]
        if entity.entity.tiers[tier].kind == "all"
        else [f"tier {tier}: {row}" for row, _ in entity.entity.tiers[tier].rows]
    )
    edges: dict[str, set[str]] = defaultdict(set)

    def free(side: str, id_: str) -> bool:
        claimed = matches.claimed.get((side, entity.source(side).resource, id_), [])
        taken = any(each == name or not rules.share(name, each, side) for each in claimed)
        return not taken and (name, side, id_) not in matches.asked and decided(name, side, id_) != "none"

    for key in keys:
        after = ""
        while page := memory.unlinked_keys(name, left, key, after):
            after = page[-1][0]
            found = memory.found_by(name, right, key, [compared for _, compared in page])
            candidates = {id_ for ids in found.values() for id_ in ids}
            unlinked = {
                id_ for id_, known in memory.known(name, right, sorted(candidates)).items() if known.link is None
            }
            for id_, compared in page:
                if free(left, id_):
                    edges[id_] |= {
                        other for other in found.get(compared, ()) if other in unlinked and free(right, other)
                    }
    return {id_: others for id_, others in edges.items() if others}


def _told_apart(rules: Rules, memory: Memory, name: str, tier: int, id_: str, other: str) -> bool:
    """Tell whether an earlier tier tells two records apart: both have that number, and it is not the same one."""
    left, right = rules.spec.sides
    for number, each in enumerate(rules.entities[name].entity.tiers[:tier]):
        for row, _ in each.rows if each.kind == "any" else ():
            key = f"tier {number}: {row}"
            one, two = memory.key_of(name, left, id_, key), memory.key_of(name, right, other, key)
            if one and two and one != two:
                return True
    return False


def _settle(
    rules: Rules,
    edges: dict[str, dict[str, set[str]]],
    matches: Matches,
    told_apart: Callable[..., bool] = lambda **_: False,
) -> None:
    """Tie what is unambiguous over all entities, and what no earlier tier tells apart; ask about the rest."""
    left, right = rules.spec.sides
    wanted: dict[tuple[str, str, str], set[tuple[str, str]]] = defaultdict(set)
    for name, pairs in edges.items():
        for id_, others in pairs.items():
            for other in others:
                wanted[left, rules.entities[name].source(left).resource, id_].add((name, other))
                wanted[right, rules.entities[name].source(right).resource, other].add((name, id_))

    def wanting(name: str, side: str, id_: str) -> set[tuple[str, str]]:
        """Who wants a record, but for the entities that may have it beside this one."""
        every = wanted[side, rules.entities[name].source(side).resource, id_]
        return {each for each in every if each[0] == name or not rules.share(name, each[0], side)}

    for name, pairs in edges.items():
        for id_, others in pairs.items():
            at_left = wanting(name, left, id_)
            for other in others:
                at_right = wanting(name, right, other)
                if len(at_left) == len(at_right) == 1 and not told_apart(name=name, id_=id_, other=other):
                    matches.pair(rules, name, id_, other)
                else:
                    _ask(matches, (name, left, id_), at_left)
                    _ask(matches, (name, right, other), at_right)


def _ask(matches: Matches, who: Who, candidates: set[tuple[str, str]]) -> None:
    told = matches.asked.setdefault(who, [])
    told += sorted(id_ for entity, id_ in candidates if entity == who[0] and id_ not in told)
