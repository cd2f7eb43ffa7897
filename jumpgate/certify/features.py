"""What a cloud offers, asked of the cloud itself: its catalog, extensions, hosts, types and import methods.

What no API tells is taken to be there. A test of something that is not then meets 501, which is no failure: the cloud
said so. Only what needs more than an API is left out: a guest to log in to, a second host, a web server with an image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from jumpgate.certify.target import SERVICE_TYPES, Target

Settings = dict[str, dict[str, str]]
"""A tempest.conf: section -> option -> value."""

PROJECTS = {"identity": "keystone", "compute": "nova", "image": "glance", "network": "neutron", "volume": "cinder"}

_TAKEN_FOR_GRANTED = (
    "resize change_password console_output pause shelve suspend rescue snapshot interface_attach config_drive "
    "disk_config"
)


def discover(target: Target) -> Settings:
    """Return the switches of tempest.conf that follow from what the cloud says."""
    switches: dict[str, Mapping[str, object]] = {
        "service_available": {PROJECTS[name]: target.has(name) for name in SERVICE_TYPES if name != "identity"}
        | {"swift": False, "horizon": False},
        "identity-feature-enabled": {"api_v2": False, "api_v3": True},
        "compute-feature-enabled": _compute(target) if target.has("compute") else {},
        "image-feature-enabled": _image(target) if target.has("image") else {},
        "network-feature-enabled": _network(target) if target.has("network") else {},
        "volume-feature-enabled": _volume(target) if target.has("volume") else {},
    }
    return {section: {name: str(value) for name, value in found.items()} for section, found in switches.items()}


def _compute(target: Target) -> Mapping[str, object]:
    hosts = _known(lambda: [row for row in target.connection.compute.services() if row.binary == "nova-compute"], ())
    several = len([host for host in hosts if host.state == "up"]) > 1
    return {
        **dict.fromkeys(_TAKEN_FOR_GRANTED.split(), True),
        "cold_migration": several,
        "live_migration": several,
        "volume_multiattach": multiattach_type(target) is not None,
        "attach_encrypted_volume": False,
        "metadata_service": False,
        "personality": False,
    }


def _image(target: Target) -> Mapping[str, object]:
    methods = _known(lambda: target.connection.image.get_import_info().import_methods["value"], [])
    return {
        "api_v2": True,
        "import_image": "glance-direct" in methods,
        "os_glance_reserved": bool(methods),
        "image_format_enforcement": _known(lambda: _looks_into_images(target), True),
    }


def _looks_into_images(target: Target) -> bool:
    """Tell whether the image service refuses data that is not of the format that an image is said to have."""
    service = target.connection.image
    image = service.create_image(name="certify-format", disk_format="qcow2", container_format="bare")
    try:
        headers = {"Content-Type": "application/octet-stream"}
        answer = service.put(f"/images/{image.id}/file", data=b"no qcow2 image", headers=headers)
        return bool(answer.status_code >= 400)
    finally:
        service.delete_image(image.id, ignore_missing=True)


def _network(target: Target) -> Mapping[str, object]:
    extensions = _aliases(target.connection.network)
    return {
        "api_extensions": ",".join(extensions),
        "ipv6": True,
        "ipv6_subnet_attributes": True,
        "port_security": "port-security" in extensions,
        "port_admin_state_change": True,
        "floating_ips": "router" in extensions and public_network(target) is not None,
    }


def _aliases(service: Any) -> list[str]:
    """Return which extensions a service lists; without a list in its configuration Tempest takes all to be there."""
    return sorted(item.alias for item in service.extensions())


def _volume(target: Target) -> Mapping[str, object]:
    services = _known(lambda: list(target.connection.block_storage.services()), [])
    pools = _known(lambda: list(target.connection.block_storage.backend_pools()), [])
    backup = any(row.binary == "cinder-backup" and row.state == "up" for row in services)
    return {
        "api_extensions": ",".join(_known(lambda: _aliases(target.connection.block_storage), ["all"])),
        "backup": backup or (not services and _known(lambda: [*target.connection.block_storage.backups()], None) == []),
        "multi_backend": len({pool.name.partition("#")[0] for pool in pools}) > 1,
        "snapshot": True,
        "clone": True,
        "manage_volume": False,
        "manage_snapshot": False,
        "extend_attached_volume": True,
        "enable_volume_image_dep_tests": False,
    }


def public_network(target: Target) -> Any:
    """Return a network from which floating addresses come, None where there is none."""
    return next(iter(target.connection.network.networks(**{"router:external": True})), None)


def multiattach_type(target: Target) -> str | None:
    """Return the name of a volume type whose volumes several servers may have."""
    if not target.has("volume"):
        return None
    types = _known(lambda: list(target.connection.block_storage.types()), [])
    found = (item.name for item in types if (item.extra_specs or {}).get("multiattach") == "<is> True")
    return next(found, None)


def _known(ask: Callable[[], Any], otherwise: Any) -> Any:
    """Return an answer of the cloud, or `otherwise` where it has none for this user."""
    try:
        return ask()
    except (SDKException, ClientException):
        return otherwise
