"""The endpoints of the network service: Neutron's v2.0."""

from __future__ import annotations

from jumpgate.common.endpoints import Endpoint, under

# Neutron has but one version; Jumpgate published its resources at v1 and a project too.
ROOTS = ("/v2.0", "/v1/{tenant_id}")


def _at(*paths: str) -> tuple[str, ...]:
    """Return the roots of a resource that Neutron answers at more than one path, the preferred one first.

    Neutron takes a dash and an underscore in a collection's name for each other and does not insist on an
    extension's prefix. Where published clients differ, both paths are here.
    """
    return tuple(root + path for root in ROOTS for path in paths)


_QOS_POLICIES = _at("/qos/policies", "/policies")
_QOS_MINIMUM_PACKET_RATE_RULES = _at(
    "/qos/policies/{policy_id}/minimum_packet_rate_rules",
    "/qos/policies/{policy_id}/minimum-packet-rate-rules",
)

_VERSIONS = (
    *under(("",), ("versions", ""), ("v2_index", "/v2.0")),
    *under(
        ROOTS,
        ("v2_extensions", "/extensions"),
        ("v2_extension", "/extensions/{alias}"),
    ),
)

_CORE = (
    *under(
        ROOTS,
        ("v2_networks", "/networks"),
        ("v2_network", "/networks/{network_id}"),
        ("v2_network_tags", "/networks/{network_id}/tags"),
        ("v2_network_tag", "/networks/{network_id}/tags/{tag}"),
        ("v2_network_dhcp_agents", "/networks/{network_id}/dhcp-agents"),
        ("v2_network_dhcp_agent", "/networks/{network_id}/dhcp-agents/{agent_id}"),
        ("v2_network_ip_availabilities", "/network-ip-availabilities"),
        ("v2_network_ip_availability", "/network-ip-availabilities/{network_id}"),
        ("v2_segments", "/segments"),
        ("v2_segment", "/segments/{segment_id}"),
    ),
    *under(
        _at("/network-segment-ranges", "/network_segment_ranges"),
        ("v2_network_segment_ranges", ""),
        ("v2_network_segment_range", "/{network_segment_range_id}"),
        ("v2_network_segment_range_tags", "/{network_segment_range_id}/tags"),
        ("v2_network_segment_range_tag", "/{network_segment_range_id}/tags/{tag}"),
    ),
    *under(
        ROOTS,
        ("v2_subnets", "/subnets"),
        ("v2_subnet", "/subnets/{subnet_id}"),
        ("v2_subnet_tags", "/subnets/{subnet_id}/tags"),
        ("v2_subnet_tag", "/subnets/{subnet_id}/tags/{tag}"),
        ("v2_subnetpools", "/subnetpools"),
        ("v2_subnetpool", "/subnetpools/{subnetpool_id}"),
        ("v2_subnetpool_add_prefixes", "/subnetpools/{subnetpool_id}/add_prefixes"),
        ("v2_subnetpool_remove_prefixes", "/subnetpools/{subnetpool_id}/remove_prefixes"),
        ("v2_subnetpool_onboard_network_subnets", "/subnetpools/{subnetpool_id}/onboard_network_subnets"),
        ("v2_subnetpool_tags", "/subnetpools/{subnetpool_id}/tags"),
        ("v2_subnetpool_tag", "/subnetpools/{subnetpool_id}/tags/{tag}"),
        ("v2_address_scopes", "/address-scopes"),
        ("v2_address_scope", "/address-scopes/{address_scope_id}"),
    ),
    *under(
        ROOTS,
        ("v2_ports", "/ports"),
        ("v2_port", "/ports/{port_id}"),
        ("v2_port_add_allowed_address_pairs", "/ports/{port_id}/add_allowed_address_pairs"),
        ("v2_port_remove_allowed_address_pairs", "/ports/{port_id}/remove_allowed_address_pairs"),
        ("v2_port_bindings", "/ports/{port_id}/bindings"),
        ("v2_port_binding", "/ports/{port_id}/bindings/{host_name}"),
        ("v2_port_binding_activate", "/ports/{port_id}/bindings/{host_name}/activate"),
        ("v2_port_tags", "/ports/{port_id}/tags"),
        ("v2_port_tag", "/ports/{port_id}/tags/{tag}"),
        ("v2_trunks", "/trunks"),
        ("v2_trunk", "/trunks/{trunk_id}"),
        ("v2_trunk_get_subports", "/trunks/{trunk_id}/get_subports"),
        ("v2_trunk_add_subports", "/trunks/{trunk_id}/add_subports"),
        ("v2_trunk_remove_subports", "/trunks/{trunk_id}/remove_subports"),
        ("v2_trunk_tags", "/trunks/{trunk_id}/tags"),
        ("v2_trunk_tag", "/trunks/{trunk_id}/tags/{tag}"),
    ),
)

