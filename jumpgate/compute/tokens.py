"""The tokens in consoles' URLs: sealed with a key of the state directory, valid for some minutes, kept nowhere."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from cryptography.fernet import Fernet, InvalidToken

from jumpgate.common.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token lets its bearer do: talk to one server's console while it is the project's. Ids are the cloud's."""

    server_id: str
    project_id: str
    region: str


class ConsoleTokens:
    """Issues and reads tokens; every process that has the key file reads what another one issued."""

    def __init__(self, key_file: Path, *, ttl_s: int, clock: Callable[[], float] = time.time) -> None:
        self._key_file = key_file
        self._ttl_s = ttl_s
        self._clock = clock

    def issue(self, grant: Grant) -> str:
        """Return a new token."""
        return self._fernet().encrypt_at_time(orjson.dumps(asdict(grant)), int(self._clock())).decode()

    def read(self, token: str) -> Grant:
        """Return what a token grants; raise Forbidden for one that is wrong or too old."""
        try:
            text = self._fernet().decrypt_at_time(token.encode(), self._ttl_s, int(self._clock()))
        except InvalidToken:
            raise Forbidden("The console's token is wrong or has expired; ask for a new console.") from None
        return Grant(**orjson.loads(text))

    def _fernet(self) -> Fernet:
        with contextlib.suppress(FileNotFoundError):
            return Fernet(self._key_file.read_bytes())
        self._make_key()
        return Fernet(self._key_file.read_bytes())

    def _make_key(self) -> None:
        """Put a key in its place complete, unless another process was faster."""
        self._key_file.parent.mkdir(parents=True, exist_ok=True)
        new = self._key_file.with_name(f".{self._key_file.name}.{os.getpid()}.{time.monotonic_ns()}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
        with contextlib.suppress(FileExistsError):
            os.link(new, self._key_file)
        new.unlink()
