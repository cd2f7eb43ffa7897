"""The second ring needs a real client and a server: it runs with the slow tests."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests over HTTP."""
    for item in items:
        if "OverHttp" in item.nodeid:
            item.add_marker(pytest.mark.slow)
