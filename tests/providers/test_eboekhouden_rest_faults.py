"""The REST transport of e-Boekhouden: what goes wrong, and what is never concluded from it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest
from eboekhouden_rest_service import (
    BICYCLES,
    EXCHANGES,
    INVOICE,
    MANIFEST,
    SEEN,
    SESSION,
    everything,
    holding,
    listed,
    lost,
    query_of,
    refused,
    relation,
    row,
    serving,
    told,
    unreachable,
    where,
)

from syncrules.errors import (
    LoginRefused,
    Nonsense,
    OutcomeUnknown,
    RecordGone,
    RecordRefused,
    Unreachable,
)

# Faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        told(200, b"<html><h1>Even geduld"),
        told(200, b""),
        told(200, b"[]"),
        told(200, b'"items"'),
        told(200, {}),
        told(200, {"Items": [], "Count": 0}),
        told(200, {"items": {}, "count": 0}),
        told(200, {"items": [], "count": 3}),
        told(200, {"items": None, "count": 3}),
        told(200, {"items": [1], "count": 1}),
        told(200, {"items": [{"type": "B", "code": "1"}], "count": 1}),
        told(200, {"items": [{"Id": 1, "Type": "B", "Code": "1"}], "count": 1}),
        told(200, {"items": [{"id": 1}], "count": "many"}),
        told(200, b'{"items": [{"id": 1, "type": "B"'),
        refused("PAGE_001"),
        told(404, b"not here"),
        told(404, {"type": "validation", "title": "Nothing here.", "status": 404}),
        httpx.Response(302, headers={"location": "http://elsewhere.example/"}),
    ],
)
def test_what_is_no_list_is_never_taken_for_an_empty_one(answer: httpx.Response) -> None:
    provider, _ = serving({"GET /v1/relation": answer})

    with pytest.raises(Nonsense):
        everything(provider, "relations")


def test_nothing_is_told_in_two_ways() -> None:
    for answer in (listed(), told(200, {"items": None, "count": 0}), told(200, {"items": None, "count": None})):
        provider, _ = serving({"GET /v1/relation": answer})

        assert everything(provider, "relations") == []


@pytest.mark.parametrize(
    "answer",
    [
        told(200, row(relation())),
        told(200, relation(7)),
        told(200, {**relation(), "name": None}),
        told(200, {**relation(), "id": None}),
        told(200, {name.capitalize(): value for name, value in relation().items()}),
        told(200, {}),
        told(200, [relation()]),
        told(404, b"not here"),
        told(200, b"<html>"),
    ],
)
def test_what_is_no_relation_is_never_taken_for_a_poor_one(answer: httpx.Response) -> None:
    provider, _ = serving({"GET /v1/relation/4100201": answer})

    with pytest.raises(Nonsense):
        provider.fetch("relations", "4100201")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", 10042),
        ("name", ["Bakkerij"]),
        ("inactive", "nee"),
        ("inactive", 2),
        ("termOfPayment", "veertien"),
        ("termOfPayment", Decimal("14.5")),
        ("mandateSignedDate", "gisteren"),
        ("doNotReceiveNewsletters", {}),
    ],
)
def test_a_value_that_does_not_fit_is_an_error_and_never_an_empty_field(field: str, value: Any) -> None:
    provider, _ = serving({"GET /v1/relation/4100201": told(200, relation(**{field: value}))})

    with pytest.raises(Nonsense, match=field):
        provider.fetch("relations", "4100201")


@pytest.mark.parametrize(
    "answer",
    [
        lost,
        told(500, b"oops"),
        told(502),
        told(201, b"<html>"),
        told(201, b""),
        told(201, {}),
        told(201, {"id": 0}),
        told(201, {"id": None, "code": "10044"}),
        told(201, [4100203]),
    ],
)
def test_a_create_without_a_proper_answer_may_have_been_done_and_is_looked_up(answer: Any) -> None:
    provider, service = serving({"POST /v1/relation": answer, **holding(relation(4100203, **BICYCLES))})

    with pytest.raises(OutcomeUnknown):
        provider.create("relations", BICYCLES)

    assert service.calls.count("POST /v1/relation") == 1
    look_up = MANIFEST.resources["relations"].look_up
    assert [each["id"] for each in provider.find("relations", look_up, str(BICYCLES[look_up]))] == [4100203]


@pytest.mark.parametrize("answer", [lost, told(504)])
def test_a_lost_answer_to_an_update_is_unknown(answer: Any) -> None:
    provider, _ = serving({"PATCH /v1/relation/4100203": answer})

    with pytest.raises(OutcomeUnknown):
        provider.update("relations", "4100203", {"city": "Assen"}, SEEN)


def test_a_posting_whose_answer_was_lost_is_found_among_its_payments() -> None:
    invoice = {**EXCHANGES["payment"]["answer"], **INVOICE, "id": 318, "vat": []}
    rows = [
        {"id": 318, "type": 2, "date": "2026-03-02", "invoiceNumber": "2026-0017"},
        {"id": 326, "type": 3, "date": "2026-03-11", "invoiceNumber": "2026-0017,2026-0021"},
        EXCHANGES["payments"]["answer"]["items"][0],
    ]
    provider, service = serving(
        {
            "POST /v1/mutation": lost,
            "GET /v1/mutation": listed(*rows),
            "GET /v1/mutation/318": told(200, invoice),
            "GET /v1/mutation/325": told(200, EXCHANGES["payment"]["answer"]),
        }
    )
    with pytest.raises(OutcomeUnknown):
        provider.create("mutations", INVOICE)

    found = provider.find("mutations", MANIFEST.resources["mutations"].look_up, "2026-0017")

    assert [(each["id"], each["type"]) for each in found] == [(318, 2), (325, 3)]
    assert [query_of(each)["invoiceNumber"] for each in service.asked if where(each) == "GET /v1/mutation"] == [
        "2026-0017"
    ]


def test_whatever_can_be_created_says_how_a_lost_answer_is_resolved() -> None:
    assert {name: each.look_up for name, each in MANIFEST.resources.items() if each.creatable} == {
        "relations": "code",
        "products": "code",
        "mutations": "invoiceNumber",
        "invoices": "invoiceNumber",
    }


def test_a_write_that_was_certainly_not_done_is_repeated() -> None:
    busy = httpx.Response(429, headers={"retry-after": "7"})
    provider, service = serving({"POST /v1/relation": [busy, unreachable, told(201, {"id": 4100203, "code": "10044"})]})
    before = service.clock.time

    assert provider.create("relations", BICYCLES)["id"] == 4100203
    assert service.calls.count("POST /v1/relation") == 3
    assert service.clock.time >= before + 7


@pytest.mark.parametrize("first", [lost, unreachable, told(500), told(503), told(429)])
def test_a_lost_answer_to_a_read_or_a_login_is_asked_for_again(first: Any) -> None:
    login = told(200, {"token": SESSION, "expiresIn": 3600})
    provider, _ = serving({"POST /v1/session": [first, login], "GET /v1/unit": [first, listed({"id": 7})]})

    assert everything(provider, "units") == [{"id": 7}]


def test_a_service_that_does_not_answer_is_unreachable() -> None:
    provider, _ = serving({"GET /v1/unit": told(503)})

    with pytest.raises(Unreachable):
        everything(provider, "units")


@pytest.mark.parametrize(
    ("resource", "code", "means"),
    [
        ("relations", "REL_049", "already_there"),
        ("relations", "REL_008", "invalid"),
        ("mutations", "MUT_019", "already_there"),
        ("mutations", "MUT_020", "already_there"),
        ("mutations", "MUT_013", "waits"),
        ("mutations", "MUT_005", "invalid"),
        ("mutations", "MUT_111", "invalid"),
    ],
)
def test_a_refusal_is_one_that_the_manifest_explains(resource: str, code: str, means: str) -> None:
    record = BICYCLES if resource == "relations" else INVOICE
    provider, _ = serving({f"POST /v1/{MANIFEST.resources[resource].wire['path']}": refused(code)})

    with pytest.raises(RecordRefused) as caught:
        provider.create(resource, record)

    known = [each for each in MANIFEST.resources[resource].refusals if each.fits(caught.value.code, caught.value.says)]
    assert [(each.means, bool(each.because)) for each in known] == [(means, True)]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ({"errors": {"code": ["Code exists."], "name": ["Name missing."]}}, "Zo niet. Code exists. Name missing."),
        ({"errors": ["Code exists.", "Zo niet."]}, "Zo niet. Code exists."),
        ({"message": "A longer text.", "propertyName": "code"}, "A longer text. [code]"),
        ({"errors": None}, "Zo niet."),
        ({"errors": 7}, "Zo niet."),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_service(error: Mapping[str, Any], says: str) -> None:
    provider, _ = serving({"POST /v1/relation": refused("REL_900", **error)})

    with pytest.raises(RecordRefused) as caught:
        provider.create("relations", BICYCLES)

    assert (caught.value.says, caught.value.code) == (says, "REL_900")


def test_a_subscription_that_goes_no_further_refuses_the_record_and_says_what_helps() -> None:
    provider, _ = serving({"POST /v1/mutation": refused("PAKKET_001")})

    with pytest.raises(RecordRefused, match="subscription") as caught:
        provider.create("mutations", INVOICE)
    assert "subscription" in caught.value.cure


@pytest.mark.parametrize(("code", "says"), [("SECURITY_001", "no right"), ("SECURITY_877", "mutation was refused")])
def test_who_has_no_right_stops_the_run_and_blames_no_record(code: str, says: str) -> None:
    provider, _ = serving({"POST /v1/mutation": refused(code, status=403)})

    with pytest.raises(LoginRefused, match=says) as caught:
        provider.create("mutations", INVOICE)
    assert caught.value.cure


def test_a_relation_that_has_gone_is_told_as_gone_and_only_by_the_service_itself() -> None:
    gone, stranger = refused("REL_055", status=404), told(404, b"<html>no such page")
    for answer, kind in ((gone, RecordGone), (stranger, Nonsense)):
        provider, _ = serving({"PATCH /v1/relation/4100203": answer})
        with pytest.raises(kind):
            provider.update("relations", "4100203", {"city": "Assen"}, SEEN)

    provider, _ = serving({"GET /v1/relation/4100203": gone})
    assert provider.fetch("relations", "4100203") is None
