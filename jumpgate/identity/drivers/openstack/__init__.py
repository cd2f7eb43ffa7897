"""Passing requests through to a real Keystone, whose tokens then count for every other service of the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.clouds.openstack import TOKEN_CACHE, pass_through
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.identity.drivers.openstack.tokens import KeystoneTokens

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Let the Keystone named in ``[openstack]`` answer every request and vouch for tokens."""
    keystone = pass_through(app, disp)
    if disp.region == app.config.default_region:
        app.authenticator = KeystoneTokens(keystone, cache_s=app.config.setting(TOKEN_CACHE))
