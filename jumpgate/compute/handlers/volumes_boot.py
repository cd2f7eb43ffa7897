"""``/os-volumes_boot``: ``/servers`` by another name, until 2.102."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from jumpgate.common.errors import NotFound
from jumpgate.common.http import Request, Response
from jumpgate.common.microversion import Microversion
from jumpgate.common.typed import Handler
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers import actions, servers

_GONE_SINCE = Microversion(2, 103)
Responder = Callable[..., None]


def _until_2_102(responder: Responder) -> Responder:
    """Return a responder that is not found any more in later versions."""

    def responds(self: Handler[Compute], req: Request, resp: Response, **path: str) -> None:
        microversions = self.service.disp.service.microversions
        assert microversions is not None
        versioned = microversions.applies_to(req.uri_template or "")
        if versioned and microversions.negotiate(req.get_header) >= _GONE_SINCE:
            raise NotFound("The resource could not be found.")
        responder(self, req, resp, **path)

    responds.operation = cast(Any, responder).operation  # type: ignore[attr-defined]
    return responds


def _renamed(handler: type[Handler[Compute]]) -> type[Handler[Compute]]:
    responders = {name: _until_2_102(getattr(handler, name)) for name in dir(handler) if name.startswith("on_")}
    return type(f"Boot{handler.__name__}", (handler,), {**responders, "__doc__": handler.__doc__})


HANDLERS: tuple[tuple[str, type[Handler[Compute]]], ...] = (
    ("v2_os_volumes_boot", _renamed(servers.ServersHandler)),
    ("v2_os_volumes_boot_detail", _renamed(servers.ServersDetailHandler)),
    ("v2_os_volumes_boot_server", _renamed(servers.ServerHandler)),
    ("v2_os_volumes_boot_server_action", _renamed(actions.ServerActionHandler)),
)
