"""``/os-security-groups``: the network service's groups in Nova's form, until 2.35; a server's own in every version.

Nova's rules let traffic in only; rules for traffic out are left out here. Source: the API reference, "Security groups
(os-security-groups) (DEPRECATED)".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from jumpgate.common.errors import BadRequest, Conflict, NotFound, NotSupported
from jumpgate.common.ids import Kind, MalformedId, Native
from jumpgate.common.listing import Filter
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.lookup import get_server
from jumpgate.compute.handlers.siblings import find, sibling, spec_of
from jumpgate.compute.schemas import proxies as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:os-security-groups:"
_UNTIL = "2.35"
_MOST = 1000


def _network(call: Call[Compute]) -> Any:
    network = sibling(call, "network")
    if network is None or network.security_groups is None or network.security_group_rules is None:
        raise NotSupported("The network service of this cloud offers no security groups by way of compute.")
    return network


def _rules(call: Call[Compute], group: Any, names: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_rule(call, rule, names) for rule in group.rules if rule.direction == "ingress"]


def _rule(call: Call[Compute], rule: Any, groups: Mapping[str, Any]) -> dict[str, Any]:
    first, last = rule.port_range_min, rule.port_range_max
    if rule.protocol and first is None and last is None:
        first, last = (1, 65535) if rule.protocol in ("tcp", "udp") else (-1, -1)
    source = groups.get(rule.remote_group_id) if rule.remote_group_id else None
    shown = {
        "id": call.openstack_id(Kind.SECURITY_GROUP_RULE, rule.id),
        "parent_group_id": call.openstack_id(Kind.SECURITY_GROUP, rule.security_group_id),
        "ip_protocol": rule.protocol,
        "from_port": first,
        "to_port": last,
        "group": {},
        "ip_range": {},
    }
    if source is not None:
        shown["group"] = {"name": source.name, "tenant_id": source.project_id}
    elif not rule.remote_group_id:
        shown["ip_range"] = {"cidr": rule.remote_ip_prefix or "0.0.0.0/0"}
    return shown


def _shown(call: Call[Compute], group: Any, groups: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": call.openstack_id(Kind.SECURITY_GROUP, group.id),
        "name": group.name,
        "description": group.description,
        "tenant_id": group.project_id,
        "rules": _rules(call, group, groups),
    }


def _visible(call: Call[Compute], *, everywhere: bool = False) -> dict[str, Any]:
    """Return the groups that the caller can see, by their ids."""
    return {group.id: group for group in find(call, _network(call).security_groups, everywhere=everywhere)}


def _get(call: Call[Compute], group_id: str) -> Any:
    """Return a group in the path; Nova says 400 to what is no UUID here."""
    try:
        native = call.ids[Kind.SECURITY_GROUP].to_cloud(group_id)
    except MalformedId:
        raise _malformed(group_id, f"Security group {group_id} not found.") from None
    return _existing(call, native, group_id)


def _malformed(text: str, missing: str) -> BadRequest | NotFound:
    """Return what is said to a text that can be no group's id: a UUID of another kind is one that is not there."""
    try:
        Native().to_cloud(text)
    except MalformedId:
        return BadRequest("Security group id should be uuid")
    return NotFound(missing, reason="SecurityGroupNotFound")


def _existing(call: Call[Compute], native: str, shown: str) -> Any:
    try:
        return _network(call).security_groups.get(call.ctx, native)
    except NotFound:
        raise NotFound(f"Security group {shown} not found.", reason="SecurityGroupNotFound") from None


class SecurityGroupsHandler(Handler[Compute]):
    """``/os-security-groups``."""

    @operation(policy=_RULE + "get", until=_UNTIL)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        everywhere = call.ctx.is_admin and "all_tenants" in call.parameters
        everything = _visible(call, everywhere=everywhere)
        groups = [group for group in everything.values() if everywhere or group.project_id == call.ctx.project_id]
        ordered = sorted(groups, key=lambda group: (group.project_id, group.name))
        offset = int(call.parameter("offset") or 0)
        limit = min(int(call.parameter("limit") or _MOST) or _MOST, _MOST)
        return {"security_groups": [_shown(call, group, everything) for group in ordered[offset : offset + limit]]}

    @operation(policy=_RULE + "create", until=_UNTIL, body=schemas.SECURITY_GROUP)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        wanted, groups = call.body["security_group"], _network(call).security_groups
        spec = spec_of(groups)(name=wanted["name"], description=wanted["description"])
        return {"security_group": _shown(call, groups.create(call.ctx, spec), {})}


class SecurityGroupHandler(Handler[Compute]):
    """``/os-security-groups/{security_group_id}``."""

    @operation(policy=_RULE + "show", until=_UNTIL)
    def on_get(self, call: Call[Compute], security_group_id: str) -> dict[str, Any]:
        return {"security_group": _shown(call, _get(call, security_group_id), _visible(call))}

    @operation(policy=_RULE + "update", until=_UNTIL, body=schemas.SECURITY_GROUP)
    def on_put(self, call: Call[Compute], security_group_id: str) -> dict[str, Any]:
        group, wanted = _get(call, security_group_id), call.body["security_group"]
        changes = {"name": wanted["name"], "description": wanted["description"]}
        changed = _network(call).security_groups.update(call.ctx, group.id, changes)
        return {"security_group": _shown(call, changed, _visible(call))}

    @operation(policy=_RULE + "delete", until=_UNTIL, status=202)
    def on_delete(self, call: Call[Compute], security_group_id: str) -> None:
        group = _get(call, security_group_id)
        try:
            _network(call).security_groups.delete(call.ctx, group.id)
        except Conflict as error:
            raise BadRequest(error.message) from error


