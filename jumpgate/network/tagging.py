"""Neutron's operations on tags for drivers whose clouds know only all tags of a thing at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from jumpgate.common.context import Context
from jumpgate.network.views.faults import fault


class Tags:
    """Neutron's three operations on tags, out of reading and replacing them."""

    @abstractmethod
    def tags_of(self, ctx: Context, resource_id: str) -> tuple[str, ...]:
        """Return a thing's tags, or raise NotFound."""

    @abstractmethod
    def retag(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        """Replace a thing's tags, or raise NotFound."""

    def set_tags(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        self.retag(ctx, resource_id, dict.fromkeys(tags))

    def add_tags(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        known = self.tags_of(ctx, resource_id)
        self.retag(ctx, resource_id, dict.fromkeys((*known, *tags)))

    def remove_tag(self, ctx: Context, resource_id: str, tag: str) -> None:
        known = self.tags_of(ctx, resource_id)
        if tag not in known:
            raise fault("TagNotFound", tag)
        self.retag(ctx, resource_id, [item for item in known if item != tag])
