"""Small stand-ins for compute's siblings, which implement the same contracts in memory.

They outlive the application that they are registered with, as the real services' stores do, so that a test can open a
cloud again on what a crashed one left.
"""

from __future__ import annotations

import dataclasses
import itertools
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jumpgate.block_storage.contract import Attachments, Snapshots, Volumes, VolumeTypes
from jumpgate.block_storage.models import (
    Attachment,
    AttachmentSpec,
    Snapshot,
    SnapshotSpec,
    Volume,
    VolumeSpec,
    VolumeType,
    VolumeTypeSpec,
)
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, Forbidden, NoFreeAddress, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Query
from jumpgate.image.contract import Images
from jumpgate.image.models import Download, Image, ImageSpec
from jumpgate.network.contract import (
    FloatingIps,
    Networks,
    Ports,
    Quotas,
    SecurityGroupRules,
    SecurityGroups,
    Subnets,
)
from jumpgate.network.models import (
    FixedIp,
    FloatingIp,
    FloatingIpSpec,
    Network,
    NetworkSpec,
    Port,
    PortSpec,
    Quota,
    SecurityGroup,
    SecurityGroupRule,
    SecurityGroupRuleSpec,
    SecurityGroupSpec,
    Subnet,
    SubnetSpec,
)
from tests.support.cloud import DEMO


class Shelf:
    """Things by their ids, and how often each operation was asked for."""

    def __init__(self) -> None:
        self.things: dict[str, Any] = {}
        self.calls: list[str] = []
        self.before: dict[str, Callable[[], None]] = {}
        self.point: Callable[[], None] = _nothing

    def note(self, operation: str) -> None:
        """Count an operation, and let a test fail it or end the process here."""
        self.calls.append(operation)
        self.point()
        if operation in self.before:
            self.before[operation]()

    def visible(self, ctx: Context, thing: Any) -> bool:
        return bool(thing.project_id == ctx.project or ctx.is_admin)

    def find(self, ctx: Context, query: Query) -> list[Any]:
        self.note("find")
        return [thing for thing in self.things.values() if query.all_projects or self.visible(ctx, thing)]

    def get(self, ctx: Context, identifier: str) -> Any:
        self.note("get")
        thing = self.things.get(identifier)
        if thing is None or not self.visible(ctx, thing):
            raise NotFound(f"{identifier} could not be found.")
        return thing

    def put(self, thing: Any) -> Any:
        self.things[thing.id] = thing
        return thing

    def change(self, identifier: str, changes: Mapping[str, Any]) -> Any:
        return self.put(dataclasses.replace(self.things[identifier], **changes))

    def remove(self, ctx: Context, identifier: str) -> None:
        self.note("delete")
        self.get(ctx, identifier)
        del self.things[identifier]


def _nothing() -> None:
    pass


def _record(project_id: str) -> dict[str, Any]:
    now = utcnow()
    return {"id": str(uuid.uuid4()), "project_id": project_id, "created_at": now, "updated_at": now}


class FakeNetworks(Networks):
    def __init__(self) -> None:
        self.shelf = Shelf()
        self.shelf.visible = lambda ctx, thing: (  # type: ignore[method-assign]
            thing.project_id == ctx.project or thing.shared or thing.external or ctx.is_admin
        )

    def find(self, ctx: Context, query: Query) -> Iterable[Network]:
        return self.shelf.find(ctx, query)

    def get(self, ctx: Context, resource_id: str) -> Network:
        network: Network = self.shelf.get(ctx, resource_id)
        return network

    def create(self, ctx: Context, spec: NetworkSpec) -> Network:
        raise AssertionError("Tests add networks by `FakeNetwork.add_network`.")


class FakeSubnets(Subnets):
    def find(self, ctx: Context, query: Query) -> Iterable[Subnet]:
        return ()

    def get(self, ctx: Context, resource_id: str) -> Subnet:
        raise NotFound("There are no subnets to look at.")

    def create(self, ctx: Context, spec: SubnetSpec) -> Subnet:
        raise AssertionError("Nobody makes subnets here.")


