"""What is said of the calls that a plan takes: whether they are enough, and how many are made by themselves now."""

from __future__ import annotations

from typing import Any

import pytest

from syncrules.cli import forecast


@pytest.mark.requirement("X-09")
@pytest.mark.parametrize(
    ("needed", "says"),
    [
        (50, "100 are allowed per day, 90 are left in this day"),
        (80, "100 are allowed per day, 90 are left in this day; 'syncrules serve' makes 55 of them now, and the rest later in this day"),
        (120, "100 are allowed per day, 90 are left in this day, and it takes 120 with reading: the rest follows in the next day"),
    ],
)  # fmt: skip
def test_of_calls_that_are_enough_it_is_said_how_many_are_kept_for_what_is_more_urgent(needed: int, says: str) -> None:
    limit: dict[str, Any] = {"calls": 100, "per": "day", "of": [], "left": 90, "needed": needed, "by_itself": 55}
    system = {"system": "The Box", "calls": needed, "by_kind": {}, "limits": [{**limit, "enough": needed <= 90}]}

    assert forecast.told(system) == f"about {needed} in The Box ({says})"
