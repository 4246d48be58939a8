"""A fake Yuki for the tests of its transport: it answers each operation with what was prepared, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from lxml import etree

from syncrules.http import Http
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest
from syncrules_providers import soap
from syncrules_providers.yuki import Yuki

MANIFEST: Manifest = load_manifest(Yuki.manifest)
SPACE = "http://www.theyukicompany.com/"
KEY = "11111111-aaaa-4bbb-8ccc-222222222222"
SESSION = "5e55f00d-0000-4000-8000-00000000abcd"
DOMAIN = "d0000000-0000-4000-8000-000000000001"
BOOKS = "ad000000-0000-4000-8000-000000000011"
HOTEL = "c0000000-0000-4000-8000-000000001007"
NOOR = "c0000000-0000-4000-8000-000000001012"
CAMPING = "c0000000-0000-4000-8000-000000001020"
NOVEMBER_20 = 1763640000.0

EXCHANGES = {
    str(each.get("name")): each
    for each in etree.parse(str(Path(__file__).with_name("yuki_transport_exchanges.xml"))).getroot().iter("exchange")
}
"""What the services are asked and tell, as far as anybody outside knows: values invented, names true."""

LOGIN = ["Authenticate", "SetLanguage", "SetCurrentDomain"]


class Clock:
    """Stands still on the twentieth of November 2025, and never waits."""

    def now(self) -> float:
        return NOVEMBER_20

    def sleep(self, seconds: float) -> None: ...


@dataclass
class Service:
    """A fake server: answers each operation with what was prepared for it, and remembers what it was asked."""

    answers: dict[str, list[Any]] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        prepared = self.answers[operation_of(request)]
        answer = prepared.pop(0) if len(prepared) > 1 else prepared[0]
        if callable(answer):
            answer = answer(request)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, content=answer)

    @property
    def operations(self) -> list[str]:
        return [operation_of(each) for each in self.asked]

    @property
    def after_login(self) -> list[str]:
        return [each for each in self.operations if each not in LOGIN]

    def bodies(self, operation: str) -> list[etree._Element]:
        return [body_of(each) for each in self.asked if operation_of(each) == operation]

    def said(self, operation: str) -> list[dict[str, str]]:
        """List the parameters of each call of an operation."""
        return [{etree.QName(each).localname: each.text or "" for each in body} for body in self.bodies(operation)]


def serving(**answers: Any) -> tuple[Yuki, Service]:
    """Make a provider whose server gives these answers, by operation; a list is given one after another."""
    told = {
        "Authenticate": EXCHANGES["log in"],
        "SetLanguage": EXCHANGES["speak English"],
        "SetCurrentDomain": EXCHANGES["choose a domain"],
        "Administrations": EXCHANGES["administrations"],
        "SearchContacts": contacts("SearchContacts"),
        "GetSuppliersAndCustomers": contacts("GetSuppliersAndCustomers"),
        **answers,
    }
    lists = {name: each if isinstance(each, list) else [each] for name, each in told.items()}
    service = Service({name: [as_answer(each) for each in several] for name, several in lists.items()})
    return connected(httpx.MockTransport(service)), service


def connected(
    transport: httpx.BaseTransport,
    call: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext(),
    /,
    **settings: str,
) -> Yuki:
    answers = {"api_key": KEY, "region": "nl", "domain": DOMAIN, "administration": BOOKS, **settings}
    return Yuki(MANIFEST, answers, Http(MANIFEST.title, Clock(), call, transport))


def as_answer(told: Any) -> Any:
    if not isinstance(told, etree._Element):
        return told
    inside = deepcopy(told[1][0])
    status = 500 if str(inside.tag).endswith("Fault") else 200
    return httpx.Response(status, content=enveloped(etree.tostring(inside, encoding="unicode")))


def enveloped(inside: str) -> bytes:
    return f'<soap:Envelope xmlns:soap="{soap.ENVELOPE}"><soap:Body>{inside}</soap:Body></soap:Envelope>'.encode()


def fault(says: str, whose: str = "soap:Server", status: int = 500) -> httpx.Response:
    inside = f"<faultcode>{whose}</faultcode><faultstring>{says}</faultstring><detail/>"
    return httpx.Response(status, content=enveloped(f"<soap:Fault>{inside}</soap:Fault>"))


def result(operation: str, inside: str) -> bytes:
    told = f"<{operation}Result>{inside}</{operation}Result>"
    return enveloped(f'<{operation}Response xmlns="{SPACE}">{told}</{operation}Response>')


def contacts(operation: str, *each: str) -> bytes:
    return result(operation, f'<Contacts xmlns="">{"".join(each)}</Contacts>')


def contact(number: int, *more: str, id_: str = "") -> str:
    name = id_ or f"c0000000-0000-4000-8000-{number:012}"
    return (
        f'<Contact ID="{name}"><Type>Company</Type><HID>{number}</HID><Name>Nr {number}</Name>{"".join(more)}</Contact>'
    )


def operation_of(request: httpx.Request) -> str:
    return request.headers["soapaction"].strip('"').rpartition("/")[2]


def body_of(request: httpx.Request) -> etree._Element:
    (body,) = etree.fromstring(request.content)
    (call,) = body
    return call


NUMBERS = {"ProductQuantity", "SalesPrice", "VATPercentage", "LineAmount", "LineVATAmount"}


def texts_of(element: etree._Element, **other: str) -> list[tuple[str, Any, str | None]]:
    """List the elements in their order, with what they hold: what two documents must have in common to say the same."""
    nil = "{http://www.w3.org/2001/XMLSchema-instance}nil"

    def said(each: etree._Element) -> Any:
        name, text = etree.QName(each).localname, (each.text or "").strip()
        return Decimal(text) if name in NUMBERS else other.get(name, text)

    return [(str(each.tag), said(each), each.get(nil)) for each in element.iter()]


def everything(provider: Yuki, resource: str, since: str | None = None) -> list[dict[str, Any]]:
    return [each for page in provider.read(resource, since) for each in page]


def words(text: str) -> list[str]:
    return text.split()


def blow_up(request: httpx.Request) -> httpx.Response:
    raise AssertionError("nothing must be sent")


# Samples --------------------------------------------------------------------------------------------------------

COMPANY = {
    "Type": "Company",
    "Code": "R1020",
    "Name": "Camping Het Duin V.O.F.",
    "AddressLine_1": "Duinpad 1",
    "AddressLine_2": None,
    "Postcode": "1970 AA",
    "City": "IJmuiden",
    "MailAddressLine_1": "Postbus 12",
    "MailPostcode": "1970 AB",
    "MailCity": "IJmuiden",
    "Country": "NL",
    "PhoneWork": "0255 000 000",
    "EMailWork": "info@hetduin.example",
    "VATNumber": "NL800001020B01",
    "CoCNumber": "70001020",
}
SEEN = {
    "ID": NOOR,
    "Type": "Person",
    "HID": 212,
    "Code": "R1012",
    "Name": "Noor van den Akker",
    "FirstName": "Noor",
    "MiddleName": "van den",
    "LastName": "Akker",
    "AddressLine_1": "Lindelaan 21",
    "AddressLine_2": None,
    "Postcode": "3500 CC",
    "City": "Utrecht",
    "Country": "NL",
    "MobileHome": "06 0000 0012",
    "EMailHome": "noor@akker.example",
    "IsCustomer": True,
    "IsSupplier": False,
    "IsActive": True,
    "Tags": None,
    "Created": "2025-05-01T10:00:00+02:00",
    "Modified": "2025-11-14T16:52:30+01:00",
}
MOVED = {"AddressLine_1": "Beukenhof 4", "Postcode": "3511 DD", "PhoneHome": "030 000 00 12"}
INVOICE = {
    "Reference": "2025-0311",
    "Subject": "Levering week 46",
    "PaymentMethod": "ElectronicTransfer",
    "Process": True,
    "EmailToCustomer": False,
    "Date": "2025-11-17",
    "DueDate": "2025-12-01T00:00:00+01:00",
    "Contact": {
        "ContactType": "Company",
        "FullName": "Hotel Zeezicht B.V.",
        "ContactCode": "R1007",
        "CountryCode": "NL",
    },
    "InvoiceLines": [
        {
            "Product": {
                "GLAccountCode": "80002",
                "VATType": 2,
                "VATIncluded": False,
                "VATPercentage": Decimal(9),
                "SalesPrice": Decimal("3.2500"),
                "Description": "Broodpakket",
            },
            "ProductQuantity": Decimal(40),
            "Description": "Broodpakket",
        },
        {
            "Description": "Bezorging",
            "ProductQuantity": 1,
            "Product": {
                "Description": "Bezorging",
                "SalesPrice": Decimal(15),
                "VATPercentage": Decimal("21.0"),
                "VATIncluded": False,
                "VATType": 1,
                "GLAccountCode": "80001",
            },
        },
    ],
}
WRONG = INVOICE | {"Reference": "2025-0312", "Subject": "Levering week 47"}
ITEM = {
    "Reference": "2025-0311",
    "Date": "2025-11-17",
    "DueDate": "2025-12-01",
    "Contact": {"ContactCode": "R1007"},
    "OpenAmount": Decimal("159.85"),
    "OriginalAmount": Decimal("159.85"),
    "Kind": "6",
}
