"""Plain HTTP calls to a server that a test has started: no client library, no proxy, no exception for a status."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# Loopback is never behind a proxy, whatever the environment says.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. The names in `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(
    url: str, method: str = "GET", body: Any = None, *, headers: Mapping[str, str] | None = None, timeout_s: float = 60
) -> Answer:
    """Send one request on a connection of its own. A body that is not bytes goes as JSON."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    content_type = {"Content-Type": "application/octet-stream" if isinstance(body, bytes) else "application/json"}
    sent = {**(content_type if data is not None else {}), **(headers or {})}
    request = urllib.request.Request(url, data, sent, method=method)
    try:
        with _OPENER.open(request, timeout=timeout_s) as response:
            return _answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.headers, error.read())


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    return Answer(status, {name.lower(): value for name, value in headers.items()}, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A token and what the catalog said: `urls` has the public URL of each service type."""

    token: str
    project_id: str
    user_id: str
    urls: Mapping[str, str]

    def call(self, service_type: str, path: str, method: str = "GET", body: Any = None, **options: Any) -> Answer:
        """Send one request to a path below a service's URL in the catalog."""
        headers = {"X-Auth-Token": self.token, "Accept": "application/json", **(options.pop("headers", None) or {})}
        return call(self.urls[service_type] + path, method, body, headers=headers, **options)


def cloud_entry(state: Path, cloud: str = "jumpgate") -> Any:
    """Return what a server's clouds.yaml says of a cloud."""
    return yaml.safe_load((state / "clouds.yaml").read_text())["clouds"][cloud]


def password_body(state: Path, cloud: str = "jumpgate") -> Any:
    """Return the body that asks for a token of a project with the password in a server's clouds.yaml."""
    auth = cloud_entry(state, cloud)["auth"]
    user = {"name": auth["username"], "domain": {"id": auth["user_domain_id"]}, "password": auth["password"]}
    project = {"name": auth["project_name"], "domain": {"id": auth["project_domain_id"]}}
    identity = {"methods": ["password"], "password": {"user": user}}
    return {"auth": {"identity": identity, "scope": {"project": project}}}


def log_in(state: Path, cloud: str = "jumpgate") -> Login:
    """Get a token with the password in a server's clouds.yaml."""
    auth_url = cloud_entry(state, cloud)["auth"]["auth_url"].rstrip("/").removesuffix("/v3")
    answer = call(f"{auth_url}/v3/auth/tokens", "POST", password_body(state, cloud))
    assert answer.status == 201, answer.text
    token = answer.json["token"]
    urls = {
        service["type"]: endpoint["url"].rstrip("/")
        for service in token["catalog"]
        for endpoint in service["endpoints"]
        if endpoint["interface"] == "public"
    }
    return Login(
        token=answer.headers["x-subject-token"],
        project_id=token["project"]["id"],
        user_id=token["user"]["id"],
        urls=urls,
    )
