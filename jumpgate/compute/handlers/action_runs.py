"""What each server action does once the server is known and in a state for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.lookup import detailed, flavor_in_body, target
from jumpgate.compute.handlers.network_requests import group_named
from jumpgate.compute.handlers.server_spec import (
    check_fit,
    check_host,
    check_zone,
    files_in_body,
    hardware,
    image_in_body,
    keypair_in_body,
    new_password,
    shown_password,
)
from jumpgate.compute.handlers.siblings import find, sibling
from jumpgate.compute.models import RebuildSpec, Server
from jumpgate.compute.models.states import require
from jumpgate.compute.schemas.parameters import truth
from jumpgate.compute.views import servers as views


def plain(method: str) -> Callable[[Call[Compute], Server, Any], None]:
    """Return what does an action that needs nothing but the server: a method of the contract."""

    def run(call: Call[Compute], server: Server, _: Any) -> None:
        getattr(call.cloud.servers, method)(call.ctx, server.id)

    return run


def reboot(call: Call[Compute], server: Server, body: Any) -> None:
    hard = body["type"].upper() == "HARD"
    require("hard reboot" if hard else "reboot", server)
    call.cloud.servers.reboot(call.ctx, server.id, hard=hard)


def lock(call: Call[Compute], server: Server, body: Any) -> None:
    reason = body.get("locked_reason") if isinstance(body, dict) and call.at_least("2.73") else None
    call.cloud.servers.lock(call.ctx, server.id, reason)


def unlock(call: Call[Compute], server: Server, _: Any) -> None:
    expected = "owner" if server.project_id == call.ctx.project_id else "admin"
    if server.locked and server.locked_by != expected:
        call.require("os_compute_api:os-lock-server:unlock:unlock_override", target(server))
    call.cloud.servers.unlock(call.ctx, server.id)


_REBUILT = {
    "description": "description",
    "hostname": "hostname",
    "metadata": "metadata",
    "user_data": "user_data",
    "OS-DCF:diskConfig": "disk_config",
    "accessIPv4": "access_ipv4",
    "accessIPv6": "access_ipv6",
}


def rebuild(call: Call[Compute], server: Server, body: Any) -> Any:
    image = image_in_body(call, body["imageRef"], "Cannot find image for rebuild")
    if server.image_id is None and not call.at_least("2.93") and image is not None:
        _refuse_other_image(call, server, image.id)
    check_fit(call, server.flavor, image, volume_backed=server.image_id is None)
    changes: dict[str, object] = {attribute: body[key] for key, attribute in _REBUILT.items() if key in body}
    if "name" in body:
        changes["name"] = body["name"].strip()
    if "key_name" in body:
        keypair = keypair_in_body(call, body["key_name"])
        changes |= {
            "key_name": keypair.name if keypair else None,
            "key_data": keypair.public_key if keypair else None,
        }
    if image is not None and server.image_id is not None:
        changes["image_properties"] = hardware(image)
    if "trusted_image_certificates" in body:
        call.require("os_compute_api:servers:rebuild:trusted_certs", target(server))
        changes["trusted_image_certificates"] = body["trusted_image_certificates"]
    spec = RebuildSpec(
        image_id=call.native_in_body(Kind.IMAGE, body["imageRef"]),
        reimages_volume=call.at_least("2.93"),
        admin_password=body.get("adminPass") or new_password(),
        changes=changes,
        files=files_in_body(body),
    )
    rebuilt = call.cloud.servers.rebuild(call.ctx, server.id, spec)
    shown = views.renderer(call, views.rebuilt(call))(detailed(call, rebuilt))
    call.resp.set_header("Location", shown["links"][0]["href"])
    return {"server": {**shown, **shown_password(call, spec.admin_password)}}


def _refuse_other_image(call: Call[Compute], server: Server, image_id: str) -> None:
    """Before 2.93 a server on a volume could only be rebuilt with the image that its volume was made of."""
    storage = sibling(call, "block_storage")
    volumes = detailed(call, server).volumes
    if storage is None or not volumes:
        return
    volume = storage.volumes.get(call.ctx, volumes[0].id)
    if volume.image_metadata.get("image_id") != image_id:
        raise BadRequest(
            f"Image {image_id} is unacceptable: Unable to rebuild with a different image for a volume-backed server.",
            reason="ImageUnacceptable",
        )


def resize(call: Call[Compute], server: Server, body: Any) -> None:
    flavor = flavor_in_body(call, body["flavorRef"])
    if flavor.id == server.flavor.id:
        raise BadRequest("When resizing, instances must change flavor!", reason="CannotResizeToSameFlavor")
    if flavor.disk_gib == 0 and server.flavor.disk_gib != 0 and server.image_id is not None:
        raise BadRequest(
            "Server disk was unable to be resized because: Resize to zero disk flavor is not allowed.",
            reason="CannotResizeDisk",
        )
    if server.image_id is not None:
        check_fit(call, flavor, _image_if_there(call, server.image_id), volume_backed=False)
    call.cloud.servers.resize(call.ctx, server.id, flavor, disk_config=body.get("OS-DCF:diskConfig"))


def _image_if_there(call: Call[Compute], image_id: str) -> Any:
    """Return a server's image; one that was deleted since, or is in use no more, hinders nobody."""
    images = sibling(call, "image")
    if images is None:
        return None
    try:
        image = images.images.get(call.ctx, image_id)
    except NotFound:
        return None
    return image if image.status == "active" else None


