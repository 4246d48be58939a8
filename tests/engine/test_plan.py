"""What is done about each change: tables that are complete, and whose every line is carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from pair_world import (
    NOTE,
    SIDES,
    Around,
    Pair,
    box,
    circumstances,
    link,
    notices,
    only,
    shelf,
    thing,
    writes,
)
from small_world import SOUND, load

from syncrules.journey.decision import BEFORE, Decision, Judgement
from syncrules.journey.diff import What
from syncrules.journey.rules import EntityRules, compile_rules
from syncrules.journey.single import decide
from syncrules.journey.surroundings import Lacks, Late
from syncrules.language import grammar

# One row, and all that can happen to it ------------------------------------------------------------------------------
#
# what     FIRST: seen for the first time; LEFT, RIGHT, BOTH: changed since last time on the left, the right, or both
# values   on the left and on the right, now; 1 is filled, 0 is empty; a side that did not change has its old value (1)
# open     the sides whose changes may be carried now
# writes   the side that gets the other's value
# told     who loses a value that was never agreed upon, or that an edit was kept or put back; never a silent loss
# later    something is not due yet, and the pair stays as it is until it is
# asks     a person decides, and nothing is written

ROWS = """
to    what  leading    edited  values   open       | writes told     later asks
both  FIRST any        any     00       any        | -      -        -     -
both  FIRST any        any     10       left,both  | right  -        -     -
both  FIRST any        any     10       right,none | -      -        yes   -
both  FIRST any        any     01       right,both | left   -        -     -
both  FIRST any        any     01       left,none  | -      -        yes   -
both  FIRST left       any     11       left,both  | right  replaced -     -
both  FIRST left       any     11       right,none | -      -        yes   -
both  FIRST right      any     11       right,both | left   replaced -     -
both  FIRST right      any     11       left,none  | -      -        yes   -
both  FIRST ask        any     11       any        | -      -        -     yes
both  LEFT  any        any     11,01    left,both  | right  -        -     -
both  LEFT  any        any     11,01    right,none | -      -        yes   -
both  RIGHT any        any     11,10    right,both | left   -        -     -
both  RIGHT any        any     11,10    left,none  | -      -        yes   -
both  BOTH  any        any     00       any        | -      -        -     -
both  BOTH  left       any     11,10,01 left,both  | right  replaced -     -
both  BOTH  left       any     11,10,01 right,none | -      -        yes   -
both  BOTH  right      any     11,10,01 right,both | left   replaced -     -
both  BOTH  right      any     11,10,01 left,none  | -      -        yes   -
both  BOTH  ask        any     11,10,01 any        | -      -        -     yes
right FIRST any        any     00,01    any        | -      -        -     -
right FIRST any        any     10       left,both  | right  -        -     -
right FIRST any        any     11       left,both  | right  replaced -     -
right FIRST any        any     10,11    right,none | -      -        yes   -
right LEFT  any        any     11,01    left,both  | right  -        -     -
right LEFT  any        any     11,01    right,none | -      -        yes   -
right RIGHT any        keep    11,10    any        | -      kept     -     -
right RIGHT any        restore 11,10    left,both  | right  put_back -     -
right RIGHT any        restore 11,10    right,none | -      -        yes   -
right BOTH  any        any     00       any        | -      -        -     -
right BOTH  any        any     11,10,01 left,both  | right  replaced -     -
right BOTH  any        any     11,10,01 right,none | -      -        yes   -
left  FIRST any        any     00,10    any        | -      -        -     -
left  FIRST any        any     01       right,both | left   -        -     -
left  FIRST any        any     11       right,both | left   replaced -     -
left  FIRST any        any     01,11    left,none  | -      -        yes   -
left  RIGHT any        any     11,10    right,both | left   -        -     -
left  RIGHT any        any     11,10    left,none  | -      -        yes   -
left  LEFT  any        keep    11,01    any        | -      kept     -     -
left  LEFT  any        restore 11,01    right,both | left   put_back -     -
left  LEFT  any        restore 11,01    left,none  | -      -        yes   -
left  BOTH  any        any     00       any        | -      -        -     -
left  BOTH  any        any     11,10,01 right,both | left   replaced -     -
left  BOTH  any        any     11,10,01 left,none  | -      -        yes   -
"""

AXES = {
    "to": ("both", "left", "right"),
    "what": ("FIRST", "LEFT", "RIGHT", "BOTH"),
    "leading": ("left", "right", "ask"),
    "edited": ("keep", "restore"),
    "values": ("11", "10", "01", "00"),
    "open": ("left", "right", "both", "none"),
}
SAID = {
    "replaced": ("was replaced",),
    "kept": ("and stays",),
    "put_back": ("was put back",),
    "-": (),
}


@dataclass(frozen=True)
class Line:
    """One line of the table: what it covers, and what then happens."""

    text: str
    covers: tuple[tuple[str, ...], ...]
    outcome: tuple[str, ...]

    def cases(self) -> Iterator[tuple[str, ...]]:
        yield from product(*self.covers)


def lines(table: str) -> list[Line]:
    """Read a table."""
    result = []
    for text in table.strip().splitlines()[1:]:
        given, _, expected = text.partition("|")
        words = zip(AXES.values(), given.split(), strict=True)
        covers = tuple(axis if word == "any" else tuple(word.split(",")) for axis, word in words)
        result.append(Line(text, covers, tuple(expected.split())))
    return result


def is_possible(case: tuple[str, ...]) -> bool:
    """A side that did not change still has its old value."""
    return not ((case[1] == "LEFT" and case[4][1] == "0") or (case[1] == "RIGHT" and case[4][0] == "0"))


LINES = lines(ROWS)


def test_the_table_of_rows_answers_every_case_exactly_once() -> None:
    answered = [case for line in LINES for case in line.cases()]

    assert len(answered) == len(set(answered))
    assert set(answered) == {case for case in product(*AXES.values()) if is_possible(case)}


def pair(to: str, what: str, leading: str, edited: str, values: str) -> Pair:
    """Set up two records to which just this happened."""
    rules = thing(f"Note: {{left: Note, right: Remark, to: {to}, leading: {leading}, edited: {edited}}}", to=to)
    now = {side: f"new {side}" if value == "1" else None for side, value in zip(SIDES, values, strict=True)}
    for side in SIDES:
        if What[what] is (What.RIGHT if side == "left" else What.LEFT):
            now[side] = "old"
    base = {"Note": "old"}
    return Pair(
        rules,
        box(Note=now["left"]),
        shelf(Remark=now["right"]),
        None if what == "FIRST" else link(base, base),
    )


def outcome(decision: Decision, given: Pair) -> tuple[str, ...]:
    """Tell what was decided, in the words of the table; whatever is written is the other side's value."""
    written = writes(decision)
    for each in written:
        source, path = ("right", "Note") if each.side == "left" else ("left", "Remark")
        assert each.verb == "update"
        assert each.changes == {path: given.view(source).values["Note"]}
    told = [word for text in notices(decision) for word, parts in SAID.items() if any(part in text for part in parts)]
    assert len(told) == len(notices(decision))
    return (
        ",".join(each.side for each in written) or "-",
        ",".join(told) or "-",
        "yes" if any(each.unfinished for each in decision.actions) else "-",
        "yes" if decision.judgements else "-",
    )


