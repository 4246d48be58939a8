"""Calls that were counted: how many there were in an hour, a day or a month, and when the last ones of a second or a minute were.

Whoever shares a state store counts in the same row, so a limit is kept by all of them together.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syncrules.memory import tables as t

ARRIVED = 10.0
"""Seconds after which a call has surely arrived, if it ever does: whoever made it may have been killed."""


def count(db: Connection, insert: Any, scope: str, window: str) -> int:
    """Count one call in a window and give the number so far, this one included."""
    db.execute(_one_more(insert), {"scope": scope, "window": window, "count": 1})
    return int(db.execute(_SO_FAR, {"of": scope, "within": window}).scalar_one())


@cache  # building it costs more than running it
def _one_more(insert: Any) -> sa.Executable:
    more = {"count": t.calls.c["count"] + 1}
    statement: sa.Executable = insert(t.calls).on_conflict_do_update(index_elements=["scope", "window"], set_=more)
    return statement


_SO_FAR = sa.select(t.calls.c["count"]).where(
    t.calls.c.scope == sa.bindparam("of"), t.calls.c.window == sa.bindparam("within")
)


def spend(db: Connection, insert: Any, scope: str, window: str, lane: str, calls: int, kept: Mapping[str, int]) -> int:
    """Count one call of a lane and give the number so far of all; 0, and nothing is counted, if it is kept for the other lanes.

    Args:
        calls: how many are allowed in this window.
        kept: lane → how many of them are kept for it; what it has spent is no longer kept.
    """
    c = t.calls.c
    # Nobody else counts in this window until the end of the transaction.
    first = insert(t.calls).values(scope=scope, window=window, count=0)
    db.execute(first.on_conflict_do_update(index_elements=["scope", "window"], set_={"count": c["count"]}))
    windows = {each: f"{window} {each}" for each in (*kept, lane)}
    rows = sa.select(c.window, c["count"]).where(c.scope == scope, c.window.in_([window, *windows.values()]))
    spent = {str(row[0]): int(row[1]) for row in db.execute(rows)}
    others = sum(max(0, number - spent.get(windows[each], 0)) for each, number in kept.items() if each != lane)
    if calls - others <= spent[window] < calls:
        return 0
    count(db, insert, scope, windows[lane])
    return count(db, insert, scope, window)


def spent(db: Connection, scope: str, window: str, lanes: Iterable[str]) -> dict[str, int]:
    """Tell how many calls were counted in a window, by lane; under no name those of all."""
    c = t.calls.c
    windows = {window: "", **{f"{window} {each}": each for each in lanes}}
    rows = db.execute(sa.select(c.window, c["count"]).where(c.scope == scope, c.window.in_(windows)))
    return {windows[str(row[0])]: int(row[1]) for row in rows}


def begin(
    db: Connection, insert: Any, scope: str, window: str, call: str, calls: int, seconds: float, now: float
) -> float:
    """Begin one call in a window that slides, and give 0; or give in how many seconds it may be tried again.

    A system counts a call when it arrives, which may be at any moment until it is answered. So it is counted from its beginning
    until it ended so many seconds ago; one of which the end is never told, as if it had ended `ARRIVED` seconds after it began.
    """
    now, ended, begun = _recent(db, insert, scope, window, now)
    ended = [each for each in ended if each + seconds > now]
    begun = {name: each for name, each in begun.items() if each + ARRIVED + seconds > now}
    # One that is on its way counts for as long again, if it ends now.
    ends = sorted(each + seconds for each in (*ended, *(min(each + ARRIVED, now) for each in begun.values())))
    rest = ends[len(ends) - calls] - now if len(ends) >= calls else 0.0
    if not rest:
        begun[call] = now
    _note(db, scope, window, ended, begun)
    return rest


def end(db: Connection, insert: Any, scope: str, window: str, call: str, now: float) -> None:
    """Note that a call ended."""
    now, ended, begun = _recent(db, insert, scope, window, now)
    begun.pop(call, None)
    _note(db, scope, window, [*ended, now], begun)


def _recent(
    db: Connection, insert: Any, scope: str, window: str, now: float
) -> tuple[float, list[float], dict[str, float]]:
    """Read what time it is for all who count here, when calls ended, and when those began that are on their way.

    Nobody else writes either until the end of the transaction.
    """
    # Whoever writes first is alone with the row: the others see what came of it.
    db.execute(_here(insert), {"scope": scope, "window": window, "moments": "[]", "begun": "{}"})
    row = db.execute(_RECENT, {"of": scope, "within": window}).one()
    if db.dialect.name == "postgresql":
        # The machines of a fleet count by one clock; ours may have been turned, by more than any two of them are apart.
        now = float(db.execute(_CLOCK).scalar_one()) + round(now - time.time(), -1)
    # A clock that was put back keeps nobody waiting for longer than the window.
    ended = [min(each, now) for each in json.loads(row.moments)]
    return now, ended, {name: min(each, now) for name, each in json.loads(row.begun).items()}


def _note(db: Connection, scope: str, window: str, ended: list[float], begun: dict[str, float]) -> None:
    db.execute(_NOTED, {"of": scope, "within": window, "moments": json.dumps(ended), "begun": json.dumps(begun)})


@cache
def _here(insert: Any) -> sa.Executable:
    same = {"window": t.recent_calls.c.window}
    statement: sa.Executable = insert(t.recent_calls).on_conflict_do_update(
        index_elements=["scope", "window"], set_=same
    )
    return statement


_MINE = (t.recent_calls.c.scope == sa.bindparam("of"), t.recent_calls.c.window == sa.bindparam("within"))
_RECENT = sa.select(t.recent_calls.c.moments, t.recent_calls.c.begun).where(*_MINE)
_CLOCK = sa.select(sa.extract("epoch", sa.func.clock_timestamp()))
_NOTED = sa.update(t.recent_calls).where(*_MINE)
