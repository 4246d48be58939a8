"""How TORM is asked: questions with their conditions, the joins they need, and the names of types.

Knows no resource and makes no call. The numbers of the operators are those that a manifest declares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncrules_providers.torm_values import Raw, moment_told, type_of

Condition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a collection."""

    om: str
    where: tuple[Condition, ...] = ()
    joins: tuple[str, ...] = ()
    """Objects that conditions and shown properties lead to, by their names in `routes`."""
    order: tuple[str, ...] = ("Id",)
    """Properties; a minus in front turns the order round."""
    show: tuple[str, ...] = ()
    """Properties to answer with instead of whole objects."""
    level: int = 1
    routes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name → `om` of a joined object, `left` property there, `right` property of its `owner` (ours if it has none)."""


class Asking:
    """Spell questions, as a manifest declares."""

    def __init__(self, wire: Mapping[str, Any]) -> None:
        self._objects = wire["objects"]
        self._operators = wire["operators"]
        self._moment_kind = wire["moment_kind"]
        self._nothing = wire["no_reference"]

    def spelt(self, asked: Question, skip: int | None, size: int | None) -> Raw:
        """Spell a question; the size of a page counts only when its first row is said too."""
        body: Raw = {"EntityType": type_of(self._objects, asked.om), "Alias": "this"}
        if asked.joins:
            body["Association"] = {each: self._joined(each, asked.routes[each]) for each in asked.joins}
        if asked.where:
            body["Conditions"] = list(asked.where)
        if asked.show:
            shown = self._operators["show"]
            body["ProjectionsList"] = [{"PropertyName": each, "Operator": shown} for each in asked.show]
        if skip is not None:
            body["Orders"] = [_ordered(each) for each in asked.order]
            body |= {"FirstResult": skip, "MaxResult": size}
        return body

    def equal(self, name: str, value: object) -> Condition:
        return self._condition("equal", name, value)

    def one_of(self, name: str, values: Iterable[str]) -> Condition:
        return self._condition("one_of", name, *values)

    def unlike(self, name: str, value: object) -> Condition:
        return self._condition("not", "", self.equal(name, value))

    def referring(self, name: str) -> tuple[Condition, Condition]:
        """Require that a reference leads somewhere: an empty one may be stored as nothing, or as the empty id."""
        return self._condition("not_null", name), self.unlike(name, self._nothing)

    def since(self, name: str, moment: str) -> Condition:
        return {**self._condition("at_least", name, moment_told(moment)), "ValueTypes": [self._moment_kind]}

    def _condition(self, operator: str, name: str, *values: object) -> Raw:
        number = self._operators[operator]
        return {"Operator": number, "PropertyName": name, "OtherPropertyName": "", "Values": list(values)}

    def _joined(self, name: str, route: Mapping[str, str]) -> Raw:
        owner = {"OwnerAlias": route["owner"]} if "owner" in route else {}
        return {
            "AliasName": name,
            "Type": type_of(self._objects, route["om"]),
            "JoinType": self._operators["same_as"],
            "LeftProperty": route["left"],
            "RightProperty": route["right"],
            **owner,
        }


def _ordered(name: str) -> Raw:
    return {
        "PropertyName": name.removeprefix("-"),
        "Alias": None,
        "Projections": None,
        "Ascending": not name.startswith("-"),
    }
