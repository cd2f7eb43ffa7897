"""What this image service can do: import methods, stores, and what a project uses."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import Conflict, Forbidden, NotFound, NotSupported
from jumpgate.common.typed import Call, Handler, TypedService, operation
from jumpgate.image.contract import Imaging
from jumpgate.image.handlers import access
from jumpgate.image.models import Store

# Glance's name for each way to import, and the operations that it takes.
_METHODS = {"glance-direct": {"images.stage", "images.import_staged"}, "web-download": {"images.import_from"}}


def import_methods(service: TypedService[Imaging]) -> list[str]:
    """Return the import methods that the cloud has."""
    return [name for name, needed in _METHODS.items() if needed <= service.capabilities]


class ImportInfoHandler(Handler[Imaging]):
    """``/v2/info/import``."""

    @operation()
    def on_get(self, call: Call[Imaging]) -> Any:
        """Tell the import methods."""
        methods = {"description": "Import methods available.", "type": "array", "value": import_methods(self.service)}
        return {"import-methods": methods}


class StoresHandler(Handler[Imaging]):
    """``/v2/info/stores``."""

    @operation()
    def on_get(self, call: Call[Imaging]) -> Any:
        """List the stores."""
        return {"stores": [_brief(store) for store in stores(call)]}


class StoresDetailHandler(Handler[Imaging]):
    """``/v2/info/stores/detail``."""

    @operation()
    def on_get(self, call: Call[Imaging]) -> Any:
        """List the stores with how they are made."""
        access.require_of(call, "stores_info_detail", {"project_id": call.ctx.project_id})
        return {"stores": [{**_brief(store), **_detail(store)} for store in stores(call)]}


class StoreImageHandler(Handler[Imaging]):
    """``/v2/stores/{store_id}/{image_id}``."""

    @operation(status=204)
    def on_delete(self, call: Call[Imaging], store_id: str, image_id: str) -> None:
        """Remove an image's data from one of several stores; the only one keeps it, since that would be no image."""
        if store_id not in {store.id for store in stores(call)}:
            raise Conflict(f"The selected store {store_id} is not available on this node.")
        image = access.visible(call, image_id)
        access.require(call, "delete_image_location", image)
        if image.status != "active":
            raise Conflict("It's not allowed to remove image data from store if image status is not 'active'")
        if store_id not in image.stores:
            raise NotFound(f"Image {image_id} is not stored in store {store_id}.")
        if len(image.stores) > 1:
            raise NotSupported
        raise Forbidden(
            "Cannot delete image data from the only store containing it. Consider deleting the image instead."
        )


def stores(call: Call[Imaging]) -> list[Store]:
    """Return the cloud's stores; raise NotFound where it has none to tell of."""
    if call.cloud.stores is None:
        raise NotFound("Multi backend is not supported at this site.")
    return list(call.cloud.stores.find(call.ctx))


def _brief(store: Store) -> dict[str, object]:
    view: dict[str, object] = {"id": store.id}
    if store.description:
        view["description"] = store.description
    if store.is_default:
        view["default"] = "true"
    return view


def _detail(store: Store) -> dict[str, object]:
    return {"type": store.type, "weight": store.weight, "properties": dict(store.properties)}


class UsageHandler(Handler[Imaging]):
    """``/v2/info/usage``."""

    @operation()
    def on_get(self, call: Call[Imaging]) -> Any:
        """Tell how much of what is limited the project uses."""
        usages = call.cloud.usages.find(call.ctx) if call.cloud.usages is not None else ()
        return {"usage": {item.resource: {"usage": item.used, "limit": item.limit} for item in usages}}
