"""The e-Boekhouden sandbox over REST at its door: the published exchanges, sessions, pages, filters, and how it refuses."""

from __future__ import annotations

import inspect
import json
import re
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from eboekhouden_rest_talk import (
    DOCUMENT,
    EXCHANGES,
    OPENAPI,
    SPECIFICATION,
    TODAY,
    Talk,
    needs_document,
    needs_openapi,
    talking,
)

from syncrules_providers.sandboxes import eboekhouden_rest_tables as tables
from syncrules_providers.sandboxes.eboekhouden_rest import EboekhoudenRestSandbox
from syncrules_providers.sandboxes.eboekhouden_rest_errors import ERRORS


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> EboekhoudenRestSandbox:
    return talk.sandbox


# The published exchanges ----------------------------------------------------------------------------------------


def test_the_published_exchanges_come_out_as_published() -> None:
    with EboekhoudenRestSandbox(today=lambda: TODAY) as sandbox, httpx.Client() as http:
        talk = Talk(sandbox, http)
        prepare_as_published(sandbox)
        for each in EXCHANGES:
            asked, expected = each["asked"], each["told"]
            if each["name"] == "open items":
                sandbox.count_on(mutation=325)
                sandbox.pay("2026-0017", "100.00", day=date(2026, 3, 10))
            headers = {"Authorization": asked["session"]} if "session" in asked else {}
            response = talk.send(asked["method"], asked["path"].removeprefix("/v1/"), asked.get("body"), **headers)
            told: Any = json.loads(response.content) if response.content else None
            if each["name"] == "log in":
                talk.session, told["token"] = told["token"], "demo-session"
            if isinstance(told, dict):
                told = {**told, **({"traceId": "DEMO"} if "traceId" in told else {})}
                told = {name: value for name, value in told.items() if name not in each.get("besides", ())}

            assert (each["name"], response.status_code, told) == (
                each["name"],
                expected["status"],
                expected.get("body"),
            )


def prepare_as_published(sandbox: EboekhoudenRestSandbox) -> None:
    sandbox.add_relation(
        Code="10042", Bedrijf="Bakkerij De Korenaar", Contactpersoon="A. Vos", Geslacht="v", Adres="Molenweg 8",
        Postcode="3511 AA", Plaats="Utrecht", Land="Nederland", Adres2="Postbus 12", Postcode2="3500 BB",
        Plaats2="Utrecht", Land2="Nederland", Telefoon="030-0000000", Email="info@korenaar.example",
        Site="www.korenaar.example", BTWNummer="NL000000000B00", KvkNummer="00000000", IBAN="NL00BANK0000000000",
        BIC="BANKNL2A", Def1="ext-77", AddDatum=date(2025, 11, 3),
    )  # fmt: skip
    sandbox.add_relation(Code="10043", Bedrijf="P. Voorbeeld", BP="P")
    sandbox.count_on(unit=7, group=3, mutation=318, invoice=18, invoice_id=77)
    sandbox.add_article(
        ArtikelCode="FTS-01", ArtikelOmschrijving="Stadsfiets blauw", GroepOmschrijving="Fietsen", GroepCode="FTS",
        Eenheid="stuk", InkoopprijsExclBTW=Decimal("210.00"), VerkoopprijsExclBTW=Decimal("350.00"),
        VerkoopprijsInclBTW=Decimal("423.50"),
    )  # fmt: skip


# The specification ----------------------------------------------------------------------------------------------


@needs_openapi
def test_every_address_and_method_of_the_specification_is_answered(sandbox: EboekhoudenRestSandbox) -> None:
    assert SPECIFICATION is not None
    declared = {
        (path.removeprefix("/v1/"), method.upper()) for path, each in SPECIFICATION.paths.items() for method in each
    }
    answered = {(path, method) for path, methods in sandbox._routes.items() for method in methods}

    assert answered == declared


