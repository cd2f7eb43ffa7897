"""The SoftLayer image driver keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jumpgate.testing.contract import Cloud
from jumpgate.testing.contract.image import *  # noqa: F403
from tests.softlayer.contract import softlayer_cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with softlayer_cloud(tmp_path_factory.mktemp("contract"), "image") as made:
        yield made
