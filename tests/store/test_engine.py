"""Reading and writing: what a transaction promises, whichever the database."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from jumpgate.common.config import Config
from jumpgate.common.errors import BadRequest, ConfigError
from jumpgate.store.engine import Store, open_store
from tests.store.tables import count_up, counters, make_tables, moments, rolled_back, value
from tests.store.threads import in_thread


def test_what_a_write_changed_is_there_afterwards(store: Store, open_store: Callable[[], Store]) -> None:
    count_up(store)

    assert (value(store), value(open_store())) == (1, 1)


def test_a_write_that_raises_leaves_nothing(store: Store) -> None:
    with rolled_back(store, "compute") as connection:
        connection.execute(counters.update().values(value=7))

    assert (value(store), store.revision("compute")) == (0, 0)


def test_what_a_write_raised_comes_out_of_it(store: Store) -> None:
    with pytest.raises(LookupError), store.write("compute"):
        raise LookupError


def test_a_store_goes_on_after_a_statement_that_failed(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write("compute") as connection:
        connection.execute(counters.insert().values(name="n", value=1))
    count_up(store)

    assert value(store) == 1


def test_a_write_inside_a_write_is_refused(store: Store) -> None:
    with store.write("compute"), pytest.raises(RuntimeError, match="outside the transaction"), store.write("network"):
        pass

    count_up(store)
    assert value(store) == 1


def test_a_read_inside_a_write_sees_what_is_not_committed_yet(store: Store) -> None:
    with store.write("compute") as connection:
        connection.execute(counters.update().values(value=5))
        assert value(store) == 5
        assert in_thread(lambda: value(store)) == 0
        connection.execute(counters.update().values(value=6))

    assert value(store) == 6


def test_a_read_sees_one_state_however_long_it_lasts(store: Store) -> None:
    number = sa.select(counters.c.value)
    with store.read() as connection:
        before = connection.execute(number).scalar_one()
        in_thread(lambda: count_up(store))
        assert connection.execute(number).scalar_one() == before

    assert value(store) == before + 1


def test_an_action_after_the_commit_runs_once_and_sees_it(store: Store) -> None:
    seen: list[int] = []
    with store.write("compute") as connection:
        store.after_commit(lambda: seen.append(value(store)))
        connection.execute(counters.update().values(value=3))
        assert seen == []
    count_up(store)

    assert seen == [3]


def test_an_action_after_the_commit_may_write(store: Store) -> None:
    with store.write("compute"):
        store.after_commit(lambda: count_up(store))

    assert value(store) == 1


def test_a_rollback_runs_no_action(store: Store) -> None:
    ran: list[None] = []
    with rolled_back(store, "compute"):
        store.after_commit(lambda: ran.append(None))
    count_up(store)

    assert ran == []


def test_an_action_needs_a_write(store: Store) -> None:
    with pytest.raises(RuntimeError, match=r"inside store\.write"):
        store.after_commit(lambda: None)


def test_a_number_that_no_column_can_hold_is_the_requests_fault(store: Store) -> None:
    with pytest.raises(BadRequest), store.read() as connection:
        connection.execute(sa.select(moments).where(moments.c.id == 2**70)).all()
    with pytest.raises(BadRequest), store.write("compute") as connection:
        connection.execute(moments.insert().values(id=2**70))


def test_text_that_postgresql_cannot_store_is_the_requests_fault(postgresql: str) -> None:
    store = Store(postgresql)
    make_tables(store)

    for name in ("a\0b", "much too long" * 10):
        with pytest.raises(BadRequest), store.write("compute") as connection:
            connection.execute(counters.insert().values(name=name, value=1))
    store.close()


def test_a_read_cannot_write_in_postgresql(postgresql: str) -> None:
    store = Store(postgresql)
    make_tables(store)

    with pytest.raises(DBAPIError, match="read-only"), store.read() as connection:
        connection.execute(counters.update().values(value=1))
    store.close()


def test_writers_of_different_topics_do_not_wait_in_postgresql(postgresql: str) -> None:
    store = Store(postgresql)
    make_tables(store)

    with store.write("compute"):
        in_thread(lambda: count_up(store, "network"))
        assert in_thread(lambda: value(store)) == 1
    store.close()


def test_a_closed_store_can_be_used_again(store: Store) -> None:
    count_up(store)
    store.close()
    count_up(store)

    assert (value(store), store.revision("compute")) == (2, 2)


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("temp_store", 2), ("cache_size", -2000)],
)
def test_sqlite_is_durable_checks_references_and_stays_small(
    sqlite_store: Store, pragma: str, expected: object
) -> None:
    with sqlite_store.read() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == expected


def test_unchecked_references_are_for_one_transaction(sqlite_store: Store) -> None:
    def checked(connection: sa.Connection) -> object:
        return connection.exec_driver_sql("PRAGMA foreign_keys").scalar()

    with sqlite_store.exclusive(foreign_keys=False) as connection:
        assert checked(connection) == 0
    with sqlite_store.exclusive() as connection:
        assert checked(connection) == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "no SQLAlchemy URL"),
        ("mysql://jumpgate@db/jumpgate", "sqlite or postgresql"),
        ("postgresql+asyncpg://jumpgate@db/jumpgate", "sqlite or postgresql"),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///:memory:", "SQLite needs a file"),
    ],
)
def test_a_url_that_cannot_work_is_a_mistake_in_the_configuration(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Store(url)


def test_a_mistake_in_the_url_does_not_print_its_password() -> None:
    with pytest.raises(ConfigError) as caught:
        Store("postgres://jumpgate:secret@db/jumpgate")

    assert "secret" not in str(caught.value)


def test_a_missing_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(ConfigError, match=r"jumpgate\[postgresql\]"):
        Store("postgresql://jumpgate@db/jumpgate")


def test_postgresql_is_reached_by_psycopg() -> None:
    assert Store("postgresql://jumpgate@db/jumpgate").url.drivername == "postgresql+psycopg"


def test_the_database_is_a_file_in_the_state_directory(tmp_path: Path) -> None:
    config = Config.from_text("")
    config.state_directory = tmp_path / "state"

    store = open_store(config)
    make_tables(store)
    store.close()

    assert (tmp_path / "state/jumpgate.sqlite").is_file()


def test_the_folder_of_a_configured_file_is_made(tmp_path: Path) -> None:
    store = open_store(Config.from_text(f"[store]\nurl = sqlite:///{tmp_path}/a/b/c.sqlite"))
    make_tables(store)
    store.close()

    assert (tmp_path / "a/b/c.sqlite").is_file()


def test_a_folder_that_cannot_be_made_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="cannot be made"):
        open_store(Config.from_text(f"[store]\nurl = sqlite:///{tmp_path}/file/c.sqlite"))
