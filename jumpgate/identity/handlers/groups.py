"""Who is in a group."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import NotFound
from jumpgate.common.listing import page
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Groups, Identity
from jumpgate.identity.handlers.collections import Target, target_of
from jumpgate.identity.handlers.resources import UNIFORMS, rendered
from jumpgate.identity.handlers.users import user_target
from jumpgate.identity.tokens.service import IdentityHandler


def _groups(call: Call[Identity]) -> Groups:
    assert call.cloud.groups is not None
    return call.cloud.groups


def _target(call: Call[Identity], group_id: str, user_id: str | None = None) -> Target:
    """Return the target of a request about a group, and about a user in it."""
    user = {} if user_id is None else user_target(call, user_id)
    try:
        return {**user, **target_of("group", _groups(call).get(call.ctx, group_id))}
    except NotFound:
        return user


class GroupUsersHandler(IdentityHandler):
    """``/v3/groups/{group_id}/users``."""

    @operation("groups.find_users")
    def on_get(self, call: Call[Identity], group_id: str) -> dict[str, Any]:
        """List the members."""
        call.require("identity:list_users_in_group", _target(call, group_id))
        query = UNIFORMS["user"].parameters.query(call.parameters)
        return rendered(call, "user", page(_groups(call).find_users(call.ctx, group_id), query))

    on_head = on_get


class GroupUserHandler(IdentityHandler):
    """``/v3/groups/{group_id}/users/{user_id}``."""

    @operation("groups.find_users", status=204)
    def on_get(self, call: Call[Identity], group_id: str, user_id: str) -> None:
        """Check that a user is a member."""
        call.require("identity:check_user_in_group", _target(call, group_id, user_id))
        if not _groups(call).has_user(call.ctx, group_id, user_id):
            raise NotFound(f"User '{user_id}' not found in group '{group_id}'.")

    on_head = on_get

    @operation("groups.add_user", status=204)
    def on_put(self, call: Call[Identity], group_id: str, user_id: str) -> None:
        """Make a user a member."""
        call.require("identity:add_user_to_group", _target(call, group_id, user_id))
        _groups(call).add_user(call.ctx, group_id, user_id)

    @operation("groups.remove_user", status=204)
    def on_delete(self, call: Call[Identity], group_id: str, user_id: str) -> None:
        """End a membership."""
        call.require("identity:remove_user_from_group", _target(call, group_id, user_id))
        _groups(call).remove_user(call.ctx, group_id, user_id)
