"""The endpoints of the compute service: Nova's v2.1, which serves the clients of v2 as well."""

from __future__ import annotations

from jumpgate.common.endpoints import Endpoint, under

# Nova takes the project in the path or leaves it out, in v2 and v2.1 alike.
ROOTS = ("/v2/{tenant_id}", "/v2.1", "/v2.1/{tenant_id}", "/v2")
ROOTS_V1 = ("/v1/{tenant_id}",)

# The clients say os-floating-ip-dns; Jumpgate's developer guide says os-floating-ips-dns.
_FLOATING_IP_DNS = tuple(root + path for root in ROOTS for path in ("/os-floating-ip-dns", "/os-floating-ips-dns"))

_VERSIONS = (
    *under(
        ("",),
        ("versions", ""),
        ("v1_index", "/v1"),
        ("v2_index", "/v2"),
        ("v21_index", "/v2.1"),
        # What was to be v3 became v2.1 before it was released; drivers of that time name it.
        ("v3_index", "/v3"),
    ),
    *under(ROOTS, ("v2_version", "/versions/{version_id}")),
)

_SERVERS = (
    *under(
        ROOTS,
        ("v2_servers", "/servers"),
        ("v2_servers_detail", "/servers/detail"),
        ("v2_server", "/servers/{server_id}"),
        ("v2_server_action", "/servers/{server_id}/action"),
        ("v2_server_metadata", "/servers/{server_id}/metadata"),
        ("v2_server_metadata_key", "/servers/{server_id}/metadata/{key}"),
        ("v2_server_tags", "/servers/{server_id}/tags"),
        ("v2_server_tag", "/servers/{server_id}/tags/{tag}"),
        ("v2_server_ips", "/servers/{server_id}/ips"),
        ("v2_server_ips_network", "/servers/{server_id}/ips/{network_label}"),
        ("v2_server_diagnostics", "/servers/{server_id}/diagnostics"),
        ("v2_server_topology", "/servers/{server_id}/topology"),
        ("v2_server_migrations", "/servers/{server_id}/migrations"),
        ("v2_server_migration", "/servers/{server_id}/migrations/{migration_id}"),
        ("v2_server_migration_action", "/servers/{server_id}/migrations/{migration_id}/action"),
        ("v2_server_remote_consoles", "/servers/{server_id}/remote-consoles"),
        # Xen's consoles, gone from Nova; remote-consoles took their place.
        ("v2_server_consoles", "/servers/{server_id}/consoles"),
        ("v2_server_console", "/servers/{server_id}/consoles/{console_id}"),
        # Manila's shares, since 2.97.
        ("v2_server_shares", "/servers/{server_id}/shares"),
        ("v2_server_share", "/servers/{server_id}/shares/{share_id}"),
    ),
    # Below a server, an extension's name begins at its own os-; the security groups' would be taken.
    *under(
        ROOTS,
        ("v2_os_instance_actions", "/servers/{server_id}/os-instance-actions"),
        ("v2_os_instance_action", "/servers/{server_id}/os-instance-actions/{action_id}"),
        ("v2_os_interfaces", "/servers/{server_id}/os-interface"),
        ("v2_os_interface", "/servers/{server_id}/os-interface/{port_id}"),
        ("v2_os_virtual_interfaces", "/servers/{server_id}/os-virtual-interfaces"),
        ("v2_os_server_security_groups", "/servers/{server_id}/os-security-groups"),
        ("v2_os_server_password", "/servers/{server_id}/os-server-password"),
        ("v2_os_volume_attachments", "/servers/{server_id}/os-volume_attachments"),
        ("v2_os_volume_attachment", "/servers/{server_id}/os-volume_attachments/{volume_id}"),
    ),
    *under(
        ROOTS,
        ("v2_os_server_groups", "/os-server-groups"),
        ("v2_os_server_group", "/os-server-groups/{server_group_id}"),
        ("v2_os_server_external_events", "/os-server-external-events"),
        ("v2_os_console_auth_token", "/os-console-auth-tokens/{console_token}"),
        ("v2_os_migrations", "/os-migrations"),
        # A second /servers for servers that boot from a volume, from before /servers could do it.
        ("v2_os_volumes_boot", "/os-volumes_boot"),
        ("v2_os_volumes_boot_detail", "/os-volumes_boot/detail"),
        ("v2_os_volumes_boot_server", "/os-volumes_boot/{server_id}"),
        ("v2_os_volumes_boot_server_action", "/os-volumes_boot/{server_id}/action"),
    ),
)

_FLAVORS = under(
    ROOTS,
    ("v2_flavors", "/flavors"),
    ("v2_flavors_detail", "/flavors/detail"),
    ("v2_flavor", "/flavors/{flavor_id}"),
    ("v2_flavor_action", "/flavors/{flavor_id}/action"),
    ("v2_os_extra_specs_flavor", "/flavors/{flavor_id}/os-extra_specs"),
    ("v2_os_extra_specs_flavor_key", "/flavors/{flavor_id}/os-extra_specs/{key_id}"),
    ("v2_os_flavor_access", "/flavors/{flavor_id}/os-flavor-access"),
)

