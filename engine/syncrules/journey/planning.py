"""What a decision becomes: actions in the plan, and the state in which each record is that nothing is done about."""

from __future__ import annotations

from collections.abc import Mapping

from syncrules.journey.action import Action
from syncrules.journey.around import Around
from syncrules.journey.decision import Decision
from syncrules.journey.groups import Groups
from syncrules.journey.rules import EntityRules, Rules
from syncrules.memory.memory import Memory


class Planning:
    """The plan that is being made."""

    def __init__(self, rules: Rules, memory: Memory, around: Around, started: float) -> None:
        self.rules = rules
        self.memory = memory
        self.around = around
        self.started = started
        self.groups = Groups(memory)
        self.reaches: set[tuple[str, str]] = set()
        """Entity and side of what is made, tied, given a number or meant by one: decided well only where that side has just been read."""
        self.written: set[str] = set()
        """Sides that the plan writes to."""

    def take(self, rules: EntityRules, decision: Decision, ids: Mapping[str, str | None]) -> None:
        """Put what was decided about a record or a pair into the plan, and judge those who are not in it."""
        name = rules.entity.name
        decision = self.groups.unless_unbalanced(rules, decision, ids)
        for side, judged in decision.judgements.items():
            id_ = ids.get(side)
            if id_ is not None:
                if judged.detail == {"before": True}:
                    self.memory.decide(name, side, id_, judged.detail, self.started)
                elif judged.detail == {"decide": "before"}:
                    # It stays a question also when the first import is over, after which it would be new.
                    self.memory.decide(name, side, id_, {"asked": True}, self.started)
                self.memory.judge(
                    name,
                    side,
                    id_,
                    judged.state,
                    reason=judged.reason,
                    cure=judged.cure,
                    detail=judged.detail,
                )
        self._hold_together(rules, decision, ids)
        group = self.groups.of(rules, ids) if decision.actions else ""
        for action in decision.actions:
            action.together = group
            self._note(rules, action)
            source = self.rules.spec.other(action.side)
            if action.verb == "update" and ids.get(source) is not None:
                self.around.renamed[name, source, str(ids[source])] = rules.shown(action.side, action.changes)
        self.memory.add_actions([(name, action.verb, action.to_json()) for action in decision.actions], group)

    def _hold_together(self, rules: EntityRules, decision: Decision, ids: Mapping[str, str | None]) -> None:
        """Where one waits or fails, what belongs to it is not sent either."""
        for side, judged in decision.judgements.items() if rules.together else ():
            known = self.memory.record(rules.entity.name, side, str(ids.get(side)))
            if judged.state in ("waiting", "failed") and known is not None:
                self.groups.hold(rules, known)

    def _note(self, rules: EntityRules, action: Action) -> None:
        """Note what an action depends on: that nobody else was first where something is made, tied or given a number, or is meant by one."""
        name = rules.entity.name
        sides = self.rules.spec.sides if action.verb == "link" else (action.side,)
        numbers = {row for tier in rules.entity.tiers for row, _ in tier.rows}
        numbered = action.verb == "update" and any(row in numbers for row, _, _ in action.fields)
        if action.verb in ("create", "link") or numbered:
            self.reaches |= {(name, side) for side in sides if self.rules.reads(name, side)}
        for row in rules.rows if action.verb in ("create", "update") else ():
            # Whom a number means may have changed a moment ago: it is written only if it has just been read.
            if row.reference_by.get(action.side) and any(row.name == written for written, _, _ in action.fields):
                names = [each for each in row.row.refers_to if each in self.rules.entities]
                self.reaches |= {(each, action.side) for each in names if self.rules.reads(each, action.side)}
        if action.writes:
            self.written.add(action.side)
