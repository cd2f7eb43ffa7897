"""The LXD block storage driver keeps the contract, with a real LXD behind it."""

from __future__ import annotations

import pytest

from jumpgate.block_storage.drivers.lxd import connect
from jumpgate.clouds.lxd.session import Session
from jumpgate.clouds.lxd.settings import Settings
from jumpgate.common.context import Context
from jumpgate.testing.contract import Cloud
from jumpgate.testing.contract.block_storage import *  # noqa: F403
from tests.support.lxd import RunningLxd


def _somebody(name: str, *roles: str) -> Context:
    return Context(user_id=name, user_name=name, project_id=f"{name}s-volumes", roles=roles or ("member",))


@pytest.fixture(scope="module")
def cloud(lxd: RunningLxd) -> Cloud:
    return Cloud(
        offers=connect(Session(Settings(endpoint=lxd.socket)), lxd.folder / "state"),
        alice=_somebody("alice"),
        bob=_somebody("bob"),
        admin=_somebody("admin", "admin"),
    )
