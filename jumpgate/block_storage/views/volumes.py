"""Volumes in JSON, as each API has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jumpgate.block_storage.models import Attachment, ImageUpload, Volume, VolumeSummary
from jumpgate.block_storage.views.dialects import V1, V2, V3, Dialect, links
from jumpgate.common.fields import Field, Scene, View
from jumpgate.common.format import iso_microseconds
from jumpgate.common.ids import Kind


def nothing(_model: object, _scene: Scene) -> None:
    """Return what a cloud without such a thing shows."""
    return


def created_at(model: Any, _: Scene) -> str | None:
    """Return when a thing was made."""
    return iso_microseconds(model.created_at)


def updated_at(model: Any, _: Scene) -> str | None:
    """Return when a thing was last changed."""
    return iso_microseconds(model.updated_at)


def _word(value: bool) -> str:
    return "true" if value else "false"


def _links(dialect: Dialect) -> Callable[[Volume, Scene], list[dict[str, Any]]]:
    def make(volume: Volume, scene: Scene) -> list[dict[str, Any]]:
        volume_id = scene.ids[Kind.VOLUME].to_openstack(volume.id)
        return links(scene, dialect, "volume", {"volume_id": volume_id})

    return make


def _attachments(volume: Volume, scene: Scene) -> list[dict[str, Any]]:
    """Only those that are in use; a host's name is for administrators and services."""
    shows_host = scene.may("context_is_admin") or "service" in scene.ctx.roles
    return [_attachment(item, scene, shows_host=shows_host) for item in volume.attachments if item.status == "attached"]


def _attachment(item: Attachment, scene: Scene, *, shows_host: bool) -> dict[str, Any]:
    volume_id = scene.ids[Kind.VOLUME].to_openstack(item.volume_id)
    return {
        "id": volume_id,
        "attachment_id": scene.ids[Kind.ATTACHMENT].to_openstack(item.id),
        "volume_id": volume_id,
        "server_id": scene.ids[Kind.SERVER].to_openstack(item.server_id) if item.server_id else None,
        "host_name": item.host_name if shows_host else None,
        "device": item.mountpoint,
        "attached_at": iso_microseconds(item.attached_at),
    }


def _base(dialect: Dialect) -> tuple[Field, ...]:
    return (
        Field("id", kind=Kind.VOLUME),
        Field("status"),
        Field("size", "size_gib"),
        Field("availability_zone"),
        Field("created_at", created_at),
        Field("updated_at", updated_at),
        Field("name"),
        Field("description"),
        Field("volume_type"),
        Field("snapshot_id", kind=Kind.SNAPSHOT),
        Field("source_volid", "source_volume_id", kind=Kind.VOLUME),
        Field("metadata", lambda volume, _: {**volume.metadata, **volume.flags}),
        Field("links", _links(dialect)),
        Field("user_id"),
        Field("bootable", lambda volume, _: _word(volume.bootable)),
        Field("encrypted", "is_encrypted"),
        Field("replication_status"),
        Field("consistencygroup_id", nothing),
        Field("multiattach", "is_multiattach"),
        Field("attachments", _attachments),
        Field("migration_status", visible="context_is_admin"),
        Field("group_id", since="3.13"),
        Field("provider_id", nothing, since="3.21", visible="context_is_admin"),
        # Nobody shares a connection to a file, so there is nothing to lock.
        Field("shared_targets", lambda _model, _scene: False, since="3.48"),
        Field("service_uuid", "service_id", since="3.48"),
        Field("cluster_name", nothing, since="3.61", visible="context_is_admin"),
        Field("volume_type_id", kind=Kind.VOLUME_TYPE, since="3.63"),
        Field("consumes_quota", lambda _model, _scene: True, since="3.65"),
    )


_IMAGE_METADATA = Field(
    "volume_image_metadata", "image_metadata", visible="volume_extension:volume_image_metadata:show"
)
# What the extensions of Cinder add to what a client reads, but not to the answer of a change.
_EXTENDED = (
    Field("os-vol-host-attr:host", "host", visible="volume_extension:volume_host_attribute"),
    Field(
        "os-vol-mig-status-attr:migstat",
        "migration_status",
        visible="volume_extension:volume_mig_status_attribute",
    ),
    Field("os-vol-mig-status-attr:name_id", nothing, visible="volume_extension:volume_mig_status_attribute"),
    Field("os-vol-tenant-attr:tenant_id", "project_id", visible="volume_extension:volume_tenant_attribute"),
    _IMAGE_METADATA,
)

