"""Nothing goes out of use by itself, and both sides are in use or neither."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncrules.language.model import Entity
from syncrules.manifest import Active
from syncrules.records import normal
from syncrules.simulator.invariants.outcome import Outcome
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.invariants.states import marked_by_others
from syncrules.simulator.shape import at
from syncrules.simulator.twin import Write


@invariant
def nothing_goes_out_of_use_by_itself(outcome: Outcome) -> Iterator[str]:
    """A record is taken out of use, or into use again, only because its counterpart was, and the mapping says so."""
    for ran in outcome.world.runs:
        for side, write in ran.writes:
            spec = outcome.spec.manifests[side].resources[write.resource]
            if write.verb != "update" or not isinstance(spec.active, Active):
                continue
            flag = spec.active.field
            if normal((write.before or {}).get(flag)) == normal((write.after or {}).get(flag)):
                continue
            if not _switched_by_people(outcome, side, write):
                yield f"{write.resource} '{write.id}' in {side}: {flag} became {(write.after or {}).get(flag)!r} at {write.at:.0f}"


def _switched_by_people(outcome: Outcome, side: str, write: Write) -> bool:
    other = outcome.spec.other(side)
    for name, entity in outcome.entities.items():
        if side in entity.sources and entity.sources[side].resource == write.resource:
            at_left = side == outcome.spec.sides[0]
            partners = {
                (right if at_left else left) for left, right, _ in outcome.ever[name] if write.id in (left, right)
            }
            link = outcome.world.memory.link_of(name, side, write.id) if entity.link_kept_in else None
            if link is not None and marked_by_others(outcome, entity, side, write.id):
                partners.add(str(link.ids[other]))  # the systems do not tell; matching did
            spec = outcome.resource(entity, other)
            if not isinstance(spec.active, Active) or not _may_switch(entity, other):
                continue
            if any(
                each.resource == spec.name and each.id in partners and each.at <= write.at
                and normal((each.before or {}).get(spec.active.field)) != normal((each.after or {}).get(spec.active.field))
                for each in outcome.world.twins[other].log
            ):  # fmt: skip
                return True
    return False


def _may_switch(entity: Entity, source: str) -> bool:
    """Tell whether the mapping lets anything be taken out of use, or into use, because its counterpart here was."""
    events = entity.events[source]
    return events["deactivated"].then == "deactivate" or events["reactivated"].then == "reactivate"


@invariant
def both_are_in_use_or_neither(outcome: Outcome) -> Iterator[str]:
    """What was taken out of use, or into use again, is so on the other side too, where the mapping says so."""
    left, right = outcome.spec.sides
    for name, entity in outcome.entities.items():
        if name in outcome.braked or entity.for_each:
            continue
        for one, other, when in outcome.ever[name]:
            ids = {left: one, right: other}
            if outcome.partner(name, left, one) == other and not outcome.reported(name, *ids.items()):
                for side in outcome.spec.sides:
                    yield from _followed(outcome, entity, side, ids, when)


def _followed(outcome: Outcome, entity: Entity, side: str, ids: Mapping[str, str], when: float) -> Iterator[str]:
    other = outcome.spec.other(side)
    mine, theirs = outcome.resource(entity, side), outcome.resource(entity, other)
    if not isinstance(mine.active, Active) or not isinstance(theirs.active, Active) or entity.sources[side].inactive:
        return
    switched = _switches(outcome, side, mine.name, ids[side], mine.active)
    answered = _switches(outcome, other, theirs.name, ids[other], theirs.active)
    if not switched or switched[-1][0] <= when or any(who == "person" for _, _, who in answered):
        return
    idle = switched[-1][1]
    wanted = entity.events[side]["deactivated" if idle else "reactivated"].then
    there = outcome.world.twins[other].row(theirs.name, ids[other])
    idle_there = normal(at(there, theirs.active.field)) == normal(theirs.active.inactive)
    if wanted in ("deactivate", "reactivate") and idle != idle_there:
        word = "out of use" if idle else "in use"
        yield f"{entity.name} '{ids[side]}' is {word} in {side}, and '{ids[other]}' in {other} is not"


def _switches(outcome: Outcome, side: str, resource: str, id_: str, flag: Active) -> list[tuple[float, bool, str]]:
    """List when a record was taken out of use (true) or into use, and by whom."""
    found: list[tuple[float, bool, str]] = []
    for write in outcome.world.twins[side].log:
        if write.resource == resource and write.id == id_ and write.verb == "update":
            before, after = (
                normal(at(each, flag.field)) == normal(flag.inactive) for each in (write.before, write.after)
            )
            if before != after:
                found.append((write.at, after, write.who))
    return found
