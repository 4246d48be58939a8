"""What is concluded from a complete read: what is no longer there, as far as its system's manifest lets anybody know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal
from weakref import ref

import pytest
from pair_world import DUES, NOTE, NUMBER, SHELF, box, compiled, mapping, owed_by, papers, shelf

from syncrules.errors import Unreachable
from syncrules.http import StillClock
from syncrules.journey.event import Event
from syncrules.journey.intake import Intake
from syncrules.journey.rules import EntityRules, Rules, compile_rules
from syncrules.journey.settlements import Settlement
from syncrules.language.model import Reaction
from syncrules.manifest import Changes
from syncrules.memory.kept import Known, State
from syncrules.memory.memory import Memory
from syncrules.records import Record

NAME = "Name: {left: Name, right: Label, too_long: cut}"
STATES: tuple[State, ...] = ("pending", "waiting", "failed", "excluded", "synced")
LINKED = 6


@pytest.fixture
def memory(memories: Callable[[], Memory], monkeypatch: pytest.MonkeyPatch) -> Memory:
    """A memory that says at once where a run would ask it for ever: who was noted as gone is not missed a second time."""
    memory = memories()
    missed: list[tuple[str, str, int, str]] = []
    unseen = memory.unseen

    def once(entity: str, side: str, run: int, before: float) -> list[Known]:
        page = unseen(entity, side, run, before)
        assert not {(entity, side, run, each.id) for each in page}.intersection(missed)
        missed.extend((entity, side, run, each.id) for each in page)
        return page

    monkeypatch.setattr(memory, "unseen", once)
    return memory


class Clock:
    def now(self) -> float:
        return 100.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError


class Slow:
    """A system whose answer takes an hour, by a clock that stands still meanwhile."""

    def __init__(self, *records: Record) -> None:
        self.records = list(records)
        self.clock = StillClock(100.0)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        yield self.records
        self.clock.sleep(3600)


class System:
    """A system that gives these records, whole, on one page; it may fall silent then, and not say that this was all."""

    def __init__(self, *records: Record, breaks: bool = False) -> None:
        self.records = list(records)
        self.breaks = breaks

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        yield self.records
        if self.breaks:
            raise Unreachable("The Shelf", "nobody answers any more")


class Page(list[Record]):
    """A page of which it can be seen whether anybody still holds it."""


class Pages:
    """A system that gives its items page by page, and notes before each what became of the pages before it."""

    def __init__(self, memory: Memory, count: int) -> None:
        self.memory = memory
        self.count = count
        self.held: list[ref[Page]] = []
        self.seen: list[tuple[int, int]] = []
        """How many items the state store knew, and how many pages were still held, before each page."""

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        for number in range(self.count):
            known = len([each for _, each in self.memory.records(states=STATES) if each.side == "right"])
            self.seen.append((known, len([each for each in self.held if each() is not None])))
            page = Page([shelf(Key=2 * number + each, Label="Ada") for each in range(2)])
            self.held.append(ref(page))
            yield page
            del page


def rules(means: str) -> Rules:
    """Two systems; what is missing on the right means this."""
    spec = mapping(NAME, NOTE)
    right = spec.manifests["right"]
    items = replace(right.resources["items"], missing=means)
    manifests = {**spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    return compile_rules(replace(spec, manifests=manifests), {})


def taken(memory: Memory, means: str, run: int, *there: int, breaks: bool = False) -> list[str]:
    """Read both sides in a run, of which the right one gives these items; give what was stopped."""
    stopped: list[str] = []
    providers: Any = {
        "left": System(*(box(Id=f"L{each}", Name="Ada") for each in range(LINKED))),
        "right": System(*(shelf(Key=each, Label="Ada") for each in there), breaks=breaks),
    }
    intake = Intake(
        rules(means), memory, providers, {}, Clock(), run, lambda *said: stopped.append(said[2]), lambda _: None
    )
    intake.take({("thing", "left"), ("thing", "right")}, whole=True)
    return stopped


def linked(memory: Memory, means: str) -> None:
    """Let some be linked, and one more item be there that is not."""
    taken(memory, means, 1, *range(LINKED + 1))
    with memory.store.transaction():
        for each in range(LINKED):
            number = memory.make_link("thing", {"left": f"L{each}", "right": f"{each}"}, {}, {})
            for side, id_ in (("left", f"L{each}"), ("right", f"{each}")):
                memory.judge("thing", side, id_, "synced", link=number)


def gone(memory: Memory) -> list[bool]:
    return [each.gone["right"] for each in memory.links("thing")]


def on_the_right(memory: Memory) -> list[str]:
    return sorted(known.id for _, known in memory.records(states=STATES) if known.side == "right")


def test_what_a_complete_read_does_not_show_was_deleted(memory: Memory) -> None:
    linked(memory, "deleted")

    assert taken(memory, "deleted", 2, 1, 2, 3, 4, 5) == []
    assert gone(memory) == [True, False, False, False, False, False]
    assert on_the_right(memory) == ["0", "1", "2", "3", "4", "5"]


def test_a_page_goes_into_the_state_store_and_leaves_memory_before_the_next_but_one_is_asked_for(
    memory: Memory,
) -> None:
    pages = Pages(memory, 5)
    providers: Any = {"left": System(), "right": pages}
    Intake(rules("deleted"), memory, providers, {}, Clock(), 1, lambda *_: None, lambda _: None).take(
        {("thing", "right")}, whole=True
    )

    assert pages.seen == [(0, 0), (2, 1), (4, 1), (6, 1), (8, 1)]


@pytest.mark.parametrize(
    ("state", "expected"),
    [("synced", "excluded"), ("pending", "excluded"), ("failed", "failed")],
    ids=["in sync", "waits for its turn", "was refused"],
)
def test_who_lost_its_counterpart_is_told_so_unless_more_is_to_be_said(
    state: State, expected: State, memory: Memory
) -> None:
    """Who waited for the turn of a counterpart that never comes would be pending for ever, and nobody told why."""
    linked(memory, "deleted")
    with memory.store.transaction():
        memory.judge("thing", "left", "L0", state)

    taken(memory, "deleted", 2, 1, 2, 3, 4, 5)

    left = memory.record("thing", "left", "L0")
    assert left is not None
    assert left.state == expected
    assert ("its counterpart was deleted in The Shelf" in left.reason) == (expected == "excluded")


@pytest.mark.requirement("X-10")
def test_where_nobody_knows_what_it_means_nothing_was_deleted(memory: Memory) -> None:
    linked(memory, "unknown")

    assert taken(memory, "unknown", 2, 1, 2, 3, 4, 5) == []
    assert gone(memory) == [False] * LINKED
    assert on_the_right(memory) == ["0", "1", "2", "3", "4", "5"]
    assert {known.state for _, known in memory.records(states=STATES) if known.link is not None} == {"synced"}


@pytest.mark.requirement("X-10")
@pytest.mark.parametrize("means", ["deleted", "unknown"])
def test_from_an_empty_answer_nothing_is_concluded(means: str, memory: Memory) -> None:
    linked(memory, means)
    stopped = taken(memory, means, 2)

    assert len(stopped) == (means == "deleted")
    assert gone(memory) == [False] * LINKED
    assert on_the_right(memory) == ["0", "1", "2", "3", "4", "5", "6"]


@pytest.mark.requirement("X-10")
@pytest.mark.parametrize("means", ["deleted", "settled"])
def test_from_a_list_that_breaks_off_nothing_is_concluded(means: str, memory: Memory) -> None:
    linked(memory, means)

    with pytest.raises(Unreachable):
        taken(memory, means, 2, 1, 2, 3, 4, 5, breaks=True)

    assert gone(memory) == [False] * LINKED
    assert on_the_right(memory) == ["0", "1", "2", "3", "4", "5", "6"]


# What left a list of open items -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def owed() -> Rules:
    return owed_by()


def listed(memory: Memory, owed: Rules, run: int, *codes: str, whole: bool = True) -> list[str]:
    """Read what is due in a run, of which the list says this; give what was stopped."""
    stopped: list[str] = []
    records = [{"Code": each, "Open": 5, "Moved": "1970-01-01T00:01:05+00:00"} for each in codes]
    systems: Any = {"left": System(), "right": System(*records)}
    intake = Intake(owed, memory, systems, {}, Clock(), run, lambda *said: stopped.append(said[2]), lambda _: None)
    intake.take({("due", "right")}, whole=whole)
    return stopped


def owing(memory: Memory, owed: Rules, *codes: str) -> dict[str, str]:
    """Let something be due for things that are linked, and be carried over: number → the id of what is due."""
    made = {}
    with memory.store.transaction():
        for each in codes:
            made[each] = f"{memory.make_link('thing', {'left': each, 'right': each}, {}, {})}"
            memory.know_by("thing", [("#", made[each], "due", "", each)])
    listed(memory, owed, 1, *codes)
    with memory.store.transaction():
        for id_ in made.values():
            memory.judge("due", "right", id_, "synced", forget=False)
    return made


def test_what_came_about_a_moment_ago_is_not_settled_because_a_list_does_not_show_it_yet(
    memory: Memory, owed: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = replace(owed.spec.manifests["right"], lag=timedelta(seconds=6))
    slow = compile_rules(replace(owed.spec, manifests={**owed.spec.manifests, "right": right}), {})
    ids = owing(memory, slow, "a", "b")

    for run, now, amount in ((2, 105.0, 5), (3, 106.0, 0)):
        monkeypatch.setattr(Clock, "now", lambda _, now=now: now)
        listed(memory, slow, run, "b")
        found = memory.record("due", "right", ids["a"])
        assert found is not None
        assert found.record is not None
        assert found.record["Open"] == amount


def test_what_left_the_list_has_become_what_the_manifest_says(memory: Memory, owed: Rules) -> None:
    ids = owing(memory, owed, "a", "b", "c")

    assert listed(memory, owed, 2, "b", "c") == []
    found = [memory.record("due", "right", ids[each]) for each in "abc"]
    assert [(each.state, each.record and each.record["Open"]) for each in found if each] == [
        ("pending", 0),
        ("synced", 5),
        ("synced", 5),
    ]


def test_what_is_settled_is_not_missed_again(memory: Memory, owed: Rules) -> None:
    """Else what was paid in all the years counts as gone at once, and the brake holds what is paid today."""
    codes = "abcdefgh"
    owing(memory, owed, *codes)

    stopped = [listed(memory, owed, run, *codes[run:]) for run in range(2, len(codes))]

    assert stopped == [[]] * len(stopped)
    assert [each.id for each in memory.left_out("due", "right", len(codes) - 1, 1_000.0)] == []


def test_what_is_not_among_the_latest_changes_has_left_no_list(memory: Memory) -> None:
    owed = owed_by(DUES.replace("    title: dues\n", "    title: dues\n    changes: {since: [Moved]}\n"))
    ids = owing(memory, owed, "a", "b", "c")

    assert listed(memory, owed, 2, "c", whole=False) == []
    assert [each.state for id_ in ids.values() if (each := memory.record("due", "right", id_))] == ["synced"] * 3
    assert listed(memory, owed, 3, "c", whole=True) == []
    assert [each.state for id_ in ids.values() if (each := memory.record("due", "right", id_))] == [
        "pending",
        "pending",
        "synced",
    ]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [("1970-01-01T00:01:05+00:00", "1970-01-01T00:01:05+00:00"), ("1970-01-01T09:00:00+00:00", "1970-01-01T00:01:40+00:00")],
    ids=["its newest stamp", "no stamp from a clock that is ahead"],
)  # fmt: skip
def test_the_next_read_begins_no_later_than_this_one(stamp: str, expected: str, memory: Memory) -> None:
    given = rules("unknown")
    right = given.spec.manifests["right"]
    items = replace(right.resources["items"], changes=Changes(("Dial",), timedelta(0), None, ()))
    manifests = {**given.spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    given = compile_rules(replace(given.spec, manifests=manifests), {})
    slow = Slow(shelf(Label="Ada", Dial=stamp))
    systems: Any = {"left": System(box()), "right": slow}

    Intake(given, memory, systems, {}, slow.clock, 1, lambda *_: None, lambda _: None).take({("thing", "right")})

    assert memory.cursor("right", "items")[0] == expected


# Whether it may be believed to be settled -------------------------------------------------------------------------------------


class Found:
    """Says what became of what left a list: number → what was found out; of the others that they are there, and nothing more."""

    def __init__(self, **found: Settlement) -> None:
        self.found = found
        self.asked: list[str] = []

    def note(self, *page: Any) -> None: ...

    def of(self, rules: EntityRules, side: str, record: Record) -> Settlement:
        self.asked.append(record["Code"])
        return self.found.get(record["Code"], Settlement(there=True, proven=False))


PAID, REMOVED = Settlement(there=True, proven=True), Settlement(there=False, proven=False)
MOVED_ON = Settlement(there=True, proven=False, elsewhere=True)


def asking() -> Rules:
    """Rules of dues of which it can be looked up what settled them."""
    given = owed_by().spec
    right = given.manifests["right"]
    dues = replace(right.resources["dues"], settled_look_up={"of": "Code"})
    manifests = {**given.manifests, "right": replace(right, resources={**right.resources, "dues": dues})}
    return compile_rules(replace(given, manifests=manifests), {})


def settling(
    memory: Memory, owed: Rules, run: int, *codes: str, found: Found | None = None
) -> list[tuple[str, str, str, int]]:
    """Read what is due in a run, of which the list says this; give what was stopped."""
    stopped: list[tuple[str, str, str, int]] = []
    systems: Any = {"left": System(), "right": System(*({"Code": each, "Open": 5} for each in codes))}
    intake = Intake(owed, memory, systems, {}, Clock(), run, lambda *said: stopped.append(said), lambda _: None)
    intake.settlements = found or Found()  # type: ignore[assignment]  # what is found out is what counts
    intake.take({(name, "right") for name, each in owed.entities.items() if each.entity.for_each}, whole=True)
    return stopped


def due(memory: Memory, id_: str, entity: str = "due") -> tuple[str, str, Any]:
    """Tell of what is due its state, why, and how much."""
    found = memory.record(entity, "right", id_)
    assert found is not None
    return found.state, found.reason, found.record and found.record["Open"]


STILL = ("synced", "", 5)
SETTLED = ("pending", "", 0)


def test_what_became_of_each_that_left_the_list_is_told_apart(memory: Memory, owed: Rules) -> None:
    ids = owing(memory, owed, "a", "b", "c", "d", "e")

    assert settling(memory, asking(), 2, "d", found=Found(b=REMOVED, c=MOVED_ON, e=PAID)) == []
    left = "it left the dues of The Shelf "
    assert {each: due(memory, ids[each]) for each in ids} == {
        "a": SETTLED,
        "b": ("excluded", f"{left}and what it stands for is not there any more, so that nobody paid it", None),
        "c": ("excluded", f"{left}as one of this customer, and stands there as one of another", None),
        "d": STILL,
        "e": SETTLED,
    }
    assert [memory.record("due", "right", ids[each]).digest == b"" for each in "bc"] == [True, True]  # type: ignore[union-attr]


def test_a_person_is_told_of_what_nobody_can_tell(memory: Memory, owed: Rules) -> None:
    ids = owing(memory, owed, "a", "b")
    with memory.store.transaction():
        run = max(memory.begin_run(1.0), memory.begin_run(2.0))
    settling(memory, asking(), run, "b", found=Found(a=REMOVED))

    ((entity, _, text),) = memory.notices(run)
    assert entity == "due"
    assert text.endswith("nobody paid it. Look there what became of it, and enter that by hand.")
    known = memory.record("due", "right", ids["a"])
    assert known is not None
    assert known.cure == "Look there what became of it, and enter that by hand."


@pytest.mark.parametrize("accepted", [True, False])
def test_too_many_are_settled_at_once_only_if_somebody_says_so(accepted: bool, memory: Memory, owed: Rules) -> None:
    ids = owing(memory, owed, *"abcdefghijkl")
    if accepted:
        with memory.store.transaction():
            memory.brake("due", "settlements", "so many", 7, 1.0)
            memory.decide("due", "brake", "settlements", {"accept": True}, 1.0)
    found = Found(a=PAID)

    stopped = settling(memory, asking(), 2, *"hijkl", found=found)

    why = "7 of 12 dues are gone from The Shelf at once; they would count as settled"
    assert stopped == ([] if accepted else [("due", "settlements", why, 7)])
    assert due(memory, ids["a"]) == (SETTLED if accepted else STILL)
    assert found.asked == (list("abcdefg") if accepted else [])
    assert (memory.decision("due", "brake", "settlements"), memory.brakes()) == (None, [])


@pytest.mark.parametrize(("still", "stopped"), [(6, 0), (4, 1)])
def test_of_many_that_were_on_a_list_half_may_leave_it_at_once(
    still: int, stopped: int, memory: Memory, owed: Rules
) -> None:
    """Six of twelve are half of them; of ten they would be more."""
    codes = "abcdefghijkl"[: 6 + still]
    owing(memory, owed, *codes)

    assert len(settling(memory, asking(), 2, *codes[6:])) == stopped


@pytest.mark.parametrize(
    ("found", "settled"),
    [(Found(a=PAID, b=PAID), True), (Found(a=PAID), False), (Found(a=PAID, b=REMOVED), True), (Found(), False)],
    ids=["all proven", "one not proven", "one removed", "none proven"],
)
def test_from_an_empty_list_only_what_is_proven_is_concluded(
    found: Found, settled: bool, memory: Memory, owed: Rules
) -> None:
    ids = owing(memory, owed, "a", "b")

    stopped = settling(memory, asking(), 2, found=found)

    assert bool(stopped) is not settled
    assert due(memory, ids["a"]) == (SETTLED if settled else STILL)


def test_what_cannot_be_looked_up_is_never_settled_by_an_empty_list(memory: Memory, owed: Rules) -> None:
    ids = owing(memory, owed, "a", "b")

    assert len(settling(memory, owed, 2, found=Found(a=PAID, b=PAID))) == 1
    assert due(memory, ids["a"]) == STILL


def foreign(memory: Memory, id_: str) -> None:
    """Let what is due have been read in the words of another system."""
    known = memory.record("due", "right", id_)
    assert known is not None
    with memory.store.transaction():
        memory.keep("due", [replace(known, record={"Number": "x"})], 1.0)


@pytest.mark.parametrize("there", ["c", ""], ids=["among others", "from an empty list"])
def test_what_was_read_in_the_words_of_another_system_settles_nothing(there: str, memory: Memory, owed: Rules) -> None:
    ids = owing(memory, owed, "a", "b", "c")
    foreign(memory, ids["a"])
    found = Found(b=PAID, c=PAID)

    stopped = settling(memory, asking(), 2, *there, found=found)

    assert bool(stopped) is not bool(there)
    known = memory.record("due", "right", ids["a"])
    assert known is not None
    assert (known.state, known.reason) == (
        ("excluded", "it left the dues of The Shelf while the connection moved there from elsewhere") if there else ("synced", "")
    )  # fmt: skip
    assert due(memory, ids["b"]) == (SETTLED if there else STILL)


def test_what_is_foreign_counts_among_what_is_gone(memory: Memory, owed: Rules) -> None:
    ids = owing(memory, owed, *"abcdefgh")
    foreign(memory, ids["a"])

    assert [each[2:] for each in settling(memory, owed, 2, "g", "h")] == [
        ("6 of 8 dues are gone from The Shelf at once; they would count as settled", 6)
    ]


def test_of_what_nothing_is_kept_nothing_is_settled(memory: Memory, owed: Rules) -> None:
    ids = owing(memory, owed, "a", "b")
    with memory.store.transaction():
        memory.judge("due", "right", ids["a"], "synced")

    settling(memory, owed, 2, "b")

    assert due(memory, ids["a"]) == ("synced", "", None)


def test_what_was_nothing_stays_as_it_is_when_it_is_settled(memory: Memory, owed: Rules) -> None:
    ids = owing(memory, owed, "a", "b")
    view = owed.entities["due"].view("right", {"Code": "a", "Open": 0}, {})
    known = memory.record("due", "right", ids["a"])
    assert known is not None
    with memory.store.transaction():
        memory.keep("due", [replace(known, record={"Code": "a", "Open": 0}, digest=view.digest)], 1.0)

    settling(memory, owed, 2, "b")

    assert due(memory, ids["a"]) == ("synced", "", 0)


@pytest.mark.parametrize("how", ["other rules", "braked before", "as before"])
def test_rules_that_find_none_again_settle_nothing_until_they_have_found_one(
    how: str, memory: Memory, owed: Rules
) -> None:
    ids = owing(memory, owed, "a", "b")
    if how == "other rules":
        owed = compile_rules(owed.spec, {"anything": "else"})
    elif how == "braked before":
        with memory.store.transaction():
            memory.brake("due", "settlements", "none", 2, 1.0)

    stopped = settling(memory, owed, 2, "z")

    why = "the mapping or its settings changed, and none of the 2 dues is found again in The Shelf; they would count as settled"
    assert [each[2] for each in stopped] == ([] if how == "as before" else [why])
    assert due(memory, ids["a"]) == (SETTLED if how == "as before" else STILL)


def test_another_brake_or_that_of_another_entity_says_nothing_of_these(memory: Memory, owed: Rules) -> None:
    owing(memory, owed, "a", "b")
    with memory.store.transaction():
        memory.brake("due", "deletions", "many", 2, 1.0)
        memory.brake("thing", "settlements", "many", 2, 1.0)

    assert settling(memory, owed, 2, "z") == []


def test_one_that_is_stopped_does_not_stop_the_next(memory: Memory, owed: Rules) -> None:
    entities = owed.spec.entities
    braked = replace(entities["due"], brakes={"settlements": 0})
    other = replace(entities["due"], name="other")
    both = compile_rules(replace(owed.spec, entities={"thing": entities["thing"], "due": braked, "other": other}), {})
    with memory.store.transaction():
        number = f"{memory.make_link('thing', {'left': 'a', 'right': 'a'}, {}, {})}"
        memory.know_by("thing", [("#", number, name, "", "a") for name in ("due", "other")])
    settling(memory, both, 1, "a")

    assert [each[0] for each in settling(memory, both, 2, "z")] == ["due"]
    assert due(memory, number) == ("pending", "", 5)
    assert due(memory, number, "other") == ("pending", "", 0)


def test_a_list_from_which_nothing_is_concluded_does_not_stop_the_next(memory: Memory, owed: Rules) -> None:
    right, entities = owed.spec.manifests["right"], owed.spec.entities
    bills = replace(right.resources["dues"], name="bills", missing="unknown")
    manifests = {**owed.spec.manifests, "right": replace(right, resources={**right.resources, "bills": bills})}
    sources = entities["due"].sources
    bill = replace(
        entities["due"], name="bill", sources={**sources, "right": replace(sources["right"], resource="bills")}
    )
    both = {"thing": entities["thing"], "bill": bill, "due": entities["due"]}
    rules = compile_rules(replace(owed.spec, manifests=manifests, entities=both), {})
    with memory.store.transaction():
        number = f"{memory.make_link('thing', {'left': 'a', 'right': 'a'}, {}, {})}"
        memory.know_by("thing", [("#", number, name, "", "a") for name in ("bill", "due")])
    settling(memory, rules, 1, "a")

    assert settling(memory, rules, 2, "z") == []
    assert (due(memory, number, "bill"), due(memory, number)) == (("pending", "", 5), ("pending", "", 0))


# What is read, and how far it was read ----------------------------------------------------------------------------------------


class Timed:
    """A system that gives records, says since when it was asked, and takes an hour for it."""

    def __init__(self, *records: Record) -> None:
        self.records = list(records)
        self.asked: list[tuple[str, str | None]] = []
        self.clock = StillClock(100.0)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        self.asked.append((resource, since))
        yield from ([each] for each in self.records)
        self.clock.sleep(3600)


def intake_of(given: Rules, memory: Memory, right: Any, run: int, told: list[Event] | None = None) -> Intake:
    said = told if told is not None else []
    systems: Any = {"left": System(), "right": right}
    return Intake(given, memory, systems, {}, right.clock, run, lambda *_: None, said.append)


def stamped() -> Rules:
    """Two systems, of which the right one can say what changed."""
    given = rules("unknown")
    right = given.spec.manifests["right"]
    items = replace(right.resources["items"], changes=Changes(("Dial",), timedelta(0), None, ()))
    manifests = {**given.spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    return compile_rules(replace(given.spec, manifests=manifests), {})


def test_each_resource_is_read_once_in_a_run_and_the_count_is_told(memory: Memory) -> None:
    told: list[Event] = []
    right = Timed(shelf(Key=1), shelf(Key=2))
    intake = intake_of(rules("unknown"), memory, right, 1, told)

    intake.take({("thing", "right")})
    intake.take({("thing", "right")})

    assert right.asked == [("items", None)]
    assert intake.counts == {"right: items": 2}
    assert told == [Event("read", "right: items", 1), Event("read", "right: items", 2)]
    assert intake.taken == {("thing", "right")}


def test_what_is_read_since_the_last_time_is_no_whole_read_and_keeps_the_stamp(memory: Memory) -> None:
    given, stamp = stamped(), "1970-01-01T00:01:05+00:00"
    first, second, third = Timed(shelf(Key=1, Dial=stamp)), Timed(), Timed()
    first_intake = intake_of(given, memory, first, 1)
    first_intake.take({("thing", "right")})
    second.clock.sleep(50_000)
    second_intake = intake_of(given, memory, second, 2)
    second_intake.take({("thing", "right")})

    assert memory.cursor("right", "items") == (stamp, 100.0, given.digest)

    intake_of(given, memory, third, 3).take({("thing", "right")}, whole=True)

    assert [each.asked for each in (first, second, third)] == [
        [("items", None)], [("items", "1970-01-01T00:01:05Z")], [("items", None)],
    ]  # fmt: skip
    assert [set(each.whole) for each in (first_intake, second_intake)] == [{("right", "items")}, set()]
    assert [each.renewed for each in (first_intake, second_intake)] == [{("right", "items")}, set()]
    assert memory.cursor("right", "items") == (None, 100.0, given.digest)


def test_when_it_was_last_read_whole_stays_known_when_the_changes_are_read(memory: Memory) -> None:
    given, stamp = stamped(), "1970-01-01T00:01:05+00:00"
    later = Timed(shelf(Key=2, Dial="1970-01-01T05:00:00+00:00"))
    later.clock.sleep(50_000)
    for run, right in enumerate((Timed(shelf(Key=1, Dial=stamp)), later), 1):
        intake_of(given, memory, right, run).take({("thing", "right")})

    assert memory.cursor("right", "items") == ("1970-01-01T05:00:00+00:00", 100.0, given.digest)


def test_a_small_list_stands_in_the_manifest_or_is_read(memory: Memory) -> None:
    left = Timed({"Id": "1", "Code": "high"})
    systems: Any = {"left": left, "right": None}
    intake = Intake(rules("unknown"), memory, systems, {}, Clock(), 1, lambda *_: None, lambda _: None)

    assert [each["Code"] for each in intake.everything("right", "rates")] == ["high", "free"]
    assert list(intake.everything("left", "groups")) == [{"Id": "1", "Code": "high"}]


# What is missing, and may be too much -----------------------------------------------------------------------------------------


def test_of_too_many_that_are_missing_nobody_is_dropped(memory: Memory) -> None:
    linked(memory, "unknown")

    taken(memory, "unknown", 2, 7)

    assert on_the_right(memory) == [f"{each}" for each in range(LINKED + 2)]


@pytest.mark.parametrize("means", ["unknown", "deleted"])
def test_what_belongs_to_nobody_and_is_missing_is_forgotten(means: str, memory: Memory) -> None:
    linked(memory, means)

    assert taken(memory, means, 2, *range(LINKED)) == []
    assert on_the_right(memory) == [f"{each}" for each in range(LINKED)]


def read_again(memory: Memory, given: Rules, *there: int) -> list[tuple[str, str, str, int]]:
    """Read the right side again, of which the list says this; give what was stopped."""
    stopped: list[tuple[str, str, str, int]] = []
    systems: Any = {"left": System(), "right": System(*(shelf(Key=each, Label="Ada") for each in there))}
    intake = Intake(given, memory, systems, {}, Clock(), 2, lambda *said: stopped.append(said), lambda _: None)
    intake.take({("thing", "right")}, whole=True)
    return stopped


def reacting(then: str) -> Rules:
    """Two systems; a deletion on the right does this to the left."""
    given = rules("deleted")
    thing = given.spec.entities["thing"]
    events = {**thing.events, "right": {**thing.events["right"], "deleted": Reaction(then)}}
    return compile_rules(replace(given.spec, entities={"thing": replace(thing, events=events)}), {})


@pytest.mark.parametrize(("then", "brake"), [("ignore", "missing in right"), ("deactivate", "deletions")])
@pytest.mark.parametrize("accepted", [True, False])
def test_too_many_are_believed_to_be_gone_only_if_somebody_says_so(
    then: str, brake: str, accepted: bool, memory: Memory
) -> None:
    linked(memory, "deleted")
    if accepted:
        with memory.store.transaction():
            memory.brake("thing", brake, "so many", 6, 1.0)
            memory.decide("thing", "brake", brake, {"accept": True}, 1.0)

    stopped = read_again(memory, reacting(then), 7)

    said = "The Shelf gave 1 items; 6 of 6 that are linked are missing"
    assert stopped == ([] if accepted else [("thing", brake, said, 6)])
    assert gone(memory) == [accepted] * LINKED
    # Where a deletion travels, the answer holds until the run has carried it out.
    kept = accepted and then == "deactivate"
    assert (memory.decision("thing", "brake", brake) is not None) is kept
    assert bool(memory.brakes()) is kept


def test_no_record_at_all_is_said_in_words(memory: Memory) -> None:
    linked(memory, "deleted")

    assert read_again(memory, reacting("ignore")) == [
        ("thing", "missing in right", "The Shelf gave no items at all; 6 of 6 that are linked are missing", 6)
    ]


def test_a_deletion_that_travels_waits_to_be_carried_over(memory: Memory) -> None:
    linked(memory, "deleted")

    read_again(memory, reacting("deactivate"), 1, 2, 3, 4, 5)

    right, left = memory.record("thing", "right", "0"), memory.record("thing", "left", "L0")
    assert right is not None
    assert left is not None
    assert (right.state, right.reason, right.digest) == ("pending", "deleted in The Shelf", b"")
    assert left.state == "synced"
    assert gone(memory) == [True, *[False] * 5]


def test_what_came_about_a_moment_ago_is_not_missed_where_its_deletion_would_travel(memory: Memory) -> None:
    linked(memory, "deleted")
    given = reacting("deactivate")
    right = replace(given.spec.manifests["right"], lag=timedelta(seconds=6))
    slow = compile_rules(replace(given.spec, manifests={**given.spec.manifests, "right": right}), {})

    read_again(memory, slow, 1, 2, 3, 4, 5)

    assert gone(memory) == [False] * LINKED


@pytest.mark.parametrize(("then", "tied"), [("ignore", True), ("unlink", False)])
def test_who_was_deleted_is_left_out_and_taken_apart_if_the_mapping_says_so(
    then: str, tied: bool, memory: Memory
) -> None:
    linked(memory, "deleted")

    read_again(memory, reacting(then), 1, 2, 3, 4, 5)

    right = memory.record("thing", "right", "0")
    assert right is not None or not tied
    assert right is None or (right.state, right.digest) == ("excluded", b"")
    assert right is None or right.reason == "deleted in The Shelf; a deletion does not travel"
    assert (memory.link_of("thing", "right", "0") is not None) is tied


def test_who_was_deleted_and_taken_apart_is_forgotten(memory: Memory) -> None:
    linked(memory, "deleted")

    read_again(memory, reacting("unlink"), *range(1, LINKED + 1))

    assert on_the_right(memory) == [f"{each}" for each in range(1, LINKED + 1)]


def test_of_a_counterpart_that_nobody_knows_nothing_is_said(memory: Memory) -> None:
    linked(memory, "deleted")
    with memory.store.transaction():
        memory.drop("thing", "left", ["L0"])

    read_again(memory, reacting("ignore"), 1, 2, 3, 4, 5)

    assert gone(memory) == [True, *[False] * 5]


# Roles that something may get ---------------------------------------------------------------------------------------------------

ROLES = SHELF.replace("external_id: {field: Other}", "within: {resource: rates, at: Spot}").replace(
    "      Rows:", "      Spot: {type: object, of: Row, shared: true}\n      Rows:"
)


def roles(to: str = "right", without_role: Literal["add", "leave"] = "add", tiers: bool = True) -> Rules:
    """Rules of things that are roles on the right, found by a number of what they are roles of."""
    given = papers(ROLES).spec
    matched = compiled(NOTE, NUMBER, more="match:\n  - any: [Number]").spec.entities["thing"]
    thing = given.entities["thing"]
    rows = tuple(
        replace(each, sides={"left": "Number", "right": "Spot.Code"}) if each.name == "Number" else each
        for each in thing.rows
    )
    one = replace(thing, rows=rows, tiers=matched.tiers if tiers else (), without_role=without_role, to=to)
    plain = replace(one, name="plain", without_role="leave")
    return compile_rules(replace(given, entities={"plain": plain, "thing": one}), {})


class Rates(Timed):
    """A system in which things are that could get a role."""

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        for page in super().read(resource, since):
            yield page if resource == "rates" else []


@pytest.mark.parametrize(
    ("given", "wanted", "learnt"),
    [
        (roles(), "right", True),
        (roles(), "left", False),
        (roles(to="left"), "right", False),
        (roles(to="both"), "right", True),
        (roles(without_role="leave"), "right", False),
        (roles(tiers=False), "right", False),
    ],
)
def test_what_may_get_a_role_is_learnt_where_something_gets_one(
    given: Rules, wanted: str, learnt: bool, memory: Memory
) -> None:
    told: list[Event] = []
    right = Rates({"Code": "7"}, {"Code": "8"})

    intake_of(given, memory, right, 1, told).take({("thing", wanted)})

    found = memory.found_by("thing", "right without role", "tier 0: Number", ["7", "8", "9"])
    assert found == ({"7": ["7"], "8": ["8"]} if learnt else {})
    assert memory.found_by("thing", "right without role", "@Spot", ["7"]) == {}
    assert (("rates", None) in right.asked) is learnt
    assert memory.cursor("right", "rates for thing") == ((None, 3700.0, given.digest) if learnt else (None, None, ""))
    assert [each for each in told if each.what == "right: rates"] == [Event("read", "right: rates", 1)] * 2 * learnt


def test_of_what_may_get_a_role_only_the_changes_are_read_as_long_as_the_rules_are_the_same(memory: Memory) -> None:
    given = roles().spec
    right = given.manifests["right"]
    rates = replace(right.resources["rates"], changes=Changes(("Name",), timedelta(0), None, ()))
    manifests = {**given.manifests, "right": replace(right, resources={**right.resources, "rates": rates})}
    given = replace(given, manifests=manifests)
    stamp = "1970-01-01T00:01:05+00:00"
    asked = []
    for run, settings in enumerate(({}, {}, {"anything": "else"}), 1):
        right_side = Rates({"Code": "7", "Name": stamp})
        intake_of(compile_rules(given, settings), memory, right_side, run).take({("thing", "right")})
        asked += [since for resource, since in right_side.asked if resource == "rates"]

    assert asked == [None, "1970-01-01T00:01:05Z", None]
    assert memory.cursor("right", "rates for thing")[:2] == (stamp, 3700.0)
