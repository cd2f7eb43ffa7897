"""What an interface in no security group lets pass, which is everything, as the group that Neutron calls default.

SoftLayer has no such group; the rules of this one are what holds there for whatever is in none.
"""

from __future__ import annotations

from jumpgate.clouds.softlayer.interfaces import DEFAULT_GROUP
from jumpgate.clouds.softlayer.values import EPOCH
from jumpgate.common.errors import BadRequest, Conflict
from jumpgate.network.models import SecurityGroup, SecurityGroupRule

# SoftLayer's numbers have 32 bits.
_FIRST_RULE = 2**64
_DIRECTIONS = tuple((direction, version) for direction in ("ingress", "egress") for version in ("IPv4", "IPv6"))


def default_group(project_id: str) -> SecurityGroup:
    """Return a project's default group."""
    return SecurityGroup(
        id=DEFAULT_GROUP,
        project_id=project_id,
        name="default",
        description="What is in no group: everything may pass",
        is_default=True,
        rules=tuple(_rule(index, project_id) for index in range(len(_DIRECTIONS))),
        created_at=EPOCH,
        updated_at=EPOCH,
    )


def _rule(index: int, project_id: str) -> SecurityGroupRule:
    direction, version = _DIRECTIONS[index]
    return SecurityGroupRule(
        id=str(_FIRST_RULE + index),
        project_id=project_id,
        security_group_id=DEFAULT_GROUP,
        direction=direction,
        ethertype=version,
        group_owner_id=project_id,
        belongs_to_default_group=True,
        created_at=EPOCH,
        updated_at=EPOCH,
    )


def refuse_change(group_id: str, reason: str) -> None:
    """Raise Conflict with Neutron's word for it for the default group, which stays as it is."""
    if group_id == DEFAULT_GROUP:
        message = "SoftLayer's default group stays as it is: it says what passes where there is no group."
        raise Conflict(message, reason=reason)


def refuse_rules(group_id: str | None) -> None:
    """Raise BadRequest for a rule of the default group, or for those who are in it."""
    if group_id == DEFAULT_GROUP:
        raise BadRequest("SoftLayer's default group stands for having no rules: make a group of your own for them.")
