"""The contract suite for identity: import everything from here into a driver's test file."""

from __future__ import annotations

from jumpgate.testing.contract.fixtures import admin, alice, bench, bob, front, made, shelf, stock
from jumpgate.testing.contract.identity.accounts import (
    TestDomains,
    TestGroups,
    TestProjects,
    TestRoleAssignments,
    TestRoles,
    TestUsers,
)
from jumpgate.testing.contract.identity.catalog import (
    TestCatalogLinks,
    TestEndpointGroups,
    TestEndpoints,
    TestPolicies,
    TestRegions,
    TestRevisions,
    TestServices,
)
from jumpgate.testing.contract.identity.http import (
    TestGroupsOverHttp,
    TestProjectsOverHttp,
    TestRolesOverHttp,
    TestUsersOverHttp,
)
from jumpgate.testing.contract.identity.secrets import (
    TestApplicationCredentials,
    TestAuthentication,
    TestConsumers,
    TestCredentials,
    TestDomainConfigs,
    TestRevocations,
    TestTrusts,
)

__all__ = [
    "TestApplicationCredentials",
    "TestAuthentication",
    "TestCatalogLinks",
    "TestConsumers",
    "TestCredentials",
    "TestDomainConfigs",
    "TestDomains",
    "TestEndpointGroups",
    "TestEndpoints",
    "TestGroups",
    "TestGroupsOverHttp",
    "TestPolicies",
    "TestProjects",
    "TestProjectsOverHttp",
    "TestRegions",
    "TestRevisions",
    "TestRevocations",
    "TestRoleAssignments",
    "TestRoles",
    "TestRolesOverHttp",
    "TestServices",
    "TestTrusts",
    "TestUsers",
    "TestUsersOverHttp",
    "admin",
    "alice",
    "bench",
    "bob",
    "front",
    "made",
    "shelf",
    "stock",
]
