"""What a cloud offers for the part of Nova that its operators use: quotas, zones, hosts, aggregates, usage."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Iterable, Mapping

from jumpgate.common.context import Context
from jumpgate.common.errors import NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes, Resource
from jumpgate.compute.models import ServerUsage
from jumpgate.compute.models.operations import (
    Aggregate,
    AvailabilityZone,
    ComputeService,
    Hypervisor,
    Migration,
    QuotaUse,
)


class Quotas(Resource):
    """What projects may have. Resources are called as in Nova's os-quota-sets."""

    @abstractmethod
    def get(self, ctx: Context, project_id: str) -> Mapping[str, QuotaUse]:
        """Return every resource's limit and use in a project."""

    @abstractmethod
    def defaults(self, ctx: Context) -> Mapping[str, int]:
        """Return the limits of a project that has none of its own."""

    def update(self, ctx: Context, project_id: str, limits: Mapping[str, int]) -> None:
        """Give a project limits of its own."""
        raise NotSupported

    def delete(self, ctx: Context, project_id: str) -> None:
        """Give a project the defaults again."""
        raise NotSupported

    def class_limits(self, ctx: Context, name: str) -> Mapping[str, int]:
        """Return the limits of a class of projects; those of the class "default" are the defaults."""
        raise NotSupported

    def update_class(self, ctx: Context, name: str, limits: Mapping[str, int]) -> None:
        """Change limits of a class."""
        raise NotSupported


class AvailabilityZones(Resource):
    """The zones that servers can be placed in."""

    @abstractmethod
    def find(self, ctx: Context) -> Iterable[AvailabilityZone]:
        """Yield the zones."""


class Usages(Resource):
    """How much servers were used."""

    @abstractmethod
    def find(self, ctx: Context, project_id: str | None, start: dt.datetime, end: dt.datetime) -> Iterable[ServerUsage]:
        """Yield the servers of a project, of all without one, that existed between two times, deleted ones too."""


class Hosts(Resource):
    """The machines behind the cloud."""

    @abstractmethod
    def services(self, ctx: Context) -> Iterable[ComputeService]:
        """Yield the processes of the compute service."""

    @abstractmethod
    def hypervisors(self, ctx: Context) -> Iterable[Hypervisor]:
        """Yield the machines that run servers."""

    def update_service(self, ctx: Context, service_id: str, changes: Changes) -> ComputeService:
        """Change enabled, disabled_reason or forced_down; a service that is not enabled gets no more servers."""
        raise NotSupported

    def delete_service(self, ctx: Context, service_id: str) -> None:
        """Forget a process that is not coming back; raise Conflict while there are servers on its host."""
        raise NotSupported


class Aggregates(Resource):
    """Groups of hosts, known by their numbers. Those with a zone make up the availability zones."""

    @abstractmethod
    def find(self, ctx: Context) -> Iterable[Aggregate]:
        """Yield the aggregates."""

    @abstractmethod
    def get(self, ctx: Context, number: int) -> Aggregate:
        """Return one aggregate, or raise NotFound."""

    def create(self, ctx: Context, name: str, zone: str | None) -> Aggregate:
        """Make an aggregate without hosts; raise Conflict for a name that is taken."""
        raise NotSupported

    def update(self, ctx: Context, number: int, changes: Changes) -> Aggregate:
        """Change name or zone; raise Conflict for a name that is taken, BadRequest for a zone with servers in it."""
        raise NotSupported

    def delete(self, ctx: Context, number: int) -> None:
        """Remove an aggregate; raise BadRequest for one with hosts."""
        raise NotSupported

    def merge_metadata(self, ctx: Context, number: int, items: Mapping[str, str | None]) -> Aggregate:
        """Set some items, the zone is ``availability_zone`` among them, and remove those that are None."""
        raise NotSupported

    def add_host(self, ctx: Context, number: int, host: str) -> Aggregate:
        """Add a host; raise NotFound for one that does not exist, Conflict for one that is there or elsewhere zoned."""
        raise NotSupported

    def remove_host(self, ctx: Context, number: int, host: str) -> Aggregate:
        """Take a host out; raise NotFound for one that is not there, Conflict for one with servers in the zone."""
        raise NotSupported


class Migrations(Resource):
    """The moves of servers between hosts, resizes among them."""

    @abstractmethod
    def find(self, ctx: Context, query: Query) -> Iterable[Migration]:
        """Yield the migrations of all projects' servers."""
