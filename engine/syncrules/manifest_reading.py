"""Reading a manifest: from its file, once it was checked, to what the rest of the engine knows of a system."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any

from syncrules import manifest_checks, yaml
from syncrules.errors import SpecError
from syncrules.manifest import (
    Active,
    Alike,
    Ask,
    Batch,
    Changes,
    Field,
    Limit,
    Manifest,
    QuietHours,
    Refusal,
    Resource,
    Type,
    Webhooks,
)


def load_manifest(source: Traversable) -> Manifest:
    """Read a manifest and check it against its grammar.

    Raises:
        SpecError: every place where it is not a manifest.
    """
    return _load(source.read_text(encoding="utf-8"), source.name)


@cache
def _load(text: str, name: str) -> Manifest:
    document = yaml.load(text, name)
    problems = manifest_checks.problems(document)
    if any(each.serious for each in problems):
        raise SpecError(problems)
    return _manifest(document.data)


def _manifest(data: Mapping[str, Any]) -> Manifest:
    return Manifest(
        provider=data["provider"],
        title=data["title"],
        absent_means_empty=data.get("absent") == "empty",
        asks=tuple(Ask(name, **each) for name, each in data.get("connection", {}).get("asks", {}).items()),
        limits=tuple(
            Limit(each["calls"], each["per"], tuple(each.get("of", ())), each.get("time_zone", "UTC"))
            for each in data.get("limits", ())
        ),
        in_flight=data.get("in_flight", 1),
        lag=_duration(data.get("lag")),
        types={
            name: Type(
                name,
                _fields(each["fields"]),
                each.get("id", ""),
                each.get("concept", ""),
                each.get("parts", {}),
                each.get("wire", {}),
            )
            for name, each in data.get("types", {}).items()
        },
        resources={name: _resource(name, each) for name, each in data["resources"].items()},
        notes=tuple(data.get("notes", ())),
        wire=data.get("wire", {}),
        refusals=_refusals(data),
        keeps=tuple(data.get("connection", {}).get("keeps", ())),
        webhooks=_webhooks(data["webhooks"]) if "webhooks" in data else None,
        quiet_hours=tuple(
            QuietHours(time.fromisoformat(each["from"]), time.fromisoformat(each["until"]), each["time_zone"])
            for each in data.get("quiet_hours", ())
        ),
    )


def _webhooks(data: Mapping[str, Any]) -> Webhooks:
    return Webhooks(tuple(data["signed_with"]), tuple(data["tell_of"]), data.get("wire", {}))


def _refusals(data: Mapping[str, Any]) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(
            each.get("code", ""),
            each.get("says", ""),
            each.get("means", "invalid"),
            each.get("because", ""),
            each.get("cure", ""),
        )
        for each in data.get("refusals", ())
    )


def _fields(data: Mapping[str, Any]) -> dict[str, Field]:
    return {
        name: Field(
            name=name,
            type=each.get("type", "object" if "reference" in each else "string"),
            format=each.get("format", ""),
            max_length=each.get("maxLength"),
            min_length=each.get("minLength"),
            minimum=each.get("minimum"),
            min_items=each.get("minItems"),
            max_items=each.get("maxItems"),
            decimals=each.get("decimals"),
            enum=tuple(each.get("enum", ())),
            read_only=each.get("readOnly", False) or "derived" in each,
            write_only=each.get("writeOnly", False),
            of=each.get("of", ""),
            shared=each.get("shared", False),
            reference=tuple(each.get("reference", ())),
            by=tuple(each.get("by", ())),
            title=each.get("title", ""),
            certainty=each.get("certainty", ""),
            wire=each.get("wire", {}),
        )
        for name, each in data.items()
    }


def _resource(name: str, data: Mapping[str, Any]) -> Resource:
    create = data.get("create", "none")
    unknown = create["unknown_outcome"] if isinstance(create, Mapping) else ""
    changes = data.get("changes", "none")
    active = data.get("active", "always")
    missing = data.get("missing", {"means": "deleted"})
    ids = (data["id"],) if isinstance(data["id"], str) else tuple(data["id"])
    return Resource(
        name=name,
        title=data["title"],
        id=ids,
        name_path=data.get("name", ids[0]),
        fields=_fields(data["fields"]),
        label=tuple(data.get("label", ())),
        key=data.get("key", ids[0]),
        keys=tuple(data.get("keys", ())),
        rows=tuple(data["rows"]) if "rows" in data else None,
        within=(data["within"]["resource"], data["within"]["at"]) if "within" in data else None,
        active=active
        if isinstance(active, str)
        else Active(active["field"], active["inactive"], active.get("stamp", ""), active.get("writable", False)),  # type: ignore[arg-type]  # the grammar allows just two words
        readable=data.get("read") != "none",
        changes=None
        if changes == "none"
        else Changes(
            tuple(changes["since"]),
            _duration(changes.get("overlap")),
            _duration(changes["sweep"]) if "sweep" in changes else None,
            tuple(changes.get("blind_to", ())),
        ),
        missing=missing["means"],
        settled=missing.get("becomes", {}),
        settled_look_up=missing.get("look_up", {}),
        creatable=create != "none",
        requires=tuple(create.get("requires", ())) if isinstance(create, Mapping) else (),
        overwrites=tuple(
            Alike(tuple(each["same"]), each.get("ignoring", ""), each["cure"]) for each in create.get("overwrites", ())
        )
        if isinstance(create, Mapping)
        else (),
        unknown_outcome="look_up" if isinstance(unknown, Mapping) else unknown,
        look_up=unknown["look_up"] if isinstance(unknown, Mapping) else "",
        makes=create.get("makes", {}) if isinstance(create, Mapping) else {},
        update=data.get("update", "none"),
        deletable=data.get("delete", "none") != "none",
        delete_again=data.get("delete") == "repeat_safe",
        batch=_batch(data["batch"]) if "batch" in data else None,
        external_id=data.get("external_id", {}).get("field", ""),
        frozen=data.get("frozen", {}).get("where", {}),
        frozen_except=tuple(data.get("frozen", {}).get("except", ())),
        refusals=_refusals(data),
        look_ups=data.get("look_ups", {}),
        notes=tuple(data.get("notes", ())),
        wire=data.get("wire", {}),
    )


def _batch(data: Mapping[str, Any]) -> Batch:
    return Batch(
        data.get("size", 0), data.get("whole_list", False), tuple(data.get("beside", ())), data.get("mark", "")
    )


def _duration(data: Mapping[str, Any] | None) -> timedelta:
    return timedelta(**{unit: value for unit, value in (data or {}).items() if unit != "certainty"})
