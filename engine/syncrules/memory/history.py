"""What happened to each record, and for how long that is kept.

What was written stands in the journal; here stands the rest: when a record was seen, tied, judged, told about, decided about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from syncrules.memory import tables as t
from syncrules.memory.agenda import Agenda
from syncrules.memory.built import Built
from syncrules.memory.journal import UNSETTLED, Journal
from syncrules.memory.kept import Known, State, plain
from syncrules.memory.links import Links
from syncrules.memory.records import Records
from syncrules.memory.texts import Words, shortened
from syncrules.records import decode

DAYS = 400
"""So long is kept what happened, if nobody says otherwise: a financial year, and the month after it."""
LONGEST = 500
"""So many characters of what happened are kept."""
OF_A_PERSON = ("link", "create", "ignore", "unlink", "keep", "accept")
"""The answers that people give; what else stands among the decisions, the engine noted for itself."""
TOLD: tuple[State, ...] = ("waiting", "failed", "excluded")

h = t.history.c


@Built
def _note() -> sa.Executable:
    return sa.insert(t.history)


@Built
def _forget(connection: Any, moment: Any) -> sa.Executable:
    return sa.delete(t.history).where(h.connection == connection, h.at < moment)


@Built
def _last_before(connection: Any, moment: Any) -> sa.Executable:
    c = t.runs.c
    return sa.select(sa.func.max(c.id)).where(c.connection == connection, c.started_at < moment)


def _judged_of(column: str) -> Built:
    @Built
    def judged(connection: Any, entity: Any, id: Any) -> sa.Executable:
        mine = (h.connection == connection, h.entity == entity, h[f"{column}_id"] == id, h.what == "judged")
        return sa.select(h.text).where(*mine).order_by(h.id.desc()).limit(1)

    return judged


_JUDGED = {column: _judged_of(column) for column in ("left", "right")}


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a record, or to a connection."""

    at: float
    run: int | None
    what: str
    """seen, linked, unlinked, judged, told, decided; or the verb of a write."""
    entity: str
    name: str
    side: str
    """Where it was seen, or written to; empty where both are meant."""
    text: str
    """What is said of it; of a write, how it went."""
    fields: Sequence[Sequence[Any]] = ()
    """Of a write: row, before, after."""


