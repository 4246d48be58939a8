"""Whatever becomes of a write between Tribe and Yuki on its way: nothing twice, nothing lost, and then quiet."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from unittest.mock import patch

import crm
import pytest
import yk
from lost import CODES, MISHAPS, Kind, body, by_turns, holds, posted, put
from scenes import customer, edit_customer, edit_in_books, in_books, in_crm, run_until_quiet, send_invoice, states
from world import CUSTOMERS, PERSONS, SUPPLIERS, World
from yk import KORST_IN_TRIBE

from syncrules.errors import Unreachable
from syncrules_providers.sandboxes.server import Answer, Mishap, Request

# How a customer comes to be known, and what is done with it --------------------------------------------------------------


def named(name: str) -> str:
    return f"Bakkerij {name}"


def company(here: World, name: str) -> None:
    in_books(here, named(name), CODES[name], PhoneWork="030-1234567", AddressLine_1="Dorpsstraat 12", City="Utrecht")


def person(here: World, name: str) -> None:
    in_books(here, f"Anna {name}", CODES[name], Type="Person", FirstName="Anna", LastName=name)


def supplier(here: World, name: str) -> None:
    in_books(here, named(name), CODES[name], IsCustomer=False, IsSupplier=True)


def crm_customer(here: World, name: str) -> None:
    in_crm(here, named(name), CODES[name], PhoneNumber="030-1234567", EmailAddress="info@bakkerij.example")


def crm_person(here: World, name: str) -> None:
    crm.add_person(here, FirstName="Anna", LastName=name, DebtorNumber=CODES[name], EmailAddress="anna@test.example")


def bare_organisation(here: World, name: str) -> None:
    here.crm.add("Relation_Organization", Name=named(name), DebtorNumber=CODES[name])


def calls_elsewhere(here: World, name: str) -> None:
    edit_customer(here, named(name), PhoneNumber="030-7654321")


def changes_on_both_sides(here: World, name: str) -> None:
    calls_elsewhere(here, name)
    edit_in_books(here, named(name), EMailWork="nieuw@bakkerij.example")


def supplies_too(here: World, name: str) -> None:
    edit_in_books(here, named(name), IsSupplier=True)


def invoice(here: World, name: str) -> None:
    send_invoice(here, named(name), "100.00", "12.34")


def credit_note(here: World, name: str) -> None:
    send_invoice(here, named(name), "-100.00")


# How their requests look -----------------------------------------------------------------------------------------------


def contact(here: World, request: Request, name: str) -> bool:
    """The writing of a contact: its code stands in the document."""
    return b"<UpdateContact" in request.body and f">{CODES[name]}<".encode() in request.body


def booking(here: World, request: Request, name: str) -> bool:
    return b"<ProcessSalesInvoices" in request.body and f">{CODES[name]}<".encode() in request.body


def role(here: World, name: str) -> str:
    return str(customer(here, named(name))["ID"])


def organisation(here: World, name: str) -> str:
    return str(customer(here, named(name))["Organization"]["ID"])


def invoice_id(here: World, name: str) -> str:
    return str(here.crm.one(crm.INVOICES, Relationship__Organization__Name=named(name))["ID"])


SUPPLIERS_TOO = (("suppliers", True),)
KINDS = (
    Kind("a new company in the CRM", company, "crm", posted(CUSTOMERS, body('"Bakkerij {name}"'))),
    Kind("a new private client in the CRM", person, "crm", posted(PERSONS, body('"{name}"'))),
    Kind(
        "a new supplier in the CRM",
        supplier,
        "crm",
        posted(SUPPLIERS, body('"Bakkerij {name}"')),
        settings=SUPPLIERS_TOO,
    ),
    Kind(
        "a second role of a company in the CRM",
        supplies_too,
        "crm",
        posted(SUPPLIERS, lambda here, request, name: organisation(here, name).encode() in request.body),
        (company,),
        settings=SUPPLIERS_TOO,
    ),
    Kind(
        "a new role of what the CRM has",
        company,
        "crm",
        lambda here, request, name: (
            request.path.endswith(f"/{CUSTOMERS}")
            and here.crm.one("Relation_Organization", Name=named(name))["ID"].encode() in request.body
        ),
        (bare_organisation,),
    ),
    Kind("a new company in Yuki", crm_customer, "books", contact),
    Kind("a new person in Yuki", crm_person, "books", contact),
    Kind("an id that is left in the CRM", crm_customer, "crm", put(role)),
    Kind("a changed contact in Yuki", calls_elsewhere, "books", contact, (company,)),
    Kind("the CRM's half of two changes", changes_on_both_sides, "crm", put(organisation), (company,)),
    Kind("Yuki's half of two changes", changes_on_both_sides, "books", contact, (company,)),
    Kind("an invoice in Yuki", invoice, "books", booking, (company,)),
    Kind("a credit note in Yuki", credit_note, "books", booking, (company,)),
    Kind("the id of an invoice in the CRM", invoice, "crm", put(invoice_id), (company,)),
)


@pytest.mark.requirement("X-03", "YU-06", "YU-08")
@pytest.mark.parametrize("kind", by_turns(KINDS), ids=lambda kind: kind.name)
def test_a_write_whose_answer_is_lost_is_neither_repeated_blindly_nor_forgotten(here: World, kind: Kind) -> None:
    assert here.mapping  # the worlds of the scene are made as this one is
    holds(kind)


# Invoices, looked at closely ---------------------------------------------------------------------------------------------


def books(request: Request) -> bool:
    return b"<ProcessSalesInvoices" in request.body


def looks_up(request: Request) -> bool:
    return b"<CheckOutstandingItem" in request.body


def asked(here: World, what: str) -> int:
    return sum(1 for each in here.books.calls if each.what == what)


def sent(here: World) -> str:
    """Let both systems know a customer, and Tribe send an invoice; give its number."""
    return crm.send(here, yk.known_company(here))[1]


@pytest.mark.requirement("X-03", "YU-08")
@pytest.mark.parametrize("mishap", [each for each in MISHAPS.values() if each in ("after", "garbage", "bad gateway")])
def test_an_invoice_that_was_booked_is_found_as_an_outstanding_item_and_never_booked_twice(
    here: World, mishap: Mishap
) -> None:
    number = sent(here)
    here.books.mishap(mishap, when=books)
    for _ in range(2):
        here.books.mishap(500, when=looks_up)
    for _ in range(4):
        with suppress(Unreachable):
            here.run()
        assert len(here.books.invoices()) == 1

    run_until_quiet(here)

    assert here.books.outstanding() == {number: Decimal("121.00")}
    assert states(here) == {}
    assert str(here.crm.one(crm.INVOICES, Number=number)["ImportId"]).endswith(f":{number};")


@pytest.mark.requirement("X-03", "YU-08")
def test_an_invoice_that_is_found_only_seven_seconds_after_it_was_booked_is_waited_for_and_not_sent_again(
    here: World,
) -> None:
    number = sent(here)
    booked: list[float] = []
    respond: Callable[[Request], Answer] = here.books.respond

    def late(request: Request) -> Answer:
        """Answer whoever looks too early as if they had asked for another invoice."""
        if books(request):
            booked.append(here.clock.now())
        early = looks_up(request) and here.clock.now() < booked[0] + 7
        return respond(replace(request, body=request.body.replace(number.encode(), b"9999")) if early else request)

    here.books.mishap("after", when=books)
    with patch.object(here.books, "respond", late):
        here.run()
        here.run()

    assert len(booked) == 1
    assert here.books.outstanding() == {number: Decimal("121.00")}
    assert states(here) == {}
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-03", "YU-08")
def test_an_invoice_that_never_arrived_is_asked_for_before_it_is_sent_again(here: World) -> None:
    number = sent(here)
    here.books.mishap("before", when=books)
    here.run()
    here.run()

    assert list(here.books.outstanding()) == [number]
    assert states(here) == {}
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-03", "YU-08", "X-08")
def test_an_invoice_that_was_paid_before_anybody_could_ask_is_not_sent_as_if_it_had_never_been(here: World) -> None:
    """What is paid is not outstanding: nobody can see it, and Yuki refuses the number."""
    number = sent(here)
    here.books.mishap("after", when=books)
    for _ in range(10):
        here.books.mishap(500, when=looks_up)
    with suppress(Unreachable):
        here.run()
    here.books._mishaps.clear()
    here.books.pay(number)
    for _ in range(3):
        here.run()
        here.clock.ahead += 3600

    assert len(here.books.invoices()) == 1
    assert "(link)" in here.judged(number).cure

    with here.store.transaction():
        here.memory.decide("invoice", "tribe", here.judged(number).id, {"link": number}, 0)
    run_until_quiet(here)

    assert len(here.books.invoices()) == 1
    assert states(here) == {}


@pytest.mark.requirement("YU-08", "X-08")
def test_an_invoice_that_yuki_took_and_did_not_book_is_left_to_a_person_and_found_when_it_is_booked(
    here: World,
) -> None:
    number = sent(here)
    here.books.mishap(Answer(200, _not_booked(number), {"Content-Type": "text/xml; charset=utf-8"}), when=books)
    here.run()
    known = here.judged(number)
    quiet = crm.is_quiet(here)

    assert known.state == "waiting"
    assert '"To be sent"' in known.cure
    assert (quiet, asked(here, "ProcessSalesInvoices")) == (True, 0)

    invoice = here.crm.one(crm.INVOICES, Number=number)
    day, due = (datetime.fromisoformat(invoice[name]).date() for name in ("InvoiceDate", "ExpirationDate"))
    here.books.book_invoice(number, yk.contact(here)["ID"], day=day, due=due, subject="Maart")
    run_until_quiet(here)

    assert states(here) == {}
    assert list(here.books.outstanding()) == [number]
    assert str(here.crm.one(crm.INVOICES, Number=number)["ImportId"]).endswith(f":{number};")


def _not_booked(number: str) -> bytes:
    """Say as Yuki would that an invoice was taken and lies under "To be sent"."""
    response = (
        f"<TotalSucceeded>1</TotalSucceeded><TotalFailed>0</TotalFailed><TotalSkipped>0</TotalSkipped><Invoice>"
        f"<Succeeded>true</Succeeded><Processed>false</Processed><Reference>{number}</Reference><Message/></Invoice>"
    )
    return (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        '<ProcessSalesInvoicesResponse xmlns="http://www.theyukicompany.com/"><ProcessSalesInvoicesResult>'
        '<r:SalesInvoicesImportResponse xmlns="" xmlns:r="urn:xmlns:http://www.theyukicompany.com:salesinvoicesresponse">'
        f"{response}</r:SalesInvoicesImportResponse></ProcessSalesInvoicesResult></ProcessSalesInvoicesResponse>"
        "</soap:Body></soap:Envelope>"
    ).encode()


# Contacts, looked at closely ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-03", "YU-06", "YU-07")
def test_a_contact_whose_answer_was_lost_is_found_by_its_code_and_keeps_its_to_do(here: World) -> None:
    here.run()
    crm.add_customer(here, **KORST_IN_TRIBE)
    here.books.mishap("after", when=lambda request: b"<UpdateContact" in request.body)
    run_until_quiet(here)

    assert [each["Code"] for each in here.books.contacts()] == ["10042"]
    assert str(here.crm.one(CUSTOMERS)["ImportId"]).endswith(f":{yk.contact(here)['ID']};")
    assert [text for _, _, _, text, _ in here.memory.to_dos()] == ["Set the Customer checkbox in Yuki"]


@pytest.mark.requirement("X-03", "X-08")
@pytest.mark.parametrize("said", ["Failed", "nothing"])
def test_a_contact_that_is_refused_inside_a_200_is_no_success(here: World, said: str) -> None:
    here.run()
    crm.add_customer(here, **KORST_IN_TRIBE)
    inside = "<Failed>Phone is not a valid value for Phone</Failed>" if said == "Failed" else ""
    here.books.mishap(Answer(200, _contact_response(inside), {"Content-Type": "text/xml"}), when=_writes_a_contact)
    here.run()

    if said == "Failed":
        known = here.judged("Bakkerij De Korst")
        assert (known.state, "does not take a value" in known.reason) == ("failed", True)
        here.clock.ahead += 2 * 3600
    run_until_quiet(here)

    assert [each["Code"] for each in here.books.contacts()] == ["10042"]
    assert states(here) == {}


def _writes_a_contact(request: Request) -> bool:
    return b"<UpdateContact" in request.body


def _contact_response(inside: str) -> bytes:
    return (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        '<UpdateContactResponse xmlns="http://www.theyukicompany.com/"><UpdateContactResult>'
        '<r:ContactResponse xmlns="" xmlns:r="urn:xmlns:http://www.theyukicompany.com:contactResponse">'
        f"<TimeStamp>2026-03-02</TimeStamp>{inside}</r:ContactResponse></UpdateContactResult></UpdateContactResponse>"
        "</soap:Body></soap:Envelope>"
    ).encode()
