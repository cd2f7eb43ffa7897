"""What an operator may ask of passwords; nothing of it is asked unless it is configured."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from falcon.testing import Result

from jumpgate.common.errors import BadRequest
from jumpgate.identity.drivers.embedded.password_rules import NEVER_FAILED, Failures, PasswordRules
from jumpgate.store.tables.identity import login_failures, passwords
from tests.identity.keystone import PASSWORD, V3, Json, Keystone, message

NOW = dt.datetime(2025, 1, 31, 12, tzinfo=dt.UTC)
GENERIC = "The request you have made requires authentication."


def configured(place: Path, **options: object) -> Keystone:
    return Keystone(place, "".join(f"{name} = {value}\n" for name, value in options.items()))


def change(keystone: Keystone, user: Json, old: str, new: str) -> Result:
    body = {"user": {"original_password": old, "password": new}}
    return keystone.post(None, f"{V3}/users/{user['id']}/password", body)


def fail(keystone: Keystone, user: Json, times: int) -> None:
    for _ in range(times):
        assert keystone.login(user["name"], "wrong").status_code == 401


def test_by_default_nobody_is_locked_out_and_nothing_is_written(keystone: Keystone) -> None:
    user = keystone.make("user")
    before = keystone.app.store.revision("identity")
    fail(keystone, user, 5)
    assert keystone.login(user["name"]).status_code == 201
    assert keystone.app.store.revision("identity") == before
    with keystone.app.store.read() as connection:
        assert connection.execute(sa.select(login_failures)).all() == []


def test_a_user_is_locked_out_for_a_while(tmp_path: Path) -> None:
    keystone = configured(tmp_path, lockout_failure_attempts=2, lockout_duration=60)
    user = keystone.make("user")
    fail(keystone, user, 2)
    # Another worker knows it too, and nobody is told why.
    locked = Keystone(tmp_path, "lockout_failure_attempts = 2\nlockout_duration = 60\n").login(user["name"])
    assert (locked.status_code, message(locked)) == (401, GENERIC)
    with keystone.app.store.write() as connection:
        long_ago = login_failures.update().values(failed_at=NOW)
        connection.execute(long_ago)
    fail(keystone, user, 1)
    assert keystone.login(user["name"]).status_code == 201


def test_a_success_lets_a_user_begin_anew(tmp_path: Path) -> None:
    keystone = configured(tmp_path, lockout_failure_attempts=2)
    user = keystone.make("user")
    for _ in range(3):
        fail(keystone, user, 1)
        assert keystone.login(user["name"]).status_code == 201


@pytest.mark.parametrize("mercy", [{"enabled": True}, {"password": PASSWORD}])
def test_an_administrator_lets_a_user_in_again(tmp_path: Path, mercy: Any) -> None:
    keystone = configured(tmp_path, lockout_failure_attempts=1)
    user = keystone.make("user")
    fail(keystone, user, 1)
    assert keystone.login(user["name"]).status_code == 401
    assert change(keystone, user, PASSWORD, "another one").status_code == 401
    keystone.patch(keystone.admin, f"{V3}/users/{user['id']}", {"user": mercy})
    assert keystone.login(user["name"]).status_code == 201


def test_some_users_are_never_locked_out(tmp_path: Path) -> None:
    keystone = configured(tmp_path, lockout_failure_attempts=1)
    user = keystone.make("user", options={"ignore_lockout_failure_attempts": True})
    fail(keystone, user, 3)
    assert keystone.login(user["name"]).status_code == 201


def test_failures_of_nobody_are_not_kept(tmp_path: Path) -> None:
    keystone = configured(tmp_path, lockout_failure_attempts=1)
    assert keystone.login("nobody", "wrong").status_code == 401
    user = keystone.make("user")
    fail(keystone, user, 1)
    keystone.delete(keystone.admin, f"{V3}/users/{user['id']}")
    with keystone.app.store.read() as connection:
        for table in (login_failures, passwords):
            assert connection.execute(sa.select(table)).all() == []


def test_the_last_passwords_are_not_used_again(tmp_path: Path) -> None:
    keystone = configured(tmp_path, unique_last_password_count=2)
    user = keystone.make("user")
    assert change(keystone, user, PASSWORD, "second").status_code == 204
    refused = change(keystone, user, "second", PASSWORD)
    assert refused.status_code == 400
    assert message(refused).endswith("which includes the new password must be unique is 2.")
    assert change(keystone, user, "second", "third").status_code == 204
    assert change(keystone, user, "third", PASSWORD).status_code == 204
    # An administrator is not asked, and no more is kept than is needed.
    reset = keystone.patch(keystone.admin, f"{V3}/users/{user['id']}", {"user": {"password": PASSWORD}})
    assert reset.status_code == 200
    with keystone.app.store.read() as connection:
        assert len(connection.execute(sa.select(passwords)).all()) == 2


def test_by_default_old_passwords_come_again(keystone: Keystone) -> None:
    user = keystone.make("user")
    assert change(keystone, user, PASSWORD, "second").status_code == 204
    assert change(keystone, user, "second", PASSWORD).status_code == 204


def test_a_password_is_kept_some_days(tmp_path: Path) -> None:
    keystone = configured(tmp_path, minimum_password_age=2)
    user = keystone.make("user")
    # The first one was not the user's choice.
    assert change(keystone, user, PASSWORD, "second").status_code == 204
    refused = change(keystone, user, "second", "third")
    assert refused.status_code == 400
    assert "it must be used for 2 day(s)" in message(refused)
    with keystone.app.store.write() as connection:
        connection.execute(passwords.update().values(created_at=NOW))
    assert change(keystone, user, "second", "third").status_code == 204


def test_a_password_that_an_administrator_set_is_changed_first(tmp_path: Path) -> None:
    keystone = configured(tmp_path, change_password_upon_first_use="true")
    user = keystone.make("user")
    refused = keystone.login(user["name"])
    expected = f"The password is expired and needs to be changed for user: {user['id']}."
    assert (refused.status_code, message(refused)) == (401, expected)
    assert message(keystone.login(user["name"], "wrong")) == GENERIC
    assert change(keystone, user, PASSWORD, "second").status_code == 204
    assert keystone.login(user["name"], "second").status_code == 201
    keystone.patch(keystone.admin, f"{V3}/users/{user['id']}", {"user": {"password": "third"}})
    assert keystone.login(user["name"], "third").status_code == 401
    excused = keystone.make("user", options={"ignore_change_password_upon_first_use": True})
    assert keystone.login(excused["name"]).status_code == 201


def test_passwords_expire(tmp_path: Path) -> None:
    keystone = configured(tmp_path, password_expires_days=3)
    user = keystone.make("user")
    assert user["password_expires_at"].endswith(".000000")
    assert keystone.login(user["name"]).status_code == 201
    assert keystone.make("user", options={"ignore_password_expiry": True})["password_expires_at"] is None
    assert keystone.make("user", password=None)["password_expires_at"] is None


def test_a_password_looks_as_it_must(tmp_path: Path) -> None:
    options = {"password_regex": "^.{9,}$", "password_regex_description": "nine characters"}
    keystone = configured(tmp_path, **options)
    user = keystone.make("user")
    refusals = (
        keystone.post(keystone.admin, f"{V3}/users", {"user": {"name": "x", "password": "short"}}),
        keystone.patch(keystone.admin, f"{V3}/users/{user['id']}", {"user": {"password": "short"}}),
        change(keystone, user, PASSWORD, "short"),
    )
    for refused in refusals:
        expected = "The password does not match the requirements: nine characters."
        assert (refused.status_code, message(refused)) == (400, expected)


def test_the_count_starts_anew_after_a_lockout() -> None:
    rules = PasswordRules(lockout_failure_attempts=2, lockout_duration=10)
    failures = rules.after_failure(rules.after_failure(NEVER_FAILED, NOW), NOW)
    assert rules.is_locked(failures, NOW + dt.timedelta(seconds=9))
    later = NOW + dt.timedelta(seconds=10)
    assert not rules.is_locked(failures, later)
    assert rules.after_failure(failures, later) == Failures(count=1, last_at=later)


def test_without_rules_anything_goes() -> None:
    rules = PasswordRules()
    assert not rules.is_locked(Failures(count=99, last_at=NOW), NOW)
    assert rules.expiry(NOW, {}, self_service=False) is None
    rules.demand_form("")
    rules.demand_new("x", ["anything"])
    rules.demand_age(NOW, NOW)
    with pytest.raises(BadRequest, match="requirements"):
        PasswordRules(password_regex=re.compile("x")).demand_form("y")
