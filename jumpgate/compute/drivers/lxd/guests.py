"""What a new guest is told: by cloud-init's NoCloud keys, and by files where no cloud-init reads them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson

from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.compute.models import ServerSpec

KEYS_FILE = "/root/.ssh/authorized_keys"
METADATA_FILE = "/openstack/latest/meta_data.json"
USER_DATA_FILE = "/openstack/latest/user_data"


def cloud_init(spec: ServerSpec) -> dict[str, str]:
    """Return the keys from which cloud-init's NoCloud source in LXD's images learns of user data and SSH keys."""
    config: dict[str, str] = {}
    if spec.user_data:
        config["user.user-data"] = _text(spec.user_data)
    if spec.keypair is not None:
        # YAML, of which JSON is a part.
        config["user.meta-data"] = orjson.dumps({"public-keys": [spec.keypair.public_key]}).decode()
    return config


def _text(user_data: str) -> str:
    """Return user data as text; what is none stays in base64, which cloud-init reads as well."""
    try:
        return base64.b64decode(user_data).decode()
    except (binascii.Error, UnicodeDecodeError):
        return user_data


def files(spec: ServerSpec, server_id: str, name: str, hostname: str, project_id: str) -> dict[str, str]:
    """Return what is written into a guest before it starts, by path, in base64."""
    metadata: dict[str, Any] = {
        "uuid": server_id,
        "name": name,
        "hostname": hostname,
        "project_id": project_id,
        "launch_index": 0,
        "availability_zone": spec.availability_zone or "nova",
        "meta": dict(spec.metadata),
    }
    written = dict(spec.files)
    if spec.keypair is not None:
        key = spec.keypair.public_key.strip()
        metadata["public_keys"] = {spec.keypair.name: key}
        metadata["keys"] = [{"name": spec.keypair.name, "type": spec.keypair.type, "data": key}]
        written[KEYS_FILE] = f"{key}\n".encode()
    if spec.user_data:
        written[USER_DATA_FILE] = base64.b64decode(spec.user_data)
    written[METADATA_FILE] = orjson.dumps(metadata)
    return {path: base64.b64encode(content).decode() for path, content in written.items()}


def write(session: Session, record: Record, contents: Mapping[str, str]) -> None:
    """Write files, given in base64, into an instance that does not run yet."""
    made: set[str] = {"/", "/root", "/etc"}
    for path, content in contents.items():
        for folder in _folders(path):
            if folder not in made:
                _push(session, record, folder, b"", {"X-LXD-type": "directory", "X-LXD-mode": "0700"})
                made.add(folder)
        mode = "0600" if path in (KEYS_FILE, USER_DATA_FILE) else "0644"
        _push(session, record, path, base64.b64decode(content), {"X-LXD-type": "file", "X-LXD-mode": mode})


def _folders(path: str) -> list[str]:
    parts = path.strip("/").split("/")[:-1]
    return ["/" + "/".join(parts[: index + 1]) for index in range(len(parts))]


def _push(session: Session, record: Record, path: str, content: bytes, headers: Mapping[str, str]) -> None:
    owner = {"X-LXD-uid": "0", "X-LXD-gid": "0", "Content-Type": "application/octet-stream"}
    session.send(
        "instances",
        record["name"],
        "files",
        project=record["project"],
        data=content,
        headers={**owner, **headers},
        path=path,
    )