class History(Records, Links, Journal, Agenda):
    """Records, links, journal and agenda of a connection, and what happened to them."""

    days = DAYS
    """For so many days what happened is kept."""
    _run: int | None = None
    _now: float = 0.0

    def begin_run(self, now: float) -> int:
        """Open a run; from here on what happens is said to have happened in it."""
        self._run, self._now = super().begin_run(now), now
        return self._run

    def end_run(self, run: int, now: float, outcome: str, counts: Mapping[str, Any]) -> None:
        """Close a run, and forget what happened too long ago."""
        super().end_run(run, now, outcome, counts)
        self._run = None
        self.forget_before(now - self.days * 86400)

    def keep(self, entity: str, records: Sequence[Known], now: float) -> None:
        """Write records, whole; those that bring something new were seen."""
        self._now = max(self._now, now)
        super().keep(entity, records, now)
        fresh = [each for each in records if each.state == "pending" and each.record is not None]
        self._happened(
            "seen",
            [(entity, {each.side: each.id}, each.name, "changed" if each.link else "new") for each in fresh],
            now,
        )

    def settle(self, entry: int, state: str, now: float, outcome: str = "") -> None:
        """Note how a write went; what follows from it happened then."""
        self._now = max(self._now, now)
        super().settle(entry, state, now, outcome)

    def make_link(
        self,
        entity: str,
        ids: Mapping[str, str | None],
        base: Mapping[str, Mapping[str, Any]],
        active: Mapping[str, bool | None],
        parent: int | None = None,
    ) -> int:
        """Tie two records together for good and give the number of the link."""
        number = super().make_link(entity, ids, base, active, parent)
        self._happened("linked", [(entity, ids, "", "")])
        return number

    def unlink(self, id: int) -> None:
        """Take two records apart; both are then as if seen for the first time."""
        row = self.db.execute(sa.select(t.links.c.entity).where(t.links.c.id == id)).first()
        link = self.link(id)
        if row is not None and link is not None:
            self._happened("unlinked", [(row.entity, link.ids, "", "")])
        super().unlink(id)

    def judge(
        self,
        entity: str,
        side: str,
        id: str,
        state: State,
        *,
        reason: str = "",
        cure: str = "",
        detail: Any = None,
        link: int | None = None,
        forget: bool = True,
    ) -> None:
        """Put a record into a state; a reason that is not the one of before is remembered."""
        if state in TOLD and reason:
            before = self.known(entity, side, [id]).get(id)
            if before is not None and before.reason != reason and not self._is_last(entity, side, id, reason):
                self._happened("judged", [(entity, {side: id}, before.name, f"{_said(state)}: {reason}")])
        super().judge(
            entity, side, id, state, reason=reason, cure=cure, detail=detail, link=link, forget=forget
        )  # fmt: skip

    def notice(self, run: int, entity: str, name: str, text: str, ids: Mapping[str, str | None] | None = None) -> None:
        """Note what a run reports and does not wait for, of which records if that is known."""
        super().notice(run, entity, name, text)
        self._happened("told", [(entity, ids or {}, name, text)])

    def decide(self, entity: str, side: str, id: str, answer: Any, now: float) -> None:
        """Note what a person decided about a record, or about a brake."""
        super().decide(entity, side, id, answer, now)
        said = [f"{word} {_answer(answer[word])}".strip() for word in OF_A_PERSON if answer.get(word)]
        if said:
            whose = {} if side == "brake" else {side: id}
            brake = f"the brake '{id}': " if side == "brake" else ""
            self._happened("decided", [(entity, whose, "", f"{brake}{', '.join(said)}")], now)

    def _is_last(self, entity: str, side: str, id: str, reason: str) -> bool:
        """Tell whether this was the last that was said of a record: it may have been tried again in between."""
        judged = _JUDGED[self._column[side]]
        last = judged(self.store, connection=self.connection, entity=entity, id=id).scalar()
        return last is not None and str(last).partition(": ")[2] == reason[:LONGEST]

    def _happened(
        self, what: str, rows: Sequence[tuple[str, Mapping[str, str | None], str, str]], now: float | None = None
    ) -> None:
        """Note what happened: entity, side → id, name, text."""
        if not rows:
            return
        left, right = self.sides
        _note.many(
            self.store,
            [
                {
                    "connection": self.connection, "run": self._run, "at": self._now if now is None else now, "entity": entity,
                    "left_id": ids.get(left), "right_id": ids.get(right), "name": name[:LONGEST], "what": what,
                    "text": text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…",
                }
                for entity, ids, name, text in rows
            ],
        )  # fmt: skip

    # Looking back ---------------------------------------------------------------------------------------------------

    def happened(
        self, entity: str = "", ids: Mapping[str, str | None] | None = None, since: float = 0.0
    ) -> list[Happened]:
        """List what happened to a record, in the order of time; without ids, to all of them.

        Args:
            ids: side → id of the record and of its counterpart, as far as they are known.
        """
        found = [*self._noted(entity, ids, since), *self._written(entity, ids, since)]
        return sorted(found, key=lambda each: each.at)

    def _noted(self, entity: str, ids: Mapping[str, str | None] | None, since: float) -> Iterator[Happened]:
        mine = [h.connection == self.connection, h.at >= since]
        if ids is not None:
            known = [h[f"{self._column[side]}_id"] == id_ for side, id_ in ids.items() if id_ is not None]
            mine += [h.entity == entity, sa.or_(*known)]
        for row in self.db.execute(sa.select(t.history).where(*mine).order_by(h.id)):
            at = {self.sides[0]: row.left_id, self.sides[1]: row.right_id}
            sides = [side for side, id_ in at.items() if id_ is not None]
            side = sides[0] if len(sides) == 1 else ""
            yield Happened(row.at, row.run, row.what, row.entity, row.name, side, row.text)

    def _written(self, entity: str, ids: Mapping[str, str | None] | None, since: float) -> Iterator[Happened]:
        c = t.journal.c
        mine = [c.connection == self.connection, c.started_at >= since]
        if ids is not None:
            written = [
                sa.or_(sa.and_(c.side == side, c.key == id_), sa.and_(c.side != side, c.source_id == id_))
                for side, id_ in ids.items()
                if id_ is not None
            ]
            mine += [c.entity == entity, sa.or_(*written)]
        for row in self.db.execute(sa.select(t.journal).where(*mine).order_by(c.id)):
            intent = decode(row.intent)
            said = f"{row.state}: {row.outcome}" if row.outcome else row.state
            yield Happened(
                row.ended_at or row.started_at,
                row.run,
                row.verb,
                row.entity,
                row.name,
                row.side,
                said,
                intent["fields"],
            )

    def called(self, text: str) -> list[tuple[str, str, str]]:
        """Find the records that people call so: by name, by id, or by a number that they are known by; entity, side, id."""
        r, k = t.records.c, t.keys.c
        named = sa.or_(r.name == text, sa.func.lower(r.name, type_=Words()) == text.lower(), r.id == text)
        mine = sa.select(r.entity, r.side, r.id).where(r.connection == self.connection, named)
        numbered = (k.connection == self.connection, sa.or_(k.value == text, k.compared == shortened(text)))
        by_number = sa.select(k.entity, k.side, k.id).where(*numbered, k.side.in_(self.sides))
        return [
            (row[0], row[1], row[2])
            for row in self.db.execute(sa.union(mine, by_number).order_by("entity", "side", "id"))
        ]

    def runs(self, since: float = 0.0) -> list[dict[str, Any]]:
        """List the runs, oldest first."""
        c = t.runs.c
        query = sa.select(t.runs).where(c.connection == self.connection, c.started_at >= since).order_by(c.id)
        return [
            {
                "run": row.id, "started_at": row.started_at, "ended_at": row.ended_at, "outcome": row.outcome,
                "counts": plain(row.counts) or {},
            }
            for row in self.db.execute(query)
        ]  # fmt: skip

    def forget_before(self, moment: float) -> None:
        """Forget what happened before a moment; what is still open, and the last run, stay."""
        _forget(self.store, connection=self.connection, moment=moment)
        last = _last_before(self.store, connection=self.connection, moment=moment).scalar()
        if last is None:
            return
        runs, journal, notices = t.runs.c, t.journal.c, t.notices.c
        newest = self.db.execute(sa.select(sa.func.max(runs.id)).where(runs.connection == self.connection)).scalar()
        settled = journal.state.not_in(UNSETTLED)
        mine = (journal.connection == self.connection, journal.run <= last, settled)
        self.db.execute(sa.delete(t.journal).where(*mine))
        self.db.execute(sa.delete(t.notices).where(notices.connection == self.connection, notices.run < last))
        gone = (runs.connection == self.connection, runs.id <= last, runs.id != newest, runs.ended_at.is_not(None))
        self.db.execute(sa.delete(t.runs).where(*gone))


def _said(state: str) -> str:
    return "left out" if state == "excluded" else state


def _answer(answer: Any) -> str:
    match answer:
        case True:
            return ""
        case Mapping():
            return ", ".join(f"{row}: {side}" for row, side in answer.items())
        case _:
            return str(answer)