_V1_FIELDS = (
    Field("id", kind=Kind.VOLUME),
    Field("status"),
    Field("size", "size_gib"),
    Field("availability_zone"),
    Field("created_at", created_at),
    Field("display_name", "name"),
    Field("display_description", "description"),
    Field("volume_type"),
    Field("snapshot_id", kind=Kind.SNAPSHOT),
    Field("source_volid", "source_volume_id", kind=Kind.VOLUME),
    Field("metadata", lambda volume, _: {**volume.metadata, **volume.flags}),
    Field("bootable", lambda volume, _: _word(volume.bootable)),
    Field("encrypted", "is_encrypted"),
    Field("multiattach", lambda volume, _: _word(volume.is_multiattach)),
    Field("attachments", _attachments),
)

_SUMMARY: dict[Dialect, View[Volume]] = {
    dialect: View(Field("id", kind=Kind.VOLUME), Field("name"), Field("links", _links(dialect))) for dialect in (V2, V3)
}
_CHANGED: dict[Dialect, View[Volume]] = {
    V1: View(*_V1_FIELDS),
    **{dialect: View(*_base(dialect)) for dialect in (V2, V3)},
}
_DETAIL: dict[Dialect, View[Volume]] = {
    V1: View(*_V1_FIELDS, *_EXTENDED),
    **{dialect: View(*_base(dialect), *_EXTENDED) for dialect in (V2, V3)},
}

Render = Callable[[Volume], dict[str, Any]]


def summary(dialect: Dialect, scene: Scene) -> Render:
    """Return what makes the short form of a list; v1 has none."""
    return detail(dialect, scene) if dialect is V1 else _SUMMARY[dialect].bind(scene)


def changed(dialect: Dialect, scene: Scene) -> Render:
    """Return what makes the answer to a creation or a change."""
    return _CHANGED[dialect].bind(scene)


def detail(dialect: Dialect, scene: Scene) -> Render:
    """Return what makes the full form; a volume that knows of no image does not speak of images."""
    render = _DETAIL[dialect].bind(scene)

    def make(volume: Volume) -> dict[str, Any]:
        body = render(volume)
        if not volume.image_metadata:
            body.pop("volume_image_metadata", None)
        return body

    return make


def volume_summary(summary: VolumeSummary, *, with_metadata: bool) -> dict[str, Any]:
    """Return the answer of ``volumes/summary``."""
    body: dict[str, Any] = {"total_count": summary.count, "total_size": summary.size_gib}
    if with_metadata:
        body["metadata"] = {key: list(values) for key, values in summary.metadata.items()}
    return {"volume-summary": body}


def image_upload(upload: ImageUpload, scene: Scene, *, with_visibility: bool) -> dict[str, Any]:
    """Return the answer of ``os-volume_upload_image``."""
    volume = upload.volume
    body: dict[str, Any] = {
        "id": scene.ids[Kind.VOLUME].to_openstack(volume.id),
        "updated_at": iso_microseconds(volume.updated_at),
        "status": "uploading",
        "display_description": volume.description,
        "size": volume.size_gib,
        "volume_type": _upload_type(volume, scene),
        "image_id": scene.ids[Kind.IMAGE].to_openstack(upload.image_id),
        "container_format": upload.container_format,
        "disk_format": upload.disk_format,
        "image_name": upload.image_name,
    }
    if with_visibility:
        body |= {"protected": upload.is_protected, "visibility": upload.visibility}
    return {"os-volume_upload_image": body}


def _upload_type(volume: Volume, scene: Scene) -> dict[str, Any] | None:
    """Return a type as Cinder writes it here: the row of its database, of which clients read the name."""
    if volume.volume_type_id is None:
        return None
    return {"id": scene.ids[Kind.VOLUME_TYPE].to_openstack(volume.volume_type_id), "name": volume.volume_type}
