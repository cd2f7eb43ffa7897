"""``/os-server-groups``."""

from __future__ import annotations

import dataclasses
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.fields import Field, View
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.listing import ListParameters, Sort
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute, ServerGroups
from jumpgate.compute.models import ServerGroup, ServerGroupSpec
from jumpgate.compute.schemas import others as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:os-server-groups:"
_MOST = 1000
_LIST = ListParameters(default_sort=(Sort("id"),), maximum=None)

_VIEW: View[ServerGroup] = View(
    Field("id", kind=Kind.SERVER_GROUP),
    Field("name"),
    Field("policies", lambda group, _: [group.policy], until="2.63"),
    Field("metadata", lambda *_: {}, until="2.63"),
    Field("policy", since="2.64"),
    Field("rules", since="2.64"),
    Field("members", kind=Kind.SERVER),
    Field("project_id", since="2.13"),
    Field("user_id", since="2.13"),
)


def _contract(call: Call[Compute]) -> ServerGroups:
    groups = call.cloud.server_groups
    assert groups is not None
    return groups


def _get(call: Call[Compute], group_id: str, rule: str) -> ServerGroup:
    try:
        native = call.ids[Kind.SERVER_GROUP].to_cloud(group_id)
    except MalformedId:
        raise NotFound(f"Instance group {group_id} could not be found.", reason="InstanceGroupNotFound") from None
    group = _contract(call).get(call.ctx, native)
    call.require(_RULE + rule, {"project_id": group.project_id})
    return group


class ServerGroupsHandler(Handler[Compute]):
    """All of the project's; an administrator may ask for those of all projects."""

    @operation("server_groups.find", policy=_RULE + "index", query=schemas.LIST_GROUPS)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        everywhere = "all_projects" in call.parameters and call.ctx.is_admin
        if everywhere:
            call.require(_RULE + "index:all_projects")
        query = dataclasses.replace(_LIST.query({}), all_projects=everywhere)
        offset = int(call.parameter("offset") or 0)
        limit = min(int(call.parameter("limit") or _MOST) or _MOST, _MOST)
        found = call.page(_contract(call).find(call.ctx, query), query, {"id": Kind.SERVER_GROUP})
        return {"server_groups": list(map(_VIEW.bind(call), found[offset : offset + limit]))}

    @operation("server_groups.create", policy=_RULE + "create", body=schemas.CREATE_GROUP)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        wanted = call.body["server_group"]
        policy = wanted["policy"] if call.at_least("2.64") else wanted["policies"][0]
        rules = {name: int(value) for name, value in wanted.get("rules", {}).items()}
        if rules and policy != "anti-affinity":
            raise BadRequest("Only anti-affinity policy supports rules.")
        spec = ServerGroupSpec(name=wanted["name"].strip(), policy=policy, rules=rules)
        return {"server_group": _VIEW.render(_contract(call).create(call.ctx, spec), call)}


class ServerGroupHandler(Handler[Compute]):
    """One."""

    @operation("server_groups.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_group_id: str) -> dict[str, Any]:
        return {"server_group": _VIEW.render(_get(call, server_group_id, "show"), call)}

    @operation("server_groups.delete", status=204)
    def on_delete(self, call: Call[Compute], server_group_id: str) -> None:
        group = _get(call, server_group_id, "delete")
        _contract(call).delete(call.ctx, group.id)
