"""The small lists of an invented system, and answers to the settings of a mapping: made so that everything can be chosen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.activation import suggest
from syncrules.language.model import Setting, Spec
from syncrules.manifest import Manifest, Resource
from syncrules.simulator.shape import Record, empty, set_at
from syncrules.simulator.twin import Twin
from syncrules.simulator.values import constants

RATES = (21, 9, 0)
EACH = 3
"""Records in a list of which the mapping says nothing."""
COUNTRIES = ({"Code": "NL", "Name": "Nederland"}, {"Code": "BE", "Name": "België"}, {"Code": "DE", "Name": "Duitsland"})


def fill(spec: Spec, twins: Mapping[str, Twin]) -> None:
    """Fill the lists that people choose from: resources that are referred to, or chosen from, and that no entity is about."""
    for side, twin in twins.items():
        about = {each.sources[side].resource for each in spec.entities.values() if side in each.sources}
        for name in sorted(_wanted(spec, side) - about):
            resource = twin.manifest.resources[name]
            if resource.rows is None and not resource.creatable:
                for record in _records(spec, side, resource):
                    twin.create(name, record, "person")
        twin.log.clear()


def _wanted(spec: Spec, side: str) -> set[str]:
    """Name the resources that a person, or the mapping, chooses from."""
    manifest = spec.manifests[side]
    holders = [each.fields for each in manifest.resources.values()] + [each.fields for each in manifest.types.values()]
    names = {target for fields in holders for field in fields.values() for target in field.reference}
    for each in spec.settings.values():
        names |= {place[1] for place in (each.for_each, each.choose) if place is not None and place[0] == side}
    return names


def _records(spec: Spec, side: str, resource: Resource) -> Iterator[Record]:
    """Make the records of a list: one or more for everything that the mapping mentions of it."""
    mentioned = _mentioned(spec, side, resource.name)
    rows: list[Record] = [dict(each) for each in mentioned]
    countries = _is_countries(spec.manifests[side], resource)
    while len(rows) < (EACH if not countries else 0):
        rows.append({})
    if countries:
        rows = [{name: value for name, value in each.items() if name in resource.fields} for each in COUNTRIES]
    for number, row in enumerate(rows):
        for name, field in resource.fields.items():
            if (
                name in row
                or field.reference
                or field.of
                or (field.read_only and name in resource.id and field.type != "string")
            ):
                continue
            match field.type:
                case "number":
                    row[name] = RATES[number % len(RATES)]
                case "boolean":
                    row[name] = number == 0
                case "integer" if name not in resource.id:
                    row[name] = number + 1
                case "string" if field.enum:
                    row[name] = field.enum[number % len(field.enum)]
                case "string" if name not in resource.id or resource.key == name:
                    row[name] = _text(field.title or name, number, field.max_length)
        yield row


def _text(title: str, number: int, most: int | None) -> str:
    text = f"{title} {number + 1}"
    return text if most is None or len(text) <= most else f"{title[: most - 1]}{number + 1}"


def _is_countries(manifest: Manifest, resource: Resource) -> bool:
    return any(
        kind.concept == "address" and found is not None and found.reference[:1] == (resource.name,)
        for kind in manifest.types.values()
        for path in (kind.parts.get("country", ""),)
        for found in (kind.fields.get(path.partition(".")[0]),)
    )


def _mentioned(spec: Spec, side: str, resource: str) -> list[Record]:
    """Collect what the mapping says about records of a list: each a record that must be there to be chosen."""
    values: dict[str, list[Any]] = defaultdict(list)
    for entity in spec.entities.values():
        source = entity.sources.get(side)
        if source is None:
            continue
        own = spec.manifests[side].resources[source.resource]
        told = [*constants(source.is_), *constants(source.where)]
        told += [
            (path, value) for path, test in own.frozen.items() for value in (test if isinstance(test, list) else [test])
        ]
        told += [(path, each[side]) for row in entity.rows for path in [row.sides.get(side)] for each in row.values
                 if isinstance(path, str) and side in each]  # fmt: skip
        for path, value in told:
            head, _, inner = path.partition(".")
            field = own.fields.get(head)
            if field is not None and field.reference[:1] == (resource,) and inner and value not in values[inner]:
                values[inner].append(value)
    records = [{path: value} for path, listed in values.items() for value in [*listed, f"other {path}"]]
    for setting in spec.settings.values():
        if setting.choose == (side, resource):
            record: Record = {}
            for path, value in constants({**setting.where, **_suggested(setting)}):
                set_at(record, path, value)
            for path, test in setting.where.items():
                if isinstance(test, Mapping) and isinstance(test.get("starts_with"), str):
                    set_at(record, path, f"{test['starts_with']}{len(records):03d}")
            records += [dict(record) for _ in range(1 if setting.suggest and record else 2)]
    return records


def _suggested(setting: Setting) -> Mapping[str, Any]:
    return setting.suggest["where"] if isinstance(setting.suggest, Mapping) and "where" in setting.suggest else {}


def answers(spec: Spec, twins: Mapping[str, Twin], given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Answer the settings of a mapping as activation would suggest, and where it suggests nothing with what comes first."""
    settings: dict[str, Any] = dict(given or {})
    for name, setting in spec.settings.items():
        if name not in settings:
            settings[name] = _answer(spec, twins, setting, settings)
    return settings


def _answer(spec: Spec, twins: Mapping[str, Twin], setting: Setting, settings: Mapping[str, Any]) -> Any:
    if setting.choose is None:
        return suggest.suggest(setting, []) if setting.suggest is not None else _said(setting)
    rights = _choices(spec, twins, setting.choose, setting.where, settings)
    if setting.for_each is None:
        offered = suggest.suggest(setting, rights)
        if offered is not None or rights:
            return offered if offered is not None else rights[0].key
        # What people make themselves is not there yet: the answer is the one that they would begin with.
        return _suggested(setting).get(spec.manifests[setting.choose[0]].resources[setting.choose[1]].key)
    lefts = _choices(spec, twins, setting.for_each, {}, settings)
    table = suggest.suggest_table(setting, lefts, rights)
    if isinstance(setting.suggest, str) or not table:
        table = {}
    spare = [each.key for each in rights if each.key not in table.values()]
    for number, each in enumerate(lefts):
        key = suggest.as_key(each.key)
        if key not in table and spare:
            table[key] = spare[number % len(spare)]
    return table


def _said(setting: Setting) -> Any:
    match setting.answer:
        case "yes_or_no":
            return True
        case tuple(words):
            return words[0]
    return "text"


def _choices(
    spec: Spec, twins: Mapping[str, Twin], place: tuple[str, str], where: Mapping[str, Any], settings: Mapping[str, Any]
) -> list[suggest.Choice]:
    side, resource = place
    rows = [each for each in twins[side].rows(resource).values() if not empty(each)]
    return suggest.choices(spec.manifests[side].resources[resource], rows, where, settings)
