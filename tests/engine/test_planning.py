"""What a decision becomes: what the plan depends on and writes, and in which state those are who are not in it."""

from __future__ import annotations

from typing import Any

import pytest
from pair_world import NOTE, NUMBER, box, compiled, shelf, take_in

from syncrules.journey.action import Action, Verb
from syncrules.journey.around import Around
from syncrules.journey.decision import Decision, Judgement
from syncrules.journey.planning import Planning
from syncrules.memory.memory import Memory

OWNER = "Owner: {left: Owner, right: Owner, refers_to: [thing]}"
RULES = compiled(NOTE, NUMBER, OWNER, more="match:\n  - any: [Number]")
IDS = {"left": "L1", "right": "1"}
BOTH = {("thing", "left"), ("thing", "right")}
NOW = 1_000.0


def planned(memory: Memory, decision: Decision, ids: Any = IDS) -> Planning:
    """Put a decision into a plan that is empty, about records that were just read."""
    take_in(RULES, memory, "left", box(Name="Ada", Number="7"))
    take_in(RULES, memory, "right", shelf(Label="Ada", Code="7"))
    plan = Planning(RULES, memory, Around(RULES, memory, {}), NOW)
    with memory.store.transaction():
        plan.take(RULES.entities["thing"], decision, ids)
    return plan


def action(verb: Verb, side: str, *rows: str, **more: Any) -> Action:
    return Action(entity="thing", verb=verb, side=side, name="Ada", fields=[[row, "a", "b"] for row in rows], **more)


@pytest.mark.parametrize(
    ("verb", "side", "rows", "reaches"),
    [
        pytest.param("create", "right", ["Note"], {("thing", "right")}, id="made"),
        pytest.param("link", "left", [], BOTH, id="tied"),
        pytest.param("update", "right", ["Number"], {("thing", "right")}, id="given a number"),
        pytest.param("update", "right", ["Note", "Number"], {("thing", "right")}, id="given a number too"),
        pytest.param("update", "right", ["Owner"], {("thing", "right")}, id="meant by a number"),
        pytest.param("update", "left", ["Owner"], set(), id="meant by an id"),
        pytest.param("update", "right", ["Note"], set(), id="changed"),
        pytest.param("remember", "left", ["Number"], set(), id="remembered"),
        pytest.param("deactivate", "right", ["in use"], set(), id="taken out of use"),
    ],
)
def test_a_plan_depends_on_what_somebody_else_may_have_taken(
    verb: Verb, side: str, rows: list[str], reaches: set[Any], memory: Memory
) -> None:
    plan = planned(memory, Decision([action(verb, side, *rows)]))

    assert plan.reaches == reaches
    assert plan.written == ({side} if verb not in ("link", "remember") else set())


def test_what_a_plan_gives_another_number_is_called_by_it_in_the_same_plan(memory: Memory) -> None:
    update = action("update", "right", "Number", changes={"Code": "8"}, key="1")
    made = action("create", "left", changes={"Number": "9"})

    assert planned(memory, Decision([update])).around.renamed == {("thing", "left", "L1"): {"Code": "8"}}
    assert planned(memory, Decision([update]), {"right": "1"}).around.renamed == {}
    assert planned(memory, Decision([made])).around.renamed == {}


@pytest.mark.parametrize(
    ("judged", "answer"),
    [
        (Judgement("excluded", "x", detail={"before": True}), {"before": True}),
        (Judgement("waiting", "x", detail={"decide": "before"}), {"asked": True}),
        (Judgement("waiting", "x", detail={"decide": "conflict"}), None),
        (Judgement("excluded", "x"), None),
    ],
)
def test_only_what_was_there_before_is_answered_for_good(judged: Judgement, answer: Any, memory: Memory) -> None:
    planned(memory, Decision(judgements={"left": judged}))

    assert memory.decision("thing", "left", "L1") == answer


@pytest.mark.parametrize("state", ["waiting", "failed", "excluded"])
def test_who_is_judged_is_told_why_and_keeps_its_content(state: Any, memory: Memory) -> None:
    planned(memory, Decision(judgements={"left": Judgement(state, "why", "cure", {"a": 1})}))
    known = memory.record("thing", "left", "L1")

    assert known is not None
    assert (known.state, known.reason, known.cure, known.detail) == (state, "why", "cure", {"a": 1})
    assert known.record is not None


def test_nobody_is_judged_whose_id_is_not_known(memory: Memory) -> None:
    planned(memory, Decision(judgements={"right": Judgement("waiting", "why")}), {"left": "L1"})

    assert [known.state for _, known in memory.records(states=("pending", "waiting"))] == ["pending", "pending"]


BALANCED = compiled(
    NOTE, "Amount: {left: Amount, right: Sum}", to="right",
    more="checks:\n  balanced: {side: left, one_per: Number, sum: [Amount], equals: 0}",
)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "id_", "sent"),
    [("waiting", "L1", 0), ("failed", "L1", 0), ("excluded", "L1", 1), ("waiting", "L9", 1)],
)
def test_what_belongs_to_one_that_waits_or_fails_is_not_sent_either(
    state: Any, id_: str, sent: int, memory: Memory
) -> None:
    lines = [box(Id=each, Number="doc", Amount=amount) for each, amount in (("L1", 5), ("L2", -5))]
    take_in(BALANCED, memory, "left", *lines)
    rules, plan = BALANCED.entities["thing"], Planning(BALANCED, memory, Around(BALANCED, memory, {}), NOW)
    with memory.store.transaction():
        plan.take(rules, Decision([action("create", "right", source_id="L2")]), {"left": "L2"})
        plan.take(rules, Decision(judgements={"left": Judgement(state, "why")}), {"left": id_})
    plan.groups.keep_together(rules)

    assert len(memory.actions("thing")) == sent
