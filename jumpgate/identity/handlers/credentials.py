"""``/v3/credentials``, and the same credentials as pairs of an access key and a secret for EC2."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import orjson

from jumpgate.common.errors import BadRequest, Forbidden, NotFound
from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.listing import Filter, Query, page
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Operation, operation
from jumpgate.identity.contract import Credentials, Identity
from jumpgate.identity.handlers.collections import KeystoneCollection, KeystoneUniform, envelope, links, target_of
from jumpgate.identity.handlers.fields import link, rules
from jumpgate.identity.models import Credential, CredentialSpec
from jumpgate.identity.schemas.credentials import EC2
from jumpgate.identity.tokens.service import IdentityHandler, IdentityService

Json = dict[str, Any]

_TEXT = {"type": "string"}
_KEY_BYTES = 16

CREDENTIALS = KeystoneCollection(
    singular="credential",
    plural="credentials",
    contract="credentials",
    kind=Kind.CREDENTIAL,
    path_field="credential_id",
    spec=CredentialSpec,
    rules=rules("credential"),
    envelope=envelope,
    confined_by=None,
    fields=(
        Field("id", kind=Kind.CREDENTIAL, sort=True),
        Field("type", input=Input(schema=_TEXT, required=True), filter=str, sort=True),
        Field("blob", input=Input(schema=_TEXT, required=True)),
        Field("user_id", input=Input(schema=_TEXT, required=True), filter=str, sort=True),
        Field("project_id", input=Input(schema={"type": ["string", "null"]})),
        link("v3_credential", "credential_id"),
    ),
)


def _demand_primary(call: Call[Any]) -> None:
    """Raise Forbidden for a caller who logged in by one credential, or by a trust, and reaches for others."""
    assert isinstance(call.service, IdentityService)
    if "application_credential" in call.ctx.methods or call.service.session(call).trust is not None:
        raise Forbidden(
            "You are not authorized to perform the requested action: "
            "Delegated tokens cannot access credentials directly."
        )


def _key_id(access: str) -> str:
    """Return the id of the credential with an EC2 access key."""
    return hashlib.sha256(access.encode()).hexdigest()


class CredentialUniform(KeystoneUniform):
    """Everybody has his own credentials; an administrator has all of them."""

    def operation(self, verb: str, schema: Schema | None = None) -> Operation:
        # How the caller logged in counts too, which remembered answers do not tell apart.
        return dataclasses.replace(super().operation(verb, schema), cached=None)

    def find(self, call: Call[Any]) -> Any:
        _demand_primary(call)
        call.require(self.collection.rules["find"], {"target.credential.user_id": call.ctx.user_id})
        return super(KeystoneUniform, self).find(call)

    def query(self, call: Call[Any]) -> Query:
        query = super().query(call)
        if call.may(self.collection.rules["get"], {}):
            return query
        return dataclasses.replace(query, filters=(*query.filters, Filter("user_id", (call.ctx.user_id,))))

    def _spec(self, call: Call[Any], body: Mapping[str, Any]) -> Any:
        _demand_primary(call)
        call.require(self.collection.rules["create"], {"target.credential.user_id": body["user_id"]})
        values = self.values(call, body, "create")
        if values["type"].lower() == "ec2":
            values["id"] = _key_id(_access_key(values["blob"]))
            if values.get("project_id") is None:
                raise BadRequest("An ec2 credential belongs to a project: give project_id.")
        return self.collection.spec(**values)

    def update(self, call: Call[Any], resource_id: str) -> Any:
        owner = call.body["credential"].get("user_id")
        if owner is not None:
            call.require(self.collection.rules["update"], {"target.credential.user_id": owner})
        return super().update(call, resource_id)

    def _allowed(self, call: Call[Any], resource_id: str, verb: str) -> Any:
        _demand_primary(call)
        return super()._allowed(call, resource_id, verb)


UNIFORM = CredentialUniform(CREDENTIALS)


def _access_key(blob: str) -> str:
    try:
        content = orjson.loads(blob)
    except orjson.JSONDecodeError:
        raise BadRequest("Invalid blob in credential") from None
    access = content.get("access") if isinstance(content, dict) else None
    if not isinstance(access, str):
        raise BadRequest("The blob of an ec2 credential is a JSON object with the access key as `access`.")
    return access


class Ec2CredentialsHandler(IdentityHandler):
    """``/v3/users/{user_id}/credentials/OS-EC2``."""

    @operation("credentials.find")
    def on_get(self, call: Call[Identity], user_id: str) -> Json:
        """List a user's keys."""
        call.require("identity:ec2_list_credentials", {"user_id": user_id})
        _demand_primary(call)
        call.cloud.users.get(call.ctx, user_id)
        query = Query(filters=(Filter("user_id", (user_id,)), Filter("type", ("ec2",))))
        found = page(_resource(call).find(call.ctx, query), query)
        return {"credentials": [_rendered(call, item) for item in found], "links": links(call)}

    on_head = on_get

    @operation("credentials.create", body=EC2, status=201)
    def on_post(self, call: Call[Identity], user_id: str) -> Json:
        """Make a pair of keys for a project."""
        call.require("identity:ec2_create_credential", {"target.credential.user_id": user_id})
        _demand_primary(call)
        project_id = call.body["tenant_id"]
        call.cloud.users.get(call.ctx, user_id)
        call.cloud.projects.get(call.ctx, project_id)
        access, secret = secrets.token_hex(_KEY_BYTES), secrets.token_hex(_KEY_BYTES)
        blob = orjson.dumps({"access": access, "secret": secret, "trust_id": None}).decode()
        spec = CredentialSpec(type="ec2", user_id=user_id, blob=blob, id=_key_id(access), project_id=project_id)
        return {"credential": _rendered(call, _resource(call).create(call.ctx, spec))}


class Ec2CredentialHandler(IdentityHandler):
    """``/v3/users/{user_id}/credentials/OS-EC2/{credential_id}``: the access key stands for the credential."""

    @operation("credentials.get")
    def on_get(self, call: Call[Identity], user_id: str, credential_id: str) -> Json:
        """Show a pair of keys."""
        found = _get(call, user_id, credential_id, "identity:ec2_get_credential")
        return {"credential": _rendered(call, found)}

    on_head = on_get

    @operation("credentials.delete", status=204)
    def on_delete(self, call: Call[Identity], user_id: str, credential_id: str) -> None:
        """Remove a pair of keys."""
        found = _get(call, user_id, credential_id, "identity:ec2_delete_credential")
        _resource(call).delete(call.ctx, found.id)


def _resource(call: Call[Identity]) -> Credentials:
    assert call.cloud.credentials is not None
    return call.cloud.credentials


def _get(call: Call[Identity], user_id: str, access: str, rule: str) -> Credential:
    try:
        found = _resource(call).get(call.ctx, _key_id(access))
    except NotFound:
        raise NotFound("EC2 access key not found.") from None
    call.require(rule, target_of("credential", found))
    _demand_primary(call)
    if found.user_id != user_id or found.type != "ec2":
        raise NotFound("EC2 access key not found.")
    return found


def _rendered(call: Call[Identity], credential: Credential) -> Json:
    content = orjson.loads(credential.blob)
    access = content.get("access")
    url = call.url("v3_user_ec2_credential", user_id=credential.user_id, credential_id=access)
    return {
        "user_id": credential.user_id,
        "tenant_id": credential.project_id,
        "access": access,
        "secret": content.get("secret"),
        "trust_id": content.get("trust_id"),
        "links": {"self": url},
    }
