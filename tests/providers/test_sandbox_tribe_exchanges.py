"""The Tribe sandbox answers every known exchange as it is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from tribe_exchanges import EXCHANGES, Exchange, filled, learnt
from tribe_talk import CUSTOMERS, NO_SURPRISES, ORGANISATIONS

from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.story_words import Address, Invoice, Line, Product, Relation
from syncrules_providers.sandboxes.tribe import TribeSandbox

FACTS = Path(__file__).parents[2].parent / "shared" / "apis" / "tribe.md"
KORST = Relation(
    "business",
    "Bakkerij De Korst",
    debtor_number="10042",
    in_crm=True,
    phone="+31 30 0000042",
    email="info@dekorst.example",
    website="https://dekorst.example",
    vat_number="NL001234567B01",
    coc_number="00000042",
    iban="NL00BANK0123456789",
    bic="BANKNL2A",
    visit_address=Address("Dorpsstraat", "12", "bis", postcode="3511 XA", city="Utrecht"),
    payment_term_days=30,
)
STORY = Story(
    relations=(KORST,),
    products=(Product("OND-01", "Onderhoud", "uur", Decimal(0), Decimal("100.00"), "high", in_crm=True),),
    invoices=(
        Invoice(
            "10042",
            "Maart onderhoud",
            (Line("Onderhoud", Decimal(2), Decimal("100.00"), "high", "OND-01"),),
            "Sent",
            "20260017",
            "2026-03-02",
        ),
    ),
)


@pytest.fixture
def tribe() -> Iterator[TribeSandbox]:
    with TribeSandbox(STORY, client_id="app-1", client_secret="not-a-secret") as sandbox:
        organisation = sandbox.one(ORGANISATIONS, DebtorNumber="10042")["ID"]
        sandbox.edit(ORGANISATIONS, organisation, FinancialEmailAddress="facturen@dekorst.example")
        customer = sandbox.one(CUSTOMERS)["ID"]
        sandbox.edit(CUSTOMERS, customer, PaymentTermInDays=30)  # whoever was never changed has no such moment
        sandbox.add(ORGANISATIONS, Name="Fietsen & Dochter", ImportId="syncx:acc1:adm7:cust-8810")
        yield sandbox


def test_the_known_exchanges_come_out_as_known(tribe: TribeSandbox) -> None:
    known = {
        "piece": tribe.lookup("Datastore_Unit", "stuk"),
        "high": tribe.lookup("Datastore_VatGroup", "NL21"),
        "paid": tribe.lookup("Datastore_Phase_ActivityInvoice", "Paid"),
        "group": tribe.rows("ProductGroup")[0]["ID"],
    }
    with httpx.Client(base_url=tribe.url, verify=NO_SURPRISES) as http:
        for each in EXCHANGES.values():
            response = http.send(request(http, each, known))
            said = json.loads(response.content, parse_float=Decimal)

            assert (each.name, response.status_code) == (each.name, each.status), response.text
            learnt(json.loads(each.tell, parse_float=Decimal), said, known, each.name)


def request(http: httpx.Client, each: Exchange, known: dict[str, str]) -> httpx.Request:
    """Make the request of an exchange; after the first one, with the token that was told."""
    headers = {"Authorization": f"Bearer {known['token']}"} if "token" in known else {}
    if each.form:
        return http.build_request(each.method, each.path, data=dict(each.form))
    if not each.body:
        return http.build_request(each.method, each.url(known), headers=headers)
    headers["Content-Type"] = "application/json"
    return http.build_request(each.method, each.url(known), headers=headers, content=filled(each.body, known).encode())


def test_what_was_asked_last_is_what_the_sandbox_then_holds(tribe: TribeSandbox) -> None:
    test_the_known_exchanges_come_out_as_known(tribe)

    assert tribe.one("Product", Code="KET-07")["SalesPrice"] == Decimal("13.00")
    assert tribe.one(ORGANISATIONS, DebtorNumber="10043")["PhoneNumber"] == "+31 20 0000043"
    assert tribe.one("Activity_Invoice")["Phase"]["Code"] == "Paid"
    assert tribe.one("Payment")["Amount"] == 242