OPEN = {"left": ("left",), "right": ("right",), "both": SIDES, "none": ()}


@pytest.mark.parametrize("line", LINES, ids=[" ".join(each.text.split()) for each in LINES])
def test_what_happens_to_a_row_is_what_the_table_says(line: Line) -> None:
    for case in line.cases():
        given = pair(*case[:5])

        decision = given.decide(only(*OPEN[case[5]]))

        assert (case, outcome(decision, given)) == (case, line.outcome)


@pytest.mark.parametrize("line", LINES, ids=[" ".join(each.text.split()) for each in LINES])
def test_what_is_not_written_stays_and_what_was_done_is_not_done_again(line: Line) -> None:
    for case in line.cases():
        given = pair(*case[:5])
        decision = given.decide(only(*OPEN[case[5]]))
        given.carry_out(decision)

        again = given.decide(only(*OPEN[case[5]]))

        if line.outcome[2:] == ("-", "-"):
            assert (case, [*writes(again), *notices(again)], again.judgements) == (case, [], {})
        else:
            assert (case, outcome(again, given)) == (case, line.outcome)


@pytest.mark.parametrize("keep", SIDES)
@pytest.mark.parametrize("what", ["FIRST", "BOTH"])
def test_a_person_who_was_asked_decides_whose_value_stands(what: str, keep: str) -> None:
    given = pair("both", what, "ask", "keep", "11")

    decision = given.decide(answer={"keep": {"Note": keep}})

    assert outcome(decision, given) == ("right" if keep == "left" else "left", "replaced", "-", "-")
    assert decision.actions[0].settles
    assert not given.decide(only(), answer={"keep": {"Note": keep}}).actions[0].settles
    assert not pair("both", what, "left", "keep", "11").decide().actions[0].settles


@pytest.mark.requirement("X-04")
def test_an_answer_is_about_one_row_and_the_others_are_asked_about_in_their_turn() -> None:
    rows = ("Note: {left: Note, right: Remark}", "Number: {left: Number, right: Code}")
    given = Pair(
        thing(*rows, more="leading: ask"),
        box(Note="new left", Number="L"),
        shelf(Remark="new right", Code="R"),
        link({"Note": "old", "Number": "old"}, {"Note": "old", "Number": "old"}),
    )
    first = given.decide()
    asked = first.judgements["left"].detail["row"]
    (other,) = {"Note", "Number"} - {asked}
    second = given.decide(answer={"keep": {asked: "left"}})
    third = given.decide(answer={"keep": {asked: "left", other: "right"}})
    given.carry_out(third)

    assert second.actions == []
    assert second.judgements["left"].detail["row"] == other
    assert {each.side: [row for row, _, _ in each.fields] for each in writes(third)} == {
        "right": [asked],
        "left": [other],
    }
    assert given.decide().judgements == {}


@pytest.mark.requirement("X-04")
@pytest.mark.parametrize("leading", SIDES)
def test_an_answer_about_one_row_does_not_touch_a_row_in_which_a_side_leads(leading: str) -> None:
    rows = ("Note: {left: Note, right: Remark, leading: ask}", "Number: {left: Number, right: Code}")
    given = Pair(
        thing(*rows, more=f"leading: {leading}"),
        box(Note="new left", Number="L"),
        shelf(Remark="new right", Code="R"),
        link({"Note": "old", "Number": "old"}, {"Note": "old", "Number": "old"}),
    )
    given.carry_out(given.decide(answer={"keep": {"Note": "right" if leading == "left" else "left"}}))

    assert given.left["Number"] == given.right["Code"] == ("L" if leading == "left" else "R")
    assert given.left["Note"] == given.right["Remark"] == ("new right" if leading == "left" else "new left")


def test_a_question_names_both_values_and_both_systems() -> None:
    decision = pair("both", "BOTH", "ask", "keep", "11").decide()

    assert set(decision.judgements) == set(SIDES)
    assert decision.judgements["left"] == Judgement(
        "waiting",
        "Note differs: 'new left' in The Box, 'new right' in The Shelf",
        "Decide whose value stands, or make them the same.",
        {"decide": "conflict", "row": "Note"},
    )


# Policies: each word for each happening, on each side -----------------------------------------------------------------

