"""What the value of a declared field looks like as the text of an element, both ways and exactly.

A value that does not fit its declared type is an error, never an empty field.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from syncrules.manifest import Field

# XML 1.0, production [2] Char: everything else cannot be written, not even escaped.
_UNCARRIED = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_LONGEST = 330
"""Characters of the longest number that is still read as one: a binary floating point number at its longest."""
_EXACTLY = Context(prec=1500)
"""More digits than such a number can have, so that rounding never runs out of them."""
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Unwritable(ValueError):
    """A value cannot travel as its field declares; nothing was sent."""


class Unreadable(ValueError):
    """An answer is not XML, not an answer to this operation, or holds a value that does not fit."""


def spelled(field: Field, value: Any) -> str:
    """Write a value as the text of an element; a day without a time.

    Raises:
        Unwritable: it does not fit the field.
    """
    match field.type, field.format:
        case "string", "date":
            return _day(field, value)
        case "string", "decimal" if not isinstance(value, str):
            return _digits(field, value)
        case "string", _ if isinstance(value, str):
            return carried(field.name, value)
        case "integer", _ if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        case "number", _:
            return _digits(field, value)
        case "boolean", _ if isinstance(value, bool):
            return "true" if value else "false"
    raise Unwritable(f"{field.name} cannot be sent: {value!r} is not a {field.type}")


def understood(field: Field, text: str) -> Any:
    """Read the text of an element that holds a number, true or false, or a day.

    Raises:
        Unreadable: it does not fit the field.
    """
    match field.type:
        case "integer" if _INTEGER.fullmatch(text):
            return int(text)
        case "number" if len(text) <= _LONGEST and _NUMBER.fullmatch(text):
            number = Decimal(text)
            # Binary floating point shows 312.6 as 312.59999999999997 at times; a decimal is taken as it stands.
            return _rounded(number, field.decimals or 0) if field.wire.get("double") else number
        case "boolean" if text in _BOOLEANS:
            return _BOOLEANS[text]
        case "string" if _is_day(text[:10]) and text[10:11] in ("", "T"):
            return text
    raise Unreadable(f"{field.name} holds '{text[:40]}', which is not a {field.format or field.type}")


def carried(name: str, text: str) -> str:
    """Give the text back if XML can carry it.

    Raises:
        Unwritable: it holds a control character or half a pair.
    """
    found = _UNCARRIED.search(text)
    if found:
        raise Unwritable(f"{name} holds a character (U+{ord(found.group()):04X}) that XML cannot carry")
    return text


def _digits(field: Field, value: Any) -> str:
    if not isinstance(value, (int, Decimal)) or isinstance(value, bool) or not Decimal(value).is_finite():
        raise Unwritable(f"{field.name} cannot be sent: {value!r} is not an exact number")
    number = Decimal(value)
    if field.decimals is None:
        return f"{number:f}"
    if _rounded(number, field.decimals) != number:
        raise Unwritable(f"{field.name} cannot be sent: {number} has more than {field.decimals} decimals")
    return f"{_rounded(number, field.decimals):f}"


def _rounded(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _EXACTLY)


def _day(field: Field, value: Any) -> str:
    """Take the day as it is written: a zone behind it is never converted."""
    if not isinstance(value, str) or not _is_day(value[:10]) or value[10:11] not in ("", "T"):
        raise Unwritable(f"{field.name} cannot be sent: {value!r} is not a date")
    return value[:10]


def _is_day(text: str) -> bool:
    try:
        # Python also reads 20260302 and 2026-W10-1; the length leaves neither.
        return len(text) == 10 and text[4] + text[7] == "--" and bool(date.fromisoformat(text))
    except ValueError:
        return False
