"""The Tribe transport in every known exchange: what it asks, and what it makes of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from tribe_exchanges import EXCHANGES, Exchange, filled, words

from syncrules.http import Http
from syncrules.manifest_reading import load_manifest
from syncrules.provider import Record
from syncrules_providers.tribe import Tribe

MANIFEST = load_manifest(files("syncrules_providers") / "tribe.manifest.yaml")
LOGIN, OWN = EXCHANGES["log in"], EXCHANGES["own organisation"]
GIVEN = sorted({each for one in EXCHANGES.values() for text in (one.path, one.body, one.tell) for each in words(text)})
KNOWN = {each: f"{number:08}-0000-4000-8000-000000000000" for number, each in enumerate(GIVEN, 1)} | {
    "made": "2026-02-11T08:12:00Z",
    "changed": "2026-03-01T10:04:31Z",
}
"""What the service gives, made up."""
SINCE = "2026-03-01T10:00:00+00:00"


class Clock:
    """Stands still, and never waits."""

    def now(self) -> float:
        return 1_772_359_200.0

    def sleep(self, seconds: float) -> None: ...


@dataclass
class Service:
    """A server that knows one exchange, and how somebody logs in and is told whose records these are."""

    exchange: Exchange
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.tribecrm.nl":
            self.asked += [request] if self.exchange is LOGIN else []
            return _answer(LOGIN)
        is_own = request.url.path.endswith(OWN.path)
        if self.exchange is not OWN and is_own:
            return _answer(OWN)
        if self.exchange is not LOGIN:
            self.asked.append(request)
        return _answer(OWN if is_own else self.exchange)


def _answer(each: Exchange) -> httpx.Response:
    return httpx.Response(each.status, content=filled(each.tell, KNOWN).encode())


@pytest.fixture(params=[each for each in EXCHANGES if each not in ("let an invoice be paid", "register a webhook")])
def service(request: pytest.FixtureRequest) -> Service:
    return Service(EXCHANGES[request.param])


@contextmanager
def connected(service: Service) -> Iterator[Tribe]:
    http = Http(MANIFEST.title, Clock(), transport=httpx.MockTransport(service))
    with closing(http):
        yield Tribe(MANIFEST, {"client_id": "app-1", "client_secret": "not-a-secret"}, http)


@pytest.fixture
def tribe(service: Service) -> Iterator[Tribe]:
    with connected(service) as tribe:
        yield tribe


Does = tuple[Callable[[Tribe, Record], Any], Callable[[Any, Any], bool]]
"""What is done, given what the exchange sends; whether what came of it is right, given what the exchange tells."""


def customers(tribe: Tribe, _: Record) -> list[Record]:
    return [each for page in tribe.read("organisation customers", SINCE) for each in page]


def invoices(tribe: Tribe, _: Record) -> list[Record]:
    return [each for page in tribe.read("invoices", SINCE) for each in page]


def without(record: Record, *names: str) -> Record:
    return {name: value for name, value in record.items() if name not in names}


def account(tribe: Tribe, _: Record) -> tuple[str, str]:
    found = tribe.account()
    return found.id, found.title


REPLAYED: dict[str, Does] = {
    "log in": (account, lambda made, told: made == (KNOWN["own"], "Voorbeeld BV")),
    "own organisation": (account, lambda made, told: made == (KNOWN["own"], "Voorbeeld BV")),
    "customers that changed": (customers, lambda made, told: made == told["value"]),
    "add a customer with a new organisation": (
        lambda tribe, sent: tribe.create("organisation customers", without(sent, "Relation")),
        lambda made, told: (
            made.items() >= told.items()
            and (made["PaymentTermInDays"], made["Organization"]["DebtorNumber"]) == (14, "10043")
        ),
    ),
    "organisations with our key or a longer one": (
        lambda tribe, _: tribe.find("organisations", "ImportId", "syncx:acc1:adm7:cust-881"),
        lambda made, told: made == told["value"][1:],
    ),
    "change an organisation": (
        lambda tribe, sent: tribe.update("organisations", KNOWN["new organisation"], sent, {"Website": None}),
        lambda made, told: made == {**told, "Website": None},
    ),
    "sent invoices": (
        invoices,
        lambda made, told: [each | one for each, one in zip(made, told["value"], strict=True)] == made,
    ),
    "note a payment": (
        lambda tribe, sent: tribe.create("payments", sent),
        lambda made, told: made.items() >= told.items() and made["Amount"] == Decimal("242.00"),
    ),
    "no product with this code": (
        lambda tribe, _: tribe.find("products", "Code", "KET-07"),
        lambda made, told: made == [],
    ),
    "add a product": (
        lambda tribe, sent: tribe.create("products", sent),
        lambda made, told: made.items() >= told.items() and made["Unit"] == {"ID": KNOWN["piece"]},
    ),
    "the product with this code": (
        lambda tribe, _: tribe.find("products", "Code", "KET-07"),
        lambda made, told: made == told["value"],
    ),
    "change a product": (
        lambda tribe, sent: tribe.update("products", KNOWN["new product"], sent, {"Code": "KET-07"}),
        lambda made, told: made == {**told, "Code": "KET-07"},
    ),
}
ELSEWHERE = {
    "let an invoice be paid": "this transport changes with PUT: an id in a POST overwrites whoever has it",
    "register a webhook": "one is registered for each type that a resource is made of; that has a test of its own, below",
}
WIDER = {
    "customers that changed": "a changed address counts as well",
    "sent invoices": "which of them are sent is for a mapping to say",
}
"""Questions of which more is asked than is known: name of the exchange → why."""


def test_every_known_exchange_is_replayed() -> None:
    assert EXCHANGES.keys() == REPLAYED.keys() | ELSEWHERE.keys()
    assert not REPLAYED.keys() & ELSEWHERE.keys()


def done(service: Service, tribe: Tribe) -> Any:
    each = service.exchange
    return REPLAYED[each.name][0](tribe, each.asked(KNOWN) if each.body else {})


def test_an_answer_becomes_what_it_says(service: Service, tribe: Tribe) -> None:
    made = done(service, tribe)

    assert REPLAYED[service.exchange.name][1](made, service.exchange.told(KNOWN)), made


def test_what_is_asked_is_what_is_known(service: Service, tribe: Tribe) -> None:
    each = service.exchange
    done(service, tribe)
    (asked,) = service.asked
    path, _, options = asked.url.raw_path.decode().partition("?")

    assert (asked.method, path) == (each.method, each.url(KNOWN).partition("?")[0])
    if each.form:
        assert dict(parse_qsl(asked.content.decode())) == dict(each.form)
    if each.body:
        assert json.loads(asked.content, parse_float=Decimal) == each.asked(KNOWN)
    if "filter" in each.query and each.name not in WIDER:
        assert dict(parse_qsl(options))["$filter"] == each.query["filter"]


def test_a_webhook_is_registered_as_is_known_and_one_more_for_each_part() -> None:
    service = Service(EXCHANGES["register a webhook"])
    known = service.exchange.asked(KNOWN)
    with connected(service) as tribe:
        tribe.register(known["webhookUrl"], ["organisations"])
    first, *others = service.asked

    assert (first.method, first.url.path) == ("POST", service.exchange.path)
    # What is sent along with each call is optional; nothing of ours needs it.
    assert json.loads(first.content) == {name: value for name, value in known.items() if name != "headers"}
    assert {json.loads(each.content)["entityType"] for each in others} == {"Address"}


def test_a_wider_question_still_asks_what_is_known() -> None:
    service = Service(EXCHANGES["customers that changed"])
    with connected(service) as tribe:
        customers(tribe, {})
    (asked,) = service.asked

    assert asked.url.params["$filter"].startswith(service.exchange.query["filter"])
