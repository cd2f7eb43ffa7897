"""The embedded image service and the few calls that most of its tests begin with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from falcon.testing import Result

from tests.support.cloud import Cloud

IMAGES = "/image/v2/images"
OCTETS = {"Content-Type": "application/octet-stream"}
PATCH = "application/openstack-images-v2.1-json-patch"
OLD_PATCH = "application/openstack-images-v2.0-json-patch"


class Glance(Cloud):
    """The image service alone; paths are those below ``/v2/images`` where they do not begin with a slash."""

    def __init__(self, state: Path, options: str = "", *, extra: str = "") -> None:
        """`options` are further lines of the ``[image]`` section, `extra` are further sections."""
        super().__init__(state, "image", extra=extra, options={"image": options})
        self.files = state / "images"

    def stored(self) -> list[str]:
        """Return the names of the files that hold data."""
        return sorted(path.name for path in self.files.iterdir())

    def make(self, caller: str = "alice", /, **attributes: Any) -> str:
        """Create a raw image and return its id."""
        body = {"name": "one", "disk_format": "raw", "container_format": "bare", **attributes}
        result = self.post(caller, IMAGES, {name: value for name, value in body.items() if value is not ...})
        assert result.status_code == 201, result.text
        return str(result.json["id"])

    def make_active(self, data: bytes = b"data", caller: str = "alice", /, **attributes: Any) -> str:
        """Create an image with data and return its id."""
        image_id = self.make(caller, **attributes)
        result = self.upload(image_id, data, caller)
        assert result.status_code == 204, result.text
        return image_id

    def upload(self, image_id: str, data: bytes, caller: str = "alice", /, **headers: str) -> Result:
        sent = {**OCTETS, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.put(caller, f"{IMAGES}/{image_id}/file", data, headers=sent)

    def stage(self, image_id: str, data: bytes, caller: str = "alice") -> Result:
        return self.put(caller, f"{IMAGES}/{image_id}/stage", data, headers=OCTETS)

    def import_(self, image_id: str, caller: str = "alice", **body: Any) -> Result:
        return self.post(caller, f"{IMAGES}/{image_id}/import", {"method": {"name": "glance-direct"}, **body})

    def download(self, image_id: str, caller: str = "alice", **headers: str) -> Result:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.get(caller, f"{IMAGES}/{image_id}/file", headers=sent)

    def change(self, image_id: str, *operations: Any, caller: str = "alice", media_type: str = PATCH) -> Result:
        body = json.dumps(list(operations)).encode()
        return self.patch(caller, f"{IMAGES}/{image_id}", body, headers={"Content-Type": media_type})

    def show(self, image_id: str, caller: str = "alice") -> dict[str, Any]:
        result = self.get(caller, f"{IMAGES}/{image_id}")
        assert result.status_code == 200, result.text
        view: dict[str, Any] = result.json
        return view

    def names(self, caller: str = "alice", query: str = "") -> list[str]:
        """Return the names in a list, in its order."""
        result = self.get(caller, f"{IMAGES}?{query}")
        assert result.status_code == 200, result.text
        return [image["name"] for image in result.json["images"]]


def refusal(result: Result) -> tuple[int, str]:
    """Return the status and the message of a fault, which is plain text where a client asks for nothing else."""
    return result.status_code, result.text.partition("\n\n")[2].strip()


def replace(name: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": f"/{name}", "value": value}


def add(name: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": f"/{name}", "value": value}


def remove(name: str) -> dict[str, Any]:
    return {"op": "remove", "path": f"/{name}"}
