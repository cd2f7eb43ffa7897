"""Where a service stands: a prefix on the shared port or a port of its own, and the base of its URLs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OUTER_SCRIPT_NAME = "jumpgate.script_name"
# All of a request's environment that its base URLs depend on.
ADDRESS = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", OUTER_SCRIPT_NAME, "jumpgate.port")


@dataclass(frozen=True, slots=True)
class Mount:
    """The place of one service. `prefix` is "" for a service on a `port` of its own.

    `public_url` replaces everything that a request tells of the address; it has no trailing slash.
    """

    prefix: str
    port: int | None = None
    public_url: str | None = None

    def base_url(self, env: dict[str, Any]) -> str:
        """Return the URL below which the service's paths lie, as the client of this request sees it."""
        if self.public_url is not None:
            return self.public_url
        scheme = env["wsgi.url_scheme"]
        netloc = env.get("HTTP_HOST") or f"{env['SERVER_NAME']}:{env['SERVER_PORT']}"
        if self.port is not None and self.port != env.get("jumpgate.port"):
            netloc = f"{_host(netloc)}:{self.port}"
        elif self.port is None and env.get("jumpgate.port") is not None:
            netloc = f"{_host(netloc)}:{env['jumpgate.shared_port']}"
        return f"{scheme}://{netloc}{env.get(OUTER_SCRIPT_NAME, '')}{self.prefix}"


def _host(netloc: str) -> str:
    """Return a netloc without its port; an IPv6 literal keeps its brackets."""
    return netloc[: netloc.index("]") + 1] if netloc.startswith("[") else netloc.partition(":")[0]
