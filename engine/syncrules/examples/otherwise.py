"""What an entity might say otherwise, one thing at a time: whichever lets an example hold is the line that decided it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncrules.examples.model import Difference
from syncrules.language.model import Entity, Row, SettingTest, Source, Spec, Template, Tier

THEN = {
    "created": ("create", "match", "ignore"),
    "changed": ("update", "report", "ignore"),
    "already_inactive": ("skip", "create"),
    "deactivated": ("ignore", "deactivate"),
    "reactivated": ("ignore", "reactivate"),
    "deleted": ("ignore", "unlink", "deactivate", "delete"),
    "changed_kind": ("ask", "ignore"),
    "filtered_out": ("ignore", "delete"),
}
"""Happening → what the other side may get."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing that an entity might say otherwise."""

    entity: str
    way: tuple[str | int, ...]
    """Where it says what it says."""
    changed: Entity

    def of(self, spec: Spec) -> Spec:
        """Give the mapping with this said otherwise."""
        return replace(spec, entities={**spec.entities, self.entity: self.changed})

    def place(self, spec: Spec) -> str:
        return spec.place("entities", self.entity, *self.way)


def variants(spec: Spec, name: str, differences: Sequence[Difference]) -> list[Variant]:
    """List what an entity might say otherwise: first what is spoken of where something differs, and of a rule its parts before it."""
    entity = spec.entities[name]
    spoken = repr([(each.what, each.expected, each.got) for each in differences])
    users = [spec.entities[each] for each in entity.used_by if each in spec.entities]
    found = [Variant(each.name, way, changed) for each in users for way, changed in _filters(each)]
    found += [
        Variant(name, way, changed)
        for way, changed in (
            *_needs(spec, entity),
            *_filters(entity),
            *_events(entity),
            *_matching(spec, entity),
            *_ways(spec, entity),
            *_rows(spec, entity, spoken),
        )
    ]

    def is_likely(each: Variant) -> bool:
        return each.way == ("leading",) or any(str(step) in spoken for step in each.way[1:2])

    return sorted(found, key=lambda each: not is_likely(each))


Otherwise = Iterator[tuple[tuple[str | int, ...], Entity]]


def _events(entity: Entity) -> Otherwise:
    for side, reactions in entity.events.items():
        for happening, reaction in reactions.items():
            others: list[Any] = [replace(reaction, then=then) for then in THEN[happening] if then != reaction.then]
            if (test := reaction.condition) is not None:
                others.append(replace(reaction, condition=None))
                others.append(replace(reaction, condition=SettingTest(test.setting, not test.equals)))
            for other in others:
                events = {**entity.events, side: {**reactions, happening: other}}
                yield ("events", side, happening), replace(entity, events=events)


def _needs(spec: Spec, entity: Entity) -> Otherwise:
    for need in entity.needs:

        def put(*other: Any, need: Any = need) -> Entity:
            return replace(
                entity, needs=tuple(one for each in entity.needs for one in (other if each is need else (each,)))
            )

        if need.equals is not None:
            yield ("needs", need.name, "equals"), put(replace(need, equals=None))
        yield ("needs", need.name, need.side), put()
        yield ("needs", need.name, "to"), put(replace(need, to=spec.other(need.to)))
        yield ("needs", need.name, "for"), put(replace(need, only_created=not need.only_created))
        for path in _paths(entity, need.side, need.of_each):
            yield ("needs", need.name, need.side), put(replace(need, path=path))
            if need.same_as:
                yield ("needs", need.name, "same_as"), put(replace(need, same_as=path))
        bare = need.path.removeprefix("!")
        yield ("needs", need.name, need.side), put(replace(need, path=bare if bare != need.path else f"!{need.path}"))


def _paths(entity: Entity, side: str, of_each: str) -> list[str]:
    """List the fields of a side that the rows of an entity read; of the elements of a list, if it is named."""
    lines = [
        each for row in entity.rows for template in row.lines if template.for_each == of_each for each in template.rows
    ]
    parts = [row.sides[side] for row in (lines if of_each else entity.rows) if side in row.sides]
    return [path for each in parts for path in ([each] if isinstance(each, str) else each.values())]


def _turned(test: Any) -> Any:
    """Turn a test round: whatever passed does not, and the other way."""
    return test["not"] if isinstance(test, Mapping) and [*test] == ["not"] else {"not": test}


def _filters(entity: Entity) -> Otherwise:
    def put(source: Source, **changed: Any) -> Entity:
        return replace(entity, sources={**entity.sources, source.side: replace(source, **changed)})

    for side, source in entity.sources.items():
        for word, test in (
            ("where", source.where),
            ("is", source.is_),
            ("also_match", source.also_match),
            ("inactive", source.inactive),
        ):
            for path, tested in test.items():
                less = {each: value for each, value in test.items() if each != path}
                others: list[Any] = [less]
                if isinstance(tested, str | bool | int) or (isinstance(tested, Mapping) and [*tested] == ["not"]):
                    others.append({**test, path: _turned(tested)})
                for other in others:
                    yield (side, word, path), put(source, **{"is_" if word == "is" else word: other})
        for number, each in enumerate(source.where_any):
            for other in ((), ({},)):
                some = tuple(one for at in source.where_any for one in (other if at is each else (at,)))
                yield (side, "where_any", number), put(source, where_any=some)
        if source.belongs_to:
            for path in source.belongs_to:
                less = {each: row for each, row in source.belongs_to.items() if each != path}
                yield (side, "belongs_to", path), put(source, belongs_to=less)
    if (switch := entity.enabled) is not None:
        yield ("enabled",), replace(entity, enabled=None)
        yield ("enabled",), replace(entity, enabled=SettingTest(switch.setting, not switch.equals))
    if entity.used_by:
        yield ("used_by",), replace(entity, used_by=())


