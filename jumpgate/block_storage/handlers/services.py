"""The workers of the service: what they are, what an administrator does to them, and the hosts they are on.

Source: the API reference, "Services (os-services)" and "Hosts extension (os-hosts)".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.contract.operators import Services
from jumpgate.block_storage.models.operators import HostLoad, ServiceState
from jumpgate.block_storage.schemas import services as schemas
from jumpgate.block_storage.views import services as views
from jumpgate.common.errors import BadRequest, NotFound, NotSupported
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Handler, operation

_UPDATE = "volume_extension:services:update"
Answer = dict[str, Any] | None


class ServicesHandler(Handler[BlockStorage]):
    """The workers."""

    @operation("services.find", policy="volume_extension:services:index")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        host, binary = call.parameter("host"), call.parameter("binary")
        return {
            "services": [
                views.service(state, call)
                for state in _services(call).find(call.ctx)
                if binary in (None, state.binary) and (host is None or _is_on(state, host))
            ]
        }


def _services(call: Call[BlockStorage]) -> Services:
    if call.cloud.services is None:
        raise NotSupported("This cloud has no workers to speak of.")
    return call.cloud.services


def _is_on(state: ServiceState, host: str) -> bool:
    """Tell whether a worker is on a host, which may be named without its backend."""
    return state.host == host or state.host.startswith(f"{host}@")


def host_in(body: Mapping[str, Any]) -> str:
    """Return the host that a body or a query names; raise BadRequest without one."""
    host: str | None = body.get("host")
    if not host:
        raise BadRequest("Invalid input received: Host field is missing.", reason="InvalidInput")
    return host


def _switched(body: Mapping[str, Any], *, is_enabled: bool) -> dict[str, Any]:
    return {
        "host": body["host"],
        "service": body.get("service", ""),
        "binary": body.get("binary", ""),
        "status": "enabled" if is_enabled else "disabled",
        "disabled": not is_enabled,
    }


def _binary(body: Mapping[str, Any]) -> str:
    """Return the worker's name, which was once called the service."""
    name: str = body.get("binary") or body["service"]
    return name


def _enable(call: Call[BlockStorage], body: Mapping[str, Any]) -> Answer:
    _services(call).enable(call.ctx, host_in(body), _binary(body))
    return _switched(body, is_enabled=True)


def _disable(call: Call[BlockStorage], body: Mapping[str, Any]) -> Answer:
    _services(call).disable(call.ctx, host_in(body), _binary(body), None)
    return _switched(body, is_enabled=False)


def _disable_with_reason(call: Call[BlockStorage], body: Mapping[str, Any]) -> Answer:
    reason = body.get("disabled_reason")
    _services(call).disable(call.ctx, host_in(body), _binary(body), reason)
    return {**_switched(body, is_enabled=False), "disabled_reason": reason}


def _freeze(call: Call[BlockStorage], body: Mapping[str, Any]) -> Answer:
    _services(call).freeze(call.ctx, host_in(body))
    return None


def _thaw(call: Call[BlockStorage], body: Mapping[str, Any]) -> Answer:
    _services(call).thaw(call.ctx, host_in(body))
    return None


def _fail_over(call: Call[BlockStorage], body: Mapping[str, Any]) -> Answer:
    _services(call).fail_over(call.ctx, host_in(body), body.get("backend_id"))
    return None


@dataclass(frozen=True, slots=True)
class ServiceAction:
    """One thing to do to workers: the contract's operation, the body's schema and what it runs."""

    capability: str
    schema: Schema
    run: Callable[[Call[BlockStorage], Mapping[str, Any]], Answer]
    since: str | None = None
    status: int = 200


def _unserved(_call: Call[BlockStorage], _body: Mapping[str, Any]) -> Answer:
    raise NotSupported("This cloud does not change what its workers log while they run; its configuration says that.")


ACTIONS: Mapping[str, ServiceAction] = {
    "enable": ServiceAction("services.enable", schemas.SWITCH, _enable),
    "disable": ServiceAction("services.disable", schemas.SWITCH, _disable),
    "disable-log-reason": ServiceAction("services.disable", schemas.DISABLE_WITH_REASON, _disable_with_reason),
    "freeze": ServiceAction("services.freeze", schemas.FREEZE, _freeze),
    "thaw": ServiceAction("services.thaw", schemas.FREEZE, _thaw),
    "failover_host": ServiceAction("services.fail_over", schemas.FAIL_OVER, _fail_over, status=202),
    # Its name since 3.26, when backends could be in clusters.
    "failover": ServiceAction("services.fail_over", schemas.FAIL_OVER, _fail_over, since="3.26", status=202),
    "get-log": ServiceAction("services.find", schemas.LOG, _unserved, since="3.32"),
    "set-log": ServiceAction("services.find", schemas.LOG, _unserved, since="3.32"),
}


class ServiceActionHandler(Handler[BlockStorage]):
    """``PUT /os-services/{action}``."""

    @operation(policy=_UPDATE, body=schemas.ANY)
    def on_put(self, call: Call[BlockStorage], action: str) -> Answer:
        """Act."""
        wanted = ACTIONS.get(action)
        if wanted is None or (wanted.since is not None and not call.at_least(wanted.since)):
            raise NotFound("The resource could not be found.")
        if not call.service.offers(wanted.capability):
            raise NotSupported(f"This cloud does not support {wanted.capability}.")
        wanted.schema.validate(call.body, call.version)
        call.resp.status = wanted.status
        return wanted.run(call, call.body)


class HostsHandler(Handler[BlockStorage]):
    """The workers as hosts, as they were once listed."""

    @operation("services.find", policy="volume_extension:hosts")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        zone = call.parameter("zone")
        found = (state for state in _services(call).find(call.ctx) if zone in (None, state.availability_zone))
        return {"hosts": [views.host(state, call) for state in found if state.is_enabled]}


class HostHandler(Handler[BlockStorage]):
    """What the projects have on one host, and all of them together."""

    @operation("services.loads", policy="volume_extension:hosts")
    def on_get(self, call: Call[BlockStorage], host_name: str) -> dict[str, Any]:
        """Show."""
        loads = list(_services(call).loads(call.ctx, host_name))
        total = HostLoad(
            project_id="(total)",
            volumes=sum(load.volumes for load in loads),
            volumes_gib=sum(load.volumes_gib for load in loads),
            snapshots=sum(load.snapshots for load in loads),
            snapshots_gib=sum(load.snapshots_gib for load in loads),
        )
        return {"host": [{"resource": views.load(host_name, load)} for load in (total, *loads)]}
