"""Keystone's policy rules under their own names, with today's defaults.

Targets are nested as Keystone has them: ``target.user.domain_id`` is the domain of the user that a request is about.
"""

from __future__ import annotations

from jumpgate.common.policy import ANYBODY, Rule

ADMIN = "rule:admin_required"
SYSTEM_READER = "(role:reader and system_scope:all)"
ADMIN_OR_SYSTEM_READER = f"{ADMIN} or {SYSTEM_READER}"
OWNER = "rule:owner"


def _reader_of(what: str) -> str:
    return f"(role:reader and domain_id:%(target.{what})s)"


def _manager_of(what: str) -> str:
    return f"(role:manager and domain_id:%(target.{what})s)"


_ADMIN_OR_SYSTEM_OR_DOMAIN_READER = f"{ADMIN_OR_SYSTEM_READER} or {_reader_of('domain_id')}"

_SHARED = (
    Rule("admin_required", "role:admin"),
    Rule("service_role", "role:service"),
    Rule("service_or_admin", "rule:admin_required or rule:service_role"),
    Rule("owner", "user_id:%(user_id)s"),
    Rule("admin_or_owner", "rule:admin_required or rule:owner"),
    Rule("token_subject", "user_id:%(target.token.user_id)s"),
    Rule(
        "domain_managed_target_role",
        "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s",
        "The roles that a domain's manager may assign and revoke.",
    ),
)

_TOKENS = (
    Rule("identity:check_token", f"{ADMIN_OR_SYSTEM_READER} or rule:token_subject"),
    Rule("identity:validate_token", f"{ADMIN_OR_SYSTEM_READER} or rule:service_role or rule:token_subject"),
    Rule("identity:revoke_token", f"{ADMIN} or rule:token_subject"),
    Rule("identity:get_auth_catalog", ANYBODY),
    Rule("identity:get_auth_projects", ANYBODY),
    Rule("identity:get_auth_domains", ANYBODY),
    Rule("identity:get_auth_system", ANYBODY),
)

_USERS = (
    Rule(
        "identity:get_user",
        f"{ADMIN_OR_SYSTEM_READER} or {_reader_of('user.domain_id')} or user_id:%(target.user.id)s",
    ),
    Rule("identity:list_users", _ADMIN_OR_SYSTEM_OR_DOMAIN_READER),
    Rule("identity:create_user", f"{ADMIN} or {_manager_of('user.domain_id')}"),
    Rule("identity:update_user", f"{ADMIN} or {_manager_of('user.domain_id')}"),
    Rule("identity:delete_user", f"{ADMIN} or {_manager_of('user.domain_id')}"),
)

_PROJECTS = (
    Rule(
        "identity:get_project",
        f"{ADMIN_OR_SYSTEM_READER} or {_reader_of('project.domain_id')} or project_id:%(target.project.id)s",
    ),
    Rule("identity:list_projects", _ADMIN_OR_SYSTEM_OR_DOMAIN_READER),
    Rule(
        "identity:list_user_projects",
        f"{ADMIN_OR_SYSTEM_READER} or {_reader_of('user.domain_id')} or user_id:%(target.user.id)s",
    ),
    Rule("identity:create_project", f"{ADMIN} or {_manager_of('project.domain_id')}"),
    Rule("identity:update_project", f"{ADMIN} or {_manager_of('project.domain_id')}"),
    Rule("identity:delete_project", f"{ADMIN} or {_manager_of('project.domain_id')}"),
    *(
        Rule(
            f"identity:{verb}",
            f"{ADMIN_OR_SYSTEM_READER} or {_reader_of('project.domain_id')} or project_id:%(target.project.id)s",
        )
        for verb in ("list_project_tags", "get_project_tag")
    ),
    *(
        Rule(
            f"identity:{verb}",
            f"{ADMIN} or {_manager_of('project.domain_id')} or (role:admin and project_id:%(target.project.id)s)",
        )
        for verb in ("update_project_tags", "create_project_tag", "delete_project_tags", "delete_project_tag")
    ),
)

_DOMAINS = (
    Rule(
        "identity:get_domain",
        f"{ADMIN_OR_SYSTEM_READER} or domain_id:%(target.domain.id)s or project_domain_id:%(target.domain.id)s",
    ),
    Rule("identity:list_domains", f"{ADMIN_OR_SYSTEM_READER} or {_reader_of('domain.id')}"),
    Rule("identity:create_domain", ADMIN),
    Rule("identity:update_domain", ADMIN),
    Rule("identity:delete_domain", ADMIN),
)

_READ_GROUPS = f"{ADMIN_OR_SYSTEM_READER} or {_reader_of('group.domain_id')}"
_MANAGE_GROUPS = f"{ADMIN} or {_manager_of('group.domain_id')}"
_MANAGE_MEMBERS = (
    f"{ADMIN} or (role:manager and domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s)"
)

