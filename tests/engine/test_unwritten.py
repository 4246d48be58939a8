"""What is said of a record that was not written, to what its manifest says of the refusal, and when it is tried again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pair_world import NOTE, NUMBER, SHELF, box, compiled, papers, shelf, take_in
from write_world import BY_NUMBER, HOUR, NEW, NOW, create, known, pair, update

from syncrules.errors import HalfDone, OutcomeUnknown, RecordRefused, Unreachable
from syncrules.http import StillClock
from syncrules.journey import referred
from syncrules.journey.action import Action
from syncrules.journey.calls import Done
from syncrules.journey.rules import Rules, compile_rules
from syncrules.journey.unwritten import Unwritten
from syncrules.manifest import Manifest
from syncrules.memory.memory import Memory

REFUSALS = """\
    refusals:
      - {code: E1, means: already_there, because: its number is taken, cure: Look there.}
      - {code: E2, means: already_there}
      - {code: E3, means: waits, because: its owner is locked, cure: Unlock it.}
      - {code: E4, means: invalid, because: it is too long}
      - {code: E5, means: invalid, cure: Make it shorter.}
    fields:
      Key:"""
TOLD = SHELF.replace("    fields:\n      Key:", REFUSALS)
PAPERS = papers(TOLD)
OWNER = "Owner: {left: Owner, right: Owner, refers_to: [thing]}"
AGAIN_BY_ITSELF = "It is tried again by itself."
CORRECT = "Correct it; what stays refused is tried ever more rarely, or at once with retry."


def among(manifests: Mapping[str, Manifest], rules: Rules) -> Rules:
    """Let rules be those between other systems."""
    return compile_rules(replace(rules.spec, manifests=manifests), {})


def unwritten(memory: Memory, rules: Rules = PAPERS) -> Unwritten:
    return Unwritten(rules, memory, StillClock(NOW), Counter())


def refused(code: str, cure: str = "", verb: Any = "create", action: Action | None = None) -> Done:
    """Let a write be refused with a code."""
    error = RecordRefused("The Shelf", "no", cure=cure, code=code)
    action = action or create()
    action.verb = verb
    return Done(action, "failed", "no", error=error)


def said(memory: Memory, done: Done, rules: Rules = PAPERS) -> tuple[str, str, str]:
    """Let a write be refused; give in which state its record is left, why, and what helps."""
    take_in(rules, memory, "left", box(**NEW))
    here = unwritten(memory, rules)
    with memory.store.transaction():
        here.refused(done.action, done)
    left = known(memory)
    return left.state, left.reason, left.cure


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (refused("E1"), ("waiting", "The Shelf says that it is already there: its number is taken", "Look there.")),
        (refused("E2"), ("waiting", "The Shelf says that it is already there", AGAIN_BY_ITSELF)),
        (refused("E1", verb="update"), ("failed", "The Shelf refused it: no (its number is taken)", "Look there.")),
        (refused("E3"), ("waiting", "The Shelf refused it: no (its owner is locked)", "Unlock it.")),
        (refused("E4", cure="Shorten."), ("failed", "The Shelf refused it: no (it is too long)", "Shorten.")),
        (refused("E4"), ("failed", "The Shelf refused it: no (it is too long)", CORRECT)),
        (refused("E5", cure="Shorten."), ("failed", "The Shelf refused it: no", "Make it shorter.")),
        (refused("E9", cure="Shorten."), ("failed", "The Shelf refused it: no", "Shorten.")),
        (refused("E9"), ("failed", "The Shelf refused it: no", CORRECT)),
        (
            Done(create(), "failed", "down", error=Unreachable("The Shelf", "down")),
            ("waiting", "down", AGAIN_BY_ITSELF),
        ),
    ],
)
def test_a_refusal_is_told_as_the_manifest_knows_it(done: Done, expected: tuple[str, str, str], memory: Memory) -> None:
    assert said(memory, done) == expected


@pytest.mark.parametrize(
    ("done", "counts"),
    [
        (refused("E1"), {"waiting": 1}),
        (refused("E3"), {"failed": 1}),
        (refused("E9"), {"failed": 1}),
        (Done(create(), "failed", "down", error=Unreachable("The Shelf", "down")), {}),
    ],
)
def test_it_is_counted_what_was_refused_and_what_waits(done: Done, counts: Any, memory: Memory) -> None:
    here = unwritten(memory)
    with memory.store.transaction():
        here.refused(done.action, done)

    assert here.counts == counts


def test_who_was_half_done_is_counted_as_waiting_and_told_what_the_system_said(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    here = unwritten(memory)
    half = HalfDone("The Shelf", "the head is there", cure="Look at it.")
    with memory.store.transaction():
        here.half_done(create(), Done(create(), "half", half.says, error=half))

    assert (known(memory).reason, known(memory).cure) == ("The Shelf: the head is there", "Look at it.")
    assert known(memory).detail == {"decide": "match", "candidates": [], "because": "half done"}
    assert here.counts == {"waiting": 1}

    with memory.store.transaction():
        here.half_done(create(), Done(create(), "half", half.says))

    assert known(memory).cure == ""


LOST = OutcomeUnknown("The Shelf", "lost")


@pytest.mark.parametrize(
    ("done", "became"),
    [
        (refused("E1"), "there"),
        (refused("E2"), "there"),
        (refused("E1", verb="update"), "failed"),
        (refused("E3"), "failed"),
        (refused("E9"), "failed"),
        (Done(create(), "failed", "no"), "failed"),
        (Done(create(), "done"), "done"),
        (Done(create(), "half", "x", error=HalfDone("The Shelf", "x")), "half"),
        (Done(create(), "unknown", "x", error=LOST), "unknown"),
        (Done(create(), "stale", "x", error=RecordRefused("The Shelf", "x", code="E1")), "failed"),
        (Done(create(), "gone", "x"), "failed"),
    ],
)
def test_what_is_there_already_is_looked_up(done: Done, became: str, memory: Memory) -> None:
    assert unwritten(memory).became(done) == became


def test_who_is_matched_by_keys_is_found_by_them_and_not_looked_up(memory: Memory) -> None:
    rules = among(PAPERS.spec.manifests, compiled(NOTE, NUMBER, more=BY_NUMBER))

    assert unwritten(memory, rules).became(refused("E1")) == "failed"
    assert unwritten(memory, rules).became(refused("E9")) == "failed"


# When it is tried again ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("detail", "tries", "hours"),
    [
        (None, 1, 1),
        ({"because": "unknown"}, 1, 1),
        ("another detail", 1, 1),
        ({"tries": 1}, 2, 2),
        ({"tries": 2}, 3, 4),
        ({"tries": 4}, 5, 16),
        ({"tries": 5}, 6, 24),
    ],
)
def test_what_was_refused_again_is_tried_ever_more_rarely(detail: Any, tries: int, hours: int, memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    with memory.store.transaction():
        memory.judge("thing", "left", "L1", "failed", detail=detail)
        unwritten(memory).refused(create(), refused("E9"))

    assert known(memory).detail == {"tries": tries, "again": NOW + hours * HOUR, "under": PAPERS.digest}


def test_what_waits_for_something_else_is_tried_again_when_that_has_changed(memory: Memory) -> None:
    rules = among(PAPERS.spec.manifests, compiled(NOTE, NUMBER, OWNER, to="right"))
    record = box(**NEW, Owner={"Id": "L9"})
    take_in(rules, memory, "left", record)
    here = unwritten(memory, rules)
    standing = referred.standing(memory, rules.entities["thing"], "left", record)
    with memory.store.transaction():
        here.refused(create(), refused("E3"))

    assert known(memory).detail["referred"] == standing == ["thing L9: alone"]

    with memory.store.transaction():
        here.refused(create(), refused("E9"))

    assert "referred" not in known(memory).detail


@pytest.mark.parametrize("source", [None, "L9"], ids=["made from nothing", "made from what nobody knows any more"])
def test_of_what_is_not_known_nothing_is_said(source: str | None, memory: Memory) -> None:
    here = unwritten(memory)
    action = create(source_id=source)
    with memory.store.transaction():
        here.refused(action, refused("E3", action=action))

    assert here._referred(action) == {}
    assert list(memory.records(states=("waiting", "failed"))) == []


def test_what_waits_and_whose_content_is_forgotten_refers_to_nothing(memory: Memory) -> None:
    take_in(PAPERS, memory, "left", box(**NEW))
    with memory.store.transaction():
        memory.judge("thing", "left", "L1", "synced")

    assert unwritten(memory)._referred(create()) == {}


# Of whom it is said -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "content", "told"),
    [("pending", True, True), ("waiting", True, True), ("pending", False, True), ("synced", False, False)],
)
def test_it_is_said_of_the_counterpart_too_if_something_of_that_is_still_to_be_done(
    state: Any, content: bool, told: bool, memory: Memory
) -> None:
    link = pair(memory)
    if content:
        take_in(compiled(NOTE, NUMBER, more=BY_NUMBER), memory, "right", shelf(Remark="theirs", Code="7"))
    with memory.store.transaction():
        memory.judge("thing", "right", "1", state, forget=False)
        unwritten(memory).judge(update(link), "waiting", "why", "cure", {"a": 1})

    left, right = known(memory), known(memory, "right")
    assert (left.state, left.reason, left.cure, left.detail) == ("waiting", "why", "cure", {"a": 1})
    assert (right.state, right.reason) == (("waiting", "why") if told else (state, ""))


def test_it_is_said_of_the_source_also_where_nothing_is_kept_of_it(memory: Memory) -> None:
    link = pair(memory, changed=False)
    with memory.store.transaction():
        unwritten(memory).judge(update(link), "excluded", "why")

    assert (known(memory).state, known(memory, "right").state) == ("excluded", "synced")
