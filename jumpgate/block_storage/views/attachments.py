"""Attachments in JSON (microversion 3.27 and newer)."""

from __future__ import annotations

import datetime as dt

from jumpgate.block_storage.models import Attachment
from jumpgate.common.fields import Field, View
from jumpgate.common.format import iso_microseconds
from jumpgate.common.ids import Kind


def _moment(moment: dt.datetime | None) -> str:
    return iso_microseconds(moment) or ""


_SUMMARY = (
    Field("id", kind=Kind.ATTACHMENT),
    Field("status"),
    Field("instance", "server_id", kind=Kind.SERVER),
    Field("volume_id", kind=Kind.VOLUME),
)

SUMMARY: View[Attachment] = View(*_SUMMARY)
DETAIL: View[Attachment] = View(
    *_SUMMARY,
    Field("attached_at", lambda item, _: _moment(item.attached_at)),
    Field("detached_at", lambda item, _: _moment(item.detached_at)),
    Field("attach_mode", "mode"),
    Field("connection_info", lambda item, _: dict(item.connection)),
)
