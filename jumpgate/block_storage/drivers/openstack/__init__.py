"""Passing requests through to a real OpenStack: what a section without a driver gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.clouds.openstack import pass_through
from jumpgate.common.dispatcher import Dispatcher

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Let the service named in ``[openstack]`` answer every request."""
    pass_through(app, disp)
