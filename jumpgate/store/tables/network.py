"""The tables of the embedded network service.

What a caller may list is the sum of disjoint parts, each with an index in the list's order: its own things
(``project_id``), and what lies in a place of its own but belongs to another project (``guest_of``: the owner of the
place, null where that is the thing's owner as well).
"""

from __future__ import annotations

import sqlalchemy as sa

from jumpgate.store.metadata import ID, JSON, METADATA, NAME, UtcDateTime, text

ADDRESS = text(45)
CIDR = text(64)


def standard_table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    """Make a table of things that have Neutron's standard attributes, listed by id within a project."""
    return sa.Table(
        name,
        METADATA,
        sa.Column("id", ID, primary_key=True),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("description", sa.Text, nullable=False, default=""),
        sa.Column("revision_number", sa.Integer, nullable=False, default=1),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        *columns,
        sa.Index(f"ix_{name}_project", "project_id", "id"),
    )


def _text(name: str, length: int = 255) -> sa.Column[str]:
    return sa.Column(name, text(length), nullable=False, default="")


def _flag(name: str, *, default: bool) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, default=default)


def _list(name: str) -> sa.Column[object]:
    return sa.Column(name, JSON, nullable=False, default=list)


def _reference(name: str, table: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, ID, sa.ForeignKey(f"{table}.id"), nullable=nullable, index=True)


networks = standard_table(
    "networks",
    sa.Column("name", NAME, nullable=False),
    _flag("admin_state_up", default=True),
    _text("status", 16),
    _flag("shared", default=False),
    _flag("external", default=False),
    _flag("is_default", default=False),
    sa.Column("mtu", sa.Integer, nullable=False),
    sa.Column("network_type", text(32), nullable=False),
    sa.Column("physical_network", text(64)),
    sa.Column("segmentation_id", sa.Integer),
    _list("availability_zone_hints"),
    _flag("port_security_enabled", default=True),
    _text("dns_domain"),
    # Whether every project sees it: shared or external.
    _flag("public", default=False),
    sa.Index("ix_networks_public", "public", "id"),
    sa.Index("ix_networks_segment", "network_type", "physical_network", "segmentation_id"),
)

subnet_pools = standard_table(
    "subnet_pools",
    sa.Column("name", NAME, nullable=False),
    sa.Column("ip_version", sa.Integer, nullable=False),
    _list("prefixes"),
    sa.Column("min_prefix_length", sa.Integer, nullable=False),
    sa.Column("max_prefix_length", sa.Integer, nullable=False),
    sa.Column("default_prefix_length", sa.Integer, nullable=False),
    sa.Column("default_quota", sa.Integer),
    _flag("is_default", default=False),
    _flag("shared", default=False),
    sa.Column("address_scope_id", ID, index=True),
    sa.Index("ix_subnet_pools_shared", "shared", "id"),
)

subnets = standard_table(
    "subnets",
    sa.Column("name", NAME, nullable=False),
    _reference("network_id", "networks"),
    sa.Column("guest_of", ID),
    sa.Column("ip_version", sa.Integer, nullable=False),
    sa.Column("cidr", CIDR, nullable=False),
    sa.Column("gateway_ip", ADDRESS),
    _list("allocation_pools"),
    _list("dns_nameservers"),
    _list("host_routes"),
    _flag("enable_dhcp", default=True),
    sa.Column("ipv6_ra_mode", text(16)),
    sa.Column("ipv6_address_mode", text(16)),
    _list("service_types"),
    _reference("subnetpool_id", "subnet_pools", nullable=True),
    sa.Column("segment_id", ID),
    _flag("dns_publish_fixed_ip", default=False),
    # Where the search for a free address goes on: the number of the last address that was given out.
    sa.Column("last_address", text(32), nullable=False, default=""),
    sa.Index("ix_subnets_guest", "guest_of", "id"),
)

ports = standard_table(
    "ports",
    sa.Column("name", NAME, nullable=False),
    _reference("network_id", "networks"),
    sa.Column("guest_of", ID),
    sa.Column("mac_address", text(17), nullable=False, index=True),
    _flag("admin_state_up", default=True),
    _text("status", 16),
    _text("device_id"),
    _text("device_owner"),
    _list("allowed_address_pairs"),
    _list("extra_dhcp_opts"),
    _flag("port_security_enabled", default=True),
    _text("binding_host_id"),
    _text("binding_vnic_type", 64),
    sa.Column("binding_profile", JSON, nullable=False, default=dict),
    _text("dns_name"),
    _text("dns_domain"),
    _text("ip_allocation", 16),
    sa.Index("ix_ports_guest", "guest_of", "id"),
    sa.Index("ix_ports_device", "device_id"),
    sa.UniqueConstraint("network_id", "mac_address"),
)

# Which port has which address. `number` is the address in 32 hexadecimal digits, so that text sorts as numbers do.
addresses = sa.Table(
    "port_addresses",
    METADATA,
    sa.Column("port_id", ID, sa.ForeignKey("ports.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("subnet_id", ID, sa.ForeignKey("subnets.id"), primary_key=True),
    sa.Column("number", text(32), primary_key=True),
    sa.Column("ip_address", ADDRESS, nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
)

security_groups = standard_table(
    "security_groups",
    sa.Column("name", NAME, nullable=False),
    _flag("stateful", default=True),
    # The project whose default group it is, null for any other group: one each.
    sa.Column("default_of", ID, unique=True),
)

security_group_rules = standard_table(
    "security_group_rules",
    sa.Column(
        "security_group_id",
        ID,
        sa.ForeignKey("security_groups.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("group_owner_id", ID, nullable=False),
    sa.Column("direction", text(8), nullable=False),
    sa.Column("ethertype", text(8), nullable=False),
    sa.Column("protocol", text(40)),
    sa.Column("port_range_min", sa.Integer),
    sa.Column("port_range_max", sa.Integer),
    sa.Column("remote_ip_prefix", CIDR),
    sa.Column("remote_group_id", ID, sa.ForeignKey("security_groups.id", ondelete="CASCADE"), index=True),
    sa.Column("normalized_cidr", CIDR),
    sa.Index("ix_security_group_rules_owner", "group_owner_id", "id"),
)

port_groups = sa.Table(
    "port_security_groups",
    METADATA,
    sa.Column("port_id", ID, sa.ForeignKey("ports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("security_group_id", ID, sa.ForeignKey("security_groups.id"), primary_key=True, index=True),
)

routers = standard_table(
    "routers",
    sa.Column("name", NAME, nullable=False),
    _flag("admin_state_up", default=True),
    _text("status", 16),
    _reference("gateway_port_id", "ports", nullable=True),
    _flag("enable_snat", default=True),
    _list("routes"),
    _list("availability_zone_hints"),
    sa.Column("distributed", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("ha", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
)

floating_ips = standard_table(
    "floating_ips",
    _reference("floating_network_id", "networks"),
    sa.Column("floating_ip_address", ADDRESS, nullable=False, index=True),
    _reference("floating_port_id", "ports"),
    _text("status", 16),
    _reference("port_id", "ports", nullable=True),
    sa.Column("fixed_ip_address", ADDRESS),
    _reference("router_id", "routers", nullable=True),
    _text("dns_name"),
    _text("dns_domain"),
)

tags = sa.Table(
    "network_tags",
    METADATA,
    sa.Column("resource_id", ID, primary_key=True),
    sa.Column("tag", NAME, primary_key=True),
    sa.Index("ix_network_tags_tag", "tag", "resource_id"),
)
