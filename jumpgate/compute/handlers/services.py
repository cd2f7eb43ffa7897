"""``/os-services``: the processes of the compute service, for operators.

Source: the API reference, "Compute services (os-services)".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.fields import Field, View
from jumpgate.common.format import iso_microseconds
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.contract.operators import Hosts
from jumpgate.compute.models.operations import ComputeService
from jumpgate.compute.schemas import operators as schemas
from jumpgate.compute.schemas.parameters import truth

_RULE = "os_compute_api:os-services:"
_UNTIL = "2.52"

_SERVICE: View[ComputeService] = View(
    Field("binary"),
    Field("host"),
    # Numbers became UUIDs in 2.53.
    Field("id", "number", until="2.52"),
    Field("id", since="2.53"),
    Field("zone"),
    Field("status", lambda service, _: "enabled" if service.enabled else "disabled"),
    Field("state", lambda service, _: "up" if service.up else "down"),
    Field("updated_at", lambda service, _: iso_microseconds(service.updated_at)),
    Field("disabled_reason"),
    Field("forced_down", since="2.11"),
)


def _contract(call: Call[Compute]) -> Hosts:
    hosts = call.cloud.hosts
    assert hosts is not None
    return hosts


class ServicesHandler(Handler[Compute]):
    """All."""

    @operation("hosts.services", policy=_RULE + "list", query=schemas.LIST_SERVICES)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        wanted = {name: call.parameter(name) for name in ("host", "binary") if call.parameter(name)}
        found = [
            service
            for service in _contract(call).services(call.ctx)
            if all(getattr(service, name) == value for name, value in wanted.items())
        ]
        return {"services": list(map(_SERVICE.bind(call), found))}


class ServiceHandler(Handler[Compute]):
    """One, since 2.53."""

    @operation("hosts.update_service", policy=_RULE + "update", body=schemas.UPDATE_SERVICE, since="2.53")
    def on_put(self, call: Call[Compute], service_id: str) -> dict[str, Any]:
        wanted = call.body
        _check_id(service_id)
        if not wanted:
            raise BadRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
        if "disabled_reason" in wanted and wanted.get("status") != "disabled":
            raise BadRequest("Specifying disabled_reason requires that status is disabled.")
        changes: dict[str, Any] = {}
        if "status" in wanted:
            changes |= {"enabled": wanted["status"] == "enabled", "disabled_reason": wanted.get("disabled_reason")}
        if "forced_down" in wanted:
            changes["forced_down"] = truth(wanted["forced_down"])
        return {"service": _SERVICE.render(_contract(call).update_service(call.ctx, service_id, changes), call)}

    @operation("hosts.delete_service", policy=_RULE + "delete", status=204)
    def on_delete(self, call: Call[Compute], service_id: str) -> None:
        _check_id(service_id)
        _contract(call).delete_service(call.ctx, service_id)


def _check_id(service_id: str) -> None:
    try:
        uuid.UUID(service_id)
    except ValueError:
        raise BadRequest(f"Invalid uuid {service_id}") from None


def _change(call: Call[Compute], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change the service that a body of the time before 2.53 names, and return its names."""
    host, binary = call.body["host"], call.body["binary"]
    if binary != "nova-compute":
        raise BadRequest(f"Updating a {binary} service is not supported. Only nova-compute services can be updated.")
    for service in _contract(call).services(call.ctx):
        if (service.host, service.binary) == (host, binary):
            _contract(call).update_service(call.ctx, service.id, changes)
            return {"host": host, "binary": binary}
    raise NotFound(f"Host '{host}' is not mapped to any cell", reason="HostMappingNotFound")


class ServiceEnableHandler(Handler[Compute]):
    """``/os-services/enable``."""

    @operation("hosts.update_service", policy=_RULE + "update", body=schemas.SWITCH_SERVICE, until=_UNTIL)
    def on_put(self, call: Call[Compute]) -> dict[str, Any]:
        return {"service": {**_change(call, {"enabled": True, "disabled_reason": None}), "status": "enabled"}}


class ServiceDisableHandler(Handler[Compute]):
    """``/os-services/disable``."""

    @operation("hosts.update_service", policy=_RULE + "update", body=schemas.SWITCH_SERVICE, until=_UNTIL)
    def on_put(self, call: Call[Compute]) -> dict[str, Any]:
        return {"service": {**_change(call, {"enabled": False, "disabled_reason": None}), "status": "disabled"}}


class ServiceDisableReasonHandler(Handler[Compute]):
    """``/os-services/disable-log-reason``."""

    @operation("hosts.update_service", policy=_RULE + "update", body=schemas.SWITCH_SERVICE, until=_UNTIL)
    def on_put(self, call: Call[Compute]) -> dict[str, Any]:
        reason = call.body.get("disabled_reason")
        if reason is None:
            raise BadRequest("Missing disabled reason field")
        changed = _change(call, {"enabled": False, "disabled_reason": reason})
        return {"service": {**changed, "status": "disabled", "disabled_reason": reason}}


class ServiceForceDownHandler(Handler[Compute]):
    """``/os-services/force-down``, since 2.11."""

    @operation("hosts.update_service", policy=_RULE + "update", body=schemas.SWITCH_SERVICE, since="2.11", until=_UNTIL)
    def on_put(self, call: Call[Compute]) -> dict[str, Any]:
        if "forced_down" not in call.body:
            raise BadRequest("Missing forced_down field")
        down = truth(call.body["forced_down"])
        return {"service": {**_change(call, {"forced_down": down}), "forced_down": down}}
