"""What is on a server's root disk, made anew from an image.

LXD 5.0 cannot put another image into an instance that it has, but it can refresh an instance from another one. So an
instance is made of the image in LXD's own project, where it is no server and counts in no limit, the server's is
refreshed from it, and it goes. The server's own instance is there all the time, with its id, devices and notes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from jumpgate.clouds.lxd.disks import server_id_of
from jumpgate.clouds.lxd.projects import DEFAULT
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.errors import NotFound
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.region import Region

# An instance without anything on its disk.
NOTHING: Mapping[str, str] = {"type": "none"}
# The owners of the files are an image's again, and its templates count as for a new instance.
_LIKE_NEW = {"volatile.last_state.idmap": "[]", "volatile.apply_template": "create"}
_OF_IMAGE = "image."


class Roots:
    """Fills root disks of instances that are switched off."""

    def __init__(self, region: Region, instances: Instances) -> None:
        self._session = region.session
        self._room = region.room
        self._instances = instances

    def fill(self, record: Record, source: Mapping[str, str]) -> None:
        """Replace all that is on an instance's root disk by an image (LXD's `source`), or by nothing."""
        model = f"fill-{server_id_of(record)}"
        self._make(record, model, source)
        try:
            self.refill(record, model)
            was = {key: "" for key in record["config"] if key.startswith(_OF_IMAGE)}
            made = self._session.get("instances", model)["config"]
            now = {key: text for key, text in made.items() if key.startswith(_OF_IMAGE)}
            self._instances.configure(record, {**_LIKE_NEW, **was, **now})
        finally:
            self.remove(model)

    def refill(self, record: Record, model: str) -> None:
        """Replace all that is on an instance's root disk by what another instance has, which is in LXD's project."""
        # The limits of a project are asked as for a new instance, which must have some of its own.
        limits = {key: text for key, text in record["config"].items() if key.startswith("limits.")}
        # Alone: with the model's snapshots, of which it has none, the instance would lose its own.
        source = {"type": "copy", "source": model, "project": DEFAULT, "refresh": True, "instance_only": True}
        body = {"name": record["name"], "source": source, "config": limits}
        with self._room.for_one_more_like(record):
            call = {"project": record["project"], **_on_its_member(record)}
            operation = self._session.start("post", "instances", body=body, **call)
        self._session.wait(operation, "the copy of the root disk")

    def keep(self, record: Record, keeper: str) -> None:
        """Copy what is on an instance's root disk into an instance of LXD's own project."""
        self._make(record, keeper, NOTHING)
        source = {"type": "copy", "source": record["name"], "project": record["project"], "refresh": True}
        body = {"name": keeper, "source": {**source, "instance_only": True}, "profiles": []}
        self._session.post("instances", body=body, **_on_its_member(record))

    def _make(self, record: Record, name: str, source: Mapping[str, str]) -> None:
        """Make an instance like another one in LXD's own project; what an interrupted attempt has left goes."""
        self.remove(name)
        (root,) = (item for item in record["expanded_devices"].values() if item.get("path") == "/")
        kind = str(record.get("type", "container"))
        body = {"name": name, "type": kind, "profiles": [], "source": dict(source), "devices": {"root": root}}
        self._session.post("instances", body=body, **_on_its_member(record))

    def remove(self, name: str) -> None:
        """Remove an instance of LXD's own project, where it is there."""
        with contextlib.suppress(NotFound):
            self._session.delete("instances", name)


def _on_its_member(record: Record) -> dict[str, str]:
    """Return the parameters of a call on an instance's member of the cluster: elsewhere LXD finds no source."""
    return {"target": record["location"]} if record.get("location", "none") != "none" else {}
