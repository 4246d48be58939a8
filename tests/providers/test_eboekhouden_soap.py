"""The SOAP transport of e-Boekhouden: what it asks, and what it makes of every answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from syncrules.errors import LimitReached, LoginRefused, Nonsense, OutcomeUnknown, RecordRefused
from syncrules.http import Http
from syncrules.manifest import Field, Manifest
from syncrules.manifest_reading import load_manifest
from syncrules_providers import soap, soap_dialect
from syncrules_providers.eboekhouden_soap import EboekhoudenSoap
from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox

MANIFEST: Manifest = load_manifest(EboekhoudenSoap.manifest)
SPACE = "http://www.e-boekhouden.nl/soap"
CODE_1 = "00000000000000000000000000000001"
CODE_2 = "11111111-2222-3333-4444-555555555555"
SESSION = "{AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE}"
MARCH_2 = 1772409600.0

EXCHANGES = {
    str(each.get("name")): each
    for each in etree.parse(str(Path(__file__).with_name("eboekhouden_soap_exchanges.xml"))).getroot().iter("exchange")
}
"""What the service is asked and tells, as far as anybody outside knows: values invented, names true."""

# The vendor's file does not travel with this repository; where it lies beside it, requests are held against it.
XSD = "{http://www.w3.org/2001/XMLSchema}"
WSDL = Path(__file__).parents[2].parent / "shared" / "apis" / "specs" / "eboekhouden.wsdl"


class Clock:
    """Stands still on the second of March 2026, and never waits."""

    def now(self) -> float:
        return MARCH_2

    def sleep(self, seconds: float) -> None: ...


@dataclass
class Service:
    """A fake server: answers each operation with what was prepared for it, and remembers what it was asked."""

    answers: dict[str, list[bytes | httpx.Response]] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        prepared = self.answers[operation_of(request)]
        answer = prepared.pop(0) if len(prepared) > 1 else prepared[0]
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, content=answer)

    @property
    def operations(self) -> list[str]:
        return [operation_of(each) for each in self.asked]

    @property
    def bodies(self) -> list[etree._Element]:
        return [body_of(each) for each in self.asked]


def serving(**answers: Any) -> tuple[EboekhoudenSoap, Service]:
    """Make a provider whose server gives these answers, by operation; a list is given one after another."""
    told = {"OpenSession": EXCHANGES["login"], "CloseSession": EXCHANGES["log out"], **answers}
    lists = {name: each if isinstance(each, list) else [each] for name, each in told.items()}
    service = Service({name: [as_answer(each) for each in several] for name, several in lists.items()})
    return connected(httpx.MockTransport(service)), service


def connected(transport: httpx.BaseTransport | None = None, /, **settings: str) -> EboekhoudenSoap:
    given = {"username": "jansen-demo", "security_code_1": CODE_1, "security_code_2": CODE_2, **settings}
    http = Http(MANIFEST.title, Clock(), transport=transport)
    OPENED.append(http)
    return EboekhoudenSoap(MANIFEST, given, http)


OPENED: list[Http] = []


@pytest.fixture(autouse=True)
def close_what_was_opened() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def as_answer(told: Any) -> Any:
    if isinstance(told, etree._Element):
        content = enveloped(etree.tostring(told[1][0], encoding="unicode"))
        return httpx.Response(int(told.get("status", "")), content=content) if told.get("status") else content
    return told


def enveloped(inside: str) -> bytes:
    return f'<s:Envelope xmlns:s="{soap.ENVELOPE}"><s:Body>{inside}</s:Body></s:Envelope>'.encode()


def result(operation: str, inside: str = "", error: str = "") -> bytes:
    code, text = f"<LastErrorCode>{error}</LastErrorCode>", "<LastErrorDescription>Zo niet</LastErrorDescription>"
    told = f"<{operation}Result>{f'<ErrorMsg>{code}{text}</ErrorMsg>' if error else ''}{inside}</{operation}Result>"
    return enveloped(f'<{operation}Response xmlns="{SPACE}">{told}</{operation}Response>')


def relation(**changed: str) -> str:
    """Write one relation as it is told, with other contents."""
    inside = next(EXCHANGES["relations"].iter(f"{{{SPACE}}}cRelatie"))
    texts = {etree.QName(each).localname: each.text or "" for each in inside} | changed
    return "<cRelatie>" + "".join(f"<{name}>{text}</{name}>" for name, text in texts.items()) + "</cRelatie>"


def relations(*each: str) -> bytes:
    return result("GetRelaties", f"<Relaties>{''.join(each)}</Relaties>")


def operation_of(request: httpx.Request) -> str:
    return request.headers["soapaction"].strip('"').rpartition("/")[2]


def body_of(request: httpx.Request) -> etree._Element:
    (body,) = etree.fromstring(request.content)
    (call,) = body
    return call


def texts_of(element: etree._Element) -> list[tuple[str, str]]:
    """List the elements in their order, with what they hold: what two documents must have in common to say the same."""
    return [(str(each.tag), (each.text or "").strip()) for each in element.iter()]


def everything(provider: EboekhoudenSoap, resource: str) -> list[dict[str, Any]]:
    return [each for page in provider.read(resource) for each in page]


@pytest.fixture(scope="session")
def schema() -> etree.XMLSchema:
    if not WSDL.exists():
        pytest.skip("the vendor's WSDL does not lie beside this repository")
    found = etree.parse(str(WSDL)).find(f".//{XSD}schema")
    assert found is not None
    return etree.XMLSchema(etree.fromstring(etree.tostring(found)))


# Every known exchange, replayed ---------------------------------------------------------------------------------

BAKERY = {
    "ID": 4100201,
    "AddDatum": "2025-11-03T00:00:00",
    "Code": "10042",
    "Bedrijf": "Bakkerij De Korenaar",
    "GSM": None,
    "Def1": "ext-77",
    "Def10": None,
    "LA": "0",
    "Gb_ID": 0,
}
BICYCLES = {
    "Code": "10044",
    "Bedrijf": "Fietsen Zonder Grenzen",
    "Adres": "Singel 3",
    "Postcode": "9711 CC",
    "Plaats": "Groningen",
    "Land": "Nederland",
    "Telefoon": "050-0000000",
    "KvkNummer": "00000001",
    "BP": "B",
    "LA": "0",
}
INVOICE = {
    "Soort": "FactuurVerstuurd",
    "Datum": "2026-03-02",
    "Rekening": "1300",
    "RelatieCode": "10042",
    "Factuurnummer": "2026-0017",
    "Omschrijving": "Factuur 2026-0017",
    "Betalingstermijn": 14,
    "InExBTW": "EX",
    "MutatieRegels": [
        {
            "BedragInvoer": Decimal(350),
            "BedragExclBTW": Decimal("350.0"),
            "BedragBTW": Decimal("73.500"),
            "BedragInclBTW": Decimal("423.50"),
            "BTWCode": "HOOG_VERK_21",
            "BTWPercentage": 21,
            "TegenrekeningCode": "8000",
        },
        {
            "BedragInvoer": Decimal(-10),
            "BedragExclBTW": Decimal(-10),
            "BedragBTW": Decimal("-0.9"),
            "BedragInclBTW": Decimal("-10.9"),
            "BTWCode": "LAAG_VERK_9",
            "BTWPercentage": Decimal(9),
            "TegenrekeningCode": "8010",
        },
    ],
}
SEEN = {**BICYCLES, "ID": 4100203, "AddDatum": "2026-03-02T00:00:00+01:00", "Gb_ID": 0}

REPLAYED: dict[str, tuple[Callable[[EboekhoudenSoap], Any], Callable[[Any], bool]]] = {
    "administrations": (
        lambda provider: provider.account(),
        lambda made: CODE_2.strip("{}").lower() not in made.id.lower() and made.title == "Jansen Demo B.V.",
    ),
    "relations": (
        lambda provider: everything(provider, "relations"),
        lambda made: (
            len(made) == 1
            and made[0].items() >= BAKERY.items()
            and list(made[0]) == list(MANIFEST.resources["relations"].fields)
        ),
    ),
    "no relations": (lambda provider: provider.find("relations", "Code", "nope"), lambda made: made == []),
    "add a relation": (
        lambda provider: provider.create("relations", BICYCLES),
        lambda made: made == {**BICYCLES, "ID": 4100203},
    ),
    "update a relation": (
        lambda provider: provider.update("relations", "4100203", {"Telefoon": "050-1111111"}, SEEN),
        lambda made: made == {**SEEN, "Telefoon": "050-1111111"},
    ),
    "articles": (
        lambda provider: everything(provider, "articles"),
        lambda made: (
            [(each["ArtikelID"], each["Eenheid"], each["Actief"]) for each in made]
            == [(501, "stuk", True), (502, None, False)]
            and (made[0]["VerkoopprijsInclBTW"], made[1]["VerkoopprijsExclBTW"]) == (Decimal("423.50"), Decimal("4.50"))
        ),
    ),
    "post an invoice": (
        lambda provider: provider.create("mutations", INVOICE),
        lambda made: made == {**INVOICE, "MutatieNr": 318},
    ),
    "open items": (
        lambda provider: provider.fetch("open items", "10042 / 2026-0017"),
        lambda made: (
            (str(made["Bedrag"]), str(made["Voldaan"]), str(made["Openstaand"])) == ("412.60", "100.00", "312.60")
        ),
    ),
    "payments": (
        lambda provider: list(
            provider._ask(MANIFEST.resources["mutations"], {"MutatieNrVan": "319", "MutatieNrTm": "818"})
        ),
        lambda made: (
            [(each["MutatieNr"], each["Soort"]) for each in made] == [(325, "FactuurbetalingOntvangen")]
            and made[0]["MutatieRegels"][0]["Factuurnummer"] == "2026-0017"
            and made[0]["MutatieRegels"][0]["BedragInclBTW"] == 100
        ),
    ),
    "ledger accounts": (
        lambda provider: list(provider._ask(MANIFEST.resources["ledger accounts"], {"Categorie": "DEB"})),
        lambda made: (
            made == [{"ID": 9001300, "Code": "1300", "Omschrijving": "Debiteuren", "Categorie": "DEB", "Groep": "004"}]
        ),
    ),
}
REFUSED: dict[str, tuple[Callable[[EboekhoudenSoap], Any], type[Exception], str]] = {
    "code in use": (lambda provider: provider.create("relations", BICYCLES), RecordRefused, "CREL001"),
    "post it again": (lambda provider: provider.create("mutations", INVOICE), RecordRefused, "CMUT019"),
    "limit reached": (REPLAYED["payments"][0], LimitReached, "E0031"),
    "session expired": (REPLAYED["payments"][0], LoginRefused, "E0023"),
}
ELSEWHERE = {
    "login": "in every other one",
    "login refused": "has tests of its own",
    "log out": "has a test of its own",
    "make an invoice": "this transport posts invoices that were made elsewhere",
    "not understood": "this transport cannot ask so; what the answer means has a test of its own",
}


def asked_in(name: str) -> etree._Element:
    return EXCHANGES[name][0][0]


def replayed(name: str) -> tuple[EboekhoudenSoap, Service]:
    return serving(**{etree.QName(asked_in(name)).localname: EXCHANGES[name]})


def test_every_known_exchange_is_replayed() -> None:
    assert EXCHANGES.keys() == REPLAYED.keys() | REFUSED.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("name", REPLAYED)
def test_an_answer_becomes_what_it_says(name: str) -> None:
    provider, service = replayed(name)
    do, is_right = REPLAYED[name]

    made = do(provider)

    assert is_right(made), made
    assert texts_of(service.bodies[-1]) == texts_of(asked_in(name))


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_in_an_answer_is_an_error_here(name: str) -> None:
    provider, service = replayed(name)
    do, kind, code = REFUSED[name]

    with pytest.raises(kind) as caught:
        do(provider)

    assert getattr(caught.value, "code", "") == code
    assert texts_of(service.bodies[-1]) == texts_of(asked_in(name))


@pytest.mark.parametrize("name", [*REPLAYED, *REFUSED])
def test_every_request_follows_the_contract(name: str, schema: etree.XMLSchema) -> None:
    provider, service = replayed(name)
    with suppress(RecordRefused, LimitReached, LoginRefused):
        (REPLAYED.get(name) or REFUSED[name])[0](provider)
    provider.close()

    for each in service.bodies:
        schema.assertValid(each)


def test_the_manifest_has_the_fields_of_the_contract_in_its_order_and_with_its_types(schema: etree.XMLSchema) -> None:
    document = etree.parse(str(WSDL))
    kinds = {"integer": "s:long", "boolean": "s:boolean", "number": "s:decimal", "array": "tns:ArrayOfCMutatieRegel"}
    told = {"s:double": "s:decimal", "s:dateTime": "s:string", "tns:enMutatieSoorten": "s:string"}

    def sequence(name: str) -> list[tuple[str, str]]:
        (found,) = [each for each in document.iter(f"{XSD}complexType") if each.get("name") == name]
        elements = [(str(each.get("name")), str(each.get("type"))) for each in found.iter(f"{XSD}element")]
        return [(name, told.get(kind, kind)) for name, kind in elements]

    def declared(fields: Mapping[str, Field], without: str = "") -> list[tuple[str, str]]:
        return [(each.name, kinds.get(each.type, "s:string")) for each in fields.values() if each.name != without]

    for resource, name in {
        "relations": "cRelatie",
        "articles": "cArtikel",
        "mutations": "cMutatie",
        "open items": "cOpenPost",
        "ledger accounts": "cGrootboekrekening",
        "administrations": "cAdministratie",
    }.items():
        assert declared(MANIFEST.resources[resource].fields) == sequence(name)
    lines = MANIFEST.types["MutatieRegel"].fields
    assert declared(lines) == sequence("cMutatieListRegel")
    assert declared(lines, "Factuurnummer") == sequence("cMutatieRegel")


def test_a_request_names_its_action_and_its_encoding() -> None:
    provider, service = serving(GetRelaties=relations())
    list(provider.read("relations"))

    last = service.asked[-1]
    assert (last.method, str(last.url)) == ("POST", "https://soap.e-boekhouden.nl/soap.asmx")
    assert last.headers["soapaction"] == '"http://www.e-boekhouden.nl/soap/GetRelaties"'
    assert last.headers["content-type"] == "text/xml; charset=utf-8"
    assert last.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")


def test_we_say_who_we_are_when_logging_in() -> None:
    provider, service = serving(GetRelaties=relations())
    list(provider.read("relations"))

    assert [each.text for each in service.bodies[0]] == ["jansen-demo", CODE_1, CODE_2, "syncrules"]


# Sessions and errors --------------------------------------------------------------------------------------------


def test_nothing_is_sent_before_something_is_asked() -> None:
    provider, service = serving()
    provider.close()

    assert service.asked == []


def test_one_session_serves_all_calls_and_is_closed_at_the_end() -> None:
    provider, service = serving(GetRelaties=relations(), GetOpenPosten=EXCHANGES["open items"])
    list(provider.read("relations"))
    list(provider.read("open items"))
    provider.close()
    provider.close()

    assert service.operations == ["OpenSession", "GetRelaties", "GetOpenPosten", "CloseSession"]
    assert texts_of(service.bodies[-1]) == texts_of(asked_in("log out"))


@pytest.mark.parametrize("code", ["E0023", "E002.3", "E0022", "E002.4"])
@pytest.mark.parametrize("name", ["relations", "add a relation"])
def test_an_ended_session_is_opened_again_once_and_the_call_repeated(name: str, code: str) -> None:
    operation = etree.QName(asked_in(name)).localname
    provider, service = serving(**{operation: [result(operation, error=code), EXCHANGES[name]]})

    made = REPLAYED[name][0](provider)

    assert REPLAYED[name][1](made)
    assert service.operations == ["OpenSession", operation, "OpenSession", operation]


def test_a_session_that_ends_at_once_is_not_opened_forever() -> None:
    provider, service = serving(GetRelaties=result("GetRelaties", error="E002.2"))

    with pytest.raises(LoginRefused):
        list(provider.read("relations"))
    assert service.operations == ["OpenSession", "GetRelaties"] * 2


def test_a_refused_login_says_what_to_do_and_gives_nothing_away(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    gossip = EXCHANGES["login refused"]
    next(gossip.iter(f"{{{SPACE}}}LastErrorDescription")).text = f"Ongeldig: {CODE_1}"
    provider, _ = serving(OpenSession=gossip)

    with pytest.raises(LoginRefused) as caught:
        provider.account()

    assert caught.value.code == "E0011"
    assert "Changing the password changes security code 1" in caught.value.cure
    for secret in (CODE_1, CODE_2):
        assert secret not in str(caught.value) + caught.value.cure + caplog.text


@pytest.mark.parametrize("code", ["E001.2", "E0019", "E002.5"])
def test_a_login_is_refused_whatever_the_number_behind_the_family(code: str) -> None:
    provider, _ = serving(OpenSession=result("OpenSession", error=code))

    with pytest.raises(LoginRefused) as caught:
        provider.account()

    assert caught.value.cure


def test_a_session_never_stands_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    provider, _ = serving(GetRelaties=relations(relation(NieuwVeld="x")), UpdateRelatie=EXCHANGES["update a relation"])
    seen = provider.fetch("relations", "4100201")
    assert seen
    provider.update("relations", "4100201", {}, seen)
    provider.close()

    assert caplog.text
    for secret in (SESSION, CODE_1, CODE_2):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    "message",
    ["", "<ErrorMsg />", "<ErrorMsg><LastErrorCode/></ErrorMsg>", "<ErrorMsg><LastErrorDescription/></ErrorMsg>"],
)
def test_success_is_told_in_several_ways(message: str) -> None:
    provider, _ = serving(GetRelaties=result("GetRelaties", f"{message}<Relaties>{relation()}</Relaties>"))

    assert len(everything(provider, "relations")) == 1


def test_an_update_is_refused_by_an_error_without_a_wrapping() -> None:
    bare = "<LastErrorCode>CREL.001</LastErrorCode><LastErrorDescription>Code bestaat al</LastErrorDescription>"
    provider, _ = serving(UpdateRelatie=result("UpdateRelatie", bare))

    with pytest.raises(RecordRefused) as caught:
        provider.update("relations", "4100203", {}, SEEN)

    assert (caught.value.code, caught.value.says) == ("CREL001", "Code bestaat al")


def test_an_unknown_error_ends_a_read() -> None:
    provider, _ = serving(GetRelaties=result("GetRelaties", error="X12"))

    with pytest.raises(Nonsense) as caught:
        list(provider.read("relations"))
    assert caught.value.code == "X12"


def test_an_error_behind_records_is_not_overlooked() -> None:
    late = f"<Relaties>{relation()}</Relaties><ErrorMsg><LastErrorCode>X12</LastErrorCode></ErrorMsg>"
    provider, _ = serving(GetRelaties=result("GetRelaties", late))

    with pytest.raises(Nonsense, match="X12"):
        list(provider.read("relations"))


def fault(blame: str) -> httpx.Response:
    said = "<faultstring>Server was unable to read request.</faultstring><detail />"
    inside = f"<s:Fault><faultcode>s:{blame}</faultcode>{said}</s:Fault>"
    return httpx.Response(500, content=enveloped(inside))


def test_a_fault_in_a_read_ends_it() -> None:
    provider, _ = serving(GetRelaties=EXCHANGES["not understood"])

    with pytest.raises(Nonsense, match="unable to read"):
        list(provider.read("relations"))


def test_a_fault_of_ours_refuses_a_write_and_a_fault_of_theirs_leaves_it_open() -> None:
    with pytest.raises(RecordRefused, match="unable to read"):
        serving(AddRelatie=fault("Client"))[0].create("relations", BICYCLES)
    with pytest.raises(OutcomeUnknown):
        serving(AddRelatie=fault("Server"))[0].create("relations", BICYCLES)


@pytest.mark.parametrize(
    "answer",
    [
        b"<html><h1>Even geduld",
        b"",
        enveloped(f'<AddRelatieResponse xmlns="{SPACE}" />'),
        result("AddRelatie", "<Rel_ID>0</Rel_ID>"),
        result("AddRelatie"),
        result("UpdateRelatie"),
    ],
)
def test_a_write_without_a_proper_answer_may_have_been_done(answer: bytes) -> None:
    provider, _ = serving(AddRelatie=answer)

    with pytest.raises(OutcomeUnknown):
        provider.create("relations", BICYCLES)


@pytest.mark.parametrize(
    "answer",
    [
        b"<html><h1>Even geduld",
        b"",
        enveloped(f'<GetRelatiesResponse xmlns="{SPACE}" />'),
        result("GetArtikelen"),
        relations(relation())[:-400],
        relations(relation()).replace(b"cRelatie>", b"cContact>"),
        relations(relation()).replace(SPACE.encode(), b"urn:another"),
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + relations(relation()),
        httpx.Response(404, content=b"not here"),
        httpx.Response(302, headers={"location": "http://elsewhere.example/"}),
    ],
)
def test_what_is_no_answer_is_never_taken_for_an_empty_one(answer: Any) -> None:
    provider, _ = serving(GetRelaties=answer)

    with pytest.raises(Nonsense):
        list(provider.read("relations"))


# Records out ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ID", "abc"),
        ("ID", ""),
        ("ID", "12.5"),
        ("ID", "9" * 5000),
        ("AddDatum", "gisteren"),
        ("AddDatum", ""),
        ("AddDatum", "20260302"),
        ("GeenEmail", "ja"),
        ("Bedrijf", "<b>Bakkerij</b>"),
    ],
)
def test_a_value_that_does_not_fit_is_an_error_and_never_an_empty_field(name: str, text: str) -> None:
    provider, _ = serving(GetRelaties=relations(relation(**{name: text})))

    with pytest.raises(Nonsense, match=name):
        list(provider.read("relations"))


@pytest.mark.parametrize(
    ("text", "number"), [("312.59999999999997", "312.60"), ("1.5E-3", "0.00"), ("1E3", "1000.00"), ("-0.005", "-0.01")]
)
def test_binary_amounts_are_rounded_to_cents(text: str, number: str) -> None:
    item = etree.tostring(EXCHANGES["open items"], encoding="unicode").replace("312.6", text)
    provider, _ = serving(GetOpenPosten=etree.fromstring(item))

    assert str(everything(provider, "open items")[0]["Openstaand"]) == number


@pytest.mark.parametrize("text", ["NaN", "INF", "1,50", "", "1e9999", "٣"])
def test_an_amount_that_is_no_number_is_an_error(text: str) -> None:
    item = etree.tostring(EXCHANGES["open items"], encoding="unicode").replace("312.6", text)
    provider, _ = serving(GetOpenPosten=etree.fromstring(item))

    with pytest.raises(Nonsense, match="Openstaand"):
        list(provider.read("open items"))


def test_decimals_are_taken_as_they_stand() -> None:
    text = etree.tostring(EXCHANGES["articles"]).decode().replace("350.00", "350.1234")
    provider, _ = serving(GetArtikelen=etree.fromstring(text))

    assert everything(provider, "articles")[0]["VerkoopprijsExclBTW"] == Decimal("350.1234")


def test_a_day_is_given_as_it_was_written_and_no_day_as_nothing() -> None:
    told = relations(relation(AddDatum="2025-11-03T00:00:00+01:00"), relation(AddDatum="0001-01-01T00:00:00"))
    provider, _ = serving(GetRelaties=told)

    assert [each["AddDatum"] for each in everything(provider, "relations")] == ["2025-11-03T00:00:00+01:00", None]


def test_an_element_that_is_nil_holds_nothing() -> None:
    told = relations(relation()).replace(
        b"<Code>10042</Code>", b'<Code xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true" />'
    )
    provider, _ = serving(GetRelaties=told)

    assert everything(provider, "relations")[0]["Code"] is None


def test_an_element_that_is_left_out_is_left_out() -> None:
    provider, _ = serving(GetRelaties=relations(relation()).replace(b"<GSM></GSM>", b""))

    assert "GSM" not in everything(provider, "relations")[0]


def test_spaces_comments_and_line_breaks_stay_or_go_as_they_should() -> None:
    provider, _ = serving(GetRelaties=relations(relation(Notitie=" a<!-- b -->&#13;\nc <![CDATA[<d>]]> ")))

    assert everything(provider, "relations")[0]["Notitie"] == " a\r\nc <d> "


def test_records_come_in_pages_and_what_was_read_before_a_break_is_not_the_end() -> None:
    whole = relations(*(relation(ID=str(number)) for number in range(1, 1202)))
    provider, _ = serving(GetRelaties=[whole, whole[:-900]])
    assert [len(page) for page in provider.read("relations")] == [500, 500, 201]

    broken = provider.read("relations")
    assert [len(next(broken)), len(next(broken))] == [500, 500]
    with pytest.raises(Nonsense, match="beginning"):
        next(broken)


def test_the_vat_codes_come_without_a_call() -> None:
    provider, service = serving()
    codes = {each["Code"]: each["Percentage"] for each in everything(provider, "VAT codes")}

    assert (codes["HOOG_VERK_21"], codes["LAAG_VERK_9"], codes["GEEN"], codes["AFW_VERK"]) == (21, 9, 0, None)
    assert service.asked == []
    assert provider.fetch("VAT codes", "GEEN") is not None


def test_a_current_sales_code_is_the_only_one_with_its_percentage_above_zero() -> None:
    rows = [
        each for each in MANIFEST.resources["VAT codes"].rows or () if each["Side"] == "sale" and each["Percentage"]
    ]

    assert len({each["Percentage"] for each in rows}) == len(rows)


# Asking for one -------------------------------------------------------------------------------------------------


def test_a_record_is_fetched_by_its_id() -> None:
    provider, service = serving(GetRelaties=relations(relation()))

    assert (provider.fetch("relations", "4100201") or {})["Code"] == "10042"
    assert service.bodies[-1].findtext(f".//{{{SPACE}}}ID") == "4100201"


def test_what_the_service_gives_beside_the_question_is_left_aside() -> None:
    provider, _ = serving(GetRelaties=relations(relation(), relation(ID="7", Code="1004")))

    assert [each["ID"] for each in provider.find("relations", "Code", "1004")] == [7]
    assert provider.find("relations", "Code", "") == []
    assert provider.fetch("relations", "8") is None
    assert provider.fetch("relations", "0") is None


@pytest.mark.parametrize("key", ["abc", "", "1.0", "-", "²"])
def test_an_id_that_is_no_number_is_nowhere_and_not_asked_for(key: str) -> None:
    provider, service = serving()

    assert provider.fetch("relations", key) is None
    assert service.asked == []


def test_what_xml_cannot_carry_is_nowhere() -> None:
    provider, _ = serving(GetRelaties=relations(relation()))

    assert provider.find("relations", "Code", "\x07") == []


def test_a_field_without_a_filter_is_compared_here() -> None:
    provider, service = serving(GetArtikelen=EXCHANGES["articles"])

    assert [each["ArtikelID"] for each in provider.find("articles", "ArtikelCode", "BEL-09")] == [502]
    assert service.bodies[-1].findtext(f".//{{{SPACE}}}ArtikelCode") == ""


def test_an_invoice_is_found_by_its_number() -> None:
    provider, service = serving(GetMutaties=EXCHANGES["payments"])

    assert [each["MutatieNr"] for each in provider.find("mutations", "Factuurnummer", "2026-0017")] == [325]
    assert service.bodies[-1].findtext(f".//{{{SPACE}}}Factuurnummer") == "2026-0017"


@pytest.mark.parametrize("newest_by", ["number", "date"])
def test_mutations_behind_the_cap_are_read_too(newest_by: str) -> None:
    # Numbers with a gap; the dates run against them, so that "the last 500" means something else.
    numbers = [*range(1, 1300), *range(9000, 9900)]

    def answer(request: httpx.Request) -> httpx.Response:
        body = body_of(request)
        if operation_of(request) == "OpenSession":
            return httpx.Response(200, content=as_answer(EXCHANGES["login"]))
        low, high = (int(body.findtext(f".//{{{SPACE}}}{name}") or 0) for name in ("MutatieNrVan", "MutatieNrTm"))
        found = [each for each in numbers if each >= low and (not high or each <= high)]
        found = found[-500:] if newest_by == "number" else found[:500]
        row = "<cMutatieList><MutatieNr>{}</MutatieNr></cMutatieList>"
        return httpx.Response(
            200, content=result("GetMutaties", f"<Mutaties>{''.join(row.format(each) for each in found)}</Mutaties>")
        )

    provider = connected(httpx.MockTransport(answer))

    assert sorted(each["MutatieNr"] for each in everything(provider, "mutations")) == numbers


# Records in -----------------------------------------------------------------------------------------------------


def blow_up(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"this was never to be sent: {operation_of(request)}")


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"Bedrijf": "Bel\x07"}, "U\\+0007"),
        ({"Bedrijf": "half \ud83d"}, "U\\+D83D"),
        ({"Bedrijf": "￿"}, "U\\+FFFF"),
        ({"Bedrijf": 7}, "not a string"),
        ({"GeenEmail": "ja"}, "not a integer"),
        ({"GeenEmail": True}, "not a integer"),
        ({"AddDatum": "2 maart"}, "not a date"),
        ({"Actief": True}, "no such element"),
    ],
)
def test_what_cannot_travel_is_refused_before_anything_is_sent(changed: dict[str, Any], because: str) -> None:
    provider = connected(httpx.MockTransport(blow_up))

    with pytest.raises(RecordRefused, match=because):
        provider.create("relations", BICYCLES | changed)


@pytest.mark.parametrize("amount", [Decimal("1.005"), 1.5, "1.50", Decimal("NaN"), True])
def test_an_amount_that_would_lose_something_is_refused(amount: Any) -> None:
    lines = [{**INVOICE["MutatieRegels"][0], "BedragBTW": amount}]  # type: ignore[index]  # the table above is what it is
    provider = connected(httpx.MockTransport(blow_up))

    with pytest.raises(RecordRefused, match="BedragBTW"):
        provider.create("mutations", INVOICE | {"MutatieRegels": lines})


@pytest.mark.parametrize(
    ("resource", "how"), [("articles", "create"), ("open items", "create"), ("mutations", "update")]
)
def test_what_the_service_does_not_offer_is_refused(resource: str, how: str) -> None:
    provider = connected(httpx.MockTransport(blow_up))

    with pytest.raises(RecordRefused, match=how):
        provider.create(resource, {}) if how == "create" else provider.update(resource, "1", {}, {})


def test_an_update_says_what_it_cannot_send_back(caplog: pytest.LogCaptureFixture) -> None:
    provider, service = serving(
        GetRelaties=relations(relation(NieuwVeld="x")), UpdateRelatie=EXCHANGES["update a relation"]
    )
    seen = provider.fetch("relations", "4100201")
    assert seen
    assert seen["NieuwVeld"] == "x"

    provider.update("relations", "4100201", {"GSM": None, "Site": "korenaar.example"}, seen)

    assert "NieuwVeld" in caplog.text
    sent = {etree.QName(each).localname: each.text for each in service.bodies[-1][2]}
    before = {name: None if value is None else str(value) for name, value in seen.items() if name != "NieuwVeld"}
    assert sent == before | {"GSM": None, "Site": "korenaar.example"}


def test_a_login_with_an_unwritable_name_is_refused() -> None:
    with pytest.raises(LoginRefused, match="Username"):
        connected(httpx.MockTransport(blow_up), username="bel\x07").account()


def test_logging_out_never_fails() -> None:
    provider, service = serving(GetRelaties=relations(), CloseSession=httpx.Response(404))
    list(provider.read("relations"))
    provider.close()

    assert service.operations[-1] == "CloseSession"


PRINTABLE = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="￾￿") | st.sampled_from("\t\n\r"))
RELATION_TEXTS = [
    each.name for each in MANIFEST.resources["relations"].fields.values() if each.type == "string" and not each.format
]


@given(st.dictionaries(st.sampled_from(RELATION_TEXTS), PRINTABLE))
def test_every_text_comes_back_as_it_was_sent(texts: dict[str, str]) -> None:
    fields = MANIFEST.resources["relations"].fields
    dialect = soap_dialect.Dialect(SPACE, MANIFEST.types, ("LastErrorCode", "LastErrorDescription"))
    request = dialect.request("AddRelatie", {"oRel": dialect.write(fields, texts, "2026-03-02")})

    back = dialect.read(etree.fromstring(request)[0][0][0], fields)

    assert list(back) == list(fields)
    assert {name: value for name, value in back.items() if name in RELATION_TEXTS and value is not None} == {
        name: text for name, text in texts.items() if text
    }


# Against the sandbox, over a real connection --------------------------------------------------------------------


@pytest.fixture
def sandbox() -> Iterator[EboekhoudenSoapSandbox]:
    with EboekhoudenSoapSandbox(username="jansen-demo", today=lambda: date(2026, 3, 2)) as started:
        yield started


def at(sandbox: EboekhoudenSoapSandbox, **settings: str) -> EboekhoudenSoap:
    return connected(url=f"{sandbox.url}/soap.asmx", **settings)


def writing(operation: str) -> Callable[[Any], bool]:
    return lambda request: operation in request.headers.get("soapaction", "")


@pytest.mark.parametrize("wrong", ["username", "security_code_1", "security_code_2"])
@pytest.mark.parametrize("dotted", [True, False])
def test_whoever_is_not_known_is_told_so(sandbox: EboekhoudenSoapSandbox, wrong: str, dotted: bool) -> None:
    sandbox.dotted_error_codes = dotted

    with pytest.raises(LoginRefused) as caught:
        at(sandbox, **{wrong: "another"}).account()

    assert caught.value.code in ("E0011", "E0013")
    assert caught.value.cure


def test_a_new_password_is_noticed_when_the_session_ends(sandbox: EboekhoudenSoapSandbox) -> None:
    provider = at(sandbox)
    assert provider.account().title == "Jansen Demo B.V."
    sandbox.change_password("00000000000000000000000000000002")
    sandbox.expire_sessions()

    with pytest.raises(LoginRefused) as caught:
        provider.account()

    assert "security code 1" in caught.value.cure


@pytest.mark.parametrize("dotted", [True, False])
def test_a_session_that_expires_in_the_middle_of_a_run_is_opened_again(
    sandbox: EboekhoudenSoapSandbox, dotted: bool
) -> None:
    sandbox.dotted_error_codes = dotted
    provider = at(sandbox)
    provider.account()
    sandbox.expire_sessions()
    made = provider.create("relations", {"Code": "1", "Bedrijf": "Een", "BP": "B"})
    sandbox.expire_sessions()

    assert provider.fetch("relations", str(made["ID"]))
    assert [each.what for each in sandbox.calls].count("OpenSession") == 3
    assert len(sandbox.relations()) == 1


def test_threads_that_find_the_session_ended_open_one_for_all(sandbox: EboekhoudenSoapSandbox) -> None:
    provider = at(sandbox)
    provider.account()
    sandbox.expire_sessions()
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(
                lambda code: provider.create("relations", {"Code": code, "Bedrijf": code, "BP": "P"}),
                map(str, range(1, 41)),
            )
        )

    assert len({each["ID"] for each in made}) == 40
    assert [each.what for each in sandbox.calls].count("OpenSession") == 2


@pytest.mark.parametrize("style", ["empty", "childless", "absent"])
@pytest.mark.parametrize("empty_list", ["absent", "empty"])
def test_every_way_to_tell_success_and_nothing_is_understood(style: Any, empty_list: Any) -> None:
    with EboekhoudenSoapSandbox(username="jansen-demo", error_msg_style=style, empty_list=empty_list) as sandbox:
        provider = at(sandbox)

        assert everything(provider, "relations") == []
        made = provider.create("relations", {"Code": "1", "Bedrijf": "Een", "BP": "B"})
        provider.update(
            "relations", str(made["ID"]), {"GSM": "06-00000000"}, provider.fetch("relations", str(made["ID"])) or {}
        )
        assert [each["GSM"] for each in everything(provider, "relations")] == ["06-00000000"]


def test_an_update_leaves_everything_else_as_it_was(sandbox: EboekhoudenSoapSandbox) -> None:
    fields = MANIFEST.resources["relations"].fields.values()
    filled = {
        each.name: f"{each.name}é <&>"[: each.max_length]
        for each in fields
        if each.type == "string" and not each.enum and not each.read_only
    }
    number = sandbox.add_relation(**filled | {"BP": "P", "Geslacht": "v", "LA": "1", "Gb_ID": 9001300, "GeenEmail": 1})
    before = sandbox.relation(ID=number)
    provider = at(sandbox)
    seen = provider.fetch("relations", str(number))
    assert seen

    provider.update("relations", str(number), {"Telefoon": "030-1111111", "Site": None}, seen)

    assert sandbox.relation(ID=number) == before | {"Telefoon": "030-1111111", "Site": ""}


def test_relations_are_read_whole(sandbox: EboekhoudenSoapSandbox) -> None:
    for number in range(1203):
        sandbox.add_relation(Code=str(number), Bedrijf=f"Nummer {number}")
    pages = list(at(sandbox).read("relations"))

    assert [len(each) for each in pages] == [500, 500, 203]
    assert {each["Code"] for page in pages for each in page} == {str(number) for number in range(1203)}


def test_articles_are_read_with_the_inactive_ones(sandbox: EboekhoudenSoapSandbox) -> None:
    sandbox.add_article(ArtikelCode="A", ArtikelOmschrijving="Aan", Actief=True)
    sandbox.add_article(ArtikelCode="B", ArtikelOmschrijving="Uit", Actief=False)

    assert [(each["ArtikelCode"], each["Actief"]) for each in everything(at(sandbox), "articles")] == [
        ("A", True),
        ("B", False),
    ]


def test_ledger_accounts_have_their_category(sandbox: EboekhoudenSoapSandbox) -> None:
    provider = at(sandbox)
    found = provider.find("ledger accounts", "Code", "1300")

    assert [each["Categorie"] for each in found] == ["DEB"]
    assert provider.find("ledger accounts", "Categorie", "DEB") == found


@pytest.mark.parametrize("dotted", [True, False])
def test_an_invoice_is_posted_once_becomes_an_open_item_and_is_paid(
    sandbox: EboekhoudenSoapSandbox, dotted: bool
) -> None:
    sandbox.dotted_error_codes = dotted
    sandbox.add_relation(Code="10042", Bedrijf="Bakkerij De Korenaar")
    provider = at(sandbox)
    made = provider.create("mutations", INVOICE)
    assert (provider.fetch("mutations", str(made["MutatieNr"])) or {})["Factuurnummer"] == "2026-0017"

    with pytest.raises(RecordRefused) as again:
        provider.create("mutations", INVOICE)
    assert [each.means for each in MANIFEST.resources["mutations"].refusals if each.code == again.value.code] == [
        "already_there"
    ]
    item = provider.fetch("open items", "10042 / 2026-0017")
    assert item
    assert (item["Bedrag"], item["Voldaan"], item["Openstaand"]) == (Decimal("412.60"), 0, Decimal("412.60"))

    sandbox.pay("2026-0017", "100.00")
    item = provider.fetch("open items", "10042 / 2026-0017")
    assert item
    assert (item["Voldaan"], item["Openstaand"]) == (100, Decimal("312.60"))
    sandbox.pay("2026-0017")
    assert provider.fetch("open items", "10042 / 2026-0017") is None


def test_a_day_stays_its_day_and_an_amount_its_cents_however_they_are_told(sandbox: EboekhoudenSoapSandbox) -> None:
    sandbox.add_relation(Code="10042", Bedrijf="Jansen")
    sandbox.post_invoice("2026-0001", "10042", day=date(2026, 7, 1))
    sandbox.pay("2026-0001", "20.10")
    sandbox.days, sandbox.doubles = "with an offset", "binary"
    (item,) = everything(at(sandbox), "open items")

    assert item["MutDatum"] == "2026-07-01T00:00:00+02:00"
    assert [item[each] for each in ("Bedrag", "Voldaan", "Openstaand")] == [
        Decimal("121.00"), Decimal("20.10"), Decimal("100.90"),
    ]  # fmt: skip


def test_an_open_item_is_what_the_manifest_says_an_invoice_makes(sandbox: EboekhoudenSoapSandbox) -> None:
    sandbox.add_relation(Code="10042", Bedrijf="Bakkerij De Korenaar")
    provider = at(sandbox)
    made = provider.create("mutations", INVOICE)

    def told(how: Any) -> Any:
        if isinstance(how, str):
            return made[how]
        if "value" in how:
            return how["value"]
        lines, _, name = how["sum"].partition(".")
        return sum(each[name] for each in made[lines])

    expected = {name: told(how) for name, how in MANIFEST.resources["mutations"].makes["open items"].items()}
    found = everything(provider, "open items")[0]
    assert found | {"MutDatum": found["MutDatum"][:10]} == {"RelBedrijf": "Bakkerij De Korenaar"} | expected


@pytest.mark.parametrize(
    ("changed", "code", "means"),
    [
        ({"RelatieCode": "nobody"}, "CMUT017", "waits"),
        ({"Datum": "1979-12-31"}, "CMUT004", "invalid"),
        ({"Datum": "2026-01-31"}, "CMUT020", "invalid"),
        ({"Rekening": "8000"}, "CMUT016", "invalid"),
        ({"Omschrijving": None}, "CMUT005", "invalid"),
        ({"MutatieRegels": []}, "CMUT006", "invalid"),
    ],
)
def test_a_refused_invoice_says_why(
    sandbox: EboekhoudenSoapSandbox, changed: dict[str, Any], code: str, means: str
) -> None:
    sandbox.add_relation(Code="10042", Bedrijf="Bakkerij De Korenaar")
    sandbox.close_period(date(2026, 1, 31))

    with pytest.raises(RecordRefused) as caught:
        at(sandbox).create("mutations", INVOICE | changed)

    assert caught.value.code == code
    known = [
        each for each in MANIFEST.resources["mutations"].refusals if each.fits(caught.value.code, caught.value.says)
    ]
    assert [(each.means, bool(each.because)) for each in known] == [(means, True)]


def test_a_code_in_use_is_refused_as_already_there(sandbox: EboekhoudenSoapSandbox) -> None:
    sandbox.add_relation(Code="10044", Bedrijf="Een ander")

    with pytest.raises(RecordRefused) as caught:
        at(sandbox).create("relations", BICYCLES)

    assert [each.means for each in MANIFEST.resources["relations"].refusals if each.code == caught.value.code] == [
        "already_there"
    ]


@pytest.mark.parametrize(("mishap", "there"), [("before", 0), ("after", 1), ("garbage", 1), (502, 0)])
def test_a_lost_answer_to_a_write_is_unknown_and_can_be_looked_up(
    sandbox: EboekhoudenSoapSandbox, mishap: Any, there: int
) -> None:
    provider = at(sandbox)
    sandbox.mishap(mishap, when=writing("AddRelatie"))

    with pytest.raises(OutcomeUnknown):
        provider.create("relations", BICYCLES)

    assert len(provider.find("relations", MANIFEST.resources["relations"].look_up, "10044")) == there


def test_a_lost_answer_to_a_posting_can_be_looked_up(sandbox: EboekhoudenSoapSandbox) -> None:
    sandbox.add_relation(Code="10042", Bedrijf="Bakkerij De Korenaar")
    provider = at(sandbox)
    sandbox.mishap("after", when=writing("AddMutatie"))

    with pytest.raises(OutcomeUnknown):
        provider.create("mutations", INVOICE)

    assert len(provider.find("mutations", MANIFEST.resources["mutations"].look_up, "2026-0017")) == 1


def test_a_write_that_was_certainly_not_done_is_repeated(sandbox: EboekhoudenSoapSandbox) -> None:
    sandbox.mishap(429, when=writing("AddRelatie"))
    at(sandbox).create("relations", BICYCLES)

    assert len(sandbox.relations()) == 1


@pytest.mark.parametrize("mishap", ["before", "after", 500, 503])
def test_a_lost_answer_to_a_read_is_asked_for_again(sandbox: EboekhoudenSoapSandbox, mishap: Any) -> None:
    sandbox.add_relation(Code="1")
    sandbox.mishap(mishap, when=writing("GetRelaties"))

    assert len(everything(at(sandbox), "relations")) == 1


def test_mutations_beyond_the_cap_are_read_from_the_sandbox(sandbox: EboekhoudenSoapSandbox) -> None:
    sandbox.add_relation(Code="10042", Bedrijf="Bakkerij De Korenaar")
    for number in range(1101):
        sandbox.post_invoice(str(number), "10042")
    found = everything(at(sandbox), "mutations")

    assert len(found) == len({each["MutatieNr"] for each in found}) == 1101


def test_the_monthly_limit_is_told(sandbox: EboekhoudenSoapSandbox) -> None:
    sandbox.getmutaties_per_month = 1
    provider = at(sandbox)
    provider.find("mutations", "Factuurnummer", "1")

    with pytest.raises(LimitReached) as caught:
        provider.find("mutations", "Factuurnummer", "2")

    assert "month" in caught.value.cure
