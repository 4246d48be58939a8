"""Reading and changing records by path, and asking whether a condition holds.

A record is nested dictionaries and lists as an API gave them. A property that is absent is not the same as an empty one: the
first is `MISSING`, and nothing is ever concluded from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, Final

import msgspec

Record = dict[str, Any]
Reader = Callable[[Mapping[str, Any]], Any]


class _Missing(Enum):
    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing.MISSING
"""The system did not say; told apart from None, which is empty."""

PLAIN_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


@cache
def reader(path: str, *, absent: Any = MISSING) -> Reader:
    """Compile a path, or a JMESPath expression, to a function that reads it.

    A plain path gives `absent` where a property is not there; below an empty part everything is empty (None).
    """
    if PLAIN_PATH.fullmatch(path) is None:
        return _expression(path)
    steps = path.split(".")
    if len(steps) == 1:
        return lambda record: record.get(path, absent)

    def walk(record: Mapping[str, Any]) -> Any:
        value: Any = record
        for step in steps:
            if value is None or value == "":
                return None
            if not isinstance(value, Mapping) or step not in value:
                return absent
            value = value[step]
        return value

    return walk


def _expression(path: str) -> Reader:
    import jmespath

    search: Reader = jmespath.compile(path).search
    return search


def elements(record: Mapping[str, Any], path: str) -> Iterator[Any]:
    """Read a path that may lead through lists: every value it reaches."""
    head, _, rest = path.partition(".")
    value = record.get(head)
    for each in value if isinstance(value, list) else [value]:
        if rest and isinstance(each, Mapping):
            yield from elements(each, rest)
        elif not rest:
            yield each


def put(record: Record, path: str, value: Any) -> None:
    """Set a value at a plain path, making the parts on the way."""
    *parents, last = path.split(".")
    for step in parents:
        below = record.get(step)
        if not isinstance(below, dict):
            below = record[step] = {}
        record = below
    record[last] = value


def laid_over(record: Mapping[str, Any], changes: Mapping[str, Any]) -> Record:
    """Lay changes over a record: nested objects merge, everything else is replaced whole."""
    result = dict(record)
    for name, value in changes.items():
        below = result.get(name)
        result[name] = laid_over(below, value) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return result


def filled(value: Any) -> bool:
    """Tell whether there is a value: not missing, not empty, not false. Zero is a value."""
    if isinstance(value, bool | str | list | dict):
        return bool(value)
    return value is not MISSING and value is not None


def normal(value: Any) -> Any:
    """Give the one form in which equal values are equal, JSON-stable: decimals as shortest text, empty texts as None."""
    match value:
        case Decimal():
            return _shortest(value)
        case bool() | None:
            return value
        case int():
            return str(value)
        case str():
            return value or None
        case Mapping():
            return {str(key): normal(value[key]) for key in sorted(value)}
        case list() | tuple():
            return [normal(each) for each in value]
        case _:
            return str(value)


def normal_or_missing(value: Any) -> Any:
    """Give the normal form, or a word for not knowing."""
    return "?" if value is MISSING else normal(value)


def _shortest(value: Decimal) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def encode(value: Any) -> bytes:
    """Write a value as JSON; decimals keep all their digits."""
    return _ENCODER.encode(value)


def decode(content: bytes) -> Any:
    """Read JSON written by `encode`; numbers with a point come back as exact decimals."""
    return _DECODER.decode(content)


_ENCODER = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def holds(condition: Mapping[str, Any], record: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Tell whether all of a condition holds of a record."""
    return all(_passes(test, reader(path)(record), settings) for path, test in condition.items())


def failing(condition: Mapping[str, Any], record: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """Name the first path of a condition that does not hold; empty if all do."""
    return next((path for path, test in condition.items() if not _passes(test, reader(path)(record), settings)), "")


def _passes(test: Any, value: Any, settings: Mapping[str, Any]) -> bool:
    actual = normal(None if value is MISSING else value)
    match test:
        case list():
            return actual in [normal(each) for each in test]
        case {"not": denied}:
            return actual not in [normal(each) for each in (denied if isinstance(denied, list) else [denied])]
        case {"filled": wanted}:
            return filled(value) is wanted
        case {"starts_with": beginning}:
            begin = settings.get(beginning["setting"]) if isinstance(beginning, Mapping) else beginning
            return bool(begin) and str(actual or "").startswith(str(begin))
        case {"longer_than": length}:
            return len(str(actual or "")) > int(length)
        case {"from": bound}:
            least = settings.get(bound["setting"]) if isinstance(bound, Mapping) else bound
            return least is None or (actual is not None and _reaches(actual, least))
        case {"setting": name}:
            return bool(actual == normal(settings.get(name)))
        case _:
            return bool(actual == normal(test))


def _reaches(actual: Any, least: Any) -> bool:
    """Tell whether a value is this one or more: numbers by size, days and other texts in their order."""
    if isinstance(least, bool) or not isinstance(least, int | Decimal):
        return str(actual) >= str(least)
    try:
        return Decimal(str(actual)) >= least
    except InvalidOperation:
        return False
