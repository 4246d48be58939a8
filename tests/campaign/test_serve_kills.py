"""A few kills of `syncrules serve`, while it imports and pushes. Many more: `python tests/campaign/serve_kills.py`."""

from __future__ import annotations

import pytest
from serve_kills import Tally, Trial
from served import DURABLE
from town import town


@pytest.mark.requirement("X-03", "X-04", "EB-03", "EB-07")
def test_whatever_it_is_killed_at_the_next_one_finishes_everything_and_nothing_twice() -> None:
    tally = Tally()
    with town(besides=(DURABLE,)) as here:
        found = Trial(here, "test", tally).play(3)

    assert found == []
    assert tally.total == 3
