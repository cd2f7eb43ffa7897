"""SoftLayer_Account and SoftLayer_User_Customer: who calls, and who else is in the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.softlayer.things import User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call
    from tests.fakes.softlayer.world import World


def record(user: User) -> dict[str, Any]:
    """Return a user as SoftLayer has it."""
    return {
        "id": user.number,
        "username": user.name,
        "displayName": user.name,
        "firstName": user.name.title(),
        "lastName": "Example",
        "email": f"{user.name}@example.com",
        "parentId": "" if user.is_master else 1,
        "accountId": user.account,
        "account": {"id": user.account, "companyName": f"Company {user.account}"},
        "userStatus": {"keyName": "ACTIVE", "name": "Active"}
        if user.is_active
        else {"keyName": "DISABLED", "name": "Disabled"},
    }


def current_user(world: World, user: User, call: Call) -> dict[str, Any]:
    return record(user)


def users(world: World, user: User, call: Call) -> list[dict[str, Any]]:
    return [record(item) for item in world.users.values() if item.account == user.account]


def account(world: World, user: User, call: Call) -> dict[str, Any]:
    return {
        "id": user.account,
        "accountId": user.account,
        "companyName": f"Company {user.account}",
        "sshKeyCount": len(world.table("keys").of(user)),
        "securityGroupCount": len(world.table("groups").of(user)),
        "networkVlanCount": len(world.table("vlans").of(user)),
        "globalIpRecordCount": len(world.table("global").of(user)),
        "virtualGuestCount": len(world.table("guests").of(user)),
    }


METHODS = {
    ("Account", "getCurrentUser"): current_user,
    ("Account", "getUsers"): users,
    ("Account", "getObject"): account,
}
