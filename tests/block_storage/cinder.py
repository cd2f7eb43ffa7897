"""The embedded block storage and the few calls that most of its tests begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from falcon.testing import Result

from tests.support.cloud import ADMIN, CALLERS, DEMO, OTHER, Cloud

GIB = 1 << 30
LATEST = "3.71"
NOWHERE = "99999999-9999-4999-8999-999999999999"
PROJECTS = {"alice": DEMO, "reader": DEMO, "bob": OTHER, "admin": ADMIN}


class Crash(BaseException):
    """The end of the process, as far as the code under test can tell."""


class Cinder(Cloud):
    """Block storage, with other services where a test names them. Paths are those below ``/v3/{project}``."""

    def __init__(self, state: Path, *others: str, extra: str = "", options: Mapping[str, str] | None = None) -> None:
        super().__init__(state, "block_storage", *others, extra=extra, options=options)
        self.state = state

    def call(
        self, caller: str, method: str, path: str, body: Any = None, *, at: str | None = None, api: str = "v3"
    ) -> Result:
        """Send one request; `at` is a microversion."""
        version = f"volume {at}" if at else None
        return self.request(caller, method, f"/volume/{api}/{PROJECTS[caller]}{path}", body, version=version)

    def read(self, caller: str, path: str, *, at: str | None = None, api: str = "v3") -> Any:
        """Return the body of a read that succeeds."""
        result = self.call(caller, "GET", path, at=at, api=api)
        assert result.status_code == 200, result.text
        return result.json

    def make_volume(self, caller: str = "alice", /, *, at: str | None = None, **attributes: Any) -> str:
        """Create a volume, let it become what it becomes, and return its id."""
        result = self.call(caller, "POST", "/volumes", {"volume": {"size": 1, **attributes}}, at=at)
        assert result.status_code == 202, result.text
        self.settle()
        return str(result.json["volume"]["id"])

    def make_snapshot(self, volume_id: str, caller: str = "alice", /, **attributes: Any) -> str:
        """Take a snapshot and return its id."""
        result = self.call(caller, "POST", "/snapshots", {"snapshot": {"volume_id": volume_id, **attributes}})
        assert result.status_code == 202, result.text
        self.settle()
        return str(result.json["snapshot"]["id"])

    def make_backup(self, volume_id: str, caller: str = "alice", /, **attributes: Any) -> str:
        """Back a volume up and return the backup's id."""
        result = self.call(caller, "POST", "/backups", {"backup": {"volume_id": volume_id, **attributes}}, at="3.43")
        assert result.status_code == 202, result.text
        self.settle()
        return str(result.json["backup"]["id"])

    def make_type(self, name: str, **attributes: Any) -> str:
        """Create a volume type as an administrator and return its id."""
        result = self.call("admin", "POST", "/types", {"volume_type": {"name": name, **attributes}})
        assert result.status_code == 200, result.text
        return str(result.json["volume_type"]["id"])

    def make_image(self, data: bytes, caller: str = "alice", /, **attributes: Any) -> str:
        """Create a raw image with data and return its id."""
        body = {"name": "one", "disk_format": "raw", "container_format": "bare", **attributes}
        made = self.post(caller, "/image/v2/images", body)
        assert made.status_code == 201, made.text
        path = f"/image/v2/images/{made.json['id']}/file"
        sent = self.put(caller, path, data, headers={"Content-Type": "application/octet-stream"})
        assert sent.status_code == 204, sent.text
        return str(made.json["id"])

    def show(self, volume_id: str, caller: str = "alice", /, *, at: str | None = None) -> dict[str, Any]:
        view: dict[str, Any] = self.read(caller, f"/volumes/{volume_id}", at=at)["volume"]
        return view

    def status(self, volume_id: str) -> str:
        """Return a volume's status, as an administrator sees it."""
        return str(self.show(volume_id, "admin")["status"])

    def act(
        self, volume_id: str, name: str, body: Any = None, caller: str = "alice", /, *, at: str | None = None
    ) -> Result:
        """Do an action of a volume."""
        return self.call(caller, "POST", f"/volumes/{volume_id}/action", {name: body}, at=at)

    def do(
        self, volume_id: str, name: str, body: Any = None, caller: str = "alice", /, *, at: str | None = None
    ) -> None:
        """Do an action of a volume that is accepted, and let its work end."""
        result = self.act(volume_id, name, body, caller, at=at)
        assert result.status_code in (200, 202, 204), result.text
        self.settle()

    def set_status(self, volume_id: str, status: str) -> None:
        """Put a volume into a state, as an administrator may."""
        self.do(volume_id, "os-reset_status", {"status": status}, "admin")

    def file(self, volume_id: str) -> Path:
        """Return where a volume's bytes are."""
        return self.state / "volumes" / volume_id

    def write(self, volume_id: str, data: bytes, offset: int = 0) -> None:
        """Write to a volume, as a server would."""
        with self.file(volume_id).open("r+b") as file:
            file.seek(offset)
            file.write(data)

    def bytes_of(self, volume_id: str, length: int, offset: int = 0) -> bytes:
        """Read from a volume, as a server would."""
        with self.file(volume_id).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def files(self) -> set[str]:
        """Return the names of all files that hold bytes."""
        roots = [self.state, *self.state.glob("backends/*")]
        folders = [root / name for root in roots for name in ("volumes", "snapshots", "backups")]
        return {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}

    def set_quota(self, project_id: str = DEMO, **limits: int) -> None:
        """Give a project limits of its own."""
        result = self.call("admin", "PUT", f"/os-quota-sets/{project_id}", {"quota_set": limits})
        assert result.status_code == 200, result.text


def refusal(result: Result) -> tuple[int, str]:
    """Return the status and the message of a fault."""
    fault = next(iter(result.json.values()))
    assert fault["code"] == result.status_code
    return result.status_code, fault["message"]


def names(view: dict[str, Any], plural: str) -> Sequence[str]:
    """Return the names in a list, in its order."""
    return [item["name"] for item in view[plural]]


__all__ = ["ADMIN", "CALLERS", "DEMO", "GIB", "LATEST", "NOWHERE", "OTHER", "Cinder", "Crash", "names", "refusal"]
