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
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.errors import NotFound
from jumpgate.compute.drivers.lxd.instances import Instances

# An instance without anything on its disk.
NOTHING: Mapping[str, str] = {"type": "none"}
# The owners of the files are an image's again, and its templates count as for a new instance.
_LIKE_NEW = {"volatile.last_state.idmap": "[]", "volatile.apply_template": "create"}
_OF_IMAGE = "image."


class Roots:
    """Fills root disks of instances that are switched off."""

    def __init__(self, session: Session, instances: Instances) -> None:
        self._session = session
        self._instances = instances

    def fill(self, record: Record, source: Mapping[str, str]) -> None:
        """Replace all that is on an instance's root disk by an image (LXD's `source`), or by nothing."""
        model = f"fill-{server_id_of(record)}"
        # What an interrupted attempt has left.
        self._remove(model)
        # On the member of a cluster on which the server is: LXD does not find a source of another project elsewhere.
        place = {"target": record["location"]} if record.get("location", "none") != "none" else {}
        self._session.post("instances", body=self._model(record, model, source), **place)
        try:
            self._refresh(record, model, place)
            was = {key: "" for key in record["config"] if key.startswith(_OF_IMAGE)}
            made = self._session.get("instances", model)["config"]
            now = {key: text for key, text in made.items() if key.startswith(_OF_IMAGE)}
            self._instances.configure(record, {**_LIKE_NEW, **was, **now})
        finally:
            self._remove(model)

    def _model(self, record: Record, name: str, source: Mapping[str, str]) -> dict[str, object]:
        (root,) = (item for item in record["expanded_devices"].values() if item.get("path") == "/")
        kind = str(record.get("type", "container"))
        return {"name": name, "type": kind, "profiles": [], "source": dict(source), "devices": {"root": root}}

    def _refresh(self, record: Record, model: str, place: Mapping[str, str]) -> None:
        source = {"type": "copy", "source": model, "project": DEFAULT, "refresh": True}
        # The limits of a project are asked as for a new instance, which must have some of its own.
        limits = {key: text for key, text in record["config"].items() if key.startswith("limits.")}
        body = {"name": record["name"], "source": source, "config": limits}
        self._session.post("instances", project=record["project"], body=body, **place)

    def _remove(self, model: str) -> None:
        with contextlib.suppress(NotFound):
            self._session.delete("instances", model)
