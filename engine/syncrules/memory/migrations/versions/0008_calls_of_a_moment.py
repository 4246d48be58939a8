"""When the last calls of a second or a minute were, for all who share a limit.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

from syncrules.memory.texts import Words

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "recent_calls",
        sa.Column("scope", Words(255), nullable=False),
        sa.Column("window", Words(32), nullable=False),
        sa.Column("moments", Words(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "window"),
    )
