"""``/flavors/{flavor_id}/os-extra_specs``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.flavors import native_flavor
from jumpgate.compute.schemas import flavors as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:os-flavor-extra-specs:"
_LONGEST = 255


def _texts(items: Mapping[str, Any]) -> dict[str, str]:
    """Return the specs as text; a number is written out and may not be longer than a text may."""
    texts = {key: str(value) for key, value in items.items()}
    if any(len(text) > _LONGEST for text in texts.values()):
        raise BadRequest(f"Invalid input received: extra_specs value has more than {_LONGEST} characters.")
    return texts


def _missing(flavor_id: str, key: str) -> NotFound:
    return NotFound(f"Flavor {flavor_id} has no extra specs with key {key}.", reason="FlavorExtraSpecsNotFound")


class FlavorExtraSpecsHandler(Handler[Compute]):
    """All of a flavor's."""

    @operation("flavors.get", policy=_RULE + "index", query=NO_QUERY)
    def on_get(self, call: Call[Compute], flavor_id: str) -> dict[str, Any]:
        return {"extra_specs": call.cloud.flavors.get(call.ctx, native_flavor(call, flavor_id)).extra_specs}

    @operation("flavors.merge_extra_specs", policy=_RULE + "create", body=schemas.EXTRA_SPECS)
    def on_post(self, call: Call[Compute], flavor_id: str) -> dict[str, Any]:
        specs = _texts(call.body["extra_specs"])
        call.cloud.flavors.merge_extra_specs(call.ctx, native_flavor(call, flavor_id), specs)
        return {"extra_specs": specs}


class FlavorExtraSpecHandler(Handler[Compute]):
    """One of them."""

    @operation("flavors.get", policy=_RULE + "show", query=NO_QUERY)
    def on_get(self, call: Call[Compute], flavor_id: str, key_id: str) -> dict[str, Any]:
        specs = call.cloud.flavors.get(call.ctx, native_flavor(call, flavor_id)).extra_specs
        if key_id not in specs:
            raise _missing(flavor_id, key_id)
        return {key_id: specs[key_id]}

    @operation("flavors.merge_extra_specs", policy=_RULE + "update", body=schemas.EXTRA_SPEC)
    def on_put(self, call: Call[Compute], flavor_id: str, key_id: str) -> dict[str, Any]:
        specs = _texts(call.body)
        if key_id not in specs:
            raise BadRequest("Request body and URI mismatch")
        call.cloud.flavors.merge_extra_specs(call.ctx, native_flavor(call, flavor_id), specs)
        return specs

    @operation("flavors.merge_extra_specs", policy=_RULE + "delete")
    def on_delete(self, call: Call[Compute], flavor_id: str, key_id: str) -> None:
        native = native_flavor(call, flavor_id)
        if key_id not in call.cloud.flavors.get(call.ctx, native).extra_specs:
            raise _missing(flavor_id, key_id)
        call.cloud.flavors.merge_extra_specs(call.ctx, native, {key_id: None})
