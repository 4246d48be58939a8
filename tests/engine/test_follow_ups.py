"""What people are to do by hand is struck off when it is seen to be done, and looking costs few calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from pair_world import box, compiled, shelf, take_in

from syncrules.journey.follow_ups import A_DAY, FollowUps
from syncrules.journey.rules import Rules
from syncrules.memory.memory import Memory
from syncrules.records import Record

NAME = "Name: {left: Name, right: Label, too_long: cut}"
OWNER = "Owner: {left: Owner, right: Owner, refers_to: [thing]}"
TICK = "follow_ups: {Tick the box: {after: {created: right}, done_when: {right: Marked}, because: no program can}}"
NEED = "needs: {not ticked: {right: Marked, of: Owner, equals: true, to: right, cure: Tick it.}}"
NOW = 1_000_000.0
TAKEN = {("thing", "left"), ("thing", "right")}


@dataclass
class Shelf:
    """A system that says of one item whether it is marked, and counts how often it is asked."""

    there: Record | None = None
    asked: list[str] = field(default_factory=list)

    def fetch(self, resource: str, key: str) -> Record | None:
        self.asked.append(key)
        return self.there


@dataclass
class Scene:
    """A thing that was made on the right, and a to-do for it."""

    memory: Memory
    rules: Rules = field(default_factory=lambda: compiled(NAME, OWNER, more=f"{TICK}\n{NEED}"))
    system: Shelf = field(default_factory=Shelf)

    def __post_init__(self) -> None:
        take_in(self.rules, self.memory, "left", box(Id="L1", Name="Ada"))
        take_in(self.rules, self.memory, "right", shelf(Key=1, Label="Ada", Marked=False))
        with self.memory.store.transaction():
            number = self.memory.make_link("thing", {"left": "L1", "right": "1"}, {}, {})
            for side, id_ in (("left", "L1"), ("right", "1")):
                self.memory.judge("thing", side, id_, "synced", link=number)
            self.memory.to_do("thing", number, "Tick the box", "no program can")

    def read(self, run: int, *, marked: bool) -> None:
        take_in(self.rules, self.memory, "right", shelf(Key=1, Label="Ada", Marked=marked), run=run)

    def strike_off(self, run: int = 2, *, now: float = NOW, by_hand: bool = False, taken: Any = TAKEN) -> int:
        """Look after the to-dos; give how many calls that took."""
        before = len(self.system.asked)
        providers: Any = {"left": self.system, "right": self.system}
        FollowUps(self.rules, self.memory, providers, {}, run, now).strike_off(taken, by_hand=by_hand)
        return len(self.system.asked) - before

    @property
    def left(self) -> int:
        return len(self.memory.to_dos())


@pytest.fixture
def scene(memories: Callable[[], Memory]) -> Scene:
    return Scene(memories())


def test_what_was_read_says_for_itself_that_it_is_done(scene: Scene) -> None:
    scene.read(2, marked=True)

    assert (scene.strike_off(), scene.left) == (0, 0)


def test_what_was_read_and_is_not_done_stays_without_a_look(scene: Scene) -> None:
    scene.read(2, marked=False)
    scene.strike_off(now=NOW - A_DAY)
    scene.read(3, marked=False)

    assert (scene.strike_off(3), scene.left) == (0, 1)


def test_who_was_not_read_is_looked_at_once_a_day(scene: Scene) -> None:
    scene.system.there = shelf(Key=1, Label="Ada", Marked=False)
    hours = [scene.strike_off(run, now=NOW + run * 3600) for run in range(2, 52)]

    assert sum(hours) == 2
    assert scene.left == 1

    scene.system.there = shelf(Key=1, Label="Ada", Marked=True)

    assert scene.strike_off(60, now=NOW + 100 * 3600) == 1
    assert scene.left == 0


def test_a_side_that_is_not_read_is_not_looked_at_either(scene: Scene) -> None:
    scene.system.there = shelf(Key=1, Label="Ada", Marked=True)
    scene.strike_off(now=NOW - A_DAY)

    assert (scene.strike_off(3, taken={("thing", "left")}), scene.left) == (0, 1)


def waits_for_it(scene: Scene) -> None:
    take_in(scene.rules, scene.memory, "left", box(Id="L2", Name="Bob", Owner={"Id": "L1"}))
    with scene.memory.store.transaction():
        scene.memory.judge("thing", "left", "L2", "waiting", reason="not ticked")


@pytest.mark.parametrize(("waits", "by_hand", "calls"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_who_may_just_have_done_it_and_has_something_waiting_need_not_wait_for_a_day(
    scene: Scene, waits: bool, by_hand: bool, calls: int
) -> None:
    scene.system.there = shelf(Key=1, Label="Ada", Marked=True)
    if waits:
        waits_for_it(scene)

    assert scene.strike_off(by_hand=by_hand) == calls
    assert scene.left == 1 - calls


def test_what_is_seen_by_a_look_is_remembered_as_if_it_had_been_read(scene: Scene) -> None:
    scene.system.there = shelf(Key=1, Label="Ada", Marked=True)
    waits_for_it(scene)
    scene.strike_off(by_hand=True)

    assert scene.memory.key_of("thing", "right", "1", "@Marked") == "True"


def test_who_is_no_longer_there_keeps_nothing_open(scene: Scene) -> None:
    scene.strike_off(now=NOW - A_DAY)

    assert (scene.strike_off(3), scene.left) == (1, 1)

    with scene.memory.store.transaction():
        scene.memory.unlink(scene.memory.to_dos()[0][2])

    assert (scene.strike_off(4), scene.left) == (0, 0)
