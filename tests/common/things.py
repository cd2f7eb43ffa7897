"""A driver for the contract in these tests: a dictionary for a cloud."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import ClassVar

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.ids import IdMap, Kind, Packed
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from tests.common.contract import Things
from tests.common.models import Thing, ThingSpec

IDS = Packed(Kind.NETWORK, prefix="n-")


class DictThings(Things):
    """Things in a dictionary, with ids such as ``n-1``."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.NETWORK: IDS}

    def __init__(self) -> None:
        self.rows: dict[str, Thing] = {}

    def find(self, ctx: Context, query: Query) -> Iterable[Thing]:
        return (thing for thing in self.rows.values() if thing.project_id == ctx.project)

    def get(self, ctx: Context, resource_id: str) -> Thing:
        thing = self.rows.get(resource_id)
        if thing is None or thing.project_id not in (ctx.project, None):
            raise NotFound(f"Thing {resource_id} could not be found.")
        return thing

    def create(self, ctx: Context, spec: ThingSpec) -> Thing:
        values = {item.name: getattr(spec, item.name) for item in dataclasses.fields(spec)}
        values["project_id"] = spec.project_id or ctx.project
        thing = Thing(id=f"n-{len(self.rows) + 1:x}", **values)
        self.rows[thing.id] = thing
        return thing

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Thing:
        thing = dataclasses.replace(self.get(ctx, resource_id), **changes)
        self.rows[resource_id] = thing
        return thing

    def delete(self, ctx: Context, resource_id: str) -> None:
        del self.rows[self.get(ctx, resource_id).id]
