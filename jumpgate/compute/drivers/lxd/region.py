"""What the classes of LXD's compute driver stand on: the session, the task queue and the sibling services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jumpgate.clouds.lxd.cluster import Cluster
from jumpgate.clouds.lxd.projects import Projects
from jumpgate.clouds.lxd.session import Session
from jumpgate.common.siblings import Siblings
from jumpgate.store.engine import Store
from jumpgate.store.tasks import Tasks

if TYPE_CHECKING:
    from jumpgate.compute.drivers.lxd.room import Room

TOPIC = "compute"
ZONE = "nova"


@dataclass(frozen=True, slots=True)
class Region:
    """The ground of one compute service.

    `has_ports` and `has_volumes` tell whether the region's network and block storage services are LXD's, too.
    """

    session: Session
    projects: Projects
    store: Store
    tasks: Tasks
    siblings: Siblings
    cluster: Cluster
    room: Room
    has_ports: bool
    has_volumes: bool

    @property
    def storage(self) -> Any:
        """The block storage service: volumes, snapshots, types and attachments."""
        return self.siblings["block_storage"]

    def sibling(self, service: str) -> Any:
        """Return a sibling's contract, None where it offers none."""
        return self.siblings[service] if self.siblings.has(service) else None

    def promise(self, kind: str, *, delay_s: float = 0, **arguments: Any) -> None:
        """Enqueue a task, for which no request waits: LXD is slower than a request may be."""
        with self.store.write(TOPIC) as connection:
            self.tasks.enqueue(connection, kind, delay_s=delay_s, awaited=False, **arguments)
