"""Ports: notes of their networks until an instance is plugged in, and the interfaces of instances from then on."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jumpgate.clouds.lxd.cluster import NOWHERE
from jumpgate.clouds.lxd.notes import PREFIX, Note, fresh, standard, touched, written
from jumpgate.common.context import Context
from jumpgate.common.errors import NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import Ports
from jumpgate.network.drivers.lxd.addresses import assign, free_mac, taken_addresses
from jumpgate.network.drivers.lxd.bridges import Bridge, Bridges, holding
from jumpgate.network.drivers.lxd.filtering import Filtering
from jumpgate.network.drivers.lxd.forwards import all_forwards, follow, release
from jumpgate.network.drivers.lxd.nics import Nic, all_nics, device_of, edit_devices
from jumpgate.network.drivers.lxd.prefixes import subnets_of
from jumpgate.network.drivers.lxd.quotas import LxdQuotas
from jumpgate.network.drivers.lxd.security_groups import LxdSecurityGroups
from jumpgate.network.drivers.lxd.ways import ROUTER
from jumpgate.network.models import AddressPair, DhcpOption, FixedIp, Port, PortSpec, Subnet
from jumpgate.network.schemas.values import invalid
from jumpgate.network.subnetting import contains, with_options
from jumpgate.network.tagging import Tags
from jumpgate.network.views.faults import fault

# What of a port is in its note as it is in the model.
_NOTED = (
    "name",
    "description",
    "mac_address",
    "admin_state_up",
    "device_id",
    "device_owner",
    "security_group_ids",
    "port_security_enabled",
    "binding_host_id",
    "binding_vnic_type",
    "binding_profile",
    "dns_name",
    "dns_domain",
    "tags",
)
# What of a port has a say in which packets pass.
_FILTERED = (
    "fixed_ips",
    "security_group_ids",
    "port_security_enabled",
    "allowed_address_pairs",
    "admin_state_up",
    "device_id",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A port where it was found: the bridge, the note, the interface that has it, and whether OpenStack made it."""

    bridge: Bridge
    note: Note
    nic: Nic | None
    is_ours: bool


