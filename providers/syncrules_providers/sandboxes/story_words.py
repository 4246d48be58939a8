"""What a story is told in: companies, people, products and invoices, as a person would speak of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal["business", "private"]
Role = Literal["customer", "supplier", "prospect"]


@dataclass(frozen=True, slots=True)
class Address:
    """An address as a person would say it: `number` is digits only, `suffix` what follows it (`A`, `bis`)."""

    street: str
    number: str = ""
    suffix: str = ""
    extra: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "NL"
    """ISO 3166 alpha-2."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A company or a private person, and where it is known.

    `debtor_number` and `creditor_number` are what the CRM holds, `code` is what the books hold; a story character that
    lacks one of them has `None` there, and one that is known on one side only has `in_books` or `in_crm` false.
    """

    kind: Kind
    name: str
    """The company name, or the full name of a person."""
    first: str = ""
    middle: str = ""
    last: str = ""
    code: str | None = None
    debtor_number: str | None = None
    creditor_number: str | None = None
    roles: tuple[Role, ...] = ("customer",)
    """Roles in the CRM."""
    in_books: bool = True
    in_crm: bool = False
    active_in_books: bool = True
    phone: str | None = None
    mobile: str | None = None
    email: str | None = None
    website: str | None = None
    vat_number: str | None = None
    coc_number: str | None = None
    iban: str | None = None
    bic: str | None = None
    invoice_address: Address | None = None
    postal_address: Address | None = None
    visit_address: Address | None = None
    note: str | None = None
    """A text that only the books hold and no mapping touches."""
    payment_term_days: int | None = None
    why: str = ""
    """What this character is in the story for; empty for the crowd."""


@dataclass(frozen=True, slots=True)
class Product:
    code: str
    name: str
    unit: str
    purchase_price: Decimal
    sales_price: Decimal
    vat: Literal["high", "low", "zero"]
    active: bool = True
    group: str = "Algemeen"
    in_books: bool = True
    in_crm: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    description: str
    quantity: Decimal
    price: Decimal
    """Excluding VAT, each."""
    vat: Literal["high", "low", "zero"]
    product: str | None = None
    """The code of the product, if the line has one."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice in the CRM, told by the debtor number of its customer."""

    debtor_number: str
    subject: str
    lines: tuple[Line, ...]
    phase: Literal["Draft", "Sent", "Paid"] = "Draft"
    number: str | None = None
    date: str | None = None
    """ISO day."""
    term_days: int | None = 30
    customer: str = ""
    """The name of the customer, where no debtor number tells it."""
    why: str = ""
