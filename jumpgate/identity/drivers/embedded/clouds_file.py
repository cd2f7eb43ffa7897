"""``clouds.yaml``: how clients reach this cloud. It is the only place that holds the generated passwords."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from jumpgate.common.errors import ConfigError
from jumpgate.identity.models import DEFAULT_DOMAIN_ID

# The clouds by name: the user who logs in, and the scope.
_CLOUDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "jumpgate": ("demo", {"project_name": "demo", "project_domain_id": DEFAULT_DOMAIN_ID}),
    "jumpgate-admin": ("admin", {"project_name": "admin", "project_domain_id": DEFAULT_DOMAIN_ID}),
    "jumpgate-system-admin": ("admin", {"system_scope": "all"}),
}


class CloudsFile:
    """The file in the state directory. What somebody added to it stays; addresses are kept up to date."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keep other processes that start with the same state directory waiting."""
        descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def password(self, user: str) -> str | None:
        """Return the password that the file has for a user, None where it has none."""
        clouds = self._read()["clouds"]
        for name, (owner, _) in _CLOUDS.items():
            auth = (clouds.get(name) or {}).get("auth") or {}
            if owner == user and auth.get("username") == user and auth.get("password"):
                return str(auth["password"])
        return None

    def write(self, auth_url: str, region: str, passwords: Mapping[str, str]) -> None:
        """Put the clouds into the file, complete or not at all; nothing is written where nothing changes."""
        content = self._read()
        known = content["clouds"]
        fresh = {name: _cloud(name, known.get(name) or {}, auth_url, region, passwords) for name in _CLOUDS}
        if all(known.get(name) == cloud for name, cloud in fresh.items()):
            return
        known.update(fresh)
        self._replace(yaml.safe_dump(content, sort_keys=False).encode())

    def _read(self) -> dict[str, Any]:
        try:
            content = yaml.safe_load(self.path.read_bytes()) or {}
        except FileNotFoundError:
            return {"clouds": {}}
        except yaml.YAMLError:
            # Not chained: the parser quotes what it could not read.
            raise ConfigError(f"{self.path} is no YAML: repair or delete it.") from None
        if not isinstance(content, dict) or not isinstance(content.setdefault("clouds", {}), dict):
            raise ConfigError(f"{self.path} has no mapping of clouds: repair or delete it.")
        return content

    def _replace(self, data: bytes) -> None:
        new = self.path.with_name(f".{self.path.name}.new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self.path)


def _cloud(
    name: str, known: Mapping[str, Any], auth_url: str, region: str, passwords: Mapping[str, str]
) -> dict[str, Any]:
    user, scope = _CLOUDS[name]
    login = {"auth_url": auth_url, "username": user, "password": passwords[user], "user_domain_id": DEFAULT_DOMAIN_ID}
    auth = {**(known.get("auth") or {}), **login, **scope}
    return {**known, "auth": auth, "region_name": region, "identity_api_version": 3}
