"""A Tempest workspace for a running Jumpgate: users, images, a network each, and the tempest.conf that says so."""

from __future__ import annotations

import configparser
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack
import yaml

from jumpgate.common.config import Config

IMAGE_BYTES = 64 * 1024
PROJECTS = 12
ROLES = ("member", "reader")


@dataclass(frozen=True, slots=True)
class Target:
    """The cloud under test: its clouds.yaml and what the tests need to know of it."""

    clouds: Path
    admin: openstack.connection.Connection
    auth_url: str
    admin_password: str
    region: str
    configuration: Path

    @property
    def identity(self) -> Any:
        """The SDK's identity proxy, which its types hold for either of two versions."""
        return self.admin.identity


def connect(clouds: Path, configuration: Path) -> Target:
    """Log in as the administrator of a clouds.yaml; `configuration` is the server's."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(clouds)
    admin = openstack.connect(cloud="jumpgate-admin")
    entry: dict[str, Any] = yaml.safe_load(clouds.read_text())["clouds"]["jumpgate-admin"]
    auth = entry["auth"]
    return Target(
        clouds, admin, auth["auth_url"], auth["password"], entry.get("region_name", "RegionOne"), configuration
    )


def make(folder: Path, target: Target, *, image_url: str, dynamic: bool) -> None:
    """Write ``etc/tempest.conf`` below `folder`; without `dynamic`, ordinary users are made beforehand.

    `image_url` is where an image can be imported from.
    """
    conf = settings(folder, target, _resources(target))
    conf["image"]["http_qcow2_image"] = image_url
    for section, values in password_rules(target.configuration).items():
        conf[section] |= values
    if not dynamic:
        accounts = folder / "etc" / "accounts.yaml"
        accounts.write_text(yaml.safe_dump(_accounts(target)))
        conf["auth"] |= {"use_dynamic_credentials": "False", "test_accounts_file": str(accounts)}
    _write(folder / "etc" / "tempest.conf", conf)


def _resources(target: Target) -> dict[str, str]:
    """Make what the tests refer to by id, and return the ids."""
    images = [_image(target, f"cirros-{number}") for number in (1, 2)]
    public = target.admin.network.find_network("public")
    return {
        "image_ref": images[0],
        "image_ref_alt": images[1],
        "public_network_id": public.id if public else "",
        "api_extensions": ",".join(sorted(item.alias for item in target.admin.network.extensions())),
    }


def _image(target: Target, name: str) -> str:
    found = target.admin.image.find_image(name)
    if found is None:
        found = target.admin.image.create_image(
            name=name,
            data=secrets.token_bytes(IMAGE_BYTES),
            disk_format="raw",
            container_format="bare",
            visibility="public",
        )
    return str(found.id)


def _accounts(target: Target) -> list[dict[str, Any]]:
    """Make projects with a network each, and an ordinary user for each role in them."""
    accounts = []
    for number in range(PROJECTS):
        name = f"tempest-{number}"
        project = _project(target, name)
        accounts += [_account(target, f"{name}-{role}", name, project, role) for role in ROLES]
    return accounts


def _project(target: Target, name: str) -> str:
    project: Any = target.identity.create_project(name=name, domain_id="default")
    network = target.admin.network.create_network(name=f"{name}-network", project_id=project.id)
    target.admin.network.create_subnet(
        network_id=network.id, project_id=project.id, ip_version=4, cidr="10.100.0.0/24", name=f"{name}-subnet"
    )
    return str(project.id)


def _account(target: Target, name: str, project_name: str, project_id: str, role: str) -> dict[str, Any]:
    password = secrets.token_urlsafe(12)
    user = target.identity.create_user(name=name, password=password, domain_id="default")
    target.identity.assign_project_role_to_user(project_id, user, target.identity.find_role(role))
    return {
        "username": name,
        "password": password,
        "project_name": project_name,
        "domain_name": "Default",
        "roles": [role],
        "resources": {"network": f"{project_name}-network"},
    }


def settings(folder: Path, target: Target, ids: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return tempest.conf as sections. The feature switches say what the embedded cloud does."""
    return {
        "DEFAULT": {"log_dir": str(folder / "logs"), "log_file": "tempest.log"},
        "oslo_concurrency": {"lock_path": str(folder / "lock")},
        "auth": {
            "use_dynamic_credentials": "True",
            "create_isolated_networks": "True",
            "tempest_roles": "member",
            "admin_username": "admin",
            "admin_password": target.admin_password,
            "admin_project_name": "admin",
            "admin_domain_name": "Default",
        },
        "identity": {"uri_v3": target.auth_url, "auth_version": "v3", "region": target.region},
        "identity-feature-enabled": {"api_v2": "False", "api_v3": "True"} | _switches("IDENTITY"),
        "enforce_scope": dict.fromkeys(("nova", "neutron", "glance", "cinder", "keystone"), "True"),
        "service_available": dict.fromkeys(("cinder", "neutron", "glance", "nova"), "True") | {"swift": "False"},
        "compute": {
            "image_ref": ids["image_ref"],
            "image_ref_alt": ids["image_ref_alt"],
            "flavor_ref": "42",
            "flavor_ref_alt": "84",
            "min_compute_nodes": "1",
            "max_microversion": "latest",
            "build_timeout": "60",
            "build_interval": "1",
            "hypervisor_type": "fake",
        },
        "compute-feature-enabled": _switches("COMPUTE"),
        "image": {"build_timeout": "60", "build_interval": "1"},
        "image-feature-enabled": {"api_v2": "True", "image_format_enforcement": "False"} | _switches("IMAGE"),
        "network": {
            "public_network_id": ids["public_network_id"],
            "floating_network_name": "public",
            "project_networks_reachable": "False",
            "build_timeout": "60",
            "build_interval": "1",
        },
        "network-feature-enabled": {"api_extensions": ids["api_extensions"]} | _switches("NETWORK"),
        "volume": {
            "catalog_type": "block-storage",
            "max_microversion": "latest",
            "build_timeout": "60",
            "build_interval": "1",
            "volume_type_multiattach": "multiattach",
            "backend_names": "files,files2",
            "vendor_name": "Jumpgate",
            "storage_protocol": "file",
            "manage_volume_ref": "source-name,%s",
            "manage_snapshot_ref": "source-name,%s",
        },
        "volume-feature-enabled": _switches("VOLUME"),
        "validation": {"run_validation": "False"},
    }


