"""The accounts that an image template is shared with."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.templates import SERVICE
from jumpgate.clouds.softlayer.templates import image_id as id_of
from jumpgate.clouds.softlayer.values import EPOCH, moment, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.image.contract import Members
from jumpgate.image.drivers.softlayer.images import SoftLayerImages
from jumpgate.image.drivers.softlayer.records import others
from jumpgate.image.models import Member


class SoftLayerMembers(Members):
    """Account references. Nobody is asked whether it takes an image: a member has accepted."""

    def __init__(self, session: Session, images: SoftLayerImages) -> None:
        self._session = session
        self._images = images

    def find(self, ctx: Context, image_id: str) -> Iterable[Member]:
        record = self._images.look(ctx, image_id)[1]
        if record is None:
            return ()
        mine = text(record, "accountId") == ctx.project
        members = (_member(record, reference) for reference in others(record))
        return (item for item in members if mine or item.id == ctx.project)

    def get(self, ctx: Context, image_id: str, project_id: str) -> Member:
        for member in self.find(ctx, image_id):
            if member.id == project_id:
                return member
        raise NotFound(f"{project_id} not found in the member list of the image {image_id}.")

    def create(self, ctx: Context, image_id: str, project_id: str) -> Member:
        record = self._images.own(ctx, image_id)
        if not project_id.isdigit():
            raise BadRequest(f"{project_id!r} is no SoftLayer account: give the account's number.")
        if any(text(reference, "accountId") == project_id for reference in others(record)):
            raise Conflict(f"The image {image_id} is shared with account {project_id} already.")
        self._session.call(ctx, SERVICE, "permitSharingAccess", int(project_id), id=text(record, "globalIdentifier"))
        return self.get(ctx, image_id, project_id)

    def delete(self, ctx: Context, image_id: str, project_id: str) -> None:
        record = self._images.own(ctx, image_id)
        self.get(ctx, image_id, project_id)
        identifier = text(record, "globalIdentifier")
        self._session.call(ctx, SERVICE, "denySharingAccess", int(project_id), id=identifier)


def _member(record: Record, reference: Record) -> Member:
    since = moment(reference, "createDate") or moment(record, "createDate") or EPOCH
    return Member(
        id=text(reference, "accountId"),
        image_id=id_of(record) or "",
        status="accepted",
        created_at=since,
        updated_at=since,
    )
