"""What the image service speaks of, in Glance's terms without its JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jumpgate.common.listing import Query

CONTAINER_FORMATS = ("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed")
DISK_FORMATS = ("ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop", "gpt")

# Who sees an image: its owner alone, also the members who accepted it, whoever knows its id, or everybody.
VISIBILITIES = ("community", "public", "private", "shared")

# queued: no data yet. saving: data comes in. uploading: it is staged. importing: a task moves what was staged.
# active: it can be used. deactivated: only an administrator may read its data.
STATUSES = (
    "queued",
    "saving",
    "active",
    "killed",
    "deleted",
    "uploading",
    "importing",
    "pending_delete",
    "deactivated",
)
MEMBER_STATUSES = ("pending", "accepted", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image. `owner` is a project's id.

    The size, the virtual size (what a server sees of the disk), the MD5 `checksum` and the hash are None until there is
    data; `stores` are the ids of those that hold it. `properties` are the additional ones, by name.
    """

    id: str
    name: str | None
    status: str
    visibility: str
    owner: str | None
    protected: bool = False
    hidden: bool = False
    disk_format: str | None = None
    container_format: str | None = None
    min_disk_gib: int = 0
    min_ram_mib: int = 0
    size_bytes: int | None = None
    virtual_size_bytes: int | None = None
    checksum: str | None = None
    hash_algorithm: str | None = None
    hash_value: str | None = None
    tags: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    stores: tuple[str, ...] = ()
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """What it takes to create an image. By default the cloud chooses the id, and the caller's project is the owner."""

    name: str | None = None
    id: str | None = None
    owner: str | None = None
    visibility: str = "shared"
    protected: bool = False
    hidden: bool = False
    disk_format: str | None = None
    container_format: str | None = None
    min_disk_gib: int = 0
    min_ram_mib: int = 0
    tags: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageQuery(Query):
    """What is asked of a list of images.

    Of the images that others share with the project, those are wanted to which it has answered so.
    """

    member_statuses: tuple[str, ...] = ("accepted",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Some or all of an image's data. `size_bytes` is that of the whole image; `chunks` can be read once."""

    size_bytes: int
    checksum: str | None
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A project (`id`) with which an image is shared, and what it made of the offer."""

    id: str
    image_id: str
    status: str
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTask:
    """The import of an image's data: pending, processing, success or failure.

    `owner` is a project's id. `input` and `result` are what Glance shows of them; `message` says why it failed. The
    record of an ended task goes at `expires_at`.
    """

    id: str
    image_id: str
    status: str
    owner: str | None
    user_id: str
    request_id: str
    message: str = ""
    input: Mapping[str, object] = field(default_factory=dict)
    result: Mapping[str, object] | None = None
    created_at: dt.datetime
    updated_at: dt.datetime
    expires_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A place where a cloud keeps images' data. `type` is Glance's word for its kind (``file``)."""

    id: str
    type: str
    description: str = ""
    is_default: bool = False
    weight: int = 0
    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How much of one resource a project uses, and its limit (-1: none). Sizes are in MiB."""

    resource: str
    used: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """Something that a namespace of metadata definitions defines: an object, a property, a tag, a resource type.

    `attributes` is what Glance's JSON tells of it beside the name: an object's properties, a property's JSON schema,
    the prefix of a resource type's properties; nothing of a tag.
    """

    name: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A namespace of metadata definitions: one document. `owner` is a project's id; a public one is read by everybody.

    Within each of its collections a name is unique; tags do not tell upper from lower case.
    """

    name: str
    display_name: str | None = None
    description: str | None = None
    visibility: str = "private"
    protected: bool = False
    owner: str | None = None
    resource_types: tuple[Definition, ...] = ()
    objects: tuple[Definition, ...] = ()
    properties: tuple[Definition, ...] = ()
    tags: tuple[Definition, ...] = ()
    created_at: dt.datetime
    updated_at: dt.datetime
