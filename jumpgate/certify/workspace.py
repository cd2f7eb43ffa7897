"""A Tempest workspace: a folder with the tempest.conf of one cloud, and what the tests refer to by id."""

from __future__ import annotations

import configparser
import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openstack.exceptions import SDKException

from jumpgate.certify import features
from jumpgate.certify.features import PROJECTS, Settings
from jumpgate.certify.target import SERVICE_TYPES, Target
from jumpgate.common.errors import ConfigError

IMAGE_BYTES = 64 * 1024
IMAGES = 2
PATIENCE_S = 300
"""How long a test waits for a server or a volume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Where Tempest runs, and the settings it was given."""

    folder: Path
    settings: Settings


@contextlib.contextmanager
def workspace(
    folder: Path, target: Target, *, accounts: Path | None = None, overrides: Settings | None = None
) -> Iterator[Workspace]:
    """Write ``etc/tempest.conf`` below `folder`; remove what was made in the cloud for the tests when they are over.

    The tests make users of their own as the administrator, or take those of `accounts`, a file in Tempest's format.
    `overrides` are settings that are known better than the cloud tells.
    """
    with _images(target) as images:
        settings = _settings(folder, target, images, accounts)
        for section, values in (overrides or {}).items():
            settings[section] = settings.get(section, {}) | values
        _write(folder / "etc" / "tempest.conf", settings)
        yield Workspace(folder=folder, settings=settings)


def _settings(folder: Path, target: Target, images: list[str], accounts: Path | None) -> Settings:
    scoped = [PROJECTS[name] for name in SERVICE_TYPES]
    timeouts = {"build_timeout": str(PATIENCE_S), "build_interval": "1"}
    volume_type = "block-storage" if "block-storage" in target.catalog else "volumev3"
    multiattach = features.multiattach_type(target)
    return {
        "DEFAULT": {"log_dir": str(folder / "logs"), "log_file": "tempest.log"},
        "oslo_concurrency": {"lock_path": str(folder / "lock")},
        "auth": _auth(target, accounts),
        "identity": {"uri_v3": target.auth_url, "auth_version": "v3", "region": target.region},
        "enforce_scope": dict.fromkeys(scoped, "True"),
        "compute": {"max_microversion": "latest", "min_compute_nodes": "1"} | timeouts | _compute(target, images),
        "image": dict(timeouts),
        "network": {"project_networks_reachable": "False"} | timeouts | _public(target),
        "volume": {"catalog_type": volume_type, "max_microversion": "latest"}
        | timeouts
        | ({"volume_type_multiattach": multiattach} if multiattach else {}),
        "validation": {"run_validation": "False"},
        **features.discover(target),
    }


def _auth(target: Target, accounts: Path | None) -> dict[str, str]:
    if accounts is not None:
        return {"use_dynamic_credentials": "False", "test_accounts_file": str(accounts.absolute())}
    if not target.is_admin or target.password is None:
        raise ConfigError(
            f"{target.username} of the cloud {target.name} cannot make users for the tests: name an administrator's "
            "entry that has a password, or give --accounts FILE (Tempest's accounts.yaml)."
        )
    return {
        "use_dynamic_credentials": "True",
        "create_isolated_networks": str(target.has("network")),
        "tempest_roles": "member",
        "admin_username": target.username,
        "admin_password": target.password,
        "admin_project_name": target.project_name,
        "admin_domain_name": target.domain_name,
    }


def _compute(target: Target, images: list[str]) -> dict[str, str]:
    if not target.has("compute"):
        return {}
    flavors = sorted(target.connection.compute.flavors(), key=lambda flavor: (flavor.ram, flavor.disk, flavor.vcpus))
    if len(flavors) < 2:
        raise ConfigError(f"The cloud {target.name} has {len(flavors)} flavors; the tests need two.")
    chosen = {"flavor_ref": flavors[0].id, "flavor_ref_alt": flavors[1].id}
    return chosen | ({"image_ref": images[0], "image_ref_alt": images[1]} if images else {})


def _public(target: Target) -> dict[str, str]:
    network = features.public_network(target) if target.has("network") else None
    return {"public_network_id": network.id, "floating_network_name": network.name} if network else {}


@contextlib.contextmanager
def _images(target: Target) -> Iterator[list[str]]:
    """Give two images that servers may be made of: the smallest that everybody sees, else small ones made for this."""
    if not target.has("image"):
        yield []
        return
    service: Any = target.connection.image
    seen = [image for image in service.images(visibility="public", status="active") if _usable(image)]
    found = [str(image.id) for image in sorted(seen, key=lambda image: image.size)[:IMAGES]]
    made = [_image(target, number) for number in range(len(found), IMAGES)]
    try:
        yield [*found, *made]
    finally:
        for image_id in made:
            service.delete_image(image_id, ignore_missing=True)


def _usable(image: Any) -> bool:
    return image.disk_format in ("raw", "qcow2", "vhd") and image.container_format == "bare" and not image.kernel_id


def _image(target: Target, number: int) -> str:
    options = {"disk_format": "raw", "container_format": "bare"}
    options["visibility"] = "public" if target.is_admin else "private"
    try:
        image = target.connection.image.create_image(
            name=f"certify-{number}", data=secrets.token_bytes(IMAGE_BYTES), **options
        )
    except SDKException as error:
        raise ConfigError(f"The cloud {target.name} has no image for the tests, and takes none: {error}") from error
    return str(image.id)


def _write(file: Path, settings: Settings) -> None:
    parser = configparser.RawConfigParser()
    for section, values in settings.items():
        if section != "DEFAULT":
            parser.add_section(section)
        for name, value in values.items():
            parser.set(section, name, value)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as stream:
        parser.write(stream)
