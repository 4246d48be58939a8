"""What a decision depends on, and what comes out of it: actions, and the state in which each record is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncrules.journey.action import Action
from syncrules.journey.rows import RowRules
from syncrules.journey.rules import EntityRules
from syncrules.journey.surroundings import Late, Surroundings
from syncrules.language.model import Happening, Need, Reaction
from syncrules.memory.kept import State
from syncrules.records import normal
from syncrules.vocabulary.values import CannotCarry

BEFORE = "was there before the connection was made"
"""Said of what the first import leaves alone, and for good: no later change of it, or of the mapping, sends it after all."""

SENT_BEFORE = (
    "it was there when this connection began, and an earlier connection of the same books may have left it waiting"
)
"""Said of what the first import would leave alone, where the ids that we left tell that the state store of before is lost."""

Open = Callable[[str, Happening], bool]
"""Whether a kind of change on a side may be carried across now."""


@dataclass(slots=True)
class Judgement:
    """In which state a record is left, and why."""

    state: State
    reason: str = ""
    cure: str = ""
    detail: Any = None


@dataclass(slots=True)
class Decision:
    """What is to be done about a pair or a single record."""

    actions: list[Action] = field(default_factory=list)
    judgements: dict[str, Judgement] = field(default_factory=dict)
    """Side → state in which its record is left if nothing is written; a side that is left out stays as it is."""


@dataclass(slots=True)
class Circumstances:
    """What a decision depends on besides the records."""

    around: Surroundings
    is_open: Open
    first: bool
    """Whether this is the first import of the entity."""
    external_id: Callable[[str, str], str]
    """The text that we leave on one side for an id of the other: side it is left on, id → text."""
    answer: Callable[[str, str], Any]
    """What a person decided about a record: side, id → answer or None; `keep` is told by row."""
    connected_before: bool = False
    """Whether ids of ours show that these books were connected before, and what was known then is lost."""


def applies(reaction: Reaction, settings: Mapping[str, Any]) -> bool:
    """Tell whether the setting on which a reaction depends says so."""
    test = reaction.condition
    return test is None or normal(settings.get(test.setting)) == normal(test.equals)


def waits_for(need: Need, rules: EntityRules, target: str) -> Judgement:
    """Let a record wait until a need is met."""
    return Judgement("waiting", need.name, need.cure, {"because": need.name, "to": target})


def emptied(rules: EntityRules, side: str, changes: Mapping[str, Any]) -> Judgement | None:
    """Let an update wait that would take away what its system never lets be empty, just as a new record waits for it."""
    manifest, resource = rules.spec.manifests[side], rules.resource(side).name
    names = []
    for path in _nothing_at(changes):
        found = manifest.field_at(resource, path)
        if found is not None and found.min_length == 1:
            names.append(found.title or found.name)
    return Judgement("waiting", f"{manifest.title} needs {' and '.join(names)}", "Fill it in.") if names else None


def _nothing_at(changes: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """List the paths at which something is taken away."""
    for name, value in changes.items():
        if isinstance(value, Mapping):
            yield from _nothing_at(value, f"{prefix}{name}.")
        elif value is None or value == "":
            yield f"{prefix}{name}"


def left_out(row: RowRules, why: CannotCarry, system: str) -> str:
    """Tell of a value that did not travel with the rest of its record."""
    return f"{row.name} was left out in {system}: {str(why).removeprefix(f'{row.name}: ')}"


def told(value: Any) -> str:
    """Write a value for a person: the parts of an address or a name on one line."""
    if isinstance(value, Mapping):
        return ", ".join(str(normal(each)) for each in value.values() if normal(each) is not None)
    return "" if normal(value) is None else str(normal(value))


def shown(value: Any) -> Any:
    """Give a value for the plan: what is not there yet is told in words."""
    if not isinstance(value, Late):
        return value
    return value.planned if value.renamed else f"(the {value.entity} that is made first)"
