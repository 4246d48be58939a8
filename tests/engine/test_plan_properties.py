"""What holds of every decision, whatever the two sides say and whatever is remembered of them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pair_world import SIDES, Pair, box, circumstances, link, notices, only, shelf, thing, writes

from syncrules.journey import single
from syncrules.journey.decision import Decision, told
from syncrules.journey.rules import EntityRules
from syncrules.records import filled

ROWS = (
    "Name: {left: Name, right: Label, leading: left, too_long: cut}",
    "Note: {left: Note, right: Remark, leading: right}",
    "Number: {left: Number, right: Code, numbered_by: right, as: trimmed}",
    "Kind: {left: Kind, right: Sort, leading: ask}",
    "Amount: {left: Amount, right: Sum, to: right, as: {decimals: 2}, lossy: Cents.}",
    "Flag: {left: Flag, right: Mark, to: left, edited: restore, values: [{left: true, right: J}, {left: false, right: N}]}",
    "Phone: {left: Phone, right: Dial, to: right, edited: restore, as: phone}",
    "Address: {left: Address, right: {line: Street, city: Town}, as: address, leading: left, lossy: The line.}",
)
UNTOUCHED = (
    "Only compared: {left: Phone, right: Dial, to: match}",
    "Only said: {left: Note, right: Remark, to: neither}",
)
TRAVELS = (
    "{created: create, changed: update, already_inactive: create, "
    "deactivated: deactivate, reactivated: reactivate, deleted: ignore}"
)


def rules() -> EntityRules:
    return thing(*ROWS, left_events=TRAVELS, right_events=TRAVELS, more="link: {id_of: left, kept_in: right}")


class _Unknown:
    """A property that an answer leaves out."""


UNKNOWN = _Unknown()


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([*values, None, "", UNKNOWN])


def one_of_filled(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([*values, None, UNKNOWN])


AMOUNTS = one_of_filled(*map(Decimal, ("12.5", "12.50", "0.005", "0", "-3", "7")))
STREETS = st.sampled_from(["Kaai", "Rue de la Loi", "Plein 1944", "", None])
ADDRESS = st.none() | st.just(UNKNOWN) | st.fixed_dictionaries(
    {"Street": STREETS, "Number": st.sampled_from(["12", "12A", "", None]), "City": st.sampled_from(["Gent", "Goes", None])}
)  # fmt: skip
NAMES = one_of("Ada", "Bob", " Ada ", "A name that is too long for a shelf")
LEFTS = st.fixed_dictionaries(
    {
        "Name": NAMES, "Note": one_of("a", "b", "c"), "Number": one_of("7", " 7", "8", "9"), "Kind": one_of("A", "B"),
        "Amount": AMOUNTS, "Flag": one_of_filled(True, False), "Phone": one_of("06-12345678", "+31612345678", "ask Ada"),
        "Address": ADDRESS, "Off": st.booleans(), "Ref": one_of("someone"),
    }
)  # fmt: skip
RIGHTS = st.fixed_dictionaries(
    {
        "Label": NAMES, "Remark": one_of("a", "b", "c"), "Code": one_of("7", "8", "9"), "Sort": one_of("A", "B"),
        "Sum": AMOUNTS, "Mark": one_of("J", "N"), "Dial": one_of("0612345678", "06-87654321"),
        "Street": one_of("Kaai 12", "Kaai 12A", "Rue de la Loi", "Plein 1944"), "Town": one_of("Gent", "Goes"),
        "State": st.sampled_from(["awake", "asleep"]), "Other": one_of("right<L1>", "right<L9>", "theirs:9"),
    }
)  # fmt: skip


def told_of(values: Mapping[str, Any], make: Any) -> dict[str, Any]:
    """Make a record in which what is unknown is left out."""
    record: dict[str, Any] = make(**{name: value for name, value in values.items() if value is not UNKNOWN})
    for name, value in values.items():
        if value is UNKNOWN:
            del record[name]
    return record


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """Two records, and what may be remembered of them: nothing, something, or what they are now."""
    entity = rules()
    left, right = told_of(draw(LEFTS), box), told_of(draw(RIGHTS), shelf)
    if draw(st.booleans()):
        return Pair(entity, left, right)
    base: dict[str, dict[str, Any]] = {"left": {}, "right": {}}
    for side, (values, make) in {"left": (LEFTS, box), "right": (RIGHTS, shelf)}.items():
        as_now = entity.view(side, left if side == "left" else right, {}).values
        before = entity.view(side, told_of(draw(values), make), {}).values
        for row in before:
            match draw(st.sampled_from(["now", "before", "before", "nothing"])):
                case "now" if row in as_now:
                    base[side][row] = as_now[row]
                case "before":
                    base[side][row] = before[row]
    active = {side: draw(st.sampled_from([True, False, None])) for side in SIDES}
    return Pair(entity, left, right, link(base["left"], base["right"], active=active))


SEEN = st.sampled_from([("left",), ("right",), SIDES])
OPEN = st.sampled_from([(), ("left",), ("right",), SIDES])
often = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])


def paths_written(decision: Decision, side: str) -> set[str]:
    return {path for each in writes(decision) if each.side == side for path in each.changes}


# Properties -----------------------------------------------------------------------------------------------------------


@often
@given(pairs(), SEEN, OPEN)
def test_the_same_facts_give_the_same_plan_and_are_left_as_they_were(pair: Pair, seen: Any, due: Any) -> None:
    assume(pair.link is not None or seen == SIDES)
    before = deepcopy((pair.left, pair.right, pair.link))

    first, second = pair.decide(only(*due), seen=seen), pair.decide(only(*due), seen=seen)

    assert first == second
    assert (pair.left, pair.right, pair.link) == before


@often
@given(pairs())
def test_when_a_plan_has_been_carried_out_there_is_nothing_left_to_do(pair: Pair) -> None:
    decision = pair.decide()
    pair.carry_out(decision)

    again = pair.decide()

    assert writes(again) == []
    assert again.judgements == decision.judgements
    assert notices(again) == []
    assert not decision.judgements or decision.actions == []


@often
@given(pairs(), st.permutations(["A", "B"]), st.sampled_from(SIDES))
def test_an_answer_settles_what_was_asked(pair: Pair, kinds: list[str], keep: str) -> None:
    pair.link, (pair.left["Kind"], pair.right["Sort"]) = None, kinds

    asked = pair.decide()
    pair.carry_out(pair.decide(answer={"keep": {"Kind": keep}}))
    again = pair.decide()

    assert {each.detail["row"] for each in asked.judgements.values()} == {"Kind"}
    assert writes(again) == []
    assert again.judgements == {}
    assert pair.left["Kind"] == pair.right["Sort"] == kinds[0 if keep == "left" else 1]


@often
@given(pairs(), OPEN)
def test_what_is_done_in_two_runs_is_what_is_done_in_one(pair: Pair, due: Any) -> None:
    """What was not due is done when it is, and nothing is lost or done twice meanwhile."""
    if pair.link is not None:
        pair.link.active["right"] = pair.link.active["left"]  # otherwise two people may be of two minds
    at_once, later = deepcopy(pair), deepcopy(pair)
    at_once.carry_out(at_once.decide())
    first = later.decide(only(*due))
    assume(not first.judgements)
    later.carry_out(first)
    later.carry_out(later.decide())

    assert writes(later.decide()) == []
    if not at_once.decide().judgements:
        assert (later.left, later.right) == (at_once.left, at_once.right)


@often
@given(pairs(), SEEN, OPEN)
def test_a_one_way_row_never_writes_back(pair: Pair, seen: Any, due: Any) -> None:
    assume(pair.link is not None or seen == SIDES)
    decision = pair.decide(only(*due), seen=seen)

    assert not paths_written(decision, "left") & {"Amount", "Phone"}
    assert not paths_written(decision, "right") & {"Mark"}


@often
@given(LEFTS, RIGHTS, st.booleans())
def test_a_row_that_only_compares_or_is_only_said_never_writes(left: Any, right: Any, linked: bool) -> None:
    entity = thing("Name: {left: Name, right: Label, too_long: cut, leading: left}", *UNTOUCHED)
    given_pair = Pair(entity, told_of(left, box), told_of(right, shelf), link({}, {}) if linked else None)

    decisions = [given_pair.decide()]
    decisions += [single.decide(entity, side, given_pair.view(side), circumstances()) for side in SIDES if not linked]

    for each in decisions:
        assert paths_written(each, "left") <= {"Name", "Off"}
        assert paths_written(each, "right") <= {"Label", "State"}


@often
@given(pairs(), SEEN, OPEN)
def test_only_what_is_mapped_is_ever_written(pair: Pair, seen: Any, due: Any) -> None:
    assume(pair.link is not None or seen == SIDES)
    decision = pair.decide(only(*due), seen=seen)

    assert paths_written(decision, "left") <= {"Name", "Note", "Number", "Kind", "Flag", "Address", "Off"}
    assert paths_written(decision, "right") <= {
        "Label", "Remark", "Code", "Sort", "Sum", "Dial", "Street", "Town", "State", "Other"
    }  # fmt: skip


@often
@given(pairs(), SEEN)
def test_what_was_not_told_blanks_nothing(pair: Pair, seen: Any) -> None:
    """A filled value is only ever emptied by a side that says, or once said, that it is empty."""
    assume(pair.link is not None or seen == SIDES)
    decision = pair.decide(seen=seen)

    for action in writes(decision):
        source = "right" if action.side == "left" else "left"
        for row, _, after in action.fields:
            if not filled(after) and row != "in use":
                known = pair.link.base[source] if pair.link is not None else {}
                assert row in (pair.view(source).values if source in seen else known) or row in known


@often
@given(pairs(), st.sampled_from([None, {"keep": {"Kind": "left"}}, {"keep": {"Kind": "right"}}]))
def test_no_value_that_was_never_agreed_upon_is_lost_silently(pair: Pair, answer: Any) -> None:
    """Whatever is replaced is what was remembered of that side, or somebody is told of it."""
    decision = pair.decide(answer=answer)

    for action in writes(decision):
        base = pair.link.base[action.side] if pair.link is not None else {}
        now = pair.view(action.side).values
        for row, before, _ in action.fields:
            if not filled(now.get(row)) or not told(now[row]):
                continue
            key = pair.rules.row(row).key
            if row not in base or key(action.side, base[row]) != key(action.side, now[row]):
                assert any(text.startswith((f"{row}: '{before}'", f"{row} was edited")) for text in notices(decision))


@often
@given(pairs())
def test_what_people_are_shown_is_what_is_sent(pair: Pair) -> None:
    decision = pair.decide()

    for action in writes(decision):
        shown = {row for row, _, _ in action.fields}
        written = {
            row.name
            for row in pair.rules.rows
            for place in row.sides[action.side].places.values()
            if place.path.split(".")[0] in action.changes
        }
        assert shown - {"in use"} <= written
        assert set(action.expects) == shown - {"in use"}
