"""What is taken apart, and what is tied again, before anybody is matched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pair_world import NOTE, NUMBER, UNSEEN, UPDATES, box, compiled, load_text, owed_by, papers, shelf, take_in

from syncrules.journey.around import Around
from syncrules.journey.match import Matches
from syncrules.journey.rules import Rules, compile_rules
from syncrules.journey.shared import Shared
from syncrules.journey.ties import Ties, decided, rivals
from syncrules.memory.kept import Known, State
from syncrules.memory.memory import Memory

BY_NUMBER = "match:\n  - any: [Number]"
RULES = compiled(NOTE, NUMBER, more=BY_NUMBER)
ON_THE_LEFT = compiled(NOTE, NUMBER, more=f"{BY_NUMBER}\nlink: {{id_of: right, kept_in: left}}")
ON_THE_RIGHT = compiled(NOTE, NUMBER, more=f"{BY_NUMBER}\nlink: {{id_of: left, kept_in: right}}")
BY_KIND = """
syncrules: 1
title: Kinds
sides: {left: {provider: box}, right: {provider: shelf}}
entities:
"""
OF_A_KIND = """\
  %s:
    about: %s.
    to: both
    left: {resource: things, is: {Kind: %s}}
    right: {resource: items, is: {Sort: %s}}
    match: [{any: [Number]}]
    %s
    when: {left: at_once, right: at_once}
    events: {left: %s, right: %s}
    fields:
      Number: {left: Number, right: Code}
