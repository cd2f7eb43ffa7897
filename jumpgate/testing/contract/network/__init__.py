"""The contract suite for the network: import everything from here into a driver's test file."""

from __future__ import annotations

from jumpgate.testing.contract.fixtures import admin, alice, bench, bob, front, made, shelf, stock
from jumpgate.testing.contract.network.http import (
    TestNetworksOverHttp,
    TestPortsOverHttp,
    TestRoutersOverHttp,
    TestSecurityGroupsOverHttp,
    TestSubnetsOverHttp,
)
from jumpgate.testing.contract.network.operators import (
    TestAgents,
    TestAutoAllocatedTopologies,
    TestAvailabilityZones,
    TestMeteringLabelRules,
    TestMeteringLabels,
    TestNetworkAvailabilities,
    TestQuotas,
    TestRevisions,
)
from jumpgate.testing.contract.network.resources import (
    TestNetworks,
    TestPorts,
    TestSecurityGroupRules,
    TestSecurityGroups,
    TestSubnetPools,
    TestSubnets,
)
from jumpgate.testing.contract.network.routers import TestAddressScopes, TestFloatingIps, TestRouters, TestTrunks

__all__ = [
    "TestAddressScopes",
    "TestAgents",
    "TestAutoAllocatedTopologies",
    "TestAvailabilityZones",
    "TestFloatingIps",
    "TestMeteringLabelRules",
    "TestMeteringLabels",
    "TestNetworkAvailabilities",
    "TestNetworks",
    "TestNetworksOverHttp",
    "TestPorts",
    "TestPortsOverHttp",
    "TestQuotas",
    "TestRevisions",
    "TestRouters",
    "TestRoutersOverHttp",
    "TestSecurityGroupRules",
    "TestSecurityGroups",
    "TestSecurityGroupsOverHttp",
    "TestSubnetPools",
    "TestSubnets",
    "TestSubnetsOverHttp",
    "TestTrunks",
    "admin",
    "alice",
    "bench",
    "bob",
    "front",
    "made",
    "shelf",
    "stock",
]
