"""Compute's tables: servers with what belongs to them, flavors, keypairs and server groups.

A deleted server keeps its row: its actions and its usage can still be asked for.
"""

from __future__ import annotations

import sqlalchemy as sa

from jumpgate.store.metadata import ID, JSON, METADATA, NAME, UtcDateTime

servers = sa.Table(
    "servers",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    # Nova's own number of the server, which the hypervisor's name for it is made of.
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("description", NAME),
    sa.Column("vm_state", sa.String(32), nullable=False),
    sa.Column("task_state", sa.String(64)),
    sa.Column("power_state", sa.Integer, nullable=False),
    sa.Column("progress", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("launched_at", UtcDateTime),
    sa.Column("terminated_at", UtcDateTime),
    sa.Column("deleted", sa.Boolean, nullable=False, default=False),
    sa.Column("host", NAME),
    sa.Column("availability_zone", NAME),
    sa.Column("pinned_availability_zone", NAME),
    sa.Column("hostname", NAME, nullable=False),
    sa.Column("image_id", ID),
    # What the image said of the hardware and the guest when the server was made.
    sa.Column("image_properties", JSON, nullable=False, default=dict),
    sa.Column("scheduler_hints", JSON, nullable=False, default=dict),
    sa.Column("kernel_id", NAME, nullable=False, default=""),
    sa.Column("ramdisk_id", NAME, nullable=False, default=""),
    sa.Column("root_device_name", NAME, nullable=False, default="/dev/vda"),
    sa.Column("flavor_id", NAME, nullable=False),
    sa.Column("flavor", JSON, nullable=False),
    # What the quota counts, beside the flavor so that a sum can be taken in an index.
    sa.Column("vcpus", sa.Integer, nullable=False),
    sa.Column("ram_mib", sa.BigInteger, nullable=False),
    # The flavor before a resize, until that is confirmed or reverted; and the state to come back to.
    sa.Column("old_flavor", JSON),
    sa.Column("old_vm_state", sa.String(32)),
    sa.Column("key_name", NAME),
    sa.Column("key_data", sa.Text),
    sa.Column("access_ipv4", sa.String(64), nullable=False, default=""),
    sa.Column("access_ipv6", sa.String(64), nullable=False, default=""),
    sa.Column("config_drive", sa.Boolean, nullable=False, default=False),
    sa.Column("disk_config", sa.String(16), nullable=False, default="MANUAL"),
    sa.Column("locked_by", sa.String(16)),
    sa.Column("locked_reason", NAME),
    sa.Column("launch_index", sa.Integer, nullable=False, default=0),
    sa.Column("reservation_id", sa.String(64), nullable=False),
    sa.Column("user_data", sa.Text),
    sa.Column("metadata", JSON, nullable=False),
    sa.Column("fault", JSON),
    sa.Column("trusted_image_certificates", JSON),
    sa.Column("server_group_id", ID),
    # What the build still has to do: the interfaces and security groups that were asked for.
    sa.Column("requests", JSON, nullable=False),
    # The image that a shelved server is kept in.
    sa.Column("shelved_image_id", ID),
    sa.Column("console", sa.Text, nullable=False, default=""),
    sa.Index("ix_servers_project", "project_id", "deleted", "created_at", "id"),
    sa.Index("ix_servers_everywhere", "deleted", "created_at", "id"),
    sa.Index("ix_servers_project_name", "project_id", "deleted", "name"),
    sa.Index("ix_servers_project_state", "project_id", "deleted", "vm_state", "created_at", "id"),
    sa.Index("ix_servers_project_updated", "project_id", "deleted", "updated_at", "created_at", "id"),
    # Lists of what has changed have the deleted servers as well.
    sa.Index("ix_servers_project_ever", "project_id", "created_at", "id"),
    sa.Index("ix_servers_quota", "project_id", "deleted", "vcpus", "ram_mib"),
    sa.Index("ix_servers_number", "number", unique=True),
    sa.Index("ix_servers_group", "server_group_id"),
)

server_tags = sa.Table(
    "server_tags",
    METADATA,
    sa.Column("server_id", ID, sa.ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tag", sa.String(80), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Index("ix_server_tags_tag", "tag", "server_id"),
)

# The disks of servers that are volumes, and the ports that were there before their server or have a tag.
server_volumes = sa.Table(
    "server_volumes",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("server_id", ID, sa.ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("source", sa.String(16), nullable=False),
    sa.Column("source_id", ID),
    sa.Column("size_gib", sa.Integer),
    sa.Column("volume_type", NAME),
    sa.Column("volume_id", ID),
    sa.Column("attachment_id", ID),
    sa.Column("device", NAME),
    sa.Column("boot_index", sa.Integer),
    sa.Column("delete_on_termination", sa.Boolean, nullable=False),
    sa.Column("tag", sa.String(80)),
    # reserved: promised and not attached yet; attached; detaching.
    sa.Column("state", sa.String(16), nullable=False),
    sa.Index("ix_server_volumes_server", "server_id", "position"),
    sa.Index("ix_server_volumes_volume", "volume_id"),
)

server_ports = sa.Table(
    "server_ports",
    METADATA,
    sa.Column("server_id", ID, sa.ForeignKey("servers.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("port_id", ID, primary_key=True),
    sa.Column("preserved", sa.Boolean, nullable=False),
    sa.Column("tag", sa.String(80)),
)

instance_actions = sa.Table(
    "instance_actions",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("server_id", ID, sa.ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    sa.Column("request_id", sa.String(64), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("message", NAME),
    sa.Column("events", JSON, nullable=False),
    sa.Index("ix_instance_actions_server", "server_id", "started_at", "id"),
    sa.Index("ix_instance_actions_request", "server_id", "request_id"),
)

# The requests that led to actions of which a cloud keeps a log of its own, which has no room for the requests' ids.
action_requests = sa.Table(
    "action_requests",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("region", NAME, nullable=False),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("server_id", ID, nullable=False),
    sa.Column("request_id", sa.String(64), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("user_id", NAME, nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Index("ix_action_requests_server", "region", "project_id", "server_id", "asked_at", "id"),
    sa.Index("ix_action_requests_age", "asked_at"),
)

flavors = sa.Table(
    "flavors",
    METADATA,
    sa.Column("id", NAME, primary_key=True),
    sa.Column("name", NAME, nullable=False, unique=True),
    sa.Column("vcpus", sa.Integer, nullable=False),
    sa.Column("ram_mib", sa.BigInteger, nullable=False),
    sa.Column("disk_gib", sa.Integer, nullable=False),
    sa.Column("ephemeral_gib", sa.Integer, nullable=False),
    sa.Column("swap_mib", sa.Integer, nullable=False),
    sa.Column("rxtx_factor", sa.Float, nullable=False),
    sa.Column("is_public", sa.Boolean, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("extra_specs", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

flavor_projects = sa.Table(
    "flavor_projects",
    METADATA,
    sa.Column("flavor_id", NAME, sa.ForeignKey("flavors.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("project_id", ID, primary_key=True),
)

keypairs = sa.Table(
    "keypairs",
    METADATA,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("type", sa.String(16), nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("fingerprint", NAME, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_keypairs_user", "user_id", "name", unique=True),
)

server_groups = sa.Table(
    "server_groups",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("policy", sa.String(32), nullable=False),
    sa.Column("rules", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_server_groups_project", "project_id", "created_at", "id"),
)

# What operators have set of the one process; no row before they have set anything.
compute_services = sa.Table(
    "compute_services",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("disabled_reason", NAME),
    sa.Column("forced_down", sa.Boolean, nullable=False),
)

aggregates = sa.Table(
    "aggregates",
    METADATA,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", ID, nullable=False),
    sa.Column("name", NAME, nullable=False, unique=True),
    # The zone is in the metadata.
    sa.Column("metadata", JSON, nullable=False),
    sa.Column("hosts", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime),
)

migrations = sa.Table(
    "migrations",
    METADATA,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", ID, nullable=False),
    sa.Column("server_id", ID, sa.ForeignKey("servers.id", ondelete="CASCADE"), nullable=False),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("type", sa.String(32), nullable=False),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("source", NAME),
    sa.Column("destination", NAME),
    sa.Column("old_flavor_number", sa.BigInteger),
    sa.Column("new_flavor_number", sa.BigInteger),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime),
    sa.Index("ix_migrations_server", "server_id", "number"),
    sa.Index("ix_migrations_everywhere", "created_at", "number"),
)
