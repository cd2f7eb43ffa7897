"""What the conformance run knows of the embedded cloud beyond what certifying any cloud finds out by itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from jumpgate.certify.features import Settings
from jumpgate.certify.target import Target
from jumpgate.common.config import Config

# The roles of the accounts that static credentials have, by project. Tempest's `primary` account is one of a project
# with as many roles as there are, its `alt` the first in the file that is free: so the two never share a project.
PROJECTS = (*[("member",)] * 4, *[("member", "reader")] * 8)

PATIENCE = {"build_timeout": "60", "build_interval": "1"}
EMBEDDED: Mapping[str, Mapping[str, str]] = {
    "identity-feature-enabled": {"trust": "True", "domain_specific_drivers": "True", "access_rules": "True"},
    "compute": {"hypervisor_type": "fake", **PATIENCE},
    "compute-feature-enabled": {"stable_rescue": "True", "swap_volume": "True"},
    "image": PATIENCE,
    "network": PATIENCE,
    "volume": {
        "backend_names": "files,files2",
        "vendor_name": "Jumpgate",
        "storage_protocol": "file",
        "manage_volume_ref": "source-name,%s",
        "manage_snapshot_ref": "source-name,%s",
        **PATIENCE,
    },
    "volume-feature-enabled": {
        "manage_volume": "True",
        "manage_snapshot": "True",
        "enable_volume_image_dep_tests": "True",
    },
}


def settings(configuration: Path, image_url: str) -> Settings:
    """Return what tempest.conf says of the embedded cloud that is served with this configuration.

    `image_url` is where an image can be imported from.
    """
    found = {section: dict(values) for section, values in EMBEDDED.items()}
    found["image"]["http_qcow2_image"] = image_url
    for section, values in password_rules(configuration).items():
        found[section] = found.get(section, {}) | values
    return found


def write_accounts(target: Target, file: Path) -> Path:
    """Make projects with a network each, and an ordinary user for each role in them; list them in `file`."""
    accounts = []
    for number, roles in enumerate(PROJECTS):
        name = f"tempest-{number}"
        project = _project(target, name)
        accounts += [_account(target, f"{name}-{role}", name, project, role) for role in roles]
    file.write_text(yaml.safe_dump(accounts))
    return file


def _project(target: Target, name: str) -> str:
    network = target.connection.network
    project = target.connection.identity.create_project(name=name, domain_id="default")
    made = network.create_network(name=f"{name}-network", project_id=project.id)
    network.create_subnet(
        network_id=made.id, project_id=project.id, ip_version=4, cidr="10.100.0.0/24", name=f"{name}-subnet"
    )
    return str(project.id)


def _account(target: Target, name: str, project_name: str, project_id: str, role: str) -> dict[str, Any]:
    identity, password = target.connection.identity, secrets.token_urlsafe(12)
    user = identity.create_user(name=name, password=password, domain_id="default")
    identity.assign_project_role_to_user(project_id, user, identity.find_role(role))
    return {
        "username": name,
        "password": password,
        "project_name": project_name,
        "domain_name": "Default",
        "roles": [role],
        "resources": {"network": f"{project_name}-network"},
    }


def password_rules(configuration: Path) -> Settings:
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
