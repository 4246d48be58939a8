"""One row of a mapping, ready to be used in both directions: read, compared, carried across, written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any

from syncrules.journey.places import SideOfRow
from syncrules.journey.surroundings import Late, Surroundings, Value, Waits
from syncrules.language.model import Entity, Row, Spec
from syncrules.records import MISSING, Record, normal, put, reader
from syncrules.vocabulary.concepts import CONCEPTS
from syncrules.vocabulary.operators import OPERATORS, Operator
from syncrules.vocabulary.values import CannotCarry


class RowRules:
    """One row, ready to be used in both directions."""

    def __init__(
        self,
        spec: Spec,
        entity: Entity,
        row: Row,
        settings: Mapping[str, Any],
        prefixes: Mapping[str, str] | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        self.row = row
        self.name = row.name
        self.left, self.right = spec.sides
        self._names = row.refers_to
        operators = [name for name, _ in row.operators]
        concept = next(
            (
                CONCEPTS[name]
                for name in operators
                if name in CONCEPTS and self._wants_concept(spec, entity, row, name, prefixes)
            ),
            None,
        )
        self.concept = concept
        self.operators: list[tuple[Operator, Any]] = [
            (OPERATORS[name], _argument(argument, settings))
            for name, argument in row.operators
            if concept is None or name != concept.name
        ]
        self.sides: dict[str, SideOfRow] = {
            side: SideOfRow(
                spec.manifests[side],
                entity.sources[side].resource,
                parts,
                concept,
                (prefixes or {}).get(side, ""),
                zone,
            )
            for side, parts in row.sides.items()
            if not row.lines
        }
        self.is_matched_by = any(row.name == name for tier in entity.tiers for name, _ in tier.rows)
        self.reference_by = {side: self._travels_by(spec, entity, side) for side in self.sides} if row.refers_to else {}
        self.parts_of_both = self._parts_of_both()

    def _parts_of_both(self) -> tuple[str, ...]:
        """Name the parts in which two sides are compared that do not have the same: what both have, and the whole; else nothing."""
        left, right = ({*self.sides[side].places} if side in self.sides else set() for side in (self.left, self.right))
        if self.concept is None or not left or not right or left == right:
            return ()
        return tuple(sorted((left & right) - self.concept.context | {self.concept.whole}))

    def _wants_concept(
        self, spec: Spec, entity: Entity, row: Row, name: str, prefixes: Mapping[str, str] | None
    ) -> bool:
        if name not in OPERATORS:
            return True
        return any(isinstance(parts, Mapping) for parts in row.sides.values())

    def _travels_by(self, spec: Spec, entity: Entity, side: str) -> str:
        """By which field of the other record this side's reference travels; empty: by its id."""
        place = next(iter(self.sides[side].places.values()))
        manifest = spec.manifests[side]
        if place.field is None or not place.field.reference or not place.field.by:
            return ""
        target = manifest.resources[place.field.reference[0]]
        by = place.field.by[0]
        return "" if (by,) == target.id else by

    # Reading and comparing ----------------------------------------------------------------------------------------

    def read(self, side: str, record: Mapping[str, Any]) -> Value:
        """Read the row's value on a side; MISSING where the answer does not tell, None where the side has no such place."""
        value = self.sides[side].read(record) if side in self.sides else MISSING
        # White space around a number is nobody's wish, and would keep two records apart that belong together.
        return value.strip() if self.is_matched_by and isinstance(value, str) else value

    def meant(self, value: Value) -> Value:
        """Give what a side's value comes down to, where that is one thing: of several places, what stands in the one that counts."""
        if not isinstance(value, Mapping) or self.concept is None:
            return value
        whole = self.concept.read(value)
        return value if isinstance(whole, Mapping) else whole

    def key(self, side: str, value: Value) -> Value:
        """Give the normal form of a side's value: two values with the same key are the same to this row."""
        if isinstance(value, Mapping) and self.concept is not None:
            if not any(operator.key for operator, _ in self.operators):
                return normal(self.concept.key(value))
            value = self.concept.read(value)
        steps = self.operators if side == self.left else list(reversed(self.operators))
        return normal(self._keyed(steps, value))

    def _keyed(self, steps: list[tuple[Operator, Any]], value: Value) -> Value:
        for operator, argument in steps:
            if operator.key is not None and value is not None:
                value = operator.key(value, argument)
        return value

    def same(self, left: Value, right: Value, around: Surroundings) -> bool:
        """Tell whether the two sides agree, each in its own words."""
        for source, value, target, other in (
            (self.left, left, self.right, right),
            (self.right, right, self.left, left),
        ):
            try:
                carried = self.carry(source, value, other, around)
            except (CannotCarry, NotThatWay):
                continue
            if not isinstance(carried, Late) and self.key(target, carried) == self.key(target, other):
                return True
        return False

    # Carrying across ----------------------------------------------------------------------------------------------

    def carry(self, source: str, value: Value, present: Value, around: Surroundings) -> Value | Late:
        """Say in the other side's words what a value of this side is.

        Args:
            source: the side that the value is from.
            value: the value in its words.
            present: what the other side has now, for the parts that this side does not know.

        Raises:
            CannotCarry: it has no counterpart; the message says why.
            Waits: its counterpart is not there yet.
            NotThatWay: the row does not go in this direction.
        """
        forth = source == self.left
        target = self.right if forth else self.left
        if self._names:
            return None if value is None else self._refer(source, target, value, around)
        if isinstance(value, Mapping) and self.concept is not None:
            if target in self.sides and self.sides[target].object_at and self.sides[source].object_at:
                return dict(value)
            value = self.concept.read(value)
        elif self.concept is not None:
            value = self.concept.read({self.concept.whole: value})
        if value is None and self.row.empty is not None:
            if self.row.empty == "wait":
                raise Waits(f"{self.name} is empty")
            return self._instead(self.row.empty, around)
        value = self._translated(value, present, around) if forth else value
        for operator, argument in self.operators if forth else reversed(self.operators):
            step = operator.forth if forth else operator.back
            if step is None:
                raise NotThatWay(self.name)
            value = None if value is None else step(value, argument)
        value = value if forth else self._translated_back(value, present, around)
        if self.concept is not None and target in self.sides:
            wanted = tuple(self.sides[target].places)
            present_parts = present if isinstance(present, Mapping) else {}
            return self.concept.write(value, wanted, present_parts)
        return self._chosen(target, value, around)

    def _chosen(self, target: str, value: Value, around: Surroundings) -> Value:
        """Say a value as the list has it from which the target chooses: what is compared and shown is what is written."""
        place = self.sides[target].places.get("") if target in self.sides else None
        if value is None or place is None or place.look_up is None or self.row.to == "match":
            return value
        try:
            return reader(place.look_up[1], absent=None)(place.chosen(value, around, target))
        except CannotCarry:
            if self.row.unknown == "report":
                raise
            return self._unknown(value, around)

    def _refer(self, source: str, target: str, value: Value, around: Surroundings) -> Value | Late:
        by = self.reference_by.get(source, "")
        id_ = around.known_by(self._names, source, by, value) if by else str(value)
        if id_ is None:
            raise Waits(f"{self.name} '{value}' is not known yet")
        return around.across(self._names, source, id_, self.reference_by.get(target, ""))

    def _translated(self, value: Value, present: Value, around: Surroundings) -> Value:
        """Go through the tables from the first side to the second."""
        if not self.row.values:
            return value
        if "setting" not in self.row.values[0]:
            pairs = {normal(each[self.left]): each[self.right] for each in self.row.values}
            return self._from_table(pairs, value, around)
        for each in self.row.values:
            table = around.settings.get(each["setting"]) or {}
            value = self._from_table({normal(key): answer for key, answer in table.items()}, value, around)
        return value

    def _from_table(self, table: Mapping[Any, Value], value: Value, around: Surroundings) -> Value:
        key = normal(value)
        if key in table and table[key] is not None:
            return table[key]
        return None if value is None else self._unknown(value, around)

    def _translated_back(self, value: Value, present: Value, around: Surroundings) -> Value:
        """Go through the tables from the second side to the first; where several fit, the present value stands if it is one."""
        if not self.row.values or (value is None and "setting" in self.row.values[0]):
            return value
        if "setting" not in self.row.values[0]:
            found = [each[self.left] for each in self.row.values if normal(each[self.right]) == normal(value)]
        else:
            found = [value]
            for each in reversed(self.row.values):
                table = around.settings.get(each["setting"]) or {}
                wanted = [normal(one) for one in found]
                found = [key for key, answer in table.items() if normal(answer) in wanted]
        if not found:
            return None if value is None else self._unknown(value, around)
        if len(found) > 1:
            if normal(present) in [normal(each) for each in found]:
                return present
            preferred = around.settings.get("preferred", {}).get(normal(value))
            if preferred in found:
                return preferred
            raise CannotCarry(
                f"'{value}' may stand for {' or '.join(str(each) for each in found)}: say in the settings which is preferred"
            )
        return found[0]

    def _unknown(self, value: Value, around: Surroundings) -> Value:
        if self.row.unknown == "empty":
            return None
        if isinstance(self.row.unknown, Mapping):
            return self._instead(self.row.unknown, around)
        raise CannotCarry(f"{self.name}: nothing is set up for '{value}'")

    def _instead(self, what: Mapping[str, Any], around: Surroundings) -> Value:
        if "setting" in what:
            answer = around.settings.get(what["setting"])
            if answer is None:
                raise CannotCarry(f"the setting '{what['setting']}' has no answer")
            return answer
        return what["value"]

    def write(self, side: str, changes: Record, value: Value, around: Surroundings) -> None:
        """Lay a value, in the words of this side, into the changes of a record.

        Raises:
            CannotCarry: the field cannot hold it.
        """
        rules = self.sides[side]
        if rules.whole or isinstance(value, Late):
            next(iter(rules.places.values())).write(changes, value, self.row.too_long, around, side)
            return
        context = self.concept.context if self.concept is not None else frozenset()
        if rules.object_at and all(part is None for part in value.values()):
            put(changes, rules.object_at, None)
            return
        for name, part in value.items():
            if name in rules.places and name not in context:
                rules.places[name].write(changes, part, self.row.too_long, around, side)


def _argument(argument: Any, settings: Mapping[str, Any]) -> Any:
    """Give the argument of an operator: as it stands, or the answer to a setting."""
    return settings.get(argument["setting"]) if isinstance(argument, Mapping) and "setting" in argument else argument


class NotThatWay(Exception):
    """The row does not go in this direction."""
