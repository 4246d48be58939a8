"""Talk SOAP without a SOAP library, so that no friend judges the sandbox; and judge its answers by the WSDL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import httpx
import pytest
from lxml import etree

from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox
from syncrules_providers.sandboxes.story import tell

NAMESPACE = "http://www.e-boekhouden.nl/soap"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE_12 = "http://www.w3.org/2003/05/soap-envelope"
WSDL = Path(__file__).parents[3] / "shared" / "apis" / "specs" / "eboekhouden.wsdl"

needs_wsdl = pytest.mark.skipif(
    not WSDL.exists(), reason=f"the vendor's WSDL is not ours to give away: put it at {WSDL}"
)


EXCHANGES = etree.parse(str(Path(__file__).parent / "eboekhouden_soap_exchanges.xml")).getroot()
TODAY = date(2026, 3, 2)
LINE = {
    "BedragInvoer": "100.00", "BedragExclBTW": "100.00", "BedragBTW": "21.00", "BedragInclBTW": "121.00",
    "BTWCode": "HOOG_VERK_21", "BTWPercentage": "21.00", "TegenrekeningCode": "8000", "KostenplaatsID": 0,
}  # fmt: skip
PAID = {
    "BedragInvoer": "50.00", "BedragExclBTW": "50.00", "BedragBTW": "0.00", "BedragInclBTW": "50.00",
    "BTWCode": "GEEN", "BTWPercentage": "0.00", "TegenrekeningCode": "1300", "KostenplaatsID": 0,
}  # fmt: skip
NUMBERS = ("Gb_ID", "GeenEmail", "NieuwsbriefgroepenCount")
RELATION_FIELDS = [
    etree.QName(each).localname for each in EXCHANGES.findall(f".//{{{NAMESPACE}}}AddRelatie/{{{NAMESPACE}}}oRel")[0]
]


def mutation(*lines: dict[str, Any], **instead: Any) -> dict[str, Any]:
    """Make a mutation that is right, but for what is said instead."""
    head = {
        "MutatieNr": 0, "Soort": "FactuurVerstuurd", "Datum": "2026-03-02T00:00:00", "Rekening": "1300",
        "RelatieCode": "10042", "Factuurnummer": "2026-0100", "Boekstuk": "", "Omschrijving": "Factuur",
        "Betalingstermijn": "14",
        "Betalingskenmerk": "", "InExBTW": "EX",
    }  # fmt: skip
    return {**head, **instead, "MutatieRegels": {"cMutatieRegel": list(lines or (LINE,))}}


def relation(**instead: Any) -> dict[str, Any]:
    """Make a relation with as little as is demanded and what is said, in the order in which it must travel."""
    row = {"ID": 0, "AddDatum": "2026-03-02T00:00:00", "Code": "A1", "Bedrijf": "Anna & Zn.", "BP": "B"}
    return {name: {**row, **dict.fromkeys(NUMBERS, 0), **instead}.get(name) for name in RELATION_FIELDS}


def payment(*lines: dict[str, Any], **instead: Any) -> dict[str, Any]:
    kind = {"Soort": "FactuurbetalingOntvangen", "Rekening": "1010", "InExBTW": "IN", "Factuurnummer": "2026-0001"}
    return mutation(*(lines or (PAID,)), **{**kind, **instead})


def invoice(*lines: dict[str, Any], **instead: Any) -> dict[str, Any]:
    line = {
        "Aantal": 2, "Eenheid": "stuk", "Code": "FTS-01", "Omschrijving": "Stadsfiets", "PrijsPerEenheid": "350.00",
        "BTWCode": "HOOG_VERK_21", "TegenrekeningCode": "8000", "KostenplaatsID": 0,
    }  # fmt: skip
    head = {
        "Factuurnummer": "", "Relatiecode": "10042", "Datum": "2026-03-02T00:00:00", "Betalingstermijn": 14,
        "Factuursjabloon": "Factuursjabloon", "PerEmailVerzenden": "false", "EmailOnderwerp": "", "EmailBericht": "",
        "EmailVanAdres": "", "AutomatischeIncasso": "false", "IncassoIBAN": "",
        "IncassoMachtigingDatumOndertekening": "2026-03-02T00:00:00", "IncassoMachtigingFirst": "false",
        "IncassoTnv": "",
        "IncassoPlaats": "", "IncassoOmschrijvingRegel1": "", "InBoekhoudingPlaatsen": "true",
        "BoekhoudmutatieOmschrijving": "Fiets",
    }  # fmt: skip
    return {**head, **instead, "Regels": {"cFactuurRegel": [{**line, **each} for each in lines or ({},)]}}


def _schema() -> etree.XMLSchema | None:
    if not WSDL.exists():
        return None
    types = etree.parse(str(WSDL)).find("{http://schemas.xmlsoap.org/wsdl/}types")
    assert types is not None
    # Written out and read again, so that the prefixes declared further up come along.
    return etree.XMLSchema(etree.fromstring(etree.tostring(types[0])))


SCHEMA = _schema()


def judge(response: httpx.Response) -> None:
    """Hold an answer against the vendor's WSDL; what the WSDL does not know can only be a fault, as SOAP has it."""
    response.read()
    root = etree.QName(etree.fromstring(response.content))
    (body,) = etree.fromstring(response.content)
    (told,) = body

    assert (root.localname, body.tag) == ("Envelope", f"{{{root.namespace}}}Body")
    if told.tag == f"{{{root.namespace}}}Fault":
        assert response.status_code == 500
    elif SCHEMA is not None:
        assert response.status_code == 200
        SCHEMA.assertValid(told)


