"""What is counted: metering labels and their rules."""

from __future__ import annotations

from dataclasses import dataclass

from jumpgate.network.models import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteringLabel(Record):
    """A name under which traffic is counted, over all routers where it is `shared`, else over its project's."""

    name: str = ""
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteringLabelSpec:
    """A label to be made."""

    name: str = ""
    project_id: str | None = None
    description: str = ""
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteringLabelRule(Record):
    """Which traffic counts under a label, or with `excluded` does not: that with `remote_ip_prefix` behind the router,
    or that from `source_ip_prefix` to `destination_ip_prefix`. `direction` is ingress or egress.
    """

    metering_label_id: str
    direction: str
    excluded: bool = False
    remote_ip_prefix: str | None = None
    source_ip_prefix: str | None = None
    destination_ip_prefix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteringLabelRuleSpec:
    """A rule to be made."""

    metering_label_id: str
    direction: str
    project_id: str | None = None
    excluded: bool = False
    remote_ip_prefix: str | None = None
    source_ip_prefix: str | None = None
    destination_ip_prefix: str | None = None
