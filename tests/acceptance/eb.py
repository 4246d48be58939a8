"""e-Boekhouden in a small world: how it is connected, and people and papers, the same in both systems where a test wants so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from world import CUSTOMERS, PERSONS, SUPPLIERS, World

from syncrules.memory.kept import Known, State
from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.tribe import TribeSandbox

INVOICES = "Activity_Invoice"
LINES = "ProductLine"
ORGANISATIONS = "Relation_Organization"
PEOPLE = "Relation_Person"
ADDRESSES = "Address"

Row = dict[str, Any]
VAT_CODES = {"NL21": "HOOG_VERK_21", "NL9": "LAAG_VERK_9", "NL0": "GEEN"}
STATES: tuple[State, ...] = ("pending", "waiting", "failed", "excluded", "synced")


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


# Looking -------------------------------------------------------------------------------------------------------------


def of(row: Mapping[str, Any], *names: str) -> Row:
    """Take what these names say of a row."""
    return {name: row[name] for name in names}


def like(row: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> Row:
    """Take of a row what a wanted one names, so that the two can be compared."""
    return {} if row is None else of(row, *wanted)


def where(address: Mapping[str, Any] | None) -> Row | None:
    """Take of an address in Tribe what a letter needs, its country by its code."""
    if address is None:
        return None
    said = of(address, "Street", "HouseNumber", "HouseNumberSuffix", "Postalcode", "City")
    return {**said, "Country": address["Country"]["Code"] if address["Country"] else None}


def organisation(here: World, number: str = "10042") -> Row:
    """Find the organisation of the one customer with this debtor number."""
    found: Row = here.crm.one(CUSTOMERS, Organization__DebtorNumber=number)["Organization"]
    return found


def person(here: World, number: str = "20001") -> Row:
    """Find the person of the one private customer with this debtor number."""
    found: Row = here.crm.one(PERSONS, Person__DebtorNumber=number)["Person"]
    return found


def told(here: World, name: str, side: str, entity: str = "organisation") -> Known:
    """Find what is said of the record of this name on one side."""
    found = [
        each
        for where, each in here.memory.records(states=STATES)
        if (where, each.side, each.name) == (entity, side, name)
    ]
    assert len(found) == 1, [(each.id, each.state, each.reason) for each in found]
    return found[0]


def phase(here: World, invoice: str) -> str:
    """Say in which phase an invoice is."""
    return str(here.crm.one(INVOICES, ID=invoice)["Phase"]["Code"])


def is_quiet(here: World) -> bool:
    """Run again and tell whether nothing was written, whatever the run thought of itself."""
    result = here.run()
    return (here.writes, result.writes, result.stopped) == (0, 0, [])


# A person in Tribe ---------------------------------------------------------------------------------------------------


def country(here: World, code: str) -> Row:
    return {"ID": here.crm.lookup("Datastore_Country", code)}


def address(here: World, said: Mapping[str, Any]) -> Row:
    """Say an address as a person enters it in Tribe."""
    code = said.get("Country")
    return {**said, "Country": country(here, code) if code else None}


def add_organisation(here: World, **said: Any) -> str:
    """Enter an organisation that has no role yet."""
    for name in ("InvoiceAddress", "PostalAddress", "VisitingAddress"):
        if said.get(name):
            said[name] = address(here, said[name])
    return here.crm.add(ORGANISATIONS, **said)


def add_customer(here: World, role: str = CUSTOMERS, **said: Any) -> str:
    """Enter an organisation that is a customer, and give the ID of the role."""
    return give_role(here, add_organisation(here, **said), role)


def add_supplier(here: World, **said: Any) -> str:
    """Enter an organisation that is a supplier, and give the ID of the role."""
    return add_customer(here, SUPPLIERS, **said)


def give_role(here: World, organisation: str, role: str = CUSTOMERS) -> str:
    """Let an organisation be something to us."""
    return here.crm.add(role, Relation={"ID": here.crm.own_relation}, Organization={"ID": organisation})


def add_person(here: World, **said: Any) -> str:
    """Enter a person that is a customer, and give the ID of the role."""
    if said.get("Address"):
        said["Address"] = address(here, said["Address"])
    made = here.crm.add(PEOPLE, **said)
    return here.crm.add(PERSONS, Relation={"ID": here.crm.own_relation}, Person={"ID": made})


def edit_organisation(here: World, number: str = "10042", **said: Any) -> None:
    here.crm.edit(ORGANISATIONS, organisation(here, number)["ID"], **said)


def edit_person(here: World, number: str = "20001", **said: Any) -> None:
    here.crm.edit(PEOPLE, person(here, number)["ID"], **said)


def vat_group(here: World, code: str = "NL21") -> Row:
    return {"ID": here.crm.lookup("Datastore_VatGroup", code)}


def line(here: World, price: object = 100, quantity: object = 1, vat: str | None = "NL21", **said: Any) -> Row:
    """Say a line of an invoice as a person enters it."""
    group = {"VatGroup": vat_group(here, vat)} if vat is not None else {}
    return {"Description": "Werk", "Quantity": quantity, "Price": price, **group, **said}


def draft(here: World, customer: str, *lines: Row, **said: Any) -> str:
    """Make an invoice with a payment term of 14 days; without lines it has one of 100 euros and 21 % VAT."""
    usual = {"Subject": "Maart", "PaymentTermInDays": 14, "Currency": "EUR"}
    made = [*lines] or [line(here)]
    return here.crm.add(INVOICES, Relationship={"ID": customer}, ProductLines=made, **{**usual, **said})


def send(here: World, customer: str, *lines: Row, **said: Any) -> tuple[str, str]:
    """Make an invoice and press Send; give its ID and its number."""
    made = draft(here, customer, *lines, **said)
    here.crm.send_invoice(made)
    return made, number_of(here, made)


def number_of(here: World, invoice: str) -> str:
    return str(here.crm.one(INVOICES, ID=invoice)["Number"])


def set_phase(here: World, invoice: str, code: str) -> None:
    """Choose another phase for an invoice."""
    here.crm.edit(INVOICES, invoice, Phase={"ID": here.crm.lookup("Datastore_Phase_ActivityInvoice", code)})


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
