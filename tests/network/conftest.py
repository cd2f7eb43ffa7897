"""The embedded network with nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cloud import Cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """A network service on a store of its own."""
    return Cloud(tmp_path, "network")
