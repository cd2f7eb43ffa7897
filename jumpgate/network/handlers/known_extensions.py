"""Neutron's extensions: their aliases, names and dates, and what a driver must be able to do for each.

Source: ``neutron_lib.api.definitions`` and ``neutron.extensions``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension; `needs` are the capabilities without which it is not told of."""

    alias: str
    name: str
    description: str
    updated: str
    needs: tuple[str, ...] = ()


_GROUPS = ("security_groups.create", "security_group_rules.create")
_ROUTERS = ("routers.create", "routers.add_interface", "floating_ips.create")
_ROUTES = ("routers.add_routes", "routers.remove_routes")

EXTENSIONS: tuple[Extension, ...] = (
    Extension(
        "allowed-address-pairs",
        "Allowed Address Pairs",
        "Further addresses that a port may send from",
        "2013-07-23T10:00:00-00:00",
        ("ports.create",),
    ),
    Extension(
        "aap-reject-multicast",
        "Allowed address pairs reject multicast extension",
        "Multicast addresses are refused as allowed address pairs",
        "2026-04-01T00:00:00-00:00",
        ("ports.create",),
    ),
    Extension(
        "availability_zone",
        "Availability Zone",
        "The zones in which networks and routers can be placed",
        "2015-01-01T10:00:00-00:00",
        ("availability_zones.find",),
    ),
    Extension(
        "availability_zone_filter",
        "Availability Zone Filter Extension",
        "Filters for the list of availability zones",
        "2018-06-22T10:00:00-00:00",
        ("availability_zones.find",),
    ),
    Extension(
        "binding",
        "Port Binding",
        "On which host and how a port is plugged in",
        "2014-02-03T10:00:00-00:00",
        ("ports.create",),
    ),
    Extension(
        "dns-domain-ports",
        "dns_domain for ports",
        "The DNS domain of a port",
        "2017-04-24T10:00:00-00:00",
        ("ports.create",),
    ),
    Extension(
        "dns-integration",
        "DNS Integration",
        "Names of ports and domains of networks",
        "2015-08-15T18:00:00-00:00",
        ("ports.create",),
    ),
    Extension(
        "empty-string-filtering",
        "Empty String Filtering Extension",
        "Filtering by attributes whose value is empty",
        "2018-05-01T10:00:00-00:00",
    ),
    Extension(
        "ext-gw-mode",
        "Neutron L3 Configurable external gateway mode",
        "Whether a router's gateway translates addresses (SNAT)",
        "2013-03-28T10:00:00-00:00",
        _ROUTERS,
    ),
    Extension(
        "external-net",
        "Neutron external network",
        "Networks on which routers have their gateways",
        "2013-01-14T10:00:00-00:00",
        ("networks.create",),
    ),
    Extension(
        "extra_dhcp_opt",
        "Neutron Extra DHCP options",
        "Extra DHCP options of a port",
        "2013-03-17T12:00:00-00:00",
        ("ports.create",),
    ),
    Extension(
        "extraroute",
        "Neutron Extra Route",
        "Static routes of a router",
        "2013-02-01T10:00:00-00:00",
        _ROUTES,
    ),
    Extension(
        "extraroute-atomic",
        "Atomically add/remove extra routes",
        "Static routes added and removed in one step",
        "2019-07-10T00:00:00+00:00",
        _ROUTES,
    ),
    Extension(
        "filter-validation",
        "Filter parameters validation",
        "Unknown filters of a list are refused",
        "2018-07-04T10:00:00-00:00",
    ),
    Extension(
        "fip-port-details",
        "Floating IP Port Details Extension",
        "The port for which a floating IP stands, in the floating IP",
        "2018-04-09T10:00:00-00:00",
        ("floating_ips.find",),
    ),
    Extension(
        "ip-substring-filtering",
        "IP address substring filtering",
        "Filtering ports by a part of an address",
        "2017-11-28T09:00:00-00:00",
    ),
    Extension(
        "ip_allocation",
        "IP Allocation",
        "Whether a port has addresses at once, later or never",
        "2016-06-10T23:00:00-00:00",
    ),
    Extension(
        "l2_adjacency",
        "L2 Adjacency",
        "Whether all ports of a network reach each other on layer 2",
        "2016-04-12T16:00:00-00:00",
    ),
    Extension("net-mtu", "Network MTU", "The MTU of a network", "2015-03-25T10:00:00-00:00"),
    Extension(
        "net-mtu-writable",
        "Network MTU (writable)",
        "An MTU that can be set",
        "2017-07-12T00:00:00-00:00",
        ("networks.create",),
    ),
    Extension(
        "network-ip-availability",
        "Network IP Availability",
        "How many addresses of networks and subnets are taken",
        "2015-09-24T00:00:00-00:00",
        ("network_availabilities.find",),
    ),
    Extension(
        "network_availability_zone",
        "Network Availability Zone",
        "The availability zones of networks",
        "2015-01-01T10:00:00-00:00",
        ("availability_zones.find",),
    ),
    Extension("pagination", "Pagination support", "Lists come in pages", "2016-06-12T00:00:00-00:00"),
    Extension(
        "port-security",
        "Port Security",
        "Whether a port's traffic is filtered",
        "2012-07-23T10:00:00-00:00",
        ("ports.create",),
    ),
    Extension(
        "project-id",
        "project_id field enabled",
        "The project of a thing is project_id as well as tenant_id",
        "2016-09-09T09:09:09-09:09",
    ),
    Extension(
        "provider",
        "Provider Network",
        "How networks are made of physical ones",
        "2012-09-07T10:00:00-00:00",
        ("networks.create",),
    ),
    Extension(
        "quota-check-limit",
        "Quota engine limit check",
        "A limit below what is used already is refused",
        "2021-09-08T16:00:00-00:00",
        ("quotas.update",),
    ),
    Extension(
        "quota_details",
        "Quota details management support",
        "How much of a quota is used",
        "2017-02-10T10:00:00-00:00",
        ("quotas.get",),
    ),
    Extension(
        "quotas",
        "Quota management support",
        "How much of each resource a project may have",
        "2012-07-29T10:00:00-00:00",
        ("quotas.get",),
    ),
    Extension(
        "router",
        "Neutron L3 Router",
        "Routers between networks, and floating IPs",
        "2012-07-20T10:00:00-00:00",
        _ROUTERS,
    ),
    Extension(
        "router_availability_zone",
        "Router Availability Zone",
        "The availability zones of routers",
        "2015-01-01T10:00:00-00:00",
        ("availability_zones.find", *_ROUTERS),
    ),
    Extension(
        "security-group",
        "security-group",
        "Rules for the traffic of ports",
        "2012-10-05T10:00:00-00:00",
        _GROUPS,
    ),
    Extension(
        "security-groups-normalized-cidr",
        "Normalized CIDR field for security group rules",
        "The prefix of a rule's other side without bits behind it",
        "2020-07-28T10:00:00-00:00",
        _GROUPS,
    ),
    Extension(
        "security-groups-rules-belongs-to-default-sg",
        "Security group rule belongs to the project's default security group",
        "Whether a rule is one of the default group's",
        "2023-05-23T10:00:00-00:00",
        _GROUPS,
    ),
    Extension(
        "security-groups-shared-filtering",
        "Security group filtering on the shared field",
        "Filtering security groups by whether they are shared",
        "2021-10-05T09:00:00-00:00",
        _GROUPS,
    ),
    Extension(
        "port-security-groups-filtering",
        "Port filtering on security groups",
        "Filtering ports by their security groups",
        "2018-01-09T09:00:00-00:00",
        _GROUPS,
    ),
    Extension(
        "sort-key-validation",
        "Sort keys validation",
        "Unknown sort keys are refused",
        "2018-07-04T10:00:00-00:00",
    ),
    Extension("sorting", "Sorting support", "Lists can be sorted", "2016-06-12T00:00:00-00:00"),
    Extension(
        "standard-attr-description",
        "standard-attr-description",
        "Every resource has a description",
        "2016-02-10T10:00:00-00:00",
    ),
    Extension(
        "standard-attr-revisions",
        "Resource revision numbers",
        "Every resource has a number that grows with each change",
        "2016-04-11T10:00:00-00:00",
    ),
    Extension(
        "standard-attr-tag",
        "Tag support for resources with standard attribute",
        "Words of a client's own on resources",
        "2017-01-01T00:00:00-00:00",
        ("networks.set_tags", "subnets.set_tags", "ports.set_tags"),
    ),
    Extension(
        "standard-attr-timestamp",
        "Resource timestamps",
        "Every resource tells when it was made and last changed",
        "2016-09-12T10:00:00-00:00",
    ),
    Extension(
        "stateful-security-group",
        "Stateful security group",
        "Whether a security group remembers connections",
        "2019-11-26T09:00:00-00:00",
        _GROUPS,
    ),
    Extension(
        "subnet-dns-publish-fixed-ip",
        "Subnet DNS publish fixed IP",
        "Whether a subnet's addresses are to be published in the DNS",
        "2019-05-24T10:00:00-00:00",
        ("subnets.create",),
    ),
    Extension(
        "subnet-external-network",
        "Subnet belongs to an external network",
        "Whether a subnet lies on an external network",
        "2024-02-05T18:00:00-00:00",
    ),
    Extension(
        "subnet-service-types",
        "Subnet service types",
        "Which devices a subnet serves",
        "2016-03-15T18:00:00-00:00",
        ("subnets.create",),
    ),
    Extension(
        "default-subnetpools",
        "Default Subnetpools",
        "A pool from which subnets are cut that name none",
        "2016-02-18T18:00:00-00:00",
        ("subnet_pools.create",),
    ),
    Extension(
        "service-type",
        "Neutron Service Type Management",
        "The providers of advanced services",
        "2013-01-20T00:00:00-00:00",
    ),
    Extension(
        "subnet_allocation",
        "Subnet Allocation",
        "Subnets cut from pools",
        "2015-03-30T10:00:00-00:00",
        ("subnet_pools.create",),
    ),
    Extension(
        "subnetpool-prefix-ops",
        "Subnet Pool Prefix Operations",
        "Prefixes added to and removed from subnet pools",
        "2019-02-08T10:00:00-00:00",
        ("subnet_pools.add_prefixes", "subnet_pools.remove_prefixes"),
    ),
    Extension(
        "tag-creation",
        "Tag creation extension",
        "Several tags added in one step",
        "2024-07-23T10:00:00-00:00",
        ("networks.add_tags", "subnets.add_tags", "ports.add_tags"),
    ),
    Extension(
        "tag-ports-during-bulk-creation",
        "Tag Ports During Bulk Creation",
        "Tags given when ports are made",
        "2019-12-29T19:00:00-00:00",
        ("ports.create",),
    ),
)