# The properties of an image that is booted as a disk beside the server's own.
_STABLE_RESCUE = frozenset({"hw_rescue_bus", "hw_rescue_device"})


def rescue(call: Call[Compute], server: Server, body: Any) -> Any:
    wanted = body or {}
    password = wanted.get("adminPass") or new_password()
    reference = wanted.get("rescue_image_ref")
    unsupported = f"Requested rescue image '{reference}' is not supported"
    image = image_in_body(call, reference, unsupported)
    properties = server.image_properties if image is None else image.properties
    if image is not None and "block_device_mapping" in properties:
        raise BadRequest(unsupported, reason="UnsupportedRescueImage")
    if server.image_id is None and not (call.at_least("2.87") and properties.keys() >= _STABLE_RESCUE):
        raise BadRequest(
            f"Instance {server.id} cannot be rescued: Cannot rescue a volume-backed instance",
            reason="InstanceNotRescuable",
        )
    call.cloud.servers.rescue(
        call.ctx, server.id, image_id=None if image is None else image.id, admin_password=password
    )
    return shown_password(call, password)


def unshelve(call: Call[Compute], server: Server, body: Any) -> None:
    wanted = body if isinstance(body, dict) and call.at_least("2.77") else {}
    zone, host = wanted.get("availability_zone"), wanted.get("host")
    if wanted and server.vm_state != "shelved_offloaded":
        raise Conflict(
            f'Specifying an availability zone or a host when unshelving server "{server.id}" with status '
            f'"{server.vm_state}" is not supported. The server status must be SHELVED_OFFLOADED.'
        )
    if zone:
        check_zone(call, zone)
    if host:
        call.require("os_compute_api:os-shelve:unshelve_to_host", target(server))
        check_host(call, host)
    unpin = "availability_zone" in wanted and zone is None
    call.cloud.servers.unshelve(call.ctx, server.id, zone=zone, unpin=unpin)


def change_password(call: Call[Compute], server: Server, body: Any) -> None:
    call.cloud.servers.change_password(call.ctx, server.id, body["adminPass"])


def create_image(call: Call[Compute], server: Server, body: Any) -> Any:
    if server.image_id is None:
        call.require("os_compute_api:servers:create_image:allow_volume_backed", target(server))
    image_id = call.cloud.servers.create_image(call.ctx, server.id, body["name"].strip(), body.get("metadata", {}))
    return _image_answer(call, image_id)


