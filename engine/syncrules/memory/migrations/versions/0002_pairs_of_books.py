"""Many pairs of books inside one connection, marks that are left in other systems, and what was compared.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "books",
        sa.Column("connection", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("settings", sa.LargeBinary(), nullable=False),
        sa.Column("accounts", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("records", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cure", sa.Text(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "key"),
    )
    op.create_table(
        "marks",
        sa.Column("connection", sa.String(length=255), nullable=False),
        sa.Column("side", sa.String(length=255), nullable=False),
        sa.Column("resource", sa.String(length=255), nullable=False),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("meant", sa.LargeBinary(), nullable=False),
        sa.Column("again", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("connection", "side", "resource"),
    )
    op.create_table(
        "reconciled",
        sa.Column("connection", sa.String(length=255), nullable=False),
        sa.Column("entity", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "entity", "name"),
    )
    # A plan is thrown away when the next one is made.
    op.drop_index("actions_in_order", "actions")
    op.add_column("actions", sa.Column("together", sa.String(length=255), nullable=False, server_default=""))
    op.create_index("actions_in_order", "actions", ["connection", "entity", "together", "id"], unique=False)
