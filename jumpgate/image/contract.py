"""What a cloud offers for Glance: one abstract class per resource, and their composition."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from jumpgate.common.context import Context
from jumpgate.common.errors import NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Crud, Resource
from jumpgate.image.models import (
    Definition,
    Download,
    Image,
    ImageSpec,
    ImportTask,
    Member,
    Namespace,
    Store,
    Usage,
)


class Stream(Protocol):
    """Bytes that come in: what a request's body and an open file have in common."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end. Raises OSError when the sender goes away."""
        ...


class Images(Crud[Image, ImageSpec]):
    """The images that a project sees: its own, the public ones, and those of others that are shared with it.

    `get` finds a community image too, and one whose offer is not answered yet; everything else raises NotFound. An
    administrator's project sees all. `find` takes an `ImageQuery`, and leaves other projects' community images out
    unless a filter on ``visibility`` asks for them.

    `create` raises Conflict for an id that is taken. `update` takes the model's attributes; its ``properties`` holds
    the additional ones that change, None for one that goes. `delete` raises Forbidden for a protected image. Whose
    image it is does not matter to these: that is for the policy to say.
    """

    def upload(self, ctx: Context, image_id: str, stream: Stream, *, size_bytes: int | None = None) -> None:
        """Store a queued image's data, read in pieces, and make the image active.

        `size_bytes` is what the client said that it would send, None when it did not. If the data ends early, cannot be
        read or is refused, nothing is kept and the image is queued again. Raises Conflict unless it is queued.
        """
        raise NotSupported

    def download(self, ctx: Context, image_id: str, *, offset: int = 0, length: int | None = None) -> Download | None:
        """Return an image's data from `offset` on, or None while it has none.

        Raises Forbidden for a deactivated image unless the caller is an administrator, and RangeNotSatisfiable when
        `offset` lies behind the end.
        """
        raise NotSupported

    def deactivate(self, ctx: Context, image_id: str) -> None:
        """Keep an active image's data from being read; raise Forbidden unless it is active, or deactivated already."""
        raise NotSupported

    def reactivate(self, ctx: Context, image_id: str) -> None:
        """Undo `deactivate`; raise Forbidden unless the image is deactivated, or active already."""
        raise NotSupported

    def add_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        """Give an image a tag; one that it has already stays."""
        raise NotSupported

    def remove_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        """Take a tag away, or raise NotFound when the image does not have it."""
        raise NotSupported

    def stage(self, ctx: Context, image_id: str, stream: Stream, *, size_bytes: int | None = None) -> None:
        """Keep a queued image's data aside until `import_staged` takes it in; the image is then uploading."""
        raise NotSupported

    def import_staged(self, ctx: Context, image_id: str) -> ImportTask:
        """Begin to take in what was staged (Glance's ``glance-direct``), and return the task that does it.

        Raises Conflict unless the image is uploading and no other task is at it.
        """
        raise NotSupported

    def import_from(self, ctx: Context, image_id: str, url: str) -> ImportTask:
        """Begin to fetch an image's data from a URL (Glance's ``web-download``), and return the task that does it.

        Raises BadRequest for a URL from which this cloud fetches nothing, Conflict unless the image is queued.
        """
        raise NotSupported


class Members(Resource):
    """The projects with which one image is shared.

    Its owner and administrators see all of them, a member sees itself; for anybody else the image does not exist.
    """

    @abstractmethod
    def find(self, ctx: Context, image_id: str) -> Iterable[Member]:
        """Yield the members that the caller may see; raise NotFound when it cannot see the image."""

    @abstractmethod
    def get(self, ctx: Context, image_id: str, project_id: str) -> Member:
        """Return one member, or raise NotFound."""

    def create(self, ctx: Context, image_id: str, project_id: str) -> Member:
        """Offer the image to a project: a pending member. Raises Conflict for one that is a member already."""
        raise NotSupported

    def update(self, ctx: Context, image_id: str, project_id: str, status: str) -> Member:
        """Set a member's status: pending, accepted or rejected."""
        raise NotSupported

    def delete(self, ctx: Context, image_id: str, project_id: str) -> None:
        """Share the image with a project no more."""
        raise NotSupported


class Tasks(Resource):
    """The imports of the project's images; an administrator's project sees everybody's."""

    @abstractmethod
    def find(self, ctx: Context, query: Query) -> Iterable[ImportTask]:
        """Yield the tasks that have not expired. `query` may narrow the call; Jumpgate applies it again."""

    @abstractmethod
    def get(self, ctx: Context, task_id: str) -> ImportTask:
        """Return one task, or raise NotFound."""


class Stores(Resource):
    """Where images' data can be kept."""

    @abstractmethod
    def find(self, ctx: Context) -> Iterable[Store]:
        """Yield the stores, of which one is the default."""


class Usages(Resource):
    """How much a project uses of what is limited."""

    @abstractmethod
    def find(self, ctx: Context) -> Iterable[Usage]:
        """Yield the usage of each limited resource by the caller's project."""


class Metadefs(Resource):
    """Namespaces of metadata definitions: what the properties of images and other things mean.

    A caller sees those of its project and the public ones, an administrator all. A namespace is one small document that
    is changed as a whole.
    """

    @abstractmethod
    def find(self, ctx: Context, query: Query) -> Iterable[Namespace]:
        """Yield the namespaces that the caller sees. `query` may narrow the call; Jumpgate applies it again."""

    @abstractmethod
    def get(self, ctx: Context, name: str) -> Namespace:
        """Return one namespace, or raise NotFound."""

    def create(self, ctx: Context, namespace: Namespace) -> None:
        """Add a namespace; raise Conflict for a name that is taken, even by one that the caller does not see."""
        raise NotSupported

    def update(self, ctx: Context, name: str, change: Callable[[Namespace], Namespace]) -> Namespace:
        """Replace a namespace by what `change` makes of it, with nobody in between, and return it.

        What `change` raises leaves the namespace as it is. Raises Conflict for a new name that is taken.
        """
        raise NotSupported

    def delete(self, ctx: Context, name: str) -> None:
        """Remove a namespace with all that it defines; raise Forbidden for a protected one."""
        raise NotSupported

    @abstractmethod
    def resource_types(self, ctx: Context) -> Iterable[Definition]:
        """Yield the resource types to which a namespace can apply: the usual ones, and those that namespaces named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imaging:
    """What one cloud offers for Glance. None: this cloud has no such thing."""

    images: Images
    members: Members | None = None
    tasks: Tasks | None = None
    stores: Stores | None = None
    usages: Usages | None = None
    metadefs: Metadefs | None = None
