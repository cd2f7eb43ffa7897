"""Servers in JSON, per microversion: in brief, in detail, and as an update or a rebuild answers.

Source: the API reference, "Servers"; the windows are those of the REST API Version History.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

from jumpgate.common.fields import Field, Scene, View
from jumpgate.common.format import iso_microseconds, iso_seconds_z
from jumpgate.common.ids import Kind
from jumpgate.compute.models import Address, Server
from jumpgate.compute.models.states import status
from jumpgate.compute.views import flavors
from jumpgate.compute.views.links import Links

ATTRIBUTES = "os_compute_api:os-extended-server-attributes"
_HOST_STATUS = "os_compute_api:servers:show:host_status"
_FLAVOR_EXTRA_SPECS = "os_compute_api:servers:show:flavor-extra-specs"

_IN_PROGRESS = frozenset({"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"})
_FAULTY = frozenset({"ERROR", "DELETED"})


def host_id(host: str | None, project_id: str) -> str:
    """Return the hash by which a project can tell hosts apart without knowing them; empty without a host."""
    return hashlib.sha224((project_id + host).encode()).hexdigest() if host else ""


def addresses(server: Server, *, extended: bool) -> dict[str, list[dict[str, Any]]]:
    """Return a server's addresses by the names of their networks, fixed ones first."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for item in sorted(server.addresses, key=lambda item: item.kind != "fixed"):
        shown.setdefault(item.network, []).append(_address(item, extended=extended))
    return shown


def _address(item: Address, *, extended: bool) -> dict[str, Any]:
    address: dict[str, Any] = {"version": item.version, "addr": item.address}
    if extended:
        address |= {"OS-EXT-IPS:type": item.kind, "OS-EXT-IPS-MAC:mac_addr": item.mac_address}
    return address


def _volumes(server: Server, scene: Scene) -> list[dict[str, Any]]:
    shown = scene.ids[Kind.VOLUME].to_openstack
    if scene.version is not None and scene.version < (2, 3):
        return [{"id": shown(volume.id)} for volume in server.volumes]
    return [
        {"id": shown(volume.id), "delete_on_termination": volume.delete_on_termination} for volume in server.volumes
    ]


def _addresses(server: Server, _: Scene) -> dict[str, Any]:
    return {} if server.vm_state == "building" else addresses(server, extended=True)


def _brief_addresses(server: Server, _: Scene) -> dict[str, Any]:
    return {} if server.vm_state == "building" else addresses(server, extended=False)


def _shortest(address: str) -> str:
    """Return an IPv6 address in RFC 5952's form, as Nova's database does; "" where there is none."""
    return str(ip_address(address)) if address else ""


def _zone(server: Server, _: Scene) -> str:
    return server.availability_zone or ""


_MAIN = (
    Field("accessIPv4", "access_ipv4"),
    Field("accessIPv6", lambda server, _: _shortest(server.access_ipv6)),
    Field("created", lambda server, _: iso_seconds_z(server.created_at)),
    Field("hostId", lambda server, _: host_id(server.host, server.project_id)),
    Field("id", kind=Kind.SERVER),
    Field("metadata"),
    Field("name"),
    Field("status", lambda server, _: status(server.vm_state, server.task_state)),
    Field("tenant_id", "project_id", kind=Kind.PROJECT),
    Field("user_id", kind=Kind.USER),
    Field("updated", lambda server, _: iso_seconds_z(server.updated_at)),
    Field("OS-DCF:diskConfig", "disk_config"),
    Field("locked", since="2.9"),
    Field("description", since="2.19"),
    Field("tags", since="2.26"),
    Field("trusted_image_certificates", since="2.63"),
    Field("locked_reason", since="2.73"),
)

# What an update and a rebuild leave out before 2.75.
_MORE = (
    Field("OS-EXT-AZ:availability_zone", _zone),
    Field("config_drive", lambda server, _: "True" if server.config_drive else ""),
    Field("OS-SRV-USG:launched_at", lambda server, _: iso_microseconds(server.launched_at)),
    Field("OS-SRV-USG:terminated_at", lambda server, _: iso_microseconds(server.terminated_at)),
    Field("OS-EXT-SRV-ATTR:host", "host", visible=ATTRIBUTES),
    Field("OS-EXT-SRV-ATTR:instance_name", "instance_name", visible=ATTRIBUTES),
    Field("OS-EXT-SRV-ATTR:hypervisor_hostname", "hypervisor_hostname", visible=ATTRIBUTES),
    Field("OS-EXT-SRV-ATTR:hostname", "hostname", since="2.3", until="2.89", visible=ATTRIBUTES),
    Field("OS-EXT-SRV-ATTR:hostname", "hostname", since="2.90"),
    Field("OS-EXT-SRV-ATTR:kernel_id", "kernel_id", since="2.3", visible=ATTRIBUTES),
    Field("OS-EXT-SRV-ATTR:launch_index", "launch_index", since="2.3", visible=ATTRIBUTES),
    Field("OS-EXT-SRV-ATTR:ramdisk_id", "ramdisk_id", since="2.3", visible=ATTRIBUTES),
    Field("OS-EXT-SRV-ATTR:reservation_id", "reservation_id", since="2.3", visible=ATTRIBUTES),
    Field("OS-EXT-SRV-ATTR:root_device_name", "root_device_name", since="2.3", visible=ATTRIBUTES),
    Field("OS-EXT-STS:task_state", "task_state"),
    Field("OS-EXT-STS:vm_state", "vm_state"),
    Field("OS-EXT-STS:power_state", "power_state"),
    Field("os-extended-volumes:volumes_attached", _volumes),
    Field("host_status", since="2.16", visible=_HOST_STATUS),
    Field("pinned_availability_zone", since="2.96"),
    Field("scheduler_hints", since="2.100"),
)

