"""Serving Glance's API from a composition of contract classes."""

from __future__ import annotations

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.typed import Application, Handler, TypedService, attach
from jumpgate.image.contract import Imaging
from jumpgate.image.handlers import actions, data, images, info, members, metadef_contents, metadefs, tasks
from jumpgate.image.handlers.documents import DOCUMENTS, METADEF_DOCUMENTS
from jumpgate.image.handlers.versions import VersionsHandler
from jumpgate.image.policies import RULES

Handlers = tuple[tuple[str, type[Handler[Imaging]]], ...]

HANDLERS: Handlers = (
    ("versions", VersionsHandler),
    ("v2_index", VersionsHandler),
    ("v2_images", images.ImagesHandler),
    # A list that an old client asks for in detail; Glance's always is.
    ("v2_images_detail", images.ImagesHandler),
    ("v2_image", images.ImageHandler),
    ("v2_image_file", data.FileHandler),
    ("v2_image_stage", data.StageHandler),
    ("v2_image_import", data.ImportHandler),
    ("v2_image_deactivate", actions.DeactivateHandler),
    ("v2_image_reactivate", actions.ReactivateHandler),
    ("v2_image_tag", actions.TagHandler),
    ("v2_info_import", info.ImportInfoHandler),
    ("v2_info_stores", info.StoresHandler),
    ("v2_info_stores_detail", info.StoresDetailHandler),
    ("v2_info_usage", info.UsageHandler),
    ("v2_store_image", info.StoreImageHandler),
    ("v2_image_tasks", tasks.ImageTasksHandler),
    *DOCUMENTS,
)

MEMBERS: Handlers = (
    ("v2_image_members", members.MembersHandler),
    ("v2_image_member", members.MemberHandler),
)

TASKS: Handlers = (
    ("v2_tasks", tasks.TasksHandler),
    ("v2_task", tasks.TaskHandler),
)

METADEFS: Handlers = (
    ("v2_metadefs_resource_types", metadefs.ResourceTypesHandler),
    ("v2_metadefs_namespaces", metadefs.NamespacesHandler),
    ("v2_metadefs_namespace", metadefs.NamespaceHandler),
    ("v2_metadefs_namespace_resource_types", metadef_contents.AssociationsHandler),
    ("v2_metadefs_namespace_resource_type", metadef_contents.AssociationHandler),
    ("v2_metadefs_namespace_objects", metadef_contents.ObjectsHandler),
    ("v2_metadefs_namespace_object", metadef_contents.ObjectHandler),
    ("v2_metadefs_namespace_properties", metadef_contents.PropertiesHandler),
    ("v2_metadefs_namespace_property", metadef_contents.PropertyHandler),
    ("v2_metadefs_namespace_tags", metadef_contents.TagsHandler),
    ("v2_metadefs_namespace_tag", metadef_contents.TagHandler),
    *METADEF_DOCUMENTS,
)


def expose(app: Application, disp: Dispatcher, imaging: Imaging) -> None:
    """Let `imaging` answer the endpoints of what it has."""
    service = TypedService(app, disp, imaging, RULES)
    attach(service, HANDLERS)
    if imaging.members is not None:
        attach(service, MEMBERS)
    if imaging.tasks is not None:
        attach(service, TASKS)
    if imaging.metadefs is not None:
        attach(service, METADEFS)
