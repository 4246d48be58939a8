"""What is wrong with a manifest: its grammar, names that lead nowhere, and abilities that contradict each other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import available_timezones

from jsonschema import Draft202012Validator

from syncrules.advice import meant, mend
from syncrules.errors import Problem
from syncrules.shape import Teller
from syncrules.yaml import Document, Path, value_place

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that the grammar cannot see."""

    code: str
    path: Path
    message: str
    suggestion: str


def problems(document: Document) -> list[Problem]:
    """List all that is wrong with a manifest."""
    found = [*document.problems]
    if document.problems and document.data is None:
        return found
    refused = _teller().findings(_validator().iter_errors(document.data))
    for each in refused:
        place = document.place(each.path)
        place = place if each.at_key else value_place(place, each.path, document.lines)
        fix = mend.fix(each.suggestion, place, document.lines)
        found.append(Problem(each.message, place, suggestion=each.suggestion, code=each.code, fix=fix))
    for wrong in () if refused else _inconsistencies(document.data):
        place = value_place(document.place(wrong.path), wrong.path, document.lines)
        fix = mend.fix(wrong.suggestion, place, document.lines)
        found.append(Problem(wrong.message, place, suggestion=wrong.suggestion, code=wrong.code, fix=fix))
    return found


@cache
def _schema() -> Data:
    found: Data = json.loads((files("syncrules") / "manifest.schema.json").read_text(encoding="utf-8"))
    return found


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(_schema())


@cache
def _teller() -> Teller:
    return Teller(_schema())


# Names ----------------------------------------------------------------------------------------------------------------


def _no_type(path: Path, name: str, known: Iterable[str]) -> Wrong:
    return Wrong("SR160", path, f"there is no type '{name}'", meant.nearest(name, known) or "Add it to types:.")


def _no_resource(path: Path, name: str, known: Iterable[str]) -> Wrong:
    hint = meant.nearest(name, known) or "Add it to resources:."
    return Wrong("SR161", path, f"there is no resource '{name}'", hint)


def _no_field(path: Path, name: str, known: Iterable[str], of: str) -> Wrong:
    hint = meant.nearest(name.partition(".")[0], known) or f"Add it to the fields of {of}."
    return Wrong("SR162", path, f"'{name}' is not a field of {of}", hint)


def _inconsistencies(data: Data) -> Iterator[Wrong]:
    """Tell what the grammar cannot."""
    types, resources = data.get("types", {}), data["resources"]
    for part, holders in (("types", types), ("resources", resources)):
        for holder, each in holders.items():
            for name, says in each["fields"].items():
                yield from _field((part, holder, "fields", name), name, says, types, resources)
    yield from _connection(data.get("connection", {}), resources)
    yield from _webhooks(data.get("webhooks", {}), data.get("connection", {}).get("asks", {}), resources)
    for part in ("limits", "quiet_hours"):
        for index, each in enumerate(data.get(part, ())):
            zone = each.get("time_zone", "UTC")
            if zone not in available_timezones():
                hint = meant.nearest(zone, available_timezones()) or "Write it such as Europe/Amsterdam."
                yield Wrong("SR168", (part, index, "time_zone"), f"there is no time zone '{zone}'", hint)
    for name, each in resources.items():
        for wrong in _resource(each, name, resources):
            yield Wrong(wrong.code, ("resources", name, *wrong.path), wrong.message, wrong.suggestion)
    for name, each in types.items():
        for part, field in each.get("parts", {}).items():
            if field.partition(".")[0] not in each["fields"]:
                yield _no_field(("types", name, "parts", part), field, each["fields"], name)


def _field(path: Path, name: str, says: Data, types: Data, resources: Data) -> Iterator[Wrong]:
    if says.get("of") and says["of"] not in types:
        yield _no_type((*path, "of"), says["of"], types)
    for index, target in enumerate(says.get("reference", ())):
        if target not in resources:
            yield _no_resource((*path, "reference", index), target, resources)
    if says.get("readOnly") and says.get("writeOnly"):
        yield Wrong("SR165", path, f"'{name}' can be neither read nor written", "Keep readOnly: or writeOnly:.")
    for least, most in (("minLength", "maxLength"), ("minimum", "maximum"), ("minItems", "maxItems")):
        if least in says and most in says and says[least] > says[most]:
            said = f"'{name}' can hold nothing: its {least} is greater than its {most}"
            yield Wrong("SR166", (*path, least), said, f"Write {says[most]} or less.")
    if says.get("type") in ("number", "integer", "boolean") and "maxLength" in says:
        said = f"'{name}' is not a text, and only a text has a length"
        yield Wrong("SR166", (*path, "maxLength"), said, "Take it away, or write type: string.")


