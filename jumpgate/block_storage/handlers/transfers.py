"""Transfers of volumes between projects."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import BlockStorage, Transfers
from jumpgate.block_storage.handlers.dialect import DialectHandler
from jumpgate.block_storage.handlers.lists import ListFilter, Listing, answer, ids
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.handlers.volumes import find_volume
from jumpgate.block_storage.models import Transfer, TransferSpec
from jumpgate.block_storage.schemas import transfers as schemas
from jumpgate.block_storage.schemas.parameters import is_true, stripped
from jumpgate.block_storage.views import transfers as views
from jumpgate.common.errors import NotSupported
from jumpgate.common.ids import Kind
from jumpgate.common.listing import Sort
from jumpgate.common.typed import Call, operation

LISTING = Listing(
    resource="transfer",
    plural="transfers",
    label="Transfer",
    filters={
        "name": ListFilter(attribute="name"),
        "volume_id": ListFilter(attribute="volume_id", make=ids(Kind.VOLUME)),
        "id": ListFilter(attribute="id"),
        "project_id": ListFilter(attribute="project_id", admin=True),
    },
    sort_keys={"id": "id", "name": "name", "volume_id": "volume_id", "created_at": "created_at"},
    default_sort=(Sort("created_at"), Sort("id")),
)


def _transfers(call: Call[BlockStorage]) -> Transfers:
    if call.cloud.transfers is None:
        raise NotSupported("This cloud does not hand volumes from one project to another.")
    return call.cloud.transfers


def _allowed(call: Call[BlockStorage], transfer_id: str, rule: str) -> Transfer:
    transfer = _transfers(call).get(call.ctx, transfer_id)
    call.require(rule, target(transfer))
    return transfer


class TransfersHandler(DialectHandler):
    """The collection in its short form, and creation."""

    @operation("transfers.find", policy="volume:get_all_transfers", cached="transfers")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, _transfers(call), views.SUMMARY[self.dialect].bind(call))

    @operation("transfers.create", body=schemas.CREATE, status=202)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Create."""
        body = call.body["transfer"]
        volume = find_volume(call, body["volume_id"])
        call.require("volume:create_transfer", target(volume))
        spec = TransferSpec(
            volume_id=volume.id, name=stripped(body.get("name")), no_snapshots=is_true(body.get("no_snapshots"))
        )
        transfer = _transfers(call).create(call.ctx, spec)
        return {"transfer": views.CREATED[self.dialect].render(transfer, call)}


class TransfersDetailHandler(DialectHandler):
    """The collection in its full form."""

    @operation("transfers.find", policy="volume:get_all_transfers", cached="transfers")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, _transfers(call), views.DETAIL[self.dialect].bind(call))


class TransferHandler(DialectHandler):
    """One transfer."""

    @operation("transfers.get", cached="transfers")
    def on_get(self, call: Call[BlockStorage], transfer_id: str) -> dict[str, Any]:
        """Show."""
        transfer = _allowed(call, transfer_id, "volume:get_transfer")
        return {"transfer": views.DETAIL[self.dialect].render(transfer, call)}

    @operation("transfers.delete", status=202)
    def on_delete(self, call: Call[BlockStorage], transfer_id: str) -> None:
        """Take the offer back."""
        _transfers(call).delete(call.ctx, _allowed(call, transfer_id, "volume:delete_transfer").id)


class TransferAcceptHandler(DialectHandler):
    """``POST /os-volume-transfer/{id}/accept``."""

    @operation("transfers.accept", policy="volume:accept_transfer", body=schemas.ACCEPT, status=202)
    def on_post(self, call: Call[BlockStorage], transfer_id: str) -> dict[str, Any]:
        """Accept."""
        transfer = _transfers(call).accept(call.ctx, transfer_id, str(call.body["accept"]["auth_key"]))
        return {"transfer": views.SUMMARY[self.dialect].render(transfer, call)}