POLICIES = """
happening        word       if    | outcome
created          create     -     | creates
created          create     holds | creates
created          create     fails | leaves out
created          match      -     | leaves out
created          match      holds | leaves out
created          match      fails | leaves out
created          ignore     -     | leaves out
created          ignore     holds | leaves out
created          ignore     fails | leaves out
changed          update     -     | updates
changed          update     holds | updates
changed          update     fails | remembers
changed          report     -     | reports
changed          report     holds | reports
changed          report     fails | remembers
changed          ignore     -     | remembers
changed          ignore     holds | remembers
changed          ignore     fails | remembers
already_inactive skip       -     | leaves out
already_inactive create     -     | creates
deactivated      ignore     -     | remembers
deactivated      deactivate -     | deactivates
reactivated      ignore     -     | remembers
reactivated      reactivate -     | reactivates
deleted          ignore     -     | leaves out
deleted          unlink     -     | leaves out
deleted          deactivate -     | deactivates
deleted          delete     -     | deletes
changed_kind     ask        -     | asks
changed_kind     ignore     -     | leaves out
filtered_out     ignore     -     | remembers
filtered_out     delete     -     | deletes
"""


@dataclass(frozen=True)
class Policy:
    """One line of the table of policies."""

    happening: str
    word: str
    condition: str
    outcome: str

    def __str__(self) -> str:
        return f"{self.happening} {self.word} {self.condition}"


def policies() -> list[Policy]:
    """Read the table."""
    result = []
    for text in POLICIES.strip().splitlines()[1:]:
        given, _, expected = text.partition("|")
        happening, word, condition = given.split()
        result.append(Policy(happening, word, condition, expected.strip()))
    return result


def test_the_table_of_policies_has_every_word_of_the_grammar() -> None:
    events = grammar.schema()["$defs"]["events"]["properties"]
    possible = set()
    for happening, says in events.items():
        words = says.get("enum") or says["anyOf"][0]["enum"]
        conditions = ("-",) if "enum" in says else ("-", "holds", "fails")
        possible |= set(product([happening], words, conditions))

    listed = [(each.happening, each.word, each.condition) for each in policies()]

    assert len(listed) == len(set(listed))
    assert set(listed) == possible


def with_policy(policy: Policy, side: str) -> EntityRules:
    """Let this be the answer to what happens on a side, and nothing travel for any other reason."""
    answer = policy.word if policy.condition == "-" else f"{{then: {policy.word}, if: {{setting: wanted}}}}"
    events = {"created": "create", "changed": "ignore", "already_inactive": "create", "deactivated": "ignore"}
    events |= {"reactivated": "ignore", "deleted": "ignore", "changed_kind": "ask", policy.happening: answer}
    here = f"{{{', '.join(f'{each}: {says}' for each, says in events.items())}}}"
    there = "{created: ignore, changed: ignore, deactivated: ignore, deleted: ignore, changed_kind: ask}"
    return thing(
        NOTE,
        left_events=here if side == "left" else there,
        right_events=here if side == "right" else there,
        more="left: {resource: things, is: {Kind: A}, where: {Note: {not: out}}}\n"
        "right: {resource: items, is: {Sort: A}, where: {Remark: {not: out}}}",
        settings="wanted: {ask: Is it wanted?, answer: yes_or_no}" if policy.condition != "-" else "",
    )


def single(rules: EntityRules, side: str, record: Mapping[str, Any], around: Around, **more: Any) -> Decision:
    """Decide about a record without a counterpart."""
    view = rules.view(side, dict(record), around.settings)
    return decide(rules, side, view, circumstances(around, **more))


def record(side: str, *, active: bool = True, kind: str = "A", note: str = "old", **values: Any) -> dict[str, Any]:
    """Make a record of a side; what the two call the same is set by one name."""
    if side == "left":
        return box(Off=not active, Kind=kind, Note=note, **values)
    return shelf(State="awake" if active else "asleep", Sort=kind, Remark=note, **values)


def happens(policy: Policy, side: str) -> Decision:
    """Let it happen, on this side."""
    rules = with_policy(policy, side)
    around = Around({"wanted": policy.condition == "holds"})
    if policy.happening in ("created", "already_inactive"):
        return single(rules, side, record(side, active=policy.happening == "created"), around)
    now: dict[str, dict[str, Any]] = {
        "changed": {"note": "new"},
        "deactivated": {"active": False},
        "reactivated": {"active": True},
        "changed_kind": {"kind": "B"},
        "filtered_out": {"note": "out"},
    }
    other: dict[str, Any] = {"active": policy.happening != "reactivated"}
    records = {each: record(each, **(now.get(policy.happening, {}) if each == side else other)) for each in SIDES}
    before = policy.happening != "reactivated"
    tied = link({"Note": "old"}, {"Note": "old"}, active=dict.fromkeys(SIDES, before))
    tied.gone[side] = policy.happening == "deleted"
    return Pair(rules, records["left"], records["right"], tied, around).decide()


def policy_outcome(decision: Decision, side: str) -> str:
    """Tell what was decided, in the words of the table."""
    written = writes(decision)
    for each in written:
        assert each.side != side
        return {"create": "creates", "update": "updates"}.get(each.verb, f"{each.verb}s")
    if notices(decision):
        return "reports"
    states = {each.state for each in decision.judgements.values()}
    return {"excluded": "leaves out", "waiting": "asks"}[states.pop()] if states else "remembers"


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    "policy",
    [pytest.param(each, id=str(each)) for each in policies()],
)
def test_what_happens_to_a_record_is_what_its_policy_says(policy: Policy, side: str) -> None:
    assert policy_outcome(happens(policy, side), side) == policy.outcome


# In use or not ------------------------------------------------------------------------------------------------------

TRAVELS = "{created: create, changed: update, already_inactive: create, deactivated: deactivate, reactivated: reactivate, deleted: ignore}"


def at_rest(before: bool, left: bool, right: bool) -> Pair:
    """Two records, both of which were in use before or both of which were not."""
    rules = thing(NOTE, left_events=TRAVELS, right_events=TRAVELS)
    base = {"Note": "old"}
    tied = link(base, base, active=dict.fromkeys(SIDES, before))
    return Pair(rules, record("left", active=left), record("right", active=right), tied)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("side", SIDES)
