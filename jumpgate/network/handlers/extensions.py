"""The extension list: what of Neutron's API this cloud has, read off what its driver can do."""

from __future__ import annotations

from typing import Any

from jumpgate.common.typed import Call, Handler, operation
from jumpgate.network.contract import Network
from jumpgate.network.handlers.further_extensions import FURTHER_EXTENSIONS
from jumpgate.network.handlers.known_extensions import EXTENSIONS, Extension
from jumpgate.network.views.faults import fault

_ALL = (*EXTENSIONS, *FURTHER_EXTENSIONS)


def _view(extension: Extension) -> dict[str, Any]:
    return {
        "alias": extension.alias,
        "name": extension.name,
        "description": extension.description,
        "updated": extension.updated,
        "links": [],
    }


def _is_there(call: Call[Network], item: Extension) -> bool:
    return call.service.capabilities.issuperset(item.needs) and item.alias not in call.service.withheld


class ExtensionsHandler(Handler[Network]):
    """The extensions that this cloud has."""

    @operation()
    def on_get(self, call: Call[Network]) -> dict[str, Any]:
        """List."""
        return {"extensions": [_view(item) for item in _ALL if _is_there(call, item)]}


class ExtensionHandler(Handler[Network]):
    """One extension."""

    @operation()
    def on_get(self, call: Call[Network], alias: str) -> dict[str, Any]:
        """Show."""
        for item in _ALL:
            if item.alias == alias and _is_there(call, item):
                return {"extension": _view(item)}
        raise fault("HTTPNotFound", f"Extension with alias {alias} does not exist")


HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (
    ("v2_extensions", ExtensionsHandler),
    ("v2_extension", ExtensionHandler),
)
