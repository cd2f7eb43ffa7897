"""The image service's tables: images, the projects they are shared with, and the tasks that import their data."""

from __future__ import annotations

import sqlalchemy as sa

from jumpgate.store.metadata import ID, JSON, METADATA, NAME, UtcDateTime

# `data` names the file that holds an image's bytes, or the one into which they come while the status is saving. Each
# upload has a file of its own, so that the row alone decides which bytes are the image's.
images = sa.Table(
    "images",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("visibility", sa.String(16), nullable=False),
    sa.Column("owner", NAME),
    sa.Column("protected", sa.Boolean, nullable=False),
    sa.Column("hidden", sa.Boolean, nullable=False),
    sa.Column("disk_format", sa.String(16)),
    sa.Column("container_format", sa.String(16)),
    sa.Column("min_disk_gib", sa.Integer, nullable=False),
    sa.Column("min_ram_mib", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("virtual_size_bytes", sa.BigInteger),
    sa.Column("checksum", sa.String(32)),
    sa.Column("hash_algorithm", sa.String(16)),
    sa.Column("hash_value", sa.String(128)),
    sa.Column("tags", JSON, nullable=False),
    sa.Column("properties", JSON, nullable=False),
    sa.Column("data", ID),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    # One index for each way in which a page is found: everything, one project's, one visibility's, by name.
    sa.Index("ix_images_created", "created_at", "id"),
    sa.Index("ix_images_owner_created", "owner", "created_at", "id"),
    sa.Index("ix_images_visibility_created", "visibility", "created_at", "id"),
    sa.Index("ix_images_name", "name"),
)

image_members = sa.Table(
    "image_members",
    METADATA,
    sa.Column("image_id", ID, sa.ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("project_id", NAME, primary_key=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Index("ix_image_members_project", "project_id", "status"),
)

# A task outlives its image, until it expires.
image_tasks = sa.Table(
    "image_tasks",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("image_id", ID, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("owner", NAME),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("request_id", ID, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("input", JSON, nullable=False),
    sa.Column("result", JSON),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime),
    sa.Index("ix_image_tasks_image", "image_id"),
    sa.Index("ix_image_tasks_owner_created", "owner", "created_at", "id"),
    sa.Index("ix_image_tasks_created", "created_at", "id"),
)

# Images that a cloud knows nothing of yet, for drivers of clouds whose images come into being with their data. The
# status decides: `writer` names the one attempt at giving the image data that may change it, which shows in
# `updated_at` that it is alive; `reference` is what the cloud calls the image once it has been asked for it.
waiting_images = sa.Table(
    "waiting_images",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("region", NAME, nullable=False),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("writer", ID),
    sa.Column("reference", NAME),
    sa.Column("details", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Index("ix_waiting_images_order", "region", "project_id", "created_at", "id"),
)

# A namespace of metadata definitions is small and read as a whole: what it defines is one JSON document.
metadef_namespaces = sa.Table(
    "metadef_namespaces",
    METADATA,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("display_name", sa.String(80)),
    sa.Column("description", sa.String(500)),
    sa.Column("visibility", sa.String(16), nullable=False),
    sa.Column("protected", sa.Boolean, nullable=False),
    sa.Column("owner", NAME),
    sa.Column("content", JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

metadef_resource_types = sa.Table(
    "metadef_resource_types",
    METADATA,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
