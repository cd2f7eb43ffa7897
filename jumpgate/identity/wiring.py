"""Exposing a cloud's accounts as Keystone."""

from __future__ import annotations

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.typed import attach
from jumpgate.identity.contract import Identity
from jumpgate.identity.handlers import (
    application_credentials,
    consumers,
    credentials,
    discovery,
    domain_configs,
    endpoint_groups,
    grants,
    groups,
    policies,
    projects,
    role_assignments,
    roles,
    scopes,
    tokens,
    trusts,
    users,
    v2,
)
from jumpgate.identity.handlers.catalog import expose_catalog
from jumpgate.identity.handlers.collections import expose_uniform
from jumpgate.identity.handlers.resources import UNIFORMS
from jumpgate.identity.policies import RULES
from jumpgate.identity.tokens.service import IdentityApplication, IdentityService

_CORE = (
    ("versions", discovery.VersionsHandler),
    ("v3_auth_index", discovery.V3IndexHandler),
    ("v2_auth_index", discovery.V2IndexHandler),
    ("v3_auth_tokens", tokens.AuthTokensHandler),
    ("v3_tokens", tokens.AuthTokensHandler),
    ("v3_token", tokens.TokenHandler),
    ("v3_auth_projects", scopes.AuthProjectsHandler),
    ("v3_auth_domains", scopes.AuthDomainsHandler),
    ("v3_auth_system", scopes.AuthSystemHandler),
    ("v3_auth_catalog", scopes.AuthCatalogHandler),
    ("v3_user_password", users.UserPasswordHandler),
    ("v3_user_projects", users.UserProjectsHandler),
    ("v3_project_tags", projects.ProjectTagsHandler),
    ("v3_project_tag", projects.ProjectTagHandler),
    ("v3_role_implied_roles", roles.ImpliedRolesHandler),
    ("v3_role_implied_role", roles.ImpliedRoleHandler),
    ("v3_role_inferences", roles.RoleInferencesHandler),
    ("v3_role_assignments", role_assignments.RoleAssignmentsHandler),
    ("v2_tokens", v2.V2TokensHandler),
    ("v2_token", v2.V2TokenHandler),
    ("v2_token_endpoints", v2.V2TokenEndpointsHandler),
    ("v2_token_tenants", v2.V2TenantsHandler),
    ("v2_tenants", v2.V2TenantsHandler),
    ("v2_tenant", v2.V2TenantHandler),
    ("v2_extensions", v2.V2ExtensionsHandler),
    ("v2_extension", v2.V2ExtensionHandler),
)

# Where roles are assigned: the endpoints of a list and of a single role.
_GRANTS = (
    ("v3_project_{}_roles", "v3_project_{}_role"),
    ("v3_domain_{}_roles", "v3_domain_{}_role"),
    ("v3_system_{}_roles", "v3_system_{}_role"),
    ("v3_os_inherit_domain_{}_roles", "v3_os_inherit_domain_{}_role"),
    (None, "v3_os_inherit_project_{}_role"),
)

_GROUPS = (
    ("v3_group_users", groups.GroupUsersHandler),
    ("v3_group_user", groups.GroupUserHandler),
    ("v3_user_groups", users.UserGroupsHandler),
)

_APPLICATION_CREDENTIALS = (
    ("v3_user_application_credentials", application_credentials.ApplicationCredentialsHandler),
    ("v3_user_application_credential", application_credentials.ApplicationCredentialHandler),
    ("v3_user_access_rules", application_credentials.AccessRulesHandler),
    ("v3_user_access_rule", application_credentials.AccessRuleHandler),
)


_EC2_CREDENTIALS = (
    ("v3_user_ec2_credentials", credentials.Ec2CredentialsHandler),
    ("v3_user_ec2_credential", credentials.Ec2CredentialHandler),
)

_DOMAIN_CONFIGS = (
    ("v3_domain_config", domain_configs.DomainConfigHandler),
    ("v3_domain_config_group", domain_configs.DomainConfigGroupHandler),
    ("v3_domain_config_option", domain_configs.DomainConfigOptionHandler),
    ("v3_domains_config_default", domain_configs.DomainConfigDefaultsHandler),
    ("v3_domains_config_group_default", domain_configs.DomainConfigDefaultsHandler),
    ("v3_domains_config_option_default", domain_configs.DomainConfigDefaultsHandler),
)

# What confines a project's catalog to endpoints and groups of them.
_CATALOG_LINKS = (
    ("v3_os_ep_filter_endpoint_group_endpoints", endpoint_groups.GroupEndpointsHandler),
    ("v3_os_ep_filter_endpoint_group_projects", endpoint_groups.GroupProjectsHandler),
    ("v3_os_ep_filter_endpoint_group_project", endpoint_groups.GroupProjectHandler),
    ("v3_os_ep_filter_endpoint_projects", endpoint_groups.EndpointProjectsHandler),
    ("v3_os_ep_filter_project_endpoint_groups", endpoint_groups.ProjectGroupsHandler),
    ("v3_os_ep_filter_project_endpoints", endpoint_groups.ProjectEndpointsHandler),
    ("v3_os_ep_filter_project_endpoint", endpoint_groups.ProjectEndpointHandler),
)

_TRUSTS = (
    ("v3_os_trust_trusts", trusts.TrustsHandler),
    ("v3_os_trust_trust", trusts.TrustHandler),
    ("v3_os_trust_trust_roles", trusts.TrustRolesHandler),
    ("v3_os_trust_trust_role", trusts.TrustRoleHandler),
)

# Collections that a cloud may have: the table, and the endpoints of the whole and of one thing.
_OPTIONAL = (
    (credentials.UNIFORM, "v3_credentials", "v3_credential"),
    (policies.UNIFORM, "v3_policies", "v3_policy"),
    (consumers.UNIFORM, "v3_os_oauth1_consumers", "v3_os_oauth1_consumer"),
    (endpoint_groups.UNIFORM, "v3_os_ep_filter_endpoint_groups", "v3_os_ep_filter_endpoint_group"),
)


def expose(app: IdentityApplication, disp: Dispatcher, cloud: Identity) -> None:
    """Let a cloud's identity service answer the endpoints of Keystone, and its tokens be those of every service."""
    service = IdentityService(app, disp, cloud, RULES)
    attach(service, _CORE)
    for uniform in UNIFORMS.values():
        plural, singular = uniform.collection.plural, uniform.collection.singular
        expose_uniform(service, uniform, many=f"v3_{plural}", one=f"v3_{singular}")
    expose_catalog(service)
    for actor in ("user", *(("group",) if cloud.groups is not None else ())):
        for many, one in _GRANTS:
            attach(service, [(one.format(actor), grants.GrantHandler)])
            if many is not None:
                attach(service, [(many.format(actor), grants.GrantsHandler)])
    if cloud.groups is not None:
        attach(service, _GROUPS)
    if cloud.credentials is not None:
        attach(service, _EC2_CREDENTIALS)
    for optional, many, one in _OPTIONAL:
        expose_uniform(service, optional, many=many, one=one)
    if cloud.trusts is not None:
        attach(service, _TRUSTS)
    if cloud.domain_configs is not None:
        attach(service, _DOMAIN_CONFIGS)
    if cloud.catalog_links is not None and cloud.endpoint_groups is not None:
        attach(service, _CATALOG_LINKS)
    if cloud.application_credentials is not None:
        attach(service, _APPLICATION_CREDENTIALS)
    if disp.region == app.config.default_region:
        app.authenticator = service.tokens
