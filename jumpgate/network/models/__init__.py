"""What networks, subnets, ports, routers and security groups are: Neutron's terms without its JSON.

Addresses, prefixes and MAC addresses are text in their canonical form. A spec is what a client gives to create one;
its ``None`` for a project means the caller's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AUTOMATIC = ""
"""Where None has a meaning of its own (no gateway): leave the choice to the network service."""

COMPUTE_OWNER_PREFIX = "compute:"
DHCP_OWNER = "network:dhcp"
ROUTER_INTERFACE_OWNER = "network:router_interface"
ROUTER_GATEWAY_OWNER = "network:router_gateway"
FLOATING_IP_OWNER = "network:floatingip"

DEFAULT_GROUP_NAME = "default"

PROTOCOLS: Mapping[str, int] = {
    "ah": 51,
    "dccp": 33,
    "egp": 8,
    "esp": 50,
    "gre": 47,
    "hopopt": 0,
    "icmp": 1,
    "igmp": 2,
    "ip": 0,
    "ipip": 4,
    "ipv6-encap": 41,
    "ipv6-frag": 44,
    "ipv6-icmp": 58,
    "icmpv6": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ipv6-route": 43,
    "ospf": 89,
    "pgm": 113,
    "rsvp": 46,
    "sctp": 132,
    "tcp": 6,
    "udp": 17,
    "udplite": 136,
    "vrrp": 112,
}
"""The protocols that a security group rule may name, with their numbers (``neutron_lib.constants.IP_PROTOCOL_MAP``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What Neutron's standard attributes say of every resource."""

    id: str
    project_id: str
    description: str = ""
    revision_number: int = 0
    created_at: dt.datetime
    updated_at: dt.datetime
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Network(Record):
    """A layer 2 segment. `external` marks one that routers may have their gateways on.

    A network that is `shared` or `external` is visible to every project; ports on an external one that is not shared
    are its owner's and the administrators' business. `network_owner_id` exists on what lies on a network, see `Port`.
    """

    name: str = ""
    admin_state_up: bool = True
    status: str = "ACTIVE"
    shared: bool = False
    external: bool = False
    is_default: bool = False
    mtu: int = 1500
    network_type: str | None = None
    physical_network: str | None = None
    segmentation_id: int | None = None
    availability_zone_hints: tuple[str, ...] = ()
    availability_zones: tuple[str, ...] = ()
    port_security_enabled: bool = True
    dns_domain: str = ""
    qos_policy_id: str | None = None
    l2_adjacency: bool = True
    ipv4_address_scope: str | None = None
    ipv6_address_scope: str | None = None
    subnet_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """A network to be made. Without an `mtu` and provider attributes the service chooses them."""

    name: str = ""
    project_id: str | None = None
    description: str = ""
    admin_state_up: bool = True
    shared: bool = False
    external: bool = False
    is_default: bool = False
    mtu: int | None = None
    network_type: str | None = None
    physical_network: str | None = None
    segmentation_id: int | None = None
    availability_zone_hints: tuple[str, ...] = ()
    port_security_enabled: bool = True
    dns_domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationPool:
    """A range of addresses from which ports are served, both ends included."""

    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRoute:
    """A static route: packets for `destination` (a prefix) go to `nexthop` (an address)."""

    destination: str
    nexthop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet(Record):
    """A block of addresses on a network. `gateway_ip` is None where it has no router.

    `network_owner_id`, `shared` and `external` are the network's.
    """

    name: str = ""
    network_id: str
    ip_version: int = 4
    cidr: str
    gateway_ip: str | None = None
    allocation_pools: tuple[AllocationPool, ...] = ()
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[HostRoute, ...] = ()
    enable_dhcp: bool = True
    ipv6_ra_mode: str | None = None
    ipv6_address_mode: str | None = None
    service_types: tuple[str, ...] = ()
    subnetpool_id: str | None = None
    segment_id: str | None = None
    dns_publish_fixed_ip: bool = False
    network_owner_id: str = ""
    shared: bool = False
    external: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetSpec:
    """A subnet to be made. `gateway_ip` AUTOMATIC is the first address, None is no gateway.

    `allocation_pools` None is every address but the gateway's. A `cidr` of None is cut from `subnetpool_id` or the
    default pool, as long as `prefix_length` says or by the pool's default.
    """

    network_id: str
    ip_version: int = 4
    cidr: str | None = None
    subnetpool_id: str | None = None
    use_default_pool: bool = False
    prefix_length: int | None = None
    name: str = ""
    project_id: str | None = None
    description: str = ""
    gateway_ip: str | None = AUTOMATIC
    allocation_pools: tuple[AllocationPool, ...] | None = None
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[HostRoute, ...] = ()
    enable_dhcp: bool = True
    ipv6_ra_mode: str | None = None
    ipv6_address_mode: str | None = None
    service_types: tuple[str, ...] = ()
    dns_publish_fixed_ip: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetPool(Record):
    """Prefixes from which subnets are cut.

    `default_quota` bounds what a project takes of it, in IPv4 addresses or in IPv6 prefixes of /64; None is no bound.
    """

    name: str
    prefixes: tuple[str, ...]
    ip_version: int
    min_prefix_length: int
    max_prefix_length: int
    default_prefix_length: int
    default_quota: int | None = None
    is_default: bool = False
    shared: bool = False
    address_scope_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetPoolSpec:
    """A subnet pool to be made. The IP version is the prefixes'; lengths that are None are that version's."""

    name: str
    prefixes: tuple[str, ...]
    project_id: str | None = None
    description: str = ""
    min_prefix_length: int | None = None
    max_prefix_length: int | None = None
    default_prefix_length: int | None = None
    default_quota: int | None = None
    is_default: bool = False
    shared: bool = False
    address_scope_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedIp:
    """An address of a port on a subnet. In a spec either part may be None: the other one decides."""

    subnet_id: str | None = None
    ip_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPair:
    """A further source that a port may send from: an address or a prefix, with the port's MAC address by default."""

    ip_address: str
    mac_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpOption:
    """An extra DHCP option of a port; a value of None, in an update, takes the option away."""

    name: str
    value: str | None
    ip_version: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Port(Record):
    """A place on a network that a device plugs into.

    `status` is DOWN until the device is there, then ACTIVE. `device_id` is text as clients see it: the id of a server
    or router is not the cloud's own but OpenStack's (`app.ids(region)` translates). `network_owner_id` is the project
    that the network belongs to. `binding_*` say on which host and how it is plugged, `binding_vif_details` what the
    host needs to know for it. `ip_allocation` is immediate, or none for a port that shall have no address.
    """

    name: str = ""
    network_id: str
    mac_address: str
    admin_state_up: bool = True
    status: str = "DOWN"
    fixed_ips: tuple[FixedIp, ...] = ()
    device_id: str = ""
    device_owner: str = ""
    security_group_ids: tuple[str, ...] = ()
    allowed_address_pairs: tuple[AddressPair, ...] = ()
    extra_dhcp_opts: tuple[DhcpOption, ...] = ()
    port_security_enabled: bool = True
    binding_host_id: str = ""
    binding_vnic_type: str = "normal"
    binding_profile: Mapping[str, Any] = field(default_factory=dict)
    binding_vif_type: str = "unbound"
    binding_vif_details: Mapping[str, Any] = field(default_factory=dict)
    dns_name: str = ""
    dns_domain: str = ""
    qos_policy_id: str | None = None
    ip_allocation: str = "immediate"
    network_owner_id: str = ""
    network_shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSpec:
    """A port to be made. `fixed_ips` None is an address of each kind that the network has, () is none.

    `security_group_ids` None is the project's default group, () is none. `port_security_enabled` None is the network's.
    """

    network_id: str
    name: str = ""
    project_id: str | None = None
    description: str = ""
    mac_address: str | None = None
    admin_state_up: bool = True
    fixed_ips: tuple[FixedIp, ...] | None = None
    device_id: str = ""
    device_owner: str = ""
    security_group_ids: tuple[str, ...] | None = None
    allowed_address_pairs: tuple[AddressPair, ...] = ()
    extra_dhcp_opts: tuple[DhcpOption, ...] = ()
    port_security_enabled: bool | None = None
    binding_host_id: str = ""
    binding_vnic_type: str = "normal"
    binding_profile: Mapping[str, Any] = field(default_factory=dict)
    dns_name: str = ""
    dns_domain: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupRule(Record):
    """Lets traffic pass. None means any: any protocol, port, source.

    `direction` is ingress or egress, `ethertype` IPv4 or IPv6. For ICMP the port range holds type and code.
    `group_owner_id` is the project of its group, `belongs_to_default_group` says whether that is a default one.
    """

    security_group_id: str
    direction: str
    ethertype: str = "IPv4"
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    remote_address_group_id: str | None = None
    normalized_cidr: str | None = None
    belongs_to_default_group: bool = False
    group_owner_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupRuleSpec:
    """A rule to be made."""

    security_group_id: str
    direction: str
    ethertype: str = "IPv4"
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    remote_address_group_id: str | None = None
    description: str = ""
    project_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup(Record):
    """A set of rules. Each project has one called default, made when it is first needed."""

    name: str
    stateful: bool = True
    shared: bool = False
    is_default: bool = False
    rules: tuple[SecurityGroupRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupSpec:
    """A security group to be made."""

    name: str = ""
    project_id: str | None = None
    description: str = ""
    stateful: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A router's way out: the external network, its addresses there, and whether it translates addresses (SNAT)."""

    network_id: str
    enable_snat: bool = True
    fixed_ips: tuple[FixedIp, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Router(Record):
    """Joins subnets to each other and, with a `gateway`, to the world outside.

    A `distributed` one has a part on each host, one with `ha` a second agent that takes over.
    """

    name: str = ""
    admin_state_up: bool = True
    status: str = "ACTIVE"
    gateway: Gateway | None = None
    routes: tuple[HostRoute, ...] = ()
    availability_zone_hints: tuple[str, ...] = ()
    availability_zones: tuple[str, ...] = ()
    distributed: bool = False
    ha: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSpec:
    """A router to be made."""

    name: str = ""
    project_id: str | None = None
    description: str = ""
    admin_state_up: bool = True
    gateway: Gateway | None = None
    availability_zone_hints: tuple[str, ...] = ()
    distributed: bool = False
    ha: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterInterface:
    """A router's leg on a subnet: what adding or removing one answers."""

    router_id: str
    project_id: str
    port_id: str
    network_id: str
    subnet_id: str
    subnet_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatingIp(Record):
    """An address of an external network that stands for a port's fixed address.

    `port_id`, `fixed_ip_address` and `router_id` are None while it stands for nothing. `port` is the port, where there
    is one.
    """

    floating_network_id: str
    floating_ip_address: str
    status: str = "DOWN"
    port_id: str | None = None
    fixed_ip_address: str | None = None
    router_id: str | None = None
    dns_name: str = ""
    dns_domain: str = ""
    qos_policy_id: str | None = None
    port: Port | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatingIpSpec:
    """A floating IP to be made; `subnet_id` and `floating_ip_address` narrow the choice of its address."""

    floating_network_id: str
    project_id: str | None = None
    description: str = ""
    floating_ip_address: str | None = None
    subnet_id: str | None = None
    port_id: str | None = None
    fixed_ip_address: str | None = None
    dns_name: str = ""
    dns_domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityZone:
    """A zone in which networks or routers can be placed. `resource` is network or router, `state` available or not."""

    name: str
    resource: str
    state: str = "available"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetAvailability:
    """How many addresses of a subnet there are and how many are taken."""

    subnet_id: str
    subnet_name: str
    cidr: str
    ip_version: int
    total_ips: int
    used_ips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAvailability:
    """How many addresses of a network there are and how many are taken. `id` is the network's."""

    id: str
    name: str
    project_id: str
    total_ips: int
    used_ips: int
    subnets: tuple[SubnetAvailability, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a project may have of each resource (-1: without limit) and, by name as well, what it has."""

    project_id: str
    limits: Mapping[str, int]
    used: Mapping[str, int] = field(default_factory=dict)
