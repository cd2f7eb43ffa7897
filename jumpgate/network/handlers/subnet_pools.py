"""Subnet pools as a table of attributes, and their actions.

Source: the API reference's "Subnet pools extension" and "Subnet pool prefix operations".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, Handler, TypedService, operation
from jumpgate.network.contract import Network, SubnetPools
from jumpgate.network.handlers.attributes import (
    PAGES,
    Attributes,
    Resource,
    authorize,
    body_of,
    own_target,
    refuse_plainly,
)
from jumpgate.network.handlers.standard import DESCRIPTION, NAME, OWNER, TAG_FILTERS, TAGS, TIMES, identifier
from jumpgate.network.models import SubnetPool, SubnetPoolSpec
from jumpgate.network.schemas import addresses
from jumpgate.network.schemas import values as read


def _target(pool: SubnetPool) -> Mapping[str, object]:
    return {"project_id": pool.project_id, "tenant_id": pool.project_id, "shared": pool.shared}


def _new_target(call: Call[Any], values: Mapping[str, Any]) -> Mapping[str, object]:
    return {**own_target(call, values), "shared": False}


_NUMBER = read.integer_between(0, read.LARGEST_INTEGER)


def _length(name: str, attribute: str) -> Field:
    """Return the field of a prefix length, which Neutron shows as text."""
    return Field(
        name,
        lambda pool, _: str(getattr(pool, attribute)),
        input=Input(to_model=_NUMBER, attribute=attribute),
        filter=read.integer,
        sort=True,
    )


SUBNET_POOLS = Resource(
    singular="subnetpool",
    plural="subnetpools",
    contract="subnet_pools",
    kind=Kind.SUBNET_POOL,
    path_field="subnetpool_id",
    missing="SubnetPoolNotFound",
    spec=SubnetPoolSpec,
    target=_target,
    new_target=_new_target,
    parameters=dataclasses.replace(PAGES, filters=TAG_FILTERS),
    fields=(
        identifier(Kind.SUBNET_POOL),
        dataclasses.replace(NAME, input=Input(to_model=read.name_not_empty, required=True)),
        *OWNER,
        Field("prefixes", input=Input(to_model=read.items_of(addresses.prefix), required=True)),
        Field("ip_version", filter=read.integer, sort=True),
        _length("default_prefixlen", "default_prefix_length"),
        _length("min_prefixlen", "min_prefix_length"),
        _length("max_prefixlen", "max_prefix_length"),
        Field(
            "address_scope_id",
            kind=Kind.ADDRESS_SCOPE,
            input=Input(to_model=read.or_none(read.uuid)),
            filter=str,
            sort=True,
        ),
        Field("default_quota", input=Input(to_model=_NUMBER), filter=read.integer, sort=True),
        Field(
            "shared",
            input=Input(to_model=read.flag, update=False, rule="{verb}_subnetpool:shared"),
            filter=read.flag,
            sort=True,
        ),
        Field(
            "is_default",
            input=Input(to_model=read.flag, rule="{verb}_subnetpool:is_default"),
            filter=read.flag,
            sort=True,
        ),
        DESCRIPTION,
        TAGS,
        *TIMES,
    ),
)


class PrefixesHandler(Handler[Network]):
    """What the two prefix operations share."""

    def __init__(self, service: TypedService[Network]) -> None:
        super().__init__(service)
        self._attributes = Attributes(SUBNET_POOLS)

    def asked(self, call: Call[Network], rule: str, pool_id: str) -> tuple[SubnetPools, SubnetPool, tuple[str, ...]]:
        """Return the driver's object, the pool and the prefixes in the body, when the caller may do it."""
        given = body_of(call).get("prefixes")
        if given is None:
            raise refuse_plainly("Unable to find 'prefixes' in request body")
        try:
            prefixes: tuple[str, ...] = read.items_of(addresses.prefix)(given)
        except ValueError as error:
            raise refuse_plainly(f"Invalid input for prefixes. Reason: {error}.") from error
        pool: SubnetPool = self._attributes.member(call, pool_id)
        authorize(call, [rule], _target(pool))
        pools = call.cloud.subnet_pools
        assert pools is not None  # the handlers are set only where there are pools
        return pools, pool, prefixes


class AddPrefixesHandler(PrefixesHandler):
    """More of them."""

    @operation("subnet_pools.add_prefixes")
    def on_put(self, call: Call[Network], subnetpool_id: str) -> dict[str, Any]:
        """Add."""
        pools, pool, prefixes = self.asked(call, "add_prefixes", subnetpool_id)
        return {"prefixes": list(pools.add_prefixes(call.ctx, pool.id, prefixes).prefixes)}


class RemovePrefixesHandler(PrefixesHandler):
    """Less of them."""

    @operation("subnet_pools.remove_prefixes")
    def on_put(self, call: Call[Network], subnetpool_id: str) -> dict[str, Any]:
        """Remove."""
        pools, pool, prefixes = self.asked(call, "remove_prefixes", subnetpool_id)
        return {"prefixes": list(pools.remove_prefixes(call.ctx, pool.id, prefixes).prefixes)}


HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (
    ("v2_subnetpool_add_prefixes", AddPrefixesHandler),
    ("v2_subnetpool_remove_prefixes", RemovePrefixesHandler),
)
