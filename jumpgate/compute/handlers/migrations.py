"""``/os-migrations`` and ``/servers/{server_id}/migrations``: the moves of servers, for operators.

Source: the API reference, "Server migrations (servers, migrations)" and "Migrations (os-migrations)".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.fields import Field, View
from jumpgate.common.format import iso_microseconds
from jumpgate.common.ids import Kind
from jumpgate.common.listing import Filter, MarkerNotFound, Query, Sort, page
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.contract.operators import Migrations
from jumpgate.compute.handlers.lookup import get_server, target
from jumpgate.compute.models.operations import Migration
from jumpgate.compute.schemas import operators as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY, parse_time
from jumpgate.compute.views.links import Links

_RULE = "os_compute_api:os-migrations:"
_SERVER_RULE = "os_compute_api:servers:migrations:"
_MOST = 1000
_RUNNING = ("queued", "preparing", "running", "post-migrating")
_LIVE = "live-migration"


def _contract(call: Call[Compute]) -> Migrations:
    migrations = call.cloud.migrations
    assert migrations is not None
    return migrations


_TIMES = (
    Field("created_at", lambda item, _: iso_microseconds(item.created_at)),
    Field("updated_at", lambda item, _: iso_microseconds(item.updated_at)),
)
_OWNERS = (
    Field("uuid", "id", since="2.59"),
    Field("user_id", kind=Kind.USER, since="2.80"),
    Field("project_id", kind=Kind.PROJECT, since="2.80"),
)
_HOSTS = (
    Field("source_compute", "source"),
    Field("source_node", "source"),
    Field("dest_compute", "destination"),
    Field("dest_node", "destination"),
    Field("dest_host", "destination_ip"),
)
_VIEW: View[Migration] = View(
    Field("id", "number"),
    Field("instance_uuid", "server_id", kind=Kind.SERVER),
    Field("status"),
    Field("migration_type", "type", since="2.23"),
    Field("old_instance_type_id", "old_flavor_number"),
    Field("new_instance_type_id", "new_flavor_number"),
    *_HOSTS,
    *_TIMES,
    *_OWNERS,
)


def _part(name: str, index: int) -> Callable[[Migration, Any], int | None]:
    def value(item: Migration, _: Any) -> int | None:
        amounts: tuple[int, ...] | None = getattr(item, name)
        return None if amounts is None else amounts[index]

    return value


_PROGRESS = tuple(
    Field(f"{what}_{part}_bytes", _part(what, index))
    for what in ("memory", "disk")
    for index, part in enumerate(("total", "processed", "remaining"))
)
_OF_SERVER: View[Migration] = View(
    Field("id", "number"),
    Field("server_uuid", "server_id", kind=Kind.SERVER),
    Field("status"),
    *_PROGRESS,
    *_HOSTS,
    *_TIMES,
    *_OWNERS,
)
_HOST_KEYS = ("source_compute", "source_node", "dest_compute", "dest_node", "dest_host")
_ATTRIBUTES = {
    "instance_uuid": "server_id",
    "source_compute": "source",
    "status": "status",
    "migration_type": "type",
    "user_id": "user_id",
    "project_id": "project_id",
}


def _filters(call: Call[Compute]) -> tuple[Filter, ...]:
    """Return what a list is narrowed by; times are heeded since 2.59 and 2.66, owners since 2.80."""
    filters = [
        Filter(attribute, tuple(call.parameters[name]))
        for name, attribute in _ATTRIBUTES.items()
        if name in call.parameters and (call.at_least("2.80") or name not in ("user_id", "project_id"))
    ]
    since = _time(call, "changes-since", "2.59")
    before = _time(call, "changes-before", "2.66")
    if since is not None and before is not None and before < since:
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    if since is not None:
        filters.append(Filter("updated_at", (since,), "gte"))
    if before is not None:
        filters.append(Filter("updated_at", (before,), "lte"))
    return tuple(filters)


def _time(call: Call[Compute], name: str, since: str) -> dt.datetime | None:
    text = call.parameter(name)
    return parse_time(text) if text is not None and call.at_least(since) else None


def _at_host(migrations: Sequence[Migration], host: str | None) -> list[Migration]:
    """Return the migrations that begin or end at a host."""
    return [item for item in migrations if host is None or host in (item.source, item.destination)]


def _found(call: Call[Compute]) -> tuple[list[Migration], int | None]:
    """Return the migrations that a request asks for, the latest first and a page of them since 2.59."""
    limit = min(int(call.parameter("limit") or _MOST), _MOST) if call.at_least("2.59") else None
    marker = call.parameter("marker") or None if limit is not None else None
    direction = limit is not None
    host = call.parameter("host")
    query = Query(
        filters=_filters(call),
        sort=(Sort("created_at", descending=direction), Sort("number", descending=direction)),
        limit=limit if host is None else None,
        marker=marker,
        all_projects=True,
    )
    try:
        found = page(_contract(call).find(call.ctx, query), query)
    except MarkerNotFound:
        raise BadRequest(f"Marker {marker} could not be found.", reason="MarkerNotFound") from None
    return _at_host(found, host)[:limit], limit


def _require(call: Call[Compute]) -> None:
    call.require(_RULE + "index")
    project_id = call.parameter("project_id")
    if project_id is None or project_id != call.ctx.project_id:
        call.require(_RULE + "index:all_projects")


class MigrationsHandler(Handler[Compute]):
    """``/os-migrations``."""

    @operation("migrations.find", query=schemas.LIST_MIGRATIONS)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        _require(call)
        found, limit = _found(call)
        shown = list(map(_hiding_hosts(call, _VIEW.bind(call), _RULE + "index:host"), found))
        if call.at_least("2.23"):
            _link(call, found, shown)
        links = Links(call).next("os-migrations", call.parameters, [item.id for item in found], limit)
        return {"migrations": shown, "migrations_links": links} if links else {"migrations": shown}


Render = Callable[[Migration], dict[str, Any]]


def _hiding_hosts(call: Call[Compute], render: Render, rule: str, owner: Any = None) -> Render:
    """Return a renderer that leaves the hosts empty for those whom they do not concern."""
    if call.may(rule, owner):
        return render
    return lambda item: {**render(item), **dict.fromkeys(_HOST_KEYS)}


def _link(call: Call[Compute], found: Sequence[Migration], shown: Sequence[dict[str, Any]]) -> None:
    """Give the live migrations that are under way their links."""
    links = Links(call)
    for item, rendered in zip(found, shown, strict=True):
        if item.type == _LIVE and item.status in _RUNNING:
            rendered["links"] = links.of(f"servers/{rendered['instance_uuid']}/migrations", str(item.number))


def _running(call: Call[Compute], server_id: str) -> list[Migration]:
    query = Query(
        filters=(Filter("server_id", (server_id,)), Filter("type", (_LIVE,)), Filter("status", _RUNNING)),
        sort=(Sort("number"),),
        all_projects=True,
    )
    return page(_contract(call).find(call.ctx, query), query)


class ServerMigrationsHandler(Handler[Compute]):
    """A server's live migrations that are under way."""

    @operation("migrations.find", since="2.23", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, _SERVER_RULE + "index")
        render = _hiding_hosts(call, _OF_SERVER.bind(call), _SERVER_RULE + "index:host", target(server))
        return {"migrations": list(map(render, _running(call, server.id)))}


class ServerMigrationHandler(Handler[Compute]):
    """One of them."""

    @operation("migrations.find", since="2.23", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str, migration_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, _SERVER_RULE + "show")
        for item in _running(call, server.id):
            if str(item.number) == migration_id:
                return {"migration": _OF_SERVER.render(item, call)}
        raise NotFound(
            f"Migration {migration_id} not found for instance {server_id}", reason="MigrationNotFoundForInstance"
        )
