"""``/extensions``: what the cloud can do, in the words of the time before microversions."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import NotFound
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.schemas.parameters import NO_QUERY
from jumpgate.compute.views.extensions import offered

_RULE = "os_compute_api:extensions"


class ExtensionsHandler(Handler[Compute]):
    """All of them."""

    @operation(policy=_RULE, query=NO_QUERY)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return {"extensions": list(offered(call.service.capabilities, call.service.withheld))}


class ExtensionHandler(Handler[Compute]):
    """One, known by its alias."""

    @operation(policy=_RULE, query=NO_QUERY)
    def on_get(self, call: Call[Compute], alias: str) -> dict[str, Any]:
        for extension in offered(call.service.capabilities, call.service.withheld):
            if extension["alias"] == alias:
                return {"extension": extension}
        raise NotFound("The resource could not be found.")
