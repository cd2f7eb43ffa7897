"""The extensions: those whose operations the cloud has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.models import Extension
from jumpgate.common.errors import NotFound
from jumpgate.common.typed import Call, Handler, TypedService, operation


def _render(extension: Extension) -> dict[str, Any]:
    return {
        "name": extension.name,
        "alias": extension.alias,
        "description": extension.description,
        "updated": extension.updated,
        "links": [],
    }


class _Offered(Handler[BlockStorage]):
    """Knows which extensions there are here."""

    def __init__(self, service: TypedService[BlockStorage], extensions: Iterable[Extension]) -> None:
        super().__init__(service)
        self._extensions = tuple(extensions)

    def _offered(self) -> Iterator[Extension]:
        for extension in self._extensions:
            if extension.needs is None or self.service.offers(extension.needs):
                yield extension


class ExtensionsHandler(_Offered):
    """All of them."""

    @operation()
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return {"extensions": [_render(extension) for extension in self._offered()]}


class ExtensionHandler(_Offered):
    """One of them."""

    @operation()
    def on_get(self, call: Call[BlockStorage], alias: str) -> dict[str, Any]:
        """Show."""
        for extension in self._offered():
            if extension.alias == alias:
                return {"extension": _render(extension)}
        raise NotFound("The resource could not be found.")
