"""Address scopes: within one no address is twice."""

from __future__ import annotations

from dataclasses import dataclass

from jumpgate.network.models import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressScope(Record):
    """Subnet pools of one IP version, 4 or 6, whose prefixes do not overlap."""

    name: str = ""
    ip_version: int
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressScopeSpec:
    """An address scope to be made."""

    ip_version: int
    name: str = ""
    project_id: str | None = None
    shared: bool = False
