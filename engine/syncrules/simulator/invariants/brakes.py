"""What is much at once, or looks gone, is not believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from syncrules.manifest import Active
from syncrules.records import normal
from syncrules.simulator.deciding import LET_IT
from syncrules.simulator.invariants.outcome import Outcome, entities_of, made_for
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.shape import at

FEW = 5
"""So many at once are believed without asking."""


@invariant
def who_is_there_is_not_called_deleted(outcome: Outcome) -> Iterator[str]:
    """In the end nobody is said to have been deleted who is there, nor to have lost a counterpart that is there."""
    for (name, side, id_), known in outcome.states.items():
        entity = outcome.entities.get(name)
        if entity is None or entity.for_each or known.state != "excluded" or name in outcome.braked:
            continue
        own, other = (outcome.spec.manifests[each].title for each in (side, outcome.spec.other(side)))
        there = outcome.world.twins[side].row(entity.sources[side].resource, id_) is not None
        paired = outcome.partner(name, side, id_) is not None
        said = known.reason.partition(";")[0]
        if (there and said == f"deleted in {own}") or (
            there and paired and said in (f"its counterpart was deleted in {other}", f"it was deleted in {other}")
        ):
            yield f"{name} '{id_}' of {side} is said to be {known.reason}"


@invariant
def a_list_that_is_too_short_is_not_believed(outcome: Outcome) -> Iterator[str]:
    """Too many that seem to be gone at once, or an empty list, are no reason to call anybody deleted."""
    for ran in outcome.world.runs:
        for (name, side), count in ran.called_gone.items():
            entity = outcome.entities[name]
            tied = sum(1 for _, _, when in outcome.ever[name] if when <= ran.ended)
            allowed = entity.brakes.get("deletions", max(FEW, tied // 10))
            if outcome.decided(LET_IT, name, before=ran.ended):
                continue
            if count > allowed or (count and (side, entity.sources[side].resource) in ran.emptied):
                yield f"run {ran.number + 1} called {count} × {name} of {side} deleted that are there"


@invariant
def the_brakes_hold(outcome: Outcome) -> Iterator[str]:
    """No run takes more out of use, or settles more, than its mapping allows without asking."""
    for ran in outcome.world.runs:
        count: Counter[tuple[str, str]] = Counter()
        for side, write in ran.writes:
            flag = outcome.spec.manifests[side].resources[write.resource].active
            if write.verb == "update" and isinstance(flag, Active):
                now, before = (
                    normal(at(each, flag.field)) == normal(flag.inactive) for each in (write.after, write.before)
                )
                if now and not before:
                    count.update((side, each.name) for each in entities_of(outcome, side, write)
                                 if made_for(outcome, each, side, write.id) is not None)  # fmt: skip
        for (side, name), many in count.items():
            entity = outcome.entities[name]
            allowed = entity.brakes.get("deactivations", max(FEW, len(outcome.ever[name]) // 10))
            if many > allowed and not outcome.decided(LET_IT, name, before=ran.ended):
                yield f"run {ran.number + 1} took {many} × {name} out of use in {side}, and {allowed} are allowed"
