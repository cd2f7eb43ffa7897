"""The front of the application: which service a path belongs to, proxies' headers, ``/`` and ``/healthcheck``."""

from __future__ import annotations

import html
import ipaddress
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import orjson

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.mount import OUTER_SCRIPT_NAME

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

JSON_HEADERS = [("Content-Type", "application/json")]


class Front:
    """Hands each request to its service's application by the first segments of its path; the longest prefix wins.

    A server of one port serves either the services that share it, below their prefixes, or the one service that has
    the port for itself: the WSGI environment's ``jumpgate.port`` says which.
    """

    def __init__(
        self, apps: Mapping[Dispatcher, WSGIApplication], index: ServiceIndex, proxies: Networks, shared_port: int
    ) -> None:
        self._shared = {disp.mount.prefix: (disp, app) for disp, app in apps.items() if disp.mount.port is None}
        self._depths = sorted({prefix.count("/") for prefix in self._shared}, reverse=True)
        self._alone = {disp.mount.port: (disp, app) for disp, app in apps.items() if disp.mount.port is not None}
        self._index = index
        self._proxies = proxies
        self._shared_port = shared_port
        self.identity = next((disp for disp in apps if disp.service.name == "identity"), None)

    def __call__(self, env: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.enter(env)[1](env, start_response)

    def enter(self, env: WSGIEnvironment) -> tuple[Dispatcher | None, WSGIApplication]:
        """Return the service that a request goes to, None for the front itself, and its application.

        `env` is then what that application expects: the service's mount has moved to ``SCRIPT_NAME``.
        """
        if self._proxies and _is_trusted(env.get("REMOTE_ADDR", ""), self._proxies):
            _apply_forwarded(env)
        env[OUTER_SCRIPT_NAME] = env.get("SCRIPT_NAME", "")
        env["jumpgate.shared_port"] = self._shared_port
        if self.identity is not None:
            env["jumpgate.identity_url"] = self.identity.mount.base_url(env)
        if env["PATH_INFO"] == "/healthcheck":
            return None, _healthy
        place = self._alone.get(env.get("jumpgate.port", 0)) or self._shared_place(env["PATH_INFO"])
        if place is None:
            return None, self._index if env["PATH_INFO"] in ("", "/") else _nowhere
        prefix = place[0].mount.prefix
        if prefix:
            env["SCRIPT_NAME"] = env.get("SCRIPT_NAME", "") + prefix
            env["PATH_INFO"] = env["PATH_INFO"][len(prefix) :] or "/"
        return place

    def _shared_place(self, path: str) -> tuple[Dispatcher, WSGIApplication] | None:
        segments = path.split("/")
        prefixes = ("/".join(segments[: depth + 1]) for depth in self._depths)
        return next((self._shared[prefix] for prefix in prefixes if prefix in self._shared), None)


def _healthy(_env: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    return _answer(start_response, "200 OK", [("Content-Type", "text/plain")], b"OK")


def _nowhere(env: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    message = f"No service is at {env['PATH_INFO']}. See /."
    body = {"error": {"code": 404, "title": "Not Found", "message": message}}
    return _answer(start_response, "404 Not Found", JSON_HEADERS, orjson.dumps(body))


def _is_trusted(address: str, proxies: Networks) -> bool:
    try:
        remote = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(remote in network for network in proxies)


def _apply_forwarded(env: WSGIEnvironment) -> None:
    """Take scheme, host and prefix from a trusted proxy's X-Forwarded-* headers."""
    scheme = env.get("HTTP_X_FORWARDED_PROTO", "").partition(",")[0].strip()
    if scheme in ("http", "https"):
        env["wsgi.url_scheme"] = scheme
    host = env.get("HTTP_X_FORWARDED_HOST", "").partition(",")[0].strip()
    if host:
        env["HTTP_HOST"] = host
    prefix = env.get("HTTP_X_FORWARDED_PREFIX", "").strip().rstrip("/")
    if prefix.startswith("/"):
        env["SCRIPT_NAME"] = prefix + env.get("SCRIPT_NAME", "")


class ServiceIndex:
    """``GET /``: what is here, as a page for a browser and as JSON for a program."""

    def __init__(self, dispatchers: Iterable[Dispatcher]) -> None:
        self._dispatchers = tuple(dispatchers)

    def __call__(self, env: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        services = [
            {
                "service": disp.service.name,
                "type": disp.service.catalog[0].type,
                "title": disp.service.title,
                "region": disp.region,
                "url": disp.mount.base_url(env) + "/",
            }
            for disp in self._dispatchers
        ]
        if env["REQUEST_METHOD"] not in ("GET", "HEAD"):
            headers = [*JSON_HEADERS, ("Allow", "GET, HEAD")]
            body = {"error": {"code": 405, "title": "Method Not Allowed", "message": "Only GET is served at /."}}
            return _answer(start_response, "405 Method Not Allowed", headers, orjson.dumps(body))
        if "text/html" in env.get("HTTP_ACCEPT", ""):
            content = _page(services).encode()
            return _answer(start_response, "200 OK", [("Content-Type", "text/html; charset=utf-8")], content)
        return _answer(start_response, "200 OK", JSON_HEADERS, orjson.dumps({"services": services}))


def _page(services: Iterable[Mapping[str, str]]) -> str:
    rows = "\n".join(
        f'<tr><td><a href="{html.escape(item["url"])}">{html.escape(item["title"])}</a></td>'
        f"<td>{html.escape(item['type'])}</td><td>{html.escape(item['region'])}</td>"
        f"<td><code>{html.escape(item['url'])}</code></td></tr>"
        for item in services
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Jumpgate</title>'
        "<style>body{font:16px/1.5 system-ui;margin:3em auto;max-width:50em}td,th{padding:.3em 1em;text-align:left}"
        "</style><h1>Jumpgate</h1><p>An OpenStack API is served here.</p>"
        f"<table><tr><th>Service</th><th>Type</th><th>Region</th><th>URL</th></tr>{rows}</table></html>"
    )


def _answer(start_response: StartResponse, status: str, headers: list[tuple[str, str]], body: bytes) -> Iterable[bytes]:
    start_response(status, [*headers, ("Content-Length", str(len(body)))])
    return [body]
