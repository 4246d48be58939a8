"""What the campaign of amounts would notice, and a small part of it for every system."""

from __future__ import annotations

import ast
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import amounts
import pytest
import reckoned
from amounts import BOOKS
from played import Played

LINE: dict[str, Any] = {
    "Description": "Werk",
    "Quantity": Decimal(3),
    "VatGroup": {"ID": "high"},
    "VatPercentage": Decimal(21),
    "Product": None,
    "TotalExcludingVat": Decimal("100.00"),
    "VatAmount": Decimal("21.00"),
    "TotalIncludingVat": Decimal("121.00"),
}
INVOICE: dict[str, Any] = {
    "ID": "i1",
    "Number": "2026-0001",
    "Subject": None,
    "Currency": "EUR",
    "Phase": {"ID": "s", "Code": "Sent"},
    "InvoiceDate": "2026-03-02T00:00:00Z",
    "ExpirationDate": None,
    "PaymentTermInDays": 14,
    "ImportId": None,
    "Relationship": {"ID": "c1"},
    "IsCredit": False,
    "ProductLines": [LINE, dict(LINE)],
    "TotalIncludingVat": Decimal("242.00"),
}
AMOUNTS = {
    *("BedragInvoer", "BedragExclBTW", "BedragBTW", "BedragInclBTW"),
    *("amount", "LineAmount", "LineVATAmount"),
    *("Amount", "VatBaseAmount", "VatTaxAmount", "TurnOverAmount"),
}
"""What an amount is called in the lines of a booking, whatever the system."""
every_book = pytest.mark.parametrize("name", sorted(BOOKS))


def with_line(place: int, **changes: Any) -> dict[str, Any]:
    """Give the invoice with one line changed."""
    document = deepcopy(INVOICE)
    document["ProductLines"][place - 1].update(changes)
    return document


@pytest.mark.requirement("X-06", "EB-20", "YU-15", "WB-07")
@every_book
def test_what_is_sent_is_right_to_the_cent_and_nothing_right_is_refused(name: str) -> None:
    played = Played()
    amounts.play(name, seed=1, first=1, count=200, into=played)

    assert played.broken == []
    assert played.counts["usual refused"] == 0
    assert played.counts["usual sent"] > 100
    assert min(played.counts[each] for each in ("spoilt refused", "unrounded sent", "unrounded refused")) > 3


@every_book
def test_a_booking_that_is_a_cent_off_is_noticed_wherever_it_is(name: str) -> None:
    decision = amounts.decide(name, INVOICE)

    assert amounts.judge(name, INVOICE, decision) == []

    (rows,) = (value for value in decision.actions[0].changes.values() if isinstance(value, list))
    for row in rows:
        for field in AMOUNTS & row.keys():
            row[field] += Decimal("0.01")

            assert amounts.judge(name, INVOICE, decision), field

            row[field] -= Decimal("0.01")


@every_book
def test_a_wrong_invoice_that_is_sent_and_a_right_one_that_is_refused_are_noticed(name: str) -> None:
    wrong = with_line(2, TotalIncludingVat=Decimal("121.05"))

    assert amounts.judge(name, wrong, amounts.decide(name, wrong)) == []
    assert "was sent" in amounts.judge(name, wrong, amounts.decide(name, INVOICE))[0]
    assert "was refused" in amounts.judge(name, INVOICE, amounts.decide(name, wrong))[0]


@every_book
def test_a_refusal_that_names_another_line_is_noticed(name: str) -> None:
    first, second = with_line(1, TotalExcludingVat=Decimal(90)), with_line(2, TotalExcludingVat=Decimal(90))

    assert amounts.judge(name, second, amounts.decide(name, second)) == []
    assert "because of line 1" in amounts.judge(name, second, amounts.decide(name, first))[0]


def test_the_same_seed_and_number_make_the_same_invoice_and_the_table_counts_them() -> None:
    one = amounts.campaign(sorted(BOOKS), 7, 1, lambda: True, each_at_most=5)
    other = amounts.campaign(sorted(BOOKS), 7, 1, lambda: True, each_at_most=5)

    assert amounts.table(one) == amounts.table(other)
    assert sum(each.invoices for each in one.values()) == 20
    assert amounts.campaign(sorted(BOOKS), 7, 1, lambda: False, each_at_most=5)["Yuki"].invoices == 0


def test_the_oracle_shares_no_code_with_what_it_judges() -> None:
    tree = ast.parse(Path(reckoned.__file__).read_text(encoding="utf-8"))
    named = {each.module for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    named |= {alias.name for each in ast.walk(tree) if isinstance(each, ast.Import) for alias in each.names}

    assert named == {"__future__", "collections.abc", "dataclasses", "decimal", "typing"}


@pytest.mark.parametrize(
    ("amount", "of", "wanted"), [(5, 10, 1), (-5, 10, -1), (4, 10, 0), (-4, 10, 0), (15, 10, 2), (-15, 10, -2)]
)
def test_halves_are_rounded_away_from_zero(amount: int, of: int, wanted: int) -> None:
    assert reckoned.nearest(amount, of) == wanted
