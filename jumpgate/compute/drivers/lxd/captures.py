"""Images made of servers: snapshots, backups, and what a shelved server is kept in."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from jumpgate.clouds.lxd.aliases import Aliases
from jumpgate.clouds.lxd.disks import server_id_of
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.clouds.lxd.uploads import OURS, WHOLE
from jumpgate.common.context import service_context
from jumpgate.common.digests import digest, known_of
from jumpgate.common.errors import NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Filter, Query, page
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.image.models import ImageSpec

_OF = "openstack.image"


class Captures:
    """Makes images, without data at first, and fills them."""

    def __init__(self, region: Region, instances: Instances) -> None:
        self._region = region
        self._session: Session = region.session
        self._instances = instances
        self._aliases = Aliases(region.session)

    @property
    def _images(self) -> Any:
        return self._region.siblings["image"].images

    def begin(self, record: Record, user_id: str, name: str, properties: Mapping[str, str]) -> str:
        """Make an image without data for a server's project, and return its id."""
        owner = service_context(self._instances.owner(record), user_id=user_id)
        known = {"image_type": "snapshot", "instance_uuid": server_id_of(record), "user_id": user_id}
        spec = ImageSpec(
            name=name,
            visibility="private",
            disk_format="raw",
            container_format="bare",
            properties={**known, **properties},
        )
        return str(self._images.create(owner, spec).id)

    def forget(self, image_id: str) -> None:
        """Remove an image, where it is still there."""
        with contextlib.suppress(NotFound):
            self._aliases.delete(image_id)

    def fill(self, record: Record, image_id: str) -> None:
        """Fill an image from a snapshot of the instance, which may run meanwhile."""
        project, snapshot = record["project"], f"image-{image_id[:8]}"
        place = ("instances", record["name"], "snapshots")
        # What an interrupted attempt has left.
        with contextlib.suppress(NotFound):
            self._session.delete(*place, snapshot, project=project)
        self._session.post(*place, project=project, body={"name": snapshot, "stateful": False})
        try:
            source = {"type": "snapshot", "name": f"{record['name']}/{snapshot}"}
            # The property is a part of the bytes: two images of an idle server in one second would be the same.
            body = {"source": source, "properties": {OURS: "yes", _OF: image_id}, "public": False}
            fingerprint = str(self._session.post("images", project=project, body=body)["fingerprint"])
        finally:
            self._session.delete(*place, snapshot, project=project)
        known = {**self._digests(fingerprint), "form": WHOLE, "status": "active", "updated_at": utcnow().isoformat()}
        try:
            self._aliases.change(image_id, lambda document: {**document, **known}, target=fingerprint)
        except NotFound:
            # The image was deleted meanwhile.
            self._aliases.drop(fingerprint)

    def _digests(self, fingerprint: str) -> dict[str, Any]:
        """Return what Glance tells of data, for which all of it is read."""
        with self._session.opened("images", fingerprint, "export") as response:
            read = digest(response.raw, lambda _: None)
        return {**known_of(read, None, None)}

    def rotate(self, record: Record, kind: str, rotation: int) -> None:
        """Delete the oldest backups of a kind beyond `rotation`."""
        filters = (
            Filter("properties.instance_uuid", (server_id_of(record),)),
            Filter("properties.image_type", ("backup",)),
            Filter("properties.backup_type", (kind,)),
        )
        query = Query(filters=filters)
        found = page(self._images.find(service_context(self._instances.owner(record)), query), query)
        for image in sorted(found, key=lambda image: image.created_at, reverse=True)[rotation:]:
            self.forget(image.id)
