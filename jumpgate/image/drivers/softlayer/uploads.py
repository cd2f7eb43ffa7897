"""Images whose data comes in through Jumpgate: into the operator's bucket, where SoftLayer reads it and it stays.

What was uploaded is what is downloaded, byte for byte, which SoftLayer's own copy of the disk is not.
"""

from __future__ import annotations

import logging

from jumpgate.clouds.softlayer.session import Session
from jumpgate.clouds.softlayer.templates import account_of
from jumpgate.common.context import Context
from jumpgate.common.digests import known_of
from jumpgate.common.errors import BadRequest, JumpgateError, NotSupported, RangeNotSatisfiable
from jumpgate.image.contract import Stream
from jumpgate.image.drivers.softlayer.bucket import Bucket
from jumpgate.image.drivers.softlayer.images import SoftLayerImages
from jumpgate.image.drivers.softlayer.waiting import IMPORTING, SAVING, Attempt, WaitingImages
from jumpgate.image.models import Download

LOG = logging.getLogger(__name__)


class UploadedImages(SoftLayerImages):
    """Images with a bucket for their data, in which each has a prefix of its own."""

    def __init__(self, session: Session, waiting: WaitingImages, bucket: Bucket) -> None:
        super().__init__(session, waiting)
        self._bucket = bucket

    def upload(self, ctx: Context, image_id: str, stream: Stream, *, size_bytes: int | None = None) -> None:
        waiting = self.fillable(ctx, image_id, "Image status transition from active to saving is not allowed")
        formats = {name: waiting.details[name] for name in ("disk_format", "container_format")}
        missing = [name for name, value in formats.items() if not value]
        if missing:
            raise BadRequest(f"{', '.join(missing)} must be set prior to saving data.")
        attempt = self._waiting.begin(ctx, image_id, SAVING)
        key = f"{_prefix(image_id)}{attempt.writer}.{formats['disk_format']}"
        try:
            self._bucket.empty(_prefix(image_id))
            read = self._bucket.put(key, stream, size_bytes=size_bytes, alive=attempt.beat)
            attempt.know(known_of(read, **formats), IMPORTING)
        except BaseException:
            self._undo(attempt, key)
            raise
        self._import(ctx, attempt, key)

    def _import(self, ctx: Context, attempt: Attempt, key: str) -> None:
        try:
            self.hand_over(ctx, attempt, self._bucket.uri(key), ibm_key=self._bucket.api_key)
        except JumpgateError as error:
            if error.status < 500 and not attempt.is_bound:
                self._undo(attempt, key)
            raise

    def _undo(self, attempt: Attempt, key: str) -> None:
        """Let an image wait again, and keep nothing of its data; what cannot be removed now, the next attempt does."""
        attempt.release()
        self._remove(key)

    def _remove(self, prefix: str) -> None:
        try:
            self._bucket.empty(prefix)
        except JumpgateError:
            LOG.exception("Objects whose keys begin with %s remain in the bucket, and nobody needs them", prefix)

    def download(self, ctx: Context, image_id: str, *, offset: int = 0, length: int | None = None) -> Download | None:
        _, record = self.look(ctx, image_id)
        found = self._bucket.find(_prefix(image_id)) if account_of(image_id) is not None else None
        if found is None and record is not None:
            raise NotSupported(
                "The bucket has no data of this image, and SoftLayer hands out none itself: set the image's property "
                "export_uri, and SoftLayer writes its disk to object storage."
            )
        if found is None:
            return None
        size = found.size_bytes
        if offset > size or (offset == size and size):
            raise RangeNotSatisfiable(f"The image has {size} bytes.")
        end = size if length is None else min(size, offset + length)
        checksum = self.get(ctx, image_id).checksum
        return Download(size_bytes=size, checksum=checksum, chunks=self._bucket.open(found, offset, end))

    def delete(self, ctx: Context, resource_id: str) -> None:
        super().delete(ctx, resource_id)
        if account_of(resource_id) is not None:
            self._remove(_prefix(resource_id))


def _prefix(image_id: str) -> str:
    return f"{image_id}/"
