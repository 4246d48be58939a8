"""The keys of a record are found by its id, however many records there are.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index("keys_of_record", "keys", ["connection", "entity", "side", "id"])