class FakePorts(Ports):
    def __init__(self, networks: FakeNetworks) -> None:
        self.shelf = Shelf()
        self.networks = networks
        self.free: dict[str, list[str]] = {}
        self.macs = itertools.count(1)
        self.default_group = ""

    def find(self, ctx: Context, query: Query) -> Iterable[Port]:
        return self.shelf.find(ctx, query)

    def get(self, ctx: Context, resource_id: str) -> Port:
        port: Port = self.shelf.get(ctx, resource_id)
        return port

    def create(self, ctx: Context, spec: PortSpec) -> Port:
        self.shelf.note("create")
        network = self.networks.get(ctx, spec.network_id)
        free = self.free[network.id]
        wanted = spec.fixed_ips[0].ip_address if spec.fixed_ips else None
        if not free or (wanted is not None and wanted not in free):
            raise NoFreeAddress(f"No more IP addresses available on network {network.id}.")
        address = wanted or free[0]
        free.remove(address)
        port = Port(
            **_record(spec.project_id or ctx.project),
            network_id=network.id,
            mac_address=f"fa:16:3e:00:00:{next(self.macs):02x}",
            fixed_ips=(FixedIp(subnet_id=network.subnet_ids[0], ip_address=address),),
            device_id=spec.device_id,
            device_owner=spec.device_owner,
            security_group_ids=spec.security_group_ids or (self.default_group,),
            status="ACTIVE",
        )
        made: Port = self.shelf.put(port)
        self.shelf.point()
        return made

    def update(self, ctx: Context, resource_id: str, changes: Mapping[str, Any]) -> Port:
        self.shelf.note("update")
        self.shelf.get(ctx, resource_id)
        port: Port = self.shelf.change(resource_id, changes)
        self.shelf.point()
        return port

    def delete(self, ctx: Context, resource_id: str) -> None:
        port = self.shelf.things.get(resource_id)
        self.shelf.remove(ctx, resource_id)
        if port is not None:
            self.free[port.network_id].extend(item.ip_address for item in port.fixed_ips)
        self.shelf.point()


class FakeSecurityGroups(SecurityGroups):
    def __init__(self) -> None:
        self.shelf = Shelf()

    def add(self, name: str, project_id: str = DEMO) -> SecurityGroup:
        group: SecurityGroup = self.shelf.put(SecurityGroup(**_record(project_id), name=name))
        return group

    def find(self, ctx: Context, query: Query) -> Iterable[SecurityGroup]:
        return self.shelf.find(ctx, query)

    def get(self, ctx: Context, resource_id: str) -> SecurityGroup:
        group: SecurityGroup = self.shelf.get(ctx, resource_id)
        return group

    def create(self, ctx: Context, spec: SecurityGroupSpec) -> SecurityGroup:
        group: SecurityGroup = self.shelf.put(
            SecurityGroup(**_record(ctx.project), name=spec.name)
            if not spec.description
            else self._described(ctx, spec)
        )
        return group

    @staticmethod
    def _described(ctx: Context, spec: SecurityGroupSpec) -> SecurityGroup:
        return SecurityGroup(**_record(ctx.project), name=spec.name, description=spec.description)

    def update(self, ctx: Context, resource_id: str, changes: Mapping[str, Any]) -> SecurityGroup:
        self.shelf.get(ctx, resource_id)
        group: SecurityGroup = self.shelf.change(resource_id, changes)
        return group

    def delete(self, ctx: Context, resource_id: str) -> None:
        if self.shelf.get(ctx, resource_id).name == "default":
            raise Conflict("Removing default security group not allowed.")
        self.shelf.remove(ctx, resource_id)


