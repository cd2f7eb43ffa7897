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

from jumpgate.clouds.lxd.events import SETTLES_S
from jumpgate.clouds.lxd.session import Record, Session
from tests.lxd.servers import SERVERS, ask, remove, settled, upload
from tests.support.cloud import Cloud
from tests.support.lxd import RunningLxd
from tests.support.waiting import wait_until

QUIET_S = 3


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
    cloud: Cloud, tarball: Path, lxd: RunningLxd, asked: list[str]
) -> None:
    image_id = upload(cloud, "tiny", tarball.read_bytes())
    assert cloud.get("alice", SERVERS).json["servers"] == []
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
    cloud.delete("alice", f"/image/v2/images/{image_id}")
    operations = Counter(line for line in asked if line.startswith("GET /operations/"))
    assert operations
    assert max(operations.values()) == 1, operations
    assert len(while_built) < 40, while_built


def is_ready(lxd: RunningLxd, name: str) -> bool:
    """Tell whether nothing is being done any more with the one instance of that name, as LXD has it."""
    records = json.loads(lxd.lxc("query", "/1.0/instances?recursion=1&all-projects=true"))
    return any(item["name"] == name and "user.openstack.launched" in item["config"] for item in records)
