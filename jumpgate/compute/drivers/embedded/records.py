"""Servers as rows: reading them, changing them, and what they are as models."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.format import parse_iso, utcnow
from jumpgate.common.listing import Filter
from jumpgate.compute.models import Fault, Flavor, Server
from jumpgate.store.tables.compute import server_tags, servers

Row = sa.Row[Any]

# What a list reads: everything but the build's requests, the console and the key.
_UNLISTED = {"requests", "console", "key_data", "old_flavor", "old_vm_state", "shelved_image_id", "vcpus", "ram_mib"}
LISTED = tuple(column for column in servers.c if column.name not in _UNLISTED)
FOUND = sa.select(*LISTED)

# By the models' attributes, for filters and sort keys.
COLUMNS: Mapping[str, sa.ColumnElement[Any]] = {
    **{
        name: servers.c[name]
        for name in (
            "id",
            "name",
            "description",
            "project_id",
            "user_id",
            "vm_state",
            "task_state",
            "created_at",
            "updated_at",
            "launched_at",
            "terminated_at",
            "deleted",
            "host",
            "availability_zone",
            "hostname",
            "image_id",
            "kernel_id",
            "ramdisk_id",
            "root_device_name",
            "key_name",
            "access_ipv4",
            "access_ipv6",
            "config_drive",
            "disk_config",
            "locked_by",
            "reservation_id",
        )
    },
    "hypervisor_hostname": servers.c.host,
    "flavor.id": servers.c.flavor_id,
    "locked": servers.c.locked_by.is_not(None),
    "power_state": servers.c.power_state,
    "progress": servers.c.progress,
    "launch_index": servers.c.launch_index,
}

# Numbers as text, for patterns.
NUMBERS: Mapping[str, sa.ColumnElement[Any]] = {
    name: sa.cast(servers.c[name], sa.String) for name in ("power_state", "progress", "launch_index")
}
_TIMES = frozenset({"created_at", "launched_at", "terminated_at", "updated_at"})


def is_written_time(item: Filter) -> bool:
    """Tell whether a filter is a pattern for a time as text, which the database has no text of."""
    return item.op == "regex" and item.attribute in _TIMES


def flavor_values(flavor: Flavor) -> dict[str, Any]:
    """Return a flavor as JSON, as a server keeps it."""
    values = {field.name: getattr(flavor, field.name) for field in dataclasses.fields(flavor)}
    del values["created_at"], values["updated_at"]
    return {**values, "extra_specs": dict(flavor.extra_specs)}


def flavor_of(values: Mapping[str, Any]) -> Flavor:
    """Return the flavor that `flavor_values` wrote."""
    return Flavor(**values)


def fault_values(code: int, message: str, details: str = "") -> dict[str, Any]:
    """Return a fault of this moment as JSON. Nova cuts the message to its column's 255 characters."""
    return {"code": code, "message": message[:255], "details": details, "created_at": utcnow().isoformat()}


def _fault(values: Mapping[str, Any] | None) -> Fault | None:
    return None if values is None else Fault(**{**values, "created_at": parse_iso(values["created_at"])})


def to_server(row: Row, tags: Sequence[str] = ()) -> Server:
    """Return a row as a model; what `detailed` adds is left out."""
    return Server(
        id=row.id,
        name=row.name,
        project_id=row.project_id,
        user_id=row.user_id,
        vm_state=row.vm_state,
        task_state=row.task_state,
        power_state=row.power_state,
        progress=row.progress,
        created_at=row.created_at,
        updated_at=row.updated_at,
        launched_at=row.launched_at,
        terminated_at=row.terminated_at,
        deleted=row.deleted,
        flavor=flavor_of(row.flavor),
        image_id=row.image_id,
        image_properties=row.image_properties,
        scheduler_hints=row.scheduler_hints,
        description=row.description,
        metadata=row.metadata,
        tags=tuple(tags),
        access_ipv4=row.access_ipv4,
        access_ipv6=row.access_ipv6,
        availability_zone=row.availability_zone or "" if row.host else "",
        pinned_availability_zone=row.pinned_availability_zone,
        config_drive=row.config_drive,
        disk_config=row.disk_config,
        key_name=row.key_name,
        locked_by=row.locked_by,
        locked_reason=row.locked_reason,
        host=row.host,
        hypervisor_hostname=row.host,
        host_status="UP" if row.host else "",
        hostname=row.hostname,
        instance_name=f"instance-{row.number:08x}",
        kernel_id=row.kernel_id,
        ramdisk_id=row.ramdisk_id,
        launch_index=row.launch_index,
        reservation_id=row.reservation_id,
        root_device_name=row.root_device_name,
        user_data=row.user_data,
        trusted_image_certificates=_tuple(row.trusted_image_certificates),
        server_groups=(row.server_group_id,) if row.server_group_id else (),
        fault=_fault(row.fault),
    )


def _tuple(items: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if items is None else tuple(items)


def missing(server_id: str) -> NotFound:
    """Return the error for a server that is not there."""
    return NotFound(f"Instance {server_id} could not be found.", reason="InstanceNotFound")


def load(connection: sa.Connection, ctx: Context, server_id: str) -> Row:
    """Return the whole row of a server that the caller may see; raise NotFound."""
    row = anyone(connection, server_id)
    if row is None or row.deleted or not (row.project_id == ctx.project or ctx.is_admin):
        raise missing(server_id)
    return row


def anyone(connection: sa.Connection, server_id: str) -> Row | None:
    """Return the whole row of a server of any project, deleted or not, None where there is none."""
    return connection.execute(sa.select(servers).where(servers.c.id == server_id)).one_or_none()


def change(connection: sa.Connection, server_id: str, **values: Any) -> None:
    """Change a server's row, and the time of its last change."""
    now: dt.datetime = utcnow()
    connection.execute(servers.update().where(servers.c.id == server_id).values(updated_at=now, **values))


def tags_of(connection: sa.Connection, server_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the tags of servers."""
    found: dict[str, list[str]] = {}
    wanted = sa.select(server_tags).where(server_tags.c.server_id.in_(server_ids)).order_by(server_tags.c.position)
    for row in connection.execute(wanted):
        found.setdefault(row.server_id, []).append(row.tag)
    return found


def log(connection: sa.Connection, row: Row, *lines: str) -> None:
    """Write lines to a server's console."""
    stamped = "".join(f"[{utcnow():%Y-%m-%d %H:%M:%S}] {line}\n" for line in lines)
    connection.execute(servers.update().where(servers.c.id == row.id).values(console=servers.c.console + stamped))
