"""e-Boekhouden in a small world: how it is connected, and people and papers, the same in both systems where a test wants so."""

from __future__ import annotations

from typing import Any, ClassVar

from crm import *  # noqa: F403 who tests e-Boekhouden also finds the people of Tribe here
from crm import Row
from world import CUSTOMERS, PERSONS, World

from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.tribe import TribeSandbox

VAT_CODES = {"NL21": "HOOG_VERK_21", "NL9": "LAAG_VERK_9", "NL0": "GEEN"}


class EBoekhouden:
    """What a world must know of e-Boekhouden."""

    side: ClassVar[str] = "eboekhouden"
    country: ClassVar[str] = "NL"
    incidental: ClassVar[frozenset[str]] = frozenset({"AddDatum", "MutatieNr"})

    def sandbox(self, story: Story) -> EboekhoudenSoapSandbox:
        return EboekhoudenSoapSandbox(story)

    def answers(self, books: EboekhoudenSoapSandbox) -> dict[str, Any]:
        return {
            "username": books.username,
            "security_code_1": books.security_code1,
            "security_code_2": books.security_code2,
            "url": f"{books.url}/soap.asmx",
        }

    def usual_settings(self, crm: TribeSandbox, books: EboekhoudenSoapSandbox) -> dict[str, Any]:
        return {
            "VAT groups": {row["ID"]: VAT_CODES[row["Code"]] for row in crm.rows("Datastore_VatGroup")},
            "revenue accounts": {"8000": "8000", "8010": "8010", "8020": "8020"},
            "default revenue account": "8000",
            "debtors account": "1300",
            "product group": crm.rows("ProductGroup")[0]["ID"],
            "unit": "stuk",
        }

    def enter(self, books: EboekhoudenSoapSandbox, name: str, code: str, **fields: Any) -> int:
        return books.add_relation(**{"Code": code, "Bedrijf": name, "BP": "B", **fields})

    def edit(self, books: EboekhoudenSoapSandbox, name: str, **fields: Any) -> None:
        books.edit_relation(books.relation(Bedrijf=name)["ID"], **fields)

    def contents(self, books: EboekhoudenSoapSandbox) -> dict[str, list[dict[str, Any]]]:
        return {
            "relations": books.relations(),
            "mutations": books.mutations(),
            "open items": books.open_items(),
            "articles": books.articles(),
        }

    def known_as(self, books: EboekhoudenSoapSandbox) -> dict[str, str]:
        relations = {str(each["ID"]): each["Code"] for each in books.relations()}
        return relations | {str(each["MutatieNr"]): each["Factuurnummer"] for each in books.mutations()}


BOOKS = EBoekhouden()

KORST: Row = {
    "Code": "10042",
    "Bedrijf": "Bakkerij De Korst",
    "BP": "B",
    "Telefoon": "030-1234567",
    "Site": "www.dekorst.example",
    "BTWNummer": "NL123456782B01",
    "KvkNummer": "30123456",
    "BIC": "BANKNL2A",
    "IBAN": "NL91ABNA0417164300",
    "Adres": "Dorpsstraat 12 bis",
    "Postcode": "3511 AA",
    "Plaats": "Utrecht",
    "Land": "Nederland",
    "Adres2": "Postbus 75",
    "Postcode2": "B-9000",
    "Plaats2": "Gent",
    "Land2": "België",
}
"""A business relation in which every field that travels is filled."""
KORST_ASIDE: Row = {
    "Notitie": "Belt liever niet",
    "Def1": "vrij veld",
    "Def10": "nog een",
    "GSM": "06-11111111",
    "Email": "administratie@dekorst.example",
    "Contactpersoon": "Ans Bakker",
    "Gb_ID": 9_008_000,
    "GeenEmail": 1,
}
"""What else the books know of it; none of this is ours."""
KORST_IN_TRIBE: Row = {
    "Name": "Bakkerij De Korst",
    "DebtorNumber": "10042",
    "CreditorNumber": None,
    "PhoneNumber": "030-1234567",
    "Website": "www.dekorst.example",
    "VATNumber": "NL123456782B01",
    "ChamberOfCommerceNumber": "30123456",
    "BIC": "BANKNL2A",
    "IBAN": "NL91ABNA0417164300",
    "EmailAddress": None,
    "FinancialEmailAddress": None,
}
KORST_INVOICE_ADDRESS: Row = {
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
    "Postalcode": "B-9000",
    "City": "Gent",
    "Country": "BE",
}

ANNA: Row = {
    "Code": "20001",
    "Bedrijf": "Anna van der Meer",
    "BP": "P",
    "Telefoon": "020-1234567",
    "GSM": "06-12345678",
    "Email": "anna@voorbeeld.example",
    "BIC": "BANKNL2A",
    "IBAN": "NL91ABNA0417164300",
    "Adres": "Kade 3a",
    "Postcode": "1011 AB",
    "Plaats": "Amsterdam",
    "Land": "Nederland",
}
"""A private relation in which every field that travels is filled."""
ANNA_ASIDE: Row = {"Site": "anna.example", "KvkNummer": "1", "Adres2": "Postbus 1", "Notitie": "vaste klant"}
ANNA_IN_TRIBE: Row = {
    "FirstName": "Anna",
    "MiddleName": "van der",
    "LastName": "Meer",
    "DebtorNumber": "20001",
    "PhoneNumber": "020-1234567",
    "MobilePhoneNumber": "06-12345678",
    "EmailAddress": "anna@voorbeeld.example",
    "BIC": "BANKNL2A",
    "IBAN": "NL91ABNA0417164300",
}
ANNA_ADDRESS: Row = {
    "Street": "Kade",
    "HouseNumber": 3,
    "HouseNumberSuffix": "a",
    "Postalcode": "1011 AB",
    "City": "Amsterdam",
    "Country": "NL",
}


# Both sides at once --------------------------------------------------------------------------------------------------


def known_customer(here: World, **said: Any) -> str:
    """Enter the bakery in the books, import it, and give the ID of the customer in Tribe."""
    here.books.add_relation(**{**KORST, **KORST_ASIDE, **said})
    here.run()
    return str(here.crm.rows(CUSTOMERS)[0]["ID"])


def known_person(here: World, **said: Any) -> str:
    """Enter Anna in the books, import her, and give the ID of the customer in Tribe."""
    here.books.add_relation(**{**ANNA, **ANNA_ASIDE, **said})
    here.run()
    return str(here.crm.rows(PERSONS)[0]["ID"])
