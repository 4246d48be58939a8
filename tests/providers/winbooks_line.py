"""The other end of the line to WinBooks: prepared answers for each address, and what was asked, as it went out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import msgspec

from syncrules.http import Http
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest
from syncrules.provider import Record
from syncrules_providers.winbooks import WinBooks

_encoder = msgspec.json.Encoder(decimal_format="number")

MANIFEST = load_manifest(files("syncrules_providers") / "winbooks.manifest.yaml")
HOST = "https://rapi.winbooksonweb.be"
TOKEN = "XCH-000111222"
SETTINGS = {"email": "info@acme.example", "exchange_token": TOKEN, "folder": "DEMO_BV"}
NOTHING = "00000000-0000-0000-0000-000000000000"
FOLDER_ID = "3f000000-0000-4000-8000-0000000000f0"
STAMP, LATER = "/Date(1760000500000)/", "/Date(1760000900000)/"


def guid(number: int) -> str:
    """Make an id that nobody has."""
    return f"5a000000-0000-4000-8000-{number:012}"


def table(**codes: int) -> list[Record]:
    """Make the objects of a small table: code → number of its id."""
    return [{"Id": guid(number), "Code": code.removeprefix("_")} for code, number in codes.items()]


TABLES: dict[str, list[Record]] = {
    "Countrys": table(BE=101, NL=102),
    "Currencys": table(EUR=111),
    "Languages": table(nl=121, fr=122),
    "ThirdCivilitys": table(NV=131, DHR=132),
    "Vats": table(_21=141, _6=142),
    "PayCodes": table(_30=151),
    "CustomerCategorys": table(A=161),
    "CentralAccountTypes": table(CUSTOMER=171, V03=172, SUPPLIER=173),
    "Journals": [each | {"Folder_Id": FOLDER_ID} for each in table(VERK=181, BANK=182)],
}

CUSTOMERS, SUPPLIERS = "POST Customers/ExecuteCriteria", "POST Suppliers/ExecuteCriteria"
THIRDS, ACCOUNTS = "POST Thirds/ExecuteCriteria", "POST GLAccounts/ExecuteCriteria"
HEADERS, LINES = "POST GLTransHeaders/ExecuteCriteria", "POST GLTranss/ExecuteCriteria"
JOURNALS, PERIODS = "POST Journals/ExecuteCriteria", "POST BookPeriods/ExecuteCriteria"


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1_760_000_000.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass(frozen=True)
class Asked:
    """A request as it went out."""

    method: str
    path: str
    """Behind the host, still percent-encoded."""
    headers: Mapping[str, str]
    body: Any

    @property
    def what(self) -> str:
        """The method, and the address without what all of them share."""
        path = self.path.partition("/app/")[2].partition("?")[0]
        return f"{self.method} {path.replace('/Folder/DEMO_BV', '')}"


@dataclass
class Line:
    """Answers by address: one prepared answer after the other; small tables always. What is not prepared is a mistake."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    tokens: list[object] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    logins: list[Asked] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        content = request.content.decode()
        is_json = request.headers.get("content-type") == "application/json"
        body = json.loads(content, parse_float=Decimal) if is_json else dict(parse_qsl(content))
        asked = Asked(request.method, request.url.raw_path.decode(), request.headers, body)
        if asked.path.endswith("/OAuth20/Token"):
            self.logins.append(asked)
            return response(self.tokens.pop(0) if self.tokens else self._token())
        self.asked.append(asked)
        prepared = self.answers.get(asked.what)
        if prepared:
            return response(prepared.pop(0))
        name = asked.what.removeprefix("GET ")
        assert name in TABLES, f"nothing is prepared for {unquote(asked.what)}: {body}"
        return response([dict(each) for each in TABLES[name]])

    def _token(self) -> Record:
        number = len(self.logins)
        return {
            "access_token": f"acc-{number}", "scope": None, "token_type": "bearer", "expires_in": "900",
            "refresh_token": f"ref-{number}",
        }  # fmt: skip

    def winbooks(self, manifest: Manifest = MANIFEST, **settings: str) -> WinBooks:
        http = Http("WinBooks on Web", self.clock, transport=httpx.MockTransport(self))
        return WinBooks(manifest, SETTINGS | settings, http, lambda name, value: self.kept.append((name, value)))

    def asking(self, what: str) -> list[Asked]:
        """List what was asked of one address."""
        return [each for each in self.asked if each.what == what]


