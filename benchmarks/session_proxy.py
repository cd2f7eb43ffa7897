"""What the passthrough is measured against: a proxy that opens a `requests` session for each request, as the first
Jumpgate did, served as Jumpgate serves WSGI.

``python -m benchmarks.session_proxy PORT THREADS URL``
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import requests
from granian.constants import Interfaces
from granian.server import Server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_HOPS = {"connection", "keep-alive", "transfer-encoding"}


def make_app(url: str) -> WSGIApplication:
    """Make the application."""

    def app(env: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        sent = {key[5:].replace("_", "-"): text for key, text in env.items() if key.startswith("HTTP_")}
        sent.pop("HOST", None)
        body = env["wsgi.input"].read() if env.get("CONTENT_LENGTH") else None
        with requests.Session() as session:
            answer = session.request(env["REQUEST_METHOD"], url + env["PATH_INFO"], headers=sent, data=body)
        headers = [(name, text) for name, text in answer.headers.items() if name.lower() not in _HOPS]
        start_response(f"{answer.status_code} {answer.reason}", headers)
        return [answer.content]

    return app


def main() -> None:
    """Serve with one worker."""
    port, threads, url = sys.argv[1:]
    app = make_app(url)
    server = Server(
        "session_proxy",
        address="127.0.0.1",
        port=int(port),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=int(threads),
        backlog=2048,
        log_enabled=False,
    )
    server.serve(target_loader=lambda *_: app, wrap_loader=False)


if __name__ == "__main__":
    main()
