"""Who may do what with images: Glance's rules and their defaults.

A target is an image: its owner is ``project_id`` and ``owner``, and ``member_id`` is the caller's project where it sees
the image because it is shared with it.
"""

from __future__ import annotations

from jumpgate.common.policy import ADMIN, Rule

_MEMBER = "role:member and project_id:%(project_id)s"
_READER = "role:reader and project_id:%(project_id)s"
_IMAGE_MEMBER = "project_id:%(member_id)s"
_ANYBODYS = "'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s"
_SEEN = f"project_id:%(project_id)s or {_IMAGE_MEMBER} or {_ANYBODYS}"

_ADMIN = "rule:context_is_admin"
_SERVICE = "role:service"
_ADMIN_OR_MEMBER = f"{_ADMIN} or ({_MEMBER})"
_ADMIN_OR_READER = f"{_ADMIN} or ({_READER})"
_ADMIN_OR_DOWNLOADER = f"{_ADMIN} or (role:member and ({_SEEN}))"
_ADMIN_OR_VIEWER = f"{_ADMIN} or (role:reader and ({_SEEN}))"
_ADMIN_OR_SHARER = f"{_ADMIN} or (role:reader and (project_id:%(project_id)s or {_IMAGE_MEMBER}))"

_ADMIN_OR_NAMESPACE_READER = f"{_ADMIN} or (role:reader and (project_id:%(project_id)s or 'public':%(visibility)s))"

_DEFINED = ("namespace", "object", "objects", "property", "properties", "resource_type", "tag", "tags")
_METADEF_CHANGES = (
    *("add_metadef_namespace", "modify_metadef_namespace", "delete_metadef_namespace"),
    *("add_metadef_object", "modify_metadef_object", "delete_metadef_object"),
    *("add_metadef_property", "modify_metadef_property", "remove_metadef_property"),
    *("add_metadef_tag", "add_metadef_tags", "modify_metadef_tag", "delete_metadef_tag", "delete_metadef_tags"),
    *("add_metadef_resource_type_association", "remove_metadef_resource_type_association"),
)

RULES = (
    Rule("context_is_admin", ADMIN, "Who sees and manages everybody's images"),
    Rule("add_image", f"{_ADMIN} or ({_MEMBER} and project_id:%(owner)s)", "Create an image"),
    Rule("delete_image", _ADMIN_OR_MEMBER, "Delete an image"),
    Rule("get_image", _ADMIN_OR_VIEWER, "Show an image"),
    Rule("get_images", _ADMIN_OR_READER, "List images"),
    Rule("modify_image", _ADMIN_OR_MEMBER, "Change an image, its tags and its staged data"),
    Rule("publicize_image", _ADMIN, "Make an image public"),
    Rule("communitize_image", _ADMIN_OR_MEMBER, "Make an image a community image"),
    Rule("download_image", _ADMIN_OR_DOWNLOADER, "Download an image's data"),
    Rule("download_from_store", _ADMIN_OR_DOWNLOADER, "Download an image's data from a store of one's choice"),
    Rule("upload_image", _ADMIN_OR_MEMBER, "Upload an image's data"),
    Rule("delete_image_location", _ADMIN, "Remove an image's data from one of its stores"),
    Rule("deactivate", _ADMIN_OR_MEMBER, "Keep an image's data from being read"),
    Rule("reactivate", _ADMIN_OR_MEMBER, "Let an image's data be read again"),
    Rule("add_member", _ADMIN_OR_MEMBER, "Share an image with a project"),
    Rule("delete_member", _ADMIN_OR_MEMBER, "Share an image with a project no more"),
    Rule("get_member", _ADMIN_OR_SHARER, "Show a member of an image"),
    Rule("get_members", _ADMIN_OR_SHARER, "List the members of an image"),
    Rule("modify_member", f"{_ADMIN} or (role:member and {_IMAGE_MEMBER})", "Accept or reject a shared image"),
    Rule("tasks_api_access", _ADMIN, "List and show the tasks of everybody's images"),
    *(Rule(f"get_metadef_{thing}", _ADMIN_OR_NAMESPACE_READER, f"Show or list {thing}") for thing in _DEFINED),
    Rule("get_metadef_namespaces", _ADMIN_OR_READER, "List namespaces of metadata definitions"),
    Rule("list_metadef_resource_types", _ADMIN_OR_NAMESPACE_READER, "List resource types"),
    *(Rule(name, "rule:metadef_admin", "Change namespaces of metadata definitions") for name in _METADEF_CHANGES),
    Rule("metadef_admin", _ADMIN, "Who changes metadata definitions"),
    Rule("stores_info_detail", f"{_ADMIN} or {_SERVICE}", "Show how the stores are made"),
)
