"""Logging in to the services of an application in this process, with an entry of a clouds.yaml."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from falcon.testing import Result, TestClient

from jumpgate.api import Jumpgate
from jumpgate.common.context import Context
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import ConfigError, JumpgateError

PLACES = (Path("clouds.yaml"), Path("~/.config/openstack/clouds.yaml"), Path("/etc/openstack/clouds.yaml"))


class Session:
    """A user of an application: sends its requests, and knows its token."""

    def __init__(self, app: Jumpgate, auth: Mapping[str, Any]) -> None:
        """`auth` is that of a clouds.yaml. Raises ConfigError where the identity service refuses it."""
        self._client = TestClient(app)
        self._token: str | None = None
        answer = self.request(
            app.get_dispatcher("identity"), "POST", "/v3/auth/tokens", {"auth": {**_identity(auth), **_scope(auth)}}
        )
        if answer.status_code != 201:
            raise ConfigError(f"The identity service refuses the user: {answer.status_code} {answer.text[:200]}")
        self._token = answer.headers["x-subject-token"]
        self.project_id: str | None = (answer.json["token"].get("project") or {}).get("id")
        self._authenticator = app.authenticator

    def context(self) -> Context:
        """Return who asks, as drivers see it; raise ConfigError where Jumpgate cannot tell."""
        try:
            return self._authenticator.authenticate(self._token or "")
        except JumpgateError as error:
            raise ConfigError(f"The token of the identity service means nothing to Jumpgate: {error}") from error

    def request(self, disp: Dispatcher, method: str, path: str, body: Any = None, *, newest: bool = False) -> Result:
        """Send a request to a path below a service's mount, at its lowest or its newest microversion."""
        headers = {"Accept": "application/json"}
        if self._token is not None:
            headers |= {"X-Auth-Token": self._token, "X-Subject-Token": self._token}
        if newest and disp.service.microversions is not None:
            headers["OpenStack-API-Version"] = f"{disp.service.microversions.service_type} latest"
        own = {"jumpgate.port": disp.mount.port} if disp.mount.port else {}
        return self._client.simulate_request(
            method, disp.mount.prefix + path, json=body, headers=headers, extras=own or None
        )


def entry(name: str, file: Path | None) -> Mapping[str, Any]:
    """Return the ``auth`` of an entry of `file`, else of the clouds.yaml that clients find; raise ConfigError."""
    for place in [file] if file is not None else list(_places()):
        clouds = _read(place)
        if name in clouds:
            auth: Mapping[str, Any] = clouds[name].get("auth") or {}
            return auth
    raise ConfigError(f"There is no cloud {name} in {file or 'any clouds.yaml'}: name one with --os-cloud.")


def _places() -> Iterator[Path]:
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    for place in [*([Path(named)] if named else []), *PLACES]:
        if place.expanduser().is_file():
            yield place.expanduser()


def _read(file: Path) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("clouds") or {}
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError) as error:
        raise ConfigError(f"{file}: it is no clouds.yaml ({str(error).splitlines()[0]})") from error
    return found


def _identity(auth: Mapping[str, Any]) -> dict[str, Any]:
    if "application_credential_secret" in auth:
        credential = {"secret": auth["application_credential_secret"]}
        if "application_credential_id" in auth:
            credential["id"] = auth["application_credential_id"]
        else:
            credential |= {"name": auth.get("application_credential_name"), "user": _user(auth)}
        return {"identity": {"methods": ["application_credential"], "application_credential": credential}}
    if "token" in auth:
        return {"identity": {"methods": ["token"], "token": {"id": auth["token"]}}}
    if "password" not in auth:
        raise ConfigError("The entry of the clouds.yaml has no password, token or application credential.")
    return {
        "identity": {"methods": ["password"], "password": {"user": {**_user(auth), "password": str(auth["password"])}}}
    }


def _user(auth: Mapping[str, Any]) -> dict[str, Any]:
    if "user_id" in auth:
        return {"id": auth["user_id"]}
    return {"name": auth.get("username"), "domain": _domain(auth, "user")}


def _scope(auth: Mapping[str, Any]) -> dict[str, Any]:
    if "application_credential_secret" in auth:
        return {}
    if "project_id" in auth:
        return {"scope": {"project": {"id": auth["project_id"]}}}
    if "project_name" in auth:
        return {"scope": {"project": {"name": auth["project_name"], "domain": _domain(auth, "project")}}}
    return {}


def _domain(auth: Mapping[str, Any], of: str) -> dict[str, str]:
    """Return the domain of the user or the project, which an entry may name once for both."""
    for word in ("id", "name"):
        for key in (f"{of}_domain_{word}", f"domain_{word}"):
            if key in auth:
                return {word: auth[key]}
    return {"id": "default"}
