"""The SoftLayer image driver keeps the contract where it has a bucket, so that images wait for their data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jumpgate.testing.contract import Cloud
from jumpgate.testing.contract.image import (
    TestImageData,
    TestImages,
    TestUsages,
    admin,
    alice,
    bench,
    bob,
    made,
    shelf,
    stock,
)
from tests.softlayer.contract import softlayer_cloud
from tests.support.object_storage import object_storage

__all__ = ["TestImageData", "TestImages", "TestUsages", "admin", "alice", "bench", "bob", "made", "shelf", "stock"]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    state = tmp_path_factory.mktemp("contract")
    with object_storage() as storage, softlayer_cloud(state, "image", storage=storage) as made:
        yield made
