"""The whole truth about each entity: whatever happens, on whichever side, linked or not, and what the engine decides then.

Nothing of the mapping is read here: plain records are put before the functions that decide, and what comes out is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from syncrules.check.known import Known
from syncrules.check.pairs import Pairs, pairs
from syncrules.journey.decision import Decision
from syncrules.language.model import Happening

LINKED, FOUND, ALONE = "linked", "found each other", "no counterpart"
STATES = {"excluded": "stays out", "waiting": "waits", "failed": "fails"}
UNSEEN = "nobody can see it"
"""Said where a system does not show that this happened, so that nothing is decided."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the truth table."""

    entity: str
    happened: str
    side: str
    """Where it happened: a side, or both."""
    linked: str
    happening: Happening | None
    """What the mapping calls it; None for what it has no word for."""
    decision: Decision | None
    """None: nobody can see it."""

    @property
    def outcome(self) -> str:
        """Say in words what comes of it."""
        return UNSEEN if self.decision is None else told(self.decision)


def told(decision: Decision) -> str:
    """Say what is written where, what people hear, and what waits or stays out and why."""
    said = [f"{each.verb} in {each.side}{_what(each.verb, [str(one[0]) for one in (*each.fields, *each.besides)])}" for each in decision.actions if each.writes]  # fmt: skip
    said += dict.fromkeys(f"{STATES.get(each.state, each.state)}: {each.reason}" for each in decision.judgements.values())  # fmt: skip
    if not said:
        said += dict.fromkeys(f"told: {text}" for each in decision.actions for text in each.notices)
    if not said and any(each.verb == "link" for each in decision.actions):
        said.append("linked")
    return "; ".join(said) or "nothing"


def _what(verb: str, names: list[str]) -> str:
    return f" ({', '.join(names)})" if verb == "update" and names else ""


def table(known: Known, name: str) -> Iterator[Row]:
    """Ask about everything that can happen to a record of an entity."""
    found = pairs(known, name)
    for side in known.spec.sides:
        if found.rules.resource(side).readable:
            yield from _alone(found, name, side)
    yield from _found(found, name)
    for side in known.spec.sides:
        if found.rules.resource(side).readable:
            yield from _changed(found, name, side)
            yield from _activity(found, name, side)
            yield from _left(found, name, side)
    yield _changed_both(found, name)


def _alone(of: Pairs, name: str, side: str) -> Iterator[Row]:
    def row(happened: str, happening: Happening, decide: Callable[[], Decision]) -> Row:
        return Row(name, happened, side, ALONE, happening, decide())

    yield row("created", "created", lambda: of.alone(side, active=True))
    yield row("there at the first import", "created", lambda: of.alone(side, first=True, active=True))
    if of.view(side).active is not None:
        yield row("created, and not in use", "already_inactive", lambda: of.alone(side, active=False))
    condition = _condition(of, side)
    if condition:
        yield row("may not come in", "created", lambda: of.alone(side, admitted=condition))


def _condition(of: Pairs, side: str) -> str:
    """Name a condition that may fail; empty if all may come in."""
    source = of.rules.source(side)
    return next(iter(source.where), "") or next((path for each in source.where_any for path in each), "")


def _found(of: Pairs, name: str) -> Iterator[Row]:
    if of.rules.entity.for_each:
        return  # a state has no identity by which it could be found
    yield Row(name, "the same on both sides", "both", FOUND, None, of.both())
    for side in of.known.spec.sides:
        changes = of.changes(side)
        if changes:
            yield Row(name, "says something else", side, FOUND, None, of.both({side: changes[0][1]}))


def _changed(of: Pairs, name: str, side: str) -> Iterator[Row]:
    for row, changed in of.changes(side):
        yield Row(name, f"{row.name} changed", side, LINKED, "changed", of.both({side: changed}, link=of.link()))


def _changed_both(of: Pairs, name: str) -> Row:
    left, right = of.known.spec.sides
    there = {row.name: changed for row, changed in of.changes(right, 1)}
    for row, changed in of.changes(left):
        readable = all(of.rules.resource(side).readable for side in (left, right))
        if row.name in there and readable:
            return Row(name, f"{row.name} changed", "both", LINKED, "changed", of.both({left: changed, right: there[row.name]}, link=of.link()))  # fmt: skip
    return Row(name, "changed", "both", LINKED, "changed", None)


def _activity(of: Pairs, name: str, side: str) -> Iterator[Row]:
    shown = of.view(side).active is not None
    other = of.known.spec.other(side)
    for happened, happening, now in (("deactivated", "deactivated", False), ("reactivated", "reactivated", True)):
        link = of.link(was={side: not now, other: not now} if shown else None)
        there = {"active": not now} if of.view(other).active is not None else {}
        decision = of.both(seen={side: {"active": now}, other: there}, link=link) if shown else None
        yield Row(name, happened, side, LINKED, "deactivated" if happening == "deactivated" else "reactivated", decision)  # fmt: skip


def _left(of: Pairs, name: str, side: str) -> Iterator[Row]:
    deleted = of.rules.resource(side).missing == "deleted"
    yield Row(name, "deleted", side, LINKED, "deleted", of.both(link=of.link(gone={side: True})) if deleted else None)
    yield Row(name, "changed kind", side, LINKED, "changed_kind", of.both(seen={side: {"is_kind": False}}, link=of.link()) if of.rules.source(side).is_ else None)  # fmt: skip
    condition = _condition(of, side)
    if condition:
        yield Row(name, "may no longer come in", side, LINKED, "filtered_out", of.both(seen={side: {"admitted": condition}}, link=of.link()))  # fmt: skip
