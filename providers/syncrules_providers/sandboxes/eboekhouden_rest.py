"""The same e-Boekhouden of our own on loopback, seen through its REST service.

What the service does where no source says what it should is listed in `eboekhouden_rest_tables.ASSUMPTIONS`, what it
does not do in `NOT_EMULATED`. Rows that a person looks at are in the words of the books, as with the SOAP service.
"""

from __future__ import annotations

import itertools
import re
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal

import msgspec

from syncrules_providers.sandboxes import eboekhouden_rest_tables as tables
from syncrules_providers.sandboxes.eboekhouden_books import Books, Row
from syncrules_providers.sandboxes.eboekhouden_rest_asking import Asked, Filter, body_of, page, query_of
from syncrules_providers.sandboxes.eboekhouden_rest_errors import (
    ACCOUNT_CODES,
    SECURITY_TYPES,
    Refused,
    demand,
    refusal_body,
)
from syncrules_providers.sandboxes.eboekhouden_rest_routes import Routes, routes
from syncrules_providers.sandboxes.eboekhouden_screen import Screen
from syncrules_providers.sandboxes.server import Answer, Request, Sandbox
from syncrules_providers.sandboxes.story import Story

ROOT = "/v1/"
STATUS = {"GET": 200, "POST": 201, "PATCH": 204, "DELETE": 204}
"""How a method ends well; opening a session is 200 too."""
MEDIA = re.compile(r"application/(json|json-patch\+json|[\w.-]+\+json)\s*(;.*)?", re.IGNORECASE)
MINUTE = 60.0
OPENING_DAY = date(2025, 1, 1)
OPENING = (("1010", Decimal("2500.00")), ("0500", Decimal("-2500.00")))

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(slots=True)
class Session:
    opened: float


