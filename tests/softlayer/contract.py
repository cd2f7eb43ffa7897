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
from tests.support.object_storage import ObjectStorage


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
def softlayer_cloud(state: Path, service: str, *, storage: ObjectStorage | None = None) -> Iterator[Cloud]:
    """Return one service of SoftLayer as the suite uses it; time passes when the suite looks again.

    With a `storage` images wait for their data; without one they are made of a disk somewhere.
    """
    clock = Clock()
    with FakeServer(fake_world(clock)) as fake, mock.patch(SAME_TIME, clock):
        source = {"uri": "swift://account@dal05/disks/contract.vhd"} if storage is None else {}
        options = storage.options() if storage is not None else ""
        fake.world.objects = storage.read if storage is not None else None
        jumpgate = SoftLayerCloud(state, fake, clock, drivers=DRIVERS, extra=f"snapshot_space = 10\n{options}")

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
                image_properties=source,
                flavor_id="B1_2X8X100",
                other_flavor_id="B1_4X16X100",
                user_id="alice",
                password=KEYS["alice"],
            ),
            settle=lambda: clock.advance(40),
            timeout_s=20,
            page_by_one=page_by_one,
            # An image that waits is there without SoftLayer.
            broken=broken if storage is None else None,
        )
        jumpgate.app.store.close()
