"""Which interfaces and security groups a new server asks for, checked against the network service.

Source: the API reference, "Create Server" (`networks`, `security_groups`); the messages are Nova's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from jumpgate.common.errors import BadRequest, Conflict, Forbidden, NotFound, OverQuota
from jumpgate.common.ids import Kind
from jumpgate.common.listing import Filter
from jumpgate.common.typed import Call
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.siblings import find, sibling
from jumpgate.compute.models import NetworkRequest
from jumpgate.compute.schemas.parameters import is_uuid

_ATTACH_NETWORK = "os_compute_api:servers:create:attach_network"
_ATTACH_EXTERNAL = "network:attach_external_network"
NAMED_TWICE = (
    "Port ID '{port}' was specified twice: you cannot attach a port multiple times.",
    "Specified Fixed IP '{address}' cannot be used with port '{port}': the two cannot be specified together.",
)


def network_requests(call: Call[Compute], wanted: Any, count: int) -> tuple[NetworkRequest, ...]:
    """Return the interfaces of each of `count` servers: those that `wanted` names, or the project's only network.

    `wanted` is the body's networks: a list, "auto", "none", or None where the client says nothing.
    """
    if wanted == "none":
        return ()
    if wanted is not None:
        call.require(_ATTACH_NETWORK)
    if not wanted or wanted == "auto":
        chosen = call.cloud.servers.default_networks(call.ctx)
        if chosen is not None:
            return tuple(chosen)
        return _only_network(call, auto=wanted == "auto")
    requests = _read(call, wanted)
    if count > 1:
        _refuse_for_several(requests)
    network = sibling(call, "network")
    if network is None:
        return requests
    _check_ports(call, network, [request.port_id for request in requests if request.port_id])
    check_networks(call, [request.network_id for request in requests if request.network_id])
    for request in requests:
        if request.network_id and request.address:
            check_address(call, request.network_id, request.address)
    _check_quota(call, network, count * sum(request.port_id is None for request in requests))
    return requests


def _read(call: Call[Compute], wanted: Sequence[dict[str, Any]]) -> tuple[NetworkRequest, ...]:
    ports = [item["port"] for item in wanted if item.get("port")]
    for item in wanted:
        port = item.get("port")
        if port and ports.count(port) > 1:
            raise BadRequest(NAMED_TWICE[0].format(port=port))
        if port and item.get("fixed_ip"):
            raise BadRequest(NAMED_TWICE[1].format(address=item["fixed_ip"], port=port))
        if not port and "uuid" not in item:
            raise BadRequest("Bad network format: missing 'uuid'")
    return tuple(_request(call, item) for item in wanted)


def _request(call: Call[Compute], item: dict[str, Any]) -> NetworkRequest:
    if item.get("port"):
        return NetworkRequest(port_id=call.native_in_body(Kind.PORT, item["port"]), tag=item.get("tag"))
    network_id = item["uuid"]
    if not is_uuid(network_id):
        raise BadRequest(f"Bad networks format: network uuid is not in proper format ({network_id})")
    native = call.native_in_body(Kind.NETWORK, network_id)
    return NetworkRequest(network_id=native, address=item.get("fixed_ip"), tag=item.get("tag"))


def _refuse_for_several(requests: Sequence[NetworkRequest]) -> None:
    if any(request.address for request in requests):
        raise BadRequest("Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified.")
    if any(request.port_id for request in requests):
        raise BadRequest(
            "Failed to launch instances: Unable to launch multiple instances with a single configured port ID. "
            "Please launch your instance one by one with different ports."
        )


def available_networks(call: Call[Compute]) -> list[Any]:
    """Return the networks that a project's servers get without naming them: its own and the shared ones."""
    network = sibling(call, "network")
    if network is None:
        return []
    return [item for item in find(call, network.networks) if item.shared or item.project_id == call.ctx.project_id]


def _only_network(call: Call[Compute], *, auto: bool) -> tuple[NetworkRequest, ...]:
    networks = available_networks(call)
    if len(networks) > 1:
        raise Conflict(
            "Multiple possible networks found, use a Network ID to be more specific.", reason="NetworkAmbiguous"
        )
    if not networks and auto:
        return (NetworkRequest(network_id=_allocated_network(call)),)
    return tuple(NetworkRequest(network_id=item.id) for item in networks)


