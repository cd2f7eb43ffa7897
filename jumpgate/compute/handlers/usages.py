"""``/os-simple-tenant-usage``: how much a project's servers ran in a period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from jumpgate.common.errors import BadRequest
from jumpgate.common.format import iso_microseconds, utcnow
from jumpgate.common.ids import Kind
from jumpgate.common.listing import MarkerNotFound
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.contract.operators import Usages
from jumpgate.compute.models import ServerUsage
from jumpgate.compute.schemas import others as schemas
from jumpgate.compute.views.links import Links

_RULE = "os_compute_api:os-simple-tenant-usage:"
_FORMATS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")
_MOST = 1000


def _contract(call: Call[Compute]) -> Usages:
    usages = call.cloud.usages
    assert usages is not None
    return usages


def _moment(text: str | None) -> dt.datetime:
    if not text:
        return utcnow()
    for form in _FORMATS:
        try:
            return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC)
        except ValueError:
            continue
    raise BadRequest("Invalid datetime string: Datetime is in invalid format")


def _period(call: Call[Compute]) -> tuple[dt.datetime, dt.datetime]:
    start, end = _moment(call.parameter("start")), _moment(call.parameter("end"))
    # Without either both are now, which the clock may tell twice alike.
    if start > end or (start == end and call.parameter("start")):
        raise BadRequest("Invalid start time. The start time cannot occur after the end time.")
    return start, min(end, utcnow())


def _paged(call: Call[Compute], found: Sequence[ServerUsage]) -> tuple[list[ServerUsage], int]:
    """Return the page of servers that a request asks for; there are pages since 2.40."""
    if not call.at_least("2.40"):
        return list(found[:_MOST]), 0
    limit = min(int(call.parameter("limit") or _MOST), _MOST)
    marker = call.parameter("marker")
    first = 0
    if marker is not None:
        places = [index for index, usage in enumerate(found) if usage.server_id == marker]
        if not places:
            raise MarkerNotFound(marker)
        first = places[0] + 1
    return list(found[first : first + limit]), limit


def _hours(usage: ServerUsage, start: dt.datetime, end: dt.datetime) -> float:
    began, ended = max(usage.started_at, start), min(usage.ended_at or end, end)
    return max((ended - began).total_seconds(), 0.0) / 3600


def _server(call: Call[Compute], usage: ServerUsage, hours: float) -> dict[str, Any]:
    flavor = usage.flavor
    return {
        "hours": hours,
        "flavor": flavor.name,
        "instance_id": call.openstack_id(Kind.SERVER, usage.server_id),
        "name": usage.name,
        "tenant_id": usage.project_id,
        "memory_mb": flavor.ram_mib,
        "local_gb": flavor.disk_gib + flavor.ephemeral_gib,
        "vcpus": flavor.vcpus,
        "started_at": iso_microseconds(usage.started_at),
        "ended_at": iso_microseconds(usage.ended_at),
        "state": usage.state,
        "uptime": int(((usage.ended_at or utcnow()) - usage.started_at).total_seconds()),
    }


def _summaries(
    call: Call[Compute], usages: Iterable[ServerUsage], start: dt.datetime, end: dt.datetime, *, detailed: bool
) -> list[dict[str, Any]]:
    projects: dict[str, dict[str, Any]] = {}
    for usage in usages:
        hours = _hours(usage, start, end)
        server = _server(call, usage, hours)
        summary = projects.setdefault(
            usage.project_id,
            {
                "tenant_id": usage.project_id,
                **({"server_usages": []} if detailed else {}),
                "total_local_gb_usage": 0.0,
                "total_vcpus_usage": 0.0,
                "total_memory_mb_usage": 0.0,
                "total_hours": 0.0,
                "start": iso_microseconds(start),
                "stop": iso_microseconds(end),
            },
        )
        summary["total_local_gb_usage"] += server["local_gb"] * hours
        summary["total_vcpus_usage"] += server["vcpus"] * hours
        summary["total_memory_mb_usage"] += server["memory_mb"] * hours
        summary["total_hours"] += hours
        if detailed:
            summary["server_usages"].append(server)
    return list(projects.values())


class UsagesHandler(Handler[Compute]):
    """Every project's."""

    @operation("usages.find", policy=_RULE + "list", query=schemas.LIST_USAGES)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        start, end = _period(call)
        found, limit = _paged(call, list(_contract(call).find(call.ctx, None, start, end)))
        detailed = call.parameter("detailed") == "1"
        answer: dict[str, Any] = {"tenant_usages": _summaries(call, found, start, end, detailed=detailed)}
        ids = [usage.server_id for usage in found]
        links = Links(call).next("os-simple-tenant-usage", call.parameters, ids, limit)
        return {**answer, "tenant_usages_links": links} if links else answer


class UsageHandler(Handler[Compute]):
    """One project's, server by server."""

    @operation("usages.find", query=schemas.SHOW_USAGE)
    def on_get(self, call: Call[Compute], target_id: str) -> dict[str, Any]:
        call.require(_RULE + "show", {"project_id": target_id})
        start, end = _period(call)
        found, limit = _paged(call, list(_contract(call).find(call.ctx, target_id, start, end)))
        summaries = _summaries(call, found, start, end, detailed=True)
        answer: dict[str, Any] = {"tenant_usage": summaries[0] if summaries else {}}
        ids = [usage.server_id for usage in found]
        links = Links(call).next(f"os-simple-tenant-usage/{target_id}", call.parameters, ids, limit)
        return {**answer, "tenant_usage_links": links} if links else answer
