"""Volume types: what kinds of volumes there are, who may use them, and which is meant when nobody says."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, ClassVar

import sqlalchemy as sa

from jumpgate.block_storage.contract import DefaultTypes, VolumeTypes
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.encryptions import Encryptions
from jumpgate.block_storage.drivers.embedded.quotas import rename_type
from jumpgate.block_storage.drivers.embedded.rows import Row, save, with_mappings
from jumpgate.block_storage.models import DefaultType, VolumeType, VolumeTypeSpec
from jumpgate.block_storage.models.operators import Encryption, EncryptionSpec
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.ids import Kind, Opaque
from jumpgate.common.listing import Applied, Query
from jumpgate.common.resource import Changes
from jumpgate.store.listing import rows, supports
from jumpgate.store.tables.block_storage import (
    volume_default_types,
    volume_group_volume_types,
    volume_type_projects,
    volume_types,
    volumes,
)

STANDARD = "standard"
MULTIATTACH_SPEC = {"multiattach": "<is> True"}
# The row of volume_default_types that holds the cloud's own default.
CLOUD = ""

_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    name: volume_types.c[name]
    for name in ("id", "name", "description", "is_public", "qos_specs_id", "created_at", "updated_at")
}


def is_multiattach(extra_specs: Mapping[str, str]) -> bool:
    """Tell whether several servers may use one volume of a type."""
    return extra_specs.get("multiattach") == MULTIATTACH_SPEC["multiattach"]


def _allowed(ctx: Context, *, everything: bool) -> sa.ColumnElement[bool]:
    """Say which types the caller may use: the public ones and its project's, or with `everything` all."""
    if everything:
        return sa.true()
    mine = sa.select(volume_type_projects.c.volume_type_id).where(volume_type_projects.c.project_id == ctx.project)
    return sa.or_(volume_types.c.is_public, volume_types.c.id.in_(mine))


def type_row(connection: sa.Connection, ctx: Context, reference: str) -> Row:
    """Return the row of a type that the caller may use, by id or name; raise NotFound."""
    statement = sa.select(volume_types).where(_allowed(ctx, everything=ctx.is_admin))
    for column in (volume_types.c.id, volume_types.c.name):
        row = connection.execute(statement.where(column == reference)).one_or_none()
        if row is not None:
            return row
    named = "" if _UUID.fullmatch(reference) else "with name "
    raise NotFound(f"Volume type {named}{reference} could not be found.", reason="VolumeTypeNotFound")


def default_type_row(connection: sa.Connection, project_id: str) -> Row:
    """Return the row of the type that a project's volumes get when nobody names one."""
    defaults = volume_default_types.c
    statement = sa.select(volume_types).join(volume_default_types).where(defaults.project_id.in_((project_id, CLOUD)))
    return connection.execute(statement.order_by(defaults.project_id.desc()).limit(1)).one()