def response(answer: object) -> httpx.Response:
    match answer:
        case Exception():
            raise answer
        case httpx.Response():
            return answer
        case (int(status), bytes(content)):
            return httpx.Response(status, content=content)
        case (int(status), None):
            return httpx.Response(status)
        case (int(status), body):
            return httpx.Response(status, json=body)
        case _:
            return httpx.Response(200, content=_encoder.encode(answer))


def cut(rows: object, onward: str = "") -> httpx.Response:
    """Make an answer that goes on."""
    return httpx.Response(200, json=rows, headers={"ContinuePath": onward} if onward else {})


def pages(*found: object) -> list[object]:
    """Prepare the answers to a question that is read page by page: here are all its rows, then the last one again."""
    rows = list(found)
    return [rows, rows[-1:]] if len(rows) > 1 else [rows]


def customer(number: int = 1, **changes: Any) -> Record:
    """A customer as WinBooks answers it alone, a new one for every test."""
    return {
        "$type": "Winbooks.TORM.OM.Customer, Winbooks.TORM.OM", "$isShowId": True, "TotalLevel": 1, "Version": 15,
        "Id": guid(number), "Code": "LUMEN     ", "Folder_Id": FOLDER_ID, "Third": None, "Third_Id": guid(number + 10),
        "Vat": None, "Vat_Id": guid(141), "VatCode": None, "VatApplicable": 1, "PayCode_Id": guid(151),
        "GLAccount_Id": NOTHING, "GLAccount2_Id": guid(61), "CustomerCategory_Id": NOTHING,
        "IsReminderBlocked": False, "IsLocked": False, "IsHidden": False, "Memo": "", "MemoType": 0,
        "Created": STAMP, "Modified": STAMP, "Custom": {}, "ResultState": 0,
        **changes,
    }  # fmt: skip


def third(number: int = 11, **changes: Any) -> Record:
    """A company as WinBooks answers it three levels deep, a new one for every test."""
    return {
        "$type": "Winbooks.TORM.OM.Third, Winbooks.TORM.OM", "Id": guid(number), "Code": "LUMEN",
        "Name": "Lumen Lighting  ", "VatNumber": "0123456749", "WebSite": "www.lumen.example",
        "ThirdCivility_Id": guid(131), "VatCountry_Id": guid(101), "Language_Id": guid(121), "Currency_Id": guid(111),
        "Modified": STAMP, "BankAccounts": [],
        "Addresses": [
            {"Id": guid(21), "Third_Id": guid(number), "Index": 1, "IsInvoicingDefault": False, "Address": address(31, Town="Brugge")},
            {"Id": guid(22), "Third_Id": guid(number), "Index": 0, "IsInvoicingDefault": True, "Address": address(32)},
        ],
        "Contacts": [
            {"Id": guid(23), "Third_Id": guid(number), "Index": 1, "IsDefault": False, "Contact": contact(33, Email="two@lumen.example")},
            {"Id": guid(24), "Third_Id": guid(number), "Index": 0, "IsDefault": True, "Contact": contact(34)},
        ],
        **changes,
    }  # fmt: skip


def address(number: int = 32, **changes: Any) -> Record:
    return {
        "Id": guid(number), "Index": 0, "Name": "", "Address1": "Kaai 12", "Address2": "", "Zip": "9000  ",
        "Town": "Gent  ", "Country_Id": guid(101), "PhoneNo": "+3290000000", "FaxNo": None, "Memo": None, "Modified": LATER,
        **changes,
    }  # fmt: skip


