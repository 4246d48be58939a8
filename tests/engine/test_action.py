"""An action is a value: it can be stored and shown, and comes back as it was, ids that are not known yet included."""

from __future__ import annotations

import json
from dataclasses import fields
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pair_world import NOTE, Pair, box, shelf, thing

from syncrules.journey.action import Action, Verb
from syncrules.journey.surroundings import Late
from syncrules.records import decode, encode

NAMES = st.text("abc", min_size=1, max_size=3)
LATE = st.builds(Late, NAMES, NAMES, NAMES, NAMES, st.booleans())
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.integers() | st.decimals(-999, 999, places=2) | LATE,
    lambda each: st.lists(each, max_size=2) | st.dictionaries(NAMES, each, max_size=2),
    max_leaves=6,
)


@given(st.dictionaries(NAMES, VALUES, max_size=3), st.sampled_from(get_args(Verb)))
def test_what_was_stored_comes_back_as_it_was(changes: dict[str, Any], verb: Verb) -> None:
    action = Action("thing", verb, "right", "Ada", "1", "L1", 7, changes=changes)

    assert Action.from_json(decode(encode(action.to_json()))) == action


def test_an_action_that_was_stored_by_an_earlier_version_is_still_read() -> None:
    stored = Action("thing", "create", "right", "Ada").to_json() | {
        "changes": {"Owner": {"$late": ["thing", "left", "L9", ""]}}
    }

    assert Action.from_json(stored).changes == {"Owner": Late("thing", "left", "L9", "")}


def test_nothing_of_an_action_is_lost_on_the_way() -> None:
    action = Action(
        entity="thing",
        verb="update",
        side="right",
        name="Ada",
        key="1",
        source_id="L1",
        link=7,
        fields=[["Note", "a", None], ["Amount", Decimal("1.10"), Decimal("1.20")]],
        empties=["Note"],
        besides=[["Other", None, "right<L1>"]],
        changes={"Remark": None, "Rows": [{"Owner": Late("thing", "left", "L9", "Code")}]},
        base={"left": {"Note": None}},
        active={"left": True, "right": None},
        expects={"Note": "a"},
        notices=["Note was edited"],
        unfinished=True,
        closes=True,
        settles=True,
        held=["its number is taken", "Give it another."],
        parent=3,
        together="booking 7",
    )

    again = Action.from_json(json.loads(encode(action.to_json()), parse_float=Decimal))

    assert again == action
    plain = Action("", "link", "", "")
    assert [each.name for each in fields(Action) if getattr(action, each.name) == getattr(plain, each.name)] == []


@pytest.mark.parametrize("verb", get_args(Verb))
def test_a_link_and_a_memory_touch_no_system(verb: Verb) -> None:
    assert Action("thing", verb, "left", "Ada").writes is (verb not in ("link", "remember"))


def test_a_decision_can_be_stored_and_shown() -> None:
    decision = Pair(thing(NOTE), box(Note="a"), shelf()).decide()

    again = [Action.from_json(decode(encode(each.to_json()))) for each in decision.actions]

    assert again == decision.actions
