"""Of what the counterpart of a record would be a role: of something that is there already, and has no such role yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncrules.journey.looked import Looked
from syncrules.journey.rules import EntityRules, Rules, View
from syncrules.journey.shared import Shared
from syncrules.journey.surroundings import Late
from syncrules.memory.kept import Known
from syncrules.memory.memory import Memory


class Roles:
    """What is there without a role, in one run."""

    def __init__(
        self, rules: Rules, memory: Memory, looked: Looked, shared: Shared, settings: Mapping[str, Any]
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.looked = looked
        self.shared = shared
        self.settings = settings

    def of(self, rules: EntityRules, known: Known, view: View) -> str | Late | list[str]:
        """Find the record without this role that the counterpart would be; a list if there are several."""
        target = self.rules.spec.other(known.side)
        answer = self.memory.decision(rules.entity.name, known.side, known.id) or {}
        thing = self.shared.thing(rules.entity.name, known.side, known.id)
        role = role_on(rules, self.memory, target, thing) if isinstance(thing, str) and thing else None
        if thing and role is None:
            return thing
        if role is not None and not answer.get("create"):
            return [role]
        if rules.entity.without_role != "add" or rules.resource(target).within is None:
            return ""
        if answer.get("create"):
            return ""
        named = str(answer.get("link") or "")
        if (
            named
            and self.memory.record(rules.entity.name, target, named) is None
            and self._keys_of_thing(rules, target, named)
        ):
            return named
        every = {name: compared for name, _, compared in rules.keys(known.side, view)}
        for number in range(len(rules.entity.tiers)):
            keys = {name: compared for name, compared in every.items() if name.partition(":")[0] == f"tier {number}"}
            found = {
                id_
                for name, compared in keys.items()
                for ids in self.memory.found_by(rules.entity.name, f"{target} without role", name, [compared]).values()
                for id_ in ids
            }
            match [id_ for id_ in sorted(found) if self._is_free(rules, target, id_, keys)]:
                case [alone] if not self._is_told_apart(rules, target, alone, number, every):
                    return alone
                case [_, *_] as several:
                    return several
        return ""

    def _is_told_apart(self, rules: EntityRules, side: str, id_: str, tier: int, keys: Mapping[str, str]) -> bool:
        """Tell whether an earlier tier tells a thing apart from what was found by a later one."""
        there = self._keys_of_thing(rules, side, id_)
        earlier = {f"tier {number}: {row}" for number in range(tier) for row, _ in rules.entity.tiers[number].rows}
        return any(keys[name] != there[name] for name in earlier & keys.keys() & there.keys())

    def _is_free(self, rules: EntityRules, side: str, id_: str, keys: Mapping[str, str]) -> bool:
        """Look whether a thing without this role is still there, and still bears the number."""
        if role_on(rules, self.memory, side, id_) is not None:
            return False
        return any(keys.get(name) == compared for name, compared in self._keys_of_thing(rules, side, id_).items())

    def _keys_of_thing(self, rules: EntityRules, side: str, id_: str) -> dict[str, str]:
        """Look at a thing for what a role of it would be found by; nothing if it is not there any more."""
        within = rules.resource(side).within
        assert within is not None
        there = self.looked.at(side, within[0], id_)
        if there is None:
            return {}
        view = rules.view(side, {**dict.fromkeys(rules.resource(side).id, ""), within[1]: there}, self.settings)
        return {name: compared for name, _, compared in rules.keys(side, view)}


def role_on(rules: EntityRules, memory: Memory, side: str, id_: str) -> str | None:
    """Give this role of a thing, if it has it already; then that is the record which matches."""
    within = rules.resource(side).within
    assert within is not None
    return memory.key_owner(rules.entity.name, side, f"@{within[1]}", id_)
