"""The things of compute, and what they need of other services."""

from __future__ import annotations

import base64
import dataclasses
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import pytest

from jumpgate.block_storage.models import VolumeSpec
from jumpgate.common.context import Context
from jumpgate.common.ids import Kind
from jumpgate.common.listing import EVERYTHING, Query
from jumpgate.common.resource import capabilities
from jumpgate.compute.models import Flavor, FlavorSpec, KeypairSpec, NetworkRequest, ServerGroupSpec, ServerSpec
from jumpgate.image.models import ImageSpec
from jumpgate.network.models import NetworkSpec, SecurityGroupSpec, SubnetSpec
from jumpgate.testing.contract.model import Thing
from jumpgate.testing.contract.prefixes import fresh_prefix
from jumpgate.testing.contract.suite import Bench, Made


def public_key() -> str:
    """Return an SSH key that nobody has seen before: there are clouds that keep each key once."""
    kind = b"ssh-ed25519"
    parts = (kind, secrets.token_bytes(32))
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return f"{kind.decode()} {base64.b64encode(blob).decode()} contract@jumpgate.example"


class ServerThing(Thing):
    """A server of the smallest flavor, from the given image, on the given network."""

    resource = "servers"
    kind = Kind.SERVER
    filters = ("id", "name", "vm_state", "image_id", "flavor.id", "locked_by", "created_at")
    sorts = ("created_at", "name", "id")
    free = ("networks", "block_devices", "flavor", "hostname", "host", "availability_zone", "disk_config")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> ServerSpec:
        wanted: dict[str, Any] = {
            "flavor": flavor(made.bench, ctx),
            "image_id": image_id(made, ctx),
            "networks": networks(made, ctx),
            "metadata": {"suite": "contract"},
        }
        return ServerSpec(name=name, **{**wanted, **more})

    def create(self, contract: Any, ctx: Context, spec: Any) -> Any:
        return contract.create(ctx, spec)[0]

    def is_gone(self, model: Any) -> bool:
        return bool(model.deleted or model.vm_state == "deleted")

    def is_ready(self, model: Any) -> bool:
        assert model.vm_state != "error", f"Server {model.id} is in ERROR: {model.fault!r}"
        return bool(model.vm_state == "active" and model.task_state is None)


