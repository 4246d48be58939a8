"""What can be asked over HTTP: how a worker is, and a place for deliveries; whoever asks otherwise is told nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from litestar.testing import TestClient

from syncrules.serving.web import surface as web

Delivered = tuple[str, str, str, Mapping[str, str], bytes]


@contextmanager
def asking(
    deliver: web.Deliver | None = None, *, ready: bool = True, broke: web.Broke = lambda *_: None
) -> Iterator[TestClient[Any]]:
    answers: dict[str, web.Answer] = {
        "/health": lambda: (True, {"alive": True}),
        "/ready": lambda: (ready, {"ready": ready, "trouble": "" if ready else "the store is away"}),
    }
    with TestClient(web.surface(answers, deliver=deliver, broke=broke), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def delivered() -> list[Delivered]:
    return []


@pytest.fixture
def deliver(delivered: list[Delivered]) -> web.Deliver:
    def take(*delivery: Any) -> int:
        delivered.append(delivery)
        return 202

    return take


def test_it_tells_how_the_worker_is() -> None:
    with asking(ready=False) as client:
        alive, ready = client.get("/health"), client.get("/ready")

    assert (alive.status_code, alive.json()) == (200, {"alive": True})
    assert (ready.status_code, ready.json()) == (503, {"ready": False, "trouble": "the store is away"})
    assert alive.headers["content-type"] == "application/json"
    assert alive.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/", "/other", "/schema", "/schema/openapi.json", "/health/more", "/%2e%2e/health", "/hooks/acme/crm/key", "/static/../surface.py"]
)  # fmt: skip
def test_whatever_else_is_asked_is_not_there(path: str) -> None:
    with asking() as client:
        assert client.get(path).status_code == 404
        assert client.post(path, content=b"{}").status_code == 404


def test_a_delivery_is_handed_over_as_it_came(deliver: web.Deliver, delivered: list[Delivered]) -> None:
    body = b'{"a": 1,  "b": "\xff\x00"}'
    with asking(deliver) as client:
        answer = client.post(
            "/hooks/acme/crm/s%C3%A9cret",
            content=body,
            headers=[("X-Signature", "one"), ("x-signature", "two"), ("Content-Type", "application/json")],
        )

    assert (answer.status_code, answer.content) == (202, b"")
    [(connection, side, key, headers, raw)] = delivered
    assert (connection, side, key, raw) == ("acme", "crm", "sécret", body)
    assert headers["x-signature"] == "one, two"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [200, 202, 204, 401, 404, 410, 429, 503])
def test_the_status_is_what_the_callable_says_and_nothing_beside_it(status: int) -> None:
    with asking(lambda *_: status) as client:
        answer = client.post("/hooks/acme/crm/key", content=b"x")

    assert (answer.status_code, answer.content) == (status, b"")


def test_a_delivery_is_taken_in_by_another_thread_than_that_which_answers() -> None:
    names: list[str] = []

    def take(*_: Any) -> int:
        names.append(threading.current_thread().name)
        return 202

    with asking(take) as client:
        client.post("/hooks/acme/crm/key")

    assert names[0].startswith("delivery")


def test_who_asks_how_it_is_does_not_stand_behind_a_flood() -> None:
    let_go = threading.Event()

    def take(*_: Any) -> int:
        let_go.wait(30)
        return 202

    with asking(take) as client:
        senders = [
            threading.Thread(target=client.post, args=("/hooks/acme/crm/key",), name=f"sender {each}")
            for each in range(12)
        ]
        for each in senders:
            each.start()
        try:
            assert client.get("/health").status_code == 200
        finally:
            let_go.set()
            for each in senders:
                each.join()


def test_one_delivery_more_than_can_be_held_is_to_come_again(
    monkeypatch: pytest.MonkeyPatch, deliver: web.Deliver, delivered: list[Delivered]
) -> None:
    monkeypatch.setattr(web, "IN_HAND", 0)
    with asking(deliver) as client:
        assert client.post("/hooks/acme/crm/key").status_code == 503

    assert delivered == []


@pytest.mark.parametrize("told", [True, False])
def test_a_delivery_that_is_too_large_never_arrives(
    deliver: web.Deliver, delivered: list[Delivered], told: bool
) -> None:
    large = b"x" * (web.LARGEST + 1)
    with asking(deliver) as client:
        sent = large if told else iter([large[: web.LARGEST], large[web.LARGEST :]])
        answer = client.post("/hooks/acme/crm/key", content=sent)
        fits = client.post("/hooks/acme/crm/key", content=large[1:])

    assert answer.status_code == 413
    assert fits.status_code == 202
    assert [len(each[-1]) for each in delivered] == [web.LARGEST]


@pytest.mark.parametrize(
    "path",
    ["/hooks", "/hooks/acme", "/hooks/acme/crm", "/hooks/acme/crm/key/more", "/hooks/acme%2Fcrm/crm/key", "/hooks//crm/key"],
)  # fmt: skip
def test_a_path_of_another_shape_is_no_delivery(path: str, deliver: web.Deliver, delivered: list[Delivered]) -> None:
    with asking(deliver) as client:
        assert client.post(path, content=b"x").status_code == 404

    assert delivered == []


@pytest.mark.parametrize("ask", [lambda it: it.get, lambda it: it.put, lambda it: it.delete, lambda it: it.patch])
def test_a_delivery_is_posted(ask: Callable[[Any], Any], deliver: web.Deliver, delivered: list[Delivered]) -> None:
    with asking(deliver) as client:
        assert ask(client)("/hooks/acme/crm/key").status_code == 405

    assert delivered == []


def test_a_mistake_of_ours_is_told_to_us_and_not_to_the_sender() -> None:
    told: list[tuple[str, Exception]] = []

    def take(*_: Any) -> int:
        raise ValueError("a secret of acme")

    with asking(take, broke=lambda *each: told.append(each)) as client:
        answer = client.post("/hooks/acme/crm/key", content=b"<script>")

    assert (answer.status_code, answer.json()) == (500, {"error": "Internal Server Error"})
    assert [(asked, type(error)) for asked, error in told] == [("POST hooks", ValueError)]
    assert "acme" not in told[0][0]


def test_nothing_that_was_sent_comes_back(deliver: web.Deliver) -> None:
    with asking(deliver) as client:
        answers = [
            client.get("/<script>alert(1)</script>?<script>"),
            client.post("/hooks/<script>/crm/key", content=b"<script>", headers={"x-evil": "<script>"}),
            client.request("<script>", "/health"),
            client.post("/health", content=b"<script>"),
        ]

    assert [each.status_code for each in answers] == [404, 202, 405, 405]
    assert [each for each in answers if "script" in each.text or "script" in str(each.headers)] == []
