"""Block storage's tables: volumes and their attachments, snapshots, groups, types, backups, transfers, messages."""

from __future__ import annotations

import sqlalchemy as sa

from jumpgate.store.metadata import ID, JSON, METADATA, NAME, UtcDateTime

STATUS = sa.String(32)

volume_types = sa.Table(
    "volume_types",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False, unique=True),
    sa.Column("description", NAME),
    sa.Column("is_public", sa.Boolean, nullable=False, default=True),
    sa.Column("extra_specs", JSON, nullable=False),
    sa.Column("qos_specs_id", ID, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime),
    sa.Index("ix_volume_types_order", "created_at", "id"),
)

volume_type_projects = sa.Table(
    "volume_type_projects",
    METADATA,
    sa.Column("volume_type_id", ID, sa.ForeignKey("volume_types.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("project_id", ID, primary_key=True),
)

# A project's default type; the row of the empty project is the cloud's.
volume_default_types = sa.Table(
    "volume_default_types",
    METADATA,
    sa.Column("project_id", ID, primary_key=True),
    sa.Column("volume_type_id", ID, sa.ForeignKey("volume_types.id"), nullable=False),
)

# How the volumes of a type are to be encrypted.
volume_type_encryptions = sa.Table(
    "volume_type_encryptions",
    METADATA,
    sa.Column("volume_type_id", ID, sa.ForeignKey("volume_types.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", ID, nullable=False),
    sa.Column("provider", NAME, nullable=False),
    sa.Column("control_location", sa.String(32), nullable=False),
    sa.Column("cipher", NAME),
    sa.Column("key_size", sa.Integer),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime),
)

# What an administrator has said of the workers; one without a row is enabled.
volume_services = sa.Table(
    "volume_services",
    METADATA,
    sa.Column("binary", sa.String(32), primary_key=True),
    sa.Column("host", NAME, primary_key=True),
    sa.Column("is_enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("disabled_reason", NAME),
    sa.Column("is_frozen", sa.Boolean, nullable=False, default=False),
)

volume_group_types = sa.Table(
    "volume_group_types",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False, unique=True),
    sa.Column("description", NAME),
    sa.Column("is_public", sa.Boolean, nullable=False, default=True),
    sa.Column("group_specs", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime),
    sa.Index("ix_volume_group_types_order", "created_at", "id"),
)

volume_groups = sa.Table(
    "volume_groups",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("name", NAME),
    sa.Column("description", NAME),
    sa.Column("status", STATUS, nullable=False),
    sa.Column("availability_zone", NAME, nullable=False),
    sa.Column("group_type_id", ID, sa.ForeignKey("volume_group_types.id"), nullable=False, index=True),
    # What it was made from, which may be gone.
    sa.Column("group_snapshot_id", ID, index=True),
    sa.Column("source_group_id", ID, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime),
    sa.Index("ix_volume_groups_project", "project_id", "created_at", "id"),
    sa.Index("ix_volume_groups_order", "created_at", "id"),
)

volume_group_volume_types = sa.Table(
    "volume_group_volume_types",
    METADATA,
    sa.Column("group_id", ID, sa.ForeignKey("volume_groups.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("volume_type_id", ID, sa.ForeignKey("volume_types.id"), primary_key=True, index=True),
)

volume_group_snapshots = sa.Table(
    "volume_group_snapshots",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("group_id", ID, sa.ForeignKey("volume_groups.id"), nullable=False, index=True),
    sa.Column("group_type_id", ID, nullable=False),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("name", NAME),
    sa.Column("description", NAME),
    sa.Column("status", STATUS, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime),
    sa.Index("ix_volume_group_snapshots_project", "project_id", "created_at", "id"),
    sa.Index("ix_volume_group_snapshots_order", "created_at", "id"),
)

volumes = sa.Table(
    "volumes",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("name", NAME),
    sa.Column("description", NAME),
    sa.Column("size_gib", sa.Integer, nullable=False),
    # What an extension has been promised; the size until then and afterwards.
    sa.Column("promised_gib", sa.Integer, nullable=False),
    sa.Column("status", STATUS, nullable=False),
    sa.Column("migration_status", STATUS),
    sa.Column("availability_zone", NAME, nullable=False),
    sa.Column("volume_type_id", ID, sa.ForeignKey("volume_types.id"), nullable=False, index=True),
    sa.Column("snapshot_id", ID, index=True),
    sa.Column("source_volume_id", ID, index=True),
    sa.Column("backup_id", ID, index=True),
    sa.Column("group_id", ID, sa.ForeignKey("volume_groups.id"), index=True),
    # Which backend has the bytes; none until one is chosen.
    sa.Column("backend", NAME),
    sa.Column("bootable", sa.Boolean, nullable=False, default=False),
    sa.Column("is_multiattach", sa.Boolean, nullable=False, default=False),
    sa.Column("metadata", JSON, nullable=False),
    sa.Column("image_metadata", JSON, nullable=False),
    sa.Column("flags", JSON, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime),
    sa.Index("ix_volumes_project", "project_id", "created_at", "id"),
    sa.Index("ix_volumes_order", "created_at", "id"),
)

volume_attachments = sa.Table(
    "volume_attachments",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("volume_id", ID, sa.ForeignKey("volumes.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("status", STATUS, nullable=False),
    sa.Column("server_id", ID, index=True),
    sa.Column("host_name", NAME),
    sa.Column("mountpoint", NAME),
    sa.Column("mode", sa.String(8), nullable=False),
    sa.Column("connector", JSON),
    sa.Column("connection", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("attached_at", UtcDateTime),
    sa.Index("ix_volume_attachments_project", "project_id", "created_at", "id"),
    sa.Index("ix_volume_attachments_order", "created_at", "id"),
)

volume_snapshots = sa.Table(
    "volume_snapshots",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("volume_id", ID, sa.ForeignKey("volumes.id"), nullable=False, index=True),
    sa.Column("group_snapshot_id", ID, sa.ForeignKey("volume_group_snapshots.id"), index=True),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("name", NAME),
    sa.Column("description", NAME),
    sa.Column("size_gib", sa.Integer, nullable=False),
    sa.Column("status", STATUS, nullable=False),
    sa.Column("progress_percent", sa.Integer, nullable=False, default=0),
    # Which backend has the bytes.
    sa.Column("backend", NAME),
    sa.Column("metadata", JSON, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime),
    sa.Index("ix_volume_snapshots_project", "project_id", "created_at", "id"),
    sa.Index("ix_volume_snapshots_order", "created_at", "id"),
)

volume_messages = sa.Table(
    "volume_messages",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("request_id", ID, nullable=False),
    sa.Column("resource_type", sa.String(32), nullable=False),
    sa.Column("resource_id", ID, nullable=False),
    sa.Column("action_id", sa.String(8), nullable=False),
    sa.Column("detail_id", sa.String(8), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("level", sa.String(16), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    sa.Index("ix_volume_messages_project", "project_id", "created_at", "id"),
)

# A backup outlives its volume.
volume_backups = sa.Table(
    "volume_backups",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("volume_id", ID, nullable=False, index=True),
    sa.Column("snapshot_id", ID),
    sa.Column("parent_id", ID, index=True),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("name", NAME),
    sa.Column("description", NAME),
    sa.Column("size_gib", sa.Integer, nullable=False),
    sa.Column("status", STATUS, nullable=False),
    sa.Column("container", NAME),
    sa.Column("availability_zone", NAME),
    sa.Column("metadata", JSON, nullable=False),
    # What a volume that is made of it is to be, beside its bytes.
    sa.Column("volume_metadata", JSON),
    sa.Column("bootable", sa.Boolean, nullable=False, default=False),
    sa.Column("image_metadata", JSON, nullable=False),
    sa.Column("data_timestamp", UtcDateTime, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime),
    sa.Index("ix_volume_backups_project", "project_id", "created_at", "id"),
    sa.Index("ix_volume_backups_order", "created_at", "id"),
)

volume_transfers = sa.Table(
    "volume_transfers",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("volume_id", ID, sa.ForeignKey("volumes.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("name", NAME),
    # The key is shown once; what is kept only tells whether a key is the one.
    sa.Column("salt", sa.String(64), nullable=False),
    sa.Column("key_hash", sa.String(128), nullable=False),
    sa.Column("no_snapshots", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_volume_transfers_project", "project_id", "created_at", "id"),
    sa.Index("ix_volume_transfers_order", "created_at", "id"),
)

qos_specs = sa.Table(
    "qos_specs",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False, unique=True),
    sa.Column("consumer", sa.String(32), nullable=False),
    sa.Column("specs", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime),
)

# What was asked of volumes that a cloud has yet to make and that it has no place for meanwhile. `reference` is the
# cloud's word for what will become the volume; None while nobody knows it.
volume_promises = sa.Table(
    "volume_promises",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("region", NAME, nullable=False),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("reference", NAME),
    sa.Column("details", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_volume_promises_order", "region", "project_id", "created_at", "id"),
)
