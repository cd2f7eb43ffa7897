"""The schema documents: what images, members, tasks and metadata definitions look like, for clients that ask."""

from __future__ import annotations

from typing import Any

from jumpgate.common.typed import Call, Handler, operation
from jumpgate.image.contract import Imaging
from jumpgate.image.views import images, members, metadefs, tasks
from jumpgate.image.views.documents import Document, collection, short_collection


def _serving(document: Document) -> type[Handler[Imaging]]:
    """Return a handler that answers with one document."""

    class DocumentHandler(Handler[Imaging]):
        """``/v2/schemas/...``."""

        @operation()
        def on_get(self, call: Call[Imaging]) -> Any:
            """Show the schema."""
            return document

    return DocumentHandler


DOCUMENTS: tuple[tuple[str, type[Handler[Imaging]]], ...] = (
    ("v2_schema_image", _serving(images.DOCUMENT)),
    ("v2_schema_images", _serving(collection("images", images.DOCUMENT))),
    ("v2_schema_member", _serving(members.DOCUMENT)),
    ("v2_schema_members", _serving(short_collection("members", members.DOCUMENT))),
    ("v2_schema_task", _serving(tasks.DOCUMENT)),
    ("v2_schema_tasks", _serving(collection("tasks", tasks.LISTED_DOCUMENT))),
)

METADEF_DOCUMENTS = tuple((name, _serving(document)) for name, document in metadefs.DOCUMENTS.items())
