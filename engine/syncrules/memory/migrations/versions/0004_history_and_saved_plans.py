"""What happened to records, and the plans that were saved.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "history",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("connection", sa.String(length=255), nullable=False),
        sa.Column("run", number, nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("entity", sa.String(length=255), nullable=False),
        sa.Column("left_id", sa.String(length=255), nullable=True),
        sa.Column("right_id", sa.String(length=255), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_index("history_of_left", "history", ["connection", "entity", "left_id"])
    op.create_index("history_of_right", "history", ["connection", "entity", "right_id"])
    op.create_index("history_by_time", "history", ["connection", "at"])
    op.create_table(
        "plans",
        sa.Column("connection", sa.String(length=255), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("run", number, nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("applied_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "seal"),
    )
    op.create_index("journal_by_run", "journal", ["connection", "run"])
