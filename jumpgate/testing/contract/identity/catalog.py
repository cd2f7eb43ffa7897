"""What the catalog that an operator adds to owes."""

from __future__ import annotations

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound
from jumpgate.identity.models import CatalogLink
from jumpgate.testing.contract.identity.things import (
    ENDPOINT,
    ENDPOINT_GROUP,
    POLICY,
    PROJECT,
    REGION,
    SERVICE,
)
from jumpgate.testing.contract.suite import Contract, Made, Revisions, needs
from jumpgate.testing.contract.traits import Changeable, Uniform


class TestRegions(Changeable, Uniform):
    """Regions."""

    resource = "regions"
    thing = REGION

    @needs("create")
    def test_a_taken_id_is_a_conflict(self, made: Made, admin: Context) -> None:
        region = made.make(REGION)
        with pytest.raises(Conflict):
            self.contract.create(admin, REGION.spec(made, admin, region.id))

    @needs("delete", "get")
    def test_those_below_a_region_go_with_it(self, made: Made, admin: Context) -> None:
        parent = made.make(REGION)
        child = made.make(REGION, parent_region_id=parent.id)
        self.contract.delete(admin, parent.id)
        with pytest.raises(NotFound):
            self.contract.get(admin, child.id)


class TestServices(Changeable, Uniform):
    """Services."""

    resource = "services"
    thing = SERVICE

    @needs("delete")
    def test_its_endpoints_go_with_a_service(self, made: Made, admin: Context) -> None:
        endpoint = made.make(ENDPOINT)
        self.contract.delete(admin, endpoint.service_id)
        with pytest.raises(NotFound):
            self.watched.endpoints.get(admin, endpoint.id)


class TestEndpoints(Changeable, Uniform):
    """Endpoints."""

    resource = "endpoints"
    thing = ENDPOINT


class TestEndpointGroups(Changeable, Uniform):
    """Endpoint groups."""

    resource = "endpoint_groups"
    thing = ENDPOINT_GROUP


class TestPolicies(Changeable, Uniform):
    """Documents."""

    resource = "policies"
    thing = POLICY


class TestCatalogLinks(Contract):
    """Which endpoints projects' catalogs are confined to."""

    resource = "catalog_links"

    @needs("create", "find", "delete")
    def test_a_catalog_is_confined_until_it_is_not(self, made: Made, admin: Context) -> None:
        links, endpoint, group = made.bench.catalog_links, made.make(ENDPOINT), made.make(ENDPOINT_GROUP)
        project = made.make(PROJECT)
        for link in (
            CatalogLink(project_id=project.id, endpoint_id=endpoint.id),
            CatalogLink(project_id=project.id, endpoint_group_id=group.id),
        ):
            links.create(admin, link)
            assert list(links.find(admin, project_id=project.id)) == [link]
            with pytest.raises(Conflict):
                links.create(admin, link)
            links.delete(admin, link)
            assert list(links.find(admin, project_id=project.id)) == []
            with pytest.raises(NotFound):
                links.delete(admin, link)

    @needs("create", "find")
    def test_links_end_with_their_endpoint_group(self, made: Made, admin: Context) -> None:
        links, group, project = made.bench.catalog_links, made.make(ENDPOINT_GROUP), made.make(PROJECT)
        links.create(admin, CatalogLink(project_id=project.id, endpoint_group_id=group.id))
        assert len(list(links.find(admin, endpoint_group_id=group.id))) == 1
        made.remove(ENDPOINT_GROUP, admin, group.id)
        assert list(links.find(admin, project_id=project.id)) == []


class TestRevisions(Revisions):
    """Revisions of everything in identity."""
