"""What compute is made of, in OpenStack's terms and without its JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# Nova's power states, libvirt's numbers.
NOSTATE, RUNNING, PAUSED, SHUTDOWN, CRASHED, SUSPENDED = 0, 1, 3, 4, 6, 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """A size of server. Ids are free text of up to 255 characters; a swap of 0 is none."""

    id: str
    name: str
    vcpus: int
    ram_mib: int
    disk_gib: int
    ephemeral_gib: int = 0
    swap_mib: int = 0
    rxtx_factor: float = 1.0
    is_public: bool = True
    disabled: bool = False
    description: str | None = None
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlavorSpec:
    """What a new flavor shall be; without an `id` it gets one."""

    name: str
    vcpus: int
    ram_mib: int
    disk_gib: int
    id: str | None = None
    ephemeral_gib: int = 0
    swap_mib: int = 0
    rxtx_factor: float = 1.0
    is_public: bool = True
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keypair:
    """A user's SSH or X.509 key.

    `number` is Nova's integer id. `private_key` is there only in what `create` returns, when the cloud made the key.
    """

    name: str
    user_id: str
    public_key: str
    fingerprint: str
    type: str = "ssh"
    number: int = 0
    created_at: dt.datetime | None = None
    private_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeypairSpec:
    """What a new keypair shall be; without a `public_key` the cloud makes one."""

    name: str
    user_id: str
    public_key: str | None = None
    type: str = "ssh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a server is in ERROR. `details` (a traceback, say) are for administrators."""

    code: int
    message: str
    created_at: dt.datetime
    details: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address of a server. `network` is the network's name; `kind` is fixed or floating."""

    network: str
    address: str
    version: int
    mac_address: str
    kind: str = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedVolume:
    """A volume as its server shows it."""

    id: str
    delete_on_termination: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A virtual machine.

    `vm_state` and `task_state` are Nova's words (active, building, stopped, ...; spawning, None, ...), from which the
    status that clients see is derived (see `jumpgate.compute.models.states`). `flavor` is the flavor as it was when the
    server was made or resized. `image_id` is None for a server that boots from a volume. `user_data` is base64.
    `host` is None until the server has a place to run.
    """

    id: str
    name: str
    project_id: str
    user_id: str
    vm_state: str
    created_at: dt.datetime
    updated_at: dt.datetime
    flavor: Flavor
    task_state: str | None = None
    power_state: int = NOSTATE
    image_id: str | None = None
    image_properties: Mapping[str, str] = field(default_factory=dict)
    scheduler_hints: Mapping[str, Sequence[str]] = field(default_factory=dict)
    progress: int = 0
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    access_ipv4: str = ""
    access_ipv6: str = ""
    security_groups: tuple[str, ...] = ()
    volumes: tuple[AttachedVolume, ...] = ()
    availability_zone: str = ""
    pinned_availability_zone: str | None = None
    config_drive: bool = False
    disk_config: str = "MANUAL"
    key_name: str | None = None
    locked_by: str | None = None
    locked_reason: str | None = None
    host: str | None = None
    hypervisor_hostname: str | None = None
    host_status: str = "UP"
    hostname: str = ""
    instance_name: str = ""
    kernel_id: str = ""
    ramdisk_id: str = ""
    launch_index: int = 0
    reservation_id: str = ""
    root_device_name: str | None = None
    user_data: str | None = None
    trusted_image_certificates: tuple[str, ...] | None = None
    server_groups: tuple[str, ...] = ()
    fault: Fault | None = None
    launched_at: dt.datetime | None = None
    terminated_at: dt.datetime | None = None
    deleted: bool = False

    @property
    def locked(self) -> bool:
        """Whether only an administrator, or who locked it, may change the server."""
        return self.locked_by is not None

    @property
    def ipv4(self) -> tuple[str, ...]:
        """The IPv4 addresses."""
        return tuple(item.address for item in self.addresses if item.version == 4)

    @property
    def ipv6(self) -> tuple[str, ...]:
        """The IPv6 addresses."""
        return tuple(item.address for item in self.addresses if item.version == 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDevice:
    """One disk that a new server asks for.

    `source` is image, volume, snapshot or blank, `destination` local or volume. `boot_index` 0 is the root disk; a
    negative one or None is no boot disk. A blank local device is an ephemeral disk, or swap as `guest_format` says.
    """

    source: str
    destination: str
    id: str | None = None
    size_gib: int | None = None
    boot_index: int | None = None
    device_name: str | None = None
    delete_on_termination: bool = False
    guest_format: str | None = None
    volume_type: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRequest:
    """One network interface that a server asks for: an existing port, or a new one on a network."""

    network_id: str | None = None
    port_id: str | None = None
    address: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """What new servers shall be, verified: what it names exists, fits together and is the caller's to use.

    `networks` empty means no interface at all. `security_groups` are ids, None for the project's default. Between
    `min_count` and `max_count` servers are made, as many as the quota lets.
    """

    name: str
    flavor: Flavor
    image_id: str | None = None
    image_properties: Mapping[str, str] = field(default_factory=dict)
    networks: tuple[NetworkRequest, ...] = ()
    security_groups: tuple[str, ...] | None = None
    block_devices: tuple[BlockDevice, ...] = ()
    keypair: Keypair | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    description: str | None = None
    hostname: str | None = None
    availability_zone: str | None = None
    host: str | None = None
    user_data: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    config_drive: bool = False
    disk_config: str = "MANUAL"
    access_ipv4: str = ""
    access_ipv6: str = ""
    admin_password: str = ""
    scheduler_hints: Mapping[str, object] = field(default_factory=dict)
    trusted_image_certificates: tuple[str, ...] | None = None
    min_count: int = 1
    max_count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildSpec:
    """What a rebuild gives a server: an image, and `changes` by the names of `Server` (absent keys stay).

    A server on a volume keeps what is on it, unless it `reimages_volume`.
    """

    image_id: str
    reimages_volume: bool = False
    admin_password: str = ""
    changes: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeAttachment:
    """A volume at a server. `attachment_id` is the block storage service's; None until it is attached."""

    id: str
    volume_id: str
    server_id: str
    device: str | None
    attachment_id: str | None = None
    delete_on_termination: bool = False
    is_root: bool = False
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeAttachmentSpec:
    """What shall be attached, and as which device where the client says."""

    volume_id: str
    device: str | None = None
    delete_on_termination: bool = False
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistedSnapshotSpec:
    """A snapshot of a volume whose file the server has open: it shall write to `new_file`, in the format `type`."""

    snapshot_id: str
    type: str
    new_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistedMergeSpec:
    """A snapshot that goes: `file` is merged into `into_file`, the whole chain into what is written to where None."""

    snapshot_id: str
    file: str | None = None
    into_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedAddress:
    """An address of an interface in one subnet."""

    subnet_id: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface of a server; its id is its port's."""

    port_id: str
    network_id: str
    mac_address: str
    status: str
    addresses: tuple[FixedAddress, ...] = ()
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionEvent:
    """One step of an action. `result` is Success or Error, None while it runs."""

    name: str
    started_at: dt.datetime
    finished_at: dt.datetime | None = None
    result: str | None = None
    host: str | None = None
    details: str | None = None
    traceback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceAction:
    """Something that was done to a server, known by the id of the request that asked for it."""

    request_id: str
    server_id: str
    name: str
    user_id: str
    project_id: str
    started_at: dt.datetime
    updated_at: dt.datetime
    message: str | None = None
    events: tuple[ActionEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerGroup:
    """Servers that want to be near each other or apart. `policy` is affinity, anti-affinity or a soft- form."""

    id: str
    name: str
    project_id: str
    user_id: str
    policy: str
    rules: Mapping[str, int] = field(default_factory=dict)
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerGroupSpec:
    """What a new server group shall be."""

    name: str
    policy: str
    rules: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerUsage:
    """How long a server ran, for the usage report."""

    server_id: str
    name: str
    project_id: str
    flavor: Flavor
    state: str
    started_at: dt.datetime
    ended_at: dt.datetime | None = None
