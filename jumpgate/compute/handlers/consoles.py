"""``/servers/{server_id}/remote-consoles``, the actions that it replaced, and the websocket to which both lead.

Source: the API reference, "Create Remote Console" and "Show Console Connection Information".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

from jumpgate.common.context import service_context
from jumpgate.common.errors import BadRequest, Conflict, Forbidden
from jumpgate.common.sockets import ByteStream
from jumpgate.common.typed import Call, Handler, TypedService, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.lookup import get_server
from jumpgate.compute.models import Server
from jumpgate.compute.schemas.consoles import REMOTE_CONSOLE
from jumpgate.compute.tokens import ConsoleTokens, Grant

PATH = "/console"
_SERIAL = "serial"
# The task states in which Nova gives out no console.
_MOVING = frozenset({"deleting", "migrating"})


def tokens(service: TypedService[Compute]) -> ConsoleTokens:
    """Return the tokens of a service's consoles."""
    config = service.app.config
    return ConsoleTokens(config.state() / "console.key", ttl_s=config.value("compute", "console_token_ttl"))


class SerialConsoles:
    """Opens the websocket's stream for whoever shows a token."""

    def __init__(self, service: TypedService[Compute]) -> None:
        self._service = service
        self._tokens = tokens(service)

    def __call__(self, env: Mapping[str, Any]) -> ByteStream:
        token = parse_qs(env["QUERY_STRING"]).get("token", [""])[-1]
        grant = self._tokens.read(token)
        if grant.region != self._service.disp.region:
            raise Forbidden("The console's token is another region's.")
        servers = self._service.cloud.servers
        ctx = service_context(grant.project_id)
        server = servers.get(ctx, grant.server_id)
        if server.project_id != grant.project_id:
            raise Forbidden("The server is no longer the project's that the console's token was given to.")
        return servers.serial_console(ctx, server.id)


def url(call: Call[Compute], server: Server, kind: str) -> str:
    """Return where a new websocket to a server's console is; raise BadRequest for a kind that there is not."""
    if kind != _SERIAL:
        raise BadRequest(f"Unavailable console type {kind}.", reason="ConsoleTypeUnavailable")
    if server.host is None:
        raise Conflict(f"Instance {server.id} is not ready", reason="InstanceNotReady")
    if server.task_state in _MOVING:
        word = f"Cannot 'get_serial_console' instance {server.id} while it is in task_state {server.task_state}"
        raise Conflict(word, reason="InstanceInvalidState")
    disp = call.service.disp
    token = tokens(call.service).issue(Grant(server.id, server.project_id, disp.region))
    base = disp.mount.base_url(call.req.env)
    scheme, _, rest = base.partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}{PATH}?{urlencode({'token': token})}"


def old_console(call: Call[Compute], server: Server, body: Any) -> Any:
    """Answer the actions of the time before 2.6."""
    return {"console": {"type": body["type"], "url": url(call, server, body["type"])}}


class RemoteConsolesHandler(Handler[Compute]):
    """Consoles of one server."""

    @operation("servers.serial_console", body=REMOTE_CONSOLE, since="2.6")
    def on_post(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, "os_compute_api:os-remote-consoles")
        wanted = call.body["remote_console"]
        return {"remote_console": {**wanted, "url": url(call, server, wanted["type"])}}
