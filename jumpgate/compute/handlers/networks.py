"""``/os-networks`` and ``/os-tenant-networks``: the network service's networks by their names, until 2.35.

Of the thirty keys that nova-network had, Nova fills two. Source: the API reference, "Networks (os-networks)
(DEPRECATED)" and "Project networks (os-tenant-networks) (DEPRECATED)".
"""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import NotFound, NotSupported
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.gone import gone
from jumpgate.compute.handlers.siblings import find, sibling

_RULE = "os_compute_api:os-networks:"
_TENANT_RULE = "os_compute_api:os-tenant-networks:"
_UNTIL = "2.35"
_EMPTY = (
    "cidr",
    "netmask",
    "gateway",
    "broadcast",
    "dns1",
    "dns2",
    "cidr_v6",
    "gateway_v6",
    "netmask_v6",
)
_EMPTY_FOR_ADMINS = (
    "created_at",
    "updated_at",
    "deleted_at",
    "deleted",
    "injected",
    "bridge",
    "vlan",
    "vpn_public_address",
    "vpn_public_port",
    "vpn_private_address",
    "dhcp_start",
    "project_id",
    "host",
    "bridge_interface",
    "multi_host",
    "priority",
    "rxtx_base",
    "mtu",
    "dhcp_server",
    "enable_dhcp",
    "share_address",
)


def _networks(call: Call[Compute]) -> Any:
    network = sibling(call, "network")
    if network is None:
        raise NotSupported("The network service of this cloud cannot be reached by way of compute.")
    return network.networks


def _get(call: Call[Compute], network_id: str) -> Any:
    try:
        return _networks(call).get(call.ctx, call.ids[Kind.NETWORK].to_cloud(network_id))
    except (NotFound, MalformedId):
        raise NotFound("Network not found") from None


def _shown(call: Call[Compute], network: Any) -> dict[str, Any]:
    empty = _EMPTY + _EMPTY_FOR_ADMINS if call.ctx.is_admin else _EMPTY
    return {"id": call.openstack_id(Kind.NETWORK, network.id), "label": network.name, **dict.fromkeys(empty)}


def _tenants(call: Call[Compute], network: Any) -> dict[str, Any]:
    """Return a network as os-tenant-networks has it, where what is not known is called None."""
    return {"id": call.openstack_id(Kind.NETWORK, network.id), "label": network.name, "cidr": "None"}


class NetworksHandler(Handler[Compute]):
    """``/os-networks``."""

    @operation(policy=_RULE + "list", until=_UNTIL)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return {"networks": [_shown(call, network) for network in find(call, _networks(call))]}

    @operation()
    def on_post(self, call: Call[Compute]) -> None:
        gone()


class NetworkHandler(Handler[Compute]):
    """``/os-networks/{network_id}``."""

    @operation(policy=_RULE + "show", until=_UNTIL)
    def on_get(self, call: Call[Compute], network_id: str) -> dict[str, Any]:
        return {"network": _shown(call, _get(call, network_id))}

    @operation()
    def on_delete(self, call: Call[Compute], network_id: str) -> None:
        gone()


class TenantNetworksHandler(Handler[Compute]):
    """``/os-tenant-networks``."""

    @operation(policy=_TENANT_RULE + "list", until=_UNTIL)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return {"networks": [_tenants(call, network) for network in find(call, _networks(call))]}

    @operation()
    def on_post(self, call: Call[Compute]) -> None:
        gone()


class TenantNetworkHandler(Handler[Compute]):
    """``/os-tenant-networks/{network_id}``."""

    @operation(policy=_TENANT_RULE + "show", until=_UNTIL)
    def on_get(self, call: Call[Compute], network_id: str) -> dict[str, Any]:
        return {"network": _tenants(call, _get(call, network_id))}

    @operation()
    def on_delete(self, call: Call[Compute], network_id: str) -> None:
        gone()
