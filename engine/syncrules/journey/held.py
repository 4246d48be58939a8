"""Who bears already what a plan would give away: a number, or whatever a system takes somebody for.

Two records with one number are found by a refusal at best; and where a system writes a new record over one that looks like it,
nobody refuses anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from syncrules.journey import read
from syncrules.journey.action import Action
from syncrules.journey.decision import Decision, Judgement, told
from syncrules.journey.rules import NEAR, EntityRules, Rules, View, loose
from syncrules.journey.surroundings import Late
from syncrules.manifest import Resource
from syncrules.memory.kept import Known
from syncrules.memory.memory import Memory
from syncrules.records import filled, laid_over, normal, reader

ANOTHER_NUMBER = "Give one of them another number"
NEARLY = "Decide: it is the same (link), or another one (create); or correct one of the numbers."
THE_SAME = "decide that they are the same (link)"


class Held:
    """What is borne by others, or given away by the plan that is being made.

    Args:
        paired: what this plan ties, entity by entity, side and id.
        left_out: says of an entity and a record of it why this plan leaves it out; empty if it does not.
    """

    def __init__(
        self,
        rules: Rules,
        memory: Memory,
        paired: Collection[tuple[str, str, str]] = (),
        left_out: Callable[[str, Known], str] = lambda *_: "",
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.paired = paired
        self.left_out = left_out
        self.given: dict[tuple[str, str, str], dict[str, str]] = {}
        """Side, resource or entity, and key → each value that this plan gives away, and to whom."""
        self.renumbered: set[tuple[str, str, str, str]] = set()
        """Side, entity, key and id of the records that get another number by this plan."""

    def new(
        self, rules: EntityRules, known: Known, view: View, action: Action, *, role: bool = False
    ) -> Judgement | None:
        """Say who bears what a new record would get; nothing is made beside it before somebody has looked.

        Args:
            role: whether it becomes a role of something that is there, and bears its number already.
        """
        if role:
            borne = {name for tier in rules.entity.tiers for name, _ in tier.rows}
            return self.by_tier(rules, known.side, view, action, borne)
        answer = self.memory.decision(rules.entity.name, known.side, known.id) or {}
        return (
            self._by_id(rules, action)
            or self._by_key(rules, action)
            or self._by_looks(rules, action)
            or self.by_tier(rules, known.side, view, action, another=bool(answer.get("create")))
            or (None if answer.get("create") else self._by_near(rules, view, action))
        )

    def unless_taken(self, rules: EntityRules, views: Mapping[str, View | None], decision: Decision) -> Decision:
        """Hold back an update that would give a record a number that another one bears; what else is to be done goes on."""
        for action in list(decision.actions):
            held = self._taken(rules, views, action) if action.verb == "update" else None
            if held is None and action.verb == "update":
                held = self._alike(rules, views, action)
            if held is not None:
                held.detail, held.cure = None, f"{ANOTHER_NUMBER}."
                decision.actions.remove(action)
                decision.actions[0].held = [held.reason, held.cure]
                decision.judgements |= {side: held for side, each in views.items() if each is not None}
        return decision

    def _taken(self, rules: EntityRules, views: Mapping[str, View | None], action: Action) -> Judgement | None:
        """Say who bears what an update would give a record, whichever of the two was looked at."""
        source = self.rules.spec.other(action.side)
        view, there = views[source], views[action.side]
        if view is not None:
            return self.by_tier(rules, source, view, action)
        if there is not None:
            after = {**there.values, **{row: value for row, _, value in action.fields}}
            return self.by_tier(rules, action.side, replace(there, values=after), action)
        return None

    def _alike(self, rules: EntityRules, views: Mapping[str, View | None], action: Action) -> Judgement | None:
        """Say which new record would be taken for one that an update changes; if there is none yet, none is made any more."""
        resource, there = rules.resource(action.side), views[action.side]
        after = laid_over(there.record if there is not None else {}, action.changes)
        for alike in resource.overwrites:
            if not action.changes.keys() & set(alike.same) or any(
                isinstance(after.get(each), Late) for each in alike.same
            ):
                continue
            looks = alike.looks(after)
            given = self._given((action.side, resource.name, alike.name, looks), action) if looks else None
            if given is not None and given.name != action.name:
                names = _titles(resource, alike.same)
                reason = f"{self._title(action.side)} would take '{given.name}' for it, which has the same {names}, and write over it"
                return self._waits(reason, alike.cure, rules.entity.name, given, never="taken")
        return None

    def _by_near(self, rules: EntityRules, view: View, action: Action) -> Judgement | None:
        """Look for a record without a counterpart whose number is nearly the same: one of the two may be a slip of the pen."""
        name, target = rules.entity.name, action.side
        written = {row for row, _, _ in action.fields}
        for key, _, compared in rules.keys(self.rules.spec.other(target), view):
            row, nearly = key.partition(": ")[2], loose(compared)
            if row not in written or key.startswith(NEAR) or not nearly:
                continue
            ids = [
                id_
                for each in (key, NEAR + key)
                for id_ in self.memory.found_by(name, target, each, [nearly]).get(nearly, [])
            ]
            found = [each for each in (self.memory.record(name, target, id_) for id_ in ids) if each is not None]
            free = {each.id: each.name for each in found if each.link is None and each.state != "excluded"}
            if free:
                names = ", ".join(f"'{each}'" for each in free.values())
                reason = f"{row} '{told(view.values[row])}' is nearly that of {names} in {self._title(target)}: only letter case, spaces or leading zeros differ"
                return Judgement("waiting", reason, NEARLY, {"decide": "match", "candidates": list(free)})
        return None

    def by_tier(
        self,
        rules: EntityRules,
        side: str,
        view: View,
        action: Action,
        borne: frozenset[str] | set[str] = frozenset(),
        *,
        another: bool = False,
    ) -> Judgement | None:
        """Look for a number by which records are matched: its bearer may be linked to another, out of use, or left out.

        Args:
            side: whose words the view is in.
            borne: rows that the record will bear although they are not written.
            another: whether somebody said that it is another one than a bearer who belongs to nobody; beside one that
                belongs to somebody it is not made, whatever anybody decides.
        """
        name, target = rules.entity.name, action.side
        written = {row for row, _, _ in action.fields} | borne
        for key, _, compared in rules.keys(side, view):
            row = key.partition(": ")[2]
            if row not in written or key.startswith(NEAR):
                continue
            if action.key is not None:
                self.renumbered.add((target, name, key, action.key))
            bearers = (
                self.memory.record(name, target, id_)
                for each in (key, read.LEFT_OUT + key)
                for id_ in self.memory.found_by(name, target, each, [compared]).get(compared, [])
                if (target, name, key, id_) not in self.renumbered
            )
            there = (each for each in bearers if each is not None and not self._is_gone(each))
            bearer = next((each for each in there if not (another and self._is_free(name, each))), None)
            holder = bearer or self._given((target, name, key, compared), action)
            if holder is not None:
                bears = self._bears(row, view.values[row], name, holder)
                never = "" if self._is_free(name, holder) else "taken"
                return self._waits(bears, ANOTHER_NUMBER, name, holder, never)
        return None

    def _by_id(self, rules: EntityRules, action: Action) -> Judgement | None:
        """Look whether the other system would have two records under one id, where that is part of what we send."""
        resource, name = rules.resource(action.side), rules.entity.name
        if resource.readable or rules.entity.link_is_id_of == action.side:
            return None
        id_ = resource.key_of(action.changes)
        link = self.memory.link_of(name, action.side, id_)
        source = self.rules.spec.other(action.side)
        holder = self.memory.record(name, source, str(link.ids[source])) if link is not None else None
        if link is None:
            holder = self._given((action.side, name, "@", id_), action)
        if link is None and holder is None:
            return None
        called = f"'{holder.name}'" if holder is not None else "another one"
        title = _titles(resource, resource.id)
        return Judgement("waiting", f"{title} '{id_}' already stands for {called}", "Give one of them another.")

    def _by_key(self, rules: EntityRules, action: Action) -> Judgement | None:
        """Look for a number that the other system allows once."""
        resource = rules.resource(action.side)
        for field_name in resource.keys:
            value = reader(field_name, absent=None)(action.changes)
            if not filled(value) or isinstance(value, Late):
                continue
            holder = self._holder(action, resource.name, field_name, str(normal(value)))
            if holder is not None:
                title = _titles(resource, [field_name])
                bears = self._bears(title, value, *holder)
                return self._waits(bears, ANOTHER_NUMBER, rules.entity.name, holder[1], never="taken")
        return None

    def _by_looks(self, rules: EntityRules, action: Action) -> Judgement | None:
        """Look for a record that the other system would take a new one for, and write over."""
        resource = rules.resource(action.side)
        for alike in resource.overwrites:
            holder = self._holder(action, resource.name, alike.name, alike.looks(action.changes))
            if holder is not None:
                names = _titles(resource, alike.same)
                reason = f"{self._title(action.side)} would take it for '{holder[1].name}', which has the same {names}, and write over that"
                return self._waits(reason, alike.cure, rules.entity.name, holder[1], never="taken")
        return None

    def _holder(self, action: Action, resource: str, key: str, value: str) -> tuple[str, Known] | None:
        """Find who bears a value that one record alone may have, with its entity, or take note that it is given away."""
        if not value:
            return None
        for name in self._entities_of(action.side, resource):
            id_ = self.memory.key_owner(name, action.side, f"@{key}", value)
            known = self.memory.record(name, action.side, id_) if id_ is not None else None
            if known is not None:
                return name, known
        given = self._given((action.side, resource, key, value), action)
        return None if given is None else (action.entity, given)

    def _entities_of(self, side: str, resource: str) -> Iterator[str]:
        for name, each in self.rules.entities.items():
            source = each.entity.sources.get(side)
            if source is not None and source.resource == resource and not each.entity.for_each:
                yield name

    def _given(self, what: tuple[str, str, str, str], action: Action) -> Known | None:
        """Tell to whom this plan has given something; if to nobody yet, it is given now."""
        given = self.given.setdefault(what[:3], {})
        value = what[3]
        if value not in given:
            given[value] = action.name
            return None
        return Known(action.side, "", given[value], "pending", b"", 0)

    def _is_free(self, entity: str, holder: Known) -> bool:
        """Tell whether a bearer belongs to nobody, not even by this plan."""
        paired = (entity, holder.side, holder.id) in self.paired
        return holder.id != "" and not paired and self.memory.can_link(entity, holder.side, holder.id)

    def _is_gone(self, known: Known) -> bool:
        link = self.memory.link(known.link) if known.link is not None else None
        return link is not None and link.gone[known.side]

    def _bears(self, what: str, value: Any, entity: str, holder: Known) -> str:
        # Under a rule that has just changed, its own turn may come after that of who wants its number.
        reason = holder.reason if holder.state == "excluded" else self.left_out(entity, holder)
        left_out = f" (left out: {reason})" if reason else ""
        return f"{what} '{told(value)}' already belongs to '{holder.name}' in {self._title(holder.side)}{left_out}"

    def _waits(self, reason: str, cure: str, entity: str, holder: Known, never: str = "") -> Judgement:
        """Ask whether it is the one that bears it, if that one is free or its own counterpart is there no more.

        Args:
            never: said where it cannot be made beside the holder, whatever anybody decides.
        """
        same = self._is_free(entity, holder)
        if cure == ANOTHER_NUMBER:
            cure = f"{cure}, or {THE_SAME}." if same else f"{cure}."
        return Judgement(
            "waiting", reason, cure, {"decide": never or "match", "candidates": [holder.id] if same else []}
        )

    def _title(self, side: str) -> str:
        return self.rules.spec.manifests[side].title


def _titles(resource: Resource, fields: Iterable[str]) -> str:
    """Name fields as people know them."""
    return " and ".join(resource.fields[each].title or each for each in fields)
