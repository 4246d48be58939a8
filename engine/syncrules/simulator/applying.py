"""What must be true of a plan that is applied after people went on."""

from __future__ import annotations

from collections.abc import Iterator

from syncrules.simulator.invariants import Outcome, invariant, is_planned, is_write_back


@invariant
def an_applied_plan_writes_what_it_showed(outcome: Outcome) -> Iterator[str]:
    """A plan that is applied after people went on writes nothing that it did not show, and tells of whatever it did not write."""
    for ran in outcome.world.runs:
        if ran.applied is None:
            continue
        left = [each for each in ran.shown if each["verb"] not in ("link", "remember")]
        planned = list(left)
        for side, operation, resource, key, sent in ran.effects:
            found = next(
                (each for each in left if is_planned(outcome, each, side, operation, resource, key, sent)), None
            )
            if found is not None:
                left.remove(found)
            elif not is_write_back(outcome, planned, side, resource, sent):
                yield f"{operation} of {resource} '{key}' in {side} was not in the plan that was applied: {sent}"
        if ran.crashed or ran.error:
            continue
        told = ran.applied.stale_keys | ran.applied.done | {each.what for each in ran.applied.before}
        for each in left:
            source = (each["entity"], outcome.spec.other(each["side"]), str(each["source_id"]))
            key_ = (each["entity"], each["verb"], each["side"], each["key"], each["source_id"])
            if key_ not in told and source not in ran.left:
                yield f"{each['verb']} of {each['entity']} '{each['name']}' was in a plan that was applied, and nobody is told why not"