_KEYPAIRS = under(
    ROOTS,
    ("v2_os_keypairs", "/os-keypairs"),
    ("v2_os_keypair", "/os-keypairs/{keypair_name}"),
)

_PROJECT = under(
    ROOTS,
    ("v2_extensions", "/extensions"),
    ("v2_extension", "/extensions/{alias}"),
    ("v2_limits", "/limits"),
    ("v2_tenants_usage", "/os-simple-tenant-usage"),
    ("v2_tenant_usage", "/os-simple-tenant-usage/{target_id}"),
    ("v2_availability_zone", "/os-availability-zone"),
    ("v2_availability_zone_detail", "/os-availability-zone/detail"),
)

# Nova names the user in the query and has no collection of quota sets; Jumpgate published both as paths.
_QUOTAS = (
    *under(
        ROOTS,
        ("v2_os_quota_sets", "/os-quota-sets"),
        ("v2_os_quota_sets_default", "/os-quota-sets/default"),
        ("v2_os_quota_sets_user", "/os-quota-sets/user={user_id}"),
        ("v2_os_quota_sets_target", "/os-quota-sets/{target_id}"),
        ("v2_os_quota_sets_target_defaults", "/os-quota-sets/{target_id}/defaults"),
        ("v2_os_quota_sets_target_detail", "/os-quota-sets/{target_id}/detail"),
        ("v2_os_quota_class_set", "/os-quota-class-sets/{quota_class}"),
    ),
    *under(
        ROOTS_V1,
        ("v1_os_quota_sets_target", "/os-quota-sets/{target_id}"),
        ("v1_os_quota_sets_target_defaults", "/os-quota-sets/{target_id}/defaults"),
    ),
)

# The other services' resources by way of Nova, until 2.36 (images' metadata until 2.39).
_PROXIES = (
    *under(
        ROOTS,
        ("v2_images", "/images"),
        ("v2_images_detail", "/images/detail"),
        ("v2_image", "/images/{image_id}"),
        ("v2_image_metadata", "/images/{image_id}/metadata"),
        ("v2_image_metadata_key", "/images/{image_id}/metadata/{key}"),
    ),
    *under(
        ROOTS,
        ("v2_os_networks", "/os-networks"),
        ("v2_os_networks_add", "/os-networks/add"),
        ("v2_os_network", "/os-networks/{network_id}"),
        ("v2_os_network_action", "/os-networks/{network_id}/action"),
        ("v2_os_tenant_networks", "/os-tenant-networks"),
        ("v2_os_tenant_network", "/os-tenant-networks/{network_id}"),
        ("v2_os_fixed_ip", "/os-fixed-ips/{fixed_ip}"),
        ("v2_os_fixed_ip_action", "/os-fixed-ips/{fixed_ip}/action"),
        ("v2_os_floating_ip_pools", "/os-floating-ip-pools"),
        ("v2_os_floating_ips", "/os-floating-ips"),
        ("v2_os_floating_ip", "/os-floating-ips/{floating_ip_id}"),
        ("v2_os_floating_ips_bulk", "/os-floating-ips-bulk"),
        # GET gives a host's addresses; PUT has the word "delete" in the host's place.
        ("v2_os_floating_ips_bulk_host", "/os-floating-ips-bulk/{host_name}"),
    ),
    *under(
        _FLOATING_IP_DNS,
        ("v2_os_floating_ip_dns", ""),
        ("v2_os_floating_ip_dns_domain", "/{domain}"),
        ("v2_os_floating_ip_dns_domain_entry", "/{domain}/entries/{entry}"),
    ),
    *under(
        ROOTS,
        ("v2_os_security_groups", "/os-security-groups"),
        ("v2_os_security_group", "/os-security-groups/{security_group_id}"),
        ("v2_os_security_group_rules", "/os-security-group-rules"),
        ("v2_os_security_group_rule", "/os-security-group-rules/{security_group_rule_id}"),
        ("v2_os_security_group_default_rules", "/os-security-group-default-rules"),
        ("v2_os_security_group_default_rule", "/os-security-group-default-rules/{security_group_default_rule_id}"),
    ),
    *under(
        ROOTS,
        ("v2_os_volumes", "/os-volumes"),
        ("v2_os_volumes_detail", "/os-volumes/detail"),
        ("v2_os_volume", "/os-volumes/{volume_id}"),
        ("v2_os_snapshots", "/os-snapshots"),
        ("v2_os_snapshots_detail", "/os-snapshots/detail"),
        ("v2_os_snapshot", "/os-snapshots/{snapshot_id}"),
        # Cinder's own way in, for drivers that snapshot through the hypervisor. It is no proxy.
        ("v2_os_assisted_volume_snapshots", "/os-assisted-volume-snapshots"),
        ("v2_os_assisted_volume_snapshot", "/os-assisted-volume-snapshots/{snapshot_id}"),
    ),
    *under(
        ROOTS,
        ("v2_os_baremetal_nodes", "/os-baremetal-nodes"),
        ("v2_os_baremetal_node", "/os-baremetal-nodes/{node_id}"),
        ("v2_os_baremetal_node_action", "/os-baremetal-nodes/{node_id}/action"),
    ),
)

