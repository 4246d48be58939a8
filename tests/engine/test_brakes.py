"""Too much at once is held back: each brake at its limit, one above it, and when there is nothing to compare with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncrules.journey.brakes import (
    FEW,
    none_found_again,
    too_many_deactivated,
    too_many_emptied,
    too_many_gone,
    too_many_settled,
)

COUNTS = st.integers(0, 10_000)
LIMITS = st.none() | st.integers(0, 100)


@pytest.mark.parametrize(
    ("count", "linked", "limit", "held_back"),
    [
        (0, 0, 0, False),
        (FEW, 0, None, False),
        (FEW + 1, 0, None, True),
        (FEW, 1000, None, False),
        (100, 1000, None, False),
        (101, 1000, None, True),
        (1, 1000, 0, True),
        (20, 10, 20, False),
        (21, 1000, 20, True),
    ],
)
def test_so_many_deactivations_are_held_back(count: int, linked: int, limit: int | None, held_back: bool) -> None:
    assert bool(too_many_deactivated(count, linked, limit, changed_rules=False)) is held_back


def test_the_reason_says_how_many_and_how_many_are_allowed() -> None:
    assert too_many_deactivated(21, 1000, 20, False) == "21 would be deactivated at once; 20 are allowed"
    assert "the mapping or its settings changed, and 1 would" in too_many_deactivated(1, 1000, None, True)


@given(st.integers(1, 10_000), COUNTS, LIMITS)
def test_no_deactivation_follows_from_a_mapping_that_changed(count: int, linked: int, limit: int | None) -> None:
    assert too_many_deactivated(count, linked, limit, changed_rules=True)


@given(COUNTS, LIMITS, st.booleans())
def test_where_nothing_would_be_deactivated_nothing_is_held_back(linked: int, limit: int | None, changed: bool) -> None:
    assert too_many_deactivated(0, linked, limit, changed) == ""


@pytest.mark.parametrize(
    ("gone", "linked", "answered", "limit", "doubted"),
    [
        (0, 100, 0, None, False),
        (1, 100, 0, None, True),
        (1, 1, 0, 5, True),
        (1, 1, 1, None, False),
        (FEW, 6, 1, None, False),
        (FEW + 1, 6, 1, None, True),
        (100, 1000, 900, None, False),
        (101, 1000, 899, None, True),
        (1, 1000, 999, 0, True),
        (3, 10, 7, 3, False),
        (4, 10, 6, 3, True),
    ],
)
def test_so_many_missing_records_are_not_believed(
    gone: int, linked: int, answered: int, limit: int | None, doubted: bool
) -> None:
    assert too_many_gone(gone, linked, answered, limit) is doubted


@given(st.integers(1, 10_000), COUNTS, LIMITS)
def test_an_empty_answer_is_never_a_deletion(gone: int, linked: int, limit: int | None) -> None:
    assert too_many_gone(gone, linked, 0, limit)


@pytest.mark.parametrize(
    ("gone", "open_before", "answered", "limit", "doubted"),
    [
        (0, 10, 0, None, False),
        (1, 1, 0, None, True),
        (2, 2, 0, None, True),
        (FEW, 8, 3, None, False),
        (FEW + 1, 8, 2, None, True),
        (50, 100, 50, None, False),
        (51, 100, 49, None, True),
        (1, 100, 99, 0, True),
        (80, 100, 20, 80, False),
        (2, 2, 0, 80, True),
    ],
)
def test_so_many_settled_states_are_not_believed(
    gone: int, open_before: int, answered: int, limit: int | None, doubted: bool
) -> None:
    assert too_many_settled(gone, open_before, answered, limit) is doubted


@pytest.mark.parametrize(
    ("gone", "found", "unproven", "doubted"),
    [(1, 0, True, True), (1, 0, False, False), (1, 1, True, False), (0, 0, True, False), (9, 0, True, True)],
)
def test_rules_that_have_never_found_anything_settle_nothing(
    gone: int, found: int, unproven: bool, doubted: bool
) -> None:
    assert none_found_again(gone, found, unproven) is doubted


@given(COUNTS, COUNTS, COUNTS, LIMITS)
def test_what_is_doubted_is_doubted_all_the_more_when_there_is_more_of_it(
    gone: int, linked: int, answered: int, limit: int | None
) -> None:
    assert too_many_gone(gone, linked, answered, limit) <= too_many_gone(gone + 1, linked, answered, limit)
    assert too_many_settled(gone, linked, answered, limit) <= too_many_settled(gone + 1, linked, answered, limit)
    assert bool(too_many_deactivated(gone, linked, limit, False)) <= bool(
        too_many_deactivated(gone + 1, linked, limit, False)
    )


@pytest.mark.parametrize(
    ("count", "linked", "limit", "held_back"),
    [(0, 0, 0, False), (FEW, 0, None, False), (FEW + 1, 0, None, True), (100, 1000, None, False), (101, 1000, None, True), (1, 1000, 0, True)],
)  # fmt: skip
def test_so_many_values_of_a_row_are_not_emptied(count: int, linked: int, limit: int | None, held_back: bool) -> None:
    assert bool(too_many_emptied({"Phone number": count}, linked, limit)) is held_back


def test_each_row_that_is_emptied_too_often_is_named() -> None:
    said = too_many_emptied({"Phone number": 7, "Website": 5, "Address": 6}, 0, None)

    assert said == "Address of 6 and Phone number of 7 would be emptied at once; 5 are allowed"
