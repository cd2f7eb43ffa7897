"""QoS specs and the volume types that have them, for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.block_storage.contract import BlockStorage, QosSpecsCollection
from jumpgate.block_storage.handlers.dialect import DialectHandler
from jumpgate.block_storage.handlers.lists import ListFilter, Listing, answer, flag
from jumpgate.block_storage.models import QosSpecsSpec
from jumpgate.block_storage.schemas import qos_specs as schemas
from jumpgate.block_storage.views import qos_specs as views
from jumpgate.common.errors import BadRequest, NotSupported
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, operation

CONSUMERS = ("back-end", "front-end", "both")
_RULE = "volume_extension:qos_specs_manage:"

LISTING = Listing(
    resource="qos_specs",
    plural="qos_specs",
    label="No such QoS spec",
    filters={
        "id": ListFilter(attribute="id"),
        "name": ListFilter(attribute="name"),
        "consumer": ListFilter(attribute="consumer"),
    },
    sort_keys={"id": "id", "name": "name", "consumer": "consumer", "created_at": "created_at"},
)


def _specs(call: Call[BlockStorage]) -> QosSpecsCollection:
    if call.cloud.qos_specs is None:
        raise NotSupported("This cloud has no QoS specs.")
    return call.cloud.qos_specs


def _consumer(body: Mapping[str, str]) -> str:
    consumer = body.get("consumer", "back-end")
    if consumer not in CONSUMERS:
        raise BadRequest(
            f"Invalid qos specs: Invalid input received: Valid consumer of QoS specs are: {list(CONSUMERS)}"
        )
    return consumer


class QosSpecsHandler(DialectHandler):
    """The collection."""

    @operation("qos_specs.find", policy=f"{_RULE}get_all")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, _specs(call), views.one)

    @operation("qos_specs.create", policy=f"{_RULE}create", body=schemas.CREATE)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Create."""
        body = call.body["qos_specs"]
        promises = {key: value for key, value in body.items() if key not in ("name", "consumer")}
        spec = QosSpecsSpec(name=body["name"].strip(), consumer=_consumer(body), specs=promises)
        return views.detail(_specs(call).create(call.ctx, spec), call, self.dialect)


class QosSpecHandler(DialectHandler):
    """One of them."""

    @operation("qos_specs.get", policy=f"{_RULE}get")
    def on_get(self, call: Call[BlockStorage], qos_spec_id: str) -> dict[str, Any]:
        """Show."""
        return views.detail(_specs(call).get(call.ctx, qos_spec_id), call, self.dialect)

    @operation("qos_specs.update", policy=f"{_RULE}update", body=schemas.UPDATE)
    def on_put(self, call: Call[BlockStorage], qos_spec_id: str) -> dict[str, Any]:
        """Add to it."""
        body = call.body["qos_specs"]
        changes: dict[str, Any] = {"specs": {key: value for key, value in body.items() if key != "consumer"}}
        if "consumer" in body:
            changes["consumer"] = _consumer(body)
        _specs(call).update(call.ctx, qos_spec_id, changes)
        return {"qos_specs": body}

    @operation("qos_specs.delete", policy=f"{_RULE}delete", status=202)
    def on_delete(self, call: Call[BlockStorage], qos_spec_id: str) -> None:
        """Delete."""
        _specs(call).delete(call.ctx, qos_spec_id, force=flag(call, "force"))


class QosSpecDeleteKeysHandler(DialectHandler):
    """``PUT /qos-specs/{id}/delete_keys``."""

    @operation("qos_specs.delete_keys", policy=f"{_RULE}delete", body=schemas.DELETE_KEYS, status=202)
    def on_put(self, call: Call[BlockStorage], qos_spec_id: str) -> None:
        """Remove keys."""
        _specs(call).delete_keys(call.ctx, qos_spec_id, call.body["keys"])


class QosSpecAssociationsHandler(DialectHandler):
    """``GET /qos-specs/{id}/associations``."""

    @operation("qos_specs.associations", policy=f"{_RULE}get_all")
    def on_get(self, call: Call[BlockStorage], qos_spec_id: str) -> dict[str, Any]:
        """List."""
        found = _specs(call).associations(call.ctx, qos_spec_id)
        return {"qos_associations": [views.association(volume_type, call) for volume_type in found]}


def _type_id(call: Call[BlockStorage]) -> str:
    text = call.parameter("vol_type_id")
    if not text:
        raise BadRequest("Volume Type id must not be None.")
    return call.native_in_path(Kind.VOLUME_TYPE, text)


class QosSpecAssociateHandler(DialectHandler):
    """``GET /qos-specs/{id}/associate``: a change, whatever the method says."""

    @operation("qos_specs.associate", policy=f"{_RULE}update", status=202)
    def on_get(self, call: Call[BlockStorage], qos_spec_id: str) -> None:
        """Give them to a volume type."""
        _specs(call).associate(call.ctx, qos_spec_id, _type_id(call))


class QosSpecDisassociateHandler(DialectHandler):
    """``GET /qos-specs/{id}/disassociate``."""

    @operation("qos_specs.disassociate", policy=f"{_RULE}update", status=202)
    def on_get(self, call: Call[BlockStorage], qos_spec_id: str) -> None:
        """Take them from a volume type."""
        _specs(call).disassociate(call.ctx, qos_spec_id, _type_id(call))


class QosSpecDisassociateAllHandler(DialectHandler):
    """``GET /qos-specs/{id}/disassociate_all``."""

    @operation("qos_specs.disassociate", policy=f"{_RULE}update", status=202)
    def on_get(self, call: Call[BlockStorage], qos_spec_id: str) -> None:
        """Take them from every volume type."""
        _specs(call).disassociate(call.ctx, qos_spec_id, None)
