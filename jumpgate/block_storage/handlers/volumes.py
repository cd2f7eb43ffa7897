"""Volumes: the collection, its members, their metadata and the summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.handlers.dialect import DialectHandler
from jumpgate.block_storage.handlers.lists import (
    ListFilter,
    Listing,
    answer,
    constant,
    flag,
    ids,
    numbers,
    pairs,
    times,
    truth,
)
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.models import Volume, VolumeSpec, VolumeSummary
from jumpgate.block_storage.schemas import volumes as schemas
from jumpgate.block_storage.schemas.parameters import is_true, stripped
from jumpgate.block_storage.views import volumes as views
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.listing import Query, page
from jumpgate.common.typed import Call, operation

LISTING = Listing(
    resource="volume",
    plural="volumes",
    label="Volume",
    kind=Kind.VOLUME,
    filters={
        "name": ListFilter(attribute="name", is_text=True),
        "status": ListFilter(attribute="status", is_text=True),
        "metadata": ListFilter(attribute="metadata", make=pairs),
        "bootable": ListFilter(attribute="bootable", make=truth),
        "migration_status": ListFilter(attribute="migration_status"),
        "availability_zone": ListFilter(attribute="availability_zone", is_text=True),
        "group_id": ListFilter(attribute="group_id", since="3.10"),
        "size": ListFilter(attribute="size_gib", make=numbers),
        "created_at": ListFilter(attribute="created_at", make=times, since="3.31"),
        "updated_at": ListFilter(attribute="updated_at", make=times, since="3.31"),
        "consumes_quota": ListFilter(attribute="consumes_quota", make=constant(True), since="3.31"),
        "glance_metadata": ListFilter(attribute="image_metadata", make=pairs, since="3.4", admin=True),
        "display_name": ListFilter(attribute="name", is_text=True, admin=True),
        "display_description": ListFilter(attribute="description", is_text=True, admin=True),
        "description": ListFilter(attribute="description", is_text=True, admin=True),
        "id": ListFilter(attribute="id", make=ids(Kind.VOLUME), admin=True),
        "multiattach": ListFilter(attribute="is_multiattach", make=truth, admin=True),
        "project_id": ListFilter(attribute="project_id", admin=True),
        "user_id": ListFilter(attribute="user_id", admin=True),
        "snapshot_id": ListFilter(attribute="snapshot_id", make=ids(Kind.SNAPSHOT), admin=True),
        "source_volid": ListFilter(attribute="source_volume_id", make=ids(Kind.VOLUME), admin=True),
        "volume_type_id": ListFilter(attribute="volume_type_id", make=ids(Kind.VOLUME_TYPE), admin=True),
    },
    sort_keys={
        "id": "id",
        "name": "name",
        "display_name": "name",
        "status": "status",
        "size": "size_gib",
        "availability_zone": "availability_zone",
        "bootable": "bootable",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "volume_type_id": "volume_type_id",
    },
)


def find_volume(call: Call[BlockStorage], volume_id: str) -> Volume:
    """Return the volume of a path, which the caller must be able to see."""
    return call.cloud.volumes.get(call.ctx, call.native_in_path(Kind.VOLUME, volume_id))


def names(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the name and description that a body gives, in the words of any API."""
    found = {}
    for attribute in ("name", "description"):
        for key in (f"display_{attribute}", attribute):
            if key in body:
                found[attribute] = stripped(body[key])
    return found


