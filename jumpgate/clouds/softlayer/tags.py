"""SoftLayer's tags, which guests, VLANs and subnets have: all of a thing are written at once, with commas between."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import at, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest

MASK = "tagReferences[tag[name]]"


def read_tags(record: Record) -> list[str]:
    """Return the tags of a thing whose mask has them."""
    return [text(item, "tag.name") for item in at(record, "tagReferences") or ()]


def write_tags(session: Session, ctx: Context, service: str, thing_id: object, tags: Iterable[str]) -> None:
    """Replace a thing's tags; raise BadRequest for one that SoftLayer would take for two."""
    wanted = list(tags)
    for tag in wanted:
        if "," in tag:
            raise BadRequest(f"SoftLayer's tags have no commas: {tag!r}.")
    session.call(ctx, service, "setTags", ",".join(wanted), id=thing_id)
