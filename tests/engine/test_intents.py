"""What is journalled before it is written: what it refers to is called by its name, or it waits; and who is told how it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pair_world import Around, box, take_in
from write_world import MATCHED, NEW, WRITTEN, create, known, writer

from syncrules.errors import Unreachable
from syncrules.journey.calls import Done
from syncrules.journey.intents import Intents
from syncrules.journey.surroundings import Late
from syncrules.memory.memory import Memory

LATE = Late("thing", "left", "L9", "")


def intents(memory: Memory, called: Any = None, told: Callable[[Done], None] = lambda _: None) -> Intents:
    """Give the journal of a run in which thing L9 is called so on the right, if it is there."""
    here = writer(memory)
    around = Around(links={} if called is None else {("left", "L9"): called})
    return Intents(memory, around, here.keeper, here.clock, here.run, told)


@pytest.mark.parametrize(
    ("late", "called", "sent"),
    [
        (LATE, "9", "9"),
        (replace(LATE, whole=True), "9", 9),
        (replace(LATE, planned="8"), "9", "9"),
        (replace(LATE, planned="9", renamed=True), "9", "9"),
        (replace(LATE, planned=Decimal("9.0"), renamed=True), Decimal("9"), Decimal("9")),
    ],
    ids=["a text", "a number", "its system said otherwise", "it was given that name", "it was given that number"],
)
def test_what_is_referred_to_is_called_what_it_is_called_once_it_is_written(
    late: Late, called: Any, sent: Any, memory: Memory
) -> None:
    action = create(changes={"Maker": late, "Rows": [{"Place": late}], "Remark": "new"})

    ((_, noted),) = intents(memory, called).note([action])

    assert noted.changes == {"Maker": sent, "Rows": [{"Place": sent}], "Remark": "new"}
    assert type(noted.changes["Maker"]) is type(sent)


@pytest.mark.parametrize(
    ("late", "called", "why"),
    [
        (LATE, None, "'L9' is not there yet"),
        (LATE, LATE, "the thing it belongs to could not be written"),
        (replace(LATE, planned="9", renamed=True), "8", "the thing it belongs to could not be written"),
    ],
    ids=["nobody made it", "it was to be made", "it was to get another name"],
)
def test_what_refers_to_something_that_was_not_written_waits_and_the_rest_is_sent(
    late: Late, called: Any, why: str, memory: Memory
) -> None:
    take_in(MATCHED, memory, "left", box(**NEW), box(Id="L2", Number="8"))

    ready = intents(memory, called).note([create(changes={"Maker": late}), create(source_id="L2")])

    assert [each.source_id for _, each in ready] == ["L2"]
    assert [each.source_id for each in memory.unsettled()] == ["L2"]
    assert (known(memory).state, known(memory).reason) == ("waiting", why)


def test_of_each_write_is_told_how_it_went_also_where_the_run_ends_with_it(memory: Memory) -> None:
    take_in(MATCHED, memory, "left", box(**NEW), box(Id="L2", Number="8"))
    trouble = Unreachable("The Shelf", "no such luck")
    done = [
        Done(create(source_id="L2"), "failed", trouble.says, error=trouble),
        Done(create(), "done", record=WRITTEN),
    ]
    told: list[Done] = []
    here = intents(memory, told=told.append)
    with memory.store.transaction():
        entries = [here.entry(each.action) for each in done]

    with pytest.raises(Unreachable):
        here.settle(zip(entries, done, strict=True))

    assert told == done
    assert memory.link_of("thing", "left", "L1") is not None
