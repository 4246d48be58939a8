"""The laws of policies: of whatever happens exactly one thing comes, never more than the mapping says, and never the wrong way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from syncrules.check.happenings import Row, table
from syncrules.check.known import Known
from syncrules.check.laws import Broken
from syncrules.check.schema import faults
from syncrules.journey.action import Action
from syncrules.journey.decision import Decision
from syncrules.journey.rules import EntityRules, compile_rules
from syncrules.manifest import Active

WISHES = {"create": "create", "update": "update", "deactivate": "deactivate", "reactivate": "reactivate", "delete": "delete"}  # fmt: skip
"""Verb of a write → the word with which a mapping asks for it."""


def answered(known: Known) -> Iterator[Known]:
    """Give the connection as it is, and with the other answer to each question on which a policy depends."""
    yield known
    tests = {
        reaction.condition.setting: reaction.condition.equals
        for entity in known.spec.entities.values()
        for reactions in entity.events.values()
        for reaction in reactions.values()
        if reaction.condition is not None
    }
    for name, equals in tests.items():
        other = not equals if isinstance(equals, bool) else "something else"
        settings = {**known.settings, name: other}
        yield replace(known, settings=settings, rules=compile_rules(known.spec, settings))


def try_policies(known: Known, name: str) -> Iterator[tuple[Row | None, Broken | None]]:
    """Ask about everything that can happen, and tell what must not come of it; None where nothing is wrong."""
    for world in answered(known):
        if name not in world.rules.entities:
            continue
        rows = table(world, name)
        while True:
            try:
                row = next(rows, None)
            except Exception as error:
                yield None, Broken("decided", f"Deciding about '{name}' breaks down: {type(error).__name__}: {error}.")
                break
            if row is None:
                break
            wrong: list[Broken | None] = []
            if row.decision is not None:
                wrong += judged(world.rules.entities[name], row, row.decision)
            yield from ((row, each) for each in wrong or [None])


def judged(rules: EntityRules, row: Row, decision: Decision) -> Iterator[Broken]:
    """Hold one decision against the laws."""
    writes = [each for each in decision.actions if each.writes]
    what = f"'{row.entity}', {row.happened} in {row.side} ({row.linked})"
    verbs = [(each.verb, each.side) for each in writes]
    turned = [side for verb, side in verbs if verb in ("deactivate", "reactivate")]
    if len(set(verbs)) < len(verbs) or len(set(turned)) < len(turned):
        yield Broken("decided", f"{what}: more than one thing is to be done at once: {row.outcome}.")
    if writes and any(each.state in ("waiting", "failed") for each in decision.judgements.values()):
        yield Broken("decided", f"{what}: it is written, and waits as well: {row.outcome}.")
    if not decision.actions and not decision.judgements:
        yield Broken("decided", f"{what}: nothing comes of it, and nobody is told why.")
    for action in writes:
        yield from (Broken("no more than said", f"{what}: {why}.") for why in _unsaid(rules, row, action))
        yield from (Broken("one way", f"{what}: {why}.") for why in _not_that_way(rules, action))


def _leaves_id(rules: EntityRules, action: Action) -> bool:
    """Tell whether nothing is written but the id by which the two are tied."""
    field = rules.resource(action.side).external_id
    return action.verb == "update" and set(action.changes) == {field} and rules.entity.link_kept_in == action.side


def _unsaid(rules: EntityRules, row: Row, action: Action) -> Iterator[str]:
    """Tell why the mapping does not ask for a write."""
    if _leaves_id(rules, action) or (row.happening is None and action.verb == "update"):
        return
    source = rules.spec.other(action.side)
    if row.happening == "changed" and action.fields and all(_stands(rules, str(name), source) for name, _, _ in action.fields):  # fmt: skip
        return
    if row.happening is None or row.side not in (source, "both"):
        yield f"{action.verb} in {action.side}, where nothing asks for it"
        return
    reaction = rules.entity.events[source][row.happening]
    wished = reaction.then if row.happening != "already_inactive" else rules.entity.events[source]["created"].then
    if row.happening == "already_inactive" and reaction.then != "create":
        wished = "skip"
    if wished != WISHES[action.verb]:
        yield f"{action.verb} in {action.side}, and the mapping says {wished} when it is {row.happening.replace('_', ' ')} in {source}"


def _stands(rules: EntityRules, row: str, source: str) -> bool:
    """Tell whether the mapping lets the value of the source stand, wherever it was changed."""
    says = rules.row(row).row
    return says.numbered_by == source or (says.edited == "restore" and says.to == rules.spec.other(source))


def _not_that_way(rules: EntityRules, action: Action) -> Iterator[str]:
    """Tell why a side, or a field of it, may not be written like this."""
    resource, manifest = rules.resource(action.side), rules.spec.manifests[action.side]
    rows = {each.name: each.row for each in rules.rows}
    for name, *_ in action.fields if action.verb == "update" else ():
        if name in rows and rows[name].to not in ("both", action.side):
            yield f"{name} is written in {action.side}, and only goes the other way"
    if rules.entity.to not in ("both", action.side) and not _leaves_id(rules, action):
        yield f"{action.side} is written, and this only goes the other way"
    allowed = {
        "create": resource.creatable or bool(rules.entity.for_each),
        "update": resource.update != "none",
        "delete": resource.deletable,
        "deactivate": isinstance(resource.active, Active) and resource.active.writable,
        "reactivate": isinstance(resource.active, Active) and resource.active.writable,
    }
    if action.verb in allowed and not allowed[action.verb]:
        yield f"{manifest.title} does not let {action.verb} {resource.title}"
    written = {name: value for name, value in action.changes.items() if name not in resource.id}
    if action.verb in ("create", "update"):
        sent = {name: value for name, value in written.items() if value is not None or action.verb == "update"}
        yield from (f"{action.verb} in {manifest.title}: {why}" for why in faults(manifest, resource.name, sent))
