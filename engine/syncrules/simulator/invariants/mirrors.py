"""A mirror shows what is there."""

from __future__ import annotations

from collections.abc import Iterator

from syncrules.language.model import Entity
from syncrules.simulator.invariants.edits import travels
from syncrules.simulator.invariants.outcome import Outcome
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.invariants.writes import may_go
from syncrules.simulator.shape import Record


@invariant
def a_mirror_shows_what_is_there(outcome: Outcome) -> Iterator[str]:
    """A side that is only written to holds of whatever is in sync what the other side says, and nothing that is gone there."""
    for name, entity in outcome.entities.items():
        target = entity.to
        if target not in outcome.spec.sides or outcome.resource(entity, target).readable or name in outcome.braked:
            continue
        source = outcome.spec.other(target)
        here = outcome.world.twins[source].rows(entity.sources[source].resource)
        there = outcome.world.twins[target].rows(entity.sources[target].resource)
        partners = {id_: outcome.partner(name, source, id_) for id_ in here}
        for (of, side, id_), known in outcome.states.items():
            if (of, side) == (name, source) and known.state == "synced" and id_ in here:
                yield from _shown_there(outcome, entity, id_, here[id_], there.get(partners[id_] or ""))
        if may_go(outcome, target, entity.sources[target].resource) and entity.link_is_id_of == target:
            for id_ in sorted(there.keys() - here.keys()):
                if not outcome.reported(name, (source, id_)):
                    yield f"{name} '{id_}' is still in {target}, and nobody has it any more"


def _shown_there(outcome: Outcome, entity: Entity, id_: str, here: Record, there: Record | None) -> Iterator[str]:
    source = outcome.spec.other(entity.to)
    if there is None:
        yield f"{entity.name} '{id_}' counts as in sync and is not in {entity.to}"
        return
    left, right = (here, there) if source == outcome.spec.sides[0] else (there, here)
    for row in entity.rows:
        if travels(outcome, entity, row, source) and not row.refers_to and not outcome.agree(entity, row, left, right):
            said = [outcome.values(entity, side, record, row) for side, record in ((source, here), (entity.to, there))]
            yield f"{entity.name} '{id_}': {row.name} is {said[0]} in {source} and {said[1]} in {entity.to}"
