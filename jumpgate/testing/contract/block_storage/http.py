"""Volumes and what is taken of them through HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from jumpgate.testing.contract.block_storage.things import BACKUP, SNAPSHOT, VOLUME
from jumpgate.testing.contract.http import DEFAULT, HIGHEST, LOWEST, MadeOverHttp, OwnedOverHttp

ALL = (LOWEST, DEFAULT, HIGHEST)


class TestVolumesOverHttp(MadeOverHttp, OwnedOverHttp):
    """Volumes."""

    thing, service = VOLUME, "block_storage"
    singular, plural = "volume", "volumes"
    wanted: ClassVar[Mapping[str, Any]] = {"size": 1}
    versions = ALL


class TestSnapshotsOverHttp(OwnedOverHttp):
    """Snapshots."""

    thing, service = SNAPSHOT, "block_storage"
    singular, plural = "snapshot", "snapshots"
    versions = ALL


class TestBackupsOverHttp(OwnedOverHttp):
    """Backups."""

    thing, service = BACKUP, "block_storage"
    singular, plural = "backup", "backups"
    versions = ALL
