"""The SyncAPI of the Silverfin sandbox: references, years, transactions, resets, and one call at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from silverfin_talk import CHART, NO_SURPRISES, YEARS, Talk, push, talking, upsert

from syncrules_providers.sandboxes.silverfin import SilverfinSandbox
from syncrules_providers.sandboxes.silverfin_wire import Refused


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> SilverfinSandbox:
    return talk.sandbox


def ids(sandbox: SilverfinSandbox, file: int = 501) -> list[str]:
    return [each["id"] for each in sandbox.transactions(file)]


def pushed_references(talk: Talk, **names: str) -> None:
    body = {"sync_references": [{"reference": each, "name": name} for each, name in names.items()]}
    assert talk.send("POST", "/syncs/sync_references", body).status_code == 200


# The firm and its files -----------------------------------------------------------------------------------------


def test_the_limits_are_told(talk: Talk) -> None:
    assert talk.get("/syncs/settings") == {
        "max_analytical_dimensions": 5,
        "account_name_locales": ["nl", "fr", "en"],
        "max_actions_per_request": 500,
    }


def test_a_person_chooses_among_the_references_that_were_pushed() -> None:
    with talking(connected=False) as talk:
        with pytest.raises(Refused, match="Connect the firm"):
            talk.sandbox.choose_reference(501, "DEMO_BV")
        talk.login()
        with pytest.raises(Refused, match="no reference 'DEMO_BV'"):
            talk.sandbox.choose_reference(501, "DEMO_BV")
        pushed_references(talk, DEMO_BV="Demo", ANDERS="Anders BV")
        assert talk.get("/syncs/companies") == []

        talk.sandbox.choose_reference(501, "DEMO_BV", start=date(2025, 1, 1))

        row = {"sync_reference": "DEMO_BV", "sync_point": None, "sync_start_at": "2025-01-01"}
        assert talk.get("/syncs/companies") == [{"id": 501, "name": "Demo BV", **row}]
        assert talk.info() == row


def test_a_reference_can_be_typed_in_wrongly(talk: Talk) -> None:
    talk.sandbox.choose_reference(501, "DEMO-BV", typed=True)

    assert talk.info()["sync_reference"] == "DEMO-BV"


def test_the_list_of_references_is_replaced_as_a_whole_and_files_keep_theirs(talk: Talk) -> None:
    pushed_references(talk, DEMO_BV="Demo", ANDERS="Anders BV")
    pushed_references(talk, ANDERS="Anders NV")

    assert talk.sandbox.references() == {"ANDERS": "Anders NV"}
    assert talk.info()["sync_reference"] == "DEMO_BV"


def test_whether_references_are_replaced_or_added_can_be_read_both_ways() -> None:
    with talking(readings={"references replaced": "those that are sent"}) as talk:
        pushed_references(talk, DEMO_BV="Demo")
        pushed_references(talk, ANDERS="Anders")

        assert talk.sandbox.references() == {"DEMO_BV": "Demo", "ANDERS": "Anders"}


@pytest.mark.parametrize("body", [{}, {"sync_references": "DEMO_BV"}, {"sync_references": [{"reference": "DEMO_BV"}]}])
def test_a_list_of_references_that_is_none_is_refused(talk: Talk, body: Any) -> None:
    assert talk.refusal("POST", "/syncs/sync_references", body)[0] == 422


def test_the_start_date_is_written_as_a_day_or_as_a_moment() -> None:
    with talking(readings={"start date written": "moment"}) as talk:
        talk.sandbox.set_start_date(501, date(2026, 1, 1))

        assert talk.info()["sync_start_at"] == "2026-01-01T00:00:00.000Z"


def test_a_start_date_is_the_first_day_of_a_year(sandbox: SilverfinSandbox) -> None:
    with pytest.raises(Refused, match="first day"):
        sandbox.set_start_date(501, date(2026, 2, 1))
    sandbox.set_start_date(501, date(2026, 1, 1))


def test_a_sync_that_is_set_up_again_begins_with_nothing_unless_history_is_kept(talk: Talk) -> None:
    talk.submitted(upsert("old", "2025-12-31"), upsert("new", "2026-01-01"))
    talk.sandbox.choose_reference(501, "ANDERS", typed=True, start=date(2026, 1, 1), keep_history=True)
    assert (ids(talk.sandbox), talk.info()["sync_point"]) == (["old"], None)

    talk.sandbox.choose_reference(501, "DEMO_BV", typed=True)
    assert (ids(talk.sandbox), talk.info()["sync_point"]) == ([], None)
    talk.submitted(upsert("t1"))
    talk.sandbox.set_start_date(501, date(2026, 1, 1))
    assert (ids(talk.sandbox), talk.info()["sync_point"]) == ([], None)


def test_companies_come_in_pages_of_fifty() -> None:
    with talking() as talk:
        for each in range(59):
            talk.sandbox.choose_reference(talk.sandbox.add_file(f"Klant {each}"), f"K{each}", typed=True)

        def page(**query: int) -> list[int]:
            return [each["id"] for each in talk.get("/syncs/companies", **query)]

        assert (len(page()), len(page(page=2)), page(page=3)) == (50, 10, [])
        assert page(page=2, per_page=20) == page()[20:40]
        assert len(page(per_page=1000)) == 60
        assert talk.refusal("GET", "/syncs/companies", page=0)[0] == 400
        assert talk.refusal("GET", "/syncs/companies", page="two")[0] == 400


def test_a_file_without_this_sync_is_misconfigured_and_an_unknown_one_is_not_there(talk: Talk) -> None:
    other = talk.sandbox.add_file("Zonder sync")
    elsewhere = talk.sandbox.add_file("Van een ander kantoor", firm=1002)

    assert talk.refusal("GET", f"/syncs/companies/{other}/info")[0] == 409
    for number in (elsewhere, 999, "nonsense"):
        assert talk.refusal("GET", f"/syncs/companies/{number}/info")[0] == 404
    talk.sandbox.remove_sync(501)
    assert talk.refusal("DELETE", "/syncs/companies/501/reset")[0] == 409


# Years ----------------------------------------------------------------------------------------------------------


def test_years_are_replaced_as_a_whole(talk: Talk) -> None:
    assert talk.sandbox.years(501) == [
        (date(2025, 1, 1), date(2025, 12, 31)),
        (date(2026, 1, 1), date(2026, 12, 31)),
    ]
    talk.settle_years({"years": YEARS["years"][:1]})
    assert talk.sandbox.years(501) == [(date(2025, 1, 1), date(2025, 12, 31))]


def year(**instead: Any) -> dict[str, Any]:
    return {"start_date": "2025-01-01", "end_date": "2025-12-31", **instead}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "years is missing"),
        ({"years": {}}, "years is invalid"),
        ({"years": []}, "years is empty"),
        ({"years": ["2025"]}, "years[0] is invalid"),
        ({"years": [{"end_date": "2025-12-31"}]}, "years[0][start_date] is missing"),
        ({"years": [year(end_date="2025-13-31")]}, "years[0][end_date] is invalid"),
        ({"years": [year(end_date="20251231")]}, "years[0][end_date] is invalid"),
        ({"years": [year(end_date="2024-12-31")]}, "years[0][end_date] is before start_date"),
        ({"years": [year(compute_opening_balances="yes")]}, "years[0][compute_opening_balances] is invalid"),
        ({"years": [year(), year(start_date="2025-12-31", end_date="2026-12-31")]}, "years overlap"),
        ({"years": [year(compute_retained_earnings=True)]}, "retained_earnings_account is missing"),
        ({"years": [year()], "retained_earnings_account": {}}, "retained_earnings_account[number] is missing"),
    ],
)
def test_years_that_cannot_be_are_refused_and_the_old_ones_stay(talk: Talk, body: Any, said: str) -> None:
    status, told = talk.refusal("PUT", "/syncs/companies/501/settings", body)

    assert (status, said in told) == (422, True), told
    assert len(talk.sandbox.years(501)) == 2


# Transactions ---------------------------------------------------------------------------------------------------


def test_what_is_sent_is_kept_and_the_sync_point_is_the_one_sent(talk: Talk) -> None:
    more: dict[str, Any] = {
        "description": "Factuur 4021",
        "journal": "VERK",
        "document_number": "4021",
        "contact_name": "Lumen",
        "contact_reference": "LUMEN",
        "open_transaction": {"value": 242.0, "category": "receivable"},
        "analytical_codes": ["A"],
        "extra_fields": ["2026-04-01"],
    }
    told = talk.submitted(upsert("t1", **more), point="p7", extra_field_labels=["Due date"])

    (row,) = talk.sandbox.transactions(501)
    assert told == {"sync_point": "p7"}
    assert talk.info()["sync_point"] == "p7"
    assert row == {"id": "t1", "date": "2026-03-02", "account_number": "700000", "value": Decimal("-100.0"), **more}


def test_the_same_id_again_replaces_the_whole_transaction(talk: Talk) -> None:
    talk.submitted(upsert("t1", description="oud"), upsert("t2"))
    talk.submitted(upsert("t1", value=7.25))

    row = next(each for each in talk.sandbox.transactions(501) if each["id"] == "t1")
    assert ids(talk.sandbox) == ["t1", "t2"]
    assert row == {"id": "t1", "date": "2026-03-02", "account_number": "700000", "value": Decimal("7.25")}


def test_a_delete_takes_one_away_and_one_of_nothing_is_passed_over(talk: Talk) -> None:
    talk.submitted(upsert("t1"), upsert("t2"))
    talk.submitted({"delete": {"id": "t1"}}, {"delete": {"id": "never"}})

    assert ids(talk.sandbox) == ["t2"]


def test_a_delete_of_nothing_may_be_refused_as_well() -> None:
    with talking(readings={"delete of nothing": "refused"}) as talk:
        assert talk.refused({"delete": {"id": "never"}}) == (422, "actions[0][delete][id] is not known")


def test_actions_are_carried_out_in_their_order(talk: Talk) -> None:
    talk.submitted(
        upsert("t1"), {"delete": {"id": "t1"}}, upsert("t1", value=1), upsert("t2"), {"delete": {"id": "t2"}}
    )

    assert [each["value"] for each in talk.sandbox.transactions(501)] == [Decimal(1)]


def test_five_hundred_actions_are_taken_and_one_more_is_too_many(talk: Talk) -> None:
    actions = [upsert(f"t{each}") for each in range(501)]
    assert talk.refused(*actions) == (422, "actions has more than 500 items")
    assert ids(talk.sandbox) == []

    talk.submitted(*actions[:500])
    assert len(ids(talk.sandbox)) == 500


BAD: dict[str, dict[str, Any]] = {
    "actions[0] must have either upsert or delete": {},
    "actions[0][upsert] is invalid": {"upsert": "t1"},
    "actions[0][upsert][id] is missing": {"upsert": {**upsert("t")["upsert"], "id": ""}},
    "actions[0][upsert][id] is invalid": {"upsert": {**upsert("t")["upsert"], "id": 7}},
    "actions[0][delete][id] is missing": {"delete": {}},
    "actions[0][upsert][date] is missing": {"upsert": {"id": "t1"}},
    "actions[0][upsert][date] is invalid": upsert("t1", "2/3/2026"),
    "actions[0][upsert][date] is in no financial year": upsert("t1", "2027-01-01"),
    "actions[0][upsert][account_number] is not known": upsert("t1", account="999999"),
    "actions[0][upsert][value] is missing": {"upsert": {"id": "t1", "date": "2026-03-02", "account_number": "700000"}},
    "actions[0][upsert][value] is invalid": {"upsert": {**upsert("t1")["upsert"], "value": "100"}},
    "actions[0][upsert][amount] is not known": upsert("t1", amount=1),
    "actions[0][upsert][description] is invalid": upsert("t1", description=7),
    "actions[0][upsert][open_transaction] is invalid": upsert("t1", open_transaction=1),
    "actions[0][upsert][open_transaction][value] is missing": upsert("t1", open_transaction={"category": "payable"}),
    "actions[0][upsert][open_transaction][category] is neither payable nor receivable": upsert(
        "t1", open_transaction={"value": 1}
    ),
    "actions[0][upsert][analytical_codes] has more than 5 items": upsert("t1", analytical_codes=["A"] * 6),
    "actions[0][upsert][extra_fields] has more items than there are labels": upsert("t1", extra_fields=["x"]),
    "actions[0][upsert][extra_fields] is invalid": upsert("t1", extra_fields="x"),
}


def test_an_amount_is_a_number(talk: Talk) -> None:
    values: list[Any] = [True, "1", [], {}]
    for value in values:
        action = {"upsert": {**upsert("t1")["upsert"], "value": value}}
        assert talk.refused(action) == (422, "actions[0][upsert][value] is invalid")
    talk.submitted(upsert("t1", value=0))


@pytest.mark.parametrize("said", BAD)
def test_an_action_that_cannot_be_is_refused_with_its_place(talk: Talk, said: str) -> None:
    assert talk.refused(BAD[said]) == (422, said)


def test_one_bad_action_refuses_the_whole_call_and_all_bad_ones_are_told(talk: Talk) -> None:
    status, said = talk.refused(upsert("t1"), upsert("t2", "nonsense"), upsert("t3", account="999999"))

    assert (status, said) == (
        422,
        "actions[1][upsert][date] is invalid, actions[2][upsert][account_number] is not known",
    )
    assert (ids(talk.sandbox), talk.info()["sync_point"]) == ([], None)
    assert set(talk.sandbox.accounts(501)) == {"140000"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"actions": []}, "sync_point is missing"),
        ({"sync_point": "", "actions": []}, "sync_point is missing"),
        ({"sync_point": 7, "actions": []}, "sync_point is missing"),
        ({"sync_point": "p"}, "actions is missing"),
        ({"sync_point": "p", "actions": {}}, "actions is invalid"),
        ({"sync_point": "p", "actions": [], "accounts": [{}]}, "accounts[0][number] is missing"),
        (
            {"sync_point": "p", "actions": [], "accounts": [{"number": "1", "names": "x"}]},
            "accounts[0][names] is invalid",
        ),
        ({"sync_point": "p", "actions": [], "extra_field_labels": ["x"] * 11}, "has more than 10 items"),
        ({"sync_point": "p", "actions": [], "extra_field_labels": [7]}, "extra_field_labels is invalid"),
    ],
)
def test_a_push_that_cannot_be_is_refused(talk: Talk, body: Any, said: str) -> None:
    status, told = talk.refusal("POST", "/syncs/companies/501/transactions", body)

    assert (status, said in told) == (422, True), told


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"'])
def test_a_body_that_is_no_object_is_a_bad_request(talk: Talk, content: bytes) -> None:
    answer = talk.http.post(
        "/api/v4/f/1001/syncs/companies/501/transactions",
        content=content,
        headers={"Authorization": f"Bearer {talk.token}"},
    )

    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_a_push_without_actions_moves_the_sync_point(talk: Talk) -> None:
    talk.submitted(point="p2")

    assert talk.info()["sync_point"] == "p2"


def test_accounts_in_the_body_are_made_and_named_in_the_languages_of_the_firm(talk: Talk) -> None:
    talk.submitted(upsert("t1"))
    talk.submitted(accounts=[{"number": "700000", "names": {"fr": "Ventes", "de": "Umsatz"}}, {"number": "800000"}])

    assert talk.sandbox.accounts(501)["700000"] == "Rekening 700000"
    assert talk.sandbox.accounts(501)["800000"] == "800000"
    account = next(each for each in talk.get("/companies/501/accounts") if each["number"] == "700000")
    assert (account["original_name_fr"], "original_name_de" in account) == ("Ventes", False)


def test_an_account_that_was_sent_once_is_known_from_then_on(talk: Talk) -> None:
    talk.submitted(upsert("t1"))

    assert talk.submit({"sync_point": "p2", "actions": [upsert("t2")]}).status_code == 200


def test_labels_that_were_sent_once_are_known_from_then_on(talk: Talk) -> None:
    talk.submitted(upsert("t1", extra_fields=["a", "b"]), extra_field_labels=["Due date", "Paid by"])

    for point in ("p2", "p3"):
        again = {"sync_point": point, "actions": [upsert("t2", extra_fields=["c", "d"])]}
        assert talk.submit(again).status_code == 200


def test_a_company_without_years_is_misconfigured() -> None:
    with talking(connected=False) as talk:
        talk.login()
        talk.sandbox.choose_reference(501, "DEMO_BV", typed=True)

        assert talk.info()["sync_reference"] == "DEMO_BV"
        assert talk.refused(upsert("t1"))[0] == 409


# What can be read in more than one way --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reading", "status", "kept"),
    [("refused", 422, []), ("passed over", 200, ["on"]), ("kept", 200, ["before", "on"])],
)
def test_a_transaction_before_the_start_date(reading: str, status: int, kept: list[str]) -> None:
    with talking(readings={"before the start date": reading}) as talk:
        talk.sandbox.set_start_date(501, date(2026, 1, 1))
        answer = talk.submit(push(upsert("before", "2025-12-31"), upsert("on", "2026-01-01")))

        assert (answer.status_code, ids(talk.sandbox)) == (status, kept)


@pytest.mark.parametrize(
    ("readings", "action"),
    [
        ({"unknown member": "passed over"}, upsert("t1", amount=1)),
        ({"unknown account": "made"}, upsert("t1", account="999999")),
        ({"outside the years": "kept"}, upsert("t1", "2030-01-01")),
        ({"extra fields without label": "kept"}, upsert("t1", extra_fields=["x"])),
    ],
)
def test_what_is_refused_here_may_be_taken_there(readings: Any, action: Any) -> None:
    with talking() as strict:
        assert strict.refused(action)[0] == 422
    with talking(readings=readings) as mild:
        mild.submitted(action)
        assert ids(mild.sandbox) == ["t1"]


def test_an_account_is_not_made_by_a_call_that_is_refused() -> None:
    with talking(readings={"unknown account": "made"}) as talk:
        talk.refused(upsert("t1", account="999999"), upsert("t2", "nonsense"))

        assert "999999" not in talk.sandbox.accounts(501)


@pytest.mark.parametrize(("reading", "status"), [("taken", 200), ("refused", 409)])
def test_a_sync_point_that_was_used_before(reading: str, status: int) -> None:
    with talking(readings={"sync point used before": reading}) as talk:
        talk.submitted(upsert("t1"), point="p1")

        assert talk.submit(push(upsert("t2"), point="p1")).status_code == status
        assert talk.submit(push(upsert("t2"), point="p2")).status_code == 200


# Resets -----------------------------------------------------------------------------------------------------------


def filled(talk: Talk) -> None:
    talk.submitted(*[upsert(day, day) for day in ("2025-01-01", "2026-03-01", "2026-03-02", "2026-03-03")])


def test_a_reset_takes_everything_away_but_accounts_and_years(talk: Talk) -> None:
    filled(talk)
    assert talk.reset().status_code == 200

    assert (ids(talk.sandbox), talk.info()["sync_point"]) == ([], None)
    assert len(talk.sandbox.years(501)) == 2
    assert set(talk.sandbox.accounts(501)) == {"140000", *(each["number"] for each in CHART)}


@pytest.mark.parametrize(
    ("boundary", "left"),
    [
        ("on or after", ["2025-01-01", "2026-03-01"]),
        ("after", ["2025-01-01", "2026-03-01", "2026-03-02"]),
    ],
)
def test_a_reset_from_a_day_takes_later_ones_away_and_the_day_itself_in_one_reading(
    boundary: str, left: list[str]
) -> None:
    with talking(readings={"reset boundary": boundary}) as talk:
        filled(talk)
        assert talk.reset(after_date="2026-03-02").status_code == 200

        assert (ids(talk.sandbox), talk.info()["sync_point"]) == (left, "p1")


@pytest.mark.parametrize("boundary", ["on or after", "after"])
def test_whoever_sends_the_day_itself_again_is_right_in_both_readings(boundary: str) -> None:
    with talking(readings={"reset boundary": boundary}) as talk:
        filled(talk)
        talk.reset(after_date="2026-03-02")
        talk.submitted(upsert("2026-03-02", "2026-03-02", value=5), upsert("2026-03-03", "2026-03-03"))

        assert [(each["id"], each["value"]) for each in talk.sandbox.transactions(501)[-2:]] == [
            ("2026-03-02", Decimal(5)),
            ("2026-03-03", Decimal(-100)),
        ]


def test_a_reset_from_no_day_is_refused_and_takes_nothing_away(talk: Talk) -> None:
    filled(talk)

    for text in ("soon", "", "2026-02-30"):
        assert talk.refusal("DELETE", "/syncs/companies/501/reset", after_date=text)[0] == 422
    assert len(ids(talk.sandbox)) == 4


def test_whether_a_reset_forgets_the_sync_point_can_be_read_both_ways() -> None:
    with talking(readings={"sync point after reset": "kept"}) as talk:
        filled(talk)
        talk.reset()

        assert talk.info()["sync_point"] == "p1"


def test_an_inconsistency_is_mended_only_by_a_reset_of_everything(talk: Talk) -> None:
    filled(talk)
    talk.sandbox.report_inconsistency(501)

    assert talk.refusal("GET", "/syncs/companies/501/info")[0] == 409
    assert talk.refused(upsert("t1"))[0] == 409
    assert talk.refusal("DELETE", "/syncs/companies/501/reset", after_date="2026-03-02")[0] == 409
    assert talk.get("/syncs/companies")[0]["id"] == 501
    assert talk.reset().status_code == 200
    talk.submitted(upsert("t1"))
    assert ids(talk.sandbox) == ["t1"]


# One call at a time -----------------------------------------------------------------------------------------------


def test_a_call_about_a_company_is_refused_while_another_is_under_way(talk: Talk) -> None:
    other = talk.sandbox.add_file("Ander dossier")
    talk.sandbox.choose_reference(other, "ANDERS", typed=True)
    with talk.sandbox.another_call(501):
        assert talk.refused(upsert("t1")) == (429, "Another call for this company is in progress.")
        assert talk.refusal("GET", "/syncs/companies/501/info")[0] == 429
        assert talk.refusal("DELETE", "/syncs/companies/501/reset")[0] == 429
        assert talk.info(other)["sync_reference"] == "ANDERS"
        assert talk.get("/syncs/companies")
        assert talk.get("/companies/501")["name"] == "Demo BV"

    talk.submitted(upsert("t1"))
    assert ids(talk.sandbox) == ["t1"]


@pytest.mark.parametrize("status", [429, 409, 422])
def test_of_calls_that_come_together_one_is_carried_out(status: int) -> None:
    with talking(readings={"second call": status}) as talk:
        talk.sandbox.latency = 0.5
        answers: list[int] = []
        ready = threading.Barrier(4)

        def send(number: int) -> None:
            with httpx.Client(base_url=talk.http.base_url, verify=NO_SURPRISES) as http:
                ready.wait()
                answers.append(
                    http.post(
                        "/api/v4/f/1001/syncs/companies/501/transactions",
                        json=push(upsert(f"t{number}"), point=f"p{number}"),
                        headers={"Authorization": f"Bearer {talk.token}"},
                    ).status_code
                )

        threads = [threading.Thread(target=send, args=(each,)) for each in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

        assert sorted(answers) == sorted([200, status, status, status])
        assert len(ids(talk.sandbox)) == 1


def test_a_call_whose_sender_has_gone_is_still_under_way(talk: Talk) -> None:
    talk.sandbox.latency = 1.5
    with pytest.raises(httpx.TimeoutException):
        talk.http.post(
            "/api/v4/f/1001/syncs/companies/501/transactions",
            json=push(upsert("t1")),
            headers={"Authorization": f"Bearer {talk.token}"},
            timeout=0.1,
        )
    talk.sandbox.latency = 0
    assert talk.refused(upsert("t2"))[0] == 429

    end = time.monotonic() + 5
    while not ids(talk.sandbox) and time.monotonic() < end:
        time.sleep(0.05)
    assert ids(talk.sandbox) == ["t1"]
