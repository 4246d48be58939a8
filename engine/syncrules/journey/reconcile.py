"""Whether both sides add up to the same: what one side says by its records, the other by its balances.

Nothing is corrected here: a difference is shown, to the cent, and looked at again in every run until it is gone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from syncrules.errors import ProviderError
from syncrules.journey.lines import constant_of
from syncrules.journey.rules import EntityRules, Rules
from syncrules.language.model import Reconcile
from syncrules.memory.memory import Memory
from syncrules.provider import Provider
from syncrules.records import Record, holds, normal, put, reader

SHOWN = 50
"""So many differences are remembered; the rest is counted."""

Amount = tuple[str, str, Decimal]
"""Of what (an account), on which day, how much."""


def look(
    rules: Rules,
    memory: Memory,
    providers: Mapping[str, Provider],
    writes: int,
    now: float,
    settings: Mapping[str, Any],
) -> None:
    """Add both sides up where something was written since, or where they did not agree, and remember what came of it."""
    before = {(entity, name): result for entity, name, _, result in memory.reconciled()}
    undone = {entity for entity, _, state, _ in memory.counts() if state in ("pending", "waiting", "failed")}
    for name, each in rules.entities.items():
        for one in each.entity.reconciles:
            last = before.get((name, one.name))
            if writes or name in undone or last is None or last["different"] or last["trouble"]:
                try:
                    result = compared(each, one, memory, providers, settings)
                except ProviderError as error:
                    # What was sent has arrived; that nobody may read what came of it does not undo that.
                    result = {"compared": 0, "different": 0, "first": [], "trouble": error.message, "cure": error.cure}
                with memory.store.transaction():
                    memory.keep_reconciled(name, one.name, result, now)


def compared(
    rules: EntityRules, one: Reconcile, memory: Memory, providers: Mapping[str, Provider], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Compare what both sides say for each account on each day on which the other side has a balance."""
    target = next(side for side, each in one.sides.items() if each.resource)
    source = rules.spec.other(target)
    of, says = one.sides[source], one.sides[target]
    amounts = (
        (per, day[:10], Decimal(value))
        for per, day, value in memory.amounts(
            rules.entity.name, source, [f"@{each}" for each in (of.per, of.until, of.sum)]
        )
    )
    there = (record for page in providers[target].read(says.resource) for record in page)
    compared, different = differences(one, target, source, amounts, there, settings)
    return {"compared": compared, "different": len(different), "first": different[:SHOWN], "trouble": "", "cure": ""}


def differences(
    one: Reconcile,
    target: str,
    source: str,
    amounts: Iterable[Amount],
    balances: Iterable[Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> tuple[int, list[list[str]]]:
    """Hold the records of one side against the balances of the other: how many were compared, and which differ.

    Each that differs is told as of what, on which day, the amount here, the amount there.
    """
    says = one.sides[target]
    read = [reader(path, absent=None) for path in (says.per, says.until, says.year, says.sum)]
    there: dict[tuple[str, str], Decimal] = {}
    years: dict[str, str] = {}
    for record in balances:
        per, until, year, value = (str(normal(get(record))) for get in read)
        there[per, until] = there.get((per, until), Decimal(0)) + Decimal(value)
        years[until] = year
    of = one.sides[source]
    here = expected(amounts, years, lambda per: _is_anew(one, of.per, per), _carried_to(one, settings))
    different = [
        [per, until, *(str(normal(side.get((per, until), Decimal(0)))) for side in (here, there))]
        for per, until in sorted({*here, *there})
        if here.get((per, until), Decimal(0)) != there.get((per, until), Decimal(0))
    ]
    return len({*here, *there}), different


def expected(
    amounts: Iterable[Amount], years: Mapping[str, str], is_anew: Callable[[str], bool], carried_to: str
) -> dict[tuple[str, str], Decimal]:
    """Work out what each account stands at on each day.

    Args:
        years: day → the last day of its year.
        is_anew: tells of an account whether it begins at nothing in each year.
        carried_to: the account to which their sum goes when a year ends; empty if nowhere.
    """
    ends = sorted({*years.values()})
    begins = dict(zip(ends, ["", *ends], strict=False))
    found: dict[tuple[str, str], Decimal] = {}
    for (per, day), value in _gathered(amounts, [*years, *ends]).items():
        anew = is_anew(per)
        for until, year in years.items():
            of = carried_to if anew and day <= begins[year] else per
            if day <= until and of:
                found[of, until] = found.get((of, until), Decimal(0)) + value
    return found


def _gathered(amounts: Iterable[Amount], days: Iterable[str]) -> dict[tuple[str, str], Decimal]:
    """Add up what lies between two of these days; what comes after all of them is left out."""
    until = sorted({*days})
    sums: dict[tuple[str, str], Decimal] = {}
    for per, day, value in amounts:
        at = bisect_left(until, day)
        if at < len(until):
            sums[per, until[at]] = sums.get((per, until[at]), Decimal(0)) + value
    return sums


def _is_anew(one: Reconcile, path: str, per: str) -> bool:
    record: Record = {}
    put(record, path, per)
    return any(holds(each, record, {}) for each in one.anew_each_year)


def _carried_to(one: Reconcile, settings: Mapping[str, Any]) -> str:
    return "" if one.carried_to is None else str(normal(constant_of(one.carried_to, settings)) or "")


def results(memory: Memory) -> Iterator[dict[str, Any]]:
    """Tell what came of adding up the last time."""
    for entity, name, at, result in memory.reconciled():
        yield {"entity": entity, "name": name, "at": at, **result}
