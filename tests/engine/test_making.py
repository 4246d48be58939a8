"""Of what a new record is made: what is asked for, what is a constant, what is left away, and whole or not at all."""

from __future__ import annotations

from contextlib import chdir
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pair_world import BOX, NOTE, SHELF, Around, box, manifest_of, papers, shelf, thing
from small_world import SOUND, load

from syncrules.journey import making
from syncrules.journey.decision import Judgement
from syncrules.journey.making import Made
from syncrules.journey.rules import EntityRules, compile_rules
from syncrules.journey.surroundings import Lacks, Late
from syncrules.language import spec
from syncrules.vocabulary.values import CannotCarry

NAME = "Name: {left: Name, right: Label}"
OWNER = "Owner: {left: Owner, right: Owner, refers_to: [thing]}"
ASKING = papers(
    SHELF.replace("create: {unknown_outcome:", "create: {requires: [Remark, Code], unknown_outcome:").replace(
        "Code: {type: string, title: Code}", "Code: {type: string, title: Item number}"
    )
).entities["thing"]


def made(rules: EntityRules, record: Any, side: str = "left", around: Around | None = None, **more: Any) -> Any:
    """Make the counterpart of a record."""
    around = around or Around()
    return making.made(rules, side, rules.view(side, record, around.settings), around, **more)


def test_what_a_system_asks_for_and_is_not_there_is_named_as_people_know_it() -> None:
    judged = made(ASKING, box(Name="Ada"))

    assert judged == Judgement("waiting", "The Shelf needs Remark and Item number", "Fill it in.")


def test_what_becomes_a_part_of_something_that_exists_needs_nothing_more() -> None:
    part = made(ASKING, box(Number="7"), attached=True)

    assert isinstance(part, Made)
    assert part.changes == {"Code": "7"}


@pytest.mark.parametrize(
    ("value", "given"), [(0, True), (False, True), ("x", True), (Late("thing", "left", "L9", ""), True), (None, False), ("", False), ([], False)]
)  # fmt: skip
def test_zero_and_no_are_values_that_a_system_is_given(value: Any, given: bool) -> None:
    assert making._given({"Remark": value}, "Remark") is given
    assert making._given({"Spot": {"Code": value}}, "Spot.Code") is given


@pytest.mark.parametrize("changes", [{}, {"Spot": None}, {"Spot": "x"}])
def test_a_part_of_what_is_not_there_is_not_given(changes: dict[str, Any]) -> None:
    assert not making._given(changes, "Spot.Code")


def test_a_kind_that_is_one_of_several_or_a_test_is_not_put_into_a_new_record() -> None:
    kinds = "right: {resource: items, is: {Sort: [A, B], Code: {filled: true}, Mark: ours}, set: {Sort: B, Code: C}}"

    assert made(thing(NAME, more=kinds), box(Name="Ada")).changes == {
        "Label": "Ada", "Mark": "ours", "Sort": "B", "Code": "C",
    }  # fmt: skip


def test_a_constant_is_put_as_it_is_and_one_that_refers_as_a_reference() -> None:
    rules = thing(
        NAME, more="left: {resource: things, set: {Group: G1, Note: fixed}}\nright: {resource: items, set: {Maker: 5}}"
    )

    assert made(rules, shelf(Label="Ada"), "right").changes == {"Name": "Ada", "Group": {"Id": "G1"}, "Note": "fixed"}
    assert made(rules, box(Name="Ada")).changes == {"Label": "Ada", "Maker": 5}


def test_empty_values_are_left_away_and_zero_and_no_are_not() -> None:
    rows = ("Amount: {left: Amount, right: Sum}", "Flag: {left: Flag, right: Marked}", NOTE)
    new = made(thing(*rows), box(Amount=0, Flag=False, Note=""))

    assert new.changes == {"Sum": 0, "Marked": False}
    assert new.fields == [["Amount", None, 0], ["Flag", None, False]]


def test_an_address_of_empty_parts_is_left_away_and_one_of_some_is_not() -> None:
    rules = thing("Address: {left: Address, right: {line: Street, city: Town}, as: address, lossy: The line.}")
    nowhere = {"Street": None, "Number": None, "City": ""}

    assert made(rules, box(Address=nowhere)).changes == {}
    assert made(rules, box(Address={**nowhere, "City": "Gent"})).changes["Town"] == "Gent"


def test_who_waits_and_who_fails_say_so() -> None:
    waits = made(thing(NAME, OWNER), box(Name="Ada", Owner={"Id": "L9"}))
    fails = made(thing(NAME, "Kind: {left: Number, right: Sort, to: right}", to="right"), box(Name="Ada", Number="Z"))

    assert (waits.state, waits.cure, waits.detail) == ("waiting", "It follows by itself.", {"because": "reference"})
    assert (fails.state, fails.cure) == ("failed", making.CORRECT)


