"""The accounts that an image template is shared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, Forbidden, NotFound
from jumpgate.image.contract import Members
from jumpgate.image.drivers.softlayer.images import SERVICE, SoftLayerImages
from jumpgate.image.models import Member


class SoftLayerMembers(Members):
    """Account references. Nobody is asked whether it takes an image: a member has accepted."""

    def __init__(self, session: Session, images: SoftLayerImages) -> None:
        self._session = session
        self._images = images

    def find(self, ctx: Context, image_id: str) -> Iterable[Member]:
        record = self._images.record(ctx, image_id)
        mine = text(record, "accountId") == ctx.project
        return (item for item in _members(record) if mine or item.id == ctx.project)

    def get(self, ctx: Context, image_id: str, project_id: str) -> Member:
        for member in self.find(ctx, image_id):
            if member.id == project_id:
                return member
        raise NotFound(f"{project_id} not found in the member list of the image {image_id}.")

    def create(self, ctx: Context, image_id: str, project_id: str) -> Member:
        record = self._owned(ctx, image_id)
        if not project_id.isdigit():
            raise BadRequest(f"{project_id!r} is no SoftLayer account: give the account's number.")
        if any(member.id == project_id for member in _members(record)):
            raise Conflict(f"The image {image_id} is shared with account {project_id} already.")
        self._session.call(ctx, SERVICE, "permitSharingAccess", int(project_id), id=image_id)
        return self.get(ctx, image_id, project_id)

    def delete(self, ctx: Context, image_id: str, project_id: str) -> None:
        self._owned(ctx, image_id)
        self.get(ctx, image_id, project_id)
        self._session.call(ctx, SERVICE, "denySharingAccess", int(project_id), id=image_id)

    def _owned(self, ctx: Context, image_id: str) -> Record:
        record = self._images.record(ctx, image_id)
        if text(record, "accountId") != ctx.project:
            raise Forbidden(f"Image {image_id} belongs to another account.")
        return record


def _members(record: Record) -> Iterator[Member]:
    created = moment(record, "createDate") or EPOCH
    owner = text(record, "accountId")
    for reference in at(record, "accountReferences") or ():
        account = text(reference, "accountId")
        if account != owner:
            yield Member(
                id=account,
                image_id=text(record, "globalIdentifier"),
                status="accepted",
                created_at=created,
                updated_at=created,
            )
