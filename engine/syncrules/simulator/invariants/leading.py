"""Where both sides changed, the leading side stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from syncrules.language.model import Entity, Row
from syncrules.simulator.invariants.outcome import Outcome, versions
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.people import Deed
from syncrules.simulator.shape import leaves


@invariant
def the_leading_side_stands(outcome: Outcome) -> Iterator[str]:
    """Where both sides gave a row another value between two runs, the value of the side that leads is on both sides in the end."""
    last: dict[tuple[str, str, str], dict[str, Deed]] = defaultdict(dict)
    for deed in outcome.world.people.diary:
        if deed.row and deed.entity in outcome.entities:
            pair = _pair_of(outcome, outcome.entities[deed.entity], deed.side, deed.id, deed.at)
            if pair is not None:
                last[deed.entity, pair[0], deed.row][deed.side] = deed
    for (name, left, row_name), deeds in last.items():
        entity = outcome.entities[name]
        row = next((each for each in entity.rows if each.name == row_name), None)
        if row is None or len(deeds) < 2 or row.to != "both" or row.once or row.unknown != "report":
            continue
        winner = row.numbered_by or row.leading
        right = outcome.partner(name, outcome.spec.sides[0], left)
        if winner not in deeds or right is None or not _in_one_pause(outcome, deeds.values()):
            continue
        if entity.events[winner]["changed"].then != "update":
            continue
        ids = dict(zip(outcome.spec.sides, (left, right), strict=True))
        if outcome.reported(name, *ids.items()):
            continue
        yield from _stands(outcome, entity, row, deeds, winner, ids)


def _pair_of(outcome: Outcome, entity: Entity, side: str, id_: str, when: float) -> tuple[str, str] | None:
    left = side == outcome.spec.sides[0]
    for one, other, tied in outcome.ever[entity.name]:
        if (one if left else other) == id_ and tied < when:
            return one, other
    return None


def _in_one_pause(outcome: Outcome, deeds: Iterable[Deed]) -> bool:
    """Tell whether all of this was done between the same two runs."""
    moments = [each.at for each in deeds]
    return not any(ran.began <= max(moments) and min(moments) <= ran.ended for ran in outcome.world.runs)


def _stands(
    outcome: Outcome, entity: Entity, row: Row, deeds: Mapping[str, Deed], winner: str, ids: Mapping[str, str]
) -> Iterator[str]:
    loser = outcome.spec.other(winner)
    marks = {side: str(deed.mark) for side, deed in deeds.items()}
    if len(set(marks.values())) < 2 or not all(typed(outcome, deeds[side], marks[side]) for side in deeds):
        return
    for side, id_ in ids.items():
        record = outcome.world.twins[side].row(entity.sources[side].resource, id_)
        said = str(outcome.values(entity, side, record, row)) if record is not None else ""
        if record is not None and marks[loser] in said and marks[winner] not in said:
            yield f"{entity.name} '{ids[outcome.spec.sides[0]]}': {row.name} is {said} in {side}, and {winner} leads"


def typed(outcome: Outcome, deed: Deed, mark: str) -> bool:
    """Tell whether a deed left its mark in the system at all; a yes, or one of three words, cannot bear one."""
    return any(
        record is not None and when == deed.at and mark in " ".join(str(value) for _, value in leaves(record))
        for when, record in versions(outcome, deed.side, deed.resource, deed.id)
    )
