"""What LXD does is followed by its events: nobody asks again and again, neither for an operation nor for a server."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import requests

from jumpgate.block_storage.drivers.lxd import work
from jumpgate.clouds.lxd.events import SETTLES_S
from jumpgate.clouds.lxd.session import Record, Session
from tests.lxd.servers import SERVERS, ask, remove, settled, upload
from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import RunningLxd
from tests.support.waiting import wait_until

QUIET_S = 3
VOLUME = f"/volume/v3/{DEMO}"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every request to LXD, as ``GET /operations/…``; whoever asks listens from then on."""
    seen: list[str] = []
    ask_lxd = Session._ask

    def noted(
        self: Session, method: str, path: Iterable[str], project: str | None, parameters: Record, **given: Any
    ) -> requests.Response:
        self.events.listen()
        words = list(path)
        seen.append(f"{method.upper()} /{'/'.join(words)}")
        return ask_lxd(self, method, words, project, parameters, **given)

    monkeypatch.setattr(Session, "_ask", noted)
    return seen


def test_no_operation_is_asked_for_twice_and_nothing_at_rest(
    cloud: Cloud, tarball: Path, lxd: RunningLxd, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    image_id = upload(cloud, "tiny", tarball.read_bytes())
    for path in (SERVERS, f"{VOLUME}/volumes"):
        assert cloud.get("alice", path).status_code == 200
    # Of a new connection it is not certain yet that it hears everything.
    time.sleep(SETTLES_S)
    asked.clear()
    server_id = ask(cloud, image_id, "followed").json["server"]["id"]
    started = len(asked)
    # Nobody asks Jumpgate meanwhile: whatever asks LXD is Jumpgate's own.
    assert wait_until(lambda: is_ready(lxd, "followed"), timeout_s=60, interval_s=0.5)
    while_built = asked[started:]
    remembered = len(asked)
    time.sleep(QUIET_S)
    assert asked[remembered:] == []

    url = f"{SERVERS}/{server_id}/action"
    for action, status in (("os-stop", "SHUTOFF"), ("os-start", "ACTIVE")):
        assert cloud.post("alice", url, {action: None}).status_code == 202
        settled(cloud, server_id, status)
    remove(cloud, server_id)
    # A task that has waited for long looks once more.
    monkeypatch.setattr(work, "PATIENCE_S", 60.0)
    volume = made(cloud, "volume", size=1, imageRef=image_id)
    backup = made(cloud, "backup", volume_id=volume)
    assert cloud.delete("alice", f"{VOLUME}/backups/{backup}").status_code == 202
    assert cloud.delete("alice", f"{VOLUME}/volumes/{volume}").status_code == 202
    cloud.delete("alice", f"/image/v2/images/{image_id}")
    operations = Counter(line for line in asked if line.startswith("GET /operations/"))
    assert operations
    assert max(operations.values()) == 1, operations
    assert len(while_built) < 40, while_built


def is_ready(lxd: RunningLxd, name: str) -> bool:
    """Tell whether nothing is being done any more with the one instance of that name, as LXD has it."""
    records = json.loads(lxd.lxc("query", "/1.0/instances?recursion=1&all-projects=true"))
    return any(item["name"] == name and "user.openstack.launched" in item["config"] for item in records)


def made(cloud: Cloud, kind: str, **wanted: Any) -> str:
    """Return the id of a volume or a backup that is made, and available."""
    thing: dict[str, Any] = cloud.post("alice", f"{VOLUME}/{kind}s", {kind: wanted}).json[kind]
    url = f"{VOLUME}/{kind}s/{thing['id']}"
    assert wait_until(lambda: bool(cloud.get("alice", url).json[kind]["status"] == "available"), timeout_s=60)
    return str(thing["id"])
