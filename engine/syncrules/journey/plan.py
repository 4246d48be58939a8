"""What to do about each change: the policy tables.

Pure: a pair, or a single record, goes in with what is known of it; actions and a judgement, each with its reason, come out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncrules.journey.action import Action
from syncrules.journey.diff import ACTIVITY, Difference, Happened, What, compare
from syncrules.journey.documents import broken
from syncrules.journey.lines import constant_of
from syncrules.journey.rows import RowRules
from syncrules.journey.rules import EntityRules, View
from syncrules.journey.surroundings import Late, Surroundings, Waits
from syncrules.language.model import Happening, Need, Reaction
from syncrules.manifest import Active
from syncrules.memory.kept import Link, State
from syncrules.records import MISSING, Record, filled, laid_over, normal, put, reader
from syncrules.vocabulary.values import CannotCarry

BEFORE = "was there before the connection was made"
"""Said of what the first import leaves alone, and for good: no later change of it, or of the mapping, sends it after all."""

Open = Callable[[str, Happening], bool]
"""Whether a kind of change on a side may be carried across now."""


@dataclass(slots=True)
class Judgement:
    """In which state a record is left, and why."""

    state: State
    reason: str = ""
    cure: str = ""
    detail: Any = None


@dataclass(slots=True)
class Decision:
    """What is to be done about a pair or a single record."""

    actions: list[Action] = field(default_factory=list)
    judgements: dict[str, Judgement] = field(default_factory=dict)
    """Side → state in which its record is left if nothing is written; a side that is left out stays as it is."""


@dataclass(slots=True)
class Circumstances:
    """What a decision depends on besides the records."""

    around: Surroundings
    is_open: Open
    first: bool
    """Whether this is the first import of the entity."""
    external_id: Callable[[str, str], str]
    """The text that we leave on one side for an id of the other: side it is left on, id → text."""
    answer: Callable[[str, str], Any]
    """What a person decided about a record: side, id → answer or None."""
    excluded_before: bool = False


def decide_single(rules: EntityRules, side: str, view: View, now: Circumstances, attach: str = "") -> Decision:
    """Decide about a record that has no counterpart.

    Args:
        attach: the id of an existing record of which the counterpart becomes a role.
    """
    entity = rules.entity
    target = rules.spec.other(side)
    titles = {each: rules.spec.manifests[each].title for each in rules.spec.sides}

    def left_out(reason: str, cure: str = "") -> Decision:
        return Decision(judgements={side: Judgement("excluded", reason, cure)})

    answer = now.answer(side, view.id) or {}
    if answer.get("ignore"):
        return left_out("somebody decided to leave it out")
    if answer.get("before"):
        return left_out(BEFORE)
    if view.admitted:
        return left_out(_not_admitted(rules, side, view))
    if view.active is False and entity.events[side]["already_inactive"].then == "skip":
        return left_out(f"not in use in {titles[side]}")
    if entity.to not in ("both", target):
        return left_out(f"made in {titles[side]}, and this only travels from {titles[target]}")
    reaction = entity.events[side]["created"]
    if reaction.then == "match":
        return left_out(f"known in {titles[side]} only, and these are never made in {titles[target]}")
    if not applies(reaction, now.around.settings) or reaction.then == "ignore":
        return left_out(f"new ones are not sent to {titles[target]}")
    if now.first and not entity.imports_from and not entity.for_each:
        return Decision(judgements={side: Judgement("excluded", BEFORE, detail={"before": True})})
    if not now.is_open(side, "created"):
        return Decision()
    need = rules.lacking(side, target, view.record, now.around.settings, creating=True) or _lacking_there(
        rules, side, view, now.around
    )
    if need is not None:
        return Decision(judgements={side: _waits(need, rules, target)})
    return _create(rules, side, view, now, attach)


def _not_admitted(rules: EntityRules, side: str, view: View) -> str:
    manifest, resource = rules.spec.manifests[side], rules.source(side).resource
    titles = [manifest.field_at(resource, path) for path in (view.admitted, view.admitted.rpartition(".")[0]) if path]
    found = [each for each in titles if each is not None and (each.reference or each is titles[0])]
    what = found[-1].title or view.admitted if found else view.admitted
    test = rules.source(side).where.get(view.admitted)
    value = told(reader(view.admitted, absent=None)(view.record))
    return (
        f"{what} is '{value}', not '{test}'"
        if isinstance(test, str)
        else f"{what} is '{value}', which the mapping leaves out"
    )


def _waits(need: Need, rules: EntityRules, target: str) -> Judgement:
    return Judgement("waiting", need.name, need.cure, {"because": need.name, "to": target})


def _lacking_there(rules: EntityRules, side: str, view: View, around: Surroundings) -> Need | None:
    """Find the first need that is not met by the record, on the other side, to which this one refers.

    What is looked at is what was last read there. A record that is not linked yet is waited for anyway.
    """
    for need in rules.entity.needs:
        if not need.of or need.to == side or view.values.get(need.of) is None:
            continue
        names, id_ = rules.row(need.of).row.refers_to, str(view.values[need.of])
        try:
            if isinstance(around.across(names, side, id_, ""), Late):
                continue
        except Waits:
            continue
        try:
            around.across(names, side, id_, need.path)
        except Waits:
            return need
    return None


def applies(reaction: Reaction, settings: Mapping[str, Any]) -> bool:
    """Tell whether the setting on which a reaction depends says so."""
    test = reaction.condition
    return test is None or normal(settings.get(test.setting)) == normal(test.equals)


def _create(rules: EntityRules, side: str, view: View, now: Circumstances, attach: str) -> Decision:
    target = rules.spec.other(side)
    changes: Record = {}
    shown: list[list[Any]] = []
    try:
        source = rules.source(target)
        for path, test in source.is_.items():
            if not isinstance(test, Mapping | list):
                put(changes, path, test)
        for path, constant in source.set.items():
            put(changes, path, _fitted(rules, target, path, constant_of(constant, now.around.settings)))
        for row in rules.rows:
            if row.row.take is not None:
                value = _taken(rules, row, side, view, now.around)
            elif not travels(rules, row, side) or row.name not in view.values or target not in row.sides:
                continue
            else:
                value = row.carry(side, view.values[row.name], None, now.around)
            if _nothing(value):
                continue
            row.write(target, changes, value, now.around)
            shown.append([row.name, None, _plain(value)])
        _point_to_parent(rules, target, view, changes, now.around)
        for lines in rules.lines:
            made = lines.make(view.record, now.around)
            put(changes, str(lines.row.sides[target]), made)
            shown.append([lines.name, None, made])
    except Waits as error:
        return Decision(
            judgements={side: Judgement("waiting", str(error), "It follows by itself.", {"because": "reference"})}
        )
    except CannotCarry as error:
        return Decision(
            judgements={
                side: Judgement("failed", str(error), "Correct it, or the settings; it is tried again in every run.")
            }
        )
    fault = broken(rules, {side: view.record, target: changes})
    if fault:
        return Decision(judgements={side: Judgement("failed", fault, "Correct the document; nothing of it was sent.")})
    resource = rules.resource(target)
    lacking = [path for path in resource.requires if not _given(changes, path)]
    if lacking and not attach:
        names = [_title(rules, target, path) for path in lacking]
        return Decision(
            judgements={
                side: Judgement(
                    "waiting", f"{rules.spec.manifests[target].title} needs {' and '.join(names)}", "Fill it in."
                )
            }
        )
    besides: list[list[Any]] = []
    if entity_keeps(rules, target) and resource.external_id:
        changes[resource.external_id] = now.external_id(target, view.id)
        besides.append([resource.external_id, None, changes[resource.external_id]])
    left_at = rules.resource(side).external_id
    if entity_keeps(rules, side) and left_at and not rules.entity.for_each:
        besides.append(
            [f"{left_at} in {rules.spec.manifests[side].title}, afterwards", view.external_id or None, "(the new id)"]
        )
    if attach and resource.within is not None:
        put(changes, f"{resource.within[1]}.{rules.spec.manifests[target].resources[resource.within[0]].id[0]}", attach)
    if isinstance(resource.active, Active) and view.active is False:
        changes[resource.active.field] = resource.active.inactive
    action = Action(
        entity=rules.entity.name,
        verb="create",
        side=target,
        name=view.name,
        source_id=view.id,
        fields=shown,
        besides=besides,
        changes=changes,
        base={side: dict(view.values)},
        active={side: view.active, target: True},
    )
    return Decision([action])


def _taken(rules: EntityRules, row: RowRules, side: str, view: View, around: Surroundings) -> Any:
    """Take a value over from the record, on the other side, to which another row refers."""
    assert row.row.take is not None
    id_ = view.values.get(row.row.take["of"])
    return around.across(rules.row(row.row.take["of"]).row.refers_to, side, str(id_), row.row.take["field"])


def as_sent(rules: EntityRules, side: str, view: View, now: Circumstances) -> Record:
    """Rebuild what was sent when the counterpart of a document was made; empty if that can no longer be told."""
    made = _create(rules, side, view, now, "").actions
    return made[0].changes if made else {}


def _point_to_parent(rules: EntityRules, target: str, view: View, changes: Record, around: Surroundings) -> None:
    """Let a state point to the linked record that it stands beside."""
    for row in rules.rows:
        if row.row.refers_to and set(row.row.sides) == {target} and rules.entity.for_each:
            row.write(target, changes, around.beside(target, view.id), around)


def entity_keeps(rules: EntityRules, side: str) -> bool:
    """Tell whether the other side's id is left on this side."""
    return rules.entity.link_kept_in == side


