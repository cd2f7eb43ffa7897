"""Groups of volumes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract import Groups
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, ZONE, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.group_rows import (
    group_row,
    group_snapshot_row,
    group_type_called,
    groups_of,
    types_in,
    volumes_in,
)
from jumpgate.block_storage.drivers.embedded.kinds import DELETE
from jumpgate.block_storage.drivers.embedded.membership import GROUPS, settle
from jumpgate.block_storage.drivers.embedded.quotas import StorageQuotas
from jumpgate.block_storage.drivers.embedded.rows import Row, attachments_of, save, volume_row
from jumpgate.block_storage.drivers.embedded.volume_types import type_row
from jumpgate.block_storage.drivers.embedded.volumes import EmbeddedVolumes
from jumpgate.block_storage.errors import InvalidGroup, InvalidInput, InvalidVolume
from jumpgate.block_storage.models import Group, GroupCopySpec, GroupSpec, VolumeSpec
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query
from jumpgate.common.resource import Changes
from jumpgate.store.listing import rows, supports
from jumpgate.store.tables.block_storage import (
    volume_group_snapshots,
    volume_group_volume_types,
    volume_groups,
    volume_snapshots,
    volumes,
)

_COLUMNS: dict[str, sa.ColumnElement[Any]] = {column.name: column for column in volume_groups.c}
_JOINS = ("available", "in-use")
_LEAVES = ("available", "in-use", "error", "error_deleting")
# What a type asks for whose volumes are to be copied at one moment. The copies here are made one after the other.
_CONSISTENT = ("consistent_group_snapshot_enabled", "<is> True")


class EmbeddedGroups(Groups):
    """The groups of a project's volumes."""

    def __init__(self, cloud: EmbeddedCloud, members: EmbeddedVolumes) -> None:
        self._store = cloud.store
        self._tasks = cloud.tasks
        self._volumes = members
        self._quotas = StorageQuotas(cloud.store)

    def revision(self, ctx: Context) -> Hashable:
        return self._store.revision(TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Group]:
        statement = sa.select(volume_groups)
        if not query.all_projects:
            statement = statement.where(volume_groups.c.project_id == ctx.project)
        with self._store.read() as connection:
            if supports(_COLUMNS, query):
                return Applied(groups_of(connection, rows(connection, statement, _COLUMNS, query)))
            return groups_of(connection, connection.execute(statement).all())

    def get(self, ctx: Context, resource_id: str) -> Group:
        with self._store.read() as connection:
            return groups_of(connection, [group_row(connection, ctx, resource_id)])[0]

    def create(self, ctx: Context, spec: GroupSpec) -> Group:
        zone = spec.availability_zone or ZONE
        if zone != ZONE:
            raise InvalidInput(f"Availability zone '{zone}' is invalid.")
        with self._store.write(TOPIC) as connection:
            types = [type_row(connection, ctx, reference).id for reference in spec.volume_types]
            group_type = group_type_called(connection, ctx, spec.group_type)
            key, promise = _CONSISTENT
            group_id = self._insert(
                connection,
                ctx,
                types,
                name=spec.name,
                description=spec.description,
                group_type_id=group_type.id,
                status="error" if group_type.group_specs.get(key) == promise else "available",
            )
        return self.get(ctx, group_id)

    def _insert(self, connection: sa.Connection, ctx: Context, type_ids: Iterable[str], **values: Any) -> str:
        """Insert the row of a group and return its id."""
        self._quotas.require(connection, ctx.project, {"groups": 1})
        row = {
            "id": new_id(),
            "project_id": ctx.project,
            "user_id": ctx.user_id,
            "availability_zone": ZONE,
            "created_at": utcnow(),
        }
        connection.execute(volume_groups.insert().values(**row, **values))
        for type_id in dict.fromkeys(type_ids):
            connection.execute(volume_group_volume_types.insert().values(group_id=row["id"], volume_type_id=type_id))
        return str(row["id"])

    def copy(self, ctx: Context, spec: GroupCopySpec) -> Group:
        with self._store.write(TOPIC) as connection:
            if spec.group_snapshot_id is not None:
                snapshot = group_snapshot_row(connection, ctx, spec.group_snapshot_id)
                source = group_row(connection, ctx, snapshot.group_id)
                members = _at_snapshot(connection, snapshot.id)
            else:
                source = group_row(connection, ctx, spec.source_group_id or "")
                members = _as_they_are(connection, source.id)
            group_id = self._insert(
                connection,
                ctx,
                types_in(connection, [source.id])[source.id],
                name=spec.name,
                description=spec.description,
                group_type_id=source.group_type_id,
                group_snapshot_id=spec.group_snapshot_id,
                source_group_id=spec.source_group_id,
                status="creating",
            )
            for member in members:
                self._volumes.insert(connection, ctx, VolumeSpec(group_id=group_id, **member))
        return self.get(ctx, group_id)

    def update(
        self, ctx: Context, resource_id: str, changes: Changes, *, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> Group:
        with self._store.write(TOPIC) as connection:
            group = group_row(connection, ctx, resource_id)
            comes, goes = _new_members(connection, ctx, group, add), _old_members(connection, group, remove)
            values = {name: value for name, value in changes.items() if value not in (None, getattr(group, name))}
            if not values and not comes and not goes:
                raise InvalidGroup(
                    f"Cannot update group {group.id} because no valid name, description, add_volumes, or "
                    "remove_volumes were provided."
                )
            if (comes or goes) and group.status != "available":
                raise InvalidGroup("Group status must be available.")
            for member_ids, group_id in ((comes, group.id), (goes, None)):
                for member_id in member_ids:
                    save(connection, volumes, member_id, {"group_id": group_id})
            save(connection, volume_groups, group.id, values)
        return self.get(ctx, resource_id)

    def delete(self, ctx: Context, resource_id: str, *, with_volumes: bool = False) -> None:
        with self._store.write(TOPIC) as connection:
            group = group_row(connection, ctx, resource_id)
            members = volumes_in(connection, group.id)
            _require_deletable(connection, group, members, with_volumes=with_volumes)
            save(connection, volume_groups, group.id, {"status": "deleting"})
            for volume in members:
                save(connection, volumes, volume.id, {"status": "deleting"})
                more = {"backend": volume.backend, "request_id": ctx.request_id}
                self._tasks.enqueue(connection, DELETE, volume_id=volume.id, **more)
            settle(connection, GROUPS, group.id)

    def reset_status(self, ctx: Context, group_id: str, status: str) -> None:
        with self._store.write(TOPIC) as connection:
            save(connection, volume_groups, group_row(connection, ctx, group_id).id, {"status": status})


def _at_snapshot(connection: sa.Connection, group_snapshot_id: str) -> list[dict[str, Any]]:
    """Return what volumes to make of a group snapshot."""
    of_it = volume_snapshots.c.group_snapshot_id == group_snapshot_id
    statement = sa.select(volume_snapshots).where(of_it).order_by(volume_snapshots.c.created_at, volume_snapshots.c.id)
    found = [{"snapshot_id": row.id, "size_gib": row.size_gib} for row in connection.execute(statement)]
    if not found:
        raise InvalidGroup("Group snapshot is empty. No group will be created.")
    return found


def _as_they_are(connection: sa.Connection, group_id: str) -> list[dict[str, Any]]:
    """Return what volumes to make of a group."""
    found = [{"source_volume_id": row.id, "size_gib": row.size_gib} for row in volumes_in(connection, group_id)]
    if not found:
        raise InvalidGroup("Source Group is empty. No group will be created.")
    return found


def _new_members(connection: sa.Connection, ctx: Context, group: Row, volume_ids: Iterable[str]) -> list[str]:
    """Return which of the volumes are to come into a group; raise BadRequest for one that cannot."""
    types = types_in(connection, [group.id])[group.id]
    comes = []
    for volume_id in dict.fromkeys(volume_ids):
        refused = f"Cannot add volume {volume_id} to group {group.id} because"
        try:
            volume = volume_row(connection, ctx, volume_id)
        except NotFound:
            raise InvalidVolume(f"{refused} volume cannot be found.") from None
        if volume.group_id == group.id:
            continue
        if volume.group_id is not None:
            raise InvalidVolume(f"{refused} it is already in group {volume.group_id}.")
        if volume.project_id != group.project_id:
            raise InvalidVolume(
                f"Cannot add volume {volume_id} to group {group.id} as they belong to different projects."
            )
        if volume.volume_type_id not in types:
            raise InvalidVolume(f"{refused} volume type {volume.volume_type_id} is not supported by the group.")
        if volume.status not in _JOINS:
            raise InvalidVolume(
                f"{refused} volume is in an invalid state: {volume.status}. Valid states are: {_JOINS}."
            )
        comes.append(volume.id)
    return comes


def _old_members(connection: sa.Connection, group: Row, volume_ids: Iterable[str]) -> list[str]:
    """Return which volumes are to leave a group; raise BadRequest for one that cannot."""
    members = {row.id: row.status for row in volumes_in(connection, group.id)}
    goes = list(dict.fromkeys(volume_ids))
    for volume_id in goes:
        refused = f"Cannot remove volume {volume_id} from group {group.id} because"
        if volume_id not in members:
            raise InvalidVolume(f"{refused} it is not in the group.")
        if members[volume_id] not in _LEAVES:
            raise InvalidVolume(
                f"{refused} volume is in an invalid state: {members[volume_id]}. Valid states are: {_LEAVES}."
            )
    return goes


def _require_deletable(connection: sa.Connection, group: Row, members: Sequence[Row], *, with_volumes: bool) -> None:
    """Raise BadRequest for a group that has what must go first, or that another is being made from."""
    if not with_volumes and group.status not in ("available", "error"):
        raise InvalidGroup(f"Group status must be available or error, but current status is: {group.status}")
    if _has(connection, volume_group_snapshots.c.group_id == group.id):
        raise InvalidGroup("Group has existing snapshots.")
    if members and not with_volumes:
        raise InvalidGroup(
            f"Group {group.id} still contains volumes. The delete-volumes flag is required to delete it."
        )
    for volume in members:
        if any(item.status == "attached" for item in attachments_of(connection, volume.id)):
            raise InvalidGroup(f"Volume in group {group.id} is attached. Need to detach first.")
        if _has(connection, volume_snapshots.c.volume_id == volume.id):
            raise InvalidGroup("Volume in group still has dependent snapshots.")
    if _has(connection, sa.and_(volume_groups.c.source_group_id == group.id, volume_groups.c.status == "creating")):
        raise InvalidGroup(
            f"Cannot delete group {group.id}. Group must not have attached volumes, volumes with snapshots, or "
            "dependent group snapshots, and it cannot be the source for an ongoing group or group snapshot creation."
        )


def _has(connection: sa.Connection, having: sa.ColumnElement[bool]) -> bool:
    return bool(connection.execute(sa.select(sa.exists().where(having))).scalar())
