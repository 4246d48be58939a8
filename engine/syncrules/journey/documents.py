"""What must be true of a document before it is sent: sums, percentages, days. All exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncrules.journey.lines import elements_of
from syncrules.journey.places import number
from syncrules.journey.rules import EntityRules
from syncrules.language.model import Check
from syncrules.records import Record, elements, filled
from syncrules.vocabulary.values import CannotCarry


def broken(rules: EntityRules, documents: Mapping[str, Record]) -> str:
    """Tell which check fails, and by how much; empty if all hold.

    Args:
        documents: side → the document there: as it was read, or as it would be sent.
    """
    for check in rules.entity.checks:
        document = documents.get(check.side)
        if document is not None and not check.together:
            fault = _fault(check, document)
            if fault:
                return f"{check.name}: {fault}"
    return ""


def unbalanced(check: Check, amounts: Iterable[Any]) -> str:
    """Tell by how much several records together miss what a check says; empty if they do not."""
    try:
        found = sum((Decimal(number(each)) for each in amounts if each is not None), Decimal(0))
    except CannotCarry as error:
        return f"{check.name}: {error}"
    fault = _differs(found, Decimal(check.says["equals"]), check.says)
    return f"{check.name}: {fault}" if fault else ""


def _fault(check: Check, document: Record) -> str:
    says = check.says
    if "of_each" in says:
        faults = (
            (number_, _one(says, element)) for number_, element in enumerate(elements_of(document, says["of_each"]), 1)
        )
        return next((f"line {number_}: {fault}" for number_, fault in faults if fault), "")
    return _one(says, document)


def _one(says: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    try:
        if "sum" in says:
            found = _sum(document, says["sum"])
            return _differs(found, _amount(document, says["equals"]), says)
        if "percent" in says:
            base, percent = _amount(document, says["of"]), _amount(document, says["percent"])
            wanted = (base * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
            return _differs(_amount(document, says["equals"]), wanted, says)
        if "not_before" in says:
            day, least = _first(document, says["day"]), _first(document, says["not_before"])
            return (
                f"{day} lies before {least}"
                if filled(day) and filled(least) and str(day)[:10] < str(least)[:10]
                else ""
            )
    except CannotCarry as error:
        return str(error)
    return ""


def _sum(document: Mapping[str, Any], paths: Iterable[str]) -> Decimal:
    return sum(
        (Decimal(number(each)) for path in paths for each in elements(document, path) if each is not None), Decimal(0)
    )


def _amount(document: Mapping[str, Any], what: Any) -> Decimal:
    if not isinstance(what, str):
        return Decimal(what)
    value = _first(document, what)
    if value is None:
        raise CannotCarry(f"there is no {what}")
    return Decimal(number(value))


def _first(document: Mapping[str, Any], path: str) -> Any:
    """Read the first value that a path reaches; None where its list, or the part that it leads through, is empty."""
    return next(elements(document, path), None)


def _differs(found: Decimal, wanted: Decimal, says: Mapping[str, Any]) -> str:
    return f"{found} is not {wanted}" if abs(found - wanted) > Decimal(says.get("tolerance", 0)) else ""
