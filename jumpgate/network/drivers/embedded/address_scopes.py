"""The embedded address scopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.network import prefixes
from jumpgate.network.contract import AddressScopes
from jumpgate.network.drivers.embedded.plain import PlainRecords
from jumpgate.network.drivers.embedded.records import Condition, Row
from jumpgate.network.models.address_scopes import AddressScope, AddressScopeSpec
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network import subnet_pools
from jumpgate.store.tables.network_trunks import address_scopes


class EmbeddedAddressScopes(PlainRecords[AddressScope, AddressScopeSpec], AddressScopes):
    """Address scopes in the store."""

    table = address_scopes
    missing = "AddressScopeNotFound"
    model_type = AddressScope

    def parts(self, project_id: str) -> Sequence[Condition]:
        foreign = sa.and_(address_scopes.c.shared.is_(True), address_scopes.c.project_id != project_id)
        return (address_scopes.c.project_id == project_id, foreign)

    def columns_of_change(
        self, connection: sa.Connection, ctx: Context, row: Row, changes: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if row.shared and changes.get("shared") is False:
            raise fault("AddressScopeUpdateError", row.id, "Shared address scope can't be unshared")
        return changes

    def check_delete(self, connection: sa.Connection, row: Row) -> None:
        used = sa.select(subnet_pools.c.id).where(subnet_pools.c.address_scope_id == row.id)
        if connection.execute(used.limit(1)).first() is not None:
            raise fault("AddressScopeInUse", row.id)

    def check_pool(
        self,
        connection: sa.Connection,
        ctx: Context,
        scope_id: str,
        *,
        pool_id: str,
        version: int,
        given: Sequence[str],
    ) -> None:
        """Raise where a subnet pool with some prefixes cannot belong to a scope."""
        scope = self.row(connection, ctx, scope_id)
        if scope.ip_version != version:
            reason = "IllegalSubnetPoolIpVersionAssociationToAddressScope"
            raise fault(reason, pool_id, scope_id, scope.ip_version)
        others = sa.select(subnet_pools.c.prefixes).where(
            subnet_pools.c.address_scope_id == scope_id, subnet_pools.c.id != pool_id
        )
        if any(prefixes.meet(other, given) for other in connection.execute(others).scalars()):
            raise fault("AddressScopePrefixConflict")
