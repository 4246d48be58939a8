"""What of a mapping an example can show: each row in each direction, each entry of a table, each branch; and what it is without it.

An item is covered when some example fails once it is changed: nobody has to believe that an example "touches" it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from syncrules.language.model import Entity, Row, Source, Spec, Template

Change = Callable[[Entity], Entity]
KINDS = (
    "rows",
    "tables",
    "options",
    "needs",
    "filters",
    "kinds",
    "constants",
    "matching",
    "events",
    "settings",
    "checks",
    "to-dos",
)
"""The kinds of items, in the order in which they are told."""

OTHERWISE: Mapping[str, Mapping[str, str]] = {
    "created": {"create": "ignore", "match": "create", "ignore": "create"},
    "changed": {"update": "ignore", "report": "ignore", "ignore": "update"},
    "already_inactive": {"skip": "create", "create": "skip"},
    "deactivated": {"ignore": "deactivate", "deactivate": "ignore"},
    "reactivated": {"ignore": "reactivate", "reactivate": "ignore"},
    "deleted": {"ignore": "unlink", "unlink": "ignore", "deactivate": "ignore", "delete": "ignore"},
    "changed_kind": {"ask": "ignore", "ignore": "ask"},
    "filtered_out": {"ignore": "delete", "delete": "ignore"},
}
"""Happening → what the other side gets → what else it might get."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a mapping says, and the entity as it would be if it said otherwise."""

    kind: str
    entity: str
    says: str
    change: Change
    way: tuple[str, ...] = ()
    """Where it stands within its entity."""
    words: tuple[str, ...] = ()
    """What an example that is about it probably speaks of."""
    unseen: str = field(default="")
    """Why no plan can show it; empty if one can."""

    def without(self, spec: Spec) -> Spec:
        """Give the mapping as it would be if this were otherwise."""
        entities = {**spec.entities, self.entity: self.change(spec.entities[self.entity])}
        return replace(spec, entities=entities)

    def place(self, spec: Spec) -> str:
        return spec.place("entities", self.entity, *self.way)


def items(spec: Spec) -> Iterator[Item]:
    """List everything, entity by entity."""
    for entity in spec.entities.values():
        yield from _rows(spec, entity)
        yield from _sources(spec, entity)
        yield from _policies(spec, entity)


# Rows -------------------------------------------------------------------------------------------------------------


def _rows(spec: Spec, entity: Entity) -> Iterator[Item]:
    for row in entity.rows:
        item = partial(Item, entity=entity.name, way=("fields", row.name), words=_words(row))
        for side in spec.sides:
            if _goes(spec, row, side) and entity.to in ("both", spec.other(side)):
                narrowed = replace(row, to=side if row.to == "both" else "neither")
                arrow = f"{row.name}, from {side} to {spec.other(side)}"
                unseen = "it is looked up while it is written, which no plan shows" if row.look_up else ""
                yield item(
                    "rows", says=arrow, change=_put(row, None if row.look_up or row.take else narrowed), unseen=unseen
                )
        for template in row.lines:
            yield item("rows", says=f"{row.name}: {template.name}", change=_put(row, _untemplated(row, template, None)))
            for inner in template.rows if row.to != "neither" else ():
                if inner.to in ("neither", "match"):
                    continue
                less = replace(template, rows=tuple(each for each in template.rows if each is not inner))
                says = f"{row.name}: {template.name}: {inner.name}"
                yield item("rows", says=says, change=_put(row, _untemplated(row, template, less)), words=_words(inner))
                for what, says, changed in _row_options(spec, inner):
                    rows = tuple(changed if each is inner else each for each in template.rows)
                    more = _untemplated(row, template, replace(template, rows=rows))
                    yield item(what, says=f"{row.name}: {template.name}: {inner.name}: {says}", change=_put(row, more))
        for what, says, changed in _row_options(spec, row) if row.to != "neither" else ():
            yield item(what, says=f"{row.name}: {says}", change=_put(row, changed))


def _goes(spec: Spec, row: Row, side: str) -> bool:
    """Tell whether a row goes from a side to the other."""
    if row.lines or row.to in ("neither", "match"):
        return False
    target = spec.other(side)
    return row.to in ("both", target) and target in row.sides and (side in row.sides or bool(row.look_up or row.take))


def _words(row: Row) -> tuple[str, ...]:
    paths = [each for parts in row.sides.values() for each in ([parts] if isinstance(parts, str) else parts.values())]
    return (row.name, *paths)


