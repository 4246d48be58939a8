"""What is asked of e-Boekhouden's REST service: pages, filters and bodies, taken apart and checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from urllib.parse import parse_qsl

from syncrules_providers.sandboxes.eboekhouden_books import Row
from syncrules_providers.sandboxes.eboekhouden_rest_errors import Refused, demand

Kind = Literal["text", "int", "number", "flag", "day", "object", "objects"]

MOST, USUAL = 2000, 100
"""Rows on one page: at most, and where nobody says."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the id in its address, its query, its body and its session."""

    id: int
    query: Mapping[str, str]
    body: Row
    session: str


# Pages and filters ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter that takes an operator, and the value of a row with which it is compared."""

    kind: Literal["text", "int", "day"]
    value: Callable[[Row], Any]


def query_of(text: str) -> dict[str, str]:
    """Read a query; a parameter is told by its name in lower case, with its operator.

    Raises:
        Refused: one parameter comes twice.
    """
    found: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        key = name.lower()
        bare = key.partition("[")[0]
        demand(all(each.partition("[")[0] != bare for each in found), "ERR_002", bare)
        if value != "":
            found[key] = value
    return found


def page(rows: Iterable[Row], filters: Mapping[str, Filter], query: Mapping[str, str]) -> list[Row]:
    """Choose the rows that are wanted, and of those the ones on the page that is wanted."""
    limit, offset = _whole(query, "limit", USUAL), _whole(query, "offset", 0)
    demand(1 <= limit <= MOST, "PAGE_001", "limit")
    demand(offset >= 0, "PAGE_002", "offset")
    conditions = [each for name, one in filters.items() if (each := _condition(name, one, query)) is not None]
    found = [row for row in rows if all(fits(row) for fits in conditions)]
    return found[offset : offset + limit]


def _whole(query: Mapping[str, str], name: str, usual: int) -> int:
    try:
        return int(query.get(name, usual))
    except ValueError:
        raise Refused("ERR_002", name) from None


def _condition(name: str, wanted: Filter, query: Mapping[str, str]) -> Callable[[Row], bool] | None:
    for key, text in query.items():
        bare, _, operator = key.rstrip("]").partition("[")
        if bare == name.lower():
            read = _text if wanted.kind == "text" else _days if wanted.kind == "day" else _numbers
            test = read(operator or "eq", text, name)
            return lambda row: test(wanted.value(row))
    return None


def _text(operator: str, text: str, name: str) -> Callable[[Any], bool]:
    negated = operator.startswith("not_")
    match operator.removeprefix("not_"):
        case "eq":
            wanted = text.casefold()
            return lambda value: (str(value or "").casefold() == wanted) != negated
        case "like":
            signs = {"%": ".*", "?": "."}
            pattern = re.compile("".join(signs.get(each, re.escape(each)) for each in text), re.IGNORECASE | re.DOTALL)
            return lambda value: (pattern.fullmatch(str(value or "")) is not None) != negated
    raise Refused("ERR_002", name)


def _numbers(operator: str, text: str, name: str) -> Callable[[Any], bool]:
    return _ordered(operator, text, name, int)


def _days(operator: str, text: str, name: str) -> Callable[[Any], bool]:
    return _ordered(operator, text, name, date.fromisoformat)


def _ordered(operator: str, text: str, name: str, convert: Callable[[str], Any]) -> Callable[[Any], bool]:
    try:
        first, *others = [convert(each.strip()) for each in text.split(",")]
    except ValueError:
        raise Refused("ERR_002", name) from None
    demand(len(others) == (operator == "range"), "ERR_002", name)
    last = others[0] if others else first
    tests: Mapping[str, Callable[[Any], bool]] = {
        "eq": lambda value: bool(value == first),
        "not_eq": lambda value: bool(value != first),
        "gt": lambda value: bool(value > first),
        "gte": lambda value: bool(value >= first),
        "lt": lambda value: bool(value < first),
        "lte": lambda value: bool(value <= first),
        "range": lambda value: bool(first <= value <= last),
    }
    demand(operator in tests, "ERR_002", name)
    return tests[operator]


# Bodies ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Property:
    """A property that may be sent: how the books call it, how much room there is, and what is said of a wrong one."""

    name: str
    column: str
    kind: Kind
    longest: int | None = None
    too_long: str = "ERR_002"
    invalid: str = "ERR_002"


def properties(table: str) -> tuple[Property, ...]:
    """Read lines of a name and a kind; behind them the length, the code for too long and the code for invalid, or -.

    `name=column` says how the books call it, if otherwise.
    """
    found = []
    for line in table.strip().splitlines():
        names, kind, longest, too_long, invalid = (*line.split(), "-", "-", "-")[:5]
        name, _, column = names.partition("=")
        codes = (each if each != "-" else "ERR_002" for each in (too_long, invalid))
        assert kind in _READERS, line
        found.append(Property(name, column or name, kind, None if longest == "-" else int(longest), *codes))  # type: ignore[arg-type]  # the line above looked at the kind
    return tuple(found)


def body_of(text: bytes) -> Row:
    """Read a body.

    Raises:
        Refused: there is none, or it is no object.
    """
    demand(text.strip(), "DATA_01")
    try:
        body = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except ValueError:
        raise Refused("ERR_002") from None
    demand(isinstance(body, dict), "ERR_002")
    return dict(body)


def _no_number(text: str) -> None:
    raise ValueError(text)


def read(body: Row, known: Sequence[Property], *, null_clears: bool = False) -> Row:
    """Check the properties that were sent, and give them by their names; what nobody knows is passed over.

    Args:
        null_clears: whether a property that is null becomes empty; otherwise, and if it is yes or no, it counts as not sent.
    """
    by_name = {each.name.lower(): each for each in known}
    found: Row = {}
    for name, value in body.items():
        one = by_name.get(name.lower())
        if one is not None and value is not None:
            found[one.name] = _read(value, one)
        elif one is not None and null_clears and one.kind != "flag":
            found[one.name] = "" if one.kind == "text" else None
    return found


def _read(value: Any, one: Property) -> Any:
    try:
        read = _READERS[one.kind](value)
    except (ValueError, TypeError, InvalidOperation):
        raise Refused(one.invalid, one.name) from None
    demand(one.longest is None or len(read) <= one.longest, one.too_long, one.name)
    return read


def _a_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _a_whole_number(value: Any) -> int:
    # A number in quotes is taken for one, as .NET does for the web.
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    number = int(value)
    if not -(2**31) <= number < 2**31:
        raise ValueError
    return number


def _a_number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise TypeError
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError
    return number


def _a_flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _a_day(value: Any) -> date:
    # A moment is taken too, for the day that it names.
    text = _a_text(value)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", text):
        raise ValueError
    return datetime.fromisoformat(text).date()


def _an_object(value: Any) -> Row:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _objects(value: Any) -> list[Row]:
    if not isinstance(value, list):
        raise TypeError
    return [_an_object(each) for each in value]


_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    "text": _a_text,
    "int": _a_whole_number,
    "number": _a_number,
    "flag": _a_flag,
    "day": _a_day,
    "object": _an_object,
    "objects": _objects,
}


def columns(sent: Row, known: Sequence[Property]) -> Row:
    """Put what was sent under the names of the books."""
    kept = {each.name: each.column for each in known}
    return {kept[name]: value for name, value in sent.items()}
