"""The identity service's tables. A domain is a project that has no domain itself; "" stands for none in unique keys."""

from __future__ import annotations

import sqlalchemy as sa

from jumpgate.store.metadata import ID, JSON, METADATA, NAME, UtcDateTime

projects = sa.Table(
    "identity_projects",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("domain_id", ID, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("parent_id", ID, nullable=False, index=True),
    sa.Column("is_domain", sa.Boolean, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("tags", JSON, nullable=False),
    sa.Column("options", JSON, nullable=False),
    sa.Column("extra", JSON, nullable=False),
    sa.UniqueConstraint("domain_id", "name"),
    sa.Index("ix_identity_projects_is_domain_id", "is_domain", "id"),
)

users = sa.Table(
    "identity_users",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("domain_id", ID, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("default_project_id", ID),
    sa.Column("password_hash", sa.String(255)),
    sa.Column("password_expires_at", UtcDateTime),
    sa.Column("tokens_valid_from", UtcDateTime),
    sa.Column("options", JSON, nullable=False),
    sa.Column("extra", JSON, nullable=False),
    sa.UniqueConstraint("domain_id", "name"),
)

groups = sa.Table(
    "identity_groups",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("domain_id", ID, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("extra", JSON, nullable=False),
    sa.UniqueConstraint("domain_id", "name"),
)

memberships = sa.Table(
    "identity_memberships",
    METADATA,
    sa.Column("group_id", ID, primary_key=True),
    sa.Column("user_id", ID, primary_key=True, index=True),
)

roles = sa.Table(
    "identity_roles",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("domain_id", ID, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("options", JSON, nullable=False),
    sa.Column("extra", JSON, nullable=False),
    sa.UniqueConstraint("domain_id", "name"),
)

implications = sa.Table(
    "identity_implications",
    METADATA,
    sa.Column("prior_id", ID, primary_key=True),
    sa.Column("implied_id", ID, primary_key=True),
)

# `actor_id` is a user's or a group's id; `target_id` a project's or a domain's, "" for the system.
assignments = sa.Table(
    "identity_assignments",
    METADATA,
    sa.Column("actor_id", ID, primary_key=True),
    sa.Column("actor_is_group", sa.Boolean, primary_key=True),
    sa.Column("target", sa.String(16), primary_key=True),
    sa.Column("target_id", ID, primary_key=True),
    sa.Column("role_id", ID, primary_key=True, index=True),
    sa.Column("inherited", sa.Boolean, primary_key=True),
    sa.Index("ix_identity_assignments_target_target_id", "target", "target_id"),
)

revocations = sa.Table(
    "identity_revocations",
    METADATA,
    sa.Column("audit_id", sa.String(64), primary_key=True),
    sa.Column("until", UtcDateTime, nullable=False, index=True),
)

application_credentials = sa.Table(
    "identity_application_credentials",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("project_id", ID, nullable=False, index=True),
    sa.Column("secret_hash", sa.String(255), nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("unrestricted", sa.Boolean, nullable=False),
    sa.Column("role_ids", JSON, nullable=False),
    sa.Column("access_rule_ids", JSON),
    sa.UniqueConstraint("user_id", "name"),
)

access_rules = sa.Table(
    "identity_access_rules",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("service", NAME, nullable=False),
    sa.Column("method", sa.String(16), nullable=False),
    sa.Column("path", sa.String(255), nullable=False),
    sa.UniqueConstraint("user_id", "service", "method", "path"),
)

regions = sa.Table(
    "identity_regions",
    METADATA,
    sa.Column("id", NAME, primary_key=True),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("parent_region_id", NAME, index=True),
    sa.Column("extra", JSON, nullable=False),
)

services = sa.Table(
    "identity_services",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("type", NAME, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("extra", JSON, nullable=False),
)

endpoints = sa.Table(
    "identity_endpoints",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("service_id", ID, nullable=False, index=True),
    sa.Column("interface", sa.String(16), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("region_id", NAME, index=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("extra", JSON, nullable=False),
)

# The blob is sealed.
credentials = sa.Table(
    "identity_credentials",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("type", NAME, nullable=False),
    sa.Column("user_id", ID, nullable=False, index=True),
    sa.Column("project_id", ID, index=True),
    sa.Column("blob", sa.Text, nullable=False),
    sa.Column("extra", JSON, nullable=False),
)

policies = sa.Table(
    "identity_policies",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("type", NAME, nullable=False),
    sa.Column("blob", sa.Text, nullable=False),
    sa.Column("extra", JSON, nullable=False),
)

# The secret is sealed.
consumers = sa.Table(
    "identity_consumers",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("description", sa.Text),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("extra", JSON, nullable=False),
)

# The configuration is sealed: it holds the password of an LDAP directory.
domain_configs = sa.Table(
    "identity_domain_configs",
    METADATA,
    sa.Column("domain_id", ID, primary_key=True),
    sa.Column("config", sa.Text, nullable=False),
)

endpoint_groups = sa.Table(
    "identity_endpoint_groups",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", NAME, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("filters", JSON, nullable=False),
)

# Of the endpoint and the group one is "".
catalog_links = sa.Table(
    "identity_catalog_links",
    METADATA,
    sa.Column("project_id", ID, primary_key=True),
    sa.Column("endpoint_id", ID, primary_key=True, index=True),
    sa.Column("endpoint_group_id", ID, primary_key=True, index=True),
)

trusts = sa.Table(
    "identity_trusts",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("trustor_user_id", ID, nullable=False, index=True),
    sa.Column("trustee_user_id", ID, nullable=False, index=True),
    sa.Column("project_id", ID, index=True),
    sa.Column("impersonation", sa.Boolean, nullable=False),
    sa.Column("role_ids", JSON, nullable=False),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("remaining_uses", sa.Integer),
    sa.Column("redelegated_trust_id", ID, index=True),
    sa.Column("redelegation_count", sa.Integer, nullable=False),
)

# The passwords that users have had, as far back as they may not be used again; the newest is the present one.
passwords = sa.Table(
    "identity_passwords",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("user_id", ID, nullable=False),
    sa.Column("password_hash", sa.String(255), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("self_service", sa.Boolean, nullable=False),
    sa.Index("ix_identity_passwords_user_id_number", "user_id", "number"),
)

# Wrong passwords in a row.
login_failures = sa.Table(
    "identity_login_failures",
    METADATA,
    sa.Column("user_id", ID, primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("failed_at", UtcDateTime, nullable=False),
)
