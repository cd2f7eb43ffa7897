"""Servers on a real LXD as a client asks for them."""

from __future__ import annotations

from typing import Any

from falcon.testing import Result

from tests.support.cloud import DEMO, Cloud
from tests.support.waiting import wait_until

SERVERS = "/compute/v2.1/servers"
PROJECT = ("--project", f"os-{DEMO}")


def upload(cloud: Cloud, name: str, data: bytes) -> str:
    body = {"name": name, "disk_format": "raw", "container_format": "bare"}
    image_id: str = cloud.post("alice", "/image/v2/images", body).json["id"]
    headers = {"Content-Type": "application/octet-stream"}
    assert cloud.put("alice", f"/image/v2/images/{image_id}/file", data, headers=headers).status_code == 204
    return image_id


def ask(cloud: Cloud, image: str, name: str, **more: Any) -> Result:
    body = {"server": {"name": name, "imageRef": image, "flavorRef": "42", "networks": "auto", **more}}
    return cloud.post("alice", SERVERS, body, version="compute 2.79")


def show(cloud: Cloud, server_id: str) -> dict[str, Any]:
    server: dict[str, Any] = cloud.get("alice", f"{SERVERS}/{server_id}", version="compute 2.79").json["server"]
    return server


def settled(cloud: Cloud, server_id: str, status: str) -> dict[str, Any]:
    def is_there() -> bool:
        server = show(cloud, server_id)
        return server["status"] == status and server["OS-EXT-STS:task_state"] is None

    assert wait_until(is_there, timeout_s=60), show(cloud, server_id)
    return show(cloud, server_id)


def boot(cloud: Cloud, image: str, name: str, **more: Any) -> str:
    made = ask(cloud, image, name, **more)
    assert made.status_code == 202, made.text
    server_id: str = made.json["server"]["id"]
    settled(cloud, server_id, "ACTIVE")
    return server_id


def remove(cloud: Cloud, *server_ids: str) -> None:
    for server_id in server_ids:
        assert cloud.delete("alice", f"{SERVERS}/{server_id}").status_code == 204
    for server_id in server_ids:
        gone = f"{SERVERS}/{server_id}"
        assert wait_until(lambda url=gone: cloud.get("alice", url).status_code == 404, timeout_s=60)  # type: ignore[misc]