_ROUTERS = (
    *under(
        ROOTS,
        ("v2_routers", "/routers"),
        ("v2_router", "/routers/{router_id}"),
        ("v2_router_add_router_interface", "/routers/{router_id}/add_router_interface"),
        ("v2_router_remove_router_interface", "/routers/{router_id}/remove_router_interface"),
        ("v2_router_add_extraroutes", "/routers/{router_id}/add_extraroutes"),
        ("v2_router_remove_extraroutes", "/routers/{router_id}/remove_extraroutes"),
        ("v2_router_add_external_gateways", "/routers/{router_id}/add_external_gateways"),
        ("v2_router_update_external_gateways", "/routers/{router_id}/update_external_gateways"),
        ("v2_router_remove_external_gateways", "/routers/{router_id}/remove_external_gateways"),
        ("v2_router_conntrack_helpers", "/routers/{router_id}/conntrack_helpers"),
        ("v2_router_conntrack_helper", "/routers/{router_id}/conntrack_helpers/{conntrack_helper_id}"),
        ("v2_router_l3_agents", "/routers/{router_id}/l3-agents"),
        ("v2_router_l3_agent", "/routers/{router_id}/l3-agents/{agent_id}"),
        ("v2_router_tags", "/routers/{router_id}/tags"),
        ("v2_router_tag", "/routers/{router_id}/tags/{tag}"),
    ),
    *under(
        ROOTS,
        ("v2_floatingips", "/floatingips"),
        ("v2_floatingip", "/floatingips/{floatingip_id}"),
        ("v2_floatingip_port_forwardings", "/floatingips/{floatingip_id}/port_forwardings"),
        ("v2_floatingip_port_forwarding", "/floatingips/{floatingip_id}/port_forwardings/{port_forwarding_id}"),
        ("v2_floatingip_tags", "/floatingips/{floatingip_id}/tags"),
        ("v2_floatingip_tag", "/floatingips/{floatingip_id}/tags/{tag}"),
    ),
    *under(
        _at("/floatingip-pools", "/floatingip_pools"),
        ("v2_floatingip_pools", ""),
        ("v2_floatingip_pool", "/{floatingip_pool_id}"),
    ),
    *under(
        _at("/local-ips", "/local_ips"),
        ("v2_local_ips", ""),
        ("v2_local_ip", "/{local_ip_id}"),
        ("v2_local_ip_port_associations", "/{local_ip_id}/port_associations"),
        ("v2_local_ip_port_association", "/{local_ip_id}/port_associations/{fixed_port_id}"),
    ),
    *under(
        _at("/ndp-proxies", "/ndp_proxies"),
        ("v2_ndp_proxies", ""),
        ("v2_ndp_proxy", "/{ndp_proxy_id}"),
    ),
)

