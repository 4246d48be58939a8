"""What users of every mirror expect of WinBooks and Silverfin: a plan that is kept, calls that are counted, reasons that are told."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
import sf
from sf import DEMO, SPRING, World
from typed import told

from syncrules_providers.sandboxes.server import Answer, Request
from syncrules_providers.sandboxes.silverfin import REFERENCE


@pytest.fixture
def here() -> Iterator[World]:
    with sf.world() as made:
        made.books.add_customer("10042", "Bakkerij De Halm")
        yield made


def sell(here: World, reference: str, net: str = "100.00", day: date = SPRING) -> None:
    here.books.post_invoice("10042", net, reference=reference, day=day)


def misc(here: World, count: int) -> None:
    """Book so many documents of two lines each."""
    for each in range(count):
        here.books.book("misc", [{"GLAccountCode": "550000", "Amount": Decimal(1)}, {"GLAccountCode": "612000", "Amount": Decimal(-1)}], day=SPRING, Comment=f"{each}")  # fmt: skip


def texts(here: World) -> Counter[str]:
    """What the lines in the client file say."""
    return Counter(each.get("description", "") for each in here.office.transactions(DEMO))


def quiet(here: World) -> bool:
    done = here.run()
    return (done.writes, here.office.writes, here.books.writes) == (0, [], [])


# A plan -------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-07", "SF-04")
def test_a_plan_shows_every_line_field_by_field_and_is_what_is_sent(here: World) -> None:
    sell(here, "F1")
    here.begin()
    here.books.edit_booking("F1", lines={0: {"CommentBooking": "vijftig taarten"}})
    sell(here, "F2", "50.00")
    before = here.office.transactions(DEMO)
    here.office.calls.clear()
    here.books.calls.clear()
    plan = told(here, "plan", "c", code=1)
    news = {each["name"]: each for each in plan["actions"] if each["verb"] == "create"}
    (change,) = [each for each in plan["actions"] if each["verb"] == "update"]

    assert (here.office.writes, here.books.writes) == ([], [])
    assert here.office.transactions(DEMO) == before
    assert change["fields"] == [{"row": "Description", "before": "F1", "after": "vijftig taarten"}]
    assert len(plan["actions"]) == 4
    shown = {each["row"]: each["after"] for each in news["F2"]["fields"]}
    assert (shown["Booking date"], shown["Journal"]) == ("2026-03-02", "VERK")

    here.run()
    after = {each["id"]: each for each in here.office.transactions(DEMO)}
    changed = [each for each in before if after[each["id"]] != each]
    assert [(each["account_number"], after[each["id"]]["description"]) for each in changed] == [
        ("400000", "vijftig taarten")
    ]
    assert len(after) == len(before) + 3
    assert quiet(here)


@pytest.mark.requirement("X-07", "SF-04")
def test_a_saved_plan_sends_what_it_shows_and_leaves_out_what_was_booked_otherwise_since(here: World) -> None:
    for each in ("F1", "F2", "F3"):
        sell(here, each)
    here.begin()
    here.books.edit_booking("F1", lines={0: {"CommentBooking": "als gepland"}})
    here.books.edit_booking("F2", lines={0: {"CommentBooking": "eerst"}})
    file = str(here.folder / "plan.json")
    told(here, "plan", "c", "--out", file, code=1)
    here.books.edit_booking("F2", lines={0: {"CommentBooking": "daarna"}})
    here.books.edit_booking("F3", lines={0: {"CommentBooking": "niet gepland"}})
    sell(here, "F4")
    done = told(here, "apply", file, code=1)

    assert (texts(here)["als gepland"], texts(here)["eerst"], texts(here)["daarna"]) == (1, 0, 0)
    assert (texts(here)["niet gepland"], texts(here)["F4"]) == (0, 0)
    assert (done["planned"], done["applied"]) == (2, 1)
    assert [each["name"] for each in done["stale"]] == ["eerst"]

    here.run()
    assert (texts(here)["daarna"], texts(here)["niet gepland"], texts(here)["F4"]) == (1, 1, 1)
    assert quiet(here)


# Calls --------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-09", "SF-04")
def test_no_call_carries_more_than_500_lines_and_a_plan_says_how_many_calls_it_takes(here: World) -> None:
    carried: list[int] = []

    def count(request: Request) -> bool:
        if request.path.endswith("/transactions"):
            carried.append(len(json.loads(request.body)["actions"]))
        return False

    misc(here, 260)
    here.run()
    here.office.choose_reference(DEMO, REFERENCE)
    here.office.mishap("before", when=count)
    plan = told(here, "plan", "c", code=1)
    (forecast,) = [each for each in plan["calls"] if each["system"] == "Silverfin"]
    assert carried == []
    here.run()

    assert sum(carried) == 520
    assert max(carried) <= 500
    assert forecast["by_kind"]["batch"] == len(carried) + 1  # and that of the years
    assert quiet(here)


@pytest.mark.requirement("X-09", "SF-04")
def test_a_client_file_is_asked_one_thing_at_a_time_however_many_are_in_a_hurry(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    misc(here, 20)
    here.run()
    here.office.choose_reference(DEMO, REFERENCE)
    at_work, most, lock = [0], [0], threading.Lock()
    handle = here.office._handle

    def counted(request: Request) -> Answer | None:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        try:
            time.sleep(0.005)
            return handle(request)
        finally:
            with lock:
                at_work[0] -= 1

    monkeypatch.setattr(here.office, "_handle", counted)
    here.run()
    with here.opened() as opened, ThreadPoolExecutor(8) as hurry:
        files = list(hurry.map(lambda _: list(opened.providers["silverfin"].read("companies")), range(8)))

    assert len(here.office.transactions(DEMO)) == 40
    assert files == [files[0]] * 8
    assert most == [1]
    assert 429 not in {each.status for each in here.office.calls}


@pytest.mark.requirement("X-09", "X-03", "SF-04")
def test_a_file_in_which_somebody_else_is_at_work_is_waited_for(here: World) -> None:
    sell(here, "F1")
    here.begin()
    sell(here, "F2")
    patience = Answer(429, b'{"error": "Another call for this company is in progress."}', {"Content-Type": "application/json"})  # fmt: skip
    for _ in range(2):
        here.office.mishap(patience, when=lambda request: request.path.endswith("/transactions"))
    here.run()

    assert texts(here)["F2"] == 1
    assert here.balances_of_the_file() == here.balances_of_the_books()
    assert quiet(here)


# One bad record -----------------------------------------------------------------------------------------------------


def out_of_balance(here: World, line: str, amount: str) -> None:
    """Give a line an amount that the screen of WinBooks would never take: only its data can be like that."""
    folder = here.books.folders[REFERENCE]
    with here.books.lock, folder.transaction():
        folder.write(folder.model["GLTrans"], line, {"Amount": Decimal(amount)})
        folder.touched.clear()


@pytest.mark.requirement("X-08", "SF-04")
def test_a_booking_that_is_out_of_balance_stays_out_with_its_reason_and_the_rest_goes(here: World) -> None:
    sell(here, "F1")
    sell(here, "F2", "50.00")
    line = next(each["Id"] for each in here.books.lines() if each["Amount"] == -50)
    out_of_balance(here, line, "-49.00")
    here.begin()
    waits = [each for _, each in here.memory().records(states=("failed", "waiting"))]

    assert (texts(here)["F1"], texts(here)["F2"]) == (1, 0)
    assert len(here.office.transactions(DEMO)) == 3
    assert waits
    assert all(each.cure for each in waits)
    assert any("each booking is balanced" in each.reason for each in waits)

    out_of_balance(here, line, "-50.00")
    here.run()

    assert texts(here)["F2"] == 1
    assert here.balances_of_the_file() == here.balances_of_the_books()
    assert quiet(here)


# Why ----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-12", "SF-04")
def test_it_is_said_why_a_line_has_its_value_and_why_another_was_left_out(here: World) -> None:
    sell(here, "F1")
    sell(here, "F2")
    here.books.edit_booking("F2", IsTemp=True)
    here.begin()
    here.books.edit_booking("F1", lines={0: {"CommentBooking": "vijftig taarten"}})
    here.run()
    why = told(here, "explain", "c", "vijftig taarten", "Description", code=0)
    (field,) = why["fields"]
    (left_out,) = {
        each["reason"] for each in told(here, "explain", "c", _id(here, "F2"), code=0)["records"] if each["reason"]
    }

    assert (field["written"]["before"], field["written"]["after"]) == ("F1", "vijftig taarten")
    assert "it came from WinBooks" in field["because"]
    assert field["rule"].startswith("winbooks-silverfin.yaml:")
    assert "Simulation" in left_out


def _id(here: World, text: str) -> str:
    return next(f"winbooks:{each['Id']}" for each in here.books.lines() if each["CommentBooking"] == text)


# What people do in Silverfin ----------------------------------------------------------------------------------------


@pytest.mark.requirement("X-05", "SF-04")
def test_the_name_that_somebody_gave_an_account_in_silverfin_stays_when_the_books_rename_it(here: World) -> None:
    sell(here, "F1")
    here.begin()
    file = here.office.office.files[DEMO].books
    with here.office.lock:
        file.name_account("700000", {"nl": "Omzet taarten"}, custom=True)
    here.books.edit("GLAccount", here.books.one("GLAccount", Code="700000")["Id"], Description="Verkopen en diensten")
    here.run()

    assert here.office.accounts(DEMO)["700000"] == "Omzet taarten"
    assert quiet(here)


@pytest.mark.requirement("X-02", "X-04", "X-19", "SF-04")
def test_what_is_taken_away_in_silverfin_stays_so_and_is_shown_until_the_books_say_it_anew(here: World) -> None:
    sell(here, "F1")
    here.begin()
    file = here.office.office.files[DEMO].books
    with here.office.lock:
        file.transactions.pop(next(each.id for each in file.transactions.values() if each.account == "400000"))
    before = here.books.lines()
    misc(here, 1)
    here.run()  # both sides are added up when something was sent
    for _ in range(2):
        assert quiet(here)
        assert here.reconciled()["first"][0] == ["400000", "2026-03-31", "121", "0"]

    here.books.edit_booking("F1", lines={0: {"CommentBooking": "opnieuw"}})
    here.run()

    assert {each["Id"] for each in before} <= {each["Id"] for each in here.books.lines()}
    assert here.reconciled()["different"] == 0
    assert quiet(here)
