"""Hashing passwords: argon2id with the smaller of OWASP's settings, so that a worker stays small."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from jumpgate.common.errors import Forbidden

MOST_BYTES = 4096

# Each hash in the making holds 19 MiB: more of them at once wait for one another.
MOST_AT_ONCE = 2
# For how long, and of how many, a process remembers that a password was right.
RECENT_S = 300.0
MOST_RECENT = 1024

_AT_WORK = threading.BoundedSemaphore(MOST_AT_ONCE)

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# The hash of a password that nobody knows: what the login of an unknown user is compared with.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$KY/PH8zWaC//mJMjRrm/Dw$ICn7k0Yxk4qeTr4TGiuwN7Jei/atTuaNM0sB1edaRDg"


def hash_password(password: str) -> str:
    """Return the hash to store; raise Forbidden for a password longer than anybody types."""
    if len(password.encode()) > MOST_BYTES:
        raise Forbidden(
            f"The password length must be less than or equal to {MOST_BYTES}. "
            "The server could not comply with the request because the password is invalid."
        )
    with _AT_WORK:
        return _HASHER.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Tell whether a password is the one that was hashed, in the same time where nothing is `stored`."""
    shortened = password.encode()[:MOST_BYTES]
    try:
        with _AT_WORK:
            _HASHER.verify(stored or _NOBODYS, shortened)
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


class RecentPasswords:
    """Remembers for a while whose password was right, so that one who logs in often is not kept waiting each time.

    What is kept is a digest of the stored hash and the password, made with a key that this process alone has and never
    stores: another hash, that of a changed password, is another entry. Only what was right is kept: guessing costs what
    it always did.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._ends: dict[bytes, float] = {}

    def is_password(self, stored: str, password: str) -> bool:
        """Tell whether a password is the one that was hashed."""
        entry = hmac.digest(self._key, f"{stored}\0{password}".encode(), "sha256")
        if self._ends.get(entry, 0.0) > self._clock():
            return True
        is_right = is_password(stored, password)
        if is_right:
            self._remember(entry)
        return is_right

    def _remember(self, entry: bytes) -> None:
        with self._lock:
            self._ends.pop(entry, None)
            if len(self._ends) >= MOST_RECENT:
                del self._ends[next(iter(self._ends))]
            self._ends[entry] = self._clock() + RECENT_S
