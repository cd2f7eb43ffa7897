"""What can be said of the embedded image service as a whole: its one store, and what a project uses."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.common.context import Context
from jumpgate.image.contract import Stores, Usages
from jumpgate.image.drivers.embedded.files import CHUNK_BYTES, Files
from jumpgate.image.drivers.embedded.limits import RESOURCES, Limits
from jumpgate.image.drivers.embedded.rows import STORE_ID
from jumpgate.image.models import Store, Usage
from jumpgate.store import engine


class EmbeddedStores(Stores):
    """The directory as the one store."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def find(self, ctx: Context) -> Iterable[Store]:
        properties = {"data_dir": str(self._files.directory), "chunk_size": CHUNK_BYTES, "thin_provisioning": False}
        yield Store(id=STORE_ID, type="file", description="The state directory", is_default=True, properties=properties)


class EmbeddedUsages(Usages):
    """Counted when asked."""

    def __init__(self, store: engine.Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits

    def find(self, ctx: Context) -> Iterable[Usage]:
        with self._store.read() as connection:
            limits = self._limits.limits(ctx.project)
            return [
                Usage(resource=name, used=self._limits.used(connection, ctx.project, name), limit=limits[name])
                for name in RESOURCES
            ]
