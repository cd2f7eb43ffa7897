"""What the resources of the embedded block storage share: the store, the tasks, the files and the sibling services."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jumpgate.block_storage.drivers.embedded.backends import Backends
from jumpgate.block_storage.drivers.embedded.files import Files
from jumpgate.common.siblings import Siblings
from jumpgate.store.engine import Store
from jumpgate.store.tasks import Tasks

TOPIC = "block_storage"

ZONE = "nova"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedCloud:
    """The parts that every resource is built from."""

    store: Store
    tasks: Tasks
    siblings: Siblings
    backends: Backends
    backups: Files

    @classmethod
    def at(
        cls, state: Path, backends: Sequence[str], *, store: Store, tasks: Tasks, siblings: Siblings
    ) -> EmbeddedCloud:
        """Return the cloud whose files are in folders of `state`, those of volumes in the named backends'."""
        return cls(
            store=store,
            tasks=tasks,
            siblings=siblings,
            backends=Backends(state, backends),
            backups=Files(state / "backups"),
        )


def new_id() -> str:
    """Return the id of a new thing."""
    return str(uuid.uuid4())
