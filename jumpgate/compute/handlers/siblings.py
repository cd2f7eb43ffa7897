"""What the other services of the region say of images, networks, security groups, ports and volumes.

Where a service has no typed contract nothing can be asked, and what a client names is believed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args, get_origin

from jumpgate.common.errors import NotSupported
from jumpgate.common.listing import Filter, Query, page
from jumpgate.common.resource import Crud
from jumpgate.common.typed import Call
from jumpgate.compute.contract import Compute


def sibling(call: Call[Compute], service: str) -> Any:
    """Return the contract of another service of the region, None where it has none."""
    siblings = call.service.app.siblings(call.service.disp.region)
    return siblings[service] if siblings.has(service) else None


def find(call: Call[Compute], resource: Any, *filters: Filter, everywhere: bool = False) -> list[Any]:
    """Return the things of a sibling that pass the filters: the caller's own, or `everywhere` all projects'."""
    query = Query(filters=filters, all_projects=everywhere)
    return page(resource.find(call.ctx, query), query)


def spec_of(resource: Any) -> Callable[..., Any]:
    """Return the dataclass that a sibling's uniform resource takes to create one, read off its contract."""
    for base in resource.__class__.__mro__:
        for generic in getattr(base, "__orig_bases__", ()):
            if get_origin(generic) is Crud:
                spec: Callable[..., Any] = get_args(generic)[1]
                return spec
    raise NotSupported("A service of this cloud has no uniform contract by which things can be made.")