class EmbeddedVolumeTypes(VolumeTypes):
    """The kinds of volumes."""

    ids: ClassVar = {Kind.VOLUME_TYPE: Opaque()}

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._store = cloud.store
        self._encryptions = Encryptions(cloud.store)

    def revision(self, ctx: Context) -> Hashable:
        return self._store.revision(TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[VolumeType]:
        columns = with_mappings(_COLUMNS, query, {"extra_specs": volume_types.c.extra_specs})
        statement = sa.select(volume_types).where(_allowed(ctx, everything=query.all_projects))
        with self._store.read() as connection:
            if supports(columns, query):
                return Applied(_types_of(connection, rows(connection, statement, columns, query)))
            return _types_of(connection, connection.execute(statement).all())

    def get(self, ctx: Context, resource_id: str) -> VolumeType:
        with self._store.read() as connection:
            return _types_of(connection, [_by_id(connection, ctx, resource_id)])[0]

    def default(self, ctx: Context) -> VolumeType:
        with self._store.read() as connection:
            return _types_of(connection, [default_type_row(connection, ctx.project)])[0]

    def create(self, ctx: Context, spec: VolumeTypeSpec) -> VolumeType:
        with self._store.write(TOPIC) as connection:
            _require_free(connection, spec.name)
            row = {
                "id": new_id(),
                "name": spec.name,
                "description": spec.description,
                "is_public": spec.is_public,
                "extra_specs": dict(spec.extra_specs),
                "created_at": utcnow(),
            }
            connection.execute(volume_types.insert().values(row))
        return self.get(ctx, str(row["id"]))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> VolumeType:
        with self._store.write(TOPIC) as connection:
            row = _by_id(connection, ctx, resource_id)
            name = changes.get("name", row.name)
            if name != row.name:
                _require_free(connection, name)
                rename_type(connection, row.name, name)
            save(connection, volume_types, row.id, changes)
        return self.get(ctx, resource_id)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            row = _by_id(connection, ctx, resource_id)
            if _is_default(connection, row.id):
                raise BadRequest(f"The volume type {row.id} is a default volume type and cannot be deleted.")
            if _is_used(connection, row.id) or _is_grouped(connection, row.id):
                raise BadRequest("Target volume type is still in use.")
            connection.execute(volume_types.delete().where(volume_types.c.id == row.id))

    def set_extra_specs(self, ctx: Context, type_id: str, extra_specs: Mapping[str, str]) -> Mapping[str, str]:
        with self._store.write(TOPIC) as connection:
            row = _by_id(connection, ctx, type_id)
            _require_unused(connection, type_id)
            merged = {**row.extra_specs, **extra_specs}
            save(connection, volume_types, row.id, {"extra_specs": merged})
        return merged

    def delete_extra_spec(self, ctx: Context, type_id: str, key: str) -> None:
        with self._store.write(TOPIC) as connection:
            row = _by_id(connection, ctx, type_id)
            _require_unused(connection, type_id)
            if key not in row.extra_specs:
                raise NotFound(f"Volume Type {type_id} has no extra specs with key {key}.")
            left = {name: value for name, value in row.extra_specs.items() if name != key}
            save(connection, volume_types, row.id, {"extra_specs": left})

    def add_access(self, ctx: Context, type_id: str, project_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            row = _private(connection, ctx, type_id)
            if project_id in _projects(connection, [row.id])[row.id]:
                raise Conflict(f"Volume type access for {row.id} / {project_id} combination already exists.")
            _give(connection, row.id, project_id)

    def remove_access(self, ctx: Context, type_id: str, project_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            row = _private(connection, ctx, type_id)
            grant = sa.and_(
                volume_type_projects.c.volume_type_id == row.id, volume_type_projects.c.project_id == project_id
            )
            if connection.execute(volume_type_projects.delete().where(grant)).rowcount == 0:
                raise NotFound(f"Volume type access not found for {row.id} / {project_id} combination.")

    def encryption(self, ctx: Context, type_id: str) -> Encryption | None:
        return self._encryptions.get(type_id)

    def encrypt(self, ctx: Context, type_id: str, spec: EncryptionSpec) -> Encryption:
        return self._encryptions.create(type_id, spec)

    def update_encryption(self, ctx: Context, type_id: str, changes: Changes) -> Encryption:
        return self._encryptions.update(type_id, changes)

    def delete_encryption(self, ctx: Context, type_id: str) -> None:
        self._encryptions.delete(type_id)


def _by_id(connection: sa.Connection, ctx: Context, type_id: str) -> Row:
    mine = sa.and_(volume_types.c.id == type_id, _allowed(ctx, everything=ctx.is_admin))
    row = connection.execute(sa.select(volume_types).where(mine)).one_or_none()
    if row is None:
        raise NotFound(f"Volume type {type_id} could not be found.", reason="VolumeTypeNotFound")
    return row


def _private(connection: sa.Connection, ctx: Context, type_id: str) -> Row:
    row = _by_id(connection, ctx, type_id)
    if row.is_public:
        raise BadRequest("Invalid volume type: Type access modification is not applicable to public volume type.")
    return row


def _types_of(connection: sa.Connection, found: Iterable[Row]) -> list[VolumeType]:
    found = list(found)
    projects = _projects(connection, [row.id for row in found])
    return [
        VolumeType(
            id=row.id,
            name=row.name,
            description=row.description,
            is_public=row.is_public,
            extra_specs=row.extra_specs,
            project_ids=tuple(projects[row.id]),
            qos_specs_id=row.qos_specs_id,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in found
    ]


def _projects(connection: sa.Connection, type_ids: Iterable[str]) -> Mapping[str, list[str]]:
    """Return which projects may use each of the types that are not public."""
    projects: dict[str, list[str]] = {type_id: [] for type_id in type_ids}
    statement = sa.select(volume_type_projects).where(volume_type_projects.c.volume_type_id.in_(projects))
    for row in connection.execute(statement.order_by(volume_type_projects.c.project_id)):
        projects[row.volume_type_id].append(row.project_id)
    return projects


def _give(connection: sa.Connection, type_id: str, project_id: str) -> None:
    connection.execute(volume_type_projects.insert().values(volume_type_id=type_id, project_id=project_id))


def _require_free(connection: sa.Connection, name: str) -> None:
    if connection.execute(sa.select(volume_types.c.id).where(volume_types.c.name == name)).first():
        raise Conflict(f"Volume Type {name} already exists.")


def _is_used(connection: sa.Connection, type_id: str) -> bool:
    return connection.execute(sa.select(volumes.c.id).where(volumes.c.volume_type_id == type_id)).first() is not None


def _is_grouped(connection: sa.Connection, type_id: str) -> bool:
    grouped = volume_group_volume_types.c
    return connection.execute(sa.select(grouped.group_id).where(grouped.volume_type_id == type_id)).first() is not None


def _is_default(connection: sa.Connection, type_id: str) -> bool:
    defaults = volume_default_types.c
    return (
        connection.execute(sa.select(defaults.project_id).where(defaults.volume_type_id == type_id)).first() is not None
    )


def _require_unused(connection: sa.Connection, type_id: str) -> None:
    if _is_used(connection, type_id):
        raise BadRequest("Volume Type is currently in use.")


class EmbeddedDefaultTypes(DefaultTypes):
    """The default types of single projects."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._store = cloud.store
        self._siblings = cloud.siblings

    def find(self, ctx: Context) -> Iterable[DefaultType]:
        own = volume_default_types.c.project_id != CLOUD
        statement = sa.select(volume_default_types).where(own).order_by(volume_default_types.c.project_id)
        with self._store.read() as connection:
            return [DefaultType(**row._mapping) for row in connection.execute(statement)]

    def get(self, ctx: Context, project_id: str) -> DefaultType:
        self._require_project(ctx, project_id)
        with self._store.read() as connection:
            mine = volume_default_types.c.project_id == project_id
            row = connection.execute(sa.select(volume_default_types).where(mine)).one_or_none()
        if row is None or project_id == CLOUD:
            raise NotFound(f"Default type for project {project_id} not found.")
        return DefaultType(**row._mapping)

    def set(self, ctx: Context, project_id: str, volume_type: str) -> DefaultType:
        self._require_project(ctx, project_id)
        with self._store.write(TOPIC) as connection:
            try:
                type_id = type_row(connection, ctx, volume_type).id
            except NotFound as error:
                raise BadRequest(error.message) from error
            set_default(connection, project_id, type_id)
        return DefaultType(project_id=project_id, volume_type_id=type_id)

    def unset(self, ctx: Context, project_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            mine = sa.and_(volume_default_types.c.project_id == project_id, volume_default_types.c.project_id != CLOUD)
            connection.execute(volume_default_types.delete().where(mine))

    def _require_project(self, ctx: Context, project_id: str) -> None:
        """Raise NotFound for a project that the identity service, where there is one to ask, does not know."""
        if self._siblings.has("identity"):
            self._siblings["identity"].projects.get(ctx, project_id)


def set_default(connection: sa.Connection, project_id: str, type_id: str) -> None:
    """Make a type the default of a project, or of the CLOUD."""
    connection.execute(volume_default_types.delete().where(volume_default_types.c.project_id == project_id))
    connection.execute(volume_default_types.insert().values(project_id=project_id, volume_type_id=type_id))


def add_first_types(connection: sa.Connection) -> None:
    """Give an empty cloud a type to begin with, and one whose volumes several servers may use."""
    if connection.execute(sa.select(volume_types.c.id).limit(1)).first():
        return
    for name, extra_specs in ((STANDARD, {}), ("multiattach", MULTIATTACH_SPEC)):
        row = {"id": new_id(), "name": name, "is_public": True, "extra_specs": extra_specs, "created_at": utcnow()}
        connection.execute(volume_types.insert().values(row))
        if name == STANDARD:
            set_default(connection, CLOUD, str(row["id"]))
