"""What an embedded cloud has from the start: a domain, the default roles, two accounts, and the way to log in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.format import utcnow
from jumpgate.identity.drivers.embedded import rows
from jumpgate.identity.drivers.embedded.clouds_file import CloudsFile
from jumpgate.identity.drivers.embedded.passwords import hash_password
from jumpgate.identity.models import DEFAULT_DOMAIN_ID
from jumpgate.store.tables import identity as tables

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate

# Each implies the next; the last one stands alone.
HIERARCHY = ("admin", "manager", "member", "reader")
ROLES = (*HIERARCHY, "service")
PROJECTS = ("admin", "demo", "service")
# User, role, and what it is held on: a project's name, the default domain or the system.
ASSIGNMENTS = (
    ("admin", "admin", "project", "admin"),
    ("admin", "admin", "domain", DEFAULT_DOMAIN_ID),
    ("admin", "admin", "system", ""),
    ("demo", "member", "project", "demo"),
)
USERS = ("admin", "demo")

_PASSWORD_BYTES = 24


def bootstrap(app: Jumpgate, disp: Dispatcher) -> None:
    """Make what is missing, and see that the passwords in ``clouds.yaml`` are there and work.

    Everything in the database is made in one transaction, and the file after it: a start that is killed anywhere is
    made good by the next. A file that was deleted is made again, with new passwords.
    """
    if disp.region != app.config.default_region:
        return
    file = CloudsFile(app.config.state() / "clouds.yaml")
    with file.exclusively():
        passwords = {name: file.password(name) for name in USERS}
        with app.store.write(rows.TOPIC) as connection:
            given = _fill(connection, passwords)
        file.write(app.base_url("identity") + "/v3", disp.region, given)
    app.notices += [
        "Connect to it with:",
        f"  export OS_CLIENT_CONFIG_FILE={file.path}",
        "  export OS_CLOUD=jumpgate      # or jumpgate-admin, jumpgate-system-admin",
        "  openstack token issue",
    ]


def _fill(connection: sa.Connection, passwords: Mapping[str, str | None]) -> dict[str, str]:
    """Make what is missing and return the users' passwords; an account without a known one gets a new one."""
    _ensure(connection, tables.projects, _domain(), key=DEFAULT_DOMAIN_ID)
    roles = {name: _ensure(connection, tables.roles, _role(name)) for name in ROLES}
    for prior, implied in pairwise(HIERARCHY):
        _ensure_row(connection, tables.implications, {"prior_id": roles[prior], "implied_id": roles[implied]})
    projects = {name: _ensure(connection, tables.projects, _project(name)) for name in PROJECTS}
    given = {name: password or secrets.token_urlsafe(_PASSWORD_BYTES) for name, password in passwords.items()}
    users = {
        name: _ensure_user(connection, name, given[name], reset=passwords[name] is None, home=projects[name])
        for name in USERS
    }
    for user, role, target, place in ASSIGNMENTS:
        values = {
            "actor_id": users[user],
            "actor_is_group": False,
            "target": target,
            "target_id": projects[place] if target == "project" else place,
            "role_id": roles[role],
            "inherited": False,
        }
        _ensure_row(connection, tables.assignments, values)
    return given


def _domain() -> dict[str, Any]:
    return {
        "domain_id": rows.NO_DOMAIN,
        "name": "Default",
        "parent_id": rows.NO_DOMAIN,
        "is_domain": True,
        "enabled": True,
        "description": "The default domain",
        "tags": [],
        "options": {},
        "extra": {},
    }


def _project(name: str) -> dict[str, Any]:
    place = {"domain_id": DEFAULT_DOMAIN_ID, "parent_id": DEFAULT_DOMAIN_ID, "is_domain": False}
    return {**_domain(), **place, "name": name, "description": ""}


def _role(name: str) -> dict[str, Any]:
    options = {"immutable": True}
    return {"domain_id": rows.NO_DOMAIN, "name": name, "description": None, "options": options, "extra": {}}


def _ensure(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any], *, key: str | None = None) -> str:
    """Return the id of the row of a name in a domain, or of an id, and make the row where it is missing."""
    named = sa.and_(table.c.domain_id == values["domain_id"], table.c.name == values["name"])
    found: str | None = connection.execute(
        sa.select(table.c.id).where(named if key is None else table.c.id == key)
    ).scalar()
    if found is not None:
        return found
    made = key or rows.new_id()
    connection.execute(table.insert().values(id=made, **values))
    return made


def _ensure_row(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Make a row that is nothing but its key, where it is missing."""
    if connection.execute(sa.select(table).filter_by(**values)).first() is None:
        connection.execute(table.insert().values(**values))


def _ensure_user(connection: sa.Connection, name: str, password: str, *, reset: bool, home: str) -> str:
    """Return the id of an account, made with a password where it is missing, else with a new one to `reset` it."""
    table = tables.users
    own = sa.and_(table.c.domain_id == DEFAULT_DOMAIN_ID, table.c.name == name)
    found: str | None = connection.execute(sa.select(table.c.id).where(own)).scalar()
    if found is None:
        values = {
            "domain_id": DEFAULT_DOMAIN_ID,
            "name": name,
            "enabled": True,
            "default_project_id": home,
            "password_hash": hash_password(password),
            "options": {},
            "extra": {},
        }
        return _ensure(connection, table, values)
    if reset:
        fresh = {"password_hash": hash_password(password), "tokens_valid_from": utcnow()}
        connection.execute(table.update().where(own).values(**fresh))
    return found
