"""The general API of the Silverfin sandbox: files, periods, accounts, and what is carried from one year to the next."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from silverfin_talk import YEARS, Talk, talking, upsert

from syncrules_providers.sandboxes.silverfin_books import Books, Transaction, Year
from syncrules_providers.sandboxes.silverfin_wire import Readings


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


def booked(talk: Talk) -> None:
    """Push an opening, a sale and its payment in the first year, and a cost in the second."""
    lines = [
        ("o-0", "2025-01-01", "550000", 1000.00),
        ("o-1", "2025-01-01", "140000", -1000.00),
        ("s-0", "2025-11-30", "400000", 242.10),
        ("s-1", "2025-11-30", "700000", -200.08),
        ("s-2", "2025-11-30", "451000", -42.02),
        ("b-0", "2025-12-15", "550000", 242.10),
        ("b-1", "2025-12-15", "400000", -242.10),
        ("k-0", "2026-02-28", "612000", 99.99),
        ("k-1", "2026-02-28", "550000", -99.99),
    ]
    talk.submitted(*[upsert(*each) for each in lines])


def values(talk: Talk, end: str, **query: Any) -> dict[str, str]:
    """Read every account that is not zero at the end of a period, over the general API."""
    period = next(each for each in every(talk, "/companies/501/periods") if each["end_date"] == end)
    lines = talk.get(f"/companies/501/periods/{period['id']}/accounts", per_page=200, **query)
    return {each["account"]["number"]: each["value"] for each in lines if Decimal(each["value"])}


def every(talk: Talk, path: str) -> list[Any]:
    """Read page after page until one is empty."""
    found: list[Any] = []
    for number in itertools.count(1):
        page = talk.get(path, page=number, per_page=10)
        found += page
        if not page:
            return found
    raise AssertionError


# Periods and values -------------------------------------------------------------------------------------------------


def test_years_bring_their_months_along_newest_first(talk: Talk) -> None:
    periods = every(talk, "/companies/501/periods")

    assert len(periods) == len({each["id"] for each in periods}) == 24
    assert [each["end_date"] for each in periods[:2]] == ["2026-12-31", "2026-11-30"]
    assert periods[-1] | {"id": 0} == {"id": 0, "end_date": "2025-01-31", "fiscal_year": {"end_date": "2025-12-31"}}
    assert talk.get(f"/companies/501/periods/{periods[3]['id']}") == periods[3]
    assert talk.refusal("GET", "/companies/501/periods/1")[0] == 404


@pytest.mark.parametrize(
    ("months", "ends"),
    [
        (3, ["2025-09-30", "2025-12-31", "2026-03-31", "2026-05-15"]),
        (12, ["2026-05-15"]),
        (1, ["2025-07-31", "2025-08-31"]),
    ],
)
def test_a_year_that_is_broken_has_periods_that_end_with_it(months: int, ends: list[str]) -> None:
    with talking(readings={"months of a period": months}) as talk:
        talk.settle_years({"years": [{"start_date": "2025-07-01", "end_date": "2026-05-15"}]})
        told = [each["end_date"] for each in every(talk, "/companies/501/periods")][::-1]

        assert told[: len(ends)] == ends
        assert told[-1] == "2026-05-15"


def test_a_period_keeps_its_number_when_the_years_are_sent_again(talk: Talk) -> None:
    before = every(talk, "/companies/501/periods")
    talk.settle_years()

    assert every(talk, "/companies/501/periods") == before


def test_values_add_up_to_the_cent_in_each_period(talk: Talk) -> None:
    booked(talk)

    assert values(talk, "2025-01-31") == {"550000": "1000.00", "140000": "-1000.00"}
    assert values(talk, "2025-11-30") == {
        **{"140000": "-1000.00", "400000": "242.10", "451000": "-42.02"},
        **{"550000": "1000.00", "700000": "-200.08"},
    }
    assert values(talk, "2025-12-31") == {
        **{"140000": "-1000.00", "451000": "-42.02", "550000": "1242.10", "700000": "-200.08"},
    }


def test_balances_are_carried_over_and_the_result_goes_to_its_account(talk: Talk) -> None:
    booked(talk)

    assert values(talk, "2026-01-31") == {"140000": "-1200.08", "451000": "-42.02", "550000": "1242.10"}
    assert values(talk, "2026-12-31") == {
        **{"140000": "-1200.08", "451000": "-42.02", "550000": "1142.11", "612000": "99.99"},
    }
    assert talk.sandbox.openings(501) == {
        (date(2026, 1, 1), "140000"): Decimal("-1200.08"),
        (date(2026, 1, 1), "451000"): Decimal("-42.02"),
        (date(2026, 1, 1), "550000"): Decimal("1242.10"),
    }


@pytest.mark.parametrize(
    ("opening", "earnings", "carried"),
    [
        (False, False, {}),
        (True, False, {"140000": "-1000.00", "451000": "-42.02", "550000": "1242.10"}),
        (False, True, {"140000": "-200.08"}),
        (True, True, {"140000": "-1200.08", "451000": "-42.02", "550000": "1242.10"}),
    ],
)
def test_only_what_a_year_asks_for_is_computed(
    talk: Talk, opening: bool, earnings: bool, carried: Mapping[str, str]
) -> None:
    flags = {"compute_opening_balances": opening, "compute_retained_earnings": earnings}
    talk.settle_years({**YEARS, "years": [YEARS["years"][0], {**YEARS["years"][1], **flags}]})
    booked(talk)

    assert values(talk, "2026-01-31") == carried


def test_a_year_carries_over_what_the_year_before_ended_with_and_nothing_older(talk: Talk) -> None:
    carry = {"compute_opening_balances": True, "compute_retained_earnings": False}
    years = [{"start_date": f"{each}-01-01", "end_date": f"{each}-12-31"} for each in (2024, 2025, 2026)]
    talk.settle_years({"years": [years[0], years[1], {**years[2], **carry}]})
    talk.submitted(*[upsert(each, f"{each}-06-30", "550000", 1) for each in ("2024", "2025", "2026")])

    assert [values(talk, f"{each}-12-31") for each in (2024, 2025, 2026)] == [
        {"550000": "1.00"},
        {"550000": "1.00"},
        {"550000": "2.00"},
    ]


def test_nothing_is_computed_for_the_first_year(talk: Talk) -> None:
    flags = {"compute_opening_balances": True, "compute_retained_earnings": True}
    talk.settle_years({**YEARS, "years": [{**each, **flags} for each in YEARS["years"]]})
    booked(talk)

    assert values(talk, "2025-01-31") == {"550000": "1000.00", "140000": "-1000.00"}


def test_an_opening_that_is_sent_for_a_later_year_too_doubles_the_figures(talk: Talk) -> None:
    booked(talk)
    talk.submitted(upsert("twice", "2026-01-01", "550000", 1242.10))

    assert values(talk, "2026-01-31")["550000"] == "2484.20"


def test_a_single_value_is_told_as_in_the_list(talk: Talk) -> None:
    booked(talk)
    period = talk.get("/companies/501/periods")[0]["id"]
    lines = talk.get(f"/companies/501/periods/{period}/accounts")
    one = next(each for each in lines if each["account"]["number"] == "612000")

    assert one | {"account": {}} == {
        "account": {},
        "value": "99.99",
        "starred": False,
        "account_reconciliation_template": None,
    }
    assert talk.get(f"/companies/501/periods/{period}/accounts/{one['account']['id']}") == one
    assert talk.refusal("GET", f"/companies/501/periods/{period}/accounts/1")[0] == 404


def test_values_can_be_numbers_and_accounts_without_one_can_be_left_out() -> None:
    with talking(readings={"value of an account": "number", "accounts of a period": "not zero"}) as talk:
        booked(talk)
        period = next(each for each in every(talk, "/companies/501/periods") if each["end_date"] == "2025-01-31")
        lines = talk.get(f"/companies/501/periods/{period['id']}/accounts")

        assert [(each["account"]["number"], each["value"]) for each in lines] == [
            ("140000", -1000.0),
            ("550000", 1000.0),
        ]


def test_more_digits_than_cents_are_not_hidden(talk: Talk) -> None:
    talk.submitted(upsert("t1", "2026-01-05", "550000", 0.125), upsert("t2", "2026-01-05", "612000", 1e3))

    assert values(talk, "2026-01-31") == {"550000": "0.125", "612000": "1000.00"}


def test_what_a_person_sees_is_what_the_api_tells(talk: Talk) -> None:
    booked(talk)
    told = {
        (date.fromisoformat(each["end_date"]), number): Decimal(value)
        for each in every(talk, "/companies/501/periods")
        for number, value in values(talk, each["end_date"]).items()
    }

    assert talk.sandbox.balances(501) == told


# Any books at all -------------------------------------------------------------------------------------------------

NUMBERS = ("100000", "140000", "400000", "550000", "600000", "612000", "700000")
LINES = st.lists(
    st.tuples(
        st.dates(date(2023, 1, 1), date(2026, 12, 31)),
        st.sampled_from(NUMBERS),
        st.sampled_from(NUMBERS),
        st.integers(-10_000, 10_000),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(LINES, st.sampled_from([1, 3, 12]))
def test_any_books_that_balance_do_so_in_every_period_and_no_cent_is_lost(lines: Any, months: int) -> None:
    books = Books(Readings({"months of a period": months}), itertools.count(1), itertools.count(1))
    years = [Year(date(each, 1, 1), date(each, 12, 31), each > 2023, each > 2023) for each in range(2023, 2027)]
    books.set_years(years, "140000")
    for place, (day, debit, credit, cents) in enumerate(lines):
        for side, account in ((1, debit), (-1, credit)):
            key = f"{place}{side}"
            books.transactions[key] = Transaction(key, day, account, Decimal(cents * side) / 100, {})

    assert len(books.periods) == 4 * 12 // months
    for period in books.periods:
        balances = books.balances(period)
        assert sum(balances.values()) == 0
        expected = told_from_the_first_day(lines, years[period.year], period.end)
        assert {each: value for each, value in balances.items() if value} == expected


def told_from_the_first_day(lines: Any, year: Year, end: date) -> dict[str, Decimal]:
    """Add up without carrying anything: all that ever was for what is owned and owed, the year's own for the result."""
    cents: dict[str, int] = defaultdict(int)
    for day, debit, credit, amount in lines:
        for side, account in ((1, debit), (-1, credit)):
            of_result = account[0] in "67"
            if day <= end and (not of_result or day >= year.start):
                cents[account] += side * amount
            elif day < year.start:
                cents["140000"] += side * amount
    return {account: Decimal(each) / 100 for account, each in cents.items() if each}


