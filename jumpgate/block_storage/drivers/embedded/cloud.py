"""What the resources of the embedded block storage share: the store, the tasks, the files and the sibling services."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from jumpgate.block_storage.drivers.embedded.files import Files
from jumpgate.common.siblings import Siblings
from jumpgate.store.engine import Store
from jumpgate.store.tasks import Tasks

TOPIC = "block_storage"

# The one backend: how an administrator sees where a volume is, and the workers that serve it.
BACKUP_HOST = "jumpgate"
SERVICE_HOST = f"{BACKUP_HOST}@files"
HOST = f"{SERVICE_HOST}#files"
SERVICE_ID = str(uuid.uuid5(uuid.NAMESPACE_URL, f"cinder-volume:{SERVICE_HOST}"))
ZONE = "nova"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedCloud:
    """The parts that every resource is built from."""

    store: Store
    tasks: Tasks
    siblings: Siblings
    volumes: Files
    snapshots: Files
    backups: Files

    @classmethod
    def at(cls, state: Path, *, store: Store, tasks: Tasks, siblings: Siblings) -> EmbeddedCloud:
        """Return the cloud whose files are in folders of `state`."""
        return cls(
            store=store,
            tasks=tasks,
            siblings=siblings,
            volumes=Files(state / "volumes"),
            snapshots=Files(state / "snapshots"),
            backups=Files(state / "backups"),
        )


def new_id() -> str:
    """Return the id of a new thing."""
    return str(uuid.uuid4())
