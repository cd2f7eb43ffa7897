"""Passwords, tokens and hashes stay where they belong."""

from __future__ import annotations

import logging
import time

import pytest
import sqlalchemy as sa

from jumpgate.identity.drivers.embedded.passwords import hash_password, is_password
from jumpgate.identity.tokens.issuer import Tokens
from tests.identity.keystone import V2, V3, Keystone


def logged(caplog: pytest.LogCaptureFixture) -> str:
    formatter = logging.Formatter()
    return caplog.text + " ".join(f"{vars(record)} {formatter.format(record)}" for record in caplog.records)


def test_no_secret_in_any_log_line(keystone: Keystone, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        password, token = keystone.known_password("demo"), keystone.demo
        user = keystone.make("user", password="swordfish")
        keystone.login("demo", "not my password")
        keystone.get(keystone.admin, f"{V2}/tokens/{token}")
        keystone.post(None, f"{V3}/users/{user['id']}/password", {"user": {"original_password": "swordfish"}})
        keystone.post(None, f"{V3}/auth/tokens", b'{"auth": {"secret": "swordfish"')
    text = logged(caplog)
    assert "v2_token" in text
    for secret in (password, token, "swordfish", "not my password", "argon2"):
        assert secret not in text


def test_no_token_in_the_log_of_a_failure(
    keystone: Keystone, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, admin = keystone.demo, keystone.admin

    def fail(tokens: Tokens, token: str, **options: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(Tokens, "open", fail)
    result = keystone.get(admin, f"{V2}/tokens/{token}")
    assert result.status_code == 500
    assert "unforeseen" not in result.text
    assert "unforeseen" in logged(caplog)
    assert token not in logged(caplog)
    assert admin not in logged(caplog)


def test_no_hash_in_the_log_of_a_failed_statement(keystone: Keystone, caplog: pytest.LogCaptureFixture) -> None:
    admin = keystone.admin
    with keystone.app.store.engine.begin() as connection:
        connection.execute(
            sa.text("CREATE TRIGGER broken BEFORE INSERT ON identity_users BEGIN SELECT missing_function(); END")
        )
    result = keystone.post(admin, f"{V3}/users", {"user": {"name": "x", "password": "swordfish"}})
    assert result.status_code == 500
    assert "INSERT INTO identity_users" in logged(caplog)
    assert "argon2id" not in logged(caplog)


def test_an_unknown_user_costs_as_much_time_as_a_wrong_password() -> None:
    def duration(stored: str | None) -> float:
        started = time.perf_counter()
        is_password(stored, "wrong")
        return time.perf_counter() - started

    stored = hash_password("right")
    known, unknown = (min(duration(one) for _ in range(5)) for one in (stored, None))
    assert known / 2 < unknown < known * 2


def test_hashes_are_argon2id_and_differ() -> None:
    first, second = hash_password("x"), hash_password("x")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert is_password(first, "x")
    assert not is_password(first, "y")
    assert not is_password(None, "x")
    assert not is_password("rubbish", "x")
