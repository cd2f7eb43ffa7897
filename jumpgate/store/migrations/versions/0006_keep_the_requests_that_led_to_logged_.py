"""Keep the requests that led to logged actions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jumpgate.store.migrations import types

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "action_requests",
        sa.Column("id", types.text(64), nullable=False),
        sa.Column("region", types.text(255), nullable=False),
        sa.Column("project_id", types.text(64), nullable=False),
        sa.Column("server_id", types.text(64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("user_id", types.text(255), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_requests")),
    )
    with op.batch_alter_table("action_requests", schema=None) as batch_op:
        batch_op.create_index("ix_action_requests_age", ["asked_at"], unique=False)
        batch_op.create_index(
            "ix_action_requests_server", ["region", "project_id", "server_id", "asked_at", "id"], unique=False
        )
