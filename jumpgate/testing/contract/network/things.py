"""The things of the network service, each with what it needs around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jumpgate.common.context import Context
from jumpgate.common.ids import Kind
from jumpgate.network.models import (
    FloatingIpSpec,
    NetworkSpec,
    PortSpec,
    RouterSpec,
    SecurityGroupRuleSpec,
    SecurityGroupSpec,
    SubnetPoolSpec,
    SubnetSpec,
)
from jumpgate.network.models.address_scopes import AddressScopeSpec
from jumpgate.network.models.metering import MeteringLabelRuleSpec, MeteringLabelSpec
from jumpgate.network.models.trunks import TrunkSpec
from jumpgate.testing.contract.model import Thing
from jumpgate.testing.contract.prefixes import fresh_prefix
from jumpgate.testing.contract.suite import Made

RENAMED: Mapping[str, Any] = {"name": "contract-renamed", "description": "changed"}


class NetworkThing(Thing):
    """A network of the project's own."""

    resource = "networks"
    kind = Kind.NETWORK
    filters = ("id", "name", "status", "admin_state_up", "shared", "external", "project_id")
    sorts = ("name", "status", "id")
    changes: ClassVar[Mapping[str, Any]] = RENAMED

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> NetworkSpec:
        return NetworkSpec(name=name, **more)


class SubnetThing(Thing):
    """An IPv4 subnet of a network of its own."""

    resource = "subnets"
    kind = Kind.SUBNET
    filters = ("id", "name", "network_id", "ip_version", "cidr", "enable_dhcp")
    sorts = ("name", "cidr", "network_id", "id")
    changes: ClassVar[Mapping[str, Any]] = RENAMED

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> SubnetSpec:
        network_id = more.pop("network_id", None) or made.make(NETWORK, ctx).id
        return SubnetSpec(**{"network_id": network_id, "cidr": fresh_prefix(), "name": name, **more})


class SubnetPoolThing(Thing):
    """A pool of IPv4 prefixes."""

    resource = "subnet_pools"
    kind = Kind.SUBNET_POOL
    filters = ("id", "name", "shared", "ip_version")
    sorts = ("name", "id")
    changes: ClassVar[Mapping[str, Any]] = RENAMED

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> SubnetPoolSpec:
        return SubnetPoolSpec(**{"name": name, "prefixes": ("10.80.0.0/16",), "default_prefix_length": 24, **more})


class PortThing(Thing):
    """A port with an address, on a network of its own."""

    resource = "ports"
    kind = Kind.PORT
    filters = ("id", "name", "network_id", "mac_address", "device_id", "device_owner", "status", "admin_state_up")
    sorts = ("name", "network_id", "mac_address", "id")
    changes: ClassVar[Mapping[str, Any]] = RENAMED

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> PortSpec:
        network_id = more.pop("network_id", None) or made.make(SUBNET, ctx).network_id
        return PortSpec(network_id=network_id, name=name, **more)


class SecurityGroupThing(Thing):
    """A security group with the rules that every new one has."""

    resource = "security_groups"
    kind = Kind.SECURITY_GROUP
    filters = ("id", "name", "project_id")
    sorts = ("name", "id")
    changes: ClassVar[Mapping[str, Any]] = RENAMED

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> SecurityGroupSpec:
        return SecurityGroupSpec(name=name, **more)


class SecurityGroupRuleThing(Thing):
    """A rule of a group of its own."""

    resource = "security_group_rules"
    kind = Kind.SECURITY_GROUP_RULE
    filters = ("id", "security_group_id", "direction", "protocol", "ethertype")
    sorts = ("id",)

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> SecurityGroupRuleSpec:
        group_id = more.pop("security_group_id", None) or made.make(SECURITY_GROUP, ctx).id
        ports = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
        return SecurityGroupRuleSpec(**{"security_group_id": group_id, "direction": "ingress", **ports, **more})

    def several(self, made: Made, ctx: Context, names: Sequence[str]) -> list[Any]:
        """Return rules of one group: a request changes one."""
        group_id = made.make(SECURITY_GROUP, ctx).id
        ranges = ({"port_range_min": 80 + index, "port_range_max": 80 + index} for index, _ in enumerate(names))
        return [self.spec(made, ctx, "", security_group_id=group_id, **ports) for ports in ranges]


