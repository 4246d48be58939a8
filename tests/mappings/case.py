"""What a mapping decides about given records: read from `cases/*.yaml`, decided without a system and without a store.

A case gives what one side has, or two records that are in step and what then changes, and says what comes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from syncrules import yaml
from syncrules.journey import pair, single
from syncrules.journey.decision import Circumstances, Decision
from syncrules.journey.rules import EntityRules, View, compile_rules
from syncrules.journey.surroundings import Lacks, Waits
from syncrules.language import spec
from syncrules.language.model import Source, Spec
from syncrules.manifest import Field, Manifest
from syncrules.memory.kept import Link
from syncrules.records import Record, filled, put

FOLDER = Path(__file__).parent / "cases"
STATES = {"excluded": "stays out", "waiting": "waits", "failed": "fails"}


@dataclass(frozen=True)
class Case:
    """One case, as it stands in its file."""

    mapping: str
    settings: Mapping[str, Any]
    known: Mapping[str, Mapping[str, Any]]
    """Id of a record that is linked → of which entity, and what the other one is called, by field."""
    says: str
    shows: tuple[str, ...]
    """The requirements that are stated by it."""
    entity: str
    records: Mapping[str, Mapping[str, Any]]
    """Side → path → value; what is not said is empty."""
    then: Mapping[str, Mapping[str, Any]]
    """Side → path → value: what changes in a pair that was in step."""
    first: bool
    """Whether this is the first import."""
    gives: Any


def cases() -> Iterator[Case]:
    """List all cases of all mappings."""
    for file in sorted(FOLDER.glob("*.yaml")):
        document = yaml.load(file.read_text(encoding="utf-8"), file.name)
        assert not document.problems, document.problems
        whole = document.data
        for each in whole["cases"]:
            sides = each.keys() - {"says", "shows", "entity", "settings", "then", "first", "gives"}
            yield Case(
                mapping=file.stem,
                settings={**whole["settings"], **each.get("settings", {})},
                known=whole.get("known", {}),
                says=each["says"],
                shows=tuple(each.get("shows", ())),
                entity=each["entity"],
                records={side: _as(whole, each[side]) for side in each if side in sides},
                then={side: _as(whole, said) for side, said in each.get("then", {}).items()},
                first=each.get("first", False),
                gives=each["gives"],
            )


def _as(whole: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Let a record begin as one that has a name."""
    begins = whole["records"][said["as"]] if "as" in said else {}
    return {**begins, **{path: value for path, value in said.items() if path != "as"}}


class Around:
    """A connection whose questions were answered, and other records that are linked."""

    def __init__(self, case: Case) -> None:
        self.settings = case.settings
        self.known = case.known
        self.manifests = loaded(case.mapping).manifests

    def choice(self, side: str, resource: str, field: str, value: Any) -> Record:
        return {self.manifests[side].resources[resource].id[0]: f"the {value} among {resource}", field: value}

    def across(self, entities: Iterable[str], side: str, id: str, field: str) -> Any:
        found = self.known.get(id, {})
        if found.get("of", "") not in entities:
            raise Waits(f"'{id}' is not linked")
        if not filled(found.get(field or "id")):
            raise Lacks(f"'{id}' has no {field}")
        return found[field or "id"]

    def known_by(self, entities: Iterable[str], side: str, field: str, value: Any) -> str | None:
        own = f"own {field}"
        return next((id_ for id_, each in self.known.items() if each.get(own, id_) == value), None)

    def beside(self, side: str, id: str) -> str | None:
        return str(self.known[id]["id"])


