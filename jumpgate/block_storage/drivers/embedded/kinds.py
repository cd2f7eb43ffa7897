"""The kinds of tasks of the embedded block storage."""

from __future__ import annotations

CREATE = "block_storage.create_volume"
DELETE = "block_storage.delete_volume"
EXTEND = "block_storage.extend_volume"
TELL_EXTENDED = "block_storage.tell_extended"
UPLOAD = "block_storage.upload_volume"
REIMAGE = "block_storage.reimage_volume"
REVERT = "block_storage.revert_volume"
CREATE_SNAPSHOT = "block_storage.create_snapshot"
DELETE_SNAPSHOT = "block_storage.delete_snapshot"
CREATE_BACKUP = "block_storage.create_backup"
RESTORE_BACKUP = "block_storage.restore_backup"
DELETE_BACKUP = "block_storage.delete_backup"
MOVE = "block_storage.move_volume"
MANAGE = "block_storage.manage_volume"
MANAGE_SNAPSHOT = "block_storage.manage_snapshot"
