"""From what a client asks for to SoftLayer's template of a new guest; what SoftLayer cannot give is refused."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from jumpgate.clouds.softlayer.session import Session, is_equal, nested
from jumpgate.clouds.softlayer.templates import template_id
from jumpgate.clouds.softlayer.values import number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest
from jumpgate.compute.drivers.softlayer.keypairs import number_of
from jumpgate.compute.drivers.softlayer.notes import Note
from jumpgate.compute.drivers.softlayer.placement import interfaces
from jumpgate.compute.models import ServerSpec

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")

HOST_MASK = "mask[id,name,datacenter[name]]"
UNTAGGED = "SoftLayer tells guests nothing of their devices: leave the tags of networks and volumes out."
UNSIGNED = "SoftLayer does not check the signatures of images: leave trusted_image_certificates out."


def names(spec: ServerSpec) -> list[str]:
    """Return the names of the servers to make: numbered where there are several, as Nova does it."""
    if spec.max_count == 1:
        return [spec.name]
    return [f"{spec.name}-{index + 1}" for index in range(spec.max_count)]


def template(session: Session, spec: ServerSpec, name: str, *, shared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template of the guest called `name`; `shared` is what all guests of the request have."""
    hostname, domain = host_and_domain(spec.hostname or name, session.settings.domain)
    return {"hostname": hostname, "domain": domain, **shared}


def shared_template(session: Session, ctx: Context, spec: ServerSpec) -> dict[str, Any]:
    """Return what all guests of a request have in common; raise BadRequest for what SoftLayer cannot give."""
    _refuse(spec)
    made: dict[str, Any] = {
        "hourlyBillingFlag": True,
        **_size(session, ctx, spec),
        "blockDeviceTemplateGroup": {"globalIdentifier": _template(session, ctx, spec.image_id or "")},
        **interfaces(session, ctx, spec),
    }
    zone = spec.availability_zone or session.settings.datacenter
    if zone and spec.host is None:
        made["datacenter"] = {"name": zone}
    if spec.keypair is not None:
        made["sshKeys"] = [{"id": number_of(session, ctx, spec.keypair.name)}]
    if spec.user_data:
        made["userData"] = [{"value": plain(spec.user_data)}]
    group = spec.scheduler_hints.get("group")
    if isinstance(group, str):
        made["placementGroupId"] = int(group)
    return made


def _template(session: Session, ctx: Context, image_id: str) -> str:
    found = template_id(session, ctx, image_id)
    if found is None:
        raise BadRequest(f"Image {image_id} has no data that SoftLayer has made a template of.")
    return found


def _refuse(spec: ServerSpec) -> None:
    disks = [(item.source, item.destination) for item in spec.block_devices]
    if spec.image_id is None or disks not in ([], [("image", "local")]):
        raise BadRequest("SoftLayer boots guests from image templates only: name an image, and attach volumes later.")
    if any([*(disk.tag for disk in spec.block_devices), *(network.tag for network in spec.networks)]):
        raise BadRequest(UNTAGGED)
    if spec.flavor.disabled:
        raise BadRequest(f"Flavor {spec.flavor.id} cannot be ordered.")
    if spec.files:
        raise BadRequest("SoftLayer puts no files into guests: use user_data.")
    if spec.trusted_image_certificates:
        raise BadRequest(UNSIGNED)
    if not spec.networks:
        raise BadRequest("Every SoftLayer guest is on the private network; it cannot do without one.")


def _size(session: Session, ctx: Context, spec: ServerSpec) -> dict[str, Any]:
    """Return what a template says of a guest's size: a preset, or its parts on a dedicated host, where none is sold."""
    if spec.host is None:
        return {"supplementalCreateObjectOptions": {"flavorKeyName": spec.flavor.id}}
    return {
        "startCpus": spec.flavor.vcpus,
        "maxMemory": spec.flavor.ram_mib,
        "localDiskFlag": True,
        "blockDevices": [{"device": "0", "diskImage": {"capacity": spec.flavor.disk_gib}}],
        "dedicatedHost": {"id": _host(session, ctx, spec)},
    }


def _host(session: Session, ctx: Context, spec: ServerSpec) -> int:
    """Return the number of the account's dedicated host of a name; raise BadRequest."""
    wanted = nested("dedicatedHosts.name", is_equal(spec.host))
    for host in session.call(ctx, "Account", "getDedicatedHosts", mask=HOST_MASK, filter=wanted) or ():
        zone = text(host, "datacenter.name")
        if text(host, "name") != spec.host:
            continue
        if spec.availability_zone not in (None, zone):
            raise BadRequest(f"Compute host {spec.host} is in the availability zone {zone}.")
        return number(host, "id")
    raise BadRequest(f"Compute host {spec.host} could not be found.", reason="ComputeHostNotFound")


def plain(user_data: str) -> str:
    """Return user data as text: SoftLayer keeps it so, and Nova takes base64."""
    try:
        return base64.b64decode(user_data).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise BadRequest("SoftLayer keeps user data as text: send text that is UTF-8 before it is base64.") from None


def host_and_domain(name: str, domain: str) -> tuple[str, str]:
    """Return a host name and DNS domain for a server: those that its name gives, else what can be made of it."""
    first, _, rest = name.partition(".")
    labels = rest.split(".")
    if len(labels) > 1 and all(_LABEL.fullmatch(label) for label in (first, *labels)):
        return first, rest
    if _LABEL.fullmatch(name):
        return name, domain
    cleaned = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:63].strip("-")
    return cleaned or "server", domain


def note_of(spec: ServerSpec, name: str, domain: str) -> Note:
    """Return the notes of a new guest: what its other properties do not say."""
    hostname, own = host_and_domain(spec.hostname or name, domain)
    shown = hostname if own == domain else f"{hostname}.{own}"
    return Note(
        name=None if shown == name else name,
        # Before 2.19 Nova described a server by its name.
        description=None if spec.description == name else spec.description,
        metadata=dict(spec.metadata),
        access_ipv4=spec.access_ipv4,
        access_ipv6=spec.access_ipv6,
        # A guest on a dedicated host is ordered by its parts; nothing else tells the flavor.
        flavor=None if spec.host is None else spec.flavor.id,
    )
