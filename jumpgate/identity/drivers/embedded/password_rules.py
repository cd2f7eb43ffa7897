"""What an operator asks of passwords: Keystone's [security_compliance]."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from jumpgate.common.config import Config
from jumpgate.common.errors import BadRequest
from jumpgate.identity.drivers.embedded.passwords import is_password
from jumpgate.store.tables import identity as tables

_history, _failures = tables.passwords, tables.login_failures


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """The options of the same names; by default nothing is asked for.

    `lockout_failure_attempts` None locks nobody out. The count of last passwords includes the present one.
    """

    lockout_failure_attempts: int | None = None
    lockout_duration: int = 1800
    unique_last_password_count: int = 0
    minimum_password_age: int = 0
    password_expires_days: int | None = None
    change_password_upon_first_use: bool = False
    password_regex: re.Pattern[str] | None = None
    password_regex_description: str | None = None

    @classmethod
    def configured(cls, config: Config, section: str) -> PasswordRules:
        """Return the rules of a section of the configuration."""
        return cls(**{name: config.value(section, name) for name in cls.__slots__})

    def demand_form(self, password: str) -> None:
        """Raise BadRequest for a password that does not look as it must."""
        if self.password_regex is not None and self.password_regex.match(password) is None:
            wanted = self.password_regex_description or ""
            raise BadRequest(f"The password does not match the requirements: {wanted}.")

    def expiry(self, now: dt.datetime, options: Mapping[str, Any], *, self_service: bool) -> dt.datetime | None:
        """Return when a password expires that is set now; at once where its user is to change it first."""
        excused = self_service or options.get("ignore_change_password_upon_first_use")
        if self.change_password_upon_first_use and not excused:
            return now
        if self.password_expires_days is None or options.get("ignore_password_expiry"):
            return None
        return (now + dt.timedelta(days=self.password_expires_days)).replace(microsecond=0)

    def counts_failures(self, options: Mapping[str, Any]) -> bool:
        """Tell whether a user with these options can be locked out."""
        return self.lockout_failure_attempts is not None and not options.get("ignore_lockout_failure_attempts")

    def is_locked(self, failures: Failures, now: dt.datetime) -> bool:
        """Tell whether a user who has failed so often is locked out."""
        if self.lockout_failure_attempts is None or failures.count < self.lockout_failure_attempts:
            return False
        return failures.last_at + dt.timedelta(seconds=self.lockout_duration) > now

    def after_failure(self, failures: Failures, now: dt.datetime) -> Failures:
        """Return the failures with one more; those of a lockout that is over are forgotten."""
        over = self.lockout_failure_attempts is not None and failures.count >= self.lockout_failure_attempts
        return Failures(count=1 if over else failures.count + 1, last_at=now)

    def demand_new(self, password: str, earlier: list[str]) -> None:
        """Raise BadRequest for one of a user's last passwords, whose hashes come newest first."""
        if any(is_password(hashed, password) for hashed in earlier[: self.unique_last_password_count]):
            raise BadRequest(
                "The new password cannot be identical to a previous password. The total number which includes the new "
                f"password must be unique is {self.unique_last_password_count}."
            )

    def demand_age(self, since: dt.datetime | None, now: dt.datetime) -> None:
        """Raise BadRequest where a password that its user chose (`since` then) is too young to be changed."""
        if since is None or now >= since + dt.timedelta(days=self.minimum_password_age):
            return
        left = (since + dt.timedelta(days=self.minimum_password_age) - now).days
        raise BadRequest(
            "You cannot change your password at this time due to the minimum password age. Once you change your "
            f"password, it must be used for {self.minimum_password_age} day(s) before it can be changed. Please try "
            f"again in {left} day(s) or contact your administrator to reset your password."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """How often in a row a user has shown a wrong password, and when last."""

    count: int
    last_at: dt.datetime


NEVER_FAILED = Failures(count=0, last_at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC))


def failures_of(connection: sa.Connection, user_id: str) -> Failures:
    """Return a user's failures."""
    row = connection.execute(sa.select(_failures).where(_failures.c.user_id == user_id)).one_or_none()
    return NEVER_FAILED if row is None else Failures(count=row.attempts, last_at=row.failed_at)


def forget_failures(connection: sa.Connection, user_id: str) -> None:
    """Let a user begin anew."""
    connection.execute(_failures.delete().where(_failures.c.user_id == user_id))


def keep_failures(connection: sa.Connection, user_id: str, failures: Failures) -> None:
    """Remember a user's failures."""
    forget_failures(connection, user_id)
    values = {"user_id": user_id, "attempts": failures.count, "failed_at": failures.last_at}
    connection.execute(_failures.insert().values(**values))


def earlier_passwords(connection: sa.Connection, user_id: str) -> list[sa.Row[Any]]:
    """Return the rows of a user's passwords, the present one first."""
    statement = sa.select(_history).where(_history.c.user_id == user_id).order_by(_history.c.number.desc())
    return list(connection.execute(statement))


def keep_password(
    connection: sa.Connection,
    user_id: str,
    hashed: str,
    *,
    now: dt.datetime,
    self_service: bool,
    count: int,
) -> None:
    """Remember a user's new password, and no more than `count` of all."""
    values = {"user_id": user_id, "password_hash": hashed, "created_at": now, "self_service": self_service}
    connection.execute(_history.insert().values(**values))
    old = [row.number for row in earlier_passwords(connection, user_id)[max(count, 1) :]]
    connection.execute(_history.delete().where(_history.c.number.in_(old)))
