"""Exposing a cloud's accounts as Keystone."""

from __future__ import annotations

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.typed import attach
from jumpgate.identity.contract import Identity
from jumpgate.identity.handlers import (
    application_credentials,
    credentials,
    discovery,
    grants,
    groups,
    projects,
    role_assignments,
    roles,
    scopes,
    tokens,
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
        expose_uniform(service, credentials.UNIFORM, many="v3_credentials", one="v3_credential")
    if cloud.application_credentials is not None:
        attach(service, _APPLICATION_CREDENTIALS)
    if disp.region == app.config.default_region:
        app.authenticator = service.tokens
