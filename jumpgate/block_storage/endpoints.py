"""The endpoints of the block storage service: Cinder's v3, and the v2 and v1 of the clients that came before it."""

from __future__ import annotations

from jumpgate.common.endpoints import Endpoint, under

# v3 takes the project in the path and, since 3.67, may leave it out.
ROOTS_V3 = ("/v3/{tenant_id}", "/v3")
ROOTS_V2 = ("/v2/{tenant_id}",)
ROOTS_V1 = ("/v1/{tenant_id}",)

_VERSIONS = under(
    ("",),
    ("versions", ""),
    ("v1_index", "/v1"),
    ("v2_index", "/v2"),
    ("v3_index", "/v3"),
)

_V3_VOLUMES = (
    *under(
        ROOTS_V3,
        ("v3_volumes", "/volumes"),
        ("v3_volumes_detail", "/volumes/detail"),
        ("v3_volumes_summary", "/volumes/summary"),
        ("v3_volume", "/volumes/{volume_id}"),
        ("v3_volume_action", "/volumes/{volume_id}/action"),
        ("v3_volume_metadata", "/volumes/{volume_id}/metadata"),
        ("v3_volume_metadata_key", "/volumes/{volume_id}/metadata/{key}"),
        ("v3_volume_encryption", "/volumes/{volume_id}/encryption"),
        ("v3_volume_encryption_key", "/volumes/{volume_id}/encryption/{key}"),
        ("v3_manageable_volumes", "/manageable_volumes"),
        ("v3_manageable_volumes_detail", "/manageable_volumes/detail"),
        # The name of manageable_volumes until 3.8.
        ("v3_os_volume_manage", "/os-volume-manage"),
        ("v3_os_volume_manage_detail", "/os-volume-manage/detail"),
    ),
    *under(
        ROOTS_V3,
        ("v3_snapshots", "/snapshots"),
        ("v3_snapshots_detail", "/snapshots/detail"),
        ("v3_snapshot", "/snapshots/{snapshot_id}"),
        ("v3_snapshot_action", "/snapshots/{snapshot_id}/action"),
        ("v3_snapshot_metadata", "/snapshots/{snapshot_id}/metadata"),
        ("v3_snapshot_metadata_key", "/snapshots/{snapshot_id}/metadata/{key}"),
        ("v3_manageable_snapshots", "/manageable_snapshots"),
        ("v3_manageable_snapshots_detail", "/manageable_snapshots/detail"),
        # The name of manageable_snapshots until 3.8.
        ("v3_os_snapshot_manage", "/os-snapshot-manage"),
        ("v3_os_snapshot_manage_detail", "/os-snapshot-manage/detail"),
    ),
    *under(
        ROOTS_V3,
        ("v3_volume_types", "/types"),
        ("v3_volume_type", "/types/{type_id}"),
        ("v3_volume_type_action", "/types/{type_id}/action"),
        ("v3_volume_type_extra_specs", "/types/{type_id}/extra_specs"),
        ("v3_volume_type_extra_spec", "/types/{type_id}/extra_specs/{key}"),
        ("v3_volume_type_encryption", "/types/{type_id}/encryption"),
        # GET has the name of a field in the last place, PUT and DELETE the encryption's id.
        ("v3_volume_type_encryption_key", "/types/{type_id}/encryption/{key}"),
        ("v3_os_volume_type_access", "/types/{type_id}/os-volume-type-access"),
        ("v3_default_types", "/default-types"),
        ("v3_default_type", "/default-types/{target_id}"),
    ),
    *under(
        ROOTS_V3,
        ("v3_qos_specs", "/qos-specs"),
        ("v3_qos_spec", "/qos-specs/{qos_spec_id}"),
        ("v3_qos_spec_delete_keys", "/qos-specs/{qos_spec_id}/delete_keys"),
        ("v3_qos_spec_associations", "/qos-specs/{qos_spec_id}/associations"),
        ("v3_qos_spec_associate", "/qos-specs/{qos_spec_id}/associate"),
        ("v3_qos_spec_disassociate", "/qos-specs/{qos_spec_id}/disassociate"),
        ("v3_qos_spec_disassociate_all", "/qos-specs/{qos_spec_id}/disassociate_all"),
    ),
    *under(
        ROOTS_V3,
        ("v3_attachments", "/attachments"),
        ("v3_attachments_detail", "/attachments/detail"),
        ("v3_attachment", "/attachments/{attachment_id}"),
        ("v3_attachment_action", "/attachments/{attachment_id}/action"),
    ),
    *under(
        ROOTS_V3,
        ("v3_backups", "/backups"),
        ("v3_backups_detail", "/backups/detail"),
        ("v3_backups_import_record", "/backups/import_record"),
        ("v3_backup", "/backups/{backup_id}"),
        ("v3_backup_action", "/backups/{backup_id}/action"),
        ("v3_backup_restore", "/backups/{backup_id}/restore"),
        ("v3_backup_export_record", "/backups/{backup_id}/export_record"),
    ),
    *under(
        ROOTS_V3,
        ("v3_volume_transfers", "/volume-transfers"),
        ("v3_volume_transfers_detail", "/volume-transfers/detail"),
        ("v3_volume_transfer", "/volume-transfers/{transfer_id}"),
        ("v3_volume_transfer_accept", "/volume-transfers/{transfer_id}/accept"),
        # The name of volume-transfers until 3.55.
        ("v3_os_volume_transfers", "/os-volume-transfer"),
        ("v3_os_volume_transfers_detail", "/os-volume-transfer/detail"),
        ("v3_os_volume_transfer", "/os-volume-transfer/{transfer_id}"),
        ("v3_os_volume_transfer_accept", "/os-volume-transfer/{transfer_id}/accept"),
    ),
)

