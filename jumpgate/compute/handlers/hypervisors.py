"""``/os-hypervisors``: the machines behind the cloud, for its operators.

Source: the API reference, "Hypervisors (os-hypervisors)".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound, NotSupported
from jumpgate.common.fields import Field, View
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.contract.operators import Hosts
from jumpgate.compute.models.operations import Hypervisor
from jumpgate.compute.schemas import operators as schemas
from jumpgate.compute.schemas.parameters import is_uuid, truth
from jumpgate.compute.views.links import Links

_RULE = "os_compute_api:os-hypervisors:"
_MOST = 1000


def _contract(call: Call[Compute]) -> Hosts:
    hosts = call.cloud.hosts
    assert hosts is not None
    return hosts


def _service_of(hypervisor: Hypervisor, scene: Any) -> dict[str, Any]:
    service = hypervisor.service
    numbered = scene.version is None or scene.version < (2, 53)
    return {
        "id": service.number if numbered else service.id,
        "host": service.host,
        "disabled_reason": service.disabled_reason,
    }


_BRIEF = (
    Field("id", "number", until="2.52"),
    Field("id", since="2.53"),
    Field("hypervisor_hostname", "hostname"),
    Field("state", lambda hypervisor, _: "up" if hypervisor.service.up else "down"),
    Field("status", lambda hypervisor, _: "enabled" if hypervisor.service.enabled else "disabled"),
)
_LISTED: View[Hypervisor] = View(*_BRIEF)
_DETAILED: View[Hypervisor] = View(
    *_BRIEF,
    Field("hypervisor_type", "type"),
    Field("hypervisor_version", "version"),
    Field("host_ip"),
    Field("service", _service_of),
    Field("vcpus", until="2.87"),
    Field("memory_mb", "memory_mib", until="2.87"),
    Field("local_gb", "local_gib", until="2.87"),
    Field("vcpus_used", until="2.87"),
    Field("memory_mb_used", "memory_mib_used", until="2.87"),
    Field("local_gb_used", "local_gib_used", until="2.87"),
    Field("free_ram_mb", lambda item, _: item.memory_mib - item.memory_mib_used, until="2.87"),
    Field("free_disk_gb", lambda item, _: item.local_gib - item.local_gib_used, until="2.87"),
    Field("current_workload", lambda *_: 0, until="2.87"),
    Field("running_vms", "running_servers", until="2.87"),
    Field("disk_available_least", lambda item, _: item.local_gib - item.local_gib_used, until="2.87"),
    Field("cpu_info", lambda *_: "", until="2.27"),
    Field("cpu_info", "cpu", since="2.28", until="2.87"),
    Field("uptime", since="2.88"),
)


def _rendered(call: Call[Compute], view: View[Hypervisor], items: Sequence[Hypervisor]) -> list[dict[str, Any]]:
    with_servers = call.at_least("2.53") and truth(call.parameter("with_servers") or False)
    render = view.bind(call)
    shown = []
    for item in items:
        rendered = render(item)
        if with_servers and (item.servers or call.at_least("2.75")):
            rendered["servers"] = _servers(item)
        shown.append(rendered)
    return shown


def _servers(item: Hypervisor) -> list[dict[str, str]]:
    return [{"name": name, "uuid": server_id} for name, server_id in item.servers]


def _found(call: Call[Compute]) -> tuple[list[Hypervisor], int | None]:
    """Return the page of hypervisors that a request asks for and how many it may have."""
    items = list(_contract(call).hypervisors(call.ctx))
    pattern = call.parameter("hypervisor_hostname_pattern") if call.at_least("2.53") else None
    if pattern is not None:
        if "limit" in call.parameters or "marker" in call.parameters:
            raise BadRequest(
                "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported."
            )
        return _matching(items, pattern), None
    if not call.at_least("2.33"):
        return items, None
    limit = min(int(call.parameter("limit") or _MOST), _MOST)
    marker = call.parameter("marker")
    if marker is not None:
        keys = [item.id if call.at_least("2.53") else str(item.number) for item in items]
        if marker not in keys:
            raise BadRequest(f"marker [{marker}] not found")
        items = items[keys.index(marker) + 1 :]
    return items[:limit], limit


def _matching(items: Sequence[Hypervisor], pattern: str) -> list[Hypervisor]:
    found = [item for item in items if re.search(re.escape(pattern), item.hostname)]
    if not found:
        raise NotFound(f"No hypervisor matching '{pattern}' could be found.")
    return found


def _listing(call: Call[Compute], view: View[Hypervisor], collection: str) -> dict[str, Any]:
    items, limit = _found(call)
    shown = _rendered(call, view, items)
    links = Links(call).next(collection, call.parameters, [str(item["id"]) for item in shown], limit)
    return {"hypervisors": shown, "hypervisors_links": links} if links else {"hypervisors": shown}


class HypervisorsHandler(Handler[Compute]):
    """All, in brief."""

    @operation("hosts.hypervisors", policy=_RULE + "list", query=schemas.LIST_HYPERVISORS)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return _listing(call, _LISTED, "os-hypervisors")


class HypervisorsDetailHandler(Handler[Compute]):
    """All, in detail."""

    @operation("hosts.hypervisors", policy=_RULE + "list-detail", query=schemas.LIST_HYPERVISORS)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return _listing(call, _DETAILED, "os-hypervisors/detail")


class HypervisorsStatisticsHandler(Handler[Compute]):
    """The sums over all, until 2.87."""

    @operation("hosts.hypervisors", policy=_RULE + "statistics", until="2.87")
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        shown = _rendered(call, _DETAILED, list(_contract(call).hypervisors(call.ctx)))
        summed = (
            "vcpus",
            "memory_mb",
            "local_gb",
            "vcpus_used",
            "memory_mb_used",
            "local_gb_used",
            "free_ram_mb",
            "free_disk_gb",
            "current_workload",
            "running_vms",
            "disk_available_least",
        )
        sums = {name: sum(item[name] for item in shown) for name in summed}
        return {"hypervisor_statistics": {"count": len(shown), **sums}}


def _one(call: Call[Compute], hypervisor_id: str) -> Hypervisor:
    for item in _contract(call).hypervisors(call.ctx):
        if hypervisor_id == (item.id if call.at_least("2.53") else str(item.number)):
            return item
    if call.at_least("2.53") and not is_uuid(hypervisor_id):
        raise BadRequest(f"Invalid uuid {hypervisor_id}")
    raise NotFound(f"Hypervisor with ID '{hypervisor_id}' could not be found.")


class HypervisorHandler(Handler[Compute]):
    """One."""

    @operation("hosts.hypervisors", policy=_RULE + "show", query=schemas.SHOW_HYPERVISOR)
    def on_get(self, call: Call[Compute], hypervisor_id: str) -> dict[str, Any]:
        return {"hypervisor": _rendered(call, _DETAILED, [_one(call, hypervisor_id)])[0]}


class HypervisorUptimeHandler(Handler[Compute]):
    """How long it has been up, until 2.87."""

    @operation("hosts.hypervisors", policy=_RULE + "uptime", until="2.87")
    def on_get(self, call: Call[Compute], hypervisor_id: str) -> dict[str, Any]:
        item = _one(call, hypervisor_id)
        if item.uptime is None:
            raise NotSupported("This cloud does not tell how long its hypervisors have been up.")
        return {"hypervisor": {**_LISTED.render(item, call), "uptime": item.uptime}}


class HypervisorSearchHandler(Handler[Compute]):
    """Those with a part of a name in the path, until 2.52."""

    @operation("hosts.hypervisors", policy=_RULE + "search", until="2.52")
    def on_get(self, call: Call[Compute], hypervisor_id: str) -> dict[str, Any]:
        found = _matching(list(_contract(call).hypervisors(call.ctx)), hypervisor_id)
        return {"hypervisors": _rendered(call, _LISTED, found)}


class HypervisorServersHandler(Handler[Compute]):
    """Their servers, until 2.52."""

    @operation("hosts.hypervisors", policy=_RULE + "servers", until="2.52")
    def on_get(self, call: Call[Compute], hypervisor_id: str) -> dict[str, Any]:
        found = _matching(list(_contract(call).hypervisors(call.ctx)), hypervisor_id)
        shown = _rendered(call, _LISTED, found)
        return {
            "hypervisors": [
                {**rendered, "servers": _servers(item)} if item.servers else rendered
                for rendered, item in zip(shown, found, strict=True)
            ]
        }
