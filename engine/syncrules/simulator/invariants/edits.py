"""No edit of a person is lost, and both sides say the same."""

from __future__ import annotations

from collections.abc import Iterator

from syncrules.language.model import Entity, Row
from syncrules.simulator.invariants.outcome import Outcome
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.people import Deed
from syncrules.simulator.shape import Record, leaves


@invariant
def no_lost_edit(outcome: Outcome) -> Iterator[str]:
    """What a person typed is on both sides, or somebody is told that it is not, or a rule of the mapping keeps it."""
    last: dict[tuple[str, str, str, str], Deed] = {}
    for deed in outcome.world.people.diary:
        if deed.row:
            last[deed.entity, deed.side, deed.id, deed.row] = deed
    for deed in last.values():
        entity = outcome.entities.get(deed.entity)
        row = next((each for each in entity.rows if each.name == deed.row), None) if entity is not None else None
        if entity is None or row is None or not travels(outcome, entity, row, deed.side):
            continue
        partner = outcome.partner(deed.entity, deed.side, deed.id)
        here = outcome.world.twins[deed.side].row(deed.resource, deed.id)
        other = outcome.spec.other(deed.side)
        there = outcome.world.twins[other].row(entity.sources[other].resource, partner) if partner else None
        if here is None or there is None or not partner:
            continue
        contested = (deed.entity, other, partner, deed.row) in last
        mark = str(deed.mark) if not contested and _typed(outcome, deed, str(deed.mark)) else ""
        if outcome.reported(deed.entity, (deed.side, deed.id), (other, partner)) or outcome.noticed(row.name, mark):
            continue
        yield from _lost(outcome, entity, row, deed, here, there)


def _lost(outcome: Outcome, entity: Entity, row: Row, deed: Deed, here: Record, there: Record) -> Iterator[str]:
    other = outcome.spec.other(deed.side)
    mine, theirs = (
        str(outcome.values(entity, side, record, row)) for side, record in ((deed.side, here), (other, there))
    )
    mark = str(deed.mark)
    left, right = (here, there) if deed.side == outcome.spec.sides[0] else (there, here)
    if not outcome.agree(entity, row, left, right):
        yield f"{entity.name} '{deed.id}': {row.name} is {mine} in {deed.side} and {theirs} in {other}, and nobody is told"
    elif mark in mine and mark not in theirs:
        yield f"{entity.name} '{deed.id}': {row.name} became {mine} in {deed.side}; {theirs} in {other} knows nothing of it"
    elif (
        mark not in mine
        and _typed(outcome, deed, mark)
        and not _was_there(outcome, other, mark)
        and not _taken_for_new(outcome, deed)
        and not _typed_over(outcome, deed, mark)
        and not _came_too_late(outcome, deed)
    ):
        yield f"{entity.name} '{deed.id}': {row.name} with {mark}, typed in {deed.side}, is nowhere any more ({mine})"


def _taken_for_new(outcome: Outcome, deed: Deed) -> bool:
    """Tell whether the system wrote a new record over this one, which came too late to be seen: else another promise is broken."""
    log = outcome.world.twins[deed.side].log
    return any(each.taken and each.id == deed.id and each.at >= deed.at for each in log)


def _came_too_late(outcome: Outcome, deed: Deed) -> bool:
    """Tell whether it was typed between a look at the record and the write that followed at once: no system tells then."""
    log = outcome.world.twins[deed.side].log
    return any(each.who == "engine" and each.id == deed.id and each.at == deed.at for each in log)


def _typed_over(outcome: Outcome, deed: Deed, mark: str) -> bool:
    """Tell whether somebody typed something else in its place, seeing it as something else that has this field too."""
    return any(
        each.who == "person" and each.id == deed.id and each.before is not None and each.after is not None
        and mark in _said(each.before) and mark not in _said(each.after)
        for each in outcome.world.twins[deed.side].log
    )  # fmt: skip


def _typed(outcome: Outcome, deed: Deed, mark: str) -> bool:
    """Tell whether a deed left its mark in the system at all; a yes, or one of three words, cannot bear one."""
    return any(
        write.who == "person" and write.id == deed.id and write.after is not None and mark in _said(write.after)
        for write in outcome.world.twins[deed.side].log
    )


def _was_there(outcome: Outcome, side: str, mark: str) -> bool:
    return any(write.after is not None and mark in _said(write.after) for write in outcome.world.twins[side].log)


def _said(record: Record) -> str:
    return " ".join(str(value) for _, value in leaves(record))


def travels(outcome: Outcome, entity: Entity, row: Row, source: str) -> bool:
    """Tell whether the mapping carries changes of a row from a side."""
    other = outcome.spec.other(source)
    if row.unknown != "report" or row.empty is not None:
        return False  # the rule itself says that another value may stand there
    carried = entity.events[source]["changed"].then == "update"
    return (
        carried and entity.to in ("both", other) and row.to in ("both", other) and not row.once and len(row.sides) == 2
    )


@invariant
def both_sides_agree(outcome: Outcome) -> Iterator[str]:
    """Of a pair that is in sync, both sides say the same in every two-way row."""
    left, right = outcome.spec.sides
    for name, pairs in outcome.pairs.items():
        entity = outcome.entities[name]
        for one, other in pairs.items():
            if outcome.reported(name, (left, one), (right, other)) or (name, left, one) not in outcome.states:
                continue
            records = [
                outcome.world.twins[side].row(entity.sources[side].resource, id_)
                for side, id_ in ((left, one), (right, other))
            ]
            for row in entity.rows:
                both = row.to == "both" and travels(outcome, entity, row, left) and travels(outcome, entity, row, right)
                if (
                    both
                    and not row.refers_to
                    and all(records)
                    and not outcome.agree(entity, row, records[0] or {}, records[1] or {})
                ):
                    said = [
                        outcome.values(entity, side, record or {}, row)
                        for side, record in zip((left, right), records, strict=True)
                    ]
                    yield f"{name} '{one}' and '{other}': {row.name} is {said[0]} and {said[1]}"
