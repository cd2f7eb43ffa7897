"""The front: which service a path belongs to, ports, proxies' headers, `/` and `/healthcheck`, and the URLs of all."""

from __future__ import annotations

from typing import Any

import pytest
from falcon.testing import TestClient

from jumpgate.api import Jumpgate
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.common.mount import Mount

SILENT = "".join(f"[{name}]\ndriver=tests.support.silent\n" for name in SERVICE_NAMES)


class Where:
    """Says where it stands."""

    def __init__(self, disp: Any) -> None:
        self.disp = disp

    def on_get(self, req: Any, resp: Any) -> None:
        resp.body = {
            "service": self.disp.service.name,
            "region": self.disp.region,
            "url": self.url(req),
            "path": req.path,
        }

    def url(self, req: Any) -> str:
        return str(self.disp.get_endpoint_url(req, "versions"))


def client(text: str = "") -> TestClient:
    """An application in which every service's root says where it stands."""
    app = Jumpgate(Config.from_text(SILENT + text))
    for disp in app.dispatchers():
        disp.set_handler("versions", Where(disp))
    return TestClient(app)


def url(client: TestClient, path: str, **options: Any) -> str:
    result = client.simulate_get(path, host="cloud.example.org", **options)
    assert result.status_code == 200, result.text
    return str(result.json["url"])


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/compute", "compute"),
        ("/compute/", "compute"),
        ("/volume/", "block_storage"),
        ("/identity/", "identity"),
        ("/image/", "image"),
        ("/network/", "network"),
    ],
)
def test_the_first_segment_chooses_the_service(path: str, service: str) -> None:
    assert client().simulate_get(path).json["service"] == service


def test_a_longer_prefix_wins_over_a_shorter_one() -> None:
    several = client(
        "[compute:eu]\ndriver=tests.support.silent\nmount=/compute/eu\n[image:eu]\ndriver=tests.support.silent\n"
    )

    assert several.simulate_get("/compute/").json["region"] == "RegionOne"
    assert several.simulate_get("/compute/eu/").json["region"] == "eu"
    assert several.simulate_get("/eu/image/").json["region"] == "eu"
    assert several.simulate_get("/compute/eu2/").status_code == 404


def test_a_prefix_may_have_any_number_of_segments() -> None:
    text = SILENT.replace("[compute]\n", "[compute]\nmount=/clouds/north/rack/nova\n")
    app = Jumpgate(Config.from_text(text))
    app.get_dispatcher("compute").set_handler("versions", Where(app.get_dispatcher("compute")))

    assert TestClient(app).simulate_get("/clouds/north/rack/nova/").json["service"] == "compute"
    assert TestClient(app).simulate_get("/clouds/north/rack").status_code == 404


def test_a_service_may_stand_at_the_root() -> None:
    text = SILENT.replace("[compute]\n", "[compute]\nmount=/\n")
    app = Jumpgate(Config.from_text(text))
    app.get_dispatcher("compute").set_handler("versions", Where(app.get_dispatcher("compute")))
    app.get_dispatcher("image").set_handler("versions", Where(app.get_dispatcher("image")))

    assert TestClient(app).simulate_get("/").json["service"] == "compute"
    assert TestClient(app).simulate_get("/image/").json["service"] == "image"


@pytest.mark.parametrize("path", ["/nowhere", "/computer", "/compute2/v2", "/eu", "//", "/eu/nowhere"])
def test_a_path_of_no_service_is_404(path: str) -> None:
    result = client().simulate_get(path)

    assert result.status_code == 404
    assert result.json["error"]["code"] == 404


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_health_check_answers_without_any_service(method: str) -> None:
    result = client().simulate_request(method, "/healthcheck")

    assert (result.status_code, result.text) == (200, "OK" if method == "GET" else result.text)


def test_the_root_lists_the_services() -> None:
    services = client().simulate_get("/", host="cloud.example.org").json["services"]

    assert [(item["service"], item["url"]) for item in services][1] == ("compute", "http://cloud.example.org/compute/")
    assert len(services) == len(SERVICE_NAMES)


def test_the_root_is_a_page_for_a_browser() -> None:
    result = client().simulate_get("/", headers={"Accept": "text/html"}, host="h<x>")

    assert result.headers["Content-Type"].startswith("text/html")
    assert "<x>" not in result.text


def test_the_root_can_only_be_read() -> None:
    result = client().simulate_post("/")

    assert (result.status_code, result.headers["Allow"]) == (405, "GET, HEAD")


FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "public.example.org", "X-Forwarded-Prefix": "/os/"}


def test_a_trusted_proxy_tells_where_the_client_was() -> None:
    trusting = client("[server]\ntrusted_proxies=192.0.2.0/24\n")

    assert (
        url(trusting, "/compute/", headers=FORWARDED, remote_addr="192.0.2.1")
        == "https://public.example.org/os/compute/"
    )


@pytest.mark.parametrize("address", ["198.51.100.1", "not an address", "::1"])
def test_nobody_else_does(address: str) -> None:
    trusting = client("[server]\ntrusted_proxies=192.0.2.0/24\n")

    assert url(trusting, "/compute/", headers=FORWARDED, remote_addr=address) == "http://cloud.example.org/compute/"
    assert url(client(), "/compute/", headers=FORWARDED, remote_addr="192.0.2.1") == "http://cloud.example.org/compute/"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Forwarded-Proto": "gopher"}, "http://cloud.example.org/compute/"),
        ({"X-Forwarded-Proto": "https, http"}, "https://cloud.example.org/compute/"),
        ({"X-Forwarded-Host": "first.example.org, second"}, "http://first.example.org/compute/"),
        ({"X-Forwarded-Prefix": "evil"}, "http://cloud.example.org/compute/"),
    ],
)
def test_of_several_proxies_the_first_counts(headers: dict[str, str], expected: str) -> None:
    trusting = client("[server]\ntrusted_proxies=192.0.2.1\n")

    assert url(trusting, "/compute/", headers=headers, remote_addr="192.0.2.1") == expected


def test_below_another_applications_prefix_the_links_are_right() -> None:
    app = client().app

    def outer(env: dict[str, Any], start_response: Any) -> Any:
        env["SCRIPT_NAME"], env["PATH_INFO"] = "/outer", env["PATH_INFO"].removeprefix("/outer")
        return app(env, start_response)

    assert url(TestClient(outer), "/outer/compute/") == "http://cloud.example.org/outer/compute/"


def test_a_public_url_replaces_whatever_the_request_says() -> None:
    public = client("[server]\npublic_url=https://api.example.org/os\n")

    assert url(public, "/compute/") == "https://api.example.org/os/compute/"


def alone(path: str, port: int | None) -> Any:
    """Ask a server of one port: `port` is that of a service alone, None the shared one."""
    text = SILENT.replace("[compute]\n", "[compute]\nport=8774\n")
    app = Jumpgate(Config.from_text(text))
    for disp in app.dispatchers():
        disp.set_handler("versions", Where(disp))
    extras = {} if port is None else {"jumpgate.port": port}
    return TestClient(app).simulate_get(path, host="h:8000" if port is None else f"h:{port}", extras=extras)


def test_a_service_on_a_port_of_its_own_needs_no_prefix() -> None:
    assert alone("/", 8774).json == {"service": "compute", "region": "RegionOne", "url": "http://h:8774/", "path": "/"}
    assert alone("/compute/", None).status_code == 404


ENV = {"wsgi.url_scheme": "http", "HTTP_HOST": "h:8000", "SERVER_NAME": "s", "SERVER_PORT": "1"}


@pytest.mark.parametrize(
    ("mount", "env", "url"),
    [
        (Mount("/x"), {}, "http://h:8000/x"),
        (Mount("/x"), {"HTTP_HOST": ""}, "http://s:1/x"),
        (Mount("/x"), {"HTTP_HOST": "h", "wsgi.url_scheme": "https"}, "https://h/x"),
        (Mount("", 8774), {}, "http://h:8774"),
        (Mount("", 8774), {"HTTP_HOST": "[::1]:8000"}, "http://[::1]:8774"),
        (Mount("", 8774), {"HTTP_HOST": "h"}, "http://h:8774"),
        (Mount("", 8774), {"HTTP_HOST": "h:80", "jumpgate.port": 8774}, "http://h:80"),
        (Mount("/x"), {"HTTP_HOST": "h:8774", "jumpgate.port": 8774, "jumpgate.shared_port": 8000}, "http://h:8000/x"),
        (Mount("", 9292), {"HTTP_HOST": "h:8774", "jumpgate.port": 8774}, "http://h:9292"),
        (Mount("/x", None, "https://p/q"), {}, "https://p/q"),
    ],
)
def test_a_services_url_follows_the_request_and_the_ports(mount: Mount, env: dict[str, Any], url: str) -> None:
    assert mount.base_url({**ENV, **env}) == url
