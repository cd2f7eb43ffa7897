"""The fixtures that every test may use: real servers and databases, ports, and the published API descriptions."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import falcon.routing
import pytest
from hypothesis import settings

from jumpgate.identity.drivers.embedded import passwords
from tests.support import postgresql, served
from tests.support.cheap import QUICK_HASHER, KnownRoutes
from tests.support.lxd import RunningLxd, Unavailable, running_lxd
from tests.support.ports import find_free_port
from tests.support.served import Served
from tests.support.shared import VARIABLE, find_shared

SLOW_FIXTURES = {"cluster", "lxd", "postgresql_url", "serve"}

# A slow machine is no failure; in CI the same examples every time.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what uses a real server or database, before the marker expression selects."""
    for item in items:
        if SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("slow")


@pytest.fixture(scope="session", autouse=True)
def _cheap_starts() -> Iterator[None]:
    """Let a cloud in the test's own process start for less; those that are served pay in full."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(falcon.routing, "DefaultRouter", KnownRoutes)
        patch.setattr(passwords, "_HASHER", QUICK_HASHER)
        patch.setattr(passwords, "_NOBODYS", QUICK_HASHER.hash("nobody knows"))
        yield


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The SQLAlchemy URL of a real PostgreSQL database, one for the whole run; skips where none can be started."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgresql.running_postgresql())
        except postgresql.Unavailable as missing:
            pytest.skip(str(missing))
        yield url


@pytest.fixture(scope="module")
def lxd() -> Iterator[RunningLxd]:
    """A real LXD in a network namespace of its own, one for each module; skips where none can be started."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(running_lxd())
        except Unavailable as missing:
            pytest.skip(str(missing))
        yield running


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder whose `specs/` holds the published OpenAPI descriptions; skips where it is absent."""
    folder = find_shared()
    if folder is None:
        pytest.skip(f"no published API descriptions here: {VARIABLE} names the folder that has specs/")
    return folder


@pytest.fixture
def free_port() -> int:
    """A TCP port on loopback that nobody listens on."""
    return find_free_port()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start `jumpgate serve`: ``serve("--workers", "2", state=..., port=..., environment={...})``.

    Each call has a state folder and a port of its own unless it names them. What still runs at the end is killed.
    """
    started: list[Served] = []
    numbers = itertools.count(1)

    def start(
        *arguments: str,
        state: Path | None = None,
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Served:
        server = served.start(
            state or tmp_path / f"state-{next(numbers)}",
            port or find_free_port(),
            *arguments,
            environment=environment or {},
        )
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill()
