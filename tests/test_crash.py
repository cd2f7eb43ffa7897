"""A crash loses nothing that was acknowledged: kill -9 in the middle of work, then a start on the same state."""

from __future__ import annotations

import hashlib
import http.client
import itertools
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.calls import Login, log_in
from tests.support.served import Served
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROUNDS = 3
ACKNOWLEDGED_BEFORE_CRASH = 100
MOST_OF_EACH = 60
PATIENCE_S = 90
IMAGE_BYTES = 300_000
VOLUME_API = {"OpenStack-API-Version": "volume 3.27"}

# Where each kind lives: service type, collection, and the key of one thing's body.
PLACES = {
    "network": ("network", "/v2.0/networks", "network"),
    "subnet": ("network", "/v2.0/subnets", "subnet"),
    "server": ("compute", "/servers", "server"),
    "keypair": ("compute", "/os-keypairs", "keypair"),
    "volume": ("block-storage", "/volumes", "volume"),
    "image": ("image", "/v2/images", None),
}


class ServerGone(Exception):
    """The server did not answer: it has been killed."""


@dataclass
class Ledger:
    """What the server has acknowledged. Each thing is noted after the answer arrived, and only then."""

    present: dict[tuple[str, str], Any] = field(default_factory=dict)
    gone: set[tuple[str, str]] = field(default_factory=set)
    attached: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, thing_id: str, expected: Any = None) -> None:
        with self.lock:
            self.present[kind, thing_id] = expected

    def note_attached(self, volume_id: str, server_id: str) -> None:
        with self.lock:
            self.present["volume", volume_id] = None
            self.attached[volume_id] = server_id

    def doubt(self, kind: str, thing_id: str) -> None:
        """From here on the thing may be there or not."""
        with self.lock:
            self.present.pop((kind, thing_id), None)
            self.attached.pop(thing_id, None)

    def note_gone(self, kind: str, thing_id: str) -> None:
        with self.lock:
            self.gone.add((kind, thing_id))

    def count(self) -> int:
        with self.lock:
            return len(self.present) + len(self.gone) + len(self.attached)

    def of(self, kind: str) -> dict[str, Any]:
        return {thing_id: expected for (one, thing_id), expected in self.present.items() if one == kind}


class Client:
    """One thread's client: a connection that stays open and the token that all share."""

    def __init__(self, login: Login, ledger: Ledger) -> None:
        self.login = login
        self.ledger = ledger
        self._connections: dict[str, http.client.HTTPConnection] = {}

    def send(self, service: str, path: str, method: str, body: Any = None) -> Any:
        """Return the JSON of a 2xx answer, {} for one without a body; note any other as refused and raise."""
        status, content = self._exchange(self.login.urls[service] + path, method, body)
        if not 200 <= status < 300:
            self.ledger.refused.append(f"{method} {service}{path}: {status} {content[:300]!r}")
            raise ServerGone
        return json.loads(content) if content else {}

    def _exchange(self, url: str, method: str, body: Any) -> tuple[int, bytes]:
        parts = urlsplit(url)
        connection = self._connections.setdefault(parts.netloc, http.client.HTTPConnection(parts.netloc, timeout=60))
        raw = isinstance(body, bytes)
        headers = {"X-Auth-Token": self.login.token, "Accept": "application/json"}
        headers["Content-Type"] = "application/octet-stream" if raw else "application/json"
        data = body if raw or body is None else json.dumps(body).encode()
        try:
            connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), data, headers)
            with connection.getresponse() as response:
                return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise ServerGone from error

    def create(self, kind: str, attributes: Any) -> str:
        service, path, key = PLACES[kind]
        made = self.send(service, path, "POST", attributes if key is None else {key: attributes})
        found = made if key is None else made[key]
        thing_id = str(found["name"] if kind == "keypair" else found["id"])
        self.ledger.note(kind, thing_id)
        return thing_id

    def delete(self, kind: str, thing_id: str) -> None:
        service, path, _ = PLACES[kind]
        self.ledger.doubt(kind, thing_id)
        self.send(service, f"{path}/{thing_id}", "DELETE")
        self.ledger.note_gone(kind, thing_id)

    def status(self, kind: str, thing_id: str) -> str:
        service, path, key = PLACES[kind]
        found = self.send(service, f"{path}/{thing_id}", "GET")
        return str((found if key is None else found[key])["status"])


