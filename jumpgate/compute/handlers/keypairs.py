"""``/os-keypairs``: a user's keys; an administrator reaches every user's since 2.10."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import BadRequest
from jumpgate.common.fields import Field, View
from jumpgate.common.format import iso_microseconds
from jumpgate.common.listing import EVERYTHING, ListParameters, MarkerNotFound, Query, Sort, page
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute, Keypairs
from jumpgate.compute.models import Keypair, KeypairSpec
from jumpgate.compute.schemas import keypairs as schemas
from jumpgate.compute.views.links import Links

_RULE = "os_compute_api:os-keypairs:"
_LIST = ListParameters(default_sort=(Sort("name"),))

_BRIEF = (Field("name"), Field("public_key"), Field("fingerprint"), Field("type", since="2.2"))
_LISTED: View[Keypair] = View(*_BRIEF)
_CREATED: View[Keypair] = View(*_BRIEF, Field("user_id"))
_SHOWN: View[Keypair] = View(
    *_BRIEF,
    Field("user_id"),
    Field("created_at", lambda keypair, _: iso_microseconds(keypair.created_at)),
    # Nova's table once kept deleted rows.
    Field("deleted", lambda *_: False),
    Field("deleted_at", lambda *_: None),
    Field("updated_at", lambda *_: None),
    Field("id", "number"),
)


def _contract(call: Call[Compute]) -> Keypairs:
    keypairs = call.cloud.keypairs
    assert keypairs is not None
    return keypairs


def _user(call: Call[Compute], rule: str, user_id: str | None = None) -> str:
    """Return whose keypairs a request is about; raise Forbidden for somebody else's."""
    wanted = user_id or (call.parameter("user_id") if call.at_least("2.10") else None) or call.ctx.user_id
    call.require(_RULE + rule, {"user_id": wanted})
    return wanted


class KeypairsHandler(Handler[Compute]):
    """``/os-keypairs``."""

    @operation("keypairs.find", query=schemas.LIST_QUERY)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        user_id = _user(call, "index")
        query = _query(call)
        try:
            found = page(_contract(call).find(call.ctx, user_id, query), query, key="name")
        except MarkerNotFound as error:
            raise BadRequest(f"Marker {query.marker} could not be found.") from error
        render = _LISTED.bind(call)
        answer: dict[str, Any] = {"keypairs": [{"keypair": render(keypair)} for keypair in found]}
        names = [keypair.name for keypair in found]
        links = Links(call).next("os-keypairs", call.parameters, names, query.limit)
        return {**answer, "keypairs_links": links} if links else answer

    @operation("keypairs.create", body=schemas.CREATE)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        wanted = call.body["keypair"]
        user_id = _user(call, "create", wanted.get("user_id") if call.at_least("2.10") else None)
        spec = KeypairSpec(
            name=wanted["name"].strip(),
            user_id=user_id,
            public_key=wanted.get("public_key"),
            type=wanted.get("type", "ssh"),
        )
        keypair = _contract(call).create(call.ctx, spec)
        call.resp.status = 201 if call.at_least("2.2") else 200
        shown = _CREATED.render(keypair, call)
        return {"keypair": {**shown, "private_key": keypair.private_key} if keypair.private_key else shown}


def _query(call: Call[Compute]) -> Query:
    """Lists had no pages before 2.35."""
    return _LIST.query(call.parameters) if call.at_least("2.35") else EVERYTHING


class KeypairHandler(Handler[Compute]):
    """``/os-keypairs/{keypair_name}``."""

    @operation("keypairs.get", query=schemas.SHOW_QUERY)
    def on_get(self, call: Call[Compute], keypair_name: str) -> dict[str, Any]:
        user_id = _user(call, "show")
        return {"keypair": _SHOWN.render(_contract(call).get(call.ctx, user_id, keypair_name), call)}

    @operation("keypairs.delete", query=schemas.SHOW_QUERY)
    def on_delete(self, call: Call[Compute], keypair_name: str) -> None:
        user_id = _user(call, "delete")
        _contract(call).delete(call.ctx, user_id, keypair_name)
        call.resp.status = 204 if call.at_least("2.2") else 202
