"""The backends of volumes, what is said of their workers, and the encryption of types."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jumpgate.store.migrations import types

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "volume_services",
        sa.Column("binary", sa.String(length=32), nullable=False),
        sa.Column("host", types.text(255), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", types.text(255), nullable=True),
        sa.Column("is_frozen", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("binary", "host", name=op.f("pk_volume_services")),
    )
    op.create_table(
        "volume_type_encryptions",
        sa.Column("volume_type_id", types.text(64), nullable=False),
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("provider", types.text(255), nullable=False),
        sa.Column("control_location", sa.String(length=32), nullable=False),
        sa.Column("cipher", types.text(255), nullable=True),
        sa.Column("key_size", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["volume_type_id"],
            ["volume_types.id"],
            name=op.f("fk_volume_type_encryptions_volume_type_id_volume_types"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("volume_type_id", name=op.f("pk_volume_type_encryptions")),
    )
    with op.batch_alter_table("volume_backups", schema=None) as batch_op:
        batch_op.add_column(sa.Column("volume_metadata", types.JSON, nullable=True))

    with op.batch_alter_table("volume_snapshots", schema=None) as batch_op:
        batch_op.add_column(sa.Column("backend", types.text(255), nullable=True))

    with op.batch_alter_table("volumes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("backend", types.text(255), nullable=True))

    # Until now there was one.
    op.execute("UPDATE volumes SET backend = 'files'")
    op.execute("UPDATE volume_snapshots SET backend = 'files'")