@needs_openapi
@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/v1/relation", 200, {"items": [{"id": 1, "name": "not in a list"}], "count": 1}),
        ("/v1/relation", 200, {"items": [{"id": "1"}], "count": 1}),
        ("/v1/mutation/1", 200, {"date": "2-3-2026"}),
        ("/v1/mutation/1", 404, {"title": "Mutation not found.", "status": 404}),
        ("/v1/mutation/1", 404, {"type": "validation", "title": "Not found.", "status": 404, "why": "?"}),
        ("/v1/mutation/1", 403, {"type": "validation", "title": "No.", "status": 403}),
        ("/v1/mutation/1", 401, {"type": "security", "title": "No.", "status": 401}),
        ("/v1/nothing", 404, {"title": "Not found."}),
    ],
)
def test_the_judge_finds_what_is_wrong(path: str, status: int, body: object) -> None:
    assert SPECIFICATION is not None
    with pytest.raises(AssertionError):
        SPECIFICATION.judge("GET", path, httpx.Response(status, json=body))


@needs_openapi
def test_every_code_of_the_specification_is_used_or_said_to_be_left_out() -> None:
    lists = re.findall(r'"x-error-codes": \[(.*?)\]', OPENAPI.read_text(encoding="utf-8"), re.DOTALL)
    named = {code for each in lists for code in re.findall(r'"(\w+)"', each)}

    assert len(named) > 150
    assert {each for each in named if each not in ERRORS and not left_out(each)} == set()


@needs_document
def test_every_code_of_the_facts_is_used_or_said_to_be_left_out() -> None:
    table = DOCUMENT.read_text(encoding="utf-8").partition("### 3.2 REST")[2].partition("## 4.")[0]
    named = set(codes_in(table))

    assert len(named) > 200
    assert {each for each in named if each not in ERRORS and not left_out(each)} == set()


def codes_in(table: str) -> Iterator[str]:
    """Read the codes out of a table: in full, as a number behind one of the same prefix, or as the end of a range."""
    for row in re.findall(r"^\| `[A-Z].*$", table, re.MULTILINE):
        prefix, last = "", 0
        for to, written in re.findall(r"(–?)`([A-Z_]*\d+|[A-Z_]+\*)`", row):
            start, digits = re.fullmatch(r"([A-Z_]*)(\d+|\*)", written).groups()  # type: ignore[union-attr]  # as above
            prefix = start or prefix
            if digits == "*":
                yield written
                continue
            first = last + 1 if to else int(digits)
            last = int(digits)
            yield from (f"{prefix}{each:0{len(digits)}d}" for each in range(first, last + 1))


def left_out(code: str) -> bool:
    return code in tables.CODES_NOT_EMULATED or re.sub(r"\d+$", "*", code) in tables.CODES_NOT_EMULATED


def test_nothing_is_both_emulated_and_left_out() -> None:
    assert not {each for each in ERRORS if left_out(each)}
    assert all(tables.NOT_EMULATED.values())


def test_every_assumption_with_a_switch_names_one_that_exists() -> None:
    switches = inspect.signature(EboekhoudenRestSandbox).parameters

    assert {each.switch for each in tables.ASSUMPTIONS if each.switch} <= set(switches)


# Sessions -------------------------------------------------------------------------------------------------------


def test_a_session_lives_for_an_hour() -> None:
    now = [0.0]
    with talking(clock=lambda: now[0]) as talk:
        now[0] = 3599.0
        assert talk.send("GET", "unit").status_code == 200
        now[0] = 3600.0
        assert talk.send("GET", "unit").status_code == 401
        talk.login()
        assert talk.send("GET", "unit").status_code == 200


def test_without_a_session_nothing_is_said(talk: Talk) -> None:
    for header in ("", "nonsense", "Bearer"):
        response = talk.send("GET", "relation", Authorization=header)

        assert (response.status_code, response.content) == (401, b"")


def test_a_closed_session_is_over(talk: Talk) -> None:
    talk.delete("session")

    assert talk.send("GET", "relation").status_code == 401
    assert talk.send("DELETE", "session").status_code == 401


def test_sessions_stand_beside_each_other(talk: Talk) -> None:
    first = talk.session
    talk.login()

    assert talk.session != first
    assert talk.send("GET", "unit", Authorization=first).status_code == 200


def test_a_session_is_sent_raw_and_bearer_is_passed_over_until_switched(talk: Talk) -> None:
    assert talk.send("GET", "unit", Authorization=f"Bearer {talk.session}").status_code == 200
    talk.sandbox.bearer_accepted = False
    assert talk.send("GET", "unit", Authorization=f"Bearer {talk.session}").status_code == 401


