"""What is remembered of a write, for each way in which it may have gone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from pair_world import NOTE, NUMBER, SHELF, box, compiled, owed_by, papers, shelf, take_in
from write_world import (
    BEFORE,
    BY_NUMBER,
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
    paired,
    settled,
    update,
    writer,
)

from syncrules.errors import HalfDone, LoginRefused, OutcomeUnknown, ProviderError, RecordRefused, Unreachable
from syncrules.journey.action import Action
from syncrules.journey.calls import Done
from syncrules.journey.rules import compile_rules
from syncrules.journey.write import _batches
from syncrules.memory.memory import Memory
from syncrules.records import Record

# An update ----------------------------------------------------------------------------------------------------------------


def test_an_update_is_remembered_on_both_sides_and_does_not_come_back(memory: Memory) -> None:
    link, here = pair(memory), writer(memory)

    settled(memory, here, Done(update(link), "done", record=WRITTEN, seen=BEFORE))

    assert learnt(memory, link.id) == {"left": "new", "right": "new"}
    assert {known(memory, side).state for side in ("left", "right")} == {"synced"}
    assert take_in(MATCHED, memory, "right", WRITTEN, run=3) == 0
    assert here.keeper.counts == {"updated": 1}
    assert memory.unsettled() == []


@pytest.mark.parametrize("more", [{"link": None}, {"key": "99"}], ids=["by its key", "by its link"])
def test_what_is_remembered_is_of_the_pair_that_is_named_by_its_link_or_else_by_its_key(
    more: Any, memory: Memory
) -> None:
    link = pair(memory)

    settled(memory, writer(memory), Done(replace(update(link), **more), "done", record=WRITTEN, seen=BEFORE))

    assert learnt(memory, link.id) == {"left": "new", "right": "new"}


@pytest.mark.parametrize("more", [{"closes": False}, {"unfinished": True}], ids=["not the last", "not all is due"])
def test_a_pair_is_closed_by_the_last_of_its_writes_when_nothing_is_left(more: Any, memory: Memory) -> None:
    link = pair(memory)

    settled(memory, writer(memory), Done(update(link, **more), "done", record=WRITTEN, seen=BEFORE))

    assert known(memory).state == "pending"
    assert known(memory).record == box(**NEW)


@pytest.mark.parametrize("when", ["before our look", "between our look and our write"])
def test_a_record_that_was_edited_while_it_was_written_to_is_looked_at_again(when: str, memory: Memory) -> None:
    link = pair(memory)
    edited = shelf(Remark="new", Code="8")
    seen = shelf(Remark="old", Code="8") if when == "before our look" else BEFORE

    settled(memory, writer(memory), Done(update(link), "done", record=edited, seen=seen))

    right = known(memory, "right")
    assert (right.state, right.record) == ("waiting", edited)
    assert "it was edited in The Shelf meanwhile" in right.reason


def test_what_was_found_to_have_changed_is_put_aside_and_the_other_waits(memory: Memory) -> None:
    link, here = pair(memory), writer(memory)
    theirs = shelf(Remark="theirs", Code="7")

    settled(memory, here, Done(update(link), "stale", "Note was changed", theirs))

    assert known(memory, "right").record == theirs
    assert known(memory, "right").link == link.id
    assert (known(memory).state, known(memory).reason) == ("waiting", "Note was changed")
    assert learnt(memory, link.id) == {"left": "old", "right": "old"}
    assert here.keeper.counts == {"waiting": 1}


def test_who_was_found_to_be_gone_is_left_out_with_its_counterpart(memory: Memory) -> None:
    link = pair(memory)

    here = writer(memory)
    settled(memory, here, Done(update(link), "gone", "it is no longer in The Shelf"))

    assert here.keeper.counts == {"excluded": 1}
    after = memory.link(link.id)
    assert after is not None
    assert (after.gone["left"], after.gone["right"]) == (False, True)
    said = "it is no longer in The Shelf; a deletion does not travel, and neither do later changes"
    assert {(known(memory, side).state, known(memory, side).reason) for side in ("left", "right")} == {
        ("excluded", said)
    }
    assert take_in(MATCHED, memory, "right", BEFORE, run=3) == 1  # if it comes back, it is looked at


@pytest.mark.parametrize("verb", ["deactivate", "reactivate"])
def test_that_a_record_went_out_of_use_is_remembered_of_both_sides(verb: Any, memory: Memory) -> None:
    link = pair(memory)
    use = {"left": verb == "reactivate", "right": verb == "reactivate"}
    action = update(link, changes={"State": "asleep"}, fields=[], base={}, active=use)
    action.verb = verb

    settled(memory, writer(memory), Done(action, "done", record={**BEFORE, "State": "asleep"}, seen=BEFORE))

    after = memory.link(link.id)
    assert after is not None
    assert after.active == use


def test_of_two_writes_to_one_record_the_second_waits_for_the_first(memory: Memory) -> None:
    link = pair(memory)
    open_at_once: list[int] = []

    class Watched(Shelf):
        def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
            open_at_once.append(len(memory.unsettled()))
            return super().update(resource, key, changes, seen)

    shelves = Watched(BEFORE)
    number = update(
        link, changes={"Code": "8"}, fields=[["Number", "7", "8"]], base={"left": {"Number": "8"}}, expects={}
    )
    with memory.store.transaction():
        memory.add_actions([("thing", each.verb, each.to_json()) for each in (update(link, closes=False), number)])

    writer(memory, MATCHED, shelves).carry_out("thing")

    assert [changes for _, changes in shelves.written] == [{"Remark": "new"}, {"Code": "8"}]
    assert open_at_once == [1, 1]


# How a plan is carried out ------------------------------------------------------------------------------------------------


def test_sixteen_are_journalled_at_a_time_and_no_record_is_written_twice_in_one_batch() -> None:
    def to(key: str | None, verb: Any = "update", side: str = "right") -> Action:
        return Action("thing", verb, side, "it", key=key)

    many = [to(f"{each}") for each in range(33)]
    twice = [to("1"), to("2"), to("1", side="left"), to("1"), to("2")]
    new = [to(None, "create"), to(None, "create")]

    assert [len(each) for each in _batches(many)] == [16, 16, 1]
    assert [each for batch in _batches(many) for each in batch] == many
    assert list(_batches(twice)) == [twice[:3], twice[3:]]
    assert list(_batches(new)) == [new]
    assert list(_batches([])) == []


def test_what_fills_no_batch_waits_for_the_next_page_of_the_plan(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "actions", partial(memory.actions, limit=2))
    with memory.store.transaction():
        memory.add_actions([("thing", "create", create(source_id=f"L{each}").to_json()) for each in range(3)])
    here = writer(memory)
    sent: list[tuple[int, bool]] = []

    class Gathering:
        """Takes everything, and sends nothing before the last."""

        def takes(self, action: Action) -> bool:
            return True

        def send(self, gathered: list[Action], *, last: bool) -> list[Action]:
            sent.append((len(gathered), last))
            return gathered

    here.delivery = Gathering()  # type: ignore[assignment]  # what is sent is not looked at

    here.carry_out("thing")

    assert sent == [(2, False), (3, False), (3, True)]


@pytest.mark.parametrize(
    ("state", "error", "left"),
    [
        ("done", None, []),
        ("unknown", None, ["unknown"]),
        ("failed", RecordRefused("The Box", "no"), ["refused"]),
        ("failed", Unreachable("The Box", "no"), ["unknown"]),
        ("gone", None, ["unknown"]),
    ],
)
def test_an_id_that_could_not_be_left_is_told_and_looked_at_again(
    state: str, error: ProviderError | None, left: list[str], memory: Memory
) -> None:
    """Of an answer that was lost nobody is told: whether the id stands there is looked up first."""
    here = writer(memory)
    back = Action("thing", "update", "left", "it", key="L1", source_id="1", changes={"Ref": "left<1>"})
    with memory.store.transaction():
        entry = here.intents.entry(back, "write back")
    here.calls.make = lambda action: Done(action, state, "no", error=error)  # type: ignore[method-assign]  # how it went is what counts

    here.write_back([(entry, back)])

    assert [each.state for each in memory.unsettled()] == left
    told = [text for _, _, text in memory.notices(here.run)]
    assert told == (["the id could not be left in The Box: no"] if state in ("failed", "gone") else [])


# A create -----------------------------------------------------------------------------------------------------------------


def test_what_was_made_is_linked_and_its_id_left_where_the_mapping_keeps_it(memory: Memory) -> None:
    take_in(MATCHED, memory, "left", box(**NEW))
    here = writer(memory)

    ((_, back),) = settled(memory, here, Done(create(notices=["Told."]), "done", record=WRITTEN))

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    assert (link.ids, learnt(memory, link.id)) == ({"left": "L1", "right": "1"}, {"left": "new", "right": "new"})
    assert {known(memory, side).state for side in ("left", "right")} == {"synced"}
    assert (back.side, back.key, back.changes) == ("left", "L1", {"Ref": "left<1>"})
    assert [each.verb for each in memory.unsettled()] == ["write back"]
    assert [text for _, _, text in memory.notices(here.run)] == ["Told."]
    assert here.keeper.counts == {"created": 1}
    assert take_in(MATCHED, memory, "right", WRITTEN, run=3) == 0


def test_what_would_have_been_written_over_somebody_waits_and_is_decided_about_anew(memory: Memory) -> None:
    take_in(MATCHED, memory, "left", box(**NEW))
    here = writer(memory)

    assert settled(memory, here, Done(create(), "stale", "it would be taken for another")) == []

    waits = known(memory)
    assert (waits.state, waits.reason, waits.cure) == (
        "waiting", "it would be taken for another", "It is tried again by itself.",
    )  # fmt: skip
    assert waits.record == box(**NEW)
    assert (waits.link, memory.unsettled(), here.keeper.counts) == (None, [], {"waiting": 1})


def test_where_the_mapping_keeps_no_id_none_is_left(memory: Memory) -> None:
    rules = compiled(NOTE, NUMBER, more=BY_NUMBER)
    take_in(rules, memory, "left", box(**NEW))

    assert settled(memory, writer(memory, rules), Done(create(), "done", record=WRITTEN)) == []


def test_a_value_that_arrived_otherwise_than_it_was_sent_was_never_agreed_on(memory: Memory) -> None:
    take_in(MATCHED, memory, "left", box(**NEW))

    settled(memory, writer(memory), Done(create(), "done", record=shelf(Remark="cut off", Code="7")))

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    assert learnt(memory, link.id) == {"left": None, "right": None}
    assert {known(memory, side).state for side in ("left", "right")} == {"pending"}


@pytest.mark.parametrize(("shows", "active"), [(True, True), (False, False)])
def test_whether_what_was_made_is_in_use_is_what_is_seen_of_it_or_else_what_was_meant(
    shows: bool, active: bool, memory: Memory
) -> None:
    take_in(MATCHED, memory, "left", box(**NEW))
    rules = MATCHED if shows else papers(SHELF.replace("{field: State, inactive: asleep, writable: true}", "hidden"))

    settled(memory, writer(memory, rules), Done(create(active={"left": True, "right": False}), "done", record=WRITTEN))

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    assert link.active == {"left": True, "right": active}


@pytest.mark.parametrize("kept", [True, False])
def test_what_is_found_to_have_been_made_is_compared_once_more_if_its_source_may_have_changed(
    kept: bool, memory: Memory
) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    if not kept:
        with memory.store.transaction():
            memory.judge("thing", "left", "L1", "synced")
    here = writer(memory, PAPERS)

    with memory.store.transaction():
        here.keeper.adopt(create(), WRITTEN, found=True)

    assert known(memory).state == ("pending" if kept else "synced")


TICK = "follow_ups: {Tick the box: {after: {created: right}, done_when: {right: Marked}, because: no program can}}"
TICKED = compiled(NOTE, NUMBER, more=f"{BY_NUMBER}\n{TICK}")


def test_what_a_person_must_add_is_asked_for_what_was_made_there_and_nothing_else(memory: Memory) -> None:
    take_in(TICKED, memory, "left", box(**NEW))
    take_in(TICKED, memory, "right", shelf(Key=2, Code="8"))
    back = Action("thing", "create", "left", "it", source_id="2", changes={"Number": "8"}, base={"right": {}})
    here = writer(memory, TICKED)

    settled(memory, here, Done(create(), "done", record=WRITTEN))
    settled(memory, here, Done(back, "done", record=box(Id="L2", Number="8")))

    made = memory.link_of("thing", "left", "L1")
    assert made is not None
    assert [(link, text) for _, _, link, text, _ in memory.to_dos()] == [(made.id, "Tick the box")]


@pytest.mark.parametrize(
    ("marked", "done_when", "asked"),
    [(None, True, ["Tick the box"]), (True, True, []), (None, False, [])],
    ids=["it lacks it", "it has it", "nobody can see it"],
)
def test_what_a_person_must_add_is_asked_also_for_what_was_found_without_it(
    marked: bool | None, done_when: bool, asked: list[str], memory: Memory
) -> None:
    ticked = TICK if done_when else TICK.replace("done_when: {right: Marked}, ", "")
    rules = compiled(NOTE, NUMBER, more=f"{BY_NUMBER}\n{ticked}")
    take_in(rules, memory, "left", box(**OLD))
    take_in(rules, memory, "right", shelf(Remark="old", Code="7", Marked=marked))

    paired(memory, writer(memory, rules))

    assert [text for _, _, _, text, _ in memory.to_dos()] == asked


def test_of_whom_nothing_is_known_nothing_is_asked(memory: Memory) -> None:
    paired(memory, writer(memory, TICKED))

    assert memory.to_dos() == []


ROLES = papers(
    SHELF.replace("external_id: {field: Other}", "within: {resource: rates, at: Spot}")
    .replace("      Rows:", "      Spot: {type: object, of: Row, shared: true}\n      Rows:")
    .replace("      Place: {type: integer}", "      Place: {type: string}\n      Mark: {type: string}")
)
OF_ROLES = {
    "Note": ("Note", "Remark"), "Phone": ("Phone", "Dial"), "Number": ("Number", "Spot.Code"), "Kind": ("Kind", "Spot.Place"),
    "Name": ("Name", "Spot.Mark"), "Text": ("Ref", "Spot.Text"), "Address": ("Address.Street", "Spot.Rate"),
}  # fmt: skip


@pytest.mark.parametrize("attached", [True, False])
def test_what_the_thing_says_of_which_a_role_was_made_is_looked_at_when_it_is_read(
    attached: bool, memory: Memory
) -> None:
    """What was not written there is what it said before; where that is what the source says, it is agreed on."""
    spec = ROLES.spec
    thing = spec.entities["thing"]
    rows = tuple(
        replace(thing.rows[0], name=name, sides={"left": left, "right": right})
        for name, (left, right) in OF_ROLES.items()
    )
    rules = compile_rules(replace(spec, entities={"thing": replace(thing, rows=rows)}), {})
    source = {**NEW, "Phone": "1", "Kind": "A", "Name": "Ada", "Text": "ours"}
    take_in(rules, memory, "left", box(**source))
    action = create(
        changes={"Remark": "new", "Spot": {**({"Code": "R1"} if attached else {}), "Place": "A"}}, base={"left": source},
        fields=[["Note", "", "new"], ["Kind", "", "A"]],
    )  # fmt: skip
    made = shelf(
        Remark="new", Dial="2", Spot={"Code": "9", "Place": "A", "Mark": "Ada", "Text": "theirs", "Rate": "high"}
    )

    settled(memory, writer(memory, rules), Done(action, "done", record=made))

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    agreed = {"Note": "new", "Phone": "2", "Kind": "A", "Name": "Ada"}
    other = {"Number": "9", "Text": "theirs", "Address": "high"}
    assert link.base["right"] == (agreed if attached else agreed | other)
    assert take_in(rules, memory, "right", made, run=3) == attached


def test_what_was_edited_before_it_was_found_is_an_edit(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    here = writer(memory, PAPERS)

    with memory.store.transaction():
        here.keeper.adopt(create(), shelf(Remark="edited", Code="7"), found=True)

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    assert link.base == {"left": NEW, "right": NEW}
    assert known(memory, "right").state == "pending"


@pytest.mark.parametrize("found", [True, False])
def test_what_was_not_sent_and_is_there_came_with_it_or_was_typed_before_it_was_found(
    found: bool, memory: Memory
) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    here = writer(memory, PAPERS)
    action = create(changes={"Code": "7"}, base={"left": {"Number": "7"}}, fields=[["Number", "", "7"]])

    with memory.store.transaction():
        here.keeper.adopt(action, WRITTEN, found=found)

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    assert link.base["right"] == {"Number": "7", **({} if found else {"Note": "new"})}
    assert known(memory, "right").state == ("pending" if found else "synced")


# Without a write ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "settles", "kept"),
    [
        ({"keep": {"Note": "left"}}, True, False),
        ({"link": "1"}, True, False),
        ({"keep": {"Note": "left"}}, False, True),
        ({"ignore": True}, True, True),
    ],
)
def test_an_answer_that_was_followed_does_not_hold_for_the_next_question(
    answer: Any, settles: bool, kept: bool, memory: Memory
) -> None:
    link = pair(memory)
    with memory.store.transaction():
        memory.decide("thing", "left", "L1", answer, NOW)

    paired(memory, writer(memory), verb="remember", link=link.id, settles=settles)

    assert (memory.decision("thing", "left", "L1") == answer) is kept


def test_two_that_are_tied_are_counted_and_wait_for_their_writes(memory: Memory) -> None:
    take_in(MATCHED, memory, "left", box(**NEW))
    take_in(MATCHED, memory, "right", BEFORE)
    here = writer(memory)

    paired(memory, here, base={"left": {"Number": "7"}}, notices=["Told."])

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    assert (link.ids, link.base) == ({"left": "L1", "right": "1"}, {"left": {"Number": "7"}, "right": {}})
    assert {known(memory, side).state for side in ("left", "right")} == {"pending"}
    assert {known(memory, side).link for side in ("left", "right")} == {link.id}
    assert here.keeper.counts == {"linked": 1}
    assert [text for _, _, text in memory.notices(here.run)] == ["Told."]


@pytest.mark.parametrize("changes", [{"Code": "7", "Sum": 5}, {}])
def test_what_follows_from_a_record_begins_with_what_was_sent_if_that_can_be_told(
    changes: Record, memory: Memory
) -> None:
    given = owed_by().spec
    right = given.manifests["right"]
    items = replace(right.resources["items"], makes={"dues": {"Code": "Code", "Open": "Sum"}})
    manifests = {**given.manifests, "right": replace(right, resources={**right.resources, "items": items})}

    paired(memory, writer(memory, compile_rules(replace(given, manifests=manifests), {})), changes=changes)

    link = memory.link_of("thing", "left", "L1")
    assert link is not None
    due = memory.record("due", "right", f"{link.id}")
    assert (due and due.record) == ((changes and {"Code": "7", "Open": 5}) or None)


# A state beside a record ------------------------------------------------------------------------------------------------------


def test_a_state_has_no_id_of_its_own_that_could_be_left_anywhere(memory: Memory) -> None:
    given = owed_by(receipts=True).spec
    right = given.manifests["right"]
    dues = replace(right.resources["dues"], external_id="Code")
    manifests = {**given.manifests, "right": replace(right, resources={**right.resources, "dues": dues})}
    entities = {**given.entities, "due": replace(given.entities["due"], link_kept_in="right")}
    rules = compile_rules(replace(given, manifests=manifests, entities=entities), {})
    with memory.store.transaction():
        thing = memory.make_link("thing", {"left": "L1", "right": "1"}, {}, {})
    action = Action(
        "due", "create", "left", "it", source_id=f"{thing}", changes={"Amount": 5}, base={"right": {"Open": 5}}
    )

    follow = settled(memory, writer(memory, rules), Done(action, "done", record={"Id": "R1", "Amount": 5}))

    link = memory.link_of("due", "right", f"{thing}")
    assert link is not None
    assert (link.ids, link.parent, follow) == ({"left": "R1", "right": f"{thing}"}, thing, [])


@pytest.mark.parametrize("expects", [{"Open": "3"}, {}])
def test_an_edit_of_a_state_is_what_is_there_from_now_on_and_is_told_if_it_was_looked_at(
    expects: Record, memory: Memory
) -> None:
    rules = owed_by()
    with memory.store.transaction():
        thing = memory.make_link("thing", {"left": "L1", "right": "1"}, {}, {})
        known_of_both = {"left": {"Open": "3"}, "right": {"Open": "3"}}
        due = memory.make_link("due", {"left": "L1", "right": f"{thing}"}, known_of_both, {}, thing)
    action = Action("due", "update", "left", "it", "L1", f"{thing}", due, changes={"Amount": 5}, expects=expects)
    here = writer(memory, rules)

    settled(memory, here, Done(action, "stale", "Open was changed", box(Amount=4)))

    link = memory.link(due)
    assert link is not None
    assert link.base["left"] == {"Open": 4 if expects else "3"}
    told = "Open was edited in The Box; the next run replaces it, because The Shelf changed too"
    assert [text for _, _, text in memory.notices(here.run)] == ([told] if expects else [])


def test_an_edit_of_a_state_that_is_not_tied_is_nothing_to_go_on_from(memory: Memory) -> None:
    action = Action("due", "update", "left", "it", "L1", "1", changes={"Amount": 5}, expects={"Open": "3"})
    here = writer(memory, owed_by())

    settled(memory, here, Done(action, "stale", "Open was changed", box(Amount=4)))

    assert memory.notices(here.run) == []


# What was not done --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tries", [0, 1, 9])
def test_a_refused_write_is_tried_again_ever_more_rarely(tries: int, memory: Memory) -> None:
    take_in(MATCHED, memory, "left", box(**NEW))
    with memory.store.transaction():
        memory.judge("thing", "left", "L1", "failed", detail={"tries": tries} if tries else None)
    here = writer(memory)

    settled(memory, here, Done(create(), "failed", "no", error=RecordRefused("The Shelf", "no", cure="Shorten it.")))

    found = known(memory)
    assert (found.state, found.reason, found.cure) == ("failed", "The Shelf refused it: no", "Shorten it.")
    assert found.detail["tries"] == tries + 1
    assert found.detail["again"] == NOW + {0: 1, 1: 2, 9: 24}[tries] * HOUR
    assert here.keeper.counts == {"failed": 1}
    assert memory.unsettled() == []


def test_whoever_cannot_be_reached_ends_the_run_and_nothing_is_wrong_with_the_record(memory: Memory) -> None:
    take_in(MATCHED, memory, "left", box(**NEW))

    for error in (Unreachable("The Shelf", "nobody there"), LoginRefused("The Shelf", "who are you")):
        with pytest.raises(type(error)):
            settled(memory, writer(memory), Done(create(), "failed", error.says, error=error))

        assert (known(memory).state, known(memory).reason) == ("waiting", error.says)
    assert memory.unsettled() == []


def test_a_lost_answer_ends_no_run_and_is_looked_up(memory: Memory) -> None:
    take_in(MATCHED, memory, "left", box(**NEW))
    lost = OutcomeUnknown("The Shelf", "the answer was lost")

    here = writer(memory)
    settled(memory, here, Done(create(), "unknown", lost.says, error=lost))

    assert here.keeper.counts == {"unknown": 1}
    assert (known(memory).state, known(memory).detail) == ("waiting", {"because": "unknown"})
    assert [each.state for each in memory.unsettled()] == ["unknown"]


def test_what_was_half_done_waits_for_a_person(memory: Memory) -> None:
    take_in(MATCHED, memory, "left", box(**NEW))
    half = HalfDone("The Shelf", "the head is there", cure="Look at it.")

    settled(memory, writer(memory), Done(create(), "half", half.says, error=half))

    assert (known(memory).state, known(memory).cure) == ("waiting", "Look at it.")
    assert known(memory).detail["because"] == "half done"
    assert [each.state for each in memory.unsettled()] == ["half"]
