"""A connection whose records are put before the functions that decide, one made-up record or pair at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, get_args

from syncrules.journey import pair, schedule, single
from syncrules.journey.action import Action
from syncrules.journey.decide import Decider
from syncrules.journey.decision import Circumstances, Decision
from syncrules.journey.rules import EntityRules, View, compile_rules
from syncrules.journey.surroundings import Lacks, Waits
from syncrules.language.model import Happening, Row, Spec
from syncrules.manifest import Manifest
from syncrules.memory.kept import Link
from syncrules.records import put

NOW = 1_780_000_000.0
"""A moment in the summer of 2026."""


@dataclass(slots=True)
class Around:
    """Surroundings in which everything is known, but for what is said not to be."""

    settings: Mapping[str, Any]
    manifests: Mapping[str, Manifest]
    unknown: set[str] = field(default_factory=set)
    """Fields of other records that say nothing; `*`: no other record is linked yet."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """Field of another record → what it says."""

    def choice(self, side: str, resource: str, field: str, value: Any) -> Mapping[str, Any]:
        return {**dict.fromkeys(self.manifests[side].resources[resource].id, "choice"), field: value}

    def across(self, entities: Any, side: str, id: str, field: str) -> Any:
        if "*" in self.unknown:
            raise Waits("not there yet")
        if field in self.unknown:
            raise Lacks("it says nothing of this")
        return self.said.get(field, "C9")

    def known_by(self, entities: Any, side: str, field: str, value: Any) -> str | None:
        return "C9"

    def beside(self, side: str, id: str) -> str | None:
        return "P9"


class Silent:
    """A memory in which nothing is."""

    def unsettled(self) -> list[Any]:
        return []

    def decision(self, *_: Any) -> None:
        return None


VALUES: Mapping[str, tuple[Any, Any, Any]] = {
    "day": ("2026-03-01", "2026-03-02", "2026-03-03"),
    "is_zero": (100, 0, 0),
    "paid_in_full": ({"total": 100, "open": 100}, {"total": 100, "open": 0}, {"total": 100, "open": -9}),
    "paid_part": ({"total": 100, "open": 100}, {"total": 100, "open": 40}, {"total": 100, "open": 0}),
    "text": (1, 2, 3),
    "phone": ("030-0000001", "030-0000002", "030-0000003"),
    "decimals": (1, 2, 3),
}
"""Operator → values that differ, for rows that do not take any text."""
TEXTS = ("Oud", "Nieuw", "Weer anders")


def values_of(row: Row) -> tuple[Any, Any, Any]:
    """Give three values of a row that differ."""
    return next((VALUES[name] for name, _ in row.operators if name in VALUES), TEXTS)


class Case:
    """One mapping with the answers of a connection: records are put before the functions that decide."""

    def __init__(self, spec: Spec, settings: Mapping[str, Any] | None = None) -> None:
        self.spec = spec
        self.settings: dict[str, Any] = {
            each.name: {"high": "1"} if each.for_each else each.answer == "yes_or_no" or "EUR"
            for each in spec.settings.values()
        }
        # Everything takes part, unless an answer is given that says otherwise.
        for test in [each.enabled for each in spec.entities.values() if each.enabled is not None]:
            self.settings[test.setting] = test.equals
        self.settings |= dict(settings or {})
        self.rules = compile_rules(spec, self.settings)
        self.said = dict(self._chosen())

    def _chosen(self) -> Iterator[tuple[str, Any]]:
        """Give what a record that is referred to says, where not just anything will do."""
        for rules in self.rules.entities.values():
            yield from ((need.path, need.equals) for need in rules.entity.needs if need.of and need.equals is not None)
            for row in [each.row for each in rules.rows if each.row.take]:
                for side, path in row.sides.items():
                    found = self.spec.manifests[side].field_at(rules.source(side).resource, str(path))
                    if row.take and found is not None and found.enum:
                        yield row.take["field"], found.enum[0]

    def around(self, *unknown: str) -> Around:
        return Around(self.settings, self.spec.manifests, set(unknown), self.said)

    def answering(self, name: str, value: Any) -> Case:
        """Give the same connection with another answer."""
        return Case(self.spec, {**self.settings, name: value})

    def entity(self, name: str) -> EntityRules:
        return self.rules.entities[name]

    # Records ------------------------------------------------------------------------------------------------------

    def record(self, name: str, side: str, *without: str) -> dict[str, Any]:
        """Make a record that meets every need that is looked up on a side, but for those without which it shall be."""
        made: dict[str, Any] = dict.fromkeys(self.entity(name).resource(side).id, f"{side}1")
        for need in self.entity(name).entity.needs:
            path = need.path.partition(" || ")[0]
            if need.side != side or need.of:
                continue
            if need.of_each:
                put(made, need.of_each, [{path: 1, need.same_as: 2}] * (need.name in without))
            elif path.startswith("!"):
                put(made, path[1:], "of another" if need.name in without else None)
            elif need.name not in without:
                equals = need.equals
                put(made, path, "EUR" if isinstance(equals, Mapping) else "present" if equals is None else equals)
        for check in self.entity(name).entity.checks:
            if check.side == side and "of_each" not in check.says and isinstance(check.says.get("equals"), str):
                put(made, check.says["equals"], 0)  # a document without lines
        return made

    def view(self, name: str, side: str, values: Mapping[str, Any] | None = None, *without: str, **more: Any) -> View:
        """Look at a record of a side as a run would, with these values of its rows."""
        record = self.record(name, side, *without)
        seen: dict[str, Any] = {
            "id": f"{side}1",
            "name": "Bakkerij De Korenaar",
            "record": record,
            "values": dict(values or {}),
            "active": True,
            "is_kind": True,
            "admitted": "",
            "may_match": not more.get("admitted"),
            "external_id": "",
            "digest": b"",
        }
        return View(**{**seen, **more})

    def now(self, around: Around | None = None, **more: Any) -> Circumstances:
        given: dict[str, Any] = {
            "around": around or self.around(),
            "is_open": lambda *_: True,
            "first": False,
            "external_id": lambda side, id_: f"ours:{id_};",
            "answer": lambda *_: None,
        }
        return Circumstances(**{**given, **more})

    def first_run(self, name: str) -> Circumstances:
        """Give the circumstances of a first import, as a run makes them."""
        open_ = {each: schedule.due(of.entity, {}, NOW, UTC) for each, of in self.rules.entities.items()}
        names = {name}
        memory: Any = Silent()
        around: Any = self.around()
        decider = Decider(
            self.rules, memory, {}, around, open_, names, names, lambda side, id_: id_, NOW, lambda _: None, {}
        )
        return decider._circumstances(self.entity(name))

    # Decisions ----------------------------------------------------------------------------------------------------

    def alone(self, name: str, side: str, *without: str, now: Circumstances | None = None, **more: Any) -> str:
        """Tell what becomes of a record that has no counterpart: made, later, waits (and why), or left out (and why)."""
        decision = self.single(name, side, *without, now=now, **more)
        if any(each.verb == "create" for each in decision.actions):
            return "made"
        judged = decision.judgements.get(side)
        return f"{judged.state}: {judged.reason}" if judged else "later"

    def single(self, name: str, side: str, *without: str, now: Circumstances | None = None, **more: Any) -> Decision:
        rules = self.entity(name)
        values = more.pop("values", {})
        # A place for it to be attached to is given, so that nothing is asked of fields that this record leaves out.
        return single.decide(rules, side, self.view(name, side, values, *without, **more), now or self.now(), "A1")

    def pair(self, name: str, *, link: bool = True, **more: Any) -> Decision:
        """Decide about a pair.

        Args:
            before: side → row → value last time.
            after: side → row → value now; a side that is left out is as it was.
            was: side → in use last time.
            views: side → what else is to be seen of a record.
        """
        before, after = more.get("before", {}), more.get("after", {})
        views: dict[str, View | None] = {
            side: self.view(
                name,
                side,
                {**before.get(side, {}), **after.get(side, {})},
                *more.get("without", ()),
                **{
                    "external_id": f"ours:{self.spec.other(side)}1;" if link else "",
                    **more.get("views", {}).get(side, {}),
                },
            )
            for side in self.spec.sides
        }
        known = Link(
            1,
            name,
            {side: f"{side}1" for side in self.spec.sides},
            {side: dict(before.get(side, {})) for side in self.spec.sides},
            {side: more.get("was", {}).get(side, True) for side in self.spec.sides},
            more.get("gone", {}),
        )
        return pair.decide(self.entity(name), known if link else None, views, more.get("now") or self.now())

    def plain_rows(self, name: str, to: str) -> Iterator[Row]:
        """List the rows that go this way whenever they change, and whose values are easily made up."""
        for each in self.entity(name).rows:
            row = each.row
            travels = row.to == to and len(row.sides) == 2 and not (row.once or row.numbered_by or row.refers_to)
            parts = all(isinstance(part, str) for part in row.sides.values())
            easy = not row.operators or all(operator in VALUES for operator, _ in row.operators)
            if travels and easy and not row.values and (parts or "paid_part" in dict(row.operators)):
                yield row

    def changed(self, name: str, *sides: str, row: Row | None = None, **more: Any) -> tuple[list[Action], list[str]]:
        """Change a row on some sides; give what is written, and what is told."""
        entity = self.entity(name).entity
        of = row or next(self.plain_rows(name, entity.to), None) or next(self._states(name))
        old, new, third = values_of(of)
        before = {side: {**self._whole(name, side), of.name: self._said(side, of, old)} for side in self.spec.sides}
        after = {side: {of.name: self._said(side, of, new if side == sides[0] else third)} for side in sides}
        decision = self.pair(name, before=before, after=after, **more)
        return writes(decision), notices(decision)

    def _whole(self, name: str, side: str) -> dict[str, Any]:
        """Give what a record must say whose counterpart cannot be read back: that is sent whole, whatever changed of it."""
        there = self.entity(name).resource(self.spec.other(side))
        if there.readable:
            return {}
        needed = [each.row for each in self.entity(name).rows if set(each.row.sides.values()) & set(there.requires)]
        return {row.name: values_of(row)[0] for row in needed if side in row.sides}

    def _states(self, name: str) -> Iterator[Row]:
        yield from (each.row for each in self.entity(name).rows if len(each.row.sides) == 2)

    def _said(self, side: str, row: Row, value: Any) -> Any:
        """Give a value as a side says it: what it has been paid in one number, a status in its own words."""
        if side == self.spec.other(self.spec.sides[0]):
            return value
        if isinstance(value, Mapping):
            return value["total"] - value["open"]
        if row.values and "setting" not in row.values[0]:
            return "Sent" if value else "Paid"
        return value


def writes(decision: Decision) -> list[Action]:
    return [each for each in decision.actions if each.writes]


def notices(decision: Decision) -> list[str]:
    return [text for each in decision.actions for text in each.notices]


# How soon ------------------------------------------------------------------------------------------------------------


def is_soon(case: Case, name: str, side: str, happening: str, says: Mapping[str, Any]) -> bool:
    """Turn the clock: something is due when the article says so, and not before."""
    entity = case.entity(name).entity

    def due(seconds: float) -> bool:
        carried = {(name, each, one): NOW for each in entity.sources for one in get_args(Happening)}
        return (side, happening) in schedule.due(entity, carried, NOW + seconds, UTC)

    day, year = 86_400, 366 * 86_400
    match says["kind"]:
        case "at_once":
            return due(1)
        case "by_hand":
            return not due(year)
        case "every":
            span = says["minutes"] * 60
            return due(span) and not due(span * 0.9) if span > 1200 else due(span) and not due(span * 0.5)
        case _:
            hour, minute = (int(each) for each in says["daily"].split(":"))
            wait = ((hour * 60 + minute) * 60 - NOW % day) % day
            return due(wait + 1) and not due(wait - 1)
