"""What became of a write that was not carried out: what is said of its record, and when it is tried again."""

from __future__ import annotations

from collections import Counter
from typing import Any

from syncrules.errors import RecordRefused
from syncrules.http import Clock
from syncrules.journey import referred
from syncrules.journey.action import Action
from syncrules.journey.calls import Done
from syncrules.journey.rules import Rules
from syncrules.manifest import Refusal
from syncrules.memory.memory import Memory


class Unwritten:
    """Says of records why they were not written; within a transaction of the caller.

    Args:
        counts: takes how often this happened.
    """

    def __init__(self, rules: Rules, memory: Memory, clock: Clock, counts: Counter[str]) -> None:
        self.rules = rules
        self.memory = memory
        self.clock = clock
        self.counts = counts

    def became(self, done: Done) -> str:
        """Say for the journal what became of a write: done, failed, or what must still be looked up.

        What is there already may be ours; who is matched by keys is found by them.
        """
        if done.state in ("done", "half", "unknown"):
            return done.state
        found_by_keys = bool(self.rules.entities[done.action.entity].entity.tiers)
        return "there" if self._is_there_already(done) and not found_by_keys else "failed"

    def _is_there_already(self, done: Done) -> bool:
        known = self._refusal(done)
        return done.action.verb == "create" and known is not None and known.means == "already_there"

    def _refusal(self, done: Done) -> Refusal | None:
        """Find what the manifest says about a refusal."""
        if done.state != "failed" or done.error is None:
            return None
        resource = self.rules.entities[done.action.entity].resource(done.action.side)
        return next((each for each in resource.refusals if each.fits(done.error.code, done.reason)), None)

    def refused(self, action: Action, done: Done) -> None:
        if not isinstance(done.error, RecordRefused):
            # The system as a whole could not be used: nothing is wrong with this record, and the next run goes on with it.
            self.wait(action, done.reason)
            return
        known = self._refusal(done)
        said = f"{self._title(action.side)} refused it: {done.reason}"
        if self._is_there_already(done):
            self._waits_beside(action, known)
            return
        cure = (
            (known.cure if known is not None else "")
            or done.error.cure
            or "Correct it; what stays refused is tried ever more rarely, or at once with retry."
        )
        reason = known.because if known is not None and known.because else ""
        waits = known is not None and known.means == "waits"
        again = self._again(action) | (self._referred(action) if waits else {})
        self.judge(
            action,
            "waiting" if waits else "failed",
            f"{said} ({reason})" if reason else said,
            cure,
            again,
        )
        self.counts["failed"] += 1

    def half_done(self, action: Action, done: Done) -> None:
        """Leave it to a person who can see what stands there; until then nothing is sent for this record."""
        cure = done.error.cure if done.error is not None else ""
        detail = {"decide": "match", "candidates": [], "because": "half done"}
        self.judge(action, "waiting", f"{self._title(action.side)}: {done.reason}", cure, detail)
        self.counts["waiting"] += 1

    def _waits_beside(self, action: Action, known: Refusal | None) -> None:
        """Let a record wait whose counterpart is there already, as the system says: it is looked up whether it is ours."""
        because = f": {known.because}" if known is not None and known.because else ""
        self.judge(
            action,
            "waiting",
            f"{self._title(action.side)} says that it is already there{because}",
            (known.cure if known is not None else "") or "It is tried again by itself.",
            {"because": "already there"},
        )
        self.counts["waiting"] += 1

    def _again(self, action: Action) -> dict[str, Any]:
        """When a refused write is tried again without anything having changed: after an hour, then ever more rarely."""
        source = self.rules.spec.other(action.side)
        before = self.memory.record(action.entity, source, action.source_id) if action.source_id is not None else None
        detail = before.detail if before is not None and isinstance(before.detail, dict) else {}
        tries = int(detail.get("tries", 0)) + 1
        return {
            "tries": tries,
            "again": int(self.clock.now() + min(24, 2 ** (tries - 1)) * 3600),
            "under": self.rules.digest,
        }

    def _referred(self, action: Action) -> dict[str, Any]:
        """What a record waits for, as it is now: as soon as that changes it is tried again at once."""
        source = self.rules.spec.other(action.side)
        rules = self.rules.entities[action.entity]
        known = self.memory.record(action.entity, source, action.source_id) if action.source_id is not None else None
        if known is None or known.record is None:
            return {}
        return {"referred": referred.standing(self.memory, rules, source, known.record)}

    def wait(self, action: Action, reason: str, *, detail: Any = None) -> None:
        """Let the record that an action was made from wait for the next run."""
        self.judge(action, "waiting", reason, "It is tried again by itself.", detail)

    def judge(self, action: Action, state: Any, reason: str, cure: str = "", detail: Any = None) -> None:
        source = self.rules.spec.other(action.side)
        for side, id_ in ((source, action.source_id), (action.side, action.key)):
            known = self.memory.record(action.entity, side, id_) if id_ is not None else None
            if known is not None and (side == source or known.record is not None or known.state == "pending"):
                self.memory.judge(action.entity, side, known.id, state, reason=reason, cure=cure, detail=detail)

    def _title(self, side: str) -> str:
        return self.rules.spec.manifests[side].title
