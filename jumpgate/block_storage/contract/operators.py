"""What administrators do to block storage: its workers, backends and pools, and what lies there unmanaged."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from jumpgate.block_storage.models import Snapshot, Volume
from jumpgate.block_storage.models.operators import (
    AvailabilityZone,
    BackendCapabilities,
    HostLoad,
    Manageable,
    Pool,
    ServiceState,
    SnapshotReference,
    VolumeReference,
)
from jumpgate.common.context import Context
from jumpgate.common.errors import NotSupported
from jumpgate.common.resource import Resource


class AvailabilityZones(Resource):
    """The parts of the cloud."""

    @abstractmethod
    def find(self, ctx: Context) -> Iterable[AvailabilityZone]:
        """Yield the zones."""


class Services(Resource):
    """The workers of the service."""

    @abstractmethod
    def find(self, ctx: Context) -> Iterable[ServiceState]:
        """Yield the workers."""

    def loads(self, ctx: Context, host: str) -> Iterable[HostLoad]:
        """Yield what each project has on a host of volumes, or raise NotFound."""
        raise NotSupported

    def enable(self, ctx: Context, host: str, binary: str) -> None:
        """Let a worker take new work again, or raise NotFound."""
        raise NotSupported

    def disable(self, ctx: Context, host: str, binary: str, reason: str | None) -> None:
        """Give a worker no new work, for a reason that others can read; or raise NotFound."""
        raise NotSupported

    def freeze(self, ctx: Context, host: str) -> None:
        """Keep a backend as it is: it takes nothing new, and is disabled too. Raise BadRequest if it is frozen."""
        raise NotSupported

    def thaw(self, ctx: Context, host: str) -> None:
        """Take back what `freeze` did; raise BadRequest for a backend that is not frozen."""
        raise NotSupported

    def fail_over(self, ctx: Context, host: str, target: str | None) -> None:
        """Begin to serve a backend's volumes from one of its replication targets."""
        raise NotSupported


class Pools(Resource):
    """Where volumes can be made."""

    @abstractmethod
    def find(self, ctx: Context, volume_type: str | None = None) -> Iterable[Pool]:
        """Yield the pools that take new volumes, or those of a type by its name or id."""

    def capabilities(self, ctx: Context, host: str) -> BackendCapabilities:
        """Return what the backend of a worker's host says of itself, or raise NotFound."""
        raise NotSupported


class ManageableVolumes(Resource):
    """What lies on the backends that is no volume yet, or is one already."""

    @abstractmethod
    def find(self, ctx: Context, host: str) -> Iterable[Manageable]:
        """Yield what is on a backend, or raise NotFound for a host that is none."""

    def manage(self, ctx: Context, spec: VolumeReference) -> Volume:
        """Begin to take something as a volume of the caller's project; raise BadRequest for one that cannot be."""
        raise NotSupported


class ManageableSnapshots(Resource):
    """What lies on the backends that is no snapshot yet, or is one already."""

    @abstractmethod
    def find(self, ctx: Context, host: str) -> Iterable[Manageable]:
        """Yield what is on a backend, or raise NotFound for a host that is none."""

    def manage(self, ctx: Context, spec: SnapshotReference) -> Snapshot:
        """Begin to take something as a snapshot of a volume; raise BadRequest for one that cannot be."""
        raise NotSupported
