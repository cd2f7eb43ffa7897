"""The accounts of the embedded cloud."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.identity.contract import Users
from jumpgate.identity.drivers.embedded import password_rules, removal, rows
from jumpgate.identity.drivers.embedded.password_rules import PasswordRules
from jumpgate.identity.drivers.embedded.passwords import hash_password
from jumpgate.identity.models import DEFAULT_DOMAIN_ID, User, UserSpec
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

TABLE = tables.users
COLUMNS = rows.columns(TABLE, "id", "name", "domain_id", "enabled", "default_project_id", "password_expires_at")


class EmbeddedUsers(Users):
    """Users as rows. Changing a password or disabling an account voids the tokens that were issued before."""

    def __init__(self, store: Store, password_rules: PasswordRules) -> None:
        self._store = store
        self._password_rules = password_rules

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[User]:
        return rows.find(self._store, sa.select(TABLE), COLUMNS, query, rows.user)

    def get(self, ctx: Context, resource_id: str) -> User:
        with self._store.read() as connection:
            return rows.user(get_row(connection, resource_id))

    def create(self, ctx: Context, spec: UserSpec) -> User:
        domain_id, user_id = spec.domain_id or DEFAULT_DOMAIN_ID, rows.new_id()
        values: dict[str, Any] = {
            "id": user_id,
            "domain_id": domain_id,
            "name": spec.name,
            "enabled": spec.enabled,
            "default_project_id": spec.default_project_id,
            "options": dict(spec.options),
            "extra": dict(spec.extra),
        }
        hashed = self._hashed(spec.password)
        with self._store.write(rows.TOPIC) as connection:
            demand_domain(connection, domain_id)
            _check_default_project(connection, spec.default_project_id)
            rows.insert(connection, TABLE, values, rows.duplicate("user", spec.name, domain_id))
            if hashed is not None:
                self._set_password(connection, get_row(connection, user_id), hashed)
            return rows.user(get_row(connection, user_id))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> User:
        # Hashing takes long, so it is done before the transaction.
        hashed = self._hashed(changes.get("password"))
        values: dict[str, Any] = {name: value for name, value in changes.items() if name != "password"}
        if "password" in changes or changes.get("enabled") is False:
            values["tokens_valid_from"] = utcnow()
        with self._store.write(rows.TOPIC) as connection:
            row = get_row(connection, resource_id)
            _check_default_project(connection, changes.get("default_project_id"))
            conflict = rows.duplicate("user", values.get("name", row.name), row.domain_id)
            rows.update(connection, TABLE, resource_id, rows.changed(row, values), conflict)
            if "password" in changes:
                self._set_password(connection, get_row(connection, resource_id), hashed)
            if "password" in changes or changes.get("enabled"):
                password_rules.forget_failures(connection, resource_id)
            return rows.user(get_row(connection, resource_id))

    def _hashed(self, password: str | None) -> str | None:
        if password is None:
            return None
        self._password_rules.demand_form(password)
        return hash_password(password)

    def _set_password(self, connection: sa.Connection, row: sa.Row[Any], hashed: str | None) -> None:
        """Give a user a password that an administrator has chosen, or none."""
        set_password(connection, row, hashed, self._password_rules, self_service=False)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            get_row(connection, resource_id)
            removal.user(connection, resource_id)


def get_row(connection: sa.Connection, user_id: str) -> sa.Row[Any]:
    """Return a user's row; raise NotFound."""
    row = connection.execute(sa.select(TABLE).where(TABLE.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFound(f"Could not find user: {user_id}.")
    return row


def set_password(
    connection: sa.Connection, row: sa.Row[Any], hashed: str | None, rules: PasswordRules, *, self_service: bool
) -> None:
    """Give a user a password, or none, with the end that the rules set; the one before is remembered."""
    now = utcnow()
    expires_at = None if hashed is None else rules.expiry(now, row.options, self_service=self_service)
    values = {"password_hash": hashed, "password_expires_at": expires_at}
    connection.execute(TABLE.update().where(TABLE.c.id == row.id).values(**values))
    if hashed is not None:
        password_rules.keep_password(
            connection, row.id, hashed, now=now, self_service=self_service, count=rules.unique_last_password_count
        )


def demand_domain(connection: sa.Connection, domain_id: str) -> None:
    """Raise NotFound unless a domain exists."""
    projects = tables.projects
    known = sa.select(projects.c.id).where(projects.c.id == domain_id, projects.c.is_domain)
    if connection.execute(known).first() is None:
        raise NotFound(f"Could not find domain: {domain_id}.")


def _check_default_project(connection: sa.Connection, project_id: str | None) -> None:
    """Refuse a domain as default project; one that does not exist is ignored when the user logs in."""
    if project_id is None:
        return
    projects = tables.projects
    is_domain = sa.select(projects.c.is_domain).where(projects.c.id == project_id)
    if connection.execute(is_domain).scalar():
        raise BadRequest(f"User's default project ID cannot be a domain ID: {project_id}")
