"""The column types of the steps in `versions`, which never change: a new meaning gets a new name."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def text(length: int) -> sa.String:
    """Return a text that is ordered by code point."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")
