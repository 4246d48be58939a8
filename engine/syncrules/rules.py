"""A checked spec becomes rules: functions that read a record into rows, compare rows, and carry them across.

Every row has a value of its own on each side, in that side's words. What changed on a side is told by comparing its value with
the one it had last time, never with the other side's: so a poorer side that did not change is never the reason for a write.
Nothing here may touch the network, a file or the clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from syncrules.concepts import CONCEPTS, Concept
from syncrules.manifest import Active, Field, Manifest, Resource
from syncrules.model import Entity, Need, Row, Source, Spec, Template
from syncrules.operators import OPERATORS, Operator
from syncrules.records import MISSING, PLAIN_PATH, Record, elements, encode, filled, holds, normal, put, reader
from syncrules.values import CannotCarry

Value = Any


class Waits(CannotCarry):
    """The value will be there later: another record has to go first."""


@dataclass(frozen=True, slots=True)
class Late:
    """The id of a record that this plan creates; known when it has been written."""

    entity: str
    side: str
    """Where the record is that we know."""
    id: str
    field: str
    """What of the other side's record is wanted; empty: its id."""


class Surroundings(Protocol):
    """What a value may depend on besides its own record."""

    settings: Mapping[str, Any]

    def choice(self, side: str, resource: str, field: str, value: Value) -> Value:
        """Give the id of the record of a small look-up resource whose field has this value, or None."""

    def across(self, entities: Iterable[str], side: str, id: str, field: str) -> Value | Late:
        """Give what the record linked to this one is called on the other side, by one of its fields (empty: its id).

        Raises:
            Waits: it is not linked yet, and this plan does not create it.
        """

    def known_by(self, entities: Iterable[str], side: str, field: str, value: Value) -> str | None:
        """Give the id, on its own side, of the record that has this value in a field by which others refer to it."""

    def beside(self, side: str, id: str) -> str | None:
        """Give the id, on a side, of the linked record that a state belongs to."""


@dataclass(frozen=True, slots=True)
class View:
    """One record as the rules of one entity see it."""

    id: str
    name: str
    """What a person calls it."""
    record: Record
    values: Mapping[str, Value]
    """Row → its value in this side's words; a row that the answer did not tell is left out."""
    active: bool | None
    """None where nobody can see it."""
    is_kind: bool
    admitted: str
    """Empty if it may come in, else the path of the condition that fails."""
    needs: Mapping[str, Value]
    external_id: str
    digest: bytes
    """Of the values as they stand: equal bytes end the work; whether a difference matters is looked at afterwards."""


