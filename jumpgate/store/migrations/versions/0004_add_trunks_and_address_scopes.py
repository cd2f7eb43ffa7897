"""Add trunks and address scopes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jumpgate.store.migrations import types

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "address_scopes",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("ip_version", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_scopes")),
    )
    with op.batch_alter_table("address_scopes", schema=None) as batch_op:
        batch_op.create_index("ix_address_scopes_project", ["project_id", "id"], unique=False)
        batch_op.create_index("ix_address_scopes_shared", ["shared", "id"], unique=False)

    op.create_table(
        "trunks",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("port_id", types.text(64), nullable=False),
        sa.ForeignKeyConstraint(["port_id"], ["ports.id"], name=op.f("fk_trunks_port_id_ports"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trunks")),
        sa.UniqueConstraint("port_id", name=op.f("uq_trunks_port_id")),
    )
    with op.batch_alter_table("trunks", schema=None) as batch_op:
        batch_op.create_index("ix_trunks_project", ["project_id", "id"], unique=False)

    op.create_table(
        "trunk_subports",
        sa.Column("port_id", types.text(64), nullable=False),
        sa.Column("trunk_id", types.text(64), nullable=False),
        sa.Column("segmentation_type", types.text(32), nullable=False),
        sa.Column("segmentation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["port_id"], ["ports.id"], name=op.f("fk_trunk_subports_port_id_ports"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["trunk_id"], ["trunks.id"], name=op.f("fk_trunk_subports_trunk_id_trunks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("port_id", name=op.f("pk_trunk_subports")),
        sa.UniqueConstraint(
            "trunk_id",
            "segmentation_type",
            "segmentation_id",
            name=op.f("uq_trunk_subports_trunk_id_segmentation_type_segmentation_id"),
        ),
    )
    with op.batch_alter_table("subnet_pools", schema=None) as batch_op:
        batch_op.add_column(sa.Column("address_scope_id", types.text(64), nullable=True))
        batch_op.create_index(batch_op.f("ix_subnet_pools_address_scope_id"), ["address_scope_id"], unique=False)
