"""The schema's history, applied at start.

Each change is a module in `versions`, written by ``python -m tools.make_migration``. There is no way back: an older
Jumpgate refuses a newer database. Alembic is imported only where there is something to do.
"""

from __future__ import annotations

import importlib
import pkgutil
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

import jumpgate.store.tables
from jumpgate.common.errors import ConfigError
from jumpgate.store.engine import Store
from jumpgate.store.metadata import METADATA

# The newest of `versions`; None before there is one.
HEAD: str | None = "0007"

FOLDER = Path(__file__).parent

_PROCESSES = sa.text("SELECT pg_advisory_xact_lock(5265410)")
_CURRENT = sa.text("SELECT version_num FROM alembic_version")


def load_tables() -> None:
    """Import every module that defines tables, so that METADATA is complete."""
    for name in ("quotas", "tasks"):
        importlib.import_module(f"jumpgate.store.{name}")
    for module in pkgutil.iter_modules(jumpgate.store.tables.__path__):
        importlib.import_module(f"jumpgate.store.tables.{module.name}")


def migrate(store: Store) -> None:
    """Bring the database to the current schema.

    Of several processes that start at once one migrates, and the others find it done. Raises ConfigError where the
    database cannot be opened, or where a newer Jumpgate has brought it further.
    """
    with ExitStack() as stack:
        connection = _open(store, stack)
        if not store.is_sqlite:
            connection.execute(_PROCESSES)
        current = _revision(connection)
        if HEAD is None:
            load_tables()
            METADATA.create_all(connection)
        elif current != HEAD:
            _check_known(current)
            _upgrade(connection)


def _open(store: Store, stack: ExitStack) -> sa.Connection:
    """Return a connection that nobody else writes beside, until the stack ends."""
    try:
        return stack.enter_context(store.exclusive(foreign_keys=False))
    except (DatabaseError, OSError) as error:
        reason = str(error.orig if isinstance(error, DatabaseError) else error.strerror).splitlines()[0]
        raise ConfigError(f"[store] url: the database {store.url} cannot be opened: {reason}") from error


def _revision(connection: sa.Connection) -> str | None:
    """Return the last step that a database has taken, None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(_CURRENT).scalar_one_or_none()


def _check_known(revision: str | None) -> None:
    known = {path.name.partition("_")[0] for path in FOLDER.glob("versions/*.py")}
    if revision is not None and revision not in known:
        raise ConfigError(
            f"The database belongs to a newer Jumpgate: its schema is {revision}, this one's {HEAD}. "
            "Install that version, or restore a backup from before."
        )


def _upgrade(connection: sa.Connection) -> None:
    from jumpgate.store.migrations.scripts import upgrade

    upgrade(connection, FOLDER)
    if connection.dialect.name == "sqlite":
        broken = connection.execute(sa.text("PRAGMA foreign_key_check")).all()
        if broken:
            raise RuntimeError(f"The migration would have left references to missing rows: {broken[:5]}")
