"""Asking the identity service whether a project exists, as Nova does before it writes something down for one."""

from __future__ import annotations

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.typed import Call
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.siblings import sibling


def check_project(call: Call[Compute], project_id: str) -> None:
    """Raise BadRequest for a project that does not exist, as far as anybody can tell."""
    identity = sibling(call, "identity")
    if identity is None or project_id == call.ctx.project_id:
        return
    try:
        identity.projects.get(call.ctx, project_id)
    except NotFound:
        raise BadRequest(f"Project ID {project_id} is not a valid project.") from None
