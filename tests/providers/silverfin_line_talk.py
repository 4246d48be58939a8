"""The other end of the line to Silverfin: prepared answers for each address, and what was asked, as it went out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.resources import files
from typing import Any

import httpx

from syncrules.http import Http
from syncrules.manifest_reading import load_manifest
from syncrules_providers.silverfin import Silverfin

MANIFEST = load_manifest(files("syncrules_providers") / "silverfin.manifest.yaml")
HOST = "https://live.getsilverfin.com"
API, TOKEN = "/api/v4/f/1001", "/f/1001/oauth/token"
SETTINGS = {"firm": "1001", "client_id": "CID-000", "client_secret": "SEC-000", "code": "AUTH-1"}
FILE = {"id": 501, "name": "Demo BV", "sync_reference": "DEMO_BV", "sync_point": None, "sync_start_at": "2025-01-01"}
SUBMIT = "POST /syncs/companies/501/transactions"


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1_789_430_400.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass(frozen=True)
class Asked:
    """A request as it went out."""

    what: str
    """The method, and the address without what all of them share."""
    headers: Mapping[str, str]
    body: Any


@dataclass
class Talk:
    """Answers by address, one after the other; the last one stays. What is not prepared is a mistake."""

    answers: dict[str, list[Any]] = field(default_factory=dict)
    tokens: list[Any] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    logins: list[dict[str, str]] = field(default_factory=list)
    login_headers: list[Mapping[str, str]] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        if path == TOKEN:
            self.login_headers.append(request.headers)
            self.logins.append(dict(httpx.QueryParams(request.content.decode())))
            return _response(self.tokens.pop(0) if self.tokens else pair(len(self.logins)))
        body = json.loads(request.content, parse_float=Decimal) if request.content else None
        asked = Asked(f"{request.method} {path.removeprefix(API)}", request.headers, body)
        self.asked.append(asked)
        prepared = self.answers.get(asked.what)
        assert prepared, f"nothing is prepared for {asked.what}"
        return _response(prepared.pop(0) if len(prepared) > 1 else prepared[0])

    def silverfin(self, **settings: str) -> Silverfin:
        http = Http("Silverfin", self.clock, transport=httpx.MockTransport(self), chance=lambda: 0.5)
        return Silverfin(MANIFEST, SETTINGS | settings, http, lambda name, value: self.kept.append((name, value)))

    def file(self, **settings: str) -> Silverfin:
        return self.silverfin(**settings).within(FILE)


def pair(number: int, **more: Any) -> dict[str, Any]:
    """Make the answer to a login."""
    return {"access_token": f"acc-{number}", "token_type": "Bearer", "expires_in": 7200, "refresh_token": f"ref-{number}", **more}  # fmt: skip


def _response(answer: Any) -> httpx.Response:
    match answer:
        case Exception():
            raise answer
        case (int(status), body):
            return httpx.Response(status, json=body)
        case _:
            return httpx.Response(200, json=answer)