@dataclass(frozen=True)
class Ground:
    """What all threads build on: made and settled before any crash."""

    network_id: str
    image_id: str
    flavor_id: str
    server_id: str


def make_networks(client: Client, ground: Ground, number: int) -> None:
    network_id = client.create("network", {"name": f"crash-{number}"})
    subnet = {"network_id": network_id, "ip_version": 4, "cidr": "10.1.0.0/24"}
    subnet_id = client.create("subnet", subnet)
    if number % 3 == 0:
        client.ledger.doubt("subnet", subnet_id)
        client.delete("network", network_id)
        client.ledger.note_gone("subnet", subnet_id)


def make_servers(client: Client, ground: Ground, number: int) -> None:
    server = {
        "name": f"crash-{number}",
        "imageRef": ground.image_id,
        "flavorRef": ground.flavor_id,
        "networks": [{"uuid": ground.network_id}],
    }
    server_id = client.create("server", server)
    if number % 3 == 0:
        client.delete("server", server_id)


def make_volumes(client: Client, ground: Ground, number: int) -> None:
    volume_id = client.create("volume", {"name": f"crash-{number}", "size": 1})
    assert wait_until(lambda: client.status("volume", volume_id) != "creating", timeout_s=PATIENCE_S)
    if number % 3 == 0:
        client.delete("volume", volume_id)


def attach_volumes(client: Client, ground: Ground, number: int) -> None:
    volume_id = client.create("volume", {"name": f"attached-{number}", "size": 1})
    assert wait_until(lambda: client.status("volume", volume_id) != "creating", timeout_s=PATIENCE_S)
    attachments = f"/servers/{ground.server_id}/os-volume_attachments"
    client.ledger.doubt("volume", volume_id)
    client.send("compute", attachments, "POST", {"volumeAttachment": {"volumeId": volume_id}})
    client.ledger.note_attached(volume_id, ground.server_id)
    if number % 2 == 0:
        client.ledger.doubt("volume", volume_id)
        client.send("compute", f"{attachments}/{volume_id}", "DELETE")
        client.ledger.note("volume", volume_id)


def make_images(client: Client, ground: Ground, number: int) -> None:
    image = {"name": f"crash-{number}", "disk_format": "raw", "container_format": "bare"}
    image_id = client.create("image", image)
    content = os.urandom(IMAGE_BYTES)
    client.send("image", f"/v2/images/{image_id}/file", "PUT", content)
    client.ledger.note("image", image_id, hashlib.md5(content, usedforsecurity=False).hexdigest())
    if number % 3 == 0:
        client.delete("image", image_id)


def make_keypairs(client: Client, ground: Ground, number: int) -> None:
    name = client.create("keypair", {"name": f"crash-{os.urandom(4).hex()}"})
    if number % 3 == 0:
        client.delete("keypair", name)


WORK = (make_networks, make_servers, make_servers, make_volumes, attach_volumes, make_images, make_keypairs)


def work(step: Callable[[Client, Ground, int], None], login: Login, ledger: Ledger, ground: Ground) -> None:
    """Repeat a step until the server is gone."""
    client = Client(login, ledger)
    try:
        for number in itertools.islice(itertools.count(1), MOST_OF_EACH):
            step(client, ground, number)
    except ServerGone:
        pass
    except AssertionError as error:
        ledger.refused.append(f"{step.__name__} waited in vain: {error}")


