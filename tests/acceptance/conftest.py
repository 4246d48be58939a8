"""Every acceptance test gets a world of its own, empty unless it asks for a story.

What is promised of e-Boekhouden is promised over each of its protocols: these tests run over both. One that is about a
protocol itself says so, with the reason: `@pytest.mark.over("soap", because="…")`. What the engine makes of an answer, whoever
gave it, is shown over the first of them, and over the others in a thorough run; `@pytest.mark.over_each` asks for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world import GIVEN, USED, World, provider_of, world

PROTOCOLS = {"soap": "tribe-eboekhouden", "rest": "tribe-eboekhouden-rest"}
"""Protocol → the mapping over it."""
BOTH = ("test_eb_", "test_x_", "test_broken_world", "test_edited_mapping")
"""How the files begin whose tests are run over every protocol."""
ENGINE = (
    "test_broken_world",
    "test_edited_mapping",
    "test_x_answers",
    "test_x_changes",
    "test_x_connections",
    "test_x_days",
    "test_x_due",
    "test_x_memory",
    "test_x_quiet",
    "test_x_records",
    "test_x_waiting",
)
"""How the files among them begin that are about the engine, whatever the protocol."""
OWN = {"test_sf_": "winbooks-silverfin", "test_wb_": "tribe-winbooks", "test_yu_": "tribe-yuki"}
"""How the files begin that are about one mapping alone."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each protocol that it is about."""
    if not metafunc.module.__name__.startswith(BOTH):
        return
    marks = list(metafunc.definition.iter_markers("over"))
    wanted = [each for each in PROTOCOLS if all(each in mark.args for mark in marks)]
    first, *others = wanted
    repeats = metafunc.module.__name__.startswith(ENGINE) and not any(metafunc.definition.iter_markers("over_each"))
    seldom = [pytest.param(each, marks=pytest.mark.thorough) for each in others] if repeats else others
    # Where one mapping is given, it is that one which is tested.
    alone = [each for each in wanted if provider_of(GIVEN) == provider_of(PROTOCOLS[each])] if GIVEN else []
    metafunc.parametrize("protocol", alone if GIVEN else [first, *seldom], indirect=True)


@pytest.fixture(autouse=True)
def protocol(request: pytest.FixtureRequest) -> Iterator[str]:
    """Let every world that names no mapping use that of the protocol, or that which the file is about."""
    named: str = getattr(request, "param", "")
    about = [mapping for begin, mapping in OWN.items() if request.module.__name__.startswith(begin)]
    mapping = PROTOCOLS[named] if named else "".join(about)
    if not mapping or GIVEN:
        yield named
        return
    token = USED.set(mapping)
    yield named
    USED.reset(token)


@pytest.fixture
def here(protocol: str) -> Iterator[World]:
    """Two systems with nothing in them."""
    with world() as made:
        yield made
