"""What a value says: the readers that operators and concepts share.

A value is a str, int, Decimal, bool, None, dict or list; a day is a text such as '2026-03-15'; nothing is ever a float.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date
from decimal import Context, Decimal
from typing import Any

Value = Any


class CannotCarry(ValueError):
    """This value has no counterpart on the other side; the message says why, to the person who entered it."""


EXACT = Context(prec=500)
"""Arithmetic that never rounds a number that `as_number` lets through."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?", re.DOTALL)


def plain(number: int | Decimal) -> str:
    """Write a number without exponent, sign of zero or zeros that say nothing: 12.50 is '12.5'."""
    exact = Decimal(number)
    if not exact.is_finite() or abs(exact.adjusted()) > 100:
        return str(number)
    if exact.is_zero():
        return "0"
    return format(EXACT.normalize(exact), "f")


def as_text(value: Value) -> str:
    """Tell what a value says, without outer white space; '' when it says nothing."""
    match value:
        case None:
            return ""
        case str():
            return unicodedata.normalize("NFC", value).strip()
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return plain(value)
        case _:
            said = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
            return unicodedata.normalize("NFC", said)


def as_number(value: Value) -> Decimal:
    """Read a number as it is meant by a machine: a point for the decimals, nothing between the thousands."""
    if isinstance(value, bool | list | dict) or not _NUMBER.fullmatch(as_text(value)):
        raise CannotCarry(f"{as_text(value)!r} is not a number")
    number = value if isinstance(value, Decimal) else Decimal(as_text(value))
    if len(number.as_tuple().digits) > 100 or abs(number.adjusted()) > 100:
        raise CannotCarry("the number has more than a hundred digits")
    return number


def as_day(value: Value) -> str:
    """Take the day from a date or a date with a time, as it is written there."""
    found = _DAY.fullmatch(as_text(value))
    try:
        return date.fromisoformat(found[1] if found else "").isoformat()
    except ValueError:
        raise CannotCarry(f"{as_text(value)!r} is not a day") from None


def as_yes_or_no(value: Value) -> bool:
    """Read true or false, also when it is written out."""
    said = as_text(value).lower()
    if said not in ("true", "false"):
        raise CannotCarry(f"{as_text(value)!r} is neither true nor false")
    return said == "true"


def is_empty(value: Value) -> bool:
    """Tell whether there is nothing but white space."""
    return value is None or (isinstance(value, str) and not value.strip())


def squeezed(value: Value) -> str:
    """Tell what a value says on one line, with single spaces."""
    return " ".join(as_text(value).split())