def crash_at_work(server: Served, ledger: Ledger, ground: Ground, login: Login) -> None:
    """Let every thread work, and kill the server when enough has been acknowledged."""
    enough = ledger.count() + ACKNOWLEDGED_BEFORE_CRASH
    threads = [threading.Thread(target=work, args=(step, login, ledger, ground)) for step in WORK]
    for thread in threads:
        thread.start()
    acknowledged = wait_until(lambda: ledger.count() >= enough or bool(ledger.refused), timeout_s=PATIENCE_S)
    server.kill()
    for thread in threads:
        thread.join(timeout=PATIENCE_S)
    assert ledger.refused == []
    assert acknowledged, f"only {ledger.count()} answers came in {PATIENCE_S} s"


def lay_ground(login: Login, admin: Login) -> Ground:
    """Lift the quotas and make what the threads build on."""
    lift_quotas(login.project_id, admin)
    client = Client(login, Ledger())
    network_id = client.create("network", {"name": "ground"})
    client.create("subnet", {"network_id": network_id, "ip_version": 4, "cidr": "10.0.0.0/16"})
    image_id = client.create("image", {"name": "ground", "disk_format": "raw", "container_format": "bare"})
    client.send("image", f"/v2/images/{image_id}/file", "PUT", os.urandom(IMAGE_BYTES))
    flavors = client.send("compute", "/flavors/detail", "GET")["flavors"]
    flavor_id = min(flavors, key=lambda flavor: flavor["ram"])["id"]
    ground = Ground(network_id, image_id, flavor_id, "")
    make_servers(client, ground, 1)
    (server_id,) = client.ledger.of("server")
    assert wait_until(lambda: client.status("server", server_id) == "ACTIVE", timeout_s=PATIENCE_S)
    assert client.ledger.refused == []
    return Ground(network_id, image_id, flavor_id, server_id)


def lift_quotas(project_id: str, admin: Login) -> None:
    """Take every limit away that the threads could run into."""
    unlimited = {
        "compute": ("quota_set", f"/os-quota-sets/{project_id}", ("instances", "cores", "ram", "key_pairs")),
        "block-storage": ("quota_set", f"/os-quota-sets/{project_id}", ("volumes", "gigabytes")),
        "network": ("quota", f"/v2.0/quotas/{project_id}", ("network", "subnet", "port")),
    }
    for service, (key, path, resources) in unlimited.items():
        answer = admin.call(service, path, "PUT", {key: dict.fromkeys(resources, -1)})
        assert answer.status == 200, answer.text


def listed(login: Login, service: str, path: str, key: str, **options: Any) -> list[Any]:
    """Return all of a list."""
    answer = login.call(service, path, **options)
    assert answer.status == 200, answer.text
    found: list[Any] = answer.json[key]
    return found


def unsettled(login: Login, ledger: Ledger) -> list[str]:
    """Return what is on its way still, or has no business to be there."""
    return [*_in_transition(login), *_not_gone(login, ledger), *_orphans(login)]


def _in_transition(login: Login) -> Iterator[str]:
    for server in listed(login, "compute", "/servers/detail", "servers"):
        if server["OS-EXT-STS:task_state"] is not None or server["status"] not in ("ACTIVE", "ERROR"):
            yield f"server {server['id']} is {server['status']} ({server['OS-EXT-STS:task_state']})"
    for volume in listed(login, "block-storage", "/volumes/detail", "volumes"):
        if volume["status"] not in ("available", "in-use", "error"):
            yield f"volume {volume['id']} is {volume['status']}"
    for image in listed(login, "image", "/v2/images?limit=1000", "images"):
        if image["status"] not in ("active", "queued"):
            yield f"image {image['id']} is {image['status']}"


def _not_gone(login: Login, ledger: Ledger) -> Iterator[str]:
    for kind, thing_id in ledger.gone:
        service, path, _ = PLACES[kind]
        status = login.call(service, f"{path}/{thing_id}").status
        if status != 404:
            yield f"{kind} {thing_id} was deleted and answers {status}"


