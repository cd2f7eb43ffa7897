"""Users, projects, domains, groups and roles as tables of fields."""

from __future__ import annotations

from jumpgate.common.fields import Field, Input
from jumpgate.common.format import iso_microseconds
from jumpgate.common.ids import Kind
from jumpgate.identity.handlers.collections import KeystoneCollection, envelope
from jumpgate.identity.handlers.fields import (
    BOOLEAN,
    BY_TAGS,
    DOMAIN_ID,
    ENABLED,
    NAME,
    OPTIONS_FIELD,
    SHORT_NAME,
    TAGS_FIELD,
    TEXT,
    USER_OPTIONS,
    by_name,
    flag,
    flag_in_query,
    link,
    options_field,
    rules,
)
from jumpgate.identity.models import DomainSpec, GroupSpec, ProjectSpec, RoleSpec, UserSpec

USERS = KeystoneCollection(
    singular="user",
    plural="users",
    contract="users",
    kind=Kind.USER,
    path_field="user_id",
    spec=UserSpec,
    rules=rules("user"),
    envelope=envelope,
    parameters=by_name(),
    write_only=frozenset({"password"}),
    optional=frozenset({"default_project_id"}),
    fields=(
        Field("id", kind=Kind.USER, sort=True),
        Field("name", input=Input(schema=NAME, required=True), filter=str, sort=True),
        Field("domain_id", input=Input(schema=DOMAIN_ID), filter=str, sort=True),
        ENABLED,
        Field("default_project_id", input=Input(schema=TEXT)),
        Field("password", input=Input(schema=TEXT)),
        Field("password_expires_at", lambda model, _: iso_microseconds(model.password_expires_at)),
        options_field(USER_OPTIONS),
        link("v3_user", "user_id"),
    ),
)

PROJECTS = KeystoneCollection(
    singular="project",
    plural="projects",
    contract="projects",
    kind=Kind.PROJECT,
    path_field="project_id",
    spec=ProjectSpec,
    rules=rules("project"),
    envelope=envelope,
    parameters=by_name(**BY_TAGS),
    defaults={"is_domain": False},
    fields=(
        Field("id", kind=Kind.PROJECT, sort=True),
        Field("name", input=Input(schema=SHORT_NAME, required=True), filter=str, sort=True),
        Field("domain_id", input=Input(schema=DOMAIN_ID), filter=str, sort=True),
        Field("description", input=Input(schema=TEXT)),
        ENABLED,
        Field("parent_id", input=Input(schema=TEXT), filter=str, sort=True),
        Field("is_domain", input=Input(schema=BOOLEAN, to_model=flag), filter=flag_in_query),
        TAGS_FIELD,
        OPTIONS_FIELD,
        link("v3_project", "project_id"),
    ),
)

DOMAINS = KeystoneCollection(
    singular="domain",
    plural="domains",
    contract="domains",
    kind=Kind.DOMAIN,
    path_field="domain_id",
    spec=DomainSpec,
    rules=rules("domain"),
    envelope=envelope,
    parameters=by_name(),
    confined_by="id",
    fields=(
        Field("id", kind=Kind.DOMAIN, sort=True),
        Field("name", input=Input(schema=SHORT_NAME, required=True), filter=str, sort=True),
        Field("description", input=Input(schema=TEXT)),
        ENABLED,
        TAGS_FIELD,
        OPTIONS_FIELD,
        link("v3_domain", "domain_id"),
    ),
)

GROUPS = KeystoneCollection(
    singular="group",
    plural="groups",
    contract="groups",
    kind=Kind.GROUP,
    path_field="group_id",
    spec=GroupSpec,
    rules=rules("group"),
    envelope=envelope,
    parameters=by_name(),
    fields=(
        Field("id", kind=Kind.GROUP, sort=True),
        Field("name", input=Input(schema=NAME, required=True), filter=str, sort=True),
        Field("domain_id", input=Input(schema=DOMAIN_ID), filter=str, sort=True),
        Field("description", input=Input(schema=TEXT)),
        link("v3_group", "group_id"),
    ),
)

ROLES = KeystoneCollection(
    singular="role",
    plural="roles",
    contract="roles",
    kind=Kind.ROLE,
    path_field="role_id",
    spec=RoleSpec,
    rules=rules("role"),
    envelope=envelope,
    parameters=by_name(),
    # Every domain's manager chooses among the roles that belong to nobody.
    confined_by=None,
    defaults={"domain_id": None},
    fields=(
        Field("id", kind=Kind.ROLE, sort=True),
        Field("name", input=Input(schema=NAME, required=True), filter=str, sort=True),
        Field("domain_id", input=Input(schema=DOMAIN_ID), filter=str),
        Field("description", input=Input(schema=TEXT)),
        OPTIONS_FIELD,
        link("v3_role", "role_id"),
    ),
)
