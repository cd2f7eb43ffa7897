"""What Nova once had and has no more: every request is answered 410.

Source: the API reference's "Deprecated APIs", the sections that say "was removed".
"""

from __future__ import annotations

from typing import NoReturn

from jumpgate.common.errors import Gone
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute

ENDPOINTS = (
    "v2_os_agents",
    "v2_os_agent",
    "v2_os_cells",
    "v2_os_cells_detail",
    "v2_os_cells_info",
    "v2_os_cells_capacities",
    "v2_os_cells_sync_instances",
    "v2_os_cell",
    "v2_os_cell_capacities",
    "v2_os_certificates",
    "v2_os_certificate",
    "v2_os_cloudpipe",
    "v2_os_cloudpipe_action",
    "v2_os_fixed_ip",
    "v2_os_fixed_ip_action",
    "v2_os_floating_ip_dns",
    "v2_os_floating_ip_dns_domain",
    "v2_os_floating_ip_dns_domain_entry",
    "v2_os_floating_ips_bulk",
    "v2_os_floating_ips_bulk_host",
    "v2_os_fping",
    "v2_os_fping_server",
    "v2_os_networks_add",
    "v2_os_network_action",
    "v2_os_security_group_default_rules",
    "v2_os_security_group_default_rule",
    "v2_os_virtual_interfaces",
    "v2_server_consoles",
    "v2_server_console",
)


def gone(*_: object, **__: object) -> NoReturn:
    """Say that it is gone."""
    raise Gone("This resource is no longer available. No forwarding address is given.")


class GoneHandler(Handler[Compute]):
    """One of them."""

    @operation()
    def on_get(self, call: Call[Compute], **_: str) -> None:
        gone()

    @operation()
    def on_post(self, call: Call[Compute], **_: str) -> None:
        gone()

    @operation()
    def on_put(self, call: Call[Compute], **_: str) -> None:
        gone()

    @operation()
    def on_delete(self, call: Call[Compute], **_: str) -> None:
        gone()


HANDLERS: tuple[tuple[str, type[Handler[Compute]]], ...] = tuple((name, GoneHandler) for name in ENDPOINTS)
