"""The SoftLayer compute driver keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jumpgate.common.context import Context
from jumpgate.testing.contract import Cloud
from jumpgate.testing.contract.compute import *  # noqa: F403
from jumpgate.testing.contract.compute import TestInstanceActions as Actions
from jumpgate.testing.contract.suite import Made
from tests.softlayer.contract import softlayer_cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with softlayer_cloud(tmp_path_factory.mktemp("contract"), "compute") as made:
        yield made


class TestInstanceActions(Actions):  # type: ignore[no-redef]
    @pytest.mark.xfail(reason="SoftLayer's event log has trace ids of its own for requests", strict=True)
    def test_what_was_done_is_remembered_the_latest_first(self, made: Made, alice: Context) -> None:
        super().test_what_was_done_is_remembered_the_latest_first(made, alice)


del Actions
