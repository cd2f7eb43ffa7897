"""``/os-hosts``, until 2.42, and ``/os-instance_usage_audit_log``: hosts as nova-network's time saw them.

Source: the API reference, "Hosts (os-hosts) (DEPRECATED)" and "Server usage audit log".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound, NotSupported
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Filter, Query, page
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.contract.operators import Hosts
from jumpgate.compute.models import Server
from jumpgate.compute.models.operations import ComputeService, Hypervisor
from jumpgate.compute.schemas import operators as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:os-hosts:"
_AUDIT_RULE = "os_compute_api:os-instance-usage-audit-log:"
_UNTIL = "2.42"


def _contract(call: Call[Compute]) -> Hosts:
    hosts = call.cloud.hosts
    assert hosts is not None
    return hosts


def _host(service: ComputeService) -> dict[str, str]:
    return {"host_name": service.host, "service": service.binary.removeprefix("nova-"), "zone": service.zone}


class HostsHandler(Handler[Compute]):
    """All whose service is enabled."""

    @operation("hosts.services", policy=_RULE + "list", until=_UNTIL)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        zone = call.parameter("zone")
        services = [service for service in _contract(call).services(call.ctx) if service.enabled]
        return {"hosts": [_host(service) for service in services if not zone or service.zone == zone]}


def _get(call: Call[Compute], name: str) -> Hypervisor:
    for item in _contract(call).hypervisors(call.ctx):
        if item.service.host == name:
            return item
    raise NotFound(f"Host '{name}' is not mapped to any cell", reason="HostMappingNotFound")


def _resource(host: str, project: str, cpu: int, memory_mb: int, disk_gb: int) -> dict[str, Any]:
    resource = {"host": host, "project": project, "cpu": cpu, "memory_mb": memory_mb, "disk_gb": disk_gb}
    return {"resource": resource}


def _sum(host: str, project: str, servers: Iterable[Server]) -> dict[str, Any]:
    sizes = [server.flavor for server in servers]
    return _resource(
        host,
        project,
        sum(size.vcpus for size in sizes),
        sum(size.ram_mib for size in sizes),
        sum(size.disk_gib + size.ephemeral_gib for size in sizes),
    )


class HostHandler(Handler[Compute]):
    """One, known by its name: what it has, and what of it each project uses."""

    @operation("hosts.hypervisors", policy=_RULE + "show", until=_UNTIL)
    def on_get(self, call: Call[Compute], host_name: str) -> dict[str, Any]:
        host = _get(call, host_name)
        query = Query(filters=(Filter("host", (host_name,)),), all_projects=True)
        servers = page(call.cloud.servers.find(call.ctx, query), query)
        projects = sorted({server.project_id for server in servers})
        return {
            "host": [
                _resource(host_name, "(total)", host.vcpus, host.memory_mib, host.local_gib),
                _resource(host_name, "(used_now)", host.vcpus_used, host.memory_mib_used, host.local_gib_used),
                _sum(host_name, "(used_max)", servers),
                *(_sum(host_name, name, (item for item in servers if item.project_id == name)) for name in projects),
            ]
        }

    @operation(policy=_RULE + "update", until=_UNTIL, body=schemas.UPDATE_HOST)
    def on_put(self, call: Call[Compute], host_name: str) -> None:
        _refuse(call, host_name)


def _refuse(call: Call[Compute], host_name: str) -> None:
    """Raise NotFound for a host that does not exist, NotSupported for one that does: no cloud here switches hosts."""
    _get(call, host_name)
    raise NotSupported("This cloud does not switch its hosts on and off.")


class HostRebootHandler(Handler[Compute]):
    """``/os-hosts/{host_name}/reboot``."""

    @operation(policy=_RULE + "reboot", until=_UNTIL)
    def on_get(self, call: Call[Compute], host_name: str) -> None:
        _refuse(call, host_name)


class HostShutdownHandler(Handler[Compute]):
    """``/os-hosts/{host_name}/shutdown``."""

    @operation(policy=_RULE + "shutdown", until=_UNTIL)
    def on_get(self, call: Call[Compute], host_name: str) -> None:
        _refuse(call, host_name)


class HostStartupHandler(Handler[Compute]):
    """``/os-hosts/{host_name}/startup``."""

    @operation(policy=_RULE + "start", until=_UNTIL)
    def on_get(self, call: Call[Compute], host_name: str) -> None:
        _refuse(call, host_name)


def _audit(call: Call[Compute], before: dt.datetime) -> dict[str, Any]:
    """Return the log of the last whole month. Nothing audits usage here, so that no host has."""
    end = before.replace(day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    begin = (end - dt.timedelta(days=1)).replace(day=1)
    hosts = sorted({service.host for service in _contract(call).services(call.ctx)})
    return {
        "period_beginning": str(begin),
        "period_ending": str(end),
        "num_hosts": len(hosts),
        "num_hosts_done": 0,
        "num_hosts_running": 0,
        "num_hosts_not_run": len(hosts),
        "hosts_not_run": hosts,
        "total_instances": 0,
        "total_errors": 0,
        "overall_status": f"{f'0 of {len(hosts)}' if hosts else 'ALL'} hosts done. 0 errors.",
        "log": {},
    }


class AuditLogsHandler(Handler[Compute]):
    """``/os-instance_usage_audit_log``."""

    @operation("hosts.services", policy=_AUDIT_RULE + "list", query=NO_QUERY)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return {"instance_usage_audit_logs": _audit(call, utcnow())}


class AuditLogHandler(Handler[Compute]):
    """``/os-instance_usage_audit_log/{before}``."""

    @operation("hosts.services", policy=_AUDIT_RULE + "show", query=NO_QUERY)
    def on_get(self, call: Call[Compute], before: str) -> dict[str, Any]:
        try:
            time = dt.datetime.strptime(before, "%Y-%m-%d %H:%M:%S.%f" if "." in before else "%Y-%m-%d %H:%M:%S")
        except ValueError:
            raise BadRequest(f"Invalid timestamp for date {before}") from None
        return {"instance_usage_audit_log": _audit(call, time)}
