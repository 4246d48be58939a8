"""Silverfin over a line of prepared answers: every exchange is the one that its facts show, to the letter."""

from __future__ import annotations

import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from silverfin_line_talk import API, FILE, HOST, MANIFEST, SETTINGS, SUBMIT, Talk, pair

from syncrules.errors import LoginRefused, Nonsense, OutcomeUnknown, OutOfStep, RecordRefused, Unreachable, UsageError
from syncrules.provider import Write
from syncrules_providers.silverfin_webhooks import is_signed

FIRM = "GET /user/firm"
COMPANIES = "GET /syncs/companies?page={}&per_page=50"
LINES: list[dict[str, Any]] = [
    {"id": "l-0", "date": "2026-09-15", "account_number": "400000", "value": Decimal("242.00"), "description": "Invoice 4021", "journal": "VERK", "document_number": "4021", "open_transaction": {"value": Decimal("242.00"), "category": "receivable"}, "due_date": "2026-10-15"},
    {"id": "l-1", "date": "2026-09-15", "account_number": "700000", "value": Decimal("-200.00"), "description": "Invoice 4021", "journal": "VERK", "document_number": "4021", "open_transaction": {"value": Decimal(0)}},
]  # fmt: skip


def kept(talk: Talk) -> dict[str, Any]:
    name, value = talk.kept[-1]
    assert name == "grant"
    found: dict[str, Any] = json.loads(value)
    return found


# The login --------------------------------------------------------------------------------------------------------


