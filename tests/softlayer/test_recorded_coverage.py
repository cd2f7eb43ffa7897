"""Every read of the compute, network, image and block storage drivers is among those of the recorded fixtures."""

from __future__ import annotations

import contextlib
import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from SoftLayer.testing import MockableTransport

from jumpgate.check.contract import READS as READING
from jumpgate.clouds.softlayer.session import Session
from jumpgate.common.resource import Resource, operations
from tests.softlayer.test_recorded_fixtures import NETWORK_READS, READS, recorded
from tests.softlayer.test_recorded_storage import IMAGE_READS, STORAGE_READS

__all__ = ["recorded"]
# Those that ask SoftLayer nothing.
_SILENT = {"SoftLayerQuotas.defaults", *(f"SoftLayerVolumeTypes.{name}" for name in ("find", "get", "default"))}
# What asks SoftLayer as another read does, and then the bucket: tests/softlayer/test_uploaded_images.py has it.
_IN_THE_BUCKET = {"UploadedImages.download"}


def drivers(service: str) -> Iterator[type[Resource]]:
    """Yield the resources of a service's SoftLayer driver."""
    package = importlib.import_module(f"jumpgate.{service}.drivers.softlayer")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    waiting = [Resource]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if cls.__module__.startswith(f"{package.__name__}."):
            yield cls


def owner(cls: type[Resource], name: str) -> type:
    """Return the class that a method of a resource comes from."""
    return next(parent for parent in cls.__mro__ if name in vars(parent))


def watched(name: str, method: Callable[..., Any], seen: set[str]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        seen.add(name)
        return method(*arguments, **named)

    return call


@pytest.mark.parametrize("service", ["compute", "network", "image", "block_storage"])
def test_every_read_is_recorded(service: str, recorded: tuple[Session, MockableTransport]) -> None:
    reads = {(owner(cls, name), name) for cls in drivers(service) for name in operations(cls) & READING}
    seen: set[str] = set()
    with contextlib.ExitStack() as patches:
        for cls, name in reads:
            label = f"{cls.__name__}.{name}"
            patches.enter_context(mock.patch.object(cls, name, watched(label, getattr(cls, name), seen)))
        for read in (*READS, *NETWORK_READS, *IMAGE_READS, *STORAGE_READS):
            read.run(recorded[0])

    assert {f"{cls.__name__}.{name}" for cls, name in reads} - seen - _SILENT - _IN_THE_BUCKET == set()