def _fitted(rules: EntityRules, side: str, path: str, value: Any) -> Any:
    """Give a constant the form of a reference where the field is one."""
    manifest = rules.spec.manifests[side]
    found = manifest.field_at(rules.source(side).resource, path)
    if found is not None and found.reference and found.type == "object" and not isinstance(value, Mapping):
        return {manifest.resources[found.reference[0]].id[0]: value}
    return value


def _given(changes: Record, path: str) -> bool:
    value: Any = changes
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return isinstance(value, Late) or value == 0 or value is False or filled(value)


def _title(rules: EntityRules, side: str, path: str) -> str:
    found = rules.spec.manifests[side].field_at(rules.source(side).resource, path)
    return found.title or path if found is not None else path


def travels(rules: EntityRules, row: RowRules, source: str) -> bool:
    """Tell whether a row may go from this side to the other."""
    to = row.row.to
    return to == "both" or to == rules.spec.other(source)


def decide_pair(
    rules: EntityRules, link: Link | None, views: Mapping[str, View | None], now: Circumstances, other_id: str = ""
) -> Decision:
    """Decide about two records that belong together; `link` is None if they have only just found each other.

    Args:
        other_id: the id of the record that could not be looked at, where there is no link to tell it.
    """
    return _Pair(rules, link, views, now, other_id).decide()


