"""The members of a shared image in JSON."""

from __future__ import annotations

from jumpgate.common.fields import Field, Input, View
from jumpgate.common.format import iso_seconds_z
from jumpgate.common.ids import Kind
from jumpgate.image.models import MEMBER_STATUSES, Member
from jumpgate.image.views.documents import UUID_PATTERN, document


def _text(description: str, **more: object) -> Input:
    return Input(schema={"type": "string", "description": description, **more})


FIELDS = (
    Field("member_id", "id", kind=Kind.PROJECT, input=_text("An identifier for the image member (tenantId)")),
    Field("image_id", kind=Kind.IMAGE, input=_text("An identifier for the image", pattern=UUID_PATTERN)),
    Field(
        "created_at",
        lambda member, _: iso_seconds_z(member.created_at),
        input=_text("Date and time of image member creation"),
    ),
    Field(
        "updated_at",
        lambda member, _: iso_seconds_z(member.updated_at),
        input=_text("Date and time of last modification of image member"),
    ),
    Field("status", input=_text("The status of this image member", enum=list(MEMBER_STATUSES))),
    Field("schema", lambda *_: "/v2/schemas/member", input=Input(schema={"readOnly": True, "type": "string"})),
)

VIEW: View[Member] = View(*FIELDS)
DOCUMENT = document("member", FIELDS)
