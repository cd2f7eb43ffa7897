"""A SoftLayer that keeps guests, templates, keys and accounts: its XML-RPC API on loopback, with a clock of its own."""

from __future__ import annotations

from tests.fakes.softlayer.server import FakeServer
from tests.fakes.softlayer.world import Clock, World

__all__ = ["Clock", "FakeServer", "World"]
