"""Nothing that is recorded of Yuki is forgotten: each item is shown by a test of the sandbox, or is said not to be there."""

from __future__ import annotations

from collections import Counter

import test_sandbox_yuki  # noqa: F401  # they note which items they show
import test_sandbox_yuki_contacts  # noqa: F401
import test_sandbox_yuki_invoices  # noqa: F401
from yuki_record import SHOWN, needs_record, recorded, spread

from syncrules_providers.sandboxes.yuki_assumptions import NOT_EMULATED

ITEMS = {
    "1.1": 6, "1.2": 10, "1.3": 4, "1.4": 9, "1.5": 10, "1.6": 1, "1.7": 1, "2": 1, "2.1": 10, "2.2": 23, "2.3": 4,
    "2.4": 6, "2.5": 6, "2.6": 3, "2.7": 4, "2.8": 10, "3.1": 15, "3.2": 35, "3.3": 2, "4": 20, "6": 34, "7": 16, "8": 11,
}  # fmt: skip
"""How many items each section of the record has; kept here, because the record is not always at hand."""
ABSENT = {f"{each.section}/{item}" for each in NOT_EMULATED for item in each.items}
EVERY = [key for section, count in ITEMS.items() for key in spread(f"{section}/1-{count}")]


@needs_record
def test_the_record_has_as_many_items_as_we_counted() -> None:
    assert recorded() == Counter(ITEMS)


def test_every_item_is_shown_by_a_test_or_is_said_not_to_be_emulated() -> None:
    assert [key for key in EVERY if key not in SHOWN and key not in ABSENT] == []


def test_nothing_is_shown_or_missing_that_is_not_recorded() -> None:
    assert (set(SHOWN) | ABSENT) - set(EVERY) == set()


def test_what_is_not_emulated_says_why() -> None:
    assert all(each.what and each.why for each in NOT_EMULATED)
    assert len(ABSENT - set(SHOWN)) < len(EVERY) / 20
