"""``/servers/{server_id}/os-interface``."""

from __future__ import annotations

from typing import Any

from jumpgate.common.context import service_context
from jumpgate.common.errors import BadRequest, Conflict, NoFreeAddress, NotFound
from jumpgate.common.fields import Field, View
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute, Interfaces
from jumpgate.compute.handlers.lookup import get_server, require_ready
from jumpgate.compute.handlers.network_requests import available_networks, check_address, check_networks
from jumpgate.compute.handlers.siblings import sibling
from jumpgate.compute.models import Interface, NetworkRequest, Server
from jumpgate.compute.schemas import server_parts as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:os-attach-interfaces:"


def _fixed_ips(interface: Interface, scene: Any) -> list[dict[str, str]]:
    shown = scene.ids[Kind.SUBNET].to_openstack
    return [{"subnet_id": shown(item.subnet_id), "ip_address": item.address} for item in interface.addresses]


_VIEW: View[Interface] = View(
    Field("net_id", "network_id", kind=Kind.NETWORK),
    Field("port_id", kind=Kind.PORT),
    Field("mac_addr", "mac_address"),
    Field("port_state", "status"),
    Field("fixed_ips", _fixed_ips),
    Field("tag", since="2.70"),
)


def _contract(call: Call[Compute]) -> Interfaces:
    interfaces = call.cloud.interfaces
    assert interfaces is not None
    return interfaces


class InterfacesHandler(Handler[Compute]):
    """All of a server's."""

    @operation("interfaces.find", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, _RULE + "list")
        return {"interfaceAttachments": list(map(_VIEW.bind(call), _contract(call).find(call.ctx, server.id)))}

    @operation("interfaces.create", body=schemas.ATTACH_INTERFACE)
    def on_post(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, _RULE + "create")
        request = _request(call, call.body.get("interfaceAttachment") or {})
        require_ready(call, server, "attach_interface")
        if request.port_id is not None:
            _check_port(call, server, request.port_id)
        try:
            interface = _contract(call).create(call.ctx, server.id, request)
        except NoFreeAddress as error:
            shown = request.network_id and call.openstack_id(Kind.NETWORK, request.network_id)
            raise BadRequest(f"No fixed IP addresses available for network: {shown}") from error
        return {"interfaceAttachment": _VIEW.render(interface, call)}


def _request(call: Call[Compute], wanted: dict[str, Any]) -> NetworkRequest:
    network_id, port_id = wanted.get("net_id"), wanted.get("port_id")
    address = wanted["fixed_ips"][0]["ip_address"] if wanted.get("fixed_ips") else None
    if network_id and port_id:
        raise BadRequest("Must not input both network_id and port_id")
    if address and not network_id:
        raise BadRequest("Must input network_id when request IP address")
    if port_id:
        return NetworkRequest(port_id=call.native_in_body(Kind.PORT, port_id), tag=wanted.get("tag"))
    native = _only_network(call) if network_id is None else call.native_in_body(Kind.NETWORK, network_id)
    _check(call, native, address)
    return NetworkRequest(network_id=native, address=address, tag=wanted.get("tag"))


def _only_network(call: Call[Compute]) -> str:
    networks = available_networks(call)
    if len(networks) > 1:
        raise BadRequest(
            "More than one possible network found. Specify network ID(s) to select which one(s) to connect to."
        )
    if not networks:
        raise BadRequest(
            f"No specific network was requested and none are available for project '{call.ctx.project_id}'."
        )
    identifier: str = networks[0].id
    return identifier


def _check(call: Call[Compute], network_id: str, address: str | None) -> None:
    """Here a missing network is 404 and a taken address 409, unlike in a create."""
    try:
        check_networks(call, (network_id,))
        if address is not None:
            check_address(call, network_id, address)
    except BadRequest as error:
        kinds: dict[str | None, type[NotFound | Conflict]] = {
            "NetworkNotFound": NotFound,
            "FixedIpAlreadyInUse": Conflict,
        }
        if error.reason not in kinds:
            raise
        raise kinds[error.reason](error.message, reason=error.reason) from error


def _check_port(call: Call[Compute], server: Server, port_id: str) -> None:
    """Raise NotFound, BadRequest or Conflict for a port that the server cannot be given."""
    network, shown = sibling(call, "network"), call.openstack_id(Kind.PORT, port_id)
    if network is None:
        return
    try:
        port = network.ports.get(service_context(server.project_id), port_id)
    except NotFound:
        raise NotFound(f"Port id {shown} could not be found.", reason="PortNotFound") from None
    if port.project_id != server.project_id:
        instance = call.openstack_id(Kind.SERVER, server.id)
        raise BadRequest(f"Port {shown} not usable for instance {instance}.", reason="PortNotUsable")
    if port.device_id:
        raise Conflict(f"Port {shown} is still in use.", reason="PortInUse")


class InterfaceHandler(Handler[Compute]):
    """One, known by its port."""

    @operation("interfaces.find", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str, port_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, _RULE + "show")
        native = call.native_in_path(Kind.PORT, port_id)
        for interface in _contract(call).find(call.ctx, server.id):
            if interface.port_id == native:
                return {"interfaceAttachment": _VIEW.render(interface, call)}
        raise NotFound(f"Instance {server_id} does not have a port with id {port_id}")

    @operation("interfaces.delete", status=202)
    def on_delete(self, call: Call[Compute], server_id: str, port_id: str) -> None:
        server = get_server(call, server_id, _RULE + "delete")
        require_ready(call, server, "detach_interface")
        _contract(call).delete(call.ctx, server.id, call.native_in_path(Kind.PORT, port_id))