"""


def kinds(link: str = "") -> Rules:
    """Give rules of two kinds of things, of which the second one may leave its ids on a side."""
    given = (("one", "A", ""), ("other", "B", link))
    text = BY_KIND + "".join(OF_A_KIND % (name, name, kind, kind, more, UPDATES, UPDATES) for name, kind, more in given)
    return compile_rules(load_text(text), {})


def ties(memory: Memory, rules: Rules = RULES, shared: Any = None) -> Ties:
    around = Around(rules, memory, {})
    given = shared if shared is not None else Shared(rules, memory, around)
    return Ties(rules, memory, list(rules.entities), Matches(), given, {}, lambda side, id_: f"ours {side}:{id_};")


def linked(memory: Memory, entity: str = "thing", left: str = "L1", right: str = "1") -> int:
    with memory.store.transaction():
        number = memory.make_link(entity, {"left": left, "right": right}, {}, {})
        for side, id_ in (("left", left), ("right", right)):
            memory.judge(entity, side, id_, "waiting", link=number)
    return number


def answered(memory: Memory, id_: str, answer: Any, entity: str = "thing") -> None:
    with memory.store.transaction():
        memory.decide(entity, "left", id_, answer, 1.0)


# What a person wants apart --------------------------------------------------------------------------------------------------


def test_what_a_person_wants_apart_is_taken_apart_and_nothing_else_is(memory: Memory) -> None:
    take_in(RULES, memory, "left", *(box(Id=f"L{each}", Name=f"{each}", Number=each) for each in "123"))
    take_in(RULES, memory, "right", *(shelf(Key=int(each), Code=each) for each in "12"))
    numbers = [linked(memory, left=f"L{each}", right=each) for each in "12"]
    answered(memory, "L1", {"ignore": True})
    answered(memory, "L2", {"unlink": True})
    answered(memory, "L3", {"unlink": True})

    ties(memory).take_apart()

    assert [memory.link(each) is not None for each in numbers] == [True, False]
    assert [memory.decision("thing", "left", each) for each in ("L1", "L2", "L3")] == [
        {"ignore": True}, None, {"unlink": True},
    ]  # fmt: skip
    assert memory.record("thing", "right", "2") is not None


@pytest.mark.parametrize(("kind", "content", "stays"), [("A", True, True), ("B", True, False), ("B", False, True)])
def test_who_is_of_another_kind_by_now_is_left_to_the_entity_of_that_kind(
    kind: str, content: bool, stays: bool, memory: Memory
) -> None:
    rules = kinds()
    take_in(rules, memory, "left", box(Number="7", Kind="A"))
    take_in(rules, memory, "right", shelf(Code="7", Sort="A"))
    linked(memory, "one")
    take_in(rules, memory, "left", box(Number="7", Kind=kind), run=2)
    if not content:
        with memory.store.transaction():
            memory.judge("one", "left", "L1", "synced")
            memory.judge("one", "left", "L1", "waiting")
    answered(memory, "L1", {"unlink": True}, "one")

    ties(memory, rules).take_apart()

    assert (memory.record("one", "left", "L1") is not None) is stays
    assert memory.record("one", "right", "1") is not None


@pytest.mark.parametrize(("state", "after"), [("excluded", "pending"), ("waiting", "waiting")])
def test_what_is_free_from_here_on_is_decided_about_as_the_other_kind_if_it_was_left_out(
    state: Any, after: str, memory: Memory
) -> None:
    rules = kinds()
    take_in(rules, memory, "left", box(Number="7", Kind="A"))
    take_in(rules, memory, "right", shelf(Code="7", Sort="A"))
    linked(memory, "one")
    take_in(rules, memory, "left", box(Number="7", Kind="B"), run=2)
    with memory.store.transaction():
        memory.judge("other", "left", "L1", state, reason="belongs to one", forget=False)
    answered(memory, "L1", {"unlink": True}, "one")

    ties(memory, rules).take_apart()

    other = memory.record("other", "left", "L1")
    assert other is not None
    assert other.state == after
    assert other.record is not None


@pytest.mark.parametrize("gone", ["left", "right"])
def test_a_record_that_nobody_knows_any_more_is_taken_apart_too(gone: str, memory: Memory) -> None:
    rules = kinds()
    take_in(rules, memory, "left", box(Number="7", Kind="A"))
    take_in(rules, memory, "right", shelf(Code="7", Sort="A"))
    linked(memory, "one")
    take_in(rules, memory, "left", box(Number="7", Kind="B"), run=2)
    take_in(rules, memory, "right", shelf(Code="7", Sort="B"), run=2)
    there, id_ = ("right", "1") if gone == "left" else ("left", "L1")
    with memory.store.transaction():
        memory.drop("one", gone, ["L1" if gone == "left" else "1"])
        memory.decide("one", there, id_, {"unlink": True}, 1.0)

    ties(memory, rules).take_apart()

    assert memory.link_of("one", "left", "L1") is None
    assert memory.record("one", there, id_) is None


# Whose it may be instead ------------------------------------------------------------------------------------------------------


def test_a_rival_reads_the_same_and_does_not_share_it() -> None:
    rules = kinds()
    entities = rules.spec.entities
    sources = entities["one"].sources
    shared = replace(entities["one"], sources={**sources, "left": replace(sources["left"], shared_with=("other",))})
    sharing = compile_rules(replace(rules.spec, entities={**entities, "one": shared}), {})
    groups = replace(entities["one"], sources={**sources, "left": replace(sources["left"], resource="groups")})
    elsewhere = compile_rules(replace(rules.spec, entities={**entities, "one": groups}), {})

    assert [rivals(each, each.entities["one"], "left") for each in (rules, sharing, elsewhere)] == [["other"], [], []]
    assert [rivals(each, each.entities["other"], "left") for each in (rules, sharing, elsewhere)] == [["one"], [], []]
    assert [rivals(each, each.entities["one"], "right") for each in (rules, elsewhere)] == [["other"], ["other"]]


# Records that carry an id -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["pending", "synced"])
def test_what_carries_the_id_of_what_is_there_is_tied_again(state: State, memory: Memory) -> None:
    take_in(ON_THE_LEFT, memory, "left", box(Id="5", Ref="ours left:1;"), box(Id="6", Ref="ours left:55;"))
    take_in(ON_THE_LEFT, memory, "right", shelf(Key=1), shelf(Key=55))
    with memory.store.transaction():
        for each in ("1", "55"):
            memory.judge("thing", "right", each, state, forget=False)
    here = ties(memory, ON_THE_LEFT)

    here.by_external_id()

    assert {id_: other for (_, side, id_), other in here.matches.pairs.items() if side == "left"} == {
        "5": "1",
        "6": "55",
    }
    assert (here.matches.asked, here.stranded, here.carried) == ({}, {}, {"thing"})


def test_the_id_may_be_kept_on_the_other_side(memory: Memory) -> None:
    take_in(ON_THE_RIGHT, memory, "left", box())
    take_in(ON_THE_RIGHT, memory, "right", shelf(Other="ours right:L1;"))
    here = ties(memory, ON_THE_RIGHT)

    here.by_external_id()

    assert here.matches.pairs == {("thing", "left", "L1"): "1", ("thing", "right", "1"): "L1"}


@pytest.mark.parametrize("ref", [None, "", "theirs left:1;", "ours left:;"])
def test_what_carries_no_id_of_these_books_carries_none(ref: str | None, memory: Memory) -> None:
    take_in(ON_THE_LEFT, memory, "left", box(Ref=ref))
    take_in(ON_THE_LEFT, memory, "right", shelf(Other="ours left:L1;"))
    here = ties(memory, ON_THE_LEFT)

    here.by_external_id()

    assert (here.matches.pairs, here.stranded, here.carried) == ({}, {}, set())


def test_two_that_carry_one_id_are_asked_about_and_so_is_what_bears_it(memory: Memory) -> None:
    take_in(ON_THE_LEFT, memory, "left", *(box(Id=each, Ref="ours left:1;") for each in ("L2", "L1")))
    take_in(ON_THE_LEFT, memory, "right", shelf())
    here = ties(memory, ON_THE_LEFT)

    here.by_external_id()

    assert here.matches.pairs == {}
    assert here.matches.asked == {
        ("thing", "left", "L1"): ["1"], ("thing", "left", "L2"): ["1"], ("thing", "right", "1"): ["L1", "L2"],
    }  # fmt: skip


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("there", ["free", "tied", "not there"])
def test_what_is_not_there_is_gone_where_that_can_be_seen(there: str, readable: bool, memory: Memory) -> None:
    spec = papers(UNSEEN).spec if not readable else RULES.spec
    thing = replace(spec.entities["thing"], link_kept_in="left")
    rules = compile_rules(replace(spec, entities={"thing": thing}), {})
    take_in(rules, memory, "left", box(Ref="ours left:1;"))
    with memory.store.transaction():
        if there != "not there":
            memory.keep("thing", [Known("right", "1", "it", "pending", b"", 1)], 1.0)
        if there == "tied":
            number = memory.make_link("thing", {"left": "L9", "right": "1"}, {}, {})
            memory.judge("thing", "right", "1", "synced", link=number)
    here = ties(memory, rules)

    here.by_external_id()

    tied_again = there == "free" or (there == "not there" and not readable)
    assert bool(here.matches.pairs) is tied_again
    assert here.stranded == ({("thing", "left", "L1"): "1"} if there == "not there" and readable else {})


@pytest.mark.parametrize("how", ["tied", "forgotten"])
def test_who_is_tied_or_of_whom_nothing_is_kept_carries_nothing(how: str, memory: Memory) -> None:
    take_in(ON_THE_LEFT, memory, "left", box(Ref="ours left:9;"))
    if how == "tied":
        linked(memory)
    else:
        with memory.store.transaction():
            memory.judge("thing", "left", "L1", "synced")
            memory.judge("thing", "left", "L1", "pending")
    here = ties(memory, ON_THE_LEFT)

    here.by_external_id()

    assert (here.stranded, here.carried) == ({}, set())


def test_an_entity_that_leaves_no_ids_does_not_keep_the_next_one_from_being_looked_at(memory: Memory) -> None:
    rules = kinds("link: {id_of: right, kept_in: left}")
    take_in(rules, memory, "left", box(Ref="ours left:1;", Kind="B"))
    take_in(rules, memory, "right", shelf(Sort="B"))
    here = ties(memory, rules)

    here.by_external_id()

    assert here.matches.pairs == {("other", "left", "L1"): "1", ("other", "right", "1"): "L1"}
    assert here.carried == {"other"}


def test_a_state_carries_no_id_of_its_own(memory: Memory) -> None:
    given = owed_by().spec
    right = given.manifests["right"]
    dues = replace(right.resources["dues"], external_id="Code")
    manifests = {**given.manifests, "right": replace(right, resources={**right.resources, "dues": dues})}
    entities = {**given.entities, "due": replace(given.entities["due"], link_kept_in="right")}
    rules = compile_rules(replace(given, manifests=manifests, entities=entities), {})
    with memory.store.transaction():
        due = Known("right", "1", "due", "pending", b"x", 1, record={"Code": "ours right:L1;", "Open": 5})
        memory.keep("due", [due], 1.0)
    here = ties(memory, rules)

    here.by_external_id()

    assert (here.matches.pairs, here.stranded, here.carried) == ({}, {}, set())


# What another entity shares ---------------------------------------------------------------------------------------------------


class Roles:
    """Says that some records of a side belong to roles that exist."""

    def __init__(self, *pairs: tuple[str, str, str]) -> None:
        self._pairs = pairs

    def pairs(self, name: str) -> Iterator[tuple[str, str, str]]:
        yield from self._pairs


@pytest.mark.parametrize("side", ["left", "right"])
def test_what_shares_a_thing_is_tied_to_its_role_there(side: str, memory: Memory) -> None:
    here = ties(memory, shared=Roles((side, "a", "b")))

    here.by_sharing()

    left, right = ("a", "b") if side == "left" else ("b", "a")
    assert here.matches.pairs == {("thing", "left", left): right, ("thing", "right", right): left}


BUSY: Sequence[tuple[str, str]] = (("left", "a"), ("right", "b"))


@pytest.mark.parametrize("who", BUSY)
@pytest.mark.parametrize("how", ["paired", "asked"])
def test_who_is_tied_or_asked_about_already_is_not_tied_by_what_it_shares(
    how: str, who: tuple[str, str], memory: Memory
) -> None:
    here = ties(memory, shared=Roles(("left", "a", "b")))
    if how == "paired":
        here.matches.pairs["thing", *who] = "z"
    else:
        here.matches.asked["thing", *who] = ["z"]
    before = dict(here.matches.pairs)

    here.by_sharing()

    assert here.matches.pairs == before


def test_what_a_person_decided_stands_before_what_is_shared(memory: Memory) -> None:
    answered(memory, "a", {"create": True})
    here = ties(memory, shared=Roles(("left", "a", "b"), ("left", "c", "d")))

    here.by_sharing()

    assert here.matches.pairs == {("thing", "left", "c"): "d", ("thing", "right", "d"): "c"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, ""), ({"link": "9"}, "9"), ({"create": True}, "none"), ({"ignore": True}, "none"), ({"keep": {}}, ""),
        ({"link": "9", "create": True}, "9"),
    ],
)  # fmt: skip
def test_an_answer_says_to_what_a_record_belongs(answer: Any, expected: str, memory: Memory) -> None:
    if answer is not None:
        answered(memory, "L1", answer)

    assert decided(memory, "thing", "left", "L1") == expected