def _orphans(login: Login) -> Iterator[str]:
    """Yield the ports and attachments that belong to nothing, and the servers and volumes that miss theirs."""
    servers = {item["id"]: item for item in listed(login, "compute", "/servers/detail", "servers")}
    volumes = {item["id"]: item for item in listed(login, "block-storage", "/volumes/detail", "volumes")}
    ports = listed(login, "network", "/v2.0/ports", "ports")
    held = {item["device_id"] for item in ports if item["device_owner"].startswith("compute:")}
    yield from (f"a port belongs to {owner}, which does not exist" for owner in held - servers.keys())
    alive = {server_id for server_id, server in servers.items() if server["status"] == "ACTIVE"}
    yield from (f"server {server_id} has no port" for server_id in alive - held)
    attachments = listed(login, "block-storage", "/attachments/detail", "attachments", headers=VOLUME_API)
    for item in attachments:
        if item["instance"] not in servers or item["volume_id"] not in volumes:
            yield f"attachment {item['id']} joins {item['instance']} and {item['volume_id']}"
    used = {volume_id for volume_id, volume in volumes.items() if volume["status"] == "in-use"}
    attached = {item["volume_id"] for item in attachments}
    yield from (f"volume {volume_id} is half attached" for volume_id in used ^ attached)
    shown = {item["id"] for server in servers.values() for item in server["os-extended-volumes:volumes_attached"]}
    yield from (f"volume {volume_id} is in use, and no server shows it" for volume_id in used - shown)
    yield from (f"a server shows volume {volume_id}, which is not in use" for volume_id in shown - used)


def assert_all_present(login: Login, ledger: Ledger) -> None:
    """Check every acknowledged thing: there, in a good state, with its bytes."""
    for (kind, thing_id), _ in ledger.present.items():
        service, path, _ = PLACES[kind]
        answer = login.call(service, f"{path}/{thing_id}")
        assert answer.status == 200, f"{kind} {thing_id}: {answer.status} {answer.text}"
    _assert_servers_work(login, ledger.of("server"))
    for volume_id in ledger.of("volume"):
        volume = login.call("block-storage", f"/volumes/{volume_id}").json["volume"]
        expected = "in-use" if volume_id in ledger.attached else "available"
        assert volume["status"] == expected, volume
        assert [item["server_id"] for item in volume["attachments"]] == [
            ledger.attached[volume_id] for _ in range(volume_id in ledger.attached)
        ]
    for image_id, checksum in ledger.of("image").items():
        _assert_image_is_whole(login, image_id, checksum)


def _assert_servers_work(login: Login, server_ids: Iterable[str]) -> None:
    for server_id in server_ids:
        server = login.call("compute", f"/servers/{server_id}").json["server"]
        assert server["status"] == "ACTIVE" or server["fault"]["message"], server


def _assert_image_is_whole(login: Login, image_id: str, checksum: str | None) -> None:
    """An image whose upload was acknowledged has these bytes; any other is queued, or has all it was sent."""
    image = login.call("image", f"/v2/images/{image_id}").json
    if checksum is None:
        assert image["status"] == "queued" or image["size"] == IMAGE_BYTES, image
        return
    content = login.call("image", f"/v2/images/{image_id}/file").body
    assert (image["status"], image["checksum"], image["size"]) == ("active", checksum, IMAGE_BYTES)
    assert hashlib.md5(content, usedforsecurity=False).hexdigest() == checksum


def test_nothing_acknowledged_is_lost_and_nothing_is_stuck(serve: Callable[..., Served], free_port: int) -> None:
    server = serve(port=free_port)
    login, ledger = log_in(server.state), Ledger()
    ground = lay_ground(login, log_in(server.state, "jumpgate-admin"))

    for _ in range(ROUNDS):
        crash_at_work(server, ledger, ground, login)
        server = serve(port=free_port, state=server.state)

        settled = wait_until(lambda: not unsettled(login, ledger), timeout_s=PATIENCE_S, interval_s=0.5)

        assert settled, "\n".join(unsettled(login, ledger))
        assert_all_present(login, ledger)

    assert {kind for kind, _ in ledger.present} == {kind for kind, _ in ledger.gone} == set(PLACES)
    assert ledger.attached
    assert "Traceback" not in server.log
