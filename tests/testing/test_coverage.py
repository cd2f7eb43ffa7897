"""Every contract method of the five services has a test in the suite that calls it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from jumpgate.testing.contract.methods import methods
from jumpgate.testing.contract.suite import Contract, needed

COMPOSITIONS = {
    "block_storage": "BlockStorage",
    "compute": "Compute",
    "identity": "Identity",
    "image": "Imaging",
    "network": "Network",
}


def covered(service: str) -> Iterator[str]:
    """Yield the methods that the tests of a service name; that they call them, the embedded drivers' tests show."""
    module = importlib.import_module(f"jumpgate.testing.contract.{service}")
    for name in module.__all__:
        cls = getattr(module, name)
        if isinstance(cls, type) and issubclass(cls, Contract):
            for test in (getattr(cls, name) for name in dir(cls) if name.startswith("test_")):
                yield from needed(test, cls.resource)


@pytest.mark.parametrize("service", COMPOSITIONS)
def test_every_contract_method_has_a_test(service: str) -> None:
    composition = getattr(importlib.import_module(f"jumpgate.{service}.contract"), COMPOSITIONS[service])

    # Whatever has a revision is asked for it by one test.
    missing = {name for name in methods(composition) - set(covered(service)) if not name.endswith(".revision")}

    assert not missing, f"No test of jumpgate.testing.contract.{service} calls {', '.join(sorted(missing))}."


@pytest.mark.parametrize("service", COMPOSITIONS)
def test_no_test_names_a_method_that_is_not_in_the_contract(service: str) -> None:
    composition = getattr(importlib.import_module(f"jumpgate.{service}.contract"), COMPOSITIONS[service])

    assert set(covered(service)) <= methods(composition)
