"""What a plan says of one entity, in the words of an example; and how that differs from what an example expects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncrules.examples.given import leaves
from syncrules.examples.model import Difference, Example, Outcome
from syncrules.examples.ruled import Rule
from syncrules.journey.action import Action
from syncrules.journey.rules import EntityRules
from syncrules.journey.run import Journey
from syncrules.journey.surroundings import Late
from syncrules.language.model import Spec
from syncrules.memory.memory import Memory
from syncrules.records import MISSING

STATES = {"excluded": "stays_out", "waiting": "waits", "failed": "fails"}
"""State of a record → the word of an example for it."""
HELD = ("waits", "fails")
"""What comes of something that is held back."""
FIELDS = ("create", "update")
"""What is told field by field."""


def outcome(rules: EntityRules, memory: Memory, journey: Journey, before: set[tuple[str, str, str]]) -> dict[str, Any]:
    """Tell what is written where, what people hear, what waits or stays out and why; empty if nothing is."""
    entity = rules.entity.name
    result: dict[str, Any] = {}
    tells: list[str] = []
    cures: list[str] = []
    for action in _actions(memory, entity):
        if action.verb in FIELDS:
            result.setdefault(action.verb, {}).setdefault(action.side, []).append(_written(rules, journey, action))
        elif action.verb == "link":
            result["link"] = found_by(rules, memory, action)
        elif action.writes:
            result.setdefault(action.verb, []).append(action.side)
        tells += action.notices
        if action.held:
            result.setdefault("waits", []).append(action.held[0])
            cures += [each for each in action.held[1:] if each]
    last = memory.last_run()
    tells += [text for name, _, text in memory.notices(last["run"]) if name == entity] if last else []
    for state, word in STATES.items():
        found = [
            known
            for _, known in memory.records(states=(state,), entity=entity)  # type: ignore[arg-type]  # one of the states
            if (known.side, rules.resource(known.side).name, known.id) not in before
        ]
        reasons = [each.reason for each in found]
        cures += [each.cure for each in found if each.cure]
        reasons = [each for each in reasons if not any(each != one and each.endswith(f": {one}") for one in reasons)]
        if reasons:
            result.setdefault(word, []).extend(reasons)
    stopped = [reason for name, _, reason, _ in memory.brakes() if name == entity]
    result |= {word: each for word, each in (("stopped", stopped), ("tells", tells), ("cure", cures)) if each}
    return {word: sorted(set(each)) if isinstance(each, list) else each for word, each in result.items()}


def _actions(memory: Memory, entity: str) -> Iterator[Action]:
    after = None
    while page := memory.actions(entity, after):
        after = page[-1][0]
        yield from (Action.from_json(data) for _, data in page)


def _written(rules: EntityRules, journey: Journey, action: Action) -> dict[str, Any]:
    """Give what is written, by paths; our own text with an id of the other side as `<id>`."""
    prefix = journey.external_id(action.side, "").removesuffix(";")
    if not action.changes:  # what travels beside a whole list
        return {path: _plain(after, prefix) for path, _, after in action.fields}
    return {path: _plain(value, prefix) for path, value in leaves(action.changes)}


def _plain(value: Any, prefix: str) -> Any:
    match value:
        case Late():
            return value.planned if value.renamed else f"(the {value.entity} that is made first)"
        case str() if value.startswith(prefix):
            return re.sub(r";$", ">", f"<{value.removeprefix(prefix)}")
        case Mapping():
            return {name: _plain(each, prefix) for name, each in value.items()}
        case list():
            return [_plain(each, prefix) for each in value]
        case _:
            return value


def found_by(rules: EntityRules, memory: Memory, action: Action) -> str:
    """Name the rows of the first tier in which two records agree; `id` where none does."""
    left, right = rules.spec.sides
    ids = {left: str(action.key), right: str(action.source_id)}

    def agree(key: str) -> bool:
        one, two = (memory.key_of(rules.entity.name, side, id_, key) for side, id_ in ids.items())
        return one is not None and one == two

    for number, tier in enumerate(rules.entity.tiers):
        rows = [row for row, _ in tier.rows]
        if tier.kind == "all" and agree(f"tier {number}"):
            return " & ".join(rows)
        found = next((row for row in rows if agree(f"tier {number}: {row}")), "")
        if tier.kind == "any" and found:
            return found
    return "id"


# How it differs ---------------------------------------------------------------------------------------------------


def differences(
    spec: Spec, example: Example, entity: str, way: tuple[str, ...], expected: Outcome, got: Outcome
) -> Iterator[Difference]:
    """List, field by field, what came out otherwise than an example says; what a row decided stands in front.

    Args:
        way: where in the example that is said.
    """
    found = [*_differences(spec, example, entity, way, expected, got)]
    yield from sorted(found, key=lambda each: not each.certain)


def _differences(
    spec: Spec, example: Example, entity: str, way: tuple[str, ...], expected: Outcome, got: Outcome
) -> Iterator[Difference]:
    rule = Rule(spec, entity)
    if isinstance(got, dict) and "cure" not in expected:  # nobody asked
        got = {word: each for word, each in got.items() if word != "cure"}
    if isinstance(expected, str) or isinstance(got, str):
        if expected != got:
            told = [one if isinstance(one, dict) else {} for one in (expected, got)]
            place, certain = _changed(rule, told) or rule.of_words(told)
            yield Difference(f"what comes of it as {entity}", expected, got, example.at(*way), place, certain)
        return
    for word in dict.fromkeys((*expected, *got)):
        wanted, found = expected.get(word), got.get(word)
        if word in FIELDS:
            for side in dict.fromkeys((*(wanted or {}), *(found or {}))):
                yield from _records(
                    spec, example, rule, (*way, word, side), word, side,
                    (wanted or {}).get(side, []), (found or {}).get(side, []),
                )  # fmt: skip
        elif wanted != found:
            place, certain = rule.of_words([{word: wanted}, {word: found}])
            if word == "cure" and expected.get("waits") != got.get("waits"):  # it is that of another reason
                place, certain = rule.of_words([{"waits": expected.get("waits")}, {"waits": got.get("waits")}])
            named = word in HELD and bool(rule.row_in(found or ()))
            what = word.replace("_", " ")
            yield Difference(what, wanted, found, example.at(*way, word), place, certain, named)


def _changed(rule: Rule, told: Sequence[Mapping[str, Any]]) -> tuple[str, bool] | None:
    """Find the row of the fields that change, if all are of one; whether it is to blame is not certain."""
    fields = [(side, path) for each in told for side, records in each.get("update", {}).items() for one in records for path in one]  # fmt: skip
    rows = {rule.of_field(*each, MISSING, MISSING)[0] for each in fields}
    return (rows.pop(), False) if len(rows) == 1 else None


def _records(
    spec: Spec, example: Example, rule: Rule, way: tuple[str, ...], verb: str, side: str, wanted: Any, found: Any
) -> Iterator[Difference]:
    title = spec.manifests[side].title
    if len(wanted) != len(found):
        what, (place, certain) = f"{verb} in {title}", rule.of_words([{verb: None}])
        rows = {rule.of_field(side, path, MISSING, MISSING)[0] for one in (*wanted, *found) for path in one}
        if verb == "update" and len(rows) == 1:
            place = rows.pop()
        yield Difference(what, wanted or None, found or None, example.at(*way), place, certain)
        return
    for one, two in zip(wanted, found, strict=True):
        differing = []
        for path in dict.fromkeys((*one, *two)):
            expects, got = one.get(path, MISSING), two.get(path, MISSING)
            if verb == "create":  # a new record has nothing where nothing is written
                expects, got = (None if each is MISSING else each for each in (expects, got))
            if not _same(expects, got):
                differing.append((path, expects, got))
        for path, expects, got in differing:
            what = f"{verb} in {title}: {rule.named(side, path)}"
            place, certain = rule.of_field(side, path, expects, got)
            moved = [
                other
                for other, _, value in differing
                if other != path and _same(value, expects) and value not in (None, MISSING)
            ]
            if not certain and moved:  # it went into another field
                place, certain = rule.of_field(side, moved[0], MISSING, expects)
            yield Difference(what, _shown(expects), _shown(got), example.at(*way, path), place, certain)


def _shown(value: Any) -> Any:
    return "(not written)" if value is MISSING else value


def _same(one: Any, two: Any) -> bool:
    match one, two:
        case Mapping(), Mapping():
            return all(_same(one.get(each), two.get(each)) for each in {*one, *two})
        case list(), list():
            return len(one) == len(two) and all(map(_same, one, two))
        case _:
            return isinstance(one, bool) == isinstance(two, bool) and bool(one == two)