def contact(number: int = 34, **changes: Any) -> Record:
    return {
        "Id": guid(number), "Name": "Claes", "FirstName": "An", "ThirdCivility_Id": NOTHING, "Language_Id": guid(121),
        "PhoneNo": "", "MobileNo": "+32470000000", "FaxNo": "", "Email": "an@lumen.example", "Memo": "", "Modified": STAMP,
        **changes,
    }  # fmt: skip


def gl_line(number: int, amount: str, **changes: Any) -> Record:
    """A line of a booking, as WinBooks answers it alone."""
    return {
        "Id": guid(number), "GLTransHeader_Id": guid(900), "BookPeriod_Id": guid(903), "Currency_Id": guid(111),
        "GLAccount_Id": guid(61), "CentralAccountType_Id": NOTHING, "Vat_Id": NOTHING, "Customer_Id": NOTHING,
        "Supplier_Id": NOTHING, "GLMatch_Id": NOTHING, "LineOrder": 0, "Amount": Decimal(amount), "VatBaseAmount": None,
        "TurnOverAmount": None, "VatTaxAmount": None, "ValueDate": None, "CommentBooking": "", "CommentExternal": "",
        "Reference": "", "Modified": STAMP,
        **changes,
    }  # fmt: skip


LUMEN: Record = {
    "Id": guid(1),
    "Code": "LUMEN",
    "Third": {
        "Id": guid(11),
        "Code": "LUMEN",
        "Name": "Lumen Lighting",
        "CivilityCode": "NV",
        "VatCountryCode": "BE",
        "VatNumber": "0123456749",
        "LanguageCode": "nl",
        "CurrencyCode": "EUR",
        "WebSite": "www.lumen.example",
        "InvoicingAddress": {
            "Id": guid(32),
            "Index": 0,
            "Name": "",
            "Address1": "Kaai 12",
            "Address2": "",
            "Zip": "9000",
            "Town": "Gent",
            "CountryCode": "BE",
            "PhoneNo": "+3290000000",
            "FaxNo": None,
            "Memo": None,
            "Modified": "2025-10-09T09:08:20+00:00",
        },
        "DefaultContact": {
            "Id": guid(34),
            "Name": "Claes",
            "FirstName": "An",
            "CivilityCode": None,
            "LanguageCode": "nl",
            "PhoneNo": "",
            "MobileNo": "+32470000000",
            "FaxNo": "",
            "Email": "an@lumen.example",
            "Memo": "",
            "Modified": "2025-10-09T09:01:40+00:00",
        },
        "Modified": "2025-10-09T09:01:40+00:00",
    },
    "VatApplicable": 1,
    "VatCode": "21",
    "GLAccountDefaultCode": None,
    "GLAccountCentralCode": "400000",
    "PayCodeCode": "30",
    "CategoryCode": None,
    "IsReminderBlocked": False,
    "IsLocked": False,
    "IsHidden": False,
    "IsInactive": False,
    "Memo": "",
    "Created": "2025-10-09T09:01:40+00:00",
    "Modified": "2025-10-09T09:01:40+00:00",
}


def books(**prepared: Any) -> Line:
    """One customer with its company and its account, and whatever else is prepared."""
    names = {"customers": CUSTOMERS, "suppliers": SUPPLIERS, "thirds": THIRDS, "accounts": ACCOUNTS, "lines": LINES}
    given: dict[str, Any] = {
        CUSTOMERS: [[customer()]],
        THIRDS: [[third()]],
        ACCOUNTS: [[[guid(61), "400000"]]],
    }
    return Line(given | {names.get(name, name): answers for name, answers in prepared.items()})


def href(om: str, key: str) -> Record:
    return {"Href": f"{HOST}/app/{om}/{key}/Folder/DEMO_BV"}
