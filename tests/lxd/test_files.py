"""Files are written again when LXD's file server ends just then; no LXD is needed for it."""

from __future__ import annotations

from typing import Any

import pytest

from jumpgate.clouds.lxd.faults import FilesUnreachable, word
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.errors import CloudUnreachable
from jumpgate.compute.drivers.lxd import files

RECORD: Record = {"name": "web", "project": "default"}
REFUSED = "dial unix /proc/self/fd/92/forkfile.sock: connect: no such file or directory"


class Refusing(Session):
    """A session whose LXD has lost its file server some times."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.written: list[str] = []

    def send(self, *path: str, **parameters: Any) -> None:
        if self.left:
            self.left -= 1
            raise word(REFUSED, "POST /instances/web/files", status=500)
        self.written.append(parameters["path"])


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_REST_S", 0)


def test_a_file_is_written_in_the_end() -> None:
    session = Refusing(3)
    files.push(session, RECORD, "/etc/motd", b"hello")
    assert session.written == ["/etc/motd"]


def test_it_is_given_up_after_a_while() -> None:
    session = Refusing(100)
    with pytest.raises(FilesUnreachable, match="try again later"):
        files.push(session, RECORD, "/etc/motd", b"hello")
    assert session.left > 90
    assert issubclass(FilesUnreachable, CloudUnreachable)
