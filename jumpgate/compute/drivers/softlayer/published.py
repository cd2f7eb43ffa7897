"""What SoftLayer serves beyond what every cloud can: the passwords that it makes for its guests, and what the first
SoftLayer driver had and today's Nova has not: DNS entries, images from object storage, named keypairs.

These endpoints take the place of those that `jumpgate.compute.wiring.expose` has set.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from jumpgate.common.errors import BadRequest, NotSupported
from jumpgate.common.ids import Kind
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Handler, TypedService, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.drivers.softlayer.domains import Domains, Entry
from jumpgate.compute.drivers.softlayer.passwords import Passwords
from jumpgate.compute.handlers.gone import GoneHandler
from jumpgate.compute.handlers.images import ImagesHandler
from jumpgate.compute.handlers.keypairs import KeypairHandler
from jumpgate.compute.handlers.lookup import get_server
from jumpgate.compute.handlers.siblings import sibling, spec_of
from jumpgate.compute.models import KeypairSpec
from jumpgate.compute.schemas.parameters import NO_QUERY

_READ, _WRITE = "os_compute_api:os-floating-ips:list", "os_compute_api:os-floating-ips:create"


def _closed(name: str, properties: dict[str, Any], *required: str) -> Schema:
    inner = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return Schema({"type": "object", "properties": {name: inner}, "required": [name], "additionalProperties": False})


_ENTRY = _closed("dns_entry", {"ip": {"type": "string"}, "dns_type": {"enum": ["A", "AAAA"]}}, "ip")
_TEXT = {"type": "string", "minLength": 1, "maxLength": 255}
_METADATA = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 255}}
_IMAGE = _closed("image", {"name": _TEXT, "uri": _TEXT, "os_code": _TEXT, "metadata": _METADATA}, "name", "uri")
_KEYPAIR = _closed("keypair", {"public_key": {"type": "string", "minLength": 1}, "name": _TEXT})


def publish(service: TypedService[Compute], domains: Domains, passwords: Passwords) -> None:
    """Set the handlers."""
    made: dict[str, Callable[[], Handler[Compute]]] = {
        "v2_os_floating_ip_dns": lambda: DomainsHandler(service, domains),
        "v2_os_floating_ip_dns_domain_entry": lambda: EntryHandler(service, domains),
        "v2_images": lambda: NewImagesHandler(service),
        "v2_os_keypair": lambda: NamedKeypairHandler(service),
        "v2_os_server_password": lambda: PasswordHandler(service, passwords),
    }
    for name, make in made.items():
        service.disp.set_handler(name, make())


class _OfDomains(GoneHandler):
    def __init__(self, service: TypedService[Compute], domains: Domains) -> None:
        super().__init__(service)
        self.domains = domains


class DomainsHandler(_OfDomains):
    """``/os-floating-ip-dns``: the account's zones."""

    @operation(policy=_READ)
    def on_get(self, call: Call[Compute], **_: str) -> dict[str, Any]:
        names = sorted(self.domains.names(call.ctx))
        nothing = {"scope": "public", "project": call.ctx.project_id, "availability_zone": None}
        return {"domain_entries": [{"domain": name, **nothing} for name in names]}


class EntryHandler(_OfDomains):
    """``/os-floating-ip-dns/{domain}/entries/{entry}``: a host name's address, or an address's host names."""

    @operation(policy=_READ)
    def on_get(self, call: Call[Compute], domain: str, entry: str) -> dict[str, Any]:
        if _is_address(entry):
            found = self.domains.entries(call.ctx, domain, address=entry)
            return {"dns_entries": [_shown(domain, item) for item in found]}
        named = self.domains.entries(call.ctx, domain, name=entry)
        return {"dns_entry": _shown(domain, named[0]) if named else self.missing(domain, entry)}

    @staticmethod
    def missing(domain: str, entry: str) -> dict[str, Any]:
        """Say that a name has no address, as Nova's DNS drivers did."""
        return {"domain": domain, "name": entry, "ip": None, "type": None, "id": None}

    @operation(policy=_WRITE, body=_ENTRY)
    def on_put(self, call: Call[Compute], domain: str, entry: str) -> dict[str, Any]:
        address = call.body["dns_entry"]["ip"]
        if not _is_address(address):
            raise BadRequest(f"{address!r} is no IP address.")
        kind = "AAAA" if ip_address(address).version == 6 else "A"
        if call.body["dns_entry"].get("dns_type", kind) != kind:
            raise BadRequest(f"The address {address} belongs in a record of type {kind}.")
        return {"dns_entry": _shown(domain, self.domains.write(call.ctx, domain, entry, address, kind))}

    @operation(policy=_WRITE, status=202)
    def on_delete(self, call: Call[Compute], domain: str, entry: str) -> None:
        self.domains.remove(call.ctx, domain, entry)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _shown(domain: str, entry: Entry) -> dict[str, Any]:
    return {"domain": domain, "name": entry.name, "ip": entry.address, "type": entry.kind, "id": entry.id}


class NewImagesHandler(ImagesHandler):
    """``/images``, where an image of SoftLayer's object storage can be made."""

    @operation(body=_IMAGE, status=202)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        service = sibling(call, "image")
        if service is None:
            raise NotSupported("The image service of this cloud cannot be reached by way of compute.")
        wanted = call.body["image"]
        properties = {**wanted.get("metadata", {}), "uri": wanted["uri"]}
        if "os_code" in wanted:
            properties["os_code"] = wanted["os_code"]
        spec = spec_of(service.images)(name=wanted["name"], properties=properties)
        image = service.images.create(call.ctx, spec)
        shown = call.openstack_id(Kind.IMAGE, image.id)
        call.resp.set_header("Location", call.url("v2_image", image_id=shown))
        return {"image": {"id": shown, "name": image.name, "status": image.status.upper()}}


class NamedKeypairHandler(KeypairHandler):
    """``/os-keypairs/{keypair_name}``, where a keypair of that name can be made."""

    @operation("keypairs.create", body=_KEYPAIR)
    def on_post(self, call: Call[Compute], keypair_name: str) -> dict[str, Any]:
        call.require("os_compute_api:os-keypairs:create", {"user_id": call.ctx.user_id})
        assert call.cloud.keypairs is not None
        if call.body["keypair"].get("name", keypair_name) != keypair_name:
            raise BadRequest("The body names another keypair than the path.")
        public_key = call.body["keypair"].get("public_key")
        spec = KeypairSpec(name=keypair_name, user_id=call.ctx.user_id, public_key=public_key)
        made = call.cloud.keypairs.create(call.ctx, spec)
        shown = {name: getattr(made, name) for name in ("name", "public_key", "fingerprint", "user_id")}
        return {"keypair": {**shown, "private_key": made.private_key} if made.private_key else shown}


class PasswordHandler(Handler[Compute]):
    """``/servers/{server_id}/os-server-password``: what SoftLayer made up, encrypted with the server's SSH key."""

    def __init__(self, service: TypedService[Compute], passwords: Passwords) -> None:
        super().__init__(service)
        self.passwords = passwords

    @operation("servers.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, "os_compute_api:os-server-password:show")
        return {"password": self.passwords.encrypted(call.ctx, server.id)}

    @operation("servers.get", status=204)
    def on_delete(self, call: Call[Compute], server_id: str) -> None:
        server = get_server(call, server_id, "os_compute_api:os-server-password:clear")
        self.passwords.clear(call.ctx, server.id)
