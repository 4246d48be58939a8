"""What to do about two records that belong together: what their rows say, whether they are in use, what is written.

Pure: a pair goes in with what is known of it; actions and a judgement, each with its reason, come out.
`events` of the mapping are carried out here, and `policy` does so for the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from syncrules.journey import leaving, making
from syncrules.journey.action import Action
from syncrules.journey.decision import Circumstances, Decision, Judgement, applies
from syncrules.journey.diff import ACTIVITY, Happened
from syncrules.journey.policy import Policy
from syncrules.journey.rules import EntityRules, View
from syncrules.language.model import Happening
from syncrules.manifest import Active
from syncrules.memory.kept import Link


def decide(
    rules: EntityRules,
    link: Link | None,
    views: Mapping[str, View | None],
    now: Circumstances,
    other_id: str = "",
    name: str = "",
) -> Decision:
    """Decide about two records that belong together; `link` is None if they have only just found each other.

    Args:
        other_id: the id of the record that could not be looked at, where there is no link to tell it.
        name: what the record was called of which nothing is left to look at.
    """
    return _Pair(rules, link, views, now, other_id, name).decide()


def wait_together(rules: EntityRules, decision: Decision, present: Collection[str]) -> None:
    """Let the other one of a pair wait too, if something of it is there: what changed must not wait in silence."""
    for side, judged in list(decision.judgements.items()):
        other = rules.spec.other(side)
        if other in present and other not in decision.judgements:
            reason = f"waits with its counterpart in {rules.spec.manifests[side].title}: {judged.reason}"
            decision.judgements[other] = Judgement(
                "excluded" if judged.state == "excluded" else "waiting", reason, judged.cure
            )


class _Pair:
    """The decision about one pair."""

    def __init__(
        self,
        rules: EntityRules,
        link: Link | None,
        views: Mapping[str, View | None],
        now: Circumstances,
        other_id: str,
        name: str,
    ) -> None:
        self.rules = rules
        self.link = link
        self.other_id = other_id
        self.name = next((view.name for view in views.values() if view is not None), name)
        self.views = views
        self.now = now
        self.sides = rules.spec.sides
        self.besides: dict[str, list[list[Any]]] = {side: [] for side in self.sides}
        self.waiting_activity: set[str] = set()
        """Sides whose change of activity is not due yet."""
        answers = [now.answer(side, view.id) or {} for side, view in views.items() if view is not None]
        self.answer: Mapping[str, Any] = next((each for each in answers if each), {})
        # A question stands at both records, and another row may have been asked about at the other one.
        kept = {row: side for each in reversed(answers) for row, side in each.get("keep", {}).items()}
        base, before = (link.agreed, link.base) if link is not None else ({}, {})
        self.rows = Policy(rules, views, base, before, now, kept=kept)
        self.notices = self.rows.notices
        """What rows and record have to tell, in the order in which it was found."""

    def title(self, side: str) -> str:
        return self.rules.spec.manifests[side].title

    @property
    def unfinished(self) -> bool:
        """Whether something of the pair is not due yet."""
        return self.rows.unfinished or bool(self.waiting_activity)

    def decide(self) -> Decision:
        decision = self._decided()
        wait_together(self.rules, decision, [side for side, view in self.views.items() if view is not None])
        return decision

    def _decided(self) -> Decision:
        if self.link is not None:
            for side in self.sides:
                if self.link.gone.get(side) and leaving.travels(self.rules, side):
                    return self._left(self.link, side, "deleted")
            for side in self.sides:
                if self.link.gone.get(side):
                    reason = f"it was deleted in {self.title(side)}; a deletion does not travel, and neither do later changes"
                    return Decision(
                        judgements={
                            each: Judgement("excluded", reason) for each in self.sides if self.views[each] is not None
                        }
                    )
            for side, view in self.views.items():
                if view is not None and not view.is_kind:
                    return self._changed_kind(side, view)
            for side, view in self.views.items():
                if view is not None and view.admitted and leaving.travels(self.rules, side, "filtered_out"):
                    return self._left(self.link, side, "filtered_out")
        self.rows.decide()
        verbs = self._activity()
        self.rows.lines_changed()
        if not self.rows.trouble:
            self._send_whole()
        if self.rows.trouble:
            return Decision(judgements=dict(self.rows.trouble))
        return self._actions(verbs)

    def _left(self, link: Link, side: str, departure: leaving.Departure) -> Decision:
        if link.gone.get(self.rules.spec.other(side)):
            return Decision()  # it is on neither side any more
        if not self.now.is_open(side, departure):
            return Decision()
        return leaving.decide(self.rules, link, side, self.name, departure)

    def _send_whole(self) -> None:
        """What cannot be read back is sent whole: whatever is not sent would be emptied there."""
        for side in self.sides:
            view = self.views[self.rules.spec.other(side)]
            if self.rows.changes[side] and view is not None and not self.rules.resource(side).readable:
                made = making.made(self.rules, self.rules.spec.other(side), view, self.now.around)
                if isinstance(made, Judgement):
                    self.rows.trouble[self.rules.spec.other(side)] = made
                else:
                    self.rows.changes[side] = made.changes

    def _changed_kind(self, side: str, view: View) -> Decision:
        if self.rules.entity.events[side]["changed_kind"].then == "ignore" or self.answer.get("ignore"):
            return Decision(judgements={side: Judgement("excluded", f"became another kind in {self.title(side)}")})
        return Decision(
            judgements={
                side: Judgement(
                    "waiting",
                    f"became another kind in {self.title(side)}",
                    "Change it back, or decide: it stays linked as it is (ignore) or is taken apart (unlink).",
                    {"decide": "kind"},
                )
            }
        )

    # In use or not --------------------------------------------------------------------------------------------------

    def _activity(self) -> dict[str, str]:
        """Side → deactivate or reactivate, where the policy says so."""
        verbs: dict[str, str] = {}
        if self.link is None:
            return verbs
        for side in self.sides:
            view = self.views[side]
            if view is None:
                continue
            happened = ACTIVITY[self.link.active.get(side), view.active]
            if happened is Happened.NOTHING:
                continue
            happening: Happening = "deactivated" if happened is Happened.DEACTIVATED else "reactivated"
            target = self.rules.spec.other(side)
            reaction = self.rules.entity.events[side][happening]
            if reaction.then not in ("deactivate", "reactivate") or not applies(reaction, self.now.around.settings):
                continue
            if not self.now.is_open(side, happening):
                self.waiting_activity.add(side)
                continue
            there = self.views[target]
            active = there.active if there is not None and there.active is not None else self.link.active.get(target)
            if active is (happened is Happened.REACTIVATED):
                continue
            verbs[target] = reaction.then
        if len(verbs) == 2:
            # One was taken out of use, the other into use again: nobody guesses which of the two is meant.
            self.notices.append(
                f"taken out of use on one side and into use again on the other at once ({' and '.join(self.title(side) for side in self.sides)}); both stay as they are"
            )
            return {}
        return verbs

    # Actions --------------------------------------------------------------------------------------------------------

    def _actions(self, verbs: Mapping[str, str]) -> Decision:
        views = self.views
        ids = {
            side: view.id if view is not None else (self.link.ids[side] if self.link else self.other_id)
            for side, view in views.items()
        }
        self._leave_id(ids)
        common: dict[str, Any] = {
            "entity": self.rules.entity.name,
            "name": self.name,
            "link": self.link.id if self.link else None,
            "unfinished": self.unfinished,
        }
        writes: list[Action] = []
        for side in self.sides:
            if side in verbs:
                writes.append(self._switch(side, verbs[side], ids, common))
            if self.rows.changes[side]:
                writes.append(self._update(side, ids, common))
        if writes:
            writes[-1].closes = True
        return Decision([self._own_memory(ids, common, verbs, bool(writes)), *writes])

    def _own_memory(
        self, ids: Mapping[str, str | None], common: Mapping[str, Any], verbs: Mapping[str, str], writes: bool
    ) -> Action:
        """What is known without any write: rows that agree, and who belongs to whom."""
        left, right = self.sides
        written = {row for side in self.sides for row, _, _ in self.rows.shown[side]}
        # A change of activity that is still to be carried over, now or later, must stay visible until it has been.
        held = {self.rules.spec.other(side) for side in verbs} | self.waiting_activity
        return Action(
            verb="link" if self.link is None else "remember",
            side=left,
            key=ids[left],
            source_id=ids[right],
            base={
                side: {row: value for row, value in rows.items() if row not in written}
                for side, rows in self.rows.known.items()
            },
            active={side: view.active for side, view in self.views.items() if view is not None and side not in held},
            notices=self.notices,
            closes=not writes,
            settles=bool(self.answer) and not self.unfinished,
            **common,
        )

    def _update(self, side: str, ids: Mapping[str, str | None], common: Mapping[str, Any]) -> Action:
        other = self.rules.spec.other(side)
        rows = [row for row, _, _ in self.rows.shown[side]]
        return Action(
            verb="update",
            side=side,
            key=ids[side],
            source_id=ids[other],
            fields=self.rows.shown[side],
            empties=self.rows.empties[side],
            besides=self.besides[side],
            changes=self.rows.changes[side],
            base={other: {row: self.rows.known[other][row] for row in rows if row in self.rows.known[other]}},
            expects=self.rows.expects[side],
            **common,
        )

    def _switch(self, side: str, verb: str, ids: Mapping[str, str | None], common: Mapping[str, Any]) -> Action:
        """Take a record out of use, or into use again, by the field that its manifest names."""
        flag = self.rules.resource(side).active
        assert isinstance(flag, Active)
        reactivates = verb == "reactivate"
        other = self.rules.spec.other(side)
        return Action(
            verb="reactivate" if reactivates else "deactivate",
            side=side,
            key=ids[side],
            source_id=ids[other],
            fields=[["in use", not reactivates, reactivates]],
            changes={flag.field: _opposite(flag.inactive) if reactivates else flag.inactive},
            active={side: reactivates, other: reactivates},
            **common,
        )

    def _leave_id(self, ids: Mapping[str, str | None]) -> None:
        """Leave the other side's id where the mapping keeps it, unless somebody else's stands there."""
        side = self.rules.entity.link_kept_in
        field_name = self.rules.resource(side).external_id if side else ""
        view = self.views.get(side) if side else None
        if not field_name or view is None:
            return
        ours = self.now.external_id(side, str(ids[self.rules.spec.other(side)]))
        if view.external_id == ours:
            return
        if view.external_id and view.external_id.rpartition(":")[0] != ours.rpartition(":")[0]:
            if self.link is None:
                self.notices.append(
                    f"{field_name} in {self.title(side)} belongs to another connector and was left alone"
                )
            return
        self.rows.changes[side][field_name] = ours
        self.besides[side].append([field_name, view.external_id or None, ours])


def _opposite(value: Any) -> Any:
    return not value if isinstance(value, bool) else None
