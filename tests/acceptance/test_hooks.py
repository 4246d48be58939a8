"""Webhooks of a CRM, over HTTP: what changes there arrives at once, and nothing else can be brought about by calling.

`serve` looks by itself once an hour only, so whatever happens here happens because the CRM called.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from people import People
from served import BESIDE, Served, kill_all, serving, until
from town import Town, town

from syncrules.memory.hints import Hook
from syncrules.memory.memory import Memory
from syncrules.memory.store import open_store
from syncrules_providers.sandboxes.courier import Delivery
from syncrules_providers.sandboxes.tribe_webhooks import signature

CUSTOMERS = "Relationship_Organization_CommercialRelationship_Customer"
ORGANISATIONS = "Relation_Organization"
HEADER = "X-Tribe-Signature"
QUIET = 1.0
"""Seconds in which a run that was wished would have begun."""


class Scene:
    """Two systems in step, the CRM with webhooks, and a `serve` that it calls."""

    def __init__(self, here: Town) -> None:
        self.here = here
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.base = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.people = People(here)
        self.people.begin()
        self.told = here.terminal.type(*here.connecting, "--hooks", self.base)
        here.run()  # what the first import left for the way back
        self.served = self.serve()
        if here.crm.courier.deliveries:  # of what we wrote there before anybody listened
            self.settle()

    def serve(self) -> Served:
        port = self.base.rpartition(":")[2]
        served = serving(self.here, "--port", port, "--every", "3600")
        until(lambda: any(each["event"] == "ready" for each in served.events))
        return served

    @property
    def url(self) -> str:
        """One of the addresses at which the CRM calls."""
        (first, *_) = self.here.crm.webhooks
        return str(first["webhookUrl"])

    @property
    def hook(self) -> Hook:
        """What is kept of the address at which the CRM calls; one terminal types one command at a time, and that serves."""
        with open_store(self.here.state) as store:
            (only,) = Memory(store, "shop", ("tribe", "eboekhouden")).hooks()
            return only

    @property
    def linked(self) -> dict[str, int]:
        """How many records of each entity are linked, and in use on both sides."""
        with open_store(self.here.state) as store:
            memory = Memory(store, "shop", ("tribe", "eboekhouden"))
            return {each: memory.count_linked(each, "tribe") for each in ("organisation", "person", "product")}

    def settle(self) -> None:
        """Wait until all that was sent has been looked at, also what the CRM might not have shown at once."""
        assert self.here.crm.courier.settle(30)
        time.sleep(QUIET)
        until(lambda: self.rested(QUIET + 6))

    def rested(self, seconds: float) -> bool:
        """Tell whether no run came for so long."""
        before = len(self.served.runs)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if len(self.served.runs) > before:
                return False
            time.sleep(0.05)
        return True


def saying(kind: str, key: str = "1") -> bytes:
    """Give what the CRM would send of a role of a customer."""
    told = {"type": f"Relationship{kind}Mutation", "entityType": CUSTOMERS.replace("_", "."), "relationshipId": key}
    return json.dumps({"webhookId": "1", "payload": told}).encode()


def call(url: str, body: bytes, signed: str = "") -> int:
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=60)
    try:
        line.request("POST", parts.path, body, {HEADER: signed, "Content-Type": "application/json"})
        return line.getresponse().status
    finally:
        line.close()


@contextmanager
def playing() -> Iterator[Scene]:
    with town(besides=BESIDE) as here:
        try:
            yield Scene(here)
        finally:
            kill_all()


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with playing() as here:
        yield here


@pytest.mark.requirement("EB-07")
def test_what_changes_in_the_crm_is_in_the_books_at_once_and_nobody_looked(scene: Scene) -> None:
    assert scene.told.code in (0, 1), scene.told.out + scene.told.err
    assert scene.hook.address == f"{scene.base}/hooks/shop/tribe/"
    before = len(scene.served.runs)

    assert scene.rested(QUIET), "it looks by itself, so this test could not fail"

    crm, books = scene.here.crm, scene.here.books
    customer = next(each for each in crm.rows(CUSTOMERS) if each["Organization"]["DebtorNumber"])
    crm.edit(ORGANISATIONS, customer["Organization"]["ID"], PhoneNumber="030-7654321")
    until(lambda: books.relation(Code=customer["Organization"]["DebtorNumber"])["Telefoon"] == "030-7654321", 60)

    until(lambda: any(scene.served.runs[before:]))
    assert {each.attempts[-1] for each in scene.here.crm.courier.deliveries if each.attempts} == {202}
    scene.settle()
    assert scene.hook.received > 0
    assert scene.url.rpartition("/")[2] not in scene.told.out


def test_a_call_that_is_not_signed_as_it_must_be_is_refused_and_counted_and_nothing_comes_of_it(scene: Scene) -> None:
    body, runs, refused = saying("Update"), len(scene.served.runs), scene.hook.refused

    assert call(scene.url, body) == 401
    assert call(scene.url, body, signature("another secret", body)) == 401
    assert call(scene.url, body + b" ", signature(scene.here.crm.webhook_secret, body)) == 401
    assert call(scene.url + "x", body, signature(scene.here.crm.webhook_secret, body)) == 404
    assert call(scene.url.replace("/tribe/", "/eboekhouden/"), body) == 404

    until(lambda: scene.hook.refused == refused + 3)
    assert scene.rested(QUIET)
    assert len(scene.served.runs) == runs
    assert [each["side"] for each in scene.served.events if each["event"] == "forged"] == ["tribe"]


@pytest.mark.thorough
def test_whatever_comes_twice_late_or_in_another_order_writes_nothing_more(scene: Scene) -> None:
    courier = scene.here.crm.courier
    courier.holds = True
    for each in ("one", "two", "three"):
        scene.people.do("edit in the CRM", each)
    courier.holds = False
    kept = [each for each in courier.deliveries if not each.attempts]
    runs = len(scene.served.runs)
    courier.send(*reversed(kept))
    until(lambda: any(scene.served.runs[runs:]))
    scene.settle()
    writes, runs = scene.here.writes, len(scene.served.runs)

    sent = courier.send(*courier.deliveries, *kept, *reversed(courier.deliveries))
    scene.settle()

    assert {each.attempts[-1] for each in sent} == {202}
    assert len(scene.served.runs) > runs
    assert (scene.here.writes, set(scene.served.runs[runs:])) == (writes, {0})


@pytest.mark.thorough
def test_who_calls_deleted_what_is_still_there_deletes_nothing(scene: Scene) -> None:
    stands = scene.linked
    roles = [each["ID"] for each in scene.here.crm.rows(CUSTOMERS)]
    writes, runs = scene.here.writes, len(scene.served.runs)
    deliveries = [Delivery(scene.url, saying("Deletion", each)) for each in roles]
    scene.here.crm.courier.send(*deliveries)
    scene.settle()

    assert roles
    assert len(scene.served.runs) > runs
    assert scene.here.writes == writes
    assert scene.linked == stands


@pytest.mark.thorough
def test_what_no_call_told_of_is_found_by_the_next_look(scene: Scene) -> None:
    courier = scene.here.crm.courier
    courier.holds = True
    scene.people.do("edit in the CRM", "never told")
    courier.holds = False

    assert scene.rested(QUIET)

    scene.served.stop()
    (run,) = scene.here.run().objects
    scene.served = scene.serve()

    assert run["writes"] > 0


@pytest.mark.thorough
def test_a_flood_is_taken_in_fast_and_becomes_few_runs(scene: Scene) -> None:
    scene.settle()
    body, runs = saying("Update"), len(scene.served.runs)
    signed, url = signature(scene.here.crm.webhook_secret, body), scene.url
    received, began = scene.hook.received, time.monotonic()
    with ThreadPoolExecutor(16) as senders:
        answers = list(senders.map(lambda _: call(url, body, signed), range(500)))
    took = time.monotonic() - began
    scene.settle()

    assert set(answers) == {202}
    assert took < 30
    assert 1 <= len(scene.served.runs) - runs <= took + 8
    until(lambda: scene.hook.received == received + 500)
    print(f"500 deliveries in {took:.2f} s became {len(scene.served.runs) - runs} runs")


@pytest.mark.thorough
def test_who_disconnects_is_called_no_more() -> None:
    with playing() as scene:
        key, sent = scene.url.rpartition("/")[2], scene.here.crm.courier.deliveries
        scene.served.stop()
        (shown,) = scene.here.status()["webhooks"]
        told = scene.here.terminal.type("disconnect", "shop", "--yes", "--json")
        count = len(sent)
        scene.people.do("edit in the CRM", "after the end")

        assert (shown["system"], shown["address"]) == ("Tribe CRM", f"{scene.base}/hooks/shop/tribe/")
        assert key not in str(shown) + told.out
        (said,) = told.objects
        assert said["webhooks"] == [{"side": "tribe", "done": True, "why": "", "cure": ""}]
        assert (scene.here.crm.webhooks, len(sent)) == ([], count)
