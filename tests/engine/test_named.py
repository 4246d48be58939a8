"""What a system calls deleted: exactly that is looked at, and only what is not there is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from pair_world import NOTE, box, mapping, shelf

from syncrules.http import StillClock
from syncrules.journey.intake import Intake
from syncrules.journey.rules import Rules, compile_rules
from syncrules.manifest import Changes
from syncrules.memory.hints import MOST, Said
from syncrules.memory.memory import Memory
from syncrules.records import Record

NAME = "Name: {left: Name, right: Label, too_long: cut}"
LINKED = 150
NOW = 100_000.0
LAG = 5.0
STAMP = "1970-01-02T03:40:00+00:00"
"""When all of it was last changed: a little before."""


def rules() -> Rules:
    """Two systems; the right one gives what changed, and shows a write after a while."""
    spec = mapping(NAME, NOTE)
    right = spec.manifests["right"]
    items = replace(right.resources["items"], missing="deleted", changes=Changes(("Dial",), timedelta(0), None, ()))
    changed = replace(right, resources={**right.resources, "items": items}, lag=timedelta(seconds=LAG))
    return compile_rules(replace(spec, manifests={**spec.manifests, "right": changed}), {})


@dataclass
class Shelf:
    """A system in which these items are."""

    there: set[int]
    fetched: list[str] = field(default_factory=list)
    whole: int = 0
    """How often all of it was read."""

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        self.whole += since is None
        yield [shelf(Key=each, Label="Ada", Dial=STAMP) for each in sorted(self.there)] if since is None else []

    def fetch(self, resource: str, key: str) -> Record | None:
        self.fetched.append(key)
        return shelf(Key=int(key), Label="Ada") if int(key) in self.there else None


class Scene:
    """So many are linked, of which the right side is read after something was said of it."""

    def __init__(self, memory: Memory) -> None:
        self.memory, self.shelf, self.run = memory, Shelf({*range(LINKED)}), 0
        self.stopped: list[tuple[str, str]] = []
        self.look({("thing", "left"), ("thing", "right")}, whole=True)
        with memory.store.transaction():
            for each in range(LINKED):
                number = memory.make_link("thing", {"left": f"L{each}", "right": f"{each}"}, {}, {})
                for side, id_ in (("left", f"L{each}"), ("right", f"{each}")):
                    memory.judge("thing", side, id_, "synced", link=number)
        self.shelf.whole = 0

    def say(self, *ids: int, ago: float = 60.0) -> None:
        with self.memory.store.transaction():
            self.memory.hint([Said("right", "items", str(each), "deleted", NOW - ago) for each in ids])

    def look(self, wanted: set[tuple[str, str]] = frozenset({("thing", "right")}), *, whole: bool = False) -> None:  # type: ignore[assignment]  # is only read
        self.run += 1
        left = [box(Id=f"L{each}", Name="Ada") for each in range(LINKED)]
        providers: Any = {"left": Left(left), "right": self.shelf}
        Intake(
            rules(), self.memory, providers, {}, StillClock(NOW + self.run), self.run,
            lambda name, brake, said, count: self.stopped.append((brake, said)), lambda _: None,
        ).take(wanted, whole=whole)  # fmt: skip

    @property
    def gone(self) -> list[str]:
        return sorted(str(each.ids["right"]) for each in self.memory.links("thing") if each.gone["right"])

    @property
    def said(self) -> list[str]:
        return [each.id for each in self.memory.hints()]


@dataclass
class Left:
    records: list[Record]

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        yield self.records


@pytest.fixture
def scene(memory: Memory) -> Scene:
    return Scene(memory)


@pytest.mark.requirement("X-10")
def test_only_what_is_named_is_looked_at_and_only_what_is_not_there_is_gone(scene: Scene) -> None:
    scene.shelf.there -= {7}
    scene.say(7, 8)
    scene.look()

    assert (sorted(scene.shelf.fetched), scene.shelf.whole) == (["7", "8"], 0)
    assert (scene.gone, scene.said, scene.stopped) == (["7"], [], [])


def test_what_is_still_shown_a_moment_after_it_was_called_deleted_is_looked_at_again(scene: Scene) -> None:
    scene.say(7, ago=1.0)
    scene.look()
    still = scene.said
    scene.shelf.there -= {7}
    scene.look()

    assert (still, scene.gone, scene.said) == (["7"], ["7"], [])


@pytest.mark.requirement("X-10")
def test_many_that_are_called_deleted_one_after_the_other_are_held_back_until_somebody_says_so(scene: Scene) -> None:
    for each in range(0, 60, 2):
        scene.shelf.there -= {each, each + 1}
        scene.say(each, each + 1)
        scene.look()
    few, (brake, said) = scene.gone, scene.stopped[-1]

    assert 0 < len(few) < 40
    assert "were deleted" in said

    with scene.memory.store.transaction():
        scene.memory.decide("thing", "brake", brake, {"accept": True}, NOW)
    scene.look()

    assert len(scene.gone) > len(few)
    assert scene.said == []


def test_of_very_many_the_whole_list_is_read(scene: Scene) -> None:
    scene.say(*range(MOST + 1))
    scene.look()

    assert (scene.shelf.fetched, scene.shelf.whole) == ([], 1)
    assert (scene.gone, scene.said) == ([], [])