def password_rules(configuration: Path) -> dict[str, dict[str, str]]:
    """Return what tempest.conf says of the rules for passwords that the server is configured with."""
    config = Config.from_file(configuration)
    names = {
        "user_lockout_failure_attempts": "lockout_failure_attempts",
        "user_lockout_duration": "lockout_duration",
        "user_unique_last_password_count": "unique_last_password_count",
        "user_minimum_password_age": "minimum_password_age",
    }
    rules = {name: config.value("identity", option) for name, option in names.items()}
    return {
        "identity": {name: str(value) for name, value in rules.items() if value is not None},
        "identity-feature-enabled": {"security_compliance": str(bool(rules["user_lockout_failure_attempts"]))},
    }


FEATURES: Mapping[str, Mapping[str, bool]] = {
    "IDENTITY": {"trust": True, "domain_specific_drivers": True, "access_rules": True},
    "COMPUTE": {
        "resize": True,
        "change_password": True,
        "console_output": True,
        "pause": True,
        "shelve": True,
        "suspend": True,
        "cold_migration": False,
        "live_migration": False,
        "rescue": True,
        "stable_rescue": True,
        "snapshot": True,
        "interface_attach": True,
        "swap_volume": True,
        "volume_multiattach": True,
        "attach_encrypted_volume": False,
        "config_drive": True,
        "metadata_service": False,
        "vnc_console": False,
        "spice_console": False,
        "serial_console": False,
        "personality": False,
        "disk_config": True,
    },
    "IMAGE": {"import_image": True, "os_glance_reserved": True},
    "NETWORK": {
        "ipv6": True,
        "ipv6_subnet_attributes": True,
        "port_security": True,
        "port_admin_state_change": True,
        "floating_ips": True,
    },
    "VOLUME": {
        "multi_backend": True,
        "backup": True,
        "snapshot": True,
        "clone": True,
        "manage_volume": True,
        "manage_snapshot": True,
        "extend_attached_volume": True,
        "enable_volume_image_dep_tests": True,
    },
}


def _switches(service: str) -> dict[str, str]:
    return {name: str(value) for name, value in FEATURES[service].items()}


def _write(file: Path, conf: Mapping[str, Mapping[str, str]]) -> None:
    parser = configparser.RawConfigParser()
    for section, values in conf.items():
        if section != "DEFAULT":
            parser.add_section(section)
        for name, value in values.items():
            parser.set(section, name, value)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as stream:
        parser.write(stream)
