"""Limits and usage in JSON."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.models import QuotaSet

_LIMITS = {
    "volumes": "maxTotalVolumes",
    "snapshots": "maxTotalSnapshots",
    "gigabytes": "maxTotalVolumeGigabytes",
    "backups": "maxTotalBackups",
    "backup_gigabytes": "maxTotalBackupGigabytes",
}
_USED = {
    "volumes": "totalVolumesUsed",
    "gigabytes": "totalGigabytesUsed",
    "snapshots": "totalSnapshotsUsed",
    "backups": "totalBackupsUsed",
    "backup_gigabytes": "totalBackupGigabytesUsed",
}


def quota_set(quota: QuotaSet, *, with_id: bool = True, with_usage: bool = False) -> dict[str, Any]:
    """Return a quota set: the limits, or with each limit what is used and promised of it."""
    body: dict[str, Any] = dict(quota.limits)
    if with_usage:
        body = {name: _usage(quota, name) for name in quota.limits}
    return {"quota_set": {**body, "id": quota.project_id} if with_id else body}


def _usage(quota: QuotaSet, name: str) -> dict[str, int]:
    used, reserved = quota.used.get(name, 0), quota.reserved.get(name, 0)
    return {"limit": quota.limits[name], "in_use": used, "reserved": reserved}


def limits(quota: QuotaSet, *, with_usage: bool) -> dict[str, Any]:
    """Return the absolute limits; there are none on the rate of requests."""
    absolute = {shown: quota.limits[name] for name, shown in _LIMITS.items() if name in quota.limits}
    if with_usage:
        absolute |= {shown: quota.used.get(name, 0) for name, shown in _USED.items()}
    return {"limits": {"rate": [], "absolute": absolute}}
