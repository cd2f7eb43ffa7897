"""The embedded drivers with one method each that does what it must not, and the test that is to catch it."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.common.errors import JumpgateError
from jumpgate.common.listing import EVERYTHING, Applied
from jumpgate.testing.contract import Cloud

Wrong = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """A method (``volumes.reserve``), what makes the wrong one of the right one, and the test of the suite."""

    method: str
    twist: Callable[[Wrong], Wrong]
    caught_by: str


def silent(right: Wrong) -> Wrong:
    """Do as if everything had gone well."""

    def wrong(*args: Any, **named: Any) -> Any:
        with contextlib.suppress(JumpgateError):
            return right(*args, **named)

    return wrong


def idle(right: Wrong) -> Wrong:
    """Do nothing at all."""
    return lambda *args, **named: None


def always(answer: object) -> Callable[[Wrong], Wrong]:
    """Answer one thing to everybody."""
    return lambda right: lambda *args, **named: answer


def unfiltered(right: Wrong) -> Wrong:
    """Claim to have applied a query that was not looked at."""
    return lambda self, ctx, query: Applied(list(right(self, ctx, EVERYTHING)))


def for_anybody(right: Wrong) -> Wrong:
    """Answer everybody as an administrator."""
    return lambda self, ctx, *args, **named: right(self, dataclasses.replace(ctx, roles=("admin",)), *args, **named)


def without(*names: str) -> Callable[[Wrong], Wrong]:
    """Overlook named arguments."""

    def twist(right: Wrong) -> Wrong:
        return lambda *args, **named: right(*args, **{key: named[key] for key in named if key not in names})

    return twist


def everything(right: Wrong) -> Wrong:
    """Count what no filter was asked of."""
    return lambda self, ctx, query: right(self, ctx, dataclasses.replace(query, filters=()))


FAULTS: Mapping[str, tuple[Fault, ...]] = {
    "compute": (
        Fault("servers.merge_tags", without("remove"), "test_tags_are_added_and_removed"),
        Fault("servers.unlock", idle, "test_a_lock_holds_until_it_is_taken_away"),
        Fault("servers.start", silent, "test_a_missing_server_is_not_found[start]"),
        Fault("quotas.delete", idle, "test_a_project_has_limits_of_its_own_until_they_go"),
        Fault("aggregates.delete", silent, "test_an_aggregate_comes_and_goes"),
        Fault("volume_attachments.get", for_anybody, "test_another_projects_server_has_no_attachments"),
        Fault("keypairs.create", silent, "test_a_key_that_is_none_is_refused"),
    ),
    "block_storage": (
        Fault("volumes.reserve", silent, "test_a_volume_is_reserved_and_given_up"),
        Fault("volumes.summarize", everything, "test_the_summary_is_that_of_the_list"),
        Fault("volumes.extend", silent, "test_a_volume_grows_and_never_shrinks"),
        Fault("snapshots.delete_metadata", silent, "test_metadata_is_added_replaced_and_removed"),
        Fault("transfers.delete", idle, "test_an_offered_volume_waits_for_its_taker"),
        Fault("quota_sets.reset", idle, "test_a_project_has_limits_of_its_own_until_they_go"),
    ),
    "image": (
        Fault("images.download", without("offset", "length"), "test_a_part_of_it_is_downloaded"),
        Fault("images.remove_tag", silent, "test_tags_come_and_go"),
        Fault("images.get", for_anybody, "test_get_of_another_projects_is_not_found"),
        Fault("images.upload", silent, "test_of_data_that_breaks_off_nothing_is_kept"),
        Fault("images.deactivate", idle, "test_a_deactivated_image_is_for_administrators"),
        Fault("metadefs.create", silent, "test_a_namespace_comes_and_goes"),
    ),
    "network": (
        Fault("ports.find", unfiltered, "test_filters_give_what_refiltering_gives"),
        Fault("networks.delete", silent, "test_deleting_twice_is_not_found"),
        Fault("routers.remove_interface", silent, "test_a_router_has_legs_and_stays_while_it_has"),
        Fault("subnets.create", silent, "test_subnets_of_a_network_do_not_overlap"),
        Fault("security_groups.get", for_anybody, "test_get_of_another_projects_is_not_found"),
        Fault("quotas.delete", idle, "test_a_project_has_limits_of_its_own_until_they_go"),
    ),
    "identity": (
        Fault("authentication.change_password", silent, "test_a_user_changes_the_password"),
        Fault("groups.remove_user", silent, "test_members_come_and_go"),
        Fault("revocations.are_revoked", always(False), "test_a_token_that_was_given_back_is_void"),
        Fault("role_assignments.delete", silent, "test_a_role_is_assigned_and_taken_away"),
        Fault("trusts.consume", silent, "test_uses_are_counted_down"),
        Fault("domain_configs.replace", idle, "test_a_domain_has_options_until_they_are_taken_away"),
    ),
}


def twisted(cloud: Cloud, fault: Fault) -> Cloud:
    """Return a cloud whose driver has a fault."""
    resource, _, method = fault.method.partition(".")
    guarded = getattr(cloud.offers, resource)
    right = vars(guarded).get("_resource", guarded)
    wrong = copy.copy(right)
    wrong.__class__ = type(f"Wrong{type(right).__name__}", (type(right),), {method: fault.twist(_of(right, method))})
    return dataclasses.replace(cloud, offers=dataclasses.replace(cloud.offers, **{resource: wrong}))


def _of(resource: object, method: str) -> Wrong:
    right: Wrong = getattr(type(resource), method)
    return right
