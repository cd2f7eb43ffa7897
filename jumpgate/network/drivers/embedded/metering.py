"""The embedded metering labels: records of what is to be counted; there is no traffic to count."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.network.contract import MeteringLabelRules, MeteringLabels
from jumpgate.network.drivers.embedded.plain import PlainRecords
from jumpgate.network.drivers.embedded.records import Ground
from jumpgate.network.models.metering import MeteringLabel, MeteringLabelRule, MeteringLabelRuleSpec, MeteringLabelSpec
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network_metering import metering_label_rules, metering_labels


class EmbeddedMeteringLabels(PlainRecords[MeteringLabel, MeteringLabelSpec], MeteringLabels):
    """Labels in the store. Their rules go with them."""

    table = metering_labels
    missing = "MeteringLabelNotFound"
    model_type = MeteringLabel


class EmbeddedMeteringLabelRules(PlainRecords[MeteringLabelRule, MeteringLabelRuleSpec], MeteringLabelRules):
    """Rules in the store; one belongs to its label's project."""

    table = metering_label_rules
    missing = "MeteringLabelRuleNotFound"
    model_type = MeteringLabelRule

    def __init__(self, ground: Ground, labels: EmbeddedMeteringLabels) -> None:
        super().__init__(ground)
        self._labels = labels

    def columns_of_new(self, connection: sa.Connection, ctx: Context, values: Mapping[str, Any]) -> Mapping[str, Any]:
        label = self._labels.row(connection, ctx, values["metering_label_id"])
        if values["remote_ip_prefix"] is not None:
            _check_apart(connection, label.id, values["direction"], values["remote_ip_prefix"])
        return {**values, "project_id": label.project_id}


def _check_apart(connection: sa.Connection, label_id: str, direction: str, prefix: str) -> None:
    """Raise Conflict where a label counts some of a prefix's traffic already."""
    same = sa.and_(metering_label_rules.c.metering_label_id == label_id, metering_label_rules.c.direction == direction)
    wanted = ipaddress.ip_interface(prefix).network
    for other in connection.execute(sa.select(metering_label_rules.c.remote_ip_prefix).where(same)).scalars():
        known = ipaddress.ip_interface(other).network if other else None
        if known is not None and known.version == wanted.version and known.overlaps(wanted):
            raise fault("MeteringLabelRuleOverlaps", prefix)
