"""Alembic on a connection of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from jumpgate.store.metadata import METADATA


def configure(connection: sa.Connection, folder: Path) -> Config:
    """Return the configuration with which Alembic's commands work on `connection`, as `folder`/env.py expects it."""
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: sa.Connection, folder: Path) -> None:
    """Take every step that the database has not taken, in the transaction of `connection`."""
    command.upgrade(configure(connection, folder), "head")


def differences(connection: sa.Connection) -> list[Any]:
    """Return what would have to change for the database to have the tables of METADATA."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, METADATA))