def _connection(connection: Data, resources: Data) -> Iterator[Wrong]:
    asks = connection.get("asks", {})
    for index, name in enumerate(connection.get("keeps", ())):
        if name in asks:
            said = f"'{name}' is asked for: what is kept needs a name of its own"
            yield Wrong("SR163", ("connection", "keeps", index), said, "Give it another name.")
    for name, each in asks.items():
        if each.get("choices_from") and each["choices_from"] not in resources:
            yield _no_resource(("connection", "asks", name, "choices_from"), each["choices_from"], resources)
        if each.get("secret") and each.get("default"):
            said = f"'{name}' is secret, and its default stands here for everybody to read"
            yield Wrong("SR030", ("connection", "asks", name, "default"), said, "Take it away.")


def _webhooks(webhooks: Data, asks: Data, resources: Data) -> Iterator[Wrong]:
    for index, name in enumerate(webhooks.get("signed_with", ())):
        at = ("webhooks", "signed_with", index)
        if name not in asks:
            hint = meant.nearest(name, asks) or "Add it to connection.asks."
            yield Wrong("SR167", at, f"nobody is asked for '{name}'", hint)
        elif not asks[name].get("secret") or asks[name].get("default") != "":
            said = f"'{name}' shows that a call is genuine: it must be secret, and need not be answered"
            yield Wrong("SR167", at, said, 'Give it secret: true and default: "" under connection.asks.')
    for index, name in enumerate(webhooks.get("tell_of", ())):
        if name not in resources:
            yield _no_resource(("webhooks", "tell_of", index), name, resources)


def _resource(each: Data, name: str, resources: Data) -> Iterator[Wrong]:
    fields, create = each["fields"], each.get("create", "none")
    for step in [each["id"]] if isinstance(each["id"], str) else each["id"]:
        if step not in fields:
            yield _no_field(("id",), step, fields, name)
    for where, field in _named(each):
        if field.partition(".")[0] not in fields:
            yield _no_field(where, field, fields, name)
    if isinstance(create, Mapping):
        yield from _create(create, fields, name)
    if "within" in each and each["within"]["resource"] not in resources:
        yield _no_resource(("within", "resource"), each["within"]["resource"], resources)
    yield from _cannot(each)
    yield from _only_written(each)
    yield from _looks_up(each, resources)


def _create(create: Data, fields: Data, name: str) -> Iterator[Wrong]:
    outcome = create["unknown_outcome"]
    if isinstance(outcome, Mapping):
        at, field = ("create", "unknown_outcome", "look_up"), outcome["look_up"]
        if field not in fields:
            yield _no_field(at, field, fields, name)
        elif fields[field].get("writeOnly"):
            said = f"'{field}' is never shown, so nothing can be looked up by it"
            yield Wrong("SR165", at, said, "Name a field that can be read, or write unknown_outcome: ask.")
    for index, needed in enumerate(create.get("requires", ())):
        found = fields.get(needed.partition(".")[0])
        if found is None:
            yield _no_field(("create", "requires", index), needed, fields, name)
        elif "." not in needed and found.get("readOnly"):
            said = f"'{needed}' must be given to make one of the {name}, and cannot be written"
            yield Wrong(
                "SR165", ("create", "requires", index), said, "Take readOnly: away from it, or do not require it."
            )


