"""With whom an image is shared: a part of its document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.clouds.lxd.aliases import Alias, Document
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound
from jumpgate.common.format import parse_iso, utcnow
from jumpgate.image import counts
from jumpgate.image.contract import Members
from jumpgate.image.drivers.lxd.records import Records
from jumpgate.image.models import Member


class LxdMembers(Members):
    """The members of each image."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def find(self, ctx: Context, image_id: str) -> Iterable[Member]:
        alias = self._records.changeable(ctx, image_id)
        found = [_member(image_id, project, values) for project, values in _seen(ctx, alias).items()]
        return sorted(found, key=lambda member: (member.created_at, member.id))

    def get(self, ctx: Context, image_id: str, project_id: str) -> Member:
        known = _seen(ctx, self._records.changeable(ctx, image_id))
        if project_id not in known:
            raise NotFound(f"{project_id} not found in the member list of the image {image_id}.")
        return _member(image_id, project_id, known[project_id])

    def create(self, ctx: Context, image_id: str, project_id: str) -> Member:
        def joined(document: Document) -> Document:
            members = document["members"]
            if project_id in members:
                raise Conflict(f"Member {project_id} is duplicated for image {image_id}")
            counts.check("members", len(members) + 1)
            now = utcnow().isoformat()
            one = {"status": "pending", "created_at": now, "updated_at": now}
            return {**document, "members": {**members, project_id: one}}

        self._records.change(ctx, image_id, joined)
        return self.get(ctx, image_id, project_id)

    def update(self, ctx: Context, image_id: str, project_id: str, status: str) -> Member:
        self.get(ctx, image_id, project_id)

        def answered(document: Document) -> Document:
            changed = {**document["members"][project_id], "status": status, "updated_at": utcnow().isoformat()}
            return {**document, "members": {**document["members"], project_id: changed}}

        self._records.change(ctx, image_id, answered)
        return self.get(ctx, image_id, project_id)

    def delete(self, ctx: Context, image_id: str, project_id: str) -> None:
        self.get(ctx, image_id, project_id)

        def left(document: Document) -> Document:
            others = {name: values for name, values in document["members"].items() if name != project_id}
            return {**document, "members": others}

        self._records.change(ctx, image_id, left)


def _seen(ctx: Context, alias: Alias) -> Mapping[str, Any]:
    members: Mapping[str, Any] = alias.document["members"]
    if ctx.is_admin or alias.document["owner"] == ctx.project:
        return members
    return {project: values for project, values in members.items() if project == ctx.project}


def _member(image_id: str, project_id: str, values: Mapping[str, str]) -> Member:
    return Member(
        id=project_id,
        image_id=image_id,
        status=values["status"],
        created_at=parse_iso(values["created_at"]),
        updated_at=parse_iso(values["updated_at"]),
    )
