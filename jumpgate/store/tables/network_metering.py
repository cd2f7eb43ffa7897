"""The tables of the network's metering: which traffic is counted under which label."""

from __future__ import annotations

import sqlalchemy as sa

from jumpgate.store.metadata import ID, NAME, text
from jumpgate.store.tables.network import CIDR, standard_table

metering_labels = standard_table(
    "metering_labels",
    sa.Column("name", NAME, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False, default=False),
)

# A rule's project is its label's.
metering_label_rules = standard_table(
    "metering_label_rules",
    sa.Column(
        "metering_label_id", ID, sa.ForeignKey("metering_labels.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("direction", text(8), nullable=False),
    sa.Column("excluded", sa.Boolean, nullable=False, default=False),
    sa.Column("remote_ip_prefix", CIDR),
    sa.Column("source_ip_prefix", CIDR),
    sa.Column("destination_ip_prefix", CIDR),
)
