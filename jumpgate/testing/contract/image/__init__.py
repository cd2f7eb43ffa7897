"""The contract suite for images: import everything from here into a driver's test file."""

from __future__ import annotations

from jumpgate.testing.contract.fixtures import admin, alice, bench, bob, front, made, shelf, stock
from jumpgate.testing.contract.image.http import TestImagesOverHttp
from jumpgate.testing.contract.image.images import (
    TestImageData,
    TestImages,
    TestMembers,
    TestStores,
    TestTasks,
    TestUsages,
)
from jumpgate.testing.contract.image.metadefs import TestMetadefs, TestRevisions

__all__ = [
    "TestImageData",
    "TestImages",
    "TestImagesOverHttp",
    "TestMembers",
    "TestMetadefs",
    "TestRevisions",
    "TestStores",
    "TestTasks",
    "TestUsages",
    "admin",
    "alice",
    "bench",
    "bob",
    "front",
    "made",
    "shelf",
    "stock",
]
