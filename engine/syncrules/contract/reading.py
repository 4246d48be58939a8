"""What a provider promises about reading: lists, single records, searches and changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from syncrules.contract.bench import Bench
from syncrules.contract.likeness import differs, misfits, moment
from syncrules.contract.promise import Skip, promise_of_each
from syncrules.manifest import Manifest, Resource
from syncrules.provider import Record
from syncrules.simulator.shape import at, empty, every, set_at

PAGE = 500
"""Records that a run takes in at once."""
NOBODY = ("no such one", "'", "*", "0", "é & <>")
"""Values that nobody has, and that mean something else to many systems."""


def unreadable(resource: Resource) -> str:
    """Say why a resource is not looked at."""
    return "" if resource.readable else "the manifest says that it cannot be read back"


def not_made(resource: Resource) -> str:
    """Say why nothing is made of a resource and looked at again."""
    if not resource.creatable:
        return "the manifest says that none can be made"
    return "they travel many at once" if resource.batch is not None else unreadable(resource)


def not_changed(resource: Resource) -> str:
    """Say why nothing of a resource is changed."""
    if resource.update == "none":
        return "the manifest says that none can be changed"
    return unreadable(resource) or ("they travel many at once" if resource.batch is not None else "")


@promise_of_each("A run reads page by page and holds no list in memory; a record that is told twice or left out is taken for another, or for gone.", unreadable)  # fmt: skip
def a_list_is_told_once_and_whole(bench: Bench, resource: Resource) -> Iterator[str]:
    """A list comes in pages of at most 500 records, each with its id, none twice; read again, it is the same; a table of the manifest costs no call."""
    pages, ids = 0, list[str]()
    with bench.line.counted() as asked:
        for page in bench.system.read(resource.name):
            pages += 1
            if len(page) > PAGE:
                yield f"page {pages} holds {len(page)} records"
            for each in page:
                if not resource.is_one(each) or any(empty(each[name]) for name in resource.id):
                    yield f"a record has no {', '.join(resource.id)}"
                ids.append(resource.key_of(each))
    if resource.rows is not None and asked and bench.over == "sandbox":
        yield f"{len(asked)} calls were made for a table of the manifest"
    twice = sorted({each for each in ids if ids.count(each) > 1} if len(ids) < 1000 else _doubles(ids))
    if twice:
        yield f"{len(twice)} records came twice, such as {twice[0]}"
    again = [resource.key_of(each) for each in bench.all(resource)]
    if set(again) != set(ids):
        yield f"{len(ids)} records came the first time and {len(again)} the second"


def _doubles(ids: list[str]) -> set[str]:
    seen, twice = set[str](), set[str]()
    for each in ids:
        (twice if each in seen else seen).add(each)
    return twice


@promise_of_each("Mappings name declared fields; amounts must be exact and days must stay days; a field of another type is misread without a word.", unreadable)  # fmt: skip
def records_are_as_declared(bench: Bench, resource: Resource) -> Iterator[str]:
    """A record holds declared fields only, each of its declared type: exact decimals, never a float; days without a time; moments of ISO 8601."""
    bench.some(resource)
    for each in bench.listed(resource):
        for said in misfits(bench.manifest, resource.fields, each):
            yield f"{resource.key_of(each)}: {said}"


@promise_of_each("A record is fetched before it is changed, and compared with what was listed: where the two differ by themselves, nothing is ever written.", unreadable)  # fmt: skip
def one_record_is_as_its_list_has_it(bench: Bench, resource: Resource) -> Iterator[str]:
    """A record that is fetched by its id says in every field what its list says."""
    for listed in bench.some(resource):
        key = resource.key_of(listed)
        found = bench.system.fetch(resource.name, key)
        if found is None:
            yield f"{key} is listed and cannot be fetched"
            return
        if resource.key_of(found) != key:
            yield f"{resource.key_of(found)} came where {key} was asked for"
        for name in sorted({*listed, *found}):
            if name in listed and name in found and listed[name] != found[name]:
                yield f"{key}: {name} is {listed[name]!r} in the list and {found[name]!r} by itself"
            if (name in listed) != (name in found) and not bench.manifest.absent_means_empty:
                yield f"{key}: {name} is told in one of the two only"


@promise_of_each("What is not there is called gone, and what nobody has is made: an answer that is about somebody else would tie strangers together.", unreadable)  # fmt: skip
def nobody_is_nobody(bench: Bench, resource: Resource) -> Iterator[str]:
    """An id that nobody has gives None, a search for a value that nobody has gives nothing; an empty value or one with a meaning is no exception."""
    ids = {resource.key_of(each) for each in bench.listed(resource)}
    for value in (*NOBODY, "987654321", "00000000-0000-4000-8000-00000000dead"):
        if value not in ids and (found := bench.system.fetch(resource.name, value)) is not None:
            yield f"'{value}' gave {resource.key_of(found)}"
    for field in searched(bench.manifest, resource):
        for value in (*NOBODY, ""):
            for each in bench.system.find(resource.name, field, value):
                if _text(each.get(field)) != value:
                    yield f"{field} '{value}' gave {resource.key_of(each)}, whose {field} is {each.get(field)!r}"


@promise_of_each("Who is there already is found by its number before it is made, and after an answer was lost: one who is overlooked is made twice, one too many is a stranger.", unreadable)  # fmt: skip
def a_search_gives_exactly_who_has_the_value(bench: Bench, resource: Resource) -> Iterator[str]:
    """A search by the id, a number, or whatever a lost answer is looked up by gives those with exactly this value: not a part of it, not other capitals."""
    rows, looked = bench.some(resource), 0
    for field in searched(bench.manifest, resource):
        for row in [*rows, *bench.listed(resource)[:40]]:
            value = _text(row.get(field))
            if not value:
                continue
            looked += 1
            found = {resource.key_of(each) for each in bench.system.find(resource.name, field, value)}
            wanted = {resource.key_of(e) for e in bench.listed(resource) if _text(e.get(field)) == value}
            if not wanted <= found:
                yield f"{field} '{value}' does not give {', '.join(sorted(wanted - found)[:3])}"
            guid = resource.fields[field].format == "uuid"  # whose capitals mean nothing
            for other in (value[:-1], "" if guid else value.swapcase(), value.replace(" ", "")):
                if other and other != value:
                    for each in bench.system.find(resource.name, field, other):
                        if _text(each.get(field)) != other:
                            yield f"{field} '{other}' gives {resource.key_of(each)}, whose {field} is '{each.get(field)}'"
            break
    if not looked:
        raise Skip("no listed record has a value to search for")


def searched(manifest: Manifest, resource: Resource) -> list[str]:
    """Name the fields by which the engine searches a resource."""
    found = [resource.id[0]] if len(resource.id) == 1 else []
    found += [*resource.keys, resource.look_up, resource.external_id]
    found += [each.settled_look_up["by"] for each in manifest.resources.values()
              if each.settled_look_up and each.settled_look_up["in"] == resource.name]  # fmt: skip
    return list(dict.fromkeys(each for each in found if each))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _without_changes(resource: Resource) -> str:
    if not resource.readable:
        return unreadable(resource)
    return "" if resource.changes is not None else "the manifest says that everything is read and compared"


@promise_of_each("Between two sweeps only what changed is read: a change that is missed stays missed for days, and is written over.", _without_changes)  # fmt: skip
def a_change_is_among_the_changes(bench: Bench, resource: Resource) -> Iterator[str]:
    """Reading since the newest stamp that was seen, less the declared overlap, gives whatever was made or changed after it, parts included; reading since tomorrow gives nothing."""
    assert resource.changes is not None
    known = bench.all(resource)
    newest = max((each for row in known for each in _stamps(resource, row)), default=None)
    if newest is None:
        raise Skip("no listed record has a stamp")
    for row in known:
        if not list(_stamps(resource, row)):
            yield f"{resource.key_of(row)} has none of the stamps {', '.join(resource.changes.since)}"
    since = (newest - resource.changes.overlap).isoformat()
    for key, what in _changed(bench, resource):
        listed = bench.patiently(_is_among, bench, resource, since, key)
        if not listed:
            yield f"{key} is not among the changes, although {what}"
    now = datetime.fromtimestamp(bench.clock.now(), UTC)
    later = (max(newest, now) + timedelta(days=2)).isoformat()
    if too_many := _keys(bench, resource, later):
        yield f"{len(too_many)} records came that were not changed since {later}"
    if bench.brief:
        return
    begin = _keys(bench, resource, "1990-01-01T00:00:00+00:00")
    if missing := {resource.key_of(each) for each in known} - begin:
        yield f"{len(missing)} records are not among the changes since 1990, such as {min(missing)}"


def _keys(bench: Bench, resource: Resource, since: str) -> set[str]:
    return {resource.key_of(each) for page in bench.system.read(resource.name, since) for each in page}


def _is_among(bench: Bench, resource: Resource, since: str, key: str) -> bool:
    return key in _keys(bench, resource, since)


def _listed_as(bench: Bench, resource: Resource, key: str) -> list[Record]:
    return [each for each in bench.all(resource) if resource.key_of(each) == key]


def _stamps(resource: Resource, row: Record) -> Iterator[Any]:
    assert resource.changes is not None
    for path in resource.changes.since:
        yield from (found for value in every(row, path) if value and (found := moment(value)) is not None)


def _changed(bench: Bench, resource: Resource) -> Iterator[tuple[str, str]]:
    """Change records in all ways there are: a new one, one of its own fields, one of each part that has a stamp."""
    assert resource.changes is not None
    bench.clock.sleep(2.0)
    if not resource.creatable and resource.update == "none":
        return
    key, row = bench.open_one(resource)
    if resource.creatable:
        yield key, "it was made"
    if resource.update == "none":
        return
    for prefix in dict.fromkeys(path.rpartition(".")[0] for path in resource.changes.since):
        path = plain_text_at(bench, resource, row, prefix)
        if path is None:
            continue
        change: Record = {}
        set_at(change, path, f"Anders {bench.mark()}")
        bench.system.update(resource.name, key, change, bench.system.fetch(resource.name, key) or row)
        yield key, f"its {path} was changed"


def plain_text_at(bench: Bench, resource: Resource, row: Record, prefix: str = "") -> str | None:
    """Find a text that can be changed within one part of a record: nothing by which it is found, nothing that is chosen."""
    if prefix and not isinstance(at(row, prefix), dict):
        return None
    fields = resource.fields
    for step in prefix.split(".") if prefix else ():
        each = fields.get(step)
        if each is None or not each.of:
            return None
        fields = bench.manifest.types[each.of].fields
    taken = {*resource.id, *resource.keys, resource.look_up, resource.external_id, *resource.requires, *resource.frozen}
    left_out = bench.samples.of(resource.name)
    for name, each in fields.items():
        path = f"{prefix}.{name}" if prefix else name
        roomy = each.max_length is None or each.max_length >= 20
        plain = each.type == "string" and not each.format and not each.enum and not each.reference
        free = not each.read_only and not each.write_only and path not in taken and (each.min_length or 0) <= 1
        if plain and free and roomy and name not in left_out.leave_out and name not in left_out.fields:
            return path
    return None


@promise_of_each("What we just wrote is read again in the next run: a list that is later than declared makes an edit of ours look like somebody's edit back.", lambda each: unreadable(each) or ("" if each.creatable and each.batch is None else "none can be made here"))  # fmt: skip
def a_list_shows_what_was_written(bench: Bench, resource: Resource) -> Iterator[str]:
    """A list that is read after a write, once the declared time has passed, holds what was written, once."""
    key, found = bench.made(resource)
    bench.wait_for_lag()
    listed = bench.patiently(_listed_as, bench, resource, key)
    if len(listed) != 1:
        yield f"{key} is in the list {len(listed)} times"
        return
    said = differs(bench.manifest, resource.fields, found, listed[0])
    if said is not None:
        yield f"{key}: {said} in the list"
