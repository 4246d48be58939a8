"""Records that are sent together or not at all, such as the lines of one booking: whether they add up, and whether all of them may go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.journey.action import Action
from syncrules.journey.decision import Decision, Judgement
from syncrules.journey.documents import unbalanced
from syncrules.journey.rules import EntityRules
from syncrules.language.model import Check
from syncrules.memory.kept import Known
from syncrules.memory.memory import Memory
from syncrules.records import reader


class Groups:
    """What belongs together among the records of one connection."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.torn = False
        """Whether something that has just been read does not add up with what was there before: some of it may be gone."""
        self.held: dict[tuple[str, str], Known] = {}
        """Entity and group → one of it that is not sent now."""

    def of(self, rules: EntityRules, ids: Mapping[str, str | None]) -> str:
        """Name the group of a record; empty if it goes alone."""
        side = _side(rules)
        id_ = ids.get(side) if side else None
        return (self.memory.key_of(rules.entity.name, side, id_, f"@{rules.together}") or "") if id_ else ""

    def unless_unbalanced(self, rules: EntityRules, decision: Decision, ids: Mapping[str, str | None]) -> Decision:
        """Hold a record back if those that belong together do not add up."""
        group = self.of(rules, ids) if any(each.writes for each in decision.actions) else ""
        if not group:
            return decision
        for check in rules.entity.checks:
            fault = unbalanced(check, self._amounts(rules, check, group)) if check.together else ""
            if fault:
                known = self.memory.record(rules.entity.name, check.side, str(ids.get(check.side)))
                self.torn |= known is not None and known.state == "pending"
                cure = "Correct the document; nothing of it was sent."
                return Decision(judgements={check.side: Judgement("failed", fault, cure)})
        return decision

    def _amounts(self, rules: EntityRules, check: Check, group: str) -> Iterator[Any]:
        name, side = rules.entity.name, check.side
        for id_ in self.memory.found_by(name, side, f"@{check.together}", [group]).get(group, ()):
            known = self.memory.record(name, side, id_)
            if known is not None:
                yield from self._of_record(rules, check, known)

    def _of_record(self, rules: EntityRules, check: Check, known: Known) -> Iterator[Any]:
        """Give the amounts of one record: as it was read, or as it is remembered if nothing of it changed."""
        link = self.memory.link(known.link) if known.link is not None else None
        if link is not None and link.gone[check.side]:
            return
        for path in check.says["sum"]:
            if known.record is not None:
                yield reader(path, absent=None)(known.record)
            elif link is not None:
                row = next(each for each in rules.rows if each.row.sides.get(check.side) == path)
                yield link.base[check.side].get(row.name)

    def hold(self, rules: EntityRules, known: Known) -> None:
        """Note that a record is not sent now, so that nothing is that belongs to it."""
        group = self.of(rules, {known.side: known.id})
        if group:
            self.held.setdefault((rules.entity.name, group), known)

    def keep_together(self, rules: EntityRules) -> None:
        """Take out of the plan what belongs to a record that waits or failed: half a document is never sent."""
        side = _side(rules)
        for (name, group), known in self.held.items():
            if name == rules.entity.name:
                with self.memory.store.transaction():
                    for data in self.memory.drop_together(name, group):
                        self._hold(side, known, Action.from_json(data))

    def _hold(self, side: str, known: Known, action: Action) -> None:
        id_ = action.source_id if action.side != side else action.key
        there = self.memory.record(action.entity, side, id_) if id_ is not None else None
        if there is None or there.id == known.id:
            return
        reason = f"waits with '{known.name}', to which it belongs: {known.reason}"
        self.memory.judge(action.entity, side, there.id, "waiting", reason=reason, cure=known.cure)


def _side(rules: EntityRules) -> str:
    return next((each.side for each in rules.entity.checks if each.together), "")
