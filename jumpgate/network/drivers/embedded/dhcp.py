"""The embedded DHCP agent's work: which networks it serves, and its port on each of them.

A network is served from when the first device is plugged in on it. Everything here runs inside a write of the network.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from jumpgate.common.format import utcnow
from jumpgate.network.drivers.embedded.addresses import Place, assign, find_free
from jumpgate.network.drivers.embedded.records import touch
from jumpgate.network.models import DHCP_OWNER, FixedIp, Subnet
from jumpgate.network.models.agents import DHCP_AGENT
from jumpgate.network.subnetting import is_auto_addressed
from jumpgate.store.tables.network import addresses, networks, ports
from jumpgate.store.tables.network_agents import agents, dhcp_bindings

HOST = "embedded"
BASE_MAC = "fa:16:3e"


def device_id(network_id: str) -> str:
    """Return what the agent's port on a network says it belongs to, as Neutron's agent makes it."""
    return f"dhcp{uuid.uuid5(uuid.NAMESPACE_DNS, HOST)}-{network_id}"


def free_mac(connection: sa.Connection, network_id: str) -> str:
    """Return a MAC address that nobody has on a network."""
    while True:
        tail = secrets.token_bytes(3)
        mac = f"{BASE_MAC}:{tail[0]:02x}:{tail[1]:02x}:{tail[2]:02x}"
        if not mac_is_used(connection, network_id, mac):
            return mac


def mac_is_used(connection: sa.Connection, network_id: str, mac: str) -> bool:
    """Tell whether a port of a network has a MAC address."""
    used = sa.and_(ports.c.network_id == network_id, ports.c.mac_address == mac)
    return connection.execute(sa.select(ports.c.id).where(used)).first() is not None


def is_served(connection: sa.Connection, network_id: str) -> bool:
    """Tell whether an agent serves a network."""
    bound = sa.select(dhcp_bindings.c.agent_id).where(dhcp_bindings.c.network_id == network_id)
    return connection.execute(bound).first() is not None


def schedule(connection: sa.Connection, network_id: str, blocks: Sequence[Subnet]) -> None:
    """Let an agent serve a network that has subnets with DHCP, unless one does."""
    if not any(block.enable_dhcp for block in blocks) or is_served(connection, network_id):
        return
    ready = sa.select(agents.c.id).where(agents.c.agent_type == DHCP_AGENT, agents.c.admin_state_up.is_(True))
    agent_id = connection.execute(ready.limit(1)).scalar()
    if agent_id is not None:
        connection.execute(dhcp_bindings.insert().values(agent_id=agent_id, network_id=network_id))
        attend(connection, network_id, blocks)


def attend(connection: sa.Connection, network_id: str, blocks: Sequence[Subnet]) -> None:
    """Let the agent's port on a network have an address on each subnet with DHCP, or be gone where there is none."""
    port_id = connection.execute(sa.select(ports.c.id).where(_own(network_id))).scalar()
    wanted = [block for block in blocks if block.enable_dhcp and _serves_agents(block)]
    if not wanted or not is_served(connection, network_id):
        connection.execute(ports.delete().where(_own(network_id)))
        return
    if port_id is None:
        port_id = _add_port(connection, network_id)
    _address(connection, network_id, port_id, wanted)


def _own(network_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(ports.c.network_id == network_id, ports.c.device_id == device_id(network_id))


def _serves_agents(block: Subnet) -> bool:
    return not block.service_types or DHCP_OWNER in block.service_types


def _add_port(connection: sa.Connection, network_id: str) -> str:
    port_id, now = str(uuid.uuid4()), utcnow()
    owner = sa.select(networks.c.project_id).where(networks.c.id == network_id)
    values = {
        "id": port_id,
        "project_id": connection.execute(owner).scalar_one(),
        "created_at": now,
        "updated_at": now,
        "name": "",
        "network_id": network_id,
        "mac_address": free_mac(connection, network_id),
        "status": "ACTIVE",
        "device_id": device_id(network_id),
        "device_owner": DHCP_OWNER,
        "port_security_enabled": False,
        "binding_host_id": HOST,
        "binding_vnic_type": "normal",
        "ip_allocation": "immediate",
    }
    connection.execute(ports.insert().values(values))
    return port_id


def _address(connection: sa.Connection, network_id: str, port_id: str, wanted: Sequence[Subnet]) -> None:
    """Let a port have an address on each of the wanted subnets that has one left, and on no other."""
    mine = addresses.c.port_id == port_id
    wanted_ids = [block.id for block in wanted]
    gone = connection.execute(addresses.delete().where(mine, addresses.c.subnet_id.not_in(wanted_ids))).rowcount
    have = set(connection.execute(sa.select(addresses.c.subnet_id).where(mine)).scalars())
    missing = [block for block in wanted if block.id not in have]
    free = {block.id: find_free(connection, block) for block in missing if not is_auto_addressed(block)}
    served = [block for block in missing if free.get(block.id) or is_auto_addressed(block)]
    if served:
        mac = connection.execute(sa.select(ports.c.mac_address).where(ports.c.id == port_id)).scalar_one()
        place = Place(network_id=network_id, subnets=served, mac_address=mac, device_owner=DHCP_OWNER)
        asked = [FixedIp(subnet_id=item, ip_address=address) for item, address in free.items() if address]
        assign(connection, port_id, place, asked, first=len(have))
    if gone or served:
        touch(connection, ports, port_id, {})
