"""By what rule each row was carried out, and of which rows what was known is out of date.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "declared",
        sa.Column("connection", sa.String(length=255), nullable=False),
        sa.Column("entity", sa.String(length=255), nullable=False),
        sa.Column("row", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("connection", "entity", "row"),
    )
    op.add_column("links", sa.Column("outdated", sa.LargeBinary(), nullable=True))
