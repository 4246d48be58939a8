"""What a run plans of what it knows, and what it leaves alone for now."""

from __future__ import annotations

from datetime import UTC

from pair_world import NOTE, NUMBER, box, compiled, shelf, take_in

from syncrules.journey import schedule
from syncrules.journey.around import Around
from syncrules.journey.decide import Decider
from syncrules.memory.memory import Memory

RULES = compiled(NOTE, NUMBER, more="match:\n  - any: [Number]")
NOW = 1_000.0


def planned(memory: Memory) -> list[tuple[str, str]]:
    """Decide about everything; give what is planned: what is done, for which record of the left side."""
    open_ = {"thing": schedule.due(RULES.entities["thing"].entity, {}, NOW, UTC)}
    decider = Decider(
        RULES, memory, {}, Around(RULES, memory, {}), open_, set(), set(), lambda side, id_: f"{side}<{id_}>", NOW,
        lambda _: None, {},
    )  # fmt: skip
    decider.decide_all()
    return [(each["verb"], each["source_id"]) for _, each in memory.actions("thing")]


def test_what_may_have_been_made_is_not_planned_again_until_it_is_known(memory: Memory) -> None:
    """Where the answer to a create was lost and it cannot be looked up yet, a second one would be a duplicate."""
    take_in(RULES, memory, "left", box(Name="Ada", Note="new", Number="7"), box(Id="L2", Name="Bob", Number="8"))
    with memory.store.transaction():
        lost = memory.intend(memory.begin_run(NOW), "thing", "right", "create", None, "L1", None, "Ada", {}, NOW)
        memory.judge("thing", "left", "L1", "waiting", detail={"because": "unknown"}, forget=False)

    before = planned(memory)
    with memory.store.transaction():
        memory.settle(lost, "not done", NOW)

    assert before == [("create", "L2")]
    assert planned(memory) == [("create", "L1"), ("create", "L2")]


def test_what_may_have_been_made_is_not_made_over_by_what_it_finds(memory: Memory) -> None:
    """The record that it finds may be the very one that was made: that is for the look-up to say, or for a person."""
    take_in(RULES, memory, "left", box(Name="Ada", Note="new", Number="7"))
    take_in(RULES, memory, "right", shelf(Remark="new", Code="7"))
    with memory.store.transaction():
        memory.intend(memory.begin_run(NOW), "thing", "right", "create", None, "L1", None, "Ada", {}, NOW)

    assert planned(memory) == []
