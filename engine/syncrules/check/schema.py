"""Whether a system takes what would be written: the manifest read by itself, sharing nothing with what writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from syncrules.manifest import Field, Manifest

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


def faults(manifest: Manifest, resource: str, changes: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Tell everything of a write that the system would not take.

    Args:
        prefix: path of the part, with a point at the end, where only a part is written.
    """
    above = manifest.field_at(resource, prefix[:-1]) if prefix else None
    fields = manifest.types[above.of].fields if above is not None else manifest.resources[resource].fields
    yield from _of_object(manifest, fields, changes)


def _of_object(manifest: Manifest, fields: Mapping[str, Field], changes: Mapping[str, Any]) -> Iterator[str]:
    for name, value in changes.items():
        if name not in fields:
            yield f"there is no field '{name}'"
        else:
            yield from _of_field(manifest, fields[name], value)


def _of_field(manifest: Manifest, field: Field, value: Any) -> Iterator[str]:
    title = field.title or field.name
    if field.read_only:
        yield f"{title} cannot be written"
    elif value is None or value == "":
        if field.min_length == 1:  # two or three mean how long it is, if there is any
            yield f"{title} may not be empty"
    elif field.reference:
        yield from _of_reference(manifest, field, value)
    elif field.type == "array":
        yield from _of_list(manifest, field, value)
    elif field.of and isinstance(value, Mapping):
        yield from _of_object(manifest, manifest.types[field.of].fields, value)
    elif field.type == "object":
        if not isinstance(value, Mapping):
            yield f"{title} is no group of values"
    else:
        yield from (f"{title} {why}" for why in unfit(field, value))


def _of_reference(manifest: Manifest, field: Field, value: Any) -> Iterator[str]:
    """A reference is written by what it travels by; what comes along of the other record is not looked at."""
    title = field.title or field.name
    if field.type == "object":
        ids = {manifest.resources[each].id[0] for each in field.reference}
        if not isinstance(value, Mapping) or not any(value.get(each) not in (None, "") for each in ids):
            yield f"{title} does not say which record it means"
    else:
        yield from (f"{title} {why}" for why in unfit(field, value))


def _of_list(manifest: Manifest, field: Field, value: Any) -> Iterator[str]:
    title = field.title or field.name
    if not isinstance(value, list):
        yield f"{title} is no list"
        return
    if field.max_items is not None and len(value) > field.max_items:
        yield f"{title} takes {field.max_items}, not {len(value)}"
    if field.min_items is not None and len(value) < field.min_items:
        yield f"{title} wants at least {field.min_items}, not {len(value)}"
    for number, each in enumerate(value, 1):
        if field.of:
            yield from (f"line {number}: {why}" for why in _of_object(manifest, manifest.types[field.of].fields, each))


def unfit(field: Field, value: Any) -> Iterator[str]:
    """Tell why one value is none for a field."""
    if field.enum and value not in field.enum:
        yield f"takes only {', '.join(map(str, field.enum))}"
    match field.type:
        case "boolean" if not isinstance(value, bool):
            yield "is neither true nor false"
        case "integer":
            if isinstance(value, bool) or not isinstance(value, int):
                yield "is no whole number"
            elif field.minimum is not None and value < field.minimum:
                yield f"is below {field.minimum}"
        case "number":
            if isinstance(value, bool) or not isinstance(value, int | Decimal):
                yield "is no number"
            else:
                yield from _number(field, Decimal(value))
        case "string":
            if not isinstance(value, str):
                yield "is no text"
            else:
                yield from _text(field, value)


def _number(field: Field, value: Decimal) -> Iterator[str]:
    if not value.is_finite():
        yield "is no number"
        return
    if field.minimum is not None and value < field.minimum:
        yield f"is below {field.minimum}"
    exponent = value.normalize().as_tuple().exponent
    if field.decimals is not None and isinstance(exponent, int) and -exponent > field.decimals:
        yield f"keeps {field.decimals} decimals, not {-exponent}"


def _text(field: Field, value: str) -> Iterator[str]:
    if field.max_length is not None and len(value) > field.max_length:
        yield f"takes {field.max_length} characters, not {len(value)}"
    if field.min_length is not None and len(value) < field.min_length:
        yield f"wants at least {field.min_length} characters"
    if not _FORMATS.get(field.format, lambda _: True)(value):
        yield f"is not {_NAMES[field.format]}"
    if field.format == "decimal" and field.decimals is not None and _is_number(value):
        yield from _number(field, Decimal(value))


def _is_day(value: str) -> bool:
    try:
        return len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_moment(value: str) -> bool:
    try:
        return bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def _is_number(value: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]+(?:\.[0-9]+)?", value, re.ASCII) is not None


def _is_iban(value: str) -> bool:
    bare = re.sub(r"[\s./-]", "", value).upper()
    if re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+", bare, re.ASCII) is None:
        return False
    return int("".join(str(int(each, 36)) for each in bare[4:] + bare[:4])) % 97 == 1


_FORMATS = {
    "date": _is_day,
    "date-time": _is_moment,
    "decimal": _is_number,
    "email": lambda value: _EMAIL.fullmatch(value) is not None,
    "digits": lambda value: re.fullmatch("[0-9]+", value, re.ASCII) is not None,
    "iban": _is_iban,
}
_NAMES = {
    "date": "a day",
    "date-time": "a moment",
    "decimal": "a number",
    "email": "an email address",
    "digits": "made of digits alone",
    "iban": "an IBAN",
}
