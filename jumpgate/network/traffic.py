"""Security group rules: which combinations make sense, and when two say the same.

The checks and their messages are those of Neutron (``neutron.db.securitygroups_db``).
"""

from __future__ import annotations

import dataclasses
import ipaddress

from jumpgate.network.models import PROTOCOLS, SecurityGroupRule, SecurityGroupRuleSpec
from jumpgate.network.views.faults import fault

Rule = SecurityGroupRule | SecurityGroupRuleSpec

_WITH_PORTS = ("dccp", "sctp", "tcp", "udp", "udplite")
_PORT_NUMBERS = tuple(PROTOCOLS[name] for name in _WITH_PORTS)
_ICMP_NUMBERS = (1, 58)
_IPV6_ONLY = ("ipv6-encap", "ipv6-frag", "ipv6-icmp", "icmpv6", "ipv6-nonxt", "ipv6-opts", "ipv6-route")
_IPV6_ONLY_NUMBERS = tuple(str(PROTOCOLS[name]) for name in _IPV6_ONLY)
_IPV6_NAMES = {"icmp": "ipv6-icmp", "icmpv6": "ipv6-icmp", "1": "58"}
_NAMES = {str(number): name for name, number in PROTOCOLS.items() if name not in ("icmpv6", "hopopt")}


def canonical(spec: SecurityGroupRuleSpec) -> SecurityGroupRuleSpec:
    """Return a rule as it is stored; raise BadRequest for one that makes no sense."""
    if spec.ethertype == "IPv6" and spec.protocol in _IPV6_NAMES:
        spec = dataclasses.replace(spec, protocol=_IPV6_NAMES[spec.protocol])
    if (spec.port_range_min, spec.port_range_max) == (1, 65535):
        spec = dataclasses.replace(spec, port_range_min=None, port_range_max=None)
    _check_ports(spec)
    _check_prefix(spec)
    if spec.ethertype == "IPv4" and spec.protocol in (*_IPV6_ONLY, *_IPV6_ONLY_NUMBERS):
        raise fault("SecurityGroupEthertypeConflictWithProtocol", spec.ethertype, spec.protocol)
    if sum(map(bool, (spec.remote_ip_prefix, spec.remote_group_id, spec.remote_address_group_id))) > 1:
        raise fault("SecurityGroupMultipleRemoteEntites")
    return spec


def _number(protocol: str) -> int:
    return PROTOCOLS[protocol] if protocol in PROTOCOLS else int(protocol)


def _check_ports(spec: SecurityGroupRuleSpec) -> None:
    low, high = spec.port_range_min, spec.port_range_max
    if low is None and high is None:
        return
    if spec.protocol is None:
        raise fault("SecurityGroupProtocolRequiredWithPorts")
    number = _number(spec.protocol)
    if number in _PORT_NUMBERS:
        if 0 in (low, high):
            raise fault("SecurityGroupInvalidPortValue", 0)
        if low is None or high is None or low > high:
            raise fault("SecurityGroupInvalidPortRange")
    elif number in _ICMP_NUMBERS:
        _check_icmp(low, high)
    else:
        names = ", ".join(name.upper() for name in _WITH_PORTS)
        raise fault("SecurityGroupInvalidProtocolForPort", number, names)


def _check_icmp(kind: int | None, code: int | None) -> None:
    for value, field, attribute in ((kind, "type", "port_range_min"), (code, "code", "port_range_max")):
        if value is not None and not 0 <= value <= 255:
            raise fault("SecurityGroupInvalidIcmpValue", field, attribute, value)
    if kind is None:
        raise fault("SecurityGroupMissingIcmpType", code)


def _check_prefix(spec: SecurityGroupRuleSpec) -> None:
    if spec.remote_ip_prefix is None:
        return
    if spec.ethertype != f"IPv{ipaddress.ip_interface(spec.remote_ip_prefix).version}":
        raise fault("SecurityGroupRuleParameterConflict", spec.ethertype, spec.remote_ip_prefix)


def normalized(prefix: str | None) -> str | None:
    """Return a prefix without bits behind it."""
    return None if prefix is None else str(ipaddress.ip_interface(prefix).network)


def meaning(rule: Rule) -> tuple[object, ...]:
    """Return what two rules of one group have in common when they let the same traffic pass."""
    everywhere = rule.remote_ip_prefix in (None, "0.0.0.0/0", "::/0")
    return (
        rule.direction,
        rule.ethertype,
        _NAMES.get(rule.protocol or "", rule.protocol),
        rule.port_range_min,
        rule.port_range_max,
        rule.remote_group_id,
        rule.remote_address_group_id,
        None if everywhere else rule.remote_ip_prefix,
    )
