"""The contract suite for block storage: import everything from here into a driver's test file."""

from __future__ import annotations

from jumpgate.testing.contract.block_storage.copies import (
    TestAttachments,
    TestBackups,
    TestMessages,
    TestSnapshots,
    TestTransfers,
)
from jumpgate.testing.contract.block_storage.http import TestBackupsOverHttp, TestSnapshotsOverHttp, TestVolumesOverHttp
from jumpgate.testing.contract.block_storage.kinds import (
    TestAvailabilityZones,
    TestDefaultTypes,
    TestGroups,
    TestGroupSnapshots,
    TestGroupTypes,
    TestQosSpecs,
    TestQuotaSets,
    TestVolumeTypes,
)
from jumpgate.testing.contract.block_storage.operators import (
    TestEncryption,
    TestManageable,
    TestPools,
    TestRevisions,
    TestServices,
)
from jumpgate.testing.contract.block_storage.volumes import TestVolumes, TestVolumeStates
from jumpgate.testing.contract.fixtures import admin, alice, bench, bob, front, made, shelf, stock

__all__ = [
    "TestAttachments",
    "TestAvailabilityZones",
    "TestBackups",
    "TestBackupsOverHttp",
    "TestDefaultTypes",
    "TestEncryption",
    "TestGroupSnapshots",
    "TestGroupTypes",
    "TestGroups",
    "TestManageable",
    "TestMessages",
    "TestPools",
    "TestQosSpecs",
    "TestQuotaSets",
    "TestRevisions",
    "TestServices",
    "TestSnapshots",
    "TestSnapshotsOverHttp",
    "TestTransfers",
    "TestVolumeStates",
    "TestVolumeTypes",
    "TestVolumes",
    "TestVolumesOverHttp",
    "admin",
    "alice",
    "bench",
    "bob",
    "front",
    "made",
    "shelf",
    "stock",
]
