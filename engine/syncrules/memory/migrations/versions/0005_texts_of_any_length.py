"""In PostgreSQL, texts of any length, sorted byte by byte as in SQLite; everywhere, long values that are compared, shortened.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

from syncrules.memory.texts import LONGEST, shortened

revision = "0005"
down_revision = "0004"

TABLES = (
    "actions", "books", "brakes", "calls", "connections", "cursors", "decisions", "declared", "history", "journal", "keys", "links",
    "marks", "notices", "plans", "reconciled", "records", "runs", "schedule", "todos",
)  # fmt: skip


def upgrade() -> None:
    db = op.get_bind()
    keys = sa.table("keys", *(sa.column(each) for each in ("connection", "entity", "side", "name", "id", "compared")))
    long = [tuple(row) for row in db.execute(sa.select(keys).where(sa.func.length(keys.c.compared) > LONGEST))]
    for *key, compared in long:
        mine = [
            keys.c[name] == value
            for name, value in zip(("connection", "entity", "side", "name", "id"), key, strict=True)
        ]
        db.execute(sa.update(keys).where(*mine).values(compared=shortened(compared)))
    if db.dialect.name != "postgresql":
        return
    for table in TABLES:
        texts = [each["name"] for each in sa.inspect(db).get_columns(table) if isinstance(each["type"], sa.String)]
        changes = ", ".join(f'alter column "{each}" type text collate "C"' for each in texts)
        op.execute(f'alter table "{table}" {changes}')
