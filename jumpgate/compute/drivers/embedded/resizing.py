"""Servers that change their flavor or are installed anew.

From the moment a resize is asked for until it is confirmed or reverted, the quota counts the larger of both flavors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.compute.drivers.embedded import disks, migrations, records
from jumpgate.compute.drivers.embedded.creation import check_metadata
from jumpgate.compute.drivers.embedded.disks import Disks
from jumpgate.compute.drivers.embedded.quotas import used
from jumpgate.compute.drivers.embedded.region import Region
from jumpgate.compute.drivers.embedded.transitions import Transitions, Values
from jumpgate.compute.models import RUNNING, SHUTDOWN, Flavor, RebuildSpec

Row = sa.Row[Any]


class Resizing:
    """Resizes and rebuilds servers."""

    def __init__(self, region: Region, transitions: Transitions, volumes: Disks) -> None:
        self._region = region
        self._disks = volumes
        self._transitions = transitions
        transitions.at_end("resize", _resized)
        transitions.at_end("confirmResize", _confirmed)
        transitions.at_end("revertResize", _reverted)
        transitions.before_end("rebuild", self._refill)
        transitions.at_end("rebuild", _rebuilt)

    def resize(self, ctx: Context, server_id: str, flavor: Flavor, disk_config: str | None) -> None:
        """Begin to give a server another flavor; raise OverQuota."""
        arguments = {"flavor": records.flavor_values(flavor)}

        def also(connection: sa.Connection, row: Row) -> Values:
            grows = {
                "cores": max(0, flavor.vcpus - row.vcpus),
                "ram": max(0, flavor.ram_mib - row.ram_mib),
            }
            if any(grows.values()):
                self._region.quotas.check(connection, row.project_id, grows, used(connection, row.project_id))
            migrations.begin(connection, ctx, row, arguments["flavor"])
            values: Values = {
                "old_flavor": row.flavor,
                "old_vm_state": row.vm_state,
                "vcpus": max(flavor.vcpus, row.vcpus),
                "ram_mib": max(flavor.ram_mib, row.ram_mib),
            }
            return values if disk_config is None else {**values, "disk_config": disk_config}

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
            volume = disks.root_of(connection, server_id)
            if volume is not None and spec.reimages_volume:
                disks.mark(connection, volume, "reimaging")
            image = {} if volume is not None else {"image_id": spec.image_id}
            return {**changes, **image, "progress": 0}

        self._transitions.begin(ctx, server_id, "rebuild", also=also, arguments={"image_id": spec.image_id})

    def _refill(self, row: Row, arguments: Mapping[str, Any]) -> None:
        """Put the image in the root volume; a volume that was filled is attached again."""
        for volume in self._disks.rows(row.id):
            if volume.state == "reimaging":
                self._disks.reimage(row, volume, arguments["image_id"])
            elif volume.boot_index == 0:
                self._disks.attach(row, volume)


def _sizes(flavor: Mapping[str, Any]) -> Values:
    return {
        "flavor": dict(flavor),
        "flavor_id": flavor["id"],
        "vcpus": flavor["vcpus"],
        "ram_mib": flavor["ram_mib"],
    }


def _resized(connection: sa.Connection, row: Row, arguments: Mapping[str, Any]) -> Values:
    """The new flavor shows at once; what the quota counts stays until one of both is given up."""
    migrations.move_on(connection, row.id, "finished")
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


def _confirmed(connection: sa.Connection, row: Row, _: Mapping[str, Any]) -> Values:
    migrations.move_on(connection, row.id, "confirmed")
    return {**_settled(row), **_sizes(row.flavor)}


def _reverted(connection: sa.Connection, row: Row, _: Mapping[str, Any]) -> Values:
    migrations.move_on(connection, row.id, "reverted")
    return {**_settled(row), **_sizes(row.old_flavor)}


def _rebuilt(_connection: sa.Connection, row: Row, _: Mapping[str, Any]) -> Values:
    """A stopped server stays stopped; one in ERROR is mended."""
    if row.vm_state == "stopped":
        return {"vm_state": "stopped", "power_state": SHUTDOWN}
    return {"vm_state": "active", "power_state": RUNNING}
