"""Nobody gets what another one bears, and nobody is written over: the record waits, with a cure that helps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pair_world import SHELF, UNSEEN, box, circumstances, mapping, papers, shelf, take_in

from syncrules.journey.action import Action
from syncrules.journey.decision import Decision, Judgement
from syncrules.journey.held import NEARLY, Held
from syncrules.journey.rules import Rules, View, compile_rules
from syncrules.journey.single import decide
from syncrules.journey.surroundings import Late
from syncrules.manifest import Alike
from syncrules.memory.kept import Known
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

    def change(self, changes: dict[str, Any], *, key: str = "1", read: bool = True) -> Decision:
        """Plan to change an item on the right, and give what is left of the plan."""
        rules = self.rules.entities["thing"]
        known = self.memory.record("thing", "right", key)
        assert known is not None
        there = rules.view("right", known.record or {}, {}) if read else None
        own = Action("thing", "update", "right", known.name, key=key, source_id="L9", changes=changes)
        beside = Action("thing", "remember", "left", known.name, key="L9", source_id=key)
        return self.held.unless_taken(rules, {"left": None, "right": there}, Decision([beside, own]))


def test_nobody_new_is_made_that_looks_like_one_that_the_same_plan_changes(memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Bob", Code="7", Sort="A")

    assert len(plan.change({"Label": "Ada"}).actions) == 2
    assert plan.new(Name="Ada", Number="8") == Judgement(
        "waiting",
        "The Shelf would take it for 'Bob', which has the same Sort and Label, and write over that",
        CURE,
        {"decide": "taken", "candidates": []},
    )


def test_nobody_is_changed_into_what_looks_like_one_that_the_same_plan_makes(memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Bob", Code="7", Sort="A")

    assert plan.new(Name="Ada", Number="8") is None
    decision = plan.change({"Label": "Ada"})

    says = "The Shelf would take 'Ada' for it, which has the same Sort and Label, and write over it"
    assert [each.verb for each in decision.actions] == ["remember"]
    assert decision.actions[0].held == [says, "Give one of them another number."]


@pytest.mark.parametrize(
    ("changes", "read"),
    [
        ({"Remark": "Ada"}, True),
        ({"Label": "Ada"}, False),
        ({"Label": Late("other", "left", "L1", "Name"), "Sort": "A"}, True),
    ],
    ids=["something else is changed", "half of it is known", "it is known later"],
)
def test_of_what_is_not_known_to_look_like_anybody_nothing_is_noted(
    changes: dict[str, Any], read: bool, memory: Memory
) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Bob", Code="7", Sort="A")

    assert len(plan.change(changes, read=read).actions) == 2
    assert plan.new(Name="Ada", Number="8") is None


def test_two_that_look_the_same_already_are_both_changed_in_something_else(memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Molen BV", Code="7", Sort="A")
    plan.there(Key=2, Label="Molen B.V.", Code="8", Sort="A")

    assert [len(plan.change({"Remark": "new"}, key=each).actions) for each in ("1", "2")] == [2, 2]


def test_nobody_is_changed_into_what_looks_like_another_in_any_of_the_ways_that_count(memory: Memory) -> None:
    plan = Plan(memory, overwriting(Alike(("Sort", "Label"), ".", CURE), Alike(("Registry", "Mark"), "", CURE)))
    plan.there(Key=1, Label="Ada", Registry="1", Mark="x", Code="7", Sort="A")
    plan.there(Key=2, Label="Bob", Registry="2", Mark="x", Code="8", Sort="A")

    assert len(plan.change({"Registry": "3"}).actions) == 2
    decision = plan.change({"Registry": "3"}, key="2")

    says = "The Shelf would take 'Ada' for it, which has the same Registry number and Mark, and write over it"
    assert [each.held[:1] for each in decision.actions] == [[says]]


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


@pytest.mark.parametrize(("gone", "held"), [(True, False), (False, True)])
def test_who_is_there_no_more_bears_nothing(gone: bool, held: bool, memory: Memory) -> None:
    plan = Plan(memory, by_number_alone())
    plan.there(Key=1, Label="Ada", Code="7", Sort="A")
    linked(memory, "1")
    link = memory.link_of("thing", "right", "1")
    assert link is not None
    link.gone["right"] = gone
    with memory.store.transaction():
        memory.remember(link)

    assert (plan.new(Name="Bob", Number="7") is not None) is held


def test_who_is_left_out_is_said_to_be_so(memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Ada", Code="7", Sort="A")
    with memory.store.transaction():
        memory.judge("thing", "right", "1", "excluded", reason="not in use in The Shelf")
    held = plan.new(Name="Bob", Number="7")

    assert held is not None
    assert held.reason == "Code '7' already belongs to 'Ada' in The Shelf (left out: not in use in The Shelf)"


# A number that is nearly the same ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code"), [("7", "007"), ("007", "7"), ("a 7", "A7"), ("07", "7 ")])
def test_a_number_that_is_nearly_that_of_somebody_free_is_asked_about(number: str, code: str, memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Ada", Code=code, Sort="A")

    assert plan.new(Name="Bob", Number=number) == Judgement(
        "waiting",
        f"Number '{number}' is nearly that of 'Ada' in The Shelf: only letter case, spaces or leading zeros differ",
        NEARLY,
        {"decide": "match", "candidates": ["1"]},
    )


def test_all_whose_number_is_nearly_the_same_are_named(memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Ada", Code="07", Sort="A")
    plan.there(Key=2, Label="Eva", Code="007", Sort="A")
    held = plan.new(Name="Bob", Number="7")

    assert held is not None
    assert "nearly that of 'Ada', 'Eva' in" in held.reason


@pytest.mark.parametrize("how", ["linked", "excluded", "answered", "nothing but zeros"])
def test_who_is_not_free_or_was_decided_about_is_not_asked_about_for_being_near(how: str, memory: Memory) -> None:
    plan = Plan(memory)
    plan.there(Key=1, Label="Ada", Code="00" if how == "nothing but zeros" else "007", Sort="A")
    if how == "linked":
        linked(memory, "1")
    elif how == "excluded":
        with memory.store.transaction():
            memory.judge("thing", "right", "1", "excluded")
    elif how == "answered":
        another(memory, "L1")

    assert plan.new(Name="Bob", Number="0" if how == "nothing but zeros" else "7") is None


@pytest.mark.parametrize(("written", "held"), [(["Number"], True), (["Name"], False)])
def test_only_a_number_that_is_written_is_nearly_another(written: list[str], held: bool, memory: Memory) -> None:
    rules = compile_rules(mapping(*ROWS, more="match:\n  - any: [Name, Number]"), {})
    plan = Plan(memory, rules)
    plan.there(Key=1, Label="Eva", Code="007")
    thing = rules.entities["thing"]
    action = Action("thing", "create", "right", "it", fields=[[each, None, "x"] for each in written])
    view = thing.view("left", box(Name="Ada", Number="7"), {})

    assert (plan.held._by_near(thing, view, action) is not None) is held
    plan.there(Key=2, Label="Ada", Code="7")
    assert (plan.held.by_tier(thing, "left", view, action) is not None) is True
    assert (plan.held.by_tier(thing, "left", view, replace(action, fields=[])) is not None) is False


# A number that one alone may have ---------------------------------------------------------------------------------------------


def keyed(*keys: str) -> Rules:
    """Two systems of which the right one allows each value of these fields once."""
    rows = (*ROWS, "Phone: {left: Phone, right: Registry}", "Mark: {left: Note, right: Dial}")
    spec = mapping(*rows, more=BY_NUMBER)
    right = spec.manifests["right"]
    items = replace(right.resources["items"], keys=keys)
    manifests = {**spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    return compile_rules(replace(spec, manifests=manifests), {})


def test_a_number_that_is_taken_is_told_by_the_title_of_its_field(memory: Memory) -> None:
    plan = Plan(memory, keyed("Dial", "Registry"))
    plan.there(Key=1, Label="Ada", Code="7", Registry="12345678")
    held = plan.new(Name="Bob", Number="8", Phone="12345678")

    assert held == Judgement(
        "waiting",
        "Registry number '12345678' already belongs to 'Ada' in The Shelf",
        "Give one of them another number, or decide that they are the same (link).",
        {"decide": "taken", "candidates": ["1"]},
    )


def test_two_fields_may_hold_the_same_number(memory: Memory) -> None:
    plan = Plan(memory, keyed("Dial", "Registry"))

    assert plan.new(Id="L1", Name="Ada", Number="1", Note="12345678") is None
    assert plan.new(Id="L2", Name="Bob", Number="2", Phone="12345678") is None
    assert plan.new(Id="L3", Name="Eva", Number="3", Phone="12345678") is not None


def test_two_without_a_number_are_both_made(memory: Memory) -> None:
    plan = Plan(memory, keyed("Dial", "Registry"))

    assert plan.new(Id="L1", Name="Ada", Number="1") is None
    assert plan.new(Id="L2", Name="Bob", Number="2") is None


def test_by_what_it_would_be_taken_for_another_is_told_by_the_titles_of_the_fields(memory: Memory) -> None:
    plan = Plan(memory, overwriting(Alike(("Registry", "Label"), ".", CURE)))
    plan.there(Key=1, Label="Ada", Registry="12345678")
    action = Action("thing", "create", "right", "it", changes={"Label": "Ada", "Registry": "12345678"})
    held = plan.held._by_looks(plan.rules.entities["thing"], action)

    assert held is not None
    assert "which has the same Registry number and Label" in held.reason


def test_what_is_not_there_yet_is_nobodys_number(memory: Memory) -> None:
    plan = Plan(memory, keyed("Dial", "Registry"))
    plan.there(Key=1, Label="Ada", Code="7", Registry="12345678")
    rules = plan.rules.entities["thing"]
    late = {"Dial": Late("thing", "left", "L9", ""), "Registry": "12345678"}
    held = plan.held._by_key(rules, Action("thing", "create", "right", "it", changes=late))

    assert held is not None
    assert held.reason == "Registry number '12345678' already belongs to 'Ada' in The Shelf"


@pytest.mark.parametrize(("resource", "held"), [("items", True), ("rates", False)])
def test_a_number_is_taken_also_by_what_another_entity_reads_of_the_same_resource(
    resource: str, held: bool, memory: Memory
) -> None:
    spec = keyed("Code").spec
    thing = spec.entities["thing"]
    sources = {**thing.sources, "right": replace(thing.sources["right"], resource=resource)}
    other = replace(thing, name="other", sources=sources)
    rules = compile_rules(replace(spec, entities={"thing": thing, "other": other}), {})
    plan = Plan(memory, rules)
    with memory.store.transaction():
        memory.keep("other", [Known("right", "x", "Ada", "pending", b"", 1)], 1.0)
        memory.know_by("other", [("right", "x", "@Code", "7", "7")])

    assert (plan.new(Name="Bob", Number="7") is not None) is held


# An id that is part of what is sent -------------------------------------------------------------------------------------------

MARKED = UNSEEN.replace("Key: {type: integer, readOnly: true}", "Key: {type: string, title: Shelf mark}")


def unseen(shelves: str = UNSEEN, link_is_id_of: str = "") -> Rules:
    """Rules of what is sent to a shelf that cannot be read back, under an id of ours."""
    spec = papers(shelves).spec
    thing = replace(spec.entities["thing"], link_is_id_of=link_is_id_of)
    return compile_rules(replace(spec, entities={"thing": thing}), {})


def by_id(memory: Memory, rules: Rules, *names: str) -> list[str | None]:
    """Send things of these names under the same id, one after the other; give why each is held."""
    held = Held(rules, memory)
    actions = [Action("thing", "create", "right", each, changes={"Key": "5"}) for each in names]
    found = [held._by_id(rules.entities["thing"], each) for each in actions]
    return [each.reason if each is not None else None for each in found]


def test_two_do_not_stand_under_one_id(memory: Memory) -> None:
    assert by_id(memory, unseen(), "Ada", "Bob") == [None, "Key '5' already stands for 'Ada'"]
    assert by_id(memory, unseen(MARKED), "Ada", "Bob") == [None, "Shelf mark '5' already stands for 'Ada'"]


@pytest.mark.parametrize(("known", "called"), [(True, "'Eva'"), (False, "another one")])
def test_nobody_stands_under_the_id_of_what_was_sent_before(known: bool, called: str, memory: Memory) -> None:
    rules = unseen()
    if known:
        take_in(rules, memory, "left", box(Id="L9", Name="Eva"))
    with memory.store.transaction():
        memory.make_link("thing", {"left": "L9", "right": "5"}, {}, {})

    assert by_id(memory, rules, "Ada") == [f"Key '5' already stands for {called}"]


def test_where_the_id_is_that_of_the_source_or_can_be_read_nobody_looks(memory: Memory) -> None:
    with memory.store.transaction():
        memory.make_link("thing", {"left": "L9", "right": "5"}, {}, {})

    assert by_id(memory, unseen(link_is_id_of="right"), "Ada", "Bob") == [None, None]
    assert by_id(memory, papers(SHELF), "Ada", "Bob") == [None, None]


# An update ----------------------------------------------------------------------------------------------------------------------


def renumbered(plan: Plan, read: str, verb: Any = "update") -> Decision:
    """Let a thing get a number that another one has, and its name go the other way."""
    plan.there(Key=1, Label="Ada", Code="7", Sort="A")
    plan.there(Key=2, Label="Bob", Code="8", Sort="A")
    rules = plan.rules.entities["thing"]
    views: dict[str, View | None] = {
        "left": rules.view("left", box(Name="Bob", Number="7"), {}) if read in ("left", "both") else None,
        "right": rules.view("right", shelf(Key=2, Label="Bob", Code="8"), {}) if read in ("right", "both") else None,
    }
    actions = [
        Action("thing", "remember", "left", "it"),
        Action("thing", verb, "right", "it", key="2", fields=[["Number", "8", "7"]]),
        Action("thing", "update", "left", "it", key="L1", fields=[["Name", "x", "Bob"]]),
    ]
    return plan.held.unless_taken(rules, views, Decision(actions))


@pytest.mark.parametrize(("read", "waiting"), [("both", ["left", "right"]), ("left", ["left"]), ("right", ["right"])])
def test_an_update_waits_that_would_give_away_what_another_one_bears_and_the_rest_goes_on(
    read: str, waiting: list[str], memory: Memory
) -> None:
    decision = renumbered(Plan(memory), read)

    why = ["Number '7' already belongs to 'Ada' in The Shelf", "Give one of them another number."]
    assert [(each.verb, each.side, each.held) for each in decision.actions] == [
        ("remember", "left", why), ("update", "left", []),
    ]  # fmt: skip
    assert decision.judgements == {each: Judgement("waiting", *why) for each in waiting}


def test_a_number_that_its_bearer_gives_up_by_this_plan_is_free(memory: Memory) -> None:
    plan = Plan(memory, by_number_alone())
    plan.there(Key=1, Label="Ada", Code="7", Sort="A")
    linked(memory, "1")
    rules = plan.rules.entities["thing"]
    update = Action("thing", "update", "right", "it", key="1", fields=[["Number", "7", "9"]])

    assert plan.held.by_tier(rules, "left", rules.view("left", box(Number="9"), {}), update) is None
    assert plan.new(Name="Bob", Number="7") is None


def test_what_is_no_update_or_was_not_looked_at_is_not_held_for_its_number(memory: Memory) -> None:
    assert len(renumbered(Plan(memory), "both", "create").actions) == 3
    assert len(renumbered(Plan(memory), "none").actions) == 3


def test_what_becomes_a_role_bears_the_numbers_of_what_it_is_a_role_of(memory: Memory) -> None:
    plan = Plan(memory, by_number_alone())
    plan.there(Key=1, Label="Ada", Code="7", Sort="A")
    rules, record = plan.rules.entities["thing"], box(Name="Bob", Number="7")
    take_in(plan.rules, memory, "left", record)
    known = memory.record("thing", "left", "L1")
    assert known is not None
    action = Action("thing", "create", "right", "it", fields=[["Name", None, "Bob"]])
    view = rules.view("left", record, {})

    assert plan.held.new(rules, known, view, action, role=True) is not None
    assert plan.held.new(rules, known, view, action) is None