def test_a_new_record_is_made_of_what_is_remembered_of_its_rows() -> None:
    rules = thing(NAME, "Kind: {left: Number, right: Sort, to: right}", to="right")

    assert making.from_rows(rules, "left", {"Name": "Ada"}, "L1", Around()) == {"Label": "Ada"}
    with pytest.raises(CannotCarry):
        making.from_rows(rules, "left", {"Name": "Ada", "Kind": "Z"}, "L1", Around())


class Kade(Around):
    """Surroundings in which it is known where somebody lives."""

    def across(self, entities: Any, side: str, id: str, field: str) -> Any:
        if field not in ("", "Street", "Code"):
            raise Lacks(f"it has no {field}")
        return f"{field} of {id}"


@pytest.mark.parametrize(("field", "expected"), [("Street", {"Street": "Street of L9"}), ("Town", {})])
def test_what_is_taken_over_comes_from_the_one_that_is_referred_to(field: str, expected: dict[str, Any]) -> None:
    rules = thing(OWNER, f"Street: {{take: {{of: Owner, field: {field}}}, right: Street}}", to="right")

    assert made(rules, box(Owner={"Id": "L9"}), around=Kade()).changes == {"Owner": "Code of L9", **expected}


@pytest.mark.parametrize(("to", "source", "expected"), [("both", "left", True), ("both", "right", True), ("right", "left", True), ("right", "right", False), ("match", "left", False)])  # fmt: skip
def test_a_row_goes_where_it_says(to: str, source: str, expected: bool) -> None:
    rules = thing(f"Note: {{left: Note, right: Remark, to: {to}}}")

    assert making.travels(rules, rules.row("Note"), source) is expected


def test_what_is_known_by_the_id_of_the_other_is_made_with_it() -> None:
    keyed = thing(NAME, to="right", more="link: {id_of: left, is_id_of: right}")

    assert made(keyed, box(Name="Ada")).changes == {"Key": "L1", "Label": "Ada"}


def test_a_state_points_to_the_record_that_it_stands_beside_and_to_nobody_else() -> None:
    rules = compile_rules(load(SOUND), {"VAT codes": {}, "default code": "X"}).entities["payment"]
    item = {"Number": "2026-1", "Total": Decimal(30), "Open": Decimal(10)}
    around = Around(links={("shop", "link 5"): "O1"})

    state = making.made(rules, "ledger", replace(rules.view("ledger", item, {}), id="link 5"), around)

    assert isinstance(state, Made)
    assert state.changes == {"Amount": 20, "Order": {"Id": "O1"}}


def test_what_does_not_fit_is_left_out_alone() -> None:
    rules = thing("Registry number: {left: Phone, right: Registry, unfit: leave_out}", NOTE, to="right")

    assert made(rules, box(Phone="HRB 7", Note="x")).changes == {"Remark": "x"}


def test_a_row_without_a_counterpart_fails_and_one_that_waits_is_not_left_out() -> None:
    table = thing("Kind: {left: Kind, right: Mark, values: [{left: A, right: J}]}", to="right")
    owner = thing(OWNER.replace("refers_to", "unfit: leave_out, refers_to"), NOTE, to="right")

    assert made(table, box(Kind="B")).state == "failed"
    assert made(owner, box(Owner={"Id": "L9"}, Note="x")).state == "waiting"


def test_what_a_thing_has_of_its_own_is_left_to_it_when_it_gets_a_role(tmp_path: Path) -> None:
    roles = SHELF.replace("external_id: {field: Other}", "within: {resource: rates, at: Spot}").replace(
        "      Rows:",
        "      Spot: {type: object, of: Row, shared: true, title: Spot}\n"
        "      Either: {reference: [items, rates], by: [Key], title: Either}\n      Rows:",
    )
    manifests = {"box": manifest_of(BOX), "shelf": manifest_of(roles)}
    rows = ("Note: {left: Note, right: Spot.Text, too_long: cut}", "Number: {left: Number, right: Spot.Code, once: true}", "Phone: {left: Phone, right: Dial}")  # fmt: skip
    with chdir(tmp_path):
        Path("roles.yaml").write_text(
            "syncrules: 1\ntitle: Roles\nsides: {left: {provider: box}, right: {provider: shelf}}\nentities:\n  thing:\n"
            "    about: Roles.\n    to: right\n    left: {resource: things}\n    right: {resource: items, set: {Either: 5}}\n"
            "    when: {left: at_once}\n    events:\n"
            "      left: {created: create, changed: update, deactivated: ignore, deleted: ignore}\n    fields:\n"
            + "".join(f"      {each}\n" for each in rows),
            encoding="utf-8",
        )
        rules = compile_rules(spec.load("roles.yaml", manifests.__getitem__), {}).entities["thing"]
    record = box(Note="a", Number="7", Phone="06")

    assert made(rules, record, attached=True).changes == {"Spot": {"Code": "7"}, "Dial": "06", "Either": {"Key": 5}}
    assert made(rules, record).changes == {"Spot": {"Text": "a", "Code": "7"}, "Dial": "06", "Either": {"Key": 5}}
    values = rules.view("left", record, {}).values
    assert making.from_rows(rules, "left", values, "L1", Around()) == made(rules, record).changes
