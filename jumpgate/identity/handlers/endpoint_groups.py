"""``/v3/OS-EP-FILTER``: endpoint groups, and the catalogs that are confined to them or to single endpoints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jumpgate.common.errors import NotFound
from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.listing import EVERYTHING
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import CatalogLinks, EndpointGroups, Identity
from jumpgate.identity.handlers.catalog import ENDPOINTS, all_endpoints
from jumpgate.identity.handlers.collections import KeystoneCollection, KeystoneUniform, envelope, links
from jumpgate.identity.handlers.fields import NAME, TEXT, link, rules
from jumpgate.identity.handlers.resources import rendered
from jumpgate.identity.models import CatalogLink, Endpoint, EndpointGroup, EndpointGroupSpec
from jumpgate.identity.tokens.service import IdentityHandler

Json = dict[str, Any]

_FILTERS = {
    "type": "object",
    "properties": {
        "service_id": {"type": "string"},
        "region_id": {"type": "string"},
        "interface": {"enum": ["admin", "internal", "public"]},
    },
    "additionalProperties": False,
}

UNIFORM = KeystoneUniform(
    KeystoneCollection(
        singular="endpoint_group",
        plural="endpoint_groups",
        contract="endpoint_groups",
        kind=Kind.CATALOG,
        path_field="endpoint_group_id",
        spec=EndpointGroupSpec,
        rules=rules("endpoint_group"),
        envelope=envelope,
        confined_by=None,
        extra=False,
        fields=(
            Field("id", kind=Kind.CATALOG, sort=True),
            Field("name", input=Input(schema=NAME, required=True), filter=str, sort=True),
            Field("description", input=Input(schema=TEXT)),
            Field("filters", input=Input(schema=_FILTERS, required=True)),
            link("v3_os_ep_filter_endpoint_group", "endpoint_group_id"),
        ),
    )
)
_ENDPOINTS = KeystoneUniform(ENDPOINTS)


def _links(call: Call[Identity]) -> CatalogLinks:
    assert call.cloud.catalog_links is not None
    return call.cloud.catalog_links


def _groups(call: Call[Identity]) -> EndpointGroups:
    assert call.cloud.endpoint_groups is not None
    return call.cloud.endpoint_groups


def _demand(call: Call[Identity], link: CatalogLink) -> None:
    """Raise NotFound unless a link is there."""
    same = _links(call).find(
        call.ctx,
        project_id=link.project_id,
        endpoint_id=link.endpoint_id,
        endpoint_group_id=link.endpoint_group_id,
    )
    if not list(same):
        raise NotFound(f"Could not find {link.what} in project {link.project_id}.")


def _inside(group: EndpointGroup, endpoint: Endpoint) -> bool:
    return group.holds(service_id=endpoint.service_id, region_id=endpoint.region_id, interface=endpoint.interface)


def _endpoints(call: Call[Identity], endpoints: Iterable[Endpoint]) -> Json:
    render = _ENDPOINTS.view.bind(call)
    return {"links": links(call), "endpoints": [render(endpoint) for endpoint in endpoints]}


def _projects(call: Call[Identity], found: Iterable[CatalogLink]) -> Json:
    return rendered(call, "project", [call.cloud.projects.get(call.ctx, link.project_id) for link in found])


class GroupEndpointsHandler(IdentityHandler):
    """``/v3/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/endpoints``."""

    @operation("endpoint_groups.get", policy="identity:list_endpoints_associated_with_endpoint_group")
    def on_get(self, call: Call[Identity], endpoint_group_id: str) -> Json:
        """List the endpoints in a group."""
        group = _groups(call).get(call.ctx, endpoint_group_id)
        return _endpoints(call, (one for one in all_endpoints(call).find(call.ctx, EVERYTHING) if _inside(group, one)))

    on_head = on_get


class GroupProjectsHandler(IdentityHandler):
    """``/v3/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects``."""

    @operation("catalog_links.find", policy="identity:list_projects_associated_with_endpoint_group")
    def on_get(self, call: Call[Identity], endpoint_group_id: str) -> Json:
        """List the projects whose catalogs have a group."""
        _groups(call).get(call.ctx, endpoint_group_id)
        return _projects(call, _links(call).find(call.ctx, endpoint_group_id=endpoint_group_id))

    on_head = on_get


class GroupProjectHandler(IdentityHandler):
    """``/v3/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}``."""

    @operation("catalog_links.find", policy="identity:get_endpoint_group_in_project")
    def on_get(self, call: Call[Identity], endpoint_group_id: str, project_id: str) -> Json:
        """Show the group, if a project's catalog has it."""
        link, group = _group_link(call, endpoint_group_id, project_id)
        _demand(call, link)
        return {"endpoint_group": UNIFORM.view.render(group, call)}

    on_head = on_get

    @operation("catalog_links.create", policy="identity:add_endpoint_group_to_project", status=204)
    def on_put(self, call: Call[Identity], endpoint_group_id: str, project_id: str) -> None:
        """Confine a project's catalog to a group, beside what it has already."""
        _links(call).create(call.ctx, _group_link(call, endpoint_group_id, project_id)[0])

    @operation("catalog_links.delete", policy="identity:remove_endpoint_group_from_project", status=204)
    def on_delete(self, call: Call[Identity], endpoint_group_id: str, project_id: str) -> None:
        """Take a group out of a project's catalog."""
        _links(call).delete(call.ctx, _group_link(call, endpoint_group_id, project_id)[0])


