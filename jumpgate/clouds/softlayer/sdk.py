"""The SDK, which comes with an extra of Jumpgate's: the one place that imports it."""

from __future__ import annotations

from jumpgate.common.errors import ConfigError

try:
    from SoftLayer import BaseClient, BasicAuthentication, BlockStorageManager, NetworkManager, XmlRpcTransport
    from SoftLayer.consts import API_PUBLIC_ENDPOINT
    from SoftLayer.exceptions import SoftLayerAPIError, SoftLayerError, TransportError
except ModuleNotFoundError as error:
    raise ConfigError("The SoftLayer drivers need their SDK: pip install 'jumpgate[softlayer]'.") from error

__all__ = [
    "API_PUBLIC_ENDPOINT",
    "BaseClient",
    "BasicAuthentication",
    "BlockStorageManager",
    "NetworkManager",
    "SoftLayerAPIError",
    "SoftLayerError",
    "TransportError",
    "XmlRpcTransport",
]
