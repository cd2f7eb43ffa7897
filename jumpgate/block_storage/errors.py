"""The complaints that Cinder begins with words of its own."""

from __future__ import annotations

from jumpgate.common.errors import BadRequest


class InvalidVolume(BadRequest):
    """The volume is in no state for this."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Invalid volume: {reason}", reason="InvalidVolume")


class InvalidInput(BadRequest):
    """What the client gave does not fit."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Invalid input received: {reason}", reason="InvalidInput")


class InvalidBackup(BadRequest):
    """The backup is in no state for this."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Invalid backup: {reason}", reason="InvalidBackup")


class InvalidGroup(BadRequest):
    """The group is in no state for this."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Invalid Group: {reason}", reason="InvalidGroup")


class InvalidGroupSnapshot(BadRequest):
    """The group snapshot is in no state for this."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Invalid GroupSnapshot: {reason}", reason="InvalidGroupSnapshot")
