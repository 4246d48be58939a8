"""Nobody gets what another one bears, and nobody is written over: the record waits, with a cure that helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pair_world import box, circumstances, mapping, remembering, shelf, take_in

from syncrules.journey.action import Action
from syncrules.journey.decision import Judgement
from syncrules.journey.held import Held
from syncrules.journey.rules import Rules, compile_rules
from syncrules.journey.single import decide
from syncrules.manifest import Alike
from syncrules.memory.memory import Memory

ROWS = (
    "Name: {left: Name, right: Label, too_long: cut}",
    "Number: {left: Number, right: Code}",
    "Kind: {left: Kind, right: Sort}",
)
BY_NUMBER = "match:\n  - any: [Number]"
CURE = "Make it by hand."


@pytest.fixture(scope="module")
def memories() -> Iterator[Callable[[], Memory]]:
    with remembering() as make:
        yield make


@pytest.fixture
def memory(memories: Callable[[], Memory]) -> Memory:
    return memories()


def overwriting(*alike: Alike) -> Rules:
    """Two systems; what is made on the right is written over what looks like it."""
    spec = mapping(*ROWS, more=BY_NUMBER)
    right = spec.manifests["right"]
    items = replace(right.resources["items"], overwrites=alike or (Alike(("Sort", "Label"), ".", CURE),))
    manifests = {**spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    return compile_rules(replace(spec, manifests=manifests), {})


class Plan:
    """A plan in which things of the left are made on the right."""

    def __init__(self, memory: Memory, rules: Rules | None = None) -> None:
        self.memory = memory
        self.rules = rules or overwriting()
        self.held = Held(self.rules, memory)

    def there(self, **values: Any) -> None:
        take_in(self.rules, self.memory, "right", shelf(**values))

    def new(self, **values: Any) -> Judgement | None:
        """Plan to make a thing, and give what holds it."""
        rules, record = self.rules.entities["thing"], box(**{"Id": "L1", "Kind": "A", **values})
        take_in(self.rules, self.memory, "left", record)
        view = rules.view("left", record, {})
        (action,) = decide(rules, "left", view, circumstances()).actions
        assert isinstance(action, Action)
        known = self.memory.record("thing", "left", view.id)
        assert known is not None
        return self.held.new(rules, known, view, action)


def test_who_looks_like_nobody_is_made(memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Bob", Code="7", Sort="A")

    assert plan.new(Name="Ada", Number="8") is None


@pytest.mark.parametrize("name", ["Molen BV", "Molen B.V.", "molen bv"])
def test_who_would_be_written_over_somebody_waits_with_the_cure_of_the_manifest(name: str, memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Molen B.V.", Code="7", Sort="A")

    assert plan.new(Name=name, Number="8") == Judgement(
        "waiting",
        "The Shelf would take it for 'Molen B.V.', which has the same Sort and Label, and write over that",
        CURE,
        {"decide": "taken", "candidates": ["1"]},
    )


def test_it_is_meant_also_where_somebody_said_that_it_is_made(memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Ada", Code="7", Sort="A")
    with memory.store.transaction():
        memory.decide("thing", "left", "L1", {"create": True}, 1.0)

    assert plan.new(Name="Ada", Number="8") is not None


def test_all_of_the_fields_must_be_the_same(memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Ada", Code="7", Sort="B")

    assert plan.new(Name="Ada", Number="8") is None


def test_two_that_look_the_same_are_not_made_in_one_plan(memory: Memory) -> None:
    plan = Plan(memory)

    assert plan.new(Id="L1", Name="Ada", Number="7") is None

    held = plan.new(Id="L2", Name="Ada", Number="8")
    assert held is not None
    assert held.detail == {"decide": "taken", "candidates": []}


def test_who_belongs_to_another_one_already_is_no_candidate(memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Ada", Code="7", Sort="A")
    with memory.store.transaction():
        number = memory.make_link("thing", {"left": "L9", "right": "1"}, {}, {})
        memory.judge("thing", "right", "1", "synced", link=number)
    held = plan.new(Name="Ada", Number="8")

    assert held is not None
    assert held.detail == {"decide": "taken", "candidates": []}


def test_who_has_the_number_is_told_by_it_first(memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Ada", Code="7", Sort="A", State="asleep")
    held = plan.new(Name="Ada", Number="7")

    assert held is not None
    assert held.reason == "Code '7' already belongs to 'Ada' in The Shelf"
