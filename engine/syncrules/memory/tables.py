"""The tables of the state store, as they are today; `migrations` says how they came to be so.

Nothing here that PostgreSQL cannot run. Times are seconds since 1970, UTC. JSON travels as bytes that we encode ourselves, because
decimals must keep all their digits.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)

from syncrules.memory.texts import Words

metadata = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")


def _name(column: str, *, key: bool = True) -> Column[str]:
    return Column(column, Words(255), primary_key=key, nullable=False)


connections = Table(
    "connections",
    metadata,
    _name("name"),
    Column("mapping", Words(), nullable=False),
    Column("settings", LargeBinary, nullable=False),
    Column("accounts", LargeBinary, nullable=False),
    Column("answers", LargeBinary, nullable=False),
    Column("digest", Words(64), nullable=False, default=""),
    Column("paused", Boolean, nullable=False, default=False),
    Column("created_at", Float, nullable=False),
)
"""`accounts`: side → id of the books; `answers`: side → what was asked to connect, secrets as references or seals."""

links = Table(
    "links",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _name("connection", key=False),
    _name("entity", key=False),
    Column("left_id", Words(255)),
    Column("right_id", Words(255)),
    Column("left_base", LargeBinary, nullable=False),
    Column("right_base", LargeBinary, nullable=False),
    Column("left_active", Boolean),
    Column("right_active", Boolean),
    Column("left_gone", Boolean, nullable=False, default=False),
    Column("right_gone", Boolean, nullable=False, default=False),
    Column("parent", _Id),
    Column("outdated", LargeBinary),
    UniqueConstraint("connection", "entity", "left_id"),
    UniqueConstraint("connection", "entity", "right_id"),
)
"""What belongs together, and what each side looked like last time: `base` holds row → value in that side's words; `outdated` names
the rows of it that were made by other rules."""

declared = Table(
    "declared",
    metadata,
    _name("connection"),
    _name("entity"),
    _name("row"),
    Column("digest", Words(64), nullable=False),
)
"""By what rule each row was last carried out."""

records = Table(
    "records",
    metadata,
    _name("connection"),
    _name("entity"),
    _name("side"),
    _name("id"),
    Column("name", Words(), nullable=False),
    Column("state", Words(16), nullable=False),
    Column("reason", Words(), nullable=False, default=""),
    Column("cure", Words(), nullable=False, default=""),
    Column("detail", LargeBinary),
    Column("digest", LargeBinary, nullable=False),
    Column("record", LargeBinary),
    Column("link", _Id),
    Column("seen", _Id, nullable=False),
    Column("since", Float, nullable=False),
    Index("records_by_state", "connection", "entity", "state"),
    Index("records_by_link", "link"),
)
"""Every record that takes part, in exactly one state: pending, synced, excluded, waiting, failed."""

keys = Table(
    "keys",
    metadata,
    _name("connection"),
    _name("entity"),
    _name("side"),
    _name("name"),
    _name("id"),
    Column("value", Words(), nullable=False),
    Column("compared", Words(), nullable=False),
    Index("keys_by_value", "connection", "entity", "side", "name", "compared"),
    Index("keys_of_record", "connection", "entity", "side", "id"),
)
"""By what records find each other: values of rows that are matched by, and of fields by which others refer to them."""

journal = Table(
    "journal",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _name("connection", key=False),
    Column("run", _Id, nullable=False),
    _name("entity", key=False),
    _name("side", key=False),
    Column("verb", Words(16), nullable=False),
    Column("key", Words(255)),
    Column("source_id", Words(255)),
    Column("link", _Id),
    Column("name", Words(), nullable=False),
    Column("intent", LargeBinary, nullable=False),
    Column("state", Words(16), nullable=False),
    Column("outcome", Words(), nullable=False, default=""),
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float),
    Index("journal_by_state", "connection", "state"),
    Index("journal_by_run", "connection", "run"),
)
"""Every write: what was meant before, how it went after. open, done, failed, unknown,
half (otherwise than asked), there (the system says that it is) or refused (and tried again: an id that is left); what is found out later says so in its own words."""

runs = Table(
    "runs",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _name("connection", key=False),
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("outcome", Words(32), nullable=False, default="running"),
    Column("counts", LargeBinary),
)

cursors = Table(
    "cursors",
    metadata,
    _name("connection"),
    _name("side"),
    _name("resource"),
    Column("stamp", Words(64)),
    Column("full_at", Float),
    Column("digest", Words(64), nullable=False, default=""),
)
"""How far a resource has been read, and when it was last read whole."""

schedule = Table(
    "schedule",
    metadata,
    _name("connection"),
    _name("entity"),
    _name("side"),
    _name("happening"),
    Column("last_at", Float, nullable=False),
)
"""When each kind of change was last carried; happening `import` is the first import of an entity."""

decisions = Table(
    "decisions",
    metadata,
    _name("connection"),
    _name("entity"),
    _name("side"),
    _name("id"),
    Column("answer", LargeBinary, nullable=False),
    Column("decided_at", Float, nullable=False),
)
"""What a person decided about a record, or about a brake (side `brake`, id its name)."""

brakes = Table(
    "brakes",
    metadata,
    _name("connection"),
    _name("entity"),
    _name("name"),
    Column("reason", Words(), nullable=False),
    Column("count", Integer, nullable=False),
    Column("since", Float, nullable=False),
)
"""What was stopped and waits for a person."""

todos = Table(
    "todos",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _name("connection", key=False),
    _name("entity", key=False),
    Column("link", _Id, nullable=False),
    Column("text", Words(), nullable=False),
    Column("because", Words(), nullable=False, default=""),
    Column("done", Boolean, nullable=False, default=False),
    UniqueConstraint("connection", "link", "text"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _name("connection", key=False),
    Column("run", _Id, nullable=False),
    _name("entity", key=False),
    Column("name", Words(), nullable=False),
    Column("text", Words(), nullable=False),
)
"""What a run reports and does not wait for: an overwritten value, an edit that was kept."""

actions = Table(
    "actions",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _name("connection", key=False),
    _name("entity", key=False),
    Column("verb", Words(16), nullable=False),
    Column("action", LargeBinary, nullable=False),
    Column("together", Words(255), nullable=False, server_default=""),
    Index("actions_in_order", "connection", "entity", "together", "id"),
)
"""The plan that is being carried out, or shown; what has the same `together` is sent in one call, or not at all."""

books = Table(
    "books",
    metadata,
    _name("connection"),
    _name("key"),
    Column("title", Words(), nullable=False),
    Column("settings", LargeBinary, nullable=False),
    Column("accounts", LargeBinary, nullable=False),
    Column("digest", Words(64), nullable=False),
    Column("records", LargeBinary, nullable=False),
    Column("state", Words(16), nullable=False),
    Column("reason", Words(), nullable=False),
    Column("cure", Words(), nullable=False),
    Column("since", Float, nullable=False),
)
"""The pairs of books of a connection that has many; each has a memory of its own, under the name that `kept.within` gives."""

marks = Table(
    "marks",
    metadata,
    _name("connection"),
    _name("side"),
    _name("resource"),
    Column("mark", Words()),
    Column("meant", LargeBinary, nullable=False),
    Column("again", Words(16), nullable=False),
)
"""What the last call was called that arrived in another system, and those of which we do not know whether they did; under an empty
resource. For a whole list: what last travelled beside it."""

reconciled = Table(
    "reconciled",
    metadata,
    _name("connection"),
    _name("entity"),
    _name("name"),
    Column("at", Float, nullable=False),
    Column("result", LargeBinary, nullable=False),
)
"""What came of adding up both sides the last time."""

calls = Table(
    "calls",
    metadata,
    _name("scope"),
    Column("window", Words(32), primary_key=True),
    Column("count", Integer, nullable=False),
)
"""How many calls were made in a window of a declared limit."""

recent_calls = Table(
    "recent_calls",
    metadata,
    _name("scope"),
    Column("window", Words(32), primary_key=True),
    Column("moments", Words(), nullable=False),
    Column("begun", Words(), nullable=False, server_default="{}"),
)
"""When the last calls of a second or a minute of a declared limit ended, and when those began that are on their way: moments, as JSON."""

hints = Table(
    "hints",
    metadata,
    _name("connection"),
    _name("side"),
    _name("resource"),
    _name("id"),
    Column("what", Words(16), primary_key=True, nullable=False),
    Column("at", Float, nullable=False),
    Column("gone_at", Float),
)
"""What a system said of itself and nobody has looked at yet; and for a day, which records it rightly called deleted (`gone_at`)."""

hooks = Table(
    "hooks",
    metadata,
    _name("connection"),
    _name("side"),
    Column("address", Words(), nullable=False),
    Column("key", Words(64), nullable=False),
    Column("since", Float, nullable=False),
    Column("received", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("last_at", Float),
    Column("refused_at", Float),
)
"""At which address a system calls, with the digest of the key that ends it; and how many calls were genuine, and were not."""

circuits = Table(
    "circuits",
    metadata,
    _name("connection"),
    _name("side"),
    _name("lane"),
    Column("system", Words(), nullable=False),
    Column("failed", Integer, nullable=False),
    Column("since", Float, nullable=False),
    Column("until", Float, nullable=False),
    Column("why", Words(), nullable=False),
)
"""Which systems could not be used, how many times in a row, and until when each is left alone; of those that can there is none.
With a lane: which systems allow no more calls to it, and until when."""

plans = Table(
    "plans",
    metadata,
    _name("connection"),
    Column("seal", Words(64), primary_key=True),
    Column("run", _Id, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("applied_at", Float),
)
"""The plans that were saved in a file: by what they are known, in which run they were made, and whether they were applied."""

history = Table(
    "history",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _name("connection", key=False),
    Column("run", _Id),
    Column("at", Float, nullable=False),
    _name("entity", key=False),
    Column("left_id", Words(255)),
    Column("right_id", Words(255)),
    Column("name", Words(), nullable=False),
    Column("what", Words(16), nullable=False),
    Column("text", Words(), nullable=False),
    Index("history_of_left", "connection", "entity", "left_id"),
    Index("history_of_right", "connection", "entity", "right_id"),
    Index("history_by_time", "connection", "at"),
)
"""What happened to a record besides what was written to it, which the journal tells: seen, linked, unlinked, told, judged, decided."""

passes = Table(
    "passes",
    metadata,
    Column("digest", Words(64), primary_key=True),
    Column("what", Words(8), nullable=False),
    Column("until", Float, nullable=False),
)
"""Who may look at the pages of `serve`: links that open once (`what` is link), and browsers that came in by one."""
