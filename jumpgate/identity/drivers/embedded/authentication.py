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
from jumpgate.identity.drivers.embedded import password_rules, rows, users
from jumpgate.identity.drivers.embedded.grants import Grants
from jumpgate.identity.drivers.embedded.password_rules import NEVER_FAILED, Failures, PasswordRules
from jumpgate.identity.drivers.embedded.passwords import RecentPasswords, hash_password, is_password
from jumpgate.identity.models import Role, Scope, UserReference, Verified
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

_users, _projects = tables.users, tables.projects


class EmbeddedAuthentication(Authentication):
    """Passwords are kept as argon2id hashes. No login writes anything, unless the rules count failures.

    What a wrong password, an unknown user and a locked one are told is the same, after the same work.
    """

    def __init__(self, store: Store, password_rules: PasswordRules) -> None:
        self._store = store
        self._rules = password_rules
        self._recent = RecentPasswords()

    def verify_password(self, ctx: Context, user: UserReference, password: str) -> Verified:
        row = self._verified(user, password)
        if row.password_expires_at is not None and row.password_expires_at <= utcnow():
            raise Unauthorized(f"The password is expired and needs to be changed for user: {row.id}.")
        return Verified(user=rows.user(row))

    def _verified(self, user: UserReference, password: str) -> sa.Row[Any]:
        """Return the row of a user whose password this is, even one that has expired; raise Unauthorized."""
        with self._store.read() as connection:
            row = connection.execute(_named(user)).one_or_none()
            failures = self._failures(connection, row)
        locked = self._rules.is_locked(failures, utcnow())
        right = self._is_password(row, password, may_enter=not locked)
        if row is None or locked:
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        if not right:
            self._count_failure(row)
        if not right or not row.enabled or not row.domain_enabled:
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        if failures.count:
            # The failures change nothing that anybody has remembered: no revision moves.
            with self._store.write() as connection:
                password_rules.forget_failures(connection, row.id)
        return row

    def _is_password(self, row: sa.Row[Any] | None, password: str, *, may_enter: bool) -> bool:
        """Tell whether the password is right; to one who is refused all the same, the time it took tells nothing."""
        stored = row.password_hash if row is not None else None
        if row is None or stored is None or not (may_enter and row.enabled and row.domain_enabled):
            return is_password(stored, password)
        return self._recent.is_password(stored, password)

    def _failures(self, connection: sa.Connection, row: sa.Row[Any] | None) -> Failures:
        if row is None or not self._rules.counts_failures(row.options):
            return NEVER_FAILED
        return password_rules.failures_of(connection, row.id)

    def _count_failure(self, row: sa.Row[Any]) -> None:
        if not self._rules.counts_failures(row.options):
            return
        with self._store.write() as connection:
            failures = password_rules.failures_of(connection, row.id)
            password_rules.keep_failures(connection, row.id, self._rules.after_failure(failures, utcnow()))

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
        self._rules.demand_form(new)
        self._check_history(user_id, row, new)
        hashed = hash_password(new)
        with self._store.write(rows.TOPIC) as connection:
            voided = {"tokens_valid_from": utcnow()}
            connection.execute(_users.update().where(_users.c.id == user_id).values(**voided))
            users.set_password(connection, row, hashed, self._rules, self_service=True)

    def _check_history(self, user_id: str, row: sa.Row[Any], new: str) -> None:
        """Raise BadRequest where the present password is too young, or the new one was used before."""
        with self._store.read() as connection:
            earlier = password_rules.earlier_passwords(connection, user_id)
        if earlier and earlier[0].self_service:
            self._rules.demand_age(earlier[0].created_at, utcnow())
        # An account of the first start has a password and no history.
        self._rules.demand_new(new, [one.password_hash for one in earlier] or [row.password_hash])

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
