"""Links in the answers of a backend: its own URLs become Jumpgate's, and nothing else changes.

A link stands below a key of JSON that ends in ``links``, in ``next`` and its like of a page of a list, in a catalog, or
in a header such as Location. A URL that a user has stored somewhere else stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from jumpgate.common.additions import Additions
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.mount import ADDRESS

# `{"links": [{"rel": "self", "href": URL}, ...]}` as most services write it, or `{"links": {"self": URL}}`, Keystone's.
_LINKS = re.compile(rb'links"\s*+:\s*+(?:\[(?:\s*+\{[^{}]*+\}\s*+,?)*+|\{[^{}]*+\})')
_PAGES = ("next", "previous", "prev", "first", "last")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_VERSION = re.compile(r"/v\d+(?:\.\d+)?(?:/|$)")
_CATALOG = re.compile(rb'"(?:catalog|serviceCatalog)"\s*:\s*\[')
_CATALOG_URLS = ("url", "publicURL", "internalURL", "adminURL")
_MOST_REWRITERS = 1024
_LINK_HEADERS = frozenset({b"location", b"content-location", b"link", b"www-authenticate"})
_PATH_HEADERS = frozenset({b"location", b"content-location"})


@dataclass(frozen=True, slots=True)
class Place:
    """A service behind Jumpgate: the URLs by which it calls itself, without a trailing slash, and its dispatcher."""

    disp: Dispatcher
    urls: tuple[str, ...]


class Links:
    """The places of all services, and how their links look to the client of a request."""

    def __init__(self, places: Iterable[Place], dispatchers: Iterable[Dispatcher]) -> None:
        """`dispatchers` are those of every service and region, with a place or without: catalogs list them all."""
        self._places = tuple(places)
        self._dispatchers = tuple(dispatchers)
        self._rewriters: dict[tuple[object, ...], Rewriter] = {}

    def seen_by(self, env: dict[str, Any], disp: Dispatcher) -> Rewriter:
        """Return what rewrites the answers to a request to `disp`."""
        address = (disp, *(env.get(name) for name in ADDRESS))
        rewriter = self._rewriters.get(address)
        if rewriter is None:
            if len(self._rewriters) >= _MOST_REWRITERS:
                self._rewriters.clear()
            ours = {other: other.mount.base_url(env) for other in self._dispatchers}
            rewriter = self._rewriters[address] = self._rewriter(disp, ours)
        return rewriter

    def _rewriter(self, here: Dispatcher, ours: Mapping[Dispatcher, str]) -> Rewriter:
        known = {base: base for base in ours.values()}
        # Where services have one URL, it is that of the one that answers.
        for place in sorted(self._places, key=lambda place: place.disp is here):
            for url in place.urls:
                # Without a path, our host alone tells nothing of which service it is, but the one that answers.
                is_told = bool(urlsplit(url).path) or place.disp is here
                names = (*_spellings(url), *(_as_forwarded(url, ours[place.disp]) if is_told else ()))
                known.update(dict.fromkeys(names, ours[place.disp]))
        types = {(entry.type, disp.region): ours[disp] for disp in self._dispatchers for entry in disp.service.catalog}
        paths = {
            urlsplit(place.urls[0]).path: urlsplit(ours[here]).path for place in self._places if place.disp is here
        }
        return Rewriter(known, types, paths, Additions(here, ours))


def _spellings(url: str) -> tuple[str, ...]:
    """Return a URL with and without the port that its scheme implies."""
    parts = urlsplit(url)
    default = _DEFAULT_PORTS.get(parts.scheme, "")
    if parts.port is None:
        return url, f"{parts.scheme}://{parts.netloc}{default}{parts.path}"
    return url, f"{parts.scheme}://{parts.netloc.removesuffix(default)}{parts.path}"


def _as_forwarded(url: str, ours: str) -> tuple[str, ...]:
    """Return how a service names itself that believes X-Forwarded-Host: our host, its own path.

    Some believe nothing else, Cinder for its links to further pages: its own scheme then, and no prefix.
    """
    theirs, parts = urlsplit(url), urlsplit(ours)
    return tuple(f"{scheme}://{parts.netloc}{theirs.path}" for scheme in {theirs.scheme, parts.scheme})


class Rewriter:
    """Rewrites the links of one answer.

    `known` maps the services' URLs to ours, `types` those of a catalog, `paths` the path of the service that answers.
    `additions` is what catalogs are to have besides.
    """

    def __init__(
        self,
        known: Mapping[str, str],
        types: Mapping[tuple[str, str], str],
        paths: Mapping[str, str],
        additions: Additions,
    ) -> None:
        self._known = {base.encode(): ours.encode() for base, ours in known.items()}
        self._types = types
        self._paths = paths
        self._additions = additions
        longest_first = sorted(self._known, key=len, reverse=True)
        bases = b"|".join(map(re.escape, longest_first)) or rb"(?!)"
        self._header = re.compile(b"((?:^|[\"'<]))(" + bases + b")(?=[/?#\"'>]|$)")
        self._string = re.compile(b'(:\\s*")(' + bases + b')(?=[/?#"])')

    def _replace(self, match: re.Match[bytes]) -> bytes:
        return match[1] + self._known[match[2]]

    def in_header(self, name: bytes, value: bytes) -> bytes:
        """Return the value of the header called `name`, in lower case: its URLs, bare or in quotes, are rewritten."""
        if name not in _LINK_HEADERS:
            return value
        if name in _PATH_HEADERS and value.startswith(b"/") and not value.startswith(b"//"):
            return self._in_path(value.decode("latin-1")).encode("latin-1")
        return self._header.sub(self._replace, value)

    def _in_path(self, path: str) -> str:
        """Return the path of a URL of ours; a service that believes X-Forwarded-Prefix has said it already."""
        for theirs, ours in self._paths.items():
            if not _is_below(path, ours) and _is_below(path, theirs):
                return ours + path[len(theirs) :]
        return path

    def in_json(self, body: bytes) -> bytes:
        """Return a JSON document with its links rewritten; every other byte stays."""
        if _CATALOG.search(body):
            body = self._in_catalogs(body)
        if self._string.search(body) is None:
            return body
        body = _LINKS.sub(self._in_links, body)
        return self._in_page(body) if self._string.search(body) is not None else body

    def _in_links(self, match: re.Match[bytes]) -> bytes:
        return self._string.sub(self._replace, match[0])

    def _in_page(self, body: bytes) -> bytes:
        """Return a page of a list with the links to its neighbours; what has an id is no page."""
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError:
            return body
        if not isinstance(document, dict) or "id" in document:
            return body
        links = {key: self._in_url(document[key]) for key in _PAGES if isinstance(document.get(key), str)}
        return orjson.dumps(document | links) if any(document[key] != url for key, url in links.items()) else body

    def _in_url(self, url: str) -> str:
        return self._header.sub(self._replace, url.encode()).decode()

    def _in_catalogs(self, body: bytes) -> bytes:
        """Return a token or catalog with the endpoints of our services; the document is the same, its spacing not."""
        try:
            document = orjson.loads(body)
            catalogs = _catalogs(document)
            for catalog in catalogs:
                _each_url(catalog, self._in_catalog)
            if catalogs:
                self._additions.add_to(document)
        except (orjson.JSONDecodeError, AttributeError, TypeError, KeyError):
            # It has the name of a catalog and is none.
            return body
        return orjson.dumps(document) if catalogs else body

    def _in_catalog(self, service_type: str, region: str, url: str) -> str:
        known = self._in_url(url)
        ours = self._types.get((service_type, region))
        if known != url or ours is None:
            return known
        path = urlsplit(url).path
        version = _VERSION.search(path)
        return ours + (path[version.start() :] if version else "/" if path.endswith("/") else "")


def _is_below(path: str, prefix: str) -> bool:
    return prefix == path or path.startswith(f"{prefix}/")


def _catalogs(document: Any) -> list[list[Any]]:
    """Return the catalogs of a document: of a token (v3 and v2.0) or on their own."""
    if not isinstance(document, dict):
        return []
    holders = [document, document.get("token"), document.get("access")]
    found = [holder.get(key) for holder in holders if isinstance(holder, dict) for key in ("catalog", "serviceCatalog")]
    return [catalog for catalog in found if isinstance(catalog, list)]


def _each_url(catalog: list[Any], rewrite: Callable[[str, str, str], str]) -> None:
    """Rewrite the URL of every endpoint of a catalog in place, given its service type and region."""
    for service in catalog:
        for endpoint in service.get("endpoints") or ():
            region = endpoint.get("region_id") or endpoint.get("region") or ""
            for key in _CATALOG_URLS:
                if isinstance(endpoint.get(key), str):
                    endpoint[key] = rewrite(service.get("type") or "", region, endpoint[key])
