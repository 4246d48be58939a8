"""Take in what a side says, page by page: what is as it was costs a comparison, the rest is put aside to be decided.

A page goes into the state store and leaves memory. Nothing is concluded from a read that did not come to its end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from syncrules.journey.rules import EntityRules, Rules, View
from syncrules.manifest import Changes, Resource
from syncrules.memory.kept import Known
from syncrules.memory.memory import Memory
from syncrules.records import Record, elements, filled, normal, reader

LEFT_OUT = "left out, "
"""Stands before the keys of a record that is no candidate: nobody is matched with it, but nobody gets its number either."""


NEVER = datetime.min.replace(tzinfo=UTC)
"""A stamp of its year is that of a system that has none to give."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One resource of one side, to be read for all entities that want it."""

    side: str
    resource: Resource
    since: str | None
    """None: everything."""


Wanted = Collection[tuple[str, str]]
"""Entities, each with a side of it that is to be read."""


def readings(rules: Rules, memory: Memory, wanted: Wanted, now: float, *, whole: bool) -> Iterator[Reading]:
    """List what has to be read, each resource once, in the order of the file."""
    seen: set[tuple[str, str]] = set()
    for name, each in rules.entities.items():
        for side, source in each.entity.sources.items():
            resource = rules.spec.manifests[side].resources[source.resource]
            if (name, side) not in wanted or (side, source.resource) in seen:
                continue
            if not rules.reads(name, side) and not (rules.watches(name, side) and memory.count_linked(name, side)):
                continue
            seen.add((side, source.resource))
            stamp, full_at, digest = memory.cursor(side, source.resource)
            yield Reading(
                side,
                resource,
                None if whole or digest != rules.digest else since(resource.changes, stamp, full_at, now),
            )


def keepers(rules: Rules, side: str, resource: Resource) -> Iterator[str]:
    """Name the entities with an identity of their own that read a resource."""
    for name, each in rules.entities.items():
        source = each.entity.sources.get(side)
        wanted = source is not None and source.resource == resource.name and not each.entity.for_each
        if wanted and rules.reads(name, side):
            yield name


def is_new(rules: Rules, memory: Memory, wanted: Wanted) -> bool:
    """Tell whether any of it was last read by other rules, or never."""
    places = {(side, rules.entities[name].source(side).resource) for name, side in wanted if rules.reads(name, side)}
    return any(memory.cursor(side, resource)[2] != rules.digest for side, resource in places)


def since(changes: Changes | None, stamp: str | None, full_at: float | None, now: float) -> str | None:
    """From when on to read; None for everything, which is due again now and then where changes are blind to something."""
    if changes is None or stamp is None or full_at is None:
        return None
    if changes.sweep is not None and now - full_at >= changes.sweep.total_seconds():
        return None
    return (_moment(stamp) - changes.overlap).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(stamp: str) -> datetime:
    moment = datetime.fromisoformat(stamp)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment_or(other: datetime, stamp: Any) -> datetime:
    """Read a stamp; one that is none counts for nothing: at worst something is read twice."""
    try:
        return _moment(str(stamp))
    except (ValueError, OverflowError):
        return other


def newest(resource: Resource, page: Iterable[Record], so_far: str | None) -> str | None:
    """Find the newest stamp, in UTC, of what has been read."""
    if resource.changes is None:
        return so_far
    best = _moment(so_far) if so_far else NEVER
    for record in page:
        for path in resource.changes.since:
            for value in elements(record, path):
                if filled(value):
                    best = max(best, _moment_or(best, value))
    return best.isoformat() if best.year > NEVER.year else so_far


def take_in(
    rules: Rules,
    memory: Memory,
    reading: Reading,
    page: list[Record],
    run: int,
    settings: Mapping[str, Any],
    now: float,
) -> int:
    """Put one page aside for every entity that reads this resource; give how many records changed."""
    changed = 0
    for name, each in rules.entities.items():
        source = each.entity.sources.get(reading.side)
        if source is None or source.resource != reading.resource.name or not rules.reads(name, reading.side):
            continue
        if each.entity.for_each:
            changed += _take_in_states(rules, memory, each, reading, page, run, settings, now)
        else:
            changed += _keep(memory, each, reading.side, page, run, settings, now)
    return changed


