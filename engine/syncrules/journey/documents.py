"""What must be true of a document before it is sent: sums, percentages, days. All exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from syncrules.journey.lines import elements_of
from syncrules.journey.places import number
from syncrules.journey.rules import EntityRules
from syncrules.language.model import Check
from syncrules.records import Record, elements, filled
from syncrules.vocabulary.operators import decimals
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
            return _differs(_sum(document, says), _amount(document, says["equals"], says), says)
        if "percent" in says:
            return _differs(_amount(document, says["equals"], says), _share(document, says), says)
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


def _share(document: Mapping[str, Any], says: Mapping[str, Any]) -> Decimal:
    """Take a percentage of an amount, or out of one that holds it already, to the cent."""
    percent = _amount(document, says["percent"], {})
    if "of" in says:
        base, whole = _amount(document, says["of"], says), Decimal(100)
    else:
        base, whole = _amount(document, says["included_in"], says), 100 + percent
    if not whole:
        raise CannotCarry(f"{says['percent']} is {percent}, and no amount holds that")
    return Decimal(decimals(base * percent / whole, 2))


def _sum(document: Mapping[str, Any], says: Mapping[str, Any]) -> Decimal:
    found = (each for path in says["sum"] for each in elements(document, path) if each is not None)
    return sum((_rounded(Decimal(number(each)), says) for each in found), Decimal(0))


def _amount(document: Mapping[str, Any], what: Any, says: Mapping[str, Any]) -> Decimal:
    if not isinstance(what, str):
        return Decimal(what)
    value = _first(document, what)
    if value is None:
        raise CannotCarry(f"there is no {what}")
    return _rounded(Decimal(number(value)), says)


def _rounded(amount: Decimal, says: Mapping[str, Any]) -> Decimal:
    """Round an amount as the check says: one of a system that computes in binary may be off by a hair."""
    return Decimal(decimals(amount, says["decimals"])) if "decimals" in says else amount


def _first(document: Mapping[str, Any], path: str) -> Any:
    """Read the first value that a path reaches; None where its list, or the part that it leads through, is empty."""
    return next(elements(document, path), None)


def _differs(found: Decimal, wanted: Decimal, says: Mapping[str, Any]) -> str:
    return f"{found} is not {wanted}" if abs(found - wanted) > Decimal(says.get("tolerance", 0)) else ""