def test_a_change_of_activity_is_carried_once_and_remembered_on_both_sides(side: str, before: bool) -> None:
    given = at_rest(before, *((not before if each == side else before) for each in SIDES))

    decision = given.decide()
    given.carry_out(decision)

    (written,) = writes(decision)
    assert (written.verb, written.side) == (
        "deactivate" if before else "reactivate",
        "right" if side == "left" else "left",
    )
    flags = {"left": {"Off": before}, "right": {"State": "asleep" if before else None}}
    assert written.changes == flags[written.side]
    assert written.fields == [["in use", before, not before]]
    assert written.closes
    assert given.view("left").active is given.view("right").active is not before
    assert given.link is not None
    assert given.link.active == dict.fromkeys(SIDES, not before)
    assert writes(given.decide()) == []


@pytest.mark.parametrize("before", [True, False])
def test_what_both_sides_did_themselves_is_not_done_again(before: bool) -> None:
    given = at_rest(before, not before, not before)

    decision = given.decide()
    given.carry_out(decision)

    assert writes(decision) == []
    assert given.link is not None
    assert given.link.active == dict.fromkeys(SIDES, not before)


@pytest.mark.parametrize("side", SIDES)
def test_a_change_of_activity_that_is_not_due_is_seen_again_when_it_is(side: str) -> None:
    given = at_rest(True, side != "left", side != "right")

    decision = given.decide(only("right" if side == "left" else "left"))
    given.carry_out(decision)
    later = given.decide()

    assert writes(decision) == []
    assert decision.actions[0].unfinished
    assert [each.verb for each in writes(later)] == ["deactivate"]


def test_the_first_look_at_a_record_is_no_change_of_its_activity() -> None:
    given = at_rest(True, False, True)
    assert given.link is not None
    given.link.active = dict.fromkeys(SIDES, None)

    decision = given.decide()
    given.carry_out(decision)

    assert writes(decision) == []
    assert given.link.active == {"left": False, "right": True}


@pytest.mark.parametrize("side", SIDES)
def test_of_a_record_that_was_not_looked_at_nothing_is_concluded(side: str) -> None:
    given = at_rest(True, True, True)
    given.left["Note"], given.right["Remark"] = ("new", "old") if side == "left" else ("old", "new")

    decision = given.decide(seen=[side])

    assert [each.verb for each in writes(decision)] == ["update"]


def test_a_record_is_taken_out_of_use_and_changed_at_once() -> None:
    given = at_rest(True, False, True)
    given.left["Note"] = "new"

    decision = given.decide()
    given.carry_out(decision)

    assert [each.verb for each in writes(decision)] == ["deactivate", "update"]
    assert [each.closes for each in decision.actions] == [False, False, True]
    assert (given.right["State"], given.right["Remark"]) == ("asleep", "new")
    assert writes(given.decide()) == []


def test_opposite_changes_of_activity_are_told_and_not_swapped() -> None:
    given = at_rest(True, False, True)
    assert given.link is not None
    given.link.active = {"left": True, "right": False}

    decision = given.decide()
    given.carry_out(decision)

    assert writes(decision) == []
    assert len(notices(decision)) == 1
    assert notices(given.decide()) == []


# A record without a counterpart ---------------------------------------------------------------------------------------

NAME = "Name: {left: Name, right: Label}"
NUMBER = "Number: {left: Number, right: Code}"
KINDS = "left: {resource: things, is: {Kind: A}}\nright: {resource: items, is: {Sort: A}, set: {Mark: ours}}"
FROM_LEFT = "first_import: {from: left}"
NEEDS = "needs: {no number: {left: Number, to: right, cure: Give it one.}}"


def reason(decision: Decision, side: str = "left") -> tuple[str, str]:
    """Give the state a record is left in, and why."""
    assert decision.actions == []
    return decision.judgements[side].state, decision.judgements[side].reason


def test_a_new_record_brings_its_values_its_constants_and_its_past() -> None:
    rules = thing(NAME, NOTE, NUMBER, more=KINDS)

    decision = single(rules, "left", box(Name="Ada", Note=None, Number="7", Kind="A"), Around())

    (made,) = decision.actions
    assert (made.verb, made.side, made.name, made.key, made.source_id) == ("create", "right", "Ada", None, "L1")
    assert made.changes == {"Sort": "A", "Mark": "ours", "Label": "Ada", "Code": "7"}
    assert made.fields == [["Name", None, "Ada"], ["Number", None, "7"]]
    assert made.base == {"left": {"Name": "Ada", "Note": None, "Number": "7"}}
    assert made.active == {"left": True, "right": True}


@pytest.mark.parametrize(
    ("side", "given", "flag"),
    [
        ("left", box(Name="Ada", Off=True), {"State": "asleep"}),
        ("right", shelf(Label="Ada", State="asleep"), {"Off": True}),
    ],
)
def test_a_record_that_is_not_in_use_is_made_as_one_that_is_not(side: str, given: Any, flag: dict[str, Any]) -> None:
    (made,) = single(thing(NAME), side, given, Around()).actions

    assert flag.items() <= made.changes.items()


def test_a_new_record_carries_the_id_of_the_one_it_was_made_from() -> None:
    rules = thing(NAME, more="link: {id_of: left, kept_in: right}")

    (made,) = single(rules, "left", box(Name="Ada"), Around()).actions
    (other_way,) = single(rules, "right", shelf(Label="Ada"), Around()).actions

    assert made.changes["Other"] == "right<L1>"
    assert "Ref" not in other_way.changes


def test_a_row_goes_only_its_own_way_into_a_new_record() -> None:
    rules = thing(
        NAME, NUMBER, "Note: {left: Note, right: Remark, to: left}", "Phone: {left: Phone, right: Dial, to: match}"
    )

    (made,) = single(rules, "left", box(Name="Ada", Number="7", Note="x", Phone="y"), Around()).actions

    assert made.changes == {"Label": "Ada", "Code": "7"}


