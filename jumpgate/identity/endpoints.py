"""The endpoints of the identity service: Keystone's v3, and the v2.0 of the clients that came before it."""

from __future__ import annotations

from jumpgate.common.endpoints import Endpoint, under

ROOTS_V3 = ("/v3",)
ROOTS_V2 = ("/v2.0",)

_VERSIONS = under(
    ("",),
    ("versions", ""),
    ("v3_auth_index", "/v3"),
    ("v2_auth_index", "/v2.0"),
)

_V3_CORE = (
    *under(
        ROOTS_V3,
        ("v3_auth_tokens", "/auth/tokens"),
        ("v3_auth_tokens_revoked", "/auth/tokens/OS-PKI/revoked"),
        ("v3_auth_catalog", "/auth/catalog"),
        ("v3_auth_projects", "/auth/projects"),
        ("v3_auth_domains", "/auth/domains"),
        ("v3_auth_system", "/auth/system"),
        # The drafts of v3 had the tokens here, and Jumpgate's first drivers and clients still do.
        ("v3_tokens", "/tokens"),
        ("v3_token", "/tokens/{token_id}"),
        ("v3_ec2tokens", "/ec2tokens"),
        ("v3_s3tokens", "/s3tokens"),
    ),
    *under(
        ROOTS_V3,
        ("v3_services", "/services"),
        ("v3_service", "/services/{service_id}"),
        ("v3_endpoints", "/endpoints"),
        ("v3_endpoint", "/endpoints/{endpoint_id}"),
        ("v3_endpoint_policy", "/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy"),
        ("v3_regions", "/regions"),
        ("v3_region", "/regions/{region_id}"),
    ),
    *under(
        ROOTS_V3,
        ("v3_domains", "/domains"),
        ("v3_domain", "/domains/{domain_id}"),
        ("v3_domain_user_roles", "/domains/{domain_id}/users/{user_id}/roles"),
        ("v3_domain_user_role", "/domains/{domain_id}/users/{user_id}/roles/{role_id}"),
        ("v3_domain_group_roles", "/domains/{domain_id}/groups/{group_id}/roles"),
        ("v3_domain_group_role", "/domains/{domain_id}/groups/{group_id}/roles/{role_id}"),
        ("v3_domain_config", "/domains/{domain_id}/config"),
        ("v3_domain_config_group", "/domains/{domain_id}/config/{group}"),
        ("v3_domain_config_option", "/domains/{domain_id}/config/{group}/{option}"),
        ("v3_domains_config_default", "/domains/config/default"),
        ("v3_domains_config_group_default", "/domains/config/{group}/default"),
        ("v3_domains_config_option_default", "/domains/config/{group}/{option}/default"),
    ),
    *under(
        ROOTS_V3,
        ("v3_projects", "/projects"),
        ("v3_project", "/projects/{project_id}"),
        ("v3_project_tags", "/projects/{project_id}/tags"),
        ("v3_project_tag", "/projects/{project_id}/tags/{tag}"),
        # Only the drafts of v3 had a project's users.
        ("v3_project_users", "/projects/{project_id}/users"),
        ("v3_project_user_roles", "/projects/{project_id}/users/{user_id}/roles"),
        ("v3_project_user_role", "/projects/{project_id}/users/{user_id}/roles/{role_id}"),
        ("v3_project_group_roles", "/projects/{project_id}/groups/{group_id}/roles"),
        ("v3_project_group_role", "/projects/{project_id}/groups/{group_id}/roles/{role_id}"),
    ),
    *under(
        ROOTS_V3,
        ("v3_users", "/users"),
        ("v3_user", "/users/{user_id}"),
        ("v3_user_password", "/users/{user_id}/password"),
        ("v3_user_groups", "/users/{user_id}/groups"),
        ("v3_user_projects", "/users/{user_id}/projects"),
        # Only the drafts of v3 had a user's roles outside of a project or domain.
        ("v3_user_roles", "/users/{user_id}/roles"),
        ("v3_user_application_credentials", "/users/{user_id}/application_credentials"),
        (
            "v3_user_application_credential",
            "/users/{user_id}/application_credentials/{application_credential_id}",
        ),
        ("v3_user_access_rules", "/users/{user_id}/access_rules"),
        ("v3_user_access_rule", "/users/{user_id}/access_rules/{access_rule_id}"),
        ("v3_user_ec2_credentials", "/users/{user_id}/credentials/OS-EC2"),
        ("v3_user_ec2_credential", "/users/{user_id}/credentials/OS-EC2/{credential_id}"),
        ("v3_user_access_tokens", "/users/{user_id}/OS-OAUTH1/access_tokens"),
        ("v3_user_access_token", "/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}"),
        ("v3_user_access_token_roles", "/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles"),
        ("v3_user_access_token_role", "/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles/{role_id}"),
    ),
    *under(
        ROOTS_V3,
        ("v3_groups", "/groups"),
        ("v3_group", "/groups/{group_id}"),
        ("v3_group_users", "/groups/{group_id}/users"),
        ("v3_group_user", "/groups/{group_id}/users/{user_id}"),
    ),
    *under(
        ROOTS_V3,
        ("v3_credentials", "/credentials"),
        ("v3_credential", "/credentials/{credential_id}"),
    ),
    *under(
        ROOTS_V3,
        ("v3_roles", "/roles"),
        ("v3_role", "/roles/{role_id}"),
        ("v3_role_implied_roles", "/roles/{role_id}/implies"),
        ("v3_role_implied_role", "/roles/{role_id}/implies/{implied_role_id}"),
        # Only the drafts of v3 had a role's users.
        ("v3_role_users", "/roles/{role_id}/users"),
        ("v3_role_inferences", "/role_inferences"),
        ("v3_role_assignments", "/role_assignments"),
        ("v3_system_user_roles", "/system/users/{user_id}/roles"),
        ("v3_system_user_role", "/system/users/{user_id}/roles/{role_id}"),
        ("v3_system_group_roles", "/system/groups/{group_id}/roles"),
        ("v3_system_group_role", "/system/groups/{group_id}/roles/{role_id}"),
    ),
    *under(
        ROOTS_V3,
        ("v3_policies", "/policies"),
        ("v3_policy", "/policies/{policy_id}"),
        ("v3_policy_endpoints", "/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints"),
        ("v3_policy_endpoint", "/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints/{endpoint_id}"),
        ("v3_policy_service", "/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}"),
        (
            "v3_policy_service_region",
            "/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}/regions/{region_id}",
        ),
    ),
    *under(
        ROOTS_V3,
        ("v3_limits", "/limits"),
        ("v3_limits_model", "/limits/model"),
        ("v3_limit", "/limits/{limit_id}"),
        ("v3_registered_limits", "/registered_limits"),
        ("v3_registered_limit", "/registered_limits/{registered_limit_id}"),
    ),
)