# Files and accounts -------------------------------------------------------------------------------------------------


def test_files_are_listed_changed_and_archived(talk: Talk) -> None:
    made = talk.send("POST", "/companies", {"name": "Nieuw BV", "file_code": "N1", "currency": "EUR"})
    number = made.json()["id"]
    changed = talk.send("POST", f"/companies/{number}", {"vat": "BE0123456749"})

    assert (made.status_code, changed.status_code) == (201, 200)
    assert [each["id"] for each in talk.get("/companies")] == [501, number]
    assert talk.get(f"/companies/{number}") == changed.json()
    assert (changed.json()["file_code"], changed.json()["vat"], changed.json()["name"]) == (
        "N1",
        "BE0123456749",
        "Nieuw BV",
    )
    assert talk.send("DELETE", f"/companies/{number}").status_code == 204
    assert talk.refusal("GET", f"/companies/{number}")[0] == 404
    assert [each["id"] for each in talk.get("/companies")] == [501]
    assert talk.refusal("POST", "/companies", {}) == (422, "name is missing")


def test_a_file_can_follow_a_sync_from_its_creation_on(talk: Talk) -> None:
    (entity,) = talk.get("/accountancy_synchronisation_entities")
    link = {
        "accountancy_synchronisation_entity_id": entity["id"],
        "accountancy_synchronisation_reference": "NIEUW",
    }
    made = talk.send("POST", "/companies", {"name": "Nieuw BV", **link}).json()

    assert made | link == made
    assert [each["sync_reference"] for each in talk.get("/syncs/companies")] == ["DEMO_BV", "NIEUW"]
    assert talk.get("/companies/501")["accountancy_synchronisation_reference"] == "DEMO_BV"
    assert talk.refusal("POST", "/companies", {"name": "X", "accountancy_synchronisation_entity_id": 1})[0] == 422


