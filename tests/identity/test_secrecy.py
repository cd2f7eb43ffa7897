"""Passwords, tokens and hashes stay where they belong."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from jumpgate.identity.drivers.embedded import passwords
from jumpgate.identity.drivers.embedded.passwords import MOST_AT_ONCE, hash_password, is_password
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


def test_an_unknown_user_costs_as_much_time_as_a_wrong_password(
    keystone: Keystone, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []

    def verify(hasher: PasswordHasher, stored: str, password: bytes) -> bool:
        verified.append(stored.rpartition("$")[0].rpartition("$")[0])
        raise VerifyMismatchError

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    for user in ("demo", "nobody"):
        assert keystone.login(user, "wrong").status_code == 401
    assert len(verified) == 2
    assert verified[0] == verified[1]


def test_only_two_passwords_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    entered, go_on = threading.Semaphore(0), threading.Event()

    def verify(hasher: PasswordHasher, stored: str, password: bytes) -> bool:
        entered.release()
        return go_on.wait(30)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    with ThreadPoolExecutor(3) as pool:
        checks = [pool.submit(is_password, "hash", "x") for _ in range(3)]
        assert all(entered.acquire(timeout=30) for _ in range(MOST_AT_ONCE))
        assert not passwords._AT_WORK.acquire(blocking=False)
        assert not entered.acquire(blocking=False)
        go_on.set()
        assert all(check.result(30) for check in checks)


def test_what_is_served_hashes_as_owasp_asks() -> None:
    said = (
        "from jumpgate.identity.drivers.embedded import passwords;"
        "print(passwords.hash_password('x'), passwords._NOBODYS)"
    )

    told = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout.split()

    assert [text.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for text in told] == [True, True]


def test_hashes_are_argon2id_and_differ() -> None:
    first, second = hash_password("x"), hash_password("x")
    assert first.startswith("$argon2id$v=19$")
    assert first != second
    assert is_password(first, "x")
    assert not is_password(first, "y")
    assert not is_password(None, "x")
    assert not is_password("rubbish", "x")
