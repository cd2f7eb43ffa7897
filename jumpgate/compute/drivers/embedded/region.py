"""What the classes of the embedded compute driver stand on: the store, the task queue and the sibling services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jumpgate.common.siblings import Siblings
from jumpgate.store.engine import Store
from jumpgate.store.quotas import Quotas
from jumpgate.store.tasks import Tasks

TOPIC = "compute"
# The one machine of the embedded cloud and the zone that it stands in.
HOST = "embedded"
ZONE = "nova"

# Nova's defaults; -1 is no limit. The last four are the network service's, which is asked for them nowhere here.
QUOTAS = {
    "instances": 10,
    "cores": 20,
    "ram": 51_200,
    "metadata_items": 128,
    "injected_files": 5,
    "injected_file_content_bytes": 10_240,
    "injected_file_path_bytes": 255,
    "key_pairs": 100,
    "server_groups": 10,
    "server_group_members": 10,
    "fixed_ips": -1,
    "floating_ips": -1,
    "security_groups": -1,
    "security_group_rules": -1,
}


@dataclass(frozen=True, slots=True)
class Region:
    """The ground of one embedded compute service."""

    store: Store
    tasks: Tasks
    siblings: Siblings
    quotas: Quotas

    def sibling(self, service: str) -> Any:
        """Return a sibling's contract, None where it offers none."""
        return self.siblings[service] if self.siblings.has(service) else None
