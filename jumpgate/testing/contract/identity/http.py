"""Users, projects and roles through HTTP."""

from __future__ import annotations

from jumpgate.testing.contract.http import MadeOverHttp
from jumpgate.testing.contract.identity.things import GROUP, PROJECT, ROLE, USER


class TestUsersOverHttp(MadeOverHttp):
    """Users."""

    thing, service = USER, "identity"
    singular, plural = "user", "users"


class TestProjectsOverHttp(MadeOverHttp):
    """Projects."""

    thing, service = PROJECT, "identity"
    singular, plural = "project", "projects"


class TestGroupsOverHttp(MadeOverHttp):
    """Groups."""

    thing, service = GROUP, "identity"
    singular, plural = "group", "groups"


class TestRolesOverHttp(MadeOverHttp):
    """Roles."""

    thing, service = ROLE, "identity"
    singular, plural = "role", "roles"
