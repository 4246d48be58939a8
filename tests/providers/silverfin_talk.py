"""Talk to the Silverfin sandbox as an application and as a browser do, and judge its answers by what the vendor published."""

from __future__ import annotations

import copy
import json
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jsonschema
import pytest
import yaml

from syncrules_providers.sandboxes.silverfin import SilverfinSandbox

SHARED = Path(__file__).parents[3] / "shared" / "apis"
FACTS = SHARED / "silverfin.md"
SPEC = SHARED / "specs" / "silverfin-syncapi-partial.openapi.yaml"
SCHEMAS = {
    name: SHARED / "specs" / f"silverfin-{name.replace('_', '-')}-schema.json"
    for name in ("sync_point", "sync_reference")
}
needs_facts = pytest.mark.skipif(
    not FACTS.exists(), reason=f"the collected facts are no part of this repository: {FACTS}"
)
needs_spec = pytest.mark.skipif(not SPEC.exists(), reason=f"the descriptions are no part of this repository: {SPEC}")

COPY = "urn:ietf:wg:oauth:2.0:oob"
CALLBACK = "https://engine.example/cb"
FOR_SYNC = "financials:transactions:sync webhooks user:firm"
EVERYTHING = (
    f"{FOR_SYNC} administration:read administration:write financials:read financials:write user:profile user:email"
)
NO_SURPRISES = ssl.create_default_context()
"""Made once, because making it takes longer than a test; nothing here is https."""

YEARS: dict[str, Any] = {
    "years": [
        {
            "start_date": "2025-01-01",
            "end_date": "2025-12-31",
            "compute_opening_balances": False,
            "compute_retained_earnings": False,
        },
        {
            "start_date": "2026-01-01",
            "end_date": "2026-12-31",
            "compute_opening_balances": True,
            "compute_retained_earnings": True,
        },
    ],
    "retained_earnings_account": {"number": "140000", "names": {"nl": "Overgedragen winst"}},
}
CHART = [
    {"number": each, "names": {"nl": f"Rekening {each}"}} for each in ("400000", "451000", "550000", "612000", "700000")
]


def upsert(
    id: str, day: str = "2026-03-02", account: str = "700000", value: float = -100.0, **more: Any
) -> dict[str, Any]:
    """Make an action that is right, but for what is said instead."""
    return {"upsert": {"id": id, "date": day, "account_number": account, "value": value, **more}}


def push(*actions: dict[str, Any], point: str = "p1", **more: Any) -> dict[str, Any]:
    """Make a body for a submit, with the chart of accounts."""
    return {"sync_point": point, "accounts": CHART, "actions": list(actions), **more}


# What the vendor published ------------------------------------------------------------------------------------------


def _spec() -> dict[str, Any]:
    """Read the description; `nullable` becomes what a JSON Schema calls it."""

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(each) for each in node]
        if not isinstance(node, dict):
            return node
        found = {name: plain(value) for name, value in node.items() if name != "nullable"}
        if node.get("nullable") and "type" in found:
            found["type"] = [found["type"], "null"]
        return found

    read: dict[str, Any] = plain(yaml.safe_load(SPEC.read_text(encoding="utf-8"))) if SPEC.exists() else {}
    return read


DESCRIBED = _spec()
PUBLISHED = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in SCHEMAS.items() if path.exists()}
"""The two members of which the vendor's own schema was found."""


def described(method: str, path: str) -> Mapping[str, Any] | None:
    """Find what the description says of an operation."""
    for template, operations in DESCRIBED.get("paths", {}).items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: Mapping[str, Any] | None = operations.get(method.lower())
            return found
    return None


def fits(schema: Mapping[str, Any], content: Any, *, before_first_push: bool) -> None:
    """Hold a content against a schema of the description.

    Args:
        before_first_push: whether a sync point may be null, which the description does not know.
    """
    components = copy.deepcopy(DESCRIBED["components"])
    if before_first_push:
        components["schemas"]["SyncPoint"]["type"] = ["string", "null"]
    whole = {**schema, "components": components}
    jsonschema.validate(content, whole, cls=jsonschema.Draft202012Validator)


def judge(response: httpx.Response, *, before_first_push: bool) -> None:
    """Hold an answer against the description, and what the vendor published of two members against that, as far as they reach."""
    request = response.request
    if response.headers.get("content-type", "").startswith("application/json") and response.read():
        told = response.json()
        for each in told if isinstance(told, list) else [told]:
            for name in PUBLISHED.keys() & each:
                if each[name] is not None or not before_first_push:
                    jsonschema.validate(each[name], PUBLISHED[name])
    operation = described(request.method, request.url.path)
    said = (operation or {}).get("responses", {}).get(str(response.status_code), {})
    if "$ref" in said:
        said = DESCRIBED["components"]["responses"][said["$ref"].rpartition("/")[2]]
    schema = said.get("content", {}).get("application/json", {}).get("schema")
    if schema is not None:
        fits(schema, response.json(), before_first_push=before_first_push)


# An application -----------------------------------------------------------------------------------------------------


