"""What is said of the rows of a pair where more than one of them has something to say, and of lines that only travel once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pair_world import NOTE, NUMBER, Pair, box, link, notices, shelf, thing, writes

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


@pytest.mark.parametrize("unseen", ["the document", "its lines"])
def test_of_lines_that_were_not_told_nothing_is_concluded(unseen: str) -> None:
    before: dict[str, Any] = {"Note": None, "Lines": [{"Net": Decimal(1)}]}
    given = Pair(thing(NOTE, LINES, to="right", left_events=ONCE), box(), shelf(), link(before, {"Note": None}))
    del given.left["Lines"]

    decision = given.decide(seen=["right"] if unseen == "the document" else ["left", "right"])

    assert (writes(decision), notices(decision)) == ([], [])
    assert "Lines" not in decision.actions[0].base["left"]