_SECURITY = (
    *under(
        ROOTS,
        ("v2_security_groups", "/security-groups"),
        ("v2_security_group", "/security-groups/{security_group_id}"),
        ("v2_security_group_tags", "/security-groups/{security_group_id}/tags"),
        ("v2_security_group_tag", "/security-groups/{security_group_id}/tags/{tag}"),
        ("v2_security_group_rules", "/security-group-rules"),
        ("v2_security_group_rule", "/security-group-rules/{security_group_rule_id}"),
        ("v2_default_security_group_rules", "/default-security-group-rules"),
        ("v2_default_security_group_rule", "/default-security-group-rules/{default_security_group_rule_id}"),
    ),
    *under(
        ROOTS,
        ("v2_address_groups", "/address-groups"),
        ("v2_address_group", "/address-groups/{address_group_id}"),
        ("v2_address_group_add_addresses", "/address-groups/{address_group_id}/add_addresses"),
        ("v2_address_group_remove_addresses", "/address-groups/{address_group_id}/remove_addresses"),
        ("v2_rbac_policies", "/rbac-policies"),
        ("v2_rbac_policy", "/rbac-policies/{rbac_policy_id}"),
    ),
)

_QOS = (
    *under(
        _QOS_POLICIES,
        ("v2_qos_policies", ""),
        ("v2_qos_policy", "/{policy_id}"),
        ("v2_qos_policy_tags", "/{policy_id}/tags"),
        ("v2_qos_policy_tag", "/{policy_id}/tags/{tag}"),
        ("v2_qos_policy_bandwidth_limit_rules", "/{policy_id}/bandwidth_limit_rules"),
        ("v2_qos_policy_bandwidth_limit_rule", "/{policy_id}/bandwidth_limit_rules/{rule_id}"),
        ("v2_qos_policy_dscp_marking_rules", "/{policy_id}/dscp_marking_rules"),
        ("v2_qos_policy_dscp_marking_rule", "/{policy_id}/dscp_marking_rules/{rule_id}"),
        ("v2_qos_policy_minimum_bandwidth_rules", "/{policy_id}/minimum_bandwidth_rules"),
        ("v2_qos_policy_minimum_bandwidth_rule", "/{policy_id}/minimum_bandwidth_rules/{rule_id}"),
        ("v2_qos_policy_packet_rate_limit_rules", "/{policy_id}/packet_rate_limit_rules"),
        ("v2_qos_policy_packet_rate_limit_rule", "/{policy_id}/packet_rate_limit_rules/{rule_id}"),
    ),
    *under(
        _QOS_MINIMUM_PACKET_RATE_RULES,
        ("v2_qos_policy_minimum_packet_rate_rules", ""),
        ("v2_qos_policy_minimum_packet_rate_rule", "/{rule_id}"),
    ),
    # A rule without its policy, for those who know only the rule's id.
    *under(
        _at("/qos/alias-bandwidth-limit-rules", "/qos/alias_bandwidth_limit_rules"),
        ("v2_qos_alias_bandwidth_limit_rules", ""),
        ("v2_qos_alias_bandwidth_limit_rule", "/{rule_id}"),
    ),
    *under(
        _at("/qos/alias-dscp-marking-rules", "/qos/alias_dscp_marking_rules"),
        ("v2_qos_alias_dscp_marking_rules", ""),
        ("v2_qos_alias_dscp_marking_rule", "/{rule_id}"),
    ),
    *under(
        _at("/qos/alias-minimum-bandwidth-rules", "/qos/alias_minimum_bandwidth_rules"),
        ("v2_qos_alias_minimum_bandwidth_rules", ""),
        ("v2_qos_alias_minimum_bandwidth_rule", "/{rule_id}"),
    ),
    *under(
        _at("/qos/alias-minimum-packet-rate-rules", "/qos/alias_minimum_packet_rate_rules"),
        ("v2_qos_alias_minimum_packet_rate_rules", ""),
        ("v2_qos_alias_minimum_packet_rate_rule", "/{rule_id}"),
    ),
    *under(
        ROOTS,
        ("v2_qos_rule_types", "/qos/rule-types"),
        ("v2_qos_rule_type", "/qos/rule-types/{rule_type}"),
    ),
)

