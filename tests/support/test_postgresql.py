"""The PostgreSQL that tests get: a real one, of its own, gone afterwards."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from tests.support import postgresql
from tests.support.ports import LOOPBACK


def test_the_database_is_a_real_postgresql(postgresql_url: str) -> None:
    engine = sqlalchemy.create_engine(postgresql_url)
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("select version()")).startswith("PostgreSQL")
    engine.dispose()


@pytest.mark.slow
def test_the_server_is_gone_after_its_block() -> None:
    try:
        with postgresql.running_postgresql() as url:
            port = make_url(url).port
            assert port is not None
            socket.create_connection((LOOPBACK, port)).close()
    except postgresql.Unavailable as missing:
        pytest.skip(str(missing))

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, port))


def test_a_machine_without_a_server_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgresql, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(postgresql.Unavailable, match="apt-get install postgresql"):
        postgresql.find_programs()
