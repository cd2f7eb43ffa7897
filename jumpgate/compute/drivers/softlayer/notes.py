"""What SoftLayer has no place for is kept in a guest's notes: OpenStack's name, metadata, lock and the like.

Notes that say no more than a description are that description, as somebody would write them in SoftLayer's portal;
otherwise they are a JSON document under one key.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from jumpgate.common.errors import BadRequest

_KEY = "openstack"
LONGEST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A guest's notes.

    `name` is there where the host name is not the name. `flavor` is the preset after a resize, and `resized_from` the
    one before, until the resize is confirmed. `suspended` tells a paused guest that OpenStack calls suspended, and
    `rescued` one that runs SoftLayer's rescue system. `hides_password`: a client has cleared the password.
    """

    name: str | None = None
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    access_ipv4: str = ""
    access_ipv6: str = ""
    flavor: str | None = None
    resized_from: str | None = None
    suspended: bool = False
    rescued: bool = False
    hides_password: bool = False
    locked_by: str | None = None
    locked_reason: str | None = None

    def text(self) -> str:
        """Return the notes as SoftLayer keeps them; raise BadRequest for more than it has room for."""
        written = self._written()
        if len(written) > LONGEST:
            raise BadRequest(
                f"SoftLayer has room for {LONGEST:,} characters of notes on a server, and its name, description, "
                f"metadata and lock need {len(written):,}: use fewer or shorter ones."
            )
        return written

    def _written(self) -> str:
        values = {name: value for name, value in dataclasses.asdict(self).items() if value}
        if not values.keys() - {"description"} and not _is_document(self.description or ""):
            return self.description or ""
        return orjson.dumps({_KEY: values}).decode()

    @classmethod
    def read(cls, text: str) -> Note:
        """Read a guest's notes, whoever wrote them."""
        if not _is_document(text):
            return cls(description=text or None)
        try:
            values = orjson.loads(text)[_KEY]
        except (ValueError, KeyError, TypeError):
            return cls(description=text)
        known = {item.name: item.type for item in dataclasses.fields(cls)}
        given: dict[str, Any] = {name: value for name, value in values.items() if name in known}
        return cls(**given)


def _is_document(text: str) -> bool:
    return text.startswith(f'{{"{_KEY}":')
