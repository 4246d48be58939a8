"""What Yuki knows by heart, in tables: values, accounts, VAT codes and the words of its refusals.

Codes and values are the vendor's; the books, and every text that no source tells, are invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Region = Literal["nl", "be"]

# Values of parameters: the first one stands for a missing element ------------------------------------------------

SEARCH_OPTION, CONTACT_ORDER, ACTIVITY = "ContactSearchOption", "ContactSortOrder", "ContactActive"
ROLE, ITEM_ORDER = "ContactRole", "OutstandingItemSortOrder"
"""The names of the types are invented: no source tells them."""

SEARCH_OPTIONS = (
    *("All", "Name", "City", "Postcode", "Tag", "Email", "Website", "Phone", "Code", "CoCNumber", "VATNumber"),
    *("BankAccount", "ID", "ContactType", "HID"),
)
CONTACT_ORDERS = ("Name", "LastName", "CreatedAsc", "CreatedDesc", "ModifiedAsc", "ModifiedDesc", "HID")
ACTIVITIES = ("Both", "Active", "Inactive")
ROLES = ("Customer", "Supplier", "Both", "None")
ITEM_ORDERS = ("ContactAsc", "ContactDesc", "AmountAsc", "AmountDesc", "DateAsc", "DateDesc")

PAGE = 100
"""Contacts on a page."""
MOST_FAILURES = 6
"""Incorrect invoices in one document after which the rest is skipped."""
LARGEST_REQUEST = 4 * 1024 * 1024

LANGUAGES: Mapping[str, tuple[str, str]] = {
    "nl-be": ("Dutch (Belgium)", "Nederlands (België)"),
    "en": ("English", "English"),
}
"""Code, description and description in the language itself."""

ALLOWANCES: Mapping[str, int] = {"free": 1_000, "Yuki Webservice": 5_000, "Yuki Webservice Extended": 10_000}
"""Calls a day for a domain, by what its accountant pays for."""

RIGHTS: Mapping[str, str] = {
    **dict.fromkeys(("SearchContacts", "GetSuppliersAndCustomers"), "Contacts (read-only)"),
    "UpdateContact": "Contacts",
    **dict.fromkeys(("ProcessSalesInvoices", "GetSalesItems"), "Sales"),
    **dict.fromkeys(("GetGLAccountScheme", "GetCustomPaymentMethods", "ActiveVATCodesList"), "Financial"),
    **dict.fromkeys(
        (
            *("OutstandingDebtorItems", "OutstandingDebtorItemsByDate", "OutstandingDebtorItemsByDateOutstanding"),
            *("OutstandingDebtorWithPaymentReference", "CheckOutstandingItem", "CheckOutstandingItemAdmin"),
        ),
        "Financial",
    ),
}
"""The right that a key must have for an operation; `Contacts` holds the read-only right too."""
ALL_RIGHTS = ("Sales", "Contacts", "Financial")

# Payment methods ------------------------------------------------------------------------------------------------

PAYMENT_METHODS: Mapping[str, tuple[str, str]] = {
    "Unspecified": ("Unspecified", "Niet gespecificeerd"),
    "ElectronicTransfer": ("Electronic transfer", "Overschrijving"),
    "DirectCollection": ("Direct collection", "Automatische incasso"),
    "Cash": ("Cash", "Contant"),
    "DebitCard": ("Debit card", "Pin"),
    "CreditCard": ("Credit card", "Creditcard"),
    "ReceivedElectronically": ("Received electronically", "Per bank ontvangen"),
    "ReceivedCash": ("Received in cash", "Contant ontvangen"),
    "ToSettle": ("To settle", "Te verrekenen"),
    "iDeal": ("iDEAL", "iDEAL"),
    "Online": ("Online", "Online"),
}
"""The label of each in English and in Dutch; but for the electronic transfer they are invented."""
CLEARED_AT_ONCE = ("DebitCard", "CreditCard", "iDeal", "Online")
"""Methods by which an invoice is booked to a clearing account and never becomes an outstanding item."""
CUSTOM_PAYMENT_METHODS = (("1", "Cadeaubon"),)

ITEM_TYPES: Mapping[str, tuple[str, str]] = {
    "6": ("Sales invoice", "Verkoopfactuur"),
    "21": ("General journal", "Memoriaal"),
    "11": ("Bank transaction", "Banktransactie"),
}
"""Ids and labels of outstanding items; those of a bank transaction are invented."""

# Ledger accounts and VAT codes ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    code: str
    description: str
    type: int = 1
    enabled: bool = True
    vat: bool = False


ACCOUNTS: Mapping[Region, tuple[Account, ...]] = {
    "nl": (
        Account("11000", "Bank", 0),
        Account("13000", "Debiteuren", 0),
        Account("40000", "Algemene kosten", 2, vat=True),
        Account("80001", "Omzet hoog", vat=True),
        Account("80002", "Omzet laag", vat=True),
        Account("80003", "Omzet nul"),
        Account("80004", "Omzet diensten", vat=True),
        Account("80009", "Omzet (vervallen)", enabled=False, vat=True),
    ),
    "be": (
        Account("400000", "Handelsdebiteuren", 0),
        Account("610000", "Diensten en diverse goederen", 2, vat=True),
        Account("700000", "Verkopen", vat=True),
        Account("700009", "Verkopen (vervallen)", enabled=False, vat=True),
    ),
}
"""An invented chart for each country; only 80001 and 700000 are known to occur."""


@dataclass(frozen=True, slots=True)
class VatCode:
    type: int
    percentage: Decimal
    description: str
    label: str
    country: str = ""
    """The customer's country, where the rate is that of another country."""
    start: date | None = None
    end: date | None = None
    within_eu: bool = False
    """A delivery to another country of the EU is refused without the VAT number of the customer."""

    def valid(self, day: date, country: str) -> bool:
        """Say whether an invoice of this day for a customer in this country may bear it."""
        in_time = (self.start is None or self.start <= day) and (self.end is None or day <= self.end)
        return in_time and self.country in ("", country)