_PROJECT = under(
    ROOTS,
    ("v2_quotas", "/quotas"),
    # Which project the token is of, for clients that may not list projects.
    ("v2_quotas_tenant", "/quotas/tenant"),
    ("v2_quotas_project", "/quotas/project"),
    ("v2_quota", "/quotas/{target_id}"),
    ("v2_quota_default", "/quotas/{target_id}/default"),
    ("v2_quota_details", "/quotas/{target_id}/details"),
    ("v2_auto_allocated_topologies", "/auto-allocated-topology"),
    ("v2_auto_allocated_topology", "/auto-allocated-topology/{target_id}"),
)

_OPERATORS = (
    *under(
        ROOTS,
        ("v2_agents", "/agents"),
        ("v2_agent", "/agents/{agent_id}"),
        ("v2_agent_dhcp_networks", "/agents/{agent_id}/dhcp-networks"),
        ("v2_agent_dhcp_network", "/agents/{agent_id}/dhcp-networks/{network_id}"),
        ("v2_agent_l3_routers", "/agents/{agent_id}/l3-routers"),
        ("v2_agent_l3_router", "/agents/{agent_id}/l3-routers/{router_id}"),
        ("v2_availability_zones", "/availability_zones"),
    ),
    *under(
        ROOTS,
        ("v2_flavors", "/flavors"),
        ("v2_flavor", "/flavors/{flavor_id}"),
        ("v2_flavor_next_providers", "/flavors/{flavor_id}/next_providers"),
        ("v2_flavor_next_provider", "/flavors/{flavor_id}/next_providers/{provider_id}"),
        ("v2_flavor_service_profiles", "/flavors/{flavor_id}/service_profiles"),
        ("v2_flavor_service_profile", "/flavors/{flavor_id}/service_profiles/{service_profile_id}"),
        ("v2_service_profiles", "/service_profiles"),
        ("v2_service_profile", "/service_profiles/{service_profile_id}"),
        ("v2_service_providers", "/service-providers"),
        ("v2_service_provider", "/service-providers/{provider_id}"),
    ),
    *under(
        ROOTS,
        ("v2_log_logs", "/log/logs"),
        ("v2_log_log", "/log/logs/{log_id}"),
        ("v2_log_loggable_resources", "/log/loggable-resources"),
        ("v2_log_loggable_resource", "/log/loggable-resources/{loggable_resource}"),
        ("v2_metering_labels", "/metering/metering-labels"),
        ("v2_metering_label", "/metering/metering-labels/{metering_label_id}"),
        ("v2_metering_label_rules", "/metering/metering-label-rules"),
        ("v2_metering_label_rule", "/metering/metering-label-rules/{metering_label_rule_id}"),
    ),
)

_VPN = under(
    ROOTS,
    ("v2_vpn_vpnservices", "/vpn/vpnservices"),
    ("v2_vpn_vpnservice", "/vpn/vpnservices/{vpnservice_id}"),
    ("v2_vpn_ikepolicies", "/vpn/ikepolicies"),
    ("v2_vpn_ikepolicy", "/vpn/ikepolicies/{ikepolicy_id}"),
    ("v2_vpn_ipsecpolicies", "/vpn/ipsecpolicies"),
    ("v2_vpn_ipsecpolicy", "/vpn/ipsecpolicies/{ipsecpolicy_id}"),
    ("v2_vpn_ipsec_site_connections", "/vpn/ipsec-site-connections"),
    ("v2_vpn_ipsec_site_connection", "/vpn/ipsec-site-connections/{ipsec_site_connection_id}"),
    ("v2_vpn_endpoint_groups", "/vpn/endpoint-groups"),
    ("v2_vpn_endpoint_group", "/vpn/endpoint-groups/{endpoint_group_id}"),
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *_VERSIONS,
    *_CORE,
    *_ROUTERS,
    *_SECURITY,
    *_QOS,
    *_PROJECT,
    *_OPERATORS,
    *_VPN,
)

# Names that Jumpgate has published and that still work.
ALIASES: dict[str, str] = {
    "index": "versions",
    "v2_detail": "v2_index",
}