class FakeSecurityGroupRules(SecurityGroupRules):
    def __init__(self, groups: FakeSecurityGroups) -> None:
        self.groups = groups

    def _all(self) -> dict[str, SecurityGroupRule]:
        return {rule.id: rule for group in self.groups.shelf.things.values() for rule in group.rules}

    def find(self, ctx: Context, query: Query) -> Iterable[SecurityGroupRule]:
        return self._all().values()

    def get(self, ctx: Context, resource_id: str) -> SecurityGroupRule:
        if resource_id not in self._all():
            raise NotFound("There is no such rule.")
        return self._all()[resource_id]

    def create(self, ctx: Context, spec: SecurityGroupRuleSpec) -> SecurityGroupRule:
        group = self.groups.get(ctx, spec.security_group_id)
        values = {
            field.name: getattr(spec, field.name)
            for field in dataclasses.fields(spec)
            if field.name != "project_id" and getattr(spec, field.name) is not None
        }
        rule = SecurityGroupRule(**_record(ctx.project), **values)
        self.groups.shelf.change(group.id, {"rules": (*group.rules, rule)})
        return rule

    def delete(self, ctx: Context, resource_id: str) -> None:
        rule = self.get(ctx, resource_id)
        group = self.groups.get(ctx, rule.security_group_id)
        kept = tuple(item for item in group.rules if item.id != resource_id)
        self.groups.shelf.change(group.id, {"rules": kept})


class FakeFloatingIps(FloatingIps):
    def __init__(self) -> None:
        self.shelf = Shelf()

    def add(self, address: str, port_id: str | None = None) -> FloatingIp:
        floating = FloatingIp(
            **_record(DEMO), floating_network_id=str(uuid.uuid4()), floating_ip_address=address, port_id=port_id
        )
        made: FloatingIp = self.shelf.put(floating)
        return made

    def find(self, ctx: Context, query: Query) -> Iterable[FloatingIp]:
        return self.shelf.find(ctx, query)

    def get(self, ctx: Context, resource_id: str) -> FloatingIp:
        floating: FloatingIp = self.shelf.get(ctx, resource_id)
        return floating

    def create(self, ctx: Context, spec: FloatingIpSpec) -> FloatingIp:
        raise AssertionError("Tests add floating IPs by `add`.")

    def update(self, ctx: Context, resource_id: str, changes: Mapping[str, Any]) -> FloatingIp:
        floating: FloatingIp = self.shelf.change(resource_id, changes)
        return floating


class FakeNetworkQuotas(Quotas):
    def __init__(self, ports: FakePorts) -> None:
        self.ports = ports
        self.limit = -1

    def find(self, ctx: Context) -> Iterable[Quota]:
        return ()

    def get(self, ctx: Context, project_id: str) -> Quota:
        return Quota(project_id=project_id, limits={"port": self.limit}, used={"port": len(self.ports.shelf.things)})

    def defaults(self, ctx: Context) -> Mapping[str, int]:
        return {"port": self.limit}


class FakeNetwork:
    """The network service: one network of the project DEMO, called private, with a default security group."""

    def __init__(self) -> None:
        self.networks = FakeNetworks()
        self.subnets = FakeSubnets()
        self.ports = FakePorts(self.networks)
        self.security_groups = FakeSecurityGroups()
        self.security_group_rules = FakeSecurityGroupRules(self.security_groups)
        self.floating_ips = FakeFloatingIps()
        self.quotas = FakeNetworkQuotas(self.ports)
        self.default = self.security_groups.add("default")
        self.ports.default_group = self.default.id
        self.private = self.add_network("private", "10.0.0")

    def add_network(self, name: str, prefix: str, *, project_id: str = DEMO, **attributes: Any) -> Network:
        attributes.setdefault("subnet_ids", (str(uuid.uuid4()),))
        network = Network(**_record(project_id), name=name, **attributes)
        self.ports.free[network.id] = [f"{prefix}.{number}" for number in range(2, 60)]
        made: Network = self.networks.shelf.put(network)
        return made

    def add_port(self, network: Network | None = None, *, project_id: str = DEMO) -> Port:
        ctx = Context(user_id="u", project_id=project_id, roles=("admin",))
        return self.ports.create(ctx, PortSpec(network_id=(network or self.private).id, project_id=project_id))

    def ports_of(self, server_id: str) -> list[Port]:
        return [port for port in self.ports.shelf.things.values() if port.device_id == server_id]