class SecurityGroupRulesHandler(Handler[Compute]):
    """``/os-security-group-rules``."""

    @operation(policy=_RULE + "rule:create", until=_UNTIL, body=schemas.SECURITY_GROUP_RULE)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        wanted, rules = call.body["security_group_rule"], _network(call).security_group_rules
        parent = _get(call, wanted["parent_group_id"])
        source = _get(call, wanted["group_id"]) if wanted.get("group_id") else None
        values = _rule_values(wanted, source)
        spec = spec_of(rules)(
            security_group_id=parent.id,
            direction="ingress",
            remote_group_id=None if source is None else source.id,
            **values,
        )
        try:
            rule = rules.create(call.ctx, spec)
        except Conflict:
            raise BadRequest(f"This rule already exists in group {wanted['parent_group_id']}") from None
        return {"security_group_rule": _rule(call, rule, _visible(call))}


def _rule_values(wanted: Mapping[str, Any], source: Any) -> dict[str, Any]:
    """Return what a rule lets through; raise BadRequest for what is no rule."""
    protocol, first, last = wanted.get("ip_protocol"), wanted.get("from_port"), wanted.get("to_port")
    protocol = str(protocol).lower() if protocol else None
    prefix = None if source is not None else _prefix(wanted.get("cidr"))
    if source is not None and protocol and first is None and last is None:
        first, last = (-1, -1) if protocol == "icmp" else (1, 65535)
    if not protocol or first is None or last is None:
        if source is None:
            raise BadRequest("Not enough parameters to build a valid rule.")
        return {"ethertype": "IPv4"}
    first, last = _range(protocol, first, last)
    return {
        "protocol": protocol,
        # Any type and code are -1 to Nova and nothing to Neutron.
        "port_range_min": None if first == -1 else first,
        "port_range_max": None if last == -1 else last,
        "remote_ip_prefix": None if prefix is None else prefix.with_prefixlen,
        "ethertype": "IPv6" if prefix is not None and prefix.version == 6 else "IPv4",
    }


def _range(protocol: str, first: Any, last: Any) -> tuple[int, int]:
    try:
        first, last = int(first), int(last)
    except (TypeError, ValueError):
        what = "Type and Code must be integers for ICMP protocol type"
        other = "To and From ports must be integers"
        raise BadRequest(f"Invalid input received: {what if protocol == 'icmp' else other}") from None
    if protocol not in ("tcp", "udp", "icmp"):
        raise BadRequest(f"Invalid IP protocol {protocol}.")
    problem = _problem(protocol, first, last)
    if problem:
        raise BadRequest(f"Invalid port range {first}:{last}. {problem}")
    return first, last


def _problem(protocol: str, first: int, last: int) -> str:
    if protocol == "icmp":
        fits = -1 <= first <= 255 and -1 <= last <= 255
        return "" if fits else "For ICMP, the type:code must be valid"
    if first > last:
        return "Former value cannot be greater than the later"
    if first < 1 or last > 65535:
        return f"Valid {protocol.upper()} ports should be between 1-65535"
    return ""


def _prefix(cidr: str | None) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    """Return an address with its prefix's length; what the address says of the host is kept, as Nova keeps it."""
    try:
        return ipaddress.ip_interface(cidr or "0.0.0.0/0")
    except ValueError:
        raise BadRequest(f"{cidr} is not a valid IP network.") from None


class SecurityGroupRuleHandler(Handler[Compute]):
    """``/os-security-group-rules/{security_group_rule_id}``."""

    @operation(policy=_RULE + "rule:delete", until=_UNTIL, status=202)
    def on_delete(self, call: Call[Compute], security_group_rule_id: str) -> None:
        try:
            native = call.ids[Kind.SECURITY_GROUP_RULE].to_cloud(security_group_rule_id)
        except MalformedId:
            missing = f"Security group with rule {security_group_rule_id} not found."
            raise _malformed(security_group_rule_id, missing) from None
        try:
            _network(call).security_group_rules.delete(call.ctx, native)
        except NotFound:
            raise NotFound(f"Security group with rule {security_group_rule_id} not found.") from None


class ServerSecurityGroupsHandler(Handler[Compute]):
    """``/servers/{server_id}/os-security-groups``."""

    @operation("servers.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, _RULE + "list")
        network = _network(call)
        ports = find(call, network.ports, Filter("device_id", (server.id,)))
        wanted = {group_id for port in ports for group_id in port.security_group_ids}
        everything = _visible(call)
        groups = [group for group_id, group in everything.items() if group_id in wanted]
        ordered = sorted(groups, key=lambda group: (group.project_id, group.name))
        return {"security_groups": [_shown(call, group, everything) for group in ordered]}
