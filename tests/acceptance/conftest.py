"""Every acceptance test gets a world of its own, empty unless it asks for a story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world import World, world


@pytest.fixture
def here() -> Iterator[World]:
    """Two systems with nothing in them."""
    with world() as made:
        yield made
