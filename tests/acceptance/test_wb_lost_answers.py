"""Whatever becomes of a write between Tribe and WinBooks on its way: nothing twice, nothing lost, and then quiet."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import crm
import pytest
import wb
from lost import CODES, MISHAPS, Kind, body, by_turns, holds, posted, put
from scenes import (
    INVOICES,
    customer,
    edit_customer,
    edit_in_books,
    in_books,
    in_crm,
    run_until_quiet,
    send_invoice,
    states,
)
from wb import MAPPING
from world import CUSTOMERS, PERSONS, SUPPLIERS, World

from syncrules.errors import Unreachable
from syncrules_providers.sandboxes.server import Mishap, Request

# How a customer comes to be known, and what is done with it --------------------------------------------------------------


def named(name: str) -> str:
    return f"Bakkerij {name}"


def bare(here: World, name: str) -> None:
    in_books(here, named(name), CODES[name])


def relation(here: World, name: str) -> None:
    address = wb.invoicing({**wb.KORST_ADDRESS, "PhoneNo": "+32 9 000 00 01"})
    contact = {"Index": 0, "IsDefault": True, "Contact": {"Name": named(name), "Email": "info@dekorst.example"}}
    in_books(here, named(name), CODES[name], Addresses=[address], Contacts=[contact])


def supplier(here: World, name: str) -> None:
    here.books.add_supplier(CODES[name], named(name))


def person(here: World, name: str) -> None:
    wb.add_person(here, CODES[name], f"Anna {name}", {"FirstName": "Anna", "Name": name})


def crm_customer(here: World, name: str) -> None:
    in_crm(
        here,
        named(name),
        CODES[name],
        Website="bakkerij.example",
        PhoneNumber="+32 9 000 00 01",
        EmailAddress="info@bakkerij.example",
    )


def crm_supplier(here: World, name: str) -> None:
    crm.add_supplier(here, Name=named(name), CreditorNumber=CODES[name])


def crm_person(here: World, name: str) -> None:
    crm.add_person(
        here, FirstName="Anna", LastName=name, DebtorNumber=CODES[name], MobilePhoneNumber="+32 470 00 00 03"
    )


def bare_organisation(here: World, name: str) -> None:
    here.crm.add("Relation_Organization", Name=named(name), DebtorNumber=CODES[name])


def supplies_too(here: World, name: str) -> None:
    """Let a customer be a supplier with the same number, which is a second role of one company in the books."""
    organisation = customer(here, named(name))["Organization"]["ID"]
    here.crm.edit(crm.ORGANISATIONS, organisation, CreditorNumber=CODES[name])
    crm.give_role(here, organisation, SUPPLIERS)


def goes_out_of_use(here: World, name: str) -> None:
    here.books.deactivate_customer(CODES[name])


def has_a_new_name(here: World, name: str) -> None:
    edit_customer(here, named(name), Website="nieuw.example")


def calls_elsewhere(here: World, name: str) -> None:
    edit_customer(here, named(name), PhoneNumber="+32 9 000 00 09")


def writes_elsewhere(here: World, name: str) -> None:
    edit_customer(here, named(name), EmailAddress="post@dekorst.example")


def changes_everywhere(here: World, name: str) -> None:
    """Change the company, its address and its contact: three requests for one update."""
    for each in (has_a_new_name, calls_elsewhere, writes_elsewhere):
        each(here, name)


def changes_on_both_sides(here: World, name: str) -> None:
    calls_elsewhere(here, name)
    edit_in_books(here, named(name), WebSite="nieuw.example")


def invoice(here: World, name: str) -> None:
    send_invoice(here, named(name), "100.00", "12.34")


def credit_note(here: World, name: str) -> None:
    send_invoice(here, named(name), "-100.00")


def number_of(here: World, name: str) -> str:
    return str(here.crm.one(INVOICES, Relationship__Organization__Name=named(name))["Number"])


def pays(amount: str | None) -> Callable[[World, str], None]:
    return lambda here, name: here.books.pay(number_of(here, name), amount)


pays_a_part, pays_more, pays_the_rest = pays("30.00"), pays("12.50"), pays(None)


# How their requests look -----------------------------------------------------------------------------------------------

Recognise = Callable[[World, Request, str], bool]


def one(method: str, om: str, key: Callable[[World, str], str] = lambda _, name: CODES[name]) -> Recognise:
    """A request about one object: its code, or its Id, stands in the address."""
    return lambda here, request, name: (
        request.method == method and request.path.startswith(f"/app/{om}/{key(here, name)}/Folder/")
    )


def unnamed(method: str, om: str, key: Callable[[World, str], str]) -> Recognise:
    """A request about an object without a code: what it is about stands in the body."""
    return lambda here, request, name: (
        request.method == method
        and request.path.startswith(f"/app/{om}/Folder/")
        and key(here, name).encode() in request.body
    )


def third(here: World, name: str) -> str:
    return str(wb.third(here, CODES[name])["Id"])


def address(here: World, name: str) -> str:
    return str(wb.address(here, CODES[name])["Id"])


def contact(here: World, name: str) -> str:
    return str(wb.contact(here, CODES[name])["Id"])


def role(here: World, name: str) -> str:
    return str(customer(here, named(name))["ID"])


def organisation(here: World, name: str) -> str:
    return str(customer(here, named(name))["Organization"]["ID"])


def invoice_id(here: World, name: str) -> str:
    return str(here.crm.one(INVOICES, Relationship__Organization__Name=named(name))["ID"])


def payment(here: World, name: str) -> str:
    return str(here.crm.one("Payment", Reference=number_of(here, name))["ID"])


INVOICED = (relation, invoice)
KINDS = (
    Kind("a new customer in the CRM", relation, "crm", posted(CUSTOMERS, body('"Bakkerij {name}"'))),
    Kind("a new supplier in the CRM", supplier, "crm", posted(SUPPLIERS, body('"Bakkerij {name}"'))),
    Kind("a new private customer in the CRM", person, "crm", posted(PERSONS, body('"{name}"'))),
    Kind(
        "a new role of what the CRM has",
        relation,
        "crm",
        lambda here, request, name: (
            request.path.endswith(f"/{CUSTOMERS}")
            and here.crm.one("Relation_Organization", Name=named(name))["ID"].encode() in request.body
        ),
        (bare_organisation,),
    ),
    Kind("a customer that goes out of use in the CRM", goes_out_of_use, "crm", put(role), (relation,)),
    Kind("a new customer in the books", crm_customer, "books", one("POST", "Customer")),
    Kind("a new supplier in the books", crm_supplier, "books", one("POST", "Supplier")),
    Kind("a new private customer in the books", crm_person, "books", one("POST", "Customer")),
    Kind("a second role of a company in the books", supplies_too, "books", one("POST", "Supplier"), (relation,)),
    Kind("an id that is left in the CRM", crm_customer, "crm", put(role)),
    Kind("a changed company in the books", changes_everywhere, "books", one("PUT", "Third", third), (relation,)),
    Kind(
        "a changed address in the books", changes_everywhere, "books", unnamed("PUT", "Address", address), (relation,)
    ),
    Kind(
        "a changed contact in the books", changes_everywhere, "books", unnamed("PUT", "Contact", contact), (relation,)
    ),
    Kind("a new address in the books", changes_everywhere, "books", unnamed("POST", "Third_Address", third), (bare,)),
    Kind("a new contact in the books", changes_everywhere, "books", unnamed("POST", "Third_Contact", third), (bare,)),
    Kind("the CRM's half of two changes", changes_on_both_sides, "crm", put(organisation), (relation,)),
    Kind(
        "the books' half of two changes",
        changes_on_both_sides,
        "books",
        unnamed("PUT", "Address", address),
        (relation,),
    ),
    Kind("an invoice in the books", invoice, "books", unnamed("POST", "GLTransHeader", number_of), (relation,)),
    Kind("a credit note in the books", credit_note, "books", unnamed("POST", "GLTransHeader", number_of), (relation,)),
    Kind("the id of an invoice in the CRM", invoice, "crm", put(invoice_id), (relation,)),
    Kind(
        "a new payment in the CRM",
        pays_a_part,
        "crm",
        posted("Payment", lambda here, request, name: number_of(here, name).encode() in request.body),
        INVOICED,
    ),
    Kind("a changed payment in the CRM", pays_more, "crm", put(payment), (*INVOICED, pays_a_part)),
    Kind("a paid invoice in the CRM", pays_the_rest, "crm", put(invoice_id), INVOICED),
)


@pytest.mark.requirement("X-03", "WB-02", "WB-03")
@pytest.mark.parametrize("kind", by_turns(KINDS), ids=lambda kind: kind.name)
def test_a_write_whose_answer_is_lost_is_neither_repeated_blindly_nor_forgotten(kind: Kind) -> None:
    holds(replace(kind, mapping=MAPPING))


# Bookings, looked at closely ---------------------------------------------------------------------------------------------


def books(request: Request) -> bool:
    return request.method == "POST" and request.path.startswith("/app/GLTransHeader/Folder/")


def looks_up(here: World) -> Callable[[Request], bool]:
    """The look-up of a booking by its reference, once there is one."""

    def is_it(request: Request) -> bool:
        asks = b'"Reference"' in request.body and request.path.startswith("/app/GLTranss/")
        return asks and bool(here.books.rows("GLTransHeader", deep=False))

    return is_it


def with_invoice(here: World) -> str:
    """Let both systems have a customer, and the CRM an invoice that has been sent; give its number."""
    in_books(here, "Bakkerij De Korst", "10042")
    here.run()
    return send_invoice(here, "Bakkerij De Korst", "100.00")


@pytest.mark.requirement("X-03", "WB-03")
@pytest.mark.parametrize("mishap", [each for each in MISHAPS.values() if each in ("after", "garbage", "bad gateway")])
def test_a_booking_that_was_made_is_never_made_twice_whatever_goes_wrong_again_and_again(
    here: World, mishap: Mishap
) -> None:
    number = with_invoice(here)
    here.books.mishap(mishap, when=books)
    for _ in range(3):
        here.books.mishap(500, when=looks_up(here))
    for _ in range(4):
        with suppress(Unreachable):
            here.run()
        assert len(here.books.bookings()) == 1

    run_until_quiet(here)

    assert wb.booked(here, number)["DocNumber"] == 1
    assert states(here) == {}


@pytest.mark.requirement("X-03", "WB-03")
def test_a_booking_that_the_bookkeeper_changed_after_its_answer_was_lost_is_left_to_a_person(here: World) -> None:
    number = with_invoice(here)
    here.books.mishap("after", when=books)
    for _ in range(10):
        here.books.mishap(500, when=looks_up(here))
    with pytest.raises(Unreachable):
        here.run()
    here.books._mishaps.clear()
    here.books.edit_booking(number, BookDate=wb.day(2026, 1, 15))
    for _ in range(2):
        here.run()

        assert not [each for each in here.books.calls if each.what == "GLTransHeader" and each.method == "POST"]
        assert "with other content" in here.judged(number).reason
        assert "(link)" in here.judged(number).cure

    with here.store.transaction():
        here.memory.decide("invoice", "tribe", here.judged(number).id, {"link": wb.booked(here, number)["Id"]}, 0)
    run_until_quiet(here)

    assert len(here.books.bookings()) == 1
    assert states(here) == {}
    assert here.crm.one(INVOICES, Number=number)["ImportId"].endswith(f":{wb.booked(here, number)['Id']};")


@pytest.mark.requirement("X-03", "X-08", "WB-03")
def test_an_invoice_number_that_the_books_have_already_is_looked_up_and_left_to_a_person(here: World) -> None:
    number = with_invoice(here)
    in_books(here, "Slagerij De Haak", "10043")
    strange = here.books.post_invoice("10043", "55.00", reference=number)
    here.run()

    assert "with other content" in here.judged(number).reason
    assert here.run().writes == 0
    assert not [each for each in here.books.calls if each.what == "GLTransHeader" and each.method == "POST"]

    here.books.remove_booking(strange)
    run_until_quiet(here)

    assert wb.booked(here, number)["GLTransactions"][0]["Customer"]["Code"] == "10042"
    assert states(here) == {}


@pytest.mark.requirement("X-03", "WB-03")
def test_a_number_that_lies_between_two_lost_answers_is_given_once(here: World) -> None:
    """Two invoices, of which the first was booked and the second never arrived: the numbers go on without a gap."""
    here.run()
    in_books(here, "Bakkerij De Korst", "10042")
    here.run()
    sent = [send_invoice(here, "Bakkerij De Korst", price) for price in ("100.00", "50.00")]
    here.books.mishap("after", when=books)
    here.books.mishap("before", when=books)
    run_until_quiet(here, most=4)

    assert sorted(wb.booked(here, each)["DocNumber"] for each in sent) == [1, 2]
    assert {wb.booked(here, each)["GLTransactions"][0]["Amount"] for each in sent} == {
        Decimal("121.00"),
        Decimal("60.50"),
    }
    assert len(here.books.bookings()) == 2
    assert states(here) == {}
