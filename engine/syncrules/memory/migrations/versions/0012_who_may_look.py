"""Who may look at the pages of `serve`: links that open once, and browsers that came in by one. Of both only a digest.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

from syncrules.memory.texts import Words

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "passes",
        sa.Column("digest", Words(64), primary_key=True),
        sa.Column("what", Words(8), nullable=False),
        sa.Column("until", sa.Float, nullable=False),
    )