def test_the_code_is_exchanged_once_and_both_tokens_are_kept_before_they_are_used() -> None:
    order: list[str] = []
    talk = Talk({FIRM: [{"id": 1001, "name": "Kantoor Demo"}]})
    silverfin = talk.silverfin()
    silverfin._line._login._keep = lambda _: order.append(f"kept before {len(talk.asked)} calls")  # type: ignore[attr-defined]  # seen from inside

    assert silverfin.account().title == "Kantoor Demo"
    assert order == ["kept before 0 calls"]
    assert talk.logins == [
        {"grant_type": "authorization_code", "redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "client_id": "CID-000", "client_secret": "SEC-000", "code": "AUTH-1"}
    ]  # fmt: skip
    assert talk.asked[0].headers["authorization"] == "Bearer acc-1"


def test_no_authorization_goes_to_the_token_endpoint() -> None:
    talk = Talk({FIRM: [{"name": "Kantoor Demo"}]})
    talk.silverfin().account()

    assert ["authorization" in each for each in talk.login_headers] == [False]


def test_a_later_run_uses_the_access_that_was_kept_and_asks_for_no_other() -> None:
    first = Talk({FIRM: [{"name": "Kantoor Demo"}]})
    first.silverfin().account()
    later = Talk({FIRM: [{"name": "Kantoor Demo"}]}, clock=first.clock)
    later.silverfin(grant=first.kept[-1][1]).account()

    assert later.logins == []
    assert later.asked[0].headers["authorization"] == "Bearer acc-1"


def test_an_access_that_ends_is_renewed_with_the_token_that_came_last() -> None:
    talk = Talk({FIRM: [{"name": "Kantoor Demo"}]})
    silverfin = talk.silverfin()
    silverfin.account()
    talk.clock.sleep(7000)
    silverfin.account()

    assert talk.logins[1] == {
        "grant_type": "refresh_token", "redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "client_id": "CID-000", "client_secret": "SEC-000", "refresh_token": "ref-1"
    }  # fmt: skip
    assert kept(talk)["refresh_token"] == "ref-2"


def test_what_cannot_be_kept_is_not_used() -> None:
    talk = Talk({FIRM: [{"name": "Kantoor Demo"}]})
    silverfin = talk.silverfin()

    def full(_: str) -> None:
        raise OSError("the disk is full")

    keeps, silverfin._line._login._keep = silverfin._line._login._keep, full  # type: ignore[attr-defined]  # seen from inside
    with pytest.raises(OSError, match="full"):
        silverfin.account()
    silverfin._line._login._keep = keeps  # type: ignore[attr-defined]  # seen from inside
    silverfin.account()

    assert [each["grant_type"] for each in talk.logins] == ["authorization_code", "refresh_token"]
    assert [each.headers["authorization"] for each in talk.asked] == ["Bearer acc-2"]


def test_an_access_that_silverfin_ended_early_is_renewed_once() -> None:
    talk = Talk({FIRM: [(401, {"error": "The access token was revoked"}), {"name": "Kantoor Demo"}]})

    assert talk.silverfin().account().title == "Kantoor Demo"
    assert [each.headers["authorization"] for each in talk.asked] == ["Bearer acc-1", "Bearer acc-2"]


def test_an_access_that_is_refused_twice_is_told_with_its_cure() -> None:
    talk = Talk({FIRM: [(401, {"error": "The access token was revoked"})]})

    with pytest.raises(LoginRefused, match="no longer accepts the consent") as caught:
        talk.silverfin().account()
    assert "Admin" in caught.value.cure
    assert len(talk.asked) == 2


@pytest.mark.parametrize("status", [400, 401])
def test_a_code_that_was_used_before_is_told_with_its_cure(status: int) -> None:
    refused = {"error": "invalid_grant", "error_description": "The provided authorization grant is invalid"}
    talk = Talk(tokens=[(status, refused)])

    with pytest.raises(LoginRefused, match="used before or has expired") as caught:
        talk.silverfin().account()
    assert "new code" in caught.value.cure


def test_a_wrong_secret_is_told_apart_from_a_used_code() -> None:
    talk = Talk(tokens=[(401, {"error": "invalid_client"})])

    with pytest.raises(LoginRefused, match="client id or the client secret"):
        talk.silverfin().account()


@pytest.mark.parametrize("status", [200, 403])
def test_somebody_who_is_no_admin_is_told_to_ask_one(status: int) -> None:
    tokens = [pair(1)] if status == 200 else [(403, {"error": "forbidden"})]
    talk = Talk({FIRM: [(403, {"error": "forbidden"})]}, tokens=tokens)

    with pytest.raises(LoginRefused, match="only a user with the role Admin") as caught:
        talk.silverfin().account()
    assert "Pulse user" in caught.value.cure


def test_what_a_person_kept_is_tried_before_the_code() -> None:
    talk = Talk({FIRM: [{"name": "Kantoor Demo"}]}, tokens=[(401, {"error": "invalid_grant"}), pair(9)])
    talk.silverfin(grant=json.dumps({"refresh_token": "ref-old"})).account()

    assert [each["grant_type"] for each in talk.logins] == ["refresh_token", "authorization_code"]


def test_a_secret_that_silverfin_repeats_is_not_repeated_by_us() -> None:
    talk = Talk({SUBMIT: [(422, {"error": "acc-1 and SEC-000 and ref-1 are strange"})]})

    with pytest.raises(RecordRefused) as caught:
        talk.file().write_many("transactions", [], "m")
    assert not any(each in str(caught.value) for each in ("acc-1", "SEC-000", "ref-1"))


@pytest.mark.parametrize("answer", [{"": "acc-1"}, "acc-1 or SEC-000"])
def test_an_answer_that_cannot_be_read_is_quoted_without_our_secrets(answer: Any) -> None:
    talk = Talk({COMPANIES.format(1): [answer]})

    with pytest.raises(Nonsense) as caught:
        list(talk.silverfin().read("companies"))
    assert "***" in str(caught.value)
    assert not any(each in str(caught.value) for each in ("acc-1", "SEC-000"))


# Reading ----------------------------------------------------------------------------------------------------------


def test_client_files_are_read_until_a_page_is_not_full() -> None:
    full = [{**FILE, "id": number} for number in range(50)]
    talk = Talk({COMPANIES.format(1): [full], COMPANIES.format(2): [[{**FILE, "sync_start_at": None}]]})
    pages = list(talk.silverfin().read("companies"))

    assert [len(each) for each in pages] == [50, 1]
    assert pages[1] == [{**FILE, "sync_start_at": None}]
    assert [each.what for each in talk.asked] == [COMPANIES.format(1), COMPANIES.format(2)]


def test_a_full_last_page_is_followed_by_an_empty_one() -> None:
    full = [{**FILE, "id": number} for number in range(50)]
    talk = Talk({COMPANIES.format(1): [full], COMPANIES.format(2): [[]]})

    assert sum(len(each) for each in talk.silverfin().read("companies")) == 50


def test_the_languages_are_those_of_the_settings() -> None:
    talk = Talk({"GET /syncs/settings": [{"account_name_locales": ["nl", "fr"], "max_actions_per_request": 500}]})

    assert list(talk.silverfin().read("locales")) == [[{"code": "nl"}, {"code": "fr"}]]


def test_balances_are_read_for_each_period_and_are_exact() -> None:
    account = {"account": {"id": 7, "number": "400000", "name": "Klanten"}, "starred": False}
    talk = Talk(
        {
            "GET /companies/501/periods?page=1&per_page=200": [[{"id": 8, "end_date": "2026-03-31", "fiscal_year": {"end_date": "2026-12-31"}}]],
            "GET /companies/501/periods/8/accounts?page=1&per_page=200": [[{**account, "value": "12345.67"}, {**account, "value": 0.1}]],
        }
    )  # fmt: skip
    (page,) = talk.file().read("balances")

    assert page == [
        {"account_number": "400000", "value": value, "end_date": "2026-03-31", "year_end": "2026-12-31"}
        for value in (Decimal("12345.67"), Decimal("0.1"))
    ]


def test_an_answer_that_is_no_list_is_nonsense() -> None:
    talk = Talk({COMPANIES.format(1): [{"companies": []}]})

    with pytest.raises(Nonsense):
        list(talk.silverfin().read("companies"))


def test_a_client_file_is_known_by_its_firm_and_number_without_a_call() -> None:
    talk = Talk()

    assert (talk.file().account().id, talk.file().account().title) == ("1001/501", "Demo BV")
    assert talk.asked == []


def test_what_belongs_to_a_client_file_is_not_asked_of_the_firm() -> None:
    with pytest.raises(UsageError, match="which client file"):
        Talk().silverfin().mark()


# Writing ----------------------------------------------------------------------------------------------------------


def test_a_batch_travels_as_the_vendor_frames_it() -> None:
    talk = Talk({SUBMIT: [{"sync_point": "2026-09-15T10:00:00Z#1"}]})
    writes = [Write("create", "l-0", LINES[0]), Write("update", "l-1", LINES[1]), Write("delete", "l-9", {})]
    talk.file().write_many("transactions", writes, "2026-09-15T10:00:00Z#1")

    (asked,) = talk.asked
    assert asked.headers["content-type"] == "application/json"
    assert asked.body == {
        "sync_point": "2026-09-15T10:00:00Z#1",
        "extra_field_labels": ["Due date"],
        "actions": [
            {"upsert": {"id": "l-0", "date": "2026-09-15", "account_number": "400000", "value": Decimal("242.00"), "description": "Invoice 4021", "journal": "VERK", "document_number": "4021", "open_transaction": {"value": Decimal("242.00"), "category": "receivable"}, "extra_fields": ["2026-10-15"]}},
            {"upsert": {"id": "l-1", "date": "2026-09-15", "account_number": "700000", "value": Decimal("-200.00"), "description": "Invoice 4021", "journal": "VERK", "document_number": "4021", "open_transaction": None}},
            {"delete": {"id": "l-9"}},
        ],
    }  # fmt: skip


def test_accounts_travel_beside_no_action_under_a_mark_of_their_own() -> None:
    talk = Talk({SUBMIT: [{"sync_point": "m"}]})
    talk.file().write_many(
        "accounts", [Write("create", "400000", {"number": "400000", "names": {"nl": "Klanten"}})], "m"
    )

    assert talk.asked[0].body == {
        "sync_point": "m",
        "actions": [],
        "accounts": [{"number": "400000", "names": {"nl": "Klanten"}}],
    }


def test_references_are_replaced_all_at_once() -> None:
    talk = Talk({"POST /syncs/sync_references": [{}]})
    talk.silverfin().replace_all("sync references", [{"reference": "DEMO_BV", "name": "Demo BV"}], {})

    assert talk.asked[0].body == {"sync_references": [{"reference": "DEMO_BV", "name": "Demo BV"}]}


def test_nothing_is_computed_for_the_first_year() -> None:
    years = [{"start_date": f"{year}-01-01", "end_date": f"{year}-12-31"} for year in (2025, 2026)]
    beside = {"compute_opening_balances": True, "compute_retained_earnings": True, "retained_earnings_account": {"number": "140000"}}  # fmt: skip
    talk = Talk({"PUT /syncs/companies/501/settings": [{}]})
    talk.file().replace_all("years", years, beside)

    assert talk.asked[0].body == {
        "years": [
            {**years[0], "compute_opening_balances": False, "compute_retained_earnings": False},
            {**years[1], "compute_opening_balances": True, "compute_retained_earnings": True},
        ],
        "retained_earnings_account": {"number": "140000"},
    }


@pytest.mark.parametrize(("said", "mark"), [("2026-09-15T10:00:00Z#1", "2026-09-15T10:00:00Z#1"), (None, None)])
def test_the_mark_is_the_sync_point(said: str | None, mark: str | None) -> None:
    info = {"sync_point": said, "sync_start_at": None, "sync_reference": "DEMO_BV"}

    assert Talk({"GET /syncs/companies/501/info": [info]}).file().mark() == mark


def test_a_client_file_is_emptied_as_a_whole() -> None:
    talk = Talk({"DELETE /syncs/companies/501/reset": [{}]})
    talk.file().empty()

    assert [each.what for each in talk.asked] == ["DELETE /syncs/companies/501/reset"]


# What is refused, and what is lost ----------------------------------------------------------------------------------


def test_a_mark_that_is_not_ours_is_out_of_step() -> None:
    talk = Talk({SUBMIT: [(409, {"error": "invalid sync point"})]})

    with pytest.raises(OutOfStep, match="invalid sync point") as caught:
        talk.file().write_many("transactions", [], "m")
    assert "sends everything again" in caught.value.cure


@pytest.mark.parametrize("body", [{"error": "value is missing"}, {"errors": {"value": ["is missing"]}}])
def test_what_silverfin_does_not_take_is_refused_in_its_own_words(body: dict[str, Any]) -> None:
    talk = Talk({SUBMIT: [(422, body)]})

    with pytest.raises(RecordRefused, match="is missing"):
        talk.file().write_many("transactions", [], "m")


@pytest.mark.parametrize("answer", [(500, {}), (502, {}), httpx.ReadError("cut")])
def test_a_batch_whose_answer_is_lost_is_not_sent_again(answer: Any) -> None:
    talk = Talk({SUBMIT: [answer]})

    with pytest.raises(OutcomeUnknown):
        talk.file().write_many("transactions", [], "m")
    assert len(talk.asked) == 1


def test_a_second_call_for_one_company_waits_until_the_first_is_done() -> None:
    talk = Talk({SUBMIT: [(429, {"error": "busy"}), {"sync_point": "m"}]})
    talk.file().write_many("transactions", [], "m")

    assert len(talk.asked) == 2


def test_only_webhooks_that_call_us_are_taken_away() -> None:
    """A firm may have others: those of another connection, or of another program with the same client id."""
    ours, others = "https://sync.example/hooks/shop/silverfin/", "https://sync.example/hooks/shop-2/silverfin/"
    hooks = [{"id": 7, "url": f"{others}a"}, {"id": 8, "url": f"{ours}b"}, {"id": 9, "url": None}]
    talk = Talk({"GET /syncs/webhooks": [hooks], "DELETE /syncs/webhooks/8": [(204, None)]})
    talk.silverfin().unregister(ours)

    assert [each.what for each in talk.asked] == ["GET /syncs/webhooks", "DELETE /syncs/webhooks/8"]


def test_a_webhook_that_somebody_took_away_meanwhile_is_gone_and_the_others_go_too() -> None:
    ours = "https://sync.example/hooks/shop/silverfin/"
    hooks = [{"id": 7, "url": f"{ours}a"}, {"id": 8, "url": f"{ours}b"}]
    gone = (404, {"error": "not found"})
    talk = Talk({
        "GET /syncs/webhooks": [hooks], "DELETE /syncs/webhooks/7": [gone], "DELETE /syncs/webhooks/8": [(204, None)],
    })  # fmt: skip
    talk.silverfin().unregister(ours)

    assert [each.what for each in talk.asked][1:] == ["DELETE /syncs/webhooks/7", "DELETE /syncs/webhooks/8"]


def test_a_read_that_finds_nobody_says_that_nothing_was_written() -> None:
    talk = Talk({FIRM: [(503, {})]})

    with pytest.raises(Unreachable, match="503"):
        talk.silverfin().account()


def test_a_firm_that_is_not_there_is_told_with_where_its_number_stands() -> None:
    talk = Talk({FIRM: [(404, {"error": "not found"})]})

    with pytest.raises(LoginRefused, match="no such firm") as caught:
        talk.silverfin().account()
    assert "address of Silverfin" in caught.value.cure


def test_consent_for_another_firm_than_the_one_that_was_named_is_told() -> None:
    """The page of Silverfin only proposes the firm of the address: whoever is there may choose another."""
    talk = Talk({FIRM: [{"id": 1002, "name": "Ander Kantoor"}]})

    with pytest.raises(LoginRefused, match=r"the consent is that of 'Ander Kantoor' \(1002\), not of 1001") as caught:
        talk.silverfin().account()
    assert "choose this firm" in caught.value.cure


@pytest.mark.parametrize("answer", [{}, {"id": 1001}, {"name": ""}, {"error": "welcome"}])
def test_an_answer_that_names_no_firm_is_no_login(answer: dict[str, Any]) -> None:
    talk = Talk({FIRM: [answer]})

    with pytest.raises(Nonsense, match="user/firm"):
        talk.silverfin().account()


def test_an_amount_with_more_than_cents_is_refused_before_it_is_sent() -> None:
    talk = Talk()

    with pytest.raises(RecordRefused, match="more than 2 decimals"):
        talk.file().write_many("transactions", [Write("create", "l", {"id": "l", "value": Decimal("1.005")})], "m")
    assert talk.asked == []


def test_nothing_is_written_one_by_one() -> None:
    for write in (
        lambda: Talk().file().create("transactions", {}),
        lambda: Talk().file().update("transactions", "l", {}, {}),
        lambda: Talk().file().delete("transactions", "l"),
    ):
        with pytest.raises(RecordRefused, match="many at once"):
            write()


# Webhooks ---------------------------------------------------------------------------------------------------------


BODY = b'{"event":"sync.requested"}'


def test_one_signature_of_two_is_enough_while_a_token_is_being_renewed() -> None:
    signed = {"x-sf-signature-1": "00", "x-sf-signature-2": _hmac("new", BODY)}

    assert is_signed(BODY, signed, ("old", "new"))
    assert not is_signed(BODY, signed, ("new", "old"))
    assert not is_signed(BODY + b" ", signed, ("old", "new"))
    assert not is_signed(BODY, {}, ("old", "new"))
    assert not is_signed(BODY, {"X-SF-SIGNATURE-1": _hmac("", BODY)}, ("", ""))


def _hmac(token: str, body: bytes) -> str:
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


# The manifest -----------------------------------------------------------------------------------------------------


def test_whatever_can_be_created_says_how_a_lost_answer_is_resolved() -> None:
    assert all(each.unknown_outcome for each in MANIFEST.resources.values() if each.creatable)


SIGNED = {"signing_token_1", "signing_token_2"}


def test_what_is_secret_is_asked_for_as_such() -> None:
    assert {each.name for each in MANIFEST.asks if each.secret} == {"client_secret", "code", *SIGNED}
    assert {each.name for each in MANIFEST.asks} == {*SETTINGS, "url", *SIGNED}
    assert next(each.default for each in MANIFEST.asks if each.name == "url") == HOST
    assert API == "/api/v4/f/1001"
