"""Address scopes as a table of attributes. Source: the API reference's "Address scopes"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call
from jumpgate.network.handlers.attributes import Resource, own_target
from jumpgate.network.handlers.standard import NAME, OWNER, fixed, identifier
from jumpgate.network.models.address_scopes import AddressScope, AddressScopeSpec
from jumpgate.network.schemas import values as read


def _target(scope: AddressScope) -> Mapping[str, object]:
    return {"project_id": scope.project_id, "tenant_id": scope.project_id, "shared": scope.shared}


def _new_target(call: Call[Any], values: Mapping[str, Any]) -> Mapping[str, object]:
    return {**own_target(call, values), "shared": False}


ADDRESS_SCOPES = Resource(
    singular="address_scope",
    plural="address_scopes",
    contract="address_scopes",
    kind=Kind.ADDRESS_SCOPE,
    path_field="address_scope_id",
    missing="AddressScopeNotFound",
    spec=AddressScopeSpec,
    target=_target,
    new_target=_new_target,
    fields=(
        identifier(Kind.ADDRESS_SCOPE),
        NAME,
        *OWNER,
        Field(
            "shared",
            input=Input(to_model=read.flag, rule="{verb}_address_scope:shared"),
            filter=read.flag,
            sort=True,
        ),
        fixed("ip_version", read.integer_of((4, 6)), filter_by=read.integer, required=True),
    ),
)
