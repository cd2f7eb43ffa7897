"""The extensions of Cinder's API that clients look for, and what a cloud must have for each."""

from __future__ import annotations

from jumpgate.block_storage.models import Extension


def _extension(alias: str, name: str, description: str, updated: str, needs: str | None = None) -> Extension:
    moment = f"{updated}T00:00:00+00:00"
    return Extension(alias=alias, name=name, description=description, updated=moment, needs=needs)


EXTENSIONS: tuple[Extension, ...] = (
    _extension("capabilities", "Capabilities", "Capabilities support.", "2015-08-31", "pools.capabilities"),
    _extension(
        "encryption",
        "VolumeTypeEncryption",
        "Encryption support for volume types.",
        "2013-07-01",
        "volume_types.encrypt",
    ),
    _extension("scheduler-stats", "Scheduler_stats", "Scheduler stats support.", "2014-09-07", "pools.find"),
    _extension(
        "os-volume-manage",
        "VolumeManage",
        "Allows existing backend storage to be 'managed' by Cinder.",
        "2014-02-10",
        "manageable_volumes.manage",
    ),
    _extension(
        "os-volume-unmanage", "VolumeUnmanage", "Enable volume unmanage operation.", "2012-05-31", "volumes.unmanage"
    ),
    _extension(
        "os-snapshot-manage",
        "SnapshotManage",
        "Allows existing backend storage to be 'managed' by Cinder.",
        "2014-12-31",
        "manageable_snapshots.manage",
    ),
    _extension(
        "os-snapshot-unmanage",
        "SnapshotUnmanage",
        "Enable volume unmanage operation.",
        "2014-12-31",
        "snapshots.unmanage",
    ),
    _extension(
        "os-volume-encryption-metadata",
        "VolumeEncryptionMetadata",
        "Volume encryption metadata retrieval support.",
        "2013-07-10",
        "volumes.get",
    ),
    _extension("backups", "Backups", "Backups support.", "2012-12-12", "backups.create"),
    _extension("os-admin-actions", "AdminActions", "Enable admin actions.", "2012-08-25", "volumes.reset_status"),
    _extension(
        "os-availability-zone",
        "AvailabilityZones",
        "Describe Availability Zones.",
        "2013-06-27",
        "availability_zones.find",
    ),
    _extension("os-extended-services", "ExtendedServices", "Extended services support.", "2014-01-10", "services.find"),
    _extension(
        "os-extended-snapshot-attributes",
        "ExtendedSnapshotAttributes",
        "Extended SnapshotAttributes support.",
        "2012-06-19",
        "snapshots.find",
    ),
    _extension("os-hosts", "Hosts", "Admin-only host administration.", "2011-06-29", "services.loads"),
    _extension(
        "os-quota-class-sets",
        "QuotaClasses",
        "Quota classes management support.",
        "2012-03-12",
        "quota_sets.class_limits",
    ),
    _extension("os-quota-sets", "Quotas", "Quota management support.", "2011-08-08", "quota_sets.get"),
    _extension(
        "OS-SCH-HNT",
        "SchedulerHints",
        "Pass arbitrary key/value pairs to the scheduler.",
        "2013-04-18",
        "volumes.create",
    ),
    _extension("os-services", "Services", "Services support.", "2012-10-28", "services.find"),
    _extension(
        "os-snapshot-actions",
        "SnapshotActions",
        "Enable snapshot manager actions.",
        "2013-07-16",
        "snapshots.report_status",
    ),
    _extension(
        "os-types-extra-specs",
        "TypesExtraSpecs",
        "Type extra specs support.",
        "2011-08-24",
        "volume_types.set_extra_specs",
    ),
    _extension("os-types-manage", "TypesManage", "Types manage support.", "2011-08-24", "volume_types.create"),
    _extension(
        "os-used-limits",
        "UsedLimits",
        "Provide data on limited resources that are being used.",
        "2013-10-03",
        "quota_sets.get",
    ),
    _extension("os-vol-host-attr", "VolumeHostAttribute", "Expose host as an attribute of a volume.", "2011-11-03"),
    _extension(
        "os-vol-image-meta",
        "VolumeImageMetadata",
        "Show image metadata associated with the volume.",
        "2012-12-07",
        "volumes.set_image_metadata",
    ),
    _extension(
        "os-vol-mig-status-attr",
        "VolumeMigStatusAttribute",
        "Expose migration_status as an attribute of a volume.",
        "2013-08-08",
    ),
    _extension(
        "os-vol-tenant-attr",
        "VolumeTenantAttribute",
        "Expose the internal project_id as an attribute of a volume.",
        "2011-11-03",
    ),
    _extension(
        "os-volume-transfer",
        "VolumeTransfer",
        "Volume transfer management support.",
        "2013-05-29",
        "transfers.create",
    ),
    _extension("qos-specs", "Qos_specs_manage", "QoS specs support.", "2013-08-02", "qos_specs.create"),
    _extension("os-volume-actions", "VolumeActions", "Enable volume actions.", "2012-05-31", "volumes.attach"),
    _extension(
        "os-volume-type-access",
        "VolumeTypeAccess",
        "Volume type access support.",
        "2014-06-26",
        "volume_types.add_access",
    ),
)
