"""Object storage on loopback that speaks S3 over HTTP: moto's server, in the process that starts it."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

REGION, API_KEY, SECRET = "us-south", "ibm-cloud-api-key", "hmac-secret"
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class ObjectStorage:
    """A bucket in the storage. `read` is what SoftLayer finds at a URI, where the API key opens it."""

    url: str
    bucket: str
    client: Any

    def read(self, uri: str, key: str) -> bytes | None:
        place = f"cos://{REGION}/{self.bucket}/"
        if key != API_KEY or not uri.startswith(place):
            return None
        name = uri.removeprefix(place)
        if name not in self.keys():
            return None
        data: bytes = self.client.get_object(Bucket=self.bucket, Key=name)["Body"].read()
        return data

    def keys(self) -> list[str]:
        """Return the keys of all objects."""
        return [item["Key"] for item in self.client.list_objects_v2(Bucket=self.bucket).get("Contents", ())]

    def uploads(self) -> list[str]:
        """Return the keys of the uploads that are not complete."""
        return [item["Key"] for item in self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", ())]

    def options(self) -> str:
        """Return the lines of Jumpgate's section ``[softlayer]`` for it."""
        return (
            f"bucket = {self.bucket}\nbucket_url = {self.url}\nbucket_region = {REGION}\n"
            f"bucket_access_key_id = hmac\nbucket_secret_access_key = {SECRET}\nbucket_api_key = {API_KEY}\n"
        )


@contextmanager
def object_storage() -> Iterator[ObjectStorage]:
    """Serve a bucket."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield new_bucket(f"http://{host}:{port}")
    finally:
        server.stop()


def new_bucket(url: str) -> ObjectStorage:
    """Make a bucket in a storage that is served."""
    session = boto3.session.Session(aws_access_key_id="operator", aws_secret_access_key="operator")
    client = session.client("s3", endpoint_url=url, region_name=REGION)
    name = f"images-{next(_NUMBERS)}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return ObjectStorage(url, name, client)
