"""What lies in the backends' folders: files that are volumes or snapshots, and files that can become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract.operators import ManageableSnapshots, ManageableVolumes
from jumpgate.block_storage.drivers.embedded.backends import Backend
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, ZONE, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.encryptions import require_plain
from jumpgate.block_storage.drivers.embedded.files import GIB, Files, is_name
from jumpgate.block_storage.drivers.embedded.kinds import MANAGE, MANAGE_SNAPSHOT
from jumpgate.block_storage.drivers.embedded.quotas import StorageQuotas, snapshot_demand, volume_demand
from jumpgate.block_storage.drivers.embedded.rows import Row, snapshot_of, snapshot_row, volume_row, volumes_of
from jumpgate.block_storage.drivers.embedded.volume_types import default_type_row, is_multiattach, type_row
from jumpgate.block_storage.errors import InvalidInput
from jumpgate.block_storage.models import Snapshot, Volume
from jumpgate.block_storage.models.operators import Manageable, SnapshotReference, VolumeReference
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import utcnow
from jumpgate.store.tables.block_storage import volume_snapshots, volumes

KEY = "source-name"


def _backend(cloud: EmbeddedCloud, host: str) -> Backend:
    backend = cloud.backends.on(host)
    if backend is None:
        raise NotFound(f"Service cinder-volume could not be found on host {host}.", reason="ServiceNotFound")
    return backend


def _name(reference: Mapping[str, Any]) -> str:
    """Return the file's name in a reference; raise BadRequest for what can be none."""
    name = reference.get(KEY)
    if not isinstance(name, str) or not is_name(name):
        raise InvalidInput(
            f"Manage existing backend object failed due to invalid backend reference {dict(reference)}: "
            f'"{KEY}" must be the name of a file in the backend\'s folder.'
        )
    return name


def _found(files: Files, known: Mapping[str, str | None], *, of_volumes: bool) -> Iterable[Manageable]:
    """Yield the files of a folder; `known` maps those that are managed to the volume that each is of."""
    for name, size_bytes in files.sizes():
        is_known = name in known
        yield Manageable(
            reference={KEY: name},
            size_gib=-(-size_bytes // GIB),
            is_safe=not is_known,
            reason_not_safe="already managed" if is_known else None,
            known_id=name if is_known else None,
            source={} if of_volumes else {KEY: known.get(name)},
        )


class EmbeddedManageableVolumes(ManageableVolumes):
    """The files in the folders of volumes."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._cloud = cloud
        self._store = cloud.store
        self._quotas = StorageQuotas(cloud.store)

    def find(self, ctx: Context, host: str) -> Iterable[Manageable]:
        backend = _backend(self._cloud, host)
        with self._store.read() as connection:
            here = connection.execute(sa.select(volumes.c.id).where(volumes.c.backend == backend.name)).scalars()
            known = dict.fromkeys(here)
        return _found(backend.volumes, known, of_volumes=True)

    def manage(self, ctx: Context, spec: VolumeReference) -> Volume:
        backend = self._cloud.backends.on(spec.host)
        if backend is None:
            raise BadRequest(f"Host '{spec.host}' not found")
        zone, name = spec.availability_zone or ZONE, _name(spec.reference)
        if zone != ZONE:
            raise InvalidInput(f"Availability zone '{zone}' is invalid.")
        with self._store.write(TOPIC) as connection:
            _require_unmanaged(connection, volumes, name)
            kind = _type(connection, ctx, spec.volume_type)
            require_plain(connection, kind.id, kind.name)
            self._quotas.require(connection, ctx.project, volume_demand(1, 0, kind.name))
            row = _new_volume(ctx, spec, backend, kind)
            connection.execute(volumes.insert().values(row))
            task = {"volume_id": row["id"], "name": name, "request_id": ctx.request_id}
            self._cloud.tasks.enqueue(connection, MANAGE, delay_s=0, **task)
            return volumes_of(connection, [volume_row(connection, ctx, row["id"])])[0]


def _require_unmanaged(connection: sa.Connection, table: sa.Table, name: str) -> None:
    if connection.execute(sa.select(table.c.id).where(table.c.id == name)).first() is not None:
        what = "volume" if table is volumes else "snapshot"
        raise BadRequest(f"Unable to manage existing {what}. The {what} is already managed", reason="InvalidVolume")


def _type(connection: sa.Connection, ctx: Context, wanted: str | None) -> Row:
    if wanted is None:
        return default_type_row(connection, ctx.project)
    try:
        return type_row(connection, ctx, wanted)
    except NotFound:
        raise BadRequest(
            f"Invalid volume type: Cannot find requested '{wanted}' volume type", reason="InvalidVolumeType"
        ) from None


def _new_volume(ctx: Context, spec: VolumeReference, backend: Backend, kind: Row) -> dict[str, Any]:
    return {
        "id": new_id(),
        "project_id": ctx.project,
        "user_id": ctx.user_id,
        "name": spec.name,
        "description": spec.description,
        "status": "creating",
        "size_gib": 0,
        "promised_gib": 0,
        "availability_zone": ZONE,
        "volume_type_id": kind.id,
        "is_multiattach": is_multiattach(kind.extra_specs),
        "bootable": spec.bootable,
        "backend": backend.name,
        "metadata": dict(spec.metadata),
        "image_metadata": {},
        "flags": {},
        "created_at": utcnow(),
    }


class EmbeddedManageableSnapshots(ManageableSnapshots):
    """The files in the folders of snapshots."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._cloud = cloud
        self._store = cloud.store
        self._quotas = StorageQuotas(cloud.store)

    def find(self, ctx: Context, host: str) -> Iterable[Manageable]:
        backend, table = _backend(self._cloud, host), volume_snapshots.c
        with self._store.read() as connection:
            here = connection.execute(sa.select(table.id, table.volume_id).where(table.backend == backend.name))
            known: dict[str, str | None] = {row.id: row.volume_id for row in here}
        return _found(backend.snapshots, known, of_volumes=False)

    def manage(self, ctx: Context, spec: SnapshotReference) -> Snapshot:
        name = _name(spec.reference)
        with self._store.write(TOPIC) as connection:
            volume = volume_row(connection, ctx, spec.volume_id)
            if volume.backend is None:
                raise BadRequest(f"Volume {volume.id} is on no backend, so there is nothing to manage for it.")
            _require_unmanaged(connection, volume_snapshots, name)
            self._quotas.require(connection, ctx.project, snapshot_demand(volume.size_gib, volume.volume_type))
            snapshot_id = new_id()
            connection.execute(volume_snapshots.insert().values(_new_snapshot(ctx, spec, volume, snapshot_id)))
            task: dict[str, Any] = {"snapshot_id": snapshot_id, "name": name, "request_id": ctx.request_id}
            self._cloud.tasks.enqueue(connection, MANAGE_SNAPSHOT, **task)
            return snapshot_of(snapshot_row(connection, ctx, snapshot_id))


def _new_snapshot(ctx: Context, spec: SnapshotReference, volume: Row, snapshot_id: str) -> dict[str, Any]:
    return {
        "id": snapshot_id,
        "volume_id": volume.id,
        "project_id": ctx.project,
        "user_id": ctx.user_id,
        "name": spec.name,
        "description": spec.description,
        "size_gib": volume.size_gib,
        "status": "creating",
        "backend": volume.backend,
        "metadata": dict(spec.metadata),
        "created_at": utcnow(),
    }
