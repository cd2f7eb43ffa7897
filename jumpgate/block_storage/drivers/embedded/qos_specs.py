"""QoS specs: what is promised of the volumes of a type, and who keeps the promise."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract import QosSpecsCollection, VolumeTypes
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.rows import Row, save
from jumpgate.block_storage.models import QosSpecs, QosSpecsSpec, VolumeType
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Filter, Query
from jumpgate.common.resource import Changes
from jumpgate.store.listing import rows, supports
from jumpgate.store.tables.block_storage import qos_specs, volume_types

_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    name: qos_specs.c[name] for name in ("id", "name", "consumer", "created_at", "updated_at")
}


class EmbeddedQosSpecs(QosSpecsCollection):
    """The QoS specs."""

    def __init__(self, cloud: EmbeddedCloud, types: VolumeTypes) -> None:
        self._store = cloud.store
        self._types = types

    def revision(self, ctx: Context) -> Hashable:
        return self._store.revision(TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[QosSpecs]:
        with self._store.read() as connection:
            if supports(_COLUMNS, query):
                found = rows(connection, sa.select(qos_specs), _COLUMNS, query)
                return Applied([_specs_of(row) for row in found])
            return [_specs_of(row) for row in connection.execute(sa.select(qos_specs))]

    def get(self, ctx: Context, resource_id: str) -> QosSpecs:
        with self._store.read() as connection:
            return _specs_of(_row(connection, resource_id))

    def create(self, ctx: Context, spec: QosSpecsSpec) -> QosSpecs:
        with self._store.write(TOPIC) as connection:
            if connection.execute(sa.select(qos_specs.c.id).where(qos_specs.c.name == spec.name)).first():
                raise Conflict(f"QoS Specs {spec.name} already exists.")
            row = {
                "id": new_id(),
                "name": spec.name,
                "consumer": spec.consumer,
                "specs": dict(spec.specs),
                "created_at": utcnow(),
            }
            connection.execute(qos_specs.insert().values(row))
            return _specs_of(_row(connection, str(row["id"])))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> QosSpecs:
        with self._store.write(TOPIC) as connection:
            row = _row(connection, resource_id)
            merged = {**row.specs, **changes.get("specs", {})}
            save(connection, qos_specs, row.id, {"consumer": changes.get("consumer", row.consumer), "specs": merged})
            return _specs_of(_row(connection, row.id))

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        with self._store.write(TOPIC) as connection:
            row = _row(connection, resource_id)
            having = volume_types.c.qos_specs_id == row.id
            if not force and connection.execute(sa.select(volume_types.c.id).where(having)).first():
                raise BadRequest("Qos specs still in use.")
            connection.execute(volume_types.update().where(having).values(qos_specs_id=None))
            connection.execute(qos_specs.delete().where(qos_specs.c.id == row.id))

    def delete_keys(self, ctx: Context, qos_specs_id: str, keys: Iterable[str]) -> None:
        with self._store.write(TOPIC) as connection:
            row = _row(connection, qos_specs_id)
            left = dict(row.specs)
            for key in keys:
                if left.pop(key, None) is None:
                    raise NotFound(f"QoS spec {row.id} has no spec with key {key}.")
            save(connection, qos_specs, row.id, {"specs": left})

    def associations(self, ctx: Context, qos_specs_id: str) -> Iterable[VolumeType]:
        with self._store.read() as connection:
            row = _row(connection, qos_specs_id)
        having = Query(filters=(Filter("qos_specs_id", (row.id,)),), all_projects=True)
        return self._types.find(ctx, having)

    def associate(self, ctx: Context, qos_specs_id: str, type_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            row, volume_type = _row(connection, qos_specs_id), _type(connection, type_id)
            if volume_type.qos_specs_id not in (None, row.id):
                raise BadRequest(
                    f"Invalid volume type: Type {type_id} is already associated with another qos specs: "
                    f"{volume_type.qos_specs_id}"
                )
            save(connection, volume_types, type_id, {"qos_specs_id": row.id})

    def disassociate(self, ctx: Context, qos_specs_id: str, type_id: str | None) -> None:
        with self._store.write(TOPIC) as connection:
            having = volume_types.c.qos_specs_id == _row(connection, qos_specs_id).id
            if type_id is not None:
                having = sa.and_(having, volume_types.c.id == _type(connection, type_id).id)
            connection.execute(volume_types.update().where(having).values(qos_specs_id=None))


def promised(connection: sa.Connection, type_id: str) -> dict[str, str] | None:
    """Return the specs that whoever connects a volume of a type has to keep, None without any."""
    statement = sa.select(qos_specs).join(volume_types, volume_types.c.qos_specs_id == qos_specs.c.id)
    row = connection.execute(statement.where(volume_types.c.id == type_id)).one_or_none()
    return dict(row.specs) if row is not None and row.consumer in ("front-end", "both") else None


def _specs_of(row: Row) -> QosSpecs:
    return QosSpecs(id=row.id, name=row.name, consumer=row.consumer, specs=row.specs, created_at=row.created_at)


def _row(connection: sa.Connection, qos_specs_id: str) -> Row:
    row = connection.execute(sa.select(qos_specs).where(qos_specs.c.id == qos_specs_id)).one_or_none()
    if row is None:
        raise NotFound(f"No such QoS spec {qos_specs_id}.", reason="QoSSpecsNotFound")
    return row


def _type(connection: sa.Connection, type_id: str) -> Row:
    row = connection.execute(sa.select(volume_types).where(volume_types.c.id == type_id)).one_or_none()
    if row is None:
        raise NotFound(f"Volume type {type_id} could not be found.", reason="VolumeTypeNotFound")
    return row
