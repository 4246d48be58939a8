"""Which systems are left alone for a while, because they could not be used.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

from syncrules.memory.texts import Words

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "circuits",
        sa.Column("connection", Words(255), nullable=False),
        sa.Column("side", Words(255), nullable=False),
        sa.Column("system", Words(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("why", Words(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "side"),
    )
