"""What was done to a server: a note of its instance, the latest first."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.format import parse_iso, utcnow
from jumpgate.common.listing import Query
from jumpgate.compute.contract import InstanceActions
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.models import ActionEvent, InstanceAction

MOST = 50
_NAMES: Mapping[str, str] = {"os-migrateLive": "live-migration"}
# What the events of actions are called whose name is no part of theirs. Source: Nova's compute/instance_actions.py.
_EVENTS: Mapping[str, str] = {
    "create": "compute__do_build_and_run_instance",
    "delete": "compute_terminate_instance",
    "confirmResize": "compute_confirm_resize",
    "revertResize": "compute_revert_resize",
    "createImage": "compute_snapshot_instance",
    "lock": "api_lock",
    "unlock": "api_unlock",
}


def name(action: str) -> str:
    """Return what an action of the API is called in the list of actions."""
    return _NAMES.get(action, action)


def begun(record: Record, ctx: Context, name: str) -> list[dict[str, Any]]:
    """Return the note of an instance's actions with a new one, which has not ended."""
    return [action(ctx, name), *notes.value(record["config"], "actions", [])][:MOST]


def action(ctx: Context, name: str) -> dict[str, Any]:
    """Return an action that begins now."""
    return {
        "request_id": ctx.request_id or f"req-{uuid.uuid4()}",
        "name": name,
        "user_id": ctx.user_id,
        "started_at": utcnow().isoformat(),
    }


def ended(record: Record, name: str, error: Exception | None = None) -> list[dict[str, Any]]:
    """Return the note of an instance's actions in which the latest of a name has ended."""
    known: list[dict[str, Any]] = notes.value(record["config"], "actions", [])
    for item in known:
        if item["name"] == name and "finished_at" not in item:
            item["finished_at"] = utcnow().isoformat()
            if error is not None:
                item["error"] = str(error)
            break
    return known


def over(record: Record, ended_now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the note of an instance's actions with one that has begun a while ago and ends now."""
    finished = {**ended_now, "finished_at": utcnow().isoformat()}
    return [finished, *notes.value(record["config"], "actions", [])][:MOST]


def done(record: Record, ctx: Context, name: str) -> list[dict[str, Any]]:
    """Return the note of an instance's actions with one that took no time."""
    actions = begun(record, ctx, name)
    actions[0]["finished_at"] = utcnow().isoformat()
    return actions


class LxdInstanceActions(InstanceActions):
    """The actions in the notes of an instance; they go with it."""

    def __init__(self, instances: Instances) -> None:
        self._instances = instances

    def find(self, ctx: Context, server_id: str, query: Query) -> Iterable[InstanceAction]:
        record = self._instances.get(ctx, server_id)
        project_id = self._instances.owner(record)
        return [
            _action(item, server_id, project_id, str(record.get("location") or "none"))
            for item in notes.value(record["config"], "actions", [])
        ]

    def get(self, ctx: Context, server_id: str, request_id: str) -> InstanceAction:
        for item in self.find(ctx, server_id, Query()):
            if item.request_id == request_id:
                return item
        raise NotFound(f"Action {request_id} not found")


def _action(item: Mapping[str, Any], server_id: str, project_id: str, host: str) -> InstanceAction:
    started, finished, error = parse_iso(item["started_at"]), item.get("finished_at"), item.get("error")
    name = item["name"]
    event = ActionEvent(
        name=_EVENTS.get(name, f"compute_{name}_instance" if "_" not in name else f"compute_{name}"),
        started_at=started,
        finished_at=parse_iso(finished) if finished else None,
        result=None if finished is None else "Error" if error else "Success",
        host=host,
        details=error,
    )
    return InstanceAction(
        request_id=item["request_id"],
        server_id=server_id,
        name=name,
        user_id=item["user_id"],
        project_id=project_id,
        started_at=started,
        updated_at=parse_iso(finished) if finished else started,
        message="Error" if error else None,
        events=(event,),
    )
