"""What a plan shows is what is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.records import normal
from syncrules.simulator.invariants.outcome import Outcome
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.play import Ran
from syncrules.simulator.shape import leaves


@invariant
def the_plan_is_what_is_written(outcome: Outcome) -> Iterator[str]:
    """A plan that was shown, with nothing happening in between, is what is written: no more, no less, no other values."""
    for ran in outcome.world.runs:
        if ran.planned is None or ran.crashed or ran.error:
            continue
        planned = [
            each for each in ran.planned if each["verb"] in ("create", "update", "deactivate", "reactivate", "delete")
        ]
        left, beyond = _held_against(outcome, ran, planned)
        yield from (f"{each} was not in the plan" for each in beyond)
        for each in left:
            if (each["side"], outcome.entities[each["entity"]].sources[each["side"]].resource) in ran.replaced:
                continue  # the whole list was sent; what was in it already changed nothing
            if (each["entity"], outcome.spec.other(each["side"]), str(each["source_id"])) not in ran.left:
                yield f"{each['verb']} of {each['entity']} '{each['name']}' was planned, and not done"


@invariant
def an_applied_plan_writes_what_it_showed(outcome: Outcome) -> Iterator[str]:
    """A plan that is applied after people went on writes nothing that it did not show, and tells of whatever it did not write."""
    for ran in outcome.world.runs:
        if ran.applied is None:
            continue
        planned = [each for each in ran.shown if each["verb"] not in ("link", "remember")]
        left, beyond = _held_against(outcome, ran, planned)
        yield from (f"{each} was not in the plan that was applied" for each in beyond)
        if ran.crashed or ran.error:
            continue
        told = ran.applied.stale_keys | ran.applied.done | {each.what for each in ran.applied.before}
        for each in left:
            source = (each["entity"], outcome.spec.other(each["side"]), str(each["source_id"]))
            key_ = (each["entity"], each["verb"], each["side"], each["key"], each["source_id"])
            if key_ not in told and source not in ran.left:
                yield f"{each['verb']} of {each['entity']} '{each['name']}' was in a plan that was applied, and nobody is told why not"


def _held_against(
    outcome: Outcome, ran: Ran, planned: list[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Tell what of a plan was not written, and what was written beyond it."""
    left, beyond = list(planned), []
    for side, operation, resource, key, sent in ran.effects:
        found = next((each for each in left if _is_planned(outcome, each, side, operation, resource, key, sent)), None)
        if found is not None:
            left.remove(found)
        elif not _is_write_back(outcome, planned, side, resource, sent):
            beyond.append(f"{operation} of {resource} '{key}' in {side}, with {sent},")
    return left, beyond


def _is_planned(
    outcome: Outcome,
    action: Mapping[str, Any],
    side: str,
    operation: str,
    resource: str,
    key: str,
    sent: Mapping[str, Any],
) -> bool:
    verb = operation if operation in ("create", "delete") else "update"
    if (action["verb"] == "delete") != (verb == "delete"):
        return False
    mine = outcome.entities[action["entity"]].sources[action["side"]].resource
    if action["side"] != side or mine != resource:
        return False
    # Whether what was sent before has arrived, nobody can tell where nothing can be read: the same call makes it or changes it.
    unseen = not outcome.spec.manifests[side].resources[resource].readable and action["key"] == key
    if (action["verb"] == "create") != (verb == "create") and not unseen:
        return False
    if verb != "create" and (action["key"] or "") != key:
        return False
    told = dict(leaves(dict(sent)))
    return all(
        "$late" in path or ((path in told or verb == "create") and normal(told.get(path)) == normal(value))
        for path, value in leaves(action["changes"])
    )


def _is_write_back(
    outcome: Outcome, planned: list[Mapping[str, Any]], side: str, resource: str, sent: Mapping[str, Any]
) -> bool:
    """Leaving the new id where the mapping keeps it belongs to the create that the plan shows, or that an earlier run was cut off in."""
    field = outcome.spec.manifests[side].resources[resource].external_id
    carried = str(sent.get(field) or "").rpartition(":")[2].removesuffix(";")
    other = outcome.spec.other(side)
    # Where what is made is a role of something that is there, that is changed: so it is the call that must have been a create.
    earlier = any(
        any(at == other and write.id == carried for at, write in ran.writes)
        and any(effect[:2] == (other, "create") for effect in ran.effects)
        for ran in outcome.world.runs
    )
    made = any(each["verb"] == "create" and each["side"] != side for each in planned)
    return (made or earlier) and field in sent
