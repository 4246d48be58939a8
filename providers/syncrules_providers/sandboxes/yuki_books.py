"""The books of one Yuki administration: accounts, VAT codes, products, invoices, and what is outstanding.

Nothing here knows how it travels; what may be booked is decided in `yuki_invoices`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.yuki_contacts import Contacts, Row

CENT = Decimal("0.01")
ItemType = Literal["6", "21", "11"]


@dataclass(slots=True)
class Line:
    description: str
    quantity: Decimal
    net: Decimal
    vat: Decimal
    vat_type: int
    percentage: Decimal
    account: str


@dataclass(slots=True)
class Item:
    """Something that a customer owes, or is owed: an invoice, a line of a journal, money from the bank."""

    id: str
    document: str
    type: ItemType
    day: date
    due: date
    description: str
    amount: Decimal
    contact: str = ""
    """The id of the contact."""
    reference: str = ""
    payment_method: str = ""
    payment_reference: str = ""
    payments: list[tuple[date, Decimal]] = field(default_factory=list)

    def open_on(self, day: date) -> Decimal:
        """Say what is still open at the end of a day."""
        return self.amount - sum((amount for when, amount in self.payments if when <= day), Decimal(0))


@dataclass(slots=True)
class Invoice:
    """A sales invoice: booked, or waiting under "To be sent"."""

    reference: str
    """Its number, once it is booked."""
    subject: str
    day: date
    due: date
    contact: str
    payment_method: str
    lines: list[Line]
    booked: bool
    currency: str = "EUR"
    payment_reference: str = ""
    document: str = ""
    """The name of a document that came with it."""

    @property
    def total(self) -> Decimal:
        return sum((each.net + each.vat for each in self.lines), Decimal(0))


@dataclass(slots=True)
class Product:
    id: str
    description: str
    price: Decimal
    vat_type: int
    percentage: Decimal
    account: str


class Books:
    """Everything that one administration holds."""

    def __init__(self, row: Row, contacts: Contacts, region: tables.Region, number: Callable[[str], int]) -> None:
        self.row = row
        """Its own particulars, by the names of `Administrations`."""
        self.contacts = contacts
        self.region: tables.Region = region
        self.accounts = {each.code: each for each in tables.ACCOUNTS[region]}
        self.vat_codes = list(tables.VAT_CODES[region])
        self.products: dict[str, Product] = {}
        """By their description."""
        self.invoices: list[Invoice] = []
        self.items: list[Item] = []
        self.closed_until: date | None = None
        self._number = number

    @property
    def home(self) -> str:
        return self.region.upper()

    # Products and invoices --------------------------------------------------------------------------------------

    def product(self, description: str, **fields: Any) -> Product:
        """Find the product of this description, or make it."""
        known = self.products.get(description)
        if known is None:
            known = Product(f"50000000-0000-4000-8000-{self._number('product'):012d}", description, **fields)
            self.products[description] = known
        return known

    def booked(self, reference: str) -> Invoice | None:
        return next((each for each in self.invoices if each.booked and each.reference == reference), None)

    def next_reference(self, year: int) -> str:
        """Hand out the number of an invoice that brings none."""
        while self.booked(reference := f"{year}{self._number('invoice'):05d}"):
            pass
        return reference

    def keep(self, invoice: Invoice) -> None:
        """Keep an invoice that was found to be right; what is booked and not cleared at once becomes an item."""
        self.invoices.append(invoice)
        if invoice.booked and invoice.payment_method not in tables.CLEARED_AT_ONCE:
            self.add_item(
                "6",
                invoice.day,
                invoice.total,
                invoice.subject,
                due=invoice.due,
                contact=invoice.contact,
                reference=invoice.reference,
                payment_method=invoice.payment_method,
                payment_reference=invoice.payment_reference,
            )

    # Outstanding items ------------------------------------------------------------------------------------------

    def add_item(
        self, type: ItemType, day: date, amount: Decimal, description: str, *, due: date | None = None, **fields: Any
    ) -> Item:
        number = self._number("item")
        # Money of which nobody knows whose it is has no id of its own.
        known = type != "11" or fields.get("contact")
        item = Item(
            f"17e00000-0000-4000-8000-{number:012d}" if known else "",
            f"d0c00000-0000-4000-8000-{number:012d}",
            type,
            day,
            due or day,
            description,
            amount,
            **fields,
        )
        self.items.append(item)
        return item

    def outstanding(self, day: date = date.max, *, bank: bool = True) -> Iterator[Item]:
        """Tell what is open at the end of a day; without one, whatever its date."""
        for each in self.items:
            if each.day <= day and each.open_on(day) and (bank or each.type != "11"):
                yield each


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