def test_there_is_no_sync_to_follow_before_an_admin_has_consented() -> None:
    with talking(connected=False) as talk:
        talk.login("administration:read")

        assert talk.get("/accountancy_synchronisation_entities") == []


def test_an_account_is_made_and_named_by_hand(talk: Talk) -> None:
    body = {"number": "499000", "custom_name_nl": "Wacht", "original_name_fr": "Attente", "custom_name_de": "Warte"}
    made = talk.send("POST", "/companies/501/accounts", body)
    account = made.json()

    assert (made.status_code, account["number"], account["original_number"]) == (201, "499000", "499000")
    assert talk.refusal("POST", "/companies/501/accounts", body) == (422, "number is taken")
    assert talk.refusal("POST", "/companies/501/accounts", {}) == (422, "number is missing")
    assert talk.get(f"/companies/501/accounts/{account['id']}") == account
    changed = talk.send("POST", f"/companies/501/accounts/{account['id']}", {"custom_name_nl": "Wachtrekening"}).json()
    assert changed["name"] == talk.sandbox.accounts(501)["499000"]
    assert talk.refusal("GET", "/companies/501/accounts/1")[0] == 404


def test_a_name_given_in_silverfin_is_shown_over_the_one_that_is_pushed(talk: Talk) -> None:
    talk.submitted(upsert("t1"))
    account = next(each for each in talk.get("/companies/501/accounts") if each["number"] == "700000")
    talk.send("POST", f"/companies/501/accounts/{account['id']}", {"custom_name_nl": "Omzet"})
    talk.submitted(accounts=[{"number": "700000", "names": {"nl": "Verkopen"}}])

    shown = talk.get(f"/companies/501/accounts/{account['id']}")
    assert (shown["name"], shown["original_name_nl"]) == ("Omzet", "Verkopen")


