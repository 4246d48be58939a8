"""A Silverfin of our own on loopback: its consent page, API v4 and SyncAPI over an invented accounting firm.

It shares no code with our transport, so that each can prove the other wrong.
What nobody outside Silverfin knows for sure is declared in `silverfin.yaml`, with its certainty.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from syncrules_providers.sandboxes import silverfin_pages as pages
from syncrules_providers.sandboxes.courier import Courier
from syncrules_providers.sandboxes.server import Answer, Request, Sandbox
from syncrules_providers.sandboxes.silverfin_asked import Asked
from syncrules_providers.sandboxes.silverfin_consent import ConsentDesk
from syncrules_providers.sandboxes.silverfin_general import GeneralApi
from syncrules_providers.sandboxes.silverfin_oauth import COPY, SCOPES, SYNC, Consents, Grant
from syncrules_providers.sandboxes.silverfin_office import Firm, Office, Role, User
from syncrules_providers.sandboxes.silverfin_screen import Screen
from syncrules_providers.sandboxes.silverfin_sync import SyncApi
from syncrules_providers.sandboxes.silverfin_webhooks import Webhooks, signatures
from syncrules_providers.sandboxes.silverfin_wire import Readings, Refused, Route, routes, told
from syncrules_providers.sandboxes.story import Story, tell

FIRMS = {1001: "Kantoor Voorbeeld", 1002: "Kantoor Elders"}
PEOPLE = (
    User(12, "Ada Admin", "ada@kantoor.example", {1001: "Admin", 1002: "Staff contributor"}),
    User(13, "Stef Staf", "stef@kantoor.example", {1001: "Staff contributor"}),
    User(14, "Ella Extern", "ella@elders.example", {1001: "External contributor", 1002: "Admin"}),
    User(15, "Pim Pulse", "pim@klant.example", {1001: "Pulse user"}),
)
FILE = (501, "Demo BV")
REFERENCE = "DEMO_BV"
"""What the first client file follows when the sandbox is seeded."""
FOR_SYNC = (SYNC, "financials:read", "webhooks", "user:firm")
"""What an application needs that pushes bookings and looks what came of them."""
_TOKEN = re.compile(r"/f/(\d+)/oauth/token")
_AUTHORIZE = re.compile(r"(?:/f/(\d+))?/oauth/authorize")
_API = re.compile(r"/api/v4/f/([^/]+)(/.*)")


class SilverfinSandbox(Screen, Sandbox):
    """Serve one invented accounting firm, and let people work in it.

    Args:
        story: who has a client file besides the first one.
        redirects: where the consent page may send its answer.
        scopes: what the application may ask for.
        readings: other readings of what is unsettled, by their names in `silverfin.yaml`.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        story: Story | None = None,
        *,
        port: int = 0,
        latency: float = 0.0,
        client_id: str = "demo-silverfin",
        client_secret: str = "demo-secret",
        application: str = "Demo bookkeeping",
        signing_tokens: Sequence[str] = ("demo-signing-token-1", "demo-signing-token-2"),
        redirects: Sequence[str] = (COPY, "https://engine.example/cb"),
        scopes: Sequence[str] = SCOPES,
        readings: Mapping[str, Any] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(port=port, latency=latency)
        self.client_id = client_id
        self.client_secret = client_secret
        self.tokens = list(signing_tokens)
        self.readings = Readings(readings or {})
        self.office = Office(self.readings)
        self._ahead = 0.0
        self._consents = Consents(client_id, client_secret, self.readings, lambda: clock() + self._ahead)
        self._desk = ConsentDesk(self.office, self._consents, self.readings, client_id, application, redirects, scopes)
        self._courier = Courier(lambda body: signatures(self.tokens, body), self.readings["webhook tries again"])
        self._webhooks = Webhooks(self._courier)
        general = GeneralApi(self.office, self.readings, lambda file: self._announce(file, "sync.company_added"))
        sync = SyncApi(self.office, self._webhooks, self.readings)
        self._operations = {**general.operations, **sync.operations}
        self._routes = routes(self.readings)
        self._turns: set[str] = set()
        self._turn = threading.Lock()
        self._here = threading.local()
        self._code = ""
        self._populate()
        if story is not None:
            self.load(story)

    def _populate(self) -> None:
        self.office.firms = {number: Firm(number, name) for number, name in FIRMS.items()}
        self.office.users = {each.id: User(each.id, each.name, each.email, dict(each.roles)) for each in PEOPLE}
        self.office.add_file(1001, FILE[1], id=FILE[0])

    def load(self, story: Story) -> None:
        """Open a client file for every company that the story knows in the books."""
        with self.lock:
            for each in story.relations:
                if each.kind == "business" and each.in_books:
                    self.office.add_file(1001, each.name)

    @classmethod
    def seeded(cls, size: int, *, port: int = 0, country: str = "") -> Self:
        """Make one in which an Admin has given consent and the first client file follows a set of books."""
        sandbox = cls(tell(size), port=port)
        sandbox._fresh_code()
        sandbox.choose_reference(FILE[0], REFERENCE, typed=True)
        return sandbox

    @property
    def answers(self) -> dict[str, str]:
        """What a connection to it is asked; an Admin gives another code whenever the last one was used."""
        return {
            "firm": "1001",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "code": self._fresh_code(),
            "url": self.url,
            **{f"signing_token_{number}": each for number, each in enumerate(self.tokens, start=1)},
        }

    def _fresh_code(self) -> str:
        """Give a code that does not end before it is used, so that there is time to type it."""
        with self.lock:
            if not self._consents.is_fresh(self._code):
                self._code = self._desk.give(12, 1001, frozenset(FOR_SYNC), hurry=False)
            return self._code

    @property
    def consent_address(self) -> str:
        """Where a person gives consent for a sync and gets a code to copy."""
        asked = {
            "client_id": self.client_id,
            "redirect_uri": COPY,
            "response_type": "code",
            "scope": " ".join(FOR_SYNC),
        }
        return f"{self.url}/f/1001/oauth/authorize?{urlencode(asked)}"

    def start(self) -> Self:
        self._courier.start()
        return super().start()

    def stop(self) -> None:
        super().stop()
        self._courier.stop()

    # One call at a time -----------------------------------------------------------------------------------------

    def _handle(self, request: Request) -> Answer | None:
        # Before the lock, which would make a second call wait although Silverfin refuses it.
        route, parts, _ = self._find(request)
        company = parts.get("company") if route is not None and route.is_of_sync else None
        with self._turn_of(company) as is_alone:
            self._here.is_alone = is_alone
            return super()._handle(request)

    @contextmanager
    def _turn_of(self, company: str | None) -> Iterator[bool]:
        with self._turn:
            is_alone = company is None or company not in self._turns
            if is_alone and company is not None:
                self._turns.add(company)
        try:
            yield is_alone
        finally:
            if is_alone and company is not None:
                with self._turn:
                    self._turns.discard(company)

    @contextmanager
    def another_call(self, file: int) -> Iterator[None]:
        """Let somebody else's call about a client file be under way meanwhile."""
        with self._turn_of(str(file)) as is_alone:
            assert is_alone, "one is under way already"
            yield

    # The road of one request ------------------------------------------------------------------------------------

    def describe(self, request: Request) -> tuple[str, bool]:
        route, _, _ = self._find(request)
        if route is None:
            return request.path.partition("?")[0], False
        return route.name, route.method != "GET"

    def respond(self, request: Request) -> Answer:
        path, _, query = request.path.partition("?")
        try:
            if found := _TOKEN.fullmatch(path):
                return self._token(int(found[1]), request)
            if path == "/" or _AUTHORIZE.fullmatch(path) or path == "/oauth/authorize/native":
                return self._page(path, dict(parse_qsl(query)), request)
            if _API.fullmatch(path):
                return self._api(request)
            raise Refused(self.readings["unknown"], f"Nothing is found at {path}.")
        except Refused as no:
            bearer = 'Bearer realm="Silverfin", error="invalid_token"'
            return told(no.status, {"error": no.message}, {"WWW-Authenticate": bearer} if no.status == 401 else {})
        except Exception as error:  # a fault of the sandbox must not look like a lost connection
            return told(500, {"error": repr(error)})

    def _token(self, firm: int, request: Request) -> Answer:
        if request.method != "POST":
            raise Refused(self.readings["wrong method"], "A token is asked for with POST.")
        if firm not in self.office.firms:
            raise Refused(self.readings["unknown"], f"Firm {firm} was not found.")
        return self._consents.answer(firm, request)

    def _page(self, path: str, query: Mapping[str, str], request: Request) -> Answer:
        if found := _AUTHORIZE.fullmatch(path):
            if request.method == "POST":
                return self._desk.decide(dict(parse_qsl(request.body.decode("utf-8", "replace"))))
            return self._desk.ask(found[1] or "", query)
        if path != "/":
            return pages.code(query.get("code", ""), query.get("authorized_firm_id", ""))
        firms = [f"{each.id} {each.name}" for each in self.office.firms.values()]
        people = [f"{each.name}: {each.position}" for each in self.office.users.values()]
        files = [f"{each.id} {each.name}: {each.reference or 'no sync'}" for each in self.office.files_of(1001)]
        return pages.front(self.consent_address, firms, people, files)

    def _api(self, request: Request) -> Answer:
        route, parts, allowed = self._find(request)
        query = dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))
        grant = self._consents.bearer(self._bearer(request, query))
        firm = self._firm_of(parts["firm"], grant)
        if route is None:
            status = self.readings["wrong method" if allowed else "unknown"]
            raise Refused(status, f"{request.method} is not possible here." if allowed else "There is no such path.")
        if route.scope and route.scope not in grant.scopes:
            raise Refused(self.readings["scope missing"], f"The token lacks the scope {route.scope}.")
        user = self.office.users[grant.user]
        self._check_role(user.roles.get(firm.id), route)
        if not self._here.is_alone:
            raise Refused(self.readings["second call"], "Another call for this company is in progress.")
        answer = self._operations[route.name](Asked(firm, user, parts, query, request.body, self.readings))
        return _with_more(answer) if self.readings["members that nobody knows"] == "one more" else answer

    def _check_role(self, role: Role | None, route: Route) -> None:
        if role is None:
            raise Refused(self.readings["role lost"], "Who gave the consent does not work for the firm any more.")
        if route.is_of_sync and role != "Admin" and self.readings["consent of a former admin"] == "refused":
            raise Refused(self.readings["role lost"], "Who gave the consent is no Admin of the firm any more.")

    def _bearer(self, request: Request, query: Mapping[str, str]) -> str:
        word, _, token = request.headers.get("authorization", "").partition(" ")
        return token if word.lower() == "bearer" else query.get("access_token", "")

    def _firm_of(self, number: str, grant: Grant) -> Firm:
        if not number.isdigit() or int(number) not in self.office.firms:
            raise Refused(self.readings["unknown"], f"Firm {number} was not found.")
        if int(number) != grant.firm:
            raise Refused(self.readings["other firm"], "The token is for another firm.")
        return self.office.firms[int(number)]

    def _find(self, request: Request) -> tuple[Route | None, dict[str, str], bool]:
        """Find the operation, what its path says, and whether other methods are possible there."""
        found = _API.fullmatch(request.path.partition("?")[0])
        if found is None:
            return None, {}, False
        fitting = [(each, match) for each in self._routes if (match := each.pattern.fullmatch(found[2]))]
        for route, match in fitting:
            if route.method == request.method:
                return route, {"firm": found[1], **match.groupdict()}, True
        return None, {"firm": found[1]}, bool(fitting)


def _with_more(answer: Answer) -> Answer:
    """Add a member to every object, as an interface does that grows."""

    def grown(content: Any) -> Any:
        if isinstance(content, list):
            return [grown(each) for each in content]
        if not isinstance(content, dict):
            return content
        return {**{name: grown(value) for name, value in content.items()}, "added_since": "2026-01-01"}

    return replace(answer, body=json.dumps(grown(json.loads(answer.body))).encode()) if answer.body else answer
