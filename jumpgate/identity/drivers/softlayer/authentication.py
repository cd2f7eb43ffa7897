"""Logging in to SoftLayer."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable

from jumpgate.clouds.softlayer.accounts import Callers
from jumpgate.clouds.softlayer.session import KEY, USER
from jumpgate.common.context import Context
from jumpgate.common.errors import Unauthorized
from jumpgate.common.faults import AUTHENTICATION_REQUIRED
from jumpgate.identity.contract import Authentication
from jumpgate.identity.drivers.softlayer.domains import DOMAIN
from jumpgate.identity.drivers.softlayer.roles import roles_of
from jumpgate.identity.drivers.softlayer.users import user_of
from jumpgate.identity.models import Role, Scope, UserReference, Verified
from jumpgate.store.engine import Store


class SoftLayerAuthentication(Authentication):
    """SoftLayer decides: the name and key are tried on it, and sealed into the token for the calls to come.

    A user's id is the user's name, which is unique in SoftLayer.
    """

    def __init__(self, store: Store, callers: Callers, now: Callable[[], float] = time.monotonic) -> None:
        """`now` is a clock in seconds that never goes back."""
        self._store = store
        self._callers = callers
        self._now = now

    def verify_password(self, ctx: Context, user: UserReference, password: str) -> Verified:
        name = user.id or user.name
        if not name or not password or not _is_of_domain(user):
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        person = self._callers.login(name, password)
        if not person.is_active:
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        return Verified(user=user_of(person), secrets={USER: person.name, KEY: password})

    def find_roles(self, ctx: Context, user_id: str, scope: Scope) -> Iterable[Role]:
        person = self._callers.of(ctx)
        if person.name != user_id or scope.project_id != person.account_id:
            return ()
        return roles_of(person)

    def revision(self, ctx: Context) -> Hashable:
        """Move when a token is given back, and every so often: SoftLayer does not tell when it ends a key."""
        return self._store.revision("identity"), int(self._now() // self._callers.lifetime_s)


def _is_of_domain(user: UserReference) -> bool:
    return user.domain_id in (None, DOMAIN.id) and user.domain_name in (None, DOMAIN.name)
