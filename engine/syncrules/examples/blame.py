"""Which line of a mapping decided that an example does not hold: the one that, said otherwise, would let it hold.

Where a field came out otherwise, its row is to blame, and nobody has to search. Where something was made, left out or held back
that should not have been, what the entity says is said otherwise, one thing after the other, until the example holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncrules.examples.model import Difference, Example, Tried
from syncrules.examples.play import Stage
from syncrules.language.model import Entity, Row, SettingTest, Source, Spec, Tier

Attempt = Callable[[Stage, Example], Tried]
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
HUNTS = 5
"""For so many examples it is searched; after that only what explained one of them is tried again."""


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


class Blame:
    """Finds the lines to blame for the examples of one mapping.

    Args:
        attempt: carries an example out.
    """

    def __init__(self, stage: Stage, attempt: Attempt) -> None:
        self.stage = stage
        self.attempt = attempt
        self.hunts = 0
        self.explained: list[Variant] = []

    def pointed(self, tried: Tried) -> Tried:
        """Let the differences of an example that does not hold point at the line that decided."""
        example = tried.example
        if not isinstance(example, Example) or any(each.certain for each in tried.differences):
            return tried
        found = self._found(example, tried.differences)
        if found is None or (found.way[:1] != ("needs",) and self._told(example, tried.differences)):
            return tried
        place = found.place(self.stage.spec)
        return Tried(example, [replace(each, rule=place) for each in tried.differences])

    def _told(self, example: Example, differences: Sequence[Difference]) -> bool:
        """Tell whether the need that decided is named in what came out: then nothing else is to blame."""
        got = repr([each.got for each in differences])
        return any(each.name in got for each in self.stage.spec.entities[example.entity].needs)

    def _found(self, example: Example, differences: Sequence[Difference]) -> Variant | None:
        found = next((each for each in self.explained if self._holds(each, example)), None)
        if found is None and self.hunts < HUNTS:
            self.hunts += 1
            tried = variants(self.stage.spec, example.entity, differences)
            found = next((each for each in tried if self._holds(each, example)), None)
            self.explained += [found] if found is not None else []
        return found

    def _holds(self, variant: Variant, example: Example) -> bool:
        try:
            stage = Stage(variant.of(self.stage.spec), self.stage.examples)
            return self.attempt(stage, example).passed
        except Exception:  # what cannot be carried out so explains nothing
            return False


def variants(spec: Spec, name: str, differences: Sequence[Difference]) -> list[Variant]:
    """List what an entity might say otherwise: first what is spoken of where something differs, and of a rule its parts before it."""
    entity = spec.entities[name]
    spoken = repr([(each.what, each.expected, each.got) for each in differences])
    found = [
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
    return sorted(found, key=lambda each: not any(str(step) in spoken for step in each.way[1:2]))


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
        bare = need.path.removeprefix("!")
        yield ("needs", need.name, need.side), put(replace(need, path=bare if bare != need.path else f"!{need.path}"))


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
            for path in test:
                less = {each: value for each, value in test.items() if each != path}
                yield (side, word, path), put(source, **{"is_" if word == "is" else word: less})
        for number, each in enumerate(source.where_any):
            yield (
                (side, "where_any", number),
                put(source, where_any=tuple(one for one in source.where_any if one is not each)),
            )
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
        other = replace(follow, after_created_in=spec.other(follow.after_created_in))
        yield (
            ("follow_ups", follow.name, "after"),
            replace(entity, follow_ups=tuple(other if each is follow else each for each in entity.follow_ups)),
        )
    for check in entity.checks:
        yield ("checks", check.name), replace(entity, checks=tuple(each for each in entity.checks if each is not check))


def _rows(spec: Spec, entity: Entity, spoken: str) -> Otherwise:
    """List what rows might say of where and when they travel, if what differs speaks of them."""
    for row in (each for each in entity.rows if any(word in spoken for word in _words(each))):
        others = [
            replace(row, once=not row.once),
            *(replace(row, to=to) for to in ("both", *spec.sides, "neither") if to != row.to),
        ]
        others += [replace(row, numbered_by=side) for side in ("", *spec.sides) if side != row.numbered_by]
        others += [replace(row, leading=each) for each in ("ask", *spec.sides) if each != row.leading]
        if row.refers_to:
            others.append(replace(row, refers_to=tuple(spec.entities)))
        for other in others:
            yield (
                ("fields", row.name),
                replace(entity, rows=tuple(other if each is row else each for each in entity.rows)),
            )


def _words(row: Row) -> tuple[str, ...]:
    paths = [each for parts in row.sides.values() for each in ([parts] if isinstance(parts, str) else parts.values())]
    return (row.name, *paths)
