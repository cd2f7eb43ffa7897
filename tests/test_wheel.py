"""The wheel: built, installed in an environment of its own, and served far from the checkout."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.calls import log_in
from tests.support.ports import find_free_port
from tests.support.served import Served
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
LEFT_OUT = ("OS_", "JUMPGATE_", "PYTHONPATH")


def run(*command: str | Path, timeout_s: float = 240) -> str:
    """Run a program outside the checkout and return its output; raise AssertionError with it when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        env={name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout; skips where no package index gives what the build needs."""
    folder = tmp_path_factory.mktemp("dist")
    try:
        run(sys.executable, *PIP, "download", "--quiet", "--no-deps", "--dest", folder / "index", "hatchling")
    except AssertionError as error:
        pytest.skip(f"no package index answers: {str(error).splitlines()[-1]}")
    run(sys.executable, *PIP, "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("jumpgate-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of a fresh virtual environment in which the wheel is installed."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin" / "python", *PIP, "install", "--quiet", wheel)
    return folder / "bin"


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[Served]:
    """The installed program, started in a folder that is not the checkout."""
    port, state, log_path = find_free_port(), tmp_path / "state", tmp_path / "log"
    (tmp_path / "elsewhere").mkdir()
    with log_path.open("wb") as output:
        process = subprocess.Popen(
            [installed / "jumpgate", "serve", "--state", state, "--port", str(port)],
            cwd=tmp_path / "elsewhere",
            env={name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Served(f"http://127.0.0.1:{port}", state, process, log_path)
    yield server
    server.kill()


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0].partition("-")[0] for name in names} == {"jumpgate"}
    assert "jumpgate/api.py" in names
    assert not [name for name in names if name.endswith((".pyc", ".sqlite", ".log"))]


def test_the_wheel_holds_what_the_commands_need(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert "jumpgate/certify/interoperability.txt" in names
    assert "jumpgate/scaffold/template/README.md.in" in names
    assert "jumpgate/scaffold/template/tests/test_compute.py.in" in names


def test_what_is_installed_fits_together(installed: Path) -> None:
    assert "No broken requirements" in run(installed / "python", *PIP, "check")


def test_the_installed_program_explains_itself(installed: Path) -> None:
    text = run(installed / "jumpgate", "--help")

    assert "serve" in text
    assert "routes" in text


def test_the_installed_program_serves_and_stops(served: Served) -> None:
    assert wait_until(lambda: served.process.poll() is not None or served.is_healthy(), timeout_s=60)
    assert served.process.poll() is None, served.log

    login = log_in(served.state)
    servers = login.call("compute", "/servers")
    assert servers.json["servers"] == [], servers.text
    served.process.send_signal(signal.SIGTERM)

    assert served.process.wait(timeout=30) == 0, served.log
    assert not served.is_healthy()
    assert "Traceback" not in served.log


def test_the_passwords_are_for_their_owner_only(served: Served) -> None:
    assert wait_until(lambda: served.process.poll() is not None or served.is_healthy(), timeout_s=60), served.log

    file = served.state / "clouds.yaml"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(served.state.stat().st_mode) & 0o077 == 0
