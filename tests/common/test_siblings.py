"""How the services of a region find each other's contracts."""

from __future__ import annotations

import pytest

from jumpgate.common.errors import NotSupported
from jumpgate.common.siblings import Siblings


def test_a_composition_is_found_by_its_services_name() -> None:
    siblings = Siblings("eu")
    images = object()
    siblings.add("image", images)

    assert siblings["image"] is images
    assert siblings.has("image")


def test_a_service_without_a_contract_is_said_so() -> None:
    siblings = Siblings("eu")

    assert not siblings.has("network")
    with pytest.raises(NotSupported, match="This needs the network service of region eu, whose driver offers no typed"):
        siblings["network"]
