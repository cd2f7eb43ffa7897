"""The yardstick: a Falcon application that answers with recorded bytes and does nothing else, served as Jumpgate is.

``python -m benchmarks.bare PORT THREADS FILE``: the file is a JSON list of `Recording`.
"""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import falcon
from granian.constants import Interfaces
from granian.server import Server

# What the server itself adds.
_OWN_HEADERS = {"connection", "content-length", "date", "server", "transfer-encoding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One answer of Jumpgate, by the path at which the bare handler gives it."""

    path: str
    status: int
    headers: dict[str, str]
    content: str

    @classmethod
    def of(cls, path: str, status: int, headers: dict[str, str], body: bytes) -> Recording:
        """Record an answer."""
        kept = {name: text for name, text in headers.items() if name.lower() not in _OWN_HEADERS}
        return cls(path=path, status=status, headers=kept, content=base64.b64encode(body).decode())


class Handler:
    """Gives one recorded answer to every GET and POST."""

    def __init__(self, recording: Recording) -> None:
        self._status = falcon.code_to_http_status(recording.status)
        self._headers = list(recording.headers.items())
        self._body = base64.b64decode(recording.content)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.status = self._status
        resp.set_headers(self._headers)
        resp.data = self._body

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        req.bounded_stream.read()
        self.on_get(req, resp)


def make_app(recordings: list[Recording]) -> falcon.App[Any, Any]:
    """Make the application."""
    app = falcon.App()
    for recording in recordings:
        app.add_route(recording.path, Handler(recording))
    return app


def write(recordings: list[Recording], file: Path) -> None:
    """Write what `main` reads."""
    file.write_text(json.dumps([asdict(recording) for recording in recordings]))


def main() -> None:
    """Serve with one worker."""
    port, threads, file = sys.argv[1:]
    app = make_app([Recording(**item) for item in json.loads(Path(file).read_text())])
    server = Server(
        "bare",
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
