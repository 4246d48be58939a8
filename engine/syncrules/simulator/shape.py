"""Values by path, for systems in memory: our own few lines, so that a twin shares none with the engine that it tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

Record = dict[str, Any]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def to_wire(value: Any) -> bytes:
    """Write a value as JSON; decimals travel as numbers, digit for digit."""
    return _ENCODER.encode(value)


def from_wire(content: bytes) -> Any:
    """Read JSON; a number with a point is a decimal."""
    return _DECODER.decode(content)


def copied(value: Any) -> Any:
    """Copy nested dictionaries and lists."""
    # Most of what is in them is neither: it is not worth a call.
    if isinstance(value, dict):
        return {name: copied(each) if isinstance(each, dict | list) else each for name, each in value.items()}
    if isinstance(value, list):
        return [copied(each) if isinstance(each, dict | list) else each for each in value]
    return value


def at(record: Any, path: str) -> Any:
    """Give what stands at a dotted path, `lines[0].amount` among them; None where there is nothing."""
    for step in path.split("."):
        if not isinstance(record, Mapping):
            return None
        name, _, place = step.removesuffix("]").partition("[")
        record = record.get(name)
        if place:
            record = record[int(place)] if isinstance(record, list) and int(place) < len(record) else None
    return record


def every(record: Any, path: str) -> Iterator[Any]:
    """Give all that stands at a dotted path that may lead through lists."""
    head, _, rest = path.partition(".")
    value = record.get(head) if isinstance(record, Mapping) else None
    for each in value if isinstance(value, list) else [value]:
        if rest:
            yield from every(each, rest)
        else:
            yield each


def set_at(record: Record, path: str, value: Any) -> None:
    """Put a value at a dotted path, making what is missing on the way."""
    *parents, last = path.split(".")
    for step in parents:
        if not isinstance(record.get(step), dict):
            record[step] = {}
        record = record[step]
    record[last] = value


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Record:
    """Lay a change over a record: objects merge, all else is replaced."""
    result = dict(old)
    for name, value in new.items():
        mine = result.get(name)
        result[name] = merged(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return result


def leaves(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """List path and value of everything that is not an object; a list counts as one value."""
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from leaves(each, f"{prefix}.{name}" if prefix else name)
    else:
        yield prefix, value


def empty(value: Any) -> bool:
    """Tell whether there is nothing."""
    return value is None or value in ("", [], {})
