"""The embedded cloud in the test's own process, with callers whose tokens are known beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from falcon.testing import Result, TestClient

from jumpgate.api import Jumpgate
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.common.context import Context
from jumpgate.common.errors import Unauthorized
from tests.support.cheap import do_not_sync, lay_store

DEMO = "11111111111111111111111111111111"
OTHER = "22222222222222222222222222222222"
ADMIN = "33333333333333333333333333333333"


def _caller(name: str, project_id: str, *roles: str) -> Context:
    return Context(
        user_id=name * 4,
        user_name=name,
        project_id=project_id,
        project_name=f"{name}s",
        project_domain_id="default",
        roles=roles,
    )


CALLERS = {
    "alice": _caller("alice", DEMO, "member", "reader"),
    "reader": _caller("reader", DEMO, "reader"),
    "bob": _caller("bobby", OTHER, "member", "reader"),
    "service": _caller("serve", ADMIN, "service"),
    "admin": _caller("admin", ADMIN, "admin", "manager", "member", "reader"),
}


class KnownCallers:
    """Takes a caller's name for his token."""

    def authenticate(self, token: str) -> Context:
        try:
            return CALLERS[token]
        except KeyError:
            raise Unauthorized("The token is unknown.") from None


class Cloud:
    """The embedded drivers of some services on a store of their own; the other services are silent.

    Requests name a caller: ``cloud.post("alice", "/network/v2.0/networks", {...})``. Tasks do not run by themselves:
    `settle` runs what is due. `options` are further lines of the services' own sections, `drivers` those of
    services that are not embedded.
    """

    def __init__(
        self,
        state: Path,
        *services: str,
        extra: str = "",
        options: Mapping[str, str] | None = None,
        drivers: Mapping[str, str] | None = None,
    ) -> None:
        embedded = {name: f"jumpgate.{name}.drivers.embedded" for name in services}
        chosen = {**dict.fromkeys(SERVICE_NAMES, "tests.support.silent"), **embedded, **(drivers or {})}
        lines = options or {}
        text = "".join(f"[{name}]\ndriver = {driver}\n{lines.get(name, '')}\n" for name, driver in chosen.items())
        config = Config.from_text(text + extra)
        config.state_directory = state
        lay_store(state)
        self.app = Jumpgate(config)
        if "store" in vars(self.app):
            do_not_sync(self.app.store)
        if "identity" not in services:
            self.app.authenticator = KnownCallers()
        self.app.prepare()
        self._client = TestClient(self.app)

    def request(
        self,
        caller: str | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        version: str | None = None,
    ) -> Result:
        """Send one request; `version` is a value of OpenStack-API-Version ("compute 2.53")."""
        sent = dict(headers or {})
        if caller is not None:
            sent["X-Auth-Token"] = caller
        if version is not None:
            sent["OpenStack-API-Version"] = version
        if isinstance(body, bytes):
            return self._client.simulate_request(method, path, body=body, headers=sent)
        return self._client.simulate_request(method, path, json=body, headers=sent)

    def get(self, caller: str | None, path: str, **options: Any) -> Result:
        return self.request(caller, "GET", path, **options)

    def post(self, caller: str | None, path: str, body: Any = None, **options: Any) -> Result:
        return self.request(caller, "POST", path, body, **options)

    def put(self, caller: str | None, path: str, body: Any = None, **options: Any) -> Result:
        return self.request(caller, "PUT", path, body, **options)

    def patch(self, caller: str | None, path: str, body: Any = None, **options: Any) -> Result:
        return self.request(caller, "PATCH", path, body, **options)

    def delete(self, caller: str | None, path: str, **options: Any) -> Result:
        return self.request(caller, "DELETE", path, **options)

    def settle(self, *, most: int = 100) -> None:
        """Run tasks until none is due."""
        for _ in range(most):
            if self.app.tasks.run_due() == 0:
                return
        raise AssertionError("Tasks keep coming.")


def ids(result: Result, plural: str) -> Sequence[str]:
    """Return the ids in a list response."""
    return [item["id"] for item in result.json[plural]]