def _matching(spec: Spec, entity: Entity) -> Otherwise:
    tiers = entity.tiers
    for number, tier in enumerate(tiers):
        yield ("match", number), replace(entity, tiers=tuple(each for each in tiers if each is not tier))
        for row in tier.rows if len(tier.rows) > 1 else ():
            less = replace(tier, rows=tuple(each for each in tier.rows if each is not row))
            yield ("match", number), replace(entity, tiers=tuple(less if each is tier else each for each in tiers))
        if tier.kind == "all":
            apart = tuple(Tier("any", (row,)) for row in tier.rows)
            yield ("match", number), replace(entity, tiers=(*tiers[:number], *apart, *tiers[number + 1 :]))
    if len(tiers) > 1:
        yield ("match", 0), replace(entity, tiers=tuple(reversed(tiers)))
    keys = [each for each in entity.rows if len(each.sides) == len(spec.sides)]
    for key in keys:
        yield (("match",) if tiers else ()), replace(entity, tiers=(*tiers, Tier("any", ((key.name, ()),))))
        if tiers:
            yield ("match", 0), replace(entity, tiers=(Tier("any", ((key.name, ()),)),))
    yield ("without_role",), replace(entity, without_role="leave" if entity.without_role == "add" else "add")
    for side in ("", *spec.sides):
        if side != entity.link_kept_in:
            yield (
                ("link",),
                replace(entity, link_kept_in=side, link_id_of=entity.link_id_of or (spec.other(side) if side else "")),
            )


def _ways(spec: Spec, entity: Entity) -> Otherwise:
    for side in ("", *spec.sides):
        if side != entity.imports_from:
            yield ("first_import",), replace(entity, imports_from=side)
    for to in ("both", *spec.sides):
        if to != entity.to:
            yield ("to",), replace(entity, to=to)
    for leading in ("ask", *spec.sides):
        rows = tuple(replace(each, leading=leading) for each in entity.rows)
        if rows != entity.rows:
            yield ("leading",), replace(entity, rows=rows)
    if entity.follow_ups:
        yield ("follow_ups",), replace(entity, follow_ups=())
    for follow in entity.follow_ups:
        for word, other in (
            ("after", replace(follow, after_created_in=spec.other(follow.after_created_in))),
            ("done_when", replace(follow, done_side="", done_path="")),
        ):
            if other != follow:
                all_ = tuple(other if each is follow else each for each in entity.follow_ups)
                yield ("follow_ups", follow.name, word), replace(entity, follow_ups=all_)
    for name in spec.entities if entity.for_each else ():
        if name not in (*entity.for_each, entity.name):
            yield ("for_each",), replace(entity, for_each=(*entity.for_each, name))
    for check in entity.checks:
        yield ("checks", check.name), replace(entity, checks=tuple(each for each in entity.checks if each is not check))


def _rows(spec: Spec, entity: Entity, spoken: str) -> Otherwise:
    """List what rows might say of where and when they travel, and of which lines they make, if what differs speaks of them."""
    for row in (each for each in entity.rows if any(word in spoken for word in _words(each))):
        others = [
            replace(row, once=not row.once),
            *(replace(row, to=to) for to in ("both", *spec.sides, "neither") if to != row.to),
        ]
        others += [replace(row, numbered_by=side) for side in ("", *spec.sides) if side != row.numbered_by]
        if ("entities", entity.name, "fields", row.name, "leading") in spec.places:
            others += [replace(row, leading=each) for each in ("ask", *spec.sides) if each != row.leading]
        if row.refers_to:
            others.append(replace(row, refers_to=tuple(spec.entities)))
        for way, other in ((("fields", row.name), each) for each in others):
            yield way, _with(entity, row, other)
        for template in row.lines:
            for word, line in _templates(template):
                lines = tuple(line if each is template else each for each in row.lines)
                at = ("fields", row.name, "lines", template.name, word)
                yield at, _with(entity, row, replace(row, lines=lines))


def _with(entity: Entity, row: Row, other: Row) -> Entity:
    return replace(entity, rows=tuple(other if each is row else each for each in entity.rows))


def _templates(template: Template) -> Iterator[tuple[str, Template]]:
    """List what might be said otherwise of how many lines there are."""
    if template.unless:
        yield "unless", replace(template, unless={})
        yield "unless", replace(template, unless={path: _turned(each) for path, each in template.unless.items()})
    if template.one_per:
        yield "one_per", replace(template, one_per="")


def _words(row: Row) -> tuple[str, ...]:
    paths = [each for parts in row.sides.values() for each in ([parts] if isinstance(parts, str) else parts.values())]
    return (row.name, *paths)