_V3_GROUPS = (
    *under(
        ROOTS_V3,
        ("v3_groups", "/groups"),
        ("v3_groups_detail", "/groups/detail"),
        ("v3_groups_action", "/groups/action"),
        ("v3_group", "/groups/{group_id}"),
        ("v3_group_action", "/groups/{group_id}/action"),
        ("v3_group_snapshots", "/group_snapshots"),
        ("v3_group_snapshots_detail", "/group_snapshots/detail"),
        ("v3_group_snapshot", "/group_snapshots/{group_snapshot_id}"),
        ("v3_group_snapshot_action", "/group_snapshots/{group_snapshot_id}/action"),
        ("v3_group_types", "/group_types"),
        ("v3_group_type", "/group_types/{group_type_id}"),
        ("v3_group_type_group_specs", "/group_types/{group_type_id}/group_specs"),
        ("v3_group_type_group_spec", "/group_types/{group_type_id}/group_specs/{key}"),
    ),
    # What groups and their snapshots were until 3.13.
    *under(
        ROOTS_V3,
        ("v3_consistencygroups", "/consistencygroups"),
        ("v3_consistencygroups_detail", "/consistencygroups/detail"),
        ("v3_consistencygroups_create_from_src", "/consistencygroups/create_from_src"),
        ("v3_consistencygroup", "/consistencygroups/{consistencygroup_id}"),
        ("v3_consistencygroup_update", "/consistencygroups/{consistencygroup_id}/update"),
        ("v3_consistencygroup_delete", "/consistencygroups/{consistencygroup_id}/delete"),
        ("v3_cgsnapshots", "/cgsnapshots"),
        ("v3_cgsnapshots_detail", "/cgsnapshots/detail"),
        ("v3_cgsnapshot", "/cgsnapshots/{cgsnapshot_id}"),
    ),
)

_V3_PROJECT = under(
    ROOTS_V3,
    ("v3_extensions", "/extensions"),
    ("v3_extension", "/extensions/{alias}"),
    ("v3_limits", "/limits"),
    ("v3_messages", "/messages"),
    ("v3_message", "/messages/{message_id}"),
    ("v3_resource_filters", "/resource_filters"),
    ("v3_os_availability_zone", "/os-availability-zone"),
    ("v3_os_quota_set", "/os-quota-sets/{target_id}"),
    ("v3_os_quota_set_defaults", "/os-quota-sets/{target_id}/defaults"),
    ("v3_os_quota_class_set", "/os-quota-class-sets/{quota_class}"),
)

