"""Roles that one user hands to another for a while."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a trustor lets a trustee do: some of the trustor's roles on a project; without a project nothing at all.

    With `impersonation` the trustee appears as the trustor. `remaining_uses` counts the tokens still to be had, None is
    any number. A trust made by a trustee from another has that one's id as `redelegated_trust_id`;
    `redelegation_count` says how many more may follow one another.
    """

    id: str
    trustor_user_id: str
    trustee_user_id: str
    impersonation: bool
    project_id: str | None = None
    role_ids: tuple[str, ...] = ()
    expires_at: dt.datetime | None = None
    remaining_uses: int | None = None
    redelegated_trust_id: str | None = None
    redelegation_count: int = 0

    def is_usable(self, now: dt.datetime) -> bool:
        """Tell whether another token can be had."""
        return not self.is_over(now) and (self.remaining_uses is None or self.remaining_uses > 0)

    def is_over(self, now: dt.datetime) -> bool:
        """Tell whether even the tokens that were made with it are void."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSpec:
    """What a trust is made of."""

    trustor_user_id: str
    trustee_user_id: str
    impersonation: bool
    project_id: str | None = None
    role_ids: tuple[str, ...] = ()
    expires_at: dt.datetime | None = None
    remaining_uses: int | None = None
    redelegated_trust_id: str | None = None
    redelegation_count: int = 0
