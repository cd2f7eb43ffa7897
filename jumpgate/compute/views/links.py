"""The links in Nova's answers: a thing's own URL, its bookmark without the version, and the next page.

Source: the API guide's "Links and References" and "Paginated Collections".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jumpgate.common.fields import Scene
from jumpgate.common.listing import next_url


class Links:
    """The links of one request: below the root by which it came, with the project where the client wrote it."""

    def __init__(self, scene: Scene) -> None:
        base = scene.url("versions").rstrip("/")
        self._root = scene.url("v2_servers").removesuffix("/servers")
        path = self._root.removeprefix(base).strip("/")
        project = path.partition("/")[2]
        self._bookmarks = f"{base}/{project}" if project else base

    def of(self, collection: str, identifier: str) -> list[dict[str, str]]:
        """Return the self and bookmark links of a thing."""
        return [
            {"rel": "self", "href": f"{self._root}/{collection}/{identifier}"},
            {"rel": "bookmark", "href": self.bookmark(collection, identifier)},
        ]

    def own(self, collection: str, identifier: str) -> str:
        """Return the URL of a thing."""
        return f"{self._root}/{collection}/{identifier}"

    def bookmark(self, collection: str, identifier: str) -> str:
        """Return the URL of a thing without the API's version."""
        return f"{self._bookmarks}/{collection}/{identifier}"

    def next(
        self, collection: str, parameters: Mapping[str, Sequence[str]], ids: Sequence[str], limit: int | None
    ) -> list[dict[str, str]]:
        """Return the link to the page after these things; none after a page that is not full."""
        if not limit or len(ids) < limit:
            return []
        return [{"rel": "next", "href": next_url(f"{self._root}/{collection}", parameters, ids[-1])}]
