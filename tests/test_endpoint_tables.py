"""The endpoint tables: names that stay, and a path for all that OpenStack and the developer guide publish."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from falcon.routing import CompiledRouter

from jumpgate.block_storage import endpoints as block_storage
from jumpgate.common.endpoints import Endpoint, fields
from jumpgate.compute import endpoints as compute
from jumpgate.identity import endpoints as identity
from jumpgate.image import endpoints as image
from jumpgate.network import endpoints as network


class Table(NamedTuple):
    endpoints: tuple[Endpoint, ...]
    aliases: Mapping[str, str]


TABLES = {
    "identity": Table(identity.ENDPOINTS, identity.ALIASES),
    "compute": Table(compute.ENDPOINTS, compute.ALIASES),
    "image": Table(image.ENDPOINTS, image.ALIASES),
    "block_storage": Table(block_storage.ENDPOINTS, block_storage.ALIASES),
    "network": Table(network.ENDPOINTS, network.ALIASES),
}

each_service = pytest.mark.parametrize("service", TABLES)

# Every name that Jumpgate's first releases published.
PUBLISHED = {
    "identity": """
        versions v2_auth_index v2_extensions v2_extension_alias v2_tokens v2_token v2_token_endpoints v2_token_tenants
        v2_tenants v2_tenant v2_tenant_user_roles v2_users v2_user v2_user_roles
        v3_auth_index v3_auth_tokens v3_tokens v3_services v3_services_with_id v3_endpoints v3_endpoints_with_id
        v3_domains v3_domains_with_id v3_domain_user_roles v3_domain_user_role v3_domain_group_roles
        v3_domain_group_role v3_projects v3_projects_with_id v3_project_users v3_project_user_roles
        v3_project_user_role v3_project_group_roles v3_project_role v3_users v3_user v3_user_groups v3_user_projects
        v3_user_roles v3_groups v3_group v3_group_users v3_group_user v3_credentails v3_credentail v3_roles v3_role
        v3_role_users v3_policies v3_policy
    """,
    "compute": """
        index v2_index v3_index v2_extensions v2_extension v2_limits v2_servers v2_servers_detail v2_server
        v2_server_action v2_server_metadata v2_server_metadata_key v2_server_ips v2_server_ips_network
        v2_os_instance_actions v2_os_instance_action v2_images v2_images_detail v2_image v2_flavors v2_flavors_detail
        v2_flavor v2_tenant_flavors v2_tenant_flavors_detail v2_tenant_flavor v2_availability_zone
        v2_availability_zone_detail v2_os_extra_specs_flavor v2_os_extra_specs_flavor_key v2_os_floating_ips
        v2_os_floating_ips_id v2_os_floating_ip_dns v2_os_floating_ip_dns_domain v2_os_floating_ip_dns_domain_entry
        v2_os_floating_ip_pools v2_os_aggregates v2_os_aggregate v2_os_aggregate_action v2_os_hypervisors
        v2_os_hypervisors_detail v2_os_hypervisors_statistics v2_os_keypairs v2_os_keypair v2_os_services
        v2_os_services_enable v2_os_services_disable v2_os_tenant_networks v2_os_tenant_network v2_os_networks
        v2_os_network v2_os_quota_sets v2_os_quota_sets_default v2_os_quota_sets_target
        v2_os_quota_sets_target_defaults v2_os_quota_sets_user v2_os_tenant_quota_sets v1_os_quota_sets_target
        v1_os_quota_sets_target_defaults v2_os_security_groups v2_os_server_security_groups v2_tenants_usage
        v2_tenant_usage v2_os_volume_attachments v2_os_volume_attachments_detail
    """,
    "image": """
        index versions v1_version v1_images v1_images_detail v1_image v1_image_members v1_image_owner
        v1_shared_image_owner v2_version v2_schema_images v2_schema_image v2_schema_members v2_schema_member v2_images
        v2_images_detail v2_image v2_image_file v2_image_tag v2_tenant_images v2_tenant_images_detail v2_tenant_image
    """,
    "block_storage": """
        index v1_snapshots_detail v1_volume_types v1_volumes v1_volumes_detail v1_volume v2_index v2_detail v2_volumes
        v2_volumes_detail v2_os_volumes v2_volume v2_volume_types v2_volume_type v2_snapshots v2_snapshot
    """,
    "network": "index v2_detail v2_networks v2_network v2_subnets v2_subnet v2_extensions",
}

# Service, verb and path of the guide's compatibility tables; then the endpoint that serves the row.
GUIDE = [
    ("identity", "POST", "v2.0/tokens", "v2_tokens"),
    ("identity", "GET", "v2.0/tokens/{tokenId}", "v2_token"),
    ("identity", "DELETE", "v2.0/tokens/{tokenId}", "v2_token"),
    ("identity", "GET", "v2.0/tokens/tenants", "v2_token_tenants"),
    ("identity", "GET", "v2.0/tenants", "v2_tenants"),
    ("identity", "GET", "v3", "v3_auth_index"),
    ("identity", "POST", "v3/auth/tokens", "v3_auth_tokens"),
    ("identity", "GET", "v3/tokens/{token_id}", "v3_token"),
    ("identity", "POST", "v3/tokens/{token_id}", "v3_token"),
    ("identity", "DELETE", "v3/tokens/{token_id}", "v3_token"),
    ("compute", "GET", "/", "versions"),
    ("compute", "GET", "v2", "v2_index"),
    ("compute", "GET", "v2/{tenant_id}/extensions", "v2_extensions"),
    ("compute", "GET", "v2/{tenant_id}/extensions/{alias}", "v2_extension"),
    ("compute", "GET", "v2/{tenant_id}/limits", "v2_limits"),
    ("compute", "GET", "v2/{tenant_id}/servers", "v2_servers"),
    ("compute", "POST", "v2/{tenant_id}/servers", "v2_servers"),
    ("compute", "GET", "v2/{tenant_id}/servers/detail", "v2_servers_detail"),
    ("compute", "GET", "v2/{tenant_id}/servers/{server_id}", "v2_server"),
    ("compute", "PUT", "v2/{tenant_id}/servers/{server_id}", "v2_server"),
    ("compute", "DELETE", "v2/{tenant_id}/servers/{server_id}", "v2_server"),
    ("compute", "GET", "v2/{tenant_id}/servers/{server_id}/ips", "v2_server_ips"),
    ("compute", "GET", "v2/{tenant_id}/servers/{server_id}/ips/{network_label}", "v2_server_ips_network"),
    ("compute", "POST", "v2/{tenant_id}/servers/{server_id}/action", "v2_server_action"),
    ("compute", "GET", "v2/{tenant_id}/servers/{server_id}/os-instance-actions", "v2_os_instance_actions"),
    (
        "compute",
        "GET",
        "v2/{tenant_id}/servers/{server_id}/os-instance-actions/{action_id}",
        "v2_os_instance_action",
    ),
    ("compute", "GET", "v2/{tenant_id}/images", "v2_images"),
    ("compute", "POST", "v2/{tenant_id}/images", "v2_images"),
    ("compute", "GET", "v2/{tenant_id}/images/detail", "v2_images_detail"),
    ("compute", "HEAD", "v2/{tenant_id}/images/{image_id}", "v2_image"),
    ("compute", "GET", "v2/{tenant_id}/images/{image_id}", "v2_image"),
    ("compute", "DELETE", "v2/{tenant_id}/images/{image_id}", "v2_image"),
    ("compute", "GET", "v2/{tenant_id}/flavors", "v2_flavors"),
    ("compute", "GET", "v2/{tenant_id}/flavors/detail", "v2_flavors_detail"),
    ("compute", "GET", "v2/{tenant_id}/flavors/{flavor_id}", "v2_flavor"),
    ("compute", "GET", "v2/{tenant_id}/flavors/{flavor_id}/os-extra_specs", "v2_os_extra_specs_flavor"),
    (
        "compute",
        "GET",
        "v2/{tenant_id}/flavors/{flavor_id}/os-extra_specs/{key_id}",
        "v2_os_extra_specs_flavor_key",
    ),
    ("compute", "GET", "v2/{tenant_id}/os-availability-zone", "v2_availability_zone"),
    ("compute", "GET", "v2/{tenant_id}/os-availability-zone/detail", "v2_availability_zone_detail"),
    ("compute", "GET", "v2/{tenant_id}/os-floating-ips-dns", "v2_os_floating_ip_dns"),
    (
        "compute",
        "GET",
        "v2/{tenant_id}/os-floating-ips-dns/{domain}/entries/{entry}",
        "v2_os_floating_ip_dns_domain_entry",
    ),
    (
        "compute",
        "PUT",
        "v2/{tenant_id}/os-floating-ips-dns/{domain}/entries/{entry}",
        "v2_os_floating_ip_dns_domain_entry",
    ),
    (
        "compute",
        "DELETE",
        "v2/{tenant_id}/os-floating-ips-dns/{domain}/entries/{entry}",
        "v2_os_floating_ip_dns_domain_entry",
    ),
    ("compute", "GET", "v2/{tenant_id}/os-keypairs", "v2_os_keypairs"),
    ("compute", "POST", "v2/{tenant_id}/os-keypairs", "v2_os_keypairs"),
    ("compute", "GET", "v2/{tenant_id}/os-keypairs/{keypair_name}", "v2_os_keypair"),
    ("compute", "POST", "v2/{tenant_id}/os-keypairs/{keypair_name}", "v2_os_keypair"),
    ("compute", "GET", "v2/{tenant_id}/os-tenant-networks", "v2_os_tenant_networks"),
    ("compute", "GET", "v2/{tenant_id}/os-tenant-networks/{network_id}", "v2_os_tenant_network"),
    ("compute", "GET", "v2/{tenant_id}/os-networks", "v2_os_networks"),
    ("compute", "GET", "v2/{tenant_id}/os-networks/{network_id}", "v2_os_network"),
    ("compute", "GET", "v2/{tenant_id}/os-simple-tenant-usage/{target_id}", "v2_tenant_usage"),
    (
        "compute",
        "GET",
        "v2/{tenant_id}/servers/{instance_id}/os-volume_attachments/{volume_id}",
        "v2_os_volume_attachment",
    ),
    (
        "compute",
        "DELETE",
        "v2/{tenant_id}/servers/{instance_id}/os-volume_attachments/{volume_id}",
        "v2_os_volume_attachment",
    ),
    ("image", "GET", "v2/schemas/images", "v2_schema_images"),
    ("image", "GET", "v2/schemas/image", "v2_schema_image"),
    ("image", "GET", "v2/images", "v2_images"),
    ("image", "GET", "v2/images/{image_id}", "v2_image"),
    ("image", "DELETE", "v2/images/{image_id}", "v2_image"),
    ("block_storage", "GET", "v1/{tenant_id}/types", "v1_volume_types"),
    ("block_storage", "GET", "v1/{tenant_id}/volumes", "v1_volumes"),
    ("block_storage", "POST", "v1/{tenant_id}/volumes", "v1_volumes"),
    ("block_storage", "GET", "v1/{tenant_id}/volumes/{volume_id}", "v1_volume"),
    ("block_storage", "DELETE", "v1/{tenant_id}/volumes/{volume_id}", "v1_volume"),
    ("block_storage", "GET", "v1/{tenant_id}/volumes/detail", "v1_volumes_detail"),
    ("network", "GET", "v1/{tenant_id}/networks", "v2_networks"),
    ("network", "GET", "v1/{tenant_id}/networks/{network_id}", "v2_network"),
    ("network", "GET", "v1/{tenant_id}/subnets", "v2_subnets"),
    ("network", "GET", "v1/{tenant_id}/subnets/{subnet_id}", "v2_subnet"),
    ("network", "GET", "v1/{tenant_id}/extensions", "v2_extensions"),
]

# Paths at which clients call a resource that the published descriptions or the guide have elsewhere, or not at all.
CLIENTS = [
    ("identity", "/v3/users/{user_id}/credentials/OS-EC2", "v3_user_ec2_credentials"),
    ("identity", "/v2.0/OS-KSADM/roles", "v2_os_ksadm_roles"),
    ("compute", "/v2.1/{tenant_id}/servers/detail", "v2_servers_detail"),
    ("compute", "/v2/flavors/{flavor_id}", "v2_flavor"),
    ("compute", "/v2.1/os-floating-ip-dns/{domain}", "v2_os_floating_ip_dns_domain"),
    ("compute", "/v2.1/servers/{server_id}/shares/{share_id}", "v2_server_share"),
    ("compute", "/v2.1/os-services/force-down", "v2_os_services_force_down"),
    ("compute", "/v2/{tenant_id}/os-quota-sets/user={user_id}", "v2_os_quota_sets_user"),
    ("compute", "/v1/{tenant_id}/os-quota-sets/{target_id}", "v1_os_quota_sets_target"),
    ("image", "/", "versions"),
    ("image", "/versions", "versions"),
    ("image", "/v2/images/{image_id}/locations", "v2_image_locations"),
    ("image", "/v2/cache/clean", "v2_cache_clean"),
    ("block_storage", "/v3/extensions/{alias}", "v3_extension"),
    ("block_storage", "/v3/types/default", "v3_volume_type"),
    ("network", "/v2.0/trunks/{trunk_id}/add_subports", "v2_trunk_add_subports"),
    ("network", "/v2.0/quotas/tenant", "v2_quotas_tenant"),
    ("network", "/v2.0/local_ips", "v2_local_ips"),
    ("network", "/v2.0/ndp_proxies/{ndp_proxy_id}", "v2_ndp_proxy"),
    ("network", "/v2.0/network_segment_ranges", "v2_network_segment_ranges"),
    ("network", "/v2.0/floatingip_pools", "v2_floatingip_pools"),
    ("network", "/v2.0/qos/policies/{policy_id}/tags", "v2_qos_policy_tags"),
    (
        "network",
        "/v2.0/qos/policies/{policy_id}/minimum_packet_rate_rules",
        "v2_qos_policy_minimum_packet_rate_rules",
    ),
    ("network", "/v2.0/qos/alias_dscp_marking_rules/{rule_id}", "v2_qos_alias_dscp_marking_rule"),
]

# File, service, and what the file leaves out at the front of its paths.
SPECS = [
    ("identity-v3.14.yaml", "identity", ""),
    ("compute-v2.96.yaml", "compute", ""),
    ("image-v2.16.yaml", "image", ""),
    ("block-storage-v2.yaml", "block_storage", "/v2"),
    ("block-storage-v3.70.yaml", "block_storage", ""),
    ("network-v2.yaml", "network", ""),
]


class Named:
    """A resource that knows which endpoint it was added for."""

    def __init__(self, name: str) -> None:
        self.name = name


@cache
def router(service: str) -> CompiledRouter:
    built = CompiledRouter()
    for endpoint in TABLES[service].endpoints:
        for template in endpoint.templates:
            built.add_route(template, Named(endpoint.name))
    return built


def resolve(service: str, path: str) -> tuple[str, str] | None:
    """Return the name and the template of the endpoint that answers `path`, each field of which becomes "abc"."""
    found = router(service).find("/" + re.sub(r"{[^}]*}", "abc", path).strip("/"))
    if found is None:
        return None
    resource, _, _, template = found
    assert isinstance(resource, Named)
    assert template is not None
    return resource.name, template


def shape(path: str) -> str:
    """Return a path with its fields' names taken out."""
    return "/" + re.sub(r"{[^}]*}", "{}", path).strip("/")


