"""What a record refers to, as it stands now: who waits for that goes on as soon as it has changed."""

from __future__ import annotations

from collections.abc import Iterator

from syncrules.journey.rules import EntityRules
from syncrules.memory.memory import Memory
from syncrules.records import Record, normal


def standing(memory: Memory, rules: EntityRules, side: str, record: Record) -> list[str]:
    """Tell what is known of the records that a record refers to and of their counterparts; the same as long as none has changed."""
    return [
        f"{entity} {id_}: {_told(memory, rules, entity, side, id_)}"
        for entity, id_ in sorted(_references(memory, rules, side, record))
    ]


def _references(memory: Memory, rules: EntityRules, side: str, record: Record) -> Iterator[tuple[str, str]]:
    for row in rules.rows:
        value = row.read(side, record) if row.row.refers_to and side in row.sides else None
        if not isinstance(value, str | int):
            continue
        by = row.reference_by.get(side, "")
        for entity in row.row.refers_to:
            key = str(normal(value))
            ids = memory.found_by(entity, side, f"@{by}", [key]).get(key, []) if by else [str(value)]
            yield from ((entity, id_) for id_ in ids)


def _told(memory: Memory, rules: EntityRules, entity: str, side: str, id: str) -> str:
    link, other = memory.link_of(entity, side, id), rules.spec.other(side)
    there = memory.record(entity, other, str(link.ids[other])) if link is not None else None
    here = memory.record(entity, side, id)
    looks = [each.digest.hex() if each is not None else "" for each in (here, there)]
    return f"{link.id} {link.gone[other]} {' '.join(looks)}" if link is not None else "alone"