class RouterThing(Thing):
    """A router without a gateway."""

    resource = "routers"
    kind = Kind.ROUTER
    filters = ("id", "name", "admin_state_up", "status")
    sorts = ("name", "id")
    changes: ClassVar[Mapping[str, Any]] = RENAMED

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> RouterSpec:
        return RouterSpec(name=name, **more)


class FloatingIpThing(Thing):
    """An address of an external network, for nothing yet."""

    resource = "floating_ips"
    kind = Kind.FLOATING_IP
    filters = ("id", "floating_ip_address", "floating_network_id", "status", "port_id")
    sorts = ("floating_ip_address", "id")
    changes: ClassVar[Mapping[str, Any]] = {"description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> FloatingIpSpec:
        network_id = more.pop("floating_network_id", None) or external_network_id(made)
        return FloatingIpSpec(floating_network_id=network_id, **more)


class MeteringLabelThing(Thing):
    """A label under which a project's traffic is counted."""

    resource = "metering_labels"
    caller = "admin"
    filters = ("id", "name", "shared")
    sorts = ("name", "id")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> MeteringLabelSpec:
        return MeteringLabelSpec(name=name, **more)


class MeteringLabelRuleThing(Thing):
    """A rule of a label of its own."""

    resource = "metering_label_rules"
    caller = "admin"
    filters = ("id", "metering_label_id", "direction")
    sorts = ("id",)
    changes: ClassVar[Mapping[str, Any]] = {"excluded": True}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> MeteringLabelRuleSpec:
        label_id = more.pop("metering_label_id", None) or made.make(METERING_LABEL, ctx).id
        wanted = {"metering_label_id": label_id, "direction": "ingress", "remote_ip_prefix": "10.81.0.0/24"}
        return MeteringLabelRuleSpec(**{**wanted, **more})


class TrunkThing(Thing):
    """A trunk without subports, of a port of its own."""

    resource = "trunks"
    filters = ("id", "name", "port_id", "status", "admin_state_up")
    sorts = ("name", "id")
    changes: ClassVar[Mapping[str, Any]] = RENAMED

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> TrunkSpec:
        port_id = more.pop("port_id", None) or made.make(PORT, ctx).id
        return TrunkSpec(port_id=port_id, name=name, **more)


class AddressScopeThing(Thing):
    """An address scope without pools."""

    resource = "address_scopes"
    filters = ("id", "name", "ip_version", "shared")
    sorts = ("name", "id")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> AddressScopeSpec:
        return AddressScopeSpec(**{"name": name, "ip_version": 4, **more})


NETWORK, SUBNET, SUBNET_POOL, PORT = NetworkThing(), SubnetThing(), SubnetPoolThing(), PortThing()
SECURITY_GROUP, SECURITY_GROUP_RULE = SecurityGroupThing(), SecurityGroupRuleThing()
ROUTER, FLOATING_IP, TRUNK, ADDRESS_SCOPE = RouterThing(), FloatingIpThing(), TrunkThing(), AddressScopeThing()
METERING_LABEL, METERING_LABEL_RULE = MeteringLabelThing(), MeteringLabelRuleThing()


def external_network_id(made: Made) -> str:
    """Return the given external network, or make one as an administrator does."""
    if made.cloud.given.external_network_id is not None:
        return made.cloud.given.external_network_id
    admin = made.bench.caller("admin")
    network = made.make(NETWORK, admin, external=True)
    made.make(SUBNET, admin, network_id=network.id, cidr="192.0.2.0/24", enable_dhcp=False)
    identifier: str = network.id
    return identifier