def _group_link(call: Call[Identity], group_id: str, project_id: str) -> tuple[CatalogLink, EndpointGroup]:
    """Return a link between a group and a project, which both exist, and the group."""
    group = _groups(call).get(call.ctx, group_id)
    call.cloud.projects.get(call.ctx, project_id)
    return CatalogLink(project_id=project_id, endpoint_group_id=group_id), group


class ProjectGroupsHandler(IdentityHandler):
    """``/v3/OS-EP-FILTER/projects/{project_id}/endpoint_groups``."""

    @operation("catalog_links.find", policy="identity:list_endpoint_groups_for_project")
    def on_get(self, call: Call[Identity], project_id: str) -> Json:
        """List the groups that a project's catalog has."""
        call.cloud.projects.get(call.ctx, project_id)
        render = UNIFORM.view.bind(call)
        return {"links": links(call), "endpoint_groups": [render(group) for group in _groups_of(call, project_id)]}

    on_head = on_get


def _groups_of(call: Call[Identity], project_id: str) -> list[EndpointGroup]:
    found = _links(call).find(call.ctx, project_id=project_id)
    return [_groups(call).get(call.ctx, one.endpoint_group_id) for one in found if one.endpoint_group_id is not None]


class EndpointProjectsHandler(IdentityHandler):
    """``/v3/OS-EP-FILTER/endpoints/{endpoint_id}/projects``."""

    @operation("catalog_links.find", policy="identity:list_projects_for_endpoint")
    def on_get(self, call: Call[Identity], endpoint_id: str) -> Json:
        """List the projects whose catalogs have an endpoint."""
        all_endpoints(call).get(call.ctx, endpoint_id)
        return _projects(call, _links(call).find(call.ctx, endpoint_id=endpoint_id))

    on_head = on_get


class ProjectEndpointsHandler(IdentityHandler):
    """``/v3/OS-EP-FILTER/projects/{project_id}/endpoints``."""

    @operation("catalog_links.find", policy="identity:list_endpoints_for_project")
    def on_get(self, call: Call[Identity], project_id: str) -> Json:
        """List the endpoints that a project's catalog is confined to, by themselves or in groups."""
        call.cloud.projects.get(call.ctx, project_id)
        groups = _groups_of(call, project_id)
        chosen = {link.endpoint_id for link in _links(call).find(call.ctx, project_id=project_id)}
        everything = all_endpoints(call).find(call.ctx, EVERYTHING)
        return _endpoints(
            call, (one for one in everything if one.id in chosen or any(_inside(group, one) for group in groups))
        )

    on_head = on_get


class ProjectEndpointHandler(IdentityHandler):
    """``/v3/OS-EP-FILTER/projects/{project_id}/endpoints/{endpoint_id}``."""

    @operation("catalog_links.find", policy="identity:check_endpoint_in_project", status=204)
    def on_get(self, call: Call[Identity], project_id: str, endpoint_id: str) -> None:
        """Check that a project's catalog has an endpoint."""
        _demand(call, _endpoint_link(call, project_id, endpoint_id))

    on_head = on_get

    @operation("catalog_links.create", policy="identity:add_endpoint_to_project", status=204)
    def on_put(self, call: Call[Identity], project_id: str, endpoint_id: str) -> None:
        """Confine a project's catalog to an endpoint, beside what it has already."""
        _links(call).create(call.ctx, _endpoint_link(call, project_id, endpoint_id))

    @operation("catalog_links.delete", policy="identity:remove_endpoint_from_project", status=204)
    def on_delete(self, call: Call[Identity], project_id: str, endpoint_id: str) -> None:
        """Take an endpoint out of a project's catalog."""
        _links(call).delete(call.ctx, _endpoint_link(call, project_id, endpoint_id))


def _endpoint_link(call: Call[Identity], project_id: str, endpoint_id: str) -> CatalogLink:
    """Return a link between an endpoint and a project, which both exist."""
    all_endpoints(call).get(call.ctx, endpoint_id)
    call.cloud.projects.get(call.ctx, project_id)
    return CatalogLink(project_id=project_id, endpoint_id=endpoint_id)
