"""`syncrules pause` while a run is under way: it ends at the next record, and `resume` lets the rest follow; with either store."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from importlib.resources import files
from threading import Lock

import pytest
import stores
from fault_proxy import Exchange, Fault
from jsonschema import Draft202012Validator
from kill import about
from people import People
from served import BESIDE, connect, kill_all, serving, until
from terminal import Terminal, Told
from town import NAME, Town, town
from world import EMPTY

from syncrules.connection import LOOKED

pytestmark = pytest.mark.kept_in("sqlite", because="it takes a file and a database by itself")
OUTPUT = Draft202012Validator(json.loads((files("syncrules.cli") / "output.schema.json").read_text(encoding="utf-8")))
SETTLED = 1.5
"""Seconds in which a run that goes on would have written something."""


@pytest.fixture(params=["a file", "a database"])
def here(request: pytest.FixtureRequest) -> Iterator[Town]:
    """Two systems that are connected, and were never imported."""
    given = {"SYNCRULES_STATE": stores.database()} if request.param == "a database" else {}
    with town(EMPTY, besides=BESIDE, **given) as made:
        try:
            yield made
        finally:
            kill_all()


class Pausing:
    """Somebody pauses the connection at another terminal, while the first new customer is on its way to the CRM."""

    def __init__(self, here: Town, other: Terminal) -> None:
        self.here, self.other, self.told = here, other, list[Told]()
        self._once = Lock()
        here.crm_proxy.script = self

    def __call__(self, exchange: Exchange) -> Fault | None:
        if about("the CRM", exchange) == "create in the CRM" and self._once.acquire(blocking=False):
            self.told.append(self.other.type("pause", NAME, "--json"))
            time.sleep(LOOKED)
        return None


def paused(told: Told) -> bool:
    """Make sure that `pause` did it, and tell whether it says that a run was under way."""
    (said,) = told.objects

    assert told.code == 0, told.out + told.err
    assert OUTPUT.is_valid(said)
    assert ("it ends at the next record" in said["told"]) is said["under_way"]
    return bool(said["under_way"])


def stands_still(here: Town, other: Terminal) -> int:
    """Make sure that nothing is written any more, and tell how much was."""
    before = here.writes
    time.sleep(SETTLED)

    assert here.writes == before
    (said,) = other.type("status", NAME, "--json").objects
    assert said["connections"][0]["last_run"]["outcome"] == "paused"
    return before


@pytest.mark.requirement("X-17", "X-03")
def test_what_serve_has_in_hand_ends_at_the_next_record_and_follows_when_it_is_resumed(here: Town) -> None:
    people = People(here)
    people.begin()
    connect(here)
    with Terminal(here.folder, **here.terminal.given) as other:
        pausing = Pausing(here, other)
        served = serving(here)
        until(lambda: any(each["event"] == "paused" for each in served.events))
        before = stands_still(here, other)

        assert [paused(each) for each in pausing.told] == [True]
        assert not paused(other.type("pause", NAME, "--json"))
        assert served.runs == []

        resumed = other.type("resume", NAME, "--json")
    until(lambda: served.runs[-3:] == [0, 0, 0])
    told = served.stop()

    assert (told.code, told.err) == (0, "")
    assert [each["connection"] for each in served.events if each["event"] == "paused"] == [NAME]
    assert [each for each in (*served.events, *resumed.objects) if not OUTPUT.is_valid(each)] == []
    assert 0 < before < here.writes
    assert list(people.wrong(told.out)) == []


@pytest.mark.requirement("X-17", "X-03")
def test_a_run_by_hand_ends_at_the_next_record_too_and_says_why(here: Town) -> None:
    people = People(here)
    people.begin()
    connect(here)
    with Terminal(here.folder, **here.terminal.given) as other:
        pausing = Pausing(here, other)
        first = here.run()

    assert [paused(each) for each in pausing.told] == [True]
    assert first.code == 1, first.out + first.err
    (said,) = first.objects
    assert OUTPUT.is_valid(said)
    assert (said["error"]["kind"], said["error"]["exit_code"]) == ("Paused", 1)
    assert f"syncrules resume {NAME}" in said["error"]["cure"]

    before = stands_still(here, here.terminal)
    assert here.terminal.type("resume", NAME).code == 0
    runs = [here.run() for _ in range(3)]

    assert 0 < before < here.writes
    assert list(people.wrong("".join(each.out for each in runs))) == []
