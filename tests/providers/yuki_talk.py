"""Talk to Yuki's web services without a SOAP library, so that no friend judges the sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import httpx
import pytest
from lxml import etree

from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.yuki import YukiSandbox
from syncrules_providers.sandboxes.yuki_story import ADMINISTRATION, DOMAIN

NAMESPACE = "http://www.theyukicompany.com/"
CONTACT = "urn:xmlns:http://www.theyukicompany.com:contact"
INVOICES = "urn:xmlns:http://www.theyukicompany.com:salesinvoices"
ENVELOPES = {
    "text/xml": "http://schemas.xmlsoap.org/soap/envelope/",
    "application/soap+xml": "http://www.w3.org/2003/05/soap-envelope",
}
EXCHANGES = etree.parse(str(Path(__file__).parent / "yuki_exchanges.xml")).getroot()
WSDL = Path(__file__).parents[3] / "shared" / "apis" / "specs" / "yuki-archive.wsdl"

needs_wsdl = pytest.mark.skipif(
    not WSDL.exists(), reason=f"the vendor's WSDL is not ours to give away: put it at {WSDL}"
)


def _schema() -> etree.XMLSchema | None:
    if not WSDL.exists():
        return None
    types = etree.parse(str(WSDL)).find("{http://schemas.xmlsoap.org/wsdl/}types")
    assert types is not None
    for each in types.iter("{http://www.w3.org/2001/XMLSchema}any"):
        each.set("processContents", "lax")  # the documents that are told there are declared nowhere
    # Written out and read again, so that the prefixes declared further up come along.
    return etree.XMLSchema(etree.fromstring(etree.tostring(types[0])))


SCHEMA = _schema()
SHARED = (
    *("Authenticate", "AuthenticateClient", "AuthenticateByUserName", "Domains", "Companies", "AdministrationID"),
    *("Administrations", "GetCurrentDomain", "SetCurrentDomain", "Language", "SupportedLanguages", "SetLanguage"),
)
"""The operations of every service: what the description of the one service that was found says of them holds for all."""


def judge(response: httpx.Response) -> None:
    """Hold an answer to an operation that every service has against the vendor's description; of the others there is none."""
    is_xml = response.headers.get("content-type", "").startswith(tuple(ENVELOPES))
    if SCHEMA is None or not is_xml or not response.read():
        return
    root = etree.fromstring(response.content)
    told = root[0][0] if local(root) == "Envelope" else root
    if told.tag in {f"{{{NAMESPACE}}}{each}" for each in ("string", *(f"{name}Response" for name in SHARED))}:
        SCHEMA.assertValid(told)


SESSION = "{session}"
"""Stands for the session of the client in what it sends."""
EVERYTHING = {
    "domainID": DOMAIN,
    "searchOption": "All",
    "searchValue": "",
    "sortOrder": "HID",
    "modifiedAfter": "2000-01-01T00:00:00",
    "active": "Both",
    "pageNumber": 1,
}
"""A search that finds every contact, page by page."""


class Clock:
    """What the clock on the wall shows; it stands still until somebody turns it."""

    def __init__(self, *at: int) -> None:
        self.at = datetime(*(at or (2025, 11, 20, 10, 0, 0)))  # type: ignore[arg-type]  # year, month, day and so on

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


def xml(value: Mapping[str, Any]) -> str:
    """Write nested values as elements; a list becomes the same element again and again, None nothing at all."""

    def one(name: str, each: Any) -> str:
        inside = xml(each) if isinstance(each, Mapping) else escape(str(each))
        return f"<{name}>{inside}</{name}>"

    return "".join(
        one(name, each)
        for name, some in value.items()
        if some is not None
        for each in (some if isinstance(some, list) else [some])
    )


def local(element: etree._Element) -> str:
    return etree.QName(element).localname


def texts(element: etree._Element) -> dict[str, str]:
    """Read the children of an element that hold nothing but text."""
    return {local(each): each.text or "" for each in element}