def test_general_lists_come_in_pages_too(talk: Talk) -> None:
    booked(talk)

    assert [len(talk.get("/companies/501/accounts", page=each, per_page=4)) for each in (1, 2, 3)] == [4, 2, 0]
    assert [len(talk.get("/companies/501/periods", page=each, per_page=20)) for each in (1, 2)] == [20, 4]


def test_a_page_has_two_hundred_rows_at_most(talk: Talk) -> None:
    talk.submitted(accounts=[{"number": str(100000 + each)} for each in range(210)])

    assert [len(talk.get("/companies/501/accounts", page=each, per_page=1000)) for each in (1, 2)] == [200, 11]


def test_a_large_file_is_pushed_and_read_in_seconds() -> None:
    with talking() as talk:
        first = date(2025, 1, 1)
        for batch in range(20):
            days = [(first + timedelta(days=each)).isoformat() for each in range(250)]
            actions = [
                upsert(f"{batch}-{day}-{side}", day, account, side * 1.01)
                for day in days
                for side, account in ((1, "550000"), (-1, "700000"))
            ]
            talk.submitted(*actions, point=str(batch))

        assert len(talk.sandbox.transactions(501)) == 10_000
        assert values(talk, "2025-12-31") == {"550000": "5050.00", "700000": "-5050.00"}
