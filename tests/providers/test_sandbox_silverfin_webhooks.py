"""The webhooks of the Silverfin sandbox: registered, signed twice, tried again, and sent to this machine only."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from silverfin_talk import Listener, Talk, talking

EVENTS = ["sync.requested", "sync.company_added", "sync.company_removed"]
SOON = {"webhook tries again": [0.01, 0.02]}


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking(readings=SOON) as talk:
        yield talk


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


def register(talk: Talk, url: str, *events: str) -> Any:
    answer = talk.send("POST", "/syncs/webhooks", {"url": url, "events": list(events or EVENTS)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_webhook_is_registered_listed_and_removed(talk: Talk) -> None:
    made = register(talk, "https://engine.example/hooks/silverfin")

    assert made == {
        "id": 77,
        "url": "https://engine.example/hooks/silverfin",
        "events": EVENTS,
        "user_id": 12,
        "expired_at": None,
    }
    assert talk.get("/syncs/webhooks") == [made]
    assert talk.send("DELETE", "/syncs/webhooks/77").status_code == 204
    assert talk.get("/syncs/webhooks") == []
    assert talk.refusal("DELETE", "/syncs/webhooks/77")[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        {"events": EVENTS},
        {"url": "engine.example", "events": EVENTS},
        {"url": "ftp://engine.example", "events": EVENTS},
        {"url": "https://engine.example", "events": []},
        {"url": "https://engine.example", "events": ["sync.done"]},
        {"url": "https://engine.example"},
    ],
)
def test_a_webhook_that_cannot_be_is_refused(talk: Talk, body: Any) -> None:
    assert talk.refusal("POST", "/syncs/webhooks", body)[0] == 422


def test_each_delivery_tells_the_webhook_the_event_and_the_company(talk: Talk, listener: Listener) -> None:
    webhook = register(talk, listener.url)
    talk.sandbox.click_arrows(501)
    assert talk.sandbox.settle()

    ((headers, body),) = listener.calls
    assert json.loads(body) == {
        "webhook": webhook,
        "event": "sync.requested",
        "company": {"id": 501, "name": "Demo BV"},
    }
    assert headers["content-type"] == "application/json"


def test_a_delivery_is_signed_with_both_tokens_and_either_can_be_replaced(talk: Talk, listener: Listener) -> None:
    register(talk, listener.url)
    talk.sandbox.click_arrows(501)
    talk.sandbox.settle()
    talk.sandbox.replace_signing_token(1, "demo-signing-token-3")
    talk.sandbox.click_arrows(501)
    talk.sandbox.settle()

    for (headers, body), tokens in zip(listener.calls, (("1", "2"), ("3", "2")), strict=True):
        for place, token in enumerate(tokens, start=1):
            signature = hmac.new(f"demo-signing-token-{token}".encode(), body, hashlib.sha256).hexdigest()

            assert headers[f"x-sf-signature-{place}"] == signature


def test_what_people_do_in_a_file_is_told(talk: Talk, listener: Listener) -> None:
    register(talk, listener.url)
    other = talk.sandbox.add_file("Ander dossier")
    talk.sandbox.choose_reference(other, "ANDERS", typed=True)
    talk.sandbox.set_start_date(501, date(2026, 1, 1))
    talk.sandbox.let_night_come()
    talk.sandbox.remove_sync(other)
    talk.sandbox.let_night_come()
    entity = talk.get("/accountancy_synchronisation_entities")[0]["id"]
    made = talk.send("POST", "/companies", {"name": "Nieuw", "accountancy_synchronisation_entity_id": entity}).json()
    assert talk.sandbox.settle()

    assert listener.events == [
        ("sync.company_added", other),
        ("sync.company_added", 501),
        ("sync.requested", 501),
        ("sync.requested", other),
        ("sync.company_removed", other),
        ("sync.requested", 501),
        ("sync.company_added", made["id"]),
    ]


def test_only_what_is_asked_for_is_told_and_only_to_its_own_firm(talk: Talk, listener: Listener) -> None:
    register(talk, listener.url, "sync.company_removed")
    talk.sandbox.consent("Ella Extern", firm=1002)
    elsewhere = talk.sandbox.add_file("Van een ander kantoor", firm=1002)
    talk.sandbox.choose_reference(elsewhere, "X", typed=True)
    talk.sandbox.click_arrows(501)
    talk.sandbox.remove_sync(elsewhere)
    talk.sandbox.remove_sync(501)
    talk.sandbox.settle()

    assert listener.events == [("sync.company_removed", 501)]


def test_a_delivery_that_is_not_taken_is_tried_again_until_it_is() -> None:
    with talking(readings=SOON) as talk, Listener(500, 302) as listener:
        register(talk, listener.url)
        talk.sandbox.click_arrows(501)
        assert talk.sandbox.settle()

        (delivery,) = talk.sandbox.deliveries
        assert (delivery.attempts, delivery.arrived) == ([500, 302, 200], True)
        assert len({body for _, body in listener.calls}) == 1


def test_a_delivery_that_nobody_takes_is_given_up(talk: Talk) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        register(talk, f"http://127.0.0.1:{nobody.getsockname()[1]}/")
        talk.sandbox.click_arrows(501)
        assert talk.sandbox.settle()

        (delivery,) = talk.sandbox.deliveries
        assert len(delivery.attempts) == 3
        assert all(str(each).startswith("not answered") for each in delivery.attempts)
        assert not delivery.arrived


@pytest.mark.parametrize("url", ["https://engine.example/hooks", "http://localhost:1/", "https://127.0.0.1:1/"])
def test_nobody_but_this_machine_is_called(talk: Talk, url: str) -> None:
    register(talk, url)
    talk.sandbox.click_arrows(501)
    assert talk.sandbox.settle(timeout=1)

    (delivery,) = talk.sandbox.deliveries
    assert delivery.attempts == ["not sent: the sandbox calls nobody but this machine"]


@pytest.mark.parametrize(("reading", "told"), [("silent", 0), ("sent", 1)])
def test_whether_events_are_sent_after_the_consent_is_gone_can_be_read_both_ways(reading: str, told: int) -> None:
    with talking(readings={**SOON, "webhooks without consent": reading}) as talk, Listener() as listener:
        register(talk, listener.url)
        talk.sandbox.revoke_consent()
        talk.sandbox.click_arrows(501)
        talk.sandbox.settle()

        assert len(listener.calls) == told


def test_an_event_is_delivered_although_the_sandbox_is_busy(talk: Talk) -> None:
    with Listener() as listener:
        register(talk, listener.url)
        with talk.sandbox.lock:
            talk.sandbox.click_arrows(501)
            assert talk.sandbox.settle()

        assert listener.events == [("sync.requested", 501)]


def test_a_sandbox_stops_with_events_on_their_way() -> None:
    with talking(readings={"webhook tries again": [60]}) as talk, Listener(500) as listener:
        register(talk, listener.url)
        talk.sandbox.click_arrows(501)

        assert not talk.sandbox.settle(timeout=0.2)
