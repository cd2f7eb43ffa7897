"""What Alembic runs for each of its commands: it works in the transaction of the connection that it is given."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.dialects import postgresql

from jumpgate.store.metadata import METADATA, UtcDateTime
from jumpgate.store.migrations import load_tables

_TYPES = "from jumpgate.store.migrations import types"


def _render(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """Write our own column types as what they are in the database, so that a step never changes with them."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.BigInteger()"
    if isinstance(item, sa.JSON):
        autogenerate.imports.add(_TYPES)
        return "types.JSON"
    if isinstance(item, sa.String) and _on_postgresql(item).collation:
        autogenerate.imports.add(_TYPES)
        return f"types.text({item.length})"
    return False


def _on_postgresql(item: sa.String) -> Any:
    return item.dialect_impl(postgresql.dialect())  # type: ignore[no-untyped-call]


load_tables()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    compare_server_default=True,
    render_item=_render,
    # SQLite changes a column by making the table anew. The first step only makes tables.
    render_as_batch=bool(context.script.get_heads()),
)
with context.begin_transaction():
    context.run_migrations()
