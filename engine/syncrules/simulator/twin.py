"""A system in memory, made from its manifest alone: what the manifest declares it does, and what it forbids it refuses.

It shares no code with the engine but the manifest, the errors and the door that providers use. Time is handed in; there is no
chance here: the same requests at the same times get the same answers.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from syncrules.manifest import Active, Field, Manifest, Resource
from syncrules.simulator.refusing import Gate, Refused, Versions
from syncrules.simulator.shape import Record, at, copied, empty, every, leaves, merged, set_at

Who = Literal["person", "engine"]


@dataclass(frozen=True, slots=True)
class Write:
    """One write that took effect, as the twin saw it."""

    at: float
    who: Who
    verb: Literal["create", "update", "delete"]
    resource: str
    id: str
    before: Record | None
    after: Record | None
    shared: bool = False
    """Nobody wrote to this record: something that it shares with another was changed there."""
    taken: str = ""
    """By which likeness the system took what should have been a new record for this one; empty if it did not."""


@dataclass(slots=True)
class Habits:
    """What the manifest leaves open: how this one of many possible systems behaves."""

    page: int = 3
    """Records on a page."""
    lag: float = 0.0
    """Seconds for which a list or a search does not show a write."""
    skew: float = 0.0
    """Seconds by which its clock is ahead."""
    guids: bool = False
    """Its ids are as the manifest says, GUIDs included; else they are short, and a story can be read that tells of them."""
    calls: Mapping[int, int] = field(default_factory=dict)
    """Position of a limit in the manifest → how many calls it really allows."""


class _Fields:
    """What stands in an object: the names of its fields, and those that have more in them."""

    def __init__(self, fields: Mapping[str, Field], but: str = "") -> None:
        self.names = dict.fromkeys(fields)
        self.deeper = [
            each
            for name, each in fields.items()
            if name != but and (each.of or (each.reference and each.type == "object"))
        ]


class Twin:
    """One invented system.

    Args:
        manifest: what it is made from.
        now: gives seconds since 1970, UTC.
    """

    def __init__(self, manifest: Manifest, now: Callable[[], float], habits: Habits) -> None:
        self.manifest = manifest
        self.habits = habits
        self.log: list[Write] = []
        self.now = now
        self.mark: str | None = None
        """What the last batch was called that was taken."""
        self.beside: dict[str, Record] = {}
        """Resource → what travelled with its whole list the last time."""
        self._tables: dict[str, dict[str, Versions]] = {name: {} for name in manifest.resources}
        self._fields = {
            name: _Fields(each.fields, each.within[1] if each.within else "")
            for name, each in manifest.resources.items()
        }
        self._fields_of = {name: _Fields(each.fields) for name, each in manifest.types.items()}
        self.gate = Gate(manifest, self._tables)
        self._next = 100
        for name, resource in manifest.resources.items():
            for row in resource.rows or ():
                self._tables[name][resource.key_of(row)] = [(0.0, dict(row))]

    # Looking ------------------------------------------------------------------------------------------------------

    def rows(self, resource: str) -> dict[str, Record]:
        """Show all records of a resource as they are at this moment: id → record, parts and references filled in."""
        return {
            id_: self._shown(resource, current)
            for id_, versions in self._tables[resource].items()
            if (current := versions[-1][1]) is not None
        }

    def row(self, resource: str, id: str) -> Record | None:
        """Show one record as it is at this moment."""
        versions = self._tables[resource].get(id)
        current = versions[-1][1] if versions else None
        return None if current is None else self._shown(resource, current)

    def listed(self, resource: str, since: str | None = None) -> list[Record]:
        """List what a list call shows: not what was written a moment ago, and from a moment on where one is given."""
        found = []
        for id_, versions in self._tables[resource].items():
            until, record = self._visible(id_, versions)
            if record is None:
                continue
            shown = self._shown(resource, record, until)
            # Stamps are told to the second.
            if since is None or self._newest(resource, shown)[:19] >= since[:19]:
                found.append(shown)
        return found

    def alike(self, resource: str, by: str, looks: str) -> list[Record]:
        """List what a search shows of the records that look like this, by one of the likenesses of the manifest."""
        (alike,) = (each for each in self.manifest.resources[resource].overwrites if each.name == by)
        return [each for each in self.listed(resource) if alike.looks(each) == looks]

    def _visible(self, id: str, versions: Versions) -> tuple[float, Record | None]:
        """Give what a list shows of a record, and the moment it is from: some writes take the whole lag to be shown, some none."""
        for when, record in reversed(versions):
            lag = self.habits.lag * (zlib.crc32(f"{id} {when}".encode()) % 3) / 2
            if when + lag <= self.now():
                return self.now() - lag, record
        return 0.0, None

    def _newest(self, resource: str, record: Record) -> str:
        changes = self.manifest.resources[resource].changes
        assert changes is not None
        return max((str(each) for path in changes.since for each in every(record, path) if each), default="")

    def _shown(self, resource: str, record: Record, until: float | None = None, depth: int = 0) -> Record:
        """Fill in what is kept elsewhere: the shared object of a role, and the plain fields of what is referred to."""
        shown, within = copied(record), self.manifest.resources[resource].within
        if within is not None:
            shown[within[1]] = self._there(within[0], str(record.get(within[1])), until, depth) or record.get(within[1])
        return self._filled_in(self._fields[resource], shown, until, depth)

    def _filled_in(self, fields: _Fields, record: Record, until: float | None, depth: int) -> Record:
        if not self.manifest.absent_means_empty and fields.names.keys() - record.keys():
            for name in fields.names:
                record.setdefault(name, None)
        for each in fields.deeper:
            value = record.get(each.name)
            if each.of and isinstance(value, list):
                record[each.name] = [self._filled_in(self._fields_of[each.of], one, until, depth) for one in value]
            elif isinstance(value, dict) and each.reference and each.type == "object":
                record[each.name] = self._referred(each, value, until, depth)
            elif isinstance(value, dict) and each.of:
                record[each.name] = self._filled_in(self._fields_of[each.of], value, until, depth)
        return record

    def _there(self, resource: str, id: str, until: float | None, depth: int) -> Record | None:
        versions = self._tables[resource].get(id, [])
        record = (versions[-1][1] if versions else None) if until is None else _as_of(versions, until)
        return None if record is None else self._shown(resource, record, until, depth + 1)

    def _referred(self, each: Field, value: Record, until: float | None, depth: int) -> Record:
        for target in each.reference:
            id_field = self.manifest.resources[target].id[0]
            id_ = str(value.get(id_field))
            if id_ in self._tables[target] and depth < 3:
                return self._there(target, id_, until, depth) or value
        return value

    # Writing ------------------------------------------------------------------------------------------------------

    def create(self, resource: str, given: Record, who: Who) -> Record:
        """Make a record and show it.

        Raises:
            Refused: the manifest says that it cannot be.
        """
        spec = self.manifest.resources[resource]
        if who == "engine":
            if not spec.creatable:
                raise Refused(f"{resource} cannot be made")
            self.gate.check(spec.fields, given, resource)
            attached = spec.within is not None and not empty(at(given, f"{spec.within[1]}.{self._within_id(spec)}"))
            lacking = [path for path in spec.requires if empty(at(given, path)) and at(given, path) not in (0, False)]
            if lacking and not attached:
                raise Refused(f"{', '.join(lacking)} is missing")
            taken_for = self._taken_for(spec, given)
            if taken_for is not None:
                done = len(self.log)
                shown = self.update(resource, taken_for[0], given, who)
                self.log[done:] = [replace(each, taken=taken_for[1]) for each in self.log[done:]]
                return shown
        record = self._made(spec.fields, given)
        for each in spec.id:
            if empty(record.get(each)):
                record[each] = self._number(spec.fields[each])
        id_ = spec.key_of(record)
        # Where we choose the id ourselves, one that is there already is a second one too.
        self.gate.refuse_taken(spec, record, "")
        if spec.within is not None:
            record[spec.within[1]] = self._put_within(spec, record.get(spec.within[1]) or {}, who)
        if isinstance(spec.active, Active) and spec.active.field not in record:
            record[spec.active.field] = _other(spec.active.inactive)
        self._stamp(spec, {}, record, new=True)
        self._keep(resource, id_, record, who, "create")
        for made, shape in spec.makes.items():
            self._arise(made, shape, record)
        return self.row(resource, id_) or {}

    def _taken_for(self, spec: Resource, given: Record) -> tuple[str, str] | None:
        """Find the record that the system takes a new one for, where its manifest says that it does so, and by which likeness."""
        for alike in spec.overwrites:
            looks = alike.looks(given)
            for id_, versions in self._tables[spec.name].items():
                there = versions[-1][1]
                if looks and there is not None and alike.looks(there) == looks:
                    return id_, alike.name
        return None

    def _arise(self, resource: str, shape: Mapping[str, Any], record: Record) -> None:
        """Let come about by itself what the manifest says that the making of a record makes."""
        spec = self.manifest.resources[resource]
        made = recipe(shape, record)
        self._stamp(spec, {}, made, new=True)
        self._keep(resource, spec.key_of(made), made, "person", "create")

    def enter(self, resource: str, record: Record) -> None:
        """Let a person enter something that no rule is about, such as what settles a document: no key of it need be its own."""
        spec = self.manifest.resources[resource]
        made = {**record, **{each: self._number(spec.fields[each]) for each in spec.id}}
        self._keep(resource, spec.key_of(made), made, "person", "create")

    def update(self, resource: str, id: str, given: Record, who: Who) -> Record:
        """Write into a record and show it; where an update replaces the whole object, what is not sent is emptied.

        Raises:
            Refused: the manifest says that it cannot be, or the record is not there (code 404).
        """
        spec = self.manifest.resources[resource]
        before = self._tables[resource].get(id, [(0.0, None)])[-1][1]
        if before is None:
            raise Refused("it is not there", "404")
        if who == "engine":
            if spec.update == "none":
                raise Refused(f"{resource} cannot be changed")
            self.gate.check(spec.fields, given, resource)
            self.gate.refuse_frozen(spec, self._shown(resource, before), given)
        sent = copied(given)
        if spec.update == "whole_object" and who == "engine":
            kept = {name: value for name, value in before.items() if spec.fields[name].read_only or name in (*spec.id,)}
            after = {**dict.fromkeys((n for n in before if n not in kept), None), **kept, **sent}
        else:
            after = merged(copied(before), sent)
        self.gate.refuse_taken(spec, after, id)
        if spec.within is not None and spec.within[1] in sent:
            after[spec.within[1]] = before[spec.within[1]]
            if isinstance(sent[spec.within[1]], dict):
                self.update(spec.within[0], str(before[spec.within[1]]), sent[spec.within[1]], who)
        after = self._made(spec.fields, after)
        if after != before:
            self._stamp(spec, before, after, new=False)
            self._keep(resource, id, after, who, "update")
            self._renumber(resource, before, after)
        return self.row(resource, id) or {}

    def _renumber(self, resource: str, before: Record, after: Record) -> None:
        """Let what points to a record by its number follow when it gets another one."""
        for name, spec in self.manifest.resources.items():
            for each in spec.fields.values():
                if each.type != "string" or resource not in each.reference or not each.by:
                    continue
                old, new = before.get(each.by[0]), after.get(each.by[0])
                if old != new and not empty(old) and not empty(new):
                    self._point_elsewhere(name, each.name, old, new)

    def repoint(self, resource: str, old: str, new: str) -> None:
        """Let everything that points to one record point to another one."""
        was, now = self.row(resource, old) or {}, self.row(resource, new) or {}
        for name, spec in self.manifest.resources.items():
            for each in spec.fields.values():
                if resource not in each.reference:
                    continue
                if each.type == "string" and each.by:
                    self._point_elsewhere(name, each.name, was.get(each.by[0]), now.get(each.by[0]))
                elif each.type != "string":
                    id_ = self.manifest.resources[resource].id[0]
                    self._point_elsewhere(name, each.name, {id_: was.get(id_)}, {id_: now.get(id_)})

    def _point_elsewhere(self, resource: str, field: str, old: Any, new: Any) -> None:
        if empty(old) or empty(new):
            return
        spec = self.manifest.resources[resource]
        for id_, versions in list(self._tables[resource].items()):
            record = versions[-1][1]
            if record is None or record.get(field) != old:
                continue
            moved = {**record, field: new}
            if field in spec.id:
                self._keep(resource, id_, None, "person", "delete")
                self._keep(resource, spec.key_of(moved), moved, "person", "create")
            else:
                self._stamp(spec, record, moved, new=False)
                self._keep(resource, id_, moved, "person", "update")

    def delete(self, resource: str, id: str, who: Who) -> None:
        """Take a record away."""
        if self._tables[resource].get(id, [(0.0, None)])[-1][1] is not None:
            self._keep(resource, id, None, who, "delete")

    # Many at once ---------------------------------------------------------------------------------------------------

    def submit(self, resource: str, writes: Sequence[tuple[str, str, Record]], mark: str) -> None:
        """Take a batch under a mark, all of it or nothing: verb, id and the whole record of each.

        Raises:
            Refused: one of them is not right.
        """
        table, seen = self._tables[resource], len(self.log)
        before = {id_: list(versions) for id_, versions in table.items()}
        try:
            for verb, key, record in writes:
                if verb == "delete":
                    self.delete(resource, key, "engine")
                else:
                    self._put_whole(resource, record)
        except Refused:
            table.clear()
            table.update(before)
            del self.log[seen:]
            raise
        self.mark = mark or self.mark

    def replace(self, resource: str, records: Sequence[Record], beside: Record) -> list[Write]:
        """Take a whole list in place of the one that was there; give what became different.

        Raises:
            Refused: one of them is not right.
        """
        key_of, seen = self.manifest.resources[resource].key_of, len(self.log)
        self.submit(resource, [("create", "", each) for each in records], "")
        for gone in sorted(self.rows(resource).keys() - {key_of(each) for each in records}):
            self.delete(resource, gone, "engine")
        self.beside[resource] = copied(beside)
        return self.log[seen:]

    def empty(self) -> None:
        """Take away everything that came under a mark."""
        for name, spec in self.manifest.resources.items():
            for id_ in self.rows(name) if spec.batch is not None and spec.batch.mark and spec.deletable else ():
                self.delete(name, id_, "engine")
        self.mark = None

    def _put_whole(self, resource: str, given: Record) -> None:
        """Make a record, or put it in the place of the one with its id."""
        spec = self.manifest.resources[resource]
        self.gate.check(spec.fields, given, resource)
        lacking = [path for path in spec.requires if empty(at(given, path)) and at(given, path) not in (0, False)]
        if lacking:
            raise Refused(f"{', '.join(lacking)} is missing")
        for name, value in given.items():
            each = spec.fields[name]
            if each.reference and not isinstance(value, dict) and str(value) not in self.rows(each.reference[0]):
                raise Refused(f"{name} '{value}' leads nowhere")
        record = self._made(spec.fields, given)
        id_ = spec.key_of(record)
        versions = self._tables[resource].get(id_, [(0.0, None)])
        before = versions[-1][1]
        if before != record:
            self._keep(resource, id_, record, "engine", "create" if before is None else "update")

    def _keep(
        self, resource: str, id: str, record: Record | None, who: Who, verb: Literal["create", "update", "delete"]
    ) -> None:
        versions = self._tables[resource].setdefault(id, [])
        before = versions[-1][1] if versions else None
        roles = self._roles_of(resource, id)
        versions.append((self.now(), record))
        was, now = (None if each is None else self._shown(resource, each) for each in (before, record))
        self.log.append(Write(self.now(), who, verb, resource, id, was, now))
        # Who shares a part sees it change.
        for name, role, seen in roles:
            self.log.append(Write(self.now(), who, "update", name, role, seen, self.row(name, role), shared=True))

    def _roles_of(self, resource: str, id: str) -> list[tuple[str, str, Record]]:
        return [
            (name, role, record)
            for name, spec in self.manifest.resources.items()
            if spec.within is not None and spec.within[0] == resource
            for role, record in self.rows(name).items()
            if str((record[spec.within[1]] or {}).get(self._within_id(spec))) == id
        ]

    def _put_within(self, spec: Resource, given: Record, who: Who) -> str:
        """Attach a role to what it is a role of: something that exists, or something new."""
        assert spec.within is not None
        target = spec.within[0]
        id_ = given.get(self._within_id(spec))
        if empty(id_):
            made = self.create(target, given, who)
            return self.manifest.resources[target].key_of(made)
        if str(id_) not in self._tables[target]:
            raise Refused(f"there is no {target} '{id_}'")
        rest = {name: value for name, value in given.items() if name != self._within_id(spec)}
        if rest:
            self.update(target, str(id_), rest, who)
        return str(id_)

    def _within_id(self, spec: Resource) -> str:
        assert spec.within is not None
        return self.manifest.resources[spec.within[0]].id[0]

    def _made(self, fields: Mapping[str, Field], given: Record) -> Record:
        """Keep a record the way the system keeps it: references as ids, parts with an id of their own, numbers as declared."""
        result: Record = {}
        for name, value in given.items():
            each = fields[name]
            if each.reference and isinstance(value, dict):
                id_field = self.manifest.resources[each.reference[0]].id[0]
                result[name] = {id_field: value[id_field]} if id_field in value else None
            elif each.of and isinstance(value, dict):
                kind = self.manifest.types[each.of]
                part = value if each.shared else self._made(kind.fields, value)
                if kind.id and not each.shared and empty(part.get(kind.id)):
                    part = {**part, kind.id: self._number(kind.fields[kind.id])}
                result[name] = part
            elif each.of and isinstance(value, list):
                result[name] = [self._made(self.manifest.types[each.of].fields, one) for one in value]
            elif isinstance(value, Decimal) and each.decimals is not None:
                result[name] = round(value, each.decimals)
            else:
                result[name] = value
        return result

    def _number(self, each: Field) -> Any:
        self._next += 1
        if self.habits.guids and each.format == "uuid":
            return f"{zlib.crc32(self.manifest.provider.encode()):08x}-0000-4000-8000-{self._next:012d}"
        return self._next if each.type == "integer" else f"{self.manifest.provider[:2]}-{self._next}"

    # Stamps ---------------------------------------------------------------------------------------------------------

    def _stamp(self, spec: Resource, before: Record, after: Record, *, new: bool) -> None:
        """Set the moments of creation and change; a change stamps only the innermost part that it touched."""
        if spec.changes is None:
            return
        stamp = datetime.fromtimestamp(self.now() + self.habits.skew, UTC).isoformat()
        groups: dict[str, list[str]] = {}
        for path in spec.changes.since:
            prefix, _, name = path.rpartition(".")
            groups.setdefault(prefix, []).append(name)
        if spec.within is not None:
            groups = {prefix: names for prefix, names in groups.items() if not prefix.startswith(spec.within[1])}
        for prefix, names in groups.items():
            mine, old = (after, before) if not prefix else (at(after, prefix), at(before, prefix))
            if not isinstance(mine, dict):
                continue
            inner = tuple(each for each in groups if each != prefix and each.startswith(f"{prefix}." if prefix else ""))
            fresh = new or not isinstance(old, dict)
            if fresh:
                for name in names:
                    mine[name] = stamp
            elif _without(mine, prefix, inner) != _without(old, prefix, inner):
                mine[names[-1]] = stamp


def _as_of(versions: Versions, until: float) -> Record | None:
    for when, record in reversed(versions):
        if when <= until:
            return record
    return None


def _without(record: Record, prefix: str, inner: tuple[str, ...]) -> list[tuple[str, Any]]:
    """What a part holds, without the parts inside it that have stamps of their own."""
    start = f"{prefix}." if prefix else ""
    return sorted(
        (path, str(value))
        for path, value in leaves(record)
        if not any(f"{start}{path}".startswith(f"{each}.") for each in inner)
    )


def recipe(shape: Mapping[str, Any], record: Record) -> Record:
    """Make a record by a manifest's recipe: a text is a path, {sum: path} adds up, {value: x} is x."""
    made: Record = {}
    for name, what in shape.items():
        if isinstance(what, str):
            set_at(made, name, at(record, what))
        elif "sum" in what:
            set_at(made, name, sum((each for each in every(record, what["sum"]) if each is not None), Decimal(0)))
        else:
            set_at(made, name, what["value"])
    return made


def _other(value: Any) -> Any:
    return not value if isinstance(value, bool) else None
