"""What becomes of a record that has no counterpart: what keeps it out, what it waits for, and of what it becomes a role."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from pair_world import SHELF, Around, box, circumstances, papers, shelf, thing

from syncrules.journey import single
from syncrules.journey.decision import Decision
from syncrules.journey.rules import EntityRules
from syncrules.journey.surroundings import Waits

NAME = "Name: {left: Name, right: Label}"


def decided(rules: EntityRules, side: str, record: Any, around: Around | None = None, attach: str = "") -> Decision:
    """Decide about a record without a counterpart."""
    around = around or Around()
    return single.decide(rules, side, rules.view(side, record, around.settings), circumstances(around), attach)


@pytest.mark.parametrize(
    ("side", "condition", "record", "why"),
    [
        pytest.param("right", "{Registry: '7'}", shelf(Registry="8"), "Registry number is '8', not '7'", id="titled"),
        pytest.param("left", "{Address.City: Gent}", box(Address={"City": "Goes"}), "Address.City is 'Goes', not 'Gent'", id="a part"),
        pytest.param("left", "{Group.Code: A}", box(Group={"Id": "1", "Code": "B"}), "Group is 'B', not 'A'", id="a reference"),
    ],
)  # fmt: skip
def test_what_keeps_a_record_out_is_named_as_people_know_it(side: str, condition: str, record: Any, why: str) -> None:
    resource = "things" if side == "left" else "items"
    rules = thing(NAME, more=f"{side}: {{resource: {resource}, where: {condition}}}")

    assert decided(rules, side, record).judgements[side].reason == why


@pytest.mark.parametrize(
    ("kept_in", "besides"),
    [
        ("left", [["Ref in The Box, afterwards", "old", "(the new id)"]]),
        ("right", [["Other", None, "right<L1>"]]),
    ],
)
def test_a_plan_shows_where_an_id_is_left_when_a_record_is_made(kept_in: str, besides: list[Any]) -> None:
    of = "right" if kept_in == "left" else "left"
    rules = thing(NAME, more=f"link: {{id_of: {of}, kept_in: {kept_in}}}")

    assert decided(rules, "left", box(Name="Ada", Ref="old")).actions[0].besides == besides


def test_no_id_is_left_where_the_mapping_keeps_none() -> None:
    (made,) = decided(thing(NAME), "left", box(Name="Ada", Ref="old")).actions

    assert (made.changes, made.besides) == ({"Label": "Ada"}, [])


def test_what_only_a_new_record_needs_is_waited_for() -> None:
    needs = "needs: {no number: {left: Number, to: right, for: created, cure: Give it one.}}"

    assert decided(thing(NAME, more=needs), "left", box(Name="Ada")).judgements["left"].reason == "no number"


OWNER = "Owner: {left: Owner, right: Owner, refers_to: [thing]}"
MARKED = "needs: {a name: {left: Name, to: right, cure: Give it one.}, a mark: {right: Marked, of: Owner, to: right, equals: true}}"


@pytest.mark.parametrize(
    ("owner", "waits"), [pytest.param({"Id": "L9"}, True, id="of one without it"), pytest.param(None, False, id="of nobody")]
)  # fmt: skip
def test_every_need_is_looked_at_that_is_about_the_record_or_the_one_it_refers_to(owner: Any, waits: bool) -> None:
    rules = thing(NAME, OWNER, more=MARKED)
    unmarked = Around(links={("left", "L9"): False, ("left", "None"): False, ("right", "C9"): False})

    decision = decided(rules, "left", box(Name="Ada", Owner=owner), unmarked)

    assert [each.reason for each in decision.judgements.values()] == (["a mark"] if waits else [])


class HalfKnown(Around):
    """Surroundings in which only one field of the records that are referred to is known already."""

    def across(self, entities: Iterable[str], side: str, id: str, field: str) -> Any:
        if field != "Dial":
            raise Waits(f"'{id}' is not there yet")
        return "other"


def test_who_is_referred_to_and_not_there_yet_is_waited_for_and_its_other_needs_are_looked_at() -> None:
    two = MARKED[:-1] + ", a number: {right: Dial, of: Owner, to: right, equals: ours}}"
    record = box(Name="Ada", Owner={"Id": "L9"})

    one, both = (decided(thing(NAME, OWNER, more=needs), "left", record, HalfKnown()) for needs in (MARKED, two))

    assert one.judgements["left"].reason == "'L9' is not there yet"
    assert both.judgements["left"].reason == "a number"


def test_a_need_of_one_side_keeps_nothing_back_that_comes_from_there() -> None:
    unmarked = Around(links={("right", "C9"): False})

    assert decided(thing(NAME, OWNER, more=MARKED), "right", shelf(Label="Ada", Owner="C9"), unmarked).actions != []


@pytest.mark.parametrize("how", ["the first import", "asked before"])
def test_what_an_earlier_connection_may_have_sent_waits_for_a_person(how: str) -> None:
    rules = thing(NAME)
    now = circumstances(first=how == "the first import", answer={"asked": True} if how == "asked before" else None)
    now.connected_before = how == "the first import"

    decision = single.decide(rules, "left", rules.view("left", box(Name="Ada"), {}), now)

    assert (decision.judgements["left"].state, decision.judgements["left"].detail) == ("waiting", {"decide": "before"})


def test_what_was_sent_can_be_told_again_unless_it_would_not_be_sent_today() -> None:
    rules = thing(NAME, "Owner: {left: Owner, right: Owner, refers_to: [thing]}")
    views = [rules.view("left", box(Name="Ada", Owner=owner), {}) for owner in (None, {"Id": "L9"})]

    assert [single.as_sent(rules, "left", each, circumstances()) for each in views] == [{"Label": "Ada"}, {}]


def test_a_role_is_made_of_the_thing_that_is_there_and_otherwise_of_a_new_one() -> None:
    roles = SHELF.replace("external_id: {field: Other}", "within: {resource: rates, at: Rate}").replace(
        "      Rows:", "      Rate: {type: object, of: Row, shared: true}\n      Rows:"
    )
    rules = papers(roles).entities["thing"]

    of_it, of_a_new_one = (decided(rules, "left", box(Note="x"), attach=each).actions[0] for each in ("R1", ""))

    assert of_it.changes == {"Remark": "x", "Rate": {"Code": "R1"}}
    assert of_a_new_one.changes == {"Remark": "x"}


def test_what_is_no_role_is_made_as_it_is_whatever_it_would_be_attached_to() -> None:
    (made,) = decided(thing(NAME), "left", box(Name="Ada"), attach="R1").actions

    assert made.changes == {"Label": "Ada"}
