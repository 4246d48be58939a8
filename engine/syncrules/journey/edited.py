"""What somebody edited of a state where we write it: said once and left alone until the state changes at its source, or put back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from syncrules.journey.decision import told
from syncrules.journey.read import Reading
from syncrules.journey.rules import EntityRules, Rules
from syncrules.memory.kept import Link
from syncrules.memory.memory import Memory
from syncrules.records import Record


def note(
    rules: Rules, memory: Memory, reading: Reading, page: Iterable[Record], run: int, settings: Mapping[str, Any]
) -> None:
    """Note which states of these records are no longer as we left them."""
    for name, each in rules.entities.items():
        side = reading.side
        if rules.watches(name, side) and each.source(side).resource == reading.resource.name:
            for record in page:
                _note_one(rules, each, memory, side, record, run, settings)


def _note_one(
    rules: Rules, each: EntityRules, memory: Memory, side: str, record: Record, run: int, settings: Mapping[str, Any]
) -> None:
    name = each.entity.name
    link = memory.link_of(name, side, each.resource(side).key_of(record))
    if link is None or not each.resource(side).is_one(record):
        return
    view, source = each.view(side, record, settings), rules.spec.other(side)
    title, there = rules.spec.manifests[side].title, rules.spec.manifests[source].title
    for row in each.rows:
        value, before = view.values.get(row.name), link.base[side].get(row.name)
        known = row.name in view.values and row.name in link.base[side]
        if not known or row.row.once or row.key(side, value) == row.key(side, before):
            continue
        if row.row.edited == "restore":
            _look_again(memory, name, source, link)
            continue
        link.base[side][row.name] = value
        memory.remember(link)
        text = f"{row.name} was edited in {title} and stays '{told(row.meant(value))}' until it changes in {there}"
        memory.notice(run, name, view.name, text)


def _look_again(memory: Memory, name: str, source: str, link: Link) -> None:
    """Let a state that is in sync be decided about in this run."""
    known = memory.record(name, source, str(link.ids[source]))
    if known is not None and known.state == "synced":
        memory.judge(name, source, known.id, "pending")
