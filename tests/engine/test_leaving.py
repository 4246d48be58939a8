"""What becomes of the counterpart of a record that has left: what is told of it, and what is remembered."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from pair_world import BOX, NOTE, NUMBER, SHELF, Pair, box, link, manifest_of, only, shelf, thing, writes

from syncrules.journey import leaving
from syncrules.journey.rules import compile_rules
from syncrules.language import spec

DELETES = (
    "{created: create, changed: update, already_inactive: create, deactivated: ignore, deleted: %s, changed_kind: ask}"
)


def left(then: str, gone: str = "left", *, active: Any = None, to: str = "both") -> Pair:
    """Two records of which one is gone from its side."""
    base = {"Note": "x", "Number": None}
    tied = link(base, base, active=active or {"left": True, "right": True}, gone={"left": False, "right": False})
    tied.gone[gone] = True
    return Pair(
        thing(NOTE, NUMBER, to=to, left_events=DELETES % then, right_events=DELETES % then),
        box(Note="x"), shelf(Remark="x"), tied,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("gone", "target", "changes"), [("left", "right", {"State": "asleep"}), ("right", "left", {"Off": True})]
)
def test_who_has_left_is_taken_out_of_use_on_the_other_side(gone: str, target: str, changes: dict[str, Any]) -> None:
    (action,) = writes(left("deactivate", gone).decide())

    assert (action.verb, action.side, action.changes) == ("deactivate", target, changes)
    assert action.fields == [["in use", True, False]]
    assert action.active == {target: False}
    assert (action.key, action.source_id) == (("1", "L1") if target == "right" else ("L1", "1"))


def test_who_is_out_of_use_already_is_left_alone_with_the_reason() -> None:
    given = left("deactivate", active={"left": True, "right": False})

    decision = given.decide(seen=["right"])

    assert writes(decision) == []
    assert decision.judgements["left"].reason == "deleted in The Box; it is out of use in The Shelf"


def test_a_deletion_shows_what_is_lost_and_no_empty_row() -> None:
    (action,) = writes(left("delete").decide())

    assert (action.verb, action.side, action.key, action.link) == ("delete", "right", "1", 1)
    assert action.fields == [["Note", "x", None]]


def test_a_departure_that_is_not_due_waits_without_a_word() -> None:
    decision = left("delete").decide(only("right"))

    assert (decision.actions, decision.judgements) == ([], {})


def test_who_is_gone_from_both_sides_is_left_alone() -> None:
    given = left("delete")
    assert given.link is not None
    given.link.gone["right"] = True

    assert given.decide().actions == []


@pytest.mark.parametrize(
    ("then", "side", "to", "expected"),
    [
        ("delete", "left", "both", True),
        ("delete", "left", "right", True),
        ("deactivate", "left", "both", True),
        ("ignore", "left", "both", False),
        ("unlink", "left", "both", False),
        ("delete", "right", "both", True),
    ],
)
def test_a_departure_travels_where_the_mapping_sends_it(then: str, side: str, to: str, expected: bool) -> None:
    rules = thing(NOTE, NUMBER, to=to, left_events=DELETES % then, right_events=DELETES % then)

    assert leaving.travels(rules, side) is expected


def test_who_may_no_longer_come_in_has_left_also_where_absence_says_nothing(tmp_path: Path) -> None:
    manifests = {
        "box": manifest_of(BOX.replace("    delete: by_id\n", "    delete: by_id\n    missing: {means: unknown}\n")),
        "shelf": manifest_of(SHELF),
    }
    events = "{created: create, changed: update, deactivated: ignore, deleted: ignore, filtered_out: delete}"
    with chdir(tmp_path):
        Path("gone.yaml").write_text(
            "syncrules: 1\ntitle: Gone\nsides: {left: {provider: box}, right: {provider: shelf}}\nentities:\n  thing:\n"
            "    about: What goes.\n    to: right\n    left: {resource: things, where: {Note: {filled: true}}}\n"
            "    right: {resource: items}\n    when: {left: at_once}\n"
            f"    events:\n      left: {events}\n    fields:\n      {NOTE}\n      {NUMBER}\n",
            encoding="utf-8",
        )
        rules = compile_rules(spec.load("gone.yaml", manifests.__getitem__), {}).entities["thing"]

    assert leaving.travels(rules, "left", "filtered_out")
    assert not leaving.travels(rules, "left")
