"""What a side says is taken in page by page: what is as it was costs nothing more, and no stamp breaks the reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pair_world import BOX, NOTE, box, compiled, manifest_of, take_in
from small_world import SOUND, changed, load

from syncrules.connection import RealClock
from syncrules.journey import read
from syncrules.journey.around import Around
from syncrules.journey.read import becomes, belonging, is_new, newest, readings, since
from syncrules.journey.rules import Rules, compile_rules
from syncrules.journey.states import States
from syncrules.manifest import Changes, Resource
from syncrules.memory.kept import Known
from syncrules.memory.memory import Memory

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC).timestamp()
NUMBER = "Number: {left: Number, right: Code}"
BY_NUMBER = "match:\n  - any: [Number]"


def known(memory: Memory, id_: str, side: str = "left") -> Known:
    found = memory.record("thing", side, id_)
    assert found is not None
    return found


def done(memory: Memory, id_: str, side: str = "left", **more: Any) -> None:
    """Let a record be in sync."""
    with memory.store.transaction():
        memory.judge("thing", side, id_, "synced", **more)


# From when on to read -------------------------------------------------------------------------------------------------


def changes(*, overlap: timedelta = timedelta(0), sweep: timedelta | None = None) -> Changes:
    return Changes(("Changed",), overlap, sweep, ())


@pytest.mark.parametrize(
    ("how", "stamp", "full_at", "expected"),
    [
        pytest.param(None, "2026-05-04T10:00:00Z", NOW, None, id="the system cannot tell what changed"),
        pytest.param(changes(), None, NOW, None, id="nothing was read yet"),
        pytest.param(changes(), "2026-05-04T10:00:00Z", None, None, id="it was never read whole"),
        pytest.param(changes(), "2026-05-04T10:00:00Z", NOW, "2026-05-04T10:00:00Z", id="from the last stamp on"),
        pytest.param(changes(overlap=timedelta(minutes=5)), "2026-05-04T10:00:00Z", NOW, "2026-05-04T09:55:00Z", id="a little earlier"),
        pytest.param(changes(sweep=timedelta(days=7)), "2026-05-04T10:00:00Z", NOW - 7 * 86400, None, id="all of it is due again"),
        pytest.param(changes(sweep=timedelta(days=7)), "2026-05-04T10:00:00Z", NOW - 7 * 86400 + 1, "2026-05-04T10:00:00Z", id="not yet"),
        pytest.param(changes(), "2026-05-04T10:00:00.999999+00:00", NOW, "2026-05-04T10:00:00Z", id="never later by a fraction"),
        pytest.param(changes(), "2026-05-04T12:00:00+02:00", NOW, "2026-05-04T10:00:00Z", id="from another zone"),
        pytest.param(changes(), "2026-05-04", NOW, "2026-05-04T00:00:00Z", id="from a day on"),
    ],
)  # fmt: skip
def test_reading_begins_where_nothing_can_be_missed(
    how: Changes | None, stamp: str | None, full_at: float | None, expected: str | None
) -> None:
    assert since(how, stamp, full_at, NOW) == expected


STAMPED = (
    BOX.replace(
        "    keys: [Number]\n",
        "    keys: [Number]\n    changes: {since: [Changed, Address.Changed, Lines.Changed], overlap: {minutes: 1}}\n",
    )
    .replace("      Ref: {type: string}\n", "      Ref: {type: string}\n      Changed: {type: string}\n", 1)
    .replace("City: {type: string}}", "City: {type: string}, Changed: {type: string}}", 1)
    .replace("fields: {Net: {type: number},", "fields: {Net: {type: number}, Changed: {type: string},", 1)
)
RESOURCE: Resource = manifest_of(STAMPED).resources["things"]
UNSTAMPED: Resource = manifest_of(BOX).resources["things"]


def newest_of(*records: dict[str, Any], so_far: str | None = None) -> str | None:
    return newest(RESOURCE, list(records), so_far)


def test_the_newest_stamp_counts_wherever_it_stands() -> None:
    assert newest_of({"Changed": "2026-05-01"}, {"Changed": "2026-05-03T10:00:00Z"}) == "2026-05-03T10:00:00+00:00"
    assert newest_of({"Changed": "2026-05-01", "Address": {"Changed": "2026-05-02"}}) == "2026-05-02T00:00:00+00:00"
    assert newest_of({"Lines": [{"Changed": "2026-05-01"}, {"Changed": "2026-05-04"}]}) == "2026-05-04T00:00:00+00:00"
    assert newest_of({"Changed": "2026-05-01"}, so_far="2026-05-02T00:00:00+00:00") == "2026-05-02T00:00:00+00:00"
    assert (
        newest_of({"Changed": "2026-05-04T01:00:00+02:00"}, {"Changed": "2026-05-03T22:59:00Z"})
        == "2026-05-03T23:00:00+00:00"
    )


@pytest.mark.parametrize("nothing", [{}, {"Changed": None}, {"Changed": ""}, {"Address": None}, {"Lines": []}])
def test_without_a_stamp_it_stays_where_it_was(nothing: dict[str, Any]) -> None:
    assert newest_of(nothing) is None
    assert newest_of(nothing, so_far="2026-05-02T00:00:00+00:00") == "2026-05-02T00:00:00+00:00"
    assert newest(UNSTAMPED, [{"Changed": "2026-05-01"}], None) is None


@pytest.mark.parametrize(
    "stamp",
    [
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "0001-12-31T23:59:59Z",
        "9999-12-31T23:59:59-05:00",
        "yesterday",
        "2026-02-30",
        0,
        True,
    ],
)
def test_a_stamp_that_is_none_neither_counts_nor_breaks_the_reading(stamp: Any) -> None:
    assert newest_of({"Changed": stamp}) is None
    assert newest_of({"Changed": stamp}, {"Changed": "2026-05-01"}) == "2026-05-01T00:00:00+00:00"


def test_whatever_is_later_than_the_first_year_counts() -> None:
    assert newest_of({"Changed": "0002-01-01"}) == "0002-01-01T00:00:00+00:00"


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(st.lists(MOMENTS, min_size=1), st.lists(MOMENTS))
def test_reading_on_from_the_newest_stamp_misses_nothing_that_is_newer(
    before: list[datetime], later: list[datetime]
) -> None:
    stamp = newest_of(*({"Changed": each.isoformat()} for each in before))
    begin = since(changes(), stamp, NOW, NOW)

    assert begin is not None
    newer = [each for each in later if each >= max(before)]
    assert all(each >= datetime.fromisoformat(begin) for each in newer)


# What has to be read --------------------------------------------------------------------------------------------------


def plan_of_reading(
    rules: Rules, memory: Memory, *, whole: bool = False, sides: tuple[str, ...] = ("shop", "ledger", "left", "right")
) -> list[tuple[str, str, str | None]]:
    return [
        (each.side, each.resource.name, each.since)
        for each in readings(
            rules, memory, [(name, side) for name in rules.entities for side in sides], NOW, whole=whole
        )
    ]


def test_each_resource_is_read_once_and_only_where_something_is_wanted(memories: Callable[[], Memory]) -> None:
    rules = compile_rules(load(SOUND), {"book orders": True})
    memory = Memory(memories().store, "books", rules.spec.sides)

    assert plan_of_reading(rules, memory) == [
        ("shop", "customers", None),
        ("ledger", "debtors", None),
        ("shop", "orders", None),
        ("ledger", "open items", None),
    ]


def test_only_the_sides_that_are_wanted_are_read(memories: Callable[[], Memory]) -> None:
    rules = compile_rules(load(SOUND), {"book orders": True})
    memory = Memory(memories().store, "some books", rules.spec.sides)

    assert plan_of_reading(rules, memory, sides=("shop",)) == [("shop", "customers", None), ("shop", "orders", None)]


def test_rules_are_new_where_anything_was_read_by_others_or_never(memory: Memory) -> None:
    rules = compiled(NOTE)
    both = [("thing", "left"), ("thing", "right")]
    assert is_new(rules, memory, both)
    with memory.store.transaction():
        memory.move_cursor("left", "things", None, NOW, rules.digest)
    assert is_new(rules, memory, both)
    assert not is_new(rules, memory, both[:1])
    with memory.store.transaction():
        memory.move_cursor("right", "items", None, NOW, rules.digest)

    assert not is_new(rules, memory, both)


def test_under_other_rules_everything_is_read_again(memory: Memory) -> None:
    rules = compiled(NOTE)
    with memory.store.transaction():
        memory.move_cursor("left", "things", "2026-05-04T10:00:00Z", NOW, "other rules")

    assert plan_of_reading(rules, memory) == [("left", "things", None), ("right", "items", None)]


# Taking a page in -----------------------------------------------------------------------------------------------------


def test_a_new_record_is_put_aside_with_its_content(memory: Memory) -> None:
    assert take_in(compiled(NOTE), memory, "left", box(Id="a", Name="Ada", Note="x")) == 1

    found = known(memory, "a")
    assert (found.name, found.state, found.seen, found.link, found.since) == ("Ada", "pending", 1, None, 100.0)
    assert found.record == box(Id="a", Name="Ada", Note="x")


def test_a_record_that_is_as_it_was_is_only_seen(memory: Memory) -> None:
    rules = compiled(NOTE)
    take_in(rules, memory, "left", box(Id="a", Note="x"))
    done(memory, "a")

    assert take_in(rules, memory, "left", box(Id="a", Note="x", Phone="06"), run=2) == 0
    found = known(memory, "a")
    assert (found.state, found.seen, found.record) == ("synced", 2, None)


def test_a_record_that_waits_and_is_as_it_was_goes_on_waiting(memory: Memory) -> None:
    rules = compiled(NOTE)
    take_in(rules, memory, "left", box(Id="a"))
    with memory.store.transaction():
        memory.judge("thing", "left", "a", "waiting", reason="no number", detail={"because": "no number"})

    assert take_in(rules, memory, "left", box(Id="a"), run=2) == 0
    found = known(memory, "a")
    assert (found.state, found.reason, found.seen) == ("waiting", "no number", 2)


def test_a_record_that_changed_is_put_aside_again_and_stays_linked(memory: Memory) -> None:
    rules = compiled(NOTE)
    take_in(rules, memory, "left", box(Id="a", Note="x"))
    with memory.store.transaction():
        number = memory.make_link("thing", {"left": "a", "right": "1"}, {}, {})
    done(memory, "a", link=number)

    assert take_in(rules, memory, "left", box(Id="a", Note="y"), run=2) == 1
    found = known(memory, "a")
    assert (found.state, found.link, found.seen) == ("pending", number, 2)
    assert found.record is not None
    assert found.record["Note"] == "y"


def test_a_record_that_seemed_to_be_gone_and_is_there_is_no_longer_gone(memory: Memory) -> None:
    rules = compiled(NOTE)
    take_in(rules, memory, "left", box(Id="a", Note="x"))
    with memory.store.transaction():
        number = memory.make_link("thing", {"left": "a", "right": "1"}, {}, {})
        memory.judge("thing", "left", "a", "excluded", link=number)
        link = memory.link(number)
        assert link is not None
        link.gone["left"] = True
        memory.remember(link)
        memory.forget_digest("thing", "left", "a")

    take_in(rules, memory, "left", box(Id="a", Note="x"), run=2)

    again = memory.link(number)
    assert again is not None
    assert again.gone["left"] is False
    assert known(memory, "a").state == "pending"


OF_A_KIND = f"{BY_NUMBER}\nleft: {{resource: things, is: {{Kind: A}}}}"


def test_a_record_of_another_kind_is_not_taken_in(memory: Memory) -> None:
    rules = compiled(NOTE, NUMBER, more=OF_A_KIND)

    assert take_in(rules, memory, "left", box(Id="a", Kind="B"), box(Id="b", Kind="A")) == 1
    assert memory.record("thing", "left", "a") is None


def test_what_comes_after_a_record_that_became_another_kind_is_taken_in(memory: Memory) -> None:
    rules = compiled(NOTE, NUMBER, more=OF_A_KIND)
    take_in(rules, memory, "left", box(Id="a", Kind="A"))

    take_in(rules, memory, "left", box(Id="a", Kind="B"), box(Id="b", Kind="A"), run=2)

    assert memory.record("thing", "left", "a") is None
    assert known(memory, "b").seen == 2


def test_a_linked_record_that_became_another_kind_is_put_aside_to_be_asked_about(memory: Memory) -> None:
    rules = compiled(NOTE, NUMBER, more=OF_A_KIND)
    take_in(rules, memory, "left", box(Id="a", Kind="A", Number="7"))
    with memory.store.transaction():
        number = memory.make_link("thing", {"left": "a", "right": "1"}, {}, {})
    done(memory, "a", link=number)

    assert take_in(rules, memory, "left", box(Id="a", Kind="B", Number="7"), run=2) == 1
    assert known(memory, "a").state == "pending"


def test_a_record_that_became_another_kind_before_it_was_linked_is_forgotten(memory: Memory) -> None:
    rules = compiled(NOTE, NUMBER, more=OF_A_KIND)
    take_in(rules, memory, "left", box(Id="a", Kind="A", Number="7"))

    take_in(rules, memory, "left", box(Id="a", Kind="B", Number="7"), run=2, since="2026-05-04T10:00:00Z")

    assert memory.record("thing", "left", "a") is None
    assert memory.found_by("thing", "left", "tier 0: Number", ["7"]) == {}
    assert memory.undone("thing") == []


def test_a_record_can_be_found_by_what_it_is_now_and_not_by_what_it_was(memory: Memory) -> None:
    rules = compiled(NOTE, NUMBER, more=BY_NUMBER)
    take_in(rules, memory, "left", box(Id="a", Number="7"))
    take_in(rules, memory, "left", box(Id="a", Number="8"), run=2)

    assert memory.found_by("thing", "left", "tier 0: Number", ["7", "8"]) == {"8": ["a"]}

    take_in(rules, memory, "left", box(Id="a", Number=None), run=3)

    assert memory.found_by("thing", "left", "tier 0: Number", ["7", "8"]) == {}


def test_a_page_may_bring_a_record_twice_and_the_last_counts(memory: Memory) -> None:
    take_in(compiled(NOTE), memory, "left", box(Id="a", Note="x"), box(Id="a", Note="y"))

    found = known(memory, "a").record
    assert found is not None
    assert found["Note"] == "y"


def test_an_empty_page_is_a_page(memory: Memory) -> None:
    assert take_in(compiled(NOTE), memory, "left") == 0


def test_a_record_in_which_a_number_is_broken_stops_no_other(memory: Memory) -> None:
    rules = compiled("Amount: {left: Amount, right: Sum}")

    assert take_in(rules, memory, "left", box(Id="a", Amount="n/a"), box(Id="b", Amount=Decimal(1))) == 2


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", None])), max_size=8))
def test_only_what_changed_since_it_was_last_seen_is_put_aside(
    memories: Callable[[], Memory], history: list[tuple[str, str | None]]
) -> None:
    rules, memory = compiled(NOTE), memories()
    now: dict[str, str | None] = {}
    for run, (id_, note) in enumerate(history, 1):
        changed = take_in(rules, memory, "left", box(Id=id_, Note=note), run=run)

        assert changed == (0 if id_ in now and now[id_] == note else 1)
        now[id_] = note
        assert known(memory, id_).seen == run


# States beside linked records -----------------------------------------------------------------------------------------


@pytest.fixture
def books(memories: Callable[[], Memory]) -> tuple[Rules, Memory]:
    rules = compile_rules(load(SOUND), {"book orders": True})
    memory = memories()
    return rules, Memory(memory.store, memory.connection, rules.spec.sides)


def test_a_state_belongs_to_what_has_its_number(books: tuple[Rules, Memory]) -> None:
    rules, memory = books
    payment = rules.entities["payment"]

    assert belonging(payment, memory, "ledger", {"Number": 2026001}) == "2026001"
    assert belonging(payment, memory, "ledger", {"Number": ""}) == ""
    assert belonging(payment, memory, "ledger", {}) == ""


def test_a_state_is_taken_in_beside_the_record_it_belongs_to_and_for_no_other(books: tuple[Rules, Memory]) -> None:
    rules, memory = books
    resource = rules.spec.manifests["ledger"].resources["open items"]
    with memory.store.transaction():
        memory.know_by("invoice", [("#", "5", "payment", "", "2026001")])
        page = [{"Number": "2026001", "Total": 10, "Open": 4}, {"Number": "2026002", "Total": 9, "Open": 9}]
        changed = read.take_in(rules, memory, read.Reading("ledger", resource, None), page, 1, {}, NOW)

    found = memory.record("payment", "ledger", "5")
    assert changed == 1
    assert found is not None
    assert (found.state, found.record) == ("pending", page[0])
    assert memory.counts() == {("payment", "ledger", "pending", ""): 1}


def test_what_is_as_it_was_keeps_no_other_state_from_being_taken_in(books: tuple[Rules, Memory]) -> None:
    rules, memory = books
    resource = rules.spec.manifests["ledger"].resources["open items"]
    reading = read.Reading("ledger", resource, None)
    with memory.store.transaction():
        memory.know_by("invoice", [("#", each, "payment", "", f"202600{each}") for each in "567"])
        first = [{"Number": f"202600{each}", "Total": 10, "Open": 4} for each in "57"]
        then = [*first, {"Number": "2026006", "Total": 9, "Open": 9}]
        assert read.take_in(rules, memory, reading, first, 1, {}, NOW) == 2
        assert read.take_in(rules, memory, reading, then, 2, {}, NOW) == 1

    seen = {each: memory.record("payment", "ledger", each) for each in "567"}
    assert {each: found and found.seen for each, found in seen.items()} == dict.fromkeys("567", 2)


def by_debtor() -> Rules:
    """Rules under which an open item tells of its order and of its debtor, whom it calls by a code."""
    given = load(SOUND)
    ledger, payment = given.manifests["ledger"], given.entities["payment"]
    debtor = replace(ledger.resources["entries"].fields["Debtor"], by=("Code", "Id"))
    items = ledger.resources["open items"]
    items = replace(items, fields={**items.fields, "Debtor": debtor})
    ledger = replace(ledger, resources={**ledger.resources, "open items": items})
    source = replace(payment.sources["ledger"], belongs_to={"Number": "Order number", "Debtor": "Debtor"})
    payment = replace(payment, sources={**payment.sources, "ledger": source})
    return compile_rules(
        replace(
            given, manifests={**given.manifests, "ledger": ledger}, entities={**given.entities, "payment": payment}
        ),
        {"book orders": True},
    )


def test_a_state_names_its_customer_by_the_record_and_not_by_its_number(books: tuple[Rules, Memory]) -> None:
    rules, memory = by_debtor(), books[1]
    item = {"Number": "2026001", "Debtor": "X1"}
    assert belonging(rules.entities["payment"], memory, "ledger", item) == ""

    with memory.store.transaction():
        memory.know_by("customer", [("ledger", each, "@Code", "", "X1") for each in "4567"])
        links = {each: memory.make_link("customer", {"shop": f"c{each}", "ledger": each}, {}, {}) for each in "567"}
        gone = memory.link(links["5"])
        assert gone is not None
        gone.gone["ledger"] = True
        memory.remember(gone)

    # Nobody knows whose 4 is, and 5 is there no more.
    assert belonging(rules.entities["payment"], memory, "ledger", item) == "2026001 & 6"
    assert belonging(rules.entities["payment"], memory, "ledger", {**item, "Debtor": ""}) == ""


def test_rules_that_change_say_anew_by_what_a_state_finds_its_record(books: tuple[Rules, Memory]) -> None:
    rules, memory = books
    by_id = compile_rules(load(changed(("{Number: Order number}", "Number"))), {"book orders": True})
    links: list[str] = []
    with memory.store.transaction():
        for order, entry in (("o1", "77"), ("o2", None)):
            base = {"shop": {"Order number": order}, "ledger": {"Order number": f"2026-{order}"}}
            link = memory.make_link("invoice", {"shop": order, "ledger": entry}, base, {})
            States(rules, memory, Around(rules, memory, {}), RealClock(), 1).prepare(rules.entities["invoice"], link)
            links.append(str(link))
        before = memory.found_by("invoice", "#", "payment", ["2026-o1", "2026-o2", "77"])
        States(by_id, memory, Around(by_id, memory, {}), RealClock(), 2).renew()

    assert before == {"2026-o1": links[:1], "2026-o2": links[1:]}
    # Of an entry whose id is not known nothing new can be said.
    assert memory.found_by("invoice", "#", "payment", [*before, "77"]) == {"77": links[:1], "2026-o2": links[1:]}
    assert belonging(by_id.entities["payment"], memory, "ledger", {"Number": 77}) == "77"


# Recipes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ({"Number": "Code"}, {"Number": "A1"}),
        ({"Total": {"sum": "Rows.Amount"}}, {"Total": Decimal("3.30")}),
        ({"Open": {"value": 0}}, {"Open": 0}),
        ({"Nothing": "Absent"}, {"Nothing": None}),
        ({"Total": {"sum": "Absent.Amount"}}, {"Total": 0}),
        ({}, {}),
    ],
)
def test_a_record_is_made_from_another_by_a_recipe(shape: dict[str, Any], expected: dict[str, Any]) -> None:
    record = {"Code": "A1", "Rows": [{"Amount": Decimal("1.10")}, {"Amount": None}, {"Amount": Decimal("2.20")}]}

    assert becomes(shape, record) == expected
