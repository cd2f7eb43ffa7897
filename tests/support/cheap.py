"""What a test need not pay for anew: routes and empty databases that others have made, slow hashes, waiting for disks.

A server is started once and pays once; thousands of tests each start a cloud of their own.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from falcon.routing import CompiledRouter, map_http_methods, set_default_responders

from jumpgate.store.engine import Store
from jumpgate.store.migrations import migrate

# Argon2id, as in earnest, and next to no work.
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class KnownRoutes:
    """Falcon's router, whose tree of templates is made once in a process for each set of routes.

    The tree leads to a template. What answers there is this application's own.
    """

    def __init__(self) -> None:
        self._answers: dict[str, tuple[object, Any]] = {}
        self._tree: CompiledRouter | None = None
        self.options = CompiledRouter().options

    def add_route(self, uri_template: str, resource: object, **_options: Any) -> None:
        methods = map_http_methods(resource)
        set_default_responders(methods)
        self._answers[uri_template] = (resource, methods)
        self._tree = None

    def find(self, uri: str, req: Any = None) -> Any:
        if self._tree is None:
            self._tree = _tree(tuple(self._answers))
        found = self._tree.find(uri)
        if found is None:
            return None
        _, _, params, template = found
        return *self._answers[str(template)], params, template


class _Place:
    """Stands in the tree where an application has a resource of its own."""


@functools.cache
def _tree(templates: tuple[str, ...]) -> CompiledRouter:
    tree = CompiledRouter()
    for template in templates:
        tree.add_route(template, _Place())
    return tree


@functools.cache
def _migrated() -> bytes:
    """Return an SQLite file that has every table and no row: to migrate one takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "empty.sqlite")
        store = Store(f"sqlite:///{file}")
        migrate(store)
        store.close()
        return file.read_bytes()


def lay_store(state: Path) -> None:
    """Give a state directory that has no database yet a migrated one of its own."""
    file = state / "jumpgate.sqlite"
    if not file.exists():
        state.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_migrated())


def do_not_sync(store: Store) -> None:
    """Let a store's commits not wait for the disk: no test pulls the plug."""
    if store.is_sqlite:
        sa.event.listen(store.engine, "connect", _set_synchronous_off)


def _set_synchronous_off(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF").close()
