"""Serving: workers, signals, ports, proxies, the pages of the front, and the log, with the real program."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from jumpgate.common.config import SERVICE_NAMES
from tests.support.calls import Answer, call, log_in
from tests.support.ports import find_free_port
from tests.support.served import Served
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

Serve = Callable[..., Served]

DRIVER = """
import os
import time
from pathlib import Path


class Index:
    def on_get(self, req, resp):
        resp.body = {"pid": os.getpid()}


class Slow:
    def on_get(self, req, resp):
        Path(__file__).with_name("begun").touch()
        time.sleep(1)
        resp.body = {"slept": True}


class Failing:
    def on_get(self, req, resp):
        raise RuntimeError("the driver is broken")


def setup_routes(app, disp):
    if disp.service.name == "compute":
        disp.set_handler("v2_index", Index())
        disp.set_handler("v2_extensions", Slow())
        disp.set_handler("v2_limits", Failing())
"""
INDEX, SLOW, FAILING = "/v2", "/v2/extensions", "/v2/limits"


@pytest.fixture
def configured(serve: Serve, tmp_path: Path) -> Callable[..., Served]:
    """Serve a configuration whose drivers are DRIVER: ``configured(server={"workers": "1"}, compute={...})``."""
    (tmp_path / "raw_driver.py").write_text(DRIVER)

    def start(*arguments: str, **sections: Mapping[str, str]) -> Served:
        return serve(
            "--config",
            str(configuration(tmp_path, "raw_driver", sections)),
            *arguments,
            environment={"PYTHONPATH": str(tmp_path)},
        )

    return start


def configuration(folder: Path, driver: str, sections: Mapping[str, Mapping[str, str]]) -> Path:
    """Write a configuration in which every service has the driver ("{}" in it is the service's name)."""
    options = {name: {"driver": driver.format(name), **sections.get(name, {})} for name in SERVICE_NAMES}
    file = folder / "jumpgate.conf"
    file.write_text(
        "".join(
            f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
            for name, values in {**sections, **options}.items()
        )
    )
    return file


def test_several_workers_share_the_port(configured: Callable[..., Served]) -> None:
    server = configured("--workers", "3")

    pids = {call(f"{server.url}/compute{INDEX}").json["pid"] for _ in range(100)}

    assert len(pids) > 1
    assert server.process.pid not in pids


def test_a_worker_that_dies_is_replaced(configured: Callable[..., Served]) -> None:
    server = configured("--workers", "1")
    first = call(f"{server.url}/compute{INDEX}").json["pid"]

    os.kill(first, signal.SIGKILL)

    assert wait_until(lambda: not is_running(first) and server.is_healthy(), timeout_s=20)
    assert call(f"{server.url}/compute{INDEX}").json["pid"] != first
    server.stop()


def is_running(pid: int) -> bool:
    """Say whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def terminate(server: Served) -> None:
    server.process.terminate()


def press_ctrl_c(server: Served) -> None:
    """Send SIGINT to the whole process group, as a terminal does."""
    os.killpg(server.process.pid, signal.SIGINT)


@pytest.mark.parametrize("stop", [terminate, press_ctrl_c])
@pytest.mark.parametrize("ports", ["one port", "two ports"])
def test_a_signal_lets_the_request_at_hand_finish(
    configured: Callable[..., Served], tmp_path: Path, stop: Callable[[Served], None], ports: str
) -> None:
    server = configured("--workers", "2", network={} if ports == "one port" else {"port": str(find_free_port())})
    answers: list[Answer] = []
    client = threading.Thread(target=lambda: answers.append(call(f"{server.url}/compute{SLOW}")))
    client.start()
    assert wait_until((tmp_path / "begun").exists, timeout_s=10)

    stop(server)

    client.join(timeout=20)
    assert [answer.json for answer in answers] == [{"slept": True}]
    assert server.process.wait(timeout=20) == 0, server.log
    assert not server.is_healthy()
    assert "Traceback" not in server.log


def answers(port: int) -> bool:
    """Say whether a port is served yet: each has a server of its own, which is ready when it is."""
    try:
        return call(f"http://127.0.0.1:{port}/healthcheck").status == 200
    except OSError:
        return False


def test_a_service_with_a_port_of_its_own_is_there_and_nowhere_else(configured: Callable[..., Served]) -> None:
    port = find_free_port()
    server = configured(compute={"port": str(port)})
    assert wait_until(lambda: answers(port), timeout_s=30)

    alone = call(f"http://127.0.0.1:{port}{INDEX}")

    assert alone.status == 200
    assert call(f"http://127.0.0.1:{port}/healthcheck").status == 200
    assert call(f"{server.url}/compute{INDEX}").status == 404
    assert call(f"{server.url}/network/v2.0/networks").status == 501
    assert call(f"http://127.0.0.1:{port}/network/v2.0/networks").status == 404
    server.stop()


def test_the_catalog_names_the_ports_of_services(serve: Serve, tmp_path: Path) -> None:
    ports = {name: find_free_port() for name in SERVICE_NAMES}
    sections = {name: {"port": str(port)} for name, port in ports.items()}
    server = serve_alone(serve, configuration(tmp_path, "jumpgate.{}.drivers.embedded", sections), ports["identity"])

    login = log_in(server.state)

    places = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    assert login.urls["identity"] == places["identity"]
    assert login.urls["compute"] == f"{places['compute']}/v2.1"
    assert login.urls["image"] == places["image"]
    assert login.urls["block-storage"] == f"{places['block_storage']}/v3/{login.project_id}"
    assert login.urls["network"] == places["network"]
    assert login.call("compute", "/servers").status == 200
    assert login.call("network", "/v2.0/networks").status == 200
    server.stop()


def serve_alone(serve: Serve, config: Path, port: int) -> Served:
    """Serve a configuration in which no service is on the shared port."""
    return serve("--config", str(config), port=port)


def index_url(server: Served, headers: Mapping[str, str]) -> str:
    """Return the URL of the identity service that ``GET /`` tells a client who sends these headers."""
    services = call(server.url, headers=headers).json["services"]
    return str(next(item["url"] for item in services if item["service"] == "identity"))


FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "cloud.example.org",
    "X-Forwarded-Prefix": "/openstack/",
}


def test_a_trusted_proxy_says_where_the_client_is(configured: Callable[..., Served]) -> None:
    server = configured(server={"trusted_proxies": "192.0.2.0/24, 127.0.0.1/32"})

    assert index_url(server, FORWARDED) == "https://cloud.example.org/openstack/identity/"


def test_nobody_else_says_where_the_client_is(configured: Callable[..., Served]) -> None:
    server = configured(server={"trusted_proxies": "192.0.2.0/24"})

    assert index_url(server, FORWARDED) == f"{server.url}/identity/"


def test_without_proxies_forwarded_headers_mean_nothing(configured: Callable[..., Served]) -> None:
    server = configured()

    assert index_url(server, FORWARDED) == f"{server.url}/identity/"


def test_a_public_url_wins_over_the_request(configured: Callable[..., Served]) -> None:
    server = configured(server={"public_url": "https://cloud.example.org/"})

    assert index_url(server, {}) == "https://cloud.example.org/identity/"


def test_the_root_lists_the_services_for_programs_and_for_people(configured: Callable[..., Served]) -> None:
    server = configured()

    program, browser = call(server.url), call(server.url, headers={"Accept": "text/html,application/xhtml+xml,*/*"})

    assert program.headers["content-type"] == "application/json"
    assert {item["service"] for item in program.json["services"]} == set(SERVICE_NAMES)
    assert browser.headers["content-type"] == "text/html; charset=utf-8"
    assert all(f'href="{item["url"]}"' in browser.text for item in program.json["services"])


def test_the_health_check_needs_no_token(configured: Callable[..., Served]) -> None:
    server = configured()

    answer = call(f"{server.url}/healthcheck")

    assert (answer.status, answer.body) == (200, b"OK")


def test_a_path_of_no_service_is_not_found(configured: Callable[..., Served]) -> None:
    server = configured()

    answer = call(f"{server.url}/nothing/here")

    assert answer.status == 404
    assert answer.json["error"]["code"] == 404


TEXT_LINE = re.compile(
    r"^\d{4}-\d\d-\d\dT[\d:.]+Z req-[0-9a-f-]{36} compute v2_index GET project=- 200 \d+\.?\d*ms$", re.MULTILINE
)


def test_the_text_log_has_one_line_for_each_request(configured: Callable[..., Served]) -> None:
    server = configured()

    for _ in range(3):
        call(f"{server.url}/compute{INDEX}")
    server.stop()

    assert len(TEXT_LINE.findall(server.log)) == 3


def test_the_json_log_has_one_object_for_each_request(configured: Callable[..., Served]) -> None:
    server = configured(server={"log_format": "json"})

    answer = call(f"{server.url}/compute{INDEX}")
    server.stop()

    lines = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    (request,) = [line for line in lines if line["logger"] == "jumpgate.access"]
    assert request.items() >= {"service": "compute", "endpoint": "v2_index", "method": "GET", "status": 200}.items()
    assert request["id"] == answer.headers["x-openstack-request-id"]
    assert request["ms"] >= 0
    assert request["project"] == "-"


def test_an_unexpected_error_is_in_the_log_and_not_in_the_answer(configured: Callable[..., Served]) -> None:
    server = configured()

    answer = call(f"{server.url}/compute{FAILING}")
    server.stop()

    assert answer.status == 500
    assert "the driver is broken" not in answer.text
    assert "the driver is broken" in server.log
    assert answer.headers["x-openstack-request-id"] in server.log


def test_a_port_in_use_is_said_in_one_line(configured: Callable[..., Served], tmp_path: Path) -> None:
    server = configured()
    port = server.url.rpartition(":")[2]
    command = [sys.executable, "-m", "jumpgate.cli", "serve", "--config", str(tmp_path / "jumpgate.conf")]

    second = subprocess.run(
        [*command, "--port", port],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert second.returncode == 2
    assert second.stdout == ""
    assert second.stderr == (
        f"jumpgate: Cannot listen on 127.0.0.1:{port}: Address already in use. Choose another --port.\n"
    )


def test_the_embedded_cloud_answers_soon(
    serve: Serve, record_testsuite_property: Callable[[str, object], None]
) -> None:
    began = time.monotonic()
    server = serve("--workers", "1")
    cold = time.monotonic() - began
    server.stop()
    began = time.monotonic()
    serve("--workers", "1", state=server.state)
    warm = time.monotonic() - began

    record_testsuite_property("cold_start_s", round(cold, 2))
    record_testsuite_property("warm_start_s", round(warm, 2))
    assert cold < 30
    assert warm < 30
