"""Every installed provider keeps every promise of the contract, over its sandbox and over its twin; in brief, whole with `check-provider`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncrules import provider, sandbox
from syncrules.contract import PROMISES, Bench, bench_of, held

HEAVY = ("tribe", "winbooks")
"""Whose sandboxes take longest; `.ci/run` holds them to the contract by the command."""
PLACES = [
    pytest.param((name, over), marks=pytest.mark.thorough if over == "sandbox" and name in HEAVY else ())
    for name in provider.names()
    for over in ("sandbox", "twin")
]


@pytest.fixture(scope="module", params=PLACES, ids=lambda each: f"{each[0]} {each[1]}")
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    name, over = request.param
    with bench_of(name, over, size=0, brief=True) as found:
        yield found


def test_every_promise_is_kept(bench: Bench) -> None:
    """All of them in one test, so that one worker holds one system."""
    found = [each for promise in PROMISES for each in held(bench, promise)]

    assert [f"{each.promise}, {each.where or bench.name}: {each.why}" for each in found if each.state == "broken"] == []
    assert all(each.why for each in found if each.state == "skipped")
    assert {each.promise for each in found} == set(PROMISES)


def test_there_is_a_sandbox_of_every_provider() -> None:
    assert set(sandbox.names()) == set(provider.names())


def test_every_promise_says_what_it_demands_and_why() -> None:
    assert [each.name for each in PROMISES.values() if not (each.says.endswith(".") and each.why.endswith("."))] == []
