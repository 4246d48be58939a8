"""What a provider promises about changing records: what is written arrives, and everything else stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.contract.bench import Bench, is_closed
from syncrules.contract.inventing import Nothing
from syncrules.contract.likeness import differs
from syncrules.contract.promise import Skip, promise_of_each
from syncrules.contract.reading import not_changed, plain_text_at
from syncrules.errors import ProviderError, RecordGone, RecordRefused
from syncrules.manifest import Active, Field, Resource
from syncrules.provider import Record
from syncrules.simulator.shape import at, copied, empty, set_at


@promise_of_each("An update that empties what it does not name loses what people typed: nothing is worse but a duplicate.", not_changed)  # fmt: skip
def a_change_changes_nothing_else(bench: Bench, resource: Resource) -> Iterator[str]:
    """A change of one field leaves every other as it was, what is only shown included; a change of all that can be changed arrives whole; what was seen and handed in stays untouched."""
    key, before = bench.open_one(resource)
    for path in changeable(bench, resource, before):
        seen = bench.system.fetch(resource.name, key)
        handed, change = copied(seen), dict[str, Any]()
        set_at(change, path, f"Anders {bench.mark()}")
        bench.system.update(resource.name, key, change, handed)
        if handed != seen:
            yield "the record that was seen was changed in our hands"
        found = bench.patiently(bench.fetched_with, resource, key, path, at(change, path))
        if not found:
            yield f"{path} was written and did not arrive"
            return
        said = _fallen(bench, resource, seen, found, path)
        if said is not None:
            yield f"{path} was changed, and {said}"
    whole = {name: value for name, value in _other(bench, resource).items() if not _taken(resource, name)}
    if whole:
        seen = bench.system.fetch(resource.name, key)
        bench.system.update(resource.name, key, copied(whole), seen)
        bench.wait_for_lag()
        said = differs(bench.manifest, resource.fields, whole, bench.system.fetch(resource.name, key))
        if said is not None:
            yield f"when all was changed, {said}"


def _other(bench: Bench, resource: Resource) -> Record:
    try:
        return bench.inventor.record(resource, bench.mark())
    except Nothing:
        return {}


def _taken(resource: Resource, name: str) -> bool:
    closing = {path.partition(".")[0] for path in resource.frozen}
    return name in {*resource.id, *resource.keys, resource.look_up, *resource.requires, *closing} or (
        isinstance(resource.active, Active) and name in (resource.active.field, resource.active.stamp)
    )


def changeable(bench: Bench, resource: Resource, row: Record) -> list[str]:
    """Find a plain text of the record itself, and of each of its parts."""
    parts = ["", *(name for name, each in resource.fields.items() if each.of and each.type == "object")]
    parts += [
        f"{name}.{inner}"
        for name in parts[1:]
        for inner, each in bench.manifest.types[resource.fields[name].of].fields.items()
        if each.of and each.type == "object"
    ]
    found = [plain_text_at(bench, resource, row, each) for each in parts]
    if not any(found):
        raise Skip("it has no plain text that could be changed")
    return [each for each in found if each is not None]


def _fallen(bench: Bench, resource: Resource, seen: Record, found: Record, changed: str) -> str | None:
    """Say which other field is not as it was; stamps move, and what the system composes may follow."""
    stamps = set(resource.changes.since) if resource.changes is not None else set()

    def look(fields: Mapping[str, Field], one: Any, other: Any, prefix: str) -> str | None:
        for name, each in fields.items():
            path = f"{prefix}{name}"
            was, now = one.get(name), other.get(name)
            if path == changed or path in stamps or (each.read_only and each.format == "date-time") or name[:1] == "_":
                continue
            if isinstance(was, Mapping) and isinstance(now, Mapping) and each.of:
                said = look(bench.manifest.types[each.of].fields, was, now, f"{path}.")
                if said is not None:
                    return said
            elif was != now and not (empty(was) and empty(now)) and not each.reference:
                return f"{path} was {was!r} and is {now!r}"
        return None

    return look(resource.fields, seen, found, "")


@promise_of_each("What was emptied on one side is emptied on the other; a value that stays is an edit that is lost.", not_changed)  # fmt: skip
def what_is_emptied_is_empty(bench: Bench, resource: Resource) -> Iterator[str]:
    """A text that is written as None is empty afterwards, and nothing else is."""
    key, before = bench.open_one(resource)
    for path in changeable(bench, resource, before):
        change: Record = {}
        set_at(change, path, f"Anders {bench.mark()}")
        bench.system.update(resource.name, key, change, bench.system.fetch(resource.name, key))
        bench.wait_for_lag()
        set_at(change, path, None)
        seen = bench.system.fetch(resource.name, key)
        bench.system.update(resource.name, key, change, copied(seen))
        found = bench.patiently(bench.fetched_with, resource, key, path, None)
        if not found:
            yield f"{path} was emptied and is not empty"
            return
        said = _fallen(bench, resource, seen, found, path)
        if said is not None:
            yield f"{path} was emptied, and {said}"


@promise_of_each("Between the fetch and the write somebody may type: where the system takes single fields, theirs stands.", lambda each: not_changed(each) or ("" if each.update == "sent_fields" else "the manifest says that an update replaces the whole object"))  # fmt: skip
def what_others_changed_meanwhile_stands(bench: Bench, resource: Resource) -> Iterator[str]:
    """An update that touches only what is sent leaves a field alone that somebody else changed since it was seen."""
    key, before = bench.open_one(resource)
    for path in changeable(bench, resource, before):
        other = _another_text(bench, resource, before, path)
        if other is None:
            continue
        seen = bench.system.fetch(resource.name, key)
        mine, theirs = dict[str, Any](), dict[str, Any]()
        set_at(mine, path, f"Ik {bench.mark()}")
        set_at(theirs, other, f"Zij {bench.mark()}")
        bench.system.update(resource.name, key, theirs, copied(seen))
        bench.system.update(resource.name, key, mine, seen)
        bench.wait_for_lag()
        found = bench.system.fetch(resource.name, key) or {}
        if at(found, other) != at(theirs, other):
            yield f"{other} was changed by somebody and fell when {path} was written"
        if at(found, path) != at(mine, path):
            yield f"{path} did not arrive"
        return
    raise Skip("it has no second text that could be changed")


def _another_text(bench: Bench, resource: Resource, row: Record, path: str) -> str | None:
    prefix, _, name = path.rpartition(".")
    fields = resource.fields
    for step in prefix.split(".") if prefix else ():
        fields = bench.manifest.types[fields[step].of].fields
    taken = {*resource.id, *resource.keys, resource.look_up, resource.external_id, *resource.requires, name}
    sample = bench.samples.of(resource.name)
    for other, each in fields.items():
        whole = f"{prefix}.{other}" if prefix else other
        plain = each.type == "string" and not (
            each.format or each.enum or each.reference or each.read_only or each.write_only
        )
        if (
            plain
            and whole not in taken
            and other not in taken
            and (each.max_length or 99) >= 20
            and (each.min_length or 0) <= 1
            and other not in {**sample.fields, **sample.leave_out}
        ):
            return whole
    return None


@promise_of_each("A record that is gone is called so, once, and is not written to for ever.", not_changed)
def a_change_of_what_is_gone_is_told(bench: Bench, resource: Resource) -> Iterator[str]:
    """A change of an id that nobody has is a `RecordGone`, and makes nothing."""
    key, row = bench.open_one(resource)
    path = plain_text_at(bench, resource, row) or resource.external_id
    if not path:
        raise Skip("it has no plain text of its own that could be changed")
    change: Record = {}
    set_at(change, path, f"Anders {bench.mark()}")
    gone = _nobody_like(key)
    seen = {**copied(row), resource.id[0]: type(row[resource.id[0]])(gone)}
    try:
        bench.system.update(resource.name, gone, change, seen)
    except RecordGone:
        pass
    except ProviderError as error:
        yield f"{type(error).__name__} ('{error}') instead of RecordGone"
    else:
        yield f"'{gone}' was changed, and nobody has that id"
    if bench.system.fetch(resource.name, gone) is not None:
        yield f"'{gone}' is there now"


def _nobody_like(key: str) -> str:
    """Give an id of the same kind that nobody has."""
    if key.isdigit():
        return "987654321"
    return key[:-6] + "".join(
        "0" if each.isalnum() and each != "0" else "9" if each == "0" else each for each in key[-6:]
    )


def _always_in_use(resource: Resource) -> str:
    if not isinstance(resource.active, Active):
        return f"the manifest says: {resource.active}"
    if not resource.active.writable:
        return "the manifest says that it can only be seen"
    return not_changed(resource)


@promise_of_each("Whoever is taken out of use on one side is so on the other, if the mapping says so: nothing else may go out of use.", _always_in_use)  # fmt: skip
def out_of_use_and_back(bench: Bench, resource: Resource) -> Iterator[str]:
    """Writing the declared value takes a record out of use, with the declared stamp, and changes nothing else; writing its opposite takes it into use again."""
    active = resource.active
    assert isinstance(active, Active)
    key, row = bench.open_one(resource)
    if row.get(active.field) == active.inactive:
        yield "a new record is out of use"
    opposite = not active.inactive if isinstance(active.inactive, bool) else None
    for value, stamp in ((active.inactive, "2026-03-29T00:00:00Z"), (opposite, None)):
        seen = bench.system.fetch(resource.name, key)
        change: Record = {active.field: value, **({active.stamp: stamp} if active.stamp else {})}
        bench.system.update(resource.name, key, copied(change), seen)
        found = bench.patiently(bench.fetched_with, resource, key, active.field, value)
        if not found:
            yield f"{active.field} was written as {value!r} and did not arrive"
            return
        said = differs(bench.manifest, resource.fields, change, found)
        said = said or _fallen(bench, resource, {**seen, **change}, {**found, **change}, active.field)
        if said is not None:
            yield said


@promise_of_each("A document that is sent is a document of law: it stays as it is.", lambda each: not_changed(each) or ("" if each.frozen else "the manifest says nothing of records that are closed"))  # fmt: skip
def what_is_closed_stays_closed(bench: Bench, resource: Resource) -> Iterator[str]:
    """A record that the manifest calls closed refuses every change but of the fields that it excepts."""
    row = next((each for each in bench.listed(resource) if is_closed(resource, each)), None)
    if row is None:
        raise Skip("the system lists none that is closed")
    key = resource.key_of(row)
    path = next(iter(changeable(bench, resource, row)))
    change: Record = {}
    set_at(change, path, f"Anders {bench.mark()}")
    try:
        bench.system.update(resource.name, key, change, copied(row))
    except RecordRefused:
        pass
    else:
        yield f"{path} of a closed record was changed"
    bench.wait_for_lag()
    if at(bench.system.fetch(resource.name, key), path) != at(row, path):
        yield f"{path} of a closed record is another now"