class EboekhoudenRestSandbox(Screen, Sandbox):
    """Serve the books of one administration to whoever has its access token.

    Args:
        story: who and what is in the books at the start.
        token: the access token that a person made for the integration.
        source: how the integration introduces itself; any that is well formed is let in.
        accountant: whether the token is an accountant's, who may list all administrations.
        strict_source: whether a source that is not well formed is refused.
        bearer_accepted: whether `Bearer` before a session is passed over.
        calls_per_minute: calls after which 429 is answered; None for as many as one likes.
        errors_style: the shape of `errors` in a refusal.
        empty_items: what `items` is in a list in which nothing is.
        empties: whether what is empty in a detail is left out, null, or either as in the recorded answers.
        order: how a list is sorted.
        null_clears: whether a property that is changed to null becomes empty.
        group_in_lists: whether a list of accounts says their groups.
        vat_per_row: whether the administration works out VAT for each row.
        rows_name_invoices: whether the rows of a payment say what they pay.
        take_inactive: whether a mutation for a relation that is not in use is booked.
        closed_until: the last day of which the books are closed.
        inactive_prefix: a word before the name of relations of the story that are not in use.
    """

    country: ClassVar[str] = "NL"

    def __init__(
        self,
        story: Story | None = None,
        *,
        port: int = 0,
        latency: float = 0.0,
        token: str = "demo-token",
        source: str = "syncrules",
        company: str = "Jansen Demo B.V.",
        guid: str = "11111111-2222-3333-4444-555555555555",
        session_lifetime_s: float = 3600,
        accountant: bool = False,
        strict_source: bool = True,
        bearer_accepted: bool = True,
        calls_per_minute: int | None = None,
        errors_style: Literal["object", "list", "absent"] = "object",
        empty_items: Literal["list", "null"] = "list",
        empties: Literal["recorded", "absent", "null"] = "recorded",
        order: Literal["rising", "falling"] = "rising",
        null_clears: bool = False,
        group_in_lists: bool = False,
        vat_per_row: bool = False,
        rows_name_invoices: bool = True,
        take_inactive: bool = True,
        closed_until: date | None = None,
        inactive_prefix: str = "",
        today: Callable[[], date] = date.today,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(port=port, latency=latency)
        self.token = token
        self.source = source
        self.company = company
        self.guid = guid
        self.session_lifetime_s = session_lifetime_s
        self.accountant = accountant
        self.strict_source = strict_source
        self.bearer_accepted = bearer_accepted
        self.calls_per_minute = calls_per_minute
        self.errors_style = errors_style
        self.empty_items = empty_items
        self.empties = empties
        self.order = order
        self.null_clears = null_clears
        self.group_in_lists = group_in_lists
        self.vat_per_row = vat_per_row
        self.rows_name_invoices = rows_name_invoices
        self.take_inactive = take_inactive
        self.closed_until = closed_until
        self.inactive_prefix = inactive_prefix
        self.today = today
        self.books = Books()
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._refused_login: str | None = None
        self._refused_calls: str | None = None
        self._token_ends: date | None = None
        self._called: deque[float] = deque()
        self._traces = itertools.count(1)
        self._routes: Routes = routes(self)
        if story is not None:
            self.load(story)

    @property
    def answers(self) -> dict[str, str]:
        return {"token": self.token, "source": self.source, "url": self.url}

    # What a person does that SOAP has no part in ----------------------------------------------------------------

    def load(self, story: Story) -> None:
        """Begin with new books, in which stands what the story says, and what the accounts began with."""
        with self.lock:
            super().load(story)
            for code, amount in OPENING:
                self.open_balance(code, amount, day=OPENING_DAY)

    def open_balance(self, code: str, amount: Decimal | str, *, day: date = OPENING_DAY) -> None:
        """Say what stood on an account when the books were begun: a row without a number of its own."""
        with self.lock:
            names = ("Factuurnummer", "Boekstuk", "Omschrijving")
            row = {"MutatieNr": 0, "Soort": "OpeningsSaldo", "Datum": day, **dict.fromkeys(names, "")}
            self.books.opening.append({**row, "Rekening": code, "amount": Decimal(amount), "MutatieRegels": []})

    def renew_token(self, token: str) -> None:
        """Throw the access token away and make another one."""
        with self.lock:
            self.token, self._token_ends = token, None

    def end_token(self) -> None:
        """Let the access token have ended yesterday."""
        with self.lock:
            self._token_ends = self.today() - timedelta(days=1)

    def refuse_login(self, code: str | None) -> None:
        """Let every login be refused with a code of the account, such as `SECURITY_005`; None lets them in again."""
        assert code is None or code in ACCOUNT_CODES, f"one of {', '.join(ACCOUNT_CODES)}"
        super().refuse_login(code)

    def refuse_calls(self, code: str | None) -> None:
        """Let every call be refused with a code of the account, such as `PAKKET_001`; None answers them again."""
        assert code is None or code in ACCOUNT_CODES, f"one of {', '.join(ACCOUNT_CODES)}"
        with self.lock:
            self._refused_calls = code

    # The road of one request ------------------------------------------------------------------------------------

    def describe(self, request: Request) -> tuple[str, bool]:
        path, _ = self._place(request)
        return path, request.method != "GET" and path != "session"

    def respond(self, request: Request) -> Answer:
        path, number = self._place(request)
        methods = self._routes.get(path)
        if methods is None:
            return Answer(501 if path.startswith(tables.NOT_EMULATED_ADDRESSES) else 404)
        if request.method not in methods:
            return Answer(405, headers={"Allow": ", ".join(methods)})
        wait = self._wait()
        if wait:
            return Answer(429, headers={"Retry-After": str(wait)})
        opening = (path, request.method) == ("session", "POST")
        session = request.headers.get("authorization", "")
        if self.bearer_accepted:
            session = session.removeprefix("Bearer ")
        if not opening and not self._is_open(session):
            return Answer(401)
        if request.method in ("POST", "PATCH") and not MEDIA.fullmatch(request.headers.get("content-type", "")):
            return Answer(415)
        try:
            demand(opening or self._refused_calls is None, self._refused_calls or "ERR_001")
            body = body_of(request.body) if request.method in ("POST", "PATCH") else {}
            asked = Asked(number, query_of(request.path.partition("?")[2]), body, session)
            content = methods[request.method](asked)
        except Refused as refusal:
            return self._refused(refusal, request, opening=opening)
        status = 200 if opening else STATUS[request.method]
        return Answer(204) if status == 204 else _json(status, self._without_empties(path, content))

    def _place(self, request: Request) -> tuple[str, int]:
        """Find the address among those that there are, and the id in it."""
        path = request.path.partition("?")[0].rstrip("/").lower()
        if not path.startswith(ROOT):
            return request.path.partition("?")[0], 0
        path = path.removeprefix(ROOT)
        if path in self._routes or path.startswith(tables.NOT_EMULATED_ADDRESSES):
            return path, 0
        head, _, rest = path.partition("/")
        id, _, tail = rest.partition("/")
        template = "/".join(filter(None, (head, "{id}", tail)))
        # What is no number is no id of anything.
        return (template, int(id) if id.isdecimal() else -1) if template in self._routes else (path, 0)

    def _wait(self) -> int:
        """Count a call, and say for how many seconds no more are answered."""
        if self.calls_per_minute is None:
            return 0
        now = self._clock()
        while self._called and now - self._called[0] >= MINUTE:
            self._called.popleft()
        if len(self._called) >= self.calls_per_minute:
            return max(1, round(self._called[0] + MINUTE - now))
        self._called.append(now)
        return 0

    def _refused(self, refusal: Refused, request: Request, *, opening: bool) -> Answer:
        security = refusal.code.startswith("SECURITY")
        status = 403 if opening and security else refusal.status
        body = refusal_body(refusal, status)
        if status == 403:
            body["securityType"] = SECURITY_TYPES.get(refusal.code, 0)
        if request.method != "GET":
            body["traceId"] = f"SANDBOX-{next(self._traces)}"
            if refusal.name:
                body["propertyName"] = refusal.name
                styles = {"object": {refusal.name: [body["title"]]}, "list": [body["title"]]}
                body |= {"errors": styles[self.errors_style]} if self.errors_style in styles else {}
        return _json(status, body)

    def _without_empties(self, path: str, content: Any) -> Any:
        """Leave out what is empty in a detail, where that is how it is told."""
        leave = self.empties == "absent" or (self.empties == "recorded" and path == "relation/{id}")
        return {name: value for name, value in content.items() if value is not None} if leave else content

    def listed(
        self, asked: Asked, rows: Iterable[Row], filters: Mapping[str, Filter], show: Callable[[Row], Row]
    ) -> Row:
        """Tell one page of a list, and how many stand on it."""
        every = list(rows)
        if self.order == "falling":
            every.reverse()
        found = [show(each) for each in page(every, filters, asked.query)]
        return {"items": found if found or self.empty_items == "list" else None, "count": len(found)}

    # Sessions and administrations -------------------------------------------------------------------------------

    def open_session(self, asked: Asked) -> Row:
        if self._refused_login:
            raise Refused(self._refused_login)
        body = {name.lower(): value for name, value in asked.body.items()}
        token, source = body.get("accesstoken"), body.get("source")
        demand(token, "API_SESSION_003", "accessToken")
        demand(source, "API_SESSION_001", "source")
        well_formed = isinstance(source, str) and re.fullmatch(r"[\w_ ]{1,10}", source)
        demand(well_formed or not self.strict_source, "API_SESSION_002", "source")
        demand(token == self.token, "SECURITY_999")
        demand(self._token_ends is None or self.today() <= self._token_ends, "API_SESSION_004", "accessToken")
        session = uuid.uuid4().hex
        self._sessions[session] = Session(self._clock())
        return {"token": session, "expiresIn": int(self.session_lifetime_s)}

    def close_session(self, asked: Asked) -> None:
        del self._sessions[asked.session]

    def _is_open(self, session: str) -> bool:
        found = self._sessions.get(session)
        return found is not None and self._clock() - found.opened < self.session_lifetime_s

    def linked(self) -> list[Row]:
        return [{"guid": self.guid, "company": self.company}]

    def administrations(self) -> list[Row]:
        demand(self.accountant, "EP_001")
        return self.linked()


def _json(status: int, content: Row) -> Answer:
    return Answer(status, _ENCODER.encode(_shown(content)), {"Content-Type": "application/json; charset=utf-8"})


def _shown(value: Any) -> Any:
    """Write every amount as short as it goes, with one decimal at least."""
    if isinstance(value, dict):
        return {name: _shown(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_shown(each) for each in value]
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        whole, _, rest = plain.partition(".")
        return Decimal(f"{whole}.{rest.rstrip('0') or '0'}")
    return value
