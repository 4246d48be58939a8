"""What waits for a person, as plain data: records with cause and cure, brakes, and what is to be done by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from syncrules.cli.data import Data, Part, systems, with_books
from syncrules.language.model import Spec
from syncrules.memory.kept import Books, ConnectionRow, Known, name_of
from syncrules.memory.memory import Memory

SHORTEST = 6
"""So many characters a reference to an item has at least."""


def pairs(books: Iterable[Books]) -> list[Data]:
    """Tell how the pairs of books of a connection stand."""
    return [
        {"title": each.title, "state": each.state, "reason": each.reason, "cure": each.cure, "since": each.since}
        for each in books
    ]


def reference(entity: str, side: str, id: str) -> str:
    """Give the whole reference to an item; its beginning is enough."""
    return hashlib.blake2b(f"{entity}\0{side}\0{id}".encode(), digest_size=10).hexdigest()


def items(spec: Spec, memory: Memory) -> list[Data]:
    """List the records that wait or failed, also those that are to be tried again, each with a short reference that stays the same."""
    title = systems(spec)
    return [
        {
            "ref": reference(entity, known.side, known.id),
            "entity": entity,
            "side": known.side,
            "system": title.get(known.side, known.side),
            "id": known.id,
            "name": known.name,
            "state": known.state,
            "reason": known.reason,
            "cure": known.cure,
            "since": known.since,
            "decide": (known.detail or {}).get("decide") if isinstance(known.detail, dict) else None,
            "candidates": candidates(spec, memory, entity, known),
        }
        for entity, known in memory.records(states=("waiting", "failed", "pending"))
        # What is pending has a reason only if it waited or failed before: it is the last one.
        if known.state != "pending" or known.reason
    ]


def candidates(spec: Spec, memory: Memory, entity: str, known: Known) -> list[Data]:
    """List which records on the other side an item may belong to."""
    other = spec.other(known.side)
    ids = (known.detail or {}).get("candidates", ()) if isinstance(known.detail, dict) else ()
    found = []
    for id_ in ids:
        there = memory.record(entity, other, id_)
        found.append(
            {
                "id": id_,
                "name": there.name if there is not None else id_,
                "side": other,
                "system": spec.manifests[other].title,
            }
        )
    return found


def shortened(*lists: list[Data]) -> None:
    """Cut references to the length at which all of them still differ."""
    refs = [each["ref"] for each in (one for rows in lists for one in rows)]
    length = SHORTEST
    while length < 20 and len({each[:length] for each in refs}) < len(set(refs)):
        length += 1
    for rows in lists:
        for each in rows:
            each["ref"] = each["ref"][:length]


def waiting(row: ConnectionRow, parts: Sequence[Part]) -> Data:
    """List everything that waits for a person."""
    records = [
        {**each, "system": with_books(title, each["system"])}
        for title, spec, memory in parts
        for each in items(spec, memory)
    ]
    held, to_do = all_brakes(parts), [each for _, spec, memory in parts for each in follow_ups(spec, memory)]
    shortened(records, held, to_do)
    books = [each for each in pairs(parts[0][2].store.books(row.name)) if each["state"] in ("waiting", "failed")]
    return {"connection": row.name, "items": records, "brakes": held, "follow_ups": to_do, "pairs": books}


def all_brakes(parts: Iterable[Part]) -> list[Data]:
    """List what is held back, in all pairs of books."""
    return [
        {**each, "reason": f"{title}: {each['reason']}" if title else each["reason"]}
        for title, _, memory in parts
        for each in brakes(memory)
    ]


def brakes(memory: Memory) -> list[Data]:
    """List what is held back until somebody says that it was meant."""
    # The brakes of many pairs of books have the same names.
    kind = "brake" if name_of(memory.connection) == memory.connection else f"brake {memory.connection}"
    return [
        {"ref": reference(kind, entity, name), "entity": entity, "name": name, "reason": reason, "count": count}
        for entity, name, reason, count in memory.brakes()
    ]


def follow_ups(spec: Spec, memory: Memory) -> list[Data]:
    """List what people still have to do by hand."""
    return [
        {"ref": reference("to do", entity, str(number)), "entity": entity, "name": _name_of(spec, memory, entity, link), "text": text, "because": because}
        for number, entity, link, text, because in memory.to_dos()
    ]  # fmt: skip


def _name_of(spec: Spec, memory: Memory, entity: str, number: int) -> str:
    link = memory.link(number)
    for side in spec.sides:
        id_ = link.ids.get(side) if link is not None else None
        known = memory.record(entity, side, id_) if id_ is not None else None
        if known is not None:
            return known.name
    return entity
