"""The manners of JSON over HTTP: questions spelt, bodies written, answers read, with the types that a manifest declares.

Nothing here knows a system. A number is exact on its way in and out; a value that does not fit its declared type is an
error, never an empty field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any
from urllib.parse import quote

import msgspec

from syncrules.manifest import Field, Type
from syncrules.provider import Record

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_CENTS = Decimal("0.01")
_EXACTLY = Context(prec=1500)
"""More digits than an amount can have, so that rounding never runs out of them."""
_LARGEST = 40
"""Digits before the point of the largest number that is still read as one."""


class Unwritable(ValueError):
    """A value cannot travel as its field declares; nothing was sent."""


class Unreadable(ValueError):
    """An answer is not JSON, or holds a value that does not fit."""


def query(options: Mapping[str, object]) -> str:
    """Spell the questions of an address: whatever could mean something else is encoded, a space as `%20`.

    >>> query({"name[like]": "50% A+B", "limit": 2})
    'name%5Blike%5D=50%25%20A%2BB&limit=2'
    """
    return "&".join(f"{quote(name, safe='')}={quote(str(value), safe=',')}" for name, value in options.items())


def decode(content: bytes) -> Any:
    """Read an answer; a number with a point becomes an exact decimal.

    Raises:
        Unreadable: it is not JSON, or only the beginning of it.
    """
    try:
        return _decoder.decode(content)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is not JSON, or only the beginning of it") from error


def encode(body: Mapping[str, Any]) -> bytes:
    """Write a body; a decimal keeps the digits that it has.

    Raises:
        Unwritable: a text holds half a character.
    """
    try:
        return _encoder.encode(body)
    except (ValueError, TypeError) as error:
        raise Unwritable(f"it cannot be written as JSON: {error}") from error


# Records out of answers ---------------------------------------------------------------------------------------------


def read(fields: Mapping[str, Field], types: Mapping[str, Type], record: object) -> Record:
    """Take a record out of an answer; what is not declared comes along as it is.

    Raises:
        Unreadable: it is no record, or a value does not fit its field.
    """
    if not isinstance(record, Mapping):
        raise Unreadable("it holds something else where a record was expected")
    return {
        name: _value(fields[name], types, value) if name in fields and value is not None else value
        for name, value in record.items()
    }


def _value(field: Field, types: Mapping[str, Type], value: Any) -> Any:
    match field.type, value:
        case "array", list():
            return [read(types[field.of].fields, types, each) for each in value] if field.of else value
        case "object", Mapping():
            return read(types[field.of].fields, types, value) if field.of else value
        case "string", str() if field.format != "date" or not value or is_day(value[:10]):
            return value
        case "boolean", bool() | 0 | 1:
            return bool(value)
        case "integer", bool() | int():
            return int(value)
        case "integer", str() if _is_whole(value):
            return int(value)
        case "integer", Decimal() if value.adjusted() < _LARGEST and value == value.to_integral_value():
            return int(value)
        case "number", int() | Decimal() if not isinstance(value, bool) and Decimal(value).adjusted() < _LARGEST:
            # Binary floating point shows 312.6 as 312.59999999999997 at times; a decimal is taken as it stands.
            return Decimal(value).quantize(_CENTS, ROUND_HALF_UP, _EXACTLY) if field.wire.get("double") else value
    raise Unreadable(f"{field.name} holds '{str(value)[:40]}', which is not a {field.format or field.type}")


# Records into bodies ------------------------------------------------------------------------------------------------


def write(fields: Mapping[str, Field], types: Mapping[str, Type], record: Mapping[str, Any]) -> Record:
    """Make the body that creates a record: whatever is empty is left out.

    Raises:
        Unwritable: a value does not fit its field, or has no field that can be written.
    """
    return {
        name: _sent(_writable(fields, name), types, value)
        for name, value in record.items()
        if value is not None and value != ""
    }


def write_changes(fields: Mapping[str, Field], types: Mapping[str, Type], changes: Mapping[str, Any]) -> Record:
    """Make the body that changes a record: what became empty is told as such.

    Raises:
        Unwritable: a value does not fit its field, or the field cannot be written, or cannot be emptied.
    """
    return {
        name: _emptied(_writable(fields, name)) if value is None or value == "" else _sent(fields[name], types, value)
        for name, value in changes.items()
    }


def _writable(fields: Mapping[str, Field], name: str) -> Field:
    if name not in fields or fields[name].read_only:
        raise Unwritable(f"{name}: there is no such field to send")
    return fields[name]


def _emptied(field: Field) -> Any:
    """Say that a field is empty: null where the manifest says that it takes one, else an empty text."""
    if field.wire.get("nullable"):
        return None
    if field.type != "string" or field.enum or field.format == "date":
        raise Unwritable(f"{field.title or field.name} can be changed but not emptied")
    return ""


def _sent(field: Field, types: Mapping[str, Type], value: Any) -> Any:
    match field.type, value:
        case "array", list() if field.of:
            return [write(types[field.of].fields, types, each) for each in value]
        case "object", Mapping() if field.of:
            return write(types[field.of].fields, types, value)
        case "string", str() if field.format == "date":
            if is_day(value[:10]) and value[10:11] in ("", "T"):
                return value[:10]  # the day as it is written: a zone behind it is never converted
        case "string", str():
            return value
        case "boolean", bool():
            return value
        case "integer", int() if not isinstance(value, bool):
            # The same field is a number when read and true or false when written.
            return bool(value) if field.wire.get("written") == "boolean" else value
        case "integer", str() if _is_whole(value):
            return int(value)
        case "number", int() | Decimal() if not isinstance(value, bool):
            return _exact(field, Decimal(value))
    raise Unwritable(f"{field.name} cannot be sent: {value!r} is not a {field.format or field.type}")


def _exact(field: Field, number: Decimal) -> Decimal:
    if not number.is_finite():
        raise Unwritable(f"{field.name} cannot be sent: {number} is not a number")
    if field.decimals is None:
        return Decimal(f"{number:f}")
    rounded = number.quantize(Decimal(1).scaleb(-field.decimals), ROUND_HALF_UP, _EXACTLY)
    if rounded != number:
        raise Unwritable(f"{field.name} cannot be sent: {number} has more than {field.decimals} decimals")
    return rounded


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def is_day(text: str) -> bool:
    """Tell whether a text is a day, written as 2026-03-02."""
    try:
        # Python also reads 20260302 and 2026-W10-1; the length leaves neither.
        return len(text) == 10 and text[4] + text[7] == "--" and bool(date.fromisoformat(text))
    except ValueError:
        return False
