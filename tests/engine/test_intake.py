"""What is concluded from a complete read: what is no longer there, as far as its system's manifest lets anybody know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pair_world import NOTE, box, mapping, remembering, shelf

from syncrules.errors import Unreachable
from syncrules.http import StillClock
from syncrules.journey.intake import Intake
from syncrules.journey.rules import Rules, compile_rules
from syncrules.manifest import Changes
from syncrules.memory.kept import State
from syncrules.memory.memory import Memory
from syncrules.records import Record

NAME = "Name: {left: Name, right: Label, too_long: cut}"
STATES: tuple[State, ...] = ("pending", "waiting", "failed", "excluded", "synced")
LINKED = 6


@pytest.fixture(scope="module")
def memories() -> Iterator[Callable[[], Memory]]:
    with remembering() as make:
        yield make


@pytest.fixture
def memory(memories: Callable[[], Memory]) -> Memory:
    return memories()


class Clock:
    def now(self) -> float:
        return 100.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError


class Slow:
    """A system whose answer takes an hour, by a clock that stands still meanwhile."""

    def __init__(self, *records: Record) -> None:
        self.records = list(records)
        self.clock = StillClock(100.0)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        yield self.records
        self.clock.sleep(3600)


class System:
    """A system that gives these records, whole, on one page; it may fall silent then, and not say that this was all."""

    def __init__(self, *records: Record, breaks: bool = False) -> None:
        self.records = list(records)
        self.breaks = breaks

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        yield self.records
        if self.breaks:
            raise Unreachable("The Shelf", "nobody answers any more")


def rules(means: str) -> Rules:
    """Two systems; what is missing on the right means this."""
    spec = mapping(NAME, NOTE)
    right = spec.manifests["right"]
    items = replace(right.resources["items"], missing=means)
    manifests = {**spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    return compile_rules(replace(spec, manifests=manifests), {})


def taken(memory: Memory, means: str, run: int, *there: int, breaks: bool = False) -> list[str]:
    """Read both sides in a run, of which the right one gives these items; give what was stopped."""
    stopped: list[str] = []
    providers: Any = {
        "left": System(*(box(Id=f"L{each}", Name="Ada") for each in range(LINKED))),
        "right": System(*(shelf(Key=each, Label="Ada") for each in there), breaks=breaks),
    }
    intake = Intake(
        rules(means), memory, providers, {}, Clock(), run, lambda *said: stopped.append(said[2]), lambda _: None
    )
    intake.take({("thing", "left"), ("thing", "right")}, whole=True)
    return stopped


def linked(memory: Memory, means: str) -> None:
    """Let some be linked, and one more item be there that is not."""
    taken(memory, means, 1, *range(LINKED + 1))
    with memory.store.transaction():
        for each in range(LINKED):
            number = memory.make_link("thing", {"left": f"L{each}", "right": f"{each}"}, {}, {})
            for side, id_ in (("left", f"L{each}"), ("right", f"{each}")):
                memory.judge("thing", side, id_, "synced", link=number)


def gone(memory: Memory) -> list[bool]:
    return [each.gone["right"] for each in memory.links("thing")]


def on_the_right(memory: Memory) -> list[str]:
    return sorted(known.id for _, known in memory.records(states=STATES) if known.side == "right")


def test_what_a_complete_read_does_not_show_was_deleted(memory: Memory) -> None:
    linked(memory, "deleted")

    assert taken(memory, "deleted", 2, 1, 2, 3, 4, 5) == []
    assert gone(memory) == [True, False, False, False, False, False]
    assert on_the_right(memory) == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.requirement("X-10")
def test_where_nobody_knows_what_it_means_nothing_was_deleted(memory: Memory) -> None:
    linked(memory, "unknown")

    assert taken(memory, "unknown", 2, 1, 2, 3, 4, 5) == []
    assert gone(memory) == [False] * LINKED
    assert on_the_right(memory) == ["0", "1", "2", "3", "4", "5"]
    assert {known.state for _, known in memory.records(states=STATES) if known.link is not None} == {"synced"}


@pytest.mark.requirement("X-10")
@pytest.mark.parametrize("means", ["deleted", "unknown"])
def test_from_an_empty_answer_nothing_is_concluded(means: str, memory: Memory) -> None:
    linked(memory, means)
    stopped = taken(memory, means, 2)

    assert len(stopped) == (means == "deleted")
    assert gone(memory) == [False] * LINKED
    assert on_the_right(memory) == ["0", "1", "2", "3", "4", "5", "6"]


@pytest.mark.requirement("X-10")
@pytest.mark.parametrize("means", ["deleted", "settled"])
def test_from_a_list_that_breaks_off_nothing_is_concluded(means: str, memory: Memory) -> None:
    linked(memory, means)

    with pytest.raises(Unreachable):
        taken(memory, means, 2, 1, 2, 3, 4, 5, breaks=True)

    assert gone(memory) == [False] * LINKED
    assert on_the_right(memory) == ["0", "1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [("1970-01-01T00:01:05+00:00", "1970-01-01T00:01:05+00:00"), ("1970-01-01T09:00:00+00:00", "1970-01-01T00:01:40+00:00")],
    ids=["its newest stamp", "no stamp from a clock that is ahead"],
)  # fmt: skip
def test_the_next_read_begins_no_later_than_this_one(stamp: str, expected: str, memory: Memory) -> None:
    given = rules("unknown")
    right = given.spec.manifests["right"]
    items = replace(right.resources["items"], changes=Changes(("Dial",), timedelta(0), None, ()))
    manifests = {**given.spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    given = compile_rules(replace(given.spec, manifests=manifests), {})
    slow = Slow(shelf(Label="Ada", Dial=stamp))
    systems: Any = {"left": System(box()), "right": slow}

    Intake(given, memory, systems, {}, slow.clock, 1, lambda *_: None, lambda _: None).take({("thing", "right")})

    assert memory.cursor("right", "items")[0] == expected
