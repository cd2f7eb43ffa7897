"""``/v3/OS-OAUTH1/consumers``: the programs that are known for OAuth 1.0a."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import BadRequest
from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call
from jumpgate.identity.handlers.collections import KeystoneCollection, KeystoneUniform, envelope
from jumpgate.identity.handlers.fields import TEXT, link, rules
from jumpgate.identity.models import ConsumerSpec

CONSUMERS = KeystoneCollection(
    singular="consumer",
    plural="consumers",
    contract="consumers",
    kind=Kind.CATALOG,
    path_field="consumer_id",
    spec=ConsumerSpec,
    rules=rules("consumer"),
    envelope=envelope,
    confined_by=None,
    # The secret is there once, when the consumer has just been made.
    optional=frozenset({"secret"}),
    fields=(
        Field("id", kind=Kind.CATALOG, sort=True),
        Field("description", input=Input(schema=TEXT)),
        Field("secret"),
        link("v3_os_oauth1_consumer", "consumer_id"),
    ),
)


class ConsumerUniform(KeystoneUniform):
    """A consumer's secret stays what it is."""

    def update(self, call: Call[Any], resource_id: str) -> Any:
        if "secret" in call.body["consumer"]:
            self._allowed(call, resource_id, "update")
            raise BadRequest("Cannot change consumer secret")
        return super().update(call, resource_id)


UNIFORM = ConsumerUniform(CONSUMERS)
