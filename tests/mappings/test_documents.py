"""Sent invoices become the documents of the books: worked out by hand here, and by the rules of the mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from syncrules.journey import rules
from syncrules.language import spec


@dataclass(slots=True)
class Activated:
    """A connection whose questions were answered, and nothing else around it."""

    settings: Mapping[str, Any]

    def choice(self, side: str, resource: str, field: str, value: Any) -> Any:
        raise AssertionError("these lines look nothing up")

    def across(self, entities: Iterable[str], side: str, id: str, field: str) -> Any:
        raise AssertionError("these lines refer to nothing")

    def known_by(self, entities: Iterable[str], side: str, field: str, value: Any) -> str | None:
        raise AssertionError("these lines refer to nothing")

    def beside(self, side: str, id: str) -> str | None:
        raise AssertionError("these lines stand beside nothing")


WINBOOKS = {
    "VAT groups": {"high": "21", "low": "6"},
    "VAT accounts": {"high": "451000", "low": "451200"},
    "kinds of VAT": {"high": "V03", "low": "V01"},
    "revenue accounts": {"8000": "700100"},
    "default revenue account": "700000",
    "customers account": "400000",
}
YUKI = {"VAT groups": {"high": 1, "low": 2}, "revenue accounts": {"8000": "80001"}, "default revenue account": "80009"}


def line(group: str, net: str, vat: str, quantity: int = 1, account: str | None = None) -> dict[str, Any]:
    """Make an invoice line as Tribe gives it."""
    ledger = {"ID": f"ledger {account}", "Code": account} if account else None
    return {
        "Description": f"Work at the {group} rate",
        "Quantity": Decimal(quantity),
        "VatGroup": {"ID": group},
        "VatPercentage": Decimal(21 if group == "high" else 6),
        "TotalExcludingVat": Decimal(net),
        "VatAmount": Decimal(vat),
        "TotalIncludingVat": Decimal(net) + Decimal(vat),
        "Product": {"ID": "p", "Name": "Work", "Code": "W1", "GeneralLedgerAccount": ledger},
    }


def made(mapping: str, entity: str, settings: Mapping[str, Any], *lines: dict[str, Any]) -> list[dict[str, Any]]:
    """Make the other side's lines of an invoice."""
    invoice = {"Number": "2026-0101", "Subject": None, "ProductLines": list(lines)}
    row = rules.compile_rules(spec.load(mapping), settings).entities[entity].lines[0]
    return row.make(invoice, Activated(settings))


@pytest.mark.declares("WB-07")
def test_an_invoice_with_two_vat_rates_becomes_a_booking_in_balance() -> None:
    lines = made(
        "tribe-winbooks",
        "invoice",
        WINBOOKS,
        line("high", "200.00", "42.00", account="8000"),
        line("low", "100.00", "6.00"),
        line("high", "50.00", "10.50"),
    )

    assert [(each["LineOrder"], each["GLAccountCode"], each.get("VatCode"), each["Amount"]) for each in lines] == [
        (0, "400000", None, Decimal("408.50")),
        (1, "700100", "21", Decimal("-200.00")),
        (2, "700000", "6", Decimal("-100.00")),
        (3, "700000", "21", Decimal("-50.00")),
        (4, "451000", "21", Decimal("-52.50")),
        (5, "451200", "6", Decimal("-6.00")),
    ]
    assert sum(each["Amount"] for each in lines) == 0
    assert [each.get("CentralAccountTypeCode") for each in lines] == ["CUSTOMER", None, None, None, "V03", "V01"]
    assert (lines[0]["VatBaseAmount"], lines[0]["VatTaxAmount"]) == (Decimal("350.00"), Decimal("58.50"))
    assert [each["VatBaseAmount"] for each in lines[4:]] == [Decimal("250.00"), Decimal("100.00")]
    assert lines[0]["CommentBooking"] == "2026-0101"


@pytest.mark.declares("WB-03")
def test_a_credit_note_is_the_same_booking_the_other_way_round() -> None:
    lines = made("tribe-winbooks", "credit note", WINBOOKS, line("high", "-200.00", "-42.00"))

    assert [each["Amount"] for each in lines] == [Decimal("-242.00"), Decimal("200.00"), Decimal("42.00")]


@pytest.mark.declares("WB-07")
def test_a_line_without_vat_makes_no_vat_line() -> None:
    lines = made("tribe-winbooks", "invoice", WINBOOKS, line("low", "80.00", "0.00"))

    assert [each["GLAccountCode"] for each in lines] == ["400000", "700000"]


@pytest.mark.declares("WB-07")
def test_the_vat_of_a_group_is_of_all_its_lines_also_of_those_too_small_to_have_any() -> None:
    lines = made("tribe-winbooks", "invoice", WINBOOKS, line("high", "100.00", "21.00"), line("high", "0.02", "0.00"))

    assert [(each["Amount"], each.get("VatBaseAmount")) for each in lines] == [
        (Decimal("121.02"), Decimal("100.02")),
        (Decimal("-100.00"), None),
        (Decimal("-0.02"), None),
        (Decimal("-21.00"), Decimal("100.02")),
    ]


@pytest.mark.declares("YU-15")
@pytest.mark.declares("YU-08")
def test_an_invoice_for_yuki_has_every_line_with_its_price_vat_and_account() -> None:
    lines = made("tribe-yuki", "invoice", YUKI, line("high", "100.00", "21.00", quantity=3, account="8000"))

    assert lines == [
        {
            "Description": "Work at the high rate",
            "ProductQuantity": Decimal(3),
            "LineAmount": Decimal("100.00"),
            "LineVATAmount": Decimal("21.00"),
            "Product": {
                "Description": "Work",
                "Reference": "W1",
                "SalesPrice": Decimal("33.3333"),
                "VATPercentage": Decimal("21.00"),
                "VATIncluded": False,
                "VATType": 1,
                "GLAccountCode": "80001",
            },
        }
    ]
