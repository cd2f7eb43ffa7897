"""How full networks are. Source: the API reference's "Network IP availability and usage stats"."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.listing import Filter, Query, page
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.network.contract import Network, NetworkAvailabilities
from jumpgate.network.handlers.attributes import refuse_plainly
from jumpgate.network.models import NetworkAvailability
from jumpgate.network.schemas import values as read
from jumpgate.network.views.faults import fault

_RULE = "get_network_ip_availability"
_FILTERS = {"network_id": "id", "network_name": "name", "tenant_id": "project_id", "project_id": "project_id"}


def _encoded(body: dict[str, Any]) -> bytes:
    """Return JSON; an IPv6 network can have more addresses than the usual encoder has numbers for."""
    return json.dumps(body).encode()


def _view(call: Call[Network], counts: NetworkAvailability) -> dict[str, Any]:
    return {
        "network_id": call.openstack_id(Kind.NETWORK, counts.id),
        "network_name": counts.name,
        "tenant_id": counts.project_id,
        "project_id": counts.project_id,
        "subnet_ip_availability": [
            {
                "subnet_id": call.openstack_id(Kind.SUBNET, item.subnet_id),
                "subnet_name": item.subnet_name,
                "cidr": item.cidr,
                "ip_version": item.ip_version,
                "total_ips": item.total_ips,
                "used_ips": item.used_ips,
            }
            for item in counts.subnets
        ],
        "total_ips": counts.total_ips,
        "used_ips": counts.used_ips,
    }


def _of_version(counts: NetworkAvailability, version: int) -> NetworkAvailability:
    """Return what a network has of one IP version."""
    kept = tuple(item for item in counts.subnets if item.ip_version == version)
    return dataclasses.replace(
        counts,
        subnets=kept,
        total_ips=sum(item.total_ips for item in kept),
        used_ips=sum(item.used_ips for item in kept),
    )


def _resource(call: Call[Network]) -> NetworkAvailabilities:
    resource = call.cloud.network_availabilities
    assert resource is not None  # the handlers are set only where there are counts
    return resource


class AvailabilitiesHandler(Handler[Network]):
    """All networks."""

    @operation("network_availabilities.find")
    def on_get(self, call: Call[Network]) -> bytes:
        """List."""
        unknown = [name for name in call.parameters if name not in (*_FILTERS, "ip_version", "fields")]
        if unknown:
            raise refuse_plainly(f"{unknown} is invalid attribute for filtering")
        if not call.may(_RULE):
            return _encoded({"network_ip_availabilities": []})
        filters = tuple(
            Filter(attribute, tuple(call.parameters[name]))
            for name, attribute in _FILTERS.items()
            if name in call.parameters
        )
        query = Query(filters=filters, all_projects=True)
        found = page(_resource(call).find(call.ctx, query), query)
        version = call.parameter("ip_version")
        if version is not None:
            found = [kept for item in found if (kept := _of_version(item, read.integer(version))).subnets]
        return _encoded({"network_ip_availabilities": [_view(call, item) for item in found]})


class AvailabilityHandler(Handler[Network]):
    """One network."""

    @operation("network_availabilities.get")
    def on_get(self, call: Call[Network], network_id: str) -> bytes:
        """Show."""
        if not call.may(_RULE):
            raise fault("HTTPNotFound", "The resource could not be found.")
        try:
            native = call.ids[Kind.NETWORK].to_cloud(network_id)
        except MalformedId:
            raise fault("NetworkNotFound", network_id) from None
        return _encoded({"network_ip_availability": _view(call, _resource(call).get(call.ctx, native))})


HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (
    ("v2_network_ip_availabilities", AvailabilitiesHandler),
    ("v2_network_ip_availability", AvailabilityHandler),
)
