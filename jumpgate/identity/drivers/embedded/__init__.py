"""The identity service of the embedded cloud: accounts and projects in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.identity.contract import Identity
from jumpgate.identity.drivers.embedded.application_credentials import EmbeddedApplicationCredentials
from jumpgate.identity.drivers.embedded.authentication import EmbeddedAuthentication
from jumpgate.identity.drivers.embedded.catalog import EmbeddedEndpoints, EmbeddedRegions, EmbeddedServices
from jumpgate.identity.drivers.embedded.consumers import EmbeddedConsumers
from jumpgate.identity.drivers.embedded.credentials import EmbeddedCredentials
from jumpgate.identity.drivers.embedded.domain_configs import EmbeddedDomainConfigs
from jumpgate.identity.drivers.embedded.domains import EmbeddedDomains
from jumpgate.identity.drivers.embedded.endpoint_groups import EmbeddedCatalogLinks, EmbeddedEndpointGroups
from jumpgate.identity.drivers.embedded.first_start import bootstrap
from jumpgate.identity.drivers.embedded.groups import EmbeddedGroups
from jumpgate.identity.drivers.embedded.password_rules import PasswordRules
from jumpgate.identity.drivers.embedded.policies import EmbeddedPolicies
from jumpgate.identity.drivers.embedded.projects import EmbeddedProjects
from jumpgate.identity.drivers.embedded.revocations import EmbeddedRevocations
from jumpgate.identity.drivers.embedded.role_assignments import EmbeddedRoleAssignments
from jumpgate.identity.drivers.embedded.roles import EmbeddedRoles
from jumpgate.identity.drivers.embedded.trusts import EmbeddedTrusts
from jumpgate.identity.drivers.embedded.users import EmbeddedUsers
from jumpgate.identity.tokens.keys import KeyRepository
from jumpgate.identity.wiring import expose

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate

__all__ = ["bootstrap", "setup_routes"]


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve the accounts that the database holds."""
    store = app.store
    # What seals the secrets that are kept: losing these keys loses the secrets.
    sealing = KeyRepository(lambda: app.config.state() / "credential-keys")
    password_rules = PasswordRules.configured(app.config, disp.section)
    composition = Identity(
        authentication=EmbeddedAuthentication(store, password_rules),
        users=EmbeddedUsers(store, password_rules),
        projects=EmbeddedProjects(store),
        domains=EmbeddedDomains(store),
        roles=EmbeddedRoles(store),
        role_assignments=EmbeddedRoleAssignments(store),
        revocations=EmbeddedRevocations(store),
        groups=EmbeddedGroups(store),
        application_credentials=EmbeddedApplicationCredentials(store),
        credentials=EmbeddedCredentials(store, sealing),
        regions=EmbeddedRegions(store),
        services=EmbeddedServices(store),
        endpoints=EmbeddedEndpoints(store),
        endpoint_groups=EmbeddedEndpointGroups(store),
        catalog_links=EmbeddedCatalogLinks(store),
        policies=EmbeddedPolicies(store),
        consumers=EmbeddedConsumers(store, sealing),
        trusts=EmbeddedTrusts(store),
        domain_configs=EmbeddedDomainConfigs(store, sealing),
    )
    expose(app, disp, composition)
