"""What people do in the two systems, and a diary of it: the only truth that the invariants believe besides the systems themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncrules.language.model import Entity, Row, Spec
from syncrules.manifest import Active
from syncrules.simulator import crowds
from syncrules.simulator.composing import Composer, is_special
from syncrules.simulator.refusing import Refused
from syncrules.simulator.shape import Record, at, copied, empty, set_at
from syncrules.simulator.ties import Ties, resource_of
from syncrules.simulator.twin import Twin
from syncrules.simulator.values import Typist, constants, of_type

CENT = Decimal("0.01")
OTHER = 23_457
"""What the mark of the second of two people is more than that of the first; neither holds the other."""


@dataclass(frozen=True, slots=True)
class Doing:
    """One thing that a person does; which record is meant is a number, so that it means something in every world."""

    what: str
    side: str = ""
    entity: str = ""
    pick: int = 0
    row: int = 0
    mark: int = 0


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a person did, as it stands in the diary."""

    at: float
    what: str
    side: str
    entity: str
    resource: str
    id: str
    row: str = ""
    mark: int = 0
    story: str = ""


class People:
    """Everybody who works in the two systems."""

    def __init__(self, spec: Spec, twins: Mapping[str, Twin], settings: Mapping[str, Any]) -> None:
        self.spec = spec
        self.twins = twins
        self.typist = Typist(spec, twins, settings)
        self.composer = Composer(spec, twins, self.typist)
        self.ties = Ties(spec, twins)
        self.diary: list[Deed] = []

    def do(self, doing: Doing) -> Deed | None:
        """Let somebody do something; None if there is nothing to do it with."""
        entity = self.spec.entities[doing.entity]
        if doing.side not in entity.sources or not resource_of(self.spec, entity, doing.side).readable:
            return None
        try:
            deed = DEEDS[doing.what](self, entity, doing)
        except Refused:
            return None
        if deed is not None:
            self.diary.append(deed)
        return deed

    # Making ---------------------------------------------------------------------------------------------------------

    def create(
        self, entity: Entity, doing: Doing, side: str = "", without: tuple[str, ...] = (), numbers: int = 0
    ) -> Deed | None:
        """Make a record that the entity is about, with every row filled in.

        Args:
            without: rows that stay empty.
            numbers: the mark of the rows by which records are first looked for, where it is another.
        """
        side = side or doing.side
        source = entity.sources[side]
        spec = resource_of(self.spec, entity, side)
        if entity.for_each or not can_be_made(self.spec, side, spec.name):
            return None
        self._make_parents(entity, side, doing)
        record = self.composer.compose(entity, side, doing.mark, without, numbers or doing.mark)
        if record is None or self.ties.stands_there(entity, side, record):
            return None
        made = self.twins[side].create(source.resource, record, "person")
        self._counterbalance(entity, side, doing.mark, record)
        return self._deed(doing, entity, side, spec.key_of(made), story="makes")

    def _make_parents(self, entity: Entity, side: str, doing: Doing) -> None:
        """Make first what a record for a mirror refers to, if there is none: there it comes in only because of that."""
        for name in dict.fromkeys(name for row in entity.rows for name in row.refers_to):
            parent = self.spec.entities.get(name)
            if parent is not None and parent.used_by and not self.ties.ids(parent, side):
                deed = self.create(parent, replace(doing, entity=name), side)
                self.diary += [deed] if deed is not None else []

    def _counterbalance(self, entity: Entity, side: str, mark: int, record: Record) -> None:
        """Make the other line of a booking, where several records must add up to nothing."""
        for check in entity.checks:
            if check.together and check.side == side:
                other = self.composer.compose(entity, side, mark, (), mark) or {}
                for path in check.says["sum"]:
                    set_at(other, path, -(at(record, path) or Decimal(0)))
                set_at(other, check.together, at(record, check.together))
                self.twins[side].create(entity.sources[side].resource, other, "person")

    def _rebalance(self, entity: Entity, side: str, id_: str) -> None:
        """Let another line of the same booking make up for what was changed in one, as a bookkeeper must."""
        resource, twin = entity.sources[side].resource, self.twins[side]
        for check in entity.checks:
            mine = twin.row(resource, id_) if check.together and check.side == side else None
            if mine is None:
                continue
            rows = {key: row for key, row in twin.rows(resource).items() if at(row, check.together) == at(mine, check.together)}  # fmt: skip
            others = [key for key in rows if key != id_]
            for path in check.says["sum"] if others else ():
                rest = sum((at(row, path) or Decimal(0) for key, row in rows.items() if key != others[0]), Decimal(0))
                changes: Record = {}
                set_at(changes, path, -rest)
                twin.update(resource, others[0], changes, "person")

    def both(self, entity: Entity, doing: Doing) -> Deed | None:
        """Make the same thing on both sides, by two people who do not know of each other."""
        if entity.for_each or len(entity.sources) < 2:
            return None
        first = self.create(entity, doing)
        if first is None:
            return None
        self.diary.append(first)
        if not entity.tiers or doing.row % 2:
            return self.create(entity, doing, self.spec.other(doing.side))
        # The other one knows it by the same number, and knows other things of it; some that the first one knew are left out.
        keys = {name for tier in entity.tiers for name, _ in tier.rows}
        rest = [each.name for each in entity.rows if each.name not in keys and not each.refers_to and not each.lines]
        left_out = tuple(name for number, name in enumerate(rest) if number and (number + doing.row) % 3 == 0)
        other = replace(doing, mark=doing.mark + OTHER)
        return self.create(entity, other, self.spec.other(doing.side), left_out, doing.mark)

    def unnumbered(self, entity: Entity, doing: Doing) -> Deed | None:
        """Make a record, and forget what others are found by."""
        names = tuple(name for tier in entity.tiers for name, _ in tier.rows)
        return self.create(entity, doing, without=names) if names else None

    # Changing -------------------------------------------------------------------------------------------------------

    def edit(self, entity: Entity, doing: Doing, side: str = "", id_: str = "") -> Deed | None:
        """Give one row of a record another value."""
        side = side or doing.side
        source = entity.sources[side]
        if not resource_of(self.spec, entity, side).readable:
            return None
        rows = [
            each
            for each in entity.rows
            if side in each.sides
            and not each.lines
            and each.to != "match"
            and not each.refers_to
            and not self.ties.is_id_there(entity, side, each)
        ]
        id_ = id_ or self._picked(entity, side, doing.pick)
        if not rows or not id_:
            return None
        row = rows[doing.row % len(rows)]
        before = self.twins[side].row(source.resource, id_)
        typed = self.typist.row(side, source.resource, row, doing.mark, before or {})
        if not typed or not self._touchable(side, source.resource, typed):
            return None
        self.twins[side].update(source.resource, id_, typed, "person")
        self._rebalance(entity, side, id_)
        return self._deed(doing, entity, side, id_, row.name, f"changes {row.name} of")

    def edit_both(self, entity: Entity, doing: Doing) -> Deed | None:
        """Give the same row of a pair another value on each side."""
        for id_, partner in self.ties.pairs(entity):
            here, there = (id_, partner) if doing.side == self.spec.sides[0] else (partner, id_)
            first = self.edit(entity, doing, doing.side, here)
            if first is not None:
                self.diary.append(first)
            return self.edit(
                entity,
                replace(doing, pick=0, mark=doing.mark + OTHER),  # a mark of its own, or an edit is taken for another
                self.spec.other(doing.side),
                there,
            )
        return None

    def clear(self, entity: Entity, doing: Doing) -> Deed | None:
        """Empty one row of a record."""
        source, spec = entity.sources[doing.side], resource_of(self.spec, entity, doing.side)
        keys = {name for tier in entity.tiers for name, _ in tier.rows}
        rows = [
            each
            for each in entity.rows
            if doing.side in each.sides
            and not each.lines
            and not each.refers_to
            and each.name not in keys
            and not self._needed(entity, doing.side, each)
            and not self.ties.is_id_there(entity, doing.side, each)
        ]
        id_ = self._picked(entity, doing.side, doing.pick)
        if not rows or not id_:
            return None
        row = rows[doing.row % len(rows)]
        places = self.typist.places(doing.side, source.resource, row)
        other = self.spec.other(doing.side)
        there = resource_of(self.spec, entity, other) if other in entity.sources else None
        if there is not None and not there.readable and row.sides.get(other) in there.requires:
            return None  # without it, it cannot be there at all
        typed: Record = {}
        before = self.twins[doing.side].row(source.resource, id_) or {}
        if all(empty(at(before, path)) for path in places.values()):
            return None
        for path in places.values():
            if any(each == path or each.startswith(f"{path}.") for each in spec.requires):
                return None
            self.typist.put(doing.side, source.resource, typed, path, None)
        if not self._touchable(doing.side, source.resource, typed) or not _plain_objects(
            self.spec.manifests[doing.side], source.resource, typed
        ):
            return None
        self.twins[doing.side].update(source.resource, id_, typed, "person")
        self._rebalance(entity, doing.side, id_)
        return self._deed(doing, entity, doing.side, id_, row.name, f"empties {row.name} of")

    def take_number(self, entity: Entity, doing: Doing) -> Deed | None:
        """Give a record the number of another one."""
        keys = [name for tier in entity.tiers for name, _ in tier.rows]
        row = next((each for each in entity.rows if each.name in keys[:1]), None)
        ids = self.ties.ids(entity, doing.side)
        if row is None or len(ids) < 2 or doing.side not in row.sides or not isinstance(row.sides[doing.side], str):
            return None
        mine, other = ids[doing.pick % len(ids)], ids[(doing.pick + 1 + doing.row % (len(ids) - 1)) % len(ids)]
        resource, path = entity.sources[doing.side].resource, str(row.sides[doing.side])
        typed: Record = {}
        set_at(typed, path, at(self.twins[doing.side].row(resource, other), path))
        self.twins[doing.side].update(resource, mine, typed, "person")
        return self._deed(doing, entity, doing.side, mine, row.name, "gives another's number to")

    def unmapped(self, entity: Entity, doing: Doing) -> Deed | None:
        """Change something that no rule speaks of."""
        spec, id_ = resource_of(self.spec, entity, doing.side), self._picked(entity, doing.side, doing.pick)
        mapped = set(self._spoken_of(doing.side, spec.name))
        fields = [
            each
            for each in spec.fields.values()
            if each.name not in mapped
            and each.type == "string"
            and not each.read_only
            and not each.enum
            and not is_special(spec, each.name)
        ]
        if not fields or not id_:
            return None
        field = fields[doing.row % len(fields)]
        self.twins[doing.side].update(
            spec.name, id_, {field.name: of_type(field, doing.mark, "note", "2026-01-01")}, "person"
        )
        return self._deed(doing, entity, doing.side, id_, story=f"changes {field.name} of")

    def _spoken_of(self, side: str, resource: str) -> Iterator[str]:
        """Name the fields of a resource that some rule of the mapping speaks of."""
        for entity in self.spec.entities.values():
            source = entity.sources.get(side)
            if source is None or source.resource != resource:
                continue
            told = [part for row in entity.rows if (part := row.sides.get(side)) is not None]
            paths = [path for part in told for path in (part.values() if isinstance(part, Mapping) else [part])]
            paths += [each.of_each or each.path for each in entity.needs if each.side == side and not each.of]
            paths += [*source.is_, *source.where, *source.set, *source.inactive]
            for path in paths:
                yield from (one.strip(" !").partition(".")[0] for one in path.split("||"))

    def toggle(self, entity: Entity, doing: Doing) -> Deed | None:
        """Let a record come under the conditions of the mapping, or fall out of them."""
        source = entity.sources[doing.side]
        id_ = self._picked(entity, doing.side, doing.pick)
        told = [each for each in constants(source.where) if "." in each[0]]
        if not id_ or not told:
            return None
        path, value = told[doing.row % len(told)]
        now = at(self.twins[doing.side].row(source.resource, id_), path)
        typed: Record = {}
        self.typist.put(
            doing.side, source.resource, typed, path, value if now != value else f"other {path.rpartition('.')[2]}"
        )
        self.twins[doing.side].update(source.resource, id_, typed, "person")
        return self._deed(doing, entity, doing.side, id_, story=f"sets {path} of")

    def rekind(self, entity: Entity, doing: Doing) -> Deed | None:
        """Make a record one of another kind."""
        source = entity.sources[doing.side]
        id_ = self._picked(entity, doing.side, doing.pick)
        for path, value in constants(source.is_):
            field = self.spec.manifests[doing.side].field_at(source.resource, path)
            if field is not None and id_ and len(field.enum) > 1:
                other = next(each for each in field.enum if each != value)
                self.twins[doing.side].update(source.resource, id_, {path: other}, "person")
                return self._deed(doing, entity, doing.side, id_, story="changes the kind of")
        return None

    # In use, there, paid --------------------------------------------------------------------------------------------

    def deactivate(self, entity: Entity, doing: Doing, *, back: bool = False) -> Deed | None:
        """Take a record out of use, or into use again."""
        spec, id_ = resource_of(self.spec, entity, doing.side), self._picked(entity, doing.side, doing.pick)
        if not isinstance(spec.active, Active) or not id_:
            return None
        value = spec.active.inactive
        wanted = value if not back else (not value if isinstance(value, bool) else None)
        self.twins[doing.side].update(spec.name, id_, {spec.active.field: wanted}, "person")
        return self._deed(doing, entity, doing.side, id_, story="takes into use" if back else "takes out of use")

    def reactivate(self, entity: Entity, doing: Doing) -> Deed | None:
        """Take a record into use again."""
        return self.deactivate(entity, doing, back=True)

    def delete(self, entity: Entity, doing: Doing) -> Deed | None:
        """Take a record away."""
        spec, id_ = resource_of(self.spec, entity, doing.side), self._picked(entity, doing.side, doing.pick)
        if not id_ or entity.for_each or not can_be_made(self.spec, doing.side, spec.name):
            return None
        self.twins[doing.side].delete(spec.name, id_, "person")
        return self._deed(doing, entity, doing.side, id_, story="deletes")

    def merge(self, entity: Entity, doing: Doing) -> Deed | None:
        """Make one of two records: the one that stays takes over what it lacks, and what pointed to the other."""
        spec, ids = resource_of(self.spec, entity, doing.side), self.ties.ids(entity, doing.side)
        if (
            len(ids) < 2
            or entity.for_each
            or spec.update == "none"
            or not can_be_made(self.spec, doing.side, spec.name)
        ):
            return None
        stays, goes = ids[doing.pick % len(ids)], ids[(doing.pick + 1 + doing.row % (len(ids) - 1)) % len(ids)]
        twin = self.twins[doing.side]
        mine, other = twin.row(spec.name, stays) or {}, twin.row(spec.name, goes) or {}
        lacking = {
            name: other[name]
            for name, field in spec.fields.items()
            if field.type == "string" and not field.read_only and not field.reference and not is_special(spec, name)
            and empty(mine.get(name)) and not empty(other.get(name))
        }  # fmt: skip
        deed = self._deed(doing, entity, doing.side, goes, mark=0, story=f"merges into '{stays}'")
        twin.update(spec.name, stays, lacking, "person")
        twin.repoint(spec.name, goes, stays)
        twin.delete(spec.name, goes, "person")
        return deed

    def pay(self, entity: Entity, doing: Doing) -> Deed | None:
        """Pay all or half of what is open, or take a payment back."""
        spec = resource_of(self.spec, entity, doing.side)
        if spec.missing != "settled":
            return None
        paid, total = next(((name, what) for name, what in spec.settled.items() if isinstance(what, str)), ("", ""))
        rest = next((name for name, what in spec.settled.items() if not isinstance(what, str)), "")
        ids = sorted(self.twins[doing.side].rows(spec.name))
        if not ids or not paid or not rest:
            return None
        id_ = ids[doing.pick % len(ids)]
        row = self.twins[doing.side].row(spec.name, id_) or {}
        amount = at(row, total) or Decimal(0)
        part = (amount, (amount / 2).quantize(CENT, ROUND_HALF_UP), Decimal(0))[doing.row % 3]
        changes: Record = {}
        set_at(changes, paid, part)
        set_at(changes, rest, amount - part)
        self.twins[doing.side].update(spec.name, id_, changes, "person")
        if part == amount:
            asked = spec.settled_look_up
            if asked:
                kinds = {
                    path: test[0] if isinstance(test, list) else test for path, test in asked["settled_by"].items()
                }
                self.twins[doing.side].enter(asked["in"], {asked["by"]: row[asked["of"]], **kinds})
            self.twins[doing.side].delete(spec.name, id_, "person")
        return self._deed(doing, entity, doing.side, id_, mark=0, story=f"books {part} of {amount} as paid on")

    def mark(self, entity: Entity, doing: Doing, text: str) -> Deed | None:
        """Leave the id of somebody else in a record."""
        spec, id_ = resource_of(self.spec, entity, doing.side), self._picked(entity, doing.side, doing.pick)
        if not spec.external_id or not id_ or entity.for_each:
            return None
        if not empty((self.twins[doing.side].row(spec.name, id_) or {}).get(spec.external_id)):
            return None
        self.twins[doing.side].update(spec.name, id_, {spec.external_id: text}, "person")
        return self._deed(doing, entity, doing.side, id_, story="lets another program mark")

    def count(self, entity: Entity, side: str) -> int:
        """Count the records of an entity on a side."""
        return len(self.ties.ids(entity, side))

    # Which record ---------------------------------------------------------------------------------------------------

    def _needed(self, entity: Entity, side: str, row: Row) -> bool:
        """Tell whether the other system, or a rule of the mapping, cannot do without a row."""
        other = self.spec.other(side)
        paths = [self.typist.places(each, entity.sources[each].resource, row).values() for each in row.sides]
        needed = (
            {*resource_of(self.spec, entity, other).requires, *(each.path for each in entity.needs if each.plain)}
            if other in row.sides
            else set()
        )
        return any(path == each or each.startswith(f"{path}.") for place in paths for path in place for each in needed)

    def _picked(self, entity: Entity, side: str, pick: int) -> str:
        ids = self.ties.ids(entity, side)
        return ids[pick % len(ids)] if ids else ""

    def _touchable(self, side: str, resource: str, typed: Record) -> bool:
        """Tell whether a person can type that: not what the system works out by itself, such as a number that it gave."""
        spec = self.spec.manifests[side].resources[resource]
        return not any(name in spec.id or (spec.fields[name].read_only and spec.update != "none") for name in typed)

    def _deed(
        self, doing: Doing, entity: Entity, side: str, id_: str, row: str = "", story: str = "", mark: int | None = None
    ) -> Deed:
        resource = entity.sources[side].resource
        record = self.twins[side].row(resource, id_)
        name = resource_of(self.spec, entity, side).name_of(record) if record is not None else id_
        text = f"In {self.twins[side].manifest.title}, somebody {story} {entity.name} '{name}'."
        return Deed(
            self.twins[side].now(),
            doing.what,
            side,
            entity.name,
            resource,
            id_,
            row,
            doing.mark if mark is None else mark,
            text,
        )


