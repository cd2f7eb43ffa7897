"""Flavors as LXD's profiles: a size of instance that LXD's own tools can use as well."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, JumpgateError, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.ids import IdMap, Kind, Opaque
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.compute.contract import Flavors
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.drivers.lxd.records import time_of
from jumpgate.compute.models import Flavor, FlavorSpec

FIRST = (
    FlavorSpec(id="1", name="m1.tiny", vcpus=1, ram_mib=512, disk_gib=1),
    FlavorSpec(id="2", name="m1.small", vcpus=1, ram_mib=2048, disk_gib=20),
    FlavorSpec(id="3", name="m1.medium", vcpus=2, ram_mib=4096, disk_gib=40),
    FlavorSpec(id="4", name="m1.large", vcpus=4, ram_mib=8192, disk_gib=80),
    FlavorSpec(id="42", name="m1.nano", vcpus=1, ram_mib=128, disk_gib=1),
    FlavorSpec(id="84", name="m1.micro", vcpus=1, ram_mib=192, disk_gib=1),
)
_PREFIX = "flavor-"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,50}")
_TIMES = ("created_at", "updated_at")


def profile_name(flavor_id: str) -> str:
    """Return the profile of a flavor: its id where LXD takes it for a name, else a hash of it."""
    plain = flavor_id if _PLAIN.fullmatch(flavor_id) else hashlib.sha256(flavor_id.encode()).hexdigest()[:40]
    return _PREFIX + plain


def limits(flavor: Flavor | FlavorSpec) -> dict[str, str]:
    """Return a flavor's cores and memory as LXD's limits."""
    return {"limits.cpu": str(flavor.vcpus), "limits.memory": f"{flavor.ram_mib}MiB"}


class LxdFlavors(Flavors):
    """The profiles whose names begin with ``flavor-``. `projects` of a private flavor stand in its note."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.FLAVOR: Opaque()}

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, query: Query) -> Iterable[Flavor]:
        for record in self._session.find("profiles"):
            document = _document(record)
            if document is not None and (query.all_projects or _is_usable(ctx, document)):
                yield _flavor(document)

    def get(self, ctx: Context, flavor_id: str) -> Flavor:
        document = self._get(flavor_id)
        if not (ctx.is_admin or _is_usable(ctx, document)):
            raise _missing(flavor_id)
        return _flavor(document)

    def _get(self, flavor_id: str) -> dict[str, Any]:
        try:
            document = _document(self._session.get("profiles", profile_name(flavor_id)))
        except NotFound:
            document = None
        if document is None:
            raise _missing(flavor_id)
        return document

    def create(self, ctx: Context, spec: FlavorSpec) -> Flavor:
        flavor_id = spec.id or str(uuid.uuid4())
        for known in self.find(ctx, Query(all_projects=True)):
            if known.id == flavor_id:
                raise Conflict(f"Flavor with ID {flavor_id} already exists.", reason="FlavorIdExists")
            if known.name == spec.name:
                raise Conflict(f"Flavor with name {spec.name} already exists.", reason="FlavorExists")
        now = utcnow().isoformat()
        values = {**dataclasses.asdict(spec), "id": flavor_id, "extra_specs": {}}
        document = {**values, "projects": [], "created_at": now, "updated_at": now}
        body = {"name": profile_name(flavor_id), **_body(document)}
        self._session.post("profiles", body=body)
        return _flavor(document)

    def update(self, ctx: Context, flavor_id: str, changes: Changes) -> Flavor:
        return _flavor(self._write({**self._get(flavor_id), **changes}))

    def _write(self, document: dict[str, Any]) -> dict[str, Any]:
        changed = {**document, "updated_at": utcnow().isoformat()}
        self._session.put("profiles", profile_name(document["id"]), body=_body(changed))
        return changed

    def delete(self, ctx: Context, flavor_id: str) -> None:
        self._get(flavor_id)
        self._session.delete("profiles", profile_name(flavor_id))

    def merge_extra_specs(self, ctx: Context, flavor_id: str, items: Mapping[str, str | None]) -> Mapping[str, str]:
        document = self._get(flavor_id)
        merged = {name: item for name, item in {**document["extra_specs"], **items}.items() if item is not None}
        self._write({**document, "extra_specs": merged})
        return merged

    def access(self, ctx: Context, flavor_id: str) -> list[str]:
        return list(self._get(flavor_id)["projects"])

    def grant(self, ctx: Context, flavor_id: str, project_id: str) -> None:
        document = self._get(flavor_id)
        if project_id in document["projects"]:
            raise Conflict(
                f"Flavor access already exists for flavor {flavor_id} and project {project_id} combination.",
                reason="FlavorAccessExists",
            )
        self._write({**document, "projects": [*document["projects"], project_id]})

    def revoke(self, ctx: Context, flavor_id: str, project_id: str) -> None:
        document = self._get(flavor_id)
        if project_id not in document["projects"]:
            raise NotFound(
                f"Flavor access not found for {flavor_id} / {project_id} combination.", reason="FlavorAccessNotFound"
            )
        self._write({**document, "projects": [item for item in document["projects"] if item != project_id]})


def bootstrap(session: Session, first: Iterable[FlavorSpec] = FIRST) -> str | None:
    """Give an LXD without any flavor the first ones; return what went wrong, if anything."""
    flavors = LxdFlavors(session)
    nobody = Context(user_id="jumpgate", roles=("admin",))
    try:
        if not any(True for _ in flavors.find(nobody, Query(all_projects=True))):
            for spec in first:
                flavors.create(nobody, spec)
    except JumpgateError as error:
        return f"LXD has not been given its first flavors: {error.message}"
    return None


def _body(document: Mapping[str, Any]) -> dict[str, Any]:
    flavor = _flavor(document)
    return {
        "description": flavor.description or f"OpenStack flavor {flavor.name}",
        "config": {**limits(flavor), **notes.written(flavor=dict(document))},
        "devices": {},
    }


def _document(record: Record) -> dict[str, Any] | None:
    document: dict[str, Any] | None = notes.value(record["config"], "flavor", None)
    return document


def _flavor(document: Mapping[str, Any]) -> Flavor:
    values = {name: value for name, value in document.items() if name != "projects"}
    return Flavor(**{**values, **{name: time_of(values[name]) for name in _TIMES}})


def _is_usable(ctx: Context, document: Mapping[str, Any]) -> bool:
    return bool(document["is_public"]) or ctx.project in document["projects"]


def _missing(flavor_id: str) -> NotFound:
    return NotFound(f"Flavor {flavor_id} could not be found.", reason="FlavorNotFound")
