"""SoftLayer's users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jumpgate.clouds.softlayer.accounts import USER_MASK, Callers, Person, person
from jumpgate.clouds.softlayer.session import Session
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query
from jumpgate.identity.contract import Users
from jumpgate.identity.models import User


class SoftLayerUsers(Users):
    """The users of the caller's account. An id is a user name."""

    def __init__(self, session: Session, callers: Callers) -> None:
        self._session = session
        self._callers = callers

    def find(self, ctx: Context, query: Query) -> Iterable[User]:
        return map(user_of, people(self._session, ctx))

    def get(self, ctx: Context, resource_id: str) -> User:
        own = self._callers.of(ctx)
        if own.name == resource_id:
            return user_of(own)
        for one in people(self._session, ctx):
            if one.name == resource_id:
                return user_of(one)
        raise NotFound(f"Could not find user: {resource_id}.")


def people(session: Session, ctx: Context) -> Iterator[Person]:
    """Yield the users of the caller's account."""
    return map(person, session.pages(ctx, "Account", "getUsers", mask=USER_MASK))


def user_of(one: Person) -> User:
    """Return a user in Keystone's terms."""
    shown = {"email": one.email, "description": one.full_name}
    return User(
        id=one.name,
        name=one.name,
        enabled=one.is_active,
        default_project_id=one.account_id or None,
        extra={name: value for name, value in shown.items() if value},
    )
