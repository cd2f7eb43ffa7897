"""The tool that writes migrations: it writes what is missing, once, and moves HEAD."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from jumpgate.store.engine import Store
from jumpgate.store.metadata import ID, JSON, METADATA, UtcDateTime
from jumpgate.store.migrations import FOLDER, load_tables
from jumpgate.store.migrations.scripts import differences, upgrade
from tools import make_migration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like that of the migrations, without a step."""
    made = tmp_path / "migrations"
    shutil.copytree(FOLDER, made, ignore=shutil.ignore_patterns("versions", "__pycache__"))
    return made


@pytest.fixture
def new_table() -> Iterator[sa.Table]:
    """A table that the code has got since the last migration."""
    load_tables()
    table = sa.Table(
        "novelties",
        METADATA,
        sa.Column("id", ID, primary_key=True),
        sa.Column("document", JSON),
        sa.Column("created_at", UtcDateTime, nullable=False, index=True),
    )
    yield table
    METADATA.remove(table)


def head(folder: Path) -> str:
    """Return what the folder's HEAD is set to."""
    lines = (folder / "__init__.py").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("HEAD")).partition("= ")[2]


def test_the_first_migration_makes_every_table(folder: Path, tmp_path: Path) -> None:
    made = make_migration.make("The first tables", folder)

    assert (made, head(folder)) == (folder / "versions/0001_the_first_tables.py", '"0001"')
    store = Store(f"sqlite:///{tmp_path}/database.sqlite")
    with store.exclusive() as connection:
        upgrade(connection, folder)
        assert differences(connection) == []
    store.close()


def test_nothing_is_written_where_nothing_is_missing(folder: Path) -> None:
    make_migration.make("The first tables", folder)

    assert make_migration.make("Nothing", folder) is None
    assert (head(folder), len(list(folder.glob("versions/*.py")))) == ('"0001"', 1)


def test_the_next_migration_makes_what_is_new_in_types_that_stay(folder: Path, new_table: sa.Table) -> None:
    METADATA.remove(new_table)
    make_migration.make("The first tables", folder)
    new_table.to_metadata(METADATA)
    made = make_migration.make("Add novelties", folder)

    assert made is not None
    text = made.read_text(encoding="utf-8")
    assert (made.name, head(folder), text.count("create_table")) == ("0002_add_novelties.py", '"0002"', 1)
    for expected in (
        '"""Add novelties."""',
        'sa.Column("id", types.text(64), nullable=False)',
        'sa.Column("document", types.JSON, nullable=True)',
        'sa.Column("created_at", sa.BigInteger(), nullable=False)',
        "ix_novelties_created_at",
    ):
        assert expected in text
    assert "###" not in text


def test_the_command_says_what_it_did(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make = make_migration.make
    monkeypatch.setattr(make_migration, "make", lambda message: make(message, folder))

    assert make_migration.main(["The first tables."]) == 0
    assert "wrote" in capsys.readouterr().out
    assert make_migration.main(["Nothing"]) == 1
    assert "nothing to write" in capsys.readouterr().out
