"""How TORM spells what travels: days, references, and a record as an object with its type.

Knows no resource and makes no call. Names and numbers of the spelling are those that a manifest declares.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from syncrules.manifest import Field, Type
from syncrules.provider import Record

Raw = dict[str, Any]
"""An object as it travels."""
Referred = Callable[[str, str], Record | None]
"""Resource and id → the record there, or None if it is not known."""

NOT_TOLD: Final = object()
"""The answer does not say; told apart from None, which is empty."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"/Date\((-?\d{1,16})([+-])?(\d\d)?(\d\d)?\)/")
_UNSET = datetime(2, 1, 1, tzinfo=UTC)
"""The platform writes the first day of its calendar where no day was set, moved by the zone of the server."""
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def decoded(content: bytes) -> Any:
    """Read JSON; a number with a point is an exact decimal.

    Raises:
        ValueError: it is not JSON.
    """
    return _decoder.decode(content)


class Unreadable(ValueError):
    """A value does not fit the field that it stands in."""


class Unwritable(ValueError):
    """A value cannot travel as its field declares; nothing was sent."""


def type_of(objects: Mapping[str, Any], om: str) -> str:
    """Tell the full name of the type of an object."""
    space = objects["namespace"]
    below = next((f"{each}." for each, names in objects["below"].items() if om in names), "")
    return f"{space}.{below}{om}, {space}"


class Dialect:
    """Read and write records, as a manifest declares."""

    def __init__(self, wire: Mapping[str, Any], types: Mapping[str, Type]) -> None:
        self._types = types
        self._objects = wire["objects"]
        self._nothing = wire["no_reference"]
        self._zone = ZoneInfo(wire["zone"])

    # Reading ----------------------------------------------------------------------------------------------------

    def read(self, fields: Mapping[str, Field], raw: Mapping[str, Any], referred: Referred) -> Record:
        """Turn an object into a record of the declared fields; what the answer does not tell is left out.

        Raises:
            Unreadable: a value does not fit its field.
        """
        record = {each.name: self._value(each, raw, fields, referred) for each in fields.values()}
        return {name: value for name, value in record.items() if value is not NOT_TOLD}

    def _value(self, each: Field, raw: Mapping[str, Any], fields: Mapping[str, Field], referred: Referred) -> Any:
        if "at" in each.wire:
            within = _within(raw, each.wire["at"], fields[each.wire["at"]])
            if within is None or within is NOT_TOLD:
                return within
            raw = within
        if "any" in each.wire:
            flags = [raw.get(name) for name in each.wire["any"]]
            return True if True in flags else NOT_TOLD if None in flags else False
        if "id" in each.wire:
            return self._reference(each, raw.get(each.wire["id"], NOT_TOLD), referred)
        if "list" in each.wire:
            return self._part(each, raw, referred)
        value = raw.get(each.wire.get("from", each.name), NOT_TOLD)
        if value is NOT_TOLD or value is None:
            return value
        if each.of and each.type == "array":
            return [self.read(self._types[each.of].fields, one, referred) for one in value]
        if each.of:
            return self.read(self._types[each.of].fields, value, referred)
        return self._single(each, value)

    def _reference(self, each: Field, key: Any, referred: Referred) -> Any:
        if key is NOT_TOLD:
            return NOT_TOLD
        if self.is_empty(key):
            return None
        found = referred(each.reference[0], key)
        if each.type == "object":
            return found if found is not None else {"Id": key}
        return found.get(each.by[0], NOT_TOLD) if found is not None else NOT_TOLD

    def _part(self, each: Field, raw: Mapping[str, Any], referred: Referred) -> Any:
        """Find the one element of a list that is a part of ours, such as the address that invoices go to."""
        among = raw.get(each.wire["list"])
        if among is None:
            return NOT_TOLD
        mine = [one for one in among if _fits(one, each.wire["where"])]
        if not mine and "else_first_by" in each.wire:
            mine = sorted(among, key=lambda one: one.get(each.wire["else_first_by"]) or 0)
        if not mine:
            return None
        held = mine[0].get(each.wire["in"])
        return self.read(self._types[each.of].fields, held, referred) if held is not None else NOT_TOLD

    def _single(self, each: Field, value: Any) -> Any:
        match each.type, value:
            case "string", str() if each.format in ("date", "date-time"):
                return self._read_date(each, value)
            case "string", str():
                # Texts come back padded on the right.
                text = value.strip()
                return None if each.format == "uuid" and self.is_empty(text) else text
            case "string", int() | Decimal() if not each.format and not isinstance(value, bool):
                return str(value)
            case "number", int() | Decimal() if not isinstance(value, bool):
                return _spelt(Decimal(value), each.decimals)
            case ("integer", int()) | ("boolean", bool()) if isinstance(value, bool) is (each.type == "boolean"):
                return value
        raise Unreadable(f"{each.name} holds {str(value)[:40]!r}, which is not a {each.format or each.type}")

    def _read_date(self, each: Field, value: str) -> str | None:
        moment = moment_of(value)
        if moment is None:
            raise Unreadable(f"{each.name} holds {value[:40]!r}, which is not a {each.format}")
        if moment < _UNSET:
            return None
        if each.format == "date-time":
            return moment.astimezone(UTC).isoformat()
        return (moment if moment.tzinfo is not UTC else moment.astimezone(self._zone)).date().isoformat()

    def is_empty(self, key: Any) -> bool:
        """Tell whether a reference leads nowhere."""
        return key in (None, "", self._nothing)

    def keys(self, objects: Iterable[Raw], name: str) -> list[str]:
        """List where a reference of these objects leads, without the empty ones."""
        return [key for each in objects if not self.is_empty(key := each.get(name)) and isinstance(key, str)]

    # Writing ----------------------------------------------------------------------------------------------------

    def write(self, om: str, fields: Mapping[str, Field], record: Mapping[str, Any], *, new: bool) -> Raw:
        """Turn a record, or what changes of one, into an object.

        Args:
            new: an object that is to be created, together with its parts.

        Raises:
            Unwritable: a value does not fit its field, or has none.
        """
        body: Raw = {}
        later: list[tuple[Field, Any]] = []
        for name, value in record.items():
            each = fields.get(name)
            if each is None or (each.read_only and "set" not in each.wire and name != "Id"):
                raise Unwritable(f"{name} cannot be written")
            if value is None and new:
                continue
            if "at" in each.wire:
                later.append((each, value))
            else:
                self._put(body, each, value)
        for each, value in later:
            if not body.get(each.wire["at"]):
                raise Unwritable(f"{fields[each.wire['at']].title or each.wire['at']} ({each.wire['at']}) is missing")
            for line in body[each.wire["at"]]:
                if "pick" not in each.wire or _fits(line, each.wire["pick"]):
                    line[each.name] = value
        return self.typed(om, body)

    def _put(self, body: Raw, each: Field, value: Any) -> None:
        if "any" in each.wire:
            body[each.wire["set"]] = value
        elif "list" in each.wire:
            if says_something(value):
                body[each.wire["list"]] = [self.link(each, value, new=True)]
        elif each.of and each.type == "array":
            kind = self._types[each.of]
            body[each.name] = [self.write(kind.wire["om"], kind.fields, one, new=True) for one in value]
        elif each.of:
            kind = self._types[each.of]
            body[each.name] = self.write(kind.wire["om"], kind.fields, value, new=True)
        elif value is None and "id" in each.wire:
            body[each.wire["id"]] = self._nothing
        else:
            body[each.name] = self._told(each, value)

    def link(self, each: Field, value: Mapping[str, Any], *, new: bool) -> Raw:
        """Spell a part with what ties it to its owner.

        Args:
            new: whether the owner is created along with it, so that it is the only one of its kind.
        """
        kind = self._types[each.of]
        flags = {**each.wire["set"], **(each.wire.get("alone", {}) if new else {})}
        part = self.write(kind.wire["om"], kind.fields, value, new=True)
        return self.typed(each.wire["link"], {**flags, each.wire["in"]: part})

    def typed(self, om: str, body: Raw) -> Raw:
        """Add the type of an object, and how many levels it has: two for one that holds no others, as codes need."""
        below = [one for each in body.values() for one in (each if isinstance(each, list) else [each])]
        depth = self._objects["depth"]
        levels = max((one[depth] + 1 for one in below if isinstance(one, dict)), default=2)
        return {self._objects["kind"]: type_of(self._objects, om), depth: levels, **body}

    def _told(self, each: Field, value: Any) -> Any:
        match each.type, value:
            case "string", None if each.format != "date":
                return ""
            case _, None:
                return None
            case "string", str() if each.format == "date":
                return day_told(each.name, value)
            case ("string", str()) | ("boolean", bool()):
                return value
            case ("integer", int()) | ("number", int() | Decimal()) if not isinstance(value, bool):
                return value
        raise Unwritable(f"{each.name} cannot be sent: {value!r} is not a {each.type}")