_V3_OPERATORS = under(
    ROOTS_V3,
    ("v3_os_services", "/os-services"),
    ("v3_os_service_action", "/os-services/{action}"),
    ("v3_os_hosts", "/os-hosts"),
    ("v3_os_host", "/os-hosts/{host_name}"),
    ("v3_capabilities", "/capabilities/{host_name}"),
    ("v3_scheduler_stats_get_pools", "/scheduler-stats/get_pools"),
    ("v3_clusters", "/clusters"),
    ("v3_clusters_detail", "/clusters/detail"),
    # GET has the cluster's name in the last place, PUT "enable" or "disable".
    ("v3_cluster", "/clusters/{cluster_name}"),
    ("v3_workers_cleanup", "/workers/cleanup"),
)

_V2 = (
    *under(
        ROOTS_V2,
        ("v2_volumes", "/volumes"),
        ("v2_volumes_detail", "/volumes/detail"),
        ("v2_volume", "/volumes/{volume_id}"),
        ("v2_volume_action", "/volumes/{volume_id}/action"),
        ("v2_volume_metadata", "/volumes/{volume_id}/metadata"),
        ("v2_volume_metadata_key", "/volumes/{volume_id}/metadata/{key}"),
        ("v2_volume_encryption", "/volumes/{volume_id}/encryption"),
        ("v2_volume_encryption_key", "/volumes/{volume_id}/encryption/{key}"),
        ("v2_os_volume_manage", "/os-volume-manage"),
        ("v2_os_volume_manage_detail", "/os-volume-manage/detail"),
        # Nova's name of the collection; Jumpgate published it here too.
        ("v2_os_volumes", "/os-volumes"),
    ),
    *under(
        ROOTS_V2,
        ("v2_snapshots", "/snapshots"),
        ("v2_snapshots_detail", "/snapshots/detail"),
        ("v2_snapshot", "/snapshots/{snapshot_id}"),
        ("v2_snapshot_action", "/snapshots/{snapshot_id}/action"),
        ("v2_snapshot_metadata", "/snapshots/{snapshot_id}/metadata"),
        ("v2_snapshot_metadata_key", "/snapshots/{snapshot_id}/metadata/{key}"),
        ("v2_os_snapshot_manage", "/os-snapshot-manage"),
        ("v2_os_snapshot_manage_detail", "/os-snapshot-manage/detail"),
    ),
    *under(
        ROOTS_V2,
        ("v2_volume_types", "/types"),
        ("v2_volume_type", "/types/{type_id}"),
        ("v2_volume_type_action", "/types/{type_id}/action"),
        ("v2_volume_type_extra_specs", "/types/{type_id}/extra_specs"),
        ("v2_volume_type_extra_spec", "/types/{type_id}/extra_specs/{key}"),
        ("v2_volume_type_encryption", "/types/{type_id}/encryption"),
        ("v2_volume_type_encryption_key", "/types/{type_id}/encryption/{key}"),
        ("v2_os_volume_type_access", "/types/{type_id}/os-volume-type-access"),
    ),
    *under(
        ROOTS_V2,
        ("v2_qos_specs", "/qos-specs"),
        ("v2_qos_spec", "/qos-specs/{qos_spec_id}"),
        ("v2_qos_spec_delete_keys", "/qos-specs/{qos_spec_id}/delete_keys"),
        ("v2_qos_spec_associations", "/qos-specs/{qos_spec_id}/associations"),
        ("v2_qos_spec_associate", "/qos-specs/{qos_spec_id}/associate"),
        ("v2_qos_spec_disassociate", "/qos-specs/{qos_spec_id}/disassociate"),
        ("v2_qos_spec_disassociate_all", "/qos-specs/{qos_spec_id}/disassociate_all"),
    ),
    *under(
        ROOTS_V2,
        ("v2_backups", "/backups"),
        ("v2_backups_detail", "/backups/detail"),
        ("v2_backups_import_record", "/backups/import_record"),
        ("v2_backup", "/backups/{backup_id}"),
        ("v2_backup_action", "/backups/{backup_id}/action"),
        ("v2_backup_restore", "/backups/{backup_id}/restore"),
        ("v2_backup_export_record", "/backups/{backup_id}/export_record"),
    ),
    *under(
        ROOTS_V2,
        ("v2_os_volume_transfers", "/os-volume-transfer"),
        ("v2_os_volume_transfers_detail", "/os-volume-transfer/detail"),
        ("v2_os_volume_transfer", "/os-volume-transfer/{transfer_id}"),
        ("v2_os_volume_transfer_accept", "/os-volume-transfer/{transfer_id}/accept"),
    ),
    *under(
        ROOTS_V2,
        ("v2_consistencygroups", "/consistencygroups"),
        ("v2_consistencygroups_detail", "/consistencygroups/detail"),
        ("v2_consistencygroups_create_from_src", "/consistencygroups/create_from_src"),
        ("v2_consistencygroup", "/consistencygroups/{consistencygroup_id}"),
        ("v2_consistencygroup_update", "/consistencygroups/{consistencygroup_id}/update"),
        ("v2_consistencygroup_delete", "/consistencygroups/{consistencygroup_id}/delete"),
        ("v2_cgsnapshots", "/cgsnapshots"),
        ("v2_cgsnapshots_detail", "/cgsnapshots/detail"),
        ("v2_cgsnapshot", "/cgsnapshots/{cgsnapshot_id}"),
    ),
    *under(
        ROOTS_V2,
        ("v2_extensions", "/extensions"),
        ("v2_extension", "/extensions/{alias}"),
        ("v2_limits", "/limits"),
        ("v2_os_availability_zone", "/os-availability-zone"),
        ("v2_os_quota_set", "/os-quota-sets/{target_id}"),
        ("v2_os_quota_set_defaults", "/os-quota-sets/{target_id}/defaults"),
        ("v2_os_quota_class_set", "/os-quota-class-sets/{quota_class}"),
    ),
    *under(
        ROOTS_V2,
        ("v2_os_services", "/os-services"),
        ("v2_os_service_action", "/os-services/{action}"),
        ("v2_os_hosts", "/os-hosts"),
        ("v2_os_host", "/os-hosts/{host_name}"),
        ("v2_capabilities", "/capabilities/{host_name}"),
        ("v2_scheduler_stats_get_pools", "/scheduler-stats/get_pools"),
    ),
)