def create_backup(call: Call[Compute], server: Server, body: Any) -> Any:
    rotation = int(body["rotation"])
    image_id = call.cloud.servers.create_backup(
        call.ctx,
        server.id,
        body["name"].strip(),
        kind=body["backup_type"],
        rotation=rotation,
        properties=body.get("metadata", {}),
    )
    # A backup that is rotated away at once is not worth a link.
    return _image_answer(call, image_id) if rotation > 0 or call.at_least("2.45") else None


def _image_answer(call: Call[Compute], image_id: str) -> Any:
    """Tell the image's id: in the body since 2.45, in the Location header before."""
    shown = call.openstack_id(Kind.IMAGE, image_id)
    if call.at_least("2.45"):
        return {"image_id": shown}
    location = call.service.app.get_endpoint_url("image", call.req, "v2_image", image_id=shown)
    call.resp.set_header("Location", location)
    return None


def console_output(call: Call[Compute], server: Server, body: Any) -> Any:
    length = body.get("length")
    lines = None if length is None or int(length) < 0 else int(length)
    if server.host is None:
        raise Conflict(f"Instance {server.id} is not ready", reason="InstanceNotReady")
    return {"output": call.cloud.servers.console_output(call.ctx, server.id, lines)}


def reset_state(call: Call[Compute], server: Server, body: Any) -> None:
    call.cloud.servers.reset_state(call.ctx, server.id, body["state"])


def add_security_group(call: Call[Compute], server: Server, body: Any) -> None:
    call.cloud.servers.add_security_group(call.ctx, server.id, _group(call, server, body["name"]))


def remove_security_group(call: Call[Compute], server: Server, body: Any) -> None:
    call.cloud.servers.remove_security_group(call.ctx, server.id, _group(call, server, body["name"]))


def _group(call: Call[Compute], server: Server, name: str) -> str:
    """Return the id of the security group of a name or id in the server's project."""
    network = sibling(call, "network")
    groups = [] if network is None or network.security_groups is None else find(call, network.security_groups)
    found = group_named(call, [group for group in groups if group.project_id == server.project_id], name)
    if found is None:
        raise NotFound(f"Security group {name} not found for project {server.project_id}.")
    return found


def migrate(call: Call[Compute], server: Server, body: Any) -> None:
    host = (body or {}).get("host")
    if host is not None:
        call.require("os_compute_api:os-migrate-server:migrate:host", target(server))
    call.cloud.servers.migrate(call.ctx, server.id, host)


def migrate_live(call: Call[Compute], server: Server, body: Any) -> None:
    host, copies_disk = body["host"], body["block_migration"]
    if host:
        call.require("os_compute_api:os-migrate-server:migrate_live:host", target(server))
    _check_force(body, host)
    copies = None if copies_disk == "auto" else truth(copies_disk)
    call.cloud.servers.live_migrate(call.ctx, server.id, host or None, copies_disk=copies)


def evacuate(call: Call[Compute], server: Server, body: Any) -> Any:
    _check_force(body, body.get("host"))
    password = body.get("adminPass")
    if not call.at_least("2.14") and truth(body["onSharedStorage"]):
        if password is not None:
            raise BadRequest("admin password can't be changed on existing disk")
    else:
        password = password or new_password()
    call.cloud.servers.evacuate(call.ctx, server.id, body.get("host"), password or "")
    return None if call.at_least("2.14") else shown_password(call, password) or None


def _check_force(body: Mapping[str, Any], host: str | None) -> None:
    if truth(body.get("force", False)) and not host:
        raise BadRequest("Can't force to a non-provided destination")


def add_fixed_ip(call: Call[Compute], server: Server, body: Any) -> None:
    network_id = call.native_in_body(Kind.NETWORK, str(body["networkId"]))
    call.cloud.servers.add_fixed_ip(call.ctx, server.id, network_id)


def remove_fixed_ip(call: Call[Compute], server: Server, body: Any) -> None:
    call.cloud.servers.remove_fixed_ip(call.ctx, server.id, body["address"])