def spec_paths(file: str) -> list[str]:
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("JUMPGATE_SHARED", root.parent / "shared")) / "specs"
    if not (folder / file).is_file():
        pytest.skip(f"the published specs are not here: {folder / file}")
    return re.findall(r"^  (/[^:]*):$", (folder / file).read_text(), re.MULTILINE)


@each_service
def test_names_are_unique(service: str) -> None:
    counts = Counter(endpoint.name for endpoint in TABLES[service].endpoints)
    assert [name for name, count in counts.items() if count > 1] == []


@each_service
def test_names_tell_the_version_and_the_resource(service: str) -> None:
    regular = re.compile(r"versions|v\d+(_[a-z0-9]+)+")
    assert [e.name for e in TABLES[service].endpoints if not regular.fullmatch(e.name)] == []


@each_service
def test_no_two_endpoints_have_one_template(service: str) -> None:
    counts = Counter(shape(template) for e in TABLES[service].endpoints for template in e.templates)
    assert [template for template, count in counts.items() if count > 1] == []


@each_service
def test_the_router_takes_every_template(service: str) -> None:
    for endpoint in TABLES[service].endpoints:
        for template in endpoint.templates:
            assert resolve(service, template) == (endpoint.name, template)


@each_service
def test_the_templates_of_an_endpoint_have_the_same_fields_but_for_the_project(service: str) -> None:
    for endpoint in TABLES[service].endpoints:
        distinct = {tuple(f for f in fields(t) if f != "tenant_id") for t in endpoint.templates}
        assert len(distinct) == 1, endpoint.name


