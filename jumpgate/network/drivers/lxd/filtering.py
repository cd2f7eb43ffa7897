"""The ACL of each bridge, kept equal to what the security groups of its ports say."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping

from jumpgate.clouds.lxd.etags import insist
from jumpgate.clouds.lxd.notes import Note
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.errors import NotFound
from jumpgate.network.drivers.lxd.acl_rules import AclRule, FilteredPort, Flow, compose, flow_of
from jumpgate.network.drivers.lxd.bridges import Bridge, Bridges, turns
from jumpgate.network.drivers.lxd.group_records import all_groups
from jumpgate.network.drivers.lxd.kept import Kept
from jumpgate.network.drivers.lxd.reach import reaches
from jumpgate.network.drivers.lxd.ways import ROUTER, ways
from jumpgate.network.models import SecurityGroup

Rules = tuple[list[AclRule], list[AclRule]]
_ACTIONS = ("security.acls.default.ingress.action", "security.acls.default.egress.action")


class Filtering:
    """What no rule lets pass is dropped, from the moment a network is there."""

    def __init__(self, bridges: Bridges, routers: Kept) -> None:
        self._bridges = bridges
        self._routers = routers
        self._turns = turns(bridges.folder, "rules")

    @property
    def _session(self) -> Session:
        return self._bridges.session

    def prepare(self, name: str) -> None:
        """Make the ACL of a bridge that is to be made; it lets nothing pass."""
        self._session.post("network-acls", body={"name": name, "description": "What the ports of this network admit"})

    def keys(self, name: str) -> Mapping[str, str]:
        """Return the keys by which a bridge has its ACL."""
        return {"security.acls": name, **dict.fromkeys(_ACTIONS, "drop")}

    def forget(self, name: str) -> None:
        """Remove the ACL of a bridge that is gone."""
        try:
            self._session.delete("network-acls", name)
        except NotFound:
            return

    def refresh(self) -> None:
        """Write the rules of every network whose ports or security groups have changed.

        A group that another one's rules name changes what may pass on networks far from its own ports.
        """
        known = {str(item["name"]): item for item in self._session.find("network-acls")}
        for name, rules in self._wanted().items():
            if name in known and _rules(known[name]) != rules:
                with self._turns:
                    insist(functools.partial(self._write, name), of=f"The ACL {name}")

    def _write(self, name: str) -> None:
        """Write one network's rules as they should be now; the ETag is older than what they are made of."""
        try:
            record, etag = self._session.tagged("network-acls", name)
        except NotFound:
            return
        wanted = self._wanted().get(name)
        if wanted is None or _rules(record) == wanted:
            return
        ingress, egress = wanted
        body = {"description": record["description"], "config": record["config"], "ingress": ingress, "egress": egress}
        self._session.put("network-acls", name, body=body, etag=etag)

    def _wanted(self) -> dict[str, Rules]:
        """Return the rules that each of our bridges should have, by the bridge's name."""
        bridges = self._bridges.all()
        ours = [item for item in bridges if item.is_ours]
        groups = [group for group, _ in all_groups(self._session)]
        members = _members(bridges)
        leaving, entering = (_flows(groups, members, direction) for direction in ("egress", "ingress"))
        far = reaches(bridges, ways(bridges, self._routers.all()))
        return {item.name: compose(_ports(item), leaving, entering, far[item.name]) for item in ours}


def _members(bridges: list[Bridge]) -> dict[str, list[str]]:
    """Return what the ports of each security group send from."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for bridge in bridges:
        for port in bridge.ports:
            for group in port.get("security_group_ids", ()):
                found[group] += [*port["addresses"], *_pairs(port)]
    return found


def _flows(groups: list[SecurityGroup], members: Mapping[str, list[str]], direction: str) -> dict[str, list[Flow]]:
    return {
        group.id: [flow_of(rule, members) for rule in group.rules if rule.direction == direction] for group in groups
    }


def _ports(bridge: Bridge) -> list[FilteredPort]:
    return [
        FilteredPort(
            id=port["id"],
            addresses=tuple(port["addresses"]),
            pairs=_pairs(port),
            groups=_groups(port),
            has_device=bool(port.get("device_id")),
        )
        for port in sorted(bridge.ports, key=lambda port: str(port["id"]))
        # A router's leg is the bridge itself.
        if ROUTER not in port
    ]


def _groups(port: Note) -> frozenset[str] | None:
    """Return the groups that say what a port lets pass, None where everything passes; one that is down has none."""
    if not port.get("admin_state_up", True):
        return frozenset()
    return frozenset(port.get("security_group_ids", ())) if port.get("port_security_enabled", True) else None


def _pairs(port: Note) -> tuple[str, ...]:
    """Return the addresses and prefixes that a port may send from beside its own."""
    return tuple(pair["ip_address"] for pair in port.get("allowed_address_pairs", ()))


_FIELDS = ("action", "state", "source", "destination", "protocol", "destination_port", "icmp_type", "icmp_code")


def _rules(record: Record) -> Rules:
    """Return an ACL's rules in the form in which they are composed."""

    def plain(rules: list[Record]) -> list[AclRule]:
        return [{name: str(rule[name]) for name in _FIELDS if rule.get(name)} for rule in rules or []]

    return plain(record["ingress"]), plain(record["egress"])
