"""What work of the block storage service can go wrong, by Cinder's numbers and words."""

from __future__ import annotations

from dataclasses import dataclass

VOLUME, SNAPSHOT, BACKUP = "VOLUME", "VOLUME_SNAPSHOT", "VOLUME_BACKUP"


@dataclass(frozen=True, slots=True)
class Event:
    """What went wrong, by Cinder's numbers of the action and the detail and its words for both."""

    action_id: str
    detail_id: str
    text: str


NO_BACKEND = Event("001", "003", "schedule allocate volume:Could not find any available weighted backend.")
MOVE_FAILED = Event("001", "001", "schedule allocate volume:An unknown error occurred.")
UPLOAD_FAILED = Event("003", "004", "copy volume to image:Failed to upload volume to image at backend.")
IMAGE_TOO_LARGE = Event("005", "007", "copy image to volume:Image used for creating volume exceeds available space.")
IMAGE_COPY_FAILED = Event("005", "001", "copy image to volume:An unknown error occurred.")
EXTEND_FAILED = Event("007", "010", "extend volume:Volume Driver failed to extend volume.")
CREATE_FAILED = Event("008", "012", "create volume from backend storage:Driver failed to create the volume.")
SNAPSHOT_FAILED = Event("009", "013", "create snapshot:Snapshot failed to create.")
SNAPSHOT_DELETE_FAILED = Event("010", "016", "delete snapshot:Snapshot failed to delete.")
BACKUP_FAILED = Event("013", "020", "create backup:Backup driver failed to create backup.")
BACKUP_DELETE_FAILED = Event("014", "025", "delete backup:Backup driver failed to delete backup.")
RESTORE_FAILED = Event("015", "026", "restore backup:Backup driver failed to restore backup.")
REIMAGE_FAILED = Event("016", "001", "reimage volume:An unknown error occurred.")
