"""How WinBooks on Web writes values: JSON with exact decimals, days and moments as `/Date(ms)/`, GUIDs in lower case."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import msgspec

from syncrules_providers.sandboxes.server import Answer
from syncrules_providers.sandboxes.winbooks_assumed import SITUATIONS, Refused
from syncrules_providers.sandboxes.winbooks_objects import EMPTY, Kind

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_CENT = Decimal("0.01")
_RATE = Decimal("0.000001")
LARGEST = Decimal(10) ** 15
"""Amounts beyond this fit in no column."""


def is_guid(text: object) -> bool:
    return isinstance(text, str) and _GUID.fullmatch(text) is not None


def answer(status: int, content: object = None, **headers: str) -> Answer:
    """Make an answer that holds JSON, or nothing."""
    body = b"" if content is None else _ENCODER.encode(content)
    return Answer(status, body, {**(_JSON if body else {}), **headers})


def refusal(refused: Refused) -> Answer:
    """Say no, in the words of the one table that has them."""
    situation = SITUATIONS[refused.situation]
    content = {"error": situation.error} if situation.error else {"Message": refused.message or situation.message}
    headers = {"WWW-Authenticate": "Bearer"} if situation.status == 401 else {}
    return answer(situation.status, content, **headers)


def read_json(body: bytes) -> Any:
    """Read a body without losing a decimal.

    Raises:
        Refused: It is no JSON.
    """
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except ValueError as error:
        raise Refused("validation", "The body is not JSON.") from error


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


# Moments --------------------------------------------------------------------------------------------------------


def say_date(moment: datetime) -> str:
    return f"/Date({(moment - _EPOCH) // timedelta(milliseconds=1)})/"


def read_date(value: object) -> datetime | None:
    """Read `/Date(ms)/` or ISO 8601; what says no zone is taken to be UTC."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, str):
        return None
    found = _DATE.fullmatch(value)
    try:
        if found:
            return _EPOCH + timedelta(milliseconds=int(found.group(1)))
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


# Values ---------------------------------------------------------------------------------------------------------


def collated(text: str) -> str:
    """Make two texts alike that the database holds for the same: blanks at the end and capitals do not count."""
    return text.rstrip().casefold()


def say(value: object) -> Any:
    return say_date(value) if isinstance(value, datetime) else value


def coerce(kind: Kind, value: object, name: str) -> Any:
    """Read a value of a kind, as mildly as .NET does: a number may come as a text and a text as a number.

    Raises:
        Refused: It cannot be read as that.
    """
    if value is None:
        return {"int": 0, "decimal": Decimal("0.00"), "bool": False, "guid": EMPTY}.get(kind)
    found = _read(kind, value)
    if found is None:
        raise Refused("validation", f"{name}: '{value}' cannot be read as {kind.rstrip('?')}.")
    return found


def _read(kind: Kind, value: object) -> Any:
    match kind:
        case "text":
            return str(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
        case "int":
            number = _number(value)
            return int(number) if number is not None and number == number.to_integral_value() else None
        case "decimal" | "decimal?":
            return _number(value)
        case "bool":
            return {"true": True, "false": False, "1": True, "0": False}.get(str(value).lower())
        case "guid":
            return value.lower() if isinstance(value, str) and is_guid(value) else None
        case "date":
            return read_date(value)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < LARGEST else None


def stored(name: str, kind: Kind, value: Any) -> Any:
    """Round an amount to what its column holds: cents, and six digits for a rate of exchange."""
    if isinstance(value, Decimal) and kind.startswith("decimal"):
        return value.quantize(_RATE if name.endswith("Rate") and name.startswith("Currency") else _CENT, ROUND_HALF_UP)
    return value
