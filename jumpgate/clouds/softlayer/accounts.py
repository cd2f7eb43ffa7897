"""Who a SoftLayer user is, by the key that the user brought."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from jumpgate.clouds.softlayer.remembered import Remembered
from jumpgate.clouds.softlayer.session import KEY, USER, Record, Session
from jumpgate.clouds.softlayer.values import at, text
from jumpgate.common.context import Context
from jumpgate.common.errors import Unauthorized

USER_MASK = "mask[id,username,firstName,lastName,email,parentId,accountId,account[id,companyName],userStatus[keyName]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user of an account. The master user is the one that no other user made; it may do everything."""

    number: int
    name: str
    account_id: str
    company: str
    email: str
    full_name: str
    is_master: bool
    is_active: bool


def person(record: Record) -> Person:
    """Return a user as Jumpgate knows it, from SoftLayer_User_Customer."""
    return Person(
        number=int(record["id"]),
        name=text(record, "username"),
        account_id=text(record, "accountId") or text(record, "account.id"),
        company=text(record, "account.companyName"),
        email=text(record, "email"),
        full_name=f"{text(record, 'firstName')} {text(record, 'lastName')}".strip(),
        is_master=at(record, "parentId") is None,
        is_active=text(record, "userStatus.keyName") in ("", "ACTIVE"),
    )


class Callers:
    """Asks SoftLayer who a user name and key belong to, and remembers it for a while."""

    def __init__(self, session: Session, now: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self.lifetime_s = session.settings.accounts_lifetime_s
        self._known: Remembered[Person] = Remembered(self.lifetime_s, now)

    def login(self, user: str, key: str) -> Person:
        """Return whose key it is, asking anew; raise Unauthorized."""
        record = self._session.call_as(user, key, "Account", "getCurrentUser", mask=USER_MASK)
        return person(record)

    def of(self, ctx: Context) -> Person:
        """Return who a token's key belongs to; raise Unauthorized for a key that is no longer good."""
        user, key = ctx.secrets.get(USER), ctx.secrets.get(KEY)
        if user is None or key is None:
            raise Unauthorized("This token was not made with a SoftLayer user name and API key; log in again.")
        return self._known.get(_fingerprint(user, key), lambda: self.login(user, key))


def _fingerprint(user: str, key: str) -> bytes:
    return hashlib.sha256(f"{user}\0{key}".encode()).digest()
