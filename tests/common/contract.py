"""A contract of a test's own: the modules called ``contract`` are where contract classes live."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from jumpgate.common.context import Context
from jumpgate.common.errors import NotSupported
from jumpgate.common.resource import Crud, Resource, hint
from tests.common.models import Thing, ThingSpec


class Things(Crud[Thing, ThingSpec]):
    """Things that belong to projects."""

    def shake(self, ctx: Context, thing_id: str) -> None:
        """Shake one, or raise Conflict."""
        raise NotSupported

    @hint
    def prefetch(self, ctx: Context) -> None:
        """Help Jumpgate to be fast."""


class Lamps(Resource):
    """Lamps that can be switched."""

    @abstractmethod
    def switch(self, ctx: Context, lamp_id: str) -> None:
        """Switch one."""

    def dim(self, ctx: Context, lamp_id: str) -> None:
        """Dim one."""
        raise NotSupported


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a cloud of these tests offers."""

    things: Things
    lamps: Lamps | None = None
