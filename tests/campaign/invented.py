"""Invoices as a CRM may show them: rounded in one of the usual ways, computed in binary, or wrong somewhere."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

CENT = Decimal("0.01")
HAIRS = tuple(map(Decimal, ("0", "0", "0", "1E-12", "-1E-12")))
AMOUNTS = ("TotalExcludingVat", "VatAmount", "TotalIncludingVat")
KINDS = {"usual": 70, "spoilt": 20, "unrounded": 10}
"""Kind → how many of a hundred."""


def invoice(chance: Random, rates: Mapping[str, int]) -> tuple[str, dict[str, Any]]:
    """Invent an invoice or a credit note, and say of which kind it is."""
    kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
    most = chance.choice((1, 2, 4, 12))
    make = _unrounded if kind == "unrounded" else _usual
    lines = [make(chance, *chance.choice(list(rates.items()))) for _ in range(chance.randint(1, most))]
    document = _document(chance, lines)
    if kind == "spoilt":
        _spoil(chance, document, rates)
    return kind, document


def _usual(chance: Random, group: str, rate: int) -> dict[str, Any]:
    """Make a line of which every amount is in cents, but for a hair."""
    rounding = chance.choice((ROUND_HALF_UP, ROUND_HALF_EVEN))
    typed = Decimal(chance.choice((chance.randint(-30, 30), chance.randint(-(10**5), 10**6), chance.randint(-(10**9), 10**10)))) / 100  # fmt: skip
    if chance.random() < 0.5:
        gross = typed
        net = (typed * 100 / (100 + rate)).quantize(CENT, rounding)
    else:
        net = typed
        gross = typed + (typed * rate / 100).quantize(CENT, rounding)
    return _line(chance, group, rate, (net, gross - net, gross))


def _unrounded(chance: Random, group: str, rate: int) -> dict[str, Any]:
    """Make a line of a system that rounds nothing: a price with four decimals, some of it, and perhaps a discount."""
    price, quantity = Decimal(chance.randint(-(10**4), 10**7)) / 10_000, chance.randint(1, 40)
    net = (price * quantity * chance.choice((100, 100, 95, 85)) / 100).quantize(Decimal("1E-8"))
    vat = (net * rate / 100).quantize(Decimal("1E-10"))
    return _line(chance, group, rate, (net, vat, net + vat))


def _line(chance: Random, group: str, rate: int, amounts: tuple[Decimal, Decimal, Decimal]) -> dict[str, Any]:
    return {
        "Description": "Werk",
        "Quantity": Decimal(chance.randint(1, 40)),
        "VatGroup": {"ID": group},
        "VatPercentage": Decimal(rate),
        "Product": None,
        **{name: amount + chance.choice(HAIRS) for name, amount in zip(AMOUNTS, amounts, strict=True)},
    }


def _document(chance: Random, lines: list[dict[str, Any]]) -> dict[str, Any]:
    total = sum((each["TotalIncludingVat"] for each in lines), Decimal(0)) + chance.choice(HAIRS)
    if chance.random() < 0.3:
        total = total.quantize(CENT, ROUND_HALF_UP)
    return {
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
        "IsCredit": total < 0,
        "ProductLines": lines,
        "TotalIncludingVat": total,
    }


def _spoil(chance: Random, document: dict[str, Any], rates: Mapping[str, int]) -> None:
    """Make one thing of an invoice wrong: by some cents, or by another percentage or code."""
    line = chance.choice(document["ProductLines"])
    off = chance.choice((-5, -2, -1, 1, 2, 5)) * CENT
    match chance.choice(("VAT", "net", "gross", "percentage", "code", "total")):
        case "VAT":
            line["VatAmount"] += off
            line["TotalIncludingVat"] += off
            document["TotalIncludingVat"] += off
        case "net":
            line["TotalExcludingVat"] += off
        case "gross":
            line["TotalIncludingVat"] += off
        case "percentage":
            line["VatPercentage"] = chance.choice((*map(Decimal, (0, 6, 9, 12, 19, 21)), None))
        case "code":
            line["VatGroup"] = {"ID": chance.choice(list(rates))}
        case _:
            document["TotalIncludingVat"] += off


def shown(document: Mapping[str, Any]) -> str:
    """Print the amounts of an invoice."""
    names = (*AMOUNTS, "VatPercentage", "VatGroup")
    rows = ["  " + ", ".join(f"{name} {each[name]}" for name in names) for each in document["ProductLines"]]
    return "\n".join([*rows, f"  in all {document['TotalIncludingVat']}"])
