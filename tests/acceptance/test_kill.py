"""A run that is killed with `kill -9`: the next one finishes the work. Many more of these: `python tests/acceptance/kill.py`."""

from __future__ import annotations

import pytest
from kill import Point, Step, Stretch, Tally, Trial, schedule
from town import town

AN_IMPORT = Stretch(
    (
        Step((), Point("create in the CRM", "after", 3), afresh=True),
        Step((), Point("commit", "during", 5), afresh=False),
    ),
    (),
    bad=0.0,
)
A_DAY = Stretch(
    (
        Step(("invoice", "customer in the CRM"), Point("invoice in the books", "after"), afresh=False),
        Step(("edit on both sides", "edit in the books"), Point("update in the CRM", "after"), afresh=False),
        Step(("a part is paid",), Point("payment in the CRM", "after"), afresh=False),
    ),
    ("edit in the CRM",),
    bad=0.03,
)


@pytest.mark.requirement("X-03", "X-04", "EB-03")
def test_whatever_a_run_is_killed_at_the_next_one_puts_everything_right() -> None:
    tally = Tally()
    with town() as here:
        found = Trial(here, "test", tally).play((AN_IMPORT, A_DAY))

    assert found == []
    assert tally.total >= 4
    assert not tally.wrong


def test_a_trial_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert schedule("1/3") == schedule("1/3")
    assert schedule("1/3") != schedule("1/4")
