"""The embedded image service for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.image.glance import Glance


@pytest.fixture
def glance(tmp_path: Path) -> Glance:
    """An image service without images."""
    return Glance(tmp_path)
