"""How a write is looked up whose answer nobody saw, and what becomes of it: found, not found, asked about, or sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from pair_world import NOTE, NUMBER, SHELF, UNSEEN, box, compiled, owed_by, papers, shelf, take_in
from write_world import (
    BEFORE,
    HOUR,
    MATCHED,
    NEW,
    NOW,
    OLD,
    PAPERS,
    WRITTEN,
    Shelf,
    create,
    known,
    learnt,
    pair,
    update,
    writer,
)

from syncrules.errors import LimitReached, RecordRefused
from syncrules.journey import recover
from syncrules.journey.action import Action
from syncrules.journey.recover import settle_open
from syncrules.journey.remember import LOST
from syncrules.journey.rules import Rules, compile_rules
from syncrules.journey.surroundings import Late
from syncrules.journey.write import Writer
from syncrules.memory.kept import Entry
from syncrules.memory.memory import Memory
from syncrules.records import Record

UNSEEN_PAPERS = papers(UNSEEN)
BACK = Action("thing", "update", "left", "it", key="L1", source_id="1", changes={"Ref": "left<1>"})


def cut_off(
    memory: Memory,
    rules: Rules,
    action: Action,
    found: Shelf,
    verb: str = "",
    state: str = "",
    outcome: str = "",
    **how: Any,
) -> Writer:
    """Journal an action whose answer nobody saw, and find out how it went."""
    here = writer(memory, rules, found)
    with memory.store.transaction():
        entry = here.intents.entry(action, verb)
        if state:
            memory.settle(entry, state, NOW, outcome)
    settle_open(here, lambda _: None, **how)
    return here


def waits(memory: Memory, because: Any = "unknown", *, reason: str = LOST, cure: str = "", side: str = "left") -> None:
    """Let a record wait for what became of its write."""
    detail = {"because": because} if because else None
    with memory.store.transaction():
        id_ = "L1" if side == "left" else "1"
        memory.judge("thing", side, id_, "waiting", reason=reason, cure=cure, detail=detail)


def answered(memory: Memory, answer: Mapping[str, Any]) -> None:
    with memory.store.transaction():
        memory.decide("thing", "left", "L1", answer, NOW)


def became(memory: Memory) -> list[tuple[str, str]]:
    """Tell of every write what the journal says of it: what became of it, and why."""
    return [(each["state"], each["outcome"]) for each in memory.writes()]


# What is looked at, and when ----------------------------------------------------------------------------------------------


def test_each_open_write_is_looked_at_though_one_is_of_an_entity_that_is_gone(memory: Memory) -> None:
    here = writer(memory, PAPERS, Shelf())
    take_in(PAPERS, memory, "left", box(**NEW))
    told: list[str] = []
    with memory.store.transaction():
        here.intents.entry(replace(create(), entity="gone"))
        here.intents.entry(create())

    settle_open(here, told.append)

    assert became(memory) == [
        ("dropped", "the mapping no longer has this entity"),
        ("not done", "it was not found there; it is decided about anew"),
    ]
    assert told == ["it"]


def test_of_one_that_may_not_be_asked_now_nothing_is_concluded_and_the_rest_is_looked_at(memory: Memory) -> None:
    class Limited(Shelf):
        def find(self, resource: str, field: str, value: str) -> list[Record]:
            if value == "7":
                raise LimitReached("The Shelf", "no more calls this month")
            return super().find(resource, field, value)

    here = writer(memory, PAPERS, Limited())
    with memory.store.transaction():
        here.intents.entry(create())
        here.intents.entry(create(source_id="L2", changes={"Code": "8"}))

    settle_open(here, lambda _: None)

    assert [each[0] for each in became(memory)] == ["open", "not done"]


ASKED = {"decide": "match", "because": "unknown"}


@pytest.mark.parametrize(
    ("state", "detail", "ago", "answer", "asked"),
    [
        ("waiting", ASKED, 3539, None, True),
        ("waiting", ASKED, 3540, None, False),
        ("waiting", ASKED, None, None, False),
        ("waiting", ASKED, 0, {"create": True}, False),
        ("waiting", {**ASKED, "because": "half done"}, 0, None, True),
        ("waiting", {**ASKED, "because": "already there"}, 0, None, False),
        ("waiting", {"because": "unknown"}, 0, None, False),
        ("waiting", "unknown", 0, None, False),
        ("waiting", None, 0, None, False),
        ("failed", ASKED, 0, None, False),
    ],
)
def test_a_person_is_asked_once_an_hour(
    state: Any, detail: Any, ago: float | None, answer: Any, asked: bool, memory: Memory
) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    here = writer(memory, PAPERS, Shelf())
    here.clock.sleep(10_000)
    with memory.store.transaction():
        memory.judge("thing", "left", "L1", state, detail=detail, forget=False)
        if answer is not None:
            memory.decide("thing", "left", "L1", answer, NOW)
    looked_at = None if ago is None else here.clock.now() - ago
    entry = Entry(1, "thing", "right", "create", None, "L1", None, "it", {}, NOW, looked_at=looked_at)

    assert recover._is_asked(here, entry) is asked
    assert recover._is_asked(here, replace(entry, source_id="L9")) is False
    assert recover._is_asked(here, replace(entry, source_id=None)) is False


@pytest.mark.parametrize(("how", "looked"), [({}, True), ({"by_hand": True}, True), ({"by_hand": False}, False)])
def test_what_a_person_was_asked_is_looked_up_again_at_once_only_if_somebody_is_there(
    how: Any, looked: bool, memory: Memory
) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    shelves = Shelf()
    here = writer(memory, PAPERS, shelves)
    with memory.store.transaction():
        memory.settle(here.intents.entry(create()), "unknown", NOW)
        here.intents.entry(create(source_id="L2", changes={"Code": "8"}))
        memory.judge("thing", "left", "L1", "waiting", detail=ASKED)

    settle_open(here, lambda _: None, **how)

    assert shelves.asked == [("find", "7")] * looked + [("find", "8")]


SLOW = papers(SHELF.replace("title: The Shelf", "title: The Shelf\nlag: {seconds: 6}"))


@pytest.mark.parametrize(
    ("began", "looked_at", "slept"),
    [
        (NOW, None, [6.0]),
        (NOW - 5, None, [1.0]),
        (NOW - 6, None, []),
        (NOW - 6.5, None, []),
        (NOW, NOW - 2, [4.0]),
        (NOW, NOW - 60, []),
        (NOW, NOW + 10, []),
    ],
    ids=["just begun", "a second left", "just over", "over", "looked at meanwhile", "long ago", "a clock put back"],
)
def test_nobody_looks_before_a_search_must_show_it_and_nobody_waits_longer(
    began: float, looked_at: float | None, slept: list[float], memory: Memory
) -> None:
    here = writer(memory, SLOW, Shelf())
    naps: list[float] = []
    here.clock.sleep = naps.append  # type: ignore[assignment, method-assign]  # time that passes is what counts
    entry = Entry(1, "thing", "right", "create", None, "L1", None, "it", {}, NOW, looked_at=looked_at)

    recover._wait_for_lag(here, entry, began)

    assert naps == slept


# A create -----------------------------------------------------------------------------------------------------------------


def test_what_was_made_is_found_and_linked(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))

    cut_off(memory, PAPERS, create(), Shelf(WRITTEN, lefts=box(**NEW)))

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    assert link.ids["right"] == "1"
    assert memory.unsettled() == []


def test_what_is_not_found_is_decided_about_anew(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))

    cut_off(memory, PAPERS, create(), Shelf())

    assert memory.link_of("thing", "left", "L1") is None
    assert (known(memory).state, memory.unsettled()) == ("pending", [])


def test_nobody_looks_before_a_search_can_show_what_was_written(memory: Memory) -> None:
    take_in(SLOW, memory, "left", box(**NEW))

    here = cut_off(memory, SLOW, create(), Shelf())

    assert here.clock.now() == NOW + 6


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([shelf(Remark="another", Code="7")], "there is another one with Code '7'"),
        ([WRITTEN, {**WRITTEN, "Key": 2}], "2 records there look like the one that was sent"),
    ],
    ids=["another one", "two of them"],
)
def test_a_person_says_which_it_is_where_it_cannot_be_told(found: list[Record], says: str, memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))

    cut_off(memory, PAPERS, create(), Shelf(*found))

    assert known(memory).state == "waiting"
    assert known(memory).reason.startswith(says)
    assert known(memory).detail["candidates"] == [str(each["Key"]) for each in found]
    assert memory.link_of("thing", "left", "L1") is None
    assert len(memory.unsettled()) == 1


@pytest.mark.parametrize(("there", "again"), [("", True), ("left<1>", False)], ids=["not left", "left"])
def test_an_id_that_may_have_been_left_is_left_unless_it_stands_there(there: str, again: bool, memory: Memory) -> None:
    back = Action("thing", "update", "left", "it", key="L1", source_id="1", changes={"Ref": "left<1>"})
    found = Shelf(lefts=box(Ref=there))

    cut_off(memory, PAPERS, back, found, "write back")

    assert found.written == ([("L1", {"Ref": "left<1>"})] if again else [])
    assert memory.unsettled() == []


@pytest.mark.parametrize(("there", "note"), [(WRITTEN, "new"), (BEFORE, "old")], ids=["carried out", "not"])
def test_an_update_is_looked_at_and_what_was_done_is_nobodys_edit(there: Record, note: str, memory: Memory) -> None:
    link = pair(memory)

    cut_off(memory, MATCHED, update(link), Shelf(there))

    assert learnt(memory, link.id) == {"left": note, "right": note}
    assert (known(memory, "right").state, known(memory, "right").record) == ("pending", there)
    assert memory.unsettled() == []


# More of creates ----------------------------------------------------------------------------------------------------------


def test_what_is_linked_meanwhile_is_not_looked_up(memory: Memory) -> None:
    pair(memory)
    shelves = Shelf(WRITTEN)

    cut_off(memory, PAPERS, create(), shelves)

    assert (became(memory), shelves.asked) == ([("done", "it is linked")], [])


def test_what_is_found_is_compared_once_more_and_its_id_is_left(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    shelves = Shelf(WRITTEN, lefts=box(**NEW))

    cut_off(memory, PAPERS, create(), shelves)

    assert known(memory).state == "pending"
    assert shelves.written == [("L1", {"Ref": "left<1>"})]
    assert became(memory) == [("done", "it was found there"), ("done", "")]


def test_who_only_looks_leaves_no_id_yet(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    shelves = Shelf(WRITTEN, lefts=box(**NEW))

    cut_off(memory, PAPERS, create(), shelves, only_look=True)
    here = writer(memory, PAPERS, shelves)
    settle_open(here, lambda _: None, only_look=True)

    assert shelves.written == []
    assert [each.verb for each in memory.unsettled()] == ["write back"]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"Key": 1, "Remark": "new"}, ("looked at", "it cannot be read back; it is sent again")),
        ({"Remark": "new"}, ("not done", "it is decided about anew; there it does no harm to be sent twice")),
    ],
    ids=["its id is ours", "its id is theirs"],
)
def test_what_cannot_be_read_back_is_sent_again(changes: Record, outcome: tuple[str, str], memory: Memory) -> None:
    take_in(UNSEEN_PAPERS, memory, "left", box(**NEW))
    shelves = Shelf()

    cut_off(memory, UNSEEN_PAPERS, create(changes=changes), shelves)

    link = memory.link_of("thing", "left", "L1")
    assert (became(memory), shelves.asked) == ([outcome], [])
    assert (link and link.ids["right"]) == ("1" if "Key" in changes else None)
    assert known(memory).state == "pending"


def test_what_can_be_read_back_is_looked_up_also_where_its_id_is_ours(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    shelves = Shelf()

    cut_off(memory, PAPERS, create(changes={"Key": 1, "Code": "7"}), shelves)

    assert shelves.asked == [("find", "7")]


@pytest.mark.parametrize("state", ["", "half"])
@pytest.mark.parametrize(
    "value", [None, Late("thing", "left", "L9", "")], ids=["nothing to look it up by", "what is not there yet"]
)
def test_what_cannot_be_looked_up_is_asked_about(value: Any, state: str, memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    shelves = Shelf()

    cut_off(memory, PAPERS, create(changes={"Code": value}), shelves, state=state, outcome="the head is there")

    unseen = "it cannot be looked up whether it was written; look there, then decide"
    assert known(memory).reason == ("the head is there" if state else unseen)
    assert shelves.asked == []


def test_where_nothing_can_be_looked_up_a_person_looks(memory: Memory) -> None:
    take_in(PAPERS, memory, "right", shelf(**{"Code": "7"}))
    shelves = Shelf()
    back = Action("thing", "create", "left", "it", source_id="1", changes={"Number": "7"}, base={"right": OLD})

    cut_off(memory, PAPERS, back, shelves)

    right = known(memory, "right")
    assert (right.state, right.reason) == (
        "waiting", "it cannot be looked up whether it was written; look there, then decide",
    )  # fmt: skip
    assert (right.cure, right.detail) == (recover.DECIDE, {**ASKED, "candidates": []})
    assert shelves.asked == []


def test_what_bears_the_id_that_we_left_is_ours_whatever_became_of_it(memory: Memory) -> None:
    marked = papers(SHELF.replace("{look_up: Code}", "{look_up: Other}"))
    take_in(marked, memory, "left", box(**NEW))

    cut_off(
        memory,
        marked,
        create(changes={"Other": "right<L1>", "Remark": "new"}),
        Shelf(shelf(Other="right<L1>", Remark="x")),
    )

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    assert link.ids["right"] == "1"


@pytest.mark.parametrize(
    ("state", "found", "reason", "candidates", "cure"),
    [
        ("half", [], "the head is there", [], "Look at it."),
        ("half", [shelf(Remark="x", Code="7")], "the head is there", [], "Look at it."),
        (
            "there", [],
            "The Shelf says that it is already there, and does not show it; it may be settled already, or another one",
            ["5"], recover.DECIDE,
        ),
        (
            "there", [shelf(Remark="x", Code="7", Label="Ada")],
            "there is another one with Code '7' there already, with other content (Ada)", ["1"], recover.THE_SAME,
        ),
        (
            "", [shelf(Remark="x", Code="7", Label="Ada")],
            "there is another one with Code '7' there already, with other content (Ada)", ["1"], recover.THE_SAME,
        ),
    ],
)  # fmt: skip
def test_what_is_not_found_for_certain_is_asked_about_with_what_is_known(
    state: str, found: list[Record], reason: str, candidates: list[str], cure: str, memory: Memory
) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    waits(memory, "half done" if state == "half" else "unknown", cure="Look at it.")

    cut_off(
        memory, PAPERS, create(changes={"Key": 5, "Remark": "new", "Code": "7"}), Shelf(*found), state=state,
        outcome="the head is there",
    )  # fmt: skip

    left = known(memory)
    seen = cure == recover.THE_SAME
    assert (left.state, left.reason, left.cure) == ("waiting", reason, cure)
    assert left.detail == {
        "decide": "taken" if seen else "match",
        "candidates": candidates,
        "because": "half done" if state == "half" else "unknown",
    }
    assert left.record is not None
    assert [each[0] for each in became(memory)] == ["unknown" if seen else state]


def test_who_waits_after_half_a_write_without_a_cure_is_told_what_to_decide(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))

    cut_off(memory, PAPERS, create(), Shelf(), state="half", outcome="the head is there")

    assert known(memory).cure == recover.DECIDE


def test_who_has_no_id_of_its_own_is_no_candidate(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))

    cut_off(memory, PAPERS, create(), Shelf(), state="there")

    assert known(memory).detail["candidates"] == []


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (
            [shelf(Label="Ada", Remark="x", Code="7")],
            "the same Code is there (Ada): matching says whether it is this one",
        ),
        ([WRITTEN, WRITTEN | {"Key": 2}], "the same Code is there (1, 2): matching says whether it is this one"),
        ([], "it was not found there; it is decided about anew"),
    ],
)
def test_who_is_matched_is_left_to_matching(found: list[Record], why: str, memory: Memory) -> None:
    take_in(MATCHED, memory, "left", box(**NEW))
    waits(memory)

    cut_off(memory, MATCHED, create(), Shelf(*found))

    assert became(memory) == [("not done", why)]
    assert (known(memory).state, known(memory).reason) == ("pending", "")
    assert memory.link_of("thing", "left", "L1") is None


def test_what_alone_is_as_it_was_sent_is_the_one_though_its_source_is_matched_by_another_number_now(
    memory: Memory,
) -> None:
    take_in(MATCHED, memory, "left", box(**NEW | {"Number": "8"}))
    waits(memory)

    cut_off(memory, MATCHED, create(), Shelf(WRITTEN))

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    assert link.ids["right"] == "1"
    assert became(memory)[0] == ("done", "it was found there")


@pytest.mark.parametrize("answer", [{"create": True}, {}])
def test_what_belongs_to_another_or_was_decided_about_is_left_to_matching(answer: Any, memory: Memory) -> None:
    take_in(MATCHED, memory, "left", box(**NEW))
    waits(memory)
    if answer:
        answered(memory, answer)
    else:
        with memory.store.transaction():
            memory.make_link("thing", {"left": "L9", "right": "1"}, {"left": OLD, "right": OLD}, {})

    cut_off(memory, MATCHED, create(), Shelf(WRITTEN))

    assert [each[0] for each in became(memory)] == ["not done"]
    assert memory.link_of("thing", "left", "L1") is None


@pytest.mark.parametrize(
    ("state", "because", "after"),
    [
        ("waiting", "unknown", "pending"), ("waiting", "already there", "pending"), ("waiting", "half done", "pending"),
        ("waiting", "reference", "waiting"), ("waiting", None, "waiting"), ("failed", "unknown", "failed"),
    ],
)  # fmt: skip
def test_only_who_waits_for_what_became_of_the_write_goes_on(
    state: Any, because: Any, after: str, memory: Memory
) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    with memory.store.transaction():
        memory.judge("thing", "left", "L1", state, detail={"because": because} if because else None, forget=False)

    cut_off(memory, PAPERS, create(), Shelf())

    assert known(memory).state == after


def test_what_was_made_of_a_record_that_nobody_knows_any_more_is_not_done_either(memory: Memory) -> None:
    cut_off(memory, PAPERS, create(), Shelf())

    assert [each[0] for each in became(memory)] == ["not done"]


# What a person answers ----------------------------------------------------------------------------------------------------

ANOTHER = shelf(Remark="another", Code="7")


@pytest.mark.parametrize("shown", [True, False])
def test_the_one_that_a_person_named_is_linked_and_its_id_left(shown: bool, memory: Memory) -> None:
    """What is not shown any more is as it was sent, if its id is one that we gave."""
    take_in(PAPERS, memory, "left", box(**NEW))
    answered(memory, {"link": "1"})
    shelves = Shelf(*[ANOTHER] * shown, lefts=box(**NEW))

    cut_off(memory, PAPERS, create(changes={"Key": 1, "Remark": "new", "Code": "7"}), shelves, state="there")

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    assert (link.ids["right"], shelves.written) == ("1", [("L1", {"Ref": "left<1>"})])
    assert learnt(memory, link.id) == ({"left": None, "right": None} if shown else {"left": "new", "right": "new"})
    assert became(memory)[0] == ("done", "somebody said which it is")


def test_who_is_not_there_cannot_be_the_one(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    answered(memory, {"link": "9"})

    cut_off(memory, PAPERS, create(changes={"Key": 1, "Code": "7"}), Shelf(), state="there")

    assert memory.link_of("thing", "left", "L1") is None
    assert known(memory).state == "waiting"


@pytest.mark.parametrize("tiers", [True, False])
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"create": True}, "somebody said that it is not there; it is decided about anew"),
        ({"ignore": True}, "somebody decided to leave it out"),
    ],
)
def test_what_a_person_says_is_not_there_is_decided_about_anew(
    answer: Any, why: str, tiers: bool, memory: Memory
) -> None:
    """Where nothing is matched, the answer holds for this one time; matching goes on to ask for it."""
    rules = MATCHED if tiers else PAPERS
    take_in(rules, memory, "left", box(**NEW))
    waits(memory)
    answered(memory, answer)

    cut_off(memory, rules, create(changes={}), Shelf(), state="unknown")

    assert became(memory) == [("not done", why)]
    assert known(memory).state == "pending"
    assert memory.decision("thing", "left", "L1") == (None if "create" in answer and not tiers else answer)


# Is it what we sent? --------------------------------------------------------------------------------------------------------

CONSTANTS = compiled(
    NOTE, NUMBER, "Amount: {left: Amount, right: Sum}", to="right",
    more="right: {resource: items, is: {Sort: A}, set: {Dial: x}}",
)  # fmt: skip
SENT = {"Sort": "A", "Dial": "x", "Remark": "new", "Code": "7", "Sum": 5}


@pytest.mark.parametrize(
    ("sent", "there", "same"),
    [
        ({}, {}, True),
        ({}, {"Sum": "5.00"}, True),
        ({}, {"Remark": "theirs"}, False),
        ({}, {"Sum": 6}, False),
        ({}, {"Remark": None, "Sum": None}, True),
        ({"Remark": None}, {"Remark": "theirs"}, True),
        ({}, {"Sort": "B"}, False),
        ({}, {"Dial": "y"}, False),
        ({}, {"Dial": None, "Sort": None}, True),
        ({}, {"Dial": {"Key": 1}}, True),
        ({}, {"Dial": ["y"]}, True),
        ({"Dial": {"Key": 1}}, {"Dial": "y"}, True),
        ({"Remark": "2026-01-31"}, {"Remark": "2026-01-31T00:00:00"}, True),
        ({"Remark": "2026-01-31"}, {"Remark": "2026-02-01T00:00:00"}, False),
    ],
)
def test_it_is_what_we_sent_if_nothing_that_can_be_read_back_says_otherwise(
    sent: Record, there: Record, same: bool
) -> None:
    action = create(changes={**SENT, **sent})

    assert recover._is_what_we_sent(CONSTANTS.entities["thing"], "right", action, {**SENT, **there}) is same


def test_rows_that_are_not_on_this_side_say_nothing_and_the_others_do() -> None:
    spec = PAPERS.spec
    thing = spec.entities["thing"]
    note, number = thing.rows
    rows = (replace(note, sides={"left": "Note"}), number)
    rules = compile_rules(replace(spec, entities={"thing": replace(thing, rows=rows)}), {}).entities["thing"]
    action = create(changes={"Remark": "new", "Code": "7"})

    assert recover._is_what_we_sent(rules, "right", action, shelf(Remark="theirs", Code="7"))
    assert not recover._is_what_we_sent(rules, "right", action, shelf(Remark="new", Code="8"))


def test_of_a_resource_whose_fields_nobody_declared_nothing_can_be_read_back() -> None:
    right = PAPERS.spec.manifests["right"]
    items = replace(right.resources["items"], fields={})
    manifests = {**PAPERS.spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    rules = compile_rules(replace(PAPERS.spec, manifests=manifests), {}).entities["thing"]

    assert recover._is_what_we_sent(rules, "right", create(), ANOTHER)
    assert not recover._is_what_we_sent(PAPERS.entities["thing"], "right", create(), ANOTHER)


@pytest.mark.parametrize(
    ("sent", "there", "same"),
    [
        ("2026-01-31", "2026-01-31T00:00:00", True),
        ("2026-01-31T00:00:00", "2026-01-31", True),
        ("2026-01-31", "2026-02-01T00:00:00", False),
        ("2026-1-31", "2026-1-31", False),
        ("2026-01", "2026-01", False),
        ("1234567890", "12345678901", False),
        ("12345-7890", "12345-78901", False),
        ("123-567890", "123-5678901", False),
        ({"from": "2026-01-31"}, {"from": "2026-01-31T00:00:00"}, True),
        ({"from": "2026-01-31T00:00:00"}, {"from": "2026-01-31"}, True),
        ({"from": "2026-01-31"}, {"from": "2026-02-01T00:00:00"}, False),
        ({"from": "2026-01-31", "until": "x"}, {"from": "2026-01-31T00:00:00", "until": "y"}, False),
        ({"sum": Decimal("5.0")}, {"sum": Decimal("5")}, True),
        ({"from": "2026-01-31"}, "2026-01-31", False),
    ],
)
def test_a_day_is_the_same_with_a_time_of_midnight(sent: object, there: object, same: bool) -> None:
    assert recover._same_day(sent, there) is same


@pytest.mark.parametrize(
    ("title", "found", "says"),
    [
        ("Item number", ["Ada"], "there is another one with Item number '7' there already, with other content (Ada)"),
        ("", ["Ada", "Bob"], "there is another one with Code '7' there already, with other content (Ada, Bob)"),
        ("Item number", ["7"], "there is another one with Item number '7' there already, with other content"),
        (None, ["7", "Ada"], "there is another one with Code '7' there already, with other content (Ada)"),
    ],
)
def test_another_one_with_the_number_is_told_by_its_name_unless_that_is_the_number(
    title: str | None, found: list[str], says: str
) -> None:
    items = PAPERS.entities["thing"].resource("right")
    code = replace(items.fields["Code"], title=title or "")
    fields = {name: each for name, each in items.fields.items() if name != "Code"} | (
        {"Code": code} if title is not None else {}
    )

    assert recover._another(replace(items, fields=fields), "7", [shelf(Label=each) for each in found]) == says


# A write-back, a deletion, an update ----------------------------------------------------------------------------------------


A_DAY = 24 * HOUR


class Locked(Shelf):
    """The left side of which every record is locked."""

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        super().update(resource, key, changes, seen)
        raise RecordRefused("The Box", "it is locked")


def test_an_id_that_is_refused_is_tried_ever_more_rarely_for_a_month(memory: Memory) -> None:
    shelves = Locked(lefts=box(Ref=""))
    here = cut_off(memory, PAPERS, BACK, shelves, "write back")
    assert became(memory) == [("refused", "it is locked")]
    tried = []
    for _ in range(24 * 40):
        here.clock.sleep(HOUR)
        before = len(shelves.written)
        settle_open(here, lambda _: None)
        tried += [(here.clock.now() - NOW) / HOUR] * (len(shelves.written) - before)

    assert tried[:6] == [1, 2, 4, 8, 16, 32]
    assert {b - a for a, b in pairwise(tried[5:])} == {24}
    assert tried[-1] == 32 + 24 * 29  # the first try after a month
    assert became(memory) == [("failed", "it is locked")]
    assert memory.unsettled() == []


@pytest.mark.parametrize(("tried_for", "state"), [(30 * A_DAY - 1, "refused"), (30 * A_DAY, "failed")])
def test_an_id_that_is_refused_is_given_up_after_a_month(tried_for: float, state: str, memory: Memory) -> None:
    here = writer(memory, PAPERS, Locked(lefts=box(Ref="")))
    here.clock.sleep(365 * A_DAY)
    with memory.store.transaction():
        here.intents.entry(BACK, "write back")
    here.clock.sleep(tried_for)

    settle_open(here, lambda _: None)

    assert became(memory) == [(state, "it is locked")]


@pytest.mark.parametrize(("ago", "times"), [(A_DAY - 1, 1), (A_DAY, 2)])
def test_an_id_that_is_refused_is_tried_at_least_once_a_day(ago: float, times: int, memory: Memory) -> None:
    shelves = Locked(lefts=box(Ref=""))
    here = writer(memory, PAPERS, shelves)
    with memory.store.transaction():
        here.intents.entry(BACK, "write back")

    for passed in (10 * A_DAY, ago):
        here.clock.sleep(passed)
        settle_open(here, lambda _: None)

    assert len(shelves.written) == times


def test_what_a_person_looks_after_is_looked_up_at_once_however_long_it_is_unknown(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    shelves = Shelf()
    here = writer(memory, PAPERS, shelves)
    with memory.store.transaction():
        memory.settle(here.intents.entry(create()), "unknown", NOW + HOUR)
    here.clock.sleep(HOUR)

    settle_open(here, lambda _: None)

    assert shelves.asked == [("find", "7")]


def test_an_id_is_not_left_at_what_is_gone(memory: Memory) -> None:
    shelves = Shelf()

    cut_off(memory, PAPERS, BACK, shelves, "write back")

    assert (shelves.asked, shelves.written, became(memory)) == ([("fetch", "L1")], [], [("done", "done")])


def test_what_is_emptied_is_not_looked_at(memory: Memory) -> None:
    shelves = Shelf()

    cut_off(memory, PAPERS, create(), shelves, "empty")

    assert shelves.asked == []
    assert became(memory) == [("looked at", "it is emptied before anything else is sent")]


DELETION = Action("thing", "delete", "right", "it", key="1", source_id="L1")


@pytest.mark.parametrize("there", [True, False])
def test_what_was_to_be_deleted_is_deleted_again_if_it_is_still_there(there: bool, memory: Memory) -> None:
    link = pair(memory)
    waits(memory)
    shelves = Shelf(*[BEFORE] * there)

    cut_off(memory, PAPERS, replace(DELETION, link=link.id), shelves, "delete")

    assert shelves.asked == [("fetch", "1")]
    assert became(memory) == [("looked at", "") if there else ("done", "it is no longer there")]
    assert (memory.link(link.id) is not None) is there
    assert known(memory).state == ("pending" if there else "excluded")
    assert not there or learnt(memory, link.id) == {"left": "old", "right": "old"}


def test_what_nobody_can_see_is_deleted_again_and_nothing_counts_as_known_of_it(memory: Memory) -> None:
    link = pair(memory)
    shelves = Shelf()

    cut_off(memory, UNSEEN_PAPERS, replace(DELETION, link=link.id), shelves, "delete")

    assert (shelves.asked, became(memory)) == ([], [("looked at", "")])
    assert learnt(memory, link.id) == {"left": None, "right": None}


@pytest.mark.parametrize("verb", ["delete", "update"])
@pytest.mark.parametrize(
    ("state", "reason", "after"),
    [("waiting", LOST, "pending"), ("waiting", "no number", "waiting"), ("failed", LOST, "failed")],
)
def test_only_who_waits_for_the_lost_answer_goes_on(
    state: Any, reason: str, after: str, verb: str, memory: Memory
) -> None:
    link = pair(memory)
    with memory.store.transaction():
        memory.judge("thing", "left", "L1", state, reason=reason, forget=False)
    action = replace(DELETION, link=link.id) if verb == "delete" else update(link)

    cut_off(memory, MATCHED, action, Shelf(BEFORE), verb)

    assert (known(memory).state, known(memory).reason) == (after, "" if after == "pending" else reason)
    assert known(memory).record == box(**NEW)


def test_what_waits_on_the_other_side_for_the_lost_answer_goes_on_too(memory: Memory) -> None:
    link = pair(memory)
    waits(memory, side="right")
    shelves = Shelf()

    cut_off(memory, UNSEEN_PAPERS, update(link), shelves)

    assert (known(memory, "right").state, shelves.asked) == ("pending", [])
    assert learnt(memory, link.id) == {"left": None, "right": None}


@pytest.mark.parametrize("verb", ["delete", "update"])
def test_a_write_that_came_from_no_record_is_settled_too(verb: str, memory: Memory) -> None:
    cut_off(memory, MATCHED, Action("thing", "update", "right", "it", key="1"), Shelf(BEFORE), verb)

    assert became(memory) == [("looked at", "")]


def test_what_is_not_linked_is_kept_as_it_is_now_and_found_by_its_numbers(memory: Memory) -> None:
    take_in(MATCHED, memory, "right", BEFORE)

    cut_off(memory, MATCHED, Action("thing", "update", "right", "it", key="1"), Shelf(shelf(Remark="x", Code="8")))

    assert (known(memory, "right").link, known(memory, "right").record) == (None, shelf(Remark="x", Code="8"))
    assert memory.found_by("thing", "right", "tier 0: Number", ["7", "8"]) == {"8": ["1"]}


def test_what_is_linked_stays_so_when_it_is_looked_at(memory: Memory) -> None:
    link = pair(memory)

    shelves = Shelf(BEFORE)

    cut_off(memory, MATCHED, update(link), shelves)

    assert shelves.asked == [("fetch", "1")]
    assert known(memory, "right").link == link.id


def test_of_a_pair_that_the_same_plan_linked_an_update_is_looked_up_as_of_any_other(memory: Memory) -> None:
    link = pair(memory)

    cut_off(memory, MATCHED, replace(update(link), link=None), Shelf(WRITTEN))

    assert known(memory, "right").link == link.id
    assert learnt(memory, link.id) == {"left": "new", "right": "new"}


@pytest.mark.parametrize(("state", "known_active"), [("asleep", False), ("awake", True)])
def test_that_a_record_went_out_of_use_is_known_if_it_can_be_seen(
    state: str, known_active: bool, memory: Memory
) -> None:
    link = pair(memory)
    link.active = {"left": True, "right": True}
    with memory.store.transaction():
        memory.remember(link)
    use: dict[str, bool | None] = {"left": False, "right": False}
    action = replace(update(link), verb="deactivate", changes={"State": "asleep"}, fields=[], active=use)

    cut_off(memory, MATCHED, action, Shelf({**BEFORE, "State": state}))

    after = memory.link(link.id)
    assert after is not None
    assert after.active == dict.fromkeys(("left", "right"), known_active)


def test_of_two_rows_only_the_one_that_arrived_is_known(memory: Memory) -> None:
    link = pair(memory)
    both = replace(
        update(link), changes={"Remark": "new", "Code": "8"}, fields=[["Note", "old", "new"], ["Number", "7", "8"]],
        base={"left": {"Note": "new", "Number": "8"}},
    )  # fmt: skip

    cut_off(memory, MATCHED, both, Shelf(shelf(Remark="new", Code="9")))

    after = memory.link(link.id)
    assert after is not None
    assert after.base == {"left": {"Note": "new", "Number": "7"}, "right": {"Note": "new", "Number": "7"}}


@pytest.mark.parametrize(("amount", "arrived"), [(5, True), (3, False), (None, False)])
def test_a_state_is_known_to_be_written_if_it_can_be_seen(amount: int | None, arrived: bool, memory: Memory) -> None:
    rules = owed_by()
    with memory.store.transaction():
        thing = memory.make_link("thing", {"left": "L1", "right": "1"}, {}, {})
        before = {"left": {"Open": 3}, "right": {"Open": 3}}
        due = memory.make_link("due", {"left": "L1", "right": f"{thing}"}, before, {}, thing)
    action = Action(
        "due", "update", "left", "it", "L1", f"{thing}", due, [["Open", "3", 5]], changes={"Amount": 5},
        base={"right": {"Open": 5}},
    )  # fmt: skip

    cut_off(memory, rules, action, Shelf(lefts=None if amount is None else box(Amount=amount)))

    link = memory.link(due)
    assert link is not None
    assert link.base == ({"left": {"Open": 5}, "right": {"Open": 5}} if arrived else before)
    assert memory.record("due", "left", "L1") is None