_GROUPS = (
    Rule("identity:get_group", _READ_GROUPS),
    Rule("identity:list_groups", _READ_GROUPS),
    Rule(
        "identity:list_groups_for_user",
        f"{ADMIN_OR_SYSTEM_READER} or {_reader_of('user.domain_id')} or user_id:%(user_id)s",
    ),
    Rule("identity:list_users_in_group", _READ_GROUPS),
    Rule(
        "identity:check_user_in_group",
        f"{ADMIN_OR_SYSTEM_READER} or "
        "(role:reader and domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s)",
    ),
    Rule("identity:create_group", _MANAGE_GROUPS),
    Rule("identity:update_group", _MANAGE_GROUPS),
    Rule("identity:delete_group", _MANAGE_GROUPS),
    Rule("identity:add_user_to_group", _MANAGE_MEMBERS),
    Rule("identity:remove_user_from_group", _MANAGE_MEMBERS),
)

_ROLES = (
    Rule(
        "identity:get_role",
        f"{ADMIN_OR_SYSTEM_READER} or (role:manager and rule:domain_managed_target_role)",
    ),
    Rule("identity:list_roles", f"{ADMIN_OR_SYSTEM_READER} or (role:manager and not domain_id:None)"),
    Rule("identity:create_role", ADMIN),
    Rule("identity:update_role", ADMIN),
    Rule("identity:delete_role", ADMIN),
    Rule("identity:get_domain_role", ADMIN_OR_SYSTEM_READER),
    Rule("identity:list_domain_roles", ADMIN_OR_SYSTEM_READER),
    Rule("identity:create_domain_role", ADMIN),
    Rule("identity:update_domain_role", ADMIN),
    Rule("identity:delete_domain_role", ADMIN),
    Rule("identity:get_implied_role", ADMIN_OR_SYSTEM_READER),
    Rule("identity:list_implied_roles", ADMIN_OR_SYSTEM_READER),
    Rule("identity:check_implied_role", ADMIN_OR_SYSTEM_READER),
    Rule("identity:list_role_inference_rules", ADMIN_OR_SYSTEM_READER),
    Rule("identity:create_implied_role", ADMIN),
    Rule("identity:delete_implied_role", ADMIN),
)


def _domain_grants(role: str) -> str:
    """Say that a user or group and what it gets a role on belong to the domain in which the caller holds `role`."""
    pairs = (
        f"(role:{role} and domain_id:%(target.{actor}.domain_id)s and domain_id:%(target.{place})s)"
        for actor in ("user", "group")
        for place in ("project.domain_id", "domain.id")
    )
    return f"({' or '.join(pairs)})"


_OF_THE_DOMAIN = "(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)"
_CHECK_GRANTS = f"{ADMIN_OR_SYSTEM_READER} or ({_domain_grants('reader')} and {_OF_THE_DOMAIN})"
_CHANGE_GRANTS = f"{ADMIN} or ({_domain_grants('manager')} and rule:domain_managed_target_role)"

_ASSIGNMENTS = (
    Rule("identity:check_grant", _CHECK_GRANTS),
    Rule("identity:list_grants", f"{ADMIN_OR_SYSTEM_READER} or {_domain_grants('reader')}"),
    Rule("identity:create_grant", _CHANGE_GRANTS),
    Rule("identity:revoke_grant", _CHANGE_GRANTS),
    *(
        Rule(f"identity:{verb}_for_{actor}", check)
        for actor in ("user", "group")
        for verb, check in (
            ("list_system_grants", ADMIN_OR_SYSTEM_READER),
            ("check_system_grant", ADMIN_OR_SYSTEM_READER),
            ("create_system_grant", ADMIN),
            ("revoke_system_grant", ADMIN),
        )
    ),
    Rule("identity:list_role_assignments", _ADMIN_OR_SYSTEM_OR_DOMAIN_READER),
    Rule("identity:list_role_assignments_for_tree", _ADMIN_OR_SYSTEM_OR_DOMAIN_READER),
)

_CATALOG = (
    Rule("identity:get_region", ANYBODY),
    Rule("identity:list_regions", ANYBODY),
    Rule("identity:get_service", ADMIN_OR_SYSTEM_READER),
    Rule("identity:list_services", ADMIN_OR_SYSTEM_READER),
    Rule("identity:get_endpoint", ADMIN_OR_SYSTEM_READER),
    Rule("identity:list_endpoints", ADMIN_OR_SYSTEM_READER),
    *(
        Rule(f"identity:{verb}_{kind}", ADMIN)
        for kind in ("region", "service", "endpoint")
        for verb in ("create", "update", "delete")
    ),
)

_APPLICATION_CREDENTIALS = (
    Rule("identity:get_application_credential", f"{ADMIN_OR_SYSTEM_READER} or {OWNER}"),
    Rule("identity:list_application_credentials", f"{ADMIN_OR_SYSTEM_READER} or {OWNER}"),
    Rule("identity:create_application_credential", OWNER),
    Rule("identity:delete_application_credential", f"{ADMIN} or {OWNER}"),
    Rule("identity:get_access_rule", f"{SYSTEM_READER} or user_id:%(target.user.id)s"),
    Rule("identity:list_access_rules", f"{SYSTEM_READER} or user_id:%(target.user.id)s"),
    Rule("identity:delete_access_rule", "(role:admin and system_scope:all) or user_id:%(target.user.id)s"),
)

