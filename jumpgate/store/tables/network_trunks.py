"""The tables of trunks: which ports' traffic goes through which port, and of address scopes."""

from __future__ import annotations

import sqlalchemy as sa

from jumpgate.store.metadata import ID, METADATA, NAME, text
from jumpgate.store.tables.network import standard_table

trunks = standard_table(
    "trunks",
    sa.Column("name", NAME, nullable=False),
    sa.Column("admin_state_up", sa.Boolean, nullable=False, default=True),
    sa.Column("port_id", ID, sa.ForeignKey("ports.id", ondelete="CASCADE"), nullable=False, unique=True),
)

subports = sa.Table(
    "trunk_subports",
    METADATA,
    sa.Column("port_id", ID, sa.ForeignKey("ports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("trunk_id", ID, sa.ForeignKey("trunks.id", ondelete="CASCADE"), nullable=False),
    sa.Column("segmentation_type", text(32), nullable=False),
    sa.Column("segmentation_id", sa.Integer, nullable=False),
    sa.UniqueConstraint("trunk_id", "segmentation_type", "segmentation_id"),
)

address_scopes = standard_table(
    "address_scopes",
    sa.Column("name", NAME, nullable=False),
    sa.Column("ip_version", sa.Integer, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False, default=False),
    sa.Index("ix_address_scopes_shared", "shared", "id"),
)
