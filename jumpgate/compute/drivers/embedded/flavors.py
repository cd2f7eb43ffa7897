"""The embedded cloud's flavors, and those that a new cloud begins with."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.ids import IdMap, Kind, Opaque
from jumpgate.common.listing import Applied, Query
from jumpgate.common.resource import Changes
from jumpgate.compute.contract import Flavors
from jumpgate.compute.drivers.embedded.region import TOPIC, Region
from jumpgate.compute.models import Flavor, FlavorSpec
from jumpgate.store import listing
from jumpgate.store.engine import Store
from jumpgate.store.tables.compute import flavor_projects, flavors

FIRST = (
    FlavorSpec(id="1", name="m1.tiny", vcpus=1, ram_mib=512, disk_gib=1),
    FlavorSpec(id="2", name="m1.small", vcpus=1, ram_mib=2048, disk_gib=20),
    FlavorSpec(id="3", name="m1.medium", vcpus=2, ram_mib=4096, disk_gib=40),
    FlavorSpec(id="4", name="m1.large", vcpus=4, ram_mib=8192, disk_gib=80),
    FlavorSpec(id="5", name="m1.xlarge", vcpus=8, ram_mib=16384, disk_gib=160),
    FlavorSpec(id="42", name="m1.nano", vcpus=1, ram_mib=128, disk_gib=1),
    FlavorSpec(id="84", name="m1.micro", vcpus=1, ram_mib=192, disk_gib=1),
)
_FIELDS = tuple(field.name for field in dataclasses.fields(Flavor))
_COLUMNS: Mapping[str, sa.ColumnElement[Any]] = {name: flavors.c[name] for name in _FIELDS if name != "extra_specs"}


def bootstrap(store: Store) -> None:
    """Give a store without any flavor those of `FIRST`."""
    with store.write(TOPIC) as connection:
        if connection.execute(sa.select(flavors.c.id).limit(1)).first() is None:
            for spec in FIRST:
                connection.execute(flavors.insert().values(_row(spec)))


def _row(spec: FlavorSpec) -> dict[str, Any]:
    now = utcnow()
    values = {**dataclasses.asdict(spec), "id": spec.id or str(uuid.uuid4())}
    return {**values, "disabled": False, "extra_specs": {}, "created_at": now, "updated_at": now}


def _to_flavor(row: sa.Row[Any]) -> Flavor:
    return Flavor(**{name: getattr(row, name) for name in _FIELDS})


class EmbeddedFlavors(Flavors):
    """Flavors in the store; their ids are free text."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.FLAVOR: Opaque()}

    def __init__(self, region: Region) -> None:
        self._store = region.store

    def find(self, ctx: Context, query: Query) -> Iterable[Flavor]:
        statement = sa.select(flavors) if query.all_projects else _usable(ctx)
        with self._store.read() as connection:
            if not listing.supports(_COLUMNS, query):
                return [_to_flavor(row) for row in connection.execute(statement)]
            return Applied([_to_flavor(row) for row in listing.rows(connection, statement, _COLUMNS, query)])

    def get(self, ctx: Context, flavor_id: str) -> Flavor:
        with self._store.read() as connection:
            return _to_flavor(self._load(connection, ctx, flavor_id))

    @staticmethod
    def _load(connection: sa.Connection, ctx: Context, flavor_id: str) -> sa.Row[Any]:
        statement = sa.select(flavors) if ctx.is_admin else _usable(ctx)
        row = connection.execute(statement.where(flavors.c.id == flavor_id)).one_or_none()
        if row is None:
            raise NotFound(f"Flavor {flavor_id} could not be found.", reason="FlavorNotFound")
        return row

    def create(self, ctx: Context, spec: FlavorSpec) -> Flavor:
        row = _row(spec)
        with self._store.write(TOPIC) as connection:
            for column, taken in (("id", "ID {}"), ("name", "name {}")):
                if connection.execute(sa.select(flavors.c.id).where(flavors.c[column] == row[column])).first():
                    raise Conflict(f"Flavor with {taken.format(row[column])} already exists.", reason="FlavorExists")
            connection.execute(flavors.insert().values(row))
        return self.get(ctx, row["id"])

    def update(self, ctx: Context, flavor_id: str, changes: Changes) -> Flavor:
        with self._store.write(TOPIC) as connection:
            self._load(connection, ctx, flavor_id)
            self._change(connection, flavor_id, dict(changes))
        return self.get(ctx, flavor_id)

    @staticmethod
    def _change(connection: sa.Connection, flavor_id: str, values: Mapping[str, Any]) -> None:
        connection.execute(flavors.update().where(flavors.c.id == flavor_id).values(updated_at=utcnow(), **values))

    def delete(self, ctx: Context, flavor_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            self._load(connection, ctx, flavor_id)
            connection.execute(flavors.delete().where(flavors.c.id == flavor_id))

    def merge_extra_specs(self, ctx: Context, flavor_id: str, items: Mapping[str, str | None]) -> Mapping[str, str]:
        with self._store.write(TOPIC) as connection:
            row = self._load(connection, ctx, flavor_id)
            merged = {key: value for key, value in {**row.extra_specs, **items}.items() if value is not None}
            self._change(connection, flavor_id, {"extra_specs": merged})
        return merged

    def access(self, ctx: Context, flavor_id: str) -> Sequence[str]:
        with self._store.read() as connection:
            self._load(connection, ctx, flavor_id)
            granted = sa.select(flavor_projects.c.project_id).where(flavor_projects.c.flavor_id == flavor_id)
            return connection.execute(granted.order_by(flavor_projects.c.project_id)).scalars().all()

    def grant(self, ctx: Context, flavor_id: str, project_id: str) -> None:
        try:
            with self._store.write(TOPIC) as connection:
                self._load(connection, ctx, flavor_id)
                connection.execute(flavor_projects.insert().values(flavor_id=flavor_id, project_id=project_id))
        except IntegrityError:
            raise Conflict(
                f"Flavor access already exists for flavor {flavor_id} and project {project_id} combination."
            ) from None

    def revoke(self, ctx: Context, flavor_id: str, project_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            self._load(connection, ctx, flavor_id)
            granted = sa.and_(flavor_projects.c.flavor_id == flavor_id, flavor_projects.c.project_id == project_id)
            if connection.execute(flavor_projects.delete().where(granted)).rowcount == 0:
                raise NotFound(f"Flavor access not found for {flavor_id} / {project_id} combination.")


def _usable(ctx: Context) -> sa.Select[Any]:
    """Return the select of the flavors that a project may use: the public ones and those it was given."""
    granted = sa.exists().where(
        flavor_projects.c.flavor_id == flavors.c.id, flavor_projects.c.project_id == ctx.project
    )
    return sa.select(flavors).where(sa.or_(flavors.c.is_public, granted))
