"""The cloud under test: an entry of a clouds.yaml, logged in to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openstack
from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from jumpgate.common.errors import ConfigError

SERVICE_TYPES: Mapping[str, frozenset[str]] = {
    "identity": frozenset({"identity"}),
    "compute": frozenset({"compute"}),
    "image": frozenset({"image"}),
    "network": frozenset({"network"}),
    "volume": frozenset({"block-storage", "volumev3"}),
}
"""Tempest's names of the five services, and the types by which a catalog may call each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What one service says of itself: its API's version, and the newest microversion where it has any."""

    service: str
    url: str
    version: str
    microversion: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A cloud and the user who tests it. `password` is None for one who logged in by other means."""

    name: str
    connection: Any = field(repr=False)
    auth_url: str
    region: str
    username: str
    password: str | None = field(repr=False)
    project_name: str
    domain_name: str
    is_admin: bool
    catalog: frozenset[str]

    def has(self, service: str) -> bool:
        """Tell whether the catalog has one of the five services, by Tempest's name."""
        return bool(SERVICE_TYPES[service] & self.catalog)

    def versions(self) -> Iterable[Version]:
        """Yield what each service of the cloud says of its version."""
        proxies = {"volume": "block_storage"}
        for service in filter(self.has, SERVICE_TYPES):
            data = getattr(self.connection, proxies.get(service, service)).get_endpoint_data()
            yield Version(
                service=service,
                url=data.url,
                version=".".join(map(str, data.api_version or ("unknown",))),
                microversion=".".join(map(str, data.max_microversion)) if data.max_microversion else None,
            )


def connect(name: str, clouds: Path | None = None) -> Target:
    """Log in to a cloud of `clouds`, else of the clouds.yaml that every client finds; raise ConfigError."""
    try:
        files = [str(clouds)] if clouds is not None else None
        region = openstack.config.OpenStackConfig(config_files=files).get_one(cloud=name)
        connection = openstack.connection.Connection(config=region)
        session: Any = connection.session
        access = session.auth.get_access(session)
    except (SDKException, ClientException, OSError) as error:
        raise ConfigError(f"Cannot log in to the cloud {name}: {str(error).splitlines()[0]}") from error
    auth = region.get_auth_args()
    return Target(
        name=name,
        connection=connection,
        auth_url=auth["auth_url"],
        region=region.region_name or "RegionOne",
        username=access.username,
        password=auth.get("password"),
        project_name=access.project_name or "",
        domain_name=access.user_domain_name,
        is_admin="admin" in access.role_names,
        catalog=frozenset(service["type"] for service in access.service_catalog.catalog),
    )
