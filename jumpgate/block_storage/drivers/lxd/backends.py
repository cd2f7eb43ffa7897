"""LXD's storage pools as Cinder's backends: their workers, their room, and what projects have there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from jumpgate.block_storage.contract.operators import Pools, Services
from jumpgate.block_storage.drivers.lxd.records import GIB, ZONE, backend_of, host_of, volume_type_id
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.models.operators import BackendCapabilities, HostLoad, Pool, ServiceState
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.format import utcnow


class LxdServices(Services):
    """A worker for each pool, which is up while LXD can use the pool."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def find(self, ctx: Context) -> Iterable[ServiceState]:
        now = utcnow()
        for pool in self._shelf.pools():
            state = "up" if pool.get("status") in ("Created", None) else "down"
            host = backend_of(str(pool["name"]))
            yield ServiceState(binary="cinder-volume", host=host, availability_zone=ZONE, state=state, updated_at=now)

    def loads(self, ctx: Context, host: str) -> Iterable[HostLoad]:
        name = str(_pool(self._shelf, host)["name"])
        counts: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        snapshots: Counter[str] = Counter()
        snapshot_sizes: Counter[str] = Counter()
        names = self._shelf.snapshot_names()
        for place in self._shelf.find(ctx, everything=True):
            if place.pool == name:
                owner, taken = self._shelf.owner(place), len(names.get((place.project, place.path), ()))
                counts[owner] += 1
                sizes[owner] += place.size_gib
                snapshots[owner] += taken
                snapshot_sizes[owner] += taken * place.size_gib
        for owner, count in counts.items():
            yield HostLoad(
                project_id=owner,
                volumes=count,
                volumes_gib=sizes[owner],
                snapshots=snapshots[owner],
                snapshots_gib=snapshot_sizes[owner],
            )


class LxdPools(Pools):
    """The pools with the room that LXD says they have."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def find(self, ctx: Context, volume_type: str | None = None) -> Iterable[Pool]:
        now = utcnow()
        for pool in self._shelf.pools():
            name = str(pool["name"])
            if volume_type in (None, name, volume_type_id(name)):
                yield Pool(name=host_of(name), capabilities=self._capabilities(ctx, pool), updated_at=now)

    def _capabilities(self, ctx: Context, pool: Record) -> dict[str, object]:
        name = str(pool["name"])
        space = self._shelf.session.get("storage-pools", name, "resources").get("space", {})
        total, used = int(space.get("total", 0)), int(space.get("used", 0))
        places = [place for place in self._shelf.find(ctx, everything=True) if place.pool == name]
        return {
            "volume_backend_name": name,
            "vendor_name": "LXD",
            "storage_protocol": str(pool["driver"]),
            "total_capacity_gb": round(total / GIB, 2),
            "free_capacity_gb": round((total - used) / GIB, 2),
            "allocated_capacity_gb": sum(place.size_gib for place in places),
            "total_volumes": len(places),
            "multiattach": False,
        }

    def capabilities(self, ctx: Context, host: str) -> BackendCapabilities:
        pool = _pool(self._shelf, host)
        environment = self._shelf.session.server["environment"]
        return BackendCapabilities(
            vendor_name="LXD",
            volume_backend_name=str(pool["name"]),
            pool_name=str(pool["name"]),
            driver_version=str(environment.get("server_version", "")),
            storage_protocol=str(pool["driver"]),
            display_name=str(pool["name"]),
            description=pool.get("description") or None,
        )


def _pool(shelf: Shelf, host: str) -> Record:
    """Return the pool of a worker's host; raise NotFound."""
    for pool in shelf.pools():
        if host in (backend_of(str(pool["name"])), host_of(str(pool["name"]))):
            return pool
    raise NotFound(f"Host {host} could not be found.", reason="HostNotFound")
