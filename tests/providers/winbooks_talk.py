"""Talk to WinBooks on Web with plain HTTP and JSON, so that no friend judges the sandbox."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml

from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.story_words import Address, Relation
from syncrules_providers.sandboxes.winbooks import WinBooksSandbox

EXCHANGES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "winbooks_exchanges.yaml").read_text(encoding="utf-8")
)
SHEET = Path(__file__).parents[3] / "shared" / "apis" / "winbooks.md"
"""The description of the API that the exchanges were taken from, where it lies beside this repository."""
needs_sheet = pytest.mark.skipif(
    not SHEET.exists(), reason=f"the description of the API is kept beside this repository: put it at {SHEET}"
)
NO_SURPRISES = ssl.create_default_context()
"""Made once, because making it takes longer than a test; nothing here is https."""
TODAY = date(2026, 5, 20)
NOBODY = "00000000-0000-0000-0000-000000000000"
EQ, NOT, SELECT, MAX = 0, 21, 22, 29

STORY = Story(
    relations=(
        Relation("business", "Bakkerij De Halm", code="10042", phone="+32 9 000 00 42", email="info@halm.example",
            mobile="+32 470 00 00 42", website="www.halm.example", vat_number="BE0123456749",
            iban="BE00 0000 0000 0042", bic="BANKBEBB", note="Levert op dinsdag.", payment_term_days=14,
            invoice_address=Address("Dorpsstraat", "12", "bis", postcode="9000", city="Gent", country="BE"),
            postal_address=Address("Postbus", "7", postcode="9000", city="Gent", country="BE")),
        Relation("business", "Meelfabriek", code="20017", creditor_number="20017", in_crm=True, roles=("supplier",)),
        Relation("business", "Uitgedoofd Vuur", code="10061", active_in_books=False),
        Relation("private", "Ada van der Test", "Ada", "van der", "Test", code="10050", phone="+32 2 000 00 50",
            email="ada@post.example"),
        Relation("business", "Alleen in Tribe", debtor_number="10099", in_books=False, in_crm=True),
    ),
    products=(),
    invoices=(),
)  # fmt: skip


class Talk:
    """A client that knows the description and nothing of the sandbox; paths begin below the folder's address."""

    def __init__(self, sandbox: WinBooksSandbox, folder: str = "DEMO_BV") -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.http = httpx.Client(verify=NO_SURPRISES)
        self.url = sandbox.answers["url"]
        self.access = self.refresh = ""

    def __enter__(self) -> Talk:
        self.login()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    # Tokens -----------------------------------------------------------------------------------------------------

    def ask_token(self, grant: str, code: str, email: str = "info@acme.example", **headers: str) -> httpx.Response:
        basic = {"Authorization": f"Basic {base64.b64encode(email.encode()).decode()}"}
        form = {"grant_type": grant, "code": code}
        return self.http.post(f"{self.url}/OAuth20/Token", data=form, headers={**basic, **headers})

    def login(self, grant: str = "exchange_token", code: str = "XCH-000111222") -> dict[str, Any]:
        answer = self.ask_token(grant, code)
        assert answer.status_code == 200, answer.text
        pair: dict[str, Any] = answer.json()
        self.access, self.refresh = pair["access_token"], pair["refresh_token"]
        return pair

    # Calls ------------------------------------------------------------------------------------------------------

    def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Send `Customer/LUMEN?maxLevel=2` and the like; the folder is put where it belongs."""
        where, _, query = path.partition("?")
        where, _, asks = where.partition("/ExecuteCriteria")[0], "", where.endswith("/ExecuteCriteria")
        address = f"{self.url}/app/{quote(where)}/Folder/{self.folder}{'/ExecuteCriteria' if asks else ''}"
        known = {"Authorization": f"Bearer {self.access}", "Accept": "application/json"}
        content = None if body is None else said(body)
        known |= {} if body is None else {"Content-Type": "application/json"}
        return self.http.request(
            method, f"{address}{'?' * bool(query)}{query}", content=content, headers={**known, **headers}
        )

    def get(self, path: str) -> Any:
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return told(answer)

    def saved(self, method: str, path: str, body: object = None) -> Any:
        answer = self.send(method, path, body)
        assert answer.status_code == 200, answer.text
        return told(answer) if answer.content else None

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        answer = self.send(method, path, body)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["Message"]

    def parts(self, method: str, path: str, body: object = None) -> Iterator[Any]:
        """Fetch an answer part by part, as long as there is a ContinuePath."""
        headers: dict[str, str] = {}
        while True:
            answer = self.send(method, path, body, **headers)
            assert answer.status_code == 200, answer.text
            yield told(answer)
            if "ContinuePath" not in answer.headers:
                return
            headers = {"ContinuePath": answer.headers["ContinuePath"]}

    def whole(self, method: str, path: str, body: object = None) -> Any:
        """Fetch an answer and put its parts together."""
        parts = self.parts(method, path, body)
        result = next(parts)
        for part in parts:
            result = merged(result, part)
        return result

    def ask(self, om: str, *conditions: object, level: int = 1, **rest: Any) -> Any:
        """Run an ExecuteCriteria to its end."""
        return self.whole("POST", f"{om}s/ExecuteCriteria?maxLevel={level}", criteria(om, *conditions, **rest))

    def key(self, om: str, code: str) -> str:
        return str(self.get(f"{om}/{code}")["Id"])

    def period(self, year: int, month: int) -> str:
        """Pick the period of a month as the vendor's example does."""
        found = self.ask(
            "BookPeriod",
            condition("RelatedYear", EQ, year),
            condition("RelatedMonth", EQ, month),
            condition("", NOT, condition("Number", EQ, 0)),
            Orders=[{"PropertyName": "Number", "Ascending": True}],
            FirstResult=0,
            MaxResult=1,
        )
        return str(found[0]["Id"])

    def book(self, body: Mapping[str, Any]) -> str:
        """Book a document and say its Id."""
        return str(self.saved("POST", "GLTransHeader", body)["Href"].split("/")[-3])

    def sale(self, number: int = 4021, customer: str = "10042", **instead: Any) -> dict[str, Any]:
        """Make a sale of 200 and 21 % VAT that is right, but for what is said instead."""
        lines = [
            line(0, "400000", "242.00", CustomerCode=customer, CentralAccountTypeCode="CUSTOMER",
                CommentBooking=f"Invoice 2026-{number}", VatBaseAmount=Decimal("200.00")),
            line(1, "700000", "-200.00", VatCode="21"),
            line(2, "451000", "-42.00", VatCode="21", CentralAccountTypeCode="V03", VatBaseAmount=Decimal("200.00")),
        ]  # fmt: skip
        head = {
            "BookPeriod_Id": self.period(2026, 9),
            "JournalCode": "VERK",
            "DocNumber": number,
            "BookDate": day(2026, 9, 15),
            "DueDate": day(2026, 10, 15),
            "PayCodeCode": "30",
        }
        return {**head, "GLTransactions": lines, **instead}


