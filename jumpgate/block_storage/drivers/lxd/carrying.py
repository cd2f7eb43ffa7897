"""Custom volumes in a cluster: most pools are each member's own, so a volume goes to the member that is to use it.

LXD 5.0 moves none between members. The member that shall have it copies it from the one that has it, as between two
LXDs that know nothing of each other, and then the first copy goes.
"""

from __future__ import annotations

import dataclasses

from jumpgate.block_storage.drivers.lxd.records import Place
from jumpgate.block_storage.errors import InvalidVolume
from jumpgate.clouds.lxd.cluster import Cluster
from jumpgate.clouds.lxd.session import Session

# The drivers of pools that every member reaches.
_SHARED = ("ceph", "cephfs")


def brought(session: Session, place: Place, host: str | None) -> Place:
    """Return a volume that nobody uses where a member can use it, if LXD is a cluster; raise InvalidVolume."""
    cluster = Cluster(session)
    here = str(place.record.get("location", ""))
    if place.is_root or host in (None, "", here) or not cluster.is_one or host not in cluster.names():
        return place
    if session.get("storage-pools", place.pool)["driver"] in _SHARED:
        return place
    if place.backup_notes:
        raise InvalidVolume(f"Volume {place.id} is on member {here} and stays with its backups: delete these first.")
    assert host is not None
    _copy(session, cluster, place, host)
    session.delete(*place.path, project=place.project, target=here)
    return dataclasses.replace(place, record=session.get(*place.path, project=place.project))


def _copy(session: Session, cluster: Cluster, place: Place, host: str) -> None:
    """Let a member pull a volume with its snapshots from the one that it is on."""
    body = {"name": place.name, "pool": place.pool, "migration": True}
    operation = session.start("post", *place.path, body=body, project=place.project)
    address = cluster.get(str(place.record["location"])).url
    source = {
        "type": "migration",
        "mode": "pull",
        "operation": f"{address}/1.0/operations/{operation}",
        "secrets": session.get("operations", operation)["metadata"],
        "certificate": session.server["environment"]["certificate"],
    }
    kept = {name: place.record[name] for name in ("name", "config", "description", "content_type")}
    session.post(*place.path[:-1], body={**kept, "source": source}, project=place.project, target=host)