class VolumesHandler(DialectHandler):
    """The collection in its short form, and creation."""

    @operation("volumes.find", policy="volume:get_all", cached="volumes")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, call.cloud.volumes, views.summary(self.dialect, call), counts=True)

    @operation("volumes.create", body=schemas.CREATE)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Create."""
        spec = _spec(call, call.body["volume"])
        call.require("volume:create_from_image" if spec.image_id else "volume:create")
        volume = call.cloud.volumes.create(call.ctx, spec)
        call.resp.status = self.dialect.accepted
        return {"volume": views.changed(self.dialect, call)(volume)}


class VolumesDetailHandler(DialectHandler):
    """The collection in its full form."""

    @operation("volumes.find", policy="volume:get_all", cached="volumes")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, call.cloud.volumes, views.detail(self.dialect, call), counts=True)


def _spec(call: Call[BlockStorage], body: Mapping[str, Any]) -> VolumeSpec:
    if is_true(body.get("multiattach")):
        raise BadRequest(
            "multiattach parameter has been removed. The default behavior is to use multiattach enabled volume types. "
            "Contact your administrator to create a multiattach enabled volume type and use it to create multiattach "
            "volumes."
        )
    size = body.get("size")
    image = body.get("imageRef", body.get("image_id"))
    return VolumeSpec(
        **names(body),
        size_gib=None if size is None else int(size),
        volume_type=type_reference(call, body.get("volume_type")),
        availability_zone=body.get("availability_zone"),
        metadata=body.get("metadata") or {},
        snapshot_id=_source(call, Kind.SNAPSHOT, body.get("snapshot_id")),
        source_volume_id=_source(call, Kind.VOLUME, body.get("source_volid")),
        image_id=_image_reference(call, image),
        backup_id=_source(call, Kind.BACKUP, body.get("backup_id")),
        group_id=(body.get("group_id") if call.at_least("3.13") else None) or body.get("consistencygroup_id"),
        follows_snapshot=call.at_least("3.46"),
    )


def type_reference(call: Call[BlockStorage], text: str | None) -> str | None:
    """Return a volume type's id in the cloud's terms, or what can only be its name."""
    try:
        return call.ids[Kind.VOLUME_TYPE].to_cloud(text) if text else None
    except MalformedId:
        return text


def _source(call: Call[BlockStorage], kind: Kind, text: str | None) -> str | None:
    """Return the id of what a volume is made from; one that cannot exist is as good as one that does not."""
    return call.native_in_path(kind, text) if text is not None else None


def _image_reference(call: Call[BlockStorage], text: str | None) -> str | None:
    """Return the id or name at the end of an image's URL."""
    if text is None:
        return None
    name = text.rpartition("/")[2]
    try:
        return call.ids[Kind.IMAGE].to_cloud(name)
    except MalformedId:
        return name


class VolumeHandler(DialectHandler):
    """One volume."""

    @operation("volumes.get", cached="volumes")
    def on_get(self, call: Call[BlockStorage], volume_id: str) -> dict[str, Any]:
        """Show."""
        volume = find_volume(call, volume_id)
        if not call.may("volume:get", target(volume)):
            raise NotFound(f"Volume {volume_id} could not be found.")
        return {"volume": views.detail(self.dialect, call)(volume)}

    @operation("volumes.update", body=schemas.UPDATE)
    def on_put(self, call: Call[BlockStorage], volume_id: str) -> dict[str, Any]:
        """Update."""
        volume = find_volume(call, volume_id)
        call.require("volume:update", target(volume))
        body = call.body["volume"]
        changes = names(body) | ({"metadata": body["metadata"]} if "metadata" in body else {})
        changed = call.cloud.volumes.update(call.ctx, volume.id, changes)
        return {"volume": views.changed(self.dialect, call)(changed)}

    @operation("volumes.delete", status=202)
    def on_delete(self, call: Call[BlockStorage], volume_id: str) -> None:
        """Delete."""
        volume = find_volume(call, volume_id)
        cascade = flag(call, "cascade")
        force = call.at_least("3.23") and flag(call, "force")
        call.require("volume:delete", target(volume))
        if force:
            call.require("volume:force_delete", target(volume))
        call.cloud.volumes.delete(call.ctx, volume.id, cascade=cascade, force=force)


class VolumesSummaryHandler(DialectHandler):
    """How many volumes there are, and how large they are together."""

    @operation("volumes.find", policy="volume:get_all", since="3.12")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Show."""
        everything = Query(all_projects=call.may("context_is_admin") and flag(call, "all_tenants"))
        summary = call.cloud.volumes.summarize(call.ctx, everything)
        if summary is None:
            volumes = page(call.cloud.volumes.find(call.ctx, everything), everything)
            summary = _summarize(volumes)
        return views.volume_summary(summary, with_metadata=call.at_least("3.36"))


def _summarize(volumes: list[Volume]) -> VolumeSummary:
    values: dict[str, dict[str, None]] = {}
    for volume in volumes:
        for key, value in volume.metadata.items():
            values.setdefault(key, {})[value] = None
    return VolumeSummary(
        count=len(volumes),
        size_gib=sum(volume.size_gib for volume in volumes),
        metadata={key: tuple(seen) for key, seen in values.items()},
    )