class FakeImages(Images):
    def __init__(self) -> None:
        self.shelf = Shelf()
        self.data: dict[str, bytes] = {}
        self.shelf.visible = lambda ctx, thing: (  # type: ignore[method-assign]
            thing.visibility == "public" or thing.owner == ctx.project or ctx.is_admin
        )

    def add(self, name: str = "cirros", data: bytes = b"bootable bytes", **attributes: Any) -> Image:
        now = utcnow()
        values: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "name": name,
            "status": "active",
            "visibility": "public",
            "owner": DEMO,
            "disk_format": "qcow2",
            "container_format": "bare",
            "size_bytes": len(data),
            "created_at": now,
            "updated_at": now,
        }
        image = Image(**{**values, **attributes})
        self.data[image.id] = data
        made: Image = self.shelf.put(image)
        return made

    def find(self, ctx: Context, query: Query) -> Iterable[Image]:
        return self.shelf.find(ctx, query)

    def get(self, ctx: Context, resource_id: str) -> Image:
        image: Image = self.shelf.get(ctx, resource_id)
        return image

    def create(self, ctx: Context, spec: ImageSpec) -> Image:
        self.shelf.note("create")
        image = self.add(
            spec.name or "",
            b"",
            status="queued",
            visibility=spec.visibility,
            owner=spec.owner or ctx.project,
            size_bytes=None,
            min_disk_gib=spec.min_disk_gib,
            min_ram_mib=spec.min_ram_mib,
            properties=dict(spec.properties),
            disk_format=spec.disk_format,
            container_format=spec.container_format,
        )
        del self.data[image.id]
        self.shelf.point()
        return image

    def update(self, ctx: Context, resource_id: str, changes: Mapping[str, Any]) -> Image:
        image = self.get(ctx, resource_id)
        merged = {**image.properties, **changes["properties"]}
        kept = {key: value for key, value in merged.items() if value is not None}
        changed: Image = self.shelf.change(resource_id, {"properties": kept})
        return changed

    def delete(self, ctx: Context, resource_id: str) -> None:
        self.shelf.remove(ctx, resource_id)

    def upload(self, ctx: Context, image_id: str, stream: Any, *, size_bytes: int | None = None) -> None:
        self.shelf.note("upload")
        if self.get(ctx, image_id).status != "queued":
            raise Conflict("The image has its data.")
        data = b""
        while chunk := stream.read(5):
            data += chunk
        self.data[image_id] = data
        self.shelf.change(image_id, {"status": "active", "size_bytes": len(data)})
        self.shelf.point()

    def download(self, ctx: Context, image_id: str, *, offset: int = 0, length: int | None = None) -> Download | None:
        self.get(ctx, image_id)
        data = self.data[image_id]
        return Download(size_bytes=len(data), checksum=None, chunks=iter((data[:4], data[4:])))


class FakeImaging:
    """The image service: one public image, cirros."""

    def __init__(self) -> None:
        self.images = FakeImages()
        self.cirros = self.images.add()


class FakeVolumes(Volumes):
    def __init__(self) -> None:
        self.shelf = Shelf()
        self.made_as = "available"

    def add(self, *, status: str = "available", project_id: str = DEMO, **attributes: Any) -> Volume:
        values = {"size_gib": 1, "user_id": "u", **attributes}
        identifier = str(uuid.uuid4())
        volume = Volume(id=identifier, project_id=project_id, status=status, created_at=utcnow(), **values)
        made: Volume = self.shelf.put(volume)
        return made

    def find(self, ctx: Context, query: Query) -> Iterable[Volume]:
        return self.shelf.find(ctx, query)

    def get(self, ctx: Context, resource_id: str) -> Volume:
        volume: Volume = self.shelf.get(ctx, resource_id)
        return volume

    def create(self, ctx: Context, spec: VolumeSpec) -> Volume:
        self.shelf.note("create")
        volume = self.add(
            status=self.made_as,
            project_id=ctx.project,
            size_gib=spec.size_gib or 1,
            metadata=dict(spec.metadata),
            volume_type=spec.volume_type,
            bootable=spec.image_id is not None,
            image_metadata={"image_id": spec.image_id} if spec.image_id else {},
            snapshot_id=spec.snapshot_id,
        )
        self.shelf.point()
        return volume

    def delete(self, ctx: Context, resource_id: str, *, cascade: bool = False, force: bool = False) -> None:
        if self.get(ctx, resource_id).status not in ("available", "error"):
            raise BadRequest("Invalid volume: Volume status must be available or error.")
        self.shelf.remove(ctx, resource_id)
        self.shelf.point()

    def reimage(self, ctx: Context, volume_id: str, image_id: str, *, reserved: bool = False) -> None:
        self.shelf.note("reimage")
        if self.get(ctx, volume_id).status not in ("available", "error"):
            raise BadRequest("Invalid volume: Volume status must be available or error.")
        self.shelf.change(volume_id, {"image_metadata": {"image_id": image_id}})
        self.shelf.point()


