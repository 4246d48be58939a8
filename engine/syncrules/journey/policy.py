"""What the mapping says about the rows of a pair: whose value goes across, what is only known, what is told.

Pure. `to`, `leading`, `numbered_by` and `edited` of a row are carried out here; a `match` names every case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncrules.journey.decision import Circumstances, Judgement, applies, emptied, left_out, shown, told, waits_for
from syncrules.journey.diff import Difference, What, compare
from syncrules.journey.rows import RowRules
from syncrules.journey.rules import EntityRules, View
from syncrules.journey.surroundings import Late, Waits
from syncrules.language.model import Need
from syncrules.records import MISSING, Record, filled, laid_over, normal
from syncrules.vocabulary.values import CannotCarry


class Policy:
    """The decision about the rows of one pair, one after the other.

    Args:
        base: side → row → what was known last time.
        before: the same, with what is known by other rules than those of today.
        kept: row → the side whose value stands there, as a person decided.
    """

    def __init__(
        self,
        rules: EntityRules,
        views: Mapping[str, View | None],
        base: Mapping[str, Mapping[str, Any]],
        before: Mapping[str, Mapping[str, Any]],
        now: Circumstances,
        *,
        kept: Mapping[str, str],
    ) -> None:
        self.rules = rules
        self.views = views
        self.base = base
        self.before = before
        self.now = now
        self.kept = kept
        self.sides = rules.spec.sides
        self.known: dict[str, dict[str, Any]] = {side: {} for side in self.sides}
        """Side → row → what is known of it from now on."""
        self.changes: dict[str, Record] = {side: {} for side in self.sides}
        self.shown: dict[str, list[list[Any]]] = {side: [] for side in self.sides}
        self.empties: dict[str, list[str]] = {side: [] for side in self.sides}
        """Side → rows that said something there and are to say nothing."""
        self.expects: dict[str, dict[str, Any]] = {side: {} for side in self.sides}
        self.notices: list[str] = []
        self.unfinished = False
        self.trouble: dict[str, Judgement] = {}
        """Side → why nothing of the pair is written."""

    def title(self, side: str) -> str:
        return self.rules.spec.manifests[side].title

    def decide(self) -> None:
        """Decide about every row in which something may have happened."""
        for each in compare(self.rules, self.views, self.base, self.now.around):
            self._row(each)

    def _row(self, each: Difference) -> None:
        row = each.row
        if each.agree:
            self._remember(row, each.values)
            return
        unknown = [side for side in self.sides if each.values[side] is MISSING]
        if unknown:
            # What is known by other rules stays so until both have been looked at: one side alone would make it that of today.
            if not any(row.name in self.before.get(side, {}) for side in unknown):
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
            case What.FIRST if self._made_of_nothing(row, left, each):
                self._stand_in(row, left, each)
            case What.FIRST if self._made_of_nothing(row, right, each):
                self._stand_in(row, right, each)
            case What.FIRST if not self._has(row, left, each.values[left]):
                self._carry(row, right, each)
            case What.FIRST if not self._has(row, right, each.values[right]):
                self._carry(row, left, each)
            case _:
                self._conflict(row, each)

    def _has(self, row: RowRules, side: str, value: Any) -> bool:
        return filled(row.key(side, value)) and row.key(side, value) != row.key(side, _emptied(value))

    def _made_of_nothing(self, row: RowRules, side: str, each: Difference) -> bool:
        """Tell whether what stands opposite an empty value is still what another rule put in its place."""
        known = [(one, rows[row.name]) for one, rows in self.before.items() if row.name in rows]
        return (
            isinstance(row.row.empty, Mapping)
            and [self._has(row, one, each.values[one]) for one in self.sides] == [one != side for one in self.sides]
            and len(known) == len(self.sides)
            and all(row.key(one, value) == row.key(one, each.values[one]) for one, value in known)
        )

    def _stand_in(self, row: RowRules, side: str, each: Difference) -> None:
        """What stands for an empty value today takes the place of what stood for it before."""
        other = self.rules.spec.other(side)
        if self._carry(row, side, each):
            now = told(self.shown[other][-1][2])
            self.notices.append(
                f"{row.name}: {self._quote(each, other)} of {self.title(other)} was replaced by '{now}', which stands for an empty value of {self.title(side)} now"
            )

    def _conflict(self, row: RowRules, each: Difference) -> None:
        """Both sides say something else: the leading side stands, or a person says which."""
        winner = row.row.leading
        if winner == "ask":
            winner = self.kept.get(row.name, "ask")
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
        if each.what is What.FIRST and not self._has(row, source, each.values[source]):
            if self._made_of_nothing(row, source, each):
                self._stand_in(row, source, each)
            elif isinstance(row.row.empty, Mapping) and not self._has(row, target, each.values[target]):
                self._carry(row, source, each)
            else:
                self._remember(row, each.values)
            return
        if not self._carry(row, source, each):
            return
        if each.what is What.BOTH:
            self.notices.append(
                f"{row.name}: {self._quote(each, target)} of {self.title(target)} was replaced, because {self.title(source)} changed too"
            )
        elif each.what is What.FIRST and self._has(row, target, each.values[target]):
            self.notices.append(self._replaced(each, target, source))

    def _replaced(self, each: Difference, loser: str, winner: str) -> str:
        return f"{each.row.name}: {self._quote(each, loser)} of {self.title(loser)} was replaced by {self._quote(each, winner)} of {self.title(winner)}"

    def _quote(self, each: Difference, side: str) -> str:
        return f"'{told(each.row.meant(each.values[side]))}'"

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
            self.trouble[source] = waits_for(need, self.rules, target)
            return False
        changes: Record = {}
        try:
            value = row.carry(source, each.values[source], each.values[target], self.now.around)
            if not isinstance(value, Late) and row.key(target, value) == row.key(target, each.values[target]):
                self._remember(row, each.values)
                return False
            row.write(target, changes, value, self.now.around)
        except Waits as error:
            self.trouble[source] = Judgement("waiting", str(error), error.cure, {"because": "reference"})
            return False
        except CannotCarry as error:
            if row.row.unfit == "leave_out":
                self._remember(row, each.values)
                self.notices.append(left_out(row, error, self.title(target)))
                return False
            self.trouble[source if self.views[source] is not None else target] = Judgement(
                "failed",
                f"{row.name}: {error}" if row.name not in str(error) else str(error),
                "Correct it, or the settings; it is tried again in every run.",
            )
            return False
        lacking = emptied(self.rules, target, changes)
        if lacking is not None:
            self.trouble[source] = lacking
            return False
        self.changes[target] = laid_over(self.changes[target], changes)
        self.shown[target].append([row.name, told(each.values[target]), shown(value)])
        if (
            self._has(row, target, each.values[target])
            and not isinstance(value, Late)
            and not self._has(row, target, value)
        ):
            self.empties[target].append(row.name)
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

    def lines_changed(self) -> None:
        """Report what changed in the lines of a document: they only ever travel when it is made."""
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


def _emptied(value: Any) -> Any:
    return dict.fromkeys(value) if isinstance(value, Mapping) else None
