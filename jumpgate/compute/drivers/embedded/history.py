"""What was done to servers, recorded: an action when it is asked for, its event when it has been done.

Source: Nova's ``compute/instance_actions.py``; the events are called as its own are.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.format import parse_iso, utcnow
from jumpgate.common.listing import Applied, Filter, Query, Sort
from jumpgate.compute.contract import InstanceActions
from jumpgate.compute.drivers.embedded import records
from jumpgate.compute.drivers.embedded.region import HOST, Region
from jumpgate.compute.models import ActionEvent, InstanceAction
from jumpgate.store import listing
from jumpgate.store.tables.compute import instance_actions

_EVENTS: Mapping[str, str] = {
    "create": "compute__do_build_and_run_instance",
    "delete": "compute_terminate_instance",
    "rebuild": "compute_rebuild_instance",
    "resize": "compute_resize_instance",
    "confirmResize": "compute_confirm_resize",
    "revertResize": "compute_revert_resize",
    "changePassword": "compute_set_admin_password",
    "createImage": "compute_snapshot_instance",
    "createBackup": "compute_backup_instance",
    "shelveOffload": "compute_shelve_offload_instance",
    "lock": "api_lock",
    "unlock": "api_unlock",
}


def begin(connection: sa.Connection, ctx: Context, server_id: str, name: str) -> str:
    """Record that an action was asked for, and return the record's id."""
    now = utcnow()
    row = {
        "id": str(uuid.uuid4()),
        "server_id": server_id,
        # What is done without a request (in a task) has a name of its own all the same.
        "request_id": ctx.request_id or f"req-{uuid.uuid4()}",
        "name": name,
        "user_id": ctx.user_id,
        "project_id": ctx.project,
        "started_at": now,
        "updated_at": now,
        "events": [],
    }
    connection.execute(instance_actions.insert().values(row))
    return str(row["id"])


def end(connection: sa.Connection, action_id: str | None, error: Exception | None = None) -> None:
    """Record how an action ended. One that has ended already, before a crash say, is left as it is."""
    row = connection.execute(sa.select(instance_actions).where(instance_actions.c.id == action_id)).one_or_none()
    if row is None or row.events:
        return
    now = utcnow()
    event = {
        "name": _EVENTS.get(row.name, f"compute_{row.name}_instance" if "_" not in row.name else f"compute_{row.name}"),
        "started_at": row.started_at.isoformat(),
        "finished_at": now.isoformat(),
        "result": "Success" if error is None else "Error",
        "host": HOST,
        "details": None if error is None else str(error),
    }
    values = {"events": [event], "updated_at": now, "message": None if error is None else "Error"}
    connection.execute(instance_actions.update().where(instance_actions.c.id == action_id).values(values))


def _to_event(values: Mapping[str, Any]) -> ActionEvent:
    times: dict[str, dt.datetime] = {name: parse_iso(values[name]) for name in ("started_at", "finished_at")}
    return ActionEvent(**{**values, **times})


def _to_action(row: sa.Row[Any]) -> InstanceAction:
    return InstanceAction(
        request_id=row.request_id,
        server_id=row.server_id,
        name=row.name,
        user_id=row.user_id,
        project_id=row.project_id,
        started_at=row.started_at,
        updated_at=row.updated_at,
        message=row.message,
        events=tuple(_to_event(event) for event in row.events),
    )


_COLUMNS = {name: instance_actions.c[name] for name in ("request_id", "started_at", "updated_at", "name")}
_LATEST_FIRST = (Sort("started_at", True), Sort("request_id", True))


class EmbeddedInstanceActions(InstanceActions):
    """The recorded actions."""

    def __init__(self, region: Region) -> None:
        self._store = region.store

    def find(self, ctx: Context, server_id: str, query: Query) -> Iterable[InstanceAction]:
        with self._store.read() as connection:
            self._check(connection, ctx, server_id)
            wanted = sa.select(instance_actions).where(instance_actions.c.server_id == server_id)
            latest = dataclasses.replace(query, sort=_LATEST_FIRST)
            rows = listing.rows(connection, wanted, _COLUMNS, latest, key="request_id")
        return Applied([_to_action(row) for row in rows])

    def get(self, ctx: Context, server_id: str, request_id: str) -> InstanceAction:
        query = Query(filters=(Filter("request_id", (request_id,)),))
        for action in self.find(ctx, server_id, query):
            return action
        raise NotFound(f"Action {request_id} not found")

    @staticmethod
    def _check(connection: sa.Connection, ctx: Context, server_id: str) -> None:
        """A deleted server's actions can be read, too; the others' are nobody else's business."""
        row = records.anyone(connection, server_id)
        if row is None or not (row.project_id == ctx.project or ctx.is_admin):
            raise records.missing(server_id)
