"""What happens in the demo between WinBooks and Silverfin, and what must have come of it.

Everything is done and looked at as a person would: at the screens of the two sandboxes, never through the connector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from syncrules_providers.sandboxes.silverfin import FILE, SilverfinSandbox
from syncrules_providers.sandboxes.winbooks import WinBooksSandbox

Chapter = tuple[str, Callable[[], None]]
"""What happens, and how."""

CUSTOMER, SUPPLIER = "DEMO1", "DEMO2"
WRONG = "DEMO_VB"
DAY = date(2026, 4, 20)
"""A day of the last month in which the invented books have bookings."""


class Demo:
    """Two days of bookings and clicks, told in parts; after each part the client files are brought in step.

    Args:
        systems: the running sandboxes by the name of their system.
    """

    settings: ClassVar[Mapping[str, Any]] = {}
    """Answers that nobody can suggest."""

    waits: ClassVar[Mapping[str, str]] = {}
    """Who waits or fails in the end, and a part of the reason."""

    def __init__(self, systems: Mapping[str, Any]) -> None:
        self.books: WinBooksSandbox = systems["winbooks"]
        self.office: SilverfinSandbox = systems["silverfin"]
        self.other = self.office.add_file("Holding van Demo BV")
        self.before = len(self.books.lines())

    @property
    def parts(self) -> Sequence[tuple[str, Sequence[Chapter]]]:
        """What happens, in parts."""
        return (
            (
                "A day in the books",
                (
                    ("In WinBooks, an invoice of 250.00 without VAT for a new customer.", self.sell),
                    ("In WinBooks, an invoice of 80.00 without VAT from a new supplier.", self.buy),
                    ("In Silverfin, the file of the holding gets a company code with two letters swapped.", self.mistype),
                ),
            ),
            (
                "The day after",
                (
                    ("In WinBooks, the customer pays 100.00 of it.", lambda: self.pay("100.00")),
                    ("In WinBooks, what the supplier sent turns out to be for rent.", self.correct),
                    ("In WinBooks, the text of that invoice is made clearer.", self.explain),
                ),
            ),
        )  # fmt: skip

    # What happens -----------------------------------------------------------------------------------------------

    def sell(self) -> None:
        self.books.add_customer(CUSTOMER, "Bakkerij De Halm")
        self.books.post_invoice(CUSTOMER, "250.00", reference="D-1", day=DAY)

    def buy(self) -> None:
        self.books.add_supplier(SUPPLIER, "Meelfabriek De Molen")
        self.books.post_purchase(SUPPLIER, "80.00", reference="D-2", day=DAY)

    def mistype(self) -> None:
        self.office.choose_reference(self.other, WRONG, typed=True)

    def pay(self, amount: str) -> None:
        self.books.pay("D-1", amount, day=DAY)

    def correct(self) -> None:
        self.books.edit_booking("D-2", lines={1: {"GLAccountCode": "610000"}})

    def explain(self) -> None:
        self.books.edit_booking("D-1", lines={1: {"CommentBooking": "Vijftig taarten"}})

    # What must have come of it ----------------------------------------------------------------------------------

    def checks(self) -> Iterator[tuple[str, bool]]:
        """Say what must be so in the end, and whether it is."""
        file, booked = FILE[0], self._booked()
        yield "the client file stands at what is booked, on every account, to the cent", self._stands(file) == booked
        yield "nothing came into that of the holding: its code is nobody's", self.office.transactions(self.other) == []
        claims = [each["open_transaction"] for each in self._lines(file, CUSTOMER, "400000") if each["value"] > 0]
        yield (
            "of the invoice, 202.50 is still to be received",
            claims == [{"value": Decimal("202.50"), "category": "receivable"}],
        )
        texts = [
            each.get("description") for each in self.office.transactions(file) if each["account_number"] == "700000"
        ]
        yield "the invoice says what it was for", texts.count("Vijftig taarten") == 1
        rent = [
            each
            for each in self.office.transactions(file)
            if each["account_number"] == "610000" and each["value"] == 80
        ]
        yield "the purchase is booked as rent, and only once", len(rent) == 1
        yield "nothing was written in WinBooks", not self.books.writes
        yield (
            "every line of the books is in the file, but the openings that Silverfin works out itself",
            self._all_there(file),
        )

    def _lines(self, file: int, contact: str, account: str) -> list[dict[str, Any]]:
        found = self.office.transactions(file)
        return [
            each for each in found if each.get("contact_reference") == contact and each["account_number"] == account
        ]

    def _booked(self) -> dict[str, Decimal]:
        """What each account stands at in this year, with what it began with."""
        lines = self.books.lines()
        this_year = max(each["RelatedYear"] for each in lines)
        found: dict[str, Decimal] = {}
        for each in lines:
            if each["RelatedYear"] == this_year:
                found[each["GLAccount"]] = found.get(each["GLAccount"], Decimal(0)) + each["Amount"]
        return {account: value for account, value in found.items() if value}

    def _stands(self, file: int) -> dict[str, Decimal]:
        balances = self.office.balances(file)
        last = max((day for day, _ in balances), default=None)
        return {account: value for (day, account), value in balances.items() if day == last}

    def _all_there(self, file: int) -> bool:
        lines = self.books.lines()
        first = min(each["RelatedYear"] for each in lines)
        wanted = {each["Id"] for each in lines if each["Number"] or each["RelatedYear"] == first}
        return wanted == {each["id"] for each in self.office.transactions(file)}
