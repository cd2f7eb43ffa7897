"""Keep what was asked of volumes that are still to be made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jumpgate.store.migrations import types

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "volume_promises",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("region", types.text(255), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("reference", types.text(255), nullable=True),
        sa.Column("details", types.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_promises")),
    )
    with op.batch_alter_table("volume_promises", schema=None) as batch_op:
        batch_op.create_index("ix_volume_promises_order", ["region", "project_id", "created_at", "id"], unique=False)
