"""Metering labels and their rules as tables of attributes. Source: the API reference's "Metering labels and rules"."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from jumpgate.common.errors import BadRequest
from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call
from jumpgate.network.handlers.attributes import Resource, own_target
from jumpgate.network.handlers.standard import OWNER, fixed, identifier
from jumpgate.network.models.metering import MeteringLabel, MeteringLabelRuleSpec, MeteringLabelSpec
from jumpgate.network.schemas import values as read

LONGEST_DESCRIPTION = 1024

METERING_LABELS = Resource(
    singular="metering_label",
    plural="metering_labels",
    contract="metering_labels",
    kind=Kind.METERING_LABEL,
    path_field="metering_label_id",
    missing="MeteringLabelNotFound",
    spec=MeteringLabelSpec,
    fields=(
        identifier(Kind.METERING_LABEL),
        fixed("name", read.name),
        fixed("description", read.string(LONGEST_DESCRIPTION)),
        fixed("shared", read.flag, filter_by=read.flag),
        *OWNER,
    ),
)


def _prefix(value: Any) -> str | None:
    """Read a prefix or an address; the bits behind the prefix stay."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return str(ipaddress.ip_interface(value))
    except ValueError:
        pass
    raise ValueError(f"'{value}' is not a valid IP subnet")


_PREFIXES = ("remote_ip_prefix", "source_ip_prefix", "destination_ip_prefix")


def _new_rule_target(call: Call[Any], values: Mapping[str, Any]) -> Mapping[str, object]:
    """Check which prefixes are given together, and return the target: the label's project."""
    given = [name for name in _PREFIXES if values.get(name) is not None]
    if not given:
        raise _invalid(
            "You must define at least one of the following parameters 'remote_ip_prefix', or 'source_ip_prefix' or "
            "'destination_ip_prefix'."
        )
    if len(given) > 1 and "remote_ip_prefix" in given:
        raise _invalid(
            "Cannot use 'remote-ip-prefix' in conjunction with 'source-ip-prefix' or 'destination-ip-prefix'."
        )
    label: MeteringLabel = call.cloud.metering_labels.get(call.ctx, values["metering_label_id"])
    return own_target(call, {"project_id": label.project_id})


def _invalid(message: str) -> BadRequest:
    return BadRequest(message, reason="Invalid")


METERING_LABEL_RULES = Resource(
    singular="metering_label_rule",
    plural="metering_label_rules",
    contract="metering_label_rules",
    kind=Kind.METERING_LABEL_RULE,
    path_field="metering_label_rule_id",
    missing="MeteringLabelRuleNotFound",
    spec=MeteringLabelRuleSpec,
    new_target=_new_rule_target,
    fields=(
        identifier(Kind.METERING_LABEL_RULE),
        fixed("metering_label_id", read.uuid, kind=Kind.METERING_LABEL, required=True),
        fixed("direction", read.one_of(("ingress", "egress")), required=True),
        *(fixed(name, _prefix) for name in _PREFIXES),
        fixed("excluded", read.flag, filter_by=read.flag),
    ),
    unseen=(Field("project_id", kind=Kind.PROJECT, input=Input(to_model=read.project_id, update=False)),),
)
