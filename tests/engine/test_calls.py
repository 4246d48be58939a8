"""How one action is carried out, call by call: what is looked at before, what is sent, and what an answer means."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock
from time import sleep
from typing import Any
from unittest.mock import Mock

import pytest
from pair_world import NOTE, NUMBER, SHELF, box, compiled, papers, shelf
from small_world import SOUND, changed, document_row, load

from syncrules.errors import (
    HalfDone,
    LimitReached,
    LoginRefused,
    Nonsense,
    OutcomeUnknown,
    ProviderError,
    RecordGone,
    RecordRefused,
    Unreachable,
    UsageError,
)
from syncrules.journey.action import Action
from syncrules.journey.calls import Calls, Done
from syncrules.journey.rules import Rules, compile_rules
from syncrules.manifest import Alike
from syncrules.records import Record

BY_NUMBER = "match:\n  - any: [Number]"


class Shop:
    """A system that answers what was prepared, and notes what it was asked."""

    def __init__(self, *records: Record, raises: ProviderError | None = None, answer: Record | None = None) -> None:
        self.records = records
        self.raises = raises
        self.answer = answer or {}
        self.asked: list[tuple[Any, ...]] = []

    def fetch(self, resource: str, key: str) -> Record | None:
        self.asked.append(("fetch", resource, key))
        return next(iter(self.records), None)

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        self.asked.append(("find", resource, field, value))
        return [each for each in self.records if each.get(field) == value]

    def taken_for(self, resource: str, record: Record) -> list[Record]:
        self.asked.append(("taken_for", resource, record))
        return list(self.records)

    def create(self, resource: str, record: Record) -> Record:
        return self._written("create", resource, record)

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        return self._written("update", resource, key, changes, seen)

    def delete(self, resource: str, key: str) -> None:
        self._written("delete", resource, key)

    def _written(self, *asked: Any) -> Record:
        self.asked.append(asked)
        if self.raises is not None:
            raise self.raises
        return self.answer

    @property
    def written(self) -> list[tuple[Any, ...]]:
        return [each for each in self.asked if each[0] not in ("fetch", "find", "taken_for")]


def made(rules: Rules, shop: Shop, **action: Any) -> Done:
    """Carry out an action on the right."""
    given = {
        "entity": "thing",
        "verb": "update",
        "side": "right",
        "name": "it",
        "key": "1",
        "source_id": "L1",
        **action,
    }
    systems: Any = {"left": shop, "right": shop}
    return Calls(rules, systems, {}).make(Action(**given))


class Crowded(Shop):
    """A system that notes how many calls it had under way at once."""

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        self.lock = Lock()
        self.here = self.most = 0

    def fetch(self, resource: str, key: str) -> Record | None:
        with self.lock:
            self.here += 1
            self.most = max(self.most, self.here)
        sleep(0.02)
        with self.lock:
            self.here -= 1
        return super().fetch(resource, key)


def test_a_system_gets_no_more_calls_side_by_side_than_it_allows_however_many_the_other_does() -> None:
    given = compiled(NOTE).spec
    manifests = {side: replace(given.manifests[side], in_flight=width) for side, width in (("left", 4), ("right", 1))}
    rules = compile_rules(replace(given, manifests=manifests), {})
    systems = {"left": Crowded(box()), "right": Crowded(shelf())}
    calls = Calls(rules, systems, {})  # type: ignore[arg-type]  # all that a call needs of a provider
    actions = [
        Action("thing", verb="update", side=side, name="it", key="1", source_id="x")
        for side in systems
        for _ in range(8)
    ]
    with ThreadPoolExecutor(16) as pool:
        done = list(pool.map(calls.make, actions))

    assert {each.state for each in done} == {"done"}
    assert 2 <= systems["left"].most <= 4
    assert systems["right"].most == 1


# An update ----------------------------------------------------------------------------------------------------------------


def test_an_update_is_made_over_what_stands_there_now_and_what_is_there_after_is_told() -> None:
    there = shelf(Remark="old", Label="kept")
    shop = Shop(there, answer={"Mark": "stamped"})

    done = made(compiled(NOTE), shop, changes={"Remark": "new"}, expects={"Note": "old"})

    assert shop.asked == [("fetch", "items", "1"), ("update", "items", "1", {"Remark": "new"}, there)]
    assert done.state == "done"
    assert done.record == {**there, "Remark": "new", "Mark": "stamped"}
    assert done.seen == there


def test_what_somebody_changed_since_the_plan_was_made_is_not_written_over() -> None:
    shop = Shop(shelf(Remark="theirs"))

    done = made(compiled(NOTE), shop, changes={"Remark": "new"}, expects={"Note": "old"})

    assert (done.state, shop.written) == ("stale", [])
    assert "Note was changed in The Shelf in the meantime" in done.reason
    assert done.record == shelf(Remark="theirs")


def test_what_is_already_as_it_is_to_be_is_nobodys_edit() -> None:
    done = made(compiled(NOTE), Shop(shelf(Remark="new")), changes={"Remark": "new"}, expects={"Note": "old"})

    assert done.state == "done"


def test_a_row_that_the_plan_did_not_look_at_may_have_changed() -> None:
    shop = Shop(shelf(Remark="old", Code="other"))

    done = made(compiled(NOTE, NUMBER), shop, changes={"Remark": "new"}, expects={"Note": "old"})

    assert done.state == "done"


def test_a_row_that_is_not_told_is_passed_over_and_the_next_one_is_compared() -> None:
    there = shelf(Remark="theirs", Code="7")
    del there["Code"]

    done = made(compiled(NUMBER, NOTE), Shop(there), changes={"Remark": "new"}, expects={"Number": "7", "Note": "old"})

    assert done.reason.startswith("Note was changed in The Shelf")


def test_who_is_no_longer_there_is_not_written_to() -> None:
    shop = Shop()

    done = made(compiled(NOTE), shop, changes={"Remark": "new"})

    assert (done.state, shop.written) == ("gone", [])
    assert done.reason == "it is no longer in The Shelf"


@pytest.mark.parametrize(
    ("state", "changes", "written"),
    [
        ("awake", {"Remark": "new", "Code": "7"}, True),
        ("asleep", {"Remark": "new"}, True),
        ("asleep", {"Remark": "new", "Code": "7"}, False),
    ],
    ids=["open", "what may still be changed", "closed"],
)
def test_a_closed_record_is_changed_only_where_its_system_allows_it(state: str, changes: Record, written: bool) -> None:
    frozen = "frozen: {where: {State: [asleep]}, except: [Remark]}"
    rules = papers(SHELF.replace("    delete: by_id", f"    delete: by_id\n    {frozen}"))
    shop = Shop(shelf(State=state))

    done = made(rules, shop, changes=changes)

    assert bool(shop.written) is written
    assert done.state == ("done" if written else "stale")
    assert written or "it can no longer be changed in The Shelf (Code)" in done.reason


def test_a_delete_needs_no_look() -> None:
    shop = Shop()

    done = made(compiled(NOTE), shop, verb="delete")

    assert shop.asked == [("delete", "items", "1")]
    assert (done.state, done.record) == ("done", None)


# A create -----------------------------------------------------------------------------------------------------------------


def test_a_create_sends_what_was_planned_and_takes_over_what_the_system_adds() -> None:
    shop = Shop(answer={"Key": 9, "Code": "7"})

    done = made(papers(SHELF), shop, verb="create", key=None, changes={"Remark": "new", "Code": "7"})

    assert shop.asked == [("find", "items", "Code", "7"), ("create", "items", {"Remark": "new", "Code": "7"})]
    assert (done.state, done.record) == ("done", {"Remark": "new", "Code": "7", "Key": 9})


def test_a_document_with_a_number_that_is_there_is_not_made_but_looked_up() -> None:
    shop = Shop(shelf(Code="7"))

    done = made(papers(SHELF), shop, verb="create", key=None, changes={"Code": "7"})

    assert (done.state, shop.written) == ("unknown", [])
    assert done.reason == "there is one with this number already"


def test_a_document_without_a_number_is_not_looked_for() -> None:
    shop = Shop(shelf(Code=None))

    made(papers(SHELF), shop, verb="create", key=None, changes={"Remark": "new"})

    assert shop.asked == [("create", "items", {"Remark": "new"})]


def test_who_is_matched_by_keys_is_not_looked_for_once_more() -> None:
    shop = Shop(shelf(Code="7"))

    done = made(compiled(NOTE, NUMBER, more=BY_NUMBER), shop, verb="create", key=None, changes={"Code": "7"})

    assert done.state == "done"
    assert [each[0] for each in shop.asked] == ["create"]


REFUSALS = "    refusals:\n      - {code: %s, means: %s, because: So it is.}\n"


@pytest.mark.parametrize(("means", "asked"), [("already_there", ["create"]), ("waits", ["find", "create"])])
def test_where_the_system_itself_refuses_a_second_one_nobody_looks_for_it_first(means: str, asked: list[str]) -> None:
    rules = papers(SHELF.replace("    fields:\n      Key:", f"{REFUSALS % ('E1', means)}    fields:\n      Key:"))
    shop = Shop(shelf(Code="8"))

    made(rules, shop, verb="create", key=None, changes={"Code": "7"})

    assert [each[0] for each in shop.asked] == asked


@pytest.mark.parametrize("look_up", ["", "Other"], ids=["nothing to look it up by", "the id of the other side"])
def test_a_document_that_cannot_be_confused_with_another_is_not_looked_for(look_up: str) -> None:
    rules = papers(SHELF)
    right = rules.spec.manifests["right"]
    items = replace(right.resources["items"], look_up=look_up)
    manifests = {**rules.spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    shop = Shop(shelf(Other="7", Code="7"))

    made(
        compile_rules(replace(rules.spec, manifests=manifests), {}), shop, verb="create", key=None,
        changes={"Other": "7", "Code": "7"},
    )  # fmt: skip

    assert [each[0] for each in shop.asked] == ["create"]


def overwriting(rules: Rules, **more: Any) -> Rules:
    """Let the right side write a new record over one with the same code."""
    right = rules.spec.manifests["right"]
    items = replace(right.resources["items"], overwrites=(Alike(("Code",), "", "Change it."),), **more)
    manifests = {**rules.spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    return compile_rules(replace(rules.spec, manifests=manifests), {})


def test_whom_the_system_would_write_over_is_asked_with_what_is_sent_and_nobody_is() -> None:
    shop = Shop(shelf(Label="Ada", Code="7"), shelf(Label="Eva", Code="7"))
    rules = overwriting(compiled(NOTE, NUMBER, more=BY_NUMBER))

    done = made(rules, shop, verb="create", key=None, changes={"Code": "7", "Remark": "new"})

    assert shop.asked == [("taken_for", "items", {"Code": "7", "Remark": "new"})]
    assert (done.state, done.record) == ("stale", None)
    assert done.reason == (
        "The Shelf would take it for 'Ada', which is there now, and write over that; it is looked at again in the next run"
    )


def test_who_would_be_written_over_nobody_is_made() -> None:
    shop = Shop()

    done = made(
        overwriting(compiled(NOTE, NUMBER, more=BY_NUMBER)), shop, verb="create", key=None, changes={"Code": "7"}
    )

    assert [each[0] for each in shop.asked] == ["taken_for", "create"]
    assert done.state == "done"


@pytest.mark.parametrize(("spot", "asked"), [({"Code": "R1"}, False), ({"Code": ""}, True), (None, True)])
def test_what_becomes_a_role_of_something_that_is_there_is_meant_to_be_written_to_it(
    spot: Record | None, asked: bool
) -> None:
    shop = Shop(shelf(Code="7"))
    rules = overwriting(compiled(NOTE, NUMBER, more=BY_NUMBER), within=("rates", "Spot"))

    done = made(rules, shop, verb="create", key=None, changes={"Code": "7", "Spot": spot})

    assert [each[0] for each in shop.asked] == (["taken_for"] if asked else ["create"])
    assert done.state == ("stale" if asked else "done")


def test_where_it_cannot_be_asked_whom_the_system_would_write_over_nothing_is_made() -> None:
    class Down(Shop):
        def taken_for(self, resource: str, record: Record) -> list[Record]:
            raise Unreachable("The Shelf", "no such luck")

    rules, blind, down = overwriting(compiled(NOTE, NUMBER, more=BY_NUMBER)), Mock(spec=["create"]), Down()

    with pytest.raises(UsageError, match="cannot tell whom a new record would be written over"):
        made(rules, blind, verb="create", key=None, changes={"Code": "7"})
    done = made(rules, down, verb="create", key=None, changes={"Code": "7"})

    assert (done.state, done.reason) == ("failed", "no such luck")
    assert (blind.mock_calls, down.written) == ([], [])


# A state that was made before ---------------------------------------------------------------------------------------------


def paid(look_up: str = "Amount") -> Rules:
    """Give the rules of payments that are looked up by a field, and of which one row says nothing of what they belong to."""
    found = load(SOUND)
    shop = found.manifests["shop"]
    payments = replace(shop.resources["payments"], look_up=look_up)
    manifests = {**found.manifests, "shop": replace(shop, resources={**shop.resources, "payments": payments})}
    entity = found.entities["payment"]
    order = next(each for each in entity.rows if each.refers_to)
    own_id = replace(order, name="Own id", sides={"shop": "Id"}, refers_to=())
    entities = {**found.entities, "payment": replace(entity, rows=(own_id, *entity.rows))}
    return compile_rules(replace(found, manifests=manifests, entities=entities), {"book orders": True})


def payment(id_: str, amount: int, order: str) -> Record:
    return {"Id": id_, "Amount": f"{amount}", "Order": {"Id": order}}


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ([payment("P1", 5, "O1")], "P1"),
        ([payment("P1", 5, "O2")], None),
        ([payment("P1", 6, "O1")], None),
        ([payment("P1", 5, "O2"), payment("P2", 5, "O1")], "P2"),
        ([payment("P1", 5, "O1"), payment("P2", 5, "O1")], None),
        ([], None),
    ],
    ids=["the same", "of another", "another amount", "one of two", "two", "none"],
)
def test_a_state_that_was_made_before_our_memory_was_lost_is_found_by_that_to_which_it_belongs(
    there: list[Record], found: str | None
) -> None:
    """What it is a state of is said by the record itself; of two that say the same nobody knows which it is."""
    shop = Shop(*there, answer={"Id": "new"})
    systems: Any = {"shop": shop, "ledger": shop}
    action = Action("payment", "create", "shop", "it", source_id="1", changes={"Amount": 5, "Order": {"Id": "O1"}})

    done = Calls(paid(), systems, {}).make(action)

    assert (done.state, done.record and done.record["Id"]) == ("done", found or "new")
    assert [each[0] for each in shop.asked] == (["find"] if found else ["find", "create"])


@pytest.mark.parametrize(
    ("look_up", "changes"), [("", {"Amount": 5}), ("Amount", {"Amount": None})], ids=["by nothing", "nothing to say"]
)
def test_a_state_that_cannot_be_looked_up_is_made(look_up: str, changes: Record) -> None:
    shop = Shop(answer={"Id": "new"})
    systems: Any = {"shop": shop, "ledger": shop}

    Calls(paid(look_up), systems, {}).make(Action("payment", "create", "shop", "it", source_id="1", changes=changes))

    assert [each[0] for each in shop.asked] == ["create"]


# What a check wants to know -----------------------------------------------------------------------------------------------

ASKING = changed(
    *document_row("Period: {ledger: Period, look_up: period of a day, once: true}"),
    ("the lines make the order:", "a day that is open: {side: ledger, look_up: period of a day, value: Day}\n      the lines make the order:"),
)  # fmt: skip


class Ledger(Shop):
    """A system that knows of each day in which period it lies, if that is open."""

    def look_up(self, resource: str, question: str, asked: Record) -> str:
        self.asked.append(("look up", resource, question, asked))
        if asked["Day"] > "2026-06":
            raise RecordRefused("The Ledger", "that period is closed", cure="Open it.", code="C1")
        return "2026-P1"


def booked(ledger: Ledger, day: str) -> Done:
    """Send an invoice of a day, of which other checks ask nothing here, and another row asks something else."""
    systems: Any = {"shop": ledger, "ledger": ledger}
    found = load(ASKING)
    invoice = found.entities["invoice"]
    period = next(each for each in invoice.rows if each.look_up)
    (question,) = (each for each in invoice.checks if "look_up" in each.says)
    number = {**question.says, "value": "Number"}
    others = (
        replace(question, side="shop", says=number),
        replace(question, says={"sum": ["Rows.Amount"], "equals": 0}),
    )
    rows = (*invoice.rows, replace(period, name="Another", sides={"ledger": "Debtor"}, look_up="another question"))
    asking = replace(invoice, rows=rows, checks=(*others, *invoice.checks))
    rules = compile_rules(replace(found, entities={**found.entities, "invoice": asking}), {"book orders": True})
    changes = {"Number": "F1", "Day": day}
    return Calls(rules, systems, {}).make(Action("invoice", "create", "ledger", "it", source_id="O1", changes=changes))


def test_what_a_check_asks_the_system_is_asked_before_and_the_answer_goes_where_the_mapping_wants_it() -> None:
    ledger = Ledger()

    done = booked(ledger, "2026-01-31")

    assert ledger.asked == [
        ("find", "entries", "Number", "F1"),
        ("look up", "entries", "period of a day", {"Number": "F1", "Day": "2026-01-31"}),
        ("create", "entries", {"Number": "F1", "Day": "2026-01-31", "Period": "2026-P1"}),
    ]
    assert done.state == "done"


def test_what_a_check_is_refused_is_refused_by_its_name_and_nothing_is_sent() -> None:
    ledger = Ledger()

    done = booked(ledger, "2026-07-31")

    assert (done.state, [each[0] for each in ledger.asked]) == ("failed", ["find", "look up"])
    assert done.error is not None
    assert (done.reason, done.error.cure) == ("a day that is open: that period is closed", "Open it.")
    assert isinstance(done.error, RecordRefused)
    assert done.error.code == "C1"


# What an answer means -----------------------------------------------------------------------------------------------------

ANSWERS: list[tuple[Callable[..., ProviderError], str]] = [
    (RecordGone, "gone"),
    (RecordRefused, "failed"),
    (HalfDone, "half"),
    (OutcomeUnknown, "unknown"),
    (Nonsense, "unknown"),
    (Unreachable, "failed"),
    (LoginRefused, "failed"),
    (LimitReached, "failed"),
]


@pytest.mark.parametrize("verb", ["create", "update"])
@pytest.mark.parametrize(("error", "state"), ANSWERS, ids=lambda each: getattr(each, "__name__", each))
def test_only_what_certainly_was_carried_out_counts_as_done(
    error: Callable[..., ProviderError], state: str, verb: str
) -> None:
    trouble = error("The Shelf", "no such luck")

    done = made(compiled(NOTE), Shop(shelf(), raises=trouble), verb=verb, changes={"Remark": "new"})

    assert (done.state, done.reason, done.error) == (state, trouble.says, trouble)
    assert done.record is None
