"""The JSON Schema of mappings, and one made for a pair of systems, which knows their records and fields by name.

The schema of a pair refuses less than `validate`: it is there to complete, to explain and to underline what is surely wrong.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from syncrules.language import grammar
from syncrules.language.model import Spec
from syncrules.manifest import Manifest
from syncrules.vocabulary.concepts import CONCEPTS
from syncrules.vocabulary.operators import OPERATORS

Schema = dict[str, Any]
EXPRESSION = r"[|!&\[\]@*(]|^document\b"
"""What a path looks like that is more than the name of a field."""


def general() -> Schema:
    """Give the grammar of every mapping."""
    return copy.deepcopy(dict(grammar.schema()))


def for_mapping(spec: Spec, providers: Iterable[str] = ()) -> Schema:
    """Give a grammar that also knows the entities, rows, settings, records and fields of one mapping."""
    schema = for_pair(spec.manifests, providers)
    settings, entities = list(spec.settings), list(spec.entities)
    for name, node in _keys(schema, "setting"):
        _suggest(node, name, settings)
    for name, node in _keys(schema, "refers_to"):
        _suggest_items(node, name, entities)
    for word in ("after", "used_by"):
        for name, node in _keys(schema, word):
            _suggest_items(node, name, entities)
    known = schema["properties"]["entities"].setdefault("properties", {})
    for name, entity in spec.entities.items():
        uses = {side: source.resource for side, source in entity.sources.items()}
        known[name] = {
            "description": entity.about,
            "anyOf": [
                {"allOf": [{"$ref": "#/$defs/entity"}, _fields_of(uses)], "description": entity.about},
                {"const": grammar.NONE, "description": "Takes this entity away."},
            ],
        }
    return schema


def for_pair(manifests: Mapping[str, Manifest], providers: Iterable[str] = ()) -> Schema:
    """Give a grammar that also knows the records and fields of two systems.

    Args:
        manifests: side → what its system offers.
        providers: the names of all installed providers.
    """
    schema = general()
    sides = list(manifests)
    titles = {side: each.title for side, each in manifests.items()}
    schema["title"] = f"A mapping of {' and '.join(titles.values())}"
    _name_sides(schema, titles)
    defs = schema["$defs"]
    for side, manifest in manifests.items():
        defs[f"side {side}"] = _side(defs["side"], manifest)
        for resource in manifest.resources:
            defs[f"{side} {resource}"] = _paths(manifest, resource)
    entity = defs["entity"]
    for side in sides:
        entity["properties"][side] = {
            "$ref": f"#/$defs/side {side}",
            "description": f"Which records of {titles[side]} take part.",
        }
    entity["allOf"] = [_where(side, each) for side in sides for each in manifests[side].resources]
    ways = {
        "both": "Both ways.",
        "neither": "Said for the reader only.",
        **{each: f"To {titles[each]}." for each in sides},
    }
    for name, node in [*_keys(schema, "to")]:
        choice = {**ways, "match": "Compared, never copied."} if "numbered" in node else ways
        _only(
            node,
            name,
            choice if "needs" in node or "numbered" in node else {each: f"To {titles[each]}." for each in sides},
        )
    for name, node in _keys(schema, "leading"):
        _only(node, name, {**{each: f"{titles[each]} leads." for each in sides}, "ask": "A person decides."})
    for word in ("id_of", "kept_in", "is_id_of", "numbered_by"):
        for name, node in _keys(schema, word):
            _only(node, name, titles)
    _name_operators(defs)
    provider = schema["properties"]["sides"]["additionalProperties"]["properties"]["provider"]
    if providers:
        provider["anyOf"] = [{"enum": sorted(providers)}, {"type": "string"}]
    return schema


def _name_sides(node: Any, titles: Mapping[str, str]) -> None:
    """Put the names of the sides where any name may be one."""
    if isinstance(node, list):
        for each in node:
            _name_sides(each, titles)
    elif isinstance(node, dict):
        for each in list(node.values()):
            _name_sides(each, titles)
        if node.get("x-sides") and isinstance(node.get("additionalProperties"), dict):
            free = node["additionalProperties"]
            for side, title in titles.items():
                own = copy.deepcopy(free)
                own["description"] = f"{title}. {free.get('description', '')}".strip()
                node.setdefault("properties", {}).setdefault(side, own)
            node["additionalProperties"] = False


def _side(part: Schema, manifest: Manifest) -> Schema:
    """Make the grammar of one side of an entity, which knows the records of its system."""
    own: Schema = copy.deepcopy(part)
    own["properties"]["resource"] |= {
        "enum": list(manifest.resources),
        "markdownEnumDescriptions": [_about(each.title, each.notes) for each in manifest.resources.values()],
    }
    return own


def _about(title: str, notes: Iterable[str]) -> str:
    return "  \n".join([f"**{title}**", *notes])


def _paths(manifest: Manifest, resource: str) -> Schema:
    """List the fields of records with what people call them; an expression may stand there as well."""
    paths = list(dict.fromkeys(manifest.paths(resource)))
    return {
        "description": f"A field of {manifest.resources[resource].title} of {manifest.title}, or an expression.",
        "anyOf": [
            {"enum": paths, "markdownEnumDescriptions": [_field(manifest, resource, each) for each in paths]},
            {"type": "string", "pattern": EXPRESSION},
            {"type": "object"},
        ],
    }


def _field(manifest: Manifest, resource: str, path: str) -> str:
    found = manifest.field_at(resource, path)
    if found is None:
        return path
    facts = [found.format or found.type]
    facts += [f"at most {found.max_length} characters"] if found.max_length else []
    facts += [f"one of {grammar.one_of(found.enum)}"] if found.enum else []
    facts += ["read only"] if found.read_only else []
    return f"**{found.title or path}**: {', '.join(facts)}"


def _where(side: str, resource: str) -> Schema:
    """Say that an entity of some records has rows with their fields."""
    chosen = {
        "required": [side],
        "properties": {side: {"required": ["resource"], "properties": {"resource": {"const": resource}}}},
    }
    return {"if": chosen, "then": _fields_of({side: resource})}


def _fields_of(uses: Mapping[str, str]) -> Schema:
    row = {"properties": {side: {"$ref": f"#/$defs/{side} {resource}"} for side, resource in uses.items()}}
    return {"properties": {"fields": {"additionalProperties": row}}}


def _name_operators(defs: Schema) -> None:
    words = {name: each.doc for name, each in OPERATORS.items()} | {name: each.doc for name, each in CONCEPTS.items()}
    operator = defs["operator"]
    plain, with_argument = operator["anyOf"]
    plain |= {"enum": list(words), "markdownEnumDescriptions": list(words.values())}
    with_argument["properties"] = {name: {"description": about} for name, about in words.items()}
    with_argument["additionalProperties"] = False


# Keys, wherever they stand --------------------------------------------------------------------------------------------


def _keys(node: Any, word: str) -> list[tuple[str, Schema]]:
    """Find every map of properties that has a word."""
    found: list[tuple[str, Schema]] = []
    if isinstance(node, list):
        for each in node:
            found += _keys(each, word)
    elif isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict) and word in properties:
            found.append((word, properties))
        for each in node.values():
            found += _keys(each, word)
    return found


def _only(properties: Schema, word: str, choices: Mapping[str, str]) -> None:
    properties[word] |= {"enum": list(choices), "markdownEnumDescriptions": list(choices.values())}


def _suggest(properties: Schema, word: str, names: list[str]) -> None:
    if names and properties[word].get("type") == "string":
        properties[word]["anyOf"] = [{"enum": names}, {"type": "string"}]


def _suggest_items(properties: Schema, word: str, names: list[str]) -> None:
    if not str(properties[word].get("$ref", "")).endswith("/names") and properties[word].get("type") != "array":
        return
    about = properties[word].get("description", "")
    items = {"anyOf": [{"enum": names}, {"type": "string"}]}
    properties[word] = {"type": "array", "minItems": 1, "items": items, "description": about}