_ADDRESSES = Field("addresses", _addresses)
_BRIEF_ADDRESSES = Field("addresses", _brief_addresses)
_KEY_NAME = Field("key_name")
_USER_DATA = Field("OS-EXT-SRV-ATTR:user_data", "user_data", since="2.3", visible=ATTRIBUTES)
_GROUPS = Field("server_groups", kind=Kind.SERVER_GROUP, since="2.71")

DETAIL: View[Server] = View(*_MAIN, *_MORE, _ADDRESSES, _KEY_NAME, _USER_DATA)
SHOW: View[Server] = View(*_MAIN, *_MORE, _ADDRESSES, _KEY_NAME, _USER_DATA, _GROUPS)
# A changed server: little before 2.75, everything since; a rebuilt one tells its key and user data earlier.
_UPDATED_BRIEF: View[Server] = View(*_MAIN, _BRIEF_ADDRESSES, _GROUPS)
_REBUILT_BRIEF: View[Server] = View(
    *_MAIN, _BRIEF_ADDRESSES, _GROUPS, Field("key_name", since="2.54"), Field("user_data", since="2.57")
)
_REBUILT: View[Server] = View(*_MAIN, *_MORE, _ADDRESSES, _KEY_NAME, _GROUPS, Field("user_data"))


def updated(scene: Scene) -> View[Server]:
    """Return the view in which an update answers."""
    return SHOW if _at_least_2_75(scene) else _UPDATED_BRIEF


def rebuilt(scene: Scene) -> View[Server]:
    """Return the view in which a rebuild answers."""
    return _REBUILT if _at_least_2_75(scene) else _REBUILT_BRIEF


def _at_least_2_75(scene: Scene) -> bool:
    return scene.version is not None and scene.version >= (2, 75)


def renderer(scene: Scene, view: View[Server]) -> Callable[[Server], dict[str, Any]]:
    """Return the function that renders servers for one request."""
    render, links = view.bind(scene), Links(scene)
    embeds = scene.version is not None and scene.version >= (2, 47)
    extra_specs = embeds and scene.may(_FLAVOR_EXTRA_SPECS)
    shows_properties = scene.version is not None and scene.version >= (2, 98)
    names = {field.name for field in view.at(scene.version)}
    grouped = "OS-EXT-STS:vm_state" in names

    def rendered(server: Server) -> dict[str, Any]:
        shown = render(server)
        shown["links"] = links.of("servers", shown["id"])
        image_id = server.image_id and scene.ids[Kind.IMAGE].to_openstack(server.image_id)
        shown["image"] = _linked(links, "images", image_id)
        if image_id and shows_properties:
            shown["image"]["properties"] = server.image_properties
        shown["flavor"] = (
            flavors.embedded(server.flavor, extra_specs=extra_specs)
            if embeds
            else _linked(links, "flavors", scene.ids[Kind.FLAVOR].to_openstack(server.flavor.id))
        )
        if grouped and server.security_groups:
            shown["security_groups"] = [{"name": name} for name in server.security_groups]
        if shown["status"] in _IN_PROGRESS:
            shown["progress"] = server.progress
        if shown["status"] in _FAULTY and server.fault is not None:
            shown["fault"] = _fault(server, admin=scene.ctx.is_admin)
        return shown

    return rendered


def _linked(links: Links, collection: str, identifier: str | None) -> Any:
    """Return an id with its bookmark; the empty string for none, as a server without an image has it."""
    if not identifier:
        return ""
    return {"id": identifier, "links": [{"rel": "bookmark", "href": links.bookmark(collection, identifier)}]}


def _fault(server: Server, *, admin: bool) -> dict[str, Any]:
    fault = server.fault
    assert fault is not None
    shown: dict[str, Any] = {
        "code": fault.code,
        "created": iso_seconds_z(fault.created_at),
        "message": fault.message,
    }
    if fault.details and (admin or fault.code != 500):
        shown["details"] = fault.details
    return shown


def brief(scene: Scene) -> Callable[[Server], dict[str, Any]]:
    """Return the function that renders servers in a list without details."""
    links, shown = Links(scene), scene.ids[Kind.SERVER].to_openstack

    def rendered(server: Server) -> dict[str, Any]:
        identifier = shown(server.id)
        return {"id": identifier, "name": server.name, "links": links.of("servers", identifier)}

    return rendered


def created(scene: Scene, server: Server, security_groups: Iterable[dict[str, str]]) -> dict[str, Any]:
    """Return what a create answers of the first server: the groups are those of the request."""
    identifier = scene.ids[Kind.SERVER].to_openstack(server.id)
    return {
        "id": identifier,
        "links": Links(scene).of("servers", identifier),
        "OS-DCF:diskConfig": server.disk_config,
        "security_groups": list(security_groups),
    }
