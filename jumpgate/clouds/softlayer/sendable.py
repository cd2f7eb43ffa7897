"""What may be sent to SoftLayer: its API speaks XML, which cannot carry all that a client may write in JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound, Unauthorized

_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Checked:
    """A transport that refuses what would break XML: Unauthorized for a key, NotFound for an id, else BadRequest."""

    def __init__(self, transport: Callable[[Any], Any]) -> None:
        self.transport = transport

    def __call__(self, request: Any) -> Any:
        if any(map(_UNSENDABLE.search, _texts(request.headers))):
            raise Unauthorized("SoftLayer does not accept the user name and API key.")
        if any(map(_UNSENDABLE.search, _texts(request.identifier))):
            raise NotFound(f"Nothing in SoftLayer has the id {request.identifier!r}.")
        for text in (*_texts(request.args), *_texts(request.filter)):
            if _UNSENDABLE.search(text):
                raise BadRequest(f"SoftLayer takes no control characters: leave them out of {text[:80]!r}.")
        return self.transport(request)


def _texts(value: Any) -> Iterator[str]:
    """Yield all text in a value that is to be sent."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
