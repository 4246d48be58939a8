"""Sixteen months of bookkeeping about the characters of WinBooks: always the same, and every document balances.

Each month has sales, purchases, bank statements, cash and wages; a year begins with an opening entry and ends with a
closing one. Everything is booked through the same door as a client's bookings.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

from syncrules_providers.sandboxes import winbooks_tables as tables
from syncrules_providers.sandboxes.winbooks_folder import Folder, Row
from syncrules_providers.sandboxes.winbooks_matching import match, open_amount
from syncrules_providers.sandboxes.winbooks_objects import EMPTY
from syncrules_providers.sandboxes.winbooks_saving import Saver

T = TypeVar("T")
FIRST_YEAR = 2025
LAST_MONTH = (2026, 4)
_CENT = Decimal("0.01")
_PURCHASES = {"PAPIER": ("604000", "A21"), "STROOM": ("612000", "A21"), "HUUR": ("610000", "A0"),
    "FIDUEX": ("613000", "A21"), "BEIDE": ("604000", "A6")}  # fmt: skip
_SALES = (("700000", "21"), ("700000", "21"), ("700100", "21"), ("700000", "6"), ("700100", "12"), ("700000", "0"))
_IN_FRENCH = {
    "Factuur": "Facture", "Creditnota": "Note de crédit", "Uittreksel": "Extrait", "Bankkosten": "Frais bancaires",
    "Toonbank": "Comptoir", "Lonen": "Rémunérations", "Voorheffing": "Précompte", "Netto": "Net",
    "Afschrijving": "Amortissement", "Opening": "Ouverture",
}  # fmt: skip
_DOLLAR = Decimal("1.100000")


class Ledger:
    """Write the books of one folder, day after day."""

    def __init__(self, folder: Folder, saver: Saver) -> None:
        self._folder = folder
        self._saver = saver
        self._deck = random.Random(20_250_101)
        self._numbers: dict[tuple[str, int], int] = {}
        self._customers = [
            code for code in ("ARTHUR", "BEBOP", "HÉLOÏSE", "KLARINET", "4711", "BEIDE") if self._has("Customer", code)
        ]
        self._suppliers = [code for code in _PURCHASES if self._has("Supplier", code)]

    def write(self) -> None:
        """Write everything, and close the first year."""
        now = self._folder.now
        try:
            self._opening_of_the_first_year()
            for year in (FIRST_YEAR, LAST_MONTH[0]):
                for month in range(1, 13):
                    if (year, month) <= LAST_MONTH:
                        self._month(year, month)
                if year == FIRST_YEAR:
                    self._closing(year)
                    self._opening(year + 1)
        finally:
            self._folder.now = now

    def _month(self, year: int, month: int) -> None:
        for _ in range(5):
            self._sale(year, month)
        if month % 3 == 0:
            self._sale(year, month, credit=True)
        if month % 4 == 0 and self._has("Customer", "USAMPLE"):
            self._sale_in_dollars(year, month)
        for supplier in self._suppliers:
            self._purchase(year, month, supplier)
        self._statement(year, month, 14)
        self._statement(year, month, 27)
        self._cash(year, month)
        self._wages(year, month)

    # Sales and purchases ----------------------------------------------------------------------------------------

    def _sale(self, year: int, month: int, *, credit: bool = False) -> None:
        lines = [(*self._pick(_SALES), self._amount(80, 1800)) for _ in range(1 + int(self._deck.random() * 2))]
        customer = self._pick(self._customers)
        kind, sign = ("sale credit", -1) if credit else ("sale", 1)
        taxes = [(vat, sign * base, sign * tax) for vat, base, tax in _taxed(lines)]
        base = sign * sum((amount for _, _, amount in lines), Decimal(0))
        tax = sum((amount for _, _, amount in taxes), Decimal(0))
        number = self._next(kind, year)
        told = f"{self._say('Creditnota' if credit else 'Factuur')} {year}-{number:04d}"
        head = {
            "GLAccountCode": "400000",
            "CustomerCode": customer,
            "Amount": base + tax,
            "VatBaseAmount": base,
            "TurnOverAmount": base,
            "VatTaxAmount": tax,
            "Reference": f"{year}-{number:04d}",
            "CommentBooking": told,
        }
        self._book(kind, year, month, self._day(), number, [
            head,
            *({"GLAccountCode": account, "VatCode": vat, "Amount": -sign * amount} for account, vat, amount in lines),
            *_tax_lines(taxes, -1),
        ], term=30)  # fmt: skip

    def _sale_in_dollars(self, year: int, month: int) -> None:
        dollars = self._amount(500, 900)
        euros = (dollars / _DOLLAR).quantize(_CENT, ROUND_HALF_UP)
        number = self._next("sale", year)
        reference = f"{year}-{number:04d}"
        self._book("sale", year, month, 20, number, [
            {"GLAccountCode": "400000", "CustomerCode": "USAMPLE", "CurrencyCode": "USD", "Amount": euros,
                "CurrencyAmount": dollars, "CurrencyRate": _DOLLAR, "Reference": reference,
                "CommentBooking": f"Invoice {reference}"},
            {"GLAccountCode": "700200", "CurrencyCode": "USD", "Amount": -euros, "CurrencyAmount": -dollars,
                "CurrencyRate": _DOLLAR, "VatCode": "EX"},
        ], term=60)  # fmt: skip

    def _purchase(self, year: int, month: int, supplier: str) -> None:
        account, vat = _PURCHASES[supplier]
        base = Decimal("950.00") if supplier == "HUUR" else self._amount(60, 900)
        taxes = _taxed([(account, vat, base)])
        tax = sum((amount for _, _, amount in taxes), Decimal(0))
        number = self._next("purchase", year)
        self._book("purchase", year, month, self._day(), number, [
            {"GLAccountCode": "440000", "SupplierCode": supplier, "Amount": -(base + tax), "VatBaseAmount": -base,
                "VatTaxAmount": -tax, "Reference": f"{supplier}-{year}{month:02d}"},
            {"GLAccountCode": account, "VatCode": vat, "Amount": base},
            *_tax_lines(taxes, 1),
        ], term=30)  # fmt: skip

    # Money and the rest -----------------------------------------------------------------------------------------

    def _statement(self, year: int, month: int, day: int) -> None:
        """Book a bank statement: what was paid is matched with what was owed, some of it only in part."""
        due = datetime(year, month, day, tzinfo=UTC)
        lines: list[dict[str, Any]] = []
        matched: list[Row] = []
        for line in self._open_lines():
            header = self._folder.rows["GLTransHeader"][line["GLTransHeader_Id"]]
            if len(matched) == 5 or header["BookDate"] > due - timedelta(days=20):
                break
            is_half_paid = line["GLMatch_Id"] != EMPTY
            if self._deck.random() < 0.25 or (is_half_paid and header["BookDate"] > due - timedelta(days=75)):
                continue
            owed = open_amount(self._folder, line)
            in_part = not is_half_paid and owed > 400 and self._deck.random() < 0.4
            paid = (owed / 2).quantize(_CENT, ROUND_HALF_UP) if in_part else owed
            side = "Customer" if line["Customer_Id"] in self._folder.rows["Customer"] else "Supplier"
            account = "400000" if side == "Customer" else "440000"
            lines.append({f"{side}_Id": line[f"{side}_Id"], "GLAccountCode": account, "Amount": -paid, "IsCoda": True,
                "CommentBooking": line["Reference"]})  # fmt: skip
            matched.append(line)
        lines.append({"GLAccountCode": "657000", "Amount": Decimal("4.50"), "CommentBooking": self._say("Bankkosten")})
        rest = sum((each["Amount"] for each in lines), Decimal(0))
        lines.append(
            {"GLAccountCode": "550000", "Amount": -rest, "CommentBooking": f"{self._say('Uittreksel')} {month}/{day}"}
        )
        booked = self._book("bank", year, month, day, self._next("bank", year), lines)
        for owed_line, payment in zip(matched, booked, strict=False):
            match(self._folder, [owed_line["Id"], payment["Id"]])

    def _open_lines(self) -> list[Row]:
        """List what customers and suppliers owe and are owed, oldest first."""
        rows = self._folder.rows["GLTrans"].values()
        found = [row for row in rows if row["LineOrder"] == 0 and open_amount(self._folder, row)]
        # What was agreed in dollars waits for a person.
        return [row for row in found if row["CurrencyAmount"] is None]

    def _cash(self, year: int, month: int) -> None:
        amount = self._amount(10, 60)
        self._book("cash", year, month, 25, self._next("cash", year), [
            {"GLAccountCode": "700000", "VatCode": "0", "Amount": -amount, "CommentBooking": self._say("Toonbank")},
            {"GLAccountCode": "570000", "Amount": amount, "CommentBooking": self._say("Toonbank")},
        ])  # fmt: skip

    def _wages(self, year: int, month: int) -> None:
        self._book("misc", year, month, 28, self._next("misc", year), [
            {"GLAccountCode": "620000", "Amount": Decimal("2400.00"), "CommentBooking": self._say("Lonen")},
            {"GLAccountCode": "453000", "Amount": Decimal("-640.00"), "CommentBooking": self._say("Voorheffing")},
            {"GLAccountCode": "455000", "Amount": Decimal("-1760.00"), "CommentBooking": self._say("Netto")},
        ])  # fmt: skip

    def _closing(self, year: int) -> None:
        self._book("misc", year, 12, 31, self._next("misc", year), [
            {"GLAccountCode": "630200", "Amount": Decimal("1200.00"), "CommentBooking": self._say("Afschrijving")},
            {"GLAccountCode": "240009", "Amount": Decimal("-1200.00"), "CommentBooking": self._say("Afschrijving")},
        ], period=tables.CLOSING)  # fmt: skip

    def _opening_of_the_first_year(self) -> None:
        opening = {"240000": "6000.00", "340000": "4200.00", "550000": "18000.00", "570000": "150.00",
            "100000": "-18550.00", "140000": "-9800.00"}  # fmt: skip
        self._open(FIRST_YEAR, {account: Decimal(amount) for account, amount in opening.items()})

    def _opening(self, year: int) -> None:
        """Carry forward what stands on the balance sheet; the result of the year before goes with it."""
        carried: dict[str, Decimal] = {}
        for line in self._folder.rows["GLTrans"].values():
            code = self._folder.rows["GLAccount"][line["GLAccount_Id"]]["Code"]
            code = code if code < "6" else "140000"
            carried[code] = carried.get(code, Decimal(0)) + line["Amount"]
        self._open(year, carried)

    def _open(self, year: int, amounts: dict[str, Decimal]) -> None:
        lines = [
            {"GLAccountCode": account, "Amount": amount, "CommentBooking": self._say("Opening")}
            for account, amount in sorted(amounts.items())
            if amount
        ]
        self._book("misc", year, 1, 1, self._next("misc", year), lines, period=tables.OPENING)

    # One document -----------------------------------------------------------------------------------------------

    def _book(
        self,
        kind: str,
        year: int,
        month: int,
        day: int,
        number: int,
        lines: Sequence[dict[str, Any]],
        *,
        term: int = 0,
        period: int | None = None,
    ) -> list[Row]:
        moment = datetime(year, month, day, tzinfo=UTC)
        self._folder.now = lambda: moment + timedelta(hours=9)
        step, first = (1, 0) if kind.startswith(("sale", "purchase")) else (1000, 1000)
        header = self._saver.create("GLTransHeader", {
            "BookPeriod_Id": tables.period(self._folder, year, month if period is None else period),
            "JournalCode": tables.journal(self._folder, kind),
            "DocNumber": number,
            "BookDate": moment,
            "DueDate": moment + timedelta(days=term) if term else None,
            "PayCodeCode": str(term) if term else "",
            "GLTransactions": [
                {"CurrencyCode": "EUR", "LineOrder": first + step * place, **line} for place, line in enumerate(lines)
            ],
        })  # fmt: skip
        return self._folder.listed(self._folder.model["GLTransHeader"].lists["GLTransactions"], header["Id"])

    def _say(self, word: str) -> str:
        return _IN_FRENCH[word] if self._folder.language == "fr" else word

    def _has(self, om: str, code: str) -> bool:
        return self._folder.by_code(om, code) is not None

    def _next(self, kind: str, year: int) -> int:
        self._numbers[kind, year] = self._numbers.get((kind, year), 0) + 1
        return self._numbers[kind, year]

    def _day(self) -> int:
        return 1 + int(self._deck.random() * 26)

    def _amount(self, least: int, most: int) -> Decimal:
        return (Decimal(least) + Decimal(int(self._deck.random() * (most - least) * 100)) / 100).quantize(_CENT)

    def _pick(self, among: Sequence[T]) -> T:
        # `random()` alone is promised to stay the same in every Python, `choice()` is not.
        return among[int(self._deck.random() * len(among))]


_RATES = {each.code: each for each in tables.VAT_CODES}


def _taxed(lines: Sequence[tuple[str, str, Decimal]]) -> list[tuple[str, Decimal, Decimal]]:
    """Work out the VAT of each code: the code, the amount it is counted over, and the VAT."""
    bases: dict[str, Decimal] = {}
    for _, vat, amount in lines:
        bases[vat] = bases.get(vat, Decimal(0)) + amount
    return [
        (vat, base, (base * _RATES[vat].rate / 100).quantize(_CENT, ROUND_HALF_UP))
        for vat, base in bases.items()
        if _RATES[vat].account
    ]


def _tax_lines(taxes: Sequence[tuple[str, Decimal, Decimal]], sign: int) -> list[dict[str, Any]]:
    return [
        {"GLAccountCode": _RATES[vat].account, "VatCode": vat, "Amount": sign * tax, "VatBaseAmount": base}
        for vat, base, tax in taxes
    ]
