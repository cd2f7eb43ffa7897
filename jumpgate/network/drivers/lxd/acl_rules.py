"""What a network's ports let pass, as the rules of one LXD ACL.

LXD 5.0 has ACLs for whole bridges only, and in them a packet between two ports passes as soon as one rule lets it: one
for leaving the sender or one for entering the receiver. So the rules for leaving never name a filtered port of the same
network as the destination, and those for entering name only senders whose own rules let the packet leave. What goes to
many neighbours at once passes where one of them lets it in.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jumpgate.network.drivers.lxd import ranges
from jumpgate.network.drivers.lxd.ranges import Range
from jumpgate.network.drivers.lxd.reach import Reach
from jumpgate.network.models import PROTOCOLS, SecurityGroupRule, SecurityGroupRuleSpec

AclRule = dict[str, str]

_TCP, _UDP, _ICMP4, _ICMP6 = 6, 17, 1, 58
_NAMES = {_TCP: "tcp", _UDP: "udp", _ICMP4: "icmp4", _ICMP6: "icmp6"}
_ICMP = ("icmp4", "icmp6")
_VERSIONS = {"IPv4": 4, "IPv6": 6}


def protocol_of(rule: SecurityGroupRule | SecurityGroupRuleSpec) -> str | None:
    """Return a rule's protocol in LXD's word, None for any; raise KeyError for one that LXD's ACLs do not know."""
    if rule.protocol is None:
        return None
    number = int(rule.protocol) if rule.protocol.isdigit() else PROTOCOLS[rule.protocol]
    return None if rule.protocol in ("0", "ip") else _NAMES[number]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilteredPort:
    """A port as its filter sees it: `groups` are its security groups' ids, None where it is not filtered.

    `pairs` are the addresses and prefixes of its allowed address pairs. They give it no address of a port that
    `has_device`; that of one without is a place kept for others.
    """

    id: str
    addresses: tuple[str, ...]
    groups: frozenset[str] | None
    pairs: tuple[str, ...] = ()
    has_device: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Traffic of one IP version: a protocol (LXD's word, None: any), ports or ICMP type and code, the far side."""

    version: int
    protocol: str | None
    low: int | None
    high: int | None
    remote: tuple[Range, ...]

    def meets(self, other: Flow) -> Flow | None:
        """Return the traffic that both flows allow, whatever their far sides; None where there is none."""
        if self.version != other.version or (self.protocol and other.protocol and self.protocol != other.protocol):
            return None
        narrow, wide = (self, other) if self.protocol else (other, self)
        if narrow.protocol is None or wide.protocol is None:
            return dataclasses.replace(narrow, remote=self.remote)
        if narrow.protocol in _ICMP:
            return _meeting_icmp(narrow, wide)
        low, high = max(_low(narrow), _low(wide)), min(_high(narrow), _high(wide))
        return dataclasses.replace(narrow, low=low, high=high) if low <= high else None


def _meeting_icmp(one: Flow, other: Flow) -> Flow | None:
    for mine, theirs in ((one.low, other.low), (one.high, other.high)):
        if mine is not None and theirs is not None and mine != theirs:
            return None
    low = one.low if one.low is not None else other.low
    high = one.high if one.high is not None else other.high
    return dataclasses.replace(one, low=low, high=high)


def _low(flow: Flow) -> int:
    return 0 if flow.low is None else flow.low


def _high(flow: Flow) -> int:
    return 65535 if flow.high is None else flow.high


def flow_of(rule: SecurityGroupRule, members: Mapping[str, Sequence[str]]) -> Flow:
    """Return the traffic of a rule; `members` are the addresses of the ports of each security group."""
    version = _VERSIONS[rule.ethertype]
    if rule.remote_group_id is not None:
        remote = ranges.of_addresses(members.get(rule.remote_group_id, ()), version)
    elif rule.remote_ip_prefix is not None:
        remote = ranges.of_prefix(rule.remote_ip_prefix)
    else:
        remote = ranges.everything(version)
    return Flow(
        version=version,
        protocol=protocol_of(rule),
        low=rule.port_range_min,
        high=rule.port_range_max,
        remote=tuple(remote),
    )


Flows = Mapping[str, Sequence[Flow]]


def compose(
    ports: Sequence[FilteredPort], leaving: Flows, entering: Flows, reach: Mapping[int, Reach]
) -> tuple[list[AclRule], list[AclRule]]:
    """Return the ingress and the egress rules of a network's ACL.

    `leaving` and `entering` are the flows of each security group by its id, `reach` is how far the network reaches in
    each IP version.
    """
    sides = [_side(version, ports, leaving, entering, far) for version, far in reach.items()] if ports else []
    ingress = [rule for side in sides for rule in side.ingress()]
    egress = [rule for side in sides for rule in side.egress()]
    return _distinct(ingress), _distinct(egress)


def _side(version: int, ports: Sequence[FilteredPort], leaving: Flows, entering: Flows, reach: Reach) -> _Side:
    held = ranges.of_addresses((item for port in ports if port.has_device for item in port.addresses), version)
    spans = {
        port.id: ranges.merged(
            [
                *ranges.of_addresses(port.addresses, version),
                *ranges.without(ranges.of_addresses(port.pairs, version), held),
            ]
        )
        for port in ports
    }
    return _Side(version, ports, spans, leaving, entering, reach)


@dataclass(frozen=True, slots=True)
class _Side:
    """A network in one IP version; `spans` is what each port sends from, by its id."""

    version: int
    ports: Sequence[FilteredPort]
    spans: Mapping[str, Sequence[Range]]
    leaving: Flows
    entering: Flows
    reach: Reach

    def of(self, ports: Iterable[FilteredPort]) -> list[Range]:
        """Return what some ports send from."""
        return ranges.merged(span for port in ports for span in self.spans[port.id])

    @property
    def by_group(self) -> dict[str, list[Range]]:
        """What the ports of each security group send from."""
        groups = sorted({group for port in self.ports for group in port.groups or ()})
        return {group: self.of(port for port in self.ports if group in (port.groups or ())) for group in groups}

    @property
    def named(self) -> list[Range]:
        """What filtered ports send from."""
        return ranges.without(self.of(port for port in self.ports if port.groups is not None), self.reach.own)

    @property
    def free(self) -> list[Range]:
        """What a port that is not filtered may send from, if there is one: whatever is no other's."""
        if all(port.groups is not None for port in self.ports):
            return []
        return ranges.without(ranges.everything(self.version), self.named)

    @property
    def strangers(self) -> list[Range]:
        """The addresses of the network that nobody has: what comes from there comes from no port."""
        return ranges.without(self.reach.prefix, [*self.named, *self.reach.own, *self.free])

    @property
    def anything(self) -> Flow:
        """What a port that is not filtered lets pass."""
        everywhere = tuple(ranges.everything(self.version))
        return Flow(version=self.version, protocol=None, low=None, high=None, remote=everywhere)

    def egress(self) -> Iterator[AclRule]:
        closed = ranges.merged([*ranges.common(self.named, self.reach.prefix), *self.reach.many])
        for group, senders in self.by_group.items():
            for flow in _of_version(self.leaving.get(group, ()), self.version):
                yield from _rule(flow, source=senders, destination=self.reach.targets(flow.remote, closed))
        targets = self.reach.targets(self.anything.remote, closed)
        yield from _rule(self.anything, source=self.free, destination=targets)
        if self.version == 6 and self.reach.own:
            yield from _NEIGHBOURS

    def ingress(self) -> Iterator[AclRule]:
        ports = (port for port in self.ports if port.groups is not None)
        narrow = [port for port in ports if not _may_send_all(port, self.leaving, self.version)]
        restricted = ranges.merged([*self.of(narrow), *self.strangers])
        for group, receivers in self.by_group.items():
            targets = ranges.merged([*receivers, *self.reach.many])
            for flow in _of_version(self.entering.get(group, ()), self.version):
                yield from self._into(flow, targets, restricted)
                yield from self._between(flow, targets, narrow)
        yield from self._into(self.anything, self.free, restricted)

    def _into(self, flow: Flow, targets: Sequence[Range], restricted: Sequence[Range]) -> Iterator[AclRule]:
        """Yield the rules for what enters `targets`, but from `restricted` addresses of the same network."""
        yield from _rule(flow, source=self.reach.sources(flow.remote, restricted), destination=targets)
        masked = self.reach.masked_sources(flow.remote)
        yield from _rule(flow, source=masked, destination=ranges.common(targets, self.reach.exposed))

    def _between(self, flow: Flow, targets: Sequence[Range], senders: Iterable[FilteredPort]) -> Iterator[AclRule]:
        """Yield the rules for what enters `targets` from ports of the same network that may not send everything."""
        for sender in senders:
            source = ranges.common(self.spans[sender.id], flow.remote)
            for group in sorted(sender.groups or ()):
                for out in self.leaving.get(group, ()):
                    both = flow.meets(out)
                    if both is not None:
                        yield from _rule(both, source=source, destination=ranges.common(targets, out.remote))


# By which neighbours find each other's MAC addresses: no security group is asked, as in OpenStack.
_NEIGHBOURS: Sequence[AclRule] = [
    {"action": "allow", "state": "enabled", "protocol": "icmp6", "icmp_type": number} for number in ("135", "136")
]


def _may_send_all(port: FilteredPort, leaving: Flows, version: int) -> bool:
    everywhere = tuple(ranges.everything(version))
    flows = (flow for group in port.groups or () for flow in leaving.get(group, ()))
    return any(flow.protocol is None and flow.remote == everywhere for flow in _of_version(flows, version))


def _of_version(flows: Iterable[Flow], version: int) -> Iterator[Flow]:
    return (flow for flow in flows if flow.version == version)


def _rule(flow: Flow, *, source: Sequence[Range], destination: Sequence[Range]) -> Iterator[AclRule]:
    """Yield the rule that lets a flow pass, none where nobody could send or get it."""
    if not source or not destination:
        return
    rule = {
        "action": "allow",
        "state": "enabled",
        "source": ranges.subject(source, flow.version),
        "destination": ranges.subject(destination, flow.version),
    }
    if flow.protocol is not None:
        rule["protocol"] = flow.protocol
    yield {**rule, **_numbers(flow)}


def _numbers(flow: Flow) -> AclRule:
    if flow.protocol in _ICMP:
        named = (("icmp_type", flow.low), ("icmp_code", flow.high))
        return {name: str(value) for name, value in named if value is not None}
    if flow.protocol is None or flow.low is None or flow.high is None:
        return {}
    return {"destination_port": str(flow.low) if flow.low == flow.high else f"{flow.low}-{flow.high}"}


def _distinct(rules: Iterable[AclRule]) -> list[AclRule]:
    """Return rules without those that are there twice, which LXD refuses."""
    return list({tuple(sorted(rule.items())): rule for rule in rules}.values())
