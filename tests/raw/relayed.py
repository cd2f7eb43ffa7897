"""What the tests of the relay's failures share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.gateway import Relayed, application, serving
from tests.support.service import Service
from tests.support.wire import Reply

QUICK = "connect_timeout=2\nread_timeout=0.3\n"
PATHS = {
    "identity": "/identity/v3/users",
    "compute": "/compute/v2.1/servers",
    "image": "/image/v2/images",
    "block_storage": "/volume/v3/p/volumes",
    "network": "/network/v2.0/networks",
}
FILE = "/image/v2/images/i/file"
BLOCK = b"x" * 65_536


@contextmanager
def in_front_of(service: Service | None, config: str = "") -> Iterator[Relayed]:
    urls = dict.fromkeys(PATHS, service.url) if service is not None else {}
    with serving(application(config, **urls)) as relayed:
        yield relayed


def message(answer: Reply) -> str:
    """The message of a fault of any service."""
    body = json.loads(answer.body)
    return str(body.get("message") or next(iter(body.values()))["message"])
