"""Jumpgate in front of the fake SoftLayer: in the test's own process, with real logins and real XML-RPC."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from falcon.testing import Result, TestClient

from jumpgate.api import Jumpgate
from jumpgate.clouds.softlayer.session import KEY, USER, Settings
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.common.context import Context
from tests.fakes.softlayer import Clock, FakeServer, World
from tests.support.cheap import do_not_sync, lay_store

ACCOUNT, OTHER = 278444, 300123
KEYS = {"alice": "a" * 64, "carol": "c" * 64, "bob": "b" * 64}
DRIVERS = ("identity", "compute", "image", "block_storage", "network")
# What tells Jumpgate the time that is compared with SoftLayer's: both have the fake's clock.
SAME_TIME = "jumpgate.compute.drivers.softlayer.action_requests.utcnow"


def settings(url: str, *, timeout_s: float = 20) -> Settings:
    """Return the settings of a SoftLayer at a URL."""
    return Settings.of(Config.from_text(f"[softlayer]\nendpoint_url = {url}\ntimeout = {timeout_s}\n"))


class SoftLayerCloud:
    """Five services on the fake. alice is the master user of one account and carol a user of it; bob has another's."""

    def __init__(
        self,
        state: Path,
        fake: FakeServer,
        clock: Clock | None = None,
        *,
        drivers: Sequence[str],
        extra: str = "",
        url: str = "",
        timeout_s: int = 20,
    ) -> None:
        """`url` is where SoftLayer is looked for, the fake's without one."""
        self.fake = fake
        self.clock = clock or Clock()
        chosen = {
            name: f"jumpgate.{name}.drivers.softlayer" if name in drivers else "tests.support.silent"
            for name in SERVICE_NAMES
        }
        text = "".join(f"[{name}]\ndriver = {driver}\n" for name, driver in chosen.items())
        config = Config.from_text(
            f"{text}[softlayer]\nendpoint_url = {url or fake.url}\ntimeout = {timeout_s}\n{extra}"
        )
        config.state_directory = state
        lay_store(state)
        self.app = Jumpgate(config)
        if "store" in vars(self.app):
            do_not_sync(self.app.store)
        self.app.prepare()
        self._client = TestClient(self.app)
        self._tokens: dict[str, str] = {}
        # What was asked of Jumpgate and not refused: methods and paths.
        self.answered: list[tuple[str, str]] = []

    def login(self, user: str, key: str | None = None, scope: Any = None) -> Result:
        """Log in by name and key; without a scope the account is the project."""
        password = {"user": {"name": user, "domain": {"id": "default"}, "password": key or KEYS.get(user, "")}}
        auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": password}}
        if scope is not None:
            auth["scope"] = scope
        return self._send("POST", "/identity/v3/auth/tokens", json={"auth": auth})

    def _send(self, method: str, path: str, **options: Any) -> Result:
        answer = self._client.simulate_request(method, path, **options)
        if answer.status_code < 400:
            self.answered.append((method, path))
        return answer

    def token(self, user: str) -> str:
        if user not in self._tokens:
            self._tokens[user] = self.login(user).headers["X-Subject-Token"]
        return self._tokens[user]

    def request(
        self,
        user: str | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        version: str | None = None,
    ) -> Result:
        """Send one request; `version` is a value of OpenStack-API-Version."""
        sent = dict(headers or {})
        if user is not None:
            sent["X-Auth-Token"] = self.token(user)
        if version is not None:
            sent["OpenStack-API-Version"] = version
        content = {"body": json.dumps(body)} if "Content-Type" in sent else {"json": body}
        return self._send(method, path, headers=sent, **content)

    def get(self, user: str | None, path: str, **options: Any) -> Result:
        return self.request(user, "GET", path, **options)

    def post(self, user: str | None, path: str, body: Any = None, **options: Any) -> Result:
        return self.request(user, "POST", path, body, **options)

    def put(self, user: str | None, path: str, body: Any = None, **options: Any) -> Result:
        return self.request(user, "PUT", path, body, **options)

    def delete(self, user: str | None, path: str, **options: Any) -> Result:
        return self.request(user, "DELETE", path, **options)

    def upload(self, user: str, path: str, data: bytes, headers: dict[str, str]) -> Result:
        """Send plain bytes."""
        sent = {"X-Auth-Token": self.token(user), **headers}
        return self._client.simulate_put(path, body=data, headers=sent)

    @staticmethod
    def context(user: str, account: int = ACCOUNT) -> Context:
        """Return a caller as the identity driver makes it."""
        return Context(user_id=user, project_id=str(account), secrets={USER: user, KEY: KEYS[user]})

    def calls_of(self, user: str, path: str, **options: Any) -> list[str]:
        """Return the names of the calls to SoftLayer that a GET costs."""
        self.token(user)
        self.fake.calls.clear()
        assert self.get(user, path, **options).status_code == 200
        return self.fake.names()

    # What most tests need first.

    def image_id(self, user: str = "alice") -> str:
        found: str = self.get(user, "/image/v2/images?visibility=public").json["images"][0]["id"]
        return found

    def boot(self, user: str = "alice", name: str = "web", **more: Any) -> str:
        """Order a server and return its id; it is still being built."""
        wanted = {"name": name, "flavorRef": "B1_2X8X100", "imageRef": self.image_id(user), **more}
        answer = self.post(user, "/compute/v2.1/servers", {"server": wanted})
        assert answer.status_code == 202, answer.text
        server_id: str = answer.json["server"]["id"]
        return server_id

    def running(self, user: str = "alice", name: str = "web", **more: Any) -> str:
        """Return the id of a server that runs."""
        server_id = self.boot(user, name, **more)
        self.clock.advance(self.fake.world.provisioning_s)
        return server_id

    def server(self, server_id: str, user: str = "alice", version: str = "compute 2.96") -> dict[str, Any]:
        answer = self.get(user, f"/compute/v2.1/servers/{server_id}", version=version)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json["server"]
        return shown

    def act(
        self, server_id: str, action: str, body: Any = None, *, user: str = "alice", version: str = "2.96"
    ) -> Result:
        path = f"/compute/v2.1/servers/{server_id}/action"
        return self.post(user, path, {action: body}, version=f"compute {version}")

    def settle(self) -> None:
        """Let whatever SoftLayer is doing come to its end."""
        self.clock.advance(self.fake.world.transaction_s)


def fake_world(clock: Clock) -> World:
    """Return a SoftLayer with the accounts of alice, carol and bob."""
    world = World(clock)
    world.add_user("alice", KEYS["alice"], ACCOUNT)
    world.add_user("carol", KEYS["carol"], ACCOUNT, is_master=False)
    world.add_user("bob", KEYS["bob"], OTHER)
    return world
