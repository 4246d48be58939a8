"""The laws of one row: what it carries fits, comes back, and is settled once it has been written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from syncrules.check.known import Known
from syncrules.check.laws import Broken
from syncrules.check.schema import faults
from syncrules.check.spots import Spot, record
from syncrules.check.told import told
from syncrules.journey.decision import emptied
from syncrules.journey.lines import LineRules
from syncrules.journey.places import number
from syncrules.journey.rows import RowRules
from syncrules.journey.rules import EntityRules
from syncrules.records import MISSING, Record, decode, elements, encode, laid_over, normal
from syncrules.vocabulary.values import CannotCarry
from syncrules.yaml import Path

Value = Any
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Case:
    """What stands on the side that a value comes from, and what stands on the other; None: nothing is there yet."""

    here: Values
    there: Values | None


@dataclass(slots=True)
class Seen:
    """What was seen while a rule was tried: how often it carried, refused and lost something."""

    tried: int = 0
    carried: int = 0
    lost: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    example: dict[str, str] = field(default_factory=dict)
    """Kind of refusal → one of them, in full."""
    last: str = ""


class _Refused:
    """The value has no counterpart, and the engine says so."""


REFUSED: Final = _Refused()


@dataclass(slots=True)
class Rule:
    """One row of a mapping in one direction, with the records around it."""

    known: Known
    entity: EntityRules
    rules: RowRules
    at: Path
    """Where it stands in the mapping."""
    source: str
    target: str
    here: tuple[Spot, ...]
    there: tuple[Spot, ...]
    base: Mapping[str, Record]
    """Side → a plain record of it."""
    lines: LineRules | None = None
    prefix: Mapping[str, str] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)

    @property
    def name(self) -> str:
        """Say which rule it is: the entity, the lines it belongs to, the row."""
        words = [str(each) for each in self.at[1:] if each not in ("fields", "lines")]
        return "/".join(words)

    @property
    def two_way(self) -> bool:
        return self.rules.row.to == "both"

    @property
    def travels(self) -> bool:
        return self.rules.row.to in ("both", self.target)

    @property
    def updates(self) -> bool:
        """Tell whether a change of this row is ever written to a record that is there."""
        then = self.entity.entity.events[self.source]["changed"].then
        may = self.entity.resource(self.target).update != "none"
        return may and then == "update" and self.lines is None and not self.rules.row.once

    @property
    def plain(self) -> Case:
        return Case({each.path: each.pool.plain for each in self.here}, None)

    def title(self, side: str) -> str:
        return self.known.spec.manifests[side].title

    def read(self, side: str, of: Mapping[str, Any]) -> Value:
        """Read the row as a run does; of lines that are added up, the list of their numbers."""
        if side == self.source and any(operator.name == "sum" for operator, _ in self.rules.operators):
            path = self.rules.sides[side].whole
            return [number(each) for each in elements(of, path) if each is not None]
        return self.rules.read(side, of)

    def says(self, word: str) -> bool:
        """Tell whether the mapping says a word of this row, whatever it says."""
        return (*self.at, word) in self.known.spec.places


def try_case(rule: Rule, case: Case, asked: frozenset[str]) -> None:
    """Put one case to a rule.

    Args:
        asked: the laws that are asked about.

    Raises:
        Broken: one of them does not hold.
    """
    rule.seen.tried += 1
    try:
        _try(rule, case, asked)
    except Broken as broken:
        if broken.law in asked:
            raise
    except CannotCarry as error:
        _refused(rule, rule.source, "CannotCarry", str(error))
    except Exception as error:
        if "total" in asked:
            raise Broken("total", *_crash(rule, case, error)) from error


def _crash(rule: Rule, case: Case, error: Exception) -> list[str]:
    shown = ", ".join(f"{each.title} {told(case.here[each.path])}" for each in rule.here)
    return [f"With {shown} in {rule.title(rule.source)} the rule breaks down: {type(error).__name__}: {error}."]


def _try(rule: Rule, case: Case, asked: frozenset[str]) -> None:
    there = record(rule.base[rule.target], rule.there, case.there or {each.path: None for each in rule.there})
    of = record(rule.base[rule.source], rule.here, case.here)
    value = rule.read(rule.source, of)
    if value is MISSING:
        return
    present = rule.read(rule.target, there) if case.there is not None else None
    present = None if present is MISSING else present
    _has_a_settled_key(rule, rule.source, value, asked)
    if not rule.travels or rule.target not in rule.rules.sides:
        rule.rules.same(*_in_order(rule, value, present), rule.known)
        return
    if not rule.lines and rule.entity.lacking(rule.source, rule.target, of, rule.known.settings, creating=False):
        return
    one = _across(rule, rule.source, value, present)
    if isinstance(one, _Refused):
        _is_refused_as_declared(rule, value, asked)
        return
    rule.seen.carried += 1
    changes = one[1]
    _fits(rule, value, changes, asked, created=case.there is None)
    kept = laid_over(there, changes)
    found = rule.read(rule.target, kept)
    found = None if found is MISSING else found
    _is_settled(rule, value, found, kept, asked)
    _has_a_settled_key(rule, rule.target, found, asked)
    if rule.two_way and rule.updates and "there and back" in asked:
        _comes_back(rule, of, value, found)


def _in_order(rule: Rule, value: Value, other: Value) -> tuple[Value, Value]:
    return (value, other) if rule.source == rule.rules.left else (other, value)


def _across(rule: Rule, source: str, value: Value, present: Value) -> tuple[Value, Record] | _Refused:
    """Carry a value to the other side and lay it into a write."""
    target = rule.known.spec.other(source)
    changes: Record = {}
    try:
        carried = rule.rules.carry(source, value, present, rule.known)
        rule.rules.write(target, changes, carried, rule.known)
    except CannotCarry as error:
        return _refused(rule, source, type(error).__name__, str(error))
    held = emptied(rule.entity, target, changes) if rule.lines is None else None
    return (carried, changes) if held is None else _refused(rule, source, "Waits", held.reason)


def _refused(rule: Rule, source: str, kind: str, says: str) -> _Refused:
    rule.seen.refused[f"{kind} {source}"] += 1
    rule.seen.example.setdefault(f"{kind} {source}", says)
    rule.seen.last = says
    return REFUSED


# Fits --------------------------------------------------------------------------------------------------------------


def _fits(rule: Rule, value: Value, changes: Record, asked: frozenset[str], *, created: bool) -> None:
    if "fits" not in asked:
        return
    manifest, resource = rule.known.spec.manifests[rule.target], rule.entity.resource(rule.target).name
    sent = _without_nothing(changes) if created else changes
    wrong = list(faults(manifest, resource, sent, rule.prefix.get(rule.target, "")))
    if wrong:
        raise Broken("fits", *_begin(rule, value), f"What would be written there is {_shown(rule, changes)}, but {' and '.join(wrong)}.")  # fmt: skip


def _without_nothing(changes: Any) -> Any:
    """Leave out what is empty, as a new record does."""
    if not isinstance(changes, dict):
        return changes
    return {name: _without_nothing(each) for name, each in changes.items() if each is not None and each != ""}


def _is_refused_as_declared(rule: Rule, value: Value, asked: frozenset[str]) -> None:
    """A text that its own schema allows and the other does not is a thing that one knows beforehand, and says."""
    if "fits" not in asked or rule.says("too_long") or rule.says("unfit") or not isinstance(value, str):
        return
    here, there = (next(iter(rule.rules.sides[each].places.values())).field for each in (rule.source, rule.target))
    if here is None or there is None or here.max_length is None or there.max_length is None:
        return
    if there.max_length < len(value) <= here.max_length and rule.rules.row.too_long == "report":
        raise Broken(
            "fits", *_begin(rule, value),
            f"{there.title or there.name} of {rule.title(rule.target)} takes {there.max_length} characters, and the mapping does not say what becomes of "
            f"longer ones (too_long:, unfit:).",
        )  # fmt: skip


# Settled -----------------------------------------------------------------------------------------------------------


def _has_a_settled_key(rule: Rule, side: str, value: Value, asked: frozenset[str]) -> None:
    if "settled" not in asked:
        return
    key = rule.rules.key(side, value)
    again = rule.rules.key(side, key)
    if again != key:
        raise Broken("settled", f"{told(value)} in {rule.title(side)} counts as {told(key)}, and that counts as {told(again)}: the normal form has none.")  # fmt: skip
    if rule.rules.key(side, decode(encode(value))) != key:
        raise Broken("settled", f"{told(value)} in {rule.title(side)} is another value once it has been remembered.")


def _is_settled(rule: Rule, value: Value, found: Value, kept: Record, asked: frozenset[str]) -> None:
    if "settled" not in asked:
        return
    target, cut = rule.target, rule.rules.row.too_long == "cut"
    again = _across(rule, rule.source, value, found)
    if isinstance(again, _Refused):
        raise Broken(
            "settled", *_begin(rule, value), f"It is written once as {told(found)}, and refused the next time."
        )
    twice = rule.read(target, laid_over(kept, again[1]))
    if rule.rules.key(target, twice) != rule.rules.key(target, found):
        raise Broken("settled", *_begin(rule, value), f"It is written as {told(found)}, and the next time as {told(twice)}.")  # fmt: skip
    if not cut and rule.rules.key(target, again[0]) != rule.rules.key(target, found):
        raise Broken("settled", *_begin(rule, value), f"It is written as {told(found)}; compared again it should be {told(again[0])}, and would be written again.")  # fmt: skip
    if not cut and not rule.lines and not rule.rules.same(*_in_order(rule, value, found), rule.known):
        raise Broken("settled", *_begin(rule, value), f"Written as {told(found)} it still counts as a difference.")


# There and back ------------------------------------------------------------------------------------------------------


def _comes_back(rule: Rule, of: Record, value: Value, found: Value) -> None:
    """Let a value come back: to where it was, and to a record that is made anew."""
    source, key = rule.source, rule.rules.key
    keeps = not rule.rules.row.lossy or (rule.rules.concept is not None and rule.rules.row.too_long != "cut")
    back = _across(rule, rule.target, found, value)
    if isinstance(back, _Refused):
        # Nothing is lost by a refusal that is told; but a rule that refuses even the plain value does not go both ways.
        if of == record(rule.base[source], rule.here, rule.plain.here):
            raise Broken("there and back", *_begin(rule, value), f"As {told(found)} it cannot come back: {rule.seen.last}.")  # fmt: skip
        return
    returned = rule.read(source, laid_over(of, back[1]))
    if key(source, returned) != key(source, value):
        rule.seen.lost += 1
        if keeps:
            raise Broken("there and back", *_begin(rule, value), f"Written back it would be {told(returned)}.")
    _is_lost_at_once(rule, value, found, returned)
    if not rule.rules.row.once and not rule.rules.row.numbered_by:
        _comes_back_anew(rule, value, found)


def _is_lost_at_once(rule: Rule, value: Value, found: Value, returned: Value) -> None:
    """What came back goes across as what is there already: nobody over there sees that it was away."""
    again = _across(rule, rule.source, returned, found)
    seen = None if isinstance(again, _Refused) else again[0]
    if isinstance(again, _Refused) or rule.rules.key(rule.target, seen) != rule.rules.key(rule.target, found):
        said = "refused" if isinstance(again, _Refused) else told(seen)
        raise Broken("there and back", *_begin(rule, value), f"Written back it is {told(returned)}, and from there it would be {said}.")  # fmt: skip


def _comes_back_anew(rule: Rule, value: Value, found: Value) -> None:
    """Let it come back to where nothing is any more; only what is declared may be lost, and nobody over there may notice."""
    source, key = rule.source, rule.rules.key
    first = _home_anew(rule, found)
    if first is None:
        return
    if normal(first) != normal(value):
        rule.seen.lost += 1
    if key(source, first) == key(source, value):
        return
    if not rule.rules.row.lossy:
        raise Broken("there and back", *_begin(rule, value), f"In a record that is made anew from it, it would be {told(first)}; the mapping does not say that something is lost (lossy:).")  # fmt: skip
    _is_lost_at_once(rule, value, found, first)


def _home_anew(rule: Rule, found: Value) -> Value | None:
    """Carry a value home, to a record that says nothing yet; None if it is refused, or nothing."""
    back = _across(rule, rule.target, found, None)
    if isinstance(back, _Refused):
        return None
    empty = record(rule.base[rule.source], rule.here, {each.path: None for each in rule.here})
    return rule.read(rule.source, laid_over(empty, back[1]))


# Words ---------------------------------------------------------------------------------------------------------------


def _begin(rule: Rule, value: Value) -> list[str]:
    entity = rule.entity.entity.name
    return [f"A record of '{entity}' has {rule.rules.name} {told(value)} in {rule.title(rule.source)}.", f"It goes to {rule.title(rule.target)}."]  # fmt: skip


def _shown(rule: Rule, changes: Record) -> str:
    found = [
        f"{each.title} {told(_at(changes, each.path))}" for each in rule.there if _at(changes, each.path) is not MISSING
    ]
    return " and ".join(found) or told(changes)


def _at(changes: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(changes, Mapping) or step not in changes:
            return MISSING
        changes = changes[step]
    return changes