def _keep(
    memory: Memory,
    rules: EntityRules,
    side: str,
    page: list[Record],
    run: int,
    settings: Mapping[str, Any],
    now: float,
) -> int:
    resource = rules.resource(side)
    known = memory.known(rules.entity.name, side, [resource.key_of(record) for record in page])
    views = [
        rules.view(side, record, settings)
        for record in page
        if resource.key_of(record) in known or rules.is_kind(side, record, settings)
    ]
    fresh: list[Known] = []
    same: list[str] = []
    other: list[str] = []
    keys: list[tuple[str, str, str, str, str]] = []
    for view in views:
        before = known.get(view.id)
        if before is not None and before.digest == view.digest:
            same.append(view.id)
            continue
        if not view.is_kind and (before is None or before.link is None):
            other.append(view.id)
            continue
        fresh.append(
            Known(
                side,
                view.id,
                view.name,
                "pending",
                view.digest,
                run,
                record=view.record,
                link=before.link if before else None,
            )
        )
        mark = "" if _may_match(rules, side, view) else LEFT_OUT
        keys += [
            (side, view.id, name if name.startswith("@") else mark + name, value, compared)
            for name, value, compared in rules.keys(side, view)
        ]
    memory.touch(rules.entity.name, side, same, run)
    memory.drop(rules.entity.name, side, other)
    memory.returned([each.link for each in fresh if each.link is not None], side)
    memory.keep(rules.entity.name, fresh, now)
    memory.know_by(rules.entity.name, keys, of=[(side, each.id) for each in fresh])
    return len(fresh)


def _may_match(rules: EntityRules, side: str, view: View) -> bool:
    """A record that may not come in is no candidate either, unless the mapping says so."""
    skipped = view.active is False and rules.entity.events[side]["already_inactive"].then == "skip"
    return view.may_match and not skipped and view.is_kind


# States beside linked records ------------------------------------------------------------------------------------------


def belonging(rules: EntityRules, memory: Memory, side: str, record: Record) -> str:
    """Give the text by which a state finds the linked record that it belongs to; empty if it cannot tell."""
    parts = []
    for path in rules.source(side).belongs_to:
        value = reader(path)(record)
        field = rules.spec.manifests[side].field_at(rules.source(side).resource, path)
        if field is not None and field.reference and filled(value):
            value = _referred(rules, memory, side, field.by[0], value)
        if not filled(value):
            return ""
        parts.append(str(normal(value)))
    return " & ".join(parts)


def _referred(rules: EntityRules, memory: Memory, side: str, by: str, value: Any) -> str | None:
    """Turn a reference into the id of the record, so that a renumbered customer keeps its invoices."""
    for parent in rules.entity.for_each:
        for row in rules.spec.entities[parent].rows:
            for name in row.refers_to:
                ids = memory.found_by(name, side, f"@{by}", [str(normal(value))]).get(str(normal(value)), [])
                links = [(id_, memory.link_of(name, side, id_)) for id_ in ids]
                linked = [id_ for id_, link in links if link is not None and not link.gone[side]]
                if linked:
                    return linked[0]
    return None


def _take_in_states(
    rules: Rules,
    memory: Memory,
    each: EntityRules,
    reading: Reading,
    page: list[Record],
    run: int,
    settings: Mapping[str, Any],
    now: float,
) -> int:
    name, side = each.entity.name, reading.side
    belongs: dict[str, Record] = {}
    for record in page:
        text = belonging(each, memory, side, record)
        if text:
            belongs[text] = record
    fresh: list[Known] = []
    for parent in each.entity.for_each:
        found = memory.found_by(parent, "#", name, sorted(belongs))
        for text, ids in found.items():
            for id_ in ids:
                view = each.view(side, belongs[text], settings)
                before = memory.known(name, side, [id_]).get(id_)
                if before is not None and before.digest == view.digest:
                    memory.touch(name, side, [id_], run)
                    continue
                fresh.append(
                    Known(
                        side,
                        id_,
                        view.name,
                        "pending",
                        view.digest,
                        run,
                        record=view.record,
                        link=before.link if before else None,
                    )
                )
    memory.keep(name, fresh, now)
    return len(fresh)


def becomes(shape: Mapping[str, Any], record: Mapping[str, Any]) -> Record:
    """Make a record from another by a manifest's recipe: a text is a path, {sum: path} adds up, {value: x} is x."""
    result: Record = {}
    for name, what in shape.items():
        match what:
            case {"sum": path}:
                result[name] = sum((each for each in elements(record, path) if each is not None), 0)
            case {"value": constant}:
                result[name] = constant
            case str():
                result[name] = reader(what, absent=None)(record)
    return result
