"""What is known of an instance while its member of the cluster is down: a label on its root volume.

LXD asks the member for an instance's configuration, the id with it, but keeps the configuration of volumes in the
database of the cluster. The label is written once, and moves with the volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from jumpgate.clouds.lxd.holders import UUID
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.errors import NotFound
from jumpgate.compute.drivers.lxd import notes

UNREACHABLE = "Unreachable"
_KEY = notes.key("server")
# The notes that do not change while a server is what it is.
_LASTING = ("name", "user", "image", "flavor", "key", "hostname", "reservation", "index", "config_drive")
_KEPT = (UUID, *map(notes.key, _LASTING))


def write(session: Session, record: Record) -> None:
    """Label an instance."""
    config = {name: record["config"][name] for name in _KEPT if name in record["config"]}
    label = orjson.dumps({"config": config, "created_at": record["created_at"]}).decode()
    root = next(item for item in record["expanded_devices"].values() if item.get("path") == "/")
    path = ("storage-pools", root["pool"], "volumes", record["type"], record["name"])
    volume = session.get(*path, project=record["project"])
    body = {"config": {**volume["config"], _KEY: label}, "description": volume["description"]}
    session.put(*path, body=body, project=record["project"])


def known(session: Session, found: Iterable[Record]) -> Iterator[Record]:
    """Yield instances; those of members that are down as their labels tell, or not at all where they have none."""
    labels: dict[str, Mapping[str, Any]] = {}
    for record in found:
        if record["config"] is not None:
            yield record
            continue
        project = str(record["project"])
        if project not in labels:
            labels[project] = _labels(session, project)
        label = labels[project].get(record["name"])
        if label is not None:
            yield _labelled(record, label)


def _labels(session: Session, project: str) -> dict[str, Any]:
    """Return the labels of a project's instances by their names."""
    try:
        volumes = session.find("storage-pools", session.settings.pool, "volumes", project=project)
    except NotFound:
        return {}
    return {volume["name"]: orjson.loads(volume["config"][_KEY]) for volume in volumes if _KEY in volume["config"]}


def _labelled(record: Record, label: Mapping[str, Any]) -> Record:
    known = {"config": label["config"], "expanded_config": label["config"], "created_at": label["created_at"]}
    return {**record, **known, "devices": {}, "expanded_devices": {}, "profiles": [], "status": UNREACHABLE}
