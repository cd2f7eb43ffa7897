"""The embedded identity service for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.identity.keystone import Keystone


@pytest.fixture
def keystone(tmp_path: Path) -> Keystone:
    """An identity service as it is after its first start."""
    return Keystone(tmp_path)