def test_a_property_that_was_not_told_is_not_brought_along() -> None:
    given = box(Name="Ada")
    del given["Number"]

    (made,) = single(thing(NAME, NUMBER), "left", given, Around()).actions

    assert made.changes == {"Label": "Ada"}
    assert made.base == {"left": {"Name": "Ada"}}


LEFT_OUT = [
    pytest.param({"answer": {"ignore": True}}, "somebody decided to leave it out", id="a person said so"),
    pytest.param({"answer": {"before": True}}, BEFORE, id="it was there before"),
    pytest.param({"first": True}, BEFORE, id="it is there before now"),
]


@pytest.mark.parametrize(("how", "why"), LEFT_OUT)
def test_a_record_is_left_out_for_a_reason_that_people_read(how: dict[str, Any], why: str) -> None:
    assert reason(single(thing(NAME), "left", box(Name="Ada"), Around(), **how)) == ("excluded", why)


def test_what_the_first_import_leaves_alone_is_left_alone_for_good() -> None:
    decision = single(thing(NAME), "left", box(Name="Ada"), Around(), first=True)

    assert decision.judgements["left"].detail == {"before": True}


def test_the_first_import_brings_what_it_is_told_to() -> None:
    rules = thing(NAME, more=FROM_LEFT)

    assert [each.verb for each in single(rules, "left", box(Name="Ada"), Around(), first=True).actions] == ["create"]


@pytest.mark.parametrize(
    ("condition", "value", "why"),
    [
        ("{Kind: A}", "B", "Kind is 'B', not 'A'"),
        ("{Number: {filled: true}}", None, "Number is '', which the mapping leaves out"),
    ],
)
def test_a_record_that_may_not_come_in_is_told_which_field_keeps_it_out(condition: str, value: Any, why: str) -> None:
    rules = thing(NAME, more=f"left: {{resource: things, where: {condition}}}")
    field = condition[1:].partition(":")[0]

    assert reason(single(rules, "left", box(Name="Ada", **{field: value}), Around())) == ("excluded", why)


def test_a_record_of_the_side_that_nothing_comes_from_is_left_out() -> None:
    decision = single(thing(NAME, to="right"), "right", shelf(Label="Ada"), Around())

    assert reason(decision, "right") == ("excluded", "made in The Shelf, and this only travels from The Box")


def test_a_new_record_that_is_not_due_is_not_judged_either() -> None:
    decision = single(thing(NAME), "left", box(Name="Ada"), Around(), is_open=only("right"))

    assert decision == Decision()


def test_a_new_record_that_lacks_something_waits_and_says_for_what() -> None:
    rules = thing(NAME, NUMBER, more=NEEDS)

    decision = single(rules, "left", box(Name="Ada"), Around())

    assert decision.judgements == {
        "left": Judgement("waiting", "no number", "Give it one.", {"because": "no number", "to": "right"})
    }
    assert single(rules, "left", box(Name="Ada", Number="7"), Around()).actions != []
    assert single(rules, "right", shelf(Label="Ada"), Around()).actions != []


def test_a_need_that_a_setting_names_is_met_by_its_answer_alone() -> None:
    rules = thing(NAME, more="needs: {not wanted: {left: Kind, to: right, equals: A}}")

    assert reason(single(rules, "left", box(Name="Ada", Kind="B"), Around())) == ("waiting", "not wanted")
    assert single(rules, "left", box(Name="Ada", Kind="A"), Around()).actions != []


class Remembering(Around):
    """Surroundings in which it is known what fields of the linked records hold; as texts, as they are remembered."""

    def __init__(self, held: Mapping[str, str]) -> None:
        super().__init__(links={("left", "L9"): "C9"})
        self.held = {"Code": "C9", **held}

    def across(self, entities: Iterable[str], side: str, id: str, field: str) -> Any:
        if field and field not in self.held:
            raise Lacks(f"it has no {field}")
        return self.held[field] if field else super().across(entities, side, id, field)


@pytest.mark.parametrize(
    ("equals", "held", "met"),
    [
        ("", {"Marked": "False"}, True),
        ("", {}, False),
        (", equals: true", {"Marked": "True"}, True),
        (", equals: true", {"Marked": "False"}, False),
        (", equals: true", {}, False),
        (", equals: {setting: wanted}", {"Marked": "B"}, True),
        (", equals: {setting: wanted}", {"Marked": "A"}, False),
    ],
)
def test_a_need_of_the_record_that_is_referred_to_is_held_against_its_value(
    equals: str, held: Mapping[str, str], met: bool
) -> None:
    need = f"needs: {{not ready: {{right: Marked, of: Owner, to: right{equals}}}}}"
    rules = thing(NAME, OWNER, more=need, settings="wanted: {ask: Which?, answer: text, missing: stop}")
    around = Remembering(held)
    around.settings = {"wanted": "B"}

    decision = single(rules, "left", box(Name="Ada", Owner={"Id": "L9"}), around)

    assert (decision.actions != []) is met
    assert met or reason(decision) == ("waiting", "not ready")


def test_a_record_without_what_the_other_system_asks_for_waits() -> None:
    entity = compile_rules(load(SOUND), {}).entities["customer"]
    view = entity.view("shop", {"Id": "1", "Name": "", "Number": "7", "Ref": None, "Away": False}, {})

    decision = decide(entity, "shop", view, circumstances())

    assert reason(decision, "shop") == ("waiting", "The Ledger needs Name")


# Values that cannot travel --------------------------------------------------------------------------------------------

OWNER = "Owner: {left: Owner, right: Owner, refers_to: [thing]}"
SORT = "Sort: {left: Kind, right: Sort}"


def test_a_value_that_has_no_counterpart_fails_with_its_row() -> None:
    rules = thing(NAME, "Kind: {left: Number, right: Sort, to: right}", to="right")

    decision = single(rules, "left", box(Name="Ada", Number="Z"), Around())

    assert reason(decision) == ("failed", "The Shelf does not take 'Z' as Sort")


