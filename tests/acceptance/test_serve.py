"""`syncrules serve`: what changes in one system is seen in the other, and nobody types `run`. Many kills: `campaign/serve_kills.py`."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from kill import Point, Script
from people import People
from served import BESIDE, LONGEST, Served, Tally, Trial, connect, jobs, kill_all, serving, until
from terminal import Running
from town import NAME, Town, town

from syncrules.cli import serving as command
from syncrules.cli.desk import Desk
from syncrules.cli.screen import Screen
from syncrules.memory import passes
from syncrules.memory.store import Store, open_store
from syncrules.serving.jobs import Missing, Taken

pytestmark = pytest.mark.kept_in(
    "sqlite", because="it is about the files of one machine; test_serve_database.py is about a database"
)
OUTPUT = Draft202012Validator(json.loads((files("syncrules.cli") / "output.schema.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def here() -> Iterator[Town]:
    """Two systems that are connected, and were never imported."""
    with town(besides=BESIDE) as made:
        try:
            yield made
        finally:
            kill_all()


@pytest.fixture(scope="module")
def people(here: Town) -> People:
    people = People(here)
    people.begin()
    connect(here)
    return people


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _: None)

    with pytest.raises(Missing, match="needs DBOS and Jinja2 and Litestar and uvicorn, which are") as told:
        command.serve(Desk(Screen(json=True)), host="127.0.0.1", port=0, every=1, slots=1, file="")

    assert "syncrules[serve]" in told.value.cure


def asked(address: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def page(here: Town, address: str, path: str) -> str:
    """Open a link, as a person does, and look at a page."""
    with open_store(here.state) as store:
        link = f"{address}{passes.invite(store, time.time())}"
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    browser.open(link, timeout=30).close()
    with browser.open(f"{address}{path}", timeout=30) as answer:
        return str(answer.read().decode())


def said(served: Served, event: str) -> bool:
    return any(each["event"] == event for each in served.events)


def quiet(served: Served) -> bool:
    """Tell whether the last three runs had nothing to write."""
    return served.runs[-3:] == [0, 0, 0]


@pytest.mark.requirement("X-03", "X-04", "EB-03")
def test_asked_to_stop_in_the_midst_of_an_import_it_loses_nothing(here: Town, people: People) -> None:
    stopped: list[int] = []

    def watch(running: Running) -> None:
        def ask() -> None:
            stopped.append(running.pid)
            os.kill(running.pid, signal.SIGTERM)
            time.sleep(0.5)  # it is asked before this request is answered, however busy the machine is

        # A request on its way is answered; only whoever sent it is asked to stop.
        point = Point("create in the CRM", "before", 3)
        script = Script(point, 0.0, Random(0))
        for where, proxy in here.proxies.items():
            befalls = script.of(where)

            def once(exchange: Any, befalls: Any = befalls) -> None:
                if befalls(exchange) and not stopped:
                    ask()

            proxy.script = once

    served = serving(here, watch=watch)
    until(lambda: not served.thread.is_alive())
    told = served.told[0]
    here.calm()

    assert stopped
    assert (told.code, told.err) == (0, "")
    assert [each["event"] for each in served.events][-2:] == ["stopping", "stopped"]
    assert served.events[-1]["ended"]
    # What is wished anew is delayed for a second, and in line after it.
    left = {state for _, state in jobs(here)} - {"SUCCESS", "CANCELLED"}
    assert left
    assert left <= {"DELAYED", "ENQUEUED"}
    assert here.status()["last_run"]["outcome"] == "cut off"


@pytest.mark.thorough  # `campaign/serve_kills.py` does it at greater length
@pytest.mark.requirement("X-03", "X-04", "EB-03", "EB-07")
def test_whatever_it_is_killed_at_the_next_one_finishes_everything_and_nothing_twice(
    here: Town, people: People
) -> None:
    tally = Tally()
    # Of this seed each of the three is a write: in the CRM when it was carried out, and two while they are on their way.
    found = Trial(here, people, "test 375", tally, patience=LONGEST).play(3)

    assert found == []
    assert tally.kills == {"create in the CRM": 1, "id left in the CRM": 1, "invoice in the books": 1}

    people.in_step()


@pytest.mark.requirement("EB-07", "X-18", "EB-03")
def test_what_changes_in_one_system_is_seen_in_the_other_and_nobody_types_run(here: Town, people: People) -> None:
    ready = here.folder / "ready.txt"
    served = serving(here, "--once-ready", "ready.txt")
    until(lambda: ready.exists() and ready.read_text(encoding="utf-8").endswith("\n"))
    address = ready.read_text(encoding="utf-8").strip()
    until(lambda: quiet(served))

    assert asked(f"{address}/health")[0] == 200
    assert asked(f"{address}/ready")[1]["ready"] is True
    assert asked(f"{address}/other")[0] == 404
    assert f"<h1>{NAME} " in page(here, address, f"/connection?name={NAME}")

    before = len(served.runs)
    people.do("edit in the CRM", "edit")
    until(lambda: any(served.runs[before:]))
    # Another that serves the same state store steps aside; a run beside it has the connection for itself.
    with pytest.raises(Taken, match="another 'syncrules serve' is at work"):
        command.serve(Desk(Screen(json=True), here.state), host="127.0.0.1", port=0, every=1, slots=1, file="")
    with open_store(here.state) as store, alone(store):
        before = len(served.runs)
        people.do("edit in the CRM", "another edit")
        time.sleep(1)

        assert not any(served.runs[before:])

    until(lambda: any(served.runs[before:]))
    # The state store is away for a while.
    moved = Path(here.state).with_name("away.db")
    Path(here.state).rename(moved)
    until(lambda: said(served, "lost"))

    assert asked(f"{address}/ready")[0] == 503
    assert asked(f"{address}/health")[0] == 200

    moved.rename(here.state)
    until(lambda: said(served, "back"))
    before = len(served.runs)
    people.do("invoice", "invoice")
    until(lambda: any(served.runs[before:]))
    until(lambda: quiet(served))
    told = served.stop(signal.SIGINT)

    assert (told.code, told.err) == (0, "")
    assert list(people.wrong(told.out)) == []
    assert {each["event"] for each in served.events} == {"ready", "page", "run", "lost", "back", "stopping", "stopped"}
    assert [each for each in served.events if not OUTPUT.is_valid(each)] == []
    assert "fake" not in told.out.lower()
    assert "password" not in told.out.lower()
    assert not any(key in told.out for key in secrets(here))


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """Hold the connection, as a run does, as soon as nobody else has it in hand."""
    while True:
        with store.alone(NAME) as mine:
            if mine:
                yield
                return
        time.sleep(0.01)


def secrets(here: Town) -> list[str]:
    """Everything that was answered and is no address."""
    return [
        value
        for box in (here.crm, here.books)
        for value in box.answers.values()
        if len(value) > 7 and "://" not in value
    ]
