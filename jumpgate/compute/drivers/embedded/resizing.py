"""Servers that change their flavor or are installed anew.

From the moment a resize is asked for until it is confirmed or reverted, the quota counts the larger of both flavors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.compute.drivers.embedded import disks, records
from jumpgate.compute.drivers.embedded.creation import check_metadata
from jumpgate.compute.drivers.embedded.quotas import used
from jumpgate.compute.drivers.embedded.region import Region
from jumpgate.compute.drivers.embedded.transitions import Transitions, Values
from jumpgate.compute.models import RUNNING, SHUTDOWN, Flavor, RebuildSpec

Row = sa.Row[Any]


class Resizing:
    """Resizes and rebuilds servers."""

    def __init__(self, region: Region, transitions: Transitions) -> None:
        self._region = region
        self._transitions = transitions
        transitions.at_end("resize", _resized)
        transitions.at_end("confirmResize", _confirmed)
        transitions.at_end("revertResize", _reverted)
        transitions.at_end("rebuild", _rebuilt)

    def resize(self, ctx: Context, server_id: str, flavor: Flavor, disk_config: str | None) -> None:
        """Begin to give a server another flavor; raise OverQuota."""

        def also(connection: sa.Connection, row: Row) -> Values:
            grows = {
                "cores": max(0, flavor.vcpus - row.vcpus),
                "ram": max(0, flavor.ram_mib - row.ram_mib),
            }
            if any(grows.values()):
                self._region.quotas.check(connection, row.project_id, grows, used(connection, row.project_id))
            values: Values = {
                "old_flavor": row.flavor,
                "old_vm_state": row.vm_state,
                "vcpus": max(flavor.vcpus, row.vcpus),
                "ram_mib": max(flavor.ram_mib, row.ram_mib),
            }
            return values if disk_config is None else {**values, "disk_config": disk_config}

        arguments = {"flavor": records.flavor_values(flavor)}
        self._transitions.begin(ctx, server_id, "resize", also=also, arguments=arguments)

    def confirm(self, ctx: Context, server_id: str) -> None:
        """Begin to keep the new flavor."""
        self._transitions.begin(ctx, server_id, "confirmResize")

    def revert(self, ctx: Context, server_id: str) -> None:
        """Begin to go back to the old flavor."""
        self._transitions.begin(ctx, server_id, "revertResize")

    def rebuild(self, ctx: Context, server_id: str, spec: RebuildSpec) -> None:
        """Begin to install a server anew."""
        changes = dict(spec.changes)

        def also(connection: sa.Connection, row: Row) -> Values:
            if "metadata" in changes:
                check_metadata(self._region.quotas.limits(row.project_id), dict(changes["metadata"]))  # type: ignore[call-overload]
            backed = any(volume.boot_index == 0 for volume in disks.of_servers(connection, (server_id,)))
            image = {} if backed else {"image_id": spec.image_id}
            return {**changes, **image, "progress": 0}

        self._transitions.begin(ctx, server_id, "rebuild", also=also)


def _sizes(flavor: Mapping[str, Any]) -> Values:
    return {
        "flavor": dict(flavor),
        "flavor_id": flavor["id"],
        "vcpus": flavor["vcpus"],
        "ram_mib": flavor["ram_mib"],
    }


def _resized(row: Row, arguments: Mapping[str, Any]) -> Values:
    """The new flavor shows at once; what the quota counts stays until one of both is given up."""
    sizes = _sizes(arguments["flavor"])
    return {"flavor": sizes["flavor"], "flavor_id": sizes["flavor_id"], "power_state": _power(row.old_vm_state)}


def _power(vm_state: str) -> int:
    return SHUTDOWN if vm_state == "stopped" else RUNNING


def _settled(row: Row) -> Values:
    return {
        "vm_state": row.old_vm_state,
        "power_state": _power(row.old_vm_state),
        "old_flavor": None,
        "old_vm_state": None,
    }


def _confirmed(row: Row, _: Mapping[str, Any]) -> Values:
    return {**_settled(row), **_sizes(row.flavor)}


def _reverted(row: Row, _: Mapping[str, Any]) -> Values:
    return {**_settled(row), **_sizes(row.old_flavor)}


def _rebuilt(row: Row, _: Mapping[str, Any]) -> Values:
    """A stopped server stays stopped; one in ERROR is mended."""
    if row.vm_state == "stopped":
        return {"vm_state": "stopped", "power_state": SHUTDOWN}
    return {"vm_state": "active", "power_state": RUNNING}