def test_one_value_that_cannot_travel_holds_the_whole_pair_and_names_its_row() -> None:
    rules = thing(NAME, "Kind: {left: Number, right: Sort, to: right}")
    base = {"Name": "Ada", "Kind": "A"}
    given = Pair(rules, box(Name="Bob", Number="Z"), shelf(Label="Ada", Sort="A"), link(base, base))

    decision = given.decide()

    assert reason(decision) == ("failed", "Kind: The Shelf does not take 'Z' as Sort")


REGISTRY = "Registry number: {left: Phone, right: Registry, unfit: leave_out}"
UNFIT = "Registry number was left out in The Shelf: 'HRB 7' holds more than digits, and Registry number of The Shelf takes nothing else"


def test_a_value_that_may_be_left_out_holds_nothing_up_and_is_told_once() -> None:
    given = tied(NOTE, REGISTRY, left={"Note": "new", "Phone": "HRB 7"}, right={"Remark": "old"}, base={"Note": "old"})
    decision = given.decide()
    given.carry_out(decision)
    again = given.decide()
    given.left |= {"Phone": "12-34"}
    corrected = given.decide()

    assert [each.changes for each in writes(decision)] == [{"Remark": "new"}]
    assert notices(decision) == [UNFIT]
    assert (writes(again), notices(again)) == ([], [])
    assert [each.changes for each in writes(corrected)] == [{"Registry": "1234"}]


@pytest.mark.parametrize(
    ("row", "word", "left", "right", "told"),
    [
        pytest.param(NOTE, "ignore", {"Note": "a"}, {"Remark": "b"}, [], id="ignored"),
        pytest.param(
            NOTE, "report", {"Note": "a"}, {"Remark": "b"},
            ["Note changed in The Box to 'a'; nothing is changed in The Shelf"], id="only reported",
        ),
        pytest.param(REGISTRY, "update", {"Phone": "HRB 7"}, {"Registry": "99"}, [UNFIT], id="left out"),
    ],
)  # fmt: skip
def test_what_leads_and_does_not_go_replaces_nothing_and_says_so_neither(
    row: str, word: str, left: dict[str, Any], right: dict[str, Any], told: list[str]
) -> None:
    events = f"{{created: create, changed: {word}, deactivated: ignore, deleted: ignore}}"
    base = {"Note": "c", "Registry number": "12"}
    given = tied(row, more="leading: left", left=left, right=right, base=base, left_events=events)

    decision = given.decide()

    assert (writes(decision), notices(decision)) == ([], told)


def test_a_new_record_is_made_without_a_value_that_may_be_left_out() -> None:
    rules = thing(NOTE, REGISTRY, to="right")
    decision = single(rules, "left", box(Note="new", Phone="HRB 7"), Around())
    (made,) = decision.actions

    assert (made.changes, made.notices) == ({"Remark": "new"}, [UNFIT])
    assert made.base["left"]["Registry number"] == "HRB 7"


def test_what_is_too_long_may_be_left_out_as_well_but_never_half_of_it() -> None:
    parts = """\
Address:
  left: Address
  right: {line: Street, city: Label}
  as: address
  unfit: leave_out
  lossy: yes"""
    there = {"Street": "Molenweg", "Number": "8", "City": "A city with a name that is too long"}
    decision = single(thing(NOTE, parts, to="right"), "left", box(Note="new", Address=there), Around())
    (made,) = decision.actions

    assert made.changes == {"Remark": "new"}
    assert [each.startswith("Address was left out in The Shelf: ") for each in made.notices] == [True]


def test_a_record_waits_for_the_one_that_it_points_to() -> None:
    rules = thing(NAME, OWNER)

    decision = single(rules, "left", box(Name="Ada", Owner={"Id": "L9"}), Around())

    assert reason(decision) == ("waiting", "'L9' is not there yet")
    assert decision.judgements["left"].detail == {"because": "reference"}


def test_a_record_may_point_to_one_that_the_same_plan_makes() -> None:
    late = Late("thing", "left", "L9", "Code")

    (made,) = single(
        thing(NAME, OWNER), "left", box(Name="Ada", Owner={"Id": "L9"}), Around(links={("left", "L9"): late})
    ).actions

    assert made.changes["Owner"] == late
    assert made.fields[-1] == ["Owner", None, "(the thing that is made first)"]


# A pair ---------------------------------------------------------------------------------------------------------------


def tied(*rows: str, left: Mapping[str, Any], right: Mapping[str, Any], base: Any = None, **parts: str) -> Pair:
    """Two records that are linked, with the same past on both sides; without one if `base` is None."""
    past = None if base is None else link(base, base)
    return Pair(thing(*rows, **parts), box(**left), shelf(**right), past)


def test_two_records_that_find_each_other_are_linked_with_all_that_agrees() -> None:
    given = tied(NAME, NOTE, left={"Name": "Ada", "Note": "x"}, right={"Label": "Ada"})

    decision = given.decide()

    first, second = decision.actions
    assert (first.verb, first.key, first.source_id, first.closes) == ("link", "L1", "1", False)
    assert first.base == {"left": {"Name": "Ada"}, "right": {"Name": "Ada"}}
    assert (second.verb, second.changes, second.closes) == ("update", {"Remark": "x"}, True)
    assert second.base == {"left": {"Note": "x"}}


STANDS_IN = "Note: {left: Note, right: Remark, empty: {value: new}, lossy: What stands for nothing.}"


@pytest.mark.requirement("G-06")
@pytest.mark.parametrize("to", ["right", "both"])
@pytest.mark.parametrize("leading", SIDES)
def test_what_stands_for_nothing_is_mended_where_it_was_written_by_another_rule(to: str, leading: str) -> None:
    given = tied(STANDS_IN, to=to, more=f"leading: {leading}", left={}, right={"Remark": "old"})
    given.link = link({"Note": None}, {"Note": "old"})
    given.link.outdated = {"Note"}
    decision = given.decide()
    (update,) = writes(decision)
    given.carry_out(decision)

    assert (update.side, update.fields) == ("right", [["Note", "old", "new"]])
    assert notices(decision) == [
        "Note: 'old' of The Shelf was replaced by 'new', which stands for an empty value of The Box now"
    ]
    assert writes(given.decide()) == []


