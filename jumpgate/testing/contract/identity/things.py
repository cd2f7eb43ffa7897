"""The things of identity, which are the whole cloud's."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, ClassVar

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.ids import Kind
from jumpgate.identity.models import (
    ConsumerSpec,
    CredentialSpec,
    DomainSpec,
    EndpointGroupSpec,
    EndpointSpec,
    GroupSpec,
    PolicyDocumentSpec,
    ProjectSpec,
    RegionSpec,
    RoleSpec,
    ServiceEntrySpec,
    UserSpec,
)
from jumpgate.testing.contract.model import Thing
from jumpgate.testing.contract.suite import Made

PASSWORD = "contract-Secret-77"


class _Whole(Thing):
    """What an administrator makes for the whole cloud. Lists are ordered by id."""

    caller = "admin"
    filters: ClassVar[tuple[str, ...]] = ("name",)
    sorts = ("id",)
    directions = (False,)


class UserThing(_Whole):
    """A user with a password, in the default domain."""

    resource = "users"
    kind = Kind.USER
    filters = ("name", "domain_id", "enabled")
    free = ("password",)
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed-user", "enabled": False}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> UserSpec:
        return UserSpec(**{"name": name, "domain_id": "default", "password": PASSWORD, **more})


class ProjectThing(_Whole):
    """A project in the default domain."""

    resource = "projects"
    kind = Kind.PROJECT
    filters = ("name", "domain_id", "enabled", "parent_id", "is_domain")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed-project", "description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> ProjectSpec:
        return ProjectSpec(**{"name": name, "domain_id": "default", "parent_id": "default", **more})


class DomainThing(_Whole):
    """An empty domain, disabled before it goes as Keystone wants it."""

    resource = "domains"
    kind = Kind.DOMAIN
    filters = ("name", "enabled")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed-domain", "description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> DomainSpec:
        return DomainSpec(**{"name": name, "enabled": False, **more})

    def delete(self, contract: Any, ctx: Context, key: Any) -> None:
        with contextlib.suppress(NotFound):
            contract.update(ctx, key, {"enabled": False})
        contract.delete(ctx, key)


class GroupThing(_Whole):
    """A group without members."""

    resource = "groups"
    kind = Kind.GROUP
    filters = ("name", "domain_id")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed-group", "description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> GroupSpec:
        return GroupSpec(**{"name": name, "domain_id": "default", **more})


class RoleThing(_Whole):
    """A role of the whole cloud."""

    resource = "roles"
    kind = Kind.ROLE
    filters = ("name", "domain_id")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed-role"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> RoleSpec:
        return RoleSpec(name=name, **more)


class CredentialThing(_Whole):
    """A secret of a user of its own."""

    resource = "credentials"
    kind = Kind.CREDENTIAL
    filters = ("user_id", "type")
    changes: ClassVar[Mapping[str, Any]] = {"blob": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> CredentialSpec:
        user_id = more.pop("user_id", None) or made.make(USER).id
        return CredentialSpec(**{"type": "cert", "user_id": user_id, "blob": name, **more})


class RegionThing(_Whole):
    """A region whose id is its maker's choice."""

    resource = "regions"
    filters = ("parent_region_id",)
    changes: ClassVar[Mapping[str, Any]] = {"description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> RegionSpec:
        return RegionSpec(**{"id": name, **more})


class ServiceThing(_Whole):
    """A service of the catalog."""

    resource = "services"
    filters = ("name", "type")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> ServiceEntrySpec:
        return ServiceEntrySpec(**{"type": "contract", "name": name, **more})


class EndpointThing(_Whole):
    """An address of a service of its own."""

    resource = "endpoints"
    filters = ("interface", "region_id", "service_id")
    changes: ClassVar[Mapping[str, Any]] = {"url": "http://contract.example/changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> EndpointSpec:
        service_id = more.pop("service_id", None) or made.make(SERVICE).id
        url = f"http://contract.example/{name}"
        return EndpointSpec(**{"service_id": service_id, "interface": "public", "url": url, **more})


class EndpointGroupThing(_Whole):
    """The public endpoints."""

    resource = "endpoint_groups"
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> EndpointGroupSpec:
        return EndpointGroupSpec(**{"name": name, "filters": {"interface": "public"}, **more})


class PolicyThing(_Whole):
    """A document."""

    resource = "policies"
    filters = ("type",)
    changes: ClassVar[Mapping[str, Any]] = {"blob": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> PolicyDocumentSpec:
        return PolicyDocumentSpec(**{"type": "application/json", "blob": name, **more})


class ConsumerThing(_Whole):
    """A program."""

    resource = "consumers"
    filters = ()
    changes: ClassVar[Mapping[str, Any]] = {"description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> ConsumerSpec:
        return ConsumerSpec(description=name, **more)


USER, PROJECT, DOMAIN, GROUP, ROLE = UserThing(), ProjectThing(), DomainThing(), GroupThing(), RoleThing()
CREDENTIAL, REGION, SERVICE, ENDPOINT = CredentialThing(), RegionThing(), ServiceThing(), EndpointThing()
ENDPOINT_GROUP, POLICY, CONSUMER = EndpointGroupThing(), PolicyThing(), ConsumerThing()
