"""Exposing a cloud's block storage: which handler answers each endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.extensions import EXTENSIONS
from jumpgate.block_storage.handlers.attachments import (
    AttachmentActionHandler,
    AttachmentHandler,
    AttachmentsDetailHandler,
    AttachmentsHandler,
)
from jumpgate.block_storage.handlers.backups import (
    BackupActionHandler,
    BackupExportHandler,
    BackupHandler,
    BackupImportHandler,
    BackupRestoreHandler,
    BackupsDetailHandler,
    BackupsHandler,
)
from jumpgate.block_storage.handlers.default_types import DefaultTypeHandler, DefaultTypesHandler
from jumpgate.block_storage.handlers.dialect import DialectHandler
from jumpgate.block_storage.handlers.encryptions import (
    TypeEncryptionHandler,
    TypeEncryptionKeyHandler,
    VolumeEncryptionHandler,
    VolumeEncryptionKeyHandler,
)
from jumpgate.block_storage.handlers.extensions import ExtensionHandler, ExtensionsHandler
from jumpgate.block_storage.handlers.group_snapshots import (
    GroupSnapshotActionHandler,
    GroupSnapshotHandler,
    GroupSnapshotsDetailHandler,
    GroupSnapshotsHandler,
)
from jumpgate.block_storage.handlers.group_types import (
    GroupSpecHandler,
    GroupSpecsHandler,
    GroupTypeHandler,
    GroupTypesHandler,
)
from jumpgate.block_storage.handlers.groups import (
    GroupActionHandler,
    GroupHandler,
    GroupsActionHandler,
    GroupsDetailHandler,
    GroupsHandler,
)
from jumpgate.block_storage.handlers.manageable import (
    ManageableSnapshotsDetailHandler,
    ManageableSnapshotsHandler,
    ManageableVolumesDetailHandler,
    ManageableVolumesHandler,
)
from jumpgate.block_storage.handlers.messages import MessageHandler, MessagesHandler
from jumpgate.block_storage.handlers.pools import CapabilitiesHandler, PoolsHandler
from jumpgate.block_storage.handlers.qos_specs import (
    QosSpecAssociateHandler,
    QosSpecAssociationsHandler,
    QosSpecDeleteKeysHandler,
    QosSpecDisassociateAllHandler,
    QosSpecDisassociateHandler,
    QosSpecHandler,
    QosSpecsHandler,
)
from jumpgate.block_storage.handlers.quota_sets import (
    LimitsHandler,
    QuotaClassSetHandler,
    QuotaSetDefaultsHandler,
    QuotaSetHandler,
)
from jumpgate.block_storage.handlers.services import (
    HostHandler,
    HostsHandler,
    ServiceActionHandler,
    ServicesHandler,
)
from jumpgate.block_storage.handlers.site import AvailabilityZonesHandler, ResourceFiltersHandler
from jumpgate.block_storage.handlers.snapshot_metadata import SnapshotMetadataHandler, SnapshotMetadataKeyHandler
from jumpgate.block_storage.handlers.snapshots import (
    SnapshotActionHandler,
    SnapshotHandler,
    SnapshotsDetailHandler,
    SnapshotsHandler,
)
from jumpgate.block_storage.handlers.transfers import (
    TransferAcceptHandler,
    TransferHandler,
    TransfersDetailHandler,
    TransfersHandler,
)
from jumpgate.block_storage.handlers.versions import VersionHandler, VersionsHandler
from jumpgate.block_storage.handlers.volume_actions import VolumeActionHandler
from jumpgate.block_storage.handlers.volume_metadata import VolumeMetadataHandler, VolumeMetadataKeyHandler
from jumpgate.block_storage.handlers.volume_types import (
    ExtraSpecHandler,
    ExtraSpecsHandler,
    TypeAccessHandler,
    UniformTypes,
    VolumeTypeActionHandler,
    collection,
)
from jumpgate.block_storage.handlers.volumes import (
    VolumeHandler,
    VolumesDetailHandler,
    VolumesHandler,
    VolumesSummaryHandler,
)
from jumpgate.block_storage.policies import RULES
from jumpgate.block_storage.views.dialects import V1, V2, V3, Dialect
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.typed import Handler, TypedService
from jumpgate.common.uniform import expose_collection

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate

Names = dict[str, type[Handler[BlockStorage]]]

_VERSIONS: Names = {
    "versions": VersionsHandler,
    "v1_index": VersionHandler,
    "v2_index": VersionHandler,
    "v3_index": VersionHandler,
}

# The handlers by the part of the cloud that they need, under the endpoints' names without the API that each begins
# with. An API has those whose endpoints it has.
_HANDLERS: dict[str, Names] = {
    "volumes": {
        "volumes": VolumesHandler,
        "volumes_detail": VolumesDetailHandler,
        "volumes_summary": VolumesSummaryHandler,
        "os_volumes": VolumesHandler,
        "volume": VolumeHandler,
        "volume_action": VolumeActionHandler,
        "volume_metadata": VolumeMetadataHandler,
        "volume_metadata_key": VolumeMetadataKeyHandler,
        "volume_encryption": VolumeEncryptionHandler,
        "volume_encryption_key": VolumeEncryptionKeyHandler,
        "os_availability_zone": AvailabilityZonesHandler,
        "resource_filters": ResourceFiltersHandler,
    },
    "volume_types": {
        "volume_type_action": VolumeTypeActionHandler,
        "volume_type_extra_specs": ExtraSpecsHandler,
        "volume_type_extra_spec": ExtraSpecHandler,
        "volume_type_encryption": TypeEncryptionHandler,
        "volume_type_encryption_key": TypeEncryptionKeyHandler,
        "os_volume_type_access": TypeAccessHandler,
    },
    "snapshots": {
        "snapshots": SnapshotsHandler,
        "snapshots_detail": SnapshotsDetailHandler,
        "snapshot": SnapshotHandler,
        "snapshot_action": SnapshotActionHandler,
        "snapshot_metadata": SnapshotMetadataHandler,
        "snapshot_metadata_key": SnapshotMetadataKeyHandler,
    },
    "attachments": {
        "attachments": AttachmentsHandler,
        "attachments_detail": AttachmentsDetailHandler,
        "attachment": AttachmentHandler,
        "attachment_action": AttachmentActionHandler,
    },
    "default_types": {"default_types": DefaultTypesHandler, "default_type": DefaultTypeHandler},
    "quota_sets": {
        "limits": LimitsHandler,
        "os_quota_set": QuotaSetHandler,
        "os_quota_set_defaults": QuotaSetDefaultsHandler,
        "os_quota_class_set": QuotaClassSetHandler,
    },
    "services": {
        "os_services": ServicesHandler,
        "os_service_action": ServiceActionHandler,
        "os_hosts": HostsHandler,
        "os_host": HostHandler,
    },
    "pools": {"scheduler_stats_get_pools": PoolsHandler, "capabilities": CapabilitiesHandler},
    "manageable_volumes": {
        "manageable_volumes": ManageableVolumesHandler,
        "manageable_volumes_detail": ManageableVolumesDetailHandler,
        "os_volume_manage": ManageableVolumesHandler,
        "os_volume_manage_detail": ManageableVolumesDetailHandler,
    },
    "manageable_snapshots": {
        "manageable_snapshots": ManageableSnapshotsHandler,
        "manageable_snapshots_detail": ManageableSnapshotsDetailHandler,
        "os_snapshot_manage": ManageableSnapshotsHandler,
        "os_snapshot_manage_detail": ManageableSnapshotsDetailHandler,
    },
    "messages": {"messages": MessagesHandler, "message": MessageHandler},
    "backups": {
        "backups": BackupsHandler,
        "backups_detail": BackupsDetailHandler,
        "backups_import_record": BackupImportHandler,
        "backup": BackupHandler,
        "backup_action": BackupActionHandler,
        "backup_restore": BackupRestoreHandler,
        "backup_export_record": BackupExportHandler,
    },
    "transfers": {
        "volume_transfers": TransfersHandler,
        "volume_transfers_detail": TransfersDetailHandler,
        "volume_transfer": TransferHandler,
        "volume_transfer_accept": TransferAcceptHandler,
        "os_volume_transfers": TransfersHandler,
        "os_volume_transfers_detail": TransfersDetailHandler,
        "os_volume_transfer": TransferHandler,
        "os_volume_transfer_accept": TransferAcceptHandler,
    },
    "qos_specs": {
        "qos_specs": QosSpecsHandler,
        "qos_spec": QosSpecHandler,
        "qos_spec_delete_keys": QosSpecDeleteKeysHandler,
        "qos_spec_associations": QosSpecAssociationsHandler,
        "qos_spec_associate": QosSpecAssociateHandler,
        "qos_spec_disassociate": QosSpecDisassociateHandler,
        "qos_spec_disassociate_all": QosSpecDisassociateAllHandler,
    },
    "group_types": {
        "group_types": GroupTypesHandler,
        "group_type": GroupTypeHandler,
        "group_type_group_specs": GroupSpecsHandler,
        "group_type_group_spec": GroupSpecHandler,
    },
    "groups": {
        "groups": GroupsHandler,
        "groups_detail": GroupsDetailHandler,
        "groups_action": GroupsActionHandler,
        "group": GroupHandler,
        "group_action": GroupActionHandler,
    },
    "group_snapshots": {
        "group_snapshots": GroupSnapshotsHandler,
        "group_snapshots_detail": GroupSnapshotsDetailHandler,
        "group_snapshot": GroupSnapshotHandler,
        "group_snapshot_action": GroupSnapshotActionHandler,
    },
}


def expose(app: Jumpgate, disp: Dispatcher, cloud: BlockStorage) -> None:
    """Serve Cinder's API from a cloud's contract objects."""
    service = TypedService(app, disp, cloud, RULES)
    for name, handler in _VERSIONS.items():
        disp.set_handler(name, handler(service))
    for dialect in (V3, V2, V1):
        _expose_dialect(service, dialect)


def _expose_dialect(service: TypedService[BlockStorage], dialect: Dialect) -> None:
    """Set the handlers of one API for what the cloud has."""
    known = {endpoint.name for endpoint in service.disp}
    for part, handlers in _HANDLERS.items():
        if getattr(service.cloud, part) is None:
            continue
        for name, cls in handlers.items():
            if dialect.endpoint(name) in known:
                handler = cls(service, dialect) if issubclass(cls, DialectHandler) else cls(service)
                service.disp.set_handler(dialect.endpoint(name), handler)
    many, one = dialect.endpoint("volume_types"), dialect.endpoint("volume_type")
    expose_collection(service, collection(dialect), many=many, one=one, uniform_type=UniformTypes)
    service.disp.set_handler(dialect.endpoint("extensions"), ExtensionsHandler(service, EXTENSIONS))
    service.disp.set_handler(dialect.endpoint("extension"), ExtensionHandler(service, EXTENSIONS))