_OWN_CREDENTIAL = "user_id:%(target.credential.user_id)s"

_CREDENTIALS = (
    Rule("identity:get_credential", f"{ADMIN_OR_SYSTEM_READER} or {_OWN_CREDENTIAL}"),
    Rule("identity:list_credentials", f"{ADMIN_OR_SYSTEM_READER} or {_OWN_CREDENTIAL}"),
    Rule("identity:create_credential", f"{ADMIN} or {_OWN_CREDENTIAL}"),
    Rule("identity:update_credential", f"{ADMIN} or {_OWN_CREDENTIAL}"),
    Rule("identity:delete_credential", f"{ADMIN} or {_OWN_CREDENTIAL}"),
    Rule("identity:ec2_get_credential", f"{ADMIN_OR_SYSTEM_READER} or {_OWN_CREDENTIAL}"),
    Rule("identity:ec2_list_credentials", f"{ADMIN_OR_SYSTEM_READER} or {OWNER}"),
    Rule("identity:ec2_create_credential", f"{ADMIN} or (role:member and {_OWN_CREDENTIAL})"),
    Rule("identity:ec2_delete_credential", f"{ADMIN} or (role:member and {_OWN_CREDENTIAL})"),
)

_POLICIES = (
    Rule("identity:get_policy", ADMIN_OR_SYSTEM_READER),
    Rule("identity:list_policies", ADMIN_OR_SYSTEM_READER),
    *(Rule(f"identity:{verb}_policy", ADMIN) for verb in ("create", "update", "delete")),
)

_CONSUMERS = (
    Rule("identity:get_consumer", ADMIN_OR_SYSTEM_READER),
    Rule("identity:list_consumers", ADMIN_OR_SYSTEM_READER),
    *(Rule(f"identity:{verb}_consumer", ADMIN) for verb in ("create", "update", "delete")),
)

_DOMAIN_CONFIGS = (
    Rule("identity:get_domain_config", ADMIN_OR_SYSTEM_READER),
    Rule("identity:get_domain_config_default", ADMIN_OR_SYSTEM_READER),
    Rule("identity:get_security_compliance_domain_config", ANYBODY),
    *(Rule(f"identity:{verb}_domain_config", ADMIN) for verb in ("create", "update", "delete")),
)

_ENDPOINT_FILTERS = (
    *(
        Rule(f"identity:{action}", ADMIN_OR_SYSTEM_READER)
        for action in (
            "list_endpoint_groups",
            "get_endpoint_group",
            "list_projects_associated_with_endpoint_group",
            "list_endpoints_associated_with_endpoint_group",
            "get_endpoint_group_in_project",
            "list_endpoint_groups_for_project",
            "list_projects_for_endpoint",
            "check_endpoint_in_project",
            "list_endpoints_for_project",
        )
    ),
    *(
        Rule(f"identity:{action}", ADMIN)
        for action in (
            "create_endpoint_group",
            "update_endpoint_group",
            "delete_endpoint_group",
            "add_endpoint_group_to_project",
            "remove_endpoint_group_from_project",
            "add_endpoint_to_project",
            "remove_endpoint_from_project",
        )
    ),
)

_TRUSTOR = "user_id:%(target.trust.trustor_user_id)s"
_TRUSTEE = "user_id:%(target.trust.trustee_user_id)s"

_TRUSTS = (
    Rule("identity:create_trust", "user_id:%(trust.trustor_user_id)s"),
    Rule("identity:list_trusts", ADMIN_OR_SYSTEM_READER),
    Rule("identity:list_trusts_for_trustor", f"{ADMIN_OR_SYSTEM_READER} or {_TRUSTOR}"),
    Rule("identity:list_trusts_for_trustee", f"{ADMIN_OR_SYSTEM_READER} or {_TRUSTEE}"),
    *(
        Rule(f"identity:{action}", f"{ADMIN_OR_SYSTEM_READER} or {_TRUSTOR} or {_TRUSTEE}")
        for action in ("get_trust", "list_roles_for_trust", "get_role_for_trust")
    ),
    Rule("identity:delete_trust", f"{ADMIN} or {_TRUSTOR}"),
)

RULES: tuple[Rule, ...] = (
    *_SHARED,
    *_TOKENS,
    *_USERS,
    *_PROJECTS,
    *_DOMAINS,
    *_GROUPS,
    *_ROLES,
    *_ASSIGNMENTS,
    *_CATALOG,
    *_APPLICATION_CREDENTIALS,
    *_CREDENTIALS,
    *_POLICIES,
    *_CONSUMERS,
    *_DOMAIN_CONFIGS,
    *_ENDPOINT_FILTERS,
    *_TRUSTS,
)
