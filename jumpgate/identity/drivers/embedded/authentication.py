"""Logging in to the embedded cloud."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Unauthorized
from jumpgate.common.faults import AUTHENTICATION_REQUIRED
from jumpgate.common.format import utcnow
from jumpgate.identity.contract import Authentication
from jumpgate.identity.drivers.embedded import rows
from jumpgate.identity.drivers.embedded.grants import Grants
from jumpgate.identity.drivers.embedded.passwords import hash_password, is_password
from jumpgate.identity.models import Role, Scope, UserReference, Verified
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

_users, _projects = tables.users, tables.projects


class EmbeddedAuthentication(Authentication):
    """Passwords are kept as argon2id hashes. Nobody is ever locked out, and no login writes anything."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def verify_password(self, ctx: Context, user: UserReference, password: str) -> Verified:
        row = self._verified(user, password)
        if row.password_expires_at is not None and row.password_expires_at <= utcnow():
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        return Verified(user=rows.user(row))

    def _verified(self, user: UserReference, password: str) -> sa.Row[Any]:
        """Return the row of a user whose password this is, even one that has expired; raise Unauthorized."""
        with self._store.read() as connection:
            row = connection.execute(_named(user)).one_or_none()
        right = is_password(row.password_hash if row is not None else None, password)
        if row is None or not right or not row.enabled or not row.domain_enabled:
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        return row

    def find_roles(self, ctx: Context, user_id: str, scope: Scope) -> Iterable[Role]:
        with self._store.read() as connection:
            return [rows.role(row) for row in Grants(connection).roles_on(user_id, scope)]

    def change_password(self, ctx: Context, user_id: str, original: str, new: str) -> None:
        row = self._verified(UserReference(id=user_id), original)
        if row.options.get("lock_password"):
            raise BadRequest(
                "Password validation error: You cannot change your password at this time due to password policy "
                "disallowing password changes. Please contact your administrator to reset your password."
            )
        if new == original:
            raise BadRequest("Password validation error: The new password cannot be identical to a previous password.")
        values = {"password_hash": hash_password(new), "tokens_valid_from": utcnow()}
        with self._store.write(rows.TOPIC) as connection:
            connection.execute(_users.update().where(_users.c.id == user_id).values(**values))

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)


def _named(user: UserReference) -> sa.Select[Any]:
    """Select the user that a login names, with its domain's state."""
    statement = sa.select(_users, _projects.c.enabled.label("domain_enabled")).join(
        _projects, _projects.c.id == _users.c.domain_id
    )
    if user.id is not None:
        return statement.where(_users.c.id == user.id)
    statement = statement.where(_users.c.name == user.name)
    if user.domain_name is not None:
        return statement.where(_projects.c.name == user.domain_name, _projects.c.is_domain)
    return statement.where(_users.c.domain_id == (user.domain_id or ""))
