"""A bucket of the operator's in IBM Cloud's object storage, where SoftLayer gets images' data from."""

from __future__ import annotations

from dataclasses import dataclass, field

from jumpgate.clouds.softlayer.session import SECTION
from jumpgate.common.config import Config, Option, url
from jumpgate.common.errors import ConfigError

OPTIONS = (
    Option(
        SECTION, "bucket", str, None, "A bucket of IBM Cloud's object storage for images' data; without, no uploads."
    ),
    Option(SECTION, "bucket_url", url, None, "The URL of the S3 API of the bucket's object storage."),
    Option(SECTION, "bucket_region", str, None, "The region of the bucket, as SoftLayer calls it: us-south."),
    Option(SECTION, "bucket_access_key_id", str, None, "The id of an HMAC key that may write and read the bucket."),
    Option(SECTION, "bucket_secret_access_key", str, None, "The secret of that key."),
    Option(SECTION, "bucket_api_key", str, None, "An API key of IBM Cloud with which SoftLayer may read the bucket."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSettings:
    """The values of `OPTIONS`."""

    name: str
    url: str
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    api_key: str = field(repr=False)

    @classmethod
    def of(cls, config: Config) -> BucketSettings | None:
        """Read the section, None where it names no bucket; raise ConfigError where half of it is missing."""
        given = {option.name: config.setting(option) for option in OPTIONS}
        missing = [name for name, value in given.items() if not value]
        if len(missing) == len(given):
            return None
        if missing:
            raise ConfigError(f"[{SECTION}] {', '.join(missing)}: uploads to a bucket need all of its options.")
        return cls(name=given.pop("bucket"), **{name.removeprefix("bucket_"): value for name, value in given.items()})
