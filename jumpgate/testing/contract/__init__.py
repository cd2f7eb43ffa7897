"""The contract suite: what every driver owes, as tests that run in a driver's own test file.

A driver's test file imports one service's tests and says in one fixture how its cloud is reached::

    from jumpgate.testing.contract import Cloud
    from jumpgate.testing.contract.compute import *

    @pytest.fixture(scope="module")
    def cloud():
        return Cloud(offers=Compute(servers=..., flavors=...), alice=..., bob=...)

What the driver does not offer is skipped by capability, and listed at the end.
"""

from __future__ import annotations

try:
    import pytest
except ImportError:
    raise ImportError("The contract suite needs pytest: pip install 'jumpgate[testing]'.") from None

_REWRITTEN = (
    "block_storage",
    "collection",
    "compute",
    "http",
    "identity",
    "image",
    "model",
    "network",
    "suite",
    "traits",
)
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in _REWRITTEN))

from jumpgate.testing.contract.cloud import Cloud, Given  # noqa: E402

__all__ = ["Cloud", "Given"]
