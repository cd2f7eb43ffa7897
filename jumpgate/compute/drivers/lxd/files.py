"""The files of an instance, by the file server that LXD starts for it when somebody asks for one.

LXD 5.0 ends that server when nobody has used it for 5 to 15 seconds, and then removes its socket, by when the socket
may be that of the next server already: who asked for that one is refused, and it goes on where nobody gets at it until
its own 15 seconds are over. Who asks earlier only loses the one after it in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from jumpgate.clouds.lxd.faults import FilesUnreachable
from jumpgate.clouds.lxd.session import Record, Session

_TRIES, _REST_S = 4, 16.0


def push(
    session: Session, record: Record, path: str, content: bytes, mode: str | None = None, kind: str = "file"
) -> None:
    """Write a file of root's into an instance; `kind` is file, directory or symlink, of which `content` is the goal."""
    headers = {"X-LXD-uid": "0", "X-LXD-gid": "0", "X-LXD-type": kind, "Content-Type": "application/octet-stream"}
    if mode is not None:
        headers["X-LXD-mode"] = mode
    place = ("instances", record["name"], "files")
    _patiently(lambda: session.send(*place, project=record["project"], data=content, headers=headers, path=path))


def remove(session: Session, record: Record, path: str) -> None:
    """Remove a file of an instance; raise NotFound where it is not."""
    _patiently(lambda: session.delete("instances", record["name"], "files", project=record["project"], path=path))


def _patiently(call: Callable[[], object]) -> None:
    """Make a call again that found the file server gone."""
    for _ in range(_TRIES - 1):
        try:
            call()
            return
        except FilesUnreachable:
            time.sleep(_REST_S)
    call()
