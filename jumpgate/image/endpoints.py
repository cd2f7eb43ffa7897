"""The endpoints of the image service: Glance's v2, and the v1 of the clients that came before it."""

from __future__ import annotations

from jumpgate.common.endpoints import Endpoint, under

ROOTS_V2 = ("/v2",)
ROOTS_V1 = ("/v1",)

# Glance answers / with 300 and /versions, with the same document, with 200.
_VERSIONS = (
    *under(("", "/versions"), ("versions", "")),
    *under(("",), ("v1_index", "/v1"), ("v2_index", "/v2")),
)

_V2 = (
    *under(
        ROOTS_V2,
        ("v2_images", "/images"),
        # Glance's v2 never had a detail: its list is one. Jumpgate published it.
        ("v2_images_detail", "/images/detail"),
        ("v2_image", "/images/{image_id}"),
        ("v2_image_file", "/images/{image_id}/file"),
        ("v2_image_stage", "/images/{image_id}/stage"),
        ("v2_image_import", "/images/{image_id}/import"),
        ("v2_image_deactivate", "/images/{image_id}/actions/deactivate"),
        ("v2_image_reactivate", "/images/{image_id}/actions/reactivate"),
        ("v2_image_locations", "/images/{image_id}/locations"),
        ("v2_image_members", "/images/{image_id}/members"),
        ("v2_image_member", "/images/{image_id}/members/{member_id}"),
        ("v2_image_tag", "/images/{image_id}/tags/{tag}"),
        ("v2_image_tasks", "/images/{image_id}/tasks"),
    ),
    *under(
        ROOTS_V2,
        ("v2_tasks", "/tasks"),
        ("v2_task", "/tasks/{task_id}"),
    ),
    *under(
        ROOTS_V2,
        ("v2_info_import", "/info/import"),
        ("v2_info_stores", "/info/stores"),
        ("v2_info_stores_detail", "/info/stores/detail"),
        ("v2_info_usage", "/info/usage"),
        ("v2_store_image", "/stores/{store_id}/{image_id}"),
    ),
    *under(
        ROOTS_V2,
        ("v2_cache", "/cache"),
        ("v2_cache_clean", "/cache/clean"),
        ("v2_cache_prune", "/cache/prune"),
        ("v2_cache_image_nodes", "/cache/nodes/{image_id}"),
        ("v2_cache_image", "/cache/{image_id}"),
    ),
    *under(
        ROOTS_V2,
        ("v2_metadefs_resource_types", "/metadefs/resource_types"),
        ("v2_metadefs_namespaces", "/metadefs/namespaces"),
        ("v2_metadefs_namespace", "/metadefs/namespaces/{namespace}"),
        ("v2_metadefs_namespace_resource_types", "/metadefs/namespaces/{namespace}/resource_types"),
        ("v2_metadefs_namespace_resource_type", "/metadefs/namespaces/{namespace}/resource_types/{resource_type}"),
        ("v2_metadefs_namespace_objects", "/metadefs/namespaces/{namespace}/objects"),
        ("v2_metadefs_namespace_object", "/metadefs/namespaces/{namespace}/objects/{object_name}"),
        ("v2_metadefs_namespace_properties", "/metadefs/namespaces/{namespace}/properties"),
        ("v2_metadefs_namespace_property", "/metadefs/namespaces/{namespace}/properties/{property_name}"),
        ("v2_metadefs_namespace_tags", "/metadefs/namespaces/{namespace}/tags"),
        ("v2_metadefs_namespace_tag", "/metadefs/namespaces/{namespace}/tags/{tag}"),
    ),
    *under(
        ROOTS_V2,
        ("v2_schema_images", "/schemas/images"),
        ("v2_schema_image", "/schemas/image"),
        ("v2_schema_members", "/schemas/members"),
        ("v2_schema_member", "/schemas/member"),
        ("v2_schema_tasks", "/schemas/tasks"),
        ("v2_schema_task", "/schemas/task"),
        ("v2_schema_metadefs_namespaces", "/schemas/metadefs/namespaces"),
        ("v2_schema_metadefs_namespace", "/schemas/metadefs/namespace"),
        ("v2_schema_metadefs_resource_types", "/schemas/metadefs/resource_types"),
        ("v2_schema_metadefs_resource_type", "/schemas/metadefs/resource_type"),
        ("v2_schema_metadefs_objects", "/schemas/metadefs/objects"),
        ("v2_schema_metadefs_object", "/schemas/metadefs/object"),
        ("v2_schema_metadefs_properties", "/schemas/metadefs/properties"),
        ("v2_schema_metadefs_property", "/schemas/metadefs/property"),
        ("v2_schema_metadefs_tags", "/schemas/metadefs/tags"),
        ("v2_schema_metadefs_tag", "/schemas/metadefs/tag"),
    ),
)

_V1 = under(
    ROOTS_V1,
    ("v1_images", "/images"),
    ("v1_images_detail", "/images/detail"),
    ("v1_image", "/images/{image_id}"),
    ("v1_image_members", "/images/{image_id}/members"),
    ("v1_image_member", "/images/{image_id}/members/{owner}"),
    ("v1_shared_image_owner", "/shared-images/{owner}"),
)

ENDPOINTS: tuple[Endpoint, ...] = (*_VERSIONS, *_V2, *_V1)

# Names that Jumpgate has published and that still work.
ALIASES: dict[str, str] = {
    "index": "versions",
    "v1_version": "v1_index",
    "v2_version": "v2_index",
    "v1_image_owner": "v1_image_member",
    "v2_tenant_images": "v2_images",
    "v2_tenant_images_detail": "v2_images_detail",
    "v2_tenant_image": "v2_image",
}
