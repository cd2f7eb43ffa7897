"""`jumpgate certify`: one line for what is missing, and a whole run against a server of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from jumpgate import certify
from jumpgate.cli import main
from tests.support import served
from tests.support.ports import find_free_port
from tests.support.served import Served

INSTALLED = all(find_spec(name) is not None for name in certify.NEEDED)
needs_tempest = pytest.mark.skipif(
    not INSTALLED, reason="Tempest is not installed here: pip install 'jumpgate[certify]'"
)


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["certify", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


def test_the_extra_is_named_where_it_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certify, "find_spec", lambda name: None if name == "tempest" else name)

    assert complaint(capsys) == (
        "jumpgate: The tests are Tempest's, which is not installed here: pip install 'jumpgate[certify]'.\n"
    )


@needs_tempest
def test_a_cloud_that_nobody_knows_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text("clouds: {}\n")

    line = complaint(capsys, "--os-cloud", "nowhere", "--clouds", str(clouds))

    assert line.startswith("jumpgate: Cannot log in to the cloud nowhere: Cloud nowhere was not found.")


@needs_tempest
def test_a_cloud_that_does_not_answer_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    clouds = tmp_path / "clouds.yaml"
    auth = f"{{auth_url: 'http://127.0.0.1:{find_free_port()}/v3', username: a, password: b, project_name: c}}"
    clouds.write_text(f"clouds:\n  silent:\n    auth: {auth}\n")

    line = complaint(capsys, "--os-cloud", "silent", "--clouds", str(clouds))

    assert line.startswith("jumpgate: Cannot log in to the cloud silent: ")


@needs_tempest
def test_a_choice_of_no_tests_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "None of the interoperability tests has a name that matches 'nonsense'" in complaint(
        capsys, "--os-cloud", "any", "--tests", "nonsense"
    )


@needs_tempest
@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, "No such file or directory"), ("resize = True", "File contains no section headers.")],
)
def test_settings_that_cannot_be_read_are_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str | None, expected: str
) -> None:
    file = tmp_path / "settings.conf"
    if text is not None:
        file.write_text(text)

    assert complaint(capsys, "--os-cloud", "any", "--settings", str(file)) == f"jumpgate: {file}: {expected}\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    started = served.start(tmp_path / "state", find_free_port(), environment={})
    yield started
    started.kill()


@needs_tempest
@pytest.mark.conformance
@pytest.mark.timeout(600)
def test_a_running_jumpgate_is_certified(server: Served, tmp_path: Path) -> None:
    options = ["--os-cloud", "jumpgate-admin", "--clouds", str(server.state / "clouds.yaml")]
    options += ["--tests", r"compute\.flavors|test_versions", "--concurrency", "2", "--output", str(tmp_path / "out")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}

    run = subprocess.run(
        [sys.executable, "-m", "jumpgate.cli", "certify", *options],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, ""), run.stdout + run.stderr
    document = json.loads((tmp_path / "out" / "report.json").read_text())
    assert document["counts"] == {"passed": 5, "failed": 0, "not offered": 0}
    assert {service["service"] for service in document["services"]} == {
        "identity",
        "compute",
        "image",
        "network",
        "volume",
    }
    assert "5 passed, 0 failed, 0 not offered" in run.stdout
    assert "<h1>Interoperability of jumpgate-admin</h1>" in (tmp_path / "out" / "report.html").read_text()
    assert server.is_healthy()
