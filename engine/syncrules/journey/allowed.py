"""What one write of a plan depends on: it may be made if all of that is decided again as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncrules.journey.action import Action
from syncrules.journey.around import Around
from syncrules.journey.rules import Rules
from syncrules.journey.surroundings import Lacks, Late, Waits
from syncrules.memory.memory import Memory
from syncrules.records import encode, normal

What = tuple[str, str, str, str | None, str | None]
"""Entity, verb, side, id of what is written to, id of its source: what an action is, whatever it writes."""
Who = tuple[str, str | None, str | None]
"""Entity, and the ids of a pair."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A place in what is written that is known only when something else has been made."""

    at: tuple[str | int, ...]
    entity: str
    side: str
    id: str
    field: str
    whole: bool
    planned: Any
    """What it will be, where that is known already; else None."""

    def marked(self) -> list[Any]:
        return [self.entity, self.side, self.id, self.field, self.whole, normal(self.planned)]


@dataclass(frozen=True, slots=True)
class Allowed:
    """One thing that may be done, if it is decided again as it was."""

    what: What
    name: str
    rows: tuple[str, ...]
    precondition: str
    """Of what is written, and of what both sides showed and were last time in the rows that it is written for."""
    awaits: tuple[Awaited, ...] = ()


def is_shown(action: Action) -> bool:
    """Tell whether an action needs a permit: what only refreshes our own memory needs none."""
    return action.writes or action.verb == "link"


def what(action: Action) -> What:
    return action.entity, action.verb, action.side, action.key, action.source_id


def who(rules: Rules, action: Action) -> Who:
    """Name the pair that an action is about."""
    at_left = not action.writes or action.side == rules.spec.sides[0]
    ids = (action.key, action.source_id) if at_left else (action.source_id, action.key)
    return action.entity, *ids


def allow(rules: Rules, memory: Memory, action: Action) -> Allowed:
    """Make a permit for an action of the plan that stands in the memory."""
    awaits = tuple(_awaited(action.changes, ()))
    rows = tuple(row for row, _, _ in action.fields)
    return Allowed(what(action), action.name, rows, _precondition(rules, memory, action, awaits), awaits)


def _awaited(value: Any, at: tuple[str | int, ...]) -> Iterator[Awaited]:
    match value:
        case Late():
            planned = value.planned if value.renamed else None
            yield Awaited(at, value.entity, value.side, value.id, value.field, value.whole, planned)
        case Mapping():
            for name, each in value.items():
                yield from _awaited(each, (*at, name))
        case list():
            for index, each in enumerate(value):
                yield from _awaited(each, (*at, index))


def _precondition(rules: Rules, memory: Memory, action: Action, awaits: Iterable[Awaited]) -> str:
    changes = action.changes
    for each in awaits:
        changes = _with(changes, each.at, each.marked())
    says = {
        "what": what(action),
        "before": [[row, before] for row, before, _ in action.fields],
        "after": [] if changes else action.fields,
        "changes": changes,
        "known": _known(rules, memory, action),
        "shown": [action.base, action.expects, action.active],
        "together": action.together,
    }
    return hashlib.blake2b(encode(says), digest_size=16).hexdigest()


def _known(rules: Rules, memory: Memory, action: Action) -> Any:
    """Give what was known of both sides last time, as far as this action depends on it."""
    link = memory.link(action.link) if action.link is not None else None
    if action.verb in ("deactivate", "reactivate", "delete"):
        return [link.active, link.gone] if link is not None else None
    rows = [row for row, _, _ in action.fields] if action.verb == "update" else []
    base = link.base if link is not None else {}
    return {side: {row: base[side][row] for row in rows if row in base.get(side, {})} for side in rules.spec.sides}


def _with(value: Any, at: tuple[str | int, ...], marked: Any) -> Any:
    """Put something at a place, in a copy."""
    if not at:
        return marked
    step, rest = at[0], at[1:]
    if isinstance(value, list):
        return [_with(each, rest, marked) if index == step else each for index, each in enumerate(value)]
    return {name: _with(each, rest, marked) if name == step else each for name, each in value.items()}


def is_as_planned(rules: Rules, memory: Memory, around: Around, allowed: Allowed, action: Action) -> bool:
    """Tell whether an action, as it is decided now, is the one that was allowed."""
    awaits = [each for each in allowed.awaits if _still_so(around, each, _at(action.changes, each.at))]
    return _precondition(rules, memory, action, awaits) == allowed.precondition


def _at(value: Any, at: tuple[str | int, ...]) -> Any:
    for step in at:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _still_so(around: Around, awaited: Awaited, value: Any) -> bool:
    """Tell whether what stands in a place is what was awaited there, made by now or not."""
    if awaited.planned is not None and not isinstance(value, Late) and normal(value) != normal(awaited.planned):
        return False
    if isinstance(value, Late):
        planned = value.planned if value.renamed else None
        here = Awaited(awaited.at, value.entity, value.side, value.id, value.field, value.whole, planned)
        return here.marked() == awaited.marked()
    try:
        found = around.across([awaited.entity], awaited.side, awaited.id, awaited.field)
    except (Waits, Lacks):
        return False
    return str(normal(found.planned if isinstance(found, Late) else found)) == str(normal(value))
