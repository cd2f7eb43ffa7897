"""Keep images that wait for their data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jumpgate.store.migrations import types

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "waiting_images",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("region", types.text(255), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("writer", types.text(64), nullable=True),
        sa.Column("reference", types.text(255), nullable=True),
        sa.Column("details", types.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_images")),
    )
    with op.batch_alter_table("waiting_images", schema=None) as batch_op:
        batch_op.create_index("ix_waiting_images_order", ["region", "project_id", "created_at", "id"], unique=False)
