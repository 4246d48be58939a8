"""Talk to the REST sandbox of e-Boekhouden over plain HTTP, and judge every answer by the vendor's OpenAPI."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from syncrules_providers.sandboxes.eboekhouden_rest import EboekhoudenRestSandbox
from syncrules_providers.sandboxes.story import tell

FACTS = Path(__file__).parents[3] / "shared" / "apis"
OPENAPI = FACTS / "specs" / "eboekhouden.openapi.json"
DOCUMENT = FACTS / "eboekhouden.md"

needs_openapi = pytest.mark.skipif(
    not OPENAPI.exists(), reason=f"the specification of the API is not ours to give away: put it at {OPENAPI}"
)
needs_document = pytest.mark.skipif(
    not DOCUMENT.exists(), reason=f"what is known of the API does not lie beside this repository, at {DOCUMENT}"
)

EXCHANGES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("eboekhouden_rest_exchanges.yaml").read_text(encoding="utf-8")
)
TODAY = date(2026, 3, 2)
DEBTORS, CREDITORS, BANK = 9_001_300, 9_001_600, 9_001_010
REVENUE, LOW_REVENUE, PURCHASES = 9_008_000, 9_008_010, 9_007_000
ROW = {"ledgerId": REVENUE, "vatCode": "HOOG_VERK_21", "amount": 100}

UNDOCUMENTED = {405, 415, 429, 501}
"""What any server may answer, although the specification does not say so."""


# The judge --------------------------------------------------------------------------------------------------------


class Specification:
    """What the vendor's OpenAPI says of an answer, held more tightly: a property that it does not name is wrong."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.paths: Mapping[str, Any] = document["paths"]
        self.schemas: dict[str, Any] = deepcopy(document["components"]["schemas"])
        for name, schema in self.schemas.items():
            if schema.get("type") == "object" and name != "Error":
                schema["additionalProperties"] = False
        self.schemas["Error"]["properties"]["securityType"] = {"type": "integer"}
        self.schemas["Error"]["unevaluatedProperties"] = False

    def operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        """Find what is declared for an address; a fixed one goes before one with an id in it."""
        for template in sorted(self.paths, key=lambda each: "{" in each):
            if re.fullmatch(template.replace("{id}", r"[^/]+"), path.lower().rstrip("/")):
                found: Mapping[str, Any] | None = self.paths[template].get(method.lower())
                return found
        return None

    def judge(self, method: str, path: str, response: httpx.Response) -> None:
        """Hold an answer against the specification."""
        operation, status = self.operation(method, path), str(response.status_code)
        if operation is None or response.status_code in UNDOCUMENTED:
            assert response.status_code in {404, *UNDOCUMENTED}
            assert response.content == b""
            return
        assert status in operation["responses"], f"{method} {path} may not answer {status}: {response.text}"
        content = operation["responses"][status].get("content")
        if content is None:
            assert response.content == b"", f"{method} {path} says something with {status}"
            return
        assert response.headers["content-type"].startswith("application/json")
        schema = {**content["application/json"]["schema"], "components": {"schemas": self.schemas}}
        checker = Draft202012Validator(schema, format_checker=FormatChecker())
        faults = [f"{each.json_path}: {each.message}" for each in checker.iter_errors(_read(response))]
        assert faults == [], f"{method} {path}"


SPECIFICATION = Specification(json.loads(OPENAPI.read_text(encoding="utf-8"))) if OPENAPI.exists() else None


def _read(response: httpx.Response) -> Any:
    return json.loads(response.content, parse_float=Decimal) if response.content else None


# The client -------------------------------------------------------------------------------------------------------


