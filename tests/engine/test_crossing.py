"""Two roles of one thing are not written against each other: whoever would read what is being written waits for the next run."""

from __future__ import annotations

from contextlib import chdir
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pair_world import SHELF, manifest_of, shelf

from syncrules.journey.action import Action, Verb
from syncrules.journey.crossing import Crossing
from syncrules.journey.decision import Decision, Judgement
from syncrules.journey.rules import Rules, View, compile_rules
from syncrules.language import spec
from syncrules.memory.memory import Memory

ROLE = """\
  %s:
    title: %s
    id: Id
    name: Note
    active: always
    update: sent_fields
    within: {resource: %s, at: %s}
    fields:
      Id: {type: string, readOnly: true}
      Note: {type: string, title: Note}
      %s: {type: object, of: Firm, shared: true, title: Firm}
"""
PARENT = """\
  %s:
    title: %s
    id: Id
    name: Name
    fields: {Id: {type: string}, Name: {type: string}, Street: {type: string}, Town: {type: string}}
"""
FIRMS = (
    "manifest: 1\nprovider: box\ntitle: The Box\ncertainty: assumed\ntypes:\n  Firm:\n    fields:\n"
    "      Id: {type: string}\n      Name: {type: string, title: Name}\n      Street: {type: string}\n      Town: {type: string}\n"
    "resources:\n"
    + PARENT % ("firms", "firms")
    + PARENT % ("people", "people")
    + ROLE % ("buyers", "buyers", "firms", "Spot", "Spot")
    + ROLE % ("sellers", "sellers", "firms", "House", "House")
    + ROLE % ("members", "members", "people", "Spot", "Spot")
)
ENTITY = """\
  %s:
    about: %s
    to: both
    left: {resource: %ss}
    right: {resource: items, is: {Mark: %s}}
    match: [{any: [Name]}]
    when: {left: at_once, right: at_once}
    events:
      left: {created: create, changed: update, deleted: ignore, changed_kind: ask}
      right: {created: match, changed: update, already_inactive: create, deactivated: ignore, deleted: ignore, changed_kind: ask}
    fields:
      Name: {left: %s.Name, right: Label, too_long: cut}
      Note: {left: Note, right: Remark}
      Address: {left: {line: %s.Street, city: %s.Town}, right: {line: Street, city: Town}, as: address}
"""
AT = {"buyer": "Spot", "seller": "House", "member": "Spot"}
IDS = {"buyer": "B1", "seller": "S1", "member": "M1"}
WAITS = Judgement("waiting", "it is changed in another of its roles; it is looked at in the next run")


@cache
def rules() -> Rules:
    """Compile three roles: buyers and sellers are firms, members are people."""
    manifests = {"box": manifest_of(FIRMS), "shelf": manifest_of(SHELF)}
    text = "syncrules: 1\ntitle: Roles\nsides: {left: {provider: box}, right: {provider: shelf}}\nentities:\n"
    text += "".join(ENTITY % (each, each, each, each, at, at, at) for each, at in AT.items())
    with TemporaryDirectory() as folder, chdir(folder):
        Path("roles.yaml").write_text(text, encoding="utf-8")
        return compile_rules(spec.load("roles.yaml", manifests.__getitem__), {})


class Plan:
    """A plan in which updates of roles are put one after the other; all are roles of what has the same id."""

    def __init__(self, memory: Memory) -> None:
        self.crossing = Crossing(memory)
        with memory.store.transaction():
            for entity, id_ in IDS.items():
                memory.know_by(entity, [("left", id_, f"@{AT[entity]}", "F1", "F1")])
            memory.know_by("seller", [("left", "S2", "@House", "F2", "F2")])

    def put(
        self,
        entity: str,
        to: str,
        *rows: str,
        left: str = "",
        right: str = "",
        verb: Verb = "update",
        read: str = "both",
    ) -> Decision:
        """Put what is written to a side into the plan, if nothing is in the way; give what becomes of it."""
        here = rules().entities[entity]
        left, right = left or IDS[entity], right or f"of {entity}"
        record: dict[str, Any] = {"Id": left, "Note": "x", AT[entity]: {"Id": "F1", "Name": "Ada"}}
        views: dict[str, View | None] = {
            "left": here.view("left", record, {}) if read in ("both", "left") else None,
            "right": here.view("right", shelf(Key=right), {}) if read in ("both", "right") else None,
        }
        key = left if to == "left" else right
        action = Action(entity, verb, to, "it", key=key, fields=[[row, "old", "new"] for row in rows])
        return self.crossing.unless_crossed(here, views, Decision([action]))


@pytest.fixture
def plan(memory: Memory) -> Plan:
    return Plan(memory)


@pytest.mark.requirement("X-04", "X-10")
@pytest.mark.parametrize("rows", [["Name"], ["Address"], ["Note", "Name"]])
def test_a_role_waits_that_would_carry_what_is_written_to_its_thing_as_another_role(
    rows: list[str], plan: Plan
) -> None:
    first = plan.put("buyer", "left", *rows)
    second = plan.put("seller", "right", *rows)

    assert [each.verb for each in first.actions] == ["update"]
    assert (second.actions, second.judgements) == ([], {"left": WAITS, "right": WAITS})


@pytest.mark.parametrize("read", ["left", "right"])
def test_a_role_that_takes_something_over_need_not_have_been_read_itself(read: str, plan: Plan) -> None:
    plan.put("buyer", "left", "Name", read=read)

    assert plan.put("seller", "right", "Name").actions == []


def test_only_what_was_read_waits(plan: Plan) -> None:
    plan.put("buyer", "left", "Name")

    assert plan.put("seller", "right", "Name", read="left").judgements == {"left": WAITS}
    assert plan.put("seller", "right", "Name", read="right").judgements == {}


@pytest.mark.parametrize(
    ("entity", "rows", "left"),
    [
        ("seller", ["Address"], "S1"),
        ("seller", ["Note"], "S1"),
        ("seller", [], "S1"),
        ("seller", ["Name"], "S2"),
        ("member", ["Name"], "M1"),
        ("buyer", ["Name"], "B1"),
    ],
    ids=["another row", "a row of the role", "no row", "another firm", "a person with that id", "the same role"],
)
def test_whoever_carries_something_else_does_not_wait(entity: str, rows: list[str], left: str, plan: Plan) -> None:
    plan.put("buyer", "left", "Name", "Note")

    assert plan.put(entity, "right", *rows, left=left).judgements == {}


@pytest.mark.parametrize("verb", ["create", "link", "remember", "deactivate"])
def test_only_updates_are_in_the_way_and_wait(verb: Verb, plan: Plan) -> None:
    plan.put("buyer", "left", "Name", verb=verb)

    assert plan.put("seller", "right", "Name").judgements == {}

    plan.put("buyer", "left", "Name")

    assert plan.put("seller", "right", "Name", verb=verb).judgements == {}


def test_what_waits_is_in_nobodys_way(plan: Plan) -> None:
    plan.put("buyer", "left", "Name")
    plan.put("seller", "right", "Name", right="of both")

    assert plan.put("member", "left", "Name", right="of both").judgements == {}


def test_a_record_that_is_both_waits_where_it_is_no_role_of_anything(plan: Plan) -> None:
    plan.put("buyer", "right", "Note", right="of both")

    assert plan.put("seller", "left", "Note", right="of both").judgements == {"left": WAITS, "right": WAITS}
    assert plan.put("seller", "left", "Name", right="of both").judgements == {}
    assert plan.put("seller", "left", "Note", right="of one").judgements == {}
