"""Yuki in a small world: how it is connected, and people and papers, the same in both systems where a test wants so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from crm import Row
from world import CUSTOMERS, PERSONS, World

from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.tribe import TribeSandbox
from syncrules_providers.sandboxes.yuki import YukiSandbox

LATER = timedelta(hours=5)
"""For what people do while the clock of a test is ahead."""
VAT_CODES = {"NL21": 1, "NL9": 2, "NL0": 3}


class Yuki:
    """What a world must know of Yuki."""

    side: ClassVar[str] = "yuki"
    country: ClassVar[str] = "NL"
    incidental: ClassVar[frozenset[str]] = frozenset({"ID", "HID", "Created", "Modified", "id"})

    def sandbox(self, story: Story, **how: Any) -> YukiSandbox:
        return YukiSandbox(story, **how)

    def answers(self, books: YukiSandbox) -> dict[str, Any]:
        return books.answers

    def usual_settings(self, crm: TribeSandbox, books: YukiSandbox) -> dict[str, Any]:
        return {
            "automatic numbering": True,
            "take over companies": True,
            "take over persons": True,
            "send companies": True,
            "send persons": True,
            "suppliers": False,
            "VAT groups": {row["ID"]: VAT_CODES[row["Code"]] for row in crm.rows("Datastore_VatGroup")},
            "revenue accounts": {"8000": "80001", "8010": "80002", "8020": "80004"},
            "default revenue account": "80001",
        }

    def enter(self, books: YukiSandbox, name: str, code: str, **fields: Any) -> str:
        return books.add_contact(name, **{"Code": code, "IsCustomer": True, "Country": "NL", **fields})

    def edit(self, books: YukiSandbox, name: str, **fields: Any) -> None:
        books.edit_contact(books.contact(Name=name)["ID"], **fields)

    def contents(self, books: YukiSandbox) -> dict[str, list[Row]]:
        codes = {each["ID"]: each["Code"] or each["Name"] for each in books.contacts()}
        return {
            "contacts": books.contacts(),
            "invoices": [{**each, "contact": codes.get(each["contact"], "nobody")} for each in books.invoices()],
            "outstanding": [{"reference": name, "open": amount} for name, amount in books.outstanding().items()],
            "products": books.products(),
        }

    def known_as(self, books: YukiSandbox) -> dict[str, str]:
        contacts = {each["ID"]: each["Code"] or each["Name"] for each in books.contacts()}
        return contacts | {each["reference"]: each["reference"] for each in books.invoices()}


BOOKS = Yuki()

KORST: Row = {
    "Code": "10042",
    "Name": "Bakkerij De Korst",
    "Type": "Company",
    "EMailWork": "info@dekorst.example",
    "Website": "www.dekorst.example",
    "PhoneWork": "030-1234567",
    "CoCNumber": "30123456",
    "VATNumber": "NL123456782B01",
    "AddressLine_1": "Dorpsstraat 12 bis",
    "AddressLine_2": "Achterom",
    "Postcode": "3511 AA",
    "City": "Utrecht",
    "Country": "NL",
    "MailAddressLine_1": "Postbus 75",
    "MailPostcode": "3500 AB",
    "MailCity": "Utrecht",
}
"""A company in which every field that travels is filled."""
KORST_ASIDE: Row = {
    "MobileWork": "06-11111111",
    "EMailHome": "thuis@dekorst.example",
    "PhoneHome": "030-7777777",
    "IBAN": "NL91ABNA0417164300",
    "BIC": "BANKNL2A",
    "IncomeTaxNumber": "000000042",
    "Tags": "vip,lease",
    "BackofficeStatus": "Inactief",
}
"""What else Yuki knows of it; none of this is ours."""
KORST_IN_TRIBE: Row = {
    "Name": "Bakkerij De Korst",
    "DebtorNumber": "10042",
    "CreditorNumber": None,
    "EmailAddress": "info@dekorst.example",
    "Website": "www.dekorst.example",
    "PhoneNumber": "030-1234567",
    "ChamberOfCommerceNumber": "30123456",
    "VATNumber": "NL123456782B01",
    "FinancialEmailAddress": None,
    "IBAN": None,
    "BIC": None,
}
KORST_BILLING_ADDRESS: Row = {
    "Street": "Dorpsstraat",
    "HouseNumber": 12,
    "HouseNumberSuffix": "bis",
    "Postalcode": "3511 AA",
    "City": "Utrecht",
    "Country": "NL",
}
KORST_POSTAL_ADDRESS: Row = {
    "Street": "Postbus",
    "HouseNumber": 75,
    "HouseNumberSuffix": None,
    "Postalcode": "3500 AB",
    "City": "Utrecht",
    "Country": None,
}

ANNA: Row = {
    "Code": "20001",
    "Type": "Person",
    "Name": "Anna van der Meer",
    "FirstName": "Anna",
    "MiddleName": "van der",
    "LastName": "Meer",
    "EMailHome": "anna@voorbeeld.example",
    "PhoneHome": "020-1234567",
    "MobileHome": "06-12345678",
    "AddressLine_1": "Kade 3a",
    "Postcode": "1011 AB",
    "City": "Amsterdam",
    "Country": "NL",
}
"""A private person in which every field that travels is filled."""
ANNA_IN_TRIBE: Row = {
    "FirstName": "Anna",
    "MiddleName": "van der",
    "LastName": "Meer",
    "DebtorNumber": "20001",
    "PhoneNumber": "020-1234567",
    "MobilePhoneNumber": "06-12345678",
    "EmailAddress": "anna@voorbeeld.example",
}
ANNA_ADDRESS: Row = {
    "Street": "Kade",
    "HouseNumber": 3,
    "HouseNumberSuffix": "a",
    "Postalcode": "1011 AB",
    "City": "Amsterdam",
    "Country": "NL",
}


# People and papers ---------------------------------------------------------------------------------------------------


def in_yuki(here: World, **said: Any) -> str:
    """Enter a contact at the screen of Yuki, and give its id."""
    return str(here.books.add_contact(said["Name"], **{name: each for name, each in said.items() if name != "Name"}))


def known_company(here: World, **said: Any) -> str:
    """Enter the bakery in Yuki as a customer, import it, and give the ID of the customer in Tribe."""
    in_yuki(here, **{**KORST, **KORST_ASIDE, "IsCustomer": True, **said})
    here.run()
    return str(here.crm.rows(CUSTOMERS)[0]["ID"])


def known_person(here: World, **said: Any) -> str:
    """Enter Anna in Yuki as a customer, import her, and give the ID of the customer in Tribe."""
    in_yuki(here, **{**ANNA, "IsCustomer": True, **said})
    here.run()
    return str(here.crm.rows(PERSONS)[0]["ID"])


def contact(here: World, code: str = "10042") -> Row:
    """Find the one contact with this code."""
    found: Row = here.books.contact(Code=code)
    return found


def tick(here: World, code: str = "10042", *, customer: bool = True) -> None:
    """Set the Customer checkbox by hand, or clear it."""
    here.books.set_customer(contact(here, code)["ID"], customer)


def waiting_reason(here: World, number: str) -> tuple[str, str]:
    """Say why an invoice waits, and what helps."""
    known = here.judged(number, entity="invoice")
    assert known.state in ("waiting", "failed"), known
    return known.reason, known.cure
