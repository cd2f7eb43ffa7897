"""The command: its help, and one clear line with exit status 2 for every mistake in options or configuration."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from jumpgate.cli import main
from jumpgate.common.config import SERVICE_NAMES
from tests.support.ports import LOOPBACK

COMMANDS = ["serve", "routes", "drivers"]
OTHERS = ["check", "certify", "rotate-keys", "new-driver"]
SILENT = "".join(f"[{name}]\ndriver=tests.support.silent\n" for name in SERVICE_NAMES)
Configured = Callable[[str], str]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    """Write a jumpgate.conf; return its name."""

    def write(text: str) -> str:
        file = tmp_path / "jumpgate.conf"
        file.write_text(text)
        return str(file)

    return write


def with_driver(name: str) -> str:
    return SILENT.replace("[compute]\ndriver=tests.support.silent", f"[compute]\ndriver={name}")


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, which must end with 2, nothing printed and one line of complaint; return the line."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("jumpgate: ")
    assert printed.err.count("\n") == 1
    return printed.err.removeprefix("jumpgate: ").rstrip("\n")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command with options that it does not take; return the last line of what it says."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert printed.err.startswith("usage: jumpgate")
    return printed.err.rstrip("\n").rpartition("\n")[2]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["serve", "--prot", "80"], "unrecognized arguments: --prot 80"),
        (["serve", "--port"], "argument --port: expected one argument"),
        (["serve", "--port", "http"], "argument --port: 'http' is no port: give a number from 1 to 65535"),
        (["serve", "--port", "65536"], "'65536' is no port"),
        (["serve", "--port", "0"], "'0' is no port"),
        (["serve", "--workers", "0"], "argument --workers: '0' is no number of workers: give 1 or more"),
        (["serve", "--workers", "-1"], "argument --workers: '-1' is no number of workers"),
        (["routes", "--port", "80"], "unrecognized arguments: --port 80"),
        (["certify", "--concurrency", "0"], "argument --concurrency: '0' is no number of tests: give 1 or more"),
        (["certify", "--tests", "("], "argument --tests: '(' is no regular expression: "),
        (["rotate-keys", "--keep", "1"], "argument --keep: '1' is no number of keys: give 2 or more"),
        (["drivers", "extra"], "unrecognized arguments: extra"),
    ],
)
def test_a_wrong_option_is_refused_with_the_usage(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str], expected: str
) -> None:
    assert expected in refused(capsys, *arguments)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_configuration_that_cannot_be_read_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    missing = tmp_path / "nowhere.conf"

    assert complaint(capsys, command, "--config", str(missing)) == f"{missing}: No such file or directory"
    assert complaint(capsys, command, "--config", str(tmp_path)) == f"{tmp_path}: Is a directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_configuration_that_may_not_be_read_is_named(
    capsys: pytest.CaptureFixture[str], configured: Configured
) -> None:
    name = configured(SILENT)
    Path(name).chmod(0)

    assert complaint(capsys, "routes", "--config", name) == f"{name}: Permission denied"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("port=1", "File contains no section headers."),
        (f"{SILENT}[server]\nport=http\n", "[server] port = http: "),
        (f"{SILENT}[server]\nlog_level=loud\n", "[server] log_level = loud: it is one of debug, info, warning, error"),
        (f"{SILENT}[volume:eu]\n", "'volume' is no service"),
        (SILENT.replace("[image]\n", "[image]\nmount=/compute\n"), "[image] stands at the same place as compute"),
        (SILENT.replace("[image]\ndriver=tests.support.silent\n", ""), "[openstack] image_endpoint is missing"),
    ],
)
def test_a_bad_value_is_named_with_its_section(
    capsys: pytest.CaptureFixture[str], configured: Configured, command: str, text: str, expected: str
) -> None:
    assert expected in complaint(capsys, command, "--config", configured(text))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("driver", "expected"),
    [
        ("no_such_package.driver", "it cannot be imported (ModuleNotFoundError: No module named 'no_such_package')."),
        ("nonsense", "it cannot be imported (ModuleNotFoundError: No module named 'nonsense')."),
        ("tests.support.ports", "the module has no function setup_routes(app, disp)."),
    ],
)
def test_a_driver_that_cannot_be_used_is_named(
    capsys: pytest.CaptureFixture[str], configured: Configured, command: str, driver: str, expected: str
) -> None:
    line = complaint(capsys, command, "--config", configured(with_driver(driver)))

    assert line == f"[compute] driver = {driver}: {expected}"


def test_a_port_in_use_is_named(capsys: pytest.CaptureFixture[str], configured: Configured) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = str(other.getsockname()[1])
        line = complaint(capsys, "serve", "--config", configured(SILENT), "--port", port)

    assert line == f"Cannot listen on {LOOPBACK}:{port}: Address already in use. Choose another --port."


def test_a_services_own_port_in_use_is_named(capsys: pytest.CaptureFixture[str], configured: Configured) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        name = configured(SILENT.replace("[image]\n", f"[image]\nport={port}\n"))
        line = complaint(capsys, "serve", "--config", name)

    assert line.startswith(f"Cannot listen on {LOOPBACK}:{port}: Address already in use.")


def test_an_address_that_is_not_here_is_named(capsys: pytest.CaptureFixture[str], configured: Configured) -> None:
    line = complaint(capsys, "serve", "--config", configured(SILENT), "--host", "192.0.2.1")

    assert line.startswith("Cannot listen on 192.0.2.1:8000: Cannot assign requested address.")


def test_a_state_directory_that_cannot_be_made_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    line = complaint(capsys, "drivers", "--state", str(tmp_path / "file" / "below"))

    assert line == f"The state directory {tmp_path}/file/below cannot be made: Not a directory"


@pytest.mark.parametrize("command", ["routes", "drivers"])
def test_what_a_configuration_amounts_to_is_printed(
    capsys: pytest.CaptureFixture[str], configured: Configured, command: str
) -> None:
    assert main([command, "--config", configured(SILENT)]) == 0

    printed = capsys.readouterr()
    assert printed.err == ""
    assert (
        "/compute/v2.1/servers" if command == "routes" else "compute in RegionOne: tests.support.silent"
    ) in printed.out


@pytest.mark.parametrize("command", ["routes", "drivers"])
def test_the_embedded_cloud_is_inspected_without_a_configuration(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    assert main([command, "--state", str(tmp_path)]) == 0

    assert "servers.create" in capsys.readouterr().out


def test_the_endpoints_that_nobody_answers_are_printed_for_every_region(
    capsys: pytest.CaptureFixture[str], configured: Configured
) -> None:
    text = f"{SILENT}[compute:eu]\ndriver=tests.support.silent\n"

    assert main(["routes", "--unused", "--config", configured(text)]) == 0

    head, *rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert head == ["SERVICE", "REGION", "ENDPOINT", "PATH", "ANSWER"]
    servers = [row for row in rows if row[2] == "v2_servers"]
    assert [(row[0], row[1], row[4]) for row in servers] == [("compute", "RegionOne", "501"), ("compute", "eu", "501")]
    assert all(row[3].endswith("/servers") for row in servers)
    assert {row[0] for row in rows} == set(SERVICE_NAMES)


def test_what_the_embedded_cloud_answers_is_not_unused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["routes", "--unused", "--state", str(tmp_path)]) == 0

    assert " v2_servers " not in capsys.readouterr().out


def test_the_installed_drivers_are_listed(capsys: pytest.CaptureFixture[str], configured: Configured) -> None:
    assert main(["drivers", "--config", configured(SILENT)]) == 0

    (line,) = [text for text in capsys.readouterr().out.splitlines() if text.startswith("    compute: ")]
    assert "embedded (jumpgate.compute.drivers.embedded)" in line
    assert "openstack (jumpgate.compute.drivers.openstack)" in line


def help_text(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    text = help_text(capsys)

    assert text.startswith("usage: jumpgate [-h] COMMAND ...")
    assert re.findall(r"^    ([a-z-]+)(?: |$)", text, re.M) == [*COMMANDS, *OTHERS]


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("serve", ["--config FILE", "--state DIR", "--host HOST", "--port N", "--workers N"]),
        ("routes", ["--config FILE", "--state DIR", "--unused"]),
        ("drivers", ["--config FILE", "--state DIR"]),
        ("new-driver", ["--output DIR"]),
        ("check", ["--config FILE", "--state DIR", "--os-cloud NAME", "--clouds FILE", "--json"]),
        (
            "certify",
            [
                "--os-cloud NAME",
                "--clouds FILE",
                "--accounts FILE",
                "--settings FILE",
                "--tests REGEX",
                "--concurrency N",
                "--output DIR",
            ],
        ),
    ],
)
def test_the_help_of_a_command_explains_its_options(
    capsys: pytest.CaptureFixture[str], command: str, options: list[str]
) -> None:
    text = help_text(capsys, command)

    explained = [line for line in text.splitlines() if line.startswith("  --")]
    assert [line.strip().partition("  ")[0] for line in explained] == options
    assert all(len(line) > 20 for line in explained)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "jumpgate.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_the_program_ends_with_the_status(configured: Configured) -> None:
    failed = run("serve", "--config", configured(with_driver("nonsense")))

    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.startswith("jumpgate: [compute] driver = nonsense: ")
    assert failed.stderr.count("\n") == 1
    assert run("drivers", "--config", configured(SILENT)).returncode == 0


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_is_no_error(configured: Configured) -> None:
    program = f"{sys.executable} -m jumpgate.cli routes --config {configured(SILENT)} | head -n 1"

    piped = subprocess.run(["sh", "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert piped.stdout.startswith("PATH")
    assert piped.stderr == ""
