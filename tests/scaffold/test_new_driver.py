"""`jumpgate new-driver` writes a package that installs, lists itself, passes its own tests and serves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from jumpgate.cli import main
from jumpgate.scaffold import write
from jumpgate.scaffold.template.jumpgate_mycloud import compute as template
from tests.support.calls import call, log_in
from tests.support.ports import LOOPBACK, find_free_port
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
NAME = "acme_cloud"


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["new-driver", *arguments]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    return printed.err


@pytest.mark.parametrize("name", ["", "9cloud", "my-cloud", "My", "import", "my cloud", "../up"])
def test_a_name_that_no_module_can_have_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    line = complaint(capsys, name, "--output", str(tmp_path / "new"))

    assert line == f"jumpgate: {name!r} is no name for a driver: small letters, digits and _, with a letter first.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_name_in_the_box_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "comes with Jumpgate" in complaint(capsys, "embedded", "--output", str(tmp_path / "new"))


def test_nothing_is_written_over(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert complaint(capsys, NAME, "--output", str(tmp_path)) == (
        f"jumpgate: {tmp_path} exists already: name another folder with --output.\n"
    )


def test_the_package_has_the_drivers_name_throughout(tmp_path: Path) -> None:
    files = write(NAME, tmp_path / "new")

    assert sorted(str(file.relative_to(tmp_path / "new")) for file in files) == [
        "README.md",
        "jumpgate.conf",
        "jumpgate_acme_cloud/__init__.py",
        "jumpgate_acme_cloud/client.py",
        "jumpgate_acme_cloud/compute.py",
        "jumpgate_acme_cloud/errors.py",
        "jumpgate_acme_cloud/flavors.py",
        "jumpgate_acme_cloud/servers.py",
        "pyproject.toml",
        "tests/test_compute.py",
        "tests/test_installed.py",
    ]
    text = "\n".join(file.read_text() for file in files)
    assert "class AcmeCloudServers(Servers):" in text
    assert 'acme_cloud = "jumpgate_acme_cloud.compute"' in text
    assert "mycloud" not in text.lower()


def test_what_to_do_next_is_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["new-driver", NAME, "--output", str(tmp_path / "new")]) == 0

    printed = capsys.readouterr().out
    assert f"{tmp_path}/new/README.md says what to fill in." in printed
    assert "pip install -e '.[test]'" in printed


def test_the_template_itself_is_a_driver() -> None:
    assert callable(template.setup_routes)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "jumpgate-acme"
    write(NAME, folder)
    return folder


def run(*command: object, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "JUMPGATE_", "PYTHON"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def python(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment with the package in it; what it needs is seen in this one, so nothing is
    fetched."""
    pytest.importorskip("hatchling", reason="hatchling is not installed here: pip install 'jumpgate[test]'")
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    program = folder / "bin" / "python"
    (site,) = (folder / "lib").glob("python*/site-packages")
    (site / "seen.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    options = ("--no-build-isolation", "--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", program, "install", *options, package, cwd=package)
    return program


@pytest.mark.slow
def test_it_lists_itself(python: Path, package: Path, tmp_path: Path) -> None:
    options = ("--config", "jumpgate.conf", "--state", tmp_path / "state")

    listed = run(python, "-m", "jumpgate.cli", "drivers", *options, cwd=package)

    assert "compute in RegionOne: jumpgate_acme_cloud.compute" in listed
    assert "servers.create servers.delete servers.find servers.get servers.start servers.stop" in " ".join(
        listed.split()
    )
    assert "acme_cloud (jumpgate_acme_cloud.compute)" in listed.split("Installed, ")[1]


@pytest.mark.slow
def test_nothing_is_wrong_with_it(python: Path, package: Path, tmp_path: Path) -> None:
    options = ("--config", "jumpgate.conf", "--state", tmp_path / "state")

    checked = run(python, "-m", "jumpgate.cli", "check", *options, cwd=package)

    assert "compute in RegionOne: " in checked
    assert "wrong" not in checked


@pytest.mark.slow
def test_its_own_tests_pass(python: Path, package: Path) -> None:
    said = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=package)

    assert " passed, " in said
    assert "methods of Compute are offered; not " in said


@pytest.fixture
def served(python: Path, package: Path, tmp_path: Path) -> Iterator[Path]:
    """The state directory of a server with the package's own configuration."""
    port, state = find_free_port(), tmp_path / "state"
    command = [str(python), "-m", "jumpgate.cli", "serve", "--config", "jumpgate.conf"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "PYTHON"))}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--state", str(state), "--port", str(port)],
            cwd=package,
            env={**environment, "JUMPGATE_TRACE": "1"},
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: server.poll() is not None or _answers(port), timeout_s=60)
        assert server.poll() is None, (tmp_path / "log").read_text()
        yield state
    finally:
        server.terminate()
        server.wait(30)


def _answers(port: int) -> bool:
    try:
        return call(f"http://{LOOPBACK}:{port}/healthcheck").status == 200
    except OSError:
        return False


@pytest.mark.slow
def test_it_serves(served: Path, tmp_path: Path) -> None:
    client = log_in(served)
    flavors = client.call("compute", "/flavors").json["flavors"]
    server = {"name": "web", "flavorRef": flavors[0]["id"], "imageRef": _image(client), "networks": "none"}
    headers = {"OpenStack-API-Version": "compute 2.37"}
    made = client.call("compute", "/servers", "POST", {"server": server}, headers=headers)
    assert made.status == 202, made.text

    def active() -> bool:
        return [item["status"] for item in listed(client)] == ["ACTIVE"]

    wait_until(active, timeout_s=30)
    (web,) = listed(client)
    assert (web["name"], web["id"]) == ("web", made.json["server"]["id"])
    log = (tmp_path / "log").read_text()
    assert "servers.create(spec=ServerSpec(name='web'" in log
    refused = client.call("compute", f"/servers/{web['id']}/action", "POST", {"pause": None})
    assert refused.status == 501
    command = (sys.executable, "-m", "openstackclient.shell", "server", "list", "-f", "json")
    shown = run(*command, cwd=tmp_path, environment=_clouds(served))
    assert [(row["Name"], row["Status"]) for row in json.loads(shown)] == [("web", "ACTIVE")]


def listed(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.call("compute", "/servers/detail").json["servers"]
    return found


def _image(client: Any) -> str:
    made = client.call(
        "image", "/v2/images", "POST", {"name": "cirros", "disk_format": "raw", "container_format": "bare"}
    )
    image_id: str = made.json["id"]
    headers = {"Content-Type": "application/octet-stream"}
    client.call("image", f"/v2/images/{image_id}/file", "PUT", b"\0" * 512, headers=headers)
    return image_id


def _clouds(state: Path) -> Mapping[str, str]:
    return {"OS_CLIENT_CONFIG_FILE": str(state / "clouds.yaml"), "OS_CLOUD": "jumpgate"}
