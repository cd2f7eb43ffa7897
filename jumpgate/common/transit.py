"""What changes of a request and of its answer while they pass through, and how: nothing else does.

A proxy has its own connections, so their headers end here. Host and X-Forwarded-* say where the client was. An answer
may come compressed, and then its links could not be rewritten, so none is asked for.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import NotFound
from jumpgate.common.mount import OUTER_SCRIPT_NAME

# A JSON document is held in memory to rewrite its links; a larger one goes through as it is.
LARGEST_DOCUMENT_BYTES = 32 * 1024 * 1024

REQUEST_ID = "X-Openstack-Request-Id"
BODILESS = frozenset({204, 304})

# RFC 9110, section 7.6.1, and what belongs to a connection besides.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# What Jumpgate says itself: only its own word counts on where the client was.
_OWN = frozenset(
    {
        "accept-encoding",
        "content-length",
        "expect",
        "forwarded",
        "host",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-prefix",
        "x-forwarded-proto",
    }
)
_LEFT_BEHIND = _HOP_BY_HOP | _OWN
_PATH_CHARACTERS = "/:@!$&'()*+,;=~"
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


@lru_cache(maxsize=64)
def not_forwarded(connection: str) -> frozenset[str]:
    """Return the names of a request's headers that stay behind, in lower case; `connection` is its Connection."""
    return _HOP_BY_HOP | _OWN | named(connection) if connection else _LEFT_BEHIND


@lru_cache(maxsize=64)
def not_returned(connection: str) -> frozenset[str]:
    """Return the names of an answer's headers that stay behind."""
    return _HOP_BY_HOP | named(connection) if connection else _HOP_BY_HOP


@lru_cache(maxsize=64)
def encoded(names: frozenset[str]) -> frozenset[bytes]:
    """Return names of headers as they come from a socket."""
    return frozenset(name.encode("latin-1") for name in names)


def named(connection: str) -> frozenset[str]:
    """Return the headers that a Connection header declares its own."""
    return frozenset(name.strip().lower() for name in connection.split(","))


def forwarding(disp: Dispatcher, backend_path: str, env: dict[str, Any]) -> dict[str, str]:
    """Return what Jumpgate says of the client to the service behind it, whose URL has `backend_path`."""
    ours = urlsplit(disp.mount.base_url(env))
    before, client = env.get("HTTP_X_FORWARDED_FOR"), env.get("REMOTE_ADDR", "")
    headers = {
        "X-Forwarded-Proto": ours.scheme,
        "X-Forwarded-Host": ours.netloc,
        "X-Forwarded-For": f"{before}, {client}" if before else client,
        "Accept-Encoding": "identity",
    }
    if ours.path and not backend_path:
        # A service that believes it puts the prefix before the path it has already.
        headers["X-Forwarded-Prefix"] = ours.path
    if "HTTP_X_OPENSTACK_REQUEST_ID" not in env:
        headers[REQUEST_ID] = env["REQUEST_ID"]
    return headers


def target(env: dict[str, Any]) -> str:
    """Return the path and query of a request below its service, as the client encoded them."""
    query = env.get("QUERY_STRING")
    return f"{path_of(env)}?{_in_ascii(query)}" if query else path_of(env)


def path_of(env: dict[str, Any]) -> str:
    """Return the path of a request below its service.

    WSGI tells a decoded path, in which an encoded slash is a slash; servers that tell the raw one beside it are
    believed where both agree. Raises NotFound for dot segments: what lies above a backend's URL is none of ours.
    """
    path = env["PATH_INFO"]
    if "/." in path and not {".", ".."}.isdisjoint(path.split("/")):
        raise NotFound("The resource could not be found.")
    raw = _raw_path(env, path)
    return quote(path.encode("latin-1"), safe=_PATH_CHARACTERS) if raw is None else _in_ascii(raw)


def _in_ascii(text: str) -> str:
    return text if text.isascii() else quote(text.encode("latin-1"), safe=_ASCII)


def _raw_path(env: dict[str, Any], path: str) -> str | None:
    """Return the path as the client wrote it, without the prefixes before the service's own part."""
    uri = env.get("RAW_URI") or env.get("REQUEST_URI")
    if not uri:
        return None
    raw = (uri if uri.startswith("/") else urlsplit(uri).path).partition("?")[0]
    script = env.get("SCRIPT_NAME", "")
    # A proxy in front may have taken its own prefix away already, or may have not.
    for prefix in (script, script.removeprefix(env.get(OUTER_SCRIPT_NAME, "")), ""):
        below = raw.removeprefix(prefix) or "/"
        if below == path or unquote_to_bytes(below) == path.encode("latin-1"):
            return below
    return None


def may_hold_links(content_type: str, content_encoding: str, content_length: str) -> bool:
    """Tell by its headers whether an answer may hold links: JSON, not compressed, not known to be too large."""
    if "json" not in content_type.lower() or content_encoding.lower() not in ("", "identity"):
        return False
    return not (content_length.isdigit() and int(content_length) > LARGEST_DOCUMENT_BYTES)
