"""The network that a project gets which asks for whatever there is. Source: the API reference's "Auto Allocated
Topologies".
"""

from __future__ import annotations

from typing import Any

from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.network.contract import AutoAllocatedTopologies, Network
from jumpgate.network.views.faults import fault

# What clients send for the project that the token is for.
OWN_PROJECT = "None"
DRY_RUN = "dry-run"


def _resource(call: Call[Network]) -> AutoAllocatedTopologies:
    resource = call.cloud.auto_allocated_topologies
    assert resource is not None  # the handler is set only where there are topologies
    return resource


def _project(call: Call[Network], target_id: str) -> str:
    """Return the project that a path names; another one than the token's is an administrator's business."""
    project_id = call.ctx.project if target_id == OWN_PROJECT else target_id
    if project_id != call.ctx.project and not call.may("context_is_admin"):
        raise fault("NotAuthorized")
    return project_id


class TopologyHandler(Handler[Network]):
    """A project's network."""

    @operation("auto_allocated_topologies.get")
    def on_get(self, call: Call[Network], target_id: str) -> dict[str, Any]:
        """Show it, after it was made where it was not there; with ``fields=dry-run`` only see whether it could be."""
        project_id = _project(call, target_id)
        call.require("get_auto_allocated_topology", {"project_id": project_id, "tenant_id": project_id})
        fields = call.parameters.get("fields", ())
        if DRY_RUN in fields:
            _resource(call).check(call.ctx)
            return {"auto_allocated_topology": {"id": "dry-run=pass", "project_id": project_id}}
        if fields:
            raise fault("BadRequest", "auto_allocate", "Unrecognized field")
        topology = _resource(call).get(call.ctx, project_id)
        return {
            "auto_allocated_topology": {
                "id": call.openstack_id(Kind.NETWORK, topology.network_id),
                "project_id": project_id,
                "tenant_id": project_id,
            }
        }

    @operation("auto_allocated_topologies.delete", status=204)
    def on_delete(self, call: Call[Network], target_id: str) -> None:
        """Remove it."""
        project_id = _project(call, target_id)
        call.require("delete_auto_allocated_topology", {"project_id": project_id, "tenant_id": project_id})
        _resource(call).delete(call.ctx, project_id)


HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (("v2_auto_allocated_topology", TopologyHandler),)
