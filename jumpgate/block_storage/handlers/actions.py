"""Actions: a body of one key, which names what is to be done with the thing in the path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.common.errors import BadRequest, NotSupported
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action: the contract's operation, the policy rule, the body's schema, what it runs and how it is answered.

    `run` takes the call, the thing and what stands under the action's key. Without a `rule` it sees to policy itself.
    """

    capability: str
    run: Callable[[Call[BlockStorage], Any, Any], dict[str, Any] | None]
    schema: Schema
    rule: str | None = None
    since: str | None = None
    status: int = 202


def perform(
    call: Call[BlockStorage],
    actions: Mapping[str, Action],
    find: Callable[[], Any],
    target: Callable[[Any], Mapping[str, object]],
) -> dict[str, Any] | None:
    """Do what the body asks for; raise BadRequest for an action that does not exist, or not yet at this version."""
    name, action = _named(call, actions)
    if action.capability not in call.service.capabilities:
        raise NotSupported(f"This cloud does not support {action.capability}.")
    action.schema.validate(call.body, call.version)
    model = find()
    if action.rule is not None:
        call.require(action.rule, target(model))
    call.resp.status = action.status
    return action.run(call, model, call.body[name])


def _named(call: Call[BlockStorage], actions: Mapping[str, Action]) -> tuple[str, Action]:
    if not isinstance(call.body, dict) or len(call.body) != 1:
        raise BadRequest("Malformed request body")
    name = next(iter(call.body))
    action = actions.get(name)
    if action is None or (action.since is not None and not call.at_least(action.since)):
        raise BadRequest(
            f"There is no such action: {name}. Verify the request body and Content-Type header and try again."
        )
    return name, action
