"""The server that tests get: the real program, stopped cleanly or killed, and its words when it does not start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jumpgate.common.config import SERVICE_NAMES
from tests.support.served import Served

DRIVER = "def setup_routes(app, disp):\n    pass\n"


@pytest.fixture
def arguments(tmp_path: Path) -> tuple[str, str]:
    """A configuration whose services have a driver without handlers."""
    (tmp_path / "silent_driver.py").write_text(DRIVER)
    config = tmp_path / "jumpgate.conf"
    config.write_text("".join(f"[{service}]\ndriver=silent_driver\n" for service in SERVICE_NAMES))
    return ("--config", str(config))


def test_a_server_is_healthy_and_stops_cleanly(
    serve: Callable[..., Served], arguments: tuple[str, str], tmp_path: Path
) -> None:
    server = serve(*arguments, environment={"PYTHONPATH": str(tmp_path)})
    assert server.is_healthy()

    server.stop()
    assert not server.is_healthy()


def test_a_killed_server_is_gone_with_its_workers(
    serve: Callable[..., Served], arguments: tuple[str, str], tmp_path: Path, free_port: int
) -> None:
    environment = {"PYTHONPATH": str(tmp_path)}
    first = serve(*arguments, environment=environment, port=free_port)
    first.kill()
    assert not first.is_healthy()

    second = serve(*arguments, environment=environment, port=free_port, state=first.state)
    assert second.is_healthy()


def test_a_server_that_does_not_start_fails_with_its_output(serve: Callable[..., Served], tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.conf")

    with pytest.raises(AssertionError, match=r"ended with \d+:\n(.|\n)*missing\.conf"):
        serve("--config", missing)
