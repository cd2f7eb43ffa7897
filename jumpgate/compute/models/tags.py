"""The tags of a server: texts without order, none twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from jumpgate.common.errors import BadRequest, NotFound

MOST_TAGS = 50


def tags_after(server_id: str, tags: Sequence[str], *, add: Sequence[str], remove: Collection[str]) -> list[str]:
    """Return a server's tags with some more and without others, the old ones first.

    Raises NotFound for one to remove that is not there, BadRequest above MOST_TAGS.
    """
    for tag in remove:
        if tag not in tags:
            raise NotFound(f"Instance {server_id} has no tag '{tag}'", reason="InstanceTagNotFound")
    found = [tag for tag in dict.fromkeys([*tags, *add]) if tag not in remove]
    if len(found) > MOST_TAGS:
        raise BadRequest(f"The number of tags exceeded the per-server limit {MOST_TAGS}")
    return found