class FlavorThing(Thing):
    """A small flavor, as an administrator makes it."""

    resource = "flavors"
    kind = Kind.FLAVOR
    caller = "admin"
    filters = ("is_public", "ram_mib")
    sorts = ("name", "ram_mib", "vcpus", "id")
    changes: ClassVar[Mapping[str, Any]] = {"description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> FlavorSpec:
        return FlavorSpec(**{"name": name, "vcpus": 1, "ram_mib": 64, "disk_gib": 1, **more})


class KeypairThing(Thing):
    """A keypair whose public key the client gives."""

    resource = "keypairs"
    key = "name"
    filters = ()
    sorts = ("name",)
    directions = (False,)

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> KeypairSpec:
        return KeypairSpec(**{"name": name, "user_id": ctx.user_id, "public_key": public_key(), **more})

    def find(self, contract: Any, ctx: Context, query: Query) -> Iterable[Any]:
        found: Iterable[Any] = contract.find(ctx, ctx.user_id, query)
        return found

    def get(self, contract: Any, ctx: Context, key: Any) -> Any:
        return contract.get(ctx, ctx.user_id, key)

    def delete(self, contract: Any, ctx: Context, key: Any) -> None:
        contract.delete(ctx, ctx.user_id, key)


class ServerGroupThing(Thing):
    """A server group, whose list has an order of its own."""

    resource = "server_groups"
    kind = Kind.SERVER_GROUP
    filters = ()
    sorts = ()

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> ServerGroupSpec:
        return ServerGroupSpec(**{"name": name, "policy": "anti-affinity", **more})


SERVER, FLAVOR, KEYPAIR, SERVER_GROUP = ServerThing(), FlavorThing(), KeypairThing(), ServerGroupThing()


def flavors(bench: Bench, ctx: Context) -> list[Flavor]:
    """Return the flavors that tests may use, the smallest first."""
    if bench.cloud.offers.flavors is None:
        bench.require("flavors.find")
    found = bench.cloud.offers.flavors.find(ctx, EVERYTHING)
    usable = [flavor for flavor in found if not flavor.disabled]
    return sorted(usable, key=lambda flavor: (flavor.ram_mib, flavor.vcpus, flavor.disk_gib))


def flavor(bench: Bench, ctx: Context) -> Flavor:
    """Return the flavor that servers are made of."""
    wanted = bench.cloud.given.flavor_id
    if wanted is not None:
        chosen: Flavor = bench.cloud.offers.flavors.get(ctx, wanted)
        return chosen
    return next(item for item in flavors(bench, ctx) if item.disk_gib > 0)


def larger_flavor(bench: Bench, ctx: Context) -> Flavor:
    """Return the flavor that servers are resized to."""
    wanted, smallest = bench.cloud.given.other_flavor_id, flavor(bench, ctx)
    if wanted is not None:
        chosen: Flavor = bench.cloud.offers.flavors.get(ctx, wanted)
        return chosen
    return next(item for item in flavors(bench, ctx) if item.ram_mib > smallest.ram_mib and item.disk_gib > 0)


def image_id(made: Made, ctx: Context) -> str | None:
    """Return the image that servers boot from: the given one, or any public one that can be used."""
    if made.cloud.given.image_id is not None or not made.cloud.siblings.has("image"):
        return made.cloud.given.image_id
    images = made.cloud.siblings["image"].images
    found = [image for image in images.find(ctx, EVERYTHING) if image.status == "active"]
    assert found, "There is no image to boot from: give one as Given(image_id=...)."
    identifier: str = found[0].id
    return identifier


def takes_images(made: Made) -> bool:
    """Tell whether there is an image service that takes the data of a new image."""
    siblings = made.cloud.siblings
    return siblings.has("image") and "images.upload" in capabilities(siblings["image"])


def new_image(made: Made, ctx: Context) -> str:
    """Make an image at the image service and return its id."""
    images = made.bench.sibling("image").images
    spec = ImageSpec(name=made.bench.name(), disk_format="raw", container_format="bare")
    image = images.create(ctx, spec)
    made.later(lambda: images.delete(ctx, image.id))
    images.upload(ctx, image.id, _Bytes(made.cloud.given.image_data or b"contract" * 512))
    identifier: str = image.id
    return identifier


class _Bytes:
    """Bytes that are read once."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int = -1, /) -> bytes:
        part, self._data = self._data[:size], self._data[size:]
        return part


def networks(made: Made, ctx: Context) -> tuple[NetworkRequest, ...]:
    """Return what new servers are plugged into: the given network, else what the cloud itself would choose, or none."""
    wanted = made.cloud.given.network_id
    if wanted is None:
        return tuple(made.cloud.offers.servers.default_networks(ctx) or ())
    return (NetworkRequest(network_id=wanted),)


def new_network(made: Made, ctx: Context, *, cidr: str | None = None) -> str:
    """Make a network with a subnet at the network service and return its id."""
    service = made.bench.sibling("network")
    if "networks.create" not in capabilities(service):
        pytest.skip("the network service makes no networks")
    network = service.networks.create(ctx, NetworkSpec(name=made.bench.name()))
    made.later(lambda: service.networks.delete(ctx, network.id))
    service.subnets.create(ctx, SubnetSpec(network_id=network.id, cidr=cidr or fresh_prefix(), name=made.bench.name()))
    identifier: str = network.id
    return identifier


def new_security_group(made: Made, ctx: Context) -> str:
    """Make a security group at the network service and return its id."""
    groups = made.bench.sibling("network").security_groups
    group = groups.create(ctx, SecurityGroupSpec(name=made.bench.name()))
    made.later(lambda: groups.delete(ctx, group.id))
    identifier: str = group.id
    return identifier


def new_volume(made: Made, ctx: Context) -> str:
    """Make an available volume at the block storage service and return its id."""
    volumes = made.bench.sibling("block_storage").volumes
    volume = volumes.create(ctx, VolumeSpec(size_gib=1, name=made.bench.name()))
    made.later(lambda: volumes.delete(ctx, volume.id))
    wait_for_volume(made, ctx, volume.id, "available")
    identifier: str = volume.id
    return identifier


def wait_for_volume(made: Made, ctx: Context, volume_id: str, status: str) -> None:
    """Wait until a volume is in a state."""
    volumes = made.bench.sibling("block_storage").volumes
    made.cloud.wait(lambda: volumes.get(ctx, volume_id), lambda volume: volume.status == status, f"volume is {status}")


def on_networks(spec: ServerSpec, *network_ids: str) -> ServerSpec:
    """Return a spec with an interface on each network."""
    return dataclasses.replace(spec, networks=tuple(NetworkRequest(network_id=item) for item in network_ids))