_2019 = date(2019, 1, 1)
_NINE, _SIX, _TWENTY_ONE, _NONE = Decimal(9), Decimal(6), Decimal(21), Decimal(0)

VAT_CODES: Mapping[Region, tuple[VatCode, ...]] = {
    "nl": (
        VatCode(1, _TWENTY_ONE, "Btw hoog", "VAT high"),
        VatCode(2, _NINE, "Btw laag", "VAT low", start=_2019),
        VatCode(2, _SIX, "Btw laag (tot 2019)", "VAT low", end=date(2018, 12, 31)),
        VatCode(3, _NONE, "Btw 0%", "VAT zero"),
        VatCode(5, _NONE, "Levering binnen de EU", "VAT within the EU", within_eu=True),
        VatCode(17, _NONE, "Btw verlegd", "VAT reverse-charged, sales", within_eu=True),
        VatCode(40, Decimal(19), "Duitse btw (OSS)", "VAT digital services and/or distance selling", "DE"),
        VatCode(40, _TWENTY_ONE, "Belgische btw (OSS)", "VAT digital services and/or distance selling", "BE"),
    ),
    "be": (
        VatCode(1, _TWENTY_ONE, "Btw hoog", "VAT high"),
        VatCode(2, _SIX, "Btw laag", "VAT low"),
        VatCode(3, _NONE, "Btw 0%", "VAT zero"),
        VatCode(17, _NONE, "Btw verlegd", "VAT reverse-charged, sales", within_eu=True),
        VatCode(21, Decimal(12), "Btw middelhoog", "VAT medium"),
        VatCode(40, Decimal(19), "Duitse btw (OSS)", "VAT digital services and/or distance selling", "DE"),
    ),
}
"""What an administration holds in each country; the numbers 3 and 5 are invented, the others are known."""

STORY_VAT: Mapping[Region, Mapping[str, tuple[int, Decimal, str]]] = {
    "nl": {"high": (1, _TWENTY_ONE, "80001"), "low": (2, _NINE, "80002"), "zero": (3, _NONE, "80003")},
    "be": {"high": (1, _TWENTY_ONE, "700000"), "low": (2, _SIX, "700000"), "zero": (3, _NONE, "700000")},
}
"""VAT type, percentage and revenue account of the rates of the story."""

EU = {
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
}
COUNTRIES = EU | {"GB", "CH", "NO", "US", "TR"}
"""Countries that Yuki knows here; another one makes that no invoice can be drawn for an e-mail."""

DEFAULT_TERM_DAYS = 30
DEFAULT_ACCOUNT: Mapping[Region, str] = {"nl": "80001", "be": "700000"}

# Refusals -------------------------------------------------------------------------------------------------------

FAULTS: Mapping[str, tuple[Literal["Client", "Server"], str]] = {
    "key": ("Server", "Invalid access key"),
    "region": ("Server", "Domain has no active database"),
    "limit": ("Server", "Daily limit exceeded"),
    "licence": ("Server", "The domain is not licensed for this functionality"),
    "session": ("Client", "The session is unknown or has expired"),
    "right": ("Server", "The access key has no rights for this web service"),
    "client": ("Server", "Invalid client"),
    "user": ("Server", "Invalid user name or password"),
    "domain": ("Server", "The domain cannot be found"),
    "administration": ("Server", "The administration cannot be found"),
    "language": ("Server", "The language is not supported"),
    "role": ("Client", "Instance validation error: '' is not a valid value for ContactRole."),
    "document": ("Server", "Object reference not set to an instance of an object."),
    "schema": ("Server", "The XML document is not valid: {reason}"),
    "size": ("Client", "Maximum request length exceeded."),
}
"""Faults with their blame; the first four texts are the vendor's."""

MESSAGES: Mapping[str, str] = {
    "vat": 'Sales tax code with percentage "{percentage}" and type "{type}" cannot be found',
    "account disabled": "Cannot book this transaction line because the GLAccount is disabled",
    "closed": "Could not create or modify transactions before {day} for administration {administration}",
    "eu": "The VAT number of the relation must be filled in for sales invoices with deliveries to countries within the EU",
    "pdf": "When supplying a document process must be set to true",
    "country": "HTML render is blank",
    "duplicate nl-be": "Er bestaat al een factuur met het factuurnummer {number}",
    "duplicate en": "An invoice with the invoice number {number} already exists",
    "not a customer": "The contact {contact} is not a customer",
    "account unknown": "GLAccount {code} cannot be found",
    "email": "The e-mail address {email} is not valid",
    "new contact": "The contact cannot be created: {what} is missing",
    "method": "Payment method {method} cannot be found",
    "bundle": "The domain is not licensed for this functionality",
}
"""Why an invoice is refused inside an answer with status 200; from 'duplicate en' on the texts are ours."""

CONTACT_MESSAGES: Mapping[str, str] = {
    "updated": "Succesfully updated Contact {id}",
    "created": "Succesfully created Contact {id}",
    "unknown": "Contact with ID {id} not found",
    "type": "Type {type} is not valid",
    "name": "FullName is required",
}
"""What `UpdateContact` says; the first text is the vendor's, as it is spelled."""
