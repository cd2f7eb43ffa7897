"""The client library, which comes with an extra of Jumpgate's: the one place that imports it."""

from __future__ import annotations

from jumpgate.common.errors import ConfigError

try:
    from pylxd import Client
    from pylxd.client import EventType, get_session_for_url
    from pylxd.exceptions import ClientConnectionFailed, LXDAPIException
    from requests_toolbelt import MultipartEncoder
    from ws4py.client import WebSocketBaseClient
    from ws4py.exc import WebSocketException
except ModuleNotFoundError as error:
    raise ConfigError("The LXD drivers need their client library: pip install 'jumpgate[lxd]'.") from error

__all__ = [
    "Client",
    "ClientConnectionFailed",
    "EventType",
    "LXDAPIException",
    "MultipartEncoder",
    "WebSocketBaseClient",
    "WebSocketException",
    "get_session_for_url",
]
