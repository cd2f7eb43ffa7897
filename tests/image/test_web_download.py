"""Images fetched from a URL: from public addresses, or from networks that the operator names."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from falcon.testing import Result

from jumpgate.common.errors import ConfigError
from tests.image.glance import IMAGES, Glance, refusal

DATA = b"bytes of the web" * 1000


class Site(BaseHTTPRequestHandler):
    """A small web: an image, one that ends early, redirections, and nothing."""

    hosts: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        name = self.path.partition("?")[0]
        if name == "/image":
            self._answer(200, DATA)
        elif name == "/short":
            self._answer(200, DATA[:-1], length=len(DATA))
        elif name.startswith("/to/"):
            self._answer(302, b"", Location=name.removeprefix("/to/"))
        elif name == "/loop":
            self._answer(302, b"", Location="/loop")
        else:
            self._answer(404, b"")

    def _answer(self, status: int, data: bytes, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    """The URL of a web on loopback."""
    Site.hosts.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def near(tmp_path: Path) -> Glance:
    """An image service that may fetch from loopback."""
    return Glance(tmp_path, "import_networks = 127.0.0.0/8\nimport_ports = any")


def fetch(glance: Glance, image_id: str, url: Any, caller: str = "alice") -> Result:
    return glance.post(caller, f"{IMAGES}/{image_id}/import", {"method": {"name": "web-download", "uri": url}})


def task_of(glance: Glance, image_id: str) -> dict[str, Any]:
    (task,) = glance.get("alice", f"{IMAGES}/{image_id}/tasks").json["tasks"]
    found: dict[str, Any] = task
    return found


def test_an_image_is_fetched(near: Glance, web: str) -> None:
    image_id = near.make()

    result = fetch(near, image_id, f"{web}/image?x=1")

    assert (result.status_code, result.text) == (202, "")
    assert near.show(image_id)["status"] == "importing"
    near.settle()
    assert near.download(image_id).content == DATA
    uploaded, fetched = near.show(near.make_active(DATA)), near.show(image_id)
    same = ("status", "size", "virtual_size", "checksum", "os_hash_value", "stores")
    assert {name: fetched[name] for name in same} == {name: uploaded[name] for name in same}
    task = task_of(near, image_id)
    assert (task["status"], task["result"]) == ("success", {"image_id": image_id})
    assert task["input"]["import_req"] == {"method": {"name": "web-download", "uri": f"{web}/image?x=1"}}
    assert Site.hosts == [web.removeprefix("http://")]


def test_redirections_are_followed_and_checked(near: Glance, web: str) -> None:
    here, away = near.make(), near.make()

    fetch(near, here, f"{web}/to//image")
    fetch(near, away, f"{web}/to/http://10.0.0.1/image")
    near.settle()

    assert near.show(here)["status"] == "active"
    assert near.show(away)["status"] == "queued"
    assert task_of(near, away)["message"] == "URI for web-download does not pass filtering: http://10.0.0.1/image"


@pytest.mark.parametrize("path", ["/nothing", "/short", "/loop"])
def test_what_cannot_be_had_queues_the_image_again(near: Glance, web: str, path: str) -> None:
    image_id = near.make()

    assert fetch(near, image_id, web + path).status_code == 202
    near.settle()

    assert near.show(image_id)["status"] == "queued"
    assert task_of(near, image_id)["status"] == "failure"
    assert near.stored() == []
    assert fetch(near, image_id, f"{web}/image").status_code == 202
    near.settle()
    assert near.show(image_id)["status"] == "active"


def test_nobody_there(near: Glance) -> None:
    image_id = near.make()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/image"

        assert fetch(near, image_id, url).status_code == 202
        near.settle()

    assert task_of(near, image_id)["message"].startswith(f"{url} could not be fetched: ")
    assert near.show(image_id)["status"] == "queued"


def test_an_image_larger_than_the_cap_is_not_kept(tmp_path: Path, web: str) -> None:
    glance = Glance(tmp_path, "import_networks = 127.0.0.0/8\nimport_ports = any\nimage_size_cap = 100")
    image_id = glance.make()

    fetch(glance, image_id, f"{web}/image")
    glance.settle()

    assert (glance.show(image_id)["status"], task_of(glance, image_id)["status"]) == ("queued", "failure")
    assert glance.stored() == []


def test_an_image_deleted_meanwhile_leaves_nothing(near: Glance, web: str) -> None:
    image_id = near.make()
    fetch(near, image_id, f"{web}/image")

    assert near.delete("alice", f"{IMAGES}/{image_id}").status_code == 204
    near.settle()

    assert near.stored() == []
    assert Site.hosts == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/image",
        "http://localhost/image",
        "http://[::1]/image",
        "http://[::ffff:127.0.0.1]/image",
        "http://169.254.169.254/latest/meta-data",
        "http://10.1.2.3/image",
        "http://192.168.1.1/image",
        "http://0.0.0.0/image",
        "http://2130706433/image",
        "http://224.0.0.1/image",
        "http://8.8.8.8:22/image",
        "http://user:secret@8.8.8.8/image",
        "http://does-not-exist.invalid/image",
        "ftp://8.8.8.8/image",
        "file:///etc/passwd",
        "http://8.8.8.8:x/image",
        "http:///image",
        "image",
    ],
)
def test_what_is_not_public_is_not_asked(glance: Glance, url: str) -> None:
    image_id = glance.make()

    assert refusal(fetch(glance, image_id, url)) == (400, f"URI for web-download does not pass filtering: {url}")
    assert glance.show(image_id)["status"] == "queued"


@pytest.mark.parametrize("url", [..., None, 7])
def test_a_url_must_be_told(glance: Glance, url: Any) -> None:
    method = {"name": "web-download"} | ({} if url is ... else {"uri": url})

    answer = glance.post("alice", f"{IMAGES}/{glance.make()}/import", {"method": method})

    assert answer.status_code == 400


def test_only_an_image_that_waits_for_data_is_filled(near: Glance, web: str) -> None:
    staged, importing = near.make(), near.make()
    near.stage(staged, b"data")
    fetch(near, importing, f"{web}/image")
    expected = {
        staged: "Image needs to be in 'queued' state to use 'web-download' method",
        importing: f"New operation on image '{importing}' is not permitted as prior operation is still in progress",
        near.make_active(): "Image with status active cannot be target for import",
        near.make(disk_format=...): "'disk_format' needs to be set before import",
    }

    for image_id, message in expected.items():
        assert refusal(fetch(near, image_id, f"{web}/image")) == (409, message)


def test_nobody_fills_anothers_image(near: Glance, web: str) -> None:
    image_id = near.make()

    assert fetch(near, image_id, f"{web}/image", "bob").status_code == 404
    assert fetch(near, image_id, f"{web}/image", "reader").status_code == 403


@pytest.mark.parametrize("line", ["import_networks = here", "import_ports = http"])
def test_an_option_that_makes_no_sense_is_said_at_start(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError, match=line.partition(" ")[0]):
        Glance(tmp_path, line)
