"""What systems said of themselves, and at which address they call.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

from syncrules.memory.texts import Words

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "hints",
        sa.Column("connection", Words(255), nullable=False),
        sa.Column("side", Words(255), nullable=False),
        sa.Column("resource", Words(255), nullable=False),
        sa.Column("id", Words(255), nullable=False),
        sa.Column("what", Words(16), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("gone_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "side", "resource", "id", "what"),
    )
    op.create_table(
        "hooks",
        sa.Column("connection", Words(255), nullable=False),
        sa.Column("side", Words(255), nullable=False),
        sa.Column("address", Words(), nullable=False),
        sa.Column("key", Words(64), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Float(), nullable=True),
        sa.Column("refused_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "side"),
    )