@pytest.mark.requirement("G-06", "X-04")
@pytest.mark.parametrize("known", [None, "older"], ids=["just found", "edited since"])
def test_what_stands_for_nothing_takes_the_place_of_nothing_that_a_person_typed(known: str | None) -> None:
    given = tied(STANDS_IN, to="right", left={}, right={"Remark": "typed"})
    if known is not None:
        given.link = link({"Note": None}, {"Note": known})
        given.link.outdated = {"Note"}
    decision = given.decide()
    given.carry_out(decision)

    assert writes(decision) == writes(given.decide()) == []


def test_what_stands_for_nothing_waits_as_any_other_value_does() -> None:
    given = tied(STANDS_IN, NUMBER, to="right", more=NEEDS, left={}, right={"Remark": "old"})
    given.link = link({"Note": None, "Number": None}, {"Note": "old", "Number": None})
    given.link.outdated = {"Note"}

    assert reason(given.decide()) == ("waiting", "no number")


@pytest.mark.parametrize("answer", [{}, {"stand in": "HRB 7"}], ids=["none", "one that does not fit"])
def test_what_stands_for_nothing_by_an_answer_needs_one_that_can_stand_there(answer: Any) -> None:
    row = "Registry number: {left: Phone, right: Registry, empty: {setting: stand in}, lossy: What stands for nothing.}"
    settings = "stand in: {ask: What stands for nothing?, answer: text, missing: stop}"
    given = tied(row, to="right", left={}, right={"Registry": "12"}, settings=settings)
    given.link = link({"Registry number": None}, {"Registry number": "12"})
    given.link.outdated = {"Registry number"}
    given.around = Around(answer)

    assert reason(given.decide())[0] == "failed"


def test_what_stands_for_nothing_goes_where_there_is_nothing() -> None:
    (update,) = writes(tied(STANDS_IN, to="right", left={}, right={}).decide())

    assert update.fields == [["Note", "", "new"]]


def test_an_update_expects_what_was_seen_when_it_was_planned() -> None:
    given = tied(NOTE, left={"Note": "b"}, right={"Remark": "a"}, base={"Note": "a"})

    (update,) = writes(given.decide())

    assert update.expects == {"Note": "a"}
    assert update.fields == [["Note", "a", "b"]]


def test_a_row_that_is_written_once_is_never_written_again() -> None:
    once = "Number: {left: Number, right: Code, once: true}"
    given = tied(
        NAME,
        once,
        left={"Name": "Ada", "Number": "8"},
        right={"Label": "Ada", "Code": "7"},
        base={"Name": "Ada", "Number": "7"},
    )

    assert writes(given.decide()) == []
    assert single(thing(NAME, once), "left", box(Name="Ada", Number="8"), Around()).actions[0].changes["Code"] == "8"


@pytest.mark.parametrize("base", [None, {"Number": "7"}], ids=["just found", "linked"])
def test_a_number_that_a_side_gives_replaces_the_other_and_says_so(base: Any) -> None:
    given = tied(
        "Number: {left: Number, right: Code, numbered_by: right, leading: left}",
        left={"Number": "9"}, right={"Code": "7"}, base=base,
    )  # fmt: skip

    decision = given.decide()

    assert [(each.side, each.changes) for each in writes(decision)] == [("left", {"Number": "7"})]
    assert notices(decision) == ["Number: '9' of The Box was replaced by '7' of The Shelf"]


def test_a_new_number_of_the_side_that_gives_it_just_travels() -> None:
    given = tied(
        "Number: {left: Number, right: Code, numbered_by: right}",
        left={"Number": "7"}, right={"Code": "8"}, base={"Number": "7"},
    )  # fmt: skip

    decision = given.decide()

    assert [(each.side, each.changes) for each in writes(decision)] == [("left", {"Number": "8"})]
    assert notices(decision) == []


def test_a_side_that_gives_no_number_yet_takes_the_other() -> None:
    given = tied("Number: {left: Number, right: Code, numbered_by: right}", left={"Number": "9"}, right={})

    assert [(each.side, each.changes) for each in writes(given.decide())] == [("right", {"Code": "9"})]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("base", [None, {"Note": "x"}], ids=["just found", "linked"])
def test_nothing_is_ever_concluded_from_a_property_that_was_not_told(side: str, base: Any) -> None:
    given = tied(NOTE, left={"Note": "x"}, right={"Remark": "x"}, base=base)
    del given.record(side)["Note" if side == "left" else "Remark"]

    decision = given.decide()

    assert writes(decision) == []
    assert notices(decision) == []


@pytest.mark.requirement("X-04")
@pytest.mark.parametrize("side", SIDES)
def test_an_edit_whose_counterpart_was_not_told_is_what_goes_when_it_is(side: str) -> None:
    """Nobody reads the edit a second time, so it is remembered; what stood there before would go instead."""
    given = tied(NOTE, left={"Note": "x"}, right={"Remark": "x"})
    given.link = link({"Note": "x"}, {})
    if side == "right":
        given.link = link({}, {"Note": "x"})
    here, there = ("Note", "Remark") if side == "left" else ("Remark", "Note")
    given.record(side)[here] = "edited"
    other = given.rules.spec.other(side)
    given.record(other).pop(there)
    given.carry_out(given.decide())

    assert given.link.base == {side: {"Note": "edited"}, other: {}}

    given.record(other)[there] = None

    assert [each.changes for each in writes(given.decide(seen=[other]))] == [{there: "edited"}]