def _cannot(each: Data) -> Iterator[Wrong]:
    """Tell of abilities that need another one which is not there."""
    active, external = each.get("active"), each.get("external_id")
    writes = each.get("update", "none") != "none"
    if isinstance(active, Mapping):
        field = each["fields"].get(active["field"], {})
        if active.get("writable") and not writes:
            said = "a record that cannot be changed cannot be taken out of use"
            yield Wrong("SR165", ("active", "writable"), said, "Take it away, or say with update: how it is changed.")
        elif active.get("writable") and field.get("readOnly"):
            said = f"'{active['field']}' can be read but not written"
            yield Wrong("SR165", ("active", "writable"), said, "Take it away, or take readOnly: away from the field.")
    if isinstance(external, Mapping) and each["fields"].get(external["field"], {}).get("readOnly"):
        said = f"nothing can be left in '{external['field']}', which can be read but not written"
        yield Wrong("SR165", ("external_id", "field"), said, "Name a field that can be written.")
    if "frozen" in each and not writes:
        said = "nothing is ever changed here, so nothing is frozen"
        yield Wrong("SR165", ("frozen",), said, "Take it away, or say with update: how a record is changed.")
    if "rows" in each and (each.get("create", "none") != "none" or writes):
        said = "these records stand in the manifest itself, so no call makes or changes them"
        yield Wrong("SR165", ("rows",), said, "Take create: and update: away, or the rows.")


def _looks_up(resource: Data, resources: Data) -> Iterator[Wrong]:
    """Tell where it cannot be looked up what became of a record that left a list."""
    asked, at = resource.get("missing", {}).get("look_up"), ("missing", "look_up")
    if asked is None:
        return
    if asked["of"] not in resource["fields"]:
        yield _no_field((*at, "of"), asked["of"], resource["fields"], "the list")
    if asked["in"] not in resources:
        yield _no_resource((*at, "in"), asked["in"], resources)
    elif asked["by"] not in resources[asked["in"]]["fields"]:
        yield _no_field((*at, "by"), asked["by"], resources[asked["in"]]["fields"], asked["in"])


def _only_written(resource: Data) -> Iterator[Wrong]:
    """Tell where a resource counts on looking at what was sent, although it cannot be read back; and where it does not need a batch."""
    if resource.get("read") != "none":
        if "batch" in resource:
            said = "what can be read back is written one by one: add read: none, or take this away"
            yield Wrong("SR164", ("batch",), said, "Take it away.")
        return
    create = resource.get("create", "none")
    if isinstance(create, Mapping) and create["unknown_outcome"] != "repeat_safe":
        said = "what cannot be read back can only be created if doing so twice does no harm"
        yield Wrong("SR164", ("create", "unknown_outcome"), said, "Write unknown_outcome: repeat_safe, if that is so.")
    if resource.get("update") == "sent_fields":
        said = "what cannot be read back is sent whole: only whole_object can be kept"
        yield Wrong(
            "SR164", ("update",), said, mend.Meant("Write update: whole_object.", "sent_fields", "whole_object")
        )
    if resource.get("delete") == "by_id":
        said = "what cannot be read back can only be deleted if doing so twice does no harm"
        yield Wrong("SR164", ("delete",), said, "Write delete: repeat_safe, if that is so.")
    if isinstance(resource.get("active"), Mapping):
        said = "nobody can see whether a record is in use that cannot be read back: only hidden or always can be kept"
        yield Wrong("SR164", ("active",), said, "Write active: hidden, or active: always.")
    if "batch" in resource and not resource["batch"].keys() & {"size", "whole_list"}:
        said = "it is not said how many records a call takes: add size, or whole_list"
        yield Wrong("SR164", ("batch",), said, "Add size: or whole_list:.")


def _named(resource: Data) -> Iterator[tuple[Path, str]]:
    """List the fields that a resource names: where, and which."""
    for word in ("keys", "label"):
        yield from (((word, index), each) for index, each in enumerate(resource.get(word, ())))
    for word in ("name", "key"):
        if word in resource:
            yield (word,), resource[word]
    if isinstance(resource.get("create"), Mapping):
        for index, alike in enumerate(resource["create"].get("overwrites", ())):
            yield from ((("create", "overwrites", index, "same", at), each) for at, each in enumerate(alike["same"]))
    if isinstance(resource.get("active"), Mapping):
        yield ("active", "field"), resource["active"]["field"]
    if isinstance(resource.get("changes"), Mapping):
        yield from ((("changes", "since", index), each) for index, each in enumerate(resource["changes"]["since"]))
    if "external_id" in resource:
        yield ("external_id", "field"), resource["external_id"]["field"]
    if "within" in resource:
        yield ("within", "at"), resource["within"]["at"]
    for index, each in enumerate(resource.get("frozen", {}).get("except", ())):
        yield ("frozen", "except", index), each