class Talk:
    """A client with one session."""

    def __init__(self, sandbox: EboekhoudenRestSandbox, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.http = http
        self.session = ""

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request in the session, and have the answer judged; a body that is bytes is sent as it is."""
        content = body if isinstance(body, bytes | None) else json.dumps(body, default=float).encode()
        usual = {"Authorization": self.session} | ({} if body is None else {"Content-Type": "application/json"})
        response = self.http.request(
            method, f"{self.sandbox.url}/v1/{path}", content=content, headers={**usual, **headers}
        )
        if SPECIFICATION is not None:
            SPECIFICATION.judge(method, f"/v1/{path.partition('?')[0]}", response)
        return response

    def login(self, **instead: Any) -> httpx.Response:
        body = {"accessToken": self.sandbox.token, "source": "test", **instead}
        response = self.send("POST", "session", {name: each for name, each in body.items() if each is not None})
        if response.status_code == 200:
            self.session = response.json()["token"]
        return response

    def get(self, path: str) -> Any:
        response = self.send("GET", path)
        assert response.status_code == 200, response.text
        return _read(response)

    def items(self, path: str) -> list[dict[str, Any]]:
        told = self.get(path)
        assert told["count"] == len(told["items"])
        return list(told["items"])

    def post(self, path: str, body: Any) -> Any:
        response = self.send("POST", path, body)
        assert response.status_code == 201, response.text
        return _read(response)

    def patch(self, path: str, body: Any) -> None:
        response = self.send("PATCH", path, body)
        assert response.status_code == 204, response.text

    def delete(self, path: str) -> None:
        response = self.send("DELETE", path)
        assert response.status_code == 204, response.text

    def refusal(self, method: str, path: str, body: Any = None) -> str:
        """Send what must be refused, and give the code."""
        response = self.send(method, path, body)
        assert response.status_code in (400, 403, 404), response.text
        told = _read(response)
        assert told["status"] == response.status_code
        return str(told["code"])

    def relation(self, code: str) -> dict[str, Any]:
        """Find a relation by its code and fetch it: the list itself says next to nothing."""
        (found,) = self.items(f"relation?code={code}")
        return dict(self.get(f"relation/{found['id']}"))

    def open_items(self, kind: str = "D") -> list[dict[str, Any]]:
        return self.items(f"mutation/invoice/outstanding?credDeb={kind}")


@contextmanager
def talking(**switches: Any) -> Iterator[Talk]:
    """Open the books of a short story, in which one invoice was sent, and log in."""
    with (
        EboekhoudenRestSandbox(tell(20), today=lambda: TODAY, **switches) as sandbox,
        httpx.Client(timeout=30) as http,
    ):
        sandbox.post_invoice("2026-0001", "10042")
        talk = Talk(sandbox, http)
        talk.login()
        yield talk


# What is sent -----------------------------------------------------------------------------------------------------


def invoice(talk: Talk, *rows: Mapping[str, Any], **instead: Any) -> dict[str, Any]:
    """Make a sent invoice to book that is right, but for what is said instead; None leaves a property out."""
    head = {
        "type": 2, "date": "2026-03-02", "ledgerId": DEBTORS, "relationId": talk.sandbox.relation(Code="10042")["ID"],
        "invoiceNumber": "2026-0100", "termOfPayment": 14, "inExVat": "EX", "description": "Factuur",
    }  # fmt: skip
    body = {**head, **instead, "rows": [{**ROW, **each} for each in rows or ({},)]}
    return {name: each for name, each in body.items() if each is not None}


def payment(talk: Talk, *rows: Mapping[str, Any], **instead: Any) -> dict[str, Any]:
    """Make a payment of the invoice of the story."""
    row = {"vatCode": "GEEN", "amount": 50, "invoiceNumber": "2026-0001", "ledgerId": DEBTORS}
    kind = {"type": 3, "ledgerId": BANK, "invoiceNumber": None, "termOfPayment": None, "inExVat": None, **instead}
    return {**invoice(talk, **kind), "rows": [{**row, **each} for each in rows or ({},)]}


def made(talk: Talk, *items: Mapping[str, Any], **instead: Any) -> dict[str, Any]:
    """Make an invoice to draw up there that is right, but for what is said instead; None leaves a property out."""
    item = {
        "quantity": 2,
        "description": "Stadsfiets",
        "pricePerUnit": 350,
        "vatCode": "HOOG_VERK_21",
        "ledgerId": REVENUE,
    }
    head = {"relationId": talk.sandbox.relation(Code="10042")["ID"], "termOfPayment": 14, "templateId": 11}
    body = {**head, **instead, "items": [_without_none({**item, **each}) for each in items or ({},)]}
    return _without_none(body)


def product(**instead: Any) -> dict[str, Any]:
    body = {"code": "N-1", "description": "Nieuw", "vat": "HOOG_VERK_21", "ledgerId": REVENUE, "priceExcl": 10}
    return _without_none({**body, **instead})


def _without_none(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in body.items() if each is not None}
