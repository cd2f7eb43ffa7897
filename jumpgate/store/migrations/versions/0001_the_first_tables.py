"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jumpgate.store.migrations import types

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "aggregates",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("metadata", types.JSON, nullable=False),
        sa.Column("hosts", types.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_aggregates")),
        sa.UniqueConstraint("name", name=op.f("uq_aggregates_name")),
    )
    op.create_table(
        "compute_services",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", types.text(255), nullable=True),
        sa.Column("forced_down", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compute_services")),
    )
    op.create_table(
        "flavors",
        sa.Column("id", types.text(255), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("vcpus", sa.Integer(), nullable=False),
        sa.Column("ram_mib", sa.BigInteger(), nullable=False),
        sa.Column("disk_gib", sa.Integer(), nullable=False),
        sa.Column("ephemeral_gib", sa.Integer(), nullable=False),
        sa.Column("swap_mib", sa.Integer(), nullable=False),
        sa.Column("rxtx_factor", sa.Float(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("extra_specs", types.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flavors")),
        sa.UniqueConstraint("name", name=op.f("uq_flavors_name")),
    )
    op.create_table(
        "identity_access_rules",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("service", types.text(255), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_access_rules")),
        sa.UniqueConstraint(
            "user_id", "service", "method", "path", name=op.f("uq_identity_access_rules_user_id_service_method_path")
        ),
    )
    op.create_table(
        "identity_application_credentials",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("secret_hash", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("unrestricted", sa.Boolean(), nullable=False),
        sa.Column("role_ids", types.JSON, nullable=False),
        sa.Column("access_rule_ids", types.JSON, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_application_credentials")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_identity_application_credentials_user_id_name")),
    )
    op.create_index(
        op.f("ix_identity_application_credentials_project_id"),
        "identity_application_credentials",
        ["project_id"],
        unique=False,
    )
    op.create_table(
        "identity_assignments",
        sa.Column("actor_id", types.text(64), nullable=False),
        sa.Column("actor_is_group", sa.Boolean(), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("target_id", types.text(64), nullable=False),
        sa.Column("role_id", types.text(64), nullable=False),
        sa.Column("inherited", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "actor_id",
            "actor_is_group",
            "target",
            "target_id",
            "role_id",
            "inherited",
            name=op.f("pk_identity_assignments"),
        ),
    )
    op.create_index(op.f("ix_identity_assignments_role_id"), "identity_assignments", ["role_id"], unique=False)
    op.create_index(
        "ix_identity_assignments_target_target_id", "identity_assignments", ["target", "target_id"], unique=False
    )
    op.create_table(
        "identity_catalog_links",
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("endpoint_id", types.text(64), nullable=False),
        sa.Column("endpoint_group_id", types.text(64), nullable=False),
        sa.PrimaryKeyConstraint(
            "project_id", "endpoint_id", "endpoint_group_id", name=op.f("pk_identity_catalog_links")
        ),
    )
    op.create_index(
        op.f("ix_identity_catalog_links_endpoint_group_id"),
        "identity_catalog_links",
        ["endpoint_group_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_identity_catalog_links_endpoint_id"), "identity_catalog_links", ["endpoint_id"], unique=False
    )
    op.create_table(
        "identity_consumers",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("extra", types.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_consumers")),
    )
    op.create_table(
        "identity_credentials",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("type", types.text(255), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=True),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("extra", types.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_credentials")),
    )
    op.create_index(op.f("ix_identity_credentials_project_id"), "identity_credentials", ["project_id"], unique=False)
    op.create_index(op.f("ix_identity_credentials_user_id"), "identity_credentials", ["user_id"], unique=False)
    op.create_table(
        "identity_domain_configs",
        sa.Column("domain_id", types.text(64), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("domain_id", name=op.f("pk_identity_domain_configs")),
    )
    op.create_table(
        "identity_endpoint_groups",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("filters", types.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_endpoint_groups")),
    )
    op.create_table(
        "identity_endpoints",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("service_id", types.text(64), nullable=False),
        sa.Column("interface", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("region_id", types.text(255), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("extra", types.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_endpoints")),
    )
    op.create_index(op.f("ix_identity_endpoints_region_id"), "identity_endpoints", ["region_id"], unique=False)
    op.create_index(op.f("ix_identity_endpoints_service_id"), "identity_endpoints", ["service_id"], unique=False)
    op.create_table(
        "identity_groups",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("domain_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("extra", types.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_groups")),
        sa.UniqueConstraint("domain_id", "name", name=op.f("uq_identity_groups_domain_id_name")),
    )
    op.create_table(
        "identity_implications",
        sa.Column("prior_id", types.text(64), nullable=False),
        sa.Column("implied_id", types.text(64), nullable=False),
        sa.PrimaryKeyConstraint("prior_id", "implied_id", name=op.f("pk_identity_implications")),
    )
    op.create_table(
        "identity_login_failures",
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_identity_login_failures")),
    )
    op.create_table(
        "identity_memberships",
        sa.Column("group_id", types.text(64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_identity_memberships")),
    )
    op.create_index(op.f("ix_identity_memberships_user_id"), "identity_memberships", ["user_id"], unique=False)
    op.create_table(
        "identity_passwords",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("self_service", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_identity_passwords")),
    )
    op.create_index("ix_identity_passwords_user_id_number", "identity_passwords", ["user_id", "number"], unique=False)
    op.create_table(
        "identity_policies",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("type", types.text(255), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("extra", types.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_policies")),
    )
    op.create_table(
        "identity_projects",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("domain_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("parent_id", types.text(64), nullable=False),
        sa.Column("is_domain", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", types.JSON, nullable=False),
        sa.Column("options", types.JSON, nullable=False),
        sa.Column("extra", types.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_projects")),
        sa.UniqueConstraint("domain_id", "name", name=op.f("uq_identity_projects_domain_id_name")),
    )
    op.create_index("ix_identity_projects_is_domain_id", "identity_projects", ["is_domain", "id"], unique=False)
    op.create_index(op.f("ix_identity_projects_parent_id"), "identity_projects", ["parent_id"], unique=False)
    op.create_table(
        "identity_regions",
        sa.Column("id", types.text(255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("parent_region_id", types.text(255), nullable=True),
        sa.Column("extra", types.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_regions")),
    )
    op.create_index(
        op.f("ix_identity_regions_parent_region_id"), "identity_regions", ["parent_region_id"], unique=False
    )
    op.create_table(
        "identity_revocations",
        sa.Column("audit_id", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_identity_revocations")),
    )
    op.create_index(op.f("ix_identity_revocations_until"), "identity_revocations", ["until"], unique=False)
    op.create_table(
        "identity_roles",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("domain_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("options", types.JSON, nullable=False),
        sa.Column("extra", types.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_roles")),
        sa.UniqueConstraint("domain_id", "name", name=op.f("uq_identity_roles_domain_id_name")),
    )
    op.create_table(
        "identity_services",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("type", types.text(255), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("extra", types.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_services")),
    )
    op.create_table(
        "identity_trusts",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("trustor_user_id", types.text(64), nullable=False),
        sa.Column("trustee_user_id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=True),
        sa.Column("impersonation", sa.Boolean(), nullable=False),
        sa.Column("role_ids", types.JSON, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("remaining_uses", sa.Integer(), nullable=True),
        sa.Column("redelegated_trust_id", types.text(64), nullable=True),
        sa.Column("redelegation_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_trusts")),
    )
    op.create_index(op.f("ix_identity_trusts_project_id"), "identity_trusts", ["project_id"], unique=False)
    op.create_index(
        op.f("ix_identity_trusts_redelegated_trust_id"), "identity_trusts", ["redelegated_trust_id"], unique=False
    )
    op.create_index(op.f("ix_identity_trusts_trustee_user_id"), "identity_trusts", ["trustee_user_id"], unique=False)
    op.create_index(op.f("ix_identity_trusts_trustor_user_id"), "identity_trusts", ["trustor_user_id"], unique=False)
    op.create_table(
        "identity_users",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("domain_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("default_project_id", types.text(64), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("password_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("tokens_valid_from", sa.BigInteger(), nullable=True),
        sa.Column("options", types.JSON, nullable=False),
        sa.Column("extra", types.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_users")),
        sa.UniqueConstraint("domain_id", "name", name=op.f("uq_identity_users_domain_id_name")),
    )
    op.create_table(
        "image_tasks",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("image_id", types.text(64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("owner", types.text(255), nullable=True),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("request_id", types.text(64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("input", types.JSON, nullable=False),
        sa.Column("result", types.JSON, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_tasks")),
    )
    op.create_index("ix_image_tasks_created", "image_tasks", ["created_at", "id"], unique=False)
    op.create_index("ix_image_tasks_image", "image_tasks", ["image_id"], unique=False)
    op.create_index("ix_image_tasks_owner_created", "image_tasks", ["owner", "created_at", "id"], unique=False)
    op.create_table(
        "images",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("owner", types.text(255), nullable=True),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("disk_format", sa.String(length=16), nullable=True),
        sa.Column("container_format", sa.String(length=16), nullable=True),
        sa.Column("min_disk_gib", sa.Integer(), nullable=False),
        sa.Column("min_ram_mib", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("virtual_size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("checksum", sa.String(length=32), nullable=True),
        sa.Column("hash_algorithm", sa.String(length=16), nullable=True),
        sa.Column("hash_value", sa.String(length=128), nullable=True),
        sa.Column("tags", types.JSON, nullable=False),
        sa.Column("properties", types.JSON, nullable=False),
        sa.Column("data", types.text(64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
    )
    op.create_index("ix_images_created", "images", ["created_at", "id"], unique=False)
    op.create_index("ix_images_name", "images", ["name"], unique=False)
    op.create_index("ix_images_owner_created", "images", ["owner", "created_at", "id"], unique=False)
    op.create_index("ix_images_visibility_created", "images", ["visibility", "created_at", "id"], unique=False)
    op.create_table(
        "keypairs",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", types.text(255), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_keypairs")),
    )
    op.create_index("ix_keypairs_user", "keypairs", ["user_id", "name"], unique=True)
    op.create_table(
        "metadef_namespaces",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("display_name", sa.String(length=80), nullable=True),
        sa.Column("description", sa.String(length=500), nullable=True),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("owner", types.text(255), nullable=True),
        sa.Column("content", types.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_metadef_namespaces")),
    )
    op.create_table(
        "metadef_resource_types",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_metadef_resource_types")),
    )
    op.create_table(
        "network_tags",
        sa.Column("resource_id", types.text(64), nullable=False),
        sa.Column("tag", types.text(255), nullable=False),
        sa.PrimaryKeyConstraint("resource_id", "tag", name=op.f("pk_network_tags")),
    )
    op.create_index("ix_network_tags_tag", "network_tags", ["tag", "resource_id"], unique=False)
    op.create_table(
        "networks",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("status", types.text(16), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("mtu", sa.Integer(), nullable=False),
        sa.Column("network_type", types.text(32), nullable=False),
        sa.Column("physical_network", types.text(64), nullable=True),
        sa.Column("segmentation_id", sa.Integer(), nullable=True),
        sa.Column("availability_zone_hints", types.JSON, nullable=False),
        sa.Column("port_security_enabled", sa.Boolean(), nullable=False),
        sa.Column("dns_domain", types.text(255), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_networks")),
    )
    op.create_index("ix_networks_project", "networks", ["project_id", "id"], unique=False)
    op.create_index("ix_networks_public", "networks", ["public", "id"], unique=False)
    op.create_index(
        "ix_networks_segment", "networks", ["network_type", "physical_network", "segmentation_id"], unique=False
    )
    op.create_table(
        "qos_specs",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("consumer", sa.String(length=32), nullable=False),
        sa.Column("specs", types.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qos_specs")),
        sa.UniqueConstraint("name", name=op.f("uq_qos_specs_name")),
    )
    op.create_table(
        "quotas",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("hard_limit", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("service", "project_id", "resource", name=op.f("pk_quotas")),
    )
    op.create_table(
        "revisions",
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_revisions")),
    )
    op.create_table(
        "security_groups",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("stateful", sa.Boolean(), nullable=False),
        sa.Column("default_of", types.text(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_groups")),
        sa.UniqueConstraint("default_of", name=op.f("uq_security_groups_default_of")),
    )
    op.create_index("ix_security_groups_project", "security_groups", ["project_id", "id"], unique=False)
    op.create_table(
        "server_groups",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("policy", sa.String(length=32), nullable=False),
        sa.Column("rules", types.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_groups")),
    )
    op.create_index("ix_server_groups_project", "server_groups", ["project_id", "created_at", "id"], unique=False)
    op.create_table(
        "servers",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("description", types.text(255), nullable=True),
        sa.Column("vm_state", sa.String(length=32), nullable=False),
        sa.Column("task_state", sa.String(length=64), nullable=True),
        sa.Column("power_state", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("launched_at", sa.BigInteger(), nullable=True),
        sa.Column("terminated_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("host", types.text(255), nullable=True),
        sa.Column("availability_zone", types.text(255), nullable=True),
        sa.Column("pinned_availability_zone", types.text(255), nullable=True),
        sa.Column("hostname", types.text(255), nullable=False),
        sa.Column("image_id", types.text(64), nullable=True),
        sa.Column("image_properties", types.JSON, nullable=False),
        sa.Column("scheduler_hints", types.JSON, nullable=False),
        sa.Column("kernel_id", types.text(255), nullable=False),
        sa.Column("ramdisk_id", types.text(255), nullable=False),
        sa.Column("root_device_name", types.text(255), nullable=False),
        sa.Column("flavor_id", types.text(255), nullable=False),
        sa.Column("flavor", types.JSON, nullable=False),
        sa.Column("vcpus", sa.Integer(), nullable=False),
        sa.Column("ram_mib", sa.BigInteger(), nullable=False),
        sa.Column("old_flavor", types.JSON, nullable=True),
        sa.Column("old_vm_state", sa.String(length=32), nullable=True),
        sa.Column("key_name", types.text(255), nullable=True),
        sa.Column("key_data", sa.Text(), nullable=True),
        sa.Column("access_ipv4", sa.String(length=64), nullable=False),
        sa.Column("access_ipv6", sa.String(length=64), nullable=False),
        sa.Column("config_drive", sa.Boolean(), nullable=False),
        sa.Column("disk_config", sa.String(length=16), nullable=False),
        sa.Column("locked_by", sa.String(length=16), nullable=True),
        sa.Column("locked_reason", types.text(255), nullable=True),
        sa.Column("launch_index", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.String(length=64), nullable=False),
        sa.Column("user_data", sa.Text(), nullable=True),
        sa.Column("metadata", types.JSON, nullable=False),
        sa.Column("fault", types.JSON, nullable=True),
        sa.Column("trusted_image_certificates", types.JSON, nullable=True),
        sa.Column("server_group_id", types.text(64), nullable=True),
        sa.Column("requests", types.JSON, nullable=False),
        sa.Column("shelved_image_id", types.text(64), nullable=True),
        sa.Column("console", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_servers")),
    )
    op.create_index("ix_servers_everywhere", "servers", ["deleted", "created_at", "id"], unique=False)
    op.create_index("ix_servers_group", "servers", ["server_group_id"], unique=False)
    op.create_index("ix_servers_number", "servers", ["number"], unique=True)
    op.create_index("ix_servers_project", "servers", ["project_id", "deleted", "created_at", "id"], unique=False)
    op.create_index("ix_servers_project_ever", "servers", ["project_id", "created_at", "id"], unique=False)
    op.create_index("ix_servers_project_name", "servers", ["project_id", "deleted", "name"], unique=False)
    op.create_index(
        "ix_servers_project_state", "servers", ["project_id", "deleted", "vm_state", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_servers_project_updated",
        "servers",
        ["project_id", "deleted", "updated_at", "created_at", "id"],
        unique=False,
    )
    op.create_index("ix_servers_quota", "servers", ["project_id", "deleted", "vcpus", "ram_mib"], unique=False)
    op.create_table(
        "subnet_pools",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("ip_version", sa.Integer(), nullable=False),
        sa.Column("prefixes", types.JSON, nullable=False),
        sa.Column("min_prefix_length", sa.Integer(), nullable=False),
        sa.Column("max_prefix_length", sa.Integer(), nullable=False),
        sa.Column("default_prefix_length", sa.Integer(), nullable=False),
        sa.Column("default_quota", sa.Integer(), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subnet_pools")),
    )
    op.create_index("ix_subnet_pools_project", "subnet_pools", ["project_id", "id"], unique=False)
    op.create_index("ix_subnet_pools_shared", "subnet_pools", ["shared", "id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("arguments", types.JSON, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("leased_by", sa.String(length=255), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_due_at"), "tasks", ["due_at"], unique=False)
    op.create_table(
        "volume_backups",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("volume_id", types.text(64), nullable=False),
        sa.Column("snapshot_id", types.text(64), nullable=True),
        sa.Column("parent_id", types.text(64), nullable=True),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=True),
        sa.Column("description", types.text(255), nullable=True),
        sa.Column("size_gib", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("container", types.text(255), nullable=True),
        sa.Column("availability_zone", types.text(255), nullable=True),
        sa.Column("metadata", types.JSON, nullable=False),
        sa.Column("bootable", sa.Boolean(), nullable=False),
        sa.Column("image_metadata", types.JSON, nullable=False),
        sa.Column("data_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_backups")),
    )
    op.create_index("ix_volume_backups_order", "volume_backups", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_volume_backups_parent_id"), "volume_backups", ["parent_id"], unique=False)
    op.create_index("ix_volume_backups_project", "volume_backups", ["project_id", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_volume_backups_volume_id"), "volume_backups", ["volume_id"], unique=False)
    op.create_table(
        "volume_group_types",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("description", types.text(255), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("group_specs", types.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_group_types")),
        sa.UniqueConstraint("name", name=op.f("uq_volume_group_types_name")),
    )
    op.create_index("ix_volume_group_types_order", "volume_group_types", ["created_at", "id"], unique=False)
    op.create_table(
        "volume_messages",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("request_id", types.text(64), nullable=False),
        sa.Column("resource_type", sa.String(length=32), nullable=False),
        sa.Column("resource_id", types.text(64), nullable=False),
        sa.Column("action_id", sa.String(length=8), nullable=False),
        sa.Column("detail_id", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_messages")),
    )
    op.create_index(op.f("ix_volume_messages_expires_at"), "volume_messages", ["expires_at"], unique=False)
    op.create_index("ix_volume_messages_project", "volume_messages", ["project_id", "created_at", "id"], unique=False)
    op.create_table(
        "volume_types",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("description", types.text(255), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("extra_specs", types.JSON, nullable=False),
        sa.Column("qos_specs_id", types.text(64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_types")),
        sa.UniqueConstraint("name", name=op.f("uq_volume_types_name")),
    )
    op.create_index("ix_volume_types_order", "volume_types", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_volume_types_qos_specs_id"), "volume_types", ["qos_specs_id"], unique=False)
    op.create_table(
        "flavor_projects",
        sa.Column("flavor_id", types.text(255), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["flavor_id"], ["flavors.id"], name=op.f("fk_flavor_projects_flavor_id_flavors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("flavor_id", "project_id", name=op.f("pk_flavor_projects")),
    )
    op.create_table(
        "image_members",
        sa.Column("image_id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_image_members_image_id_images"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "project_id", name=op.f("pk_image_members")),
    )
    op.create_index("ix_image_members_project", "image_members", ["project_id", "status"], unique=False)
    op.create_table(
        "instance_actions",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("server_id", types.text(64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("message", types.text(255), nullable=True),
        sa.Column("events", types.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_instance_actions_server_id_servers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance_actions")),
    )
    op.create_index("ix_instance_actions_request", "instance_actions", ["server_id", "request_id"], unique=False)
    op.create_index("ix_instance_actions_server", "instance_actions", ["server_id", "started_at", "id"], unique=False)
    op.create_table(
        "migrations",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("server_id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("source", types.text(255), nullable=True),
        sa.Column("destination", types.text(255), nullable=True),
        sa.Column("old_flavor_number", sa.BigInteger(), nullable=True),
        sa.Column("new_flavor_number", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_migrations_server_id_servers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_migrations")),
    )
    op.create_index("ix_migrations_everywhere", "migrations", ["created_at", "number"], unique=False)
    op.create_index("ix_migrations_server", "migrations", ["server_id", "number"], unique=False)
    op.create_table(
        "ports",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("network_id", types.text(64), nullable=False),
        sa.Column("guest_of", types.text(64), nullable=True),
        sa.Column("mac_address", types.text(17), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("status", types.text(16), nullable=False),
        sa.Column("device_id", types.text(255), nullable=False),
        sa.Column("device_owner", types.text(255), nullable=False),
        sa.Column("allowed_address_pairs", types.JSON, nullable=False),
        sa.Column("extra_dhcp_opts", types.JSON, nullable=False),
        sa.Column("port_security_enabled", sa.Boolean(), nullable=False),
        sa.Column("binding_host_id", types.text(255), nullable=False),
        sa.Column("binding_vnic_type", types.text(64), nullable=False),
        sa.Column("binding_profile", types.JSON, nullable=False),
        sa.Column("dns_name", types.text(255), nullable=False),
        sa.Column("dns_domain", types.text(255), nullable=False),
        sa.Column("ip_allocation", types.text(16), nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name=op.f("fk_ports_network_id_networks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ports")),
        sa.UniqueConstraint("network_id", "mac_address", name=op.f("uq_ports_network_id_mac_address")),
    )
    op.create_index("ix_ports_device", "ports", ["device_id"], unique=False)
    op.create_index("ix_ports_guest", "ports", ["guest_of", "id"], unique=False)
    op.create_index(op.f("ix_ports_mac_address"), "ports", ["mac_address"], unique=False)
    op.create_index(op.f("ix_ports_network_id"), "ports", ["network_id"], unique=False)
    op.create_index("ix_ports_project", "ports", ["project_id", "id"], unique=False)
    op.create_table(
        "security_group_rules",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("security_group_id", types.text(64), nullable=False),
        sa.Column("group_owner_id", types.text(64), nullable=False),
        sa.Column("direction", types.text(8), nullable=False),
        sa.Column("ethertype", types.text(8), nullable=False),
        sa.Column("protocol", types.text(40), nullable=True),
        sa.Column("port_range_min", sa.Integer(), nullable=True),
        sa.Column("port_range_max", sa.Integer(), nullable=True),
        sa.Column("remote_ip_prefix", types.text(64), nullable=True),
        sa.Column("remote_group_id", types.text(64), nullable=True),
        sa.Column("normalized_cidr", types.text(64), nullable=True),
        sa.ForeignKeyConstraint(
            ["remote_group_id"],
            ["security_groups.id"],
            name=op.f("fk_security_group_rules_remote_group_id_security_groups"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["security_group_id"],
            ["security_groups.id"],
            name=op.f("fk_security_group_rules_security_group_id_security_groups"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_group_rules")),
    )
    op.create_index("ix_security_group_rules_owner", "security_group_rules", ["group_owner_id", "id"], unique=False)
    op.create_index("ix_security_group_rules_project", "security_group_rules", ["project_id", "id"], unique=False)
    op.create_index(
        op.f("ix_security_group_rules_remote_group_id"), "security_group_rules", ["remote_group_id"], unique=False
    )
    op.create_index(
        op.f("ix_security_group_rules_security_group_id"), "security_group_rules", ["security_group_id"], unique=False
    )
    op.create_table(
        "server_ports",
        sa.Column("server_id", types.text(64), nullable=False),
        sa.Column("port_id", types.text(64), nullable=False),
        sa.Column("preserved", sa.Boolean(), nullable=False),
        sa.Column("tag", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_server_ports_server_id_servers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("server_id", "port_id", name=op.f("pk_server_ports")),
    )
    op.create_table(
        "server_tags",
        sa.Column("server_id", types.text(64), nullable=False),
        sa.Column("tag", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_server_tags_server_id_servers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("server_id", "tag", name=op.f("pk_server_tags")),
    )
    op.create_index("ix_server_tags_tag", "server_tags", ["tag", "server_id"], unique=False)
    op.create_table(
        "server_volumes",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("server_id", types.text(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("source_id", types.text(64), nullable=True),
        sa.Column("size_gib", sa.Integer(), nullable=True),
        sa.Column("volume_type", types.text(255), nullable=True),
        sa.Column("volume_id", types.text(64), nullable=True),
        sa.Column("attachment_id", types.text(64), nullable=True),
        sa.Column("device", types.text(255), nullable=True),
        sa.Column("boot_index", sa.Integer(), nullable=True),
        sa.Column("delete_on_termination", sa.Boolean(), nullable=False),
        sa.Column("tag", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["servers.id"], name=op.f("fk_server_volumes_server_id_servers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_volumes")),
    )
    op.create_index("ix_server_volumes_server", "server_volumes", ["server_id", "position"], unique=False)
    op.create_index("ix_server_volumes_volume", "server_volumes", ["volume_id"], unique=False)
    op.create_table(
        "subnets",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("network_id", types.text(64), nullable=False),
        sa.Column("guest_of", types.text(64), nullable=True),
        sa.Column("ip_version", sa.Integer(), nullable=False),
        sa.Column("cidr", types.text(64), nullable=False),
        sa.Column("gateway_ip", types.text(45), nullable=True),
        sa.Column("allocation_pools", types.JSON, nullable=False),
        sa.Column("dns_nameservers", types.JSON, nullable=False),
        sa.Column("host_routes", types.JSON, nullable=False),
        sa.Column("enable_dhcp", sa.Boolean(), nullable=False),
        sa.Column("ipv6_ra_mode", types.text(16), nullable=True),
        sa.Column("ipv6_address_mode", types.text(16), nullable=True),
        sa.Column("service_types", types.JSON, nullable=False),
        sa.Column("subnetpool_id", types.text(64), nullable=True),
        sa.Column("segment_id", types.text(64), nullable=True),
        sa.Column("dns_publish_fixed_ip", sa.Boolean(), nullable=False),
        sa.Column("last_address", types.text(32), nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name=op.f("fk_subnets_network_id_networks")),
        sa.ForeignKeyConstraint(
            ["subnetpool_id"], ["subnet_pools.id"], name=op.f("fk_subnets_subnetpool_id_subnet_pools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subnets")),
    )
    op.create_index("ix_subnets_guest", "subnets", ["guest_of", "id"], unique=False)
    op.create_index(op.f("ix_subnets_network_id"), "subnets", ["network_id"], unique=False)
    op.create_index("ix_subnets_project", "subnets", ["project_id", "id"], unique=False)
    op.create_index(op.f("ix_subnets_subnetpool_id"), "subnets", ["subnetpool_id"], unique=False)
    op.create_table(
        "volume_default_types",
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("volume_type_id", types.text(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["volume_type_id"], ["volume_types.id"], name=op.f("fk_volume_default_types_volume_type_id_volume_types")
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_volume_default_types")),
    )
    op.create_table(
        "volume_groups",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=True),
        sa.Column("description", types.text(255), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("availability_zone", types.text(255), nullable=False),
        sa.Column("group_type_id", types.text(64), nullable=False),
        sa.Column("group_snapshot_id", types.text(64), nullable=True),
        sa.Column("source_group_id", types.text(64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_type_id"], ["volume_group_types.id"], name=op.f("fk_volume_groups_group_type_id_volume_group_types")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_groups")),
    )
    op.create_index(op.f("ix_volume_groups_group_snapshot_id"), "volume_groups", ["group_snapshot_id"], unique=False)
    op.create_index(op.f("ix_volume_groups_group_type_id"), "volume_groups", ["group_type_id"], unique=False)
    op.create_index("ix_volume_groups_order", "volume_groups", ["created_at", "id"], unique=False)
    op.create_index("ix_volume_groups_project", "volume_groups", ["project_id", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_volume_groups_source_group_id"), "volume_groups", ["source_group_id"], unique=False)
    op.create_table(
        "volume_type_projects",
        sa.Column("volume_type_id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["volume_type_id"],
            ["volume_types.id"],
            name=op.f("fk_volume_type_projects_volume_type_id_volume_types"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("volume_type_id", "project_id", name=op.f("pk_volume_type_projects")),
    )
    op.create_table(
        "port_addresses",
        sa.Column("port_id", types.text(64), nullable=False),
        sa.Column("subnet_id", types.text(64), nullable=False),
        sa.Column("number", types.text(32), nullable=False),
        sa.Column("ip_address", types.text(45), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["port_id"], ["ports.id"], name=op.f("fk_port_addresses_port_id_ports"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["subnet_id"], ["subnets.id"], name=op.f("fk_port_addresses_subnet_id_subnets")),
        sa.PrimaryKeyConstraint("subnet_id", "number", name=op.f("pk_port_addresses")),
    )
    op.create_index(op.f("ix_port_addresses_ip_address"), "port_addresses", ["ip_address"], unique=False)
    op.create_index(op.f("ix_port_addresses_port_id"), "port_addresses", ["port_id"], unique=False)
    op.create_table(
        "port_security_groups",
        sa.Column("port_id", types.text(64), nullable=False),
        sa.Column("security_group_id", types.text(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["port_id"], ["ports.id"], name=op.f("fk_port_security_groups_port_id_ports"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["security_group_id"],
            ["security_groups.id"],
            name=op.f("fk_port_security_groups_security_group_id_security_groups"),
        ),
        sa.PrimaryKeyConstraint("port_id", "security_group_id", name=op.f("pk_port_security_groups")),
    )
    op.create_index(
        op.f("ix_port_security_groups_security_group_id"), "port_security_groups", ["security_group_id"], unique=False
    )
    op.create_table(
        "routers",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("name", types.text(255), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("status", types.text(16), nullable=False),
        sa.Column("gateway_port_id", types.text(64), nullable=True),
        sa.Column("enable_snat", sa.Boolean(), nullable=False),
        sa.Column("routes", types.JSON, nullable=False),
        sa.Column("availability_zone_hints", types.JSON, nullable=False),
        sa.ForeignKeyConstraint(["gateway_port_id"], ["ports.id"], name=op.f("fk_routers_gateway_port_id_ports")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routers")),
    )
    op.create_index(op.f("ix_routers_gateway_port_id"), "routers", ["gateway_port_id"], unique=False)
    op.create_index("ix_routers_project", "routers", ["project_id", "id"], unique=False)
    op.create_table(
        "volume_group_snapshots",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("group_id", types.text(64), nullable=False),
        sa.Column("group_type_id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=True),
        sa.Column("description", types.text(255), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["volume_groups.id"], name=op.f("fk_volume_group_snapshots_group_id_volume_groups")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_group_snapshots")),
    )
    op.create_index(op.f("ix_volume_group_snapshots_group_id"), "volume_group_snapshots", ["group_id"], unique=False)
    op.create_index("ix_volume_group_snapshots_order", "volume_group_snapshots", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_volume_group_snapshots_project", "volume_group_snapshots", ["project_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "volume_group_volume_types",
        sa.Column("group_id", types.text(64), nullable=False),
        sa.Column("volume_type_id", types.text(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["volume_groups.id"],
            name=op.f("fk_volume_group_volume_types_group_id_volume_groups"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["volume_type_id"],
            ["volume_types.id"],
            name=op.f("fk_volume_group_volume_types_volume_type_id_volume_types"),
        ),
        sa.PrimaryKeyConstraint("group_id", "volume_type_id", name=op.f("pk_volume_group_volume_types")),
    )
    op.create_index(
        op.f("ix_volume_group_volume_types_volume_type_id"),
        "volume_group_volume_types",
        ["volume_type_id"],
        unique=False,
    )
    op.create_table(
        "volumes",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=True),
        sa.Column("description", types.text(255), nullable=True),
        sa.Column("size_gib", sa.Integer(), nullable=False),
        sa.Column("promised_gib", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("migration_status", sa.String(length=32), nullable=True),
        sa.Column("availability_zone", types.text(255), nullable=False),
        sa.Column("volume_type_id", types.text(64), nullable=False),
        sa.Column("snapshot_id", types.text(64), nullable=True),
        sa.Column("source_volume_id", types.text(64), nullable=True),
        sa.Column("backup_id", types.text(64), nullable=True),
        sa.Column("group_id", types.text(64), nullable=True),
        sa.Column("bootable", sa.Boolean(), nullable=False),
        sa.Column("is_multiattach", sa.Boolean(), nullable=False),
        sa.Column("metadata", types.JSON, nullable=False),
        sa.Column("image_metadata", types.JSON, nullable=False),
        sa.Column("flags", types.JSON, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["volume_groups.id"], name=op.f("fk_volumes_group_id_volume_groups")),
        sa.ForeignKeyConstraint(
            ["volume_type_id"], ["volume_types.id"], name=op.f("fk_volumes_volume_type_id_volume_types")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volumes")),
    )
    op.create_index(op.f("ix_volumes_backup_id"), "volumes", ["backup_id"], unique=False)
    op.create_index(op.f("ix_volumes_group_id"), "volumes", ["group_id"], unique=False)
    op.create_index("ix_volumes_order", "volumes", ["created_at", "id"], unique=False)
    op.create_index("ix_volumes_project", "volumes", ["project_id", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_volumes_snapshot_id"), "volumes", ["snapshot_id"], unique=False)
    op.create_index(op.f("ix_volumes_source_volume_id"), "volumes", ["source_volume_id"], unique=False)
    op.create_index(op.f("ix_volumes_volume_type_id"), "volumes", ["volume_type_id"], unique=False)
    op.create_table(
        "floating_ips",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("floating_network_id", types.text(64), nullable=False),
        sa.Column("floating_ip_address", types.text(45), nullable=False),
        sa.Column("floating_port_id", types.text(64), nullable=False),
        sa.Column("status", types.text(16), nullable=False),
        sa.Column("port_id", types.text(64), nullable=True),
        sa.Column("fixed_ip_address", types.text(45), nullable=True),
        sa.Column("router_id", types.text(64), nullable=True),
        sa.Column("dns_name", types.text(255), nullable=False),
        sa.Column("dns_domain", types.text(255), nullable=False),
        sa.ForeignKeyConstraint(
            ["floating_network_id"], ["networks.id"], name=op.f("fk_floating_ips_floating_network_id_networks")
        ),
        sa.ForeignKeyConstraint(
            ["floating_port_id"], ["ports.id"], name=op.f("fk_floating_ips_floating_port_id_ports")
        ),
        sa.ForeignKeyConstraint(["port_id"], ["ports.id"], name=op.f("fk_floating_ips_port_id_ports")),
        sa.ForeignKeyConstraint(["router_id"], ["routers.id"], name=op.f("fk_floating_ips_router_id_routers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floating_ips")),
    )
    op.create_index(op.f("ix_floating_ips_floating_ip_address"), "floating_ips", ["floating_ip_address"], unique=False)
    op.create_index(op.f("ix_floating_ips_floating_network_id"), "floating_ips", ["floating_network_id"], unique=False)
    op.create_index(op.f("ix_floating_ips_floating_port_id"), "floating_ips", ["floating_port_id"], unique=False)
    op.create_index(op.f("ix_floating_ips_port_id"), "floating_ips", ["port_id"], unique=False)
    op.create_index("ix_floating_ips_project", "floating_ips", ["project_id", "id"], unique=False)
    op.create_index(op.f("ix_floating_ips_router_id"), "floating_ips", ["router_id"], unique=False)
    op.create_table(
        "volume_attachments",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("volume_id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("server_id", types.text(64), nullable=True),
        sa.Column("host_name", types.text(255), nullable=True),
        sa.Column("mountpoint", types.text(255), nullable=True),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("connector", types.JSON, nullable=True),
        sa.Column("connection", types.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("attached_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["volume_id"], ["volumes.id"], name=op.f("fk_volume_attachments_volume_id_volumes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_attachments")),
    )
    op.create_index("ix_volume_attachments_order", "volume_attachments", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_volume_attachments_project", "volume_attachments", ["project_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_volume_attachments_server_id"), "volume_attachments", ["server_id"], unique=False)
    op.create_index(op.f("ix_volume_attachments_volume_id"), "volume_attachments", ["volume_id"], unique=False)
    op.create_table(
        "volume_snapshots",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("volume_id", types.text(64), nullable=False),
        sa.Column("group_snapshot_id", types.text(64), nullable=True),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("user_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=True),
        sa.Column("description", types.text(255), nullable=True),
        sa.Column("size_gib", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("progress_percent", sa.Integer(), nullable=False),
        sa.Column("metadata", types.JSON, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_snapshot_id"],
            ["volume_group_snapshots.id"],
            name=op.f("fk_volume_snapshots_group_snapshot_id_volume_group_snapshots"),
        ),
        sa.ForeignKeyConstraint(["volume_id"], ["volumes.id"], name=op.f("fk_volume_snapshots_volume_id_volumes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_snapshots")),
    )
    op.create_index(
        op.f("ix_volume_snapshots_group_snapshot_id"), "volume_snapshots", ["group_snapshot_id"], unique=False
    )
    op.create_index("ix_volume_snapshots_order", "volume_snapshots", ["created_at", "id"], unique=False)
    op.create_index("ix_volume_snapshots_project", "volume_snapshots", ["project_id", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_volume_snapshots_volume_id"), "volume_snapshots", ["volume_id"], unique=False)
    op.create_table(
        "volume_transfers",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("volume_id", types.text(64), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("name", types.text(255), nullable=True),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("key_hash", sa.String(length=128), nullable=False),
        sa.Column("no_snapshots", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["volume_id"], ["volumes.id"], name=op.f("fk_volume_transfers_volume_id_volumes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_transfers")),
    )
    op.create_index("ix_volume_transfers_order", "volume_transfers", ["created_at", "id"], unique=False)
    op.create_index("ix_volume_transfers_project", "volume_transfers", ["project_id", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_volume_transfers_volume_id"), "volume_transfers", ["volume_id"], unique=False)
