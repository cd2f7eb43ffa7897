"""A compute service on fake siblings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import Result

from jumpgate.store.tasks import tasks
from tests.compute.fakes import FakeBlockStorage, FakeImaging, FakeNetwork
from tests.compute.whole import NANO, V21, WholeCloud
from tests.support.cloud import Cloud

MICRO, SMALL = "84", "2"


class ComputeCloud(Cloud):
    """The embedded compute driver beside siblings in memory; `reopen` is what a crash and a new start leave."""

    def __init__(self, state: Path, siblings: dict[str, Any] | None = None, *, options: str = "") -> None:
        """`options` are lines of the section ``[compute]``."""
        super().__init__(state, "compute", options={"compute": options})
        self.state = state
        self.fakes: dict[str, Any] = siblings or {
            "network": FakeNetwork(),
            "image": FakeImaging(),
            "block_storage": FakeBlockStorage(),
        }
        for name, fake in self.fakes.items():
            self.app.siblings("RegionOne").add(name, fake)

    @property
    def network(self) -> FakeNetwork:
        network: FakeNetwork = self.fakes["network"]
        return network

    @property
    def imaging(self) -> FakeImaging:
        imaging: FakeImaging = self.fakes["image"]
        return imaging

    @property
    def storage(self) -> FakeBlockStorage:
        storage: FakeBlockStorage = self.fakes["block_storage"]
        return storage

    def reopen(self) -> ComputeCloud:
        """Return the same cloud after its process died: the store and the siblings are as it left them."""
        self.app.store.close()
        return ComputeCloud(self.state, self.fakes)

    def call(self, caller: str, method: str, path: str, body: Any = None, *, at: str | None = None) -> Result:
        """Send a request to compute, `at` a microversion."""
        version = None if at is None else f"compute {at}"
        return self.request(caller, method, V21 + path, body, version=version)

    def wanted(self, **more: Any) -> dict[str, Any]:
        """Return the body of a create that works."""
        server = {"name": "web", "flavorRef": NANO, "imageRef": self.imaging.cirros.id, **more}
        return {"server": {key: value for key, value in server.items() if value is not None}}

    def boot(self, caller: str = "alice", *, at: str | None = None, **more: Any) -> str:
        """Create a server, let it be built, and return its id."""
        answer = self.call(caller, "POST", "/servers", self.wanted(**more), at=at)
        assert answer.status_code == 202, answer.text
        self.settle()
        identifier: str = answer.json["server"]["id"]
        return identifier

    def server(self, server_id: str, caller: str = "alice", *, at: str | None = None) -> dict[str, Any]:
        """Return a server as it is shown."""
        answer = self.call(caller, "GET", f"/servers/{server_id}", at=at)
        assert answer.status_code == 200, answer.text
        server: dict[str, Any] = answer.json["server"]
        return server

    def make_due(self, kind: str) -> None:
        """Let the tasks of a kind that wait for another attempt, or for their time, start at once."""
        with self.app.store.write("compute") as connection:
            waiting = tasks.update().where(tasks.c.kind == kind)
            connection.execute(waiting.values(due_at=dt.datetime.now(dt.UTC)))

    def act(self, server_id: str, action: str, value: Any = None, caller: str = "alice", **options: Any) -> Result:
        """Do an action, and let it be ended."""
        answer = self.call(caller, "POST", f"/servers/{server_id}/action", {action: value}, **options)
        self.settle()
        return answer


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[ComputeCloud]:
    """A compute cloud of one project with a network and an image."""
    made = ComputeCloud(tmp_path)
    yield made
    made.app.store.close()


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[WholeCloud]:
    """A cloud of four real services, with a network and an image."""
    made = WholeCloud(tmp_path)
    yield made
    made.app.store.close()