class Place:
    """One path on one side: how its value is read, and how it is written."""

    def __init__(self, manifest: Manifest, resource: str, path: str, prefix: str = "", zone: tzinfo = UTC) -> None:
        self.path = path
        self.side_title = manifest.title
        absent = None if manifest.absent_means_empty else MISSING
        self._read = reader(path, absent=absent)
        self._zone = zone
        self.field: Field | None = (
            manifest.field_at(resource, f"{prefix}{path}") if PLAIN_PATH.fullmatch(path) else None
        )
        self.writable = self.field is not None
        self.reference_id = (
            manifest.resources[self.field.reference[0]].id[0] if self.field is not None and self.field.reference else ""
        )
        self.look_up: tuple[str, str, str] | None = None
        """Resource, field and the path of the reference, where a path goes on into a record that is only chosen."""
        if self.field is not None:
            self._find_look_up(manifest, resource, prefix)

    def _find_look_up(self, manifest: Manifest, resource: str, prefix: str) -> None:
        steps = self.path.split(".")
        for length in range(1, len(steps)):
            head = ".".join(steps[:length])
            above = manifest.field_at(resource, f"{prefix}{head}")
            if above is not None and above.reference:
                self.look_up = (above.reference[0], ".".join(steps[length:]), head)
                self.chosen_id = manifest.resources[above.reference[0]].id[0]
                return

    def read(self, record: Mapping[str, Any]) -> Value:
        """Read the value: a reference as the id it points to, an empty text as None."""
        value = self._read(record)
        if value is MISSING or value is None or value == "":
            return None if value == "" else value
        if self.field is not None:
            if self.field.reference and isinstance(value, Mapping):
                return value.get(self.reference_id)
            if self.field.type in ("number", "integer") or self.field.format == "decimal":
                return _number_or_as_written(value)
            if self.field.format == "date-time":
                return at_home(value, self._zone)
        return value

    def write(self, changes: Record, value: Value, too_long: str, around: Surroundings, side: str) -> None:
        """Lay the value into the changes of a record, in the form that the field asks for.

        Raises:
            CannotCarry: the field cannot hold it.
        """
        if isinstance(value, Late):
            put(changes, self.path, value)
            return
        if self.look_up is not None:
            resource, by, head = self.look_up
            if value is None:
                put(changes, head, None)
                return
            id_ = around.choice(side, resource, by, value)
            if id_ is None:
                raise CannotCarry(f"{self.side_title} has no '{value}' among its {resource}")
            put(changes, head, {self.chosen_id: id_, by: value})
            return
        assert self.field is not None
        put(changes, self.path, self._fitted(value, too_long))

    def _fitted(self, value: Value, too_long: str) -> Value:
        where = self.field
        assert where is not None
        if value is None:
            return None
        if where.reference and where.type == "object":
            return {self.reference_id: value}
        if where.enum and value not in where.enum:
            raise CannotCarry(f"{self.side_title} does not take '{value}' as {where.title or where.name}")
        match where.type:
            case "integer":
                whole = number(value)
                if whole != int(whole):
                    raise CannotCarry(f"'{value}' is not a whole number")
                return int(whole)
            case "number":
                return number(value)
            case "boolean" if not isinstance(value, bool):
                raise CannotCarry(f"'{value}' is neither true nor false")
            case "string" if not isinstance(value, bool):
                text = normal(value) if isinstance(value, Decimal) else str(value)
                if where.max_length is not None and len(text) > where.max_length:
                    if too_long == "cut":
                        return text[: where.max_length].rstrip()
                    raise CannotCarry(
                        f"'{text[:30]}…' has {len(text)} characters; {where.title or where.name} of {self.side_title} takes {where.max_length}"
                    )
                return text
            case _:
                return value


def number(value: Value) -> Value:
    """Read a number exactly.

    Raises:
        CannotCarry: it is not a number.
    """
    if isinstance(value, bool):
        raise CannotCarry(f"'{value}' is not a number")
    if isinstance(value, Decimal | int):
        return value
    try:
        result = Decimal(str(value))
    except InvalidOperation as error:
        raise CannotCarry(f"'{value}' is not a number") from error
    if not result.is_finite():
        raise CannotCarry(f"'{value}' is not a number")
    return result


def _number_or_as_written(value: Value) -> Value:
    """Read a number; what is none is told when it is to be carried, because a reader stops for nobody's mistake."""
    try:
        return number(value)
    except CannotCarry:
        return value


def at_home(value: Value, zone: tzinfo) -> Value:
    """Tell a moment as the clock at home showed it: half past midnight there is still the day before in Greenwich.

    A text without an offset is a day, or a time, as somebody wrote it, and is left alone; so is the last moment of the calendar.
    """
    try:
        moment = datetime.fromisoformat(str(value))
        return value if moment.tzinfo is None else moment.astimezone(zone).isoformat()
    except (ValueError, OverflowError):
        return value


