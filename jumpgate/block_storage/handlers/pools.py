"""The pools that a scheduler chooses from, and what a backend says of itself.

Source: the API reference, "Back-end storage pools" and "Capabilities for storage back ends (capabilities)".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.contract.operators import Pools
from jumpgate.block_storage.handlers.lists import flag
from jumpgate.block_storage.models.operators import Pool
from jumpgate.block_storage.views import pools as views
from jumpgate.common.errors import BadRequest, NotSupported
from jumpgate.common.typed import Call, Handler, operation

# The filters since 3.31, by the version that brought each; from 3.28 until then any capability was one.
FILTERS = {"name": "3.28", "volume_type": "3.35"}
FILTERED_SINCE, REFUSES_SINCE = "3.28", "3.31"


def _pools(call: Call[BlockStorage]) -> Pools:
    if call.cloud.pools is None:
        raise NotSupported("This cloud does not tell of pools.")
    return call.cloud.pools


def _filters(call: Call[BlockStorage]) -> dict[str, str]:
    """Return the filters of a request; older versions ignore those that they do not know."""
    if not call.at_least(FILTERED_SINCE):
        return {}
    given = {name: texts[-1] for name, texts in call.parameters.items() if name != "detail"}
    unknown = [name for name in given if name not in FILTERS]
    if unknown and call.at_least(REFUSES_SINCE):
        raise BadRequest(f"Invalid filters {', '.join(unknown)} are found in query options.")
    return {name: text for name, text in given.items() if call.at_least(FILTERS.get(name, FILTERED_SINCE))}


def _passes(pool: Pool, name: str, text: str) -> bool:
    value = pool.name if name == "name" else pool.capabilities.get(name)
    return str(value).lower() == text.lower()


def _found(call: Call[BlockStorage]) -> Iterable[Pool]:
    filters = _filters(call)
    volume_type = filters.pop("volume_type", None)
    for pool in _pools(call).find(call.ctx, volume_type):
        if all(_passes(pool, name, text) for name, text in filters.items()):
            yield pool


class PoolsHandler(Handler[BlockStorage]):
    """``GET /scheduler-stats/get_pools``."""

    @operation("pools.find", policy="scheduler_extension:scheduler_stats:get_pools")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        render = views.detail if flag(call, "detail") else views.summary
        return {"pools": [render(pool) for pool in _found(call)]}


class CapabilitiesHandler(Handler[BlockStorage]):
    """``GET /capabilities/{host}``."""

    @operation("pools.capabilities", policy="volume_extension:capabilities")
    def on_get(self, call: Call[BlockStorage], host_name: str) -> dict[str, Any]:
        """Show."""
        return views.capabilities(host_name, _pools(call).capabilities(call.ctx, host_name))
