"""Neutron's extensions that bring resources of their own, and what a driver must be able to do for each.

Source: ``neutron_lib.api.definitions`` and ``neutron.extensions``.
"""

from __future__ import annotations

from jumpgate.network.handlers.known_extensions import Extension

FURTHER_EXTENSIONS: tuple[Extension, ...] = (
    Extension(
        "agent",
        "agent",
        "The programs that serve networks and routers",
        "2013-02-03T10:00:00-00:00",
        ("agents.find",),
    ),
    Extension(
        "dhcp_agent_scheduler",
        "DHCP Agent Scheduler",
        "Which agents give addresses to which networks",
        "2013-02-07T10:00:00-00:00",
        ("agents.add_network", "agents.remove_network"),
    ),
    Extension(
        "l3_agent_scheduler",
        "L3 Agent Scheduler",
        "Which agents run which routers",
        "2013-02-07T10:00:00-00:00",
        ("agents.add_router", "agents.remove_router"),
    ),
    Extension(
        "agent_sort_key",
        "Agent Sort Key",
        "Agents in the order of an attribute",
        "2020-08-02T10:00:00-00:00",
        ("agents.find",),
    ),
    Extension(
        "dvr",
        "Distributed Virtual Router",
        "Routers that have a part on each host",
        "2014-06-1T10:00:00-00:00",
        ("routers.create", "agents.add_router"),
    ),
    Extension(
        "l3-ha",
        "HA Router extension",
        "Routers of which a second agent takes over",
        "2014-04-26T00:00:00-00:00",
        ("routers.create", "agents.add_router"),
    ),
    Extension(
        "metering",
        "Neutron Metering",
        "Labels under which traffic is counted",
        "2013-06-12T10:00:00-00:00",
        ("metering_labels.create", "metering_label_rules.create"),
    ),
    Extension(
        "metering_source_and_destination_fields",
        "Neutron Metering with source and destination filtering",
        "Traffic counted by where it comes from and goes to",
        "2020-08-21T08:12:00-00:00",
        ("metering_label_rules.create",),
    ),
    Extension(
        "auto-allocated-topology",
        "Auto Allocated Topology Services",
        "A network for a project that asks for whatever there is",
        "2016-01-01T00:00:00-00:00",
        ("auto_allocated_topologies.get",),
    ),
    Extension(
        "trunk",
        "Trunk Extension",
        "Ports through which the traffic of other ports goes",
        "2016-01-01T10:00:00-00:00",
        ("trunks.create", "trunks.add_subports", "trunks.remove_subports"),
    ),
    Extension(
        "address-scope",
        "Address scope",
        "Subnet pools within which no address is twice",
        "2015-07-26T10:00:00-00:00",
        ("address_scopes.create", "subnet_pools.create"),
    ),
)
