"""Declared call limits are kept: short windows are waited for, long ones end the run until they begin anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from scenes import edit_customer, in_books, run_until_quiet, send_invoice, states, with_customer
from world import CUSTOMERS, KEYS, World

from syncrules import circuit, connection
from syncrules.connection import Connection
from syncrules.errors import LimitReached
from syncrules.limits import Limits
from syncrules.manifest import Limit, Manifest
from syncrules.memory.memory import Memory
from syncrules_providers.sandboxes.server import Request, Sandbox

DAY = 24 * 3600.0


@contextmanager
def limited(provider: str, *limits: Limit) -> Iterator[None]:
    """Let a manifest declare these limits."""

    def make(manifest: Manifest, *rest: Any) -> Limits:
        return Limits(replace(manifest, limits=limits) if manifest.provider == provider else manifest, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "Limits", make)
        yield


def heard(here: World, sandbox: Sandbox) -> list[float]:
    """Note when each request reaches a system, by the clock of the connection."""
    times: list[float] = []

    def note(_: Request) -> bool:
        times.append(here.clock.now())
        return False

    sandbox.mishap("before", when=note)
    return times


@pytest.mark.requirement("X-09")
@pytest.mark.parametrize("limit", [Limit(5, "second", ()), Limit(12, "minute", ())])
def test_a_short_window_is_waited_for(here: World, limit: Limit, monkeypatch: pytest.MonkeyPatch) -> None:
    # One call at a time: this clock leaps for all of them, also for those that are on their way.
    monkeypatch.setattr(connection.Connection, "in_flight", 1)
    for number in range(16):
        in_books(here, f"Garage {number}", str(10_001 + number))
    here.connect()
    times = heard(here, here.crm)
    with limited("tribe", limit):
        here.run()
    # A call is counted when it leaves; on its way it may lose a little time, and the next one none.
    window = {"second": 1.0, "minute": 60.0}[limit.per] - 0.5
    fullest = max(sum(1 for each in times if start <= each < start + window) for start in times)

    assert len(times) > 2 * limit.calls
    assert fullest <= limit.calls
    assert len(here.crm.rows(CUSTOMERS)) == 16


@pytest.mark.requirement("X-09")
def test_a_day_without_calls_left_ends_the_run_and_the_next_day_goes_on(here: World) -> None:
    for number in range(30):
        in_books(here, f"Garage {number}", str(10_001 + number))
    here.connect()
    here.clock.ahead += DAY - here.clock.now() % DAY
    with limited("tribe", Limit(27, "day", ())):
        with pytest.raises(LimitReached) as told:
            here.run()
        made = len(here.crm.rows(CUSTOMERS))

        assert "27 calls" in str(told.value)
        assert "next day" in told.value.cure
        assert 0 < made < 30
        assert len(here.crm.calls) <= 27

        for _ in range(2):
            with pytest.raises(LimitReached):
                here.run()
            assert here.crm.calls == []

        for _ in range(4):
            here.clock.ahead += DAY
            here.crm.calls.clear()
            try:
                here.run()
                break
            except LimitReached:
                assert len(here.crm.calls) <= 27

    assert len(here.crm.rows(CUSTOMERS)) == 30
    run_until_quiet(here)
    assert states(here) == {}


@pytest.mark.requirement("X-09")
def test_a_call_that_is_counted_in_the_middle_of_a_decision_holds_nobody_up(here: World) -> None:
    number = send_invoice(here, with_customer(here))
    here.run()
    here.books.pay(number)
    started = here.clock.now()
    with limited("tribe", Limit(1_000, "day", ())):
        run_until_quiet(here)

    assert here.crm.one("Activity_Invoice")["Phase"]["Code"] == "Paid"
    assert here.clock.now() - started < 20


@pytest.mark.over("soap", because="only SOAP has a limit for just the calls with which an invoice is looked up")
@pytest.mark.requirement("X-09", "X-03")
def test_when_no_look_up_is_left_this_month_the_rest_goes_on_and_nothing_is_repeated(here: World) -> None:
    name = with_customer(here)
    with limited("eboekhouden-soap", Limit(1, "month", ("GetMutaties",))):
        for _ in range(2):
            send_invoice(here, name)
            here.books.mishap("after", when=here.kind.over("book an invoice"))
            in_books(here, f"Garage {len(here.books.relations())}", str(10_101 + len(here.books.relations())))
            here.run()

        assert len(here.books.mutations()) == 2
        assert len(here.crm.rows(CUSTOMERS)) == 3
        assert "looked up before anything is repeated" in states(here)["invoice", "waiting"][0]

    run_until_quiet(here)

    assert len(here.books.mutations()) == 2
    assert states(here) == {}


@pytest.mark.requirement("X-09")
def test_two_connections_of_one_account_share_its_limit(here: World) -> None:
    here.connect()
    row = here.store.connection("c")
    assert row is not None
    with here.store.transaction():
        here.store.save(replace(row, name="d"))
    here.crm.calls.clear()
    with limited("tribe", Limit(30, "day", ())):
        for name in ("c", "d", "c", "d"):
            with connection.opened(here.store, name, KEYS, here.clock) as opened, suppress(LimitReached):
                connection.run(opened)

    assert len(here.crm.calls) <= 30


@pytest.mark.requirement("X-09")
def test_where_a_first_import_used_what_is_for_it_what_somebody_changed_still_travels(here: World) -> None:
    name = with_customer(here)
    here.run()
    here.clock.ahead += DAY - here.clock.now() % DAY
    edit_customer(here, name, PhoneNumber="030 765 43 21")
    with limited("tribe", Limit(60, "day", ())):
        with connection.opened(here.store, "c", KEYS, here.clock, "backfill") as opened, suppress(LimitReached):
            while True:
                with opened.lines["tribe"].limits.call("as an import"):
                    pass
        for lane in ("backfill", "push"):
            with connection.opened(here.store, "c", KEYS, here.clock, lane) as opened, suppress(LimitReached):
                connection.run(opened)
            there = str(here.kind.contents(here.books))
            assert ("030 765 43 21" in there) == (lane == "push"), lane


@contextmanager
def spending(here: World, lane: str) -> Iterator[Connection]:
    """Open the connection for a run that spends in a lane, and note how it went."""
    with (
        connection.opened(here.store, "c", KEYS, here.clock, lane) as opened,
        circuit.noted(opened.memory, opened.spec, here.clock),
    ):
        yield opened


def looked_after(here: World, lane: str, until: float) -> None:
    """Try a run every five minutes as `serve` does: one that waits for calls is left alone until then."""
    memory = Memory(here.store, "c", ("", ""))
    while here.clock.now() < until:
        if not circuit.rest(memory, here.clock.now(), lane):
            with suppress(LimitReached), spending(here, lane) as opened:
                connection.run(opened, due_only=True)
                return
        here.clock.ahead += 300


@pytest.mark.requirement("X-09")
def test_a_first_import_that_met_its_limit_waits_for_as_many_calls_as_let_it_get_further(here: World) -> None:
    for number in range(220):
        in_books(here, f"Garage {number}", str(10_001 + number))
    here.connect()
    here.clock.ahead += DAY - here.clock.now() % DAY
    begin, made = here.clock.now(), []
    here.crm.calls.clear()
    with limited("tribe", Limit(200, "day", ())):
        for hours in (6, 12, 23.9, 25):
            looked_after(here, "backfill", begin + hours * 3600)
            made.append(len(here.crm.rows(CUSTOMERS)))
            if hours == 23.9:
                calls = len(here.crm.calls)

    assert made[0] >= 95
    assert made[1] > made[0]
    assert 130 <= made[2] < 200
    assert calls > 185
    assert made[3] == 220


@pytest.mark.requirement("X-09")
def test_whoever_waits_for_calls_holds_up_nobody_who_is_more_urgent(here: World) -> None:
    name = with_customer(here)
    here.run()
    here.clock.ahead += DAY - here.clock.now() % DAY
    edit_customer(here, name, PhoneNumber="030 765 43 21")
    with limited("tribe", Limit(60, "day", ())):
        with suppress(LimitReached), spending(here, "periodic") as opened:
            while True:
                with opened.lines["tribe"].limits.call("as its rhythm says"):
                    pass
        memory, now = opened.memory, here.clock.now()
        rests = {lane: circuit.rest(memory, now, lane) > 0 for lane in ("all", "push", "periodic", "backfill")}
        looked_after(here, "push", now + 1)

    assert rests == {"all": False, "push": False, "periodic": True, "backfill": True}
    assert "030 765 43 21" in str(here.kind.contents(here.books))
    assert memory.circuits() == []