class _Pair:
    """The decision about one pair, row by row."""

    def __init__(
        self, rules: EntityRules, link: Link | None, views: Mapping[str, View | None], now: Circumstances, other_id: str
    ) -> None:
        self.rules = rules
        self.link = link
        self.other_id = other_id
        self.views = views
        self.now = now
        self.sides = rules.spec.sides
        self.base: Mapping[str, Mapping[str, Any]] = link.base if link is not None else {}
        self.known: dict[str, dict[str, Any]] = {side: {} for side in self.sides}
        self.changes: dict[str, Record] = {side: {} for side in self.sides}
        self.besides: dict[str, list[list[Any]]] = {side: [] for side in self.sides}
        self.shown: dict[str, list[list[Any]]] = {side: [] for side in self.sides}
        self.expects: dict[str, dict[str, Any]] = {side: {} for side in self.sides}
        self.notices: list[str] = []
        self.unfinished = False
        self.waiting_activity: set[str] = set()
        """Sides whose change of activity is not due yet."""
        self.trouble: dict[str, Judgement] = {}
        answers = [now.answer(side, view.id) for side, view in views.items() if view is not None]
        self.answer: Mapping[str, Any] = next((each for each in answers if each), {})

    def title(self, side: str) -> str:
        return self.rules.spec.manifests[side].title

    def decide(self) -> Decision:
        if self.link is not None:
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
        for each in compare(self.rules, self.views, self.base, self.now.around):
            self._row(each)
        verbs = self._activity()
        self._lines_changed()
        if self.trouble:
            return Decision(judgements=dict(self.trouble))
        return self._actions(verbs)

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

    # Rows ---------------------------------------------------------------------------------------------------------

    def _row(self, each: Difference) -> None:
        row = each.row
        if each.agree:
            self._remember(row, each.values)
            return
        if any(each.values[side] is MISSING for side in self.sides):
            if self.link is None:
                self._remember(row, each.values)
            return
        direction = row.row.to
        winner = self._numbered(row, each)
        if winner:
            self._give_number(row, winner, each)
        elif direction == "both":
            self._both_ways(row, each)
        elif direction in self.sides:
            self._one_way(row, each, self.rules.spec.other(direction), direction)
        else:
            self._remember(row, each.values)

    def _numbered(self, row: RowRules, each: Difference) -> str:
        """The side whose number replaces the other's, if the row says so and there is one."""
        side = row.row.numbered_by
        return side if side and filled(each.values[side]) else ""

    def _give_number(self, row: RowRules, winner: str, each: Difference) -> None:
        """The number goes across; one that stood there, and was not ours, is not lost silently."""
        loser = self.rules.spec.other(winner)
        own = What.LEFT if winner == self.sides[0] else What.RIGHT
        if self._carry(row, winner, each) and each.what is not own and filled(each.values[loser]):
            self.notices.append(self._replaced(each, loser, winner))

    def _both_ways(self, row: RowRules, each: Difference) -> None:
        left, right = self.sides
        match each.what:
            case What.LEFT:
                self._carry(row, left, each)
            case What.RIGHT:
                self._carry(row, right, each)
            case What.FIRST if not self._has(row, left, each):
                self._carry(row, right, each)
            case What.FIRST if not self._has(row, right, each):
                self._carry(row, left, each)
            case _:
                self._conflict(row, each)

    def _has(self, row: RowRules, side: str, each: Difference) -> bool:
        return filled(row.key(side, each.values[side])) and row.key(side, each.values[side]) != row.key(
            side, _emptied(each.values[side])
        )

    def _conflict(self, row: RowRules, each: Difference) -> None:
        """Both sides say something else: the leading side stands, or a person says which."""
        winner = self.answer.get("keep") or row.row.leading
        if winner == "ask":
            left, right = self.sides
            reason = f"{row.name} differs: {self._quote(each, left)} in {self.title(left)}, {self._quote(each, right)} in {self.title(right)}"
            for side in self.sides:
                if self.views[side] is not None:
                    self.trouble[side] = Judgement(
                        "waiting",
                        reason,
                        "Decide whose value stands, or make them the same.",
                        {"decide": "conflict", "row": row.name},
                    )
            return
        loser = self.rules.spec.other(winner)
        if self._carry(row, winner, each):
            self.notices.append(self._replaced(each, loser, winner))

    def _one_way(self, row: RowRules, each: Difference, source: str, target: str) -> None:
        edited = What.LEFT if target == self.sides[0] else What.RIGHT
        if each.what is edited:
            if row.row.edited == "restore":
                if self._carry(row, source, each):
                    self.notices.append(
                        f"{row.name} was edited in {self.title(target)}; {self._quote(each, source)} of {self.title(source)} was put back"
                    )
            else:
                self._remember(row, each.values)
                self.notices.append(
                    f"{row.name} was edited in {self.title(target)} and stays {self._quote(each, target)} until it changes in {self.title(source)}"
                )
            return
        if each.what is What.FIRST and not self._has(row, source, each):
            self._remember(row, each.values)
            return
        if not self._carry(row, source, each):
            return
        if each.what is What.BOTH:
            self.notices.append(
                f"{row.name}: {self._quote(each, target)} of {self.title(target)} was replaced, because {self.title(source)} changed too"
            )
        elif each.what is What.FIRST and self._has(row, target, each):
            self.notices.append(self._replaced(each, target, source))

    def _replaced(self, each: Difference, loser: str, winner: str) -> str:
        return f"{each.row.name}: {self._quote(each, loser)} of {self.title(loser)} was replaced by {self._quote(each, winner)} of {self.title(winner)}"

    def _quote(self, each: Difference, side: str) -> str:
        return f"'{told(each.values[side])}'"

    def _remember(self, row: RowRules, values: Mapping[str, Any]) -> None:
        for side in self.sides:
            if values[side] is not MISSING:
                self.known[side][row.name] = values[side]

    def _carry(self, row: RowRules, source: str, each: Difference) -> bool:
        """Let one side's value go to the other, unless something keeps it from that; tell whether it goes."""
        target = self.rules.spec.other(source)
        reaction = self.rules.entity.events[source]["changed"]
        applied = applies(reaction, self.now.around.settings)
        if reaction.then in ("report", "ignore") or not applied:
            if reaction.then == "report" and applied:
                self.notices.append(
                    f"{row.name} changed in {self.title(source)} to {self._quote(each, source)}; nothing is changed in {self.title(target)}"
                )
            self._remember(row, each.values)
            return False
        if not self.now.is_open(source, "changed"):
            self.unfinished = True
            return False
        need = self._lacking(source, target)
        if need is not None:
            self.trouble[source] = _waits(need, self.rules, target)
            return False
        changes: Record = {}
        try:
            value = row.carry(source, each.values[source], each.values[target], self.now.around)
            if not isinstance(value, Late) and row.key(target, value) == row.key(target, each.values[target]):
                self._remember(row, each.values)
                return False
            row.write(target, changes, value, self.now.around)
        except Waits as error:
            self.trouble[source] = Judgement("waiting", str(error), "It follows by itself.", {"because": "reference"})
            return False
        except CannotCarry as error:
            self.trouble[source if self.views[source] is not None else target] = Judgement(
                "failed",
                f"{row.name}: {error}" if row.name not in str(error) else str(error),
                "Correct it, or the settings; it is tried again in every run.",
            )
            return False
        self.changes[target] = laid_over(self.changes[target], changes)
        self.shown[target].append([row.name, told(each.values[target]), _plain(value)])
        self.expects[target][row.name] = row.key(target, each.values[target])
        self.known[source][row.name] = each.values[source]
        return True

    def _lacking(self, source: str, target: str) -> Need | None:
        for side in (source, target):
            view = self.views[side]
            if view is not None:
                need = self.rules.lacking(side, target, view.record, self.now.around.settings, creating=False)
                if need is not None:
                    return need
        return None

    def _lines_changed(self) -> None:
        """The lines of a document only ever travel when it is made; what changes later is reported."""
        for lines in self.rules.lines:
            side = lines.source_side
            view = self.views[side]
            if view is None or lines.name not in view.values:
                continue
            before = self.base.get(side, {}).get(lines.name, MISSING)
            if before is not MISSING and normal(before) != normal(view.values[lines.name]):
                self.notices.append(
                    f"{lines.name} changed in {self.title(side)}; nothing is changed in {self.title(self.rules.spec.other(side))}"
                )
            self.known[side][lines.name] = view.values[lines.name]

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
                self.unfinished = True
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
            "name": next(view.name for view in views.values() if view is not None),
            "link": self.link.id if self.link else None,
            "unfinished": self.unfinished,
        }
        writes: list[Action] = []
        for side in self.sides:
            if side in verbs:
                writes.append(self._switch(side, verbs[side], ids, common))
            if self.changes[side]:
                writes.append(self._update(side, ids, common))
        if writes:
            writes[-1].closes = True
        return Decision([self._own_memory(ids, common, verbs, bool(writes)), *writes])

    def _own_memory(
        self, ids: Mapping[str, str | None], common: Mapping[str, Any], verbs: Mapping[str, str], writes: bool
    ) -> Action:
        """What is known without any write: rows that agree, and who belongs to whom."""
        left, right = self.sides
        written = {row for side in self.sides for row, _, _ in self.shown[side]}
        # A change of activity that is still to be carried over, now or later, must stay visible until it has been.
        held = {self.rules.spec.other(side) for side in verbs} | self.waiting_activity
        return Action(
            verb="link" if self.link is None else "remember",
            side=left,
            key=ids[left],
            source_id=ids[right],
            base={
                side: {row: value for row, value in rows.items() if row not in written}
                for side, rows in self.known.items()
            },
            active={side: view.active for side, view in self.views.items() if view is not None and side not in held},
            notices=self.notices,
            closes=not writes,
            settles=bool(self.answer) and not self.unfinished,
            **common,
        )

    def _update(self, side: str, ids: Mapping[str, str | None], common: Mapping[str, Any]) -> Action:
        other = self.rules.spec.other(side)
        rows = [row for row, _, _ in self.shown[side]]
        return Action(
            verb="update",
            side=side,
            key=ids[side],
            source_id=ids[other],
            fields=self.shown[side],
            besides=self.besides[side],
            changes=self.changes[side],
            base={other: {row: self.known[other][row] for row in rows if row in self.known[other]}},
            expects=self.expects[side],
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
        self.changes[side][field_name] = ours
        self.besides[side].append([field_name, view.external_id or None, ours])


def _opposite(value: Any) -> Any:
    return not value if isinstance(value, bool) else None


def _emptied(value: Any) -> Any:
    return dict.fromkeys(value) if isinstance(value, Mapping) else None


def _nothing(value: Any) -> bool:
    """Tell whether a value is empty: then a new record is better off without it."""
    if isinstance(value, Mapping):
        return all(_nothing(each) for each in value.values())
    return value is None or value == ""


def _plain(value: Any) -> Any:
    return f"(the {value.entity} that is made first)" if isinstance(value, Late) else value


def told(value: Any) -> str:
    """Write a value for a person: the parts of an address or a name on one line."""
    if isinstance(value, Mapping):
        return ", ".join(str(normal(each)) for each in value.values() if normal(each) is not None)
    return "" if normal(value) is None else str(normal(value))
