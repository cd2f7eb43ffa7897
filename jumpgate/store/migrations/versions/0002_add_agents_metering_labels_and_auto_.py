"""Add agents, metering labels and auto-allocated topologies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jumpgate.store.migrations import types

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "metering_labels",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metering_labels")),
    )
    with op.batch_alter_table("metering_labels", schema=None) as batch_op:
        batch_op.create_index("ix_metering_labels_project", ["project_id", "id"], unique=False)

    op.create_table(
        "network_agents",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("agent_type", types.text(255), nullable=False),
        sa.Column("binary", types.text(255), nullable=False),
        sa.Column("topic", types.text(255), nullable=False),
        sa.Column("host", types.text(255), nullable=False),
        sa.Column("availability_zone", types.text(255), nullable=True),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("configurations", types.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_agents")),
        sa.UniqueConstraint("agent_type", "host", name=op.f("uq_network_agents_agent_type_host")),
    )
    op.create_table(
        "metering_label_rules",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("metering_label_id", types.text(64), nullable=False),
        sa.Column("direction", types.text(8), nullable=False),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.Column("remote_ip_prefix", types.text(64), nullable=True),
        sa.Column("source_ip_prefix", types.text(64), nullable=True),
        sa.Column("destination_ip_prefix", types.text(64), nullable=True),
        sa.ForeignKeyConstraint(
            ["metering_label_id"],
            ["metering_labels.id"],
            name=op.f("fk_metering_label_rules_metering_label_id_metering_labels"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metering_label_rules")),
    )
    with op.batch_alter_table("metering_label_rules", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_metering_label_rules_metering_label_id"), ["metering_label_id"], unique=False
        )
        batch_op.create_index("ix_metering_label_rules_project", ["project_id", "id"], unique=False)

    op.create_table(
        "network_dhcp_bindings",
        sa.Column("network_id", types.text(64), nullable=False),
        sa.Column("agent_id", types.text(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["network_agents.id"],
            name=op.f("fk_network_dhcp_bindings_agent_id_network_agents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
            name=op.f("fk_network_dhcp_bindings_network_id_networks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("network_id", "agent_id", name=op.f("pk_network_dhcp_bindings")),
    )
    with op.batch_alter_table("network_dhcp_bindings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_network_dhcp_bindings_agent_id"), ["agent_id"], unique=False)

    op.create_table(
        "auto_allocated_topologies",
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("network_id", types.text(64), nullable=False),
        sa.Column("router_id", types.text(64), nullable=True),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
            name=op.f("fk_auto_allocated_topologies_network_id_networks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["router_id"],
            ["routers.id"],
            name=op.f("fk_auto_allocated_topologies_router_id_routers"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_auto_allocated_topologies")),
    )
    with op.batch_alter_table("auto_allocated_topologies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_auto_allocated_topologies_network_id"), ["network_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_auto_allocated_topologies_router_id"), ["router_id"], unique=False)

    op.create_table(
        "network_l3_bindings",
        sa.Column("router_id", types.text(64), nullable=False),
        sa.Column("agent_id", types.text(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["network_agents.id"],
            name=op.f("fk_network_l3_bindings_agent_id_network_agents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["router_id"], ["routers.id"], name=op.f("fk_network_l3_bindings_router_id_routers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("router_id", "agent_id", name=op.f("pk_network_l3_bindings")),
    )
    with op.batch_alter_table("network_l3_bindings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_network_l3_bindings_agent_id"), ["agent_id"], unique=False)

    with op.batch_alter_table("routers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("distributed", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("ha", sa.Boolean(), server_default=sa.false(), nullable=False))