class Talk:
    """Plain HTTP: log in over the consent page, and call with the token; every answer is judged."""

    def __init__(self, sandbox: SilverfinSandbox, http: httpx.Client, *, strict: bool = False) -> None:
        self.sandbox = sandbox
        self.http = http
        http.event_hooks = {"response": [partial(judge, before_first_push=not strict)]}
        self.token = ""
        self.refresh = ""

    def login(self, scope: str = EVERYTHING, **who: str) -> None:
        """Go through the consent page and exchange the code."""
        answer = self.ask_token(
            grant_type="authorization_code", code=self.consent(scope, **who), redirect_uri=COPY
        ).json()
        self.token, self.refresh = answer["access_token"], answer["refresh_token"]

    def consent(self, scope: str = FOR_SYNC, **who: str) -> str:
        """Go through the consent page as a browser does, and return the code."""
        shown = self.http.get(self.press(scope, **who).headers["location"])
        return Form.of(shown).codes["authorization_code"]

    def press(
        self,
        scope: str = FOR_SYNC,
        *,
        user: str = "Ada Admin",
        firm: str = "1001",
        answer: str = "authorise",
        redirect: str = COPY,
        **more: str,
    ) -> httpx.Response:
        """Open the consent page, fill it in and press a button."""
        asked = {"client_id": self.sandbox.client_id, "redirect_uri": redirect, "response_type": "code", "scope": scope}
        page = Form.of(self.http.get("/f/1001/oauth/authorize", params={**asked, **more}))
        person = next(value for value, text in page.choices["user"].items() if text.startswith(user))
        return self.http.post(page.action, data={**page.hidden, "user": person, "firm": firm, "answer": answer})

    def ask_token(self, firm: int = 1001, **form: Any) -> httpx.Response:
        client = {"client_id": self.sandbox.client_id, "client_secret": self.sandbox.client_secret}
        return self.http.post(f"/f/{firm}/oauth/token", data={**client, **form})

    def send(self, method: str, path: str, body: object = None, *, firm: int = 1001, **query: Any) -> httpx.Response:
        """Make a call behind the firm."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.request(method, f"/api/v4/f/{firm}{path}", headers=headers, params=query or None, json=body)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.send("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refusal(self, method: str, path: str, body: object = None, **query: Any) -> tuple[int, str]:
        """Make a call that is refused, and return the status and what is said."""
        answer = self.send(method, path, body, **query)
        assert list(answer.json()) == ["error"], answer.text
        return answer.status_code, answer.json()["error"]

    # The operations of a sync, by what they do

    def info(self, company: int = 501) -> Any:
        return self.get(f"/syncs/companies/{company}/info")

    def settle_years(self, body: Mapping[str, Any] = YEARS, company: int = 501) -> None:
        answer = self.send("PUT", f"/syncs/companies/{company}/settings", body)
        assert answer.status_code < 300, answer.text

    def submit(self, body: Mapping[str, Any], company: int = 501) -> httpx.Response:
        return self.send("POST", f"/syncs/companies/{company}/transactions", body)

    def submitted(self, *actions: dict[str, Any], company: int = 501, **more: Any) -> Any:
        answer = self.submit(push(*actions, **more), company)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, *actions: dict[str, Any], **more: Any) -> tuple[int, str]:
        return self.refusal("POST", "/syncs/companies/501/transactions", push(*actions, **more))

    def reset(self, company: int = 501, **query: Any) -> httpx.Response:
        return self.send("DELETE", f"/syncs/companies/{company}/reset", **query)


@contextmanager
def talking(*, connected: bool = True, strict: bool = False, **settings: Any) -> Iterator[Talk]:
    """Start a sandbox and a client for it.

    Args:
        connected: whether an Admin has consented, and the first file follows a reference and has its years.
        strict: whether even an empty sync point must be a text.
    """
    with (
        SilverfinSandbox(**settings) as sandbox,
        httpx.Client(base_url=sandbox.url, verify=NO_SURPRISES, timeout=10) as http,
    ):
        talk = Talk(sandbox, http, strict=strict)
        if connected:
            talk.login()
            sandbox.choose_reference(501, "DEMO_BV", typed=True)
            talk.settle_years()
        yield talk


class Form(HTMLParser):
    """Read the form of a page: where it goes, what it hides, what can be chosen, and codes to copy."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.choices: dict[str, dict[str, str]] = {}
        self.chosen: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        self.text = ""
        self._select = self._option = self._code = ""

    @classmethod
    def of(cls, response: httpx.Response) -> Form:
        assert response.headers["content-type"].startswith("text/html"), response.text
        form = cls()
        form.feed(response.text)
        return form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self.action = said["action"]
            case "input":
                self.hidden[said["name"]] = said["value"]
            case "select":
                self._select = said["name"]
                self.choices[self._select] = {}
            case "option":
                self._option = said["value"]
                if "selected" in said:
                    self.chosen[self._select] = said["value"]
            case "code":
                self._code = said.get("id", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            self._code = ""
        elif tag == "option":
            self._option = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._option:
            self.choices[self._select][self._option] = data
        if self._code:
            self.codes[self._code] = data


def sent_back(response: httpx.Response) -> dict[str, str]:
    """Read what the consent page sends to the application."""
    assert response.status_code == 302, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


# Whoever is called by webhooks ----------------------------------------------------------------------------------


class Listener:
    """Note every call, and answer as told: with these statuses, then always with 200."""

    def __init__(self, *statuses: int) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self._statuses = list(statuses)
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(listener._statuses.pop(0) if listener._statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hooks/silverfin"

    @property
    def events(self) -> list[tuple[str, int]]:
        told = [json.loads(body) for _, body in self.calls]
        return [(each["event"], each["company"]["id"]) for each in told]

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
