"""``/os-floating-ips`` and their pools: the network service's floating IPs in Nova's form, until 2.35; and the actions
that give them to servers, until 2.43.

A pool is an external network. Source: the API reference, "Floating IPs (os-floating-ips) (DEPRECATED)".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jumpgate.common.errors import BadRequest, Conflict, Forbidden, NoFreeAddress, NotFound, NotSupported, OverQuota
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.listing import Filter
from jumpgate.common.typed import Call, Handler, operation, read_json
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.siblings import find, sibling, spec_of
from jumpgate.compute.models import Server
from jumpgate.compute.schemas import proxies as schemas

_RULE = "os_compute_api:os-floating-ips:"
_UNTIL = "2.35"


def _network(call: Call[Compute]) -> Any:
    network = sibling(call, "network")
    if network is None or network.floating_ips is None:
        raise NotSupported("The network service of this cloud offers no floating IPs by way of compute.")
    return network


def _pools(call: Call[Compute]) -> list[Any]:
    return find(call, _network(call).networks, Filter("external", (True,)))


def _shown(call: Call[Compute], items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return floating IPs as JSON, with the servers that they lead to; two calls, however many there are."""
    pools = {pool.id: pool.name or pool.id for pool in _pools(call)}
    return [
        {
            "id": call.openstack_id(Kind.FLOATING_IP, item.id),
            "ip": item.floating_ip_address,
            "fixed_ip": item.fixed_ip_address,
            "instance_id": item.port.device_id if item.port is not None else None,
            "pool": pools.get(item.floating_network_id, item.floating_network_id),
        }
        for item in items
    ]


def _get(call: Call[Compute], floating_ip_id: str) -> Any:
    try:
        native = call.ids[Kind.FLOATING_IP].to_cloud(floating_ip_id)
        return _network(call).floating_ips.get(call.ctx, native)
    except (MalformedId, NotFound):
        raise NotFound(f"Floating IP not found for ID {floating_ip_id}") from None


class FloatingIpsHandler(Handler[Compute]):
    """``/os-floating-ips``."""

    @operation(policy=_RULE + "list", until=_UNTIL)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        found = find(call, _network(call).floating_ips, Filter("project_id", (call.ctx.project,)))
        return {"floating_ips": _shown(call, found)}

    @operation(policy=_RULE + "create", until=_UNTIL)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        # The body may be missing altogether.
        body = read_json(call.req) if call.req.content_length else None
        schemas.CREATE_FLOATING_IP.validate(body, call.version)
        name = (body or {}).get("pool")
        floating_ips = _network(call).floating_ips
        spec = spec_of(floating_ips)(floating_network_id=_pool(call, name).id)
        where = f" in pool {name}" if name else ""
        try:
            made = floating_ips.create(call.ctx, spec)
        except NoFreeAddress:
            raise NotFound(f"No more floating IPs{where or ' available'}.") from None
        except OverQuota:
            raise Forbidden(f"IP allocation over quota{where}.") from None
        return {"floating_ip": _shown(call, [made])[0]}


def _pool(call: Call[Compute], name: str | None) -> Any:
    """Return the external network of a name or id, the first one without either."""
    for pool in _pools(call):
        if name is None or name in (pool.name, pool.id):
            return pool
    raise NotFound("Floating IP pool not found.", reason="FloatingIpPoolNotFound")


class FloatingIpHandler(Handler[Compute]):
    """``/os-floating-ips/{floating_ip_id}``."""

    @operation(policy=_RULE + "show", until=_UNTIL)
    def on_get(self, call: Call[Compute], floating_ip_id: str) -> dict[str, Any]:
        return {"floating_ip": _shown(call, [_get(call, floating_ip_id)])[0]}

    @operation(policy=_RULE + "delete", until=_UNTIL, status=202)
    def on_delete(self, call: Call[Compute], floating_ip_id: str) -> None:
        _network(call).floating_ips.delete(call.ctx, _get(call, floating_ip_id).id)


class FloatingIpPoolsHandler(Handler[Compute]):
    """``/os-floating-ip-pools``."""

    @operation(policy="os_compute_api:os-floating-ip-pools", until=_UNTIL)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return {"floating_ip_pools": [{"name": pool.name or pool.id} for pool in _pools(call)]}


def add(call: Call[Compute], server: Server, body: Any) -> None:
    """Let a floating IP stand for one of a server's fixed addresses, its first IPv4 address if none is named."""
    floating_ips, wanted = _network(call).floating_ips, body.get("fixed_address")
    port, address = _place(_ports(call, server), server, body["address"], wanted)
    item = _by_address(call, body["address"])
    try:
        floating_ips.update(call.ctx, item.id, {"port_id": port.id, "fixed_ip_address": address})
    except (BadRequest, Conflict, NotFound) as error:
        raise BadRequest(
            f"Unable to associate floating IP {body['address']} to fixed IP {address} for instance {server.id}. "
            f"Error: {error.message}"
        ) from error


def _place(ports: Sequence[Any], server: Server, floating_address: str, wanted: str | None) -> tuple[Any, str]:
    places = [(port, fixed.ip_address) for port in ports for fixed in port.fixed_ips]
    if not places:
        raise BadRequest("No fixed IPs associated to instance" if ports else "Instance network is not ready yet")
    for port, address in places:
        if address == wanted or (wanted is None and ":" not in address):
            return port, address
    if wanted is not None:
        raise BadRequest("Specified fixed address not assigned to instance")
    raise BadRequest(
        f"Unable to associate floating IP {floating_address} to any fixed IPs for instance {server.id}. "
        "Instance has no fixed IPv4 addresses to associate."
    )


def remove(call: Call[Compute], server: Server, body: Any) -> None:
    """Let a floating IP of a server stand for nothing any more."""
    item = _by_address(call, body["address"])
    if item.port_id not in {port.id for port in _ports(call, server)}:
        raise Conflict(f"Floating IP {body['address']} is not associated with instance {server.id}.")
    _network(call).floating_ips.update(call.ctx, item.id, {"port_id": None})


def _ports(call: Call[Compute], server: Server) -> list[Any]:
    return find(call, _network(call).ports, Filter("device_id", (server.id,)))


def _by_address(call: Call[Compute], address: str) -> Any:
    for item in find(call, _network(call).floating_ips, Filter("floating_ip_address", (address,))):
        return item
    raise NotFound("floating IP not found")
