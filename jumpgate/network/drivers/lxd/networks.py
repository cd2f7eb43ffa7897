"""Networks: LXD's managed bridges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.clouds.lxd.notes import PREFIX, fresh, standard, touched, written
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound, NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import Networks
from jumpgate.network.drivers.lxd.bridges import EXTERNAL, SHARED, Bridge, Bridges
from jumpgate.network.drivers.lxd.filtering import Filtering
from jumpgate.network.drivers.lxd.prefixes import subnet_notes
from jumpgate.network.drivers.lxd.quotas import LxdQuotas
from jumpgate.network.models import Network, NetworkSpec
from jumpgate.network.schemas.values import invalid
from jumpgate.network.subnetting import check_mtu
from jumpgate.network.tagging import Tags
from jumpgate.network.views.faults import fault

NOTE = PREFIX + "network"
DEFAULT_MTU = 1500
LARGEST_MTU = 9000
KIND = "local"
_STATUS = {"Created": "ACTIVE", "Pending": "BUILD", "Errored": "ERROR"}


class LxdNetworks(Tags, Networks):
    """A bridge for each network. One that somebody made by hand belongs to nobody: administrators see it, and everybody
    does when its ``user.openstack.shared`` or ``.external`` is true.
    """

    def __init__(self, bridges: Bridges, filtering: Filtering, quotas: LxdQuotas) -> None:
        self._bridges = bridges
        self._quotas = quotas
        self._filtering = filtering

    def find(self, ctx: Context, query: Query) -> Iterable[Network]:
        return [network(item) for item in self._bridges.seen(ctx, everything=query.all_projects)]

    def get(self, ctx: Context, resource_id: str) -> Network:
        return network(self._bridges.get(ctx, resource_id))

    def create(self, ctx: Context, spec: NetworkSpec) -> Network:
        _refuse(spec)
        with self._quotas.spending(spec.project_id or ctx.project, "network"):
            return self._create(ctx, spec)

    def _create(self, ctx: Context, spec: NetworkSpec) -> Network:
        note = fresh(
            spec.project_id or ctx.project,
            description=spec.description,
            name=spec.name,
            port_security_enabled=spec.port_security_enabled,
            is_default=spec.is_default and spec.external,
            dns_domain=spec.dns_domain,
        )
        name = bridge_name(note["id"])
        self._filtering.prepare(name)
        config = {
            NOTE: written(note),
            "ipv4.address": "none",
            "ipv6.address": "none",
            # Otherwise LXD takes no two interfaces of one instance's name, whatever their projects.
            "dns.mode": "none",
            **self._filtering.keys(name),
            **_flags(shared=spec.shared, external=spec.external),
            **_settings(spec.mtu, spec.dns_domain),
        }
        try:
            self._bridges.make(name, config)
        except Exception:
            self._filtering.forget(name)
            raise
        return network(self._bridges.current(name))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Network:
        bridge = self._bridges.get(ctx, resource_id)
        _check_update(bridge, changes)
        return network(self._bridges.change(bridge.name, lambda current: _changed(current, changes)))

    def delete(self, ctx: Context, resource_id: str) -> None:
        bridge = self._bridges.get(ctx, resource_id)
        used = [*(port["id"] for port in bridge.ports), *(item["id"] for item in bridge.floating_ips)]
        if used:
            reason = "There are one or more ports still in use on the network, id for these ports is: "
            raise fault("NetworkInUse", resource_id, reason + ",".join(sorted(used)))
        try:
            self._bridges.session.delete("networks", bridge.name)
        except NotFound:
            pass
        except Conflict as error:
            raise fault("NetworkInUse", resource_id, "An instance is plugged into it.") from error
        self._filtering.forget(bridge.name)

    def retag(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        bridge = self._bridges.get(ctx, resource_id)
        self._bridges.change(bridge.name, lambda current: _changed(current, {"tags": list(tags)}))

    def tags_of(self, ctx: Context, resource_id: str) -> tuple[str, ...]:
        return self.get(ctx, resource_id).tags


def bridge_name(network_id: str) -> str:
    """Return what a network's bridge is called: Linux takes 15 characters."""
    return f"jg{network_id.replace('-', '')[:12]}"


