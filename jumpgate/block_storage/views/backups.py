"""Backups in JSON."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.models import Backup, Volume
from jumpgate.block_storage.views.dialects import V2, V3, Dialect, links
from jumpgate.block_storage.views.volumes import created_at, updated_at
from jumpgate.common.fields import Field, Scene, View
from jumpgate.common.format import iso_microseconds
from jumpgate.common.ids import Kind

_ATTRIBUTES = "backup:backup_project_attribute"


def _links(dialect: Dialect) -> Field:
    def make(backup: Backup, scene: Scene) -> list[dict[str, Any]]:
        backup_id = scene.ids[Kind.BACKUP].to_openstack(backup.id)
        return links(scene, dialect, "backup", {"backup_id": backup_id})

    return Field("links", make)


def _summary(dialect: Dialect) -> View[Backup]:
    return View(Field("id", kind=Kind.BACKUP), Field("name"), _links(dialect))


def _detail(dialect: Dialect) -> View[Backup]:
    return View(
        Field("id", kind=Kind.BACKUP),
        Field("status"),
        Field("size", "size_gib"),
        # One file each.
        Field("object_count", lambda backup, _: int(backup.status in ("available", "restoring"))),
        Field("availability_zone"),
        Field("container"),
        Field("created_at", created_at),
        Field("updated_at", updated_at),
        Field("name"),
        Field("description"),
        Field("fail_reason", "error"),
        Field("volume_id", kind=Kind.VOLUME),
        _links(dialect),
        Field("is_incremental", lambda backup, _: backup.parent_id is not None),
        Field("has_dependent_backups", "has_dependents"),
        Field("snapshot_id", kind=Kind.SNAPSHOT),
        Field("data_timestamp", lambda backup, _: iso_microseconds(backup.data_timestamp)),
        Field("os-backup-project-attr:project_id", "project_id", since="3.18", visible=_ATTRIBUTES),
        Field("metadata", lambda backup, _: dict(backup.metadata), since="3.43"),
        Field("user_id", since="3.56", visible=_ATTRIBUTES),
    )


SUMMARY = {dialect: _summary(dialect) for dialect in (V2, V3)}
DETAIL = {dialect: _detail(dialect) for dialect in (V2, V3)}


def restoration(backup_id: str, volume: Volume, scene: Scene) -> dict[str, Any]:
    """Return the answer of a restoration."""
    volume_id = scene.ids[Kind.VOLUME].to_openstack(volume.id)
    return {"restore": {"backup_id": backup_id, "volume_id": volume_id, "volume_name": volume.name}}
