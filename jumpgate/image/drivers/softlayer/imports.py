"""From object storage to templates and back: which places SoftLayer knows, and what it wants to know of a disk."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jumpgate.clouds.softlayer.session import KEY, Record, Session
from jumpgate.clouds.softlayer.templates import SERVICE
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest

# What SoftLayer reads a template's disk from, as an additional property of a new image, and the operating system on it.
URI, OS_CODE = "uri", "os_code"
# Where SoftLayer writes a copy of a template's disk to, as an additional property.
EXPORT_URI = "export_uri"
# The key with which SoftLayer opens IBM Cloud's object storage. It is handed on and not kept.
IBM_KEY = "ibm_api_key"
_ICOS = "cos://"
_PLACES = re.compile(r"cos://[^/@?]+/[^/?]+/[^?]+|swift://[^/@?]+@[^/@?]+/[^/?]+/[^?]+")
# What Glance's os_distro is in SoftLayer's codes of operating systems.
_SYSTEMS = {"centos": "CENTOS", "debian": "DEBIAN", "rhel": "REDHAT", "ubuntu": "UBUNTU"}
_MAJOR = re.compile(r"([0-9]+)(?:\..*)?")


def check_place(uri: str) -> None:
    """Raise BadRequest for a place that is not in object storage that SoftLayer reaches."""
    if _PLACES.fullmatch(uri) is None:
        raise BadRequest(
            f"SoftLayer reads and writes disks in its object storage, not at {uri!r}: give cos://REGION/BUCKET/OBJECT "
            "or swift://ACCOUNT@CLUSTER/CONTAINER/OBJECT."
        )


def os_code(properties: Mapping[str, str]) -> str:
    """Return SoftLayer's code of the operating system on a disk, "" where its properties tell none.

    That is ``os_code``, or what ``os_distro`` and the first number of ``os_version`` make: UBUNTU_22_64.
    """
    system = _SYSTEMS.get(properties.get("os_distro", "").lower())
    version = _MAJOR.fullmatch(properties.get("os_version", ""))
    told = f"{system}_{version[1]}_64" if system and version else ""
    return properties.get(OS_CODE) or told


class Storage:
    """SoftLayer's calls that read disks from object storage and write them there."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, ctx: Context, uri: str, wanted: Mapping[str, str], *, ibm_key: str = "") -> Record:
        """Begin to make a template of a disk; `wanted` is its name, its note and its operating system."""
        method = "createFromIcos" if uri.startswith(_ICOS) else "createFromExternalSource"
        made: Record = self._session.call(ctx, SERVICE, method, {**wanted, **_opened(ctx, uri, ibm_key)})
        return made

    def write(self, ctx: Context, identifier: str, uri: str, *, ibm_key: str = "") -> None:
        """Begin to write a template's disk."""
        method = "copyToIcos" if uri.startswith(_ICOS) else "copyToExternalSource"
        self._session.call(ctx, SERVICE, method, _opened(ctx, uri, ibm_key), id=identifier)


def _opened(ctx: Context, uri: str, ibm_key: str) -> dict[str, str]:
    """Return where a disk is in object storage; IBM Cloud's takes a key, by default the caller's own."""
    return {"uri": uri, "ibmApiKey": ibm_key or ctx.secrets.get(KEY, "")} if uri.startswith(_ICOS) else {"uri": uri}