class Told:
    """One answer: the status, the document or text of the result, or why there is none."""

    def __init__(self, operation: str, response: httpx.Response) -> None:
        self.status = response.status_code
        self.text = response.text
        body = etree.fromstring(response.content)[0][0]
        self.fault = self.code = ""
        self.result: etree._Element | None = None
        if local(body) == "Fault":
            self.fault = body.findtext("faultstring") or " ".join(map(str, body.itertext()))
            self.code = body.findtext("faultcode") or ""
        else:
            assert body.tag == f"{{{NAMESPACE}}}{operation}Response"
            self.result = body.find(f"{{{NAMESPACE}}}{operation}Result")

    @property
    def value(self) -> str:
        """What a result holds that is a text."""
        assert self.result is not None, self.text
        return self.result.text or ""

    @property
    def document(self) -> etree._Element:
        """The document that a result holds."""
        assert self.result is not None, self.text
        return self.result[0]

    def rows(self) -> list[dict[str, str]]:
        """The elements of the document, or of the list, with their id if they have one."""
        assert self.result is not None, self.text
        inside = self.document if len(self.result) and not self.document.tag.startswith("{") else self.result
        return [{**({"ID": str(each.get("ID"))} if "ID" in each.attrib else {}), **texts(each)} for each in inside]

    def values(self) -> dict[str, str]:
        """What the two responses say beside the rows of invoices."""
        return texts(self.document)

    def invoices(self) -> list[dict[str, str]]:
        return [texts(each) for each in self.document.findall("Invoice")]


class Talk:
    """A client with one session, of which every answer is judged."""

    def __init__(self, sandbox: YukiSandbox, http: httpx.Client, clock: Clock) -> None:
        self.sandbox = sandbox
        self.http = http
        http.event_hooks = {"response": [judge]}
        self.clock = clock
        self.session = ""

    def post(self, service: str, body: str, *, media: str = "text/xml", **headers: str) -> httpx.Response:
        """Send a body as it is."""
        return self.http.post(
            f"{self.sandbox.url}/ws/{service}.asmx",
            content=f'<e:Envelope xmlns:e="{ENVELOPES[media]}"><e:Body>{body}</e:Body></e:Envelope>'.encode(),
            headers={"content-type": f"{media}; charset=utf-8", **headers},
        )

    def raw(self, service: str, operation: str, inside: str) -> Told:
        """Call an operation with what is already XML."""
        body = f'<{operation} xmlns="{NAMESPACE}">{inside.replace(SESSION, self.session)}</{operation}>'
        return Told(operation, self.post(service, body, soapaction=f'"{NAMESPACE}{operation}"'))

    def __call__(self, service: str, operation: str, **fields: Any) -> Told:
        """Call an operation inside the session."""
        return self.raw(service, operation, xml({"sessionID": SESSION, **fields}))

    def login(self, key: str = "") -> Told:
        told = self.raw("Contact", "Authenticate", xml({"accessKey": key or self.sandbox.api_key}))
        self.session = told.value if told.result is not None else self.session
        return told

    # Contacts ---------------------------------------------------------------------------------------------------

    def search(self, **wanted: Any) -> list[dict[str, str]]:
        return self("Contact", "SearchContacts", **{**EVERYTHING, **wanted}).rows()

    def with_roles(self, role: str = "Both", **wanted: Any) -> list[dict[str, str]]:
        return self("Contact", "GetSuppliersAndCustomers", **{**EVERYTHING, **wanted}, contactType=role).rows()

    def one(self, **wanted: Any) -> dict[str, str]:
        """Find the one contact of this name, code or id."""
        ((option, value),) = wanted.items()
        (row,) = self.search(searchOption=option, searchValue=value)
        return row

    def update(self, fields: Mapping[str, Any] | str, *, namespace: str = CONTACT, root: str = "Contact") -> Told:
        """Send a contact; the fields travel in the order in which they are given."""
        inside = fields if isinstance(fields, str) else xml(fields)
        document = f'<{root} xmlns="{namespace}">{inside}</{root}>'
        head = xml({"sessionID": SESSION, "domainID": DOMAIN})
        return self.raw("Contact", "UpdateContact", f"{head}<xmlDoc>{document}</xmlDoc>")

    # Invoices ---------------------------------------------------------------------------------------------------

    def push(self, *invoices: Mapping[str, Any]) -> Told:
        inside = "".join(f"<SalesInvoice>{xml(each)}</SalesInvoice>" for each in invoices)
        return self.push_document(f'<SalesInvoices xmlns="{INVOICES}">{inside}</SalesInvoices>')

    def push_document(self, document: str) -> Told:
        head = xml({"sessionId": SESSION, "administrationId": ADMINISTRATION})
        return self.raw("Sales", "ProcessSalesInvoices", f"{head}<xmlDoc>{document}</xmlDoc>")

    def books(self, service: str, operation: str, **fields: Any) -> Told:
        return self(service, operation, administrationID=ADMINISTRATION, **fields)

    def outstanding(self, **wanted: Any) -> list[dict[str, str]]:
        usual = {"includeBankTransactions": "false", "sortOrder": "DateAsc"}
        return self.books("Accounting", "OutstandingDebtorItems", **{**usual, **wanted}).rows()

    def checked(self, reference: str) -> list[dict[str, str]]:
        return self.books("Accounting", "CheckOutstandingItemAdmin", Reference=reference).rows()


