"""Exposing a typed compute driver: a handler at each endpoint, and nothing else."""

from __future__ import annotations

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.typed import Application, Handler, TypedService, attach
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers import (
    actions,
    aggregates,
    assisted_snapshots,
    availability_zones,
    consoles,
    diagnostics,
    extensions,
    flavor_access,
    flavor_extra_specs,
    flavors,
    floating_ips,
    gone,
    hosts,
    hypervisors,
    images,
    instance_actions,
    interfaces,
    ips,
    keypairs,
    migrations,
    networks,
    quotas,
    security_groups,
    server_events,
    server_groups,
    server_metadata,
    server_password,
    server_tags,
    servers,
    services,
    shares,
    topology,
    usages,
    versions,
    volume_attachments,
    volumes,
    volumes_boot,
)
from jumpgate.compute.policies import RULES

HANDLERS: tuple[tuple[str, type[Handler[Compute]]], ...] = (
    *gone.HANDLERS,
    *volumes_boot.HANDLERS,
    ("versions", versions.VersionsHandler),
    ("v2_index", versions.LegacyVersionHandler),
    ("v21_index", versions.CurrentVersionHandler),
    ("v2_version", versions.VersionHandler),
    ("v2_servers", servers.ServersHandler),
    ("v2_servers_detail", servers.ServersDetailHandler),
    ("v2_server", servers.ServerHandler),
    ("v2_server_action", actions.ServerActionHandler),
    ("v2_server_remote_consoles", consoles.RemoteConsolesHandler),
    ("v2_server_metadata", server_metadata.ServerMetadataHandler),
    ("v2_server_metadata_key", server_metadata.ServerMetadataItemHandler),
    ("v2_server_tags", server_tags.ServerTagsHandler),
    ("v2_server_tag", server_tags.ServerTagHandler),
    ("v2_server_ips", ips.ServerIpsHandler),
    ("v2_server_ips_network", ips.ServerIpsNetworkHandler),
    ("v2_os_server_password", server_password.ServerPasswordHandler),
    ("v2_os_instance_actions", instance_actions.InstanceActionsHandler),
    ("v2_os_instance_action", instance_actions.InstanceActionHandler),
    ("v2_os_interfaces", interfaces.InterfacesHandler),
    ("v2_os_interface", interfaces.InterfaceHandler),
    ("v2_os_server_security_groups", security_groups.ServerSecurityGroupsHandler),
    ("v2_os_volume_attachments", volume_attachments.VolumeAttachmentsHandler),
    ("v2_os_volume_attachment", volume_attachments.VolumeAttachmentHandler),
    ("v2_os_assisted_volume_snapshots", assisted_snapshots.AssistedSnapshotsHandler),
    ("v2_os_assisted_volume_snapshot", assisted_snapshots.AssistedSnapshotHandler),
    ("v2_os_server_external_events", server_events.ServerEventsHandler),
    ("v2_server_diagnostics", diagnostics.DiagnosticsHandler),
    ("v2_server_topology", topology.TopologyHandler),
    ("v2_server_shares", shares.SharesHandler),
    ("v2_server_share", shares.ShareHandler),
    ("v2_flavors", flavors.FlavorsHandler),
    ("v2_flavors_detail", flavors.FlavorsDetailHandler),
    ("v2_flavor", flavors.FlavorHandler),
    ("v2_flavor_action", flavor_access.FlavorActionHandler),
    ("v2_os_flavor_access", flavor_access.FlavorAccessHandler),
    ("v2_os_extra_specs_flavor", flavor_extra_specs.FlavorExtraSpecsHandler),
    ("v2_os_extra_specs_flavor_key", flavor_extra_specs.FlavorExtraSpecHandler),
    ("v2_extensions", extensions.ExtensionsHandler),
    ("v2_extension", extensions.ExtensionHandler),
    ("v2_images", images.ImagesHandler),
    ("v2_images_detail", images.ImagesDetailHandler),
    ("v2_image", images.ImageHandler),
    ("v2_image_metadata", images.ImageMetadataHandler),
    ("v2_image_metadata_key", images.ImageMetadataItemHandler),
    ("v2_os_networks", networks.NetworksHandler),
    ("v2_os_network", networks.NetworkHandler),
    ("v2_os_tenant_networks", networks.TenantNetworksHandler),
    ("v2_os_tenant_network", networks.TenantNetworkHandler),
    ("v2_os_floating_ips", floating_ips.FloatingIpsHandler),
    ("v2_os_floating_ip", floating_ips.FloatingIpHandler),
    ("v2_os_floating_ip_pools", floating_ips.FloatingIpPoolsHandler),
    ("v2_os_volumes", volumes.VolumesHandler),
    ("v2_os_volumes_detail", volumes.VolumesHandler),
    ("v2_os_volume", volumes.VolumeHandler),
    ("v2_os_snapshots", volumes.SnapshotsHandler),
    ("v2_os_snapshots_detail", volumes.SnapshotsHandler),
    ("v2_os_snapshot", volumes.SnapshotHandler),
    ("v2_os_security_groups", security_groups.SecurityGroupsHandler),
    ("v2_os_security_group", security_groups.SecurityGroupHandler),
    ("v2_os_security_group_rules", security_groups.SecurityGroupRulesHandler),
    ("v2_os_security_group_rule", security_groups.SecurityGroupRuleHandler),
)

