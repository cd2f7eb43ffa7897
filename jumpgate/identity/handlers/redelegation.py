"""How a trust may be made from another, by Keystone's rules: never more than the other gave."""

from __future__ import annotations

from dataclasses import replace

from jumpgate.common.errors import BadRequest, Forbidden
from jumpgate.identity.models import Trust, TrustSpec

# Keystone's [trust] max_redelegation_count.
MOST_REDELEGATIONS = 3


def counted(spec: TrustSpec, *, allowed: bool | None, count: int | None) -> TrustSpec:
    """Return a spec with its redelegation count; raise Forbidden or BadRequest for one that nobody may have."""
    if not allowed or count == 0:
        return replace(spec, redelegation_count=0)
    if count is not None and count > MOST_REDELEGATIONS:
        raise Forbidden(f"Requested redelegation depth of {count} is greater than allowed {MOST_REDELEGATIONS}")
    if spec.remaining_uses is not None:
        raise BadRequest("remaining_uses must not be set if redelegation is allowed")
    return replace(spec, redelegation_count=count or MOST_REDELEGATIONS)


def redelegated(spec: TrustSpec, source: Trust, *, count: int | None) -> TrustSpec:
    """Return a spec as it is when it is made from `source`; raise Forbidden where that gives less."""
    depth = source.redelegation_count
    if not 0 < depth <= MOST_REDELEGATIONS:
        raise Forbidden(f"Remaining redelegation depth of {depth} out of allowed range of [0..{MOST_REDELEGATIONS}]")
    if spec.remaining_uses is not None:
        raise Forbidden(
            f'Field "remaining_uses" is set to {spec.remaining_uses} while it must not be set in order to redelegate a '
            "trust"
        )
    if spec.redelegation_count and count is not None and count > depth - 1:
        raise Forbidden(f"Requested redelegation depth of {count} is greater than allowed {depth - 1}")
    if source.expires_at is not None and spec.expires_at is not None and spec.expires_at > source.expires_at:
        raise Forbidden("Requested expiration time is more than redelegated trust can provide")
    if not set(spec.role_ids) <= set(source.role_ids) or spec.project_id not in (None, source.project_id):
        raise Forbidden("Some of requested roles are not in redelegated trust")
    if spec.impersonation and not source.impersonation:
        raise Forbidden(
            "Impersonation is not allowed because redelegated trust does not specify impersonation. "
            f"Redelegated trust id: {source.id}"
        )
    return replace(
        spec,
        redelegated_trust_id=source.id,
        expires_at=spec.expires_at or source.expires_at,
        redelegation_count=min(spec.redelegation_count, depth - 1),
    )
