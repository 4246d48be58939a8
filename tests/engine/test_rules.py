"""Rows read, compare, carry and write, forth and back; a record is seen as its entity sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pair_world import SIDES, UPDATES, Around, box, compiled, load_text, manifest, mapping, shelf, thing
from small_world import SOUND, load

from syncrules.journey.lines import constant_of, elements_of
from syncrules.journey.places import Place, number
from syncrules.journey.rows import NotThatWay, RowRules
from syncrules.journey.rules import NEAR, EntityRules, compile_rules
from syncrules.journey.surroundings import Late, Waits
from syncrules.language.model import Spec
from syncrules.records import MISSING, normal
from syncrules.vocabulary.values import CannotCarry

AROUND = Around()
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def row(text: str, **parts: str) -> RowRules:
    """Give the rules of a single row."""
    return thing(text, **parts).rows[0]


def across(rules: RowRules, value: Any, present: Any = None, *, back: bool = False, around: Around = AROUND) -> Any:
    """Carry a value from the left to the right, or back, and write it: the changes of a record."""
    source, target = ("right", "left") if back else ("left", "right")
    changes: dict[str, Any] = {}
    rules.write(target, changes, rules.carry(source, value, present, around), around)
    return changes


# Numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"), [(5, 5), (Decimal("1.50"), Decimal("1.50")), ("-0.10", Decimal("-0.10")), ("7", 7)]
)
def test_a_number_is_read_exactly(value: Any, expected: Any) -> None:
    assert number(value) == expected
    assert not isinstance(number(value), float)


@pytest.mark.parametrize("value", ["", "much", "1,5", True, False, "NaN", "-Infinity", "sNaN", [], {}])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(CannotCarry, match="is not a number"):
        number(value)


# Reading --------------------------------------------------------------------------------------------------------------


def test_a_text_is_read_as_it_stands_and_an_empty_one_as_nothing() -> None:
    note = row("Note: {left: Note, right: Remark}")

    assert note.read("left", box(Note=" a ")) == " a "
    assert note.read("left", box(Note="")) is None
    assert note.read("left", {"Id": "L1"}) is MISSING


def test_a_reference_is_read_as_the_id_that_it_points_to() -> None:
    owner = row("Owner: {left: Owner, right: Owner, refers_to: [thing]}")

    assert owner.read("left", box(Owner={"Id": "L9", "Name": "Bob"})) == "L9"
    assert owner.read("right", shelf(Owner="C9")) == "C9"
    assert owner.read("left", box(Owner=None)) is None


def test_a_field_of_a_chosen_record_is_read_through_the_reference() -> None:
    group = row("Group: {left: Group.Code, right: Mark}")

    assert group.read("left", box(Group={"Id": "1", "Code": "H"})) == "H"
    assert group.read("left", box(Group=None)) is None
    assert group.read("left", box(Group={"Id": "1"})) is MISSING


def test_the_parts_of_an_address_are_read_together_or_not_at_all() -> None:
    address = row("Address: {left: Address, right: {line: Street, city: Town}, as: address, lossy: The line.}")
    whole = {"Street": "Kaai", "Number": "12", "City": "Goes"}

    assert address.read("left", box(Address=whole)) == {"street": "Kaai", "number": "12", "city": "Goes"}
    assert address.read("left", box(Address=None)) == {"street": None, "number": None, "city": None}
    assert address.read("left", box(Address={"Street": "Kaai", "City": "Goes"})) is MISSING


@pytest.mark.parametrize("value", ["n/a", True, "12,50"])
def test_a_record_with_nonsense_where_a_number_should_be_stops_nothing_but_itself(value: Any) -> None:
    rules = thing("Amount: {left: Amount, right: Sum}")

    view = rules.view("left", box(Amount=value), {})

    assert view.values["Amount"] == value
    with pytest.raises(CannotCarry, match="is not a number"):
        across(rules.rows[0], view.values["Amount"])


def test_a_moment_is_told_as_the_clock_at_home_showed_it() -> None:
    spec = load(SOUND)
    entity = compile_rules(spec, {"book orders": True}, AMSTERDAM).entities["invoice"]
    day = entity.row("Order day")

    assert day.read("shop", {"Day": "2026-05-03T22:30:00Z"}) == "2026-05-04T00:30:00+02:00"
    assert day.carry("shop", day.read("shop", {"Day": "2026-05-03T22:30:00Z"}), None, AROUND) == "2026-05-04"
    assert day.read("shop", {"Day": "2026-05-04"}) == "2026-05-04"


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+05:00", "soon"])
def test_a_moment_beyond_the_calendar_is_left_alone(moment: str) -> None:
    entity = compile_rules(load(SOUND), {"book orders": True}, AMSTERDAM).entities["invoice"]

    assert entity.row("Order day").read("shop", {"Day": moment}) == moment


# Carrying and writing -------------------------------------------------------------------------------------------------

FITS = [
    # row, value on the left, what is written on the right
    ("Note: {left: Note, right: Remark}", "a", {"Remark": "a"}),
    ("Note: {left: Note, right: Remark}", None, {"Remark": None}),
    ("Note: {left: Amount, right: Remark}", Decimal("12.50"), {"Remark": "12.5"}),
    ("Amount: {left: Amount, right: Sum}", Decimal("12.50"), {"Sum": Decimal("12.50")}),
    ("Amount: {left: Number, right: Sum}", "12.50", {"Sum": Decimal("12.50")}),
    ("Name: {left: Name, right: Label, too_long: cut}", "a" * 19 + " b", {"Label": "a" * 19}),
    ("Kind: {left: Kind, right: Sort}", "B", {"Sort": "B"}),
    ("Flag: {left: Flag, right: Marked}", False, {"Marked": False}),
    ("Flag: {left: Flag, right: Marked, as: opposite}", False, {"Marked": True}),
    (
        "Flag: {left: Flag, right: Mark, values: [{left: true, right: J}, {left: false, right: N}]}",
        False,
        {"Mark": "N"},
    ),
    ("Amount: {left: Amount, right: Sum, as: {decimals: 1}, lossy: Cents.}", Decimal("0.25"), {"Sum": Decimal("0.3")}),
    ("Note: {left: Note, right: Remark, to: right, empty: {value: none}}", None, {"Remark": "none"}),
    ("Kind: {left: Kind, right: Mark, to: right, values: [{left: A, right: x}], unknown: empty}", "B", {"Mark": None}),
    (
        "Kind: {left: Kind, right: Mark, to: right, values: [{left: A, right: x}], unknown: {value: y}}",
        "B",
        {"Mark": "y"},
    ),
]


@pytest.mark.parametrize(("text", "value", "expected"), FITS)
def test_a_value_is_written_in_the_form_of_its_field(text: str, value: Any, expected: Mapping[str, Any]) -> None:
    changes = across(row(text), value)

    assert changes == expected
    assert list(map(type, changes.values())) == list(map(type, expected.values()))


REFUSED = [
    ("Kind: {left: Number, right: Sort}", "Z", "The Shelf does not take 'Z' as Sort"),
    ("Amount: {left: Number, right: Sum}", "much", "'much' is not a number"),
    ("Name: {left: Name, right: Label}", "a" * 21, "has 21 characters; Label of The Shelf takes 20"),
    ("Flag: {left: Note, right: Marked, values: [{left: J, right: true}]}", "N", "Flag: nothing is set up for 'N'"),
]


@pytest.mark.parametrize(("text", "value", "message"), REFUSED)
def test_a_value_that_a_field_cannot_hold_is_refused_with_the_reason(text: str, value: Any, message: str) -> None:
    with pytest.raises(CannotCarry, match=message):
        across(row(text), value)


@pytest.mark.parametrize(
    ("value", "whole"), [(Decimal("12.00"), 12), ("7", 7), (Decimal("12.5"), None), ("12.7", None), ("much", None)]
)
def test_a_whole_number_is_never_made_by_dropping_decimals(value: Any, whole: int | None) -> None:
    place = Place(manifest("shelf"), "items", "Rows.Place")
    changes: dict[str, Any] = {}

    if whole is None:
        with pytest.raises(CannotCarry, match=r"is not a (whole )?number"):
            place.write(changes, value, "report", AROUND, "right")
    else:
        place.write(changes, value, "report", AROUND, "right")

    assert changes == ({} if whole is None else {"Rows": {"Place": whole}})


def test_a_part_that_is_not_there_waits_when_the_row_says_so() -> None:
    with pytest.raises(Waits, match="Note is empty"):
        across(row("Note: {left: Note, right: Remark, to: right, empty: wait}"), None)


def test_a_row_with_a_one_way_operator_does_not_go_back() -> None:
    first = row("Note: {left: Note, right: Remark, to: left, as: first_line}")

    assert across(first, "a\nb", back=True) == {"Note": "a"}
    with pytest.raises(NotThatWay):
        first.carry("left", "a", None, AROUND)


def test_a_chosen_record_is_set_by_what_it_is_known_by() -> None:
    group = row("Group: {left: Group.Code, right: Mark}")
    around = Around(choices={"H": {"Id": "7", "Code": "H"}})

    assert across(group, "H", back=True, around=around) == {"Group": {"Id": "7", "Code": "H"}}
    assert across(group, None, back=True, around=around) == {"Group": None}
    with pytest.raises(CannotCarry, match="The Box has no 'Z' among its groups"):
        across(group, "Z", back=True, around=around)


@pytest.mark.parametrize(
    ("unknown", "value", "carried"),
    [
        ("{setting: usual}", "Z", "H"),
        ("{value: H}", "Z", "H"),
        ("empty", "Z", None),
        ("{setting: usual}", "h", "H"),
        ("{setting: usual}", None, None),
    ],
    ids=["the answer to a setting", "a constant", "nothing", "as the list writes it", "nothing at all"],
)
def test_what_a_list_does_not_have_is_already_another_value_when_the_two_sides_are_compared(
    unknown: str, value: Any, carried: Any
) -> None:
    settings = "usual: {ask: Which?, answer: text, missing: stop}"
    spec = mapping(
        f"Group: {{left: Group.Code, right: Mark, to: left, unknown: {unknown}}}", to="left", settings=settings
    )
    group = compile_rules(spec, {"usual": "H"}).entities["thing"].row("Group")
    listed = {"Id": "7", "Code": "H"}
    around = Around({"usual": "H"}, choices={"H": listed, "h": listed})

    assert group.carry("right", value, "K", around) == carried
    assert group.same(carried, value, around)
    assert not group.same("K", value, around)


def test_a_reference_is_carried_to_what_its_record_is_called_over_there() -> None:
    owner = row("Owner: {left: Owner, right: Owner, refers_to: [thing]}")
    around = Around(links={("left", "L9"): "C9", ("right", "C9"): "L9"})

    assert across(owner, "L9", around=around) == {"Owner": "C9"}
    assert across(owner, "C9", back=True, around=around) == {"Owner": {"Id": "L9"}}
    assert across(owner, None, around=around) == {"Owner": None}
    with pytest.raises(Waits):
        across(owner, "L8", around=around)
    with pytest.raises(Waits, match="Owner 'C8' is not known yet"):
        across(owner, "C8", back=True, around=around)


def test_a_reference_to_what_is_made_first_is_written_when_it_is_known() -> None:
    owner = row("Owner: {left: Owner, right: Owner, refers_to: [thing]}")
    late = Late("thing", "left", "L9", "Code")

    assert across(owner, "L9", around=Around(links={("left", "L9"): late})) == {"Owner": late}


def test_what_is_made_first_is_written_as_a_number_where_nothing_else_is_taken() -> None:
    maker = row("Maker: {left: Owner, right: Maker, refers_to: [thing]}")
    late = Late("thing", "left", "L9", "")
    links = {("left", "L1"): "17", ("left", "L9"): late}

    assert across(maker, "L1", around=Around(links=links)) == {"Maker": 17}
    assert across(maker, "L9", around=Around(links=links)) == {"Maker": replace(late, whole=True)}


# Tables of values -----------------------------------------------------------------------------------------------------

CODES = "Code: {left: Number, right: Mark, values: {setting: codes}}"
CODES_SETTING = "codes: {ask: Which code belongs to each group?, for_each: {left: groups}, choose: {right: items}}"


def codes(**settings: Any) -> tuple[RowRules, Around]:
    spec = mapping(CODES, settings=CODES_SETTING)
    return compile_rules(spec, settings).entities["thing"].rows[0], Around(settings)


def test_an_answered_table_translates_both_ways() -> None:
    rules, around = codes(codes={"1": "A", "2": "B", "3": None})

    assert across(rules, "1", around=around) == {"Mark": "A"}
    assert across(rules, "B", back=True, around=around) == {"Number": "2"}
    for value, back in (("3", False), ("9", False), ("Z", True)):
        with pytest.raises(CannotCarry, match=f"Code: nothing is set up for '{value}'"):
            across(rules, value, back=back, around=around)


def test_where_several_values_fit_the_present_one_stands_or_a_person_says_which() -> None:
    rules, around = codes(codes={"1": "A", "2": "A"})

    assert across(rules, "A", "2", back=True, around=around) == {"Number": "2"}
    with pytest.raises(CannotCarry, match="'A' may stand for 1 or 2"):
        across(rules, "A", "7", back=True, around=around)

    rules, around = codes(codes={"1": "A", "2": "A"}, preferred={"A": "1"})
    assert across(rules, "A", "7", back=True, around=around) == {"Number": "1"}


def test_a_setting_without_an_answer_cannot_stand_in() -> None:
    assert constant_of("x", {}) == "x"
    assert constant_of({"setting": "code"}, {"code": "A"}) == "A"
    with pytest.raises(CannotCarry, match="the setting 'code' has no answer"):
        constant_of({"setting": "code"}, {})


# Forth and back -------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=10).filter(str.strip)
TWO_WAY = [
    ("Note: {left: Note, right: Remark}", "Note", st.none() | TEXT),
    ("Note: {left: Note, right: Remark, as: trimmed}", "Note", TEXT),
    ("Amount: {left: Amount, right: Sum}", "Amount", st.integers() | st.decimals(-999, 999, places=3)),
    ("Amount: {left: Amount, right: Sum, as: negated}", "Amount", st.decimals(-999, 999, places=2)),
    ("Flag: {left: Flag, right: Marked, as: opposite}", "Flag", st.none() | st.booleans()),
    (
        "Flag: {left: Flag, right: Mark, values: [{left: true, right: J}, {left: false, right: N}]}",
        "Flag",
        st.none() | st.booleans(),
    ),
    ("Kind: {left: Kind, right: Sort}", "Kind", st.sampled_from([None, "A", "B"])),
    ("Number: {left: Amount, right: Code, as: text}", "Amount", st.integers(0, 10**9)),
]


@pytest.mark.parametrize(("text", "field", "values"), TWO_WAY, ids=[each[0] for each in TWO_WAY])
@given(data=st.data())
def test_there_and_back_is_the_same(text: str, field: str, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    rules = row(text)
    value = data.draw(values)

    there = rules.read("right", shelf(**across(rules, value)))
    again = rules.read("left", box(**across(rules, there, value, back=True)))

    assert rules.key("left", again) == rules.key("left", value)
    assert rules.same(value, there, AROUND)
    assert rules.carry("left", again, None, AROUND) == rules.carry("left", value, None, AROUND)


@given(st.none() | TEXT, st.none() | TEXT)
def test_two_values_are_the_same_just_when_neither_would_be_written(left: Any, right: Any) -> None:
    rules = row("Note: {left: Note, right: Remark, as: trimmed}")

    assert rules.same(left, right, AROUND) == (normal(left and left.strip()) == normal(right and right.strip()))


def test_a_value_that_cannot_be_carried_is_not_the_same() -> None:
    rules = row("Kind: {left: Kind, right: Mark, values: [{left: A, right: x}]}")

    assert rules.same("A", "x", AROUND)
    assert not rules.same("B", "x", AROUND)
    assert not rules.same("A", "y", AROUND)


# A record as its entity sees it ---------------------------------------------------------------------------------------

FULL = "left: {resource: things, is: {Kind: A}, where: {Number: {filled: true}}}"


def test_a_view_says_all_that_a_decision_needs() -> None:
    rules = thing("Name: {left: Name, right: Label}", "Note: {left: Note, right: Remark}", more=FULL)

    view = rules.view("left", box(Id="L7", Name="Ada", Kind="A", Number="7", Ref="x:1"), {})

    assert (view.id, view.name, view.active, view.is_kind, view.admitted) == ("L7", "Ada", True, True, "")
    assert (view.values, view.external_id) == ({"Name": "Ada", "Note": None}, "x:1")


def test_a_view_tells_another_kind_and_what_may_not_come_in() -> None:
    view = thing("Name: {left: Name, right: Label}", more=FULL).view("left", box(Kind="B"), {})

    assert not view.is_kind
    assert view.admitted == "Number"
    assert view.name == "L1"


@pytest.mark.parametrize(
    ("side", "record", "active"),
    [
        ("left", {"Id": "L1", "Off": True}, False),
        ("left", {"Id": "L1", "Off": False}, True),
        ("left", {"Id": "L1", "Off": None}, True),
        ("left", {"Id": "L1"}, None),
        ("right", {"Key": 1, "State": "asleep"}, False),
        ("right", {"Key": 1, "State": "awake"}, True),
    ],
)
def test_whether_a_record_is_in_use_is_read_where_the_manifest_says(
    side: str, record: dict[str, Any], active: bool | None
) -> None:
    assert thing("Name: {left: Name, right: Label}").view(side, record, {}).active is active


def test_a_mapping_may_say_itself_what_is_not_in_use() -> None:
    rules = thing("Name: {left: Name, right: Label}", more="left: {resource: things, inactive: {Note: gone}}")

    assert rules.view("left", box(Note="gone", Off=False), {}).active is False
    assert rules.view("left", box(Note="here", Off=True), {}).active is True


def test_one_of_several_conditions_lets_a_record_in() -> None:
    rules = thing(
        "Name: {left: Name, right: Label}",
        more="left: {resource: things, where_any: [{Number: {filled: true}}, {Note: x}]}",
    )

    admitted = [rules.view("left", box(**values), {}).admitted for values in ({"Number": "7"}, {"Note": "x"}, {})]
    assert admitted == ["", "", "Number"]


NOTE_ONLY = "Note: {left: Note, right: Remark}"


@given(
    st.dictionaries(st.sampled_from(["Number", "Phone", "Lines", "Ref", "Address"]), st.text(max_size=3)),
    st.text(max_size=3),
)
def test_what_is_not_mapped_does_not_count_as_a_change(others: dict[str, str], note: str) -> None:
    rules = thing(NOTE_ONLY)

    assert rules.view("left", {**box(Note=note), **others}, {}).digest == rules.view("left", box(Note=note), {}).digest


@pytest.mark.parametrize("change", [{"Note": "b"}, {"Off": True}, {"Kind": "B"}, {"Number": None}])
def test_whatever_a_decision_looks_at_counts_as_a_change(change: dict[str, Any]) -> None:
    rules = thing(NOTE_ONLY, more=FULL)
    before = box(Note="a", Kind="A", Number="7")

    assert rules.view("left", {**before, **change}, {}).digest != rules.view("left", before, {}).digest


@pytest.mark.parametrize("only", ["", ", for: created"])
def test_what_a_record_needs_counts_as_a_change(only: str) -> None:
    rules = thing(NOTE_ONLY, more=f"needs: {{no number: {{left: Number, to: right{only}, cure: Give it one.}}}}")

    digests = {rules.view("left", box(Number=each), {}).digest for each in ("7", None)}
    assert len(digests) == 2


AGREES = "needs: {not as reckoned: {left: Net, of_each: Lines, same_as: Text, to: right}}"


@pytest.mark.parametrize(
    ("lines", "lacks"),
    [
        (None, False),
        ([], False),
        ([{"Net": Decimal("1.00"), "Text": 1}, {"Net": 2, "Text": 2}], False),
        ([{"Net": None, "Text": 2}, {"Text": 2}, {"Net": "", "Text": 2}], False),
        ([{"Net": 1, "Text": 1}, {"Net": 2, "Text": 3}], True),
        ([{"Net": 0, "Text": 3}], True),
        ([{"Net": 1, "Text": None}], True),
        ([{"Net": 1}], True),
    ],
    ids=str,
)
def test_two_fields_of_each_element_must_say_the_same_where_the_first_says_anything(lines: Any, lacks: bool) -> None:
    rules = thing(NOTE_ONLY, more=AGREES)

    need = rules.lacking("left", "right", box(Lines=lines), {}, creating=True)

    assert (need is not None) is lacks


@pytest.mark.parametrize(
    ("says", "record", "lacks"),
    [
        ("left: Net, of_each: Lines", {"Lines": [{"Net": 1}, {"Net": 0}]}, False),
        ("left: Net, of_each: Lines", {"Lines": [{"Net": 1}, {"Net": None}]}, True),
        ("left: Net, of_each: Lines, equals: 1", {"Lines": [{"Net": 1}, {"Net": 1}]}, False),
        ("left: Net, of_each: Lines, equals: 1", {"Lines": [{"Net": 1}, {"Net": 2}]}, True),
        ("left: Phone, same_as: Number", {"Phone": "7", "Number": "7"}, False),
        ("left: Phone, same_as: Number", {"Phone": None, "Number": "7"}, False),
        ("left: Phone, same_as: Number", {"Phone": "8", "Number": "7"}, True),
    ],
)
def test_each_element_may_be_asked_for_a_value_and_a_record_for_two_that_agree(
    says: str, record: dict[str, Any], lacks: bool
) -> None:
    rules = thing(NOTE_ONLY, more=f"needs: {{not right: {{{says}, to: right}}}}")

    assert (rules.lacking("left", "right", box(**record), {}, creating=True) is not None) is lacks


@pytest.mark.parametrize("other", [{"Net": 2, "Text": 1}, {"Net": 1, "Text": 2}])
def test_what_two_fields_of_an_element_say_counts_as_a_change(other: dict[str, Any]) -> None:
    rules = thing(NOTE_ONLY, more=AGREES)

    views = [rules.view("left", box(Lines=[each]), {}) for each in ({"Net": 1, "Text": 1}, other)]

    assert views[0].digest != views[1].digest


def test_other_settings_let_every_record_be_decided_anew() -> None:
    spec = mapping(NOTE_ONLY, settings="wanted: {ask: Is it wanted?, answer: yes_or_no}")
    one, other = (compile_rules(spec, {"wanted": each}) for each in (True, False))

    views = [each.entities["thing"].view("left", box(), {}) for each in (one, other)]

    assert one.digest != other.digest
    assert views[0].digest != views[1].digest
    assert compile_rules(spec, {"wanted": True}).digest == one.digest


# Keys -----------------------------------------------------------------------------------------------------------------


def keys(rules: EntityRules, side: str, **values: Any) -> set[tuple[str, str]]:
    record = box(**values) if side == "left" else shelf(**values)
    return {(name, compared) for name, _, compared in rules.keys(side, rules.view(side, record, {}))}


MATCHED = (
    "Name: {left: Name, right: Label, as: upper, lossy: Capitals.}",
    "Number: {left: Number, right: Code}",
    "Address: {left: Address, right: {line: Street, city: Town}, as: address, lossy: The line.}",
)


def test_a_record_can_be_found_by_each_row_of_a_tier() -> None:
    rules = thing(*MATCHED, more="match:\n  - any: [Number, Name]")

    assert keys(rules, "left", Number="7", Name="Ada") == {
        ("tier 0: Number", "7"),
        ("tier 0: Name", "ADA"),
        (f"{NEAR}tier 0: Name", "ada"),
        ("@Number", "7"),
    }
    assert keys(rules, "right", Code="7") == {("tier 0: Number", "7"), ("@Code", "7")}
    assert keys(rules, "left") == set()


def test_where_all_must_agree_there_is_one_key_of_all_or_none() -> None:
    rules = thing(*MATCHED, more="match:\n  - all: [Name, {Address: [number, city]}]")
    address = {"Street": "Kaai", "Number": "12", "City": "Goes"}

    left = keys(rules, "left", Name="ada", Address=address)
    right = keys(rules, "right", Label="Ada", Street="Other street 12", Town="GOES")

    assert left == right == {("tier 0", "ADA & 12|goes")}
    assert keys(rules, "left", Name="ada") == set()


def test_records_that_others_refer_to_can_be_found_by_what_they_are_referred_by() -> None:
    rules = thing("Owner: {left: Owner, right: Owner, refers_to: [thing]}")

    assert rules.referred_by == {"right": {"Code"}}
    assert keys(rules, "right", Code="C9") == {("@Code", "C9")}


# Compiling ------------------------------------------------------------------------------------------------------------


def test_a_row_that_is_only_said_for_the_reader_is_no_rule() -> None:
    assert [each.name for each in thing(NOTE_ONLY, "Phone: {left: Phone, right: Dial, to: neither}").rows] == ["Note"]


def test_an_entity_that_is_switched_off_is_left_out() -> None:
    spec = load(SOUND)

    assert "invoice" in compile_rules(spec, {"book orders": True}).entities
    assert "invoice" not in compile_rules(spec, {"book orders": False}).entities
    assert "invoice" not in compile_rules(spec, {}).entities


def test_both_sides_are_read_wherever_something_may_have_to_be_seen_there() -> None:
    both, one_way = compiled(NOTE_ONLY), compiled(NOTE_ONLY, to="right")

    assert [both.reads("thing", side) for side in SIDES] == [True, True]
    assert [one_way.reads("thing", side) for side in SIDES] == [True, True]
    entries = compile_rules(load(SOUND), {"book orders": True})
    assert [entries.reads("invoice", side) for side in ("shop", "ledger")] == [True, False]


def two(first: str, second: str) -> Spec:
    """Load a mapping of two entities whose rows refer to these."""
    entity = """\
  {name}:
    about: Anything.
    left: {{resource: things, is: {{Kind: {kind}}}}}
    right: {{resource: items, is: {{Sort: {kind}}}}}
    to: both
    when: {{left: at_once, right: at_once}}
    events: {{left: {updates}, right: {updates}}}
    fields:
      Owner: {{left: Owner, right: Owner, refers_to: [{refers_to}]}}
