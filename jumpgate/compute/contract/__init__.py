"""What a cloud offers for Nova: one abstract class per kind of thing, and `Compute`, which puts them together.

Methods that change a server's state return once the cloud has taken the request; the server's `task_state` tells that
it is under way. Jumpgate has then already checked policy, the lock and the state rules of
`jumpgate.compute.models.states`.
Every method that takes a server's id raises NotFound for one that does not exist or is not the caller's.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jumpgate.common.context import Context
from jumpgate.common.errors import NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes, Crud, Resource, hint
from jumpgate.common.sockets import ByteStream
from jumpgate.compute.contract.operators import Aggregates, AvailabilityZones, Hosts, Migrations, Quotas, Usages
from jumpgate.compute.models import (
    AssistedMergeSpec,
    AssistedSnapshotSpec,
    Flavor,
    FlavorSpec,
    InstanceAction,
    Interface,
    Keypair,
    KeypairSpec,
    NetworkRequest,
    RebuildSpec,
    Server,
    ServerGroup,
    ServerGroupSpec,
    ServerSpec,
    VolumeAttachment,
    VolumeAttachmentSpec,
)
from jumpgate.compute.models.operations import Diagnostics


class Servers(Resource):
    """The virtual machines of a project."""

    @abstractmethod
    def find(self, ctx: Context, query: Query) -> Iterable[Server]:
        """Yield the project's servers, those of every project with `query.all_projects`.

        Deleted servers are left out unless the query filters by `deleted`. What `detailed` adds may be left out.
        """

    @abstractmethod
    def get(self, ctx: Context, server_id: str) -> Server:
        """Return one server. An administrator reaches every project's."""

    @hint
    def detailed(self, ctx: Context, servers: Sequence[Server]) -> Sequence[Server]:
        """Return servers with what `find` and `get` leave out for speed: addresses, security groups and volumes.

        However many servers there are, it costs a few calls. By default nothing was left out.
        """
        return servers

    @hint
    def default_networks(self, ctx: Context) -> Sequence[NetworkRequest] | None:
        """Return the interfaces of a server whose client names no network. None: one on the project's only network."""
        return None

    @hint
    def sets_passwords(self, ctx: Context) -> bool:
        """Tell whether guests get the administrator's password of a request: then the answer shows it, as Nova's does.

        Where they make one themselves, none is shown (Nova's ``enable_instance_password`` is then off).
        """
        return True

    def create(self, ctx: Context, spec: ServerSpec) -> Sequence[Server]:
        """Take `spec.min_count` to `spec.max_count` servers in hand and return them, building; or raise OverQuota."""
        raise NotSupported

    def update(self, ctx: Context, server_id: str, changes: Changes) -> Server:
        """Change some of a server's attributes.

        They are name, description, hostname, access_ipv4, access_ipv6, disk_config, metadata, tags and
        pinned_availability_zone.
        """
        raise NotSupported

    def merge_metadata(self, ctx: Context, server_id: str, items: Mapping[str, str | None]) -> Mapping[str, str]:
        """Set some metadata items, remove those that are None, and return all; raise OverQuota."""
        raise NotSupported

    def merge_tags(self, ctx: Context, server_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Add and remove tags; raise BadRequest above 50, NotFound for one to remove that is not there."""
        raise NotSupported

    def delete(self, ctx: Context, server_id: str) -> None:
        """Remove a server in any state, with its ports and the disks that go with it."""
        raise NotSupported

    def start(self, ctx: Context, server_id: str) -> None:
        """Switch a stopped server on."""
        raise NotSupported

    def stop(self, ctx: Context, server_id: str) -> None:
        """Shut a running server down."""
        raise NotSupported

    def reboot(self, ctx: Context, server_id: str, *, hard: bool) -> None:
        """Restart a server, `hard` by power."""
        raise NotSupported

    def pause(self, ctx: Context, server_id: str) -> None:
        """Freeze a running server in memory."""
        raise NotSupported

    def unpause(self, ctx: Context, server_id: str) -> None:
        """Let a paused server run on."""
        raise NotSupported

    def suspend(self, ctx: Context, server_id: str) -> None:
        """Write a running server's memory to disk and stop it."""
        raise NotSupported

    def resume(self, ctx: Context, server_id: str) -> None:
        """Let a suspended server run on."""
        raise NotSupported

    def lock(self, ctx: Context, server_id: str, reason: str | None) -> None:
        """Keep everybody but administrators from changing a server."""
        raise NotSupported

    def unlock(self, ctx: Context, server_id: str) -> None:
        """Take the lock away."""
        raise NotSupported

    def rebuild(self, ctx: Context, server_id: str, spec: RebuildSpec) -> Server:
        """Install a server anew, keeping its id, addresses and volumes."""
        raise NotSupported

    def resize(self, ctx: Context, server_id: str, flavor: Flavor, *, disk_config: str | None) -> None:
        """Give a server another flavor, which is confirmed or reverted afterwards; raise OverQuota."""
        raise NotSupported

    def confirm_resize(self, ctx: Context, server_id: str) -> None:
        """Keep the new flavor."""
        raise NotSupported

    def revert_resize(self, ctx: Context, server_id: str) -> None:
        """Go back to the flavor before the resize."""
        raise NotSupported

    def rescue(self, ctx: Context, server_id: str, *, image_id: str | None, admin_password: str) -> None:
        """Boot a server from a rescue image, its own image without one; it keeps its disks meanwhile.

        A cloud that cannot do so with a server on a volume raises BadRequest.
        """
        raise NotSupported

    def unrescue(self, ctx: Context, server_id: str) -> None:
        """Boot a rescued server from its own disk again."""
        raise NotSupported

    def shelve(self, ctx: Context, server_id: str) -> None:
        """Stop a server and keep it as an image."""
        raise NotSupported

    def shelve_offload(self, ctx: Context, server_id: str) -> None:
        """Give back what a shelved server still holds on its host."""
        raise NotSupported

    def unshelve(self, ctx: Context, server_id: str, *, zone: str | None, unpin: bool) -> None:
        """Let a shelved server run again, in a `zone` where one is given, or with `unpin` in any from now on."""
        raise NotSupported

    def change_password(self, ctx: Context, server_id: str, admin_password: str) -> None:
        """Set the administrator's password inside a running server."""
        raise NotSupported

    def create_image(self, ctx: Context, server_id: str, name: str, properties: Mapping[str, str]) -> str:
        """Begin to make an image of a server's disk and return the image's id."""
        raise NotSupported

    def create_backup(
        self, ctx: Context, server_id: str, name: str, *, kind: str, rotation: int, properties: Mapping[str, str]
    ) -> str:
        """Begin to make an image of a kind (daily, weekly) and return its id; older ones beyond `rotation` go."""
        raise NotSupported

    def console_output(self, ctx: Context, server_id: str, lines: int | None) -> str:
        """Return the last lines of the serial console, all without a number."""
        raise NotSupported

    def serial_console(self, ctx: Context, server_id: str) -> ByteStream:
        """Open a running server's serial console, to read what the guest writes and to type; or raise Conflict.

        The caller reads and writes for as long as a client does, and closes the stream. It ends when the server stops.
        """
        raise NotSupported

    def diagnostics(self, ctx: Context, server_id: str) -> Diagnostics:
        """Return how a server does that has a host."""
        raise NotSupported

    def reset_state(self, ctx: Context, server_id: str, vm_state: str) -> None:
        """Set the state that an operator says: active or error."""
        raise NotSupported

    def migrate(self, ctx: Context, server_id: str, host: str | None) -> None:
        """Move a server that may stop meanwhile to another host; raise BadRequest where there is none.

        It is confirmed or reverted afterwards, as a resize is.
        """
        raise NotSupported

    def live_migrate(self, ctx: Context, server_id: str, host: str | None, *, copies_disk: bool | None) -> None:
        """Move a running server to another host; raise BadRequest where there is none.

        `copies_disk`: whether the hosts share no storage, None to find out.
        """
        raise NotSupported

    def evacuate(self, ctx: Context, server_id: str, host: str | None, admin_password: str) -> None:
        """Build the server of a failed host on another; raise BadRequest unless the one failed and there is another."""
        raise NotSupported

    def restore(self, ctx: Context, server_id: str) -> None:
        """Bring a server back that was deleted and not yet removed."""
        raise NotSupported

    def inject_network_info(self, ctx: Context, server_id: str) -> None:
        """Tell a server's guest its addresses anew."""
        raise NotSupported

    def notice(self, ctx: Context, server_id: str, event: str, *, tag: str | None, status: str) -> None:
        """Take note of what another service tells of a server: ``network-changed``, ``volume-extended``...

        `tag` is the port or volume that it happened to, `status` completed, failed or in-progress.
        """
        raise NotSupported

    def add_fixed_ip(self, ctx: Context, server_id: str, network_id: str) -> None:
        """Give a server one more address on a network that it is on; raise NotFound for another network."""
        raise NotSupported

    def remove_fixed_ip(self, ctx: Context, server_id: str, address: str) -> None:
        """Take an address from a server; raise BadRequest for one that it does not have."""
        raise NotSupported

    def add_security_group(self, ctx: Context, server_id: str, group_id: str) -> None:
        """Put every port of a server into a security group."""
        raise NotSupported

    def remove_security_group(self, ctx: Context, server_id: str, group_id: str) -> None:
        """Take every port of a server out of a security group; raise NotFound if none is in it."""
        raise NotSupported


class Flavors(Resource):
    """The sizes that servers come in."""

    @abstractmethod
    def find(self, ctx: Context, query: Query) -> Iterable[Flavor]:
        """Yield the flavors the caller may use: the public ones, its project's private ones, all with all_projects."""

    @abstractmethod
    def get(self, ctx: Context, flavor_id: str) -> Flavor:
        """Return one flavor that the caller may use; an administrator may use all."""

    def create(self, ctx: Context, spec: FlavorSpec) -> Flavor:
        """Make a flavor; raise Conflict when its id or name is taken."""
        raise NotSupported

    def update(self, ctx: Context, flavor_id: str, changes: Changes) -> Flavor:
        """Change a flavor's description."""
        raise NotSupported

    def delete(self, ctx: Context, flavor_id: str) -> None:
        """Remove a flavor; servers keep what they have."""
        raise NotSupported

    def merge_extra_specs(self, ctx: Context, flavor_id: str, items: Mapping[str, str | None]) -> Mapping[str, str]:
        """Set some extra specs, remove those that are None, and return all."""
        raise NotSupported

    def access(self, ctx: Context, flavor_id: str) -> Sequence[str]:
        """Return the ids of the projects that may use a private flavor."""
        raise NotSupported

    def grant(self, ctx: Context, flavor_id: str, project_id: str) -> None:
        """Let a project use a private flavor; raise Conflict if it may already."""
        raise NotSupported

    def revoke(self, ctx: Context, flavor_id: str, project_id: str) -> None:
        """End a project's use of a private flavor; raise NotFound if there is none."""
        raise NotSupported


class Keypairs(Resource):
    """The SSH keys of users, known by their names."""

    @abstractmethod
    def find(self, ctx: Context, user_id: str, query: Query) -> Iterable[Keypair]:
        """Yield a user's keypairs."""

    @abstractmethod
    def get(self, ctx: Context, user_id: str, name: str) -> Keypair:
        """Return one keypair of a user."""

    def create(self, ctx: Context, spec: KeypairSpec) -> Keypair:
        """Import or make a keypair; raise Conflict for a name that is taken, OverQuota, BadRequest for a bad key."""
        raise NotSupported

    def delete(self, ctx: Context, user_id: str, name: str) -> None:
        """Remove a keypair; servers keep the key."""
        raise NotSupported


class VolumeAttachments(Resource):
    """The volumes at a server."""

    @abstractmethod
    def find(self, ctx: Context, server_id: str) -> Iterable[VolumeAttachment]:
        """Yield the attachments of a server in the order in which they were made."""

    @abstractmethod
    def get(self, ctx: Context, server_id: str, volume_id: str) -> VolumeAttachment:
        """Return one attachment of a server."""

    def create(self, ctx: Context, server_id: str, spec: VolumeAttachmentSpec) -> VolumeAttachment:
        """Attach an available volume; raise BadRequest for one that is not, Conflict for a device that is taken."""
        raise NotSupported

    def update(self, ctx: Context, server_id: str, volume_id: str, changes: Changes) -> None:
        """Change delete_on_termination."""
        raise NotSupported

    def delete(self, ctx: Context, server_id: str, volume_id: str) -> None:
        """Detach a volume; raise BadRequest for the root disk."""
        raise NotSupported

    def begin_snapshot(self, ctx: Context, volume_id: str, spec: AssistedSnapshotSpec) -> None:
        """Let the server that has a volume write elsewhere from now on, so that what it wrote is the snapshot.

        Raises BadRequest for a volume that no server has or several have, and where the server is busy.
        """
        raise NotSupported

    def end_snapshot(self, ctx: Context, volume_id: str, spec: AssistedMergeSpec) -> None:
        """Take a snapshot away that `begin_snapshot` began; raise BadRequest as it does."""
        raise NotSupported


class Interfaces(Resource):
    """The network interfaces of a server."""

    @abstractmethod
    def find(self, ctx: Context, server_id: str) -> Iterable[Interface]:
        """Yield a server's interfaces."""

    def create(self, ctx: Context, server_id: str, request: NetworkRequest) -> Interface:
        """Plug in a port, which nobody has, or a new one on a network; raise NoFreeAddress where that is full."""
        raise NotSupported

    def delete(self, ctx: Context, server_id: str, port_id: str) -> None:
        """Unplug an interface; a port that was made for the server goes with it."""
        raise NotSupported


class InstanceActions(Resource):
    """What was done to servers, also to deleted ones."""

    @abstractmethod
    def find(self, ctx: Context, server_id: str, query: Query) -> Iterable[InstanceAction]:
        """Yield a server's actions, the latest first."""

    @abstractmethod
    def get(self, ctx: Context, server_id: str, request_id: str) -> InstanceAction:
        """Return one action of a server with its events."""


class ServerGroups(Crud[ServerGroup, ServerGroupSpec]):
    """Groups of servers with a placement policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """What one cloud offers for Nova. None: this cloud has no such thing."""

    servers: Servers
    flavors: Flavors
    keypairs: Keypairs | None = None
    volume_attachments: VolumeAttachments | None = None
    interfaces: Interfaces | None = None
    instance_actions: InstanceActions | None = None
    server_groups: ServerGroups | None = None
    quotas: Quotas | None = None
    availability_zones: AvailabilityZones | None = None
    usages: Usages | None = None
    hosts: Hosts | None = None
    aggregates: Aggregates | None = None
    migrations: Migrations | None = None
