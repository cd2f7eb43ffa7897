"""What hangs on one user: the password, the projects and the groups."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import NotFound
from jumpgate.common.listing import page
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Identity
from jumpgate.identity.handlers.collections import Target, target_of
from jumpgate.identity.handlers.resources import UNIFORMS, rendered
from jumpgate.identity.schemas.users import PASSWORD
from jumpgate.identity.tokens.service import IdentityHandler

Json = dict[str, Any]


def user_target(call: Call[Identity], user_id: str) -> Target:
    """Return the target of a request about a user; of one that is unknown nothing can be asked but the id."""
    try:
        return target_of("user", call.cloud.users.get(call.ctx, user_id))
    except NotFound:
        return {"user_id": user_id}


class UserPasswordHandler(IdentityHandler):
    """``/v3/users/{user_id}/password``. No token is needed, so that an expired password can be changed too."""

    @operation("authentication.change_password", body=PASSWORD, status=204, public=True)
    def on_post(self, call: Call[Identity], user_id: str) -> None:
        """Change the password."""
        given = call.body["user"]
        call.cloud.authentication.change_password(call.ctx, user_id, given["original_password"], given["password"])


class UserProjectsHandler(IdentityHandler):
    """``/v3/users/{user_id}/projects``."""

    @operation("projects.find_for_user")
    def on_get(self, call: Call[Identity], user_id: str) -> Json:
        """List the projects on which a user has a role."""
        call.require("identity:list_user_projects", user_target(call, user_id))
        call.cloud.users.get(call.ctx, user_id)
        query = UNIFORMS["project"].parameters.query(call.parameters)
        return rendered(call, "project", page(call.cloud.projects.find_for_user(call.ctx, user_id), query))

    on_head = on_get


class UserGroupsHandler(IdentityHandler):
    """``/v3/users/{user_id}/groups``."""

    @operation("groups.find_for_user")
    def on_get(self, call: Call[Identity], user_id: str) -> Json:
        """List the groups that a user is in."""
        call.require("identity:list_groups_for_user", user_target(call, user_id))
        assert call.cloud.groups is not None
        query = UNIFORMS["group"].parameters.query(call.parameters)
        return rendered(call, "group", page(call.cloud.groups.find_for_user(call.ctx, user_id), query))

    on_head = on_get
