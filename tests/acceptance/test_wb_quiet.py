"""A run between Tribe and WinBooks without news writes nothing and asks little, and a memory that was lost makes nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import crm
import pytest
import stores
import wb
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
from world import CUSTOMERS, SUPPLIERS, World, world

from syncrules.memory.store import open_store
from syncrules_providers.sandboxes.server import Request
from syncrules_providers.sandboxes.story import tell

DAY = 24 * 3600.0


# Quiet ----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-01", "X-02")
def test_the_whole_story_comes_to_rest_and_stays_at_rest() -> None:
    with world(tell(10)) as here:
        run_until_quiet(here, most=4)
        still = contents(here)
        for due, whole, later in ((False, False, 0.0), (True, False, DAY), (False, True, 0.0), (False, False, 8 * DAY)):
            here.clock.ahead += later
            result = here.run(due=due, whole=whole)

            assert (result.writes, here.writes) == (0, 0)
            assert result.counts.get("linked", 0) == 0
        assert contents(here) == still


@pytest.mark.requirement("X-02")
def test_what_we_wrote_on_one_side_never_comes_back_from_it(here: World) -> None:
    wb.known_customer(here)
    wb.add_person(here)
    in_crm(here, "Slagerij De Haak", "10100", PhoneNumber="09 000 00 77", Website="HTTPS://Haak.example/")
    crm.add_supplier(here, Name="Meelfabriek", CreditorNumber="30100", EmailAddress="Info@Meel.example")
    for step in range(3):
        edit_customer(
            here, "Bakkerij De Korst", PhoneNumber=f"(09) 000 00 4{step}", EmailAddress=f"info{step}@x.example"
        )
        edit_in_books(here, "Bakkerij De Korst", WebSite=f"www.korst{step}.example")
        here.books.edit_address("10042", Address1=f"Molenweg {step + 1}")
        number = send_invoice(here, "Bakkerij De Korst", "10.00")
        here.run()

        assert here.run().writes == 0
        assert here.writes == 0

        here.books.pay(number, "1.00")
        run_until_quiet(here)


def left_behind(here: World) -> None:
    """Let something newer be read than all that is there: what is newest is read again each time."""
    wb.let_time_pass(here, 3600)
    in_books(here, f"Newest {here.clock.ahead}", f"9{len(here.books.customers())}")
    run_until_quiet(here)


@pytest.mark.requirement("X-01", "X-09")
def test_a_run_costs_by_what_changed_and_not_by_how_many_there_are(here: World) -> None:
    calls = []
    for many in (20, 220):
        for number in range(len(here.books.customers()), many):
            in_books(here, f"Garage {number}", str(10_000 + number), Addresses=[wb.invoicing(wb.KORST_ADDRESS)])
        run_until_quiet(here)
        left_behind(here)
        here.run()
        calls.append(Counter(each.what for each in here.books.calls))

    assert calls[0] == calls[1]
    assert calls[1].total() <= 16


@pytest.mark.requirement("X-09")
def test_what_may_have_changed_is_asked_for_flat_and_only_a_company_that_did_is_read_deeply(here: World) -> None:
    """Each level costs WinBooks queries."""
    for number in range(150):
        in_books(here, f"Garage {number}", str(10_001 + number), Addresses=[wb.invoicing(wb.KORST_ADDRESS)])
    here.run()
    whole = Counter(each.what for each in here.books.calls)
    left_behind(here)
    here.books.edit_address("10001", PhoneNo="+32 9 000 00 09")
    paths: list[str] = []

    def note(request: Request) -> bool:
        paths.append(request.path)
        return False

    here.books.mishap("before", when=note)
    here.run()
    here.books._mishaps.clear()
    deep = [each for each in paths if "maxLevel=" in each and not each.endswith("maxLevel=1")]

    assert whole["Customers/ExecuteCriteria"] <= 5
    assert whole["Thirds/ExecuteCriteria"] <= 15  # what lies within an answer is cut after some hundred objects
    assert crm.organisation(here, "10001")["PhoneNumber"] == "+32 9 000 00 09"
    assert all(each.startswith("/app/Thirds/") for each in deep)
    assert len(deep) <= 3


@pytest.mark.requirement("X-09")
def test_small_tables_are_asked_for_once_a_run_and_an_invoice_costs_a_few_calls(here: World) -> None:
    wb.known_customer(here)
    for number in range(10):
        send_invoice(here, "Bakkerij De Korst", f"{number + 1}.00")
    here.run()
    told = Counter((each.method, each.what) for each in here.books.calls)

    assert told["POST", "GLTransHeader"] == 10
    assert told["POST", "BookPeriods/ExecuteCriteria"] == 1
    assert told["POST", "GLTransHeaders/ExecuteCriteria"] <= 11  # the next number of each
    assert all(count == 1 for (method, _), count in told.items() if method == "GET")


# A memory that was lost -----------------------------------------------------------------------------------------------


def earlier(here: World) -> None:
    """What both systems know since long."""
    for number in range(4):
        in_books(here, f"Garage {number}", str(10_001 + number), Addresses=[wb.invoicing(wb.KORST_ADDRESS)])
    here.books.add_supplier("30001", "Meelfabriek")
    wb.add_person(here)
    run_until_quiet(here)
    for number in range(3):
        send_invoice(here, f"Garage {number}", "100.00")
    send_invoice(here, "Garage 0", "-20.00")
    run_until_quiet(here)


def later(here: World) -> None:
    """What was carried after the copy was made."""
    in_books(here, "Slagerij De Haak", "10100", WebSite="haak.example")
    in_crm(here, "Bakkerij De Korst", "10101", Website="korst.example", PhoneNumber="+32 9 000 00 09")
    edit_customer(here, "Garage 1", PhoneNumber="+32 9 000 00 09", EmailAddress="garage@voorbeeld.example")
    edit_in_books(here, "Garage 2", WebSite="garage.example")
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


@pytest.mark.requirement("X-16", "WB-02")
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
    documents = ("customer", "supplier", "private customer", "invoice", "credit note")
    return {
        (name, link.ids["tribe"], link.ids["winbooks"] if name in documents else None)
        for name in (*documents, "payment")
        for link in here.memory.links(name)
    }


@pytest.mark.requirement("X-16", "WB-03")
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


@pytest.mark.requirement("X-16")
def test_after_the_memory_was_lost_changes_travel_as_before(here: World) -> None:
    earlier(here)
    here.lose_state()
    run_until_quiet(here)
    edit_customer(here, "Garage 1", PhoneNumber="+32 9 000 00 09")
    edit_in_books(here, "Garage 2", WebSite="garage.example")
    number = send_invoice(here, "Garage 3", "75.00")
    paid = str(here.crm.one(INVOICES, Subject="Levering aan Garage 1")["Number"])
    here.books.pay(paid, "21.00")
    run_until_quiet(here)

    assert wb.address(here, "10002")["PhoneNo"] == "+32 9 000 00 09"
    assert customer(here, "Garage 2")["Organization"]["Website"] == "garage.example"
    assert wb.booked(here, number)
    assert here.crm.one("Payment", Reference=paid)["Amount"] == 21


@pytest.mark.requirement("X-16", "X-04")
def test_what_differs_when_the_memory_was_lost_is_not_overwritten_without_a_word(here: World) -> None:
    earlier(here)
    edit_customer(here, "Garage 1", PhoneNumber="+32 9 000 00 11")
    here.books.edit_address("10002", PhoneNo="+32 9 000 00 22")
    here.lose_state()
    told = []
    for _ in range(3):
        here.run()
        told += here.notices()

    assert wb.address(here, "10002")["PhoneNo"] == "+32 9 000 00 11"
    assert any("+32 9 000 00 22" in each for each in told)


@pytest.mark.requirement("X-17", "WB-03")
def test_a_new_connection_to_the_same_books_books_no_invoice_of_before_again(here: World) -> None:
    earlier(here)
    for kind in (CUSTOMERS, SUPPLIERS, INVOICES):
        for each in here.crm.rows(kind):
            here.crm.edit(kind, each["ID"], ImportId=None)
    here.lose_state()
    for _ in range(3):
        here.run()

    assert len(here.books.bookings()) == 4
    assert (len(here.crm.rows(CUSTOMERS)), len(here.books.customers())) == (4, 5)