# An extension's prefix belongs to the name where it begins the path.
_V3_EXTENSIONS = (
    *under(
        ROOTS_V3,
        ("v3_os_ep_filter_endpoint_groups", "/OS-EP-FILTER/endpoint_groups"),
        ("v3_os_ep_filter_endpoint_group", "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}"),
        ("v3_os_ep_filter_endpoint_group_endpoints", "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/endpoints"),
        ("v3_os_ep_filter_endpoint_group_projects", "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects"),
        (
            "v3_os_ep_filter_endpoint_group_project",
            "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}",
        ),
        ("v3_os_ep_filter_endpoint_projects", "/OS-EP-FILTER/endpoints/{endpoint_id}/projects"),
        ("v3_os_ep_filter_project_endpoint_groups", "/OS-EP-FILTER/projects/{project_id}/endpoint_groups"),
        ("v3_os_ep_filter_project_endpoints", "/OS-EP-FILTER/projects/{project_id}/endpoints"),
        ("v3_os_ep_filter_project_endpoint", "/OS-EP-FILTER/projects/{project_id}/endpoints/{endpoint_id}"),
    ),
    *under(
        ROOTS_V3,
        ("v3_os_federation_identity_providers", "/OS-FEDERATION/identity_providers"),
        ("v3_os_federation_identity_provider", "/OS-FEDERATION/identity_providers/{idp_id}"),
        ("v3_os_federation_protocols", "/OS-FEDERATION/identity_providers/{idp_id}/protocols"),
        ("v3_os_federation_protocol", "/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}"),
        ("v3_os_federation_protocol_auth", "/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth"),
        ("v3_os_federation_mappings", "/OS-FEDERATION/mappings"),
        ("v3_os_federation_mapping", "/OS-FEDERATION/mappings/{mapping_id}"),
        ("v3_os_federation_service_providers", "/OS-FEDERATION/service_providers"),
        ("v3_os_federation_service_provider", "/OS-FEDERATION/service_providers/{sp_id}"),
        ("v3_os_federation_domains", "/OS-FEDERATION/domains"),
        ("v3_os_federation_projects", "/OS-FEDERATION/projects"),
        ("v3_os_federation_saml2_metadata", "/OS-FEDERATION/saml2/metadata"),
        ("v3_auth_federation_saml2", "/auth/OS-FEDERATION/saml2"),
        ("v3_auth_federation_saml2_ecp", "/auth/OS-FEDERATION/saml2/ecp"),
        ("v3_auth_federation_websso", "/auth/OS-FEDERATION/websso/{protocol_id}"),
        (
            "v3_auth_federation_protocol_websso",
            "/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
        ),
    ),
    *under(
        ROOTS_V3,
        (
            "v3_os_inherit_domain_user_roles",
            "/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/inherited_to_projects",
        ),
        (
            "v3_os_inherit_domain_user_role",
            "/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/{role_id}/inherited_to_projects",
        ),
        (
            "v3_os_inherit_domain_group_roles",
            "/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/inherited_to_projects",
        ),
        (
            "v3_os_inherit_domain_group_role",
            "/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects",
        ),
        (
            "v3_os_inherit_project_user_role",
            "/OS-INHERIT/projects/{project_id}/users/{user_id}/roles/{role_id}/inherited_to_projects",
        ),
        (
            "v3_os_inherit_project_group_role",
            "/OS-INHERIT/projects/{project_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects",
        ),
    ),
    *under(
        ROOTS_V3,
        ("v3_os_oauth1_consumers", "/OS-OAUTH1/consumers"),
        ("v3_os_oauth1_consumer", "/OS-OAUTH1/consumers/{consumer_id}"),
        ("v3_os_oauth1_request_token", "/OS-OAUTH1/request_token"),
        ("v3_os_oauth1_authorize", "/OS-OAUTH1/authorize/{request_token_id}"),
        ("v3_os_oauth1_access_token", "/OS-OAUTH1/access_token"),
        ("v3_os_oauth2_token", "/OS-OAUTH2/token"),
    ),
    *under(
        ROOTS_V3,
        ("v3_os_trust_trusts", "/OS-TRUST/trusts"),
        ("v3_os_trust_trust", "/OS-TRUST/trusts/{trust_id}"),
        ("v3_os_trust_trust_roles", "/OS-TRUST/trusts/{trust_id}/roles"),
        ("v3_os_trust_trust_role", "/OS-TRUST/trusts/{trust_id}/roles/{role_id}"),
    ),
    *under(
        ROOTS_V3,
        ("v3_os_revoke_events", "/OS-REVOKE/events"),
        ("v3_os_simple_cert_ca", "/OS-SIMPLE-CERT/ca"),
        ("v3_os_simple_cert_certificates", "/OS-SIMPLE-CERT/certificates"),
    ),
)

