"""What an instance's limits are in a flavor's figures; no LXD is needed for it."""

from __future__ import annotations

import pytest

from jumpgate.compute.drivers.lxd.records import cores_of, size_bytes


@pytest.mark.parametrize(("text", "cores"), [("", 0), ("2", 2), ("0-3", 4), ("0,2", 2), ("1-2,5", 3), ("3-3", 1)])
def test_cores_are_a_number_or_a_set(text: str, cores: int) -> None:
    assert cores_of(text) == cores


@pytest.mark.parametrize(
    ("text", "size"),
    [("", 0), ("512", 512), ("1kB", 1000), ("2MiB", 2 * 1024**2), ("3TB", 3 * 1000**4), ("1EiB", 1024**6), ("50%", 0)],
)
def test_sizes_have_decimal_and_binary_units(text: str, size: int) -> None:
    assert size_bytes(text) == size
