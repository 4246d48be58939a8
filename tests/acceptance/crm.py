"""People at the screen of Tribe in a small world, and a look at what stands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from world import CUSTOMERS, PERSONS, SUPPLIERS, World

from syncrules.memory.kept import Known, State

INVOICES = "Activity_Invoice"
LINES = "ProductLine"
ORGANISATIONS = "Relation_Organization"
PEOPLE = "Relation_Person"
ADDRESSES = "Address"

Row = dict[str, Any]
STATES: tuple[State, ...] = ("pending", "waiting", "failed", "excluded", "synced")

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


def vat_group(here: World, code: str = "") -> Row:
    """Say a VAT group by its code; the high one of the country where the tenant is, if none is named."""
    return {"ID": here.crm.lookup("Datastore_VatGroup", code or f"{here.kind.country}21")}


def line(here: World, price: object = 100, quantity: object = 1, vat: str | None = "", **said: Any) -> Row:
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
