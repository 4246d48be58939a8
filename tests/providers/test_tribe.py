"""The Tribe transport: what it asks, to the letter, and what it makes of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import pytest

from syncrules import yaml
from syncrules.errors import (
    LoginRefused,
    Nonsense,
    OutcomeUnknown,
    ProviderError,
    RecordGone,
    RecordRefused,
)
from syncrules.http import Http
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest
from syncrules.provider import Provider, Record, find
from syncrules_providers.tribe import Tribe

MANIFEST = load_manifest(files("syncrules_providers") / "tribe.manifest.yaml")
SECRET = "geheim-van-de-molen"
SETTINGS = {"client_id": "app-7", "client_secret": SECRET}
ROOT = "https://api.tribecrm.nl/v1/odata/"
OWN, OURS = "0a000000-0000-4000-8000-000000000001", "0a000000-0000-4000-8000-0000000000ff"
ROLE, ORGANISATION = "1b000000-0000-4000-8000-000000000001", "2c000000-0000-4000-8000-000000000001"
VISIT, INVOICE_TO = "3d000000-0000-4000-8000-000000000001", "3d000000-0000-4000-8000-000000000002"
NL, SENT, PAID = (
    "4e000000-0000-4000-8000-000000000031",
    "5f000000-0000-4000-8000-000000000001",
    "5f000000-0000-4000-8000-000000000002",
)
INVOICE, PAYMENT, PRODUCT = (f"6a000000-0000-4000-8000-00000000000{each}" for each in (1, 2, 3))
CUSTOMERS = "Relationship_Organization_CommercialRelationship_Customer"
ADDRESSES = "InvoiceAddress($expand=Country),PostalAddress($expand=Country),VisitingAddress($expand=Country)"


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass(frozen=True)
class Asked:
    """A request as it went out."""

    method: str
    url: str
    query: str
    """As sent, still percent-encoded."""
    headers: Mapping[str, str]
    body: Any

    @property
    def path(self) -> str:
        return self.url.removeprefix(ROOT)

    @property
    def options(self) -> dict[str, str]:
        return dict(parse_qsl(self.query.replace("+", "%2B")))


@dataclass
class Line:
    """The other end of the line: answers one prepared answer after the other, and keeps what was asked."""

    answers: list[object]
    tokens: Iterator[object] = field(default_factory=lambda: iter(()))
    asked: list[Asked] = field(default_factory=list)
    logins: list[Asked] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        url, _, query = target.partition("?")
        asked = Asked(
            request.method, f"{request.url.scheme}://{request.url.host}{url}", query, request.headers, _body(request)
        )
        if request.url.host == "auth.tribecrm.nl":
            self.logins.append(asked)
            number = len(self.logins)
            return _response(
                next(self.tokens, {"access_token": f"t{number}", "token_type": "bearer", "expires_in": 3600})
            )
        self.asked.append(asked)
        assert self.answers, f"nothing is prepared for {request.method} {unquote(target)}"
        return _response(self.answers.pop(0))

    def tribe(self, manifest: Manifest = MANIFEST, **settings: str) -> Tribe:
        return connect(self, manifest, self.clock, **settings)


def connect(
    answer: Callable[[httpx.Request], httpx.Response], manifest: Manifest, clock: Clock, **settings: str
) -> Tribe:
    return Tribe(manifest, SETTINGS | settings, Http("Tribe CRM", clock, transport=httpx.MockTransport(answer)))


def _body(request: httpx.Request) -> Any:
    if request.headers.get("content-type") == "application/json":
        return json.loads(request.content, parse_float=Decimal)
    return request.content.decode()


def _response(answer: object) -> httpx.Response:
    match answer:
        case (int(status), bytes(content)):
            return httpx.Response(status, content=content)
        case (int(status), body):
            return httpx.Response(status, json=body)
        case Exception():
            raise answer
        case list():
            return httpx.Response(200, json={"@odata.context": "$metadata", "value": answer})
        case _:
            return httpx.Response(200, json=answer)


def refusal(status: int, message: str, code: str | None = None) -> tuple[int, object]:
    return status, {"error": {"code": code, "message": message}}


OUR_OWN: list[Record] = [{"ID": OWN, "Name": "Molen Modelbouw BV", "Relation": {"ID": OURS}}]


def customer(**changes: Any) -> Record:
    """A customer as Tribe answers it, a new one for every test."""
    whole: Record = {
        "ID": ROLE,
        "_Type": "Relationship.Organization.CommercialRelationship.Customer",
        "_Name": "Touwslagerij Knoop",
        "PaymentTermInDays": 30,
        "IsFormer": False,
        "FormerDate": None,
        "ImportId": None,
        "CreationDate": "2026-02-11T08:12:00Z",
        "LastMutationDate": "2026-03-01T10:04:31Z",
        "Organization": {
            "ID": ORGANISATION,
            "Name": "Touwslagerij Knoop",
            "DebtorNumber": "10077",
            "PhoneNumber": "030-0000077",
            "VisitingAddress": {
                "ID": VISIT,
                "Street": "Lijnbaan",
                "HouseNumber": 12.0,
                "Country": {"ID": NL, "Code": "NL"},
            },
            "InvoiceAddress": None,
            "PostalAddress": None,
        },
    }
    return whole | changes


def test_tribe_is_found_by_its_name() -> None:
    kind: type[Provider] = Tribe

    assert find("tribe").make is kind


# Logging in -----------------------------------------------------------------------------------------------------


def test_the_login_names_client_secret_and_scope_in_the_body() -> None:
    line = Line([OUR_OWN])

    line.tribe().account()

    (login,) = line.logins
    assert (login.method, login.url) == ("POST", "https://auth.tribecrm.nl/oauth2/token")
    assert login.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in login.headers
    assert login.body == f"grant_type=client_credentials&client_id=app-7&client_secret={SECRET}&scope=read%20write"


def test_an_empty_scope_is_not_asked_for() -> None:
    line = Line([OUR_OWN])

    line.tribe(scope=" ").account()

    assert "scope" not in line.logins[0].body


def test_the_account_is_our_own_organisation_and_is_asked_for_once() -> None:
    line = Line([OUR_OWN])
    tribe = line.tribe()

    account = tribe.account()
    tribe.account()

    assert (account.id, account.title) == (OURS, "Molen Modelbouw BV")
    (asked,) = line.asked
    assert (asked.method, asked.path) == ("GET", "Relationship_Organization_Identity")
    assert asked.options["$expand"] == "Relation($select=ID)"
    assert asked.options["$select"] == "Name"
    assert asked.headers["authorization"] == "Bearer t1"
    assert asked.headers["accept"] == "application/json"


@pytest.mark.parametrize("own", [[], OUR_OWN * 2, [{"ID": OWN, "Name": "?", "Relation": None}]])
def test_anything_but_one_own_organisation_is_an_error(own: list[Record]) -> None:
    with pytest.raises(ProviderError, match="exactly one own organisation"):
        Line([own]).tribe().account()


def test_a_token_is_renewed_a_minute_before_it_ends() -> None:
    line = Line([(404, {})] * 3)
    tribe = line.tribe()
    tribe.fetch("products", PRODUCT)
    line.clock.sleep(3539)
    tribe.fetch("products", PRODUCT)
    line.clock.sleep(2)
    tribe.fetch("products", PRODUCT)

    assert [each.headers["authorization"] for each in line.asked] == ["Bearer t1", "Bearer t1", "Bearer t2"]


@pytest.mark.parametrize("said", [{}, {"expires_in": None}, {"expires_in": "soon"}])
def test_a_token_without_an_end_lives_as_long_as_the_manifest_assumes(said: Record) -> None:
    line = Line([(404, {})] * 2, tokens=iter([{"access_token": "x", **said}]))
    tribe = line.tribe()
    tribe.fetch("products", PRODUCT)
    line.clock.sleep(3600 - 60 + 1)
    tribe.fetch("products", PRODUCT)

    assert len(line.logins) == 2


def test_a_refused_token_is_renewed_once_and_the_call_repeated() -> None:
    line = Line([(401, {}), {"ID": PRODUCT, "Name": "Anker"}])

    found = line.tribe().fetch("products", PRODUCT)

    assert found is not None
    assert [each.headers["authorization"] for each in line.asked] == ["Bearer t1", "Bearer t2"]


def test_a_refused_new_token_ends_the_run() -> None:
    line = Line([(401, {}), (401, {})])

    with pytest.raises(LoginRefused, match="a new token is refused as well"):
        line.tribe().fetch("products", PRODUCT)


@pytest.mark.parametrize(
    ("status", "said", "message"),
    [
        (
            401,
            {"error": "invalid_client", "error_description": f"no {SECRET}"},
            "the client id or the client secret is not right",
        ),
        (400, {"error": "invalid_scope"}, "the scope 'read write' is not granted"),
        (400, {"error": "invalid_grant"}, "the scope 'read write' is not granted"),
        (404, {}, "answered with status 404"),
        (400, {"error": f"<b>{SECRET}"}, r"answered with status 400$"),
    ],
)
def test_a_refused_login_names_its_cause_and_no_secret(status: int, said: Record, message: str) -> None:
    with pytest.raises(LoginRefused, match=message) as caught:
        Line([], tokens=iter([(status, said)])).tribe().account()

    assert caught.value.cure
    assert SECRET not in f"{caught.value} {caught.value.cure} {caught.value.code}"


@pytest.mark.parametrize("content", [b"<html>", b'{"access_token":"half-a-tok', b'{"access_token":""}', b"[]"])
def test_an_unreadable_login_is_nonsense_and_is_not_quoted(content: bytes) -> None:
    with pytest.raises(Nonsense, match="holds no token") as caught:
        Line([], tokens=iter([(200, content)])).tribe().account()

    assert "half" not in str(caught.value)


# Reading --------------------------------------------------------------------------------------------------------


def test_changed_customers_are_asked_for_with_the_stamps_of_their_parts() -> None:
    line = Line([[customer()]])

    (page,) = line.tribe().read("organisation customers", since="2026-03-01T10:00:00+00:00")

    (asked,) = line.asked
    assert asked.path == CUSTOMERS
    assert asked.options == {
        "$filter": " or ".join(
            f"({each} ge 2026-03-01T10:00:00Z)"
            for each in (
                "CreationDate",
                "LastMutationDate",
                "Organization/CreationDate",
                "Organization/LastMutationDate",
                "Organization/InvoiceAddress/CreationDate",
                "Organization/InvoiceAddress/LastMutationDate",
                "Organization/PostalAddress/CreationDate",
                "Organization/PostalAddress/LastMutationDate",
                "Organization/VisitingAddress/CreationDate",
                "Organization/VisitingAddress/LastMutationDate",
            )
        ),
        "$expand": f"Organization($expand={ADDRESSES})",
        "$orderby": "CreationDate,ID",
        "$top": "100",
        "$skip": "0",
        "$count": "true",
    }
    assert "+" not in asked.query
    assert "(CreationDate%20ge%202026-03-01T10:00:00Z)%20or%20(LastMutationDate%20ge" in asked.query
    number = page[0]["Organization"]["VisitingAddress"]["HouseNumber"]
    assert (number, type(number)) == (Decimal("12.0"), Decimal)
    assert page == [customer()]


def test_an_answer_is_read_whatever_its_content_type_says() -> None:
    line = Line([])
    line.answers = [(200, b'{"value": [{"ID": "x", "SalesPrice": 0.1}]}')]

    assert list(line.tribe().read("products")) == [[{"ID": "x", "SalesPrice": Decimal("0.1")}]]


@dataclass
class Shelf:
    """A list that can be paged, and that changes between two pages."""

    rows: list[str]
    then: Mapping[int, list[str]] = field(default_factory=dict)
    cap: int = 1000
    count: bool = True
    asked: list[tuple[int, int]] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.tribecrm.nl":
            return _response({"access_token": "t"})
        top, skip = int(request.url.params["$top"]), int(request.url.params["$skip"])
        self.asked.append((skip, top))
        answer: Record = {"value": [{"ID": each} for each in self.rows[skip : skip + min(top, self.cap)]]}
        if self.count and request.url.params.get("$count") == "true":
            answer["@odata.count"] = len(self.rows)
        self.rows = self.then.get(len(self.asked), self.rows)
        return httpx.Response(200, json=answer)

    def read(self, page: int) -> list[str]:
        manifest = replace(MANIFEST, wire={**MANIFEST.wire, "page": page})
        return [each["ID"] for rows in connect(self.answer, manifest, Clock()).read("units") for each in rows]


def test_pages_meet_in_one_record_and_each_record_comes_once() -> None:
    shelf = Shelf(list("abcdefgh"))

    assert shelf.read(page=4) == list("abcdefgh")
    assert shelf.asked == [(0, 4), (3, 4), (6, 4)]


@pytest.mark.parametrize("rows", ["", "a", "abcd", "abcde", "abcdefg"])
@pytest.mark.parametrize("count", [True, False])
def test_a_list_of_any_length_is_read_to_its_end(rows: str, count: bool) -> None:
    assert Shelf(list(rows), count=count).read(page=4) == list(rows)


@pytest.mark.parametrize(
    "after",
    ["bcdefghij", "efghij", "ghij", "j", "acdefghij", "abcefghij", "abcd", "", "0abcdefghij", "01234567abcdefghij"],
)
@pytest.mark.parametrize("moment", [1, 2])
def test_no_record_is_missed_when_others_vanish_or_appear_between_two_pages(after: str, moment: int) -> None:
    read = Shelf(list("abcdefghij"), {moment: list(after)}).read(page=4)

    assert set(after) - set("01234567") <= set(read)


def test_a_server_that_caps_its_pages_is_read_to_the_end() -> None:
    assert Shelf(list("abcdefgh"), cap=3).read(page=100) == list("abcdefgh")


def test_a_server_that_does_not_page_is_not_asked_for_ever() -> None:
    def stubborn(request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.tribecrm.nl":
            return _response({"access_token": "t"})
        return _response([{"ID": str(each)} for each in range(100)])

    with pytest.raises(Nonsense, match="do not follow each other"):
        list(connect(stubborn, MANIFEST, Clock()).read("units"))


def test_links_to_the_next_page_are_followed() -> None:
    line = Line([{"value": [{"ID": "a"}], "@odata.nextLink": "Datastore_Unit?$skiptoken=2"}, [{"ID": "b"}]])

    assert list(line.tribe().read("units")) == [[{"ID": "a"}], [{"ID": "b"}]]
    assert (line.asked[1].path, line.asked[1].options) == ("Datastore_Unit", {"$skiptoken": "2"})


def test_a_link_to_a_stranger_is_not_followed_with_our_token() -> None:
    line = Line([{"value": [], "@odata.nextLink": "https://elders.example/v1/odata/Datastore_Unit?x=1"}])

    with pytest.raises(Nonsense, match=r"elders\.example"):
        list(line.tribe().read("units"))
    assert len(line.asked) == 1


def test_one_record_is_read_by_its_key_with_its_parts() -> None:
    line = Line([customer(), (404, b"")])
    tribe = line.tribe()

    assert tribe.fetch("organisation customers", ROLE) == customer()
    assert tribe.fetch("organisation customers", ROLE) is None
    assert line.asked[0].path == f"{CUSTOMERS}({ROLE})"
    assert line.asked[0].options == {"$expand": f"Organization($expand={ADDRESSES})"}


def test_sent_invoices_come_with_phase_debtor_and_lines_in_their_order() -> None:
    lines = [
        {"ID": "b", "SortIndex": 2.0, "TotalIncludingVat": 21.0},
        {
            "ID": "a",
            "SortIndex": 1.0,
            "TotalIncludingVat": 221.0,
            "Product": {"ID": PRODUCT, "GeneralLedgerAccount": {"ID": "g", "Code": "8000"}},
            "VatGroup": {"ID": "v", "Code": "NL21", "Percentage": 21.0},
        },
    ]
    sent = {"ID": INVOICE, "Number": "20260311", "Phase": {"ID": SENT, "Code": "Sent"}, "TotalIncludingVat": 242.0}
    line = Line([[{**sent, "ProductLines": lines}]])

    ((invoice,),) = line.tribe().read("invoices", since="2026-03-01T00:00:00Z")

    (asked,) = line.asked
    assert asked.path == "Activity_Invoice"
    assert asked.options["$filter"] == (
        "(CreationDate ge 2026-03-01T00:00:00Z) or (LastMutationDate ge 2026-03-01T00:00:00Z)"
    )
    assert asked.options["$expand"] == (
        "Phase,Relationship($expand=Organization,Person),PaymentMethod,"
        "ProductLines($expand=Product($expand=GeneralLedgerAccount),VatGroup)"
    )
    assert [each["ID"] for each in invoice["ProductLines"]] == ["a", "b"]
    assert invoice["IsCredit"] is False


@pytest.mark.parametrize(("total", "credit"), [("-121.0", True), ("0.0", False), ("null", None)])
def test_a_negative_total_is_a_credit_note(total: str, credit: bool | None) -> None:
    line = Line([(200, f'{{"ID": "x", "TotalIncludingVat": {total}}}'.encode())])
    found = line.tribe().fetch("invoices", INVOICE)

    assert found is not None
    assert found.get("IsCredit") is credit


# Finding --------------------------------------------------------------------------------------------------------


def test_an_import_id_is_looked_up_as_a_part_and_compared_as_a_whole() -> None:
    hits = [
        customer(ID="x", ImportId="boeken:1:10"),
        customer(ImportId="boeken:1:1"),
        customer(ID="y", ImportId="BOEKEN:1:1"),
    ]
    line = Line([hits])

    assert line.tribe().find("organisation customers", "ImportId", "boeken:1:1") == [customer(ImportId="boeken:1:1")]
    assert line.asked[0].options["$filter"] == "contains(ImportId,'boeken:1:1')"


@pytest.mark.parametrize(
    ("resource", "name", "value", "condition"),
    [
        ("organisation customers", "Organization.DebtorNumber", "10077", "Organization/DebtorNumber eq '10077'"),
        ("products", "Code", "O'Neill 5+1 & #2 100%", "Code eq 'O''Neill 5+1 & #2 100%'"),
        ("products", "ID", PRODUCT, f"ID eq {PRODUCT}"),
        ("VAT groups", "Percentage", "21", "Percentage eq 21"),
        ("invoices", "Phase.Code", "Sent", "Phase/Code eq 'Sent'"),
    ],
)
def test_a_question_is_spelt_as_odata_wants_it(resource: str, name: str, value: str, condition: str) -> None:
    line = Line([[]])

    line.tribe().find(resource, name, value)

    assert line.asked[0].options["$filter"] == condition
    assert "+" not in line.asked[0].query
    assert " " not in line.asked[0].query


def test_what_cannot_be_a_number_is_not_asked_for() -> None:
    assert Line([]).tribe().find("products", "ID", "x or true") == []


# Creating -------------------------------------------------------------------------------------------------------


def test_a_customer_is_created_with_its_organisation_in_one_request() -> None:
    line = Line([OUR_OWN, [{"ID": NL, "Code": "NL"}], (201, {"ID": ROLE, "_Name": "Zeilmakerij Fok"})])

    made = line.tribe().create(
        "organisation customers",
        {
            "ImportId": "boeken:1:881",
            "PaymentTermInDays": 14,
            "Organization": {
                "Name": "Zeilmakerij Fok",
                "DebtorNumber": "10078",
                "Website": None,
                "InvoiceAddress": {"Street": "Kade", "HouseNumber": Decimal(3), "Country": {"Code": "NL"}},
                "PostalAddress": {"Street": None, "Country": {"Code": None}},
            },
        },
    )

    asked = line.asked[-1]
    assert (asked.method, asked.path, asked.query) == ("POST", CUSTOMERS, "")
    assert asked.headers["content-type"] == "application/json"
    assert asked.body == {
        "ImportId": "boeken:1:881",
        "PaymentTermInDays": 14,
        "Organization": {
            "Name": "Zeilmakerij Fok",
            "DebtorNumber": "10078",
            "InvoiceAddress": {"Street": "Kade", "HouseNumber": 3, "Country": {"ID": NL}},
        },
        "Relation": {"ID": OURS},
    }
    assert made["ID"] == ROLE
    assert made["_Name"] == "Zeilmakerij Fok"
    assert made["Organization"]["InvoiceAddress"]["Country"] == {"ID": NL, "Code": "NL"}


def test_the_id_of_a_new_part_is_kept_where_the_answer_tells_it() -> None:
    line = Line([OUR_OWN, (201, {"ID": ROLE, "Organization": {"ID": ORGANISATION, "InvoiceAddress": None}})])
    address = {"Street": "Kade"}

    made = line.tribe().create("organisation customers", {"Organization": {"Name": "Fok", "InvoiceAddress": address}})

    assert made["Organization"] == {"ID": ORGANISATION, "Name": "Fok", "InvoiceAddress": address}


def test_a_record_that_has_an_id_is_never_sent_as_a_new_one() -> None:
    line = Line([])

    with pytest.raises(ValueError, match="already has an id"):
        line.tribe().create("products", {"ID": PRODUCT, "Name": "Anker"})
    assert line.asked == []


def test_an_organisation_that_exists_is_only_attached() -> None:
    line = Line([OUR_OWN, (201, {"ID": ROLE})])

    made = line.tribe().create("organisation customers", {"Organization": {"ID": ORGANISATION}})

    assert [each.method for each in line.asked] == ["GET", "POST"]
    assert line.asked[-1].body == {"Organization": {"ID": ORGANISATION}, "Relation": {"ID": OURS}}
    assert made == {"ID": ROLE, "Organization": {"ID": ORGANISATION}}


def test_an_organisation_that_exists_is_brought_up_to_date_before_it_is_attached() -> None:
    organisation = customer()["Organization"]
    line = Line([OUR_OWN, organisation, {}, {}, (201, {"ID": ROLE})])

    made = line.tribe().create(
        "organisation suppliers",
        {
            "ImportId": "boeken:1:9",
            "Organization": {
                "ID": ORGANISATION,
                "CreditorNumber": "20077",
                "Website": None,
                "VisitingAddress": {"Street": "Lijnbaan 2e"},
                "InvoiceAddress": {"Street": "Kade"},
            },
        },
    )

    assert [(each.method, each.path, each.body) for each in line.asked if each.method != "GET"] == [
        ("PUT", f"Address({VISIT})", {"Street": "Lijnbaan 2e"}),
        (
            "PUT",
            f"Relation_Organization({ORGANISATION})",
            {"CreditorNumber": "20077", "InvoiceAddress": {"Street": "Kade"}},
        ),
        (
            "POST",
            "Relationship_Organization_Supplier",
            {"ImportId": "boeken:1:9", "Organization": {"ID": ORGANISATION}, "Relation": {"ID": OURS}},
        ),
    ]
    assert made["Organization"]["CreditorNumber"] == "20077"
    assert made["Organization"]["DebtorNumber"] == "10077"
    assert made["Organization"]["VisitingAddress"]["HouseNumber"] == Decimal("12.0")


def test_attaching_an_organisation_that_is_gone_refuses_the_record() -> None:
    with pytest.raises(RecordRefused, match="no longer has"):
        Line([OUR_OWN, (404, b"")]).tribe().create(
            "organisation customers", {"Organization": {"ID": ORGANISATION, "Name": "Fok"}}
        )


def test_a_product_is_created_with_links_that_are_looked_up_once() -> None:
    line = Line([[], [{"ID": "u", "Name": "Stuk"}], (201, {"ID": PRODUCT}), (201, {"ID": "q"})])
    tribe = line.tribe()
    product = {
        "Code": "ANK-01",
        "Name": "Anker",
        "SalesPrice": Decimal("12.50"),
        "IsVatIncluded": False,
        "Unit": {"Name": "Stuk"},
        "VatGroup": {"ID": "v"},
        "ProductGroup": "g",
    }

    assert tribe.find("products", "Code", "ANK-01") == []
    tribe.create("products", product)
    tribe.create("products", {**product, "Code": "ANK-02"})

    found, unit, first, second = line.asked
    assert (found.path, found.options["$filter"]) == ("Product", "Code eq 'ANK-01'")
    assert (unit.path, unit.options["$filter"]) == ("Datastore_Unit", "Name eq 'Stuk'")
    assert (first.method, first.path) == ("POST", "Product")
    assert first.body == {
        "Code": "ANK-01",
        "Name": "Anker",
        "SalesPrice": Decimal("12.50"),
        "IsVatIncluded": False,
        "Unit": {"ID": "u"},
        "VatGroup": {"ID": "v"},
        "ProductGroup": {"ID": "g"},
    }
    assert second.body["Unit"] == {"ID": "u"}


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([], "none of the units has the Name 'Doos'"),
        ([{"ID": "1", "Name": "Doos"}, {"ID": "2", "Name": "Doos"}], "several units"),
    ],
)
def test_a_link_that_leads_nowhere_or_to_two_refuses_the_record(found: list[Record], message: str) -> None:
    with pytest.raises(RecordRefused, match=message) as caught:
        Line([found]).tribe().create("products", {"Name": "Anker", "Unit": {"Name": "Doos"}})
    assert caught.value.cure


def test_a_payment_points_to_its_invoice_and_the_invoice_then_becomes_paid() -> None:
    line = Line([(201, {"ID": PAYMENT}), [{"ID": PAID, "Code": "Paid", "_Name": "Betaald"}], {"ID": INVOICE}])
    tribe = line.tribe()

    tribe.create(
        "payments",
        {"Invoice": {"ID": INVOICE}, "Amount": Decimal("242.00"), "Currency": "EUR", "Reference": "boeken:1:9917"},
    )
    after = tribe.update(
        "invoices",
        INVOICE,
        {"Phase": {"Code": "Paid"}},
        {"ID": INVOICE, "Number": "1", "Phase": {"ID": SENT, "Code": "Sent"}},
    )

    payment, phases, invoice = line.asked
    assert (payment.method, payment.path) == ("POST", "Payment")
    assert payment.body == {
        "Invoice": {"ID": INVOICE},
        "Amount": Decimal("242.00"),
        "Currency": "EUR",
        "Reference": "boeken:1:9917",
    }
    assert (phases.path, phases.options["$filter"]) == ("Datastore_Phase_ActivityInvoice", "Code eq 'Paid'")
    assert (invoice.method, invoice.path) == ("PUT", f"Activity_Invoice({INVOICE})")
    assert invoice.body == {"Phase": {"ID": PAID}}
    assert after == {"ID": INVOICE, "Number": "1", "Phase": {"ID": PAID, "Code": "Paid", "_Name": "Betaald"}}


# Updating -------------------------------------------------------------------------------------------------------


def test_a_change_of_a_part_goes_to_the_part_alone() -> None:
    line = Line([{"ID": ORGANISATION, "LastMutationDate": "2026-03-02T00:00:00Z"}])

    after = line.tribe().update(
        "organisation customers", ROLE, {"Organization": {"PhoneNumber": "030-0000078"}}, customer()
    )

    (asked,) = line.asked
    assert (asked.method, asked.path) == ("PUT", f"Relation_Organization({ORGANISATION})")
    assert asked.body == {"PhoneNumber": "030-0000078"}
    assert after["Organization"]["PhoneNumber"] == "030-0000078"
    assert after["Organization"]["LastMutationDate"] == "2026-03-02T00:00:00Z"
    assert after["Organization"]["VisitingAddress"] == customer()["Organization"]["VisitingAddress"]


def test_a_former_customer_is_marked_on_the_role() -> None:
    line = Line([(204, b"")])
    changes = {"IsFormer": True, "FormerDate": "2026-03-02T00:00:00Z"}

    after = line.tribe().update("organisation customers", ROLE, changes, customer())

    (asked,) = line.asked
    assert (asked.method, asked.path, asked.body) == ("PUT", f"{CUSTOMERS}({ROLE})", changes)
    assert after == customer(**changes)


def test_an_address_that_is_there_is_changed_in_place() -> None:
    line = Line([[{"ID": "be", "Code": "BE"}], {}])
    changes = {"Organization": {"VisitingAddress": {"HouseNumber": Decimal(14), "Country": {"Code": "BE"}}}}

    after = line.tribe().update("organisation customers", ROLE, changes, customer())

    assert (line.asked[-1].method, line.asked[-1].path) == ("PUT", f"Address({VISIT})")
    assert line.asked[-1].body == {"HouseNumber": 14, "Country": {"ID": "be"}}
    assert after["Organization"]["VisitingAddress"] == {
        "ID": VISIT,
        "Street": "Lijnbaan",
        "HouseNumber": Decimal(14),
        "Country": {"ID": "be", "Code": "BE"},
    }


def test_an_address_that_is_not_there_is_made_inside_a_write_of_its_owner() -> None:
    line = Line([{}])
    changes = {
        "Organization": {
            "Name": "Knoop BV",
            "InvoiceAddress": {"Street": "Kade", "Extra": None},
            "PostalAddress": {"City": None},
        }
    }

    after = line.tribe().update("organisation customers", ROLE, changes, customer())

    (asked,) = line.asked
    assert (asked.method, asked.path) == ("PUT", f"Relation_Organization({ORGANISATION})")
    assert asked.body == {"Name": "Knoop BV", "InvoiceAddress": {"Street": "Kade"}}
    assert after["Organization"]["InvoiceAddress"] == {"Street": "Kade"}
    assert after["Organization"]["PostalAddress"] is None


def test_an_address_can_be_made_first_and_linked_then_if_the_manifest_says_so() -> None:
    kind = MANIFEST.types["Address"]
    linked = replace(
        MANIFEST, types={**MANIFEST.types, "Address": replace(kind, wire={**kind.wire, "added": "linked"})}
    )
    line = Line([(201, {"ID": INVOICE_TO}), {}])

    changes = {"Organization": {"InvoiceAddress": {"Street": "Kade"}}}
    after = line.tribe(linked).update("organisation customers", ROLE, changes, customer())

    assert [(each.method, each.path, each.body) for each in line.asked] == [
        ("POST", "Address", {"Street": "Kade"}),
        ("PUT", f"Relation_Organization({ORGANISATION})", {"InvoiceAddress": {"ID": INVOICE_TO}}),
    ]
    assert after["Organization"]["InvoiceAddress"] == {"ID": INVOICE_TO, "Street": "Kade"}


def test_an_address_that_goes_is_unlinked() -> None:
    line = Line([{}])

    after = line.tribe().update("organisation customers", ROLE, {"Organization": {"VisitingAddress": None}}, customer())

    assert line.asked[0].path == f"Relation_Organization({ORGANISATION})"
    assert line.asked[0].body == {"VisitingAddress": None}
    assert after["Organization"]["VisitingAddress"] is None


def test_parts_are_written_before_the_record_and_a_failure_stops_there() -> None:
    line = Line([{}, refusal(400, "De naam is te lang")])
    changes = {"IsFormer": True, "Organization": {"Name": "Knoop", "VisitingAddress": {"Street": "Baan"}}}

    with pytest.raises(RecordRefused, match="De naam is te lang"):
        line.tribe().update("organisation customers", ROLE, changes, customer())
    assert [each.path for each in line.asked] == [f"Address({VISIT})", f"Relation_Organization({ORGANISATION})"]


def test_a_reference_is_taken_away_with_null() -> None:
    line = Line([{}])

    line.tribe().update("products", PRODUCT, {"GeneralLedgerAccount": {"Code": None}}, {"ID": PRODUCT})

    assert line.asked[0].body == {"GeneralLedgerAccount": None}


# Trouble --------------------------------------------------------------------------------------------------------


def test_a_write_to_a_record_that_is_gone_says_so() -> None:
    with pytest.raises(RecordGone, match=PRODUCT):
        Line([refusal(404, "No entity")]).tribe().update("products", PRODUCT, {"Name": "Anker"}, {"ID": PRODUCT})


def test_a_part_that_is_gone_does_not_make_its_record_gone() -> None:
    with pytest.raises(RecordRefused, match=VISIT):
        Line([(404, b"")]).tribe().update(
            "organisation customers", ROLE, {"Organization": {"VisitingAddress": {"City": "Urk"}}}, customer()
        )


@pytest.mark.parametrize("status", [400, 404])
def test_invoices_without_their_module_are_explained(status: int) -> None:
    missing = refusal(status, "Entity type not found: Activity.Invoice")
    line = Line([missing] * 3)
    tribe = line.tribe()

    for ask in (
        lambda: list(tribe.read("invoices")),
        lambda: tribe.fetch("invoices", INVOICE),
        lambda: tribe.update("invoices", INVOICE, {"Subject": "x"}, {"ID": INVOICE}),
    ):
        with pytest.raises(ProviderError, match="Activity_Invoice") as caught:
            ask()
        assert type(caught.value) is ProviderError
        assert "module Billing" in caught.value.cure


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (refusal(400, "Name is required", "42"), "Name is required"),
        (refusal(409, "De factuur is verzonden"), "De factuur is verzonden"),
        (refusal(403, "Geen recht"), "Geen recht"),
        ((422, b"<html>"), "refused with status 422"),
        ((400, b""), "refused with status 400"),
    ],
)
def test_a_refused_write_keeps_the_words_of_the_refusal(answer: object, message: str) -> None:
    line = Line([answer, answer])
    tribe = line.tribe()

    with pytest.raises(RecordRefused, match=message):
        tribe.create("products", {"Name": "Anker"})
    with pytest.raises(RecordRefused, match=message):
        tribe.update("products", PRODUCT, {"Name": "Anker"}, {"ID": PRODUCT})


def test_a_list_that_we_may_not_read_is_a_refused_login() -> None:
    with pytest.raises(LoginRefused, match="we may not read Product: Geen recht") as caught:
        list(Line([refusal(403, "Geen recht")]).tribe().read("products"))
    assert "right" in caught.value.cure


def test_a_question_that_is_not_understood_is_an_error_of_the_system() -> None:
    with pytest.raises(ProviderError, match="Product cannot be read: no such property"):
        list(Line([refusal(400, "no such property")]).tribe().read("products"))


@pytest.mark.parametrize(
    "content", [b"<html><h1>Onderhoud", b"", b"[1]", b'{"value": 3}', b'{"value": [3]}', b"\xff", b"[" * 9000]
)
def test_a_list_that_cannot_be_read_is_nonsense(content: bytes) -> None:
    with pytest.raises(Nonsense, match="Product"):
        list(Line([(200, content)]).tribe().read("products"))


@pytest.mark.parametrize("content", [b"<html><h1>Onderhoud", b"[1]", b"\xff"])
def test_a_write_whose_answer_cannot_be_read_may_have_been_done(content: bytes) -> None:
    line = Line([(200, content), (200, content)])
    tribe = line.tribe()

    with pytest.raises(OutcomeUnknown):
        tribe.create("products", {"Name": "Anker"})
    with pytest.raises(OutcomeUnknown):
        tribe.update("products", PRODUCT, {"Name": "Anker"}, {"ID": PRODUCT})


def test_a_new_record_without_an_id_may_have_been_made() -> None:
    with pytest.raises(OutcomeUnknown, match="holds no id"):
        Line([(201, {})]).tribe().create("products", {"Name": "Anker"})


def test_a_lost_answer_to_a_write_is_not_repeated() -> None:
    line = Line([httpx.ReadError("reset")])

    with pytest.raises(OutcomeUnknown):
        line.tribe().create("products", {"Name": "Anker"})
    assert len(line.asked) == 1


def test_an_answer_that_cannot_be_read_is_quoted_without_our_secrets() -> None:
    with pytest.raises(Nonsense, match=r"begins with '\*\*\* and \*\*\* <html>") as caught:
        list(
            Line(
                [(200, f"ticket-1 and {SETTINGS['client_secret']} <html>".encode())],
                tokens=iter([{"access_token": "ticket-1", "expires_in": 3600}]),
            )
            .tribe()
            .read("products")
        )
    assert SETTINGS["client_secret"] not in str(caught.value)


def test_a_redirect_is_nonsense() -> None:
    with pytest.raises(Nonsense, match="302"):
        list(Line([(302, b"")]).tribe().read("products"))


def test_only_webhooks_that_call_us_are_taken_away() -> None:
    ours, others = "https://sync.example/hooks/shop/tribe/", "https://sync.example/hooks/shop-2/tribe/"
    hooks = [{"id": 7, "webhookUrl": f"{others}a"}, {"id": 8, "webhookUrl": f"{ours}b"}, {"id": 9, "webhookUrl": None}]
    line = Line([(200, hooks), (204, b"")])
    line.tribe().unregister(ours)

    assert [(each.method, each.url.rpartition("/v1/")[2]) for each in line.asked] == [
        ("GET", "webhooks"),
        ("DELETE", "webhooks/8"),
    ]


def test_of_invoices_nobody_has_seen_that_their_stamps_tell_what_changed() -> None:
    said = yaml.load((files("syncrules_providers") / "tribe.manifest.yaml").read_text(encoding="utf-8"), "tribe").data
    ways = {name: each["changes"] for name, each in said["resources"].items() if "changes" in each}

    assert [name for name, each in ways.items() if each["certainty"] == "seen"] == ["products"]
