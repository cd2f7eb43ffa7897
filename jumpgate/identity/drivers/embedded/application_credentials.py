"""The application credentials of the embedded cloud."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import Forbidden, NotFound, Unauthorized
from jumpgate.common.faults import AUTHENTICATION_REQUIRED
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Query
from jumpgate.identity.contract import ApplicationCredentials
from jumpgate.identity.drivers.embedded import rows, users
from jumpgate.identity.drivers.embedded.passwords import hash_password, is_password
from jumpgate.identity.models import AccessRule, ApplicationCredential, ApplicationCredentialSpec
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

TABLE = tables.application_credentials
COLUMNS = rows.columns(TABLE, "id", "name")
_rules = tables.access_rules

# Keystone's length of a secret that it makes: 64 random bytes.
_SECRET_BYTES = 64


class EmbeddedApplicationCredentials(ApplicationCredentials):
    """Credentials as rows, with an argon2id hash of the secret. Access rules are kept once for each user."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def verify(self, ctx: Context, credential_id: str, secret: str) -> ApplicationCredential:
        with self._store.read() as connection:
            row = connection.execute(sa.select(TABLE).where(TABLE.c.id == credential_id)).one_or_none()
            found = None if row is None else _looked_up(connection, row)
        right = is_password(row.secret_hash if row is not None else None, secret)
        expired = found is not None and found.expires_at is not None and found.expires_at <= utcnow()
        if found is None or not right or expired:
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        return found

    def find(self, ctx: Context, user_id: str, query: Query) -> Iterable[ApplicationCredential]:
        rules = {rule.id: rule for rule in self.find_access_rules(ctx, user_id)}
        statement = sa.select(TABLE).where(TABLE.c.user_id == user_id)
        return rows.find(self._store, statement, COLUMNS, query, lambda row: _credential(row, rules))

    def get(self, ctx: Context, credential_id: str) -> ApplicationCredential:
        with self._store.read() as connection:
            return _looked_up(connection, _get_row(connection, credential_id))

    def create(self, ctx: Context, spec: ApplicationCredentialSpec) -> ApplicationCredential:
        secret = spec.secret or secrets.token_urlsafe(_SECRET_BYTES)
        values = {
            "id": rows.new_id(),
            "user_id": spec.user_id,
            "name": spec.name,
            "project_id": spec.project_id,
            "secret_hash": hash_password(secret),
            "description": spec.description,
            "expires_at": spec.expires_at,
            "unrestricted": spec.unrestricted,
            "role_ids": list(spec.role_ids),
        }
        with self._store.write(rows.TOPIC) as connection:
            users.get_row(connection, spec.user_id)
            values["access_rule_ids"] = _keep_rules(connection, spec)
            conflict = rows.conflict(
                "application_credential", f"Duplicate entry found with name {spec.name} at user ID {spec.user_id}"
            )
            rows.insert(connection, TABLE, values, conflict)
            return replace(_looked_up(connection, _get_row(connection, str(values["id"]))), secret=secret)

    def delete(self, ctx: Context, credential_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            _get_row(connection, credential_id)
            connection.execute(TABLE.delete().where(TABLE.c.id == credential_id))

    def find_access_rules(self, ctx: Context, user_id: str) -> Iterable[AccessRule]:
        statement = sa.select(_rules).where(_rules.c.user_id == user_id).order_by(_rules.c.id)
        with self._store.read() as connection:
            return [_rule(row) for row in connection.execute(statement)]

    def delete_access_rule(self, ctx: Context, user_id: str, rule_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            own = sa.and_(_rules.c.id == rule_id, _rules.c.user_id == user_id)
            if connection.execute(sa.select(_rules).where(own)).first() is None:
                raise NotFound(f"Could not find Access Rule: {rule_id}.")
            used = connection.execute(sa.select(TABLE.c.access_rule_ids).where(TABLE.c.user_id == user_id)).scalars()
            if any(rule_id in (rule_ids or ()) for rule_ids in used):
                raise Forbidden(f"Access Rule {rule_id} is in use by an application credential.")
            connection.execute(_rules.delete().where(own))


def _get_row(connection: sa.Connection, credential_id: str) -> sa.Row[Any]:
    row = connection.execute(sa.select(TABLE).where(TABLE.c.id == credential_id)).one_or_none()
    if row is None:
        raise NotFound(f"Could not find Application Credential: {credential_id}.")
    return row


def _looked_up(connection: sa.Connection, row: sa.Row[Any]) -> ApplicationCredential:
    found = connection.execute(sa.select(_rules).where(_rules.c.id.in_(row.access_rule_ids or ())))
    return _credential(row, {one.id: _rule(one) for one in found})


def _credential(row: sa.Row[Any], rules: Mapping[str, AccessRule]) -> ApplicationCredential:
    return ApplicationCredential(
        id=row.id,
        name=row.name,
        user_id=row.user_id,
        project_id=row.project_id,
        role_ids=tuple(row.role_ids),
        description=row.description,
        expires_at=row.expires_at,
        unrestricted=row.unrestricted,
        access_rules=None if row.access_rule_ids is None else tuple(rules[one] for one in row.access_rule_ids),
    )


def _rule(row: sa.Row[Any]) -> AccessRule:
    return AccessRule(id=row.id, service=row.service, method=row.method, path=row.path, user_id=row.user_id)


def _keep_rules(connection: sa.Connection, spec: ApplicationCredentialSpec) -> list[str] | None:
    """Return the ids of a credential's rules, new ones made; None where it has no rules at all."""
    if spec.access_rules is None:
        return None
    return [_keep_rule(connection, spec.user_id, rule) for rule in spec.access_rules]


def _keep_rule(connection: sa.Connection, user_id: str, rule: AccessRule) -> str:
    own = sa.select(_rules.c.id).where(_rules.c.user_id == user_id)
    if rule.id:
        known: str | None = connection.execute(own.where(_rules.c.id == rule.id)).scalar()
        if known is None:
            raise NotFound(f"Could not find Access Rule: {rule.id}.")
        return known
    values = {"service": rule.service, "method": rule.method, "path": rule.path}
    same: str | None = connection.execute(own.filter_by(**values)).scalar()
    if same is not None:
        return same
    new = rows.new_id()
    connection.execute(_rules.insert().values(id=new, user_id=user_id, **values))
    return new
