"""Whatever is booked, changed or taken away in WinBooks is so in Silverfin, to the cent; nothing goes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sf
import stores
from sf import DEMO, SPRING, World

from syncrules import many
from syncrules.memory.store import open_store
from syncrules_providers.sandboxes.server import Mishap

Change = Callable[[World], object]


Worlds = Callable[..., AbstractContextManager[World]]


@pytest.fixture
def worlds() -> Worlds:
    """Start both systems in other ways than most tests do."""
    return sf.world


@pytest.fixture
def here() -> Iterator[World]:
    with sf.world() as made:
        made.books.add_customer("10042", "Bakkerij De Halm")
        made.books.add_supplier("30042", "Meelfabriek")
        yield made


def sell(here: World, net: str = "100.00", reference: str = "F1", day: date = SPRING) -> str:
    return here.books.post_invoice("10042", net, reference=reference, day=day)


def is_equal(here: World) -> bool:
    """Both sides stand at the same, and the product says so itself."""
    same = here.balances_of_the_file() == here.balances_of_the_books()
    return same and here.reconciled()["different"] == 0 and here.reconciled()["compared"] > 0


def line(here: World, **said: Any) -> dict[str, Any]:
    (found,) = [
        each for each in here.office.transactions(DEMO) if all(each.get(name) == value for name, value in said.items())
    ]
    return found


# What travels -------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("SF-04")
def test_an_invoice_comes_with_its_account_its_customer_and_what_is_open(here: World) -> None:
    sell(here)
    here.begin()
    found = line(here, account_number="400000")

    assert found["date"] == "2026-03-02"
    assert (found["value"], found["open_transaction"]) == (Decimal("121.00"), {"value": Decimal("121.00"), "category": "receivable"})  # fmt: skip
    assert (found["contact_reference"], found["contact_name"]) == ("10042", "Bakkerij De Halm")
    assert (found["journal"], found["description"], found["extra_fields"]) == ("VERK", "F1", ["2026-04-01"])
    assert line(here, account_number="700000")["value"] == Decimal("-100.00")
    assert set(here.office.accounts(DEMO)) == {"140000", "400000", "451000", "700000"}
    assert is_equal(here)


@pytest.mark.requirement("SF-04")
def test_a_supplier_is_owed(here: World) -> None:
    here.books.post_purchase("30042", "40.00", reference="A1", day=SPRING)
    here.begin()

    assert line(here, account_number="440000")["open_transaction"]["category"] == "payable"
    assert is_equal(here)


@pytest.mark.requirement("SF-04", "X-06")
def test_cents_come_to_the_cent(here: World) -> None:
    for number, net in enumerate(("0.01", "33.33", "1234567.89", "0.07")):
        sell(here, net, f"F{number}")
    here.begin()

    assert is_equal(here)


CHANGES: dict[str, Change] = {
    "a new invoice": lambda here: sell(here, "77.77", "F2"),
    "a credit note": lambda here: sell(here, "-25.00", "F3"),
    "a payment": lambda here: here.books.pay("F1"),
    "a part of it is paid": lambda here: here.books.pay("F1", "50.00"),
    "a payment that is taken back": lambda here: here.books.reverse_payment(here.books.pay("F1")),
    "other amounts": lambda here: here.books.edit_booking(
        "F1", lines={0: {"Amount": Decimal("61.00")}, 1: {"Amount": Decimal("-40.00")}}
    ),
    "another day": lambda here: here.books.edit_booking("F1", BookDate=date(2026, 3, 9)),
    "another description": lambda here: here.books.edit_booking("F1", lines={0: {"CommentBooking": "anders"}}),
}


@pytest.mark.requirement("SF-04")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_in_the_books_is_so_in_the_file(here: World, change: Change) -> None:
    sell(here)
    here.begin()
    change(here)
    here.run()

    assert is_equal(here)
    assert sent_as_booked(here)
    quiet(here)


@pytest.mark.requirement("SF-04")
def test_a_deleted_booking_goes_when_everything_has_been_read_again(here: World) -> None:
    sell(here)
    sell(here, "50.00", "F2")
    here.begin()
    here.books.remove_booking("F2")
    here.clock.sleep(86400)  # a deletion leaves no trace: ids are compared every night
    here.run()

    assert len(here.office.transactions(DEMO)) == 3
    assert is_equal(here)
    quiet(here)


@pytest.mark.requirement("SF-04")
def test_a_line_that_goes_makes_its_whole_booking_be_looked_at_at_once(here: World) -> None:
    sell(here)
    here.begin()
    tax = next(each for each in here.books.lines() if each["GLAccount"] == "451000")
    here.books.edit_booking("F1", remove=[tax["LineOrder"]], lines={0: {"Amount": Decimal("100.00")}})
    here.run()

    assert len(here.office.transactions(DEMO)) == 2
    assert is_equal(here)


@pytest.mark.requirement("SF-04", "X-10")
def test_many_deletions_at_once_wait_for_a_word(here: World) -> None:
    keys = [here.books.book("misc", [{"GLAccountCode": "550000", "Amount": Decimal(1)}, {"GLAccountCode": "612000", "Amount": Decimal(-1)}], day=SPRING) for _ in range(260)]  # fmt: skip
    here.begin()
    for each in keys:
        here.books.remove_booking(each)
    here.clock.sleep(86400)
    here.run()

    assert len(here.office.transactions(DEMO)) == 520
    with here.opened() as opened:
        held = many.inside(opened, here.pair()).memory.brakes()
    assert [(entity, name) for entity, name, _, _ in held] == [("transaction", "deletions")]


@pytest.mark.requirement("SF-04")
def test_nothing_goes_back(here: World) -> None:
    sell(here)
    here.begin()

    assert here.books.writes == []


@pytest.mark.requirement("SF-04")
def test_simulations_stay_out_and_come_when_they_are_booked(here: World) -> None:
    sell(here)
    key = sell(here, "10.00", "F2")
    here.books.edit_booking("F2", IsTemp=True)
    here.begin()
    before = len(here.office.transactions(DEMO))
    here.books.edit_booking(key, IsTemp=False)
    here.run()

    assert (before, len(here.office.transactions(DEMO))) == (3, 6)
    assert is_equal(here)


@pytest.mark.requirement("SF-04")
def test_with_a_start_date_only_what_comes_from_then_on_travels(here: World) -> None:
    sell(here, day=date(2025, 5, 5))
    sell(here, "50.00", "F2")
    here.run()
    here.office.choose_reference(DEMO, "DEMO_BV", start=date(2026, 1, 1))
    here.run()

    assert {each["date"] for each in here.office.transactions(DEMO)} == {"2026-03-02"}
    assert here.reconciled()["different"] == 0


# Twice is as good as once -------------------------------------------------------------------------------------------


def quiet(here: World) -> None:
    """Another run writes nothing."""
    done = here.run()

    assert (done.writes, here.office.writes, here.books.writes) == (0, [], [])


@pytest.mark.requirement("X-18", "SF-04")
def test_what_is_due_by_night_goes_by_night_and_not_before(here: World) -> None:
    sell(here)
    here.begin()
    sell(here, "10.00", "F2")
    here.run(due=True)
    before = [*here.office.writes, *here.books.writes]
    here.office.wait(hours=25)
    here.clock.sleep(25 * 3600)
    here.run(due=True)

    assert before == []
    assert is_equal(here)
    assert "F2" in {each.get("description") for each in here.office.transactions(DEMO)}


@pytest.mark.requirement("X-01")
def test_a_second_run_writes_nothing(here: World) -> None:
    sell(here)
    here.books.post_purchase("30042", "40.00", reference="A1", day=SPRING)
    here.begin()

    quiet(here)


MISHAPS: list[Mishap] = ["before", "after", "garbage", "bad gateway", 500, 503]
OFTEN: tuple[Mishap, ...] = ("before", "after")
POINTS = ("references", "settings", "reset", "transactions")


@pytest.mark.requirement("X-03", "SF-04")
@pytest.mark.parametrize(
    ("point", "mishap"),
    [
        pytest.param(point, mishap, marks=[] if point == "transactions" or mishap in OFTEN else pytest.mark.thorough)
        for point in POINTS
        for mishap in MISHAPS
    ],
)
def test_whatever_becomes_of_an_answer_both_sides_are_equal_in_the_end(here: World, point: str, mishap: Mishap) -> None:
    sell(here)
    if point != "references":
        here.run()
        here.office.choose_reference(DEMO, "DEMO_BV")
    here.office.mishap(mishap, when=lambda request: point in request.path and request.method != "GET")
    for _ in range(4):
        here.run()
        if here.office.references() and not here.pairs():
            here.office.choose_reference(DEMO, "DEMO_BV")

    assert is_equal(here)
    assert sent_as_booked(here)
    quiet(here)


@pytest.mark.requirement("X-03", "SF-04")
@pytest.mark.parametrize(
    ("mishap", "number"),
    [
        pytest.param("before", 1, marks=pytest.mark.thorough),
        pytest.param("before", 2, marks=pytest.mark.thorough),
        pytest.param("before", 3, marks=pytest.mark.thorough),
        pytest.param("after", 1, marks=pytest.mark.thorough),
        ("after", 2),
        pytest.param("after", 3, marks=pytest.mark.thorough),
    ],
)
def test_a_lost_answer_of_any_of_several_batches_is_made_good(here: World, number: int, mishap: Mishap) -> None:
    for each in range(260):
        here.books.book("misc", [{"GLAccountCode": "550000", "Amount": Decimal("0.01")}, {"GLAccountCode": "612000", "Amount": Decimal("-0.01")}], day=SPRING, Comment=f"{each}")  # fmt: skip
    here.run()
    here.office.choose_reference(DEMO, "DEMO_BV")
    seen = iter(range(1, 10))
    here.office.mishap(mishap, when=lambda request: request.path.endswith("/transactions") and next(seen) == number)
    for _ in range(3):
        here.run()

    assert len(here.office.transactions(DEMO)) == 520
    assert is_equal(here)
    quiet(here)


@pytest.mark.requirement("X-03", "SF-04")
def test_what_changes_while_an_answer_is_lost_is_not_lost(here: World) -> None:
    sell(here)
    here.begin()
    here.books.edit_booking("F1", lines={0: {"CommentBooking": "eerst"}})
    here.office.mishap("after", when=lambda request: request.path.endswith("/transactions"))
    here.run()
    here.books.edit_booking("F1", lines={0: {"CommentBooking": "daarna"}})
    here.run()

    assert line(here, account_number="400000")["description"] == "daarna"
    quiet(here)


@pytest.mark.requirement("SF-04")
def test_a_file_that_silverfin_finds_inconsistent_is_emptied_and_filled_again(here: World) -> None:
    sell(here)
    here.begin()
    here.office.report_inconsistency(DEMO)
    sell(here, "10.00", "F2")
    for _ in range(2):
        here.run()

    assert is_equal(here)
    assert len(here.office.transactions(DEMO)) == 6
    quiet(here)


@pytest.mark.requirement("SF-04", "X-03", "X-16")
def test_a_memory_that_was_lost_begins_anew_and_says_so(here: World) -> None:
    sell(here)
    here.begin()
    here.store.close()
    stores.empty(here.state)
    here.store = open_store(here.state)
    here.code = here.office.consent(scopes=sf.SYNC)
    here.run()

    assert is_equal(here)
    assert [each.what for each in here.office.writes].count("resetSyncBookkeepingData") == 1
    quiet(here)


# Adding up ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("SF-04")
def test_a_difference_is_shown_to_the_cent_with_its_account_and_its_period(here: World) -> None:
    sell(here)
    here.begin()
    books = here.office.office.files[DEMO].books
    with here.office.lock:
        books.transactions.pop(next(each.id for each in books.transactions.values() if each.sent["value"] == -100))
    sell(here, "0.01", "F2")
    here.run()
    found = here.reconciled()

    assert found["different"] == 10  # from March to December
    assert found["first"][0] == ["700000", "2026-03-31", "-100.01", "-0.01"]


@pytest.mark.requirement("SF-04")
def test_a_line_that_waits_is_a_difference(here: World) -> None:
    sell(here)
    here.begin()
    here.office.mishap(422, when=lambda request: request.path.endswith("/transactions"))
    sell(here, "10.00", "F2")
    here.run()
    before = here.reconciled()["different"]
    here.clock.sleep(2 * 3600)
    here.run()

    assert before > 0
    assert is_equal(here)


@pytest.mark.requirement("SF-04")
def test_without_the_right_to_read_balances_everything_is_sent_and_it_is_said_that_nothing_was_compared(
    worlds: Worlds,
) -> None:
    with worlds() as here:
        here.code = here.office.consent(scopes=("financials:transactions:sync", "user:firm"))
        here.books.add_customer("10042", "Bakkerij De Halm")
        here.books.post_invoice("10042", "10.00", reference="F1", day=SPRING)
        here.begin()

        assert len(here.office.transactions(DEMO)) == 3
        assert here.pair().state == "open"
        assert here.reconciled()["trouble"] == (
            "Silverfin: only a user with the role Admin can set up synchronisation for a firm "
            "(The token lacks the scope financials:read.)"
        )


@pytest.mark.requirement("SF-04")
def test_costs_begin_anew_and_go_to_the_retained_earnings_when_a_year_ends(here: World) -> None:
    sell(here, day=date(2025, 11, 11))
    sell(here, "50.00", "F2", day=SPRING)
    here.begin()
    stands = here.balances_of_the_file()

    assert stands["700000"] == Decimal("-50.00")
    assert stands["140000"] == Decimal("-100.00")
    assert here.reconciled()["different"] == 0


@pytest.mark.requirement("SF-04")
def test_a_year_that_was_opened_in_the_books_is_opened_by_silverfin_and_stands_at_the_same(worlds: Worlds) -> None:
    with worlds(ledger=True) as here:
        here.begin()
        stands: dict[str, Decimal] = {}
        for each in here.books.lines():
            if each["RelatedYear"] == 2026:
                stands[each["GLAccount"]] = stands.get(each["GLAccount"], Decimal(0)) + each["Amount"]

        assert here.balances_of_the_file() == {code: value for code, value in stands.items() if value}
        assert (here.reconciled()["compared"], here.reconciled()["different"]) == (600, 0)


def sent_as_booked(here: World) -> bool:
    """Every line that is booked was sent, as it is booked, and nothing else."""
    booked = {each["Id"]: (each["GLAccount"], each["Amount"], str(each["BookDate"])[:10]) for each in here.books.lines()}  # fmt: skip
    sent = {each["id"]: (each["account_number"], each["value"], each["date"]) for each in here.office.transactions(DEMO)}  # fmt: skip
    return booked == sent
