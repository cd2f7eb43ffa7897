"""What the tests of the passthrough share: a configuration that passes on to services of a test."""

from __future__ import annotations

from typing import Any

from falcon.testing import TestClient

from jumpgate.api import Jumpgate
from jumpgate.common.config import SERVICE_NAMES, Config

NOWHERE = "http://127.0.0.1:1"


def passing(config: str = "", **urls: str) -> TestClient:
    """A client of an application that passes every service on: to the URL given for it, or to nobody."""
    endpoints = "".join(f"{name}_endpoint={urls.get(name, NOWHERE)}\n" for name in SERVICE_NAMES)
    return TestClient(Jumpgate(Config.from_text(f"[openstack]\n{endpoints}{config}")))


def header_names(headers: Any) -> set[str]:
    """The names of headers, in lower case."""
    return {name.lower() for name in headers}
