"""The base of the handlers that answer for more than one API."""

from __future__ import annotations

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.views.dialects import V3, Dialect
from jumpgate.common.typed import Handler, TypedService


class DialectHandler(Handler[BlockStorage]):
    """A handler that knows in which API it answers."""

    def __init__(self, service: TypedService[BlockStorage], dialect: Dialect = V3) -> None:
        super().__init__(service)
        self.dialect = dialect
