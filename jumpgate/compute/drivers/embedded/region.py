"""What the classes of the embedded compute driver stand on: the store, the task queue and the sibling services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jumpgate.common.siblings import Siblings
from jumpgate.compute.drivers.embedded.limits import ComputeQuotas
from jumpgate.store.engine import Store
from jumpgate.store.tasks import Tasks

TOPIC = "compute"
# The one machine of the embedded cloud and the zone that it stands in.
HOST = "embedded"
HYPERVISOR = "embedded"
ZONE = "nova"


@dataclass(frozen=True, slots=True)
class Region:
    """The ground of one embedded compute service."""

    store: Store
    tasks: Tasks
    siblings: Siblings
    quotas: ComputeQuotas

    def sibling(self, service: str) -> Any:
        """Return a sibling's contract, None where it offers none."""
        return self.siblings[service] if self.siblings.has(service) else None
