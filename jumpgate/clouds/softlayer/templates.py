"""The ids of images. A template has SoftLayer's; one that began as an image without data keeps the id of that.

Such an id is written in the template's note, by whoever may write it. So it has the owner's account in it, and counts
on templates of that account only: nobody can pass a template off as somebody else's image.
"""

from __future__ import annotations

import secrets

from jumpgate.clouds.softlayer.properties import read_attributes
from jumpgate.clouds.softlayer.session import Record, Session, is_equal, nested
from jumpgate.clouds.softlayer.values import text
from jumpgate.common.context import Context
from jumpgate.common.errors import Forbidden, NotFound
from jumpgate.common.ids import Kind, MalformedId, Packed

SERVICE = "Virtual_Guest_Block_Device_Template_Group"
# What a mask of a template must have for `image_id`.
ID_MASK = "globalIdentifier,accountId,note"
# The name of an image's own id in a note.
ID = "id"
_LIST = "privateBlockDeviceTemplateGroups"
_RANDOM_BITS = 64
_PACKED = Packed(Kind.IMAGE, numbers=True)


def new_id(account: str) -> str:
    """Return an id for an image of an account that is no template yet."""
    return _PACKED.to_openstack(str(int(account) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)))


def account_of(image_id: str) -> str | None:
    """Return the account in an id of `new_id`'s, None for an identifier of SoftLayer's."""
    try:
        return str(int(_PACKED.to_cloud(image_id)) >> _RANDOM_BITS)
    except MalformedId:
        return None


def image_id(template: Record) -> str | None:
    """Return the id of a template's image, None where there is no template."""
    told = str(read_attributes(text(template, "note")).get(ID, ""))
    if told and account_of(told) == text(template, "accountId"):
        return told
    return text(template, "globalIdentifier") or None


def find_template(session: Session, ctx: Context, wanted: str, mask: str) -> Record | None:
    """Return the template of an image that the caller sees, None where there is none; it costs one call.

    `mask` has `ID_MASK` in it.
    """
    if account_of(wanted) is None:
        try:
            found: Record | None = session.call(ctx, SERVICE, "getObject", id=wanted, mask=mask)
        except (NotFound, Forbidden):
            return None
        return found or None
    told = nested(f"{_LIST}.note", is_equal(f"*= {wanted}"))
    records = session.call(ctx, "Account", "getPrivateBlockDeviceTemplateGroups", mask=mask, filter=told)
    return next((record for record in records or () if image_id(record) == wanted), None)


def template_id(session: Session, ctx: Context, wanted: str) -> str | None:
    """Return SoftLayer's identifier of an image's template, None where there is none; it is asked only if it must."""
    if account_of(wanted) is None:
        return wanted
    return text(find_template(session, ctx, wanted, f"mask[{ID_MASK}]"), "globalIdentifier") or None
