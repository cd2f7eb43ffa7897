"""Images' data in a bucket: streamed in by parts, and streamed out."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jumpgate.clouds.softlayer.bucket import BucketSettings
from jumpgate.common.digests import Digest, digest
from jumpgate.common.errors import BadRequest, CloudError, CloudUnreachable, ConfigError, NotFound
from jumpgate.image.contract import Stream

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import Session
except ModuleNotFoundError as error:
    raise ConfigError("Uploads to a bucket need a library: pip install 'jumpgate[softlayer]'.") from error

# An upload has 10,000 parts at most, and each is in memory while it is sent.
PART_BYTES = 32 * 1024 * 1024
MOST_BYTES = 10_000 * PART_BYTES
CHUNK_BYTES = 256 * 1024
# Where the library would look for options and keys of somebody else's: in the home directory, by the environment.
_NOBODYS = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
_TIMES = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 3, "mode": "standard"}}
# Newer checksums than MD5 are Amazon's alone; IBM's object storage need not know them.
_CHECKSUMS = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}


@dataclass(frozen=True, slots=True)
class Found:
    """An object: its key and its size in bytes."""

    key: str
    size_bytes: int


class Bucket:
    """The bucket. What fails in it raises CloudError or CloudUnreachable, without a word of its keys."""

    def __init__(self, settings: BucketSettings) -> None:
        self._settings = settings

    @property
    def api_key(self) -> str:
        """The key with which SoftLayer reads the bucket."""
        return self._settings.api_key

    def uri(self, key: str) -> str:
        """Return the URI by which SoftLayer knows an object."""
        return f"cos://{self._settings.region}/{self._settings.name}/{key}"

    def put(self, key: str, stream: Stream, *, size_bytes: int | None, alive: Callable[[], None]) -> Digest:
        """Store what `stream` yields and return what it was; `alive` is called for each piece.

        Nothing is stored when the stream fails, ends before `size_bytes` or has nothing at all: BadRequest.
        """
        with self._words(), _Parts(self._client, self._settings.name, key) as parts:

            def take(piece: bytes) -> None:
                alive()
                parts.write(piece)

            read = digest(stream, take, most_bytes=MOST_BYTES)
            if size_bytes is not None and read.size_bytes != size_bytes:
                raise BadRequest(f"The image data ended after {read.size_bytes} of {size_bytes} bytes.")
            if not read.size_bytes:
                raise BadRequest("No data came in, and SoftLayer makes no template of nothing; the image still waits.")
            parts.complete()
        return read

    def find(self, prefix: str) -> Found | None:
        """Return the object under a prefix, None where there is none."""
        with self._words():
            found = self._client.list_objects_v2(Bucket=self._settings.name, Prefix=prefix, MaxKeys=1)
        return next((Found(item["Key"], item["Size"]) for item in found.get("Contents", ())), None)

    def open(self, found: Found, start: int, end: int) -> Iterator[bytes]:
        """Yield an object's bytes from `start` to before `end`; raise NotFound when it has just gone."""
        if start >= end:
            return iter(())
        wanted = f"bytes={start}-{end - 1}"
        with self._words():
            body = self._client.get_object(Bucket=self._settings.name, Key=found.key, Range=wanted)["Body"]
        return self._chunks(body)

    def _chunks(self, body: Any) -> Iterator[bytes]:
        try:
            yield from body.iter_chunks(CHUNK_BYTES)
        except BotoCoreError as error:
            raise OSError(f"The object storage broke off: {type(error).__name__}") from error
        finally:
            body.close()

    def empty(self, prefix: str) -> None:
        """Remove the objects whose keys begin so, and what broken uploads have left of others."""
        name = self._settings.name
        with self._words():
            for upload in self._client.list_multipart_uploads(Bucket=name, Prefix=prefix).get("Uploads", ()):
                _abort(self._client, name, upload["Key"], upload["UploadId"])
            for item in self._client.list_objects_v2(Bucket=name, Prefix=prefix).get("Contents", ()):
                self._client.delete_object(Bucket=name, Key=item["Key"])

    @functools.cached_property
    def _client(self) -> Any:
        given = self._settings
        return boto3.session.Session(
            aws_access_key_id=given.access_key_id,
            aws_secret_access_key=given.secret_access_key,
            botocore_session=Session(session_vars=_NOBODYS),
        ).client(
            "s3",
            endpoint_url=given.url,
            region_name=given.region,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, **_TIMES, **_CHECKSUMS),
        )

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in ("NoSuchKey", "404"):
                raise NotFound("The image's data is not there any more.") from error
            raise CloudError(f"The object storage refused {error.operation_name}: {code}.") from error
        except BotoCoreError as error:
            raise CloudUnreachable(f"The object storage does not answer ({type(error).__name__}).") from error


class _Parts:
    """An object that comes into being part by part; leaving the block without `complete` leaves nothing."""

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._client = client
        self._place = {"Bucket": bucket, "Key": key}
        self._upload: str | None = None
        self._buffer = bytearray()
        self._sent: list[dict[str, Any]] = []

    def __enter__(self) -> _Parts:
        return self

    def __exit__(self, *_: object) -> None:
        if self._upload is not None:
            _abort(self._client, self._place["Bucket"], self._place["Key"], self._upload)

    def write(self, piece: bytes) -> None:
        self._buffer += piece
        if len(self._buffer) >= PART_BYTES:
            self._send()

    def _send(self) -> None:
        if self._upload is None:
            self._upload = self._client.create_multipart_upload(**self._place)["UploadId"]
        number, part = len(self._sent) + 1, self._buffer
        self._buffer = bytearray()
        sent = self._client.upload_part(**self._place, UploadId=self._upload, PartNumber=number, Body=part)
        self._sent.append({"ETag": sent["ETag"], "PartNumber": number})

    def complete(self) -> None:
        """Make the object; one that fits into a single part is sent as it is."""
        if self._upload is None:
            self._client.put_object(**self._place, Body=self._buffer)
            return
        if self._buffer:
            self._send()
        parts = {"Parts": self._sent}
        self._client.complete_multipart_upload(**self._place, UploadId=self._upload, MultipartUpload=parts)
        self._upload = None


def _abort(client: Any, bucket: str, key: str, upload: str) -> None:
    """Drop an upload. One that cannot be dropped now is dropped with the image."""
    try:
        client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
    except (BotoCoreError, ClientError):
        return
