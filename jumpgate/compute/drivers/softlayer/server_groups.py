"""SoftLayer's placement groups as server groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from jumpgate.clouds.softlayer import ids
from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import at, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query
from jumpgate.compute.contract import ServerGroups
from jumpgate.compute.models import ServerGroup, ServerGroupSpec

MASK = "mask[id,name,rule[keyName],guests[globalIdentifier]]"
ROUTERS_MASK = "mask[id,topLevelLocation[name]]"
# SPREAD, the one rule there is, puts guests on different hosts behind one router.
_POLICIES: Mapping[str, str] = {"SPREAD": "anti-affinity"}
_RULES = {policy: rule for rule, policy in _POLICIES.items()}


class SoftLayerServerGroups(ServerGroups):
    """Placement groups. Each is behind one router, so its guests share a data center."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.SERVER_GROUP: ids.SERVER_GROUP}

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, query: Query) -> Iterable[ServerGroup]:
        found = self._session.pages(ctx, "Account", "getPlacementGroups", mask=MASK)
        return (_group(record, ctx) for record in found)

    def get(self, ctx: Context, resource_id: str) -> ServerGroup:
        try:
            record = self._session.call(ctx, "Virtual_PlacementGroup", "getObject", id=resource_id, mask=MASK)
        except NotFound:
            raise NotFound(
                f"Instance group {resource_id} could not be found.", reason="InstanceGroupNotFound"
            ) from None
        return _group(record, ctx)

    def create(self, ctx: Context, spec: ServerGroupSpec) -> ServerGroup:
        if spec.policy not in _RULES:
            raise BadRequest(f"SoftLayer has no placement groups of policy {spec.policy}: use anti-affinity.")
        if spec.rules:
            raise BadRequest("SoftLayer's placement groups take no rules.")
        wanted = {"name": spec.name, "ruleId": self._rule(ctx, spec.policy), "backendRouterId": self._router(ctx)}
        made = self._session.call(ctx, "Virtual_PlacementGroup", "createObject", wanted)
        return self.get(ctx, text(made, "id"))

    def _rule(self, ctx: Context, policy: str) -> int:
        for record in self._session.call(ctx, "Virtual_PlacementGroup_Rule", "getAllObjects", mask="mask[id,keyName]"):
            if text(record, "keyName") == _RULES[policy]:
                return int(record["id"])
        raise BadRequest(f"SoftLayer has no placement groups of policy {policy} for this account.")

    def _router(self, ctx: Context) -> int:
        """Return the number of a router: in the configured data center, where one is configured, else the first."""
        wanted = self._session.settings.datacenter
        for record in self._session.call(ctx, "Virtual_PlacementGroup", "getAvailableRouters", mask=ROUTERS_MASK):
            if wanted in (None, text(record, "topLevelLocation.name")):
                return int(record["id"])
        raise BadRequest("SoftLayer has no router that could take a placement group; set [softlayer] datacenter.")

    def delete(self, ctx: Context, resource_id: str) -> None:
        self.get(ctx, resource_id)
        self._session.call(ctx, "Virtual_PlacementGroup", "deleteObject", id=resource_id)


def _group(record: Record, ctx: Context) -> ServerGroup:
    return ServerGroup(
        id=text(record, "id"),
        name=text(record, "name"),
        project_id=ctx.project,
        user_id=ctx.user_id,
        policy=_POLICIES.get(text(record, "rule.keyName"), text(record, "rule.keyName").lower()),
        members=tuple(text(guest, "globalIdentifier") for guest in at(record, "guests") or ()),
    )