class SideOfRow:
    """One side of one row: a single place, or the named parts of a concept."""

    def __init__(
        self,
        manifest: Manifest,
        resource: str,
        parts: str | Mapping[str, str],
        concept: Concept | None,
        prefix: str,
        zone: tzinfo,
    ) -> None:
        self.concept = concept
        self.places: dict[str, Place] = {}
        self.whole = ""
        self.object_at = ""
        """The object whose parts these are, where the manifest says so: then an empty object is an empty value."""
        if isinstance(parts, Mapping):
            self.places = {name: Place(manifest, resource, path, prefix, zone) for name, path in parts.items()}
        elif concept is not None:
            found = manifest.field_at(resource, f"{prefix}{parts}") if PLAIN_PATH.fullmatch(parts) else None
            kind = manifest.types[found.of] if found is not None and found.of else None
            if kind is not None and kind.concept == concept.name:
                self.object_at = parts
                self.places = {
                    name: Place(manifest, resource, f"{parts}.{path}", prefix, zone)
                    for name, path in kind.parts.items()
                }
            else:
                self.places = {concept.whole: Place(manifest, resource, parts, prefix, zone)}
        else:
            self.whole = parts
            self.places = {"": Place(manifest, resource, parts, prefix, zone)}

    def read(self, record: Mapping[str, Any]) -> Value:
        """Read the value in this side's words: as it stands, or part by part."""
        if self.whole:
            return self.places[""].read(record)
        values = {name: place.read(record) for name, place in self.places.items()}
        if any(value is MISSING for value in values.values()):
            return MISSING
        return values

    @property
    def writable(self) -> bool:
        return all(place.writable for place in self.places.values())


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
        self.reference_by = {side: self._travels_by(spec, entity, side) for side in self.sides} if row.refers_to else {}

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
        return self.sides[side].read(record) if side in self.sides else MISSING

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
        return value

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
            place = next(iter(rules.places.values()))
            try:
                place.write(changes, value, self.row.too_long, around, side)
            except CannotCarry:
                if not isinstance(self.row.unknown, Mapping) or place.look_up is None:
                    raise
                place.write(changes, self._instead(self.row.unknown, around), self.row.too_long, around, side)
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


