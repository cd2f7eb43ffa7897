"""The tables of the network's agents: who serves which network and which router."""

from __future__ import annotations

import sqlalchemy as sa

from jumpgate.store.metadata import ID, JSON, METADATA, NAME, UtcDateTime

agents = sa.Table(
    "network_agents",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("agent_type", NAME, nullable=False),
    sa.Column("binary", NAME, nullable=False),
    sa.Column("topic", NAME, nullable=False),
    sa.Column("host", NAME, nullable=False),
    sa.Column("availability_zone", NAME),
    sa.Column("admin_state_up", sa.Boolean, nullable=False, default=True),
    sa.Column("description", sa.Text),
    sa.Column("configurations", JSON, nullable=False, default=dict),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("agent_type", "host"),
)


def _bindings(name: str, column: str, table: str) -> sa.Table:
    """Make a table of what agents serve, which goes with the thing served."""
    return sa.Table(
        name,
        METADATA,
        sa.Column(column, ID, sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("agent_id", ID, sa.ForeignKey("network_agents.id", ondelete="CASCADE"), primary_key=True, index=True),
    )


dhcp_bindings = _bindings("network_dhcp_bindings", "network_id", "networks")
l3_bindings = _bindings("network_l3_bindings", "router_id", "routers")

# The network and router that were made for a project which asked for whatever there is.
topologies = sa.Table(
    "auto_allocated_topologies",
    METADATA,
    sa.Column("project_id", ID, primary_key=True),
    sa.Column("network_id", ID, sa.ForeignKey("networks.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("router_id", ID, sa.ForeignKey("routers.id", ondelete="SET NULL"), index=True),
)
