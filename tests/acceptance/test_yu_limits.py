"""Yuki counts a thousand calls a day for all programs of a domain: none is spent in vain, and none too many."""

from __future__ import annotations

from collections import Counter

import crm
import pytest
import yk
from scenes import run_until_quiet, states
from world import World
from yk import KORST_IN_TRIBE

from syncrules.errors import LimitReached
from syncrules.limits import window
from syncrules.provider import find
from syncrules_providers.sandboxes.server import Request

MINUTE, HOUR, DAY = 60.0, 3600.0, 24 * 3600.0


def due(here: World, seconds: float) -> Counter[str]:
    """Let time pass, run what is due, and give what Yuki was asked."""
    here.clock.ahead += seconds
    here.run(due=True)
    return Counter(each.what for each in here.books.calls)


def calm(here: World) -> None:
    """Let both systems know a customer and an invoice, and be in sync."""
    crm.send(here, yk.known_company(here))
    run_until_quiet(here)


@pytest.mark.requirement("X-09", "X-18", "YU-05")
def test_while_nothing_is_due_yuki_is_asked_nothing_and_then_once_whether_anything_changed(here: World) -> None:
    calm(here)
    # What was read last may be read again; so somebody else was changed since.
    yk.in_yuki(here, Name="Later", Code="10050", IsCustomer=True, Modified=here.books.now() + yk.LATER)
    due(here, 10 * HOUR)
    asleep = [due(here, 5 * MINUTE) for _ in range(6)]
    awake = due(here, 40 * MINUTE)

    assert asleep == [Counter()] * 6
    assert sum(awake.values()) <= 12
    assert awake["UpdateContact"] == awake["ProcessSalesInvoices"] == 0


@pytest.mark.requirement("X-09", "X-18")
def test_a_working_day_under_a_scheduler_costs_a_tenth_of_what_yuki_allows(here: World) -> None:
    calm(here)
    spent = sum((due(here, HOUR) for _ in range(8)), Counter())

    assert 8 <= sum(spent.values()) <= 100
    assert spent["GetSuppliersAndCustomers"] % 4 == 0
    assert states(here) == {}


@pytest.mark.requirement("X-09", "YU-08")
def test_an_invoice_costs_a_handful_of_calls(here: World) -> None:
    calm(here)
    crm.send(here, here.crm.rows("Relationship_Organization_CommercialRelationship_Customer")[0]["ID"])
    spent = due(here, MINUTE)

    assert spent["ProcessSalesInvoices"] == 1
    assert sum(spent.values()) <= 12


@pytest.mark.requirement("X-09", "X-03")
def test_calls_that_others_used_up_end_the_run_and_the_next_day_goes_on_without_a_double(here: World) -> None:
    here.run()
    for number in range(12):
        crm.add_customer(here, Name=f"Klant {number:02}", DebtorNumber=f"{20_000 + number}")
    left = 30
    here.books.set_allowance(here.books.calls_today() + left)
    with pytest.raises(LimitReached) as told:
        here.run()
    made = len(here.books.contacts())
    here.books.set_allowance(10_000)
    run_until_quiet(here)

    assert "calls of today are used up" in str(told.value)
    assert "after midnight" in told.value.cure
    assert 0 < made < 12
    assert sorted(each["Code"] for each in here.books.contacts()) == [f"{20_000 + number}" for number in range(12)]
    assert states(here) == {}


@pytest.mark.requirement("X-09")
def test_our_own_calls_are_counted_as_yuki_counts_them_and_the_thousand_and_first_is_never_made(here: World) -> None:
    calm(here)
    here.books.set_allowance(1_000_000)
    row = here.store.connection("c")
    assert row is not None
    (limit,) = find("yuki").manifest.limits
    counts = window(f"yuki/{row.accounts['yuki']}", limit, here.clock.now())
    assert counts is not None
    counted = here.store.count_call(*counts) - 1
    there = sum(here.books.domain.calls.values())
    for _ in range(1000 - counted - 1 - 8):
        here.store.count_call(*counts)
    crm.edit_organisation(here, PhoneNumber="030-7654321")
    asked = []
    for _ in range(2):
        with pytest.raises(LimitReached) as told:
            here.run()
        asked.append(len(here.books.calls))

    # Until it is known whose books they are, the calls are counted for the connection.
    assert 0 <= there - counted <= 10
    assert asked == [8, 0]
    assert "1000 calls" in str(told.value)

    here.clock.ahead += DAY
    run_until_quiet(here)

    assert yk.contact(here)["PhoneWork"] == "030-7654321"
    assert states(here) == {}


@pytest.mark.requirement("X-09", "YU-01")
def test_a_session_that_ended_is_opened_again_and_the_call_goes_on(here: World) -> None:
    here.run()
    crm.add_customer(here, **KORST_IN_TRIBE)
    expired: list[bool] = []

    def expires(request: Request) -> bool:
        if not expired and b"<UpdateContact" in request.body:
            expired.append(True)
            here.books.expire_sessions()
        return False

    here.books.mishap("before", when=expires)
    here.run()

    assert expired
    assert [each["Code"] for each in here.books.contacts()] == ["10042"]
    assert states(here) == {}
