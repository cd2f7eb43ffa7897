"""The key repository: Fernet keys as files in a directory, laid out and rotated as Keystone does.

The file called 0 is staged: it validates already and becomes the primary key at the next rotation. The one with the
highest number is the primary key, which seals new tokens; the others are secondary and only validate.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet

from jumpgate.common.config import Config
from jumpgate.common.errors import ConfigError

STAGED, FIRST_PRIMARY = 0, 1
MAX_ACTIVE_KEYS = 3


def keys_directory(config: Config) -> Path:
    """Return where the keys of a configuration's tokens are."""
    configured: str | None = config.value("identity", "key_repository")
    return Path(configured) if configured else config.state() / "keys"


class KeyRepository:
    """The keys of all processes and hosts that share one directory."""

    def __init__(self, directory: Callable[[], Path]) -> None:
        """`directory` is asked for its place when the keys are needed, not before."""
        self._find_directory = directory
        self._lock = threading.Lock()
        self._seen = 0
        self._fernet: MultiFernet | None = None

    @cached_property
    def _directory(self) -> Path:
        return self._find_directory()

    def fernet(self) -> MultiFernet:
        """Return the keys that are there now, the primary one first; where there are none they are made."""
        changed_at = self._changed_at()
        if self._fernet is None or changed_at != self._seen:
            with self._lock:
                if not changed_at or not self._numbers():
                    self.create()
                self._seen = self._changed_at()
                self._fernet = self._load()
        return self._fernet

    def create(self) -> None:
        """Make the staged and the first primary key unless there are keys; processes may do so at the same time."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._directory.chmod(0o700)
            with self._exclusively():
                if not self._numbers():
                    self._write(STAGED)
                    self._write(FIRST_PRIMARY)
        except OSError as error:
            raise ConfigError(f"The key repository {self._directory} cannot be made: {error.strerror}.") from error

    def rotate(self, *, max_active_keys: int = MAX_ACTIVE_KEYS) -> tuple[int, int]:
        """Make the staged key the primary one, stage a new one, and drop the oldest beyond `max_active_keys`.

        Return the number of the primary key and how many keys there are. A token outlives as many rotations as there
        are secondary keys: rotate no more often than tokens expire. Raise ConfigError where there are no keys.
        """
        try:
            with self._exclusively():
                os.replace(self._path(STAGED), self._path(max(self._numbers(), default=STAGED) + 1))
                self._write(STAGED)
                numbers = self._numbers()
                surplus = max(0, len(numbers) - max(max_active_keys, 2))
                for number in numbers[1 : 1 + surplus]:
                    self._path(number).unlink()
        except FileNotFoundError:
            raise ConfigError(
                f"The key repository {self._directory} has no keys to rotate: Jumpgate makes them with its first token."
            ) from None
        except OSError as error:
            raise ConfigError(f"The keys in {self._directory} cannot be rotated: {error.strerror}.") from error
        return numbers[-1], len(numbers) - surplus

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[None]:
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _changed_at(self) -> int:
        try:
            return self._directory.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _numbers(self) -> list[int]:
        """Return the numbers of the keys, the staged one first and the primary one last."""
        return sorted(
            int(path.name) for path in self._directory.iterdir() if path.name.isascii() and path.name.isdigit()
        )

    def _path(self, number: int) -> Path:
        return self._directory / str(number)

    def _write(self, number: int) -> None:
        """Put a new key in its place complete or not at all."""
        new = self._directory / f".{secrets.token_hex(8)}"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._path(number))

    def _load(self) -> MultiFernet:
        try:
            return MultiFernet([Fernet(self._path(number).read_bytes().strip()) for number in self._numbers()[::-1]])
        except (OSError, ValueError):
            raise ConfigError(f"The key repository {self._directory} holds a file that is no Fernet key.") from None
