"""A connection of which everything is known: answers to the settings, the lists to choose from, and every link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from syncrules.journey.choices import chosen
from syncrules.journey.rules import Rules, compile_rules
from syncrules.journey.surroundings import Value, Waits
from syncrules.language import scoped
from syncrules.language.model import Spec
from syncrules.manifest import Field
from syncrules.simulator import lists
from syncrules.simulator.twin import Habits, Twin

ZONE = ZoneInfo("Europe/Amsterdam")
"""A time zone with two changes of the clock, so that a day is not the day of Greenwich."""
LINKED = range(1, 10)
"""Records with these numbers are linked, each with that of the same number on the other side; no others are."""


@dataclass(slots=True)
class Known:
    """A mapping, its answers, and what a value may depend on besides its own record.

    Of every kind of record there are some that are linked; what they are called on a side follows from their number.
    """

    spec: Spec
    settings: Mapping[str, Any]
    rules: Rules
    choices: Mapping[tuple[str, str], list[Mapping[str, Any]]]
    """Side and resource → what can be chosen there."""
    _index: dict[tuple[str, str, str], dict[Any, Mapping[str, Any]]] = field(default_factory=dict)

    # What records are called ----------------------------------------------------------------------------------------

    def called(self, side: str, resource: str, by: str, number: int) -> Any:
        """Say what record a number has on a side, by its id (empty) or by one of its fields."""
        of = self.spec.manifests[side].resources[resource]
        found = self.spec.manifests[side].field_at(resource, by.removeprefix("@") or of.id[0])
        return _named(found, number) if found is not None else str(number)

    def _resource(self, entities: Iterable[str], side: str) -> str:
        name = next(each for each in entities if each in self.spec.entities)
        return self.spec.entities[name].sources[side].resource

    # The questions of `Surroundings` -------------------------------------------------------------------------------

    def choice(self, side: str, resource: str, field: str, value: Value) -> Mapping[str, Any] | None:
        """Find what is chosen; letter case does not count."""
        return chosen(self.choices, self._index, side, resource, field, value)

    def across(self, entities: Iterable[str], side: str, id: str, field: str) -> Value:
        """Give what the linked record is called over there."""
        names, number = [*entities], _number(id)
        if number not in LINKED:
            raise Waits(f"the {' or '.join(names)} it belongs to is not known yet")
        other = self.spec.other(side)
        return self.called(other, self._resource(names, other), field, number)

    def known_by(self, entities: Iterable[str], side: str, field: str, value: Value) -> str | None:
        """Find whose field has this value."""
        number = _number(value)
        return str(self.called(side, self._resource(entities, side), "", number)) if number in LINKED else None

    def beside(self, side: str, id: str) -> str | None:
        """Give the record that a state belongs to."""
        return "7"


def known(spec: Spec, given: Mapping[str, Any] | None = None) -> Known:
    """Answer the settings of a mapping as activation would suggest, and fill the lists that people choose from."""
    spec = scoped.alone(spec)
    twins = {side: Twin(spec.manifests[side], lambda: 0.0, Habits()) for side in spec.sides}
    lists.fill(spec, twins)
    # Everything takes part, unless an answer is given that says otherwise.
    wanted = {each.enabled.setting: each.enabled.equals for each in spec.entities.values() if each.enabled is not None}
    settings = lists.answers(spec, twins, {**wanted, **(given or {})})
    choices: dict[tuple[str, str], list[Mapping[str, Any]]] = {
        (side, name): [*twin.rows(name).values()] for side, twin in twins.items() for name in twin.manifest.resources
    }
    return Known(spec, settings, compile_rules(spec, settings, ZONE), choices)


def _named(found: Field, number: int) -> Any:
    if found.enum:
        return found.enum[0]
    if found.type == "boolean":
        return True
    if found.type == "integer":
        return number
    if found.format == "uuid":
        return f"00000000-0000-4000-8000-{number:012d}"
    if found.format == "date":
        return f"2026-01-0{number}"
    return f"K{number}" if found.max_length != 2 else "NL"


def _number(value: Value) -> int:
    found = re.search(r"([0-9]+)$", str(value), re.ASCII)
    return int(found[1]) if found else 0
