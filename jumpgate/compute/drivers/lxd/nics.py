"""A server's interfaces: ports of the network service where that keeps LXD's networks, else NICs on one bridge.

A port says itself how it is plugged into LXD: its ``binding_vif_details`` are the device. The device carries the port's
id, and the port the server's, so there is nothing else to keep but which ports were there before their server.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from jumpgate.clouds.lxd.disks import server_id_of
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import service_context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.listing import Filter
from jumpgate.compute import ports as shown
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.network_data import NOTHING, Described, describe
from jumpgate.compute.drivers.lxd.region import ZONE, Region
from jumpgate.compute.models import Address, NetworkRequest
from jumpgate.network.models import FixedIp, Port, PortSpec

OWNER = f"compute:{ZONE}"
# The key by which a device names its port.
PORT_KEY = "user.openstack.port"
Devices = dict[str, dict[str, str]]


class Nics:
    """Plugs servers in and out."""

    def __init__(self, region: Region, instances: Instances) -> None:
        self._region = region
        self._instances = instances

    @property
    def has_ports(self) -> bool:
        """Whether interfaces are ports of the network service."""
        return self._region.has_ports

    @property
    def _network(self) -> Any:
        return self._region.siblings["network"]

    def check(self, requests: Sequence[NetworkRequest]) -> None:
        """Raise BadRequest for interfaces that cannot be."""
        if not self.has_ports and any(item != NetworkRequest() for item in requests):
            raise BadRequest("Servers here are on LXD's bridge: name no network, port or address.")

    def of(self, server_ids: Sequence[str]) -> list[Port]:
        """Return the ports of servers, in one call."""
        if not self.has_ports or not server_ids:
            return []
        return shown.find(self._network.ports, Filter("device_id", tuple(server_ids)))

    def plug_all(self, record: Record, arguments: Mapping[str, Any]) -> Devices:
        """Return the devices of a new server's interfaces; ports that an earlier attempt made are used again."""
        requests = [NetworkRequest(**item) for item in arguments["networks"]]
        if not self.has_ports:
            return {f"eth{index}": self._on_bridge(index) for index, _ in enumerate(requests)}
        made = self.of((server_id_of(record),))
        ports = []
        for request in requests:
            there = next((port for port in made if shown.is_answer(port, request)), None)
            if there is not None:
                made.remove(there)
            ports.append(there or self._port(record, request, arguments["security_groups"]))
        self._note_borrowed(record, [item.port_id for item in requests if item.port_id])
        return {f"eth{index}": _device(port, index) for index, port in enumerate(ports)}

    def described(self, record: Record, devices: Mapping[str, Mapping[str, str]]) -> Described:
        """Return what a server's guest is told of the interfaces among some devices; on LXD's bridge it asks DHCP."""
        names = {device[PORT_KEY]: device["name"] for device in devices.values() if PORT_KEY in device}
        ports = {names[port.id]: port for port in self.of((server_id_of(record),)) if port.id in names}
        return describe(self._network, dict(sorted(ports.items()))) if ports else NOTHING

    def _on_bridge(self, index: int) -> dict[str, str]:
        return {"type": "nic", "name": f"eth{index}", "network": self._region.session.settings.bridge}

    def _note_borrowed(self, record: Record, port_ids: Sequence[str]) -> None:
        if port_ids:
            known = notes.value(record["config"], "borrowed", [])
            self._instances.note(record, borrowed=[*known, *port_ids])

    def _port(self, record: Record, request: NetworkRequest, groups: Sequence[str] | None) -> Port:
        """Return a port for a server: the one that it asks for, or a new one."""
        project_id, server_id = self._instances.owner(record), server_id_of(record)
        ctx = service_context(project_id)
        if request.port_id is not None:
            host = self._region.cluster.name_of(record)
            mine = {"device_id": server_id, "device_owner": OWNER, "binding_host_id": host}
            borrowed: Port = self._network.ports.update(ctx, request.port_id, mine)
            return borrowed
        assert request.network_id is not None
        spec = PortSpec(
            network_id=request.network_id,
            project_id=project_id,
            device_id=server_id,
            device_owner=OWNER,
            fixed_ips=(FixedIp(ip_address=request.address),) if request.address else None,
            security_group_ids=None if groups is None else tuple(groups),
        )
        port: Port = self._network.ports.create(ctx, spec)
        return port

    def plug(self, record: Record, request: NetworkRequest) -> Port:
        """Give a server one more interface, also while it runs."""
        port = self._port(record, request, None)
        used = {device.get("name") for device in record["expanded_devices"].values()}
        index = next(number for number in range(len(used) + 1) if f"eth{number}" not in used)
        try:
            self._instances.configure(record, {}, devices={f"eth{index}": _device(port, index)})
        except Exception:
            self._give_back(self._instances.owner(record), port, borrowed=request.port_id is not None)
            raise
        self._note_borrowed(record, [request.port_id] if request.port_id else [])
        return port

    def unplug(self, record: Record, port: Port) -> None:
        """Take an interface from a server; a port that was made for it goes, a borrowed one is given back."""
        for name, device in record["devices"].items():
            if device.get(PORT_KEY) == port.id:
                self._instances.remove_device(record, name)
        self._give_back(self._instances.owner(record), port, borrowed=port.id in _borrowed(record))

    def give_back_borrowed(self, record: Record) -> None:
        """Give back the ports that were there before their server."""
        borrowed = _borrowed(record)
        for port in self.of((server_id_of(record),)) if borrowed else ():
            if port.id in borrowed:
                self._give_back(self._instances.owner(record), port, borrowed=True)

    def release(self, server_id: str, project_id: str) -> None:
        """Delete the ports that were made for a server."""
        for port in self.of((server_id,)):
            self._give_back(project_id, port, borrowed=False)

    def _give_back(self, project_id: str, port: Port, *, borrowed: bool) -> None:
        ctx = service_context(project_id)
        with contextlib.suppress(NotFound):
            if borrowed:
                self._network.ports.update(ctx, port.id, {"device_id": "", "device_owner": "", "binding_host_id": ""})
            else:
                self._network.ports.delete(ctx, port.id)

    def rebind(self, record: Record, host: str) -> None:
        """Tell the network service that a server's ports are on another host now."""
        ctx = service_context(self._instances.owner(record))
        for port in self.of((server_id_of(record),)):
            self._network.ports.update(ctx, port.id, {"binding_host_id": host})

    def regroup(self, record: Record, group_id: str, *, joins: bool) -> None:
        """Put all ports of a server into a security group, or take them out; raise NotFound if none is in it."""
        project_id = self._instances.owner(record)
        shown.regroup(self._network, server_id_of(record), group_id, project_id=project_id, joins=joins)

    def addresses(self, ports: Sequence[Port], unseen: Collection[str] = ()) -> dict[str, tuple[Address, ...]]:
        """Return the addresses that ports give their servers; one that is not plugged in gives none.

        `unseen` are servers on members that are down: what is plugged into them nobody can see.
        """
        return shown.addresses(self._network, [port for port in ports if is_plugged(port) or port.device_id in unseen])

    def security_groups(self, ports: Sequence[Port]) -> dict[str, tuple[str, ...]]:
        """Return the names of the security groups that ports put their servers in."""
        return shown.security_groups(self._network, ports) if ports else {}


def is_plugged(port: Port) -> bool:
    """Tell whether an instance has a port as an interface."""
    return port.binding_vif_type != "unbound"


def _borrowed(record: Record) -> Sequence[str]:
    borrowed: list[str] = notes.value(record["config"], "borrowed", [])
    return borrowed


def _device(port: Port, index: int) -> dict[str, str]:
    device = {str(key): str(item) for key, item in port.binding_vif_details.items()}
    return {"type": "nic", **device, "name": f"eth{index}", PORT_KEY: port.id}
