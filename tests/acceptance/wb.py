"""WinBooks in a small world: how it is connected, and people and papers, the same in both systems where a test wants so."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from crm import Row
from world import CUSTOMERS, PERSONS, SUPPLIERS, World

from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.tribe import TribeSandbox
from syncrules_providers.sandboxes.winbooks import WinBooksSandbox

MAPPING = os.environ.get("SYNCRULES_TEST_MAPPING", "tribe-winbooks")
VAT_CODES = {"BE21": "21", "BE6": "6", "BE0": "0"}
VAT_ACCOUNTS = {"BE21": "451000", "BE6": "451200", "BE0": "451000"}
VAT_KINDS = {"BE21": "V03", "BE6": "V01", "BE0": "V03"}
ASIDE = frozenset({"Id", "Created", "Modified", "Version", "CreatedBy", "ModifiedBy"})
"""What depends on when, or in which order, something was made; `_Id` at the end of a name does too."""


class WinBooks:
    """What a world must know of WinBooks."""

    side: ClassVar[str] = "winbooks"
    country: ClassVar[str] = "BE"
    incidental: ClassVar[frozenset[str]] = ASIDE

    def sandbox(self, story: Story, **how: Any) -> WinBooksSandbox:
        return WinBooksSandbox(story, ledger=False, **how)

    def answers(self, books: WinBooksSandbox) -> dict[str, Any]:
        return books.answers

    def usual_settings(self, crm: TribeSandbox, books: WinBooksSandbox) -> dict[str, Any]:
        groups = {row["Code"]: row["ID"] for row in crm.rows("Datastore_VatGroup")}
        return {
            "VAT groups": {groups[code]: vat for code, vat in VAT_CODES.items()},
            "VAT accounts": {groups[code]: account for code, account in VAT_ACCOUNTS.items()},
            "kinds of VAT": {groups[code]: kind for code, kind in VAT_KINDS.items()},
            "revenue accounts": {"700000": "700000", "700100": "700100", "700200": "700200"},
            "default revenue account": "700000",
            "customers account": "400000",
            "suppliers account": "440000",
            "sales journal": "VERK",
            "credit note journal": "VCN",
            "currency": "EUR",
        }

    def enter(self, books: WinBooksSandbox, name: str, code: str, **fields: Any) -> str:
        return books.add_customer(code, name, **fields)

    def edit(self, books: WinBooksSandbox, name: str, **fields: Any) -> None:
        books.edit("Third", books.one("Third", Name=name)["Id"], **fields)

    def contents(self, books: WinBooksSandbox) -> dict[str, list[dict[str, Any]]]:
        return {
            "customers": [_plain(each) for each in books.customers()],
            "suppliers": [_plain(each) for each in books.suppliers()],
            "thirds": [_plain(each) for each in books.rows("Third")],
            "lines": [_plain(each) for each in books.lines()],
            "open items": [_plain(each) for each in books.open_items()],
        }

    def known_as(self, books: WinBooksSandbox) -> dict[str, str]:
        roles = {each["Id"]: each["Code"] for om in ("Customer", "Supplier") for each in books.rows(om)}
        return roles | {each["Id"]: str(each["GLTransactions"][0]["Reference"]) for each in books.bookings()}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what leads somewhere by an id, and the numbers that documents get in the order of their making."""
    return {
        name: [_plain(one) for one in each]
        if isinstance(each, list)
        else _plain(each)
        if isinstance(each, dict)
        else each
        for name, each in row.items()
        if not name.endswith("_Id") and name not in ("DocNumber", "Code.GLMatch", "GLMatch")
    }


BOOKS = WinBooks()


# People and papers ---------------------------------------------------------------------------------------------------

KORST: Row = {
    "Name": "Bakkerij De Korst",
    "WebSite": "www.dekorst.example",
    "VatNumber": "0123456749",
    "VatCountryCode": "BE",
}
KORST_ADDRESS: Row = {
    "Address1": "Dorpsstraat 12 bus 3", "Address2": "Poort B", "Zip": "9000", "Town": "Gent", "CountryCode": "BE",
    "PhoneNo": "+32 9 000 00 01",
}  # fmt: skip
KORST_CONTACT: Row = {"FirstName": "Ans", "Name": "Bakker", "Email": "info@dekorst.example"}
KORST_IN_TRIBE: Row = {
    "Name": "Bakkerij De Korst",
    "Website": "www.dekorst.example",
    "DebtorNumber": "10042",
    "CreditorNumber": None,
    "EmailAddress": "info@dekorst.example",
    "PhoneNumber": "+32 9 000 00 01",
    "VATNumber": "BE0123456749",
}
"""An organisation in which every field that travels is filled."""
KORST_ADDRESS_IN_TRIBE: Row = {
    "Street": "Dorpsstraat",
    "HouseNumber": 12,
    "HouseNumberSuffix": "bus 3",
    "Postalcode": "9000",
    "City": "Gent",
    "Country": "BE",
}
KORST_ASIDE: Row = {
    "VatCode": "21", "GLAccountDefaultCode": "700100", "PayCodeCode": "30", "Memo": "Belt liever niet", "MemoType": 5,
    "IsReminderBlocked": True, "CategoryCode": "HANDEL",
}  # fmt: skip
"""What else the books know of a customer; none of this is ours."""
KORST_THIRD_ASIDE: Row = {"LanguageCode": "fr", "CurrencyCode": "EUR", "CivilityCode": "NV"}

