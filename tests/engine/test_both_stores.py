"""What is simulated comes out the same with a file and with a database, to the last row; many more: `tests/acceptance/both_stores.py`."""

from __future__ import annotations

import pytest
from both_stores import differing
from simulated import stage

SEEDS = {"tribe-eboekhouden": (3,), "winbooks-silverfin": (5,)}


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize(("mapping", "seed"), [(name, each) for name, seeds in SEEDS.items() for each in seeds])
def test_the_same_seed_plays_the_same_with_either_store(mapping: str, seed: int) -> None:
    assert differing(stage(mapping), [seed]) == {}
