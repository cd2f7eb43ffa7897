"""The shared column types mean the same in every database."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from jumpgate.store.engine import Store
from jumpgate.store.metadata import METADATA
from tests.store.tables import moments, things

NOON = dt.datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=dt.UTC)


def keep(store: Store, **values: Any) -> sa.Row[Any]:
    """Write a row of `moments` and read it back."""
    with store.write() as connection:
        connection.execute(moments.delete())
        connection.execute(moments.insert().values(id=1, **values))
    with store.read() as connection:
        return connection.execute(sa.select(moments)).one()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.datetimes(timezones=st.timezones()))
def test_a_time_comes_back_as_the_same_moment_in_utc(store: Store, at: dt.datetime) -> None:
    found = keep(store, at=at).at

    assert found == at.astimezone(dt.UTC)
    assert found.tzinfo is dt.UTC


def test_a_missing_time_stays_missing(store: Store) -> None:
    assert keep(store, at=None).at is None


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        keep(store, at=NOON.replace(tzinfo=None))


def test_times_are_compared_as_moments(store: Store) -> None:
    keep(store, at=NOON)
    east = NOON.astimezone(dt.timezone(dt.timedelta(hours=9)))

    with store.read() as connection:
        assert connection.execute(sa.select(moments.c.id).where(moments.c.at == east)).scalar() == 1
        assert connection.execute(sa.select(sa.func.max(moments.c.at))).scalar() == NOON


@pytest.mark.parametrize("document", [{"a": [1, 2.5, None, {"b": "ü"}]}, [], "text", 0, False])
def test_a_document_comes_back_as_it_was(store: Store, document: object) -> None:
    assert keep(store, document=document).document == document


def test_a_missing_document_is_null_and_not_the_json_null(store: Store) -> None:
    keep(store, document=None)

    with store.read() as connection:
        assert connection.execute(sa.select(moments.c.id).where(moments.c.document.is_(None))).scalar() == 1


def test_texts_are_ordered_by_code_point(store: Store) -> None:
    names = ["Zoe", "adam", "Ábel", "_", "10", "9", "é", "\U0001f600", "z"]
    with store.write() as connection:
        for number, name in enumerate(names):
            row = {"id": str(number), "project_id": "p", "name": name, "weight": 0, "ready": True, "created_at": NOON}
            connection.execute(things.insert().values(row))

    with store.read() as connection:
        assert list(connection.execute(sa.select(things.c.name).order_by(things.c.name)).scalars()) == sorted(names)


def test_indexes_that_begin_with_the_same_column_have_different_names() -> None:
    columns = sa.Column("a", sa.Integer), sa.Column("b", sa.Integer)
    table = sa.Table("t", sa.MetaData(naming_convention=METADATA.naming_convention), *columns)

    assert [sa.Index(None, table.c.a).name, sa.Index(None, *table.c).name] == ["ix_t_a", "ix_t_a_b"]
