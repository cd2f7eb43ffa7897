"""The embedded image driver keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jumpgate.testing.contract import Cloud
from jumpgate.testing.contract.image import *  # noqa: F403
from tests.testing.embedded import Embedded


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    embedded = Embedded(tmp_path_factory.mktemp("contract"))
    yield embedded.cloud("image")
    embedded.app.store.close()