def line(order: int, account: str, amount: str, **rest: Any) -> dict[str, Any]:
    return {"LineOrder": order, "GLAccountCode": account, "CurrencyCode": "EUR", "Amount": Decimal(amount), **rest}


def criteria(om: str, *conditions: object, **rest: Any) -> dict[str, Any]:
    return {"EntityType": type_of(om), "Alias": "this", "Conditions": list(conditions), **rest}


def condition(name: str, operator: int, *values: object, other: str = "") -> dict[str, Any]:
    return {"Operator": operator, "PropertyName": name, "OtherPropertyName": other, "Values": list(values)}


def projected(*names: str, operator: int = SELECT) -> list[dict[str, Any]]:
    return [{"PropertyName": name, "Operator": operator} for name in names]


def type_of(om: str) -> str:
    accounting = om.startswith(("GL", "Book", "Journal", "Central", "Vat", "PayCode", "Coda", "Deduct"))
    return f"Winbooks.TORM.OM.{'Accounting.' * accounting}{om}, Winbooks.TORM.OM"


def day(year: int, month: int, number: int) -> str:
    return f"/Date({int(datetime(year, month, number, tzinfo=UTC).timestamp() * 1000)})/"


def said(body: object) -> bytes:
    """Write JSON in which a decimal is a number as it stands."""

    class Exact(float):
        def __init__(self, number: Decimal) -> None:
            self.number = number

        def __repr__(self) -> str:
            return str(self.number)

    def exact(value: Any) -> Any:
        if isinstance(value, Decimal):
            return Exact(value)
        if isinstance(value, dict):
            return {name: exact(each) for name, each in value.items()}
        return [exact(each) for each in value] if isinstance(value, list) else value

    return json.dumps(exact(body)).encode()


def told(answer: httpx.Response) -> Any:
    return json.loads(answer.content, parse_float=Decimal)


def merged(first: Any, second: Any) -> Any:
    """Put two parts of an answer together: values replace, lists go on, and an element may be cut in two."""
    if isinstance(first, dict) and isinstance(second, dict):
        both = {name: merged(first[name], second[name]) for name in first.keys() & second.keys()}
        return {**first, **second, **both}
    if isinstance(first, list) and isinstance(second, list):
        if first and second and is_same(first[-1], second[0]):
            return [*first[:-1], merged(first[-1], second[0]), *second[1:]]
        return [*first, *second]
    return second


def is_same(one: Any, other: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return all(one.get(name) == other.get(name) for name in ("Code" if one.get("Code") else "Id",))


@contextmanager
def talking(story: Story | None = STORY, *, folder: str = "DEMO_BV", **settings: Any) -> Iterator[Talk]:
    """Start a sandbox and talk to it."""
    with (
        WinBooksSandbox(story, today=lambda: TODAY, **settings) as sandbox,
        Talk(sandbox, folder) as talk,
    ):
        yield talk
