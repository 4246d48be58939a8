"""A worker that was cut off from the database, and lives on: whatever it waited for, it makes no call any more, and another finishes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
import stores
from scenes import in_books
from test_x_limits import limited
from world import CUSTOMERS, KEYS, Clock, World, world

from syncrules import connection
from syncrules.errors import StateError
from syncrules.http import Network, Response
from syncrules.journey.run import Result
from syncrules.manifest import Limit
from syncrules.memory.counted import ARRIVED
from syncrules.memory.store import open_store
from syncrules_providers.sandboxes.server import Answer, Request

pytestmark = pytest.mark.over("soap", because="it is about who writes, whatever the books speak")
CUT = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
THE_LOCK_ALONE = f"{CUT} and pid in (select pid from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock')"
"""The session that holds it; others of the same worker live on."""
UNDER_WAY = "select 1 from journal where state = 'open' and verb = 'create'"


class Waking(Clock):
    """A clock that lets something happen while somebody waits who has journalled a create, once."""

    def __init__(self, state: str, then: Callable[[], None]) -> None:
        super().__init__()
        self.state, self.then = state, then
        self.waited: list[float] = []

    def sleep(self, seconds: float) -> None:
        if not self.waited and stores.server().rows(self.state, UNDER_WAY):
            self.waited.append(seconds)
            self.then()
        super().sleep(seconds)


@pytest.fixture
def place(protocol: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Two systems, the books with three garages in them, and a state store in a database; calls are made one by one."""
    monkeypatch.setattr(stores, "place", lambda _: stores.database())
    monkeypatch.setattr(connection.Connection, "in_flight", 1)
    with world() as made:
        for number in range(3):
            in_books(made, f"Garage {number}", str(10_001 + number))
        made.connect()
        yield made


def run(here: World) -> Result:
    """Run in a process that holds the connection for itself."""
    with here.store.alone("c") as mine:
        assert mine
        return here.run()


def take_over(here: World, clock: Clock) -> int:
    """Be the next worker, and tell how many records it wrote."""
    with open_store(here.state) as store, store.alone("c") as mine:
        assert mine
        with connection.opened(store, "c", KEYS, clock) as opened:
            return connection.run(opened).writes


@contextmanager
def cut_off_while_it_waits(here: World, cut: str = CUT) -> Iterator[list[float]]:
    """Cut off whoever waits inside, let another worker take over and finish, and only then let them wake."""
    others: list[int] = []

    def taken_over() -> None:
        assert stores.server().rows(here.state, cut)
        others.append(take_over(here, Clock()))

    here.clock = clock = Waking(here.state, taken_over)
    with pytest.raises(StateError):
        yield clock.waited

    assert others == [3]


def garages(here: World) -> list[str]:
    return sorted(each["Organization"]["Name"] for each in here.crm.rows(CUSTOMERS))


def everything_once(here: World) -> None:
    """Make sure that nothing was made twice, that nothing is left, and that nothing waits for a person."""
    assert garages(here) == ["Garage 0", "Garage 1", "Garage 2"]
    assert run(here).writes == 0
    assert garages(here) == ["Garage 0", "Garage 1", "Garage 2"]
    assert [known.name for _, known in here.memory.records(states=("waiting", "failed"))] == []
    assert here.memory.unsettled() == []


def creates(request: Request) -> bool:
    return request.method == "POST" and b"Garage" in request.body


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("cut", [CUT, THE_LOCK_ALONE])
def test_who_is_cut_off_while_a_refused_create_waits_sends_it_no_more(place: World, cut: str) -> None:
    place.crm.mishap(Answer(429, headers={"Retry-After": "30"}), when=creates)
    with cut_off_while_it_waits(place, cut) as waited:
        run(place)

    assert waited == [30.0]
    everything_once(place)


@pytest.mark.requirement("X-03", "X-09")
@pytest.mark.parametrize("cut", [CUT, THE_LOCK_ALONE])
def test_who_is_cut_off_while_a_create_waits_for_a_call_limit_sends_it_no_more(place: World, cut: str) -> None:
    with limited("tribe", Limit(1, "second", ())), cut_off_while_it_waits(place, cut) as waited:
        run(place)

    assert 0 < waited[0] <= 1
    everything_once(place)


class Looking(Clock):
    """A clock of whoever takes over: what was on its way arrives while it waits as long as that may take."""

    def __init__(self) -> None:
        super().__init__()
        self.waits, self.arrived = Event(), Event()

    def sleep(self, seconds: float) -> None:
        if seconds > ARRIVED - 1:
            self.waits.set()
            assert self.arrived.wait(60)
        super().sleep(seconds)


@pytest.mark.requirement("X-03")
def test_whoever_takes_over_looks_no_sooner_than_a_create_on_its_way_has_arrived(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, began = Looking(), list[Future[int]]()
    carry = Network.carry

    def on_its_way(network: Network, method: str, url: str, headers: Any, content: bytes | None) -> Response:
        if began or method != "POST" or b"Garage" not in (content or b""):
            return carry(network, method, url, headers, content)
        assert stores.server().rows(place.state, CUT)
        began.append(pool.submit(take_over, place, clock))
        assert clock.waits.wait(60)
        try:
            return carry(network, method, url, headers, content)
        finally:
            clock.arrived.set()

    monkeypatch.setattr(Network, "carry", on_its_way)
    with ThreadPoolExecutor(1) as pool, pytest.raises(StateError):
        run(place)

    assert began[0].result() == 3  # the one that had arrived by then is found, and counts
    everything_once(place)
