"""The administrator's password of a running guest: set by the guest's own tools, or refused where it has none."""

from __future__ import annotations

import contextlib
import secrets
from typing import Any

from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.errors import CloudError, Conflict, NotFound
from jumpgate.compute.drivers.lxd import files

# What LXD runs is told to everybody who follows its events, so the password comes in a file and not in the command.
_SCRIPT = "command -v chpasswd >/dev/null 2>&1 || exit 70; chpasswd < {}"
# LXD takes 127 for a command that is not there.
_MISSING = 70
_TIMEOUT_S = 20.0


def change(session: Session, record: Record, password: str) -> None:
    """Set root's password; raise Conflict where the guest does not do it."""
    path = f"/.password-{secrets.token_hex(8)}"
    files.push(session, record, path, f"root:{password}\n".encode(), "0600")
    try:
        code = _run(session, record, ["/bin/sh", "-c", _SCRIPT.format(path)])
    finally:
        with contextlib.suppress(NotFound):
            files.remove(session, record, path)
    if code != 0:
        why = "it has no chpasswd" if code == _MISSING else f"chpasswd ended with {code}"
        raise Conflict(f"The guest did not set the password: {why}.", reason="InstancePasswordSetFailed")


def _run(session: Session, record: Record, command: list[str]) -> int:
    """Run a command in a guest, and return what it ends with."""
    body: dict[str, Any] = {"command": command, "wait-for-websocket": False, "interactive": False}
    operation = session.begin("instances", record["name"], "exec", project=record["project"], body=body)
    try:
        ended = session.wait(operation["id"], "the command in the guest", timeout_s=_TIMEOUT_S)
    except CloudError as error:
        raise Conflict("The guest has no shell that could set its password.") from error
    return int(ended["metadata"]["return"])
