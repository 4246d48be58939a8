"""A fake server for the REST transport of e-Boekhouden: it gives the answers that were prepared, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx

from syncrules.http import Http
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest
from syncrules_providers.eboekhouden_rest import EboekhoudenRest

MANIFEST: Manifest = load_manifest(EboekhoudenRest.manifest)
TOKEN = "not-a-real-access-token"
SESSION = "demo-session"
URL = "https://books.example"

EXCHANGES: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("eboekhouden_rest_exchanges.json").read_text(encoding="utf-8"), parse_float=Decimal
)
"""What the service is asked and tells, as far as anybody outside knows: values invented, names true."""

Answer = httpx.Response | Callable[[httpx.Request], httpx.Response]


class Clock:
    """Stands at the second of March 2026 until it is turned; waiting turns it."""

    def __init__(self) -> None:
        self.time = 1772409600.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def told(status: int, content: Any = None) -> httpx.Response:
    """Make an answer; a decimal is written as it stands."""
    if content is None:
        return httpx.Response(status)
    return httpx.Response(status, content=content if isinstance(content, bytes) else as_json(content))


def as_json(content: Any) -> bytes:
    return json.dumps(content, default=float).encode()


def listed(*items: Any, **besides: Any) -> httpx.Response:
    return told(200, {"items": list(items), "count": len(items), **besides})


def refused(code: str, title: str = "Zo niet.", status: int = 400, **besides: Any) -> httpx.Response:
    return told(status, {"type": "validation", "code": code, "title": title, "status": status, **besides})


@dataclass
class Service:
    """Answers each request with what was prepared for its method and path; several answers come one after another."""

    answers: dict[str, list[Answer]]
    asked: list[httpx.Request] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.asked.append(request)
            prepared = self.answers[where(request)]
            answer = prepared.pop(0) if len(prepared) > 1 else prepared[0]
        if callable(answer):
            return answer(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def calls(self) -> list[str]:
        return [where(each) for each in self.asked]


def where(request: httpx.Request) -> str:
    return f"{request.method} {request.url.path}"


def query_of(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.url.query.decode(), keep_blank_values=True, strict_parsing=bool(request.url.query)))


def body_of(request: httpx.Request) -> Any:
    return json.loads(request.content, parse_float=Decimal) if request.content else None


def serving(answers: Mapping[str, Any] | None = None, **settings: str) -> tuple[EboekhoudenRest, Service]:
    """Make a provider whose server gives these answers, by method and path; a list is given one after another."""
    usual = {
        "POST /v1/session": told(200, {"token": SESSION, "expiresIn": 3600}),
        "DELETE /v1/session": told(204),
        "GET /v1/product/groups": listed({"id": 3, "code": "FTS", "description": "Fietsen"}),
        "GET /v1/unit": told(200, EXCHANGES["units"]["answer"]),
    }
    prepared = usual | dict(answers or {})
    service = Service({name: list(each) if isinstance(each, list) else [each] for name, each in prepared.items()})
    return connected(service, service.clock, **settings), service


def connected(
    answer: Callable[[httpx.Request], httpx.Response], clock: Clock | None = None, **settings: str
) -> EboekhoudenRest:
    """Make a provider whose server is a function."""
    http = Http(MANIFEST.title, clock or Clock(), transport=httpx.MockTransport(answer))
    return EboekhoudenRest(MANIFEST, {"token": TOKEN, "url": URL, **settings}, http)


def replaying(name: str, *without: str) -> tuple[EboekhoudenRest, Service]:
    """Serve one exchange as it is known, and for what else is asked the others but for some of them."""
    person = relation(4100202, type="P", code="10043", name="Anna van der Meer")
    answers = {"GET /v1/relation/4100202": told(200, person)}
    for each in [*(other for other in EXCHANGES if other not in ("log in", "log out", *without)), name]:
        asked = EXCHANGES[each]["asked"].partition("?")[0]
        answers[asked] = told(EXCHANGES[each]["status"], EXCHANGES[each].get("answer"))
    return serving(answers)


def lost(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("nothing came")


def unreachable(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there")


def blow_up(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"this was never to be sent: {where(request)}")


def everything(provider: EboekhoudenRest, resource: str) -> list[dict[str, Any]]:
    return [each for page in provider.read(resource) for each in page]


def relation(id: int = 4100201, **changed: Any) -> dict[str, Any]:
    """Make one relation as it is told by itself, with other contents."""
    return {**EXCHANGES["relation"]["answer"], "id": id, **changed}


def row(relation: Mapping[str, Any]) -> dict[str, Any]:
    """Make what a list says of a relation."""
    return {name: relation[name] for name in ("id", "type", "code")}


def holding(*relations: Mapping[str, Any]) -> dict[str, Any]:
    """Prepare the answers of a service that holds these relations, in one page."""
    return {
        "GET /v1/relation": listed(*map(row, relations)),
        **{f"GET /v1/relation/{each['id']}": told(200, each) for each in relations},
    }


BICYCLES = {
    "type": "B",
    "code": "10044",
    "name": "Fietsen Zonder Grenzen",
    "address": "Singel 3",
    "postalCode": "9711 CC",
    "city": "Groningen",
    "country": "Nederland",
    "phoneNumber": "050-0000000",
    "companyRegistrationNumber": "00000001",
}
SEEN = {**BICYCLES, "id": 4100203, "inactive": True}
"""The same relation as it was fetched."""
INVOICE = {
    "type": 2,
    "date": "2026-03-02",
    "ledgerId": 9001300,
    "relationId": 4100201,
    "invoiceNumber": "2026-0017",
    "termOfPayment": 14,
    "inExVat": "EX",
    "description": "Factuur 2026-0017",
    "rows": [
        {"ledgerId": 9008000, "vatCode": "HOOG_VERK_21", "amount": Decimal(350), "description": "Stadsfiets blauw"},
        {"ledgerId": 9008010, "vatCode": "LAAG_VERK_9", "amount": Decimal("-10.0"), "description": "Korting"},
    ],
}
MADE_THERE = {
    "relationId": 4100201,
    "date": "2026-03-02",
    "termOfPayment": 14,
    "templateId": 11,
    "inExVat": "EX",
    "mutation": {"description": "Fiets maart", "ledgerId": 9001300},
    "items": [
        {
            "quantity": 1,
            "productId": 501,
            "description": "Stadsfiets blauw",
            "pricePerUnit": Decimal("350.00"),
            "vatCode": "HOOG_VERK_21",
            "ledgerId": 9008000,
        }
    ],
}
