"""Writes between the two invented systems: how they are journalled, how they may have gone, what is remembered of them."""

from __future__ import annotations

from random import Random
from typing import Any

from pair_world import NOTE, NUMBER, Around, box, compiled, shelf, take_in

from syncrules.http import StillClock
from syncrules.journey.action import Action
from syncrules.journey.calls import Done
from syncrules.journey.rules import Rules
from syncrules.journey.write import Writer
from syncrules.memory.kept import Known, Link
from syncrules.memory.memory import Memory
from syncrules.records import Record
from syncrules.simulator.workers import Workers

BY_NUMBER = "match:\n  - any: [Number]"
MATCHED = compiled(NOTE, NUMBER, more=f"{BY_NUMBER}\nlink: {{id_of: right, kept_in: left}}")
PAPERS = compiled(NOTE, NUMBER, more="link: {id_of: right, kept_in: left}")
OLD, NEW = {"Note": "old", "Number": "7"}, {"Note": "new", "Number": "7"}
NOW = 1_000.0
HOUR = 3600


class Shelf:
    """The right side, where something is written or looked up; the left side, where ids are left."""

    def __init__(self, *found: Record, lefts: Record | None = None) -> None:
        self.found = list(found)
        self.lefts = lefts
        self.asked: list[tuple[str, str]] = []
        """How it was looked: fetch or find, and by what."""
        self.written: list[tuple[Any, ...]] = []

    def fetch(self, resource: str, key: str) -> Record | None:
        self.asked.append(("fetch", key))
        return self.lefts if resource == "things" else next(iter(self.found), None)

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        self.asked.append(("find", value))
        return [each for each in self.found if each[field] == value]

    def create(self, resource: str, record: Record) -> Record:
        self.written.append(("create", record))
        return {"Key": 1}

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        self.written.append((key, changes))
        return {}


def writer(memory: Memory, rules: Rules = MATCHED, shelf: Shelf | None = None) -> Writer:
    here: Any = shelf or Shelf()
    with memory.store.transaction():
        run = memory.begin_run(NOW)
    return Writer(
        rules, memory, {"left": here, "right": here}, Around(), StillClock(NOW), run,
        Workers(Random(1)), lambda side, id_: f"{side}<{id_}>",
    )  # fmt: skip


def known(memory: Memory, side: str = "left") -> Known:
    found = memory.record("thing", side, "L1" if side == "left" else "1")
    assert found is not None
    return found


def pair(memory: Memory, rules: Rules = MATCHED, *, changed: bool = True) -> Link:
    """Remember two records that are in sync; the left one has changed since."""
    take_in(rules, memory, "left", box(**OLD))
    take_in(rules, memory, "right", shelf(Remark="old", Code="7"))
    with memory.store.transaction():
        number = memory.make_link("thing", {"left": "L1", "right": "1"}, {"left": OLD, "right": OLD}, {})
        for side, id_ in (("left", "L1"), ("right", "1")):
            memory.judge("thing", side, id_, "synced", link=number, forget=True)
    if changed:
        take_in(rules, memory, "left", box(**NEW), run=2)
    found = memory.link(number)
    assert found is not None
    return found


def update(link: Link, **more: Any) -> Action:
    """Let the note go to the right."""
    given: dict[str, Any] = {
        "key": "1", "source_id": "L1", "link": link.id, "changes": {"Remark": "new"}, "fields": [["Note", "old", "new"]],
        "base": {"left": {"Note": "new"}}, "expects": {"Note": "old"}, "closes": True,
    }  # fmt: skip
    return Action("thing", "update", "right", "it", **{**given, **more})


def create(**more: Any) -> Action:
    """Let the left record be made on the right."""
    given: dict[str, Any] = {
        "source_id": "L1", "changes": {"Remark": "new", "Code": "7"}, "base": {"left": NEW}, "closes": True,
        "fields": [["Note", "", "new"], ["Number", "", "7"]],
    }  # fmt: skip
    return Action("thing", "create", "right", "it", **{**given, **more})


def settled(memory: Memory, here: Writer, done: Done) -> list[tuple[int, Action]]:
    """Journal an action, and let it have gone this way."""
    with memory.store.transaction():
        entry = here.intents.entry(done.action)
    return here.intents.settle([(entry, done)])


def paired(memory: Memory, here: Writer, **more: Any) -> None:
    """Tie two records, or refresh what is known of them, without a write."""
    given: dict[str, Any] = {"verb": "link", "side": "left", "name": "it", "key": "L1", "source_id": "1", **more}
    with memory.store.transaction():
        here.keeper.pair(Action("thing", **given))


def learnt(memory: Memory, number: int) -> dict[str, Any]:
    link = memory.link(number)
    assert link is not None
    return {side: rows.get("Note") for side, rows in link.base.items()}


WRITTEN = shelf(Remark="new", Code="7")
BEFORE = shelf(Remark="old", Code="7")