# Keystone served v2.0 on two ports, the public one with less on it; here both are one table.
_V2 = (
    *under(
        ROOTS_V2,
        ("v2_extensions", "/extensions"),
        ("v2_extension", "/extensions/{alias}"),
    ),
    *under(
        ROOTS_V2,
        ("v2_tokens", "/tokens"),
        ("v2_token_tenants", "/tokens/tenants"),
        ("v2_tokens_revoked", "/tokens/revoked"),
        ("v2_token", "/tokens/{token_id}"),
        ("v2_token_endpoints", "/tokens/{token_id}/endpoints"),
        ("v2_certificates_ca", "/certificates/ca"),
        ("v2_certificates_signing", "/certificates/signing"),
        ("v2_ec2tokens", "/ec2tokens"),
        ("v2_s3tokens", "/s3tokens"),
    ),
    *under(
        ROOTS_V2,
        ("v2_tenants", "/tenants"),
        ("v2_tenant", "/tenants/{tenant_id}"),
        ("v2_tenant_users", "/tenants/{tenant_id}/users"),
        ("v2_tenant_user_roles", "/tenants/{tenant_id}/users/{user_id}/roles"),
        ("v2_tenant_user_role", "/tenants/{tenant_id}/users/{user_id}/roles/OS-KSADM/{role_id}"),
    ),
    *under(
        ROOTS_V2,
        ("v2_users", "/users"),
        ("v2_user", "/users/{user_id}"),
        ("v2_user_roles", "/users/{user_id}/roles"),
        ("v2_user_role", "/users/{user_id}/roles/OS-KSADM/{role_id}"),
        ("v2_user_password", "/users/{user_id}/OS-KSADM/password"),
        ("v2_user_enabled", "/users/{user_id}/OS-KSADM/enabled"),
        ("v2_user_tenant", "/users/{user_id}/OS-KSADM/tenant"),
        ("v2_user_ec2_credentials", "/users/{user_id}/credentials/OS-EC2"),
        ("v2_user_ec2_credential", "/users/{user_id}/credentials/OS-EC2/{credential_id}"),
        # The one thing that users may change of themselves: the password.
        ("v2_os_kscrud_user", "/OS-KSCRUD/users/{user_id}"),
    ),
    *under(
        ROOTS_V2,
        ("v2_os_ksadm_roles", "/OS-KSADM/roles"),
        ("v2_os_ksadm_role", "/OS-KSADM/roles/{role_id}"),
        ("v2_os_ksadm_services", "/OS-KSADM/services"),
        ("v2_os_ksadm_service", "/OS-KSADM/services/{service_id}"),
        ("v2_endpoints", "/endpoints"),
        ("v2_endpoint", "/endpoints/{endpoint_id}"),
    ),
)

ENDPOINTS: tuple[Endpoint, ...] = (*_VERSIONS, *_V3_CORE, *_V3_EXTENSIONS, *_V2)

# Names that Jumpgate has published and that still work.
ALIASES: dict[str, str] = {
    "index": "versions",
    "v2_index": "v2_auth_index",
    "v3_index": "v3_auth_index",
    "v2_extension_alias": "v2_extension",
    "v3_services_with_id": "v3_service",
    "v3_endpoints_with_id": "v3_endpoint",
    "v3_domains_with_id": "v3_domain",
    "v3_projects_with_id": "v3_project",
    # Published for /v3/projects/{project_id}/{role_id}, where Keystone never had anything.
    "v3_project_role": "v3_project_group_role",
    "v3_credentails": "v3_credentials",
    "v3_credentail": "v3_credential",
}
