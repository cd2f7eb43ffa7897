"""`jumpgate check` tells what works, what is refused and what is wrong, and changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from jumpgate.api import Jumpgate, embedded_config, load_service
from jumpgate.block_storage.contract import BlockStorage
from jumpgate.check import contract, login
from jumpgate.check.finding import Finding, as_json, as_text
from jumpgate.check.login import Session, entry
from jumpgate.cli import main
from jumpgate.common.config import SERVICE_NAMES
from jumpgate.common.errors import ConfigError
from jumpgate.compute.contract import Compute
from jumpgate.identity.contract import Identity
from jumpgate.image.contract import Imaging
from jumpgate.network.contract import Network
from jumpgate.store.metadata import METADATA
from jumpgate.testing.contract.methods import methods
from tests.fakes.softlayer import Clock, FakeServer
from tests.softlayer.cloud import DRIVERS, KEYS, fake_world
from tests.support import served
from tests.support.ports import find_free_port

ROOT = Path(__file__).parents[2]
EMBEDDED = "".join(f"[{name}]\ndriver = embedded\n" for name in SERVICE_NAMES)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own: it runs pytest, which this process does too."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "JUMPGATE_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "jumpgate.cli", "check", *arguments],
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def document(*arguments: str, status: int) -> dict[str, Any]:
    done = run("--json", *arguments)
    assert (done.returncode, done.stderr) == (status, ""), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def subjects(found: Mapping[str, Any], service: str, verdict: str) -> list[str]:
    (rows,) = [entry["findings"] for entry in found["services"] if entry["service"] == service]
    return [row["subject"] for row in rows if row["verdict"] == verdict]


def contents(state: Path) -> Mapping[str, list[Any]]:
    """Return every row of the store but default security groups, which a list makes, as Neutron's does, and revisions,
    which each start moves."""
    config = embedded_config()
    config.state_directory = state
    app = Jumpgate(config)
    tables = [table for table in METADATA.sorted_tables if not table.name.startswith(("security_group", "revisions"))]
    with app.store.read() as connection:
        found = {table.name: sorted(map(str, connection.execute(sa.select(table)))) for table in tables}
    app.store.close()
    return found


@pytest.mark.slow
def test_nothing_is_wrong_with_the_embedded_cloud_and_nothing_is_changed(tmp_path: Path) -> None:
    config = embedded_config()
    config.state_directory = tmp_path
    Jumpgate(config).prepare()
    before = contents(tmp_path)

    found = document("--state", str(tmp_path), status=0)

    assert contents(tmp_path) == before
    assert [entry["service"] for entry in found["services"]] == list(SERVICE_NAMES)
    assert found["wrong"] == 0
    assert "flavors: a missing flavor is not found" in subjects(found, "compute", "works")
    assert any(text.endswith("(v2_servers)") for text in subjects(found, "compute", "works"))
    assert any(text.endswith("(v3_attachments)") for text in subjects(found, "block_storage", "works"))


@pytest.mark.slow
def test_an_ordinary_user_is_refused_what_is_the_administrators(tmp_path: Path) -> None:
    first = run("--state", str(tmp_path), "--os-cloud", "jumpgate", "--clouds", str(tmp_path / "clouds.yaml"))

    assert (first.returncode, first.stderr) == (0, "")
    refused = [line.strip() for line in first.stdout.splitlines() if line.startswith("    refused: ")]
    assert any("(v2_os_hypervisors)" in line and ": 403 " in line for line in refused), first.stdout
    assert any(line.startswith("refused: GET ") and "(v3_users): 403" in line for line in refused)


@pytest.mark.slow
def test_a_mistake_is_named_and_the_exit_status_tells(tmp_path: Path) -> None:
    config = tmp_path / "jumpgate.conf"
    config.write_text(EMBEDDED.replace("[compute]\ndriver = embedded", "[compute]\ndriver = tests.check.wrong_driver"))

    done = run("--config", str(config), "--state", str(tmp_path / "state"))

    assert done.returncode == 1, done.stdout + done.stderr
    wrong = [line for line in done.stdout.splitlines() if line.startswith("    wrong: ")]
    assert any("flavors: a missing flavor is not found: flavors.get raised KeyError" in line for line in wrong), wrong
    assert any("flavors: flavors have sizes and aware times: assert False" in line for line in wrong), wrong
    assert all("flavors" in line for line in wrong)


@pytest.mark.slow
def test_what_is_passed_through_is_read_over_http(tmp_path: Path) -> None:
    behind = served.start(tmp_path / "state", find_free_port(), environment={})
    try:
        urls = (f"{name}_endpoint = {behind.url}{load_service(name).mount}\n" for name in SERVICE_NAMES)
        config = tmp_path / "jumpgate.conf"
        config.write_text("[openstack]\n" + "".join(urls))
        found = document("--config", str(config), "--clouds", str(behind.state / "clouds.yaml"), status=0)
    finally:
        behind.kill()

    assert found["wrong"] == 0
    assert any(text.endswith("(v2_servers)") for text in subjects(found, "compute", "works"))


@pytest.mark.slow
def test_nothing_is_wrong_with_a_driver_of_another_cloud(tmp_path: Path) -> None:
    with FakeServer(fake_world(Clock())) as fake:
        drivers = {name: "softlayer" if name in DRIVERS else "tests.support.silent" for name in SERVICE_NAMES}
        config, clouds = tmp_path / "jumpgate.conf", tmp_path / "clouds.yaml"
        text = "".join(f"[{name}]\ndriver = {driver}\n" for name, driver in drivers.items())
        config.write_text(f"{text}[softlayer]\nendpoint_url = {fake.url}\n")
        clouds.write_text(f"clouds: {{alice: {{auth: {{username: alice, password: {KEYS['alice']}}}}}}}\n")
        options = ("--state", str(tmp_path / "state"), "--os-cloud", "alice", "--clouds", str(clouds))
        found = document("--config", str(config), *options, status=0)

    assert found["wrong"] == 0
    assert "flavors: each flavor that is found can be got" in subjects(found, "compute", "works")
    assert any("consumers" in text for text in subjects(found, "identity", "refused"))


def test_what_counts_as_reading_is_in_a_contract() -> None:
    compositions = (Identity, Compute, Imaging, BlockStorage, Network)
    every = {name.partition(".")[2] for composition in compositions for name in methods(composition)}

    assert every >= contract.READS


FINDINGS = [
    Finding(service="compute", region="eu", subject="servers: one", verdict="works"),
    Finding(service="compute", region="eu", subject="servers: two", verdict="refused", detail="not for you"),
    Finding(service="compute", region="eu", subject="servers: three", verdict="wrong", detail="a dict"),
    Finding(service="compute", region="eu", subject="servers: four", verdict="refused", detail="not for you"),
    Finding(service="image", region="eu", subject="images: one", verdict="unknown", detail="there are none"),
]


def test_people_read_counts_and_what_does_not_work_the_wrong_first() -> None:
    assert as_text(FINDINGS).splitlines() == [
        "compute in eu: 1 works, 2 refused, 1 wrong",
        "    wrong: servers: three: a dict",
        "    refused: servers: two: not for you (and 1 more)",
        "image in eu: 1 unknown",
    ]


def test_programs_read_everything() -> None:
    found = json.loads(as_json(FINDINGS))

    assert {name: found[name] for name in ("works", "refused", "wrong", "unknown")} == {
        "works": 1,
        "refused": 2,
        "wrong": 1,
        "unknown": 1,
    }
    assert [(item["service"], item["region"], item["wrong"]) for item in found["services"]] == [
        ("compute", "eu", 1),
        ("image", "eu", 0),
    ]
    assert found["services"][1]["findings"] == [
        {"subject": "images: one", "verdict": "unknown", "detail": "there are none"}
    ]


@pytest.fixture
def app(tmp_path: Path) -> Jumpgate:
    config = embedded_config()
    config.state_directory = tmp_path
    made = Jumpgate(config)
    made.prepare()
    return made


@pytest.mark.parametrize("cloud", ["jumpgate", "jumpgate-admin"])
def test_the_users_of_a_clouds_yaml_can_log_in(app: Jumpgate, cloud: str) -> None:
    session = Session(app, entry(cloud, app.config.state() / "clouds.yaml"))

    context = session.context()
    assert (context.project_id, context.is_admin) == (session.project_id, cloud == "jumpgate-admin")


def test_a_token_is_enough(app: Jumpgate) -> None:
    auth = entry("jumpgate", app.config.state() / "clouds.yaml")
    first: Any = Session(app, auth)

    assert Session(app, {"token": first._token, "project_id": first.project_id}).context().user_name == "demo"


def test_a_wrong_password_is_told(app: Jumpgate) -> None:
    auth = {**entry("jumpgate", app.config.state() / "clouds.yaml"), "password": "no"}

    with pytest.raises(ConfigError, match="The identity service refuses the user: 401 "):
        Session(app, auth)


def test_an_entry_without_credentials_is_told(app: Jumpgate) -> None:
    with pytest.raises(ConfigError, match="no password, token or application credential"):
        Session(app, {"username": "demo"})


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["check", *arguments]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    return printed.err


def test_a_cloud_that_nobody_knows_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    line = complaint(capsys, "--state", str(tmp_path), "--os-cloud", "x", "--clouds", str(tmp_path / "clouds.yaml"))

    assert line == f"jumpgate: There is no cloud x in {tmp_path}/clouds.yaml: name one with --os-cloud.\n"


def test_a_configuration_without_state_needs_the_name_of_a_cloud(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "jumpgate.conf"
    config.write_text("".join(f"[{name}]\ndriver = tests.support.silent\n" for name in SERVICE_NAMES))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "none.yaml"))
    monkeypatch.setattr(login, "PLACES", ())

    assert complaint(capsys, "--config", str(config)) == (
        "jumpgate: There is no cloud jumpgate-admin in any clouds.yaml: name one with --os-cloud.\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"), [(None, "No such file or directory"), ("clouds: [", "it is no clouds.yaml (")]
)
def test_a_file_that_cannot_be_read_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str | None, expected: str
) -> None:
    file = tmp_path / "mine.yaml"
    if text is not None:
        file.write_text(text)

    line = complaint(capsys, "--state", str(tmp_path / "state"), "--os-cloud", "x", "--clouds", str(file))

    assert f"{file}: {expected}" in line


def test_the_extra_is_named_where_it_is_missing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "find_spec", lambda name: None)

    assert complaint(capsys, "--state", str(tmp_path)) == (
        "jumpgate: The contract suite needs pytest, which is not here: pip install 'jumpgate[testing]'.\n"
    )
