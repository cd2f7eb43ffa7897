"""Exposing a typed compute driver: a handler at each endpoint, and nothing else."""

from __future__ import annotations

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.typed import Application, Handler, TypedService, attach
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers import (
    actions,
    availability_zones,
    extensions,
    flavor_access,
    flavor_extra_specs,
    flavors,
    hosts,
    images,
    instance_actions,
    interfaces,
    ips,
    keypairs,
    quotas,
    security_groups,
    server_groups,
    server_metadata,
    server_password,
    server_tags,
    servers,
    usages,
    versions,
    volume_attachments,
)
from jumpgate.compute.policies import RULES

HANDLERS: tuple[tuple[str, type[Handler[Compute]]], ...] = (
    ("versions", versions.VersionsHandler),
    ("v2_index", versions.LegacyVersionHandler),
    ("v21_index", versions.CurrentVersionHandler),
    ("v2_version", versions.VersionHandler),
    ("v2_servers", servers.ServersHandler),
    ("v2_servers_detail", servers.ServersDetailHandler),
    ("v2_server", servers.ServerHandler),
    ("v2_server_action", actions.ServerActionHandler),
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
            ("v2_os_services", hosts.ServicesHandler),
            ("v2_os_service", hosts.ServiceHandler),
            ("v2_os_hypervisors", hosts.HypervisorsHandler),
            ("v2_os_hypervisors_detail", hosts.HypervisorsDetailHandler),
            ("v2_os_hypervisors_statistics", hosts.HypervisorsStatisticsHandler),
            ("v2_os_hypervisor", hosts.HypervisorHandler),
            ("v2_os_hypervisor_search", hosts.HypervisorSearchHandler),
            ("v2_os_hypervisor_servers", hosts.HypervisorServersHandler),
        ),
    ),
)


def expose(app: Application, disp: Dispatcher, compute: Compute) -> None:
    """Serve a cloud's compute by the typed handlers."""
    service = TypedService(app, disp, compute, RULES)
    attach(service, HANDLERS)
    for part, handlers in OPTIONAL:
        if getattr(compute, part) is not None:
            attach(service, handlers)