def test_what_is_told_of_two_that_just_found_each_other_is_known_from_then_on() -> None:
    given = tied(NOTE, left={"Note": "x"}, right={})
    given.right.pop("Remark")

    assert given.decide().actions[0].base == {"left": {"Note": "x"}, "right": {}}


def test_an_emptied_property_empties_the_other() -> None:
    given = tied(NOTE, left={"Note": ""}, right={"Remark": "x"}, base={"Note": "x"})

    assert [each.changes for each in writes(given.decide())] == [{"Remark": None}]
    assert [each.empties for each in writes(given.decide())] == [["Note"]]


@pytest.mark.parametrize(
    ("now", "there", "base"),
    [pytest.param("new", "x", "x", id="another value"), pytest.param("new", "", "", id="a first value")],
)
def test_a_property_that_is_given_a_value_empties_nothing(now: str, there: str, base: str) -> None:
    given = tied(NOTE, left={"Note": now}, right={"Remark": there}, base={"Note": base})

    assert [each.empties for each in writes(given.decide())] == [[]]


def test_a_property_that_will_point_to_what_is_made_first_empties_nothing() -> None:
    late = Around(links={("left", "L9"): Late("thing", "left", "L9", "Code")})
    given = tied(OWNER, left={"Owner": {"Id": "L9"}}, right={"Owner": "C1"}, base={"Owner": None})
    assert given.link is not None
    given.link.base["right"]["Owner"] = "C1"
    given.around = late

    assert [each.empties for each in writes(given.decide())] == [[]]


@pytest.mark.parametrize(
    ("there", "left_alone", "told"),
    [
        pytest.param(None, False, 0, id="nothing"),
        pytest.param("left<2>", False, 0, id="an old one of ours"),
        pytest.param("left<1>", True, 0, id="the same"),
        pytest.param("other:5", True, 1, id="somebody else's"),
    ],
)
def test_the_id_of_the_other_side_is_left_where_nobody_elses_stands(there: Any, left_alone: bool, told: int) -> None:
    given = tied(
        NAME, left={"Name": "Ada", "Ref": there}, right={"Label": "Ada"}, more="link: {id_of: right, kept_in: left}"
    )

    decision = given.decide()

    assert [each.changes for each in writes(decision)] == ([] if left_alone else [{"Ref": "left<1>"}])
    assert [each.besides for each in writes(decision)] == ([] if left_alone else [[["Ref", there, "left<1>"]]])
    assert len(notices(decision)) == told


@pytest.mark.parametrize("side", SIDES)
def test_a_pair_of_which_one_is_gone_is_left_out_with_the_reason(side: str) -> None:
    given = tied(NOTE, left={"Note": "b"}, right={"Remark": "a"}, base={"Note": "a"})
    assert given.link is not None
    given.link.gone[side] = True

    decision = given.decide()

    title = "The Box" if side == "left" else "The Shelf"
    assert reason(decision) == reason(decision, "right") == (
        "excluded", f"it was deleted in {title}; a deletion does not travel, and neither do later changes"
    )  # fmt: skip


def test_a_need_holds_back_what_would_be_sent_and_nothing_else() -> None:
    given = tied(
        NAME,
        NOTE,
        left={"Note": "b", "Number": None},
        right={"Remark": "a", "Label": "new"},
        base={"Name": None, "Note": "a"},
        more=NEEDS,
    )

    assert reason(given.decide()) == ("waiting", "no number")

    given.left["Note"] = "a"

    assert [each.side for each in writes(given.decide())] == ["left"]


def test_a_need_for_what_is_created_no_longer_counts_when_it_is_there() -> None:
    needs = "needs: {no number: {left: Number, to: right, for: created, cure: Give it one.}}"
    given = tied(NOTE, left={"Note": "b"}, right={"Remark": "a"}, base={"Note": "a"}, more=needs)

    assert [each.side for each in writes(given.decide())] == ["right"]


# Documents ------------------------------------------------------------------------------------------------------------

LINES_ROW = """\
Lines:
  left: Lines
  right: Rows
  numbered: Place
  lines:
    each line:
      for_each: Lines
      unless: {Net: 0}
      fields:
        Net: {left: Net, right: Amount}
        Text: {left: Text, right: Text, too_long: cut}"""
CHECKS = "checks: {the lines make the amount: {side: left, sum: [Lines.Net], equals: Amount}}"
MADE_ONCE = "{created: create, changed: report, deactivated: ignore, deleted: ignore}"


def document(*amounts: str, total: str = "30") -> dict[str, Any]:
    lines = [{"Net": Decimal(each), "Text": f"line of {each} euros"} for each in amounts]
    return box(Name="2026-1", Amount=Decimal(total), Lines=lines)


def test_a_document_is_made_with_all_its_lines() -> None:
    rules = thing(NAME, LINES_ROW, to="right", left_events=MADE_ONCE, more=CHECKS)

    (made,) = single(rules, "left", document("10", "0", "20"), Around()).actions

    assert made.changes["Rows"] == [
        {"Amount": 10, "Text": "line of 10", "Place": 0},
        {"Amount": 20, "Text": "line of 20", "Place": 1},
    ]


def test_a_document_that_does_not_add_up_is_not_sent() -> None:
    rules = thing(NAME, LINES_ROW, to="right", left_events=MADE_ONCE, more=CHECKS)

    decision = single(rules, "left", document("10", "19.99"), Around())

    assert reason(decision) == ("failed", "the lines make the amount: 29.99 is not 30")


def test_lines_that_change_later_are_told_once_and_not_sent() -> None:
    rules = thing(NAME, LINES_ROW, to="right", left_events=MADE_ONCE)
    given = Pair(rules, document("10"), shelf(Label="2026-1"))
    given.carry_out(given.decide())
    given.left = document("10", "20")

    decision = given.decide()
    given.carry_out(decision)

    assert writes(decision) == []
    assert notices(decision) == ["Lines changed in The Box; nothing is changed in The Shelf"]
    assert notices(given.decide()) == []