class LineRules:
    """The templates of one list row: how the lines of a document are made."""

    def __init__(self, spec: Spec, entity: Entity, row: Row, settings: Mapping[str, Any], zone: tzinfo = UTC) -> None:
        self._zone = zone
        self.row = row
        self.name = row.name
        self.source_side, self.target_side = (
            spec.sides if entity.to != spec.sides[0] else (spec.sides[1], spec.sides[0])
        )
        self._source_path = str(row.sides[self.source_side])
        self._target_path = str(row.sides[self.target_side])
        self._absent = None if spec.manifests[self.source_side].absent_means_empty else MISSING
        self.templates = [(each, self._rows(spec, entity, each, settings)) for each in row.lines]

    def _rows(
        self, spec: Spec, entity: Entity, template: Template, settings: Mapping[str, Any]
    ) -> list[tuple[RowRules, bool]]:
        result = []
        for each in template.rows:
            source = str(each.sides.get(self.source_side, ""))
            from_document = source.startswith("document.")
            row = _with_side(each, self.source_side, source.removeprefix("document.")) if from_document else each
            prefix = "" if from_document or template.for_each == "document" else f"{template.for_each}."
            prefixes = {self.source_side: prefix, self.target_side: f"{self._target_path}."}
            result.append((RowRules(spec, entity, row, settings, prefixes, self._zone), from_document))
        return result

    def read(self, side: str, record: Mapping[str, Any]) -> Value:
        """Read the lines as they are: whole, because a list is compared and replaced whole."""
        value = reader(self._source_path if side == self.source_side else self._target_path, absent=self._absent)(
            record
        )
        if value is MISSING or side != self.source_side:
            return MISSING
        return [self._line(each) for each in value or []]

    def _line(self, element: Mapping[str, Any]) -> Record:
        """Keep of a source line what some template reads."""
        line: Record = {}
        for _, rows in self.templates:
            for rules, from_document in rows:
                if not from_document and self.source_side in rules.sides:
                    value = rules.read(self.source_side, element)
                    if value is not MISSING and rules.sides[self.source_side].whole:
                        put(line, rules.sides[self.source_side].whole, value)
        return line

    def make(self, record: Mapping[str, Any], around: Surroundings) -> list[Record]:
        """Make the target's lines from a source document.

        Raises:
            CannotCarry: a value has no counterpart; the message names the line.
        """
        lines: list[Record] = []
        for template, rows in self.templates:
            for number_, group in enumerate(self._groups(template, record, around.settings), 1):
                line: Record = {}
                for path, constant in template.set.items():
                    put(line, path, constant_of(constant, around.settings))
                for rules, from_document in rows:
                    self._fill(line, rules, [record] if from_document else group, around, number_)
                if self.row.numbered:
                    line[self.row.numbered] = len(lines)
                lines.append(line)
        return lines

    def _groups(
        self, template: Template, record: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> Iterator[list[Mapping[str, Any]]]:
        if template.for_each == "document":
            yield [record]
            return
        items = [
            each
            for each in elements_of(record, template.for_each)
            if not (template.unless and holds(template.unless, each, settings))
        ]
        if not template.one_per:
            yield from ([each] for each in items)
            return
        read = reader(template.one_per, absent=None)
        groups: dict[str, list[Mapping[str, Any]]] = {}
        for each in items:
            value = read(each)
            groups.setdefault(repr(normal(value)), []).append(each)
        yield from groups.values()

    def _fill(
        self, line: Record, rules: RowRules, group: list[Mapping[str, Any]], around: Surroundings, number_: int
    ) -> None:
        try:
            if self.source_side in rules.sides:
                summed = any(operator.name == "sum" for operator, _ in rules.operators)
                path = rules.sides[self.source_side].whole
                value = (
                    [number(one) for each in group for one in elements(each, path) if one is not None]
                    if summed
                    else rules.read(self.source_side, group[0])
                )
            else:
                value = None
            if value is MISSING:
                raise CannotCarry(
                    f"{rules.name} is not in the answer of {rules.sides[self.source_side].places[''].side_title}"
                )
            carried = rules.carry(self.source_side, value, None, around)
            rules.write(self.target_side, line, carried, around)
        except Waits:
            raise
        except CannotCarry as error:
            raise CannotCarry(f"line {number_}: {error}") from error


def elements_of(record: Mapping[str, Any], path: str) -> list[Mapping[str, Any]]:
    """Read a list of objects; an empty one if there is none."""
    value = reader(path, absent=None)(record)
    return [each for each in value or [] if isinstance(each, Mapping)]


def constant_of(constant: Any, settings: Mapping[str, Any]) -> Value:
    """Give a constant, or the answer to a setting.

    Raises:
        CannotCarry: the setting has no answer.
    """
    if isinstance(constant, Mapping):
        answer = settings.get(constant["setting"])
        if answer is None:
            raise CannotCarry(f"the setting '{constant['setting']}' has no answer")
        return answer
    return constant


def _with_side(row: Row, side: str, path: str) -> Row:
    from dataclasses import replace

    return replace(row, sides={**row.sides, side: path})


@dataclass(slots=True)
class EntityRules:
    """All rules of one entity."""

    spec: Spec
    entity: Entity
    rows: list[RowRules]
    lines: list[LineRules]
    referred_by: dict[str, set[str]] = field(default_factory=dict)
    """Side → fields by which records of other entities refer to ours."""
    salt: str = ""
    """Changes with the mapping and its settings: every record is then decided about anew."""
    family: tuple[str, ...] = ()
    """Entities that read the same resource on some side, this one included: a record belongs to one of them."""
    _needs: dict[str, list[tuple[Need, Callable[[Mapping[str, Any]], Any]]]] = field(default_factory=dict)

    def source(self, side: str) -> Source:
        return self.entity.sources[side]

    def resource(self, side: str) -> Resource:
        return self.spec.manifests[side].resources[self.entity.sources[side].resource]

    def row(self, name: str) -> RowRules:
        return next(each for each in self.rows if each.name == name)

    def is_kind(self, side: str, record: Record, settings: Mapping[str, Any]) -> bool:
        """Tell whether a record is of the kind that this entity is about."""
        return holds(self.entity.sources[side].is_, record, settings)

    def view(self, side: str, record: Record, settings: Mapping[str, Any]) -> View:
        """Look at a record through the rules of this entity."""
        source, resource = self.entity.sources[side], self.resource(side)
        values = {each.name: value for each in self.rows if (value := each.read(side, record)) is not MISSING}
        values |= {each.name: value for each in self.lines if (value := each.read(side, record)) is not MISSING}
        active = self._active(source, resource, record, settings)
        is_kind = self.is_kind(side, record, settings)
        admitted = failing_admission(source, record, settings)
        needs = {need.name: normal_or_missing(read(record)) for need, read in self._needs.get(side, ())}
        external = record.get(resource.external_id) if resource.external_id else None
        referred = [[name, normal_or_missing(reader(name)(record))] for name in sorted(self.referred_by.get(side, ()))]
        # All needs count, also those for a new record only: one that waits for them is looked at again when they change.
        digest = hashlib.blake2b(
            encode([self.salt, values, referred, active, is_kind, admitted, sorted(needs.items())]), digest_size=16
        ).digest()
        return View(
            id=resource.key_of(record),
            name=resource.name_of(record),
            record=record,
            values=values,
            active=active,
            is_kind=is_kind,
            admitted=admitted,
            needs=needs,
            external_id=str(external or ""),
            digest=digest,
        )

    def keys(self, side: str, view: View) -> Iterator[tuple[str, str, str]]:
        """Give by what a record can be found: name of the key, value as written, value as compared."""
        for number_, tier in enumerate(self.entity.tiers):
            parts = [self.matched(side, name, wanted, view.values.get(name)) for name, wanted in tier.rows]
            if tier.kind == "all":
                if all(parts):
                    yield f"tier {number_}", "", " & ".join(parts)
            else:
                for (name, _), compared in zip(tier.rows, parts, strict=True):
                    if compared:
                        yield f"tier {number_}: {name}", "", compared
        within = self.resource(side).within
        for name in sorted(
            {*self.referred_by.get(side, ()), *self.resource(side).keys, *([within[1]] if within is not None else [])}
        ):
            value = reader(name)(view.record)
            if within is not None and isinstance(value, Mapping):
                value = value.get(self.spec.manifests[side].resources[within[0]].id[0])
            if filled(value):
                yield f"@{name}", str(normal(value)), str(normal(value))

    def matched(self, side: str, name: str, parts: tuple[str, ...], value: Value) -> str:
        """Give the text by which the two sides are compared when records look for each other; empty if there is nothing to compare."""
        rules = self.row(name)
        if value is MISSING or not filled(value):
            return ""
        if rules.concept is not None and isinstance(value, Mapping):
            rich = rules.concept.read(value)
            if not isinstance(rich, Mapping):
                return str(normal(rich) or "").strip()
            said = rules.concept.write(rich, parts, {}) if parts else rich
            # A part may have to be taken out of a line first, such as the house number.
            chosen = [str(normal(said.get(part)) or "").replace(" ", "").casefold() for part in parts or sorted(said)]
            return "|".join(chosen) if any(chosen) else ""
        return str(rules.key(side, value) or "").strip()

    def _active(self, source: Source, resource: Resource, record: Record, settings: Mapping[str, Any]) -> bool | None:
        if source.inactive:
            return not holds(source.inactive, record, settings)
        if isinstance(resource.active, Active):
            value = reader(resource.active.field)(record)
            return None if value is MISSING else normal(value) != normal(resource.active.inactive)
        return None

    def lacking(
        self, side: str, target: str, record: Record, settings: Mapping[str, Any], *, creating: bool
    ) -> Need | None:
        """Find the first need, looked up on this side, that keeps this record from being sent to the target."""
        for need, read in self._needs.get(side, ()):
            if need.to != target or need.of or (need.only_created and not creating):
                continue
            value = read(record)
            if need.equals is not None:
                if normal(value if value is not MISSING else None) != normal(constant_of(need.equals, settings)):
                    return need
            elif not filled(value):
                return need
        return None


def normal_or_missing(value: Any) -> Any:
    """Give the normal form, or a word for not knowing."""
    return "?" if value is MISSING else normal(value)


def failing_admission(source: Source, record: Record, settings: Mapping[str, Any]) -> str:
    """Name the condition that keeps a record from coming in; empty if none does."""
    for path, test in source.where.items():
        if not holds({path: test}, record, settings):
            return path
    if source.where_any and not any(holds(each, record, settings) for each in source.where_any):
        return next(iter(source.where_any[0]))
    return ""


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole mapping, ready to be carried out."""

    spec: Spec
    entities: Mapping[str, EntityRules]
    """In the order in which they are carried out; those that a setting switches off are left out."""
    choices: frozenset[tuple[str, str]]
    """Side and resource of the small look-ups that must be read before anything is written."""
    digest: str
    """Changes whenever the mapping or an answer changes."""

    def reads(self, name: str, side: str) -> bool:
        """Tell whether an entity reads a side: as a source, or to find counterparts and edits among its records."""
        entity = self.entities[name].entity
        if entity.to in ("both", self.spec.other(side)):
            return True
        if entity.for_each:
            return False
        return bool(entity.tiers) or self.entities[name].resource(side).update != "none"


def compile_rules(spec: Spec, settings: Mapping[str, Any], zone: tzinfo = UTC) -> Rules:
    """Turn a checked spec and the answers of a connection into rules; days are those of the given zone."""
    entities = {
        entity.name: _entity_rules(spec, entity, settings, zone)
        for entity in spec.entities.values()
        if entity.enabled is None or normal(settings.get(entity.enabled.setting)) == normal(entity.enabled.equals)
    }
    for rules in entities.values():
        mine = {(side, source.resource) for side, source in rules.entity.sources.items() if not rules.entity.for_each}
        rules.family = tuple(
            name
            for name, each in entities.items()
            if not each.entity.for_each
            and mine & {(side, source.resource) for side, source in each.entity.sources.items()}
        )
        for row in rules.rows:
            for side, by in row.reference_by.items():
                for name in row.row.refers_to if by else ():
                    if name in entities:
                        entities[name].referred_by.setdefault(side, set()).add(by)
        _look_through(rules, entities)
    choices = {
        (side, place.look_up[0])
        for rules in entities.values()
        for row in rules.rows
        for side, part in row.sides.items()
        for place in part.places.values()
        if place.look_up is not None
    }
    digest = hashlib.blake2b(encode([spec.digest, normal(dict(settings))]), digest_size=16).hexdigest()
    for rules in entities.values():
        rules.salt = digest
    return Rules(spec, _in_order(entities), frozenset(choices), digest)


def _in_order(entities: Mapping[str, EntityRules]) -> dict[str, EntityRules]:
    """Put what others wait for in front of them; for the rest the order of the file stands."""
    ordered: dict[str, EntityRules] = {}

    def add(name: str) -> None:
        entity = entities[name].entity
        for other in (*entity.for_each, *entity.after, *(each for row in entity.rows for each in row.refers_to)):
            if other in entities and other not in ordered and other != name:
                add(other)
        ordered[name] = entities[name]

    for name in entities:
        if name not in ordered:
            add(name)
    return ordered


def _look_through(rules: EntityRules, entities: Mapping[str, EntityRules]) -> None:
    """Note which fields of the records that are referred to are looked at: by a need, or to take a value over."""
    wanted = [(need.of, need.side, need.path) for need in rules.entity.needs if need.of]
    wanted += [
        (row.row.take["of"], side, row.row.take["field"])
        for row in rules.rows
        if row.row.take
        for side in row.row.sides
    ]
    for of, side, path in wanted:
        for name in rules.row(of).row.refers_to:
            if name in entities:
                entities[name].referred_by.setdefault(side, set()).add(path)


def _entity_rules(spec: Spec, entity: Entity, settings: Mapping[str, Any], zone: tzinfo) -> EntityRules:
    rows = [
        RowRules(spec, entity, row, settings, zone=zone) for row in entity.rows if not row.lines and row.to != "neither"
    ]
    lines = [LineRules(spec, entity, row, settings, zone) for row in entity.rows if row.lines]
    rules = EntityRules(spec, entity, rows, lines)
    for need in entity.needs:
        rules._needs.setdefault(need.side, []).append((need, reader(need.path)))
    return rules