DEEDS: Mapping[str, Callable[[People, Entity, Doing], Deed | None]] = {
    "create": People.create,
    "create on both sides": People.both,
    "create without a number": People.unnumbered,
    "edit": People.edit,
    "edit on both sides": People.edit_both,
    "clear": People.clear,
    "take a number": People.take_number,
    "edit something unmapped": People.unmapped,
    "toggle": People.toggle,
    "change the kind": People.rekind,
    "deactivate": People.deactivate,
    "reactivate": People.reactivate,
    "delete": People.delete,
    "merge": People.merge,
    "pay": People.pay,
    "create many": crowds.create_many,
    "deactivate all": crowds.deactivate_all,
    "pay all": crowds.pay_all,
    "leave another id": crowds.leave_another_id,
}
"""What people do → how."""


def can_be_made(spec: Spec, side: str, resource: str) -> bool:
    """Tell whether people make such records by hand: not what comes about with another record, nor a table of the manifest."""
    manifest = spec.manifests[side]
    made = {name for each in manifest.resources.values() for name in each.makes}
    each = manifest.resources[resource]
    return resource not in made and each.rows is None and each.readable


def _plain_objects(manifest: Any, resource: str, typed: Record) -> bool:
    """Tell whether nothing in this is a whole object that somebody else shares."""
    return bool(copied(typed)) and all(name in manifest.resources[resource].fields for name in typed)