def _allocated_network(call: Call[Compute]) -> str:
    """Return the id of the network that the network service makes for a project that has none; raise BadRequest."""
    network = sibling(call, "network")
    topologies = getattr(network, "auto_allocated_topologies", None)
    project_id = call.ctx.project
    problem = BadRequest(
        f"Unable to automatically allocate a network for project {project_id}", reason="UnableToAutoAllocateNetwork"
    )
    if topologies is None:
        raise problem
    try:
        identifier: str = topologies.get(call.ctx, project_id).network_id
    except (BadRequest, Conflict, NotFound, OverQuota) as error:
        raise problem from error
    return identifier


def check_networks(call: Call[Compute], network_ids: Sequence[str]) -> None:
    """Raise BadRequest for networks that are not there or have no subnet, Forbidden for an external one."""
    network = sibling(call, "network")
    if network is None or not network_ids:
        return
    known = {item.id: item for item in find(call, network.networks, Filter("id", tuple(set(network_ids))))}
    missing = [item for item in network_ids if item not in known]
    if missing:
        names = ", ".join(call.openstack_id(Kind.NETWORK, item) for item in missing)
        raise BadRequest(f"Network {names} could not be found.", reason="NetworkNotFound")
    for item in known.values():
        shown = call.openstack_id(Kind.NETWORK, item.id)
        if not item.subnet_ids:
            raise BadRequest(f"Network {shown} requires a subnet in order to boot instances on.")
        if item.external and not item.shared and not call.may(_ATTACH_EXTERNAL):
            raise Forbidden(f"It is not allowed to create an interface on external network {shown}")


def check_address(call: Call[Compute], network_id: str, address: str) -> None:
    """Raise BadRequest for an address of a network that another port has."""
    network = sibling(call, "network")
    if network is None:
        return
    on_network = Filter("network_id", (network_id,))
    for port in find(call, network.ports, on_network, Filter("fixed_ips.ip_address", (address,), "has")):
        raise BadRequest(
            f"Fixed IP address {address} is already in use on instance {port.device_id}.", reason="FixedIpAlreadyInUse"
        )


def _check_ports(call: Call[Compute], network: Any, port_ids: Sequence[str]) -> None:
    for port_id in port_ids:
        shown = call.openstack_id(Kind.PORT, port_id)
        try:
            port = network.ports.get(call.ctx, port_id)
        except NotFound:
            raise BadRequest(f"Port id {shown} could not be found.", reason="PortNotFound") from None
        if port.device_id:
            raise Conflict(f"Port {shown} is still in use.", reason="PortInUse")
        if not port.fixed_ips:
            raise BadRequest(f"Port {shown} requires a FixedIP in order to be used.")


def _check_quota(call: Call[Compute], network: Any, ports: int) -> None:
    """Refuse ports that the network service would not give later, when nobody is there to be told."""
    quotas = getattr(network, "quotas", None)
    if quotas is None or not ports:
        return
    quota = quotas.get(call.ctx, call.ctx.project)
    limit = quota.limits.get("port", -1)
    if limit != -1 and quota.used.get("port", 0) + ports > limit:
        raise OverQuota("Maximum number of ports exceeded")


def security_group_ids(call: Call[Compute], names: Sequence[str]) -> tuple[str, ...] | None:
    """Return the ids of the groups that a client names by name or id; None for the default group alone.

    Raises BadRequest for one that is not there, Conflict for a name that several groups have.
    """
    wanted = list(dict.fromkeys(names))
    network = sibling(call, "network")
    groups = None if network is None else network.security_groups
    if wanted in ([], ["default"]) or groups is None:
        return None
    own = [group for group in find(call, groups) if group.project_id == call.ctx.project_id]
    found = {name: group_named(call, own, name) for name in wanted}
    for name, identifier in found.items():
        if identifier is None:
            raise BadRequest(f"Unable to find security_group with name or id '{name}'", reason="SecurityGroupNotFound")
    return tuple(filter(None, found.values()))


def group_named(call: Call[Compute], groups: Iterable[Any], name: str) -> str | None:
    """Return the cloud's id of the one of some groups that has an id, as clients see it, or else a name.

    None where there is no such group; raises Conflict for a name that several have.
    """
    shown = {call.openstack_id(Kind.SECURITY_GROUP, group.id): group for group in groups}
    if name in shown:
        return str(shown[name].id)
    found = [str(group.id) for group in shown.values() if group.name == name]
    if len(found) > 1:
        raise Conflict(f"Multiple security_group matches found for name '{name}', use an ID to be more specific.")
    return found[0] if found else None
