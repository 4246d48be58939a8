"""One path on one side: how its value is read there, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from syncrules.journey.surroundings import Late, Surroundings, Value
from syncrules.manifest import Field, Manifest
from syncrules.records import MISSING, PLAIN_PATH, Record, normal, put, reader
from syncrules.vocabulary.concepts import Concept
from syncrules.vocabulary.formats import FORMATS
from syncrules.vocabulary.values import CannotCarry


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
        self._rows: Mapping[Any, Mapping[str, Any]] = {}
        """What the reference holds → the record that it chooses, where the manifest itself has the records."""
        if self.field is not None:
            self._find_look_up(manifest, resource, prefix)

    def _find_look_up(self, manifest: Manifest, resource: str, prefix: str) -> None:
        steps = self.path.split(".")
        for length in range(1, len(steps)):
            head = ".".join(steps[:length])
            above = manifest.field_at(resource, f"{prefix}{head}")
            if above is not None and above.reference:
                self.look_up = (above.reference[0], ".".join(steps[length:]), head)
                chosen = manifest.resources[above.reference[0]]
                self.chosen_id = chosen.id[0]
                by = above.by[0] if above.by else self.chosen_id
                self._rows = {normal(each[by]): each for each in chosen.rows or ()}
                return

    def read(self, record: Mapping[str, Any]) -> Value:
        """Read the value: a reference as the id it points to, an empty text as None."""
        value = self._of_chosen(record) if self._rows else self._read(record)
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

    def _of_chosen(self, record: Mapping[str, Any]) -> Value:
        """Read from the record that is chosen; None if there is no such one."""
        assert self.look_up is not None
        _, path, head = self.look_up
        chosen = reader(head, absent=None)(record)
        if isinstance(chosen, Mapping):
            return self._read(record)
        return reader(path, absent=None)(self._rows.get(normal(chosen), {}))

    def chosen(self, value: Value, around: Surroundings, side: str) -> Mapping[str, Any]:
        """Find the record that is chosen by a value.

        Raises:
            CannotCarry: there is none.
        """
        assert self.look_up is not None
        resource, by, _ = self.look_up
        found = around.choice(side, resource, by, value)
        if found is None:
            raise CannotCarry(f"{self.side_title} has no '{value}' among its {resource}")
        return found

    def write(self, changes: Record, value: Value, too_long: str, around: Surroundings, side: str) -> None:
        """Lay the value into the changes of a record, in the form that the field asks for.

        Raises:
            CannotCarry: the field cannot hold it.
        """
        if isinstance(value, Late):
            whole = self.field is not None and self.field.type == "integer"
            put(changes, self.path, replace(value, whole=whole) if whole else value)
            return
        if self.look_up is not None:
            _, by, head = self.look_up
            chosen = self.chosen(value, around, side) if value is not None else None
            put(changes, head, {self.chosen_id: chosen.get(self.chosen_id), by: value} if chosen is not None else None)
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
                text = self._formatted(text) if where.format in FORMATS and text else text
                if where.max_length is not None and len(text) > where.max_length:
                    if too_long == "cut":
                        return text[: where.max_length].rstrip()
                    raise CannotCarry(
                        f"'{text[:30]}…' has {len(text)} characters; {where.title or where.name} of {self.side_title} takes {where.max_length}"
                    )
                return text
            case _:
                return value

    def _formatted(self, text: str) -> str:
        assert self.field is not None
        try:
            return FORMATS[self.field.format](text)
        except CannotCarry as error:
            title = self.field.title or self.field.name
            raise CannotCarry(f"{error}, and {title} of {self.side_title} takes nothing else") from error


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
