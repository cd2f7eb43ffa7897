"""The embedded block storage for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.block_storage.cinder import Cinder


@pytest.fixture
def cinder(tmp_path: Path) -> Cinder:
    """Block storage without volumes."""
    return Cinder(tmp_path)


@pytest.fixture
def with_images(tmp_path: Path) -> Cinder:
    """Block storage beside an image service."""
    return Cinder(tmp_path, "image")