ANNA: Row = {
    "FirstName": "Anna", "Name": "van der Meer", "PhoneNo": "+32 2 000 00 03", "MobileNo": "+32 470 00 00 03",
    "Email": "anna@voorbeeld.example",
}  # fmt: skip
ANNA_IN_TRIBE: Row = {
    "FirstName": "Anna",
    "MiddleName": "van der",
    "LastName": "Meer",
    "DebtorNumber": "20001",
    "PhoneNumber": "+32 2 000 00 03",
    "MobilePhoneNumber": "+32 470 00 00 03",
    "EmailAddress": "anna@voorbeeld.example",
}
"""A person in whom every field that travels is filled."""


def add(here: World, code: str = "10042", om: str = "Customer", **said: Any) -> str:
    """Enter the bakery in the books, as a customer or a supplier, and give its Id."""
    third = {
        **KORST,
        **KORST_THIRD_ASIDE,
        "Code": code,
        "Addresses": [invoicing(KORST_ADDRESS)],
        "Contacts": [{"Index": 0, "IsDefault": True, "Contact": KORST_CONTACT}],
    }
    aside = KORST_ASIDE if om == "Customer" else {}
    return here.books.add(om, **{"Code": code, "VatApplicable": 1, **aside, "Third": third, **said})  # type: ignore[no-any-return]


def add_person(
    here: World, code: str = "20001", name: str = "Anna van der Meer", contact: Row | None = ANNA, **said: Any
) -> str:
    """Enter a private customer in the books and give its Id."""
    contacts = [{"Index": 0, "IsDefault": True, "Contact": contact}] if contact else []
    third = {"Code": code, "Name": name, "Contacts": contacts, **said}
    return here.books.add("Customer", Code=code, VatApplicable=3, Third=third)  # type: ignore[no-any-return]


def invoicing(address: Row) -> Row:
    """Say an address as the one that invoices go to."""
    return {"Index": 0, "IsInvoicing": True, "IsInvoicingDefault": True, "Address": address}


def known_customer(here: World, **said: Any) -> str:
    """Enter the bakery in the books, import it, and give the ID of the customer in Tribe."""
    add(here, **said)
    here.run()
    return str(here.crm.rows(CUSTOMERS)[0]["ID"])


def known_supplier(here: World) -> str:
    """Enter the bakery in the books as a supplier, import it, and give the ID of the supplier in Tribe."""
    add(here, "30001", "Supplier")
    here.run()
    return str(here.crm.rows(SUPPLIERS)[0]["ID"])


def known_person(here: World) -> str:
    """Enter Anna in the books, import her, and give the ID of the customer in Tribe."""
    add_person(here)
    here.run()
    return str(here.crm.rows(PERSONS)[0]["ID"])


# Looking -------------------------------------------------------------------------------------------------------------


def day(year: int, month: int, number: int) -> datetime:
    """Say a day as the books keep it."""
    return datetime(year, month, number, tzinfo=UTC)


def let_time_pass(here: World, seconds: float) -> None:
    """Let the clocks of the connection and of the books go on."""
    here.clock.ahead += seconds
    for each in here.books.folders.values():
        each.now = partial(_later, each.now, timedelta(seconds=seconds))


def _later(now: Callable[[], datetime], passed: timedelta) -> datetime:
    return now() + passed


def third(here: World, code: str = "10042") -> Row:
    found: Row = here.books.one("Third", Code=code)
    return found


def address(here: World, code: str = "10042") -> Row:
    """Find the address that invoices go to, its country by its code; empty if there is none."""
    found = [each["Address"] for each in third(here, code)["Addresses"] if each["IsInvoicingDefault"]]
    assert len(found) < 2
    return {**found[0], "CountryCode": (found[0].get("Country") or {}).get("Code")} if found else {}


def contact(here: World, code: str = "10042") -> Row:
    """Find the contact that counts; empty if there is none."""
    found: list[Row] = [each["Contact"] for each in third(here, code)["Contacts"] if each["IsDefault"]]
    assert len(found) < 2
    return found[0] if found else {}


def codes(row: Row, *names: str) -> Row:
    """Take what these references lead to, by its code."""
    return {name: (row.get(name) or {}).get("Code") for name in names}


def booked(here: World, number: str) -> Row:
    """Find the one booking that has this number as its reference."""
    found = [each for each in here.books.bookings() if each["GLTransactions"][0]["Reference"] == number]
    assert len(found) == 1, f"{len(found)} bookings with the reference {number}"
    return found[0]  # type: ignore[no-any-return]


def lines(here: World, number: str) -> list[tuple[int, str, str | None, Decimal]]:
    """Tell the lines of a booking: order, account, VAT code, amount."""
    return [
        (each["LineOrder"], each["GLAccount"]["Code"], (each.get("Vat") or {}).get("Code"), each["Amount"])
        for each in booked(here, number)["GLTransactions"]
    ]