_OPERATORS = (
    *under(
        ROOTS,
        ("v2_os_aggregates", "/os-aggregates"),
        ("v2_os_aggregate", "/os-aggregates/{aggregate_id}"),
        ("v2_os_aggregate_action", "/os-aggregates/{aggregate_id}/action"),
        ("v2_os_aggregate_images", "/os-aggregates/{aggregate_id}/images"),
    ),
    *under(
        ROOTS,
        ("v2_os_hypervisors", "/os-hypervisors"),
        ("v2_os_hypervisors_detail", "/os-hypervisors/detail"),
        ("v2_os_hypervisors_statistics", "/os-hypervisors/statistics"),
        ("v2_os_hypervisor", "/os-hypervisors/{hypervisor_id}"),
        ("v2_os_hypervisor_uptime", "/os-hypervisors/{hypervisor_id}/uptime"),
        # These two take a part of the host's name for the id; since 2.53 they are query parameters.
        ("v2_os_hypervisor_search", "/os-hypervisors/{hypervisor_id}/search"),
        ("v2_os_hypervisor_servers", "/os-hypervisors/{hypervisor_id}/servers"),
    ),
    *under(
        ROOTS,
        ("v2_os_services", "/os-services"),
        # Until 2.53 the verb stood where the id stands now.
        ("v2_os_services_enable", "/os-services/enable"),
        ("v2_os_services_disable", "/os-services/disable"),
        ("v2_os_services_disable_log_reason", "/os-services/disable-log-reason"),
        ("v2_os_services_force_down", "/os-services/force-down"),
        ("v2_os_service", "/os-services/{service_id}"),
    ),
    *under(
        ROOTS,
        ("v2_os_hosts", "/os-hosts"),
        ("v2_os_host", "/os-hosts/{host_name}"),
        ("v2_os_host_reboot", "/os-hosts/{host_name}/reboot"),
        ("v2_os_host_shutdown", "/os-hosts/{host_name}/shutdown"),
        ("v2_os_host_startup", "/os-hosts/{host_name}/startup"),
    ),
    *under(
        ROOTS,
        ("v2_os_instance_usage_audit_log", "/os-instance_usage_audit_log"),
        ("v2_os_instance_usage_audit_log_before", "/os-instance_usage_audit_log/{before}"),
    ),
)

# Nova answers 410 to all of these.
_GONE = under(
    ROOTS,
    ("v2_os_agents", "/os-agents"),
    ("v2_os_agent", "/os-agents/{agent_id}"),
    ("v2_os_cells", "/os-cells"),
    ("v2_os_cells_detail", "/os-cells/detail"),
    ("v2_os_cells_info", "/os-cells/info"),
    ("v2_os_cells_capacities", "/os-cells/capacities"),
    ("v2_os_cells_sync_instances", "/os-cells/sync_instances"),
    ("v2_os_cell", "/os-cells/{cell_id}"),
    ("v2_os_cell_capacities", "/os-cells/{cell_id}/capacities"),
    ("v2_os_certificates", "/os-certificates"),
    ("v2_os_certificate", "/os-certificates/{certificate_id}"),
    ("v2_os_cloudpipe", "/os-cloudpipe"),
    ("v2_os_cloudpipe_action", "/os-cloudpipe/{action}"),
    ("v2_os_fping", "/os-fping"),
    ("v2_os_fping_server", "/os-fping/{server_id}"),
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *_VERSIONS,
    *_SERVERS,
    *_FLAVORS,
    *_KEYPAIRS,
    *_PROJECT,
    *_QUOTAS,
    *_PROXIES,
    *_OPERATORS,
    *_GONE,
)

# Names that Jumpgate has published and that still work.
ALIASES: dict[str, str] = {
    "index": "versions",
    "v2_tenant_flavors": "v2_flavors",
    "v2_tenant_flavors_detail": "v2_flavors_detail",
    "v2_tenant_flavor": "v2_flavor",
    "v2_os_floating_ips_id": "v2_os_floating_ip",
    "v2_os_tenant_quota_sets": "v2_os_quota_sets_target",
    "v2_os_volume_attachments_detail": "v2_os_volume_attachment",
}
