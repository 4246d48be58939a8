"""For whose calls a connection waits, where a system allows no more of them for now, beside the systems that are down.

What was noted until now is forgotten: it is found out again by the next run.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

from syncrules.memory.texts import Words

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.drop_table("circuits")
    op.create_table(
        "circuits",
        sa.Column("connection", Words(255), nullable=False),
        sa.Column("side", Words(255), nullable=False),
        sa.Column("lane", Words(255), nullable=False),
        sa.Column("system", Words(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("why", Words(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "side", "lane"),
    )
