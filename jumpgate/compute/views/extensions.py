"""Nova's extensions of the time before microversions: a frozen list, of which a cloud shows what it can do.

Source: the API reference, "List Extensions". The description is our own, the aliases and names are Nova's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

_NAMESPACE = "http://docs.openstack.org/compute/ext/fake_xml"
_UPDATED = "2014-12-03T00:00:00Z"


class Extension(NamedTuple):
    """One extension and the contract method it stands on; an empty one: it is part of what every cloud has."""

    alias: str
    name: str
    description: str
    capability: str = ""


EXTENSIONS = (
    Extension("NMN", "Multinic", "Servers can have several addresses.", "servers.add_fixed_ip"),
    Extension("OS-DCF", "DiskConfig", "How a server's disk is partitioned."),
    Extension("OS-EXT-AZ", "ExtendedAvailabilityZone", "A server shows its availability zone."),
    Extension("OS-EXT-IMG-SIZE", "ImageSize", "Images show their size."),
    Extension("OS-EXT-IPS", "ExtendedIps", "Addresses show whether they are fixed or floating."),
    Extension("OS-EXT-IPS-MAC", "ExtendedIpsMac", "Addresses show their MAC address."),
    Extension("OS-EXT-SRV-ATTR", "ExtendedServerAttributes", "Administrators see where a server runs."),
    Extension("OS-EXT-STS", "ExtendedStatus", "A server shows its task, vm and power states."),
    Extension("OS-FLV-DISABLED", "FlavorDisabled", "A flavor shows whether it is disabled."),
    Extension("OS-FLV-EXT-DATA", "FlavorExtraData", "A flavor shows its ephemeral disk."),
    Extension("OS-SCH-HNT", "SchedulerHints", "Hints for the scheduler can be given.", "servers.create"),
    Extension("OS-SRV-USG", "ServerUsage", "A server shows when it was launched and terminated."),
    Extension("os-access-ips", "AccessIPs", "Access addresses can be set.", "servers.update"),
    Extension("os-admin-actions", "AdminActions", "Administrators can reset a server's state.", "servers.reset_state"),
    Extension("os-admin-password", "AdminPassword", "The password can be changed.", "servers.change_password"),
    Extension("os-aggregates", "Aggregates", "Hosts can be grouped.", "aggregates.find"),
    Extension(
        "os-assisted-volume-snapshots",
        "AssistedVolumeSnapshots",
        "The block storage service can ask for help with snapshots.",
        "volume_attachments.begin_snapshot",
    ),
    Extension("os-attach-interfaces", "AttachInterfaces", "Interfaces can be plugged in.", "interfaces.create"),
    Extension("os-availability-zone", "AvailabilityZone", "Zones can be listed.", "availability_zones.find"),
    Extension("os-block-device-mapping", "BlockDeviceMapping", "Servers boot with volumes.", "servers.create"),
    Extension(
        "os-block-device-mapping-v2-boot", "BlockDeviceMappingV2Boot", "The newer form of that.", "servers.create"
    ),
    Extension("os-config-drive", "ConfigDrive", "Servers can have a config drive.", "servers.create"),
    Extension("os-console-output", "ConsoleOutput", "The console's output can be read.", "servers.console_output"),
    Extension("os-consoles", "Consoles", "A server's console can be looked at.", "servers.console_output"),
    Extension("os-remote-consoles", "Consoles", "A server's console can be typed at.", "servers.serial_console"),
    Extension("os-create-backup", "CreateBackup", "Servers can be backed up.", "servers.create_backup"),
    Extension("os-create-server-ext", "Createserverext", "Servers are created with groups.", "servers.create"),
    Extension("os-deferred-delete", "DeferredDelete", "Servers can be deleted at once.", "servers.restore"),
    Extension("os-evacuate", "Evacuate", "Servers of failed hosts can be built elsewhere.", "servers.evacuate"),
    Extension("os-extended-floating-ips", "ExtendedFloatingIps", "A floating IP is given to a fixed address."),
    Extension("os-extended-hypervisors", "ExtendedHypervisors", "Hypervisors show more.", "hosts.hypervisors"),
    Extension("os-extended-quotas", "ExtendedQuotas", "Quotas can be reset.", "quotas.delete"),
    Extension(
        "os-extended-rescue-with-image", "ExtendedRescueWithImage", "A rescue image can be chosen.", "servers.rescue"
    ),
    Extension("os-extended-services", "ExtendedServices", "Services show why they are disabled.", "hosts.services"),
    Extension("os-extended-status", "ExtendedStatus", "A server shows more of its state."),
    Extension("os-extended-volumes", "ExtendedVolumes", "A server shows its volumes.", "volume_attachments.find"),
    Extension("os-flavor-access", "FlavorAccess", "Flavors can be private.", "flavors.access"),
    Extension("os-flavor-extra-specs", "FlavorExtraSpecs", "Flavors have extra specs."),
    Extension("os-flavor-manage", "FlavorManage", "Flavors can be created and deleted.", "flavors.create"),
    Extension("os-flavor-rxtx", "FlavorRxtx", "A flavor shows its network factor."),
    Extension("os-flavor-swap", "FlavorSwap", "A flavor shows its swap."),
    Extension("os-floating-ip-pools", "FloatingIpPools", "Floating IPs come from pools."),
    Extension("os-floating-ips", "FloatingIps", "Servers can have floating IPs."),
    Extension("os-hide-server-addresses", "HideServerAddresses", "A building server hides its addresses."),
    Extension("os-hosts", "Hosts", "Hosts can be listed.", "hosts.services"),
    Extension("os-hypervisor-status", "HypervisorStatus", "Hypervisors show their status.", "hosts.hypervisors"),
    Extension("os-hypervisors", "Hypervisors", "Hypervisors can be listed.", "hosts.hypervisors"),
    Extension("os-instance-actions", "InstanceActions", "What was done is recorded.", "instance_actions.find"),
    Extension(
        "os-instance_usage_audit_log", "OSInstanceUsageAuditLog", "Audits of usage are logged.", "hosts.services"
    ),
    Extension("os-keypairs", "Keypairs", "Users have keypairs.", "keypairs.find"),
    Extension("os-lock-server", "LockServer", "Servers can be locked.", "servers.lock"),
    Extension("os-migrate-server", "MigrateServer", "Servers can move to another host.", "servers.migrate"),
    Extension("os-migrations", "Migrations", "Moves can be listed.", "migrations.find"),
    Extension("os-multiple-create", "MultipleCreate", "Several servers are created at once.", "servers.create"),
    Extension("os-networks", "Networks", "Networks can be listed."),
    Extension("os-pause-server", "PauseServer", "Servers can be paused.", "servers.pause"),
    Extension("os-personality", "Personality", "Files can be put into servers.", "servers.create"),
    Extension(
        "os-preserve-ephemeral-rebuild", "PreserveEphemeralOnRebuild", "A rebuild can keep a disk.", "servers.rebuild"
    ),
    Extension("os-quota-class-sets", "QuotaClasses", "The default quota can be changed.", "quotas.class_limits"),
    Extension("os-quota-sets", "Quotas", "Projects have quotas.", "quotas.get"),
    Extension("os-rescue", "Rescue", "Servers can be rescued.", "servers.rescue"),
    Extension("os-security-groups", "SecurityGroups", "Servers are in security groups."),
    Extension(
        "os-server-diagnostics", "ServerDiagnostics", "How a server does can be asked for.", "servers.diagnostics"
    ),
    Extension("os-server-external-events", "ServerExternalEvents", "Other services tell of servers.", "servers.notice"),
    Extension("os-server-group-quotas", "ServerGroupQuotas", "Server groups have quotas.", "server_groups.find"),
    Extension("os-server-groups", "ServerGroups", "Servers can be grouped.", "server_groups.find"),
    Extension("os-server-list-multi-status", "ServerListMultiStatus", "Lists take several statuses."),
    Extension("os-server-password", "ServerPassword", "A server's password can be asked for."),
    Extension("os-server-sort-keys", "ServerSortKeys", "Lists can be sorted."),
    Extension("os-server-start-stop", "ServerStartStop", "Servers can be started and stopped.", "servers.start"),
    Extension("os-services", "Services", "The service's processes can be listed.", "hosts.services"),
    Extension("os-shelve", "Shelve", "Servers can be shelved.", "servers.shelve"),
    Extension("os-simple-tenant-usage", "SimpleTenantUsage", "Usage can be reported.", "usages.find"),
    Extension("os-suspend-server", "SuspendServer", "Servers can be suspended.", "servers.suspend"),
    Extension("os-tenant-networks", "OSTenantNetworks", "A project's networks can be listed."),
    Extension("os-used-limits", "UsedLimits", "Limits show what is used.", "quotas.get"),
    Extension("os-used-limits-for-admin", "UsedLimitsForAdmin", "Of other projects, too.", "quotas.get"),
    Extension("os-user-data", "UserData", "Servers take user data.", "servers.create"),
    Extension(
        "os-volume-attachment-update", "VolumeAttachmentUpdate", "Attachments can change.", "volume_attachments.update"
    ),
    Extension("os-volumes", "Volumes", "Volumes can be attached.", "volume_attachments.find"),
)


def offered(capabilities: frozenset[str], withheld: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Yield the extensions of a cloud that can do `capabilities`, as JSON, without those `withheld`."""
    for item in EXTENSIONS:
        if (not item.capability or item.capability in capabilities) and item.alias not in withheld:
            yield {
                "alias": item.alias,
                "description": item.description,
                "links": [],
                "name": item.name,
                "namespace": _NAMESPACE,
                "updated": _UPDATED,
            }
