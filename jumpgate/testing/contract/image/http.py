"""Images through HTTP."""

from __future__ import annotations

from jumpgate.testing.contract.http import OwnedOverHttp
from jumpgate.testing.contract.image.images import IMAGE


class TestImagesOverHttp(OwnedOverHttp):
    """Images."""

    thing, service = IMAGE, "image"
    singular, plural = "image", "images"
