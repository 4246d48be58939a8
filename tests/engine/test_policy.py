"""What is said of the rows of a pair where more than one of them has something to say, and of lines that only travel once."""

from __future__ import annotations

from contextlib import chdir
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pair_world import BOX, NOTE, NUMBER, SHELF, Pair, box, link, manifest_of, notices, shelf, thing, writes

from syncrules.journey.rules import compile_rules
from syncrules.language import spec

ADDRESS = "Address: {left: Address, right: {line: Street, city: Town}, as: address, leading: left, lossy: The line.}"
NOWHERE = {"Street": None, "Number": None, "City": None}
STANDS_IN = "Note: {left: Note, right: Remark, empty: {value: new}, lossy: What stands for nothing.}"
LINES = """\
Lines:
  left: Lines
  right: Rows
  lines:
    each line:
      for_each: Lines
      fields:
        Net: {left: Net, right: Amount}"""
ONCE = "{created: create, changed: report, deactivated: ignore, deleted: ignore}"


@pytest.mark.requirement("X-05")
@pytest.mark.parametrize("to", ["both", "right"])
def test_an_address_of_which_every_part_is_empty_takes_the_place_of_none(to: str) -> None:
    given = Pair(thing(ADDRESS, to=to), box(Address=NOWHERE), shelf(Street="Kaai 12", Town="Gent"))

    assert [each.side for each in writes(given.decide())] == (["left"] if to == "both" else [])
    assert notices(given.decide()) == []


def test_what_stands_for_nothing_now_is_told_as_it_is_though_another_row_went_before() -> None:
    given = Pair(thing(NUMBER, STANDS_IN, to="right"), box(Number="8"), shelf(Code="7", Remark="old"))
    given.link = link({"Number": "7", "Note": None}, {"Number": "7", "Note": "old"})
    given.link.outdated = {"Note"}

    assert notices(given.decide()) == [
        "Note: 'old' of The Shelf was replaced by 'new', which stands for an empty value of The Box now"
    ]


@pytest.mark.requirement("X-04")
def test_what_changed_before_the_other_side_was_ever_read_is_known() -> None:
    """Else what it was before would go across as soon as the other side is read: nobody reads the edit a second time."""
    given = Pair(thing(NOTE), box(Note="new"), shelf(Remark=None), link({"Note": "old"}, {}))

    given.carry_out(given.decide(seen=["left"]))

    assert given.link is not None
    assert given.link.base == {"left": {"Note": "new"}, "right": {}}
    assert [each.changes for each in writes(given.decide(seen=["right"]))] == [{"Remark": "new"}]


def test_what_one_side_says_is_not_known_by_the_rules_of_today_while_the_other_is_known_by_older_ones() -> None:
    given = Pair(thing(NOTE), box(Note="new"), shelf(Remark="theirs"), link({"Note": "old"}, {"Note": "seen"}))
    assert given.link is not None
    given.link.outdated = {"Note"}

    given.carry_out(given.decide(seen=["left"]))

    assert given.link.base == {"left": {"Note": "old"}, "right": {"Note": "seen"}}
    assert given.link.outdated == {"Note"}


@pytest.mark.parametrize("unseen", ["the document", "its lines"])
def test_of_lines_that_were_not_told_nothing_is_concluded(unseen: str) -> None:
    before: dict[str, Any] = {"Note": None, "Lines": [{"Net": Decimal(1)}]}
    given = Pair(thing(NOTE, LINES, to="right", left_events=ONCE), box(), shelf(), link(before, {"Note": None}))
    del given.left["Lines"]

    decision = given.decide(seen=["right"] if unseen == "the document" else ["left", "right"])

    assert (writes(decision), notices(decision)) == ([], [])
    assert "Lines" not in decision.actions[0].base["left"]


def test_of_two_lists_the_one_that_was_told_is_known(tmp_path: Path) -> None:
    manifests = {
        "box": manifest_of(
            BOX.replace("      Lines:", "      More: {type: array, of: Line, title: More}\n      Lines:")
        ),
        "shelf": manifest_of(
            SHELF.replace("      Rows:", "      Others: {type: array, of: Row, title: Others}\n      Rows:")
        ),
    }
    more = LINES.replace("Lines", "More").replace("Rows", "Others")
    rows = "\n".join(f"      {each}" for each in [NOTE, *LINES.splitlines(), *more.splitlines()])
    with chdir(tmp_path):
        Path("lists.yaml").write_text(
            "syncrules: 1\ntitle: Lists\nsides: {left: {provider: box}, right: {provider: shelf}}\nentities:\n  thing:\n"
            "    about: Lists.\n    to: right\n    left: {resource: things}\n    right: {resource: items}\n"
            f"    when: {{left: at_once}}\n    events:\n      left: {ONCE}\n    fields:\n{rows}\n",
            encoding="utf-8",
        )
        rules = compile_rules(spec.load("lists.yaml", manifests.__getitem__), {}).entities["thing"]
    given = Pair(rules, box(More=[{"Net": Decimal(1)}]), shelf(), link({"Note": None}, {"Note": None}))
    del given.left["Lines"]

    assert given.decide().actions[0].base["left"].keys() == {"More"}


def test_a_mark_that_is_not_set_says_nothing_against_one_that_is() -> None:
    given = Pair(thing("Flag: {left: Flag, right: Marked, leading: left}"), box(Flag=False), shelf(Marked=True))

    assert [(each.side, each.changes) for each in writes(given.decide())] == [("left", {"Flag": True})]
