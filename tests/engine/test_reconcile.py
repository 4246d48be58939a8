"""Adding both sides up: what an account must stand at on each day, and what is said of a difference."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mirror_world import Mirror, changed, mirror

from syncrules.errors import LoginRefused
from syncrules.journey.reconcile import expected

YEARS = {"2026-01-31": "2026-12-31", "2026-12-31": "2026-12-31", "2027-01-31": "2027-12-31"}
RECONCILE = """    checks:
      the document is balanced: {side: books, one_per: Doc, sum: [Amount], equals: 0}
    reconcile:
      the balances:
        books: {sum: Amount, per: Account.Code, until: Day}
        board: {resource: balances, sum: value, per: account, until: day, year: year}
        anew_each_year:
          - Account.Code: {starts_with: "6"}
          - Account.Code: {starts_with: "7"}
        carried_to: {setting: carried to}
"""
TEXT = changed((RECONCILE.partition("    reconcile:")[0], RECONCILE))


def costs(account: str) -> bool:
    return account[0] in "67"


def told(*amounts: tuple[str, str, str]) -> dict[tuple[str, str], str]:
    made = [(account, day, Decimal(value)) for account, day, value in amounts]
    return {who: str(value) for who, value in expected(made, YEARS, costs, "140").items()}


# What is expected -----------------------------------------------------------------------------------------------------


def test_an_account_stands_at_all_that_was_booked_until_the_day_itself() -> None:
    assert told(("400", "2026-01-31", "1.10"), ("400", "2026-02-01", "2.20")) == {
        ("400", "2026-01-31"): "1.10",
        ("400", "2026-12-31"): "3.30",
        ("400", "2027-01-31"): "3.30",
    }


def test_costs_begin_anew_and_go_where_they_are_carried() -> None:
    assert told(("600", "2026-12-31", "10"), ("700", "2027-01-01", "-4")) == {
        ("600", "2026-12-31"): "10",
        ("140", "2027-01-31"): "10",
        ("700", "2027-01-31"): "-4",
    }


def test_without_an_account_to_carry_to_what_is_over_is_over() -> None:
    assert expected([("600", "2026-03-01", Decimal(1))], {"2027-01-31": "2027-12-31", **YEARS}, costs, "") == {
        ("600", "2026-12-31"): Decimal(1)
    }


def test_what_comes_after_every_day_is_in_none_of_them() -> None:
    assert told(("400", "2027-02-01", "1")) == {}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["400", "600", "700", "140"]),
            st.dates(min_value=date(2025, 6, 1), max_value=date(2027, 3, 1)),
            st.decimals(-1000, 1000, places=2),
        )
    )
)
def test_nothing_is_lost_on_the_way_from_year_to_year(booked: list[tuple[str, Any, Decimal]]) -> None:
    amounts = [(account, day.isoformat(), value) for account, day, value in booked]
    found = expected(amounts, YEARS, costs, "140")

    for until in YEARS:
        here = sum((value for (_, day), value in found.items() if day == until), Decimal(0))
        assert here == sum((value for _, day, value in amounts if day <= until), Decimal(0))


# In a run -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def here() -> Iterator[Mirror]:
    with mirror(TEXT) as made:
        made.books.put("years", "y1", Start="2026-01-01", End="2026-12-31")
        made.books.put("accounts", "a140", Code="140", Name="Carried")
        made.books.document("S1", ("400", "121.00"), ("700", "-121.00"))
        yield made


def balance(account: str, value: str, day: str = "2026-02-28") -> dict[str, Any]:
    return {"account": account, "day": day, "year": "2026-12-31", "value": Decimal(value)}


def result(here: Mirror) -> dict[str, Any]:
    ((_, _, _, found),) = here.memory.reconciled()
    assert isinstance(found, dict)
    return found


def test_equal_sides_are_said_to_be_equal(here: Mirror) -> None:
    here.board.balances = [balance("400", "121"), balance("700", "-121.00")]
    here.run()

    assert result(here) == {"compared": 2, "different": 0, "first": [], "trouble": "", "cure": ""}


def test_a_difference_of_a_cent_is_shown_with_what_either_side_says(here: Mirror) -> None:
    here.board.balances = [balance("400", "121.01"), balance("999", "3")]
    here.run()

    assert result(here)["different"] == 3
    assert result(here)["first"] == [
        ["400", "2026-02-28", "121", "121.01"],
        ["700", "2026-02-28", "-121", "0"],
        ["999", "2026-02-28", "0", "3"],
    ]


def test_what_waits_counts_as_what_it_is_in_the_books(here: Mirror) -> None:
    here.board.balances = [balance("400", "0"), balance("700", "0")]
    here.board.refuses = lambda _: "not today"
    here.run()

    assert result(here)["different"] == 2


def test_what_may_not_come_in_does_not_count(here: Mirror) -> None:
    here.board.balances = [balance("400", "121"), balance("700", "-121")]
    here.books.document("D1", ("400", "5.00"), ("700", "-5.00"), Draft=True)
    here.run()

    assert result(here)["different"] == 0


def test_both_sides_are_added_up_again_only_where_something_moved_or_differs(here: Mirror) -> None:
    def looked() -> int:
        read, count = here.board.read, 0

        def counting(resource: str, since: str | None = None) -> Iterator[list[Any]]:
            nonlocal count
            count += 1
            return read(resource, since)

        here.board.read = counting  # type: ignore[method-assign]  # only to count
        here.run()
        here.board.read = read  # type: ignore[method-assign]  # as it was
        return count

    here.board.balances = [balance("400", "121"), balance("700", "-121")]
    first, quiet = looked(), looked()
    here.books.document("S2", ("400", "1.00"), ("700", "-1.00"))
    moved, differs = looked(), looked()

    assert (first, quiet, moved, differs) == (1, 0, 1, 1)


def test_what_cannot_be_looked_at_is_said_and_stops_nothing(here: Mirror) -> None:
    def refuse(resource: str, since: str | None = None) -> Iterator[list[Any]]:
        raise LoginRefused("The Board", "nobody may look at this", cure="Ask for the right to.")

    here.board.read = refuse  # type: ignore[method-assign]  # it may be written to, and not read
    done = here.run()

    assert done.writes > 0
    assert (result(here)["compared"], result(here)["trouble"]) == (0, "The Board: nobody may look at this")
    assert result(here)["cure"] == "Ask for the right to."
