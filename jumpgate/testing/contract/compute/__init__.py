"""The contract suite for compute: import everything from here into a driver's test file."""

from __future__ import annotations

from jumpgate.testing.contract.compute.devices import TestInstanceActions, TestInterfaces, TestVolumeAttachments
from jumpgate.testing.contract.compute.flavors import (
    TestFlavors,
    TestFlavorsThatAreThere,
    TestKeypairs,
    TestServerGroups,
)
from jumpgate.testing.contract.compute.http import TestFlavorsOverHttp, TestServerLifeOverHttp, TestServersOverHttp
from jumpgate.testing.contract.compute.operators import (
    TestAggregates,
    TestAvailabilityZones,
    TestHosts,
    TestMigrations,
    TestQuotas,
    TestRevisions,
    TestUsages,
)
from jumpgate.testing.contract.compute.servers import TestServerDetails, TestServers
from jumpgate.testing.contract.compute.states import TestServerStates, TestUnknownServers
from jumpgate.testing.contract.fixtures import admin, alice, bench, bob, front, made, shelf, stock

__all__ = [
    "TestAggregates",
    "TestAvailabilityZones",
    "TestFlavors",
    "TestFlavorsOverHttp",
    "TestFlavorsThatAreThere",
    "TestHosts",
    "TestInstanceActions",
    "TestInterfaces",
    "TestKeypairs",
    "TestMigrations",
    "TestQuotas",
    "TestRevisions",
    "TestServerDetails",
    "TestServerGroups",
    "TestServerLifeOverHttp",
    "TestServerStates",
    "TestServers",
    "TestServersOverHttp",
    "TestUnknownServers",
    "TestUsages",
    "TestVolumeAttachments",
    "admin",
    "alice",
    "bench",
    "bob",
    "front",
    "made",
    "shelf",
    "stock",
]
