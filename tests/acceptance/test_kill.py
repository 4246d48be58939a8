"""A run that is killed with `kill -9`: the next one finishes the work. Many more of these: `python tests/acceptance/kill.py`."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from kill import Keeper, Killer, Moment, scene


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with Keeper() as keeper:
        yield Killer(keeper, random.Random(7))


@pytest.mark.requirement("X-03", "EB-03")
def test_a_first_import_that_is_killed_again_and_again_is_as_if_it_never_was(killer: Killer) -> None:
    moments = [Moment("after commit", 36), Moment("write done", 9), Moment("later", 0.4)]
    killer.try_one("first import", moments)


@pytest.mark.requirement("X-03")
def test_invoices_are_booked_once_however_often_the_run_is_killed(killer: Killer) -> None:
    moments = [Moment("write done", 6), Moment("write not done", 9), Moment("before commit", 30)]
    killer.try_one("invoices", moments)


@pytest.mark.requirement("X-03")
def test_payments_are_made_once_however_often_the_run_is_killed(killer: Killer) -> None:
    killer.try_one("payments", [Moment("write done", 3), Moment("write done", 8)])


@pytest.mark.requirement("X-03")
def test_ids_are_left_although_the_run_that_linked_the_records_was_killed(killer: Killer) -> None:
    killer.try_one("import of what both have", [Moment("write not done", 3)])


@pytest.mark.requirement("X-03")
def test_the_lock_of_a_killed_run_holds_nobody_up(killer: Killer) -> None:
    with scene("first import") as here:
        assert killer.keeper.run(here, Moment("after commit", 5))
        with here.store.alone("c") as alone:
            assert alone
        with here.store.alone("c"):
            pass
        assert not killer.keeper.run(here)
        assert here.memory.last_run()["outcome"] == "done"  # type: ignore[index]