@each_service
def test_fields_name_their_resource(service: str) -> None:
    bare = {e.name for e in TABLES[service].endpoints for t in e.templates if "id" in fields(t)}
    assert bare == set()


@each_service
def test_an_alias_is_another_name_of_an_endpoint(service: str) -> None:
    table = TABLES[service]
    names = {endpoint.name for endpoint in table.endpoints}
    assert set(table.aliases.values()) <= names
    assert names.isdisjoint(table.aliases)


@each_service
def test_published_names_hold(service: str) -> None:
    table = TABLES[service]
    held = {endpoint.name for endpoint in table.endpoints} | set(table.aliases)
    assert [name for name in PUBLISHED[service].split() if name not in held] == []


@pytest.mark.parametrize(("service", "verb", "path", "name"), GUIDE)
def test_a_row_of_the_guide_has_its_endpoint(service: str, verb: str, path: str, name: str) -> None:
    found = resolve(service, path)
    assert found is not None
    assert found[0] == name
    assert shape(found[1]) == shape(path)


@pytest.mark.parametrize(("service", "path", "name"), CLIENTS)
def test_a_path_that_clients_use_has_its_endpoint(service: str, path: str, name: str) -> None:
    found = resolve(service, path)
    assert found is not None
    assert found[0] == name


@pytest.mark.parametrize(("file", "service", "prefix"), SPECS)
def test_every_published_path_has_an_endpoint(file: str, service: str, prefix: str) -> None:
    unserved = []
    for path in spec_paths(file):
        found = resolve(service, prefix + path)
        if found is None or shape(found[1]) != shape(prefix + path):
            unserved.append((path, found))
    assert unserved == []
