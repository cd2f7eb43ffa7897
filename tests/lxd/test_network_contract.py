"""The LXD network driver keeps the contract, with a real LXD behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jumpgate.clouds.lxd.session import Session
from jumpgate.common.context import Context
from jumpgate.network.drivers.lxd import connect
from jumpgate.network.models import NetworkSpec, SubnetSpec
from jumpgate.testing.contract import Cloud, Given
from jumpgate.testing.contract.network import *  # noqa: F403
from tests.lxd.cloud import settings
from tests.support.lxd import RunningLxd


def _somebody(name: str, *roles: str) -> Context:
    return Context(user_id=name, user_name=name, project_id=f"{name}s-project", roles=roles or ("member",))


@pytest.fixture(scope="module")
def cloud(lxd: RunningLxd) -> Iterator[Cloud]:
    network, operator = (
        connect(Session(settings(lxd)), lxd.folder / "state"),
        _somebody("admin", "admin"),
    )
    # LXD's host routes a prefix to one bridge, so the tests share one external network.
    outside = network.networks.create(operator, NetworkSpec(name="outside", external=True))
    network.subnets.create(operator, SubnetSpec(network_id=outside.id, cidr="192.0.2.0/24", enable_dhcp=False))
    yield Cloud(
        offers=network,
        alice=_somebody("alice"),
        bob=_somebody("bob"),
        admin=operator,
        given=Given(external_network_id=outside.id),
    )
    network.networks.delete(operator, outside.id)