def test_a_new_token_lets_the_old_one_in_no_more(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    old = sandbox.token
    sandbox.renew_token("another-token")

    assert talk.send("GET", "unit").status_code == 200
    assert talk.login(accessToken=old).status_code == 403
    assert talk.login().status_code == 200


def test_a_source_is_short_and_without_a_hyphen_until_switched(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    assert [talk.login(source=each).status_code for each in ("a b_1", "x" * 10, "x" * 11, "a-b")] == [
        200,
        200,
        400,
        400,
    ]
    sandbox.strict_source = False
    assert talk.login(source="a rather-long source").status_code == 200


def test_accountants_list_every_administration(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    sandbox.accountant = True

    assert talk.items("administration") == talk.items("administration/linked")


# Pages and filters ----------------------------------------------------------------------------------------------


def test_pages_say_how_many_are_on_them_and_not_how_many_there_are(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    every = [each["id"] for each in talk.items("relation?limit=2000")]
    pages = [talk.get(f"relation?limit=10&offset={offset}") for offset in range(0, len(every) + 1, 10)]

    assert len(every) == len(sandbox.relations()) > 20
    assert [each["id"] for page in pages for each in page["items"]] == every
    assert [each["count"] for each in pages] == [10] * (len(every) // 10) + [len(every) % 10]


def test_a_page_has_a_hundred_rows_where_nobody_says(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    for each in range(101):
        sandbox.add_relation(Code=f"X{each}")

    assert len(talk.items("relation")) == 100


def test_nothing_is_an_empty_list_or_null_when_switched(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    assert talk.get("relation?code=nope") == {"items": [], "count": 0}
    sandbox.empty_items = "null"
    assert talk.get("relation?code=nope") == {"items": None, "count": 0}


def test_a_list_may_come_in_another_order(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    rising = talk.items("relation")
    sandbox.order = "falling"

    assert talk.items("relation") == rising[::-1]


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("code=10042", ["10042"]),
        ("code[eq]=10042", ["10042"]),
        ("CODE=10042", ["10042"]),
        ("code[like]=1004%25", ["10042", "10043", "10044", "10045", "10046", "10047", "10048", "10049"]),
        ("code[like]=1004?&type=P", []),
        ("code[like]=kl-?065", ["KL-0065"]),
        ("name=bakkerij%20de%20korenaar", ["10042"]),
        ("name[like]=%25KORENAAR", ["10042"]),
        ("name[like]=KORENAAR", []),
        ("name=[like]%25Korenaar", []),
        ("name[like]=dubbelgange?", ["10067", "10068"]),
        ("name[like]=dubbel.*", []),
        ("email=INFO@korenaar.example", ["10042"]),
        ("name[like]=dubbelgange?&code[not_like]=%257", ["10068"]),
        ("name[like]=dubbelgange?&code[not_eq]=10067", ["10068"]),
        ("city=utrecht&type=p&code[like]=10%25", ["10080"]),
        ("contact=&code=10042", ["10042"]),
        ("colour=red&code=10042", ["10042"]),
    ],
)  # fmt: skip
def test_relations_are_found_by_text(talk: Talk, condition: str, codes: list[str]) -> None:
    assert [each["code"] for each in talk.items(f"relation?{condition}")] == codes


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("id=2", [2]),
        ("id[not_eq]=2&type=2", [1, 3]),
        ("id[gt]=1", [2, 3]),
        ("id[gte]=2", [2, 3]),
        ("id[lt]=2&type=2", [1]),
        ("id[lte]=2&type[gt]=0", [1, 2]),
        ("id[range]=1,2", [1, 2]),
        ("type[range]=0,1", [0, 0]),
        ("date=2026-03-05", [2]),
        ("date[gte]=2026-03-05", [2, 3]),
        ("date[range]=2026-03-02,%202026-03-05", [1, 2]),
        ("date[lt]=2026-03-02", [0, 0]),
        ("invoiceNumber[like]=2026-000?", [1, 2, 3]),
        ("description[like]=%250002", [2]),
    ],
)
def test_mutations_are_found_by_number_day_and_text(
    sandbox: EboekhoudenRestSandbox, talk: Talk, condition: str, ids: list[int]
) -> None:
    sandbox.post_invoice("2026-0002", "10042", day=date(2026, 3, 5))
    sandbox.post_invoice("2026-0003", "10043", day=date(2026, 3, 9))

    assert [each["id"] for each in talk.items(f"mutation?{condition}")] == ids


@pytest.mark.parametrize(
    "condition",
    [
        "code[about]=1", "code[gt]=1", "code=1&code=2", "code=1&code[like]=2", "limit=some", "offset=1.5",
    ],
)  # fmt: skip
def test_a_condition_that_is_none_is_refused(talk: Talk, condition: str) -> None:
    assert talk.refusal("GET", f"relation?{condition}") == "ERR_002"


@pytest.mark.parametrize(
    "condition",
    ["id[like]=1", "id=x", "id[range]=1", "id[range]=1,2,3", "id=1,2", "date=2-3-2026", "date[range]=2026-03-02"],
)
def test_a_condition_of_numbers_or_days_that_is_none_is_refused(talk: Talk, condition: str) -> None:
    assert talk.refusal("GET", f"mutation?{condition}") == "ERR_002"


def test_a_plain_parameter_takes_no_operator(talk: Talk) -> None:
    assert len(talk.items("relation?limit[eq]=1")) > 1
    assert talk.refusal("GET", "mutation/invoice/outstanding?credDeb[eq]=D") == "MUTA_006"


# Bodies and refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media", ["application/json; charset=utf-8", "application/json-patch+json", "application/x+json"]
)
def test_json_goes_by_several_names(talk: Talk, media: str) -> None:
    body = b'{"name": "Zonder code"}'

    assert talk.send("POST", "relation", body, **{"Content-Type": media}).status_code == 201


def test_another_media_type_is_not_taken(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    before = sandbox.relations()

    assert (
        talk.send("POST", "relation", b"name=x", **{"Content-Type": "application/x-www-form-urlencoded"}).status_code
        == 415
    )
    assert sandbox.relations() == before


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"null", b'{"name": NaN}', b"\xff"])
def test_what_is_no_object_is_refused(talk: Talk, body: bytes) -> None:
    assert talk.refusal("POST", "relation", body) == "ERR_002"


def test_names_of_properties_may_be_written_in_any_case(talk: Talk) -> None:
    added = talk.post("relation", {"Name": "Hoofdletters", "PHONENUMBER": "1", "colour": "red"})

    assert talk.get(f"relation/{added['id']}")["phoneNumber"] == "1"


@pytest.mark.parametrize(
    ("style", "errors"), [("object", {"name": ["Name missing."]}), ("list", ["Name missing."]), ("absent", None)]
)
def test_a_refusal_says_what_is_wrong_in_several_shapes(talk: Talk, style: str, errors: object) -> None:
    talk.sandbox.errors_style = style  # type: ignore[assignment]  # one of the three
    told = talk.send("POST", "relation", {}).json()

    assert (told["type"], told["code"], told["propertyName"], told["status"]) == ("validation", "REL_002", "name", 400)
    assert told.get("errors") == errors
    assert told["traceId"]


def test_a_refused_login_says_how_secure_it_is(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    shown = {}
    for code in ("SECURITY_001", "SECURITY_002", "SECURITY_003"):
        sandbox.refuse_login(code)
        told = talk.login().json()
        shown[told["code"]] = (told["type"], told["status"], told["securityType"])
    sandbox.refuse_login(None)

    assert shown == {f"SECURITY_00{each}": ("security", 403, kind) for each, kind in ((1, 0), (2, 2), (3, 1))}
    assert talk.login().status_code == 200


def test_what_is_not_there_is_not_found(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    for path in ("relation/7", "relation/abc", "relation/-1", "product/0", "ledger/7/balance"):
        assert talk.send("GET", path).status_code == 404
    for path in ("vatcode", "relation/7/notes", ""):
        assert talk.send("GET", path).content == b""
        assert sandbox.calls[-1].status == 404


def test_what_was_booked_can_neither_be_changed_nor_removed(talk: Talk) -> None:
    for path in ("mutation/1", "invoice/71"):
        for method in ("PATCH", "DELETE"):
            response = talk.send(method, path, {})

            assert (response.status_code, response.headers["allow"]) == (405, "GET")
    assert talk.send("DELETE", f"relation/{talk.sandbox.relation(Code='10042')['ID']}").status_code == 405


def test_addresses_that_are_not_emulated_say_so(talk: Talk) -> None:
    for path in ("member", "member/1", "ledger/balances"):
        assert talk.send("GET", path).status_code == 501
    assert set(tables.NOT_EMULATED_ADDRESSES) <= set(tables.NOT_EMULATED)


def test_there_is_no_specification_here(sandbox: EboekhoudenRestSandbox) -> None:
    for path in ("/openapi/v1.json", "/swagger/v1/swagger.json", "/scalar"):
        assert httpx.get(sandbox.url + path).status_code == 404


def test_calls_run_out_for_a_while_when_switched() -> None:
    now = [0.0]
    with talking(clock=lambda: now[0]) as talk:
        talk.sandbox.calls_per_minute = 2
        statuses = [talk.send("GET", "unit").status_code for _ in range(2)]
        now[0] = 20.0
        refused = talk.send("POST", "relation", {"name": "Te vlug"})
        now[0] = 60.0

        assert statuses == [200, 200]
        assert (refused.status_code, refused.headers["retry-after"], refused.content) == (429, "40", b"")
        assert talk.send("GET", "relation?name=Te%20vlug").json()["count"] == 0


# What is empty --------------------------------------------------------------------------------------------------


def test_what_is_empty_is_left_out_of_a_relation_or_null(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    number = sandbox.relation(Code="10049")["ID"]
    bare = {"id", "type", "code", "date", "name", "inactive", "mandate", "doNotReceiveNewsletters"}
    assert set(talk.get(f"relation/{number}")) == bare
    sandbox.empties = "null"
    assert len(talk.get(f"relation/{number}")) > 40
    assert talk.get(f"relation/{number}")["note"] is None


def test_what_is_empty_may_be_left_out_everywhere(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    number = sandbox.article(ArtikelCode="BEL-09")["ArtikelID"]
    assert talk.get(f"product/{number}")["unitId"] is None
    sandbox.empties = "absent"
    assert "unitId" not in talk.get(f"product/{number}")


# The sandbox itself ---------------------------------------------------------------------------------------------


def test_it_says_how_it_is_reached(sandbox: EboekhoudenRestSandbox) -> None:
    assert sandbox.answers == {"token": "demo-token", "source": "syncrules", "url": sandbox.url}


def test_calls_are_known_by_their_address_and_only_writing_counts_as_writing(talk: Talk) -> None:
    relation = talk.relation("10042")
    talk.patch(f"relation/{relation['id']}", {"name": relation["name"]})
    talk.refusal("POST", "relation", {})
    talk.send("GET", "nothing")

    assert [(each.method, each.what, each.status) for each in talk.sandbox.calls] == [
        ("POST", "session", 200),
        ("GET", "relation", 200),
        ("GET", "relation/{id}", 200),
        ("PATCH", "relation/{id}", 204),
        ("POST", "relation", 400),
        ("GET", "nothing", 404),
    ]
    assert [each.what for each in talk.sandbox.writes] == ["relation/{id}"]


def test_a_lost_answer_leaves_the_relation_there(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    sandbox.mishap("after", when=lambda request: request.method == "POST")
    with pytest.raises(httpx.TransportError):
        talk.post("relation", {"name": "Nieuw", "code": "N1"})

    assert talk.refusal("POST", "relation", {"name": "Nieuw", "code": "N1"}) == "REL_049"


def test_a_story_of_any_size_can_be_told() -> None:
    with EboekhoudenRestSandbox.seeded(0) as few, EboekhoudenRestSandbox.seeded(30) as more:
        assert len(few.relations()) < len(more.relations())


def test_twenty_thousand_relations_come_page_by_page_within_seconds() -> None:
    with EboekhoudenRestSandbox.seeded(20_000) as sandbox, httpx.Client(timeout=60) as http:
        talk = Talk(sandbox, http)
        talk.login()
        started = time.perf_counter()
        found = sum(len(talk.items(f"relation?limit=2000&offset={each}")) for each in range(0, 24_000, 2000))

        assert found == len(sandbox.relations())
        assert time.perf_counter() - started < 20
