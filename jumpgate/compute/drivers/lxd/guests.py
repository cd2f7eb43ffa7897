"""What a new guest is told: by cloud-init's NoCloud keys, and by files where no cloud-init reads them.

The files are those of Nova's config drive and metadata service, in ``/openstack/latest``. A server with a config drive
has them below ``/config-drive``, too. Everything is read off the instance and its ports, so a server that is made anew
is told the same as a new one.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from typing import Any

import orjson

from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.compute.drivers.lxd import notes, records
from jumpgate.compute.drivers.lxd.files import push
from jumpgate.compute.drivers.lxd.network_data import Described
from jumpgate.compute.models import Keypair

KEYS_FILE = "/root/.ssh/authorized_keys"
LATEST = "/openstack/latest"
CONFIG_DRIVE = "/config-drive"
_SECRET = (KEYS_FILE, f"{LATEST}/user_data")
_SEED_BYTES = 512
Files = Mapping[str, bytes]


def key_note(keypair: Keypair | None) -> dict[str, str] | None:
    """Return a keypair as its server keeps it: the guest is told it again when it is made anew."""
    if keypair is None:
        return None
    return {"name": keypair.name, "type": keypair.type, "data": keypair.public_key.strip()}


def cloud_init(key: Mapping[str, str] | None, user_data: str | None) -> dict[str, str]:
    """Return the keys from which cloud-init's NoCloud source in LXD's images learns; an empty text removes one."""
    # YAML, of which JSON is a part.
    metadata = orjson.dumps({"public-keys": [key["data"]]}).decode() if key is not None else ""
    return {"user.user-data": _text(user_data) if user_data else "", "user.meta-data": metadata}


def _text(user_data: str) -> str:
    """Return user data as text; what is none stays in base64, which cloud-init reads as well."""
    try:
        return base64.b64decode(user_data).decode()
    except (binascii.Error, UnicodeDecodeError):
        return user_data


def files(record: Record, project_id: str, network: Described) -> Files:
    """Return what is written into a server's guest before it starts, by path."""
    config = record["config"]
    key: Mapping[str, str] | None = notes.value(config, "public_key", None)
    user_data = notes.text(config, "user_data")
    written = {
        f"{LATEST}/meta_data.json": orjson.dumps(_metadata(record, project_id, key)),
        f"{LATEST}/network_data.json": orjson.dumps(network.document),
        f"{LATEST}/vendor_data.json": b"{}",
    }
    if key is not None:
        written[KEYS_FILE] = f"{key['data']}\n".encode()
    if user_data:
        written[f"{LATEST}/user_data"] = base64.b64decode(user_data)
    return written


def _metadata(record: Record, project_id: str, key: Mapping[str, str] | None) -> Mapping[str, Any]:
    """Return meta_data.json. Source: Nova's ``api/metadata/base.py``."""
    server = records.server(record, project_id)
    meta = {"meta": dict(server.metadata)} if server.metadata else {}
    keys = {} if key is None else {"public_keys": {key["name"]: key["data"]}, "keys": [dict(key)]}
    return {
        "uuid": server.id,
        **meta,
        **keys,
        "hostname": server.hostname,
        "name": server.name,
        "launch_index": server.launch_index,
        "availability_zone": server.availability_zone,
        "random_seed": base64.b64encode(os.urandom(_SEED_BYTES)).decode(),
        "project_id": project_id,
        "devices": [],
        "dedicated_cpus": [],
    }


def write(session: Session, record: Record, contents: Files) -> None:
    """Write files into an instance that does not run yet, and its config drive where it has one."""
    made: set[str] = {"/", "/root", "/etc"}
    for path, content in contents.items():
        for folder in _folders(path):
            if folder not in made:
                mode = "0700" if path == KEYS_FILE else "0755"
                push(session, record, folder, b"", mode, "directory")
                made.add(folder)
        mode = "0600" if path in _SECRET else "0644"
        push(session, record, path, content, mode)
    if notes.text(record["config"], "config_drive"):
        push(session, record, CONFIG_DRIVE, b"", "0755", "directory")
        push(session, record, f"{CONFIG_DRIVE}/openstack", b"../openstack", kind="symlink")


def _folders(path: str) -> list[str]:
    parts = path.strip("/").split("/")[:-1]
    return ["/" + "/".join(parts[: index + 1]) for index in range(len(parts))]
