"""Whether a record is as its manifest declares it, and whether it says what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from syncrules.manifest import Field, Manifest
from syncrules.simulator.shape import empty


def misfits(manifest: Manifest, fields: Mapping[str, Field], record: Any, where: str = "") -> Iterator[str]:
    """Tell what of a record is not as declared: wrong types, and floats at any depth.

    Lengths and forms are those of what is sent: what people entered elsewhere may be longer.
    """
    if not isinstance(record, Mapping):
        yield f"{where or 'a record'} is {type(record).__name__}, not an object"
        return
    for name, value in record.items():
        path, each = f"{where}.{name}" if where else str(name), fields.get(name)
        if each is None:
            # A system may say more than its manifest; but a number is a number.
            yield from (f"{path} holds a float" for one in _all(value) if isinstance(one, float))
        elif not empty(value):
            yield from _misfit(manifest, each, value, path)


def _all(value: Any) -> Iterator[Any]:
    """List everything that stands in a value, at any depth."""
    yield value
    for each in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _all(each)


def _misfit(manifest: Manifest, each: Field, value: Any, path: str) -> Iterator[str]:
    if each.type == "array":
        if not isinstance(value, list):
            yield f"{path} is {type(value).__name__}, not a list"
        elif each.of:
            for place, one in enumerate(value):
                yield from misfits(manifest, manifest.types[each.of].fields, one, f"{path}[{place}]")
    elif each.type == "object":
        if each.of:
            yield from misfits(manifest, manifest.types[each.of].fields, value, path)
        elif each.reference:
            known = {name: one for target in each.reference for name, one in manifest.resources[target].fields.items()}
            yield from misfits(manifest, known, value, path)
    elif (wrong := _wrong(each, value)) is not None:
        yield f"{path} {wrong}"


def _wrong(each: Field, value: Any) -> str | None:
    """Say what is wrong with a plain value; None if nothing is."""
    kinds: Mapping[str, tuple[type, ...]] = {
        "string": (str,), "boolean": (bool,), "integer": (int,), "number": (int, Decimal),
    }  # fmt: skip
    right = isinstance(value, kinds[each.type]) and (each.type == "boolean" or not isinstance(value, bool))
    if not right:
        return f"is {type(value).__name__} ({value!r}), where {each.type} is declared"
    if each.enum and value not in each.enum:
        return f"is {value!r}, which is none of {', '.join(map(str, each.enum))}"
    if each.type == "number" and each.decimals is not None and isinstance(value, Decimal):
        exponent = value.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > each.decimals:
            return f"is {value}, with more than {each.decimals} decimals"
    return None if each.type != "string" else _misspelt(each, str(value))


def _misspelt(each: Field, value: str) -> str | None:
    try:
        match each.format:
            case "date":
                # A time behind it says nothing: the day is taken as it is written, whatever the zone.
                date.fromisoformat(value[:10])
                return None if value[10:11] in ("", "T") else f"is '{value}', which is more than a day"
            case "date-time":
                return None if moment(value) is not None else f"is '{value}', which is no moment of ISO 8601"
            case "uuid":
                UUID(value)
            case "decimal":
                Decimal(value)
    except (ValueError, InvalidOperation):
        return f"is '{value}', which is no {each.format}"
    return None


def moment(value: Any) -> datetime | None:
    """Read a moment; one without a zone is UTC. None if it is none."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def differs(manifest: Manifest, fields: Mapping[str, Field], sent: Any, found: Any, where: str = "") -> str | None:
    """Say where a record does not say what was sent; None if it says all of it. What the system only takes is not looked for."""
    for name, value in sent.items():
        path, each = f"{where}.{name}" if where else str(name), fields.get(name) or Field(name)
        if each.write_only:
            continue
        there = found.get(name) if isinstance(found, Mapping) else None
        said = _differs(manifest, each, value, there, path)
        if said is not None:
            return said
    return None


def _differs(manifest: Manifest, each: Field, sent: Any, there: Any, path: str) -> str | None:
    if empty(sent) or empty(there):
        return None if empty(sent) == empty(there) else f"{path} was sent as {sent!r} and is {there!r}"
    if isinstance(sent, Mapping):
        if each.reference:
            same = isinstance(there, Mapping) and all(there.get(name) == value for name, value in sent.items())
            return None if same else f"{path} was sent as {sent!r} and is {there!r}"
        below = manifest.types[each.of].fields if each.of else {}
        return differs(manifest, below, sent, there, path)
    if isinstance(sent, list):
        if not isinstance(there, list) or len(there) < len(sent):
            return (
                f"{path} was sent with {len(sent)} elements and has {len(there) if isinstance(there, list) else 'none'}"
            )
        said = (_differs(manifest, Field(each.name, type="object", of=each.of), one, other, f"{path}[{place}]")
                for place, (one, other) in enumerate(zip(sent, there, strict=False)))  # fmt: skip
        return next((each for each in said if each is not None), None)
    return None if _same(each, sent, there) else f"{path} was sent as {sent!r} and is {there!r}"


def _same(each: Field, sent: Any, there: Any) -> bool:
    """Tell whether a value is the one that was sent, as far as the field can hold it."""
    if each.type == "number" and not isinstance(there, float):
        wanted = Decimal(str(sent))
        return Decimal(str(there)) == (wanted if each.decimals is None else round(wanted, each.decimals))
    if each.format == "decimal":
        return Decimal(str(sent)) == Decimal(str(there))
    if each.format == "date" and isinstance(there, str):
        return str(sent)[:10] == there[:10]
    if each.format == "date-time" and isinstance(there, str):
        return moment(sent) == moment(there)
    return type(sent) is type(there) and bool(sent == there)
