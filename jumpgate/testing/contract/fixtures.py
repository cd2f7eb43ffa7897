"""The fixtures that every service's tests bring along; a driver's test file adds `cloud`."""

from __future__ import annotations

from jumpgate.testing.contract.collection import stock
from jumpgate.testing.contract.http import front
from jumpgate.testing.contract.suite import admin, alice, bench, bob, made, shelf

__all__ = ["admin", "alice", "bench", "bob", "front", "made", "shelf", "stock"]