def outcome(case: Case) -> Any:
    """Decide, and tell what comes of it as a case does."""
    mapping = loaded(case.mapping)
    rules = compile_rules(mapping, case.settings, ZoneInfo("Europe/Amsterdam")).entities.get(case.entity)
    if rules is None:
        return "nothing at all"
    now = Circumstances(Around(case), lambda *_: True, case.first, lambda side, id_: f"<{id_}>", lambda *_: None)
    before = {side: view(rules, side, said, case.settings) for side, said in case.records.items()}
    if not all(each.is_kind for each in before.values()):
        return "another kind"
    if len(before) == 1:
        ((side, only),) = before.items()
        return told(single.decide(rules, side, only, now))
    after = {
        # What cannot be read back is not looked at again.
        side: view(rules, side, {**said, **case.then.get(side, {})}, case.settings)
        if rules.resource(side).readable
        else None
        for side, said in case.records.items()
    }
    link = Link(
        1,
        {side: each.id for side, each in before.items()},
        {side: dict(each.values) for side, each in before.items()},
        {side: each.active for side, each in before.items()},
        {},
    )
    return told(pair.decide(rules, link if case.then else None, after, now))


@cache
def loaded(name: str) -> Spec:
    """Load an installed mapping, without what is not decided record by record: a scope, and sums over several records."""
    whole = spec.load(name)
    entities = {
        each.name: replace(
            each,
            sources={side: _anywhere(of) for side, of in each.sources.items()},
            checks=tuple(check for check in each.checks if "one_per" not in check.says),
        )
        for each in whole.entities.values()
    }
    return replace(whole, entities=entities)


def _anywhere(of: Source) -> Source:
    any_of = tuple(each for each in of.where_any if _unscoped(each))
    return replace(of, where=_unscoped(of.where), where_any=any_of)


def _unscoped(condition: Mapping[str, Any]) -> dict[str, Any]:
    return {path: test for path, test in condition.items() if "scope" not in str(test)}


def view(rules: EntityRules, side: str, said: Mapping[str, Any], settings: Mapping[str, Any]) -> View:
    """Look at a record of which everything is known and only this is filled."""
    manifest, resource = rules.spec.manifests[side], rules.source(side).resource
    record = _blank(manifest, manifest.resources[resource].fields)
    for path, value in said.items():
        steps = path.split(".")
        for number in range(1, len(steps)):
            above, part = ".".join(steps[:number]), manifest.field_at(resource, ".".join(steps[:number]))
            if part is not None and part.of and _at(record, steps[:number]) is None:
                put(record, above, _blank(manifest, manifest.types[part.of].fields))
        put(record, path, value)
    return rules.view(side, record, settings)


def _at(record: Any, steps: Iterable[str]) -> Any:
    for step in steps:
        record = record.get(step) if isinstance(record, Mapping) else None
    return record


def _blank(manifest: Manifest, fields: Mapping[str, Field]) -> Record:
    """Make a record in which nothing is unknown and nothing is filled."""
    record: Record = {}
    for name, each in fields.items():
        inside = manifest.types[each.of] if each.of and each.type != "array" else None
        # An address is there or it is not; the company or person of whom a record is a role always is.
        record[name] = _blank(manifest, inside.fields) if inside is not None and not inside.concept else None
    return record


def told(decision: Decision) -> Any:
    """Tell a decision: what is written where, what people hear, what waits or stays out and why."""
    result: dict[str, Any] = {}
    for action in decision.actions:
        if action.writes:
            result[f"{action.verb} in {action.side}"] = dict(flat(action.changes))
        if action.notices:
            result["says"] = action.notices
    for judged in decision.judgements.values():
        result[STATES[judged.state]] = judged.reason
    return result or "nothing"


def expected(gives: Any) -> Any:
    """Write what a case says in the form in which an outcome is told."""
    if not isinstance(gives, Mapping):
        return gives
    return {name: dict(flat(each)) if isinstance(each, Mapping) else each for name, each in gives.items()}


def flat(record: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """List the values of a record by their paths."""
    if isinstance(record, Mapping) and record:
        for name, value in record.items():
            yield from flat(value, f"{path}.{name}" if path else str(name))
    else:
        yield path, record