def tree(element: etree._Element) -> Any:
    """Turn an element into a text, or into a dictionary; an element that occurs again becomes a list."""
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        name, value = etree.QName(child).localname, tree(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


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


class Told:
    """One answer: the result as a tree, and how it went."""

    def __init__(self, operation: str, response: httpx.Response) -> None:
        body = etree.fromstring(response.content)[0]
        assert response.status_code == 200, response.text
        result = body[0].find(f"{{{NAMESPACE}}}{operation}Result")
        self.status = response.status_code
        self.text = response.text
        self.result: Any = None if result is None else tree(result)
        self.error = ""
        if isinstance(self.result, dict):
            holder = self.result.get("ErrorMsg") or self.result
            self.error = holder.get("LastErrorCode", "") if isinstance(holder, dict) else ""

    def __getitem__(self, name: str) -> Any:
        return self.result[name]

    def rows(self, container: str) -> list[dict[str, Any]]:
        inside = self.result.get(container) or {}
        rows: Any = next(iter(inside.values()), []) if inside else []
        return rows if isinstance(rows, list) else [rows]


class Talk:
    """A client with one session, of which every answer is judged."""

    def __init__(self, sandbox: EboekhoudenSoapSandbox, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.http = http
        http.event_hooks = {"response": [judge]}
        self.session = ""

    def post(self, operation: str, body: str, *, envelope: str = ENVELOPE, **headers: str) -> httpx.Response:
        """Send a body as it is."""
        usual = {"content-type": "text/xml; charset=utf-8", "soapaction": f'"{NAMESPACE}/{operation}"'}
        return self.http.post(
            f"{self.sandbox.url}/soap.asmx",
            content=f'<e:Envelope xmlns:e="{envelope}"><e:Body>{body}</e:Body></e:Envelope>'.encode(),
            headers={**usual, **headers},
        )

    def ask(self, operation: str, **fields: Any) -> Told:
        """Call an operation without a session of our own."""
        body = f'<{operation} xmlns="{NAMESPACE}">{xml(fields)}</{operation}>'
        return Told(operation, self.post(operation, body))

    def login(self, **instead: str) -> Told:
        codes = {"SecurityCode1": self.sandbox.security_code1, "SecurityCode2": self.sandbox.security_code2}
        told = self.ask("OpenSession", **{"Username": self.sandbox.username, **codes, "Source": "test", **instead})
        self.session = told.result.get("SessionID", "")
        return told

    def __call__(self, operation: str, **fields: Any) -> Told:
        """Call an operation inside the session."""
        codes = {"SessionID": self.session, "SecurityCode2": self.sandbox.security_code2}
        return self.ask(operation, **{**codes, **fields})

    def relations(self, **wanted: Any) -> list[dict[str, Any]]:
        return self("GetRelaties", cFilter={"Trefwoord": "", "Code": "", "ID": 0, **wanted}).rows("Relaties")

    def mutations(self, **wanted: Any) -> list[dict[str, Any]]:
        every = {"MutatieNr": 0, "MutatieNrVan": 0, "MutatieNrTm": 0, "Factuurnummer": ""}
        days = {"DatumVan": "1980-01-01T00:00:00", "DatumTm": "2049-12-31T00:00:00"}
        return self("GetMutaties", cFilter={**every, **days, **wanted}).rows("Mutaties")

    def open_items(self, kind: str = "Debiteuren") -> list[dict[str, Any]]:
        return self("GetOpenPosten", OpSoort=kind).rows("Openposten")


@contextmanager
def talking() -> Iterator[Talk]:
    """Open the books of a short story, in which one invoice was sent, and log in."""
    with EboekhoudenSoapSandbox(tell(20), today=lambda: TODAY) as sandbox, httpx.Client(timeout=30) as http:
        sandbox.post_invoice("2026-0001", "10042")
        talk = Talk(sandbox, http)
        talk.login()
        yield talk
