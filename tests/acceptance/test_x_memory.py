"""A state file that was lost, restored from an old copy, or thrown away with the connection: nothing is made twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import stores
from scenes import (
    INVOICES,
    contents,
    customer,
    differences,
    edit_customer,
    edit_in_books,
    in_books,
    in_crm,
    run_until_quiet,
    send_invoice,
    states,
)
from world import World

from syncrules.memory.store import open_store
from syncrules_providers.sandboxes.server import Answer, Request


def earlier(here: World) -> None:
    """What both systems know since long."""
    for number in range(4):
        in_books(here, f"Garage {number}", str(10_001 + number), Telefoon="030-1234567", Plaats="Utrecht")
    here.books.add_relation(Code="10050", Bedrijf="Anna van der Meer", BP="P", GSM="06-12345678")
    here.books.add_article(
        ArtikelOmschrijving="Brood", ArtikelCode="B1", Eenheid="stuk", BTWCode="HOOG_VERK_21", Actief=True
    )
    run_until_quiet(here)
    for number in range(3):
        send_invoice(here, f"Garage {number}", "100.00")
    run_until_quiet(here)


def later(here: World) -> None:
    """What was carried after the copy was made."""
    in_books(here, "Slagerij De Haak", "10100", Telefoon="030-0000100")
    in_crm(here, "Bakkerij De Korst", "10101", Website="korst.example")
    here.books.add_article(
        ArtikelOmschrijving="Kaas", ArtikelCode="K1", Eenheid="stuk", BTWCode="LAAG_VERK_9", Actief=True
    )
    edit_customer(here, "Garage 1", PhoneNumber="030-7654321")
    edit_in_books(here, "Garage 2", Site="garage.example")
    here.run()
    send_invoice(here, "Garage 3", "75.00")
    send_invoice(here, "Bakkerij De Korst", "12.50")
    for each in here.crm.rows(INVOICES)[:2]:
        here.books.pay(str(each["Number"]), "20.00")
    run_until_quiet(here)


def lost(here: World) -> None:
    here.lose_state()


def forgotten(here: World) -> None:
    with here.store.transaction():
        here.store.forget("c")


@pytest.mark.requirement("X-16")
@pytest.mark.parametrize("happens", [lost, forgotten])
def test_a_memory_that_is_gone_is_made_again_from_ids_and_keys(here: World, happens: Callable[[World], None]) -> None:
    earlier(here)
    later(here)
    before, links = contents(here), _links(here)
    happens(here)
    for _ in range(2):
        here.run()
    run_until_quiet(here)

    assert differences(contents(here), before) == []
    assert _links(here) == links
    assert states(here) == {}


def _links(here: World) -> set[tuple[str, str | None, str | None]]:
    return {
        (name, link.ids["tribe"], link.ids["eboekhouden"] if name in ("organisation", "person", "product", "invoice") else None)
        for name in ("organisation", "person", "product", "invoice", "payment")
        for link in here.memory.links(name)
    }  # fmt: skip


@pytest.mark.requirement("X-16")
def test_an_old_copy_of_the_state_file_makes_nothing_twice(here: World) -> None:
    earlier(here)
    here.store.close()
    copy = stores.copied(here.state)
    here.store = open_store(here.state)
    later(here)
    before = contents(here)
    here.store.close()
    here.store = open_store(stores.restored(here.state, copy))
    run_until_quiet(here)

    assert differences(contents(here), before) == []
    assert states(here) == {}


@pytest.mark.requirement("X-16", "X-03")
def test_a_copy_that_was_made_in_the_midst_of_a_run_makes_nothing_twice(here: World) -> None:
    earlier(here)
    copies: list[str] = []

    def copy_first(request: Request) -> bool:
        if not copies and here.kind.over("add a relation")(request):
            copies.append(stores.backed_up(here.state))
        return False

    here.books.mishap(Answer(500, b""), when=copy_first)
    later(here)
    before = contents(here)
    here.store.close()
    here.store = open_store(stores.restored(here.state, *copies))
    run_until_quiet(here)

    assert differences(contents(here), before) == []
    assert states(here) == {}


@pytest.mark.requirement("X-16")
def test_after_the_memory_was_lost_changes_travel_as_before(here: World) -> None:
    earlier(here)
    here.lose_state()
    run_until_quiet(here)
    edit_customer(here, "Garage 1", PhoneNumber="030-7654321")
    edit_in_books(here, "Garage 2", Site="garage.example")
    number = send_invoice(here, "Garage 3", "75.00")
    paid = str(here.crm.one(INVOICES, Subject="Levering aan Garage 0")["Number"])
    here.books.pay(paid, "21.00")
    run_until_quiet(here)

    assert here.books.relation(Bedrijf="Garage 1")["Telefoon"] == "030-7654321"
    assert customer(here, "Garage 2")["Organization"]["Website"] == "garage.example"
    assert here.books.mutation(Factuurnummer=number, Soort="FactuurVerstuurd")
    assert here.crm.one("Payment", Reference=paid)["Amount"] == 21


@pytest.mark.requirement("X-16", "EB-13")
def test_what_is_paid_after_the_memory_was_lost_is_added_to_the_payment_that_was_there(here: World) -> None:
    earlier(here)
    paid = str(here.crm.one(INVOICES, Subject="Levering aan Garage 0")["Number"])
    here.books.pay(paid, "21.00")
    run_until_quiet(here)
    here.lose_state()
    run_until_quiet(here)
    here.books.pay(paid)
    here.run()
    run_until_quiet(here)

    assert here.crm.one("Payment", Reference=paid)["Amount"] == 121
    assert here.crm.one(INVOICES, Number=paid)["Phase"]["Code"] == "Paid"


@pytest.mark.requirement("X-16", "X-04")
def test_what_differs_when_the_memory_was_lost_is_not_overwritten_without_a_word(here: World) -> None:
    earlier(here)
    edit_customer(here, "Garage 1", PhoneNumber="030-1111111")
    edit_in_books(here, "Garage 1", Telefoon="030-2222222")
    here.lose_state()
    told = []
    for _ in range(3):
        here.run()
        told += here.notices()

    assert here.books.relation(Bedrijf="Garage 1")["Telefoon"] == "030-1111111"
    assert any("030-2222222" in each for each in told)