"""
    text = "syncrules: 1\ntitle: Two\nsides: {left: {provider: box}, right: {provider: shelf}}\nentities:\n"
    for name, kind, refers_to in (("one", "A", first), ("two", "B", second)):
        text += entity.format(name=name, kind=kind, refers_to=refers_to, updates=UPDATES)
    return load_text(text)


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [
        ("one", "two", ["one", "two"]),
        ("two", "two", ["two", "one"]),
        ("one", "one", ["one", "two"]),
    ],
)
def test_what_is_referred_to_goes_first(first: str, second: str, order: list[str]) -> None:
    assert list(compile_rules(two(first, second), {}).entities) == order


# Lines ----------------------------------------------------------------------------------------------------------------

LINES = """\
Lines:
  left: Lines
  right: Rows
  numbered: Place
  lines:
    each line:
      for_each: Lines
      {more}
      fields:
        Net: {{left: Net, right: Amount{sum}}}
        Text: {{left: {text}, right: Text}}"""


def lines(
    *given: Mapping[str, Any], more: str = "unless: {Net: 0}", sum_: str = "", text: str = "Text", **values: Any
) -> Any:
    rules = thing(LINES.format(more=more, sum=sum_, text=text), to="right").lines[0]
    return rules.make(box(Lines=list(given), **values), AROUND)


def test_each_line_is_made_and_counted_and_what_is_left_out_leaves_no_gap() -> None:
    made = lines({"Net": Decimal("1.50"), "Text": "a"}, {"Net": 0, "Text": "b"}, {"Net": 3, "Text": "c"})

    assert made == [{"Amount": Decimal("1.50"), "Text": "a", "Place": 0}, {"Amount": 3, "Text": "c", "Place": 1}]


def test_a_line_may_take_what_stands_in_the_document() -> None:
    made = lines({"Net": 1, "Text": "a"}, {"Net": 2, "Text": "b"}, text="document.Number", Number="2026-1")

    assert [each["Text"] for each in made] == ["2026-1", "2026-1"]


def test_lines_with_the_same_value_become_one_with_their_sum() -> None:
    made = lines(
        {"Net": Decimal("1.10"), "Text": "a"}, {"Net": Decimal("2.20"), "Text": "b"}, {"Net": Decimal("3.30"), "Text": "a"},
        more="one_per: Text", sum_=", as: sum",
    )  # fmt: skip

    assert made == [
        {"Amount": Decimal("4.40"), "Text": "a", "Place": 0},
        {"Amount": Decimal("2.20"), "Text": "b", "Place": 1},
    ]


def test_a_group_is_left_out_by_its_sum_and_counts_every_line_of_it() -> None:
    made = lines(
        {"Net": Decimal("5.00"), "Text": "a"}, {"Net": 0, "Text": "b"}, {"Net": Decimal("-5.00"), "Text": "a"},
        {"Net": Decimal("2.00"), "Text": "c"}, {"Net": 0, "Text": "c"},
        more="one_per: Text\n      unless: {Net: 0}", sum_=", as: sum",
    )  # fmt: skip

    assert made == [{"Amount": Decimal("2.00"), "Text": "c", "Place": 0}]


def test_a_line_that_cannot_be_made_is_named() -> None:
    with pytest.raises(CannotCarry, match=r"line 2: .*has 16 characters; Text of The Shelf takes 10"):
        lines({"Net": 1, "Text": "a"}, {"Net": 2, "Text": "a text too long."})
    with pytest.raises(CannotCarry, match="line 1: Text is not in the answer of The Box"):
        lines({"Net": 1})


COMPARED = """\
Lines:
  left: Lines
  right: Rows
  lines:
    each line:
      for_each: Lines
      fields:
        Share: {left: Net, right: Rate.Share, as: {decimals: 0}, to: match}
        Rate:
          left: Text
          right: Rate
          values: [{left: high, right: high}, {left: free, right: free}, {left: strange, right: unheard of}]"""


@pytest.mark.parametrize(
    ("net", "code", "wrong"),
    [
        ("21", "high", ""),
        ("21.00", "high", ""),
        ("21.3", "high", ""),
        ("9", "high", "line 2: Share is not the same: The Box has '9' and The Shelf has '21'"),
        (None, "high", "line 2: Share is not the same: The Box has none and The Shelf has '21'"),
        ("0", "free", "line 2: Share is not the same: The Box has '0' and The Shelf has none"),
        ("9", "strange", "line 2: Share is not the same: The Box has '9' and The Shelf has none"),
    ],
)
def test_what_a_line_is_only_compared_with_must_be_the_same(net: str | None, code: str, wrong: str) -> None:
    """Although it is not said by the line itself, but by the record that the line chooses from a table."""
    rules = thing(COMPARED, to="right").lines[0]
    given = [{"Net": Decimal(21), "Text": "high"}, {"Net": None if net is None else Decimal(net), "Text": code}]
    if wrong:
        with pytest.raises(CannotCarry) as told:
            rules.make(box(Lines=given), AROUND)

        assert str(told.value) == wrong
    else:
        assert rules.make(box(Lines=given), AROUND) == [{"Rate": "high"}] * 2


@pytest.mark.parametrize("nothing", [None, []])
def test_a_document_without_lines_makes_none(nothing: Any) -> None:
    rules = thing(LINES.format(more="unless: {Net: 0}", sum="", text="Text"), to="right").lines[0]

    assert rules.make(box(Lines=nothing), AROUND) == []
    assert elements_of({"Lines": nothing}, "Lines") == []
