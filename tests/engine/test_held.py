"""Nobody gets what another one bears, and nobody is written over: the record waits, with a cure that helps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pair_world import box, circumstances, mapping, shelf, take_in

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


# What somebody decided -----------------------------------------------------------------------------------------------


def by_number_alone() -> Rules:
    """Two systems of which the right one takes as many things with one number, and with one name, as it is given."""
    spec = mapping(*ROWS, more=BY_NUMBER)
    right = spec.manifests["right"]
    items = replace(right.resources["items"], keys=())
    manifests = {**spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    return compile_rules(replace(spec, manifests=manifests), {})


def another(memory: Memory, *ids: str) -> None:
    """Let somebody say of these things that they are made anew."""
    with memory.store.transaction():
        for each in ids:
            memory.decide("thing", "left", each, {"create": True}, 1.0)


def linked(memory: Memory, key: str) -> None:
    """Let a box on the shelf belong to another thing."""
    with memory.store.transaction():
        number = memory.make_link("thing", {"left": "L9", "right": key}, {}, {})
        memory.judge("thing", "right", key, "synced", link=number)


@pytest.mark.requirement("X-08")
def test_beside_a_bearer_that_belongs_to_nobody_it_is_made_when_somebody_says_so(memory: Memory) -> None:
    plan = Plan(memory, by_number_alone())
    plan.there(Key=1, Label="Ada", Code="7", Sort="A")
    asked = plan.new(Name="Bob", Number="7")
    another(memory, "L1")

    assert asked is not None
    assert asked.detail == {"decide": "match", "candidates": ["1"]}
    assert plan.new(Name="Bob", Number="7") is None


@pytest.mark.requirement("X-08")
def test_beside_a_bearer_that_is_linked_it_is_not_made_whatever_anybody_decides(memory: Memory) -> None:
    plan = Plan(memory, by_number_alone())
    plan.there(Key=1, Label="Ada", Code="7", Sort="A")
    linked(memory, "1")
    another(memory, "L1")

    assert plan.new(Name="Bob", Number="7") == Judgement(
        "waiting",
        "Number '7' already belongs to 'Ada' in The Shelf",
        "Give one of them another number.",
        {"decide": "taken", "candidates": []},
    )


def test_a_bearer_that_is_linked_counts_also_beside_one_that_is_free(memory: Memory) -> None:
    plan = Plan(memory, by_number_alone())
    plan.there(Key=1, Label="Ada", Code="7", Sort="A")
    plan.there(Key=2, Label="Eva", Code="7", Sort="A")
    linked(memory, "2")
    another(memory, "L1")
    held = plan.new(Name="Bob", Number="7")

    assert held is not None
    assert held.reason == "Number '7' already belongs to 'Eva' in The Shelf"


def test_a_bearer_that_this_plan_ties_to_another_is_as_good_as_linked(memory: Memory) -> None:
    plan = Plan(memory, by_number_alone())
    plan.held.paired = {("thing", "right", "1")}
    plan.there(Key=1, Label="Ada", Code="7", Sort="A")
    another(memory, "L1")

    assert plan.new(Name="Bob", Number="7") is not None


def test_one_number_is_not_given_to_two_that_are_made_although_somebody_says_so_of_both(memory: Memory) -> None:
    plan = Plan(memory, by_number_alone())
    another(memory, "L1", "L2")

    assert plan.new(Id="L1", Name="Ada", Number="7") is None
    assert plan.new(Id="L2", Name="Bob", Number="7") is not None