def _row_options(spec: Spec, row: Row) -> Iterator[tuple[str, str, Row]]:
    """List the entries of the table of a row, and what it says besides."""
    if row.values and "setting" not in row.values[0]:
        for pair in row.values:
            yield (
                "tables",
                " is ".join(str(each) for each in pair.values()),
                replace(row, values=tuple(each for each in row.values if each is not pair)),
            )
    if row.values and row.unknown != "report":
        yield "options", "unknown", replace(row, unknown="report")
    if row.empty is not None:
        yield "options", "empty", replace(row, empty=None)
    if row.once:
        yield "options", "once", replace(row, once=False)
    if row.numbered_by:
        yield "options", "numbered_by", replace(row, numbered_by="")
    if row.edited != "keep":
        yield "options", "edited", replace(row, edited="keep")
    if row.too_long != "report":
        yield "options", "too_long", replace(row, too_long="report")
    if row.unfit != "report":
        yield "options", "unfit", replace(row, unfit="report")


def _put(row: Row, other: Row | None) -> Change:
    def change(entity: Entity) -> Entity:
        rows = tuple(other if each is row else each for each in entity.rows)
        return replace(entity, rows=tuple(each for each in rows if each is not None))

    return change


def _untemplated(row: Row, template: Template, other: Template | None) -> Row:
    lines = tuple(other if each is template else each for each in row.lines)
    return replace(row, lines=tuple(each for each in lines if each is not None))


# Which records ----------------------------------------------------------------------------------------------------


def _sources(spec: Spec, entity: Entity) -> Iterator[Item]:
    for side, source in entity.sources.items():
        item = partial(Item, entity=entity.name)
        title = f"{side}: "
        reads = entity.to in ("both", spec.other(side))
        for path in source.is_:
            less = {each: test for each, test in source.is_.items() if each != path}
            yield item(
                "kinds", says=f"{title}is {path}", change=_source(source, is_=less), way=(side, "is"), words=(path,)
            )
        for path in source.where if reads else ():
            less = {each: test for each, test in source.where.items() if each != path}
            yield item(
                "filters",
                says=f"{title}where {path}",
                change=_source(source, where=less),
                way=(side, "where"),
                words=(path, "stays_out"),
            )
        for number, condition in enumerate(source.where_any if reads else ()):
            rest = tuple(each for each in source.where_any if each is not condition)
            said = " and ".join(condition)
            yield item(
                "filters",
                says=f"{title}where_any {number + 1}: {said}",
                change=_source(source, where_any=rest),
                way=(side, "where_any"),
                words=tuple(condition),
            )
        if source.also_match:
            yield item(
                "filters",
                says=f"{title}also_match",
                change=_source(source, also_match={}),
                way=(side, "also_match"),
                words=("link",),
            )
        if source.inactive:
            yield item(
                "filters",
                says=f"{title}inactive",
                change=_source(source, inactive={}),
                way=(side, "inactive"),
                words=tuple(source.inactive),
            )
        for path in source.set:
            less = {each: value for each, value in source.set.items() if each != path}
            yield item(
                "constants",
                says=f"{title}set {path}",
                change=_source(source, set=less),
                way=(side, "set"),
                words=(path,),
            )
    for path in entity.beside:
        change = _beside({each: value for each, value in entity.beside.items() if each != path})
        yield Item("constants", entity.name, f"beside {path}", change, ("beside",), (path,))


def _beside(beside: Mapping[str, Any]) -> Change:
    return lambda entity: replace(entity, beside=beside)


def _source(source: Source, **changed: Any) -> Change:
    return lambda entity: replace(entity, sources={**entity.sources, source.side: replace(source, **changed)})


# Policies ---------------------------------------------------------------------------------------------------------


