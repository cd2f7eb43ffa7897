"""The embedded compute service beside the embedded network, image and block storage services."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from jumpgate.store.tasks import tasks
from tests.support.cloud import DEMO, Cloud

V21, NANO = "/compute/v2.1", "42"
NETWORK, IMAGE, VOLUME = "/network/v2.0", "/image/v2/images", f"/volume/v3/{DEMO}"
BYTES = b"a disk" * 1000


class WholeCloud(Cloud):
    """A cloud with a network of one address more than its gateway's, and an image."""

    def __init__(self, state: Path) -> None:
        super().__init__(state, "compute", "network", "image", "block_storage")
        self.network_id = self._made("/network/v2.0/networks", "network", name="private")["id"]
        self._made(
            f"{NETWORK}/subnets", "subnet", network_id=self.network_id, ip_version=4, cidr="10.1.0.0/29", name="private"
        )
        self.image_id = self.add_image("cirros", BYTES)

    def _made(self, path: str, kind: str, **values: Any) -> dict[str, Any]:
        answer = self.post("alice", path, {kind: values})
        assert answer.status_code in (201, 202), answer.text
        made: dict[str, Any] = answer.json[kind]
        return made

    def add_image(self, name: str, data: bytes) -> str:
        wanted = {"name": name, "disk_format": "raw", "container_format": "bare"}
        identifier: str = self.post("alice", IMAGE, wanted).json["id"]
        headers = {"Content-Type": "application/octet-stream"}
        assert self.put("alice", f"{IMAGE}/{identifier}/file", data, headers=headers).status_code == 204
        return identifier

    def add_volume(self) -> str:
        identifier: str = self._made(f"{VOLUME}/volumes", "volume", size=1)["id"]
        self.finish()
        return identifier

    def finish(self) -> None:
        """Run all tasks, those too that wait for their time."""
        for _ in range(4):
            self.settle()
            with self.app.store.write("compute") as connection:
                connection.execute(tasks.update().values(due_at=dt.datetime.now(dt.UTC)))
        self.settle()

    def call(self, method: str, path: str, body: Any = None, at: str = "2.96", caller: str = "alice") -> Any:
        return self.request(caller, method, V21 + path, body, version=f"compute {at}")

    def boot(self, **more: Any) -> str:
        server = {"name": "web", "flavorRef": NANO, "imageRef": self.image_id, "networks": "auto", **more}
        answer = self.call("POST", "/servers", {"server": server})
        assert answer.status_code == 202, answer.text
        self.finish()
        identifier: str = answer.json["server"]["id"]
        return identifier

    def server(self, server_id: str) -> dict[str, Any]:
        server: dict[str, Any] = self.call("GET", f"/servers/{server_id}").json["server"]
        return server

    def act(self, server_id: str, action: str, value: Any = None) -> Any:
        answer = self.call("POST", f"/servers/{server_id}/action", {action: value})
        assert answer.status_code in (200, 202), answer.text
        self.finish()
        return answer

    def ports(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("alice", f"{NETWORK}/ports?device_owner=compute:nova").json["ports"]
        return found

    def volume(self, volume_id: str) -> Any:
        return self.get("alice", f"{VOLUME}/volumes/{volume_id}").json.get("volume")
