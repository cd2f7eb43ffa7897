"""The schema's history, applied at start."""

from __future__ import annotations

import importlib
import pkgutil

import jumpgate.store.tables
from jumpgate.store.engine import Store
from jumpgate.store.metadata import METADATA


def load_tables() -> None:
    """Import every module that defines tables, so that METADATA is complete."""
    importlib.import_module("jumpgate.store.tasks")
    for module in pkgutil.iter_modules(jumpgate.store.tables.__path__):
        importlib.import_module(f"jumpgate.store.tables.{module.name}")


def migrate(store: Store) -> None:
    """Bring the database to the current schema."""
    load_tables()
    METADATA.create_all(store.engine)
