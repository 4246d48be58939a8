"""Who belongs to whom: what is unambiguous is tied, what is not is asked about, and nobody ever guesses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pair_world import SIDES, UPDATES, box, compiled, load_text, shelf, take_in

from syncrules.journey import match
from syncrules.journey.match import Matches
from syncrules.journey.rules import Rules, compile_rules
from syncrules.memory.memory import Memory

NAME = "Name: {left: Name, right: Label, too_long: cut}"
NUMBER = "Number: {left: Number, right: Code}"
NOTE = "Note: {left: Note, right: Remark}"
ROWS = (NAME, NUMBER, NOTE)
BY_NUMBER = "match:\n  - any: [Number]"


def nobody_decided(entity: str, side: str, id_: str) -> str:
    return ""


def found(
    rules: Rules,
    memory: Memory,
    left: Iterable[Mapping[str, Any]],
    right: Iterable[Mapping[str, Any]],
    decided: Callable[[str, str, str], str] = nobody_decided,
) -> Matches:
    """Take these records in, and match them."""
    take_in(rules, memory, "left", *(box(**each) for each in left))
    take_in(rules, memory, "right", *(shelf(**each) for each in right))
    return rematched(rules, memory, decided)


def rematched(rules: Rules, memory: Memory, decided: Callable[[str, str, str], str] = nobody_decided) -> Matches:
    matches = Matches()
    match.find(rules, memory, decided, matches)
    return matches


def pairs(matches: Matches, entity: str = "thing") -> set[tuple[str, str]]:
    """The pairs, left and right."""
    both = {(id_, other) for (name, side, id_), other in matches.pairs.items() if (name, side) == (entity, "left")}
    assert both == {
        (other, id_) for (name, side, id_), other in matches.pairs.items() if (name, side) == (entity, "right")
    }
    return both


def asked(matches: Matches, entity: str = "thing") -> dict[tuple[str, str], list[str]]:
    return {(side, id_): ids for (name, side, id_), ids in matches.asked.items() if name == entity}


def left(id_: str, **values: Any) -> dict[str, Any]:
    return {"Id": id_, **values}


def right(key: int, **values: Any) -> dict[str, Any]:
    return {"Key": key, **values}


# One entity -----------------------------------------------------------------------------------------------------------


def test_two_records_with_the_same_number_belong_together(memories: Callable[[], Memory]) -> None:
    matches = found(
        compiled(*ROWS, more=BY_NUMBER), memories(),
        [left("a", Number="7"), left("b", Number="8"), left("c")], [right(1, Code="7"), right(2, Code="9"), right(3)],
    )  # fmt: skip

    assert pairs(matches) == {("a", "1")}
    assert asked(matches) == {}
    assert matches.claimed == {("left", "things", "a"): ["thing"], ("right", "items", "1"): ["thing"]}


@pytest.mark.parametrize(
    ("lefts", "rights", "expected"),
    [
        (["a"], [1, 2], {("left", "a"): ["1", "2"], ("right", "1"): ["a"], ("right", "2"): ["a"]}),
        (["a", "b"], [1], {("left", "a"): ["1"], ("left", "b"): ["1"], ("right", "1"): ["a", "b"]}),
        (
            ["a", "b"],
            [1, 2],
            {
                ("left", "a"): ["1", "2"],
                ("left", "b"): ["1", "2"],
                ("right", "1"): ["a", "b"],
                ("right", "2"): ["a", "b"],
            },
        ),
    ],
)
def test_where_there_is_more_than_one_candidate_a_person_is_asked(
    lefts: list[str], rights: list[int], expected: object, memories: Callable[[], Memory]
) -> None:
    matches = found(
        compiled(*ROWS, more=BY_NUMBER), memories(),
        [left(each, Number="7") for each in lefts], [right(each, Code="7") for each in rights],
    )  # fmt: skip

    assert pairs(matches) == set()
    assert asked(matches) == expected


def test_an_earlier_tier_decides_before_a_later_one(memories: Callable[[], Memory]) -> None:
    rules = compiled(*ROWS, more="match:\n  - any: [Number]\n  - any: [Name]")

    matches = found(
        rules, memories(),
        [left("a", Number="7", Name="Ada"), left("b", Name="Ada"), left("c", Number="9", Name="Cleo")],
        [right(1, Code="7", Label="Bob"), right(2, Label="Ada"), right(3, Label="Cleo")],
    )  # fmt: skip

    assert pairs(matches) == {("a", "1"), ("b", "2"), ("c", "3")}
    assert asked(matches) == {}


def test_who_is_asked_about_in_one_tier_is_no_candidate_in_the_next(memories: Callable[[], Memory]) -> None:
    rules = compiled(*ROWS, more="match:\n  - any: [Number]\n  - any: [Name]")

    matches = found(
        rules, memories(),
        [left("a", Number="7", Name="Ada"), left("b", Name="Ada")],
        [right(1, Code="7"), right(2, Code="7", Label="Ada")],
    )  # fmt: skip

    assert pairs(matches) == set()
    assert asked(matches) == {("left", "a"): ["1", "2"], ("right", "1"): ["a"], ("right", "2"): ["a"]}


def test_one_row_of_a_tier_is_enough_and_two_that_disagree_are_asked_about(memories: Callable[[], Memory]) -> None:
    rules = compiled(*ROWS, more="match:\n  - any: [Number, Name]")

    matches = found(
        rules, memories(),
        [left("a", Number="7", Name="Ada"), left("b", Number="8", Name="Bob"), left("c", Number="9", Name="Cleo")],
        [right(1, Code="7", Label="Ada"), right(2, Label="Bob"), right(3, Code="9"), right(4, Label="Cleo")],
    )  # fmt: skip

    assert pairs(matches) == {("a", "1"), ("b", "2")}
    assert asked(matches) == {("left", "c"): ["3", "4"], ("right", "3"): ["c"], ("right", "4"): ["c"]}


def test_where_all_must_agree_one_is_not_enough(memories: Callable[[], Memory]) -> None:
    rules = compiled(*ROWS, more="match:\n  - all: [Number, Name]")

    matches = found(
        rules, memories(),
        [left("a", Number="7", Name="Ada"), left("b", Number="8", Name="Bob"), left("c", Number="9")],
        [right(1, Code="7", Label="Ada"), right(2, Code="8", Label="Bo"), right(3, Code="9")],
    )  # fmt: skip

    assert pairs(matches) == {("a", "1")}


def test_who_is_linked_already_is_no_candidate(memories: Callable[[], Memory]) -> None:
    rules, memory = compiled(*ROWS, more=BY_NUMBER), memories()
    take_in(rules, memory, "left", box(Id="a", Number="7"), box(Id="b", Number="7"))
    take_in(rules, memory, "right", shelf(Key=1, Code="7"), shelf(Key=2, Code="7"))
    with memory.store.transaction():
        number = memory.make_link("thing", {"left": "a", "right": "1"}, {}, {})
        for side, id_ in (("left", "a"), ("right", "1")):
            memory.judge("thing", side, id_, "synced", link=number)

    assert pairs(rematched(rules, memory)) == {("b", "2")}


@pytest.mark.parametrize(
    ("source", "record"),
    [
        ("where: {Note: {filled: true}}", {}),
        ("is: {Kind: A}", {"Kind": "B"}),
    ],
)
def test_who_may_not_come_in_is_no_candidate(
    source: str, record: dict[str, Any], memories: Callable[[], Memory]
) -> None:
    rules = compiled(*ROWS, more=f"{BY_NUMBER}\nleft: {{resource: things, {source}}}")

    matches = found(rules, memories(), [left("a", Number="7", **record)], [right(1, Code="7")])

    assert pairs(matches) == set()


def test_who_may_not_come_in_is_found_all_the_same_where_the_mapping_says_so(memories: Callable[[], Memory]) -> None:
    rules = compiled(
        *ROWS, more=f"{BY_NUMBER}\nleft: {{resource: things, where: {{Flag: true}}, also_match: {{Kind: B}}}}"
    )

    matches = found(
        rules, memories(),
        [left("a", Number="7", Kind="B"), left("b", Number="8", Kind="A"), left("c", Number="9", Kind="A", Flag=True)],
        [right(1, Code="7"), right(2, Code="8"), right(3, Code="9")],
    )  # fmt: skip

    assert pairs(matches) == {("a", "1"), ("c", "3")}


def test_who_is_found_all_the_same_is_so_from_the_moment_that_it_changes(memories: Callable[[], Memory]) -> None:
    rules = compiled(
        *ROWS, more=f"{BY_NUMBER}\nleft: {{resource: things, where: {{Flag: true}}, also_match: {{Kind: B}}}}"
    )
    memory = memories()
    assert pairs(found(rules, memory, [left("a", Number="7", Kind="A")], [right(1, Code="7")])) == set()

    take_in(rules, memory, "left", box(Id="a", Number="7", Kind="B"), run=2)

    assert pairs(rematched(rules, memory)) == {("a", "1")}


def test_who_is_not_in_use_is_no_candidate_where_such_are_skipped(memories: Callable[[], Memory]) -> None:
    skipping = UPDATES.replace("already_inactive: create", "already_inactive: skip")
    for events, expected in ((skipping, set()), (UPDATES, {("a", "1")})):
        rules = compiled(*ROWS, more=BY_NUMBER, left_events=events)

        assert pairs(found(rules, memories(), [left("a", Number="7", Off=True)], [right(1, Code="7")])) == expected


def test_without_tiers_nobody_is_matched(memories: Callable[[], Memory]) -> None:
    assert found(compiled(*ROWS), memories(), [left("a", Number="7")], [right(1, Code="7")]) == Matches()


def test_matching_goes_on_over_many_pages(memories: Callable[[], Memory], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncrules.memory.records.PAGE", 2)

    matches = found(
        compiled(*ROWS, more=BY_NUMBER), memories(),
        [left(f"l{each}", Number=f"{each}") for each in range(9)], [right(each, Code=f"{each}") for each in range(9)],
    )  # fmt: skip

    assert pairs(matches) == {(f"l{each}", f"{each}") for each in range(9)}


# What people decided --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", SIDES)
def test_what_a_person_decided_stands_and_frees_the_rest(side: str, memories: Callable[[], Memory]) -> None:
    answers = {("left", "a"): "2"} if side == "left" else {("right", "2"): "a"}
    rules, memory = compiled(*ROWS, more=BY_NUMBER), memories()
    with memory.store.transaction():
        for (where, id_), other in answers.items():
            memory.decide(next(iter(rules.entities)), where, id_, {"link": other}, 0.0)

    matches = found(
        rules, memory, [left("a", Number="7"), left("b", Number="7")], [right(1, Code="7"), right(2, Code="7")],
        lambda _, where, id_: answers.get((where, id_), ""),
    )  # fmt: skip

    assert pairs(matches) == {("a", "2"), ("b", "1")}
    assert asked(matches) == {}


def test_who_is_none_of_them_is_no_longer_asked_about(memories: Callable[[], Memory]) -> None:
    matches = found(
        compiled(*ROWS, more=BY_NUMBER), memories(),
        [left("a", Number="7"), left("b", Number="7")], [right(1, Code="7")],
        lambda _, where, id_: "none" if (where, id_) == ("left", "a") else "",
    )  # fmt: skip

    assert pairs(matches) == {("b", "1")}


@pytest.mark.parametrize("how", ["it is linked", "it is tied already", "it belongs to none of them"])
def test_a_decision_ties_nobody_who_is_tied_or_belongs_to_nobody(how: str, memories: Callable[[], Memory]) -> None:
    rules, memory = compiled(*ROWS, more=BY_NUMBER), memories()
    take_in(rules, memory, "left", box(Id="a", Number="7"))
    take_in(rules, memory, "right", shelf(Key=1, Code="7"), shelf(Key=2, Code="8"), shelf(Key=3, Code="9"))
    who, matches = ("thing", "left", "a"), Matches()
    with memory.store.transaction():
        memory.decide(*who, {"link": "2"}, 0.0)
        if how == "it is linked":
            number = memory.make_link("thing", {"left": "a", "right": "3"}, {}, {})
            memory.judge(*who, "waiting", link=number)
    if how == "it is tied already":
        matches.pair(rules, "thing", "a", "3")

    answer = "none" if how == "it belongs to none of them" else "2"
    match.find(rules, memory, lambda *each: answer if each == who else "", matches)

    assert pairs(matches) == ({("a", "3")} if how == "it is tied already" else set())


def named(rules: Rules, memory: Memory, id_: str) -> set[tuple[str, str]]:
    """Let a person say that a thing belongs to what has this id on the right; give the pairs."""
    with memory.store.transaction():
        memory.decide("thing", "left", "a", {"link": id_}, 0.0)
    rights = [right(1, Spot={"Code": "R1"})]
    return pairs(found(rules, memory, [left("a")], rights, lambda *who: id_ if who[1:] == ("left", "a") else ""))


def test_who_is_named_by_a_person_need_not_have_been_read_yet(memories: Callable[[], Memory]) -> None:
    assert named(compiled(*ROWS, more=BY_NUMBER), memories(), "2") == {("a", "2")}


@pytest.mark.parametrize(
    ("id_", "expected"),
    [("1", {("a", "1")}), ("R1", {("a", "1")}), ("R2", set())],
    ids=["the role", "what has the role", "what has no such role yet"],
)
def test_a_person_names_a_role_also_by_what_it_is_a_role_of(
    id_: str, expected: set[tuple[str, str]], memories: Callable[[], Memory]
) -> None:
    spec, memory = compiled(*ROWS, more=BY_NUMBER).spec, memories()
    shelves = spec.manifests["right"]
    items = replace(shelves.resources["items"], within=("rates", "Spot"))
    manifests = {**spec.manifests, "right": replace(shelves, resources={**shelves.resources, "items": items})}

    assert named(compile_rules(replace(spec, manifests=manifests), {}), memory, id_) == expected


# Several entities -----------------------------------------------------------------------------------------------------

TWO = """\
syncrules: 1
title: Two
sides: {left: {provider: box}, right: {provider: shelf}}
entities:
  customer:
    about: Customers.
    left: {resource: things, is: {Kind: A}}
    right: {resource: items}
    to: both
    when: {left: at_once, right: at_once}
    events:
      left: {created: create, changed: update, already_inactive: create, deactivated: ignore, deleted: ignore, changed_kind: ask}
      right: {created: match, changed: update, already_inactive: create, deactivated: ignore, deleted: ignore}
    match: [{any: [Number]}]
    fields: {Number: {left: Number, right: Code}, Name: {left: Name, right: Label, too_long: cut}}
  supplier:
    about: Suppliers.
    like: customer
    left: {is: {Kind: B}}
    match: MATCH