_V1 = under(
    ROOTS_V1,
    ("v1_volumes", "/volumes"),
    ("v1_volumes_detail", "/volumes/detail"),
    ("v1_volume", "/volumes/{volume_id}"),
    ("v1_volume_action", "/volumes/{volume_id}/action"),
    ("v1_volume_metadata", "/volumes/{volume_id}/metadata"),
    ("v1_volume_metadata_key", "/volumes/{volume_id}/metadata/{key}"),
    ("v1_snapshots", "/snapshots"),
    ("v1_snapshots_detail", "/snapshots/detail"),
    ("v1_snapshot", "/snapshots/{snapshot_id}"),
    ("v1_volume_types", "/types"),
    ("v1_volume_type", "/types/{type_id}"),
    ("v1_extensions", "/extensions"),
    ("v1_extension", "/extensions/{alias}"),
    ("v1_limits", "/limits"),
    ("v1_os_availability_zone", "/os-availability-zone"),
    ("v1_os_quota_set", "/os-quota-sets/{target_id}"),
    ("v1_os_quota_set_defaults", "/os-quota-sets/{target_id}/defaults"),
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *_VERSIONS,
    *_V3_VOLUMES,
    *_V3_GROUPS,
    *_V3_PROJECT,
    *_V3_OPERATORS,
    *_V2,
    *_V1,
)

# Names that Jumpgate has published and that still work.
ALIASES: dict[str, str] = {
    "index": "versions",
    "v2_detail": "v2_index",
}
