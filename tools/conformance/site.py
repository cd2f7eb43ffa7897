"""A web of one image on loopback, from which Tempest's tests let the cloud import."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# The header of an empty QCOW2 disk of 1 MiB, version 2: magic, version, no backing file, 64 KiB clusters, size.
_HEADER = b"QFI\xfb" + (2).to_bytes(4) + bytes(8 + 4) + (16).to_bytes(4) + (1 << 20).to_bytes(8)
QCOW2 = _HEADER + bytes(64 * 1024 - len(_HEADER))


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve `folder` with an image in it, and yield the image's URL."""
    folder.mkdir()
    (folder / "disk.qcow2").write_bytes(QCOW2)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/disk.qcow2"
    finally:
        server.shutdown()
        server.server_close()