"""


def two(tiers: str) -> Rules:
    return compile_rules(load_text(TWO.replace("MATCH", tiers)), {})


def test_a_record_that_two_entities_find_is_asked_about_in_both(memories: Callable[[], Memory]) -> None:
    matches = found(
        two("[{any: [Number]}]"), memories(),
        [left("a", Kind="A", Number="7"), left("b", Kind="B", Number="7")], [right(1, Code="7"), right(2, Code="8")],
    )  # fmt: skip

    assert matches.pairs == {}
    assert set(matches.asked) == {
        (name, side, id_)
        for name, id_ in (("customer", "a"), ("supplier", "b"))
        for side, id_ in (("left", id_), ("right", "1"))
    }


@pytest.mark.parametrize("tiers", ["[{any: [Number]}]", "[{any: [Number]}, {any: [Name]}]"])
def test_a_record_that_two_entities_share_is_tied_in_both(tiers: str, memories: Callable[[], Memory]) -> None:
    text = TWO.replace("left: {is: {Kind: B}}", "left: {is: {Kind: B}}\n    right: {shared_with: [customer]}")

    matches = found(
        compile_rules(load_text(text.replace("MATCH", tiers)), {}), memories(),
        [left("a", Kind="A", Number="7"), left("b", Kind="B", Number="7")], [right(1, Code="7"), right(2, Code="8")],
    )  # fmt: skip

    assert pairs(matches, "customer") == {("a", "1")}
    assert pairs(matches, "supplier") == {("b", "1")}
    assert matches.asked == {}


def test_records_may_be_called_like_the_entities_that_share_them(memories: Callable[[], Memory]) -> None:
    text = TWO.replace("left: {is: {Kind: B}}", "left: {is: {Kind: B}}\n    right: {shared_with: [customer]}")

    matches = found(
        compile_rules(load_text(text.replace("MATCH", "[{any: [Number]}]")), {}), memories(),
        [left("supplier", Kind="A", Number="7"), left("customer", Kind="B", Number="7")], [right(1, Code="7")],
    )  # fmt: skip

    assert pairs(matches, "customer") == {("supplier", "1")}
    assert pairs(matches, "supplier") == {("customer", "1")}


def test_a_shared_record_that_one_entity_has_found_is_there_for_the_other_in_a_later_tier(
    memories: Callable[[], Memory],
) -> None:
    text = TWO.replace("left: {is: {Kind: B}}", "left: {is: {Kind: B}}\n    right: {shared_with: [customer]}")

    matches = found(
        compile_rules(load_text(text.replace("MATCH", "[{any: [Number]}, {any: [Name]}]")), {}), memories(),
        [left("a", Kind="A", Number="7"), left("b", Kind="B", Name="Ada")], [right(1, Code="7", Label="Ada")],
    )  # fmt: skip

    assert pairs(matches, "customer") == {("a", "1")}
    assert pairs(matches, "supplier") == {("b", "1")}


def test_two_that_want_one_shared_record_for_the_same_entity_are_asked_about(memories: Callable[[], Memory]) -> None:
    text = TWO.replace("left: {is: {Kind: B}}", "left: {is: {Kind: B}}\n    right: {shared_with: [customer]}")

    matches = found(
        compile_rules(load_text(text.replace("MATCH", "[{any: [Number]}]")), {}), memories(),
        [left("a", Kind="A", Number="7"), left("b", Kind="B", Number="7"), left("c", Kind="B", Number="7")],
        [right(1, Code="7")],
    )  # fmt: skip

    assert pairs(matches, "customer") == {("a", "1")}
    assert set(matches.asked) == {("supplier", "left", "b"), ("supplier", "left", "c"), ("supplier", "right", "1")}


def test_what_an_entity_finds_in_an_earlier_tier_is_taken_for_the_others(memories: Callable[[], Memory]) -> None:
    matches = found(
        two("[{all: [Number, Name]}, {any: [Number]}]"), memories(),
        [left("a", Kind="A", Number="7"), left("b", Kind="B", Number="8", Name="Bob"), left("c", Kind="B", Number="7")],
        [right(1, Code="7"), right(2, Code="8", Label="Bob")],
    )  # fmt: skip

    assert pairs(matches, "customer") == {("a", "1")}
    assert pairs(matches, "supplier") == {("b", "2")}
    assert matches.claimed["right", "items", "1"] == ["customer"]
    assert matches.asked == {}


# Whatever the records say ---------------------------------------------------------------------------------------------


def tied_by(
    lefts: list[tuple[Any, ...]], rights: list[tuple[Any, ...]], tiers: int
) -> tuple[set[tuple[int, int]], set[tuple[str, int]]]:
    """Say by the definition who belongs to whom, and who is asked about."""
    sure: set[tuple[int, int]] = set()
    unsure: set[tuple[str, int]] = set()
    for tier in range(tiers):
        free_left = [
            each for each in range(len(lefts)) if ("left", each) not in unsure and all(each != one for one, _ in sure)
        ]
        free_right = [
            each for each in range(len(rights)) if ("right", each) not in unsure and all(each != one for _, one in sure)
        ]
        edges = {
            (one, other)
            for one in free_left
            for other in free_right
            if lefts[one][tier] and lefts[one][tier] == rights[other][tier]
        }
        for one, other in edges:
            alone = sum(each == one for each, _ in edges) == sum(each == other for _, each in edges) == 1
            apart = any(
                lefts[one][each] and rights[other][each] and lefts[one][each] != rights[other][each]
                for each in range(tier)
            )
            if alone and not apart:
                sure.add((one, other))
            else:
                unsure |= {("left", one), ("right", other)}
    return sure, unsure


@given(st.lists(st.tuples(st.sampled_from([None, "1", "2", "3"]), st.sampled_from([None, "x", "y"])), max_size=5),
       st.lists(st.tuples(st.sampled_from([None, "1", "2", "3"]), st.sampled_from([None, "x", "y"])), max_size=5))  # fmt: skip
def test_who_is_the_only_candidate_of_its_only_candidate_is_tied_and_nobody_else(
    memories: Callable[[], Memory], lefts: list[tuple[Any, Any]], rights: list[tuple[Any, Any]]
) -> None:
    rules = compiled(*ROWS, more="match:\n  - any: [Number]\n  - any: [Note]")

    matches = found(
        rules, memories(),
        [left(f"{index}", Number=number, Note=note) for index, (number, note) in enumerate(lefts)],
        [right(index, Code=number, Remark=note) for index, (number, note) in enumerate(rights)],
    )  # fmt: skip

    sure, unsure = tied_by(lefts, rights, 2)
    assert pairs(matches) == {(f"{one}", f"{other}") for one, other in sure}
    assert set(asked(matches)) == {(side, f"{index}") for side, index in unsure}
