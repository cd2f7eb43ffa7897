"""The SoftLayer drivers on the bench of the contract suite: the fake behind them, and two accounts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from jumpgate.clouds.softlayer.session import KEY, USER
from jumpgate.common.context import Context
from jumpgate.testing.contract import Cloud, Given
from tests.fakes.softlayer import Clock, FakeServer
from tests.softlayer.cloud import ACCOUNT, DRIVERS, KEYS, OTHER, SAME_TIME, SoftLayerCloud, fake_world


def caller(name: str, account: int, *roles: str) -> Context:
    """Return the context of a SoftLayer user, as the identity driver makes it."""
    return Context(
        user_id=name,
        user_name=name,
        project_id=str(account),
        roles=roles or ("member", "reader"),
        secrets={USER: name, KEY: KEYS[name]},
    )


@contextlib.contextmanager
def softlayer_cloud(state: Path, service: str) -> Iterator[Cloud]:
    """Return one service of SoftLayer as the suite uses it; time passes when the suite looks again."""
    clock = Clock()
    with FakeServer(fake_world(clock)) as fake, mock.patch(SAME_TIME, clock):
        jumpgate = SoftLayerCloud(state, fake, clock, drivers=DRIVERS, extra="snapshot_space = 10\n")

        @contextlib.contextmanager
        def page_by_one() -> Iterator[None]:
            fake.largest_page = 1
            yield
            fake.largest_page = None

        @contextlib.contextmanager
        def broken() -> Iterator[None]:
            fake.is_broken = True
            yield
            fake.is_broken = False

        image = next(thing.uuid for thing in fake.world.table("templates").things.values())
        yield Cloud.of(
            jumpgate.app,
            service,
            alice=caller("alice", ACCOUNT),
            bob=caller("bob", OTHER),
            given=Given(
                image_id=image,
                image_properties={"uri": "swift://account@dal05/disks/contract.vhd"},
                flavor_id="B1_2X8X100",
                other_flavor_id="B1_4X16X100",
                user_id="alice",
                password=KEYS["alice"],
            ),
            settle=lambda: clock.advance(40),
            timeout_s=20,
            page_by_one=page_by_one,
            broken=broken,
        )
        jumpgate.app.store.close()
