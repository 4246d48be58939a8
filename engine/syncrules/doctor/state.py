"""The state store of a connection: whole, up to date, nothing open, nobody waiting for ever."""

from __future__ import annotations

from collections.abc import Iterator, Sized

from syncrules.doctor.finding import Finding
from syncrules.memory import health
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.memory.upgrade import HEAD

A_DAY = 86400
LONG_WAITING = 7 * A_DAY
"""Seconds after which somebody should look why nobody has decided."""
LONG_AGO = 3 * A_DAY
"""Seconds after which somebody should look why nothing runs."""
US = "whoever runs syncrules"


def outdated(version: str | None) -> Finding:
    """Say that a store was written by an older version: nothing more can be looked at without changing it."""
    return Finding(
        "state store", "migrations", "look",
        f"its tables stand at step {version or 'none'}, and this version of syncrules wants {HEAD}", US,
        "Make a copy of it; the next command other than this one brings it up to date.",
    )  # fmt: skip


def look(store: Store, row: ConnectionRow, memories: list[tuple[str, Memory]], now: float) -> Iterator[Finding]:
    """Look at what is remembered of a connection.

    Args:
        memories: title of a pair of books → what is remembered of it.
    """
    found = health.integrity(store)
    if found:
        yield Finding(
            "state store", "integrity", "wrong", f"it is damaged: {found}", "this machine",
            "Put it aside and restore a copy; without one, connect again: what belongs together is found again, without duplicates.",
        )  # fmt: skip
        return
    yield Finding("state store", "integrity", "good", "it is whole")
    yield Finding("state store", "migrations", "good", f"its tables stand at step {HEAD}")
    if row.paused:
        yield Finding(
            "state store",
            "runs",
            "look",
            "the connection is paused",
            US,
            f"Let it run again: syncrules resume {row.name}.",
        )
    else:
        yield _runs(row, memories[0][1], now)
    for title, memory in memories:
        yield from _open(title, memory)
        yield from _waiting(title, row, memory, now)


def _runs(row: ConnectionRow, memory: Memory, now: float) -> Finding:
    last = next((each for each in reversed(memory.runs()) if each["outcome"] not in ("planned", "running")), None)
    again = f"Run it: syncrules run {row.name}."
    if last is None:
        return Finding("state store", "runs", "look", "nothing has been run yet", US, again)
    if last["outcome"] not in ("done", "stopped by a brake"):
        return Finding(
            "state store",
            "runs",
            "look",
            f"the last run was {last['outcome']}",
            US,
            f"{again} What was done is remembered.",
        )
    if now - last["started_at"] > LONG_AGO:
        days = int((now - last["started_at"]) / A_DAY)
        return Finding(
            "state store",
            "runs",
            "look",
            f"the last run was {days} days ago",
            US,
            f"See why the scheduler does not run it. {again}",
        )
    return Finding("state store", "runs", "good", f"the last run ended: {last['outcome']}")


def _open(title: str, memory: Memory) -> Iterator[Finding]:
    of = f"{title}: " if title else ""
    entries = memory.unsettled()
    if entries:
        names = ", ".join(f"'{each.name}'" for each in entries[:3])
        yield Finding(
            "state store", "journal", "look", f"{of}of {len(entries)} writes it is not known how they went: {names}", "nobody's",
            "The next run finds out before it writes anything; what only a person can see waits for a decision.",
        )  # fmt: skip
    else:
        yield Finding("state store", "journal", "good", f"{of}of every write it is known how it went")


def _waiting(title: str, row: ConnectionRow, memory: Memory, now: float) -> Iterator[Finding]:
    of, cure = f"{title}: " if title else "", f"See syncrules waiting {row.name}."
    for entity, _, reason, _ in memory.brakes():
        yield Finding("state store", "brakes", "look", f"{of}a brake holds back {entity}: {reason}", "nobody's", cure)
    waiting = [known for _, known in memory.records(states=("waiting", "failed"))]
    oldest = min((each.since for each in waiting), default=now)
    if now - oldest > LONG_WAITING:
        text = f"{of}{_records(waiting)} waiting or failed, the oldest for {int((now - oldest) / A_DAY)} days"
        yield Finding("state store", "waiting", "look", text, "whoever decides", cure)
    else:
        text = f"{_records(waiting)} waiting or failed, none for long" if waiting else "nothing waits"
        yield Finding("state store", "waiting", "good", f"{of}{text}")


def _records(waiting: Sized) -> str:
    return f"{len(waiting)} records are" if len(waiting) != 1 else "1 record is"
