"""What servers have written on their consoles.

LXD gives out a running instance's console once and then forgets it, so what was read is kept in a file of the state
directory; of a stopped instance LXD has all of it.
"""

from __future__ import annotations

import codecs
import fcntl
import os
from pathlib import Path
from typing import BinaryIO

from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.errors import CloudError, Conflict, NotFound

MOST_BYTES = 1024 * 1024


class Consoles:
    """The texts by server, in `directory`."""

    def __init__(self, session: Session, directory: Path) -> None:
        self._session = session
        self._directory = directory

    def read(self, record: Record, server_id: str, lines: int | None) -> str:
        """Return the last lines of a console, all that there is without a number."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._directory / server_id).open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            new = self._ask(record)
            if record["status"] == "Stopped" and new:
                file.truncate(0)
            file.write(new)
            file.seek(max(0, file.seek(0, os.SEEK_END) - MOST_BYTES))
            known = file.read()
            if file.tell() > 2 * MOST_BYTES:
                file.truncate(0)
                file.write(known)
        text = _text(known)
        if lines is None:
            return text
        return "\n".join(text.splitlines()[-lines:]) if lines > 0 else ""

    def _ask(self, record: Record) -> bytes:
        try:
            return self._session.raw("instances", record["name"], "console", project=record["project"])
        except (CloudError, Conflict, NotFound):
            # That is how LXD says that there is nothing new, or that the instance has never run.
            return b""

    def sit(self, server_id: str) -> BinaryIO:
        """Return a file that is locked for the only one at a server's console until he closes it; or raise Conflict.

        LXD does not refuse a second one: it fails to let him in, and loses the first.
        """
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        seat = self._seat(server_id).open("a+b")
        try:
            fcntl.flock(seat, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            seat.close()
            raise Conflict("Somebody is at the server's console; try again when he has left it.") from None
        return seat

    def _seat(self, server_id: str) -> Path:
        return self._directory / f"{server_id}.seat"

    def forget(self, server_id: str) -> None:
        """Remove the text of a server that is gone."""
        for path in (self._directory / server_id, self._seat(server_id)):
            path.unlink(missing_ok=True)


def _text(written: bytes) -> str:
    """Return what a guest has written, without the half of a character that it may be about to end."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(written)
    return text.replace("\r\n", "\n").replace("\0", "")