def network(bridge: Bridge) -> Network:
    """Return a bridge as a network."""
    note = bridge.note
    return Network(
        **standard(note),
        name=note["name"],
        status=_STATUS.get(bridge.status, "DOWN"),
        shared=bridge.shared,
        external=bridge.external,
        is_default=bool(note.get("is_default")) and bridge.external,
        mtu=int(bridge.config.get("bridge.mtu", DEFAULT_MTU)),
        network_type=KIND,
        port_security_enabled=bridge.is_ours and bool(note.get("port_security_enabled", True)),
        dns_domain=note.get("dns_domain", bridge.config.get("dns.domain", "")),
        subnet_ids=tuple(sorted(item["id"] for item in subnet_notes(bridge))),
    )


def _refuse(spec: NetworkSpec) -> None:
    """Raise for what no bridge of LXD's can be."""
    if spec.network_type not in (None, KIND):
        raise invalid(f"network_type value '{spec.network_type}' not supported")
    if spec.physical_network is not None or spec.segmentation_id is not None:
        raise invalid(f"{KIND} networks have neither a physical network nor a segmentation id")
    if not spec.admin_state_up:
        raise NotSupported("LXD's bridges are always up: leave admin_state_up true.")
    if spec.availability_zone_hints:
        raise fault("AvailabilityZoneNotFound", spec.availability_zone_hints[0])


def _flags(*, shared: bool, external: bool) -> dict[str, str]:
    return {key: "true" for key, value in ((SHARED, shared), (EXTERNAL, external)) if value}


def _settings(mtu: int | None, dns_domain: str) -> dict[str, str]:
    if mtu and mtu > LARGEST_MTU:
        raise invalid(f"Requested MTU is too big, maximum is {LARGEST_MTU}")
    found = {"bridge.mtu": str(mtu)} if mtu else {}
    return {**found, "dns.domain": dns_domain.rstrip(".")} if dns_domain else found


_FIXED = {"network_type": KIND, "physical_network": None, "segmentation_id": None}


def _check_update(bridge: Bridge, changes: Changes) -> None:
    fixed = [f"provider:{name}" for name, value in _FIXED.items() if changes.get(name, value) != value]
    if fixed:
        names = ", ".join(fixed)
        raise invalid(f"Plugin does not support updating the following provider network attributes: {names}")
    if changes.get("admin_state_up") is False:
        raise NotSupported("LXD's bridges are always up: leave admin_state_up true.")
    guests = [port for port in bridge.ports if port["project_id"] != bridge.project_id]
    if bridge.shared and changes.get("shared") is False and guests:
        raise fault("InvalidSharedSetting", bridge.note["name"])
    if changes.get("external", bridge.external) != bridge.external and subnet_notes(bridge):
        raise Conflict(
            "External networks have their addresses elsewhere: delete the subnets before, and make them anew."
        )
    if "mtu" in changes:
        for subnet in subnet_notes(bridge):
            check_mtu(bridge.id, changes["mtu"], subnet["ip_version"])


_NOTED = ("name", "description", "is_default", "dns_domain", "port_security_enabled", "tags")


def _changed(bridge: Bridge, changes: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the keys that an update sets."""
    noted = {name: changes[name] for name in _NOTED if name in changes}
    keys: dict[str, str | None] = {NOTE: written(touched(bridge.note, noted))}
    for name, key in (("shared", SHARED), ("external", EXTERNAL)):
        if name in changes:
            keys[key] = "true" if changes[name] else None
    keys.update(_settings(changes.get("mtu"), changes.get("dns_domain", "")))
    if changes.get("dns_domain") == "":
        keys["dns.domain"] = None
    return keys
