"""What e-Boekhouden shows over REST alone, what it refuses there, and how a connection moves there from SOAP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import eb
import pytest
from eb import ANNA, KORST
from scenes import INVOICES, customer, in_books, run_until_quiet, send_invoice, states
from world import CUSTOMERS, EMPTY, PERSONS, World, books_of, world

from syncrules_providers.sandboxes.eboekhouden_books import Books

pytestmark = pytest.mark.over("rest", because="over SOAP nobody can see it, or it is not so")

SOAP, REST = "tribe-eboekhouden", "tribe-eboekhouden-rest"
MINUTE, HOUR = 60.0, 3600.0
CHAIR: eb.Row = {"ArtikelCode": "ST-1", "ArtikelOmschrijving": "Stoel", "Eenheid": "stuk", "BTWCode": "GEEN"}


# Relations that are not in use ----------------------------------------------------------------------------------------


@pytest.mark.requirement("EB-06")
def test_relations_that_are_not_in_use_are_not_brought_to_tribe(here: World) -> None:
    for number in range(2):
        in_books(here, f"Garage {number}", str(10_001 + number), inactive=bool(number))
        here.books.add_relation(**{**ANNA, "Code": str(20_001 + number), "inactive": bool(number)})
    run_until_quiet(here)
    later = here.books.add_relation(**KORST, inactive=True)
    run_until_quiet(here)
    told = eb.told(here, "Bakkerij De Korst", "eboekhouden")
    imported = [each["Organization"]["Name"] for each in here.crm.rows(CUSTOMERS)], len(here.crm.rows(PERSONS))
    here.books.edit_relation(later, inactive=False)
    run_until_quiet(here)

    assert imported == (["Garage 0"], 1)
    assert (told.state, told.reason) == ("excluded", "not in use in e-Boekhouden")
    assert sorted(each["Organization"]["Name"] for each in here.crm.rows(CUSTOMERS)) == [
        "Bakkerij De Korst",
        "Garage 0",
    ]
    assert here.books.relation(Code="10002")["inactive"] is True


@pytest.mark.requirement("EB-06")
@pytest.mark.requirement("EB-05")
def test_a_number_of_a_relation_that_is_not_in_use_is_not_given_to_another(here: World) -> None:
    in_books(here, "Oude Garage", "10001", inactive=True)
    here.run()
    eb.add_customer(here, Name="Nieuwe Garage", DebtorNumber="10001")
    here.run()

    assert [each["Bedrijf"] for each in here.books.relations()] == ["Oude Garage"]
    assert "'10001' already belongs to 'Oude Garage'" in here.judged("Nieuwe Garage").reason


@pytest.mark.requirement("EB-16")
def test_a_relation_that_is_taken_out_of_use_stays_active_in_tribe_and_is_still_kept_in_step(here: World) -> None:
    eb.known_customer(here)
    here.books.add_relation(**ANNA)
    here.run()
    for each in here.books.relations():
        here.books.deactivate_relation(each["ID"])
    here.run()
    writes = here.writes
    here.run(whole=True)
    eb.edit_organisation(here, PhoneNumber="030-7654321")
    here.books.edit_relation(here.books.relation(BP="P")["ID"], Telefoon="020-7654321")
    run_until_quiet(here)

    assert writes == 0
    assert [each["IsFormer"] for each in (*here.crm.rows(CUSTOMERS), *here.crm.rows(PERSONS))] == [False, False]
    assert eb.person(here)["PhoneNumber"] == "020-7654321"
    relation = here.books.relation(BP="B")
    assert (relation["Telefoon"], relation["inactive"]) == ("030-7654321", True)
    assert states(here) == {}


@pytest.mark.requirement("EB-16")
def test_a_relation_that_is_out_of_use_comes_back_into_use_without_a_trace_in_tribe(here: World) -> None:
    eb.known_customer(here)
    relation = here.books.relation()["ID"]
    for inactive in (True, False, True):
        here.books.edit_relation(relation, inactive=inactive)
        here.run()

        assert here.writes == 0
        assert here.crm.one(CUSTOMERS)["IsFormer"] is False


@pytest.mark.requirement("EB-17")
@pytest.mark.requirement("X-18")
def test_a_product_that_is_taken_out_of_use_is_inactive_within_a_quarter_of_an_hour(here: World) -> None:
    article = here.books.add_article(**CHAIR)
    here.run()
    here.books.deactivate_article(article)
    here.clock.ahead += 12 * MINUTE
    here.run(due=True)
    soon, asked = here.crm.one("Product")["IsInactive"], here.kind.asked(here.books, "list articles")
    here.clock.ahead += 3 * MINUTE
    here.run(due=True)

    assert (soon, asked) == (False, 0)
    assert here.crm.one("Product")["IsInactive"] is True


@pytest.mark.requirement("X-18")
@pytest.mark.requirement("X-09")
def test_what_travels_one_way_is_not_read_while_nothing_of_it_is_due(here: World) -> None:
    """Each product is read by itself, so this would cost as many calls as there are products, whenever a scheduler looks."""
    for number in range(5):
        here.books.add_article(**{**CHAIR, "ArtikelCode": f"ST-{number}"})
    send_invoice_to(here)
    here.clock.ahead += 5 * MINUTE
    here.run(due=True)
    asked = [here.kind.asked(here.books, each) for each in ("list articles", "read an article", "list open items")]
    here.clock.ahead += 24 * HOUR
    here.run(due=True)
    next_day = [here.kind.asked(here.books, each) for each in ("list articles", "read an article", "list open items")]

    assert asked == [0, 0, 0]
    assert next_day == [1, 5, 1]


def send_invoice_to(here: World) -> str:
    """Let both systems know the bakery and an invoice to it."""
    eb.known_customer(here)
    number = send_invoice(here, "Bakkerij De Korst")
    run_until_quiet(here)
    return number


# Numbers that are refused ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("EB-18")
@pytest.mark.requirement("X-08")
@pytest.mark.parametrize(
    ("row", "field", "column", "wrong", "right"),
    [
        ("CoC number", "ChamberOfCommerceNumber", "KvkNummer", "HRB 7-1234", "30654321"),
        ("IBAN", "IBAN", "IBAN", "NL91ABNA0417164301", "NL44RABO0123456789"),
    ],
)
def test_a_number_that_is_refused_holds_up_nothing_else_of_its_relation(
    here: World, row: str, field: str, column: str, wrong: str, right: str
) -> None:
    eb.known_customer(here)
    before = here.books.relation()[column]
    eb.edit_organisation(here, PhoneNumber="030-7654321", **{field: wrong})
    eb.add_customer(here, Name="Nieuwe Garage", DebtorNumber="10077", Website="garage.example", **{field: wrong})
    here.run()
    told, changed, made = here.notices(), here.books.relation(Code="10042"), here.books.relation(Code="10077")
    quiet = eb.is_quiet(here)
    for number in ("10042", "10077"):
        eb.edit_organisation(here, number, **{field: right})
    here.run()

    assert (changed["Telefoon"], changed[column]) == ("030-7654321", before)
    assert (made["Site"], made[column]) == ("garage.example", "")
    assert [each for each in told if each.startswith(f"{row} was left out in e-Boekhouden: ") and wrong in each]
    assert (quiet, states(here)) == (True, {})
    assert {each[column] for each in here.books.relations()} == {right}
    assert eb.organisation(here)[field] == right


@pytest.mark.requirement("EB-18")
def test_a_chamber_of_commerce_number_is_sent_as_digits_however_it_is_written(here: World) -> None:
    here.run()
    eb.add_customer(here, Name="Garage", DebtorNumber="10077", ChamberOfCommerceNumber="30 12.34-56")
    run_until_quiet(here)

    assert here.books.relation()["KvkNummer"] == "30123456"
    assert eb.organisation(here, "10077")["ChamberOfCommerceNumber"] == "30 12.34-56"


# From SOAP to REST ----------------------------------------------------------------------------------------------------


@pytest.fixture
def over_soap() -> Iterator[World]:
    """A connection over SOAP that has been at work: customers, a product, invoices of which one is paid in part."""
    with world(mapping=SOAP) as here:
        for number in range(3):
            in_books(here, f"Garage {number}", str(10_001 + number), Telefoon="030-1234567")
        here.books.add_relation(**ANNA)
        here.books.add_article(**CHAIR)
        run_until_quiet(here)
        for number in range(3):
            send_invoice(here, f"Garage {number}")
        run_until_quiet(here)
        here.books.pay(number_for(here, "Garage 1"), "21.00")
        run_until_quiet(here)
        yield here


def number_for(here: World, name: str) -> str:
    return str(here.crm.one(INVOICES, Relationship__Organization__Name=name)["Number"])


@contextmanager
def moved_to_rest(here: World, books: Books, *, forget: bool) -> Iterator[World]:
    """Let the same connection go on over REST, or another one that knows nothing of it; the books are the same."""
    with books_of(REST).sandbox(EMPTY) as made:
        sandbox: Any = made
        sandbox.books = books
        folder = here.folder / "rest"
        folder.mkdir()
        there = World(here.crm, sandbox, folder, mapping=REST, clock=here.clock)
        if not forget:
            there.store.close()
            there.store = here.store
            row = here.store.connection("c")
            assert row is not None
            row.mapping, row.answers, row.settings = REST, there.answers(), there.settings
            with here.store.transaction():
                here.store.save(row)
        try:
            yield there
        finally:
            if forget:
                there.store.close()


@pytest.mark.requirement("EB-12")
@pytest.mark.requirement("X-16")
@pytest.mark.requirement("X-17")
@pytest.mark.parametrize("forget", [False, True], ids=["state kept", "state lost"])
def test_a_connection_that_moves_from_soap_to_rest_makes_nothing_twice_and_goes_on(
    over_soap: World, forget: bool
) -> None:
    here = over_soap
    send_invoice(here, "Garage 2", "40.00", subject="before the move")
    here.run()
    in_between = send_invoice(here, "Garage 0", "75.00", subject="not carried yet")
    relations, mutations = here.books.relations(), here.books.mutations()
    people = len(here.crm.rows(CUSTOMERS)), len(here.crm.rows(PERSONS)), len(here.crm.rows("Product"))
    with moved_to_rest(here, here.books.books, forget=forget) as there:
        run_until_quiet(there)
        booked = [each["Factuurnummer"] for each in there.books.mutations() if each["Soort"] == "FactuurVerstuurd"]
        phases = {str(each["Number"]): each["Phase"]["Code"] for each in here.crm.rows(INVOICES)}
        there.books.pay(number_for(here, "Garage 1"))
        there.books.pay(next(each for each in booked if each != number_for(here, "Garage 1")), "1.00")
        eb.edit_organisation(there, "10001", PhoneNumber="030-7654321")
        there.books.edit_relation(there.books.relation(Code="10002")["ID"], Site="garage.example")
        run_until_quiet(there)

        assert len(booked) == len(set(booked))
        assert len(booked) == len(mutations) - 1 + (0 if forget else 1)
        # A connection that is made anew leaves alone what was sent before it was made.
        assert (in_between in booked) is not forget
        assert there.books.relations() != relations
        assert len(there.books.relations()) == len(relations)
        assert (len(here.crm.rows(CUSTOMERS)), len(here.crm.rows(PERSONS)), len(here.crm.rows("Product"))) == people
        assert set(phases.values()) == {"Sent"}
        assert eb.phase(there, here.crm.one(INVOICES, Number=number_for(here, "Garage 1"))["ID"]) == "Paid"
        assert sorted(each["Amount"] for each in here.crm.rows("Payment")) == [1, 121]
        assert there.books.relation(Code="10001")["Telefoon"] == "030-7654321"
        assert customer(there, "Garage 1")["Organization"]["Website"] == "garage.example"
        left = states(there).pop(("invoice", "waiting"), []) if forget else []
        assert all("an earlier connection of the same books may have left it waiting" in each for each in left)
        assert {
            where: each for where, each in states(there).items() if where != ("invoice", "waiting") or not forget
        } == {}


@pytest.mark.requirement("EB-13")
@pytest.mark.requirement("X-10")
def test_books_that_number_otherwise_over_rest_settle_nothing(over_soap: World) -> None:
    """That a mutation has the same number over both is inferred: were it not so, no open item would be found again."""
    here = over_soap
    other = here.books.books
    other.mutations = {number + 9_000: {**row, "MutatieNr": number + 9_000} for number, row in other.mutations.items()}
    with moved_to_rest(here, other, forget=False) as there:
        stopped = [there.run().stopped for _ in range(2)]

        assert all("none of the 3 open items of customers is found again" in str(each) for each in stopped)
        assert {each["Phase"]["Code"] for each in here.crm.rows(INVOICES)} == {"Sent"}
        assert [each["Amount"] for each in here.crm.rows("Payment")] == [21]
        assert len(other.mutations) == 4


@pytest.mark.requirement("EB-13")
@pytest.mark.requirement("X-08")
def test_what_was_paid_while_a_connection_moved_is_told_and_never_guessed(over_soap: World) -> None:
    """It is on no list any more, and what was last seen of it stands in the words of SOAP."""
    here = over_soap
    paid = number_for(here, "Garage 2")
    here.books.pay(paid)
    with moved_to_rest(here, here.books.books, forget=False) as there:
        result = there.run()
        told = eb.told(there, paid, "eboekhouden", "payment")
        notices = there.notices()
        run_until_quiet(there)

        assert result.stopped == []
        assert (told.state, told.reason) == (
            "excluded", "it left the open items of customers of e-Boekhouden while the connection moved there from elsewhere"
        )  # fmt: skip
        assert len([each for each in notices if "Look there what became of it" in each]) == 2
        assert eb.phase(there, here.crm.one(INVOICES, Number=paid)["ID"]) == "Sent"
        there.books.pay(number_for(here, "Garage 0"))
        run_until_quiet(there)
        assert eb.phase(there, here.crm.one(INVOICES, Number=number_for(here, "Garage 0"))["ID"]) == "Paid"