def invoice(*lines: Mapping[str, Any], **instead: Any) -> dict[str, Any]:
    """Make an invoice that is right, but for what is said instead; `Contact` is completed, other things are replaced."""
    contact = {"ContactCode": "R1007", "FullName": "Hotel Zeezicht B.V.", "CountryCode": "NL", "ContactType": "Company"}
    head = {
        "Reference": "2025-0311", "Subject": "Levering week 46", "PaymentMethod": "ElectronicTransfer", "PaymentID": None,
        "Process": "true", "EmailToCustomer": "false", "Date": "2025-11-17", "DueDate": "2025-12-01", "Currency": None,
        "DocumentFileName": None, "DocumentBase64": None,
    }  # fmt: skip
    block = {**dict.fromkeys(BLOCK), **contact, **instead.pop("Contact", {})}
    return {**head, **instead, "Contact": block, "InvoiceLines": {"InvoiceLine": list(lines or (line(),))}}


BLOCK = (
    *("ContactCode", "FullName", "FirstName", "MiddleName", "LastName", "Gender", "CountryCode", "City", "Zipcode"),
    *("AddressLine_1", "AddressLine_2", "EmailAddress", "Website", "CoCNumber", "VATNumber", "ContactType"),
    *("BankAccount", "PhoneHome", "MobileHome"),
)
"""The elements of the contact of an invoice, in their order."""


def line(description: str = "Bezorging", **instead: Any) -> dict[str, Any]:
    """Make a line; what is said instead goes to the product where it has such an element."""
    product = {
        "Description": description, "Reference": None, "Category": None, "SalesPrice": "15.00", "VATPercentage": "21.00",
        "VATIncluded": "false", "VATType": "1", "VATDescription": None, "GLAccountCode": "80001", "Remarks": None,
    }  # fmt: skip
    own = {
        "Description": description,
        "Remarks": None,
        "ProductQuantity": "1",
        "LineAmount": None,
        "LineVATAmount": None,
    }
    changed = {name: instead.get(name, value) for name, value in product.items()}
    return {**{name: instead.get(name, value) for name, value in own.items()}, "Product": changed}


@contextmanager
def talking(story: Story | None = None, **options: Any) -> Iterator[Talk]:
    """Open books in which a clock stands still, and log in."""
    clock = Clock()
    # Nothing here is encrypted; reading certificates for it would take longer than the test.
    with YukiSandbox(story, now=clock, **options) as sandbox, httpx.Client(timeout=30, verify=False) as http:
        talk = Talk(sandbox, http, clock)
        talk.login()
        yield talk


def add_zeezicht(sandbox: YukiSandbox, **instead: Any) -> str:
    """Enter the customer to whom the invoices of these tests go."""
    return sandbox.add_contact(
        "Hotel Zeezicht B.V.",
        **{"Code": "R1007", "Country": "NL", "IsCustomer": True, **instead},
    )
