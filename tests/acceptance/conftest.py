"""Every acceptance test gets a world of its own, empty unless it asks for a story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world import World, world


@pytest.fixture
def here(request: pytest.FixtureRequest) -> Iterator[World]:
    """Two systems with nothing in them; which ones, says the mapping that the file of the test calls MAPPING."""
    with world(mapping=getattr(request.module, "MAPPING", "")) as made:
        yield made