def _policies(spec: Spec, entity: Entity) -> Iterator[Item]:
    def item(kind: str, says: str, way: tuple[str, ...], words: tuple[str, ...] = (), **changed: Any) -> Item:
        return Item(kind, entity.name, says, lambda it: replace(it, **changed), way, words)

    for need in entity.needs:
        rest = tuple(each for each in entity.needs if each is not need)
        yield item("needs", need.name, ("needs", need.name), (need.name,), needs=rest)
        if need.only_created:
            more = tuple(replace(each, only_created=False) if each is need else each for each in entity.needs)
            if any(entity.events[need.side][each].then == "update" for each in ("changed",)):
                yield item("needs", f"{need.name}: for created", ("needs", need.name), (need.path,), needs=more)
    for check in entity.checks:
        rest_ = tuple(each for each in entity.checks if each is not check)
        unseen = "it is looked up while it is written, which no plan shows" if "look_up" in check.says else ""
        found = item("checks", check.name, ("checks", check.name), (check.name,), checks=rest_)
        yield replace(found, unseen=unseen)
    for tier in entity.tiers:
        said = " or ".join(row for row, _ in tier.rows)
        others = tuple(each for each in entity.tiers if each is not tier)
        yield item("matching", f"found by {said}", ("match",), ("link",), tiers=others)
    if entity.tiers and any(
        spec.manifests[side].resources[each.resource].within for side, each in entity.sources.items()
    ):
        other = "leave" if entity.without_role == "add" else "add"
        yield item("matching", f"without_role {entity.without_role}", ("without_role",), ("lists",), without_role=other)
    if entity.link_kept_in:
        yield item("matching", f"the id is kept in {entity.link_kept_in}", ("link",), ("ImportId",), link_kept_in="")
    for follow in entity.follow_ups:
        yield item("to-dos", follow.name, ("follow_ups", follow.name), (follow.name,), follow_ups=())
    if entity.imports_from:
        yield item(
            "events", f"first_import from {entity.imports_from}", ("first_import",), ("first_import",), imports_from=""
        )
    elif not entity.for_each and entity.to != "both":
        yield item(
            "events", "first_import none", ("first_import",), ("first_import",), imports_from=spec.other(entity.to)
        )
    if entity.enabled is not None:
        yield item(
            "settings", f"enabled if {entity.enabled.setting}", ("enabled",), (entity.enabled.setting,), enabled=None
        )
    if any(row.leading != "ask" and row.to == "both" for row in entity.rows):
        rows = tuple(
            replace(row, leading=spec.other(row.leading)) if row.leading in spec.sides else row for row in entity.rows
        )
        yield item("events", "who leads", ("leading",), ("tells",), rows=rows)
    yield from _events(spec, entity)


def _events(spec: Spec, entity: Entity) -> Iterator[Item]:
    for side, reactions in entity.events.items():
        if entity.to not in ("both", spec.other(side)):
            continue
        for happening, reaction in reactions.items():
            if not _happens(spec, entity, side, happening):
                continue
            other = OTHERWISE[happening].get(reaction.then, "ignore")
            changed = {**reactions, happening: replace(reaction, then=other)}
            says = f"{side}: {happening} → {reaction.then}"
            way = ("events", side, happening)
            yield Item("events", entity.name, says, _event(side, changed), way, (reaction.then, side))
            if reaction.condition is not None:
                always = {**reactions, happening: replace(reaction, condition=None)}
                setting = reaction.condition.setting
                yield Item(
                    "settings", entity.name, f"{side}: {happening} if {setting}", _event(side, always), way, (setting,)
                )


def _event(side: str, reactions: Mapping[str, Any]) -> Change:
    return lambda entity: replace(entity, events={**entity.events, side: reactions})


def _happens(spec: Spec, entity: Entity, side: str, happening: str) -> bool:
    """Tell whether something can happen on a side at all, and anybody can see it."""
    source = entity.sources[side]
    resource = spec.manifests[side].resources[source.resource]
    if entity.for_each:
        return happening in ("created", "changed") and (
            happening == "changed" or source.resource != _stands_for(spec, entity)
        )
    match happening:
        case "deactivated" | "reactivated" | "already_inactive":
            if not (source.inactive or not isinstance(resource.active, str)):
                return False
            there = spec.manifests[spec.other(side)].resources[entity.sources[spec.other(side)].resource]
            return happening == "already_inactive" or not isinstance(there.active, str)
        case "changed_kind":
            return any(not isinstance(test, Mapping) or "scope" not in test for test in source.is_.values())
        case "filtered_out":
            return entity.events[side]["filtered_out"].then != "ignore"
        case "deleted":
            return resource.missing == "deleted"
        case _:
            return True


def _stands_for(spec: Spec, entity: Entity) -> str:
    parent = spec.entities[entity.for_each[0]]
    target = entity.to
    return (
        entity.sources[spec.other(target)].resource
        if parent.sources[target].resource == entity.sources[target].resource
        else ""
    )
