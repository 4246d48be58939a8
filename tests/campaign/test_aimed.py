"""Points that chance seldom meets are met by the ways that lead there."""

from __future__ import annotations

from functools import partial

import pytest
from aimed import WAYS, aimed

from syncrules.simulator.campaign import play_many

SCHEDULES = 12


@pytest.mark.parametrize("point", WAYS)
def test_a_way_leads_to_its_point(point: str) -> None:
    mapping = "winbooks-silverfin" if point.endswith("_decide_departed") else "tribe-winbooks"
    result = play_many(mapping, 10_000_000, SCHEDULES, 1, change=partial(aimed, point=point, kind="crash after"))
    assert not result.failed
    assert result.tally.counts.get((point, "crash after"), 0) > 0