# By the field of the composition without which there is nothing to handle.
OPTIONAL: tuple[tuple[str, tuple[tuple[str, type[Handler[Compute]]], ...]], ...] = (
    (
        "keypairs",
        (("v2_os_keypairs", keypairs.KeypairsHandler), ("v2_os_keypair", keypairs.KeypairHandler)),
    ),
    (
        "server_groups",
        (
            ("v2_os_server_groups", server_groups.ServerGroupsHandler),
            ("v2_os_server_group", server_groups.ServerGroupHandler),
        ),
    ),
    (
        "quotas",
        (
            ("v2_limits", quotas.LimitsHandler),
            ("v2_os_quota_sets_target", quotas.QuotaSetHandler),
            ("v2_os_quota_sets_target_defaults", quotas.QuotaDefaultsHandler),
            ("v2_os_quota_sets_target_detail", quotas.QuotaDetailHandler),
            ("v2_os_quota_class_set", quotas.QuotaClassHandler),
        ),
    ),
    (
        "availability_zones",
        (
            ("v2_availability_zone", availability_zones.AvailabilityZonesHandler),
            ("v2_availability_zone_detail", availability_zones.AvailabilityZonesDetailHandler),
        ),
    ),
    ("usages", (("v2_tenants_usage", usages.UsagesHandler), ("v2_tenant_usage", usages.UsageHandler))),
    (
        "hosts",
        (
            ("v2_os_services", services.ServicesHandler),
            ("v2_os_service", services.ServiceHandler),
            ("v2_os_services_enable", services.ServiceEnableHandler),
            ("v2_os_services_disable", services.ServiceDisableHandler),
            ("v2_os_services_disable_log_reason", services.ServiceDisableReasonHandler),
            ("v2_os_services_force_down", services.ServiceForceDownHandler),
            ("v2_os_hypervisors", hypervisors.HypervisorsHandler),
            ("v2_os_hypervisors_detail", hypervisors.HypervisorsDetailHandler),
            ("v2_os_hypervisors_statistics", hypervisors.HypervisorsStatisticsHandler),
            ("v2_os_hypervisor", hypervisors.HypervisorHandler),
            ("v2_os_hypervisor_uptime", hypervisors.HypervisorUptimeHandler),
            ("v2_os_hypervisor_search", hypervisors.HypervisorSearchHandler),
            ("v2_os_hypervisor_servers", hypervisors.HypervisorServersHandler),
            ("v2_os_hosts", hosts.HostsHandler),
            ("v2_os_host", hosts.HostHandler),
            ("v2_os_host_reboot", hosts.HostRebootHandler),
            ("v2_os_host_shutdown", hosts.HostShutdownHandler),
            ("v2_os_host_startup", hosts.HostStartupHandler),
            ("v2_os_instance_usage_audit_log", hosts.AuditLogsHandler),
            ("v2_os_instance_usage_audit_log_before", hosts.AuditLogHandler),
        ),
    ),
    (
        "aggregates",
        (
            ("v2_os_aggregates", aggregates.AggregatesHandler),
            ("v2_os_aggregate", aggregates.AggregateHandler),
            ("v2_os_aggregate_action", aggregates.AggregateActionHandler),
        ),
    ),
    (
        "migrations",
        (
            ("v2_os_migrations", migrations.MigrationsHandler),
            ("v2_server_migrations", migrations.ServerMigrationsHandler),
            ("v2_server_migration", migrations.ServerMigrationHandler),
        ),
    ),
)


def expose(app: Application, disp: Dispatcher, compute: Compute) -> None:
    """Serve a cloud's compute by the typed handlers."""
    service = TypedService(app, disp, compute, RULES)
    attach(service, HANDLERS)
    if service.offers("servers.serial_console"):
        disp.set_socket(consoles.PATH, consoles.SerialConsoles(service))
    for part, handlers in OPTIONAL:
        if getattr(compute, part) is not None:
            attach(service, handlers)