class FakeAttachments(Attachments):
    def __init__(self, volumes: FakeVolumes) -> None:
        self.shelf = Shelf()
        self.volumes = volumes

    def find(self, ctx: Context, query: Query) -> Iterable[Attachment]:
        return self.shelf.find(ctx, query)

    def get(self, ctx: Context, resource_id: str) -> Attachment:
        attachment: Attachment = self.shelf.get(ctx, resource_id)
        return attachment

    def create(self, ctx: Context, spec: AttachmentSpec) -> Attachment:
        self.shelf.note("create")
        volume = self.volumes.get(ctx, spec.volume_id)
        if volume.status != "available" and not volume.is_multiattach:
            raise BadRequest(f"Invalid volume: Volume {volume.id} status must be available.")
        attachment = Attachment(
            id=str(uuid.uuid4()),
            volume_id=volume.id,
            project_id=volume.project_id,
            status="attached",
            server_id=spec.server_id,
            mountpoint=spec.mountpoint,
        )
        holders = (*volume.attachments, attachment)
        self.volumes.shelf.change(volume.id, {"status": "in-use", "attachments": holders})
        made: Attachment = self.shelf.put(attachment)
        self.shelf.point()
        return made

    def delete(self, ctx: Context, resource_id: str) -> None:
        attachment = self.get(ctx, resource_id)
        self.shelf.remove(ctx, resource_id)
        left = tuple(item for item in self.shelf.things.values() if item.volume_id == attachment.volume_id)
        status = "in-use" if left else "available"
        if attachment.volume_id in self.volumes.shelf.things:
            self.volumes.shelf.change(attachment.volume_id, {"status": status, "attachments": left})
        self.shelf.point()

    def of(self, server_id: str) -> list[Attachment]:
        return [item for item in self.shelf.things.values() if item.server_id == server_id]


class FakeSnapshots(Snapshots):
    def __init__(self) -> None:
        self.shelf = Shelf()

    def find(self, ctx: Context, query: Query) -> Iterable[Snapshot]:
        return self.shelf.find(ctx, query)

    def get(self, ctx: Context, resource_id: str) -> Snapshot:
        snapshot: Snapshot = self.shelf.get(ctx, resource_id)
        return snapshot

    def create(self, ctx: Context, spec: SnapshotSpec) -> Snapshot:
        if not spec.force:
            raise Forbidden("The volume is in use.")
        snapshot = Snapshot(
            id=str(uuid.uuid4()),
            volume_id=spec.volume_id,
            project_id=ctx.project,
            user_id=ctx.user_id,
            size_gib=1,
            status="available",
            created_at=utcnow(),
            name=spec.name,
        )
        made: Snapshot = self.shelf.put(snapshot)
        return made


class FakeVolumeTypes(VolumeTypes):
    def find(self, ctx: Context, query: Query) -> Iterable[VolumeType]:
        return (VolumeType(id=str(uuid.uuid4()), name="fast"),)

    def get(self, ctx: Context, resource_id: str) -> VolumeType:
        raise NotFound("Nobody gets volume types here.")

    def create(self, ctx: Context, spec: VolumeTypeSpec) -> VolumeType:
        raise AssertionError("Nobody makes volume types here.")


class FakeBlockStorage:
    """The block storage service, without volumes at first."""

    def __init__(self) -> None:
        self.volumes = FakeVolumes()
        self.attachments = FakeAttachments(self.volumes)
        self.snapshots = FakeSnapshots()
        self.volume_types = FakeVolumeTypes()