def says_something(part: Mapping[str, Any]) -> bool:
    """Tell whether a part has any value: one that has none is not made."""
    return any(value not in (None, "") for value in part.values())


def moment_of(text: str) -> datetime | None:
    """Read `/Date(milliseconds)/`, in UTC or with the offset that it names; None if it is not one."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        moment = EPOCH + timedelta(milliseconds=int(found[1]))
        if found[2] is None or found[3] is None or found[4] is None:
            return moment
        offset = timedelta(hours=int(found[3]), minutes=int(found[4]))
        return moment.astimezone(timezone(offset if found[2] == "+" else -offset))
    except (OverflowError, ValueError):
        return EPOCH.replace(year=1) if found[1].startswith("-") else None


def moment_told(text: str) -> str:
    """Spell a moment, given in ISO 8601; without an offset it is in UTC.

    >>> moment_told("2025-10-09T08:53:20Z")
    '/Date(1760000000000)/'
    """
    moment = datetime.fromisoformat(text)
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH
    return f"/Date({since // timedelta(milliseconds=1)})/"


def day_told(name: str, text: str) -> str:
    """Spell a day as its midnight in UTC, which is that day in every place from Greenwich to the east.

    Raises:
        Unwritable: it is not a day.
    """
    try:
        return moment_told(date.fromisoformat(text[:10]).isoformat())
    except ValueError as error:
        raise Unwritable(f"{name} cannot be sent: {text!r} is not a day") from error


def _spelt(value: Decimal, decimals: int | None) -> Decimal:
    """Spell an amount with the decimals that its field has, so that 242 and 242.00 look the same; more are kept."""
    try:
        whole = value if decimals is None else value.quantize(Decimal(1).scaleb(-decimals))
    except InvalidOperation:
        return value  # more digits than any amount has
    return whole if whole == value else value


def _within(raw: Mapping[str, Any], name: str, holder: Field) -> Any:
    """Find the object in ours that a value is taken from: the one there, or the one of a list that is picked."""
    held = raw.get(name, NOT_TOLD)
    if isinstance(held, list):
        return next((each for each in held if _fits(each, holder.wire["pick"])), None)
    return held


def _fits(raw: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(raw.get(name) == value for name, value in wanted.items())
