"""The numbers that stand for operators in ExecuteCriteria, and what those that are emulated do."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any

from syncrules_providers.sandboxes.winbooks_objects import EMPTY

Op = IntEnum(
    "Op",
    """
    EQ EQPROPERTY BETWEEN GE GEPROPERTY GT GTPROPERTY IN ISNOTNULL ISNOTEMPTY ISNULL ISEMPTY ISNOTNUMERIC ISNUMERIC LE
    LEPROPERTY LIKE LT LTPROPERTY OR AND NOT SELECT DISTINCT SELECTTOP AVG COUNT FIRST LAST MAX MIN SUM GROUPBY HAVING
    UCASE LCASE MID LEN ROUND NOW FORMAT CASEWHEN CAST CONSTANT FROMALIAS ROWNUMBER DATEADD DATEDIFF ALL ROWCOUNT EXISTS
    CONCAT LEFT RIGHT FUNCTION ABS SUBQUERY LTRIM RTRIM DATEPART UNION UNIONALL GROUPING RANK DENSERANK
    """,
    start=0,
)
"""Every operator; the order is that of the numbers."""


def _known(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | None]:
    """Compare, unless one of the two is nothing."""
    return lambda one, other: None if one is None or other is None else bool(compare(one, other))


COMPARISONS: Mapping[Op, Callable[[Any, Any], bool | None]] = {
    Op[f"{name}{of}"]: _known(compare)
    for name, compare in {
        "EQ": operator.eq,
        "GE": operator.ge,
        "GT": operator.gt,
        "LE": operator.le,
        "LT": operator.lt,
    }.items()
    for of in ("", "PROPERTY")
}


def _is_empty(value: Any) -> bool:
    return value in (None, "", EMPTY)


def _is_numeric(value: Any) -> bool:
    try:
        return Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


TESTS: Mapping[Op, Callable[[Any], bool]] = {
    Op.ISNULL: lambda value: value is None,
    Op.ISNOTNULL: lambda value: value is not None,
    Op.ISEMPTY: _is_empty,
    Op.ISNOTEMPTY: lambda value: not _is_empty(value),
    Op.ISNUMERIC: _is_numeric,
    Op.ISNOTNUMERIC: lambda value: not _is_numeric(value),
}
"""Questions about one value."""

GROUPERS = (Op.AND, Op.OR, Op.NOT)
AMONG = (Op.BETWEEN, Op.IN, Op.LIKE)

FUNCTIONS: Mapping[Op, Callable[[Any], Any]] = {
    Op.SELECT: lambda value: value,
    Op.DISTINCT: lambda value: value,
    Op.UCASE: lambda value: str(value).upper(),
    Op.LCASE: lambda value: str(value).lower(),
    Op.LEN: lambda value: len(str(value).rstrip()),
    Op.LTRIM: lambda value: str(value).lstrip(),
    Op.RTRIM: lambda value: str(value).rstrip(),
    Op.ABS: abs,
}
"""What a projection can do with the value of one row."""

GROUPS: Mapping[Op, Callable[[Any], Any]] = {Op.GROUPBY: lambda value: value}


def _sum(values: Sequence[Any]) -> Any:
    return sum(values[1:], values[0]) if values else None


def _average(values: Sequence[Any]) -> Any:
    return (Decimal(_sum(values)) / len(values)).quantize(Decimal("0.000001")) if values else None


AGGREGATES: Mapping[Op, Callable[[Sequence[Any]], Any]] = {
    Op.COUNT: len,
    Op.ROWCOUNT: len,
    Op.MAX: lambda values: max(values, default=None),
    Op.MIN: lambda values: min(values, default=None),
    Op.SUM: _sum,
    Op.AVG: _average,
}
"""What a projection can make of many values."""

EMULATED = {*COMPARISONS, *TESTS, *GROUPERS, *AMONG, *FUNCTIONS, *GROUPS, *AGGREGATES}