class LxdPorts(Tags, Ports):
    """`binding_vif_details` is the LXD device that plugs a port in. Status is the instance's: ACTIVE while it runs.

    An interface that somebody gave an instance by hand is a port too; only what LXD knows of it can be said.
    """

    def __init__(self, bridges: Bridges, filtering: Filtering, groups: LxdSecurityGroups, quotas: LxdQuotas) -> None:
        self._bridges = bridges
        self._session = bridges.session
        self._filtering = filtering
        self._groups = groups
        self._quotas = quotas

    def find(self, ctx: Context, query: Query) -> Iterable[Port]:
        everything = query.all_projects
        return [_port(place) for place in self._places() if everything or _is_visible(place, ctx.project)]

    def get(self, ctx: Context, resource_id: str) -> Port:
        return _port(self._place(ctx, resource_id))

    def _places(self) -> list[Place]:
        bridges = self._bridges.all()
        nics = all_nics(self._session)
        by_mac = {(nic.network, nic.mac_address): nic for nic in nics}
        places, known = [], set()
        for bridge in bridges:
            for note in bridge.ports:
                key = (bridge.name, note["mac_address"])
                known.add(key)
                places.append(Place(bridge, note, by_mac.get(key), True))
        named = {bridge.name: bridge for bridge in bridges}
        strange = (nic for key, nic in by_mac.items() if key not in known and nic.network in named)
        return [*places, *(Place(named[nic.network], nic.note(), nic, False) for nic in strange)]

    def _place(self, ctx: Context, port_id: str) -> Place:
        for place in self._places():
            if place.note["id"] == port_id and (ctx.is_admin or _is_visible(place, ctx.project)):
                return place
        raise fault("PortNotFound", port_id)

    def create(self, ctx: Context, spec: PortSpec) -> Port:
        bridge = self._bridges.get(ctx, spec.network_id)
        _check_may_plug(ctx, bridge)
        _refuse(spec)
        project_id = ctx.project if spec.project_id is None else spec.project_id
        secured = _is_secured(bridge, spec)
        note = fresh(
            project_id,
            tags=spec.tags,
            **{name: getattr(spec, name) for name in _NOTED if name not in ("tags", "description")},
        )
        note.update(
            description=spec.description,
            port_security_enabled=secured,
            security_group_ids=self._group_ids(ctx, project_id, spec, secured=secured),
            allowed_address_pairs=[dataclasses.asdict(pair) for pair in spec.allowed_address_pairs],
            extra_dhcp_opts=with_options((), spec.extra_dhcp_opts),
            ip_allocation="none" if spec.fixed_ips == () else "immediate",
        )
        foreign = {
            address for nic in all_nics(self._session) if nic.network == bridge.name for address in nic.addresses
        }

        def edit(current: Bridge) -> dict[str, str]:
            macs = {port["mac_address"] for port in current.ports}
            if spec.mac_address in macs:
                raise fault("MacAddressInUse", bridge.id, spec.mac_address)
            note["mac_address"] = spec.mac_address or free_mac(macs)
            taken = taken_addresses(current) | foreign
            note["addresses"] = assign(bridge.id, subnets_of(current), taken, note["mac_address"], spec.fixed_ips)
            return {_key(note["id"]): written(note)}

        with self._quotas.spending(project_id, "port"):
            changed = self._bridges.change(bridge.name, edit)
        self._filtering.refresh()
        return _port(Place(changed, note, None, True))

    def _group_ids(self, ctx: Context, project_id: str, spec: PortSpec, *, secured: bool) -> list[str]:
        if not secured:
            if spec.security_group_ids:
                raise fault("PortSecurityAndIPRequiredForSecurityGroups")
            return []
        if spec.device_owner.startswith("network:"):
            return []
        if spec.security_group_ids is None:
            return [self._groups.default_id(project_id)]
        return self._groups.checked(ctx, project_id, spec.security_group_ids)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Port:
        place = self._place(ctx, resource_id)
        self._check_update(ctx, place, changes)
        if "fixed_ips" in changes:
            self._check_floating(place, changes["fixed_ips"])
        has_device = changes.get("device_id", place.note.get("device_id"))
        # Where an instance is LXD knows.
        noted = {name: item for name, item in changes.items() if name != "binding_host_id" or not has_device}
        note = self._rewritten(place, noted) if noted else place.note
        after = Place(self._bridges.current(place.bridge.name), note, place.nic, True)
        if place.nic is not None:
            before, now = device_of(place.bridge, place.note), device_of(after.bridge, note)
            if before != now:
                edit_devices(self._session, place.nic, now)
        if any(name in changes for name in _FILTERED):
            self._filtering.refresh()
        if changes.get("binding_host_id"):
            host = place.nic.location if place.nic is not None else str(changes["binding_host_id"])
            follow(self._session, place.bridge, note["addresses"], host)
        return _port(after)

    def _check_update(self, ctx: Context, place: Place, changes: Changes) -> None:
        port = _port(place)
        after = dataclasses.replace(port, **changes)
        if not place.is_ours:
            raise NotSupported("This interface was given to the instance in LXD, where it is to be changed.")
        if ROUTER in place.note and not changes.keys() <= {"name", "description", "tags"}:
            raise fault("UnsupportedPortDeviceOwner", "update", port.id, port.device_owner)
        if after.mac_address != port.mac_address and place.nic is not None:
            raise fault("PortBound", port.id, port.binding_vif_type, port.mac_address, after.mac_address)
        _check_options(changes.get("extra_dhcp_opts") or ())
        _check_security(place.bridge, after, changes)
        if changes.get("security_group_ids"):
            self._groups.checked(ctx, port.project_id, changes["security_group_ids"])

    def _check_floating(self, place: Place, wanted: Sequence[FixedIp]) -> None:
        """Raise BadRequest where a port would lose the address for which a floating IP stands."""
        kept = {item.ip_address for item in wanted}
        lost = set(place.note["addresses"]) - kept
        if any(forward.target in lost for forward in all_forwards(self._session, [place.bridge])):
            text = (
                f"Cannot update the fixed_ips of the port {place.note['id']}, because its original fixed_ip has been "
                "associated to a floating ip"
            )
            raise fault("BadRequest", "port", text)

    def _rewritten(self, place: Place, changes: Changes) -> Note:
        """Change a port's note, with the addresses that it shall have, and return it."""
        found: Note = {}

        def edit(current: Bridge) -> dict[str, str]:
            note = next((item for item in current.ports if item["id"] == place.note["id"]), None)
            if note is None:
                raise fault("PortNotFound", place.note["id"])
            values = {name: changes[name] for name in _NOTED if name in changes}
            if "security_group_ids" in values:
                values["security_group_ids"] = list(values["security_group_ids"] or ())
            if "binding_profile" in values:
                values["binding_profile"] = dict(values["binding_profile"] or {})
            if "extra_dhcp_opts" in changes:
                values["extra_dhcp_opts"] = with_options(_options(note), changes["extra_dhcp_opts"])
            if "allowed_address_pairs" in changes:
                values["allowed_address_pairs"] = [
                    dataclasses.asdict(pair) for pair in changes["allowed_address_pairs"]
                ]
            others = [item for item in current.ports if item["id"] != note["id"]]
            if any(item["mac_address"] == values.get("mac_address") for item in others):
                raise fault("MacAddressInUse", current.id, values["mac_address"])
            if "fixed_ips" in changes:
                mac = str(values.get("mac_address", note["mac_address"]))
                values["addresses"] = _reassigned(current, note, mac, changes["fixed_ips"])
                values["ip_allocation"] = "immediate" if values["addresses"] else "none"
            found.update(touched(note, values))
            return {_key(note["id"]): written(found)}

        self._bridges.change(place.bridge.name, edit)
        return found

    def delete(self, ctx: Context, resource_id: str) -> None:
        place = self._place(ctx, resource_id)
        if ROUTER in place.note:
            raise fault("ServicePortInUse", resource_id, f"has device owner {place.note['device_owner']}")
        if place.nic is not None:
            edit_devices(self._session, place.nic, None)
        if place.is_ours:
            release(self._bridges, place.bridge, place.note["addresses"])
            self._bridges.change(place.bridge.name, lambda _: {_key(resource_id): None})
            self._filtering.refresh()

    def retag(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        self.update(ctx, resource_id, {"tags": list(tags)})

    def tags_of(self, ctx: Context, resource_id: str) -> tuple[str, ...]:
        return self.get(ctx, resource_id).tags


def port_of(bridges: Sequence[Bridge], port_id: str) -> Port | None:
    """Return a port that OpenStack made, whoever asks, without looking at instances; None where there is none."""
    bridge = holding(bridges, "port", port_id)
    if bridge is None:
        return None
    note = next(item for item in bridge.ports if item["id"] == port_id)
    return _port(Place(bridge, note, None, True))


def _key(port_id: str) -> str:
    return f"{PREFIX}port.{port_id}"


def _is_visible(place: Place, project_id: str) -> bool:
    return bool(project_id) and project_id in (place.note.get("project_id"), place.bridge.project_id)


def _check_may_plug(ctx: Context, bridge: Bridge) -> None:
    if not (ctx.is_admin or bridge.shared or bridge.project_id == ctx.project):
        raise fault("PolicyNotAuthorized", "rule:create_port")


def _refuse(spec: PortSpec) -> None:
    """Raise NotSupported for what LXD's interfaces cannot be."""
    _check_options(spec.extra_dhcp_opts)
    if spec.binding_vnic_type != "normal":
        raise NotSupported("Jumpgate's LXD ports are of the vnic_type normal.")


def _check_options(options: Iterable[DhcpOption]) -> None:
    for option in options:
        if option.ip_version == 6:
            raise NotSupported("LXD's DHCP server has IPv4 options for single interfaces only: leave ip_version 4.")
        if not _OPTION.fullmatch(option.name):
            raise invalid(f"'{option.name}' is no DHCP option: give its number, or its name as dnsmasq has it")


_OPTION = re.compile(r"[A-Za-z0-9+-]+")


def _is_secured(bridge: Bridge, spec: PortSpec) -> bool:
    """Tell whether a port's traffic is filtered; nothing is on a bridge that somebody made by hand."""
    network = bridge.is_ours and bool(bridge.note.get("port_security_enabled", True))
    secured = network if spec.port_security_enabled is None else spec.port_security_enabled
    if secured and not bridge.is_ours:
        raise NotSupported(
            "This bridge was made in LXD, and its traffic is not filtered: set port_security_enabled off."
        )
    if spec.allowed_address_pairs and not secured:
        raise fault("AddressPairAndPortSecurityRequired")
    return secured


def _check_security(bridge: Bridge, after: Port, changes: Changes) -> None:
    if after.port_security_enabled:
        if not bridge.is_ours and changes.get("port_security_enabled"):
            raise NotSupported("This bridge was made in LXD, and its traffic is not filtered.")
        return
    if after.allowed_address_pairs:
        raise fault("AddressPairAndPortSecurityRequired")
    if changes.get("security_group_ids"):
        raise fault("PortSecurityAndIPRequiredForSecurityGroups")
    if after.security_group_ids:
        raise fault("PortSecurityPortHasSecurityGroup")


def _reassigned(bridge: Bridge, note: Note, mac: str, wanted: Sequence[FixedIp]) -> list[str]:
    """Return the addresses that a port has from now on; what it has and may keep, it keeps."""
    subnets = subnets_of(bridge)
    kept = {}
    for address in note["addresses"]:
        subnet = next((item for item in subnets if contains(item.cidr, address)), None)
        if subnet is not None:
            kept[subnet.id] = address
    asked = [
        FixedIp(subnet_id=item.subnet_id, ip_address=kept.get(item.subnet_id or ""))
        if item.ip_address is None
        else item
        for item in wanted
    ]
    taken = taken_addresses(bridge) - set(note["addresses"])
    return assign(bridge.id, subnets, taken, mac, asked)


def _port(place: Place) -> Port:
    note, bridge, nic = place.note, place.bridge, place.nic
    subnets = subnets_of(bridge)
    given: Mapping[str, Any] = {name: note[name] for name in _PLAIN if name in note}
    return Port(
        **standard(note),
        **given,
        network_id=bridge.id,
        status="ACTIVE" if _is_active(place) else "DOWN",
        fixed_ips=tuple(_fixed_ip(subnets, address) for address in _addresses(place)),
        security_group_ids=tuple(sorted(note.get("security_group_ids", ()))),
        extra_dhcp_opts=tuple(_options(note)),
        allowed_address_pairs=tuple(AddressPair(**pair) for pair in note.get("allowed_address_pairs", ())),
        port_security_enabled=note.get("port_security_enabled", bridge.is_ours),
        binding_vif_type="bridge" if nic is not None or note.get("binding_host_id") else "unbound",
        binding_vif_details=device_of(bridge, note),
        binding_host_id=_host_of(place),
        network_owner_id=bridge.project_id,
        network_shared=bridge.shared,
    )


def _host_of(place: Place) -> str:
    """Return the member of the cluster on which a port is plugged in, or what was said of one that is not."""
    if place.nic is not None and place.nic.location not in NOWHERE:
        return place.nic.location
    return str(place.note.get("binding_host_id", ""))


def _options(note: Note) -> list[DhcpOption]:
    return [DhcpOption(**option) for option in note.get("extra_dhcp_opts", ())]


def _addresses(place: Place) -> list[str]:
    """Return a port's addresses: those that its interface has, where somebody has changed them in LXD."""
    given = {":" in address: address for address in (place.nic.addresses if place.nic is not None else ())}
    return [given.get(":" in address, address) for address in place.note["addresses"]]


def _is_active(place: Place) -> bool:
    """Tell whether a port's device is there: a router always is, a server while it runs."""
    is_running = place.nic is not None and place.nic.running
    return (is_running or ROUTER in place.note) and bool(place.note.get("admin_state_up", True))


_PLAIN = tuple(
    name
    for name in (*_NOTED, "ip_allocation")
    if name not in ("security_group_ids", "port_security_enabled", "tags", "description", "binding_host_id")
)


def _fixed_ip(subnets: Sequence[Subnet], address: str) -> FixedIp:
    subnet = next((item for item in subnets if contains(item.cidr, address)), None)
    return FixedIp(subnet_id=subnet.id if subnet else None, ip_address=address)
