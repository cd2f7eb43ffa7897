"""Migrations: every start ends with the tables of the code, or with a line that says why not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from jumpgate.common.errors import ConfigError
from jumpgate.store import migrations
from jumpgate.store.engine import Store
from jumpgate.store.migrations import FOLDER, HEAD, migrate
from jumpgate.store.migrations.scripts import differences
from tests.store import processes
from tests.store.threads import at_once

STEP = """
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {before}


def upgrade():
"""
FIRST = """
    op.create_table("parents", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    parent = sa.ForeignKey("parents.id", ondelete="CASCADE")
    parent_id = sa.Column("parent_id", sa.Integer, parent)
    op.create_table("children", sa.Column("id", sa.Integer, primary_key=True), parent_id)
"""
REBUILD = """
    with op.batch_alter_table("parents") as batch:
        batch.alter_column("name", type_=sa.String(10), nullable=False)
"""
ORPHAN = """
    op.execute("INSERT INTO children (id, parent_id) VALUES (7, 7)")
"""
FAIL = """
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("SELECT nothing FROM nowhere")
"""


@pytest.fixture
def empty(open_store: Callable[[], Store]) -> Store:
    """A database without tables."""
    return open_store()


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put another history in the place of the real one: ``history(FIRST, REBUILD)``."""
    folder = tmp_path / "100% migrations"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("versions"))
    (folder / "versions").mkdir()
    monkeypatch.setattr(migrations, "FOLDER", folder)

    def write(*steps: str) -> None:
        numbers = [f"{number:04}" for number in range(1, len(steps) + 1)]
        for number, before, step in zip(numbers, [None, *numbers], steps, strict=False):
            text = STEP.format(number=number, before=repr(before)) + step
            (folder / f"versions/{number}_step.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(migrations, "HEAD", numbers[-1])

    return write


def revision(store: Store) -> str:
    with store.read() as connection:
        return str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one())


def tables(store: Store) -> set[str]:
    with store.read() as connection:
        return set(sa.inspect(connection).get_table_names())


def test_head_names_the_newest_step() -> None:
    assert ScriptDirectory(str(FOLDER)).get_heads() == [HEAD]


def test_the_migrated_tables_are_those_of_the_code(empty: Store) -> None:
    migrate(empty)

    with empty.read() as connection:
        assert differences(connection) == []
    assert revision(empty) == HEAD


def test_a_second_start_changes_nothing(empty: Store, history: Callable[..., None]) -> None:
    history(FIRST, REBUILD)
    for _ in range(2):
        migrate(empty)
        assert (revision(empty), tables(empty)) == ("0002", {"alembic_version", "parents", "children"})


def test_a_start_with_a_current_database_does_not_import_alembic(empty: Store, url: str) -> None:
    code = (
        "import sys; from jumpgate.store.engine import Store; from jumpgate.store.migrations import migrate; "
        f"migrate(Store({url!r})); print('alembic' in sys.modules)"
    )
    imported = [subprocess.check_output([sys.executable, "-c", code], text=True).strip() for _ in range(2)]

    assert imported == ["True", "False"]


def test_threads_that_start_at_once_all_find_the_tables(
    open_store: Callable[[], Store], history: Callable[..., None]
) -> None:
    history(FIRST, REBUILD)
    stores = [open_store() for _ in range(8)]
    free = iter(stores)
    at_once(8, lambda: migrate(next(free)))

    assert (revision(stores[0]), tables(stores[0])) == ("0002", {"alembic_version", "parents", "children"})


def test_processes_that_start_at_once_all_find_the_tables(empty: Store, url: str) -> None:
    processes.finish([processes.start(processes.migrate_database, url) for _ in range(3)])

    migrations.load_tables()
    with empty.read() as connection:
        assert differences(connection) == []


def test_the_database_of_a_newer_jumpgate_is_refused_in_one_line(empty: Store, history: Callable[..., None]) -> None:
    history(FIRST)
    migrate(empty)
    with empty.exclusive() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigError, match="newer Jumpgate: its schema is 9999, this one's 0001") as refused:
        migrate(empty)
    assert "\n" not in str(refused.value)
    assert revision(empty) == "9999"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////nowhere/at/all.sqlite", "No such file"),
        ("postgresql://jumpgate:secret@127.0.0.1:1/jumpgate", "refused"),
    ],
)
def test_a_database_that_cannot_be_opened_is_said_in_one_line(url: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as refused:
        migrate(Store(url))

    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader, " * 1000, encoding="utf-8")

    with pytest.raises(ConfigError, match="not a database"):
        migrate(Store(f"sqlite:///{tmp_path}/letter.txt"))


def test_only_the_missing_steps_are_taken(empty: Store, history: Callable[..., None]) -> None:
    history(FIRST)
    migrate(empty)
    with empty.exclusive() as connection:
        connection.execute(sa.text("INSERT INTO parents (id, name) VALUES (1, 'a')"))
    history(FIRST, "\n    op.add_column('parents', sa.Column('age', sa.Integer))\n")
    migrate(empty)

    with empty.read() as connection:
        assert connection.execute(sa.text("SELECT id, name, age FROM parents")).all() == [(1, "a", None)]
    assert revision(empty) == "0002"


def test_a_table_that_is_made_anew_keeps_the_rows_that_refer_to_it(empty: Store, history: Callable[..., None]) -> None:
    history(FIRST)
    migrate(empty)
    with empty.exclusive() as connection:
        connection.execute(sa.text("INSERT INTO parents (id, name) VALUES (1, 'a')"))
        connection.execute(sa.text("INSERT INTO children (id, parent_id) VALUES (2, 1)"))
    history(FIRST, REBUILD)
    migrate(empty)

    with empty.read() as connection:
        assert connection.execute(sa.text("SELECT id, parent_id FROM children")).all() == [(2, 1)]


def test_a_step_that_fails_leaves_nothing(empty: Store, history: Callable[..., None]) -> None:
    history(FIRST)
    migrate(empty)
    before = tables(empty)
    history(FIRST, FAIL)

    with pytest.raises(SQLAlchemyError):
        migrate(empty)
    assert (revision(empty), tables(empty)) == ("0001", before)


def test_a_step_that_leaves_a_reference_to_a_missing_row_fails(empty: Store, history: Callable[..., None]) -> None:
    history(FIRST)
    migrate(empty)
    history(FIRST, ORPHAN)

    with pytest.raises((RuntimeError, SQLAlchemyError)):
        migrate(empty)
    assert revision(empty) == "0001"


def test_references_are_checked_again_after_a_migration(empty: Store, history: Callable[..., None]) -> None:
    history(FIRST)
    migrate(empty)

    with pytest.raises(SQLAlchemyError), empty.write() as connection:
        connection.execute(sa.text("INSERT INTO children (id, parent_id) VALUES (7, 7)"))
