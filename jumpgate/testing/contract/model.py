"""What the suite knows of one kind of thing: how one is made, changed and found again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from jumpgate.common.context import Context
from jumpgate.common.ids import Kind
from jumpgate.common.listing import Query

if TYPE_CHECKING:
    from jumpgate.testing.contract.suite import Made


class Thing:
    """One kind of thing of a service. The methods are those of `Crud`; a kind with other signatures overrides them.

    `resource` is the field of the composition, `key` the attribute that a thing is known by, `caller` who makes it.
    `status` names the attribute that tells how far it is: it is made when that is one of `ready`, and never will be
    once it is one of `failed`. `changes` is what an update is tried with. `filters` and `sorts` are the attributes by
    which Jumpgate asks a driver for lists. `free` are attributes of the spec that a cloud may answer otherwise.
    """

    resource: ClassVar[str]
    kind: ClassVar[Kind | None] = None
    key: ClassVar[str] = "id"
    caller: ClassVar[str] = "alice"
    status: ClassVar[str | None] = None
    ready: ClassVar[tuple[str, ...]] = ()
    failed: ClassVar[tuple[str, ...]] = ("error", "ERROR")
    changes: ClassVar[Mapping[str, Any]] = {}
    filters: ClassVar[tuple[str, ...]] = ("id", "name")
    sorts: ClassVar[tuple[str, ...]] = ("name", "id")
    directions: ClassVar[tuple[bool, ...]] = (False, True)
    free: ClassVar[tuple[str, ...]] = ()

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> Any:
        """Return what the next thing shall be; it may make first what that needs."""
        raise NotImplementedError

    def several(self, made: Made, ctx: Context, names: Sequence[str]) -> list[Any]:
        """Return what several things shall be that are made in one request."""
        return [self.spec(made, ctx, name) for name in names]

    def id_of(self, model: Any) -> Any:
        """Return what a model is found again by."""
        return getattr(model, self.key)

    def create(self, contract: Any, ctx: Context, spec: Any) -> Any:
        return contract.create(ctx, spec)

    def find(self, contract: Any, ctx: Context, query: Query) -> Iterable[Any]:
        found: Iterable[Any] = contract.find(ctx, query)
        return found

    def get(self, contract: Any, ctx: Context, key: Any) -> Any:
        return contract.get(ctx, key)

    def update(self, contract: Any, ctx: Context, key: Any, changes: Mapping[str, Any]) -> Any:
        return contract.update(ctx, key, changes)

    def delete(self, contract: Any, ctx: Context, key: Any) -> None:
        contract.delete(ctx, key)

    def is_gone(self, model: Any) -> bool:
        """Tell whether a model that is still shown stands for something deleted."""
        return False

    def is_ready(self, model: Any) -> bool:
        """Tell whether it is made; fail when it never will be."""
        if self.status is None:
            return True
        word = getattr(model, self.status)
        assert word not in self.failed, f"A new one of {self.resource} ended in {word}: {model!r}"
        return word in self.ready
