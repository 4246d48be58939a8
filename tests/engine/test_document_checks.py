"""What must be true of a document before it is sent: to the cent, to the day, and told with line and amount."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pair_world import NOTE, thing

from syncrules.journey.documents import broken
from syncrules.language.model import Check

SUM = {"sum": ["Lines.Gross"], "equals": "Total"}
PERCENT = {"percent": "Rate", "of": "Net", "equals": "Vat"}
DAYS = {"day": "Due", "not_before": "Day"}


def fault(says: dict[str, Any], left: Any = None, right: Any = None, *, side: str = "left") -> str:
    """Check a document of which this must be true."""
    rules = thing(NOTE)
    checked = replace(rules, entity=replace(rules.entity, checks=(Check("it", side, says),)))
    documents = {side: each for side, each in (("left", left), ("right", right)) if each is not None}
    return broken(checked, documents)


def order(*amounts: str, **values: Any) -> dict[str, Any]:
    return {"Lines": [{"Gross": Decimal(each)} for each in amounts], **values}


# Sums -----------------------------------------------------------------------------------------------------------------


def test_a_sum_that_comes_out_is_no_fault() -> None:
    assert fault(SUM, order("12.10", "1.21", Total=Decimal("13.31"))) == ""


def test_a_sum_that_is_a_cent_off_is_told_with_both_amounts() -> None:
    assert fault(SUM, order("12.10", Total=Decimal("12.11"))) == "it: 12.10 is not 12.11"


@given(st.lists(st.integers(-(10**9), 10**9), max_size=20))
def test_cents_add_up_exactly(cents: list[int]) -> None:
    amounts = [str(Decimal(each).scaleb(-2)) for each in cents]

    assert fault(SUM, order(*amounts, Total=Decimal(sum(cents)).scaleb(-2))) == ""
    assert fault(SUM, order(*amounts, Total=Decimal(sum(cents) + 1).scaleb(-2))) != ""


def test_several_fields_are_added_up_and_what_is_empty_adds_nothing() -> None:
    says = {"sum": ["Lines.Net", "Lines.Vat", "Rounding"], "equals": "Total"}
    lines = [{"Net": "10", "Vat": "2.10"}, {"Net": 5, "Vat": None}, {}]

    assert fault(says, {"Lines": lines, "Rounding": Decimal("-0.01"), "Total": Decimal("17.09")}) == ""


def test_a_sum_may_have_to_be_a_constant() -> None:
    assert fault({"sum": ["Lines.Gross"], "equals": 0}, order("5", "-5")) == ""
    assert fault({"sum": ["Lines.Gross"], "equals": 0}, order("5", "-4")) == "it: 1 is not 0"


@pytest.mark.parametrize("total", [{}, {"Total": None}])
def test_an_amount_that_is_not_there_is_told(total: dict[str, Any]) -> None:
    assert fault(SUM, order("12.10", **total)) == "it: there is no Total"


@pytest.mark.parametrize("amount", ["much", "", True, "NaN", "Infinity", "12,10"])
def test_an_amount_that_is_no_number_is_told(amount: Any) -> None:
    assert fault(SUM, order("12.10", Total=amount)) == f"it: '{amount}' is not a number"


def test_a_document_without_lines_makes_nothing() -> None:
    assert fault(SUM, order(Total=Decimal(0))) == ""
    assert fault(SUM, {"Lines": None, "Total": Decimal(1)}) == "it: 0 is not 1"


@pytest.mark.parametrize("lines", [None, []], ids=["nothing", "no lines"])
def test_a_value_that_is_looked_for_where_nothing_is_is_told(lines: Any) -> None:
    says = {"sum": ["Total"], "equals": "Lines.Gross"}

    assert fault(says, {"Lines": lines, "Total": Decimal(1)}) == "it: there is no Lines.Gross"
    assert fault({"day": "Lines.Day", "not_before": "Day"}, {"Lines": lines, "Day": "2026-01-01"}) == ""


# Percentages, tolerance and lines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "tolerance", "expected"),
    [
        ("10.00", "0", ""),
        ("10.02", "0.02", ""),
        ("9.98", "0.02", ""),
        ("10.03", "0.02", "it: 10.03 is not 10"),
        ("9.97", "0.02", "it: 9.97 is not 10"),
    ],
)
def test_a_difference_within_the_tolerance_is_none(amount: str, tolerance: str, expected: str) -> None:
    assert fault({**SUM, "tolerance": Decimal(tolerance)}, order(amount, Total=Decimal(10))) == expected


@pytest.mark.parametrize(
    ("net", "vat", "fits"),
    [
        ("100", "21", True),
        ("0.05", "0.01", True),
        ("2.50", "0.53", True),
        ("2.50", "0.52", False),
        ("-2.50", "-0.53", True),
        ("0", "0", True),
    ],
)
def test_a_percentage_is_rounded_half_up_to_the_cent(net: str, vat: str, fits: bool) -> None:
    document = {"Net": Decimal(net), "Rate": 21, "Vat": Decimal(vat)}

    assert (fault(PERCENT, document) == "") is fits


@pytest.mark.parametrize(
    ("amounts", "total", "fits"),
    [
        (["42.10", "265.33"], "307.42999999999995", True),  # as binary numbers add up
        (["0.004", "0.004"], "0.008", False),  # each is nothing, together they are a cent
        (["0.005", "-0.005"], "0.00", True),
        (["1E+40"], "1E+40", True),
    ],
)
def test_amounts_may_be_rounded_before_they_are_added_up(amounts: list[str], total: str, fits: bool) -> None:
    document = order(*amounts, Total=Decimal(total))

    assert (fault({**SUM, "decimals": 2}, document) == "") is fits


def test_a_percentage_is_never_rounded_with_the_amounts() -> None:
    says = {"percent": "Rate", "of": "Net", "equals": "Vat", "decimals": 0}

    assert fault(says, {"Net": Decimal("100000.4"), "Rate": Decimal("0.5"), "Vat": Decimal("499.6")}) == ""


INCLUDED = {"percent": "Rate", "included_in": "Gross", "equals": "Vat"}


@pytest.mark.parametrize(
    ("gross", "rate", "vat", "fits"),
    [
        ("121", "21", "21", True),
        ("121", "21", "21.01", False),
        ("0.06", "21", "0.01", True),
        ("0.60", "21", "0.10", True),  # of 0.50, where half a cent was rounded to the even one
        ("0.61", "21", "0.11", True),  # of 0.50, where it was rounded up
        ("-121", "21", "-21", True),
        ("100", "0", "0", True),
        ("100", "-100", "0", False),
    ],
)
def test_a_percentage_may_be_taken_out_of_an_amount_that_holds_it(gross: str, rate: str, vat: str, fits: bool) -> None:
    document = {"Gross": Decimal(gross), "Rate": Decimal(rate), "Vat": Decimal(vat)}

    assert (fault(INCLUDED, document) == "") is fits


def test_a_percentage_that_no_amount_holds_is_told() -> None:
    document = {"Gross": Decimal(100), "Rate": Decimal(-100), "Vat": Decimal(0)}

    assert fault(INCLUDED, document) == "it: Rate is -100, and no amount holds that"


def test_the_first_line_that_is_wrong_is_named() -> None:
    lines = [{"Net": 100, "Rate": 21, "Vat": vat} for vat in (21, 20, 19)]

    assert fault({**PERCENT, "of_each": "Lines"}, {"Lines": lines}) == "it: line 2: 20 is not 21.00"


@pytest.mark.parametrize("lines", [None, []])
def test_where_there_are_no_lines_none_is_wrong(lines: Any) -> None:
    assert fault({**PERCENT, "of_each": "Lines"}, {"Lines": lines}) == ""


# Days -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "day", "expected"),
    [
        ("2026-02-01", "2026-01-31", ""),
        ("2026-01-31", "2026-01-31", ""),
        ("2026-01-31T00:00:00", "2026-01-31T23:59:59", ""),
        ("2026-01-30", "2026-01-31", "it: 2026-01-30 lies before 2026-01-31"),
        (None, "2026-01-31", ""),
        ("2026-01-31", None, ""),
        ("", "2026-01-31", ""),
    ],
)
def test_a_day_may_not_lie_before_another(due: Any, day: Any, expected: str) -> None:
    assert fault(DAYS, {"Due": due, "Day": day}) == expected


# Which document -------------------------------------------------------------------------------------------------------


def test_a_check_looks_at_the_document_of_its_own_side() -> None:
    good, bad = order("1", Total=Decimal(1)), order("1", Total=Decimal(2))

    assert fault(SUM, good, bad) == ""
    assert fault(SUM, good, bad, side="right") == "it: 1 is not 2"
    assert fault(SUM, right=bad) == ""
