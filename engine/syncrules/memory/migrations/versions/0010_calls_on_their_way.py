"""When the calls of a second or a minute began that are on their way: they count until they are answered.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

from syncrules.memory.texts import Words

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("recent_calls", sa.Column("begun", Words(), nullable=False, server_default="{}"))
