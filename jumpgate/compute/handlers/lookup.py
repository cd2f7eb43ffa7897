"""Finding what a path or a body names, with Nova's words for what is not there."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from jumpgate.common.errors import BadRequest, Conflict, JumpgateError, NotFound
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.typed import Call
from jumpgate.compute.contract import Compute
from jumpgate.compute.models import Flavor, Server
from jumpgate.compute.models.states import require as require_state


def native_server(call: Call[Compute], server_id: str) -> str:
    """Return the cloud's id of a server in the path; raise NotFound for one that cannot exist."""
    try:
        return call.ids[Kind.SERVER].to_cloud(server_id)
    except MalformedId:
        raise NotFound(f"Instance {server_id} could not be found.", reason="InstanceNotFound") from None


def get_server(call: Call[Compute], server_id: str, rule: str) -> Server:
    """Return the server in the path, which the caller passes `rule` for; raise NotFound or Forbidden."""
    server = call.cloud.servers.get(call.ctx, native_server(call, server_id))
    call.require(rule, target(server))
    return server


def detailed(call: Call[Compute], server: Server) -> Server:
    """Return a server with what is not read along with it: addresses, security groups, volumes."""
    return call.cloud.servers.detailed(call.ctx, (server,))[0]


def target(server: Server) -> Mapping[str, object]:
    """Return the policy target of a server."""
    return {"project_id": server.project_id, "user_id": server.user_id}


def require_unlocked(call: Call[Compute], server: Server) -> None:
    """Raise Conflict for a locked server, unless the caller is an administrator."""
    if server.locked and not call.ctx.is_admin:
        raise Conflict(f"Instance {server.id} is locked", reason="InstanceIsLocked")


def require_ready(call: Call[Compute], server: Server, action: str) -> None:
    """Raise Conflict unless a server is unlocked and in a state that takes `action`."""
    require_unlocked(call, server)
    require_state(action, server)


def last_segment(reference: object) -> str:
    """Return the id in a reference, which may be a URL: flavorRef was one in the first API."""
    return urlsplit(str(reference)).path.rsplit("/", 1)[-1]


def flavor_in_body(call: Call[Compute], reference: object) -> Flavor:
    """Return the flavor that a body refers to; raise BadRequest for one the caller cannot use."""
    flavor_id = last_segment(reference)
    try:
        flavor = call.cloud.flavors.get(call.ctx, call.ids[Kind.FLAVOR].to_cloud(flavor_id))
    except (MalformedId, NotFound):
        raise BadRequest(f"Flavor {flavor_id} could not be found.", reason="FlavorNotFound") from None
    if flavor.disabled:
        raise BadRequest(f"Flavor {flavor_id} could not be found.", reason="FlavorNotFound")
    return flavor


def as_bad_request(error: JumpgateError) -> BadRequest:
    """Return an error about something that a body names, which is a 400 whatever it would be in a path."""
    return BadRequest(error.message, reason=error.reason)
